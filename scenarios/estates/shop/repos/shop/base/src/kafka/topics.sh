#!/usr/bin/env bash
# Creates what is missing. Never changes or deletes a topic.
set -euo pipefail
bin=/opt/kafka/bin/kafka-topics.sh
for topic in orders stock-changes price-changes; do
  "$bin" --bootstrap-server "${KAFKA_ADDR:-kafka:9092}" --create --if-not-exists \
    --topic "$topic" --partitions 1 --replication-factor 1
done
