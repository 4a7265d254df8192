"""Peak memory of training beyond the framework's own: ``python -m benchmarks.memory DATA [BACKEND ...]``.

The framework's own is a process that imports it and trains the MLP for one step on 256 images. Against
it stands one that loads 60,000 images with this package and trains the MLP for three epochs.
"""

import resource
import subprocess
import sys
import warnings
from importlib import import_module

import numpy as np

from d2l_multi import BACKENDS


def peak(name: str, what: str, data: str) -> float:
    """The peak of this process in MiB after doing one or the other."""
    warnings.simplefilter("ignore")
    if what == "ours":
        d2l = import_module(f"d2l_multi.{name}")
        parts = import_module(f"benchmarks.frameworks.{name}").model(hidden=True)
        train_iter, _ = d2l.load_data_fashion_mnist(256, root=data)
        for _ in range(3):
            d2l.train_epoch_ch3(parts[0], train_iter, *parts[1:])
    else:
        native = import_module(f"benchmarks.frameworks.{name}")
        step = {"train_images": np.zeros((256, 28, 28), np.uint8), "train_labels": np.zeros(256, np.uint8)}
        native.Bare(step).epoch(*native.model(hidden=True))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    data, *names = sys.argv[1:]
    for name in names or BACKENDS:
        own, ours = (
            float(
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.memory", "--measure", name, what, data],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout.split()[-1]
            )
            for what in ("own", "ours")
        )
        print(f"{name:<11} framework {own:.0f} MiB, training {ours:.0f} MiB, beyond it {ours - own:.0f} MiB")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        print(peak(*sys.argv[2:]))
    else:
        main()
