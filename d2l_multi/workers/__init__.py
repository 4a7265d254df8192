"""One process for each backend: start, limits, end, and the messages between."""
