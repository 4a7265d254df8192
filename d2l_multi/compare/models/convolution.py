"""Convolutional nets, of each framework's own layers."""

from d2l_multi.compare.models.ways import Concise, parts
from d2l_multi.compare.reference.convolution import EPSILON, MOMENTUM


class Images(Concise):
    """A net that is made by a function of `concise`, for images (n, 1, 28, 28)."""

    loss_name = "cross_entropy"
    made_by: str
    options: tuple = ()

    def make(self, params, device):
        return getattr(parts(self.d2l), self.made_by)(params[0].dtype.name, device, *self.options)


class LeNet(Images):
    made_by = "lenet"


class BatchNormLeNet(Images):
    made_by = "batch_norm_lenet"
    options = (MOMENTUM, EPSILON)


class ResNet(Images):
    made_by = "resnet"
    options = (MOMENTUM, EPSILON)
