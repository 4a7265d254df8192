"""The suite runs in all four backends, or those that ``--d2l-backends`` names: see d2l_multi.testing.plugin.

A framework that is named and missing is an error; nothing is skipped because it is not there.
"""

from pathlib import Path

from tests import surroundings

surroundings.enter()  # before anything below reads a setting

import matplotlib
import pytest
from hypothesis import HealthCheck, Phase, settings

from d2l_multi import BACKENDS
from d2l_multi.testing.plugin import CHOSEN
from d2l_multi.workers.processes import prepare_for
from tests.fashion import write_folder

matplotlib.use("Agg")
# The same examples in every run: what fails, fails for everybody. A fixture here is a module or a name.
settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Where a failure is expected there is no use in making it small.
settings.register_profile("quick", settings.get_profile("suite"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("suite")


def pytest_addoption(parser):
    """With "=", as in --d2l-images=FOLDER: a folder alone would be taken for one of tests."""
    group = parser.getgroup("d2l-multi")
    group.addoption(
        "--d2l-screenshots", metavar="FOLDER", type=Path, help="Keep the pictures that tests take there."
    )
    group.addoption(
        "--d2l-images",
        metavar="FOLDER",
        type=Path,
        help="Fashion-MNIST's four files, for the tests marked images; by default files of the suite's own.",
    )


def pytest_configure(config):
    given = config.getoption("--d2l-images")
    if given is not None and not given.is_dir():
        raise pytest.UsageError(f"--d2l-images: there is no folder {given}")
    prepare_for(config.getoption("--d2l-device"))


def pytest_collection_modifyitems(config, items):
    """Slow tests are for runs whose `-m` asks for them; one such as "not environments" does not."""
    for item in items:
        if "images_folder" in getattr(item, "fixturenames", ()):
            item.add_marker("images")
    if "slow" in config.getoption("-m").replace("not slow", ""):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if item not in slow]
    config.hook.pytest_deselected(items=slow)


def pytest_ignore_collect(collection_path, config):
    """A file about one framework, such as test_tensorflow_compiled.py, is left out with it."""
    named = [name for name in BACKENDS if collection_path.name.startswith(f"test_{name}_")]
    return True if named and named[0] not in config.stash[CHOSEN] else None


@pytest.fixture(scope="session")
def images_folder(request, tmp_path_factory):
    """The images of `--d2l-images`, else 500 and 100 of the suite's own."""
    given = request.config.getoption("--d2l-images")
    return given.resolve() if given else write_folder(tmp_path_factory.mktemp("images"), train=500, test=100)


@pytest.fixture(autouse=True)
def silent_boards(monkeypatch):
    """What trains in this process shows nothing, in a terminal with ``pytest -s`` either."""
    monkeypatch.setattr("d2l_multi.book.charts.display._is_terminal", lambda: False)


@pytest.fixture
def backend(d2l_backend):
    return d2l_backend


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


def pytest_terminal_summary(terminalreporter, config):
    """One line for each backend and experiment of the parity suite: the largest error of a step."""
    measured = [
        value
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, value in report.user_properties
        if name == "d2l_parity"
    ]
    if measured:
        terminalreporter.section(
            f"parity on the {config.getoption('--d2l-device')}: largest step error, in what rounding explains"
        )
    order = {name: number for number, name in enumerate(BACKENDS)}
    rows = {}
    for backend, experiment, dtype, error in measured:
        limited = "" if error <= 1 else " (known limit)"
        rows.setdefault((order[backend], backend, experiment), {})[dtype] = f"{error:<7.2f}{limited:<14}"
    for (_, backend, experiment), found in sorted(rows.items()):
        columns = "   ".join(f"{dtype} {found[dtype]}" for dtype in sorted(found, reverse=True))
        terminalreporter.write_line(f"{backend:<11} {experiment:<27} {columns}")
    not_run = {report.longrepr[2] for report in terminalreporter.getreports("skipped")}
    for reason in sorted(reason for reason in not_run if "not run: " in reason):
        terminalreporter.write_line(reason.removeprefix("Skipped: "))
