"""Devices and the tensor vocabulary."""

import math

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.differential.arrays import (
    COMPLEX,
    FLOATS,
    GIVEN_DTYPES,
    HOST_ONLY,
    INTEGERS,
    NUMBERS,
    SHAPES,
    WRONG_DTYPES,
    alike,
    arrays,
    as_tensor,
    floating,
    in_dtype,
    named,
    some,
    values,
)
from tests.differential.entries import Near, entry, for_each, refuse

ANY_DTYPE = GIVEN_DTYPES | st.sampled_from(WRONG_DTYPES)
AXES = st.integers(-4, 3)
MANY_AXES = st.none() | AXES | st.lists(AXES, max_size=3) | st.lists(AXES, max_size=2).map(tuple)


# --- Devices ----------------------------------------------------------------------------------------------


@entry(
    "gpu", "cpu", "num_gpus", "try_gpu", "try_all_gpus", "to", i=st.sampled_from([0, 1, 99, -1, True, 1.5])
)
def devices(d2l, i):
    x = d2l.tensor([1.5, 2.5])
    places = [d2l.cpu(), d2l.try_gpu(i), *d2l.try_all_gpus()]
    right = len(d2l.try_all_gpus()) == max(1, d2l.num_gpus())
    if i < d2l.num_gpus() or type(i) is not int or i < 0:
        d2l.gpu(i)
    return right, [d2l.numpy(d2l.to(x, place)) for place in places[:3]]


@devices.right
def _(framework, i):
    refuse(value=i < 0, kind=isinstance(i, (bool, float)))
    return True, [np.float32([1.5, 2.5])] * 3


# --- Making tensors -----------------------------------------------------------------------------------------

PYTHON_NUMBERS = (
    st.integers(-100, 100)
    | st.sampled_from([2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1])
    | st.sampled_from([0.0, 1.5, -2.25, 1e300, float("nan"), float("inf")])
    | st.booleans()
)
NUMPY_NUMBERS = st.sampled_from(["float32", "float64", "int64", "int8", "uint8", "bool"]).flatmap(
    lambda dtype: values(dtype, finite=True, largest=100).map(np.dtype(dtype).type)
)
ANY_NUMBER = PYTHON_NUMBERS | NUMPY_NUMBERS
NESTED = some(ANY_NUMBER, most=4) | st.integers(0, 3).flatmap(
    lambda n: st.lists(st.lists(ANY_NUMBER, min_size=n, max_size=n), max_size=3)
)
RAGGED = st.sampled_from([[[1], [1, 2]], [1, [2]], [[1.0, 2.0], []], [[[1]], [1]]])
NO_NUMBERS = st.sampled_from(
    ["text", ["a"], None, [None], np.asarray([object()]), np.asarray(["2020"], "M8[D]"), {}, [1, "a"], b"1"]
)
ANY_ARRAY = arrays((*NUMBERS, *COMPLEX, *HOST_ONLY))


class Leaf:
    """The kinds of what a nested list holds, to find the dtype of all of it."""

    ORDER = "bifc"

    def __init__(self, number):
        self.dtype = number.dtype if isinstance(number, np.generic) else None
        kind = np.asarray(number).dtype.kind if self.dtype is None else self.dtype.kind
        self.kind = "i" if kind in "uO" else kind


def of_list(framework, data, dtype):
    """A tensor of nested lists of numbers, Python's and NumPy's."""
    flat = [x for row in data for x in (row if isinstance(row, list) else [row])]
    refuse(value=any(type(x) is int and not -(2**63) <= x < 2**63 for x in flat))
    leaves = [Leaf(x) for x in flat] or [Leaf(0.0)]
    kind = max((leaf.kind for leaf in leaves), key=Leaf.ORDER.index)
    strong = [leaf.dtype for leaf in leaves if leaf.dtype is not None and leaf.kind == kind]
    default = {"b": "bool", "i": framework.integers, "f": "float32"}[kind]
    joint = as_tensor(framework, np.zeros((), np.result_type(*strong))).dtype if strong else default
    exact = np.asarray(data, "int64" if kind in "bi" else "float64")
    return in_dtype(exact, dtype or joint)


HUGE = some(st.sampled_from([2**63, 2**64, 2**70, -(2**63) - 1, 1, -1]), least=1).filter(
    lambda numbers: any(not -(2**63) <= number < 2**63 for number in numbers)
)

# One fault at a time: which of two is named first is open.
WITH_DTYPE = (
    st.tuples(ANY_NUMBER | NESTED | ANY_ARRAY, ANY_DTYPE)
    | st.tuples(RAGGED | NO_NUMBERS, st.sampled_from([None, "float32", "int64"]))
    | st.tuples(HUGE, st.sampled_from([None, "int64"]))
)


@entry("tensor", given=WITH_DTYPE, weight=4)
def tensor(d2l, given):
    data, dtype = given
    return d2l.numpy(d2l.tensor(data, dtype=dtype))


@tensor.right
def _(framework, given):
    data, dtype = given
    dtype = named(framework, dtype)
    refuse(kind=data is None or isinstance(data, (str, bytes, dict)))
    if isinstance(data, list):
        flat = [x for row in data for x in (row if isinstance(row, list) else [row])]
        depths = {len(row) if isinstance(row, list) else -1 for row in data}
        refuse(value=len(depths) > 1 or any(isinstance(x, list) for x in flat))
        refuse(kind=any(x is None or isinstance(x, str) for x in flat))
        return of_list(framework, data, dtype)
    if not isinstance(data, np.ndarray):
        return of_list(framework, [data], dtype)[0]
    refuse(kind=data.dtype.kind not in "biufc")
    if dtype is None:
        return as_tensor(framework, data)
    return in_dtype(data, dtype)


@entry(
    "astype",
    x=arrays(largest=100, finite=True),
    dtype=ANY_DTYPE.filter(lambda dtype: dtype is not None),
    again=st.booleans(),
)
def astype(d2l, x, dtype, again):
    x = d2l.tensor(x)
    return d2l.numpy(d2l.tensor(x, dtype=dtype) if again else d2l.astype(x, dtype))


@astype.right
def _(framework, x, dtype, again):
    x, dtype = as_tensor(framework, x), named(framework, dtype)
    if dtype in INTEGERS:  # beyond them a framework may do as it likes
        limits = np.iinfo(dtype)
        assume(all(limits.min <= value <= limits.max for value in np.trunc(x.reshape(-1)).tolist()))
        return x.astype(dtype)
    return in_dtype(x, dtype)


SIDES = st.integers(0, 3) | st.integers(0, 3).map(np.int64)
MADE_SHAPES = st.lists(SIDES, max_size=3)
WRONG_SHAPES = st.sampled_from([[-1], [2.0, 1], [2.5], ["2"], [None], [2, -3], [[2], 1]])
MADE = st.tuples(MADE_SHAPES, ANY_DTYPE) | st.tuples(WRONG_SHAPES, st.sampled_from([None, "float32"]))
FORMS = st.sampled_from(["numbers", "tuple", "list", "shape", "size"])


def asked(form, shape):
    if form in ("shape", "size"):
        return (), {form: tuple(shape)}
    return (tuple(shape),) if form == "tuple" else (list(shape),) if form == "list" else shape, {}


def sides(shape):
    refuse(kind=any(side is None or isinstance(side, (str, list)) for side in shape))
    refuse(value=any(side < 0 or int(side) != side for side in shape))
    return tuple(map(int, shape))


@for_each(["ones", "zeros"], form=FORMS, made=MADE)
def constant(d2l, name, form, made):
    shape, dtype = made
    args, kwargs = asked(form, shape)
    return d2l.numpy(getattr(d2l, name)(*args, **kwargs, dtype=dtype))


@constant.right
def _(framework, name, form, made):
    shape, dtype = made
    return in_dtype(getattr(np, name)(sides(shape)), named(framework, dtype) or "float32")


@for_each(["rand", "randn"], form=FORMS, made=MADE)
def random(d2l, name, form, made):
    shape, dtype = made
    args, kwargs = asked(form, shape)
    x = d2l.numpy(getattr(d2l, name)(*args, **kwargs, dtype=dtype))
    within = (x >= 0) & (x < 1) if name == "rand" else abs(x) < 10
    return np.zeros_like(x), bool(within.all())


@random.right
def _(framework, name, form, made):
    return zeros_of_floats(framework, *made), True


def zeros_of_floats(framework, shape, dtype):
    name = named(framework, dtype) or "float32"
    refuse(value="float" not in name)
    return in_dtype(np.zeros(sides(shape)), name)


@entry(
    "normal",
    mean=st.sampled_from([0, 1.5, -2, np.float32(3)]),
    std=st.sampled_from([0, 1, 0.5, np.float64(2), -1, float("nan"), float("inf")]),
    made=st.tuples(MADE_SHAPES, ANY_DTYPE),
)
def normal(d2l, mean, std, made):
    shape, dtype = made
    x = d2l.numpy(d2l.normal(mean, std, shape, dtype=dtype))
    return np.zeros_like(x), bool((abs(x - np.float32(mean)) <= 10 * std).all())


@normal.right
def _(framework, mean, std, made):
    result = zeros_of_floats(framework, *made)
    refuse(value=not 0 <= std < float("inf"))
    return result, True


WHOLE = st.integers(-5, 9) | st.integers(-5, 9).map(np.int64) | st.sampled_from([2**31, 2**40])
BOUNDS = WHOLE | st.sampled_from([0.5, 2.0, -1.25, 7.0])
STEPS = st.integers(-3, 4) | st.sampled_from([0.5, -0.25, 0.0, 3.0])


@entry("arange", start=BOUNDS, length=st.none() | st.integers(-3, 9), step=STEPS, dtype=ANY_DTYPE)
def arange(d2l, start, length, step, dtype):
    if length is None:  # up to start, from 0
        return d2l.numpy(d2l.arange(min(start, 9), dtype=dtype))
    return d2l.numpy(d2l.arange(start, start + length, step, dtype=dtype))


@arange.right
def _(framework, start, length, step, dtype):
    dtype = named(framework, dtype)
    refuse(value=length is not None and step == 0)
    bounds = (min(start, 9),) if length is None else (start, start + length, step)
    result = np.arange(*bounds)
    default = framework.integers if result.dtype.kind == "i" else "float32"
    return in_dtype(result, dtype or default)


@entry(
    "linspace",
    start=st.sampled_from([0, 1.5, -2, 3, 1e3]),
    stop=st.sampled_from([0, 2.5, -1, 7, 1e3]),
    num=st.sampled_from([0, 1, 2, 3, 7, np.int64(4), -1, 2.5]),
    dtype=ANY_DTYPE,
)
def linspace(d2l, start, stop, num, dtype):
    return d2l.numpy(d2l.linspace(start, stop, num, dtype=dtype))


@linspace.right
def _(framework, start, stop, num, dtype):
    try:
        dtype = named(framework, dtype) or "float32"
    except ValueError:
        refuse(value=True, kind=isinstance(num, float))
    refuse(value=num < 0, kind=isinstance(num, float))
    result = np.linspace(start, stop, num)
    rounded = np.floor(result) if dtype in INTEGERS else result
    return Near(in_dtype(rounded, dtype), scale=abs(start) + abs(stop))


EYES = st.sampled_from([0, 1, 2, 4, np.int64(3), -1, 2.0])


@entry("eye", n=EYES, m=st.none() | EYES, dtype=GIVEN_DTYPES)
def eye(d2l, n, m, dtype):
    return d2l.numpy(d2l.eye(n, m, dtype=dtype))


@eye.right
def _(framework, n, m, dtype):
    m = n if m is None else m
    refuse(value=n < 0 or m < 0, kind=isinstance(n, float) or isinstance(m, float))
    return in_dtype(np.eye(n, m), named(framework, dtype) or "float32")


@entry(
    "meshgrid",
    xs=some(arrays(shapes=hnp.array_shapes(min_dims=0, max_dims=1, min_side=0, max_side=3)), least=1)
    | some(arrays(), most=2),
    indexing=st.sampled_from(["xy", "ij", "xy", "ij", "yx"]),
)
def meshgrid(d2l, xs, indexing):
    return [d2l.numpy(grid) for grid in d2l.meshgrid(*map(d2l.tensor, xs), indexing=indexing)]


@meshgrid.right
def _(framework, xs, indexing):
    refuse(value=any(x.ndim > 1 for x in xs))
    return list(np.meshgrid(*alike(framework, xs), indexing=indexing))


@for_each(["ones_like", "zeros_like"], x=arrays((*NUMBERS, *COMPLEX)))
def filled_like(d2l, name, x):
    return d2l.numpy(getattr(d2l, name)(d2l.tensor(x)))


@filled_like.right
def _(framework, name, x):
    return getattr(np, name)(as_tensor(framework, x))


# --- Element by element -------------------------------------------------------------------------------------

# At most 3 or so: what sin makes of large numbers depends on how a framework takes them modulo 2 pi.
MODERATE = arrays((*FLOATS, "uint8", "int32", "int8", "bool"), largest=3)
OF_COMPLEX = arrays(COMPLEX, largest=3, finite=True, elements=st.sampled_from([1 + 2j, 0.5j, -1.5 + 0j, 2]))


@for_each(["sin", "cos", "sinh", "cosh", "tanh", "exp", "log"], x=MODERATE | OF_COMPLEX)
def elementwise(d2l, name, x):
    return d2l.numpy(getattr(d2l, name)(d2l.tensor(x)))


@elementwise.right
def _(framework, name, x):
    x = floating(framework, x)
    exact = getattr(np, name)(x.astype("complex128" if x.dtype.kind == "c" else "float64"))
    return Near(exact.astype(x.dtype), scale=0.1)


@entry("sigmoid", x=MODERATE)
def sigmoid(d2l, x):
    return d2l.numpy(d2l.sigmoid(d2l.tensor(x)))


@sigmoid.right
def _(framework, x):
    x = floating(framework, x)
    return Near((1 / (1 + np.exp(-x.astype("float64")))).astype(x.dtype), scale=0.1)


@entry("abs", x=arrays((*NUMBERS, *COMPLEX)) | some(st.integers(-9, 9) | st.just(-0.5)))
def absolute(d2l, x):
    return d2l.numpy(d2l.abs(x if isinstance(x, list) else d2l.tensor(x)))


@absolute.right
def _(framework, x):
    return np.abs(of_list(framework, x, None) if isinstance(x, list) else as_tensor(framework, x))


# --- Products, joints, shapes -------------------------------------------------------------------------------

FACTORS = arrays((*NUMBERS, *COMPLEX), finite=True, largest=10)


@st.composite
def matrices(draw):
    """Two factors, which fit more often than not."""
    n, d, m, stack = draw(st.tuples(*[st.integers(0, 3)] * 4))
    left = draw(st.sampled_from([(n, d), (d,), (stack, n, d), (1, n, d), ()]))
    right = draw(st.sampled_from([(d, m), (d,), (stack, d, m), (1, d, m), (n, m), ()]))
    dtypes = draw(st.sampled_from([NUMBERS, FLOATS, INTEGERS, (*FLOATS, *COMPLEX)]))
    one = draw(st.sampled_from(dtypes))
    other = draw(st.just(one) | st.sampled_from(dtypes))
    numbers = st.integers(-8, 8).map(lambda n: n / 2)
    return tuple(
        draw(arrays((dtype,), shape, True, 10, elements=numbers if dtype in FLOATS else None))
        for dtype, shape in ((one, left), (other, right))
    )


@entry("matmul", xy=matrices(), weight=2)
def matmul(d2l, xy):
    return d2l.numpy(d2l.matmul(*map(d2l.tensor, xy)))


@matmul.right
def _(framework, xy):
    x, y = alike(framework, xy)
    whole = x.dtype.kind in "biu"
    x, y = (x.astype("int64"), y.astype("int64")) if whole else (x, y)
    wide = "complex128" if x.dtype.kind == "c" else "int64" if whole else "float64"
    return Near(np.matmul(x.astype(wide), y.astype(wide)).astype(x.dtype)[()], scale=300)


@st.composite
def stacks(draw):
    """Two stacks of matrices, which fit more often than not."""
    b, n, d, m = draw(st.tuples(*[st.integers(0, 3)] * 4))
    left = draw(st.sampled_from([(b, n, d)] * 3 + [(n, d), (1, n, d)]))
    right = draw(st.sampled_from([(b, d, m)] * 3 + [(d, m), (b, n, m)]))
    dtypes = draw(st.sampled_from([NUMBERS, FLOATS, INTEGERS]))
    return tuple(draw(arrays(dtypes, shape, True, 10)) for shape in (left, right))


@entry("batch_matmul", xy=stacks())
def batch_matmul(d2l, xy):
    return d2l.numpy(d2l.batch_matmul(*map(d2l.tensor, xy)))


@batch_matmul.right
def _(framework, xy):
    refuse(value=any(x.ndim != 3 for x in xy) or len(xy[0]) != len(xy[1]))
    x, y = alike(framework, xy)
    x, y = (x.astype("int64"), y.astype("int64")) if x.dtype.kind in "biu" else (x, y)
    wide = "int64" if x.dtype.kind == "i" else "float64"
    return Near(np.matmul(x.astype(wide), y.astype(wide)).astype(x.dtype), scale=300)


@st.composite
def joined(draw):
    """Arrays to be joined, of the same shape but along one axis, or of any."""
    shape = list(draw(SHAPES))
    xs = []
    for _ in range(draw(st.integers(0, 3))):
        sides = list(shape)
        change = draw(st.sampled_from(["none"] * 5 + ["side"] * 2 + ["any"]))
        if change == "side" and shape:
            sides[draw(st.integers(0, len(shape) - 1))] = draw(st.integers(0, 3))
        xs.append(
            draw(
                arrays(
                    (*NUMBERS, *COMPLEX), SHAPES if change == "any" and draw(st.booleans()) else tuple(sides)
                )
            )
        )
    return xs


@for_each(["concat", "stack"], xs=joined(), axis=st.integers(-4, 3) | st.just(0))
def join(d2l, name, xs, axis):
    return d2l.numpy(getattr(d2l, name)([d2l.tensor(x) for x in xs], axis))


@join.right
def _(framework, name, xs, axis):
    return (np.concatenate if name == "concat" else np.stack)(alike(framework, xs), axis)


@st.composite
def reshapes(draw):
    """An array, and a shape that fits it more often than not."""
    x = draw(arrays())
    if draw(st.booleans()):
        sides = list(draw(st.permutations(x.shape)))
        if len(sides) > 1 and draw(st.booleans()):
            sides = [sides[0] * sides[1], *sides[2:]]
    else:
        sides = draw(st.lists(st.sampled_from([0, 1, 2, 3, 4, 6, -1, -2]), max_size=3))
    if sides and draw(st.booleans()):
        sides[draw(st.integers(0, len(sides) - 1))] = -1
    return x, sides


@entry("reshape", given=reshapes(), as_tuple=st.booleans())
def reshape(d2l, given, as_tuple):
    x, sides = given
    return d2l.numpy(d2l.reshape(d2l.tensor(x), *((tuple(sides),) if as_tuple or not sides else sides)))


@reshape.right
def _(framework, given, as_tuple):
    x, sides = given
    refuse(value=any(side < -1 for side in sides))
    return as_tensor(framework, x).reshape(sides)


@entry(
    "transpose",
    x=arrays((*NUMBERS, *COMPLEX)),
    axes=st.none()
    | st.permutations(range(3))
    | st.permutations(range(2))
    | st.lists(AXES, max_size=3).map(tuple),
)
def transpose(d2l, x, axes):
    return d2l.numpy(d2l.transpose(d2l.tensor(x), axes))


@transpose.right
def _(framework, x, axes):
    return np.transpose(as_tensor(framework, x), axes)


@entry("expand_dims", x=arrays((*NUMBERS, *COMPLEX)), axis=AXES | st.just(0.5))
def expand_dims(d2l, x, axis):
    return d2l.numpy(d2l.expand_dims(d2l.tensor(x), axis))


@expand_dims.right
def _(framework, x, axis):
    refuse(kind=axis == 0.5)
    return np.expand_dims(as_tensor(framework, x), axis)


@entry("swapaxes", x=arrays((*NUMBERS, *COMPLEX)), axis1=AXES, axis2=AXES)
def swapaxes(d2l, x, axis1, axis2):
    return d2l.numpy(d2l.swapaxes(d2l.tensor(x), axis1, axis2))


@swapaxes.right
def _(framework, x, axis1, axis2):
    return np.swapaxes(as_tensor(framework, x), axis1, axis2)


@entry(
    "repeat",
    x=arrays((*NUMBERS, *COMPLEX)),
    repeats=st.integers(0, 3) | st.sampled_from([-1, 1.5]),
    axis=st.none() | AXES,
)
def repeat(d2l, x, repeats, axis):
    return d2l.numpy(d2l.repeat(d2l.tensor(x), repeats, axis))


@repeat.right
def _(framework, x, repeats, axis):
    x = as_tensor(framework, x)
    axes = range(-max(1, x.ndim), max(1, x.ndim))
    refuse(value=repeats < 0 or not (axis is None or axis in axes), kind=repeats == 1.5)
    return np.repeat(x, repeats, axis if x.ndim else None)


def reduced(x, axis):
    """The axes to reduce, as NumPy takes them."""
    refuse(value=isinstance(axis, (list, tuple)) and not axis)
    return tuple(axis) if isinstance(axis, list) else axis


SUMMED = arrays(largest=100)


@entry("reduce_sum", x=SUMMED, axis=MANY_AXES, keepdims=st.booleans())
def reduce_sum(d2l, x, axis, keepdims):
    return d2l.numpy(d2l.reduce_sum(d2l.tensor(x), axis, keepdims))


@reduce_sum.right
def _(framework, x, axis, keepdims):
    x, axis = as_tensor(framework, x), reduced(x, axis)
    assume(framework.adds(x))
    floats = x.dtype.kind == "f"
    result = np.sum(x.astype("float64" if floats else "int64"), axis, keepdims=keepdims)
    return Near(np.asarray(result).astype(x.dtype if floats else "int64"), scale=size_of(x) * 4)


def size_of(x):
    return float(np.abs(np.where(np.isfinite(x), x, 0)).astype("float64").max(initial=0) * max(1, x.size))


@entry("reduce_mean", x=SUMMED, axis=MANY_AXES, keepdims=st.booleans())
def reduce_mean(d2l, x, axis, keepdims):
    return d2l.numpy(d2l.reduce_mean(d2l.tensor(x), axis, keepdims))


@reduce_mean.right
def _(framework, x, axis, keepdims):
    x, axis = floating(framework, x), reduced(x, axis)
    assume(framework.adds(x))
    total = np.sum(x.astype("float64"), axis, keepdims=keepdims)
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis) if x.ndim else ()
    refuse(value=any(x.shape[i] == 0 for i in axes))
    result = total / math.prod(x.shape[i] for i in axes)
    return Near(np.asarray(result).astype(x.dtype), scale=size_of(x))


@entry("argmax", x=arrays(), axis=st.none() | AXES)
def argmax(d2l, x, axis):
    return d2l.numpy(d2l.argmax(d2l.tensor(x), axis))


@argmax.right
def _(framework, x, axis):
    return Near(np.asarray(np.argmax(as_tensor(framework, x), axis)), any_integer=True)


# --- From and to NumPy --------------------------------------------------------------------------------------


@entry("size", x=arrays((*NUMBERS, *COMPLEX)) | some(some(st.just(1.5), 2, 2)), plain=st.booleans())
def size(d2l, x, plain):
    return d2l.size(x if plain or isinstance(x, list) else d2l.tensor(x))


@size.right
def _(framework, x, plain):
    x = of_list(framework, x, None) if isinstance(x, list) else as_tensor(framework, x)
    return x.size


@entry("numpy", x=arrays((*NUMBERS, *COMPLEX)), form=st.sampled_from(["tensor", "list", "array"]))
def to_numpy(d2l, x, form):
    given = x if form == "array" else d2l.tensor(x)
    result = d2l.numpy([given, given] if form == "list" else given)
    before = result.copy()
    result[...] = np.ones((), result.dtype)  # a copy of its own, which can be written to
    return before, d2l.numpy(given)


@to_numpy.right
def _(framework, x, form):
    x = x if form == "array" else as_tensor(framework, x)
    return np.stack([x, x]) if form == "list" else x, x


@entry("as_parameter", array=arrays(layouts=("plain", "backwards", "read-only", "fortran", "swapped")))
def as_parameter(d2l, array):
    return d2l.numpy(d2l.as_parameter(array))


@as_parameter.right
def _(framework, array):
    refuse(kind=array.dtype.kind != "f")
    return as_tensor(framework, array)
