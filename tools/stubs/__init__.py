"""What editors and type checkers see of a backend, made from the contracts: ``python -m tools.stubs``."""
