"""What a framework keeps to itself and this package needs, each in a function that says why and until when.

The functions are called after the framework's import: nothing here imports one.
"""

from functools import cache
from typing import Any


def tensorflow_iterator() -> type:
    """The class of ``iter(dataset)`` in TensorFlow.

    Needed: for an iterator that goes over small batches in Python, where TensorFlow's own takes 20 to 40 ms
        a pass over a pipeline with functions, and that can still be handed to a ``tf.function``, which takes
        the public ``tf.data.Iterator`` for any Python object.
    Can go: when ``tf.function`` and AutoGraph accept subclasses of ``tf.data.Iterator``, or when a pass over
        a hundred rows takes TensorFlow's own iterator a millisecond.
    """
    from tensorflow.python.data.ops.iterator_ops import OwnedIterator

    return OwnedIterator


def tensorflow_is_used() -> bool:
    """Whether TensorFlow has started its runtime in this process.

    Needed: a process forked afterwards hangs in it (see `forks`), one forked before does not.
    Can go: when TensorFlow survives a fork, or says in public whether it runs.
    """
    from tensorflow.python.eager.context import context

    return getattr(context(), "_initialized", False)


def tensorflow_device_name(device: Any) -> str:
    """The name that a ``tf.device(name)`` was made with, such as ``"/GPU:0"``.

    Needed: devices are such scopes in the book's cells, and a scope made where code runs eagerly does not
        place what is made in a graph.
    Can go: when a scope says in public what it is of.
    """
    return device._device_name


def paddle_set_num_threads(number: int) -> None:
    """How many threads Paddle computes with on a CPU.

    Needed: Paddle starts with one, and reads its environment variable at import only.
    Can go: when Paddle has a public function for it, or takes the cores that there are.
    """
    from paddle.base import core

    core.set_num_threads(number)


def keras_flatten_layers(net: Any, *, recursive: bool = True) -> list:
    """A Keras model or layer and all layers in it; not recursive: the layers directly in it.

    Needed: ``layers`` of a model has no layers of layers, and a layer of the user's own has no ``layers``.
    Can go: when Keras has a public way to walk all layers.
    """
    return list(net._flatten_layers(include_self=recursive, recursive=recursive))


def keras_learning_rate(optimiser: Any) -> Any:
    """What a Keras optimiser was given as its learning rate: a variable, a schedule, or a function.

    Needed: the public ``learning_rate`` is the value that a schedule or a function has now.
    Can go: when Keras says in public which of these it is.
    """
    return getattr(optimiser, "_learning_rate", None)


def keras_own_variables(layer: Any) -> list:
    """The trainable variables that a Keras layer holds itself.

    Needed: ``trainable_variables`` has those of the layers in it, too.
    Can go: when Keras tells the two apart in public.
    """
    return layer._trainable_variables


def keras_input_shape(layer: Any) -> tuple:
    """The shape, without the batch, that a Keras layer was built for; empty if it is not built.

    Needed: Keras 3 dropped ``input_shape`` of layers that are not functional.
    Can go: when a built layer says in public what it was built for.
    """
    return tuple((layer._build_shapes_dict or {}).get("input_shape", ()))[1:]


def keras_track_variable(model: Any, name: str, before: Any, now: Any) -> None:
    """Make a ``tf.Variable`` that became an attribute of a Keras model one of its weights.

    Needed: Keras 3 tracks variables of its own class only, and models from scratch hold TensorFlow's.
    Can go: when Keras tracks them again, as Keras 2 did.
    """
    import tensorflow as tf

    for weight in model.weights if isinstance(before, tf.Variable) else ():
        if weight.value is before:
            model._untrack_variable(weight)
    if isinstance(now, tf.Variable):
        locked = model._tracker.locked
        model._tracker.unlock()
        model._track_variable(tf.keras.Variable(now, trainable=now.trainable, name=name))
        if locked:
            model._tracker.lock()


def gluon_children(block: Any) -> list:
    """The blocks directly in a block of Gluon, in order of registration.

    Needed: Gluon 1.9 walks them in public only with ``apply``, inner ones before outer ones.
    Can go: with MXNet, which is retired.
    """
    return list(block._children.values())


def gluon_own_parameters(block: Any) -> list:
    """The parameters that a block of Gluon holds itself.

    Needed: ``collect_params`` has those of the blocks in it, too.
    Can go: with MXNet, which is retired.
    """
    return list(block._reg_params.values())


def gluon_parameters_by_path(block: Any) -> dict[str, Any]:
    """The parameters of a block and those in it by path, such as ``"net.0.weight"``.

    Needed: ``collect_params`` names them by counters of the process, which another process does not repeat.
    Can go: with MXNet, which is retired.
    """
    return block._collect_params_with_prefix()


def gluon_prepare_loader(loader: Any, dataset: Any, batch_sampler: Any) -> None:
    """What the constructor of Gluon's ``DataLoader`` does for one without workers, but for its pauses.

    Needed: the constructor waits for all that MXNet computes and collects Python's garbage, which takes 20 ms
        in a small process and ten times that in a large one, and a book's loops make a loader for each epoch.
    Can go: with MXNet, which is retired.
    """
    vars(loader).update(vars(_gluon_loader()))
    loader._dataset, loader._batch_sampler = dataset, batch_sampler


@cache
def _gluon_loader() -> Any:
    """One that its constructor made.

    Needed: for whatever else the constructor sets.
    Can go: with the function above.
    """
    from mxnet.gluon.data import DataLoader

    return DataLoader([0], 1)


def gluon_updaters(trainer: Any) -> list:
    """What holds the optimiser of a ``gluon.Trainer`` and its states: one for each device, or one for all.

    Needed: ``save_states`` writes a pickle, and a checkpoint holds no code.
    Can go: with MXNet, which is retired.
    """
    if len(trainer._contexts) > 1 and not trainer._kv_initialized:
        trainer._init_kvstore()  # which decides where the states are
    return [trainer._kvstore._updater] if trainer._update_on_kvstore else list(trainer._updaters)


def gluon_update_counts(optimiser: Any) -> dict[int, int]:
    """How often an optimiser of MXNet has updated each parameter.

    Needed: Adam and its kin correct their means by it, and a run that goes on must know it.
    Can go: with MXNet, which is retired.
    """
    return optimiser._index_update_count


def gluon_class_axis(loss: Any) -> int:
    """The axis of the outputs along which Gluon's cross-entropy has the classes.

    Needed: to know how many classes there are, beyond which MXNet takes the nearest for any label.
    Can go: with MXNet, which is retired.
    """
    return loss._axis


def paddle_learning_rate(optimiser: Any) -> Any:
    """What a Paddle optimiser was given as its learning rate: a number or a scheduler.

    Needed: ``get_lr`` is the value that a scheduler has now.
    Can go: when Paddle gives the scheduler in public.
    """
    return optimiser._learning_rate


def paddle_parameters(optimiser: Any) -> list:
    """The parameters that a Paddle optimiser trains.

    Needed: their gradients are summed over all workers before a step, and it may not train all of a net.
    Can go: when Paddle gives them in public.
    """
    groups = optimiser._param_groups
    return [param for group in groups for param in (group["params"] if isinstance(group, dict) else [group])]


def gluon_trained(trainer: Any) -> list:
    """The parameters that a ``gluon.Trainer`` trains.

    Needed: their gradients are summed over all workers before a step, and it may not train all of a net.
    Can go: with MXNet, which is retired.
    """
    return [param for param in trainer._params if param.grad_req != "null"]


def gluon_exists(param: Any) -> bool:
    """Whether a parameter of Gluon has its shape and its values already.

    Needed: ``data`` of one that infers its shape from a batch raises an error.
    Can go: with MXNet, which is retired.
    """
    return param._data is not None


def paddle_padding(convolution: Any) -> list[int]:
    """How many rows and columns of padding a two-dimensional convolution puts around its images.

    Needed: Paddle computes with a kernel larger than its image, and writes beyond its memory.
    Can go: when Paddle refuses such images.
    """
    padding = convolution._padding
    if padding == "VALID":
        return [0, 0]
    if isinstance(padding, str):
        return list(convolution.weight.shape[2:])  # as many as it takes
    sides = [padding] * 2 if isinstance(padding, int) else list(padding)
    if len(sides) == 4:
        return [sides[0] + sides[1], sides[2] + sides[3]]
    return [2 * sides[0], 2 * sides[1]] if len(sides) == 2 else list(convolution.weight.shape[2:])


# Paddle's batch norm keeps its running mean and variance under names that no public attribute has.
PADDLE_RUNNING = {"running_mean": "_mean", "running_var": "_variance"}


def matplotlib_backend() -> str | None:
    """The backend that Matplotlib draws with, or None while it has none.

    Needed: to ask for it in public chooses one, which may open a window or fail.
    Can go: when every supported Matplotlib has ``get_backend(auto_select=False)`` (3.10 and later).
    """
    import matplotlib

    params: Any = matplotlib.rcParams
    return params._get_backend_or_none()
