#!/usr/bin/env bash
# Writes the newest built version of a service (or of the whole train) into versions.yaml and commits it.
set -euo pipefail
cd "$(dirname "$0")"
services="$1"
[[ "$services" == train ]] && services=$(awk '/^  - /{print $2}' train.yaml)
for service in $services; do
  tag=$(crane ls "registry.shop.example/shop/$service" | grep -E '^[0-9]+\.[0-9]+\.[0-9]+$' | sort -V | tail -n 1)
  sed -i "s|^$service: .*|$service: \"$tag\"|" versions.yaml
done
git commit -qam "release: $1 $(date -u +%F)"
git push -q
