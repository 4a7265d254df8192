"""Load Fashion-MNIST when a line is written to stdin; the argument is the sums of its files, as JSON."""

import json
import sys

from d2l_multi.book.data import fashion_mnist

fashion_mnist.MIRRORS, fashion_mnist.MD5 = (), json.loads(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(int(fashion_mnist.load()["train_images"].sum()))
