#!/bin/sh
# Makes the namespace fit for rollouts: histories are kept for 400 days and can be found by model, stage, status and risk.
# Safe to repeat. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE are read by the CLI itself.
set -eu

# Temporal takes a while to start, and a new namespace is known to all its parts only some seconds after it was made.
patiently() {
  attempts=0
  until "$@"; do
    attempts=$((attempts + 1))
    if [ "$attempts" -ge 30 ]; then
      echo "given up after a minute: $*" >&2
      exit 1
    fi
    sleep 2
  done
}

patiently temporal operator cluster health
if temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update -n "$TEMPORAL_NAMESPACE" --retention 400d
else
  temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention 400d
fi
# One at a time: the CLI pairs names with types, drops names that have none, and reports success.
for name in SluiceModel SluiceStage SluiceStatus SluiceRisk; do
  patiently temporal operator search-attribute create -n "$TEMPORAL_NAMESPACE" --type Keyword --name "$name"
done
