"""Many comparisons, several at a time: every experiment with every setting, on this machine or on Ray."""
