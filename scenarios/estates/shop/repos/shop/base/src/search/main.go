// Search: words to products, over OpenSearch.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"
)

const (
	pageSize = 24
	timeout  = 2 * time.Second
)

type server struct {
	index *opensearchapi.Client
	log   *slog.Logger
}

func (s *server) search(w http.ResponseWriter, r *http.Request) {
	words := r.URL.Query().Get("q")
	if words == "" {
		http.Error(w, "q is missing", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	start := time.Now()
	hits, err := s.query(ctx, words, pageSize)
	if err != nil {
		s.log.Warn("query failed", "q", words, "error", err)
		http.Error(w, "search is not available", http.StatusServiceUnavailable)
		return
	}
	s.log.Info("search", "q", words, "hits", len(hits), "ms", time.Since(start).Milliseconds())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(hits)
}

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	index, err := connect(os.Getenv("OPENSEARCH_ADDR"))
	if err != nil {
		log.Error("opensearch", "error", err)
		os.Exit(1)
	}
	s := &server{index: index, log: log}
	http.HandleFunc("GET /search", s.search)
	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	log.Info("listening", "port", os.Getenv("SEARCH_PORT"))
	if err := http.ListenAndServe(":"+os.Getenv("SEARCH_PORT"), nil); err != nil {
		log.Error("serve", "error", err)
	}
}
