"""How long a block of code takes."""

from d2l_multi.book.training import Timer


class Benchmark:
    def __init__(self, description="Done"):
        self.description = description

    def __enter__(self):
        self.timer = Timer()
        return self

    def __exit__(self, *args):
        print(f"{self.description}: {self.timer.stop():.4f} sec")
