"""Kill a process that saves again and again, twenty times: what is there is whole and of one moment.

Arguments: the backend, ``checkpoint`` or ``parameters``, and the file. Prints how many different moments were
found, and the size of the file.
"""

import os
import random
import signal
import sys
import time
from importlib import import_module

import numpy as np

from d2l_multi.book.object_oriented import checkpoints
from d2l_multi.book.parameters import layout
from tests.objects.models import clusters, mlp

backend, way, path = sys.argv[1:]
d2l = import_module(f"d2l_multi.{backend}")
model = mlp(d2l, backend, widths=(6, 20000, 3))
trainer = d2l.Trainer(max_epochs=1)


def fill(value):
    d2l.set_parameters(model, {name: np.full_like(array, value) for name, array in start.items()})


def save():
    trainer.save_checkpoint(path) if way == "checkpoint" else d2l.save_parameters(model, path)


def load():
    if way != "checkpoint":
        return layout.load(path)
    arrays, _, run = checkpoints.load(path, np.asarray)
    assert run["history"] == []
    return arrays


trainer._prepare(model, clusters(d2l), False)
start = d2l.get_parameters(model)
fill(0)
save()
random.seed(0)
seen = set()
for _ in range(20):
    child = os.fork()
    if child == 0:
        for value in range(10**9):
            fill(value)
            save()
    time.sleep(random.uniform(0.05, 0.2))
    assert os.waitpid(child, os.WNOHANG) == (0, 0), "the child ended by itself"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    values = {float(value) for array in load().values() for value in np.unique(array)}
    assert len(values) == 1, values
    seen |= values
save()
assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]
print(len(seen), os.path.getsize(path))
