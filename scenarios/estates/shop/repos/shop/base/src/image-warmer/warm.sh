#!/bin/sh
# Asks the image provider for the pictures of new products before a customer does.
set -eu
list=/data/new-pictures.txt
while true; do
  xargs -a "$list" -P "${WARM_CONCURRENCY:-8}" -I{} curl -fsS -o /dev/null "http://$IMAGE_PROVIDER_ADDR/{}"
  echo "warmed $(wc -l < "$list") pictures"
  sleep 600
done
