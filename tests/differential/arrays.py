"""Strategies for what tensors are made of: arrays of every dtype, shape and layout, lists, numbers."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.differential.entries import Framework

FLOATS = ("float32", "float64", "float16")
SIGNED = ("int64", "int32", "int8", "int16")
INTEGERS = (*SIGNED, "uint8")
NUMBERS = (*FLOATS, *INTEGERS, "bool")
COMPLEX = ("complex64", "complex128")
# Dtypes that arrays have, and tensors get from arrays.
HOST_ONLY = ("uint16", "uint32", "uint64", "longdouble")

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
SEEDS = st.integers(0, 2**32 - 1)

SPECIAL = (0.0, -0.0, 1.0, -1.5, 0.1, float("nan"), float("inf"), float("-inf"))


def values(dtype: str, finite: bool = False, largest: int | None = None) -> st.SearchStrategy:
    """Numbers that a dtype holds; ``largest`` keeps products and sums away from its limits."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind in "iu":
        limits = np.iinfo(dtype)
        low, high = int(limits.min), int(limits.max)
        near = st.integers(max(low, -(largest or 100)), min(high, largest or 100))
        return near if largest else near | st.sampled_from((low, high, high - 1, min(high, 2**24 + 1)))
    bound = largest or 100
    drawn = st.integers(-4 * bound, 4 * bound).map(lambda n: n / 4) | st.sampled_from(SPECIAL[:5])
    if kind == "c":
        return st.builds(complex, drawn, drawn)
    return drawn if finite else drawn | st.sampled_from(SPECIAL)


LAYOUTS = ("plain", "fortran", "backwards", "every second", "swapped", "read-only", "repeated")


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same values, lying otherwise in memory."""
    if layout == "fortran":
        return np.asfortranarray(array)
    if layout == "backwards" and array.ndim:
        return np.ascontiguousarray(np.flip(array))[(slice(None, None, -1),) * array.ndim]
    if layout == "every second" and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    if layout == "swapped":
        return array.astype(array.dtype.newbyteorder(">"))
    if layout == "read-only":
        array = array.copy()
        array.flags.writeable = False
    if layout == "repeated" and array.ndim and array.shape[0]:
        return np.broadcast_to(array[:1], array.shape)
    return array


@st.composite
def arrays(
    draw,
    dtypes=NUMBERS,
    shapes=SHAPES,
    finite: bool = False,
    largest: int | None = None,
    layouts=LAYOUTS,
    elements=None,
):
    dtype = draw(dtypes if isinstance(dtypes, st.SearchStrategy) else st.sampled_from(dtypes))
    shape = draw(shapes) if isinstance(shapes, st.SearchStrategy) else shapes
    size = int(np.prod(shape))
    elements = values(dtype, finite, largest) if elements is None else elements
    if size > 6:  # a few values, repeated in an order of their own, cost less to draw
        few = draw(st.lists(elements, min_size=4, max_size=4))
        order = np.random.RandomState(draw(st.integers(0, 99))).randint(0, 4, size)
        drawn = [few[i] for i in order]
    else:
        drawn = draw(st.lists(elements, min_size=size, max_size=size))
    array = np.asarray(drawn, dtype=dtype).reshape(shape)
    return laid_out(array, draw(st.sampled_from(layouts)))


def some(strategy: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return st.lists(strategy, min_size=least, max_size=most)


# --- What the contract says of dtypes ---------------------------------------------------------------------

WIDER = {"uint16": "int32", "uint32": "int64", "uint64": "int64"}


def of_tensor(framework: Framework, dtype) -> np.dtype:
    """The dtype of a tensor made of an array."""
    dtype = np.dtype(dtype).newbyteorder("=")
    if dtype == np.longdouble:
        return np.dtype("float64")
    name = WIDER.get(dtype.name, dtype.name)
    if name == "int16" and framework.name == "mxnet":
        name = "int32"
    if not framework.has(name):
        raise TypeError(f"{framework.name} has no {name}")
    return np.dtype(name)


def converted(array: np.ndarray, dtype) -> np.ndarray:
    """An array in another dtype, which must hold its values."""
    dtype = np.dtype(dtype)
    if array.dtype.kind == "c" and dtype.kind in "fiu":
        raise TypeError(f"complex numbers have no value in {dtype}")
    if dtype.kind in "iu" and array.dtype.kind in "iuf" and array.size:
        limits = np.iinfo(dtype)
        for value in array.reshape(-1).tolist():
            if not limits.min <= value <= limits.max:
                raise ValueError(f"{value} does not fit {dtype}")
    return array.astype(dtype)


def as_tensor(framework: Framework, array: np.ndarray) -> np.ndarray:
    """What a tensor made of an array holds."""
    return converted(array, of_tensor(framework, array.dtype))


def common(framework: Framework, dtypes) -> np.dtype:
    """The dtype of several tensors together: floats win over integers, and wider ones over narrower."""
    dtypes = [np.dtype(dtype) for dtype in dtypes]
    kinds = "c" if any(d.kind == "c" for d in dtypes) else "f"
    kept = [d for d in dtypes if d.kind in "fc"] if any(d.kind in kinds for d in dtypes) else dtypes
    joint = np.result_type(*kept)
    return joint if framework.has(joint.name) else np.dtype("int32")


def alike(framework: Framework, given) -> list[np.ndarray]:
    """Tensors of several dtypes in the one they have in common."""
    tensors = [as_tensor(framework, x) for x in given]
    if not tensors:
        raise ValueError("no tensor")
    dtype = common(framework, [x.dtype for x in tensors])
    return [x.astype(dtype) for x in tensors]


def floating(framework: Framework, array: np.ndarray) -> np.ndarray:
    """A tensor of floats; integers are taken as float32."""
    array = as_tensor(framework, array)
    return array if array.dtype.kind in "fc" else array.astype("float32")


# Dtypes as users give them, with the name that is meant; None where there is none.
DTYPES = {
    **{name: name for name in (*NUMBERS, *COMPLEX, "bfloat16")},
    float: "float64",
    int: "int64",
    bool: "bool",
    np.float32: "float32",
    np.dtype("float64"): "float64",
    np.uint8: "uint8",
    None: None,
}
WRONG_DTYPES = ("nonsense", "float", "string", str, np.dtype("M8[s]"), "", "FLOAT32")
GIVEN_DTYPES = st.sampled_from([*DTYPES]) | st.sampled_from(["float32", "float64", None])


def named(framework: Framework, dtype) -> str | None:
    """The name of a dtype that was given."""
    if dtype not in DTYPES:
        raise ValueError(f"no dtype: {dtype!r}")
    name = DTYPES[dtype]
    if name is not None and not framework.has(name):
        raise ValueError(f"{framework.name} has no {name}")
    return name


def in_dtype(array: np.ndarray, name: str) -> np.ndarray:
    """In a dtype by name; bfloat16 comes back as float32, rounded to 8 bits."""
    if name != "bfloat16":
        return converted(array, name)
    if array.dtype.kind == "c":
        raise TypeError("complex numbers have no value in bfloat16")
    bits = np.asarray(np.array(array, "float32", order="C").view("uint32"), "int64")
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    result = np.asarray(rounded, "uint32").view("float32")
    return np.where(np.isnan(array), np.float32("nan"), result)
