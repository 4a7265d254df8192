"""Load Fashion-MNIST without a network, or say why not."""

from d2l_multi.book.data import fashion_mnist

fashion_mnist.MIRRORS = ()
try:
    fashion_mnist.load()
except OSError as error:
    print(error)
