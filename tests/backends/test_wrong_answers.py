"""The right answer or an error that names what was given, in places where a wrong number used to come out."""

import re
from importlib import import_module

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.native import native

# --- Outputs and labels -----------------------------------------------------------------------------

X = np.asarray([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]], "float32")
Y = np.asarray([1.0, -2.0, 3.0], "float32")


def trained(d2l, backend, y):
    net, loss, updater = native(backend).linear_training(lr=0.1)
    mean_loss, _ = d2l.train_epoch_ch3(net, [(d2l.tensor(X), d2l.tensor(y))], loss, updater)
    return mean_loss, d2l.get_parameters(net)["dense0.weight"]


def test_training_with_a_loss_of_the_framework_takes_labels_of_either_shape(d2l, backend):
    mean_loss, weight = trained(d2l, backend, Y)
    assert mean_loss == pytest.approx((Y**2).mean(), rel=1e-6)
    np.testing.assert_allclose(weight, 0.1 * 2 * X.T @ Y[:, None] / 3, rtol=1e-6)
    for labels in (Y[:, None], Y.astype("int64")):
        other_loss, other_weight = trained(d2l, backend, labels)
        assert other_loss == pytest.approx(mean_loss, rel=1e-6)
        np.testing.assert_allclose(other_weight, weight, rtol=1e-6)


def test_evaluation_takes_labels_of_either_shape(d2l, backend):
    net, loss, _ = native(backend).linear_training(lr=0.1)
    for labels in (Y, Y[:, None]):
        assert d2l.evaluate_loss(net, [(d2l.tensor(X), d2l.tensor(labels))], loss) == pytest.approx(
            (Y**2).mean(), rel=1e-6
        )


@pytest.mark.parametrize("evaluates", [False, True])
def test_a_loss_of_ones_own_that_would_compare_each_with_each(d2l, backend, evaluates):
    net, _, updater = native(backend).linear_training(lr=0.1)
    batches = [(d2l.tensor(X), d2l.tensor(Y))]

    def loss(y_hat, y):
        return (y_hat - y) ** 2

    with pytest.raises(ValueError, match=r"shape \(3, 1\) and labels of shape \(3,\) would be compared each"):
        if evaluates:
            d2l.evaluate_loss(net, batches, loss)
        else:
            d2l.train_epoch_ch3(net, batches, loss, updater)


def test_a_loss_with_more_values_than_labels(d2l):
    def net(X):
        return d2l.matmul(X, d2l.ones(2, 3))

    def loss(y_hat, y):  # three outputs and three labels: compared each with each without an error
        return (y_hat - d2l.astype(y, "float32")) ** 2

    with pytest.raises(ValueError, match=r"one value for each label at most, got shape \(3, 3\)"):
        d2l.evaluate_loss(net, [(d2l.tensor(X), d2l.tensor([0, 1, 2]))], loss)


@pytest.mark.parametrize("given", [(1, 2), None, [3.0]])
def test_a_net_that_gives_no_tensor(d2l, backend, given):
    _, loss, updater = native(backend).linear_training(lr=0.1)
    batches = [(d2l.tensor(X), d2l.tensor(Y))]
    if backend == "tensorflow":
        updater = d2l.Updater([d2l.as_parameter(X)], 0.1)
    for use in (
        lambda net: d2l.evaluate_accuracy(net, batches),
        lambda net: d2l.evaluate_loss(net, batches, loss),
        lambda net: d2l.train_epoch_ch3(net, batches, d2l.squared_loss, updater),
        lambda net: d2l.predict_ch3(net, batches),
    ):
        with pytest.raises(TypeError, match=f"a net must give one tensor, got {type(given).__name__}"):
            use(lambda X: given)


def test_linear_regression_takes_labels_of_either_shape(d2l):
    model = d2l.LinearRegression(lr=0.1)
    y_hat = d2l.tensor(X[:, :1])
    right = ((X[:, 0] - Y) ** 2).mean()
    for labels in (Y, Y[:, None], Y.astype("int32")):
        assert float(d2l.numpy(model.loss(y_hat, d2l.tensor(labels)))) == pytest.approx(right, rel=1e-6)
    with pytest.raises(ValueError, match=r"same number of elements, got shapes \(3, 1\) and \(2,\)"):
        model.loss(y_hat, d2l.tensor(Y[:2]))


def test_a_model_whose_own_loss_would_compare_each_with_each(d2l):
    class Own(d2l.LinearRegressionScratch):
        def loss(self, y_hat, y):
            return d2l.reduce_mean((y_hat - y) ** 2)

    class Data(d2l.DataModule):
        def get_dataloader(self, train):
            return d2l.load_array((d2l.tensor(X), d2l.tensor(Y)), 3, train)

    with pytest.raises(ValueError, match=r"give the labels the shape \(3, 1\)"):
        d2l.Trainer(max_epochs=1).fit(Own(2, lr=0.1), Data())


def test_a_bias_for_each_example_is_none(d2l):
    for w, wrong in ((np.ones((2, 1)), [(3,), (3, 1), (1, 1, 1)]), (np.ones(2), [(3,), (1, 1)])):
        for shape in wrong:
            with pytest.raises(ValueError, match=rf"b must be a number.*got shape {re.escape(str(shape))}"):
                d2l.linreg(d2l.tensor(X), d2l.tensor(w.astype("float32")), d2l.ones(shape))
    for b, w in ((d2l.ones(2), np.ones((2, 2))), (d2l.ones(1, 2), np.ones((2, 2))), (3, np.ones(2))):
        result = d2l.numpy(d2l.linreg(d2l.tensor(X), d2l.tensor(w.astype("float32")), b))
        np.testing.assert_allclose(result, X @ w + (3 if b == 3 else 1) if isinstance(b, int) else X @ w + 1)


def test_the_bias_of_synthetic_data_is_one_number(d2l, dtype):
    w = d2l.tensor([2.0, -3.4], dtype=dtype)
    for seed in (None, 0):
        for b in (
            4.2,
            4,
            np.float64(4),
            d2l.tensor([4]),
            d2l.tensor(4.0),
            d2l.tensor([[4.0]], dtype="float64"),
        ):
            made = d2l.synthetic_data(w, b, 3, seed=seed)
            assert [d2l.numpy(part).dtype for part in made] == [dtype] * 2
            assert [tuple(part.shape) for part in made] == [(3, 2), (3, 1)]
        with pytest.raises(
            ValueError, match=r"b must be a number or a tensor of one element, got shape \(2,\)"
        ):
            d2l.synthetic_data(w, [1.0, 2.0], 3, seed=seed)


# --- Classes ------------------------------------------------------------------------------------------

SCORES = np.asarray([[0.1, 2.0, -1.0], [1.5, 0.3, 0.2]], "float32")


def cross_entropy(labels):
    scores = SCORES.astype("float64")
    return np.log(np.exp(scores).sum(1)) - scores[np.arange(2), labels]


@pytest.mark.parametrize("kind", ["uint8", "int8", "int32", "int64", "float32", "float64"])
def test_labels_of_every_dtype(d2l, kind):
    labels = d2l.tensor(np.asarray([2, 0], kind))
    model, scores = d2l.SoftmaxRegression(3, lr=0.1), d2l.tensor(SCORES)
    np.testing.assert_allclose(d2l.numpy(model.loss(scores, labels, False)), cross_entropy([2, 0]), rtol=1e-5)
    assert d2l.numpy(model.accuracy(scores, labels, averaged=False)).tolist() == [0, 1]
    assert d2l.accuracy(scores, labels) == 1


@pytest.mark.parametrize("labels", [[3, 0], [-1, 0], [-100, 0], [0.5, 0], [float("nan"), 0]])
def test_classes_that_do_not_exist(d2l, labels):
    model = d2l.SoftmaxRegression(3, lr=0.1)
    with pytest.raises(ValueError, match=rf"whole numbers from 0 to 2, got {labels[0]}"):
        model.loss(d2l.tensor(SCORES), d2l.tensor(labels))


def test_as_many_labels_as_rows_of_scores(d2l):
    model = d2l.SoftmaxRegression(3, lr=0.1)
    for use in (model.loss, model.accuracy):
        with pytest.raises(ValueError, match=r"scores of shape \(2, 3\) and labels of shape \(3,\)"):
            use(d2l.tensor(SCORES), d2l.tensor([0, 1, 2]))


def test_more_classes_than_a_byte_counts(d2l):
    scores = d2l.tensor(np.eye(300, dtype="float32")[[260, 7]])
    labels = d2l.tensor(np.asarray([4, 7], "uint8"))  # 260 is 4 in a byte
    assert d2l.accuracy(scores, labels) == 1
    assert float(d2l.numpy(d2l.SoftmaxRegression(300, lr=0.1).accuracy(scores, labels))) == 0.5


# --- Numbers that do not fit ----------------------------------------------------------------------------


def test_integers_do_not_wrap_around(d2l, backend):
    for made in (lambda: d2l.tensor([2**40]), lambda: d2l.arange(2**40, 2**40 + 1)):
        if backend in ("torch", "paddle"):
            assert d2l.numpy(made()).tolist() == [2**40]
        else:
            with pytest.raises(ValueError, match=r'1099511627776 does not fit int32.*dtype="int64"'):
                made()
    assert d2l.numpy(d2l.tensor([2**40], dtype="int64")).tolist() == [2**40]
    assert d2l.numpy(d2l.tensor(np.asarray([2**40]))).tolist() == [2**40]
    for values, kind in (([300], "uint8"), ([-1], "uint8"), ([2**31], "int32"), ([1e20], "int64")):
        with pytest.raises(ValueError, match=f"does not fit {kind}"):
            d2l.tensor(values, dtype=kind)
    with pytest.raises(ValueError, match="nan does not fit int32"):
        d2l.tensor([float("nan")], dtype="int32")
    with pytest.raises(ValueError, match="64 bits at most"):
        d2l.tensor([2**70])


def test_sums_and_products_of_integers_do_not_wrap_around(d2l):
    assert d2l.numpy(d2l.reduce_sum(d2l.tensor(np.full(3, 200, "uint8")))) == 600
    assert d2l.numpy(d2l.reduce_sum(d2l.tensor([True, False, True]))) == 2
    product = d2l.numpy(d2l.matmul(d2l.tensor([[2**30, 2**30]]), d2l.tensor([[3], [5]])))
    assert product.dtype == "int64" and product.tolist() == [[8 * 2**30]]


@pytest.mark.parametrize(
    ("kind", "becomes"), [("int16", None), ("uint16", "int32"), ("uint32", "int64"), ("uint64", "int64")]
)
def test_arrays_of_integers_that_not_every_framework_has(d2l, backend, kind, becomes):
    made = d2l.numpy(d2l.tensor(np.asarray([1, 7], kind)))
    assert made.dtype == (becomes or ("int32" if backend == "mxnet" else "int16")) and made.tolist() == [1, 7]


@pytest.mark.parametrize(
    "given", [np.asarray([object()]), "text", ["a"], None, np.asarray(["2020-01-01"], "M8")]
)
def test_what_is_no_number_is_no_tensor(d2l, given):
    with pytest.raises(TypeError, match="a tensor holds numbers, got"):
        d2l.tensor(given)


def test_arrays_in_any_layout(d2l):
    array = np.arange(6, dtype="float32").reshape(2, 3)
    for given in (array[::-1], array.T, array[:, ::2], array.astype(">f4"), np.asfortranarray(array)):
        made = d2l.numpy(d2l.tensor(given))
        assert made.dtype == "float32" and made.tolist() == given.tolist()
        (batch,) = d2l.load_array((given,), 3, is_train=False)
        assert d2l.numpy(batch[0]).tolist() == given.tolist()


def test_pythons_numbers_do_not_widen_tensors_beside_them(d2l):
    for given in ([d2l.tensor(1.5), 2.0], [2, d2l.tensor(1.5)], [[d2l.tensor(1.5)], [2.0]]):
        assert d2l.numpy(d2l.tensor(given)).dtype == "float32"
    assert d2l.numpy(d2l.tensor([d2l.tensor(1.5, dtype="float64"), 2.0])).dtype == "float64"
    assert d2l.numpy(d2l.tensor([d2l.tensor(1), 2.5])).dtype == "float32"


def test_tensors_of_several_dtypes_together(d2l):
    single, double, whole = d2l.ones(1, 1), d2l.ones(1, 1, dtype="float64"), d2l.tensor([[1]])
    for join in (lambda *x: d2l.concat(x), lambda *x: d2l.stack(x), d2l.matmul):
        assert d2l.numpy(join(single, double)).dtype == "float64"
        assert d2l.numpy(join(whole, single)).dtype == "float32"


def test_an_accumulator_of_integers_beside_floats(d2l):
    metric = d2l.Accumulator(1)
    metric.add(d2l.tensor(2**24 + 1, dtype="int64"))
    metric.add(d2l.tensor(0.5))
    assert metric[0] == 2**24 + 1.5


# --- Nothing, and what does not exist ---------------------------------------------------------------------


def test_there_is_no_largest_and_no_mean_of_nothing(d2l):
    for axis in (None, 0):
        with pytest.raises(ValueError, match=r"no argmax of no elements, got shape \(0, 3\)"):
            d2l.argmax(d2l.zeros(0, 3), axis=axis)
        with pytest.raises(ValueError, match=r"no mean of no elements, got shape \(0, 3\)"):
            d2l.reduce_mean(d2l.zeros(0, 3), axis=axis)


def test_not_a_number_is_the_largest(d2l):
    x = d2l.tensor([[1.0, float("inf"), float("nan")], [3.0, 1.0, 2.0]])
    assert d2l.numpy(d2l.argmax(x, 1)).tolist() == [2, 0]


class Rows:
    @staticmethod
    def of(d2l, indices):
        class Data(d2l.DataModule):
            batch_size = 10

        ((rows,),) = Data().get_tensorloader((d2l.arange(5),), False, indices)
        return d2l.numpy(rows).tolist()


def test_rows_from_the_end_and_by_a_mask(d2l):
    assert Rows.of(d2l, [-1, 0, -5]) == [4, 0, 0]
    assert Rows.of(d2l, [True, False, True, False, False]) == [0, 2]
    assert Rows.of(d2l, np.asarray([3, 1], "uint8")) == [3, 1]


def test_rows_that_do_not_exist(d2l):
    for row in (5, -6, 10**6):
        with pytest.raises(ValueError, match=f"there are 5 rows, and none is number {row}"):
            Rows.of(d2l, [0, row])
    with pytest.raises(TypeError, match="indices are a slice"):
        Rows.of(d2l, [0.5])
    for nothing in ([], slice(1, 0), [False] * 5):
        with pytest.raises(ValueError, match="at least one of 5 rows"):
            Rows.of(d2l, nothing)


@pytest.mark.parametrize("kind", [">f4", ">i8", "<u2", "<c8"])
def test_a_memmap_that_cannot_be_read_as_it_lies(d2l, tmp_path, kind):
    array = np.memmap(tmp_path / "data", kind, "w+", shape=(4, 2))
    with pytest.raises(ValueError, match=f"memmap.*got dtype {kind}"):
        d2l.load_array((array,), 2)


def test_a_batch_size_of_numpys(d2l):
    X = d2l.arange(5)
    assert [len(x) for x, _ in d2l.data_iter(np.int64(2), X, X, shuffle=False)] == [2, 2, 1]
    assert len(d2l.load_array((X,), np.uint8(2))) == 3
    with pytest.raises(TypeError, match="batch_size must be a whole number"):
        d2l.load_array((X,), 2.0)


# --- Shapes, axes and dtypes that do not fit ----------------------------------------------------------------


def test_misfits_are_said_in_the_readers_terms(d2l):
    x = d2l.ones(2, 3, 4)
    for use, message in (
        (
            lambda: d2l.reshape(x, 5, 5),
            r"shape \(2, 3, 4\) has 24 elements and cannot be reshaped to \(5, 5\)",
        ),
        (lambda: d2l.reshape(x, -1, -1), r"cannot be reshaped to \(-1, -1\)"),
        (lambda: d2l.reshape(x, 0, 24), r"cannot be reshaped to \(0, 24\)"),
        (lambda: d2l.transpose(x, (1, 0)), r"each axis of a tensor of shape \(2, 3, 4\) once, got \(1, 0\)"),
        (lambda: d2l.transpose(x, (0, 0, 1)), "once"),
        (lambda: d2l.reduce_sum(x, axis=3), "a tensor of 3 axes has no axis 3"),
        (lambda: d2l.reduce_mean(x, axis=(0, 0)), "several different ones"),
        (lambda: d2l.argmax(x, axis=-4), "has no axis -4"),
        (lambda: d2l.matmul(x, x), r"got shapes \(2, 3, 4\) and \(2, 3, 4\)"),
        (lambda: d2l.concat([x, d2l.ones(2, 3)]), r"axis 0 only, got \(2, 3, 4\), \(2, 3\)"),
        (lambda: d2l.concat([]), "at least one tensor"),
        (lambda: d2l.stack([d2l.ones(2), d2l.ones(3)]), r"of equal shape, got \(2,\), \(3,\)"),
        (lambda: d2l.meshgrid(x), r"vector or more, got \(2, 3, 4\)"),
        (lambda: d2l.meshgrid(d2l.ones(2), indexing="yx"), "indexing must be one of 'xy', 'ij'"),
        (lambda: d2l.arange(0, 3, 0), "a step other than 0"),
        (lambda: d2l.eye(-1), "n must be a whole number of at least 0"),
        (lambda: d2l.normal(0, -1, (2,)), "std is a standard deviation"),
        (lambda: d2l.rand(2, dtype="int32"), "random numbers are drawn as float16"),
        (lambda: d2l.ones(2, dtype="nonsense"), "dtype must be one of bool, uint8.*got 'nonsense'"),
        (lambda: d2l.tensor([1], dtype=str), "dtype must be one of"),
        (lambda: d2l.astype(x, "nonsense"), "dtype must be one of"),
        (lambda: d2l.tensor([[1, 2], [3]]), "equally long"),
    ):
        with pytest.raises(ValueError, match=message):
            use()


def test_lists_can_be_multiplied(d2l):
    assert d2l.numpy(d2l.matmul([[1.0, 2.0]], [[3.0], [4.0]])).tolist() == [[11]]
    assert d2l.numpy(d2l.matmul(d2l.ones(3), d2l.ones(3))) == 3
    assert d2l.numpy(d2l.matmul(d2l.ones(2), d2l.ones(2, 3))).tolist() == [2, 2, 2]


def test_reshaping_nothing(d2l):
    assert tuple(d2l.reshape(d2l.zeros(0, 3), (3, 0)).shape) == (3, 0)
    assert tuple(d2l.reshape(d2l.zeros(0, 3), (-1, 3)).shape) == (0, 3)
    with pytest.raises(ValueError, match=r"\(0, -1\)"):
        d2l.reshape(d2l.zeros(0, 3), (0, -1))


def test_dtypes_of_python_and_of_numpy(d2l):
    for dtype in (float, "float64", np.float64, np.dtype("float64"), d2l.float64):
        assert d2l.numpy(d2l.tensor([1], dtype=dtype)).dtype == "float64"
        assert d2l.numpy(d2l.ones(1, dtype=dtype)).dtype == "float64"


def test_gradients_have_the_shapes_of_their_parameters(d2l):
    param = d2l.as_parameter(np.zeros((2, 1), "float32"))
    with pytest.raises(
        ValueError, match=r"gradient of parameter 0 must have its shape, \(2, 1\), got \(2,\)"
    ):
        d2l.sgd([param], [d2l.ones(2)], 0.1, 1)
    with pytest.raises(TypeError, match="params must be a list of tensors"):
        d2l.Updater(param, 0.1)
    with pytest.raises(TypeError, match="a trainable tensor holds floats"):
        d2l.as_parameter(np.asarray([1, 2]))


def test_numpy_gives_a_copy(d2l):
    param = d2l.as_parameter(np.zeros(2, "float32"))
    before, array = d2l.numpy(param), np.zeros(2)
    d2l.sgd([param], [d2l.ones(2)], 1.0, 1)
    assert before.tolist() == [0, 0] and d2l.numpy(param).tolist() == [-1, -1]
    assert d2l.numpy(array) is not array


def test_images_that_are_part_of_a_graph(d2l, backend):
    param = d2l.as_parameter(np.ones((2, 4, 4), "float32"))
    axes = d2l.show_images([param[0], param[1]], 1, 2)
    assert [ax.images[0].get_array().tolist() for ax in axes] == [[[1] * 4] * 4] * 2


# --- Parameters that travel ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [np.asarray(["a"] * 2), np.asarray([1j, 2])])
def test_parameters_are_all_set_or_none(d2l, wrong):
    params = [d2l.as_parameter(np.zeros(2, "float32")) for _ in range(2)]
    with pytest.raises(TypeError, match=r"parameter1\.value is"):
        d2l.set_parameters(params, {"parameter0.value": np.ones(2), "parameter1.value": wrong})
    assert d2l.numpy(params[0]).tolist() == [0, 0]


def test_parameters_are_as_before_if_one_cannot_be_set(d2l, backend, monkeypatch):
    params = [d2l.as_parameter(np.zeros(2, "float32")) for _ in range(2)]
    part = import_module(f"d2l_multi.book.parameters.{backend}")
    assign = part._assign

    def failing(param, array):
        assign(param, array)
        if param is params[1] and array[0] == 1:
            raise RuntimeError("the device is gone")

    monkeypatch.setattr(part, "_assign", failing)
    with pytest.raises(RuntimeError, match="the device is gone"):
        d2l.set_parameters(params, {f"parameter{i}.value": np.ones(2) for i in range(2)})
    assert [d2l.numpy(param).tolist() for param in params] == [[0, 0], [0, 0]]


def test_one_tensor_cannot_have_two_values(d2l):
    param = d2l.as_parameter(np.zeros(2, "float32"))
    with pytest.raises(ValueError, match=r"parameter0.value and parameter1.value are one tensor"):
        d2l.set_parameters([param, param], {"parameter0.value": np.ones(2), "parameter1.value": np.zeros(2)})
    assert d2l.numpy(param).tolist() == [0, 0]


def test_a_layer_used_twice_is_one_layer(d2l, backend, tmp_path):
    net, path = native(backend).one_layer_twice(), tmp_path / "net.safetensors"
    arrays = {
        "dense0.weight": np.arange(9.0).reshape(3, 3) / 10,
        "dense0.bias": np.asarray([1.0, 2, 3]),
        "dense1.weight": np.asarray([[1.0], [0], [2]]),
        "dense1.bias": np.asarray([4.0]),
    }
    assert list(d2l.get_parameters(net)) == list(arrays)
    save_file({name: array.astype("float32") for name, array in arrays.items()}, path)
    d2l.load_parameters(net, path)
    hidden = np.ones((1, 3))
    for _ in range(2):
        hidden = hidden @ arrays["dense0.weight"] + arrays["dense0.bias"]
    expected = hidden @ arrays["dense1.weight"] + arrays["dense1.bias"]
    np.testing.assert_allclose(d2l.numpy(net(d2l.ones(1, 3))), expected, rtol=1e-6)
    d2l.save_parameters(net, path)
    assert set(load_file(path)) == set(arrays)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_convolutions_of_any_dimension_before_a_dense_layer(d2l, backend, ndim):
    net, random = native(backend).convolution(ndim), np.random.RandomState(0)
    shapes = {"conv0.weight": (3, 2, *[2] * ndim), "conv0.bias": (3,)}
    shapes |= {"dense1.weight": (3 * 3**ndim, 1), "dense1.bias": (1,)}
    arrays = {name: random.random_sample(shape).astype("float32") for name, shape in shapes.items()}
    d2l.set_parameters(net, arrays)
    images = random.random_sample((2, 2, *[4] * ndim)).astype("float32")
    windows = np.lib.stride_tricks.sliding_window_view(images, [2] * ndim, axis=tuple(range(2, 2 + ndim)))
    axes = tuple(range(2 + ndim, 2 + 2 * ndim))
    maps = np.tensordot(windows, arrays["conv0.weight"], ((1, *axes), (1, *range(2, 2 + ndim))))
    maps = np.moveaxis(maps, -1, 1) + arrays["conv0.bias"].reshape(1, 3, *[1] * ndim)
    expected = maps.reshape(2, -1) @ arrays["dense1.weight"] + arrays["dense1.bias"]
    given = np.moveaxis(images, 1, -1) if backend == "tensorflow" else images
    np.testing.assert_allclose(d2l.numpy(net(d2l.tensor(given))), expected, rtol=1e-5)


def test_a_parameter_that_is_a_number_travels(d2l, backend, tmp_path):
    net, path = native(backend).with_a_number(), tmp_path / "net.safetensors"
    d2l.set_parameters(net, {"parameter0.value": np.asarray(7.0)})
    d2l.save_parameters(net, path)
    assert load_file(path)["parameter0.value"].shape == ()
    other = native(backend).with_a_number()
    d2l.load_parameters(other, path)
    assert d2l.get_parameters(other)["parameter0.value"] == 7 and d2l.numpy(other.scale).shape == ()


def batch_norm_model(d2l, backend):
    """A `Module` with batch norm, and the mean squared error."""

    class Model(d2l.Module):
        def __init__(self, lr=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.net = native(backend).batch_norm_net()

        def loss(self, y_hat, y):
            return d2l.reduce_mean(d2l.squared_loss(y_hat, y))

    return Model()


def test_a_run_with_batch_norm_can_be_resumed(d2l, backend, tmp_path):
    class Data(d2l.DataModule):
        def get_dataloader(self, train):
            return d2l.load_array((d2l.tensor(X), d2l.tensor(Y[:, None])), 3, False)

    path = tmp_path / "run.safetensors"
    d2l.Trainer(max_epochs=1).fit(batch_norm_model(d2l, backend), Data(), checkpoint=path)
    resumed = batch_norm_model(d2l, backend)
    history = d2l.Trainer(max_epochs=2).fit(resumed, Data(), resume=path)
    assert len(history) == 2
