"""Quality on real corpora: `python -m benchmarks.quality --data DIR`."""
