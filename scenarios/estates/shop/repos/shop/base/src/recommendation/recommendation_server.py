"""Which products go with the ones in a cart."""

import logging
import os
import random
import time
from concurrent import futures

import grpc
from prometheus_client import Gauge, Histogram, start_http_server

import shop_pb2
import shop_pb2_grpc
from catalog_cache import CatalogCache

log = logging.getLogger("recommendation")

MAX_ANSWERS = 5
latency = Histogram("recommendation_latency_seconds", "Time to answer ListRecommendations.")


class Recommender(shop_pb2_grpc.RecommendationServiceServicer):
    def __init__(self, cache):
        self._cache = cache

    @latency.time()
    def ListRecommendations(self, request, context):
        known = self._cache.products()
        candidates = [p for p in known if p not in set(request.product_ids)]
        chosen = random.sample(candidates, min(MAX_ANSWERS, len(candidates)))
        log.info("recommended %d of %d products", len(chosen), len(candidates))
        return shop_pb2.ListRecommendationsResponse(product_ids=chosen)


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    channel = grpc.insecure_channel(os.environ["PRODUCT_CATALOG_ADDR"])
    cache = CatalogCache(shop_pb2_grpc.ProductCatalogServiceStub(channel))
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    shop_pb2_grpc.add_RecommendationServiceServicer_to_server(Recommender(cache), server)
    port = os.environ["RECOMMENDATION_PORT"]
    server.add_insecure_port(f"[::]:{port}")
    start_http_server(9464)
    server.start()
    log.info("listening on %s", port)
    while True:
        time.sleep(cache.REFRESH_SECONDS)
        cache.refresh()


if __name__ == "__main__":
    main()
