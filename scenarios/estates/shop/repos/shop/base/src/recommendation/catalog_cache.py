"""The product list, refreshed now and then."""

import logging
import threading
import time

import grpc

import shop_pb2

log = logging.getLogger("recommendation.cache")


class CatalogCache:
    REFRESH_SECONDS = 60

    def __init__(self, catalog):
        self._catalog = catalog
        self._lock = threading.Lock()
        self._products = []
        self._read_at = 0.0
        self.refresh()

    def products(self):
        with self._lock:
            return list(self._products)

    def age_seconds(self):
        return time.time() - self._read_at

    def refresh(self):
        try:
            answer = self._catalog.ListProducts(shop_pb2.Empty(), timeout=5)
        except grpc.RpcError as error:
            log.warning("catalog not read: %s", error.code().name)
            return
        with self._lock:
            self._products = [p.id for p in answer.products]
            self._read_at = time.time()
