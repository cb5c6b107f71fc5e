"""Push messages: "we have your order"."""

import logging
import os

import requests
from confluent_kafka import Consumer

import shop_pb2

log = logging.getLogger("notification")


def settings():
    return {
        "bootstrap.servers": os.environ["KAFKA_ADDR"],
        "group.id": os.environ.get("KAFKA_CONSUMER_GROUP", "notification"),
        "auto.offset.reset": "latest",
        "session.timeout.ms": int(os.environ.get("KAFKA_SESSION_TIMEOUT_MS", 45000)),
    }


def push(order):
    answer = requests.post(
        os.environ["PUSH_GATEWAY_URL"] + "/push",
        json={"user": order.order.user_id, "text": f"We have your order {order.order.order_id[:8]}."},
        timeout=3,
    )
    answer.raise_for_status()


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    consumer = Consumer(settings())
    consumer.subscribe(["orders"])
    while True:
        record = consumer.poll(1.0)
        if record is None:
            continue
        if record.error():
            log.warning("kafka: %s", record.error())
            continue
        order = shop_pb2.OrderPlaced.FromString(record.value())
        try:
            push(order)
            log.info("pushed order=%s", order.order.order_id)
        except requests.RequestException as error:
            log.warning("push of order=%s failed: %s", order.order.order_id, error)


if __name__ == "__main__":
    main()
