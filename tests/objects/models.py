"""Models and data of the object-oriented edition for the tests, in all frameworks."""

import numpy as np

from tests.native import concise

NUM_INPUTS, NUM_CLASSES = 6, 3


def mlp(d2l, backend, lr=0.1, widths=(NUM_INPUTS, 8, NUM_CLASSES)):
    """A user's classifier, which has seen a batch, with start values that are the same everywhere."""
    model = concise(backend).mlp(d2l, widths, lr)
    model.apply_init([d2l.zeros(1, widths[0])])
    random = np.random.RandomState(0)
    start = d2l.get_parameters(model)
    d2l.set_parameters(model, {name: random.normal(0, 0.5, array.shape) for name, array in start.items()})
    return model


def clusters(d2l, batch_size=8, num_train=50, num_val=20, seed=0):
    """A data module whose classes a net can learn: three heaps of points."""

    class Clusters(d2l.DataModule):
        def __init__(self, batch_size, seed):
            super().__init__()
            self.save_hyperparameters()
            random = np.random.RandomState(1)
            labels = random.randint(0, NUM_CLASSES, num_train + num_val)
            points = (
                random.normal(size=(len(labels), NUM_INPUTS)) + 4 * np.eye(NUM_CLASSES, NUM_INPUTS)[labels]
            )
            self.X = d2l.tensor(points, dtype=d2l.float32)
            self.y = d2l.tensor(labels.tolist())

        def get_dataloader(self, train):
            rows = slice(0, num_train) if train else slice(num_train, None)
            return self.get_tensorloader((self.X, self.y), train, rows)

    return Clusters(batch_size, seed)


def assert_same_parameters(d2l, model, expected, **tolerance):
    actual, expected = d2l.get_parameters(model), d2l.get_parameters(expected)
    assert list(actual) == list(expected)
    for name in actual:
        np.testing.assert_allclose(actual[name], expected[name], **{"rtol": 0, "atol": 0, **tolerance})
