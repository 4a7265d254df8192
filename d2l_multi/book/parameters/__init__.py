"""Parameters that travel between frameworks."""
