#!/usr/bin/env bash
# Compares TinyKv with etcd on this machine: three members of each, in turn, on the same disk (Debian, root: installs
# etcd-server). Options are those of the benchmark's compare command; without any: everything.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v etcd > /dev/null; then
  .ci/install etcd-server
  # The package starts a server of its own where there is an init system.
  if command -v systemctl > /dev/null; then systemctl disable --now etcd > /dev/null 2>&1 || true; fi
fi
dotnet build TinyKv.Benchmarks -c Release --nologo -v q
[ $# -gt 0 ] || set -- --rounds 5 --restart-keys 1000000 --kills 50 --json artifacts/comparison.json
exec dotnet artifacts/bin/TinyKv.Benchmarks/release/TinyKv.Benchmarks.dll compare --data artifacts "$@"
