"""What each of several workers of a comparison runs."""
