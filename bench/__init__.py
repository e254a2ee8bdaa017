"""Benchmarks on real servers: `python -m bench NAME --json`. Figures are ratios within one run, so they travel."""
