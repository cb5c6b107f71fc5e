#!/usr/bin/env bash
# Fails while a freeze holds. freezes.txt: FROM UNTIL SCOPE; the scope is train, team or all.
# An incident of P1 or P0 breaks a freeze: set INCIDENT to its number.
set -euo pipefail
[[ -n "${INCIDENT:-}" ]] && exit 0
scope_wanted=team
[[ "$1" == train ]] && scope_wanted=train
now=$(date -u +%Y-%m-%dT%H:%M)
while read -r from until scope; do
  [[ "$from" == \#* || -z "$from" ]] && continue
  if [[ "$now" > "$from" && "$now" < "$until" && ( "$scope" == all || "$scope" == "$scope_wanted" ) ]]; then
    echo "frozen until $until ($scope)" >&2
    exit 1
  fi
done < "$(dirname "$0")/freezes.txt"
