"""Uploads our prices to the price comparison partner once an hour."""

import logging
import os
import time

import paramiko

from prices import write_csv

log = logging.getLogger("feed-exporter")


def upload(path):
    key = paramiko.Ed25519Key.from_private_key_file(os.environ["PARTNER_SFTP_KEY_FILE"])
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.connect(os.environ["PARTNER_SFTP_HOST"], username=os.environ["PARTNER_SFTP_USER"], pkey=key, timeout=20)
    with client.open_sftp() as sftp:
        sftp.put(path, "/incoming/prices.csv")
    log.info("uploaded %s", path)


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    while True:
        upload(write_csv("/tmp/prices.csv"))
        time.sleep(3600)


if __name__ == "__main__":
    main()
