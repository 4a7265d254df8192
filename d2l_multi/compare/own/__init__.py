"""``d2l-multi compare FILE.py``: what a user wrote, judged backend against backend or against NumPy."""
