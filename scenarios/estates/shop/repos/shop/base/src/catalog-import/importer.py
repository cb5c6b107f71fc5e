"""Reads the suppliers' feeds and writes products."""

import csv
import io
import logging
import os
import time

import psycopg
import requests

log = logging.getLogger("catalog-import")
PAUSE_SECONDS = 900


def rows(feed):
    answer = requests.get(f"{os.environ['SUPPLIER_FEEDS_URL']}/{feed}.csv", timeout=30)
    answer.raise_for_status()
    yield from csv.DictReader(io.StringIO(answer.text))


def load(db, feed):
    count = bad = 0
    with db.transaction():
        for row in rows(feed):
            try:
                price = round(float(row["price"]) * 100)
            except (KeyError, ValueError):
                bad += 1
                continue
            db.execute(
                "insert into catalog.product (id, name, price_units, price_nanos, price_currency, supplier)"
                " values (%s, %s, %s, %s, %s, %s) on conflict (id) do update set name = excluded.name,"
                " price_units = excluded.price_units, price_nanos = excluded.price_nanos",
                (row["sku"], row["name"], price // 100, price % 100 * 10_000_000, row["currency"], feed),
            )
            count += 1
    log.info("feed=%s products=%d skipped=%d", feed, count, bad)


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with psycopg.connect(os.environ["DB_CONNECTION_STRING"], autocommit=True) as db:
        while True:
            for (feed,) in db.execute("select name from catalog.supplier where active order by name").fetchall():
                try:
                    load(db, feed)
                except requests.RequestException as error:
                    log.warning("feed=%s not read: %s", feed, error)
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
