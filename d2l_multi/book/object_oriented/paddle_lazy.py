"""Paddle's layers that infer the size of their inputs from the first batch, as PyTorch has them."""

from d2l_multi.compat import framework

with framework("paddle"):
    from paddle import nn


class Lazy:
    """Before a layer of Paddle in the MRO: that is made when the first batch says for how many inputs."""

    axis = 1  # of a batch, which counts the inputs

    def __init__(self, *args, **kwargs):
        nn.Layer.__init__(self)
        self.arguments = args, kwargs
        self.weight = self.bias = None

    def forward(self, X):
        if is_unbuilt(self):
            (args, kwargs), training = self.arguments, self.training
            super().__init__(X.shape[self.axis], *args, **kwargs)
            self.training = training
            self.to(X.place, X.dtype)
        return super().forward(X)

    def extra_repr(self):
        return "of inputs not seen yet" if is_unbuilt(self) else super().extra_repr()


class LazyLinear(Lazy, nn.Linear):
    axis = -1


class LazyConv2D(Lazy, nn.Conv2D):
    pass


class LazyBatchNorm2D(Lazy, nn.BatchNorm2D):
    pass


def is_unbuilt(layer):
    return isinstance(layer, Lazy) and layer.weight is None
