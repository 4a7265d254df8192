"""Are loaders the same in another process? Arguments: BACKEND START WHEN FOLDER.

START is ``fork`` or ``spawn``; WHEN says whether this process has only ``imported`` the framework before, or
``used`` it, with all its threads. Prints what the other process said, as JSON.
"""

import json
import multiprocessing
import sys
from importlib import import_module

import numpy as np

from d2l_multi.book.data.sampling import begin_at
from d2l_multi.workers.processes import prepare_for
from tests.native import native
from tests.objects.models import clusters

SECONDS = 60  # for the other process; then it hangs


def loaders(d2l, folder, seed=3):
    """Of each kind one, by name."""
    X = np.arange(23 * 4, dtype="float32").reshape(23, 4)
    train, test = d2l.load_data_fashion_mnist(16, root=folder, seed=seed)
    resized, _ = d2l.load_data_fashion_mnist(16, resize=40, root=folder, seed=seed)
    module = d2l.FashionMNIST(batch_size=16, root=folder, seed=seed)
    return {
        "load_array": d2l.load_array((X, X[:, :1]), 5, seed=seed),
        "DataModule": clusters(d2l, seed=seed).train_dataloader(),
        "Fashion-MNIST": train,
        "Fashion-MNIST's test set": test,
        "Fashion-MNIST, resized": resized,
        "class FashionMNIST": module.train_dataloader(),
    }


def one_pass(d2l, loader):
    """The bytes of each batch."""
    return [tuple(d2l.numpy(array).tobytes() for array in batch) for batch in loader]


def passes(d2l, made):
    """Two passes over each loader, from the first epoch on."""
    for loader in made.values():
        begin_at(loader, 0)
    return {name: [one_pass(d2l, loader) for _ in range(2)] for name, loader in made.items()}


def use(d2l, backend):
    """Train, and compute something that is large enough for several threads."""
    X = d2l.tensor(np.random.RandomState(0).normal(size=(1500, 1500)).astype("float32"))
    d2l.numpy(d2l.matmul(X, X))
    net, loss, optimiser = native(backend).linear_training(0.01)
    batches = d2l.load_array((d2l.ones(40, 2), d2l.ones(40, 1)), 4)
    d2l.train_epoch_ch3(net, batches, loss, optimiser)


def tell(send, task, *arguments):
    try:
        send.send(task(*arguments))
    except BaseException as error:
        send.send(f"{type(error).__name__}: {error}")


def fresh_passes(backend, folder):
    d2l = import_module(f"d2l_multi.{backend}")
    return passes(d2l, loaders(d2l, folder))


def use_fresh(backend):
    use(import_module(f"d2l_multi.{backend}"), backend)
    return "done"


def ask(context, task, *arguments):
    """What a task returned in another process, or its error, or that it hangs."""
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=tell, args=(send, task, *arguments))
    process.start()
    try:
        return receive.recv() if receive.poll(SECONDS) else "it hangs"
    except EOFError:
        return "it died"
    finally:
        process.kill()
        process.join()


def main(backend, start, when, folder):
    context = multiprocessing.get_context(start)
    d2l = import_module(f"d2l_multi.{backend}")
    if when == "used":
        made = loaders(d2l, folder)
        expected = passes(d2l, made)
        use(d2l, backend)
        answers = {"loaders": ask(context, fresh_passes, backend, folder)}
        if start == "fork":
            answers["inherited"] = ask(context, passes, d2l, made)
        answers["training"] = ask(context, use_fresh, backend)
    else:
        answers = {"loaders": ask(context, fresh_passes, backend, folder)}
        answers["training"] = ask(context, use_fresh, backend)
        expected = fresh_passes(backend, folder)
    verdicts = {
        name: "the same" if answer == expected else answer if isinstance(answer, str) else "others"
        for name, answer in answers.items()
    }
    print(json.dumps(verdicts))


if __name__ == "__main__":
    prepare_for("cpu")
    main(*sys.argv[1:])
