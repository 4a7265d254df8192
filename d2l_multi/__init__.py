"""One API of *Dive into Deep Learning* for PyTorch, TensorFlow, MXNet and PaddlePaddle.

Choose a framework by the import line, the code below it stays the same::

    from d2l_multi import torch as d2l  # or tensorflow, mxnet, paddle
"""

__version__ = "0.1.0"

BACKENDS = ("torch", "tensorflow", "mxnet", "paddle")
