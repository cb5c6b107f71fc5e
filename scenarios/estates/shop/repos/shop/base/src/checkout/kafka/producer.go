// Package kafka makes the one producer that checkout uses.
package kafka

import (
	"log/slog"
	"time"

	"github.com/IBM/sarama"
)

// OrdersTopic is read by accounting, fraud-detection, loyalty, notification and
// warehouse-sync, each in a consumer group of its own.
const OrdersTopic = "orders"

// Config says where the brokers are and how patient the producer is.
type Config struct {
	Brokers []string
	Timeout time.Duration
	Acks    sarama.RequiredAcks
	Log     *slog.Logger
}

// NewProducer connects and fails when no broker answers.
func NewProducer(config Config) (sarama.SyncProducer, error) {
	settings := sarama.NewConfig()
	settings.Version = sarama.V3_6_0_0
	settings.ClientID = "checkout"
	settings.Producer.RequiredAcks = config.Acks
	settings.Producer.Timeout = config.Timeout
	settings.Producer.Return.Successes = true
	settings.Producer.Return.Errors = true
	settings.Producer.Compression = sarama.CompressionNone
	settings.Producer.Retry.Max = 2
	settings.Producer.Retry.Backoff = 250 * time.Millisecond
	settings.Net.WriteTimeout = config.Timeout
	settings.Net.ReadTimeout = config.Timeout

	producer, err := sarama.NewSyncProducer(config.Brokers, settings)
	if err != nil {
		config.Log.Error("no broker answered", "brokers", config.Brokers, "error", err)
		return nil, err
	}
	return producer, nil
}
