"""Writes each closed day of the ledgers to a bucket, for the auditors."""

import datetime
import logging
import os
import time

import boto3
import psycopg

log = logging.getLogger("ledger-export")


def export(day):
    with psycopg.connect(os.environ["DB_CONNECTION_STRING"]) as db:
        entries = db.execute(
            "select order_id, currency, units, nanos, transaction_id, placed_at from accounting.entry"
            " where placed_at >= %s and placed_at < %s order by placed_at",
            (day, day + datetime.timedelta(days=1)),
        ).fetchall()
    body = "\n".join(",".join(str(value) for value in entry) for entry in entries)
    boto3.client("s3").put_object(Bucket=os.environ["LEDGER_BUCKET"], Key=f"{day:%Y/%m/%d}.csv", Body=body.encode())
    log.info("day=%s entries=%d", day, len(entries))


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    done = None
    while True:
        yesterday = datetime.date.today() - datetime.timedelta(days=1)
        if done != yesterday:
            export(yesterday)
            done = yesterday
        time.sleep(600)


if __name__ == "__main__":
    main()
