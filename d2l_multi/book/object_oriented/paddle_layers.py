"""Layers of Paddle that infer the size of their inputs, as PyTorch has them; a check that its own lack."""

from contextlib import contextmanager

from d2l_multi.compat import framework, private

with framework("paddle"):
    from paddle import nn


class Lazy:
    """Before a layer of Paddle in the MRO: that is made when the first batch says for how many inputs."""

    axis = 1  # of a batch, which counts the inputs

    def __init__(self, *args, **kwargs):
        nn.Layer.__init__(self)
        self.arguments = args, kwargs
        self.weight = self.bias = None

    def build(self, X):
        (args, kwargs), training = self.arguments, self.training
        super().__init__(X.shape[self.axis], *args, **kwargs)
        self.training = training
        self.to(X.place, X.dtype)

    def forward(self, X):
        if is_unbuilt(self):
            self.build(X)
        return super().forward(X)

    def extra_repr(self):
        return "of inputs not seen yet" if is_unbuilt(self) else super().extra_repr()


class LazyLinear(Lazy, nn.Linear):
    axis = -1


class LazyConv2D(Lazy, nn.Conv2D):
    def forward(self, X):
        if is_unbuilt(self):
            self.build(X)
        check_kernel(self, (X,))
        return super().forward(X)


def is_unbuilt(layer):
    return isinstance(layer, Lazy) and layer.weight is None


def check_kernel(layer, inputs):
    """Whether a convolution's kernel fits into its images; Paddle would write beyond its memory."""
    padding = private.paddle_padding(layer)
    for kernel, side, around in zip(layer.weight.shape[2:], inputs[0].shape[2:], padding):
        if kernel > side + around:
            raise ValueError(f"a kernel of {kernel} pixels does not fit into {side} and {around} of padding")


@contextmanager
def kernels_checked(net):
    """While this lasts the convolutions of a net refuse images smaller than their kernels."""
    convolutions = [layer for layer in net.sublayers(include_self=True) if type(layer) is nn.Conv2D]
    hooks = [layer.register_forward_pre_hook(check_kernel) for layer in convolutions]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
