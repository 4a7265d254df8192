"""The pytest plugin: the fixtures ``d2l``, ``d2l_backend``, ``d2l_device`` and the marker ``d2l_parity``."""

import functools
import inspect
from importlib import import_module

import pytest

from d2l_multi import BACKENDS

CHOSEN = pytest.StashKey[list[str]]()
MARKER = "d2l_parity"


def pytest_addoption(parser):
    group = parser.getgroup("d2l-multi")
    group.addoption(
        "--d2l-backends",
        metavar="NAMES",
        help=f"Frameworks to test in, comma-separated, of {', '.join(BACKENDS)}; by default all installed.",
    )
    group.addoption(
        "--d2l-device",
        choices=("cpu", "gpu"),
        default="cpu",
        help="Where d2l_device points; a framework without a GPU is reported as not run. Default: cpu.",
    )


def pytest_configure(config):
    config.stash[CHOSEN] = chosen_backends(config.getoption("--d2l-backends"))
    config.addinivalue_line(
        "markers",
        f"{MARKER}(backends=None, rtol=None, atol=0.0, device='cpu'): run the test in every backend, "
        "each in its own process, and compare what it yields and returns; its first parameter is d2l.",
    )
    config.addinivalue_line("markers", "xdist_group(name): tests that share a process (pytest-xdist).")


def chosen_backends(given):
    """The backends named on the command line, or all that are installed."""
    from d2l_multi.workers.processes import installed

    if given is None:
        return [name for name in BACKENDS if installed(name)]
    names = list(dict.fromkeys(name.strip() for name in given.split(",")))
    for name in names:
        if name not in BACKENDS:
            raise pytest.UsageError(f"--d2l-backends: {name!r} is not one of {', '.join(BACKENDS)}")
        if not installed(name):
            from d2l_multi.compat.loading import install_command

            raise pytest.UsageError(
                f"--d2l-backends: {name} is not installed; install it with: {install_command(name)}"
            )
    return names


# --- Fixtures -------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc):
    """A test that asks for a backend runs once in each; under xdist those of one backend share a process."""
    if "d2l_backend" not in metafunc.fixturenames:
        return
    names = metafunc.config.stash[CHOSEN]
    marker = metafunc.definition.get_closest_marker(MARKER)
    if marker is not None:
        together = marker.kwargs.get("backends") or names
        metafunc.parametrize("d2l_backend", [None], ids=["-".join(together)])
    else:
        params = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in names]
        metafunc.parametrize("d2l_backend", params)


@pytest.fixture
def d2l_backend(request):
    """The name of each chosen backend in turn, such as ``"torch"``."""
    return request.param  # pragma: no cover - parametrised above


@pytest.fixture
def d2l(d2l_backend):
    """The module of each chosen backend in turn, such as `d2l_multi.torch`."""
    return None if d2l_backend is None else import_module(f"d2l_multi.{d2l_backend}")


@pytest.fixture
def d2l_device(d2l, d2l_backend, request):
    """Each backend's CPU, or with ``--d2l-device gpu`` its first GPU; without one the test is not run."""
    if d2l is None:
        pytest.fail(f"in a test marked {MARKER} ask for d2l.try_gpu() instead of d2l_device", pytrace=False)
    if request.config.getoption("--d2l-device") == "cpu":
        return d2l.cpu()
    if not d2l.num_gpus():
        pytest.skip(f"not run: {d2l_backend} can use no GPU on this machine")
    return d2l.gpu(0)


# --- The marker -----------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector, name, obj):
    """Let a marked test yield its steps, which pytest refuses of tests that it runs itself."""
    marked = any(mark.name == MARKER for mark in getattr(obj, "pytestmark", []))
    if not (marked and inspect.isgeneratorfunction(obj)):
        return None

    @functools.wraps(obj)
    def test(*args, **kwargs):
        raise AssertionError("a marked test runs in the backends' processes")

    setattr(collector.obj, name, test)
    return collector.ihook.pytest_pycollect_makeitem(collector=collector, name=name, obj=test)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    marker = pyfuncitem.get_closest_marker(MARKER)
    if marker is None:
        return None
    from d2l_multi.testing.parity import NoGpu, assert_parity

    function = inspect.unwrap(pyfuncitem.obj)
    names = list(inspect.signature(function).parameters)
    if inspect.ismethod(pyfuncitem.obj) or names[:1] != ["d2l"]:
        pytest.fail(
            f"{MARKER} marks functions whose first parameter is d2l, the backend's module", pytrace=False
        )
    arguments = {name: pyfuncitem.funcargs[name] for name in names[1:]}
    config = pyfuncitem.config
    options = {"backends": config.stash[CHOSEN], "device": config.getoption("--d2l-device"), **marker.kwargs}
    if len(options["backends"]) < 2:
        pytest.skip(f"not run: parity is between two backends, and there is only {options['backends'][0]}")
    try:
        assert_parity(function, **options, **arguments)
    except NoGpu as error:
        pytest.skip(f"not run: {error}")
    except (AssertionError, RuntimeError) as error:
        pytest.fail(str(error), pytrace=False)  # what lies between is ours and tells nothing
    return True
