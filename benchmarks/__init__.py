"""Speed and memory, measured: ``make bench`` runs every path and writes ``build/bench.json``."""
