// Warehouse sync: every order becomes a pick list in the warehouse's system.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/IBM/sarama"
)

const wmsTimeout = 2 * time.Second

type handler struct {
	wms *http.Client
	log *slog.Logger
}

func (h *handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (h *handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (h *handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		if err := h.pick(session.Context(), message.Value); err != nil {
			h.log.Warn("pick list refused", "offset", message.Offset, "error", err)
			continue
		}
		session.MarkMessage(message, "")
	}
	return nil
}

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	group, err := sarama.NewConsumerGroup([]string{os.Getenv("KAFKA_ADDR")}, os.Getenv("KAFKA_CONSUMER_GROUP"), sarama.NewConfig())
	if err != nil {
		log.Error("kafka", "error", err)
		os.Exit(1)
	}
	h := &handler{wms: &http.Client{Timeout: wmsTimeout}, log: log}
	for {
		if err := group.Consume(context.Background(), []string{"orders"}, h); err != nil {
			log.Warn("consume", "error", err)
			time.Sleep(time.Second)
		}
	}
}
