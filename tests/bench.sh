#!/usr/bin/env bash
# Measures ours against limits and peers, in one run; figures are medians of interleaved rounds, ratios are what counts.
#   bash tests/bench.sh [--rounds N] [NAME...]     names: see the usage text of a wrong name
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec dotnet run --project tests/Fleet.Benchmarks -c Release -- "$@"
