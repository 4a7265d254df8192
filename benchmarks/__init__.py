"""This package, the original and a bare loop side by side: ``python -m benchmarks --data DIR``."""
