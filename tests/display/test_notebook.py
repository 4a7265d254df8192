"""Charts in notebooks: run by nbclient, and watched in a live Jupyter server by a headless browser."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from nbclient import NotebookClient

from tests.display.programs import environment, slow_fit, slow_training, source

README = Path(__file__).resolve().parents[2] / "README.md"


def notebook(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """Runs cells in a kernel of their own; returns the outputs of each."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)

    def execute(*sources):
        book = notebook(*sources)
        NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
        return [cell.outputs for cell in book.cells]

    return execute


def pictures(outputs):
    return [output for output in outputs if "image/svg+xml" in output.get("data", {})]


def svg(output):
    return output["data"]["image/svg+xml"]


def curve_points(svg):
    """How many points the curves of a chart have, from the commands of their paths."""
    paths = re.findall(r'<g id="line2d_\d+">\s*<path d="([^"]*)" clip-path', svg)
    return max((path.count("M") + path.count("L") for path in paths), default=0)


def test_training_is_one_chart_and_the_last_state(executed):
    (outputs,) = executed(slow_training(epochs=8, pause=0.002))
    assert len(pictures(outputs)) == 1
    assert curve_points(svg(pictures(outputs)[0])) == 8
    rest = [output for output in outputs if output not in pictures(outputs)]
    assert all(output.get("name") == "stderr" and "ConvergenceWarning" in output["text"] for output in rest)


def test_a_trainers_board_is_one_chart_and_the_last_state(executed):
    fit = slow_fit(epochs=8, pause=0.002)
    again = "\n".join(["model = d2l.SoftmaxRegression(3, lr=0.1)", "trainer = d2l.Trainer(max_epochs=3)"])
    outputs, rerun, resumed, figures = executed(
        fit,
        f"{again}\nhistory = trainer.fit(model, Data())",
        "trainer.max_epochs = 5\nhistory = trainer.fit(model, Data(), resume=True)",
        "import matplotlib.pyplot as plt\nprint(plt.get_fignums(), history.fig is model.board.fig)",
    )
    assert [len(cell) for cell in (outputs, rerun, resumed)] == [1, 1, 1]
    assert [curve_points(svg(cell[0])) for cell in (outputs, rerun, resumed)] == [16, 6, 10]
    assert "val_acc" in svg(outputs[0])
    assert figures[0]["text"] == "[] True\n"


def test_each_cell_has_its_own_output_and_other_figures_come_through(executed):
    train = slow_training(epochs=2, pause=0)
    outputs = executed(
        "import warnings; warnings.simplefilter('ignore')\n" + train,
        "history = d2l.train_ch3(net, Slow(), Slow(), loss, 3, torch.optim.SGD(net.parameters(), 0.1))",
        "d2l.plot(d2l.arange(3.0), d2l.arange(3.0))",
        "import matplotlib.pyplot as plt\nprint(plt.get_fignums())",
    )
    assert [len(pictures(cell)) for cell in outputs] == [1, 1, 1, 0]
    assert [curve_points(svg(pictures(cell)[0])) for cell in outputs[:3]] == [2, 3, 3]
    assert outputs[3][0]["text"] == "[]\n"


def test_a_plot_in_a_loop_is_one_output_with_what_came_after(executed):
    live_plot = source("live_plot")
    outputs, again, figures = executed(live_plot, live_plot, "print(d2l.plt.get_fignums())")
    for cell in (outputs, again):
        assert len(pictures(cell)) == 1
        assert "fitted" in svg(pictures(cell)[0])
    assert figures[0]["text"] == "[]\n"


def test_chinese_titles_do_not_flood(executed):
    (outputs,) = executed("from d2l_multi import torch as d2l\nd2l.plot([1, 2, 3], xlabel='训练轮数')")
    assert len(outputs) == 1 and len(pictures(outputs)) == 1


# --- Live, in a browser ---------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path):
    """The address of a live Jupyter server on loopback and its token; it serves ``tmp_path / "books"``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    books, token = tmp_path / "books", secrets.token_hex()
    books.mkdir()
    command = [
        sys.executable,
        "-m",
        "notebook",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ip=127.0.0.1",
    ]
    options = [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={books}"]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, *options], env={**os.environ, **environment(tmp_path)}, stdout=log, stderr=log
        )
    try:
        until(lambda: _listens(port), "the Jupyter server")
        yield books, f"http://127.0.0.1:{port}/notebooks/{{}}?token={token}"
    finally:
        process.terminate()
        process.wait()


def _listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def until(condition, what, timeout=90):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)


CHARTS = ".jp-OutputArea-output svg, .jp-OutputArea-output img"


@pytest.fixture
def started(server, page):
    """Opens a notebook of some cells and runs them all; returns the prompts of its cells."""
    books, address = server

    def start(*sources):
        nbformat.write(notebook(*sources), books / "training.ipynb")
        page.goto(address.format("training.ipynb"))
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=90_000)
        prompts = page.locator(".jp-InputPrompt")

        def runs():  # a click that comes before the page has its kernel is lost
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
            page.wait_for_timeout(1000)
            return prompts.first.inner_text() != "[ ]:"

        until(runs, "the cell to run")
        return prompts

    return start


def source_of(chart):
    """The SVG of a chart, which Jupyter shows as an image of its own."""
    source = chart.get_attribute("src")
    return unquote(source) if source else chart.evaluate("svg => svg.outerHTML")


def test_a_chart_grows_in_place_while_a_reader_watches(started, page, screenshot):
    prompt = started(slow_training(epochs=10, pause=0.02)).first
    charts = page.locator(CHARTS)

    def points():
        """How many points the curves of the one chart have."""
        return curve_points(source_of(charts.first)) if charts.count() == 1 else 0

    until(lambda: 1 <= points() < 10, "the first drawings")
    early = points()
    during = screenshot("notebook-during")
    until(lambda: early < points() < 10, "a later drawing, while it trains")
    assert "[*]" in prompt.inner_text()
    until(lambda: "[1]" in prompt.inner_text(), "the end of the cell")
    until(lambda: points() == 10, "the last state")
    assert "Figure" not in page.locator(".jp-OutputArea").first.inner_text()
    assert screenshot("notebook-after") != during


@pytest.fixture
def images(images_folder, monkeypatch):
    """Images for a server that starts afterwards."""
    monkeypatch.setenv("D2L_MULTI_DATA", str(images_folder))


def test_a_training_on_images_as_the_page_on_charts_shows_it(images, started, page, screenshot):
    """Its picture is kept: `--d2l-images=FOLDER --d2l-screenshots=docs` makes docs/notebook.png."""
    program = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    definitions, data, training = re.search(
        r"(.*)^(data = .*?)^(history = .*?)^history\.fig", program, re.DOTALL | re.MULTILINE
    ).groups()
    show = "data.visualize(next(iter(data.val_dataloader())))"
    prompts = started(definitions.strip(), data + show, training.strip())
    until(lambda: "[3]" in prompts.last.inner_text(), "the end of the last cell")
    charts = page.locator(CHARTS)
    until(lambda: charts.count() == 2, "the images and the chart")
    chart = source_of(charts.last)
    curves = re.findall(r'<g id="line2d_\d+">\s*<path d="([^"]*)" clip-path', chart)
    assert sorted(curve.count("M") + curve.count("L") for curve in curves)[-3:] == [10, 10, 20]
    assert all(word in chart for word in ("train_loss", "val_loss", "val_acc"))
    charts.last.scroll_into_view_if_needed()
    screenshot("notebook")
