"""Import backends in the order given, then compute: some start-up lines come with the first tensor."""

import logging
import sys
from importlib import import_module

from tests.native import native


def compute(name, d2l):
    X, y = d2l.synthetic_data([2.0, -3.4], 4.2, 20)
    w = d2l.as_parameter(d2l.numpy(d2l.zeros(2, 1)))
    data, update = d2l.load_array((X, y), 5), d2l.Updater([w], 0.1)
    d2l.train_epoch_ch3(lambda X: d2l.linreg(X, w, 0), data, d2l.squared_loss, update)
    assert abs(d2l.numpy(w)).min() > 0
    # The framework's own layers and optimisers import more of it than the framework's import does.
    net, loss, optimiser = native(name).linear_training(0.1)
    before = d2l.evaluate_loss(net, data, loss)
    d2l.train_epoch_ch3(net, data, loss, optimiser)
    assert d2l.evaluate_loss(net, data, loss) < before
    assert d2l.num_gpus() >= 0 and d2l.plt.__name__ == "matplotlib.pyplot"


root = logging.getLogger()
before = (root.level, root.handlers[:], logging.root.manager.disable)
backends = {name: import_module(f"d2l_multi.{name}") for name in sys.argv[1:]}
assert (root.level, root.handlers, logging.root.manager.disable) == before
for name, d2l in backends.items():
    compute(name, d2l)
