// Search indexer: copies changed products into OpenSearch.
package main

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"time"
)

const pause = 30 * time.Second

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	batch, err := strconv.Atoi(os.Getenv("REINDEX_BATCH"))
	if err != nil {
		batch = 500
	}
	source, sink, err := connect(os.Getenv("DB_CONNECTION_STRING"), os.Getenv("OPENSEARCH_ADDR"))
	if err != nil {
		log.Error("connect", "error", err)
		os.Exit(1)
	}
	since := sink.newest(context.Background())
	for {
		changed, newest, err := source.changedSince(context.Background(), since, batch)
		if err != nil {
			log.Warn("read failed", "error", err)
			time.Sleep(pause)
			continue
		}
		if len(changed) == 0 {
			time.Sleep(pause)
			continue
		}
		if err := sink.put(context.Background(), changed); err != nil {
			log.Warn("write failed", "products", len(changed), "error", err)
			time.Sleep(pause)
			continue
		}
		log.Info("indexed", "products", len(changed), "until", newest)
		since = newest
	}
}
