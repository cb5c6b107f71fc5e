#!/usr/bin/env bash
# Waits for every rollout of the manifests.
set -euo pipefail
grep -A1 '^kind: Deployment' -A 4 "$1" | awk '/ name:/{n=$2} / namespace:/{print $2, n}' | while read -r ns name; do
  kubectl -n "$ns" rollout status "deployment/$name" --timeout="$2" || exit 1
done
