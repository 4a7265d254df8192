"""What many epochs cost a process, as JSON. Arguments: BACKEND WAY."""

import gc
import json
import os
import sys
import time
import warnings
from importlib import import_module

import matplotlib

from d2l_multi.workers.processes import prepare_for

EPOCHS, WARM_UP = 2000, 600
EACH = 100  # epochs of one call of train_ch3, or of fit


def state():
    """What must not grow; memory in MiB."""
    import matplotlib.pyplot as plt
    import psutil

    gc.collect()
    process = psutil.Process()
    return {
        "memory": process.memory_info().rss / 2**20,
        "files": process.num_fds() if hasattr(process, "num_fds") else process.num_handles(),
        "threads": process.num_threads(),
        "figures": len(plt.get_fignums()),
    }


def training(d2l, backend, way):
    """A function that trains for `EACH` epochs and leaves nothing behind but a net that has learnt."""
    import numpy as np

    from tests.native import native
    from tests.objects.models import clusters, mlp

    X = np.random.RandomState(0).normal(size=(8, 2)).astype("float32")
    batches = d2l.load_array((X, X[:, :1]), 8, seed=0)
    net, loss, optimiser = native(backend).linear_training(0.01)
    w = d2l.as_parameter(np.zeros((2, 1), "float32"))
    updater = d2l.Updater([w], 0.01)
    data, model = clusters(d2l, num_train=8, num_val=8), mlp(d2l, backend)

    def scratch():
        for _ in range(EACH):
            d2l.train_epoch_ch3(lambda X: d2l.linreg(X, w, 0), batches, d2l.squared_loss, updater)

    def train_ch3():
        d2l.train_ch3(net, batches, batches, loss, EACH, optimiser)

    def fit():
        d2l.Trainer(max_epochs=EACH).fit(model, data)

    return {"scratch": scratch, "train_ch3": train_ch3, "fit": fit}[way]


def main(backend, way):
    prepare_for("cpu")
    matplotlib.use("Agg")
    os.environ["D2L_MULTI_DISPLAY"] = "window"  # where pyplot keeps figures open
    warnings.simplefilter("ignore")  # a window that Agg cannot show, nets that learn nothing
    start = time.perf_counter()
    train = training(import_module(f"d2l_multi.{backend}"), backend, way)
    for epoch in range(0, EPOCHS, EACH):
        if epoch == WARM_UP:
            before = state()
        train()
    print(json.dumps({"before": before, "after": state(), "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(*sys.argv[1:])
