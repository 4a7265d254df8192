"""Every notebook runs in a real kernel, on data of the suite's own, and what its prose claims is so."""

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from d2l_multi import BACKENDS
from d2l_multi.testing.plugin import CHOSEN
from notebooks import build
from tests.display.programs import environment
from tests.fashion import write_folder

TOPICS = {topic.name: topic for topic in build.topics(build.FOLDER)}
SINGLE = [name for name, topic in TOPICS.items() if topic.backends != [build.TOGETHER]]
TOGETHER = [name for name in TOPICS if name not in SINGLE]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=2000, test=500)


@pytest.fixture
def execute(tmp_path, monkeypatch, images):
    """Runs the notebook of a topic and, in the same kernel, its checks."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("D2L_MULTI_DATA", str(images))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "work").mkdir()

    def execute(topic, backend):
        book = build.notebook(topic, "en", backend)
        cells = list(book.cells)
        book.cells += map(new_code_cell, topic.checks(backend))
        resources = {"metadata": {"path": str(tmp_path / "work")}}
        NotebookClient(book, timeout=120, resources=resources).execute()
        return cells

    return execute


@pytest.mark.parametrize("name", SINGLE)
def test_notebook(execute, d2l_backend, name):
    judge(execute(TOPICS[name], d2l_backend))


@pytest.mark.parametrize("name", TOGETHER)
def test_notebook_over_all_four(execute, request, name):
    missing = set(BACKENDS) - set(request.config.stash[CHOSEN])
    if missing:
        pytest.skip(f"reason: not run: it is over all four, and {', '.join(sorted(missing))} is left out")
    judge(execute(TOPICS[name], build.TOGETHER))


def judge(cells):
    """Cells show what they mean to show: pictures, and warnings only where the source says so."""
    pictures = 0
    for cell in cells:
        outputs = cell.get("outputs", [])
        warned = [output.text for output in outputs if output.get("name") == "stderr"]
        expected = "warns" in cell.metadata.get("tags", [])
        assert bool(warned) == expected, f"{cell.source}\n---\n{''.join(warned)}"
        assert all("Warning: " in text for text in warned)
        shown = [output.data for output in outputs if "data" in output]
        pictures += sum("image/svg+xml" in data or "image/png" in data for data in shown)
        said = [data["text/plain"] for data in shown if len(data) == 1]
        said += [output.text for output in outputs if output.get("name") == "stdout"]
        assert "<Figure" not in "".join(said), cell.source
    assert pictures
