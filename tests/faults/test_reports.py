"""What frameworks, users and files say is shown and never obeyed: in the page, the charts, the terminal."""

import io
import pickle
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from d2l_multi.compare import report
from d2l_multi.workers.texts import one_line, plain
from tests.fashion import write_folder
from tests.faults.planting import OUT, compare, d2l_multi, plant, report_of, rows
from tests.faults.programs import planted

HOSTILE = (
    '<script>alert(1)</script> "><img src=x onerror=alert(2)> '
    "</svg></pre></title><b onclick='x'> {{ 7 * 7 }} "
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://example.com\x1b\\link "
    "\x9b5n \x00 \x08 \u202etxt \ud800 "
    "[red]markup[/red] [link=file:///etc]x[/] :skull: 中文 $\\frac{1}{0}$ \r\nnext line\u2028"
)
# What becomes of it: all that can be read, and a mark where something cannot.
SHOWN = (
    '<script>alert(1)</script> "><img src=x onerror=alert(2)> '
    "</svg></pre></title><b onclick='x'> {{ 7 * 7 }} "
    "red  link "
    "�5n � � �txt � "
    "[red]markup[/red] [link=file:///etc]x[/] :skull: 中文 $\\frac{1}{0}$ \nnext line\u2028"
)
VERSION = '[red]1[/]"<script>\x1b[2J:skull:'


class Page(HTMLParser):
    """Elements and attributes of a page, and the text of what is in pre and td."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.texts, self.scripts = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        (self.scripts if self.elements[-1:] == ["script"] else self.texts).append(data)


def assert_harmless(text):
    page = Page(text)
    assert page.elements.count("script") == 1 and "querySelectorAll" in page.scripts[0]
    assert not {"img", "iframe", "b", "object", "foreignobject", "image", "a"} & set(page.elements)
    for _, name, value in page.attributes:
        assert not name.startswith("on")
        # The page loads nothing and leads nowhere; a chart's own parts are named by #.
        assert name not in ("src", "href", "xlink:href", "action", "style") or "://" not in value
        assert not name.endswith("href") or value.startswith("#")
    assert page.elements.count("svg") == 5 and text.count("</svg>") == 5
    return "".join(page.texts)


def test_what_a_framework_says_is_shown_as_it_is(tmp_path):
    """A version and errors with tags, escape sequences, markup, NULs and half characters, in three ways."""
    faults = {
        "mxnet": (planted.has_version_and_raises, VERSION, HOSTILE),
        "torch": (planted.says_and_exits, HOSTILE),
    }
    env = plant(tmp_path, faults, frameworks={"paddle": f"raise ImportError({HOSTILE!r})"})
    run = compare("mxnet,torch,paddle", cwd=tmp_path, env=env)
    assert (run.returncode, run.stderr) == (3, "")
    found = rows(tmp_path)
    assert found["mxnet"]["version"] == '[red]1[/]"<script>:skull:'
    assert found["mxnet"]["error"] == f"RuntimeError: {SHOWN}"
    assert found["paddle"]["error"].endswith(f"ImportError: {SHOWN}") or SHOWN in found["paddle"]["error"]
    shown = assert_harmless((tmp_path / OUT / "report.html").read_text(encoding="utf-8"))
    assert f"RuntimeError: {SHOWN}" in shown and '[red]1[/]"<script>:skull:' in shown
    for row in found.values():
        assert row["status"] == "failed" and "alert(2)" in row["error"] and row["error"] in shown
        for forbidden in "\x1b\x00\x07\x08\x9b\u202e":
            assert forbidden not in row["error"] and forbidden not in run.stdout
    screen = " ".join(run.stdout.split())
    for words in ("[red]markup[/red]", "[link=file:///etc]x[/]", ":skull:", "<script>alert(1)</script>"):
        assert screen.count(words) >= 3
    assert "[red]1[/]" in screen


def test_doctor_shows_it_as_it_is_too(tmp_path):
    frameworks = dict.fromkeys(("torch", "tensorflow", "mxnet", "paddle"), f"raise ImportError({HOSTILE!r})")
    run = d2l_multi("doctor", cwd=tmp_path, env=plant(tmp_path, frameworks=frameworks))
    assert run.returncode == 0 and "\x1b" not in run.stdout and "\x00" not in run.stdout
    assert run.stdout.count("[red]markup[/red]") == 4


def test_charts_escape_their_labels_and_titles():
    label = HOSTILE.split("\x1b")[0]
    with matplotlib.rc_context(report.HTML_STYLE):
        figure = Figure()
        axes = figure.subplots()
        axes.set(title=label, xlabel=label, ylabel=label)
        axes.plot([1, 2], label=label)
        axes.scatter([1], [1], urls=[report.TITLE + label])
        axes.bar([label], [1])[0].set_url(report.TITLE + label)
        axes.legend()
        image = report.svg(figure)
    page = Page(image)
    assert page.elements.count("title") == 2
    assert not {"script", "img", "b", "a"} & set(page.elements) and image.count("</svg>") == 1
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert "".join(page.texts).count("<script>alert(1)</script>") >= 6


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[m, \x1b[38;2;1;2;3mmore\x1b[K", "red, more"),
        ("\x1b]0;never ends\nthe error", "\nthe error"),
        ("\x1b", "�"),
        ("10%\r20%\r\ndone", "10%\n20%\ndone"),
        ("\ttab, emoji 🙂, wide\u3000space, عربى", "\ttab, emoji 🙂, wide\u3000space, عربى"),
        (b"bytes", "b'bytes'"),
    ],
)
def test_texts_become_plain(text, shown):
    assert plain(text) == shown


def test_long_texts_are_cut_in_the_middle():
    assert plain("a" * 10 + "b" * 10**6 + "c" * 10, 20) == "a" * 10 + " […] " + "c" * 10
    assert "\n" not in one_line("1.0\n2.0") and len(one_line("1" * 10**6)) < 70


# --- Nothing of the user's folders runs -----------------------------------------------------------

MODULES = (
    *("torch", "mxnet", "numpy", "json", "click", "rich", "jinja2", "psutil", "filelock", "d2l_multi"),
    *("sitecustomize", "usercustomize", "conftest", "setup", "__init__", "__main__"),
)


class Bomb:
    def __reduce__(self):
        return (exec, ("open('it ran', 'w').close()",))


def plant_files(folder):
    """Modules and pickles that leave a mark when they run."""
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open('it ran', 'w').close()\nraise SystemExit('{name} ran')")
    bomb = pickle.dumps(Bomb())
    array = io.BytesIO()
    np.save(array, np.array([Bomb()], dtype=object), allow_pickle=True)
    for name in ("model.pkl", "params.pt", "job.npz", "data.pickle", "train-images.npy", "X.npy"):
        (folder / name).write_bytes(array.getvalue() if name.endswith("npy") else bomb)
    (folder / "report.html").write_text("{{ ().__class__ }}")
    return {*folder.iterdir()}


def test_nothing_in_the_data_or_the_current_folder_runs(tmp_path):
    data, here, log = tmp_path / "data", tmp_path / "here", tmp_path / "log"
    for folder in (data, here):
        folder.mkdir()
    traps = {*plant_files(data), *plant_files(here)}
    write_folder(data, train=50, test=20)
    # Matplotlib's settings are read from here by Matplotlib itself, and must not change the report.
    (here / "matplotlibrc").write_text("backend: module://torch\ntext.usetex: True\naxes.facecolor: red\n")
    env = plant(tmp_path, everywhere=(planted.audits, str(log)))
    run = d2l_multi(
        *("compare", "softmax-regression", "--data", data, "--backends", "mxnet,torch", "--epochs", "1"),
        cwd=here,
        env=env,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert not list(tmp_path.rglob("it ran"))
    events = [line.split(" ", 1) for line in log.read_text().splitlines()]
    opened = {path for event, path in events if event == "open"}
    assert str(data / "t10k-labels-idx1-ubyte.gz") in opened  # the hook sees what is opened
    assert not opened & {str(path) for path in traps}
    assert "exec" not in {name for event, name in events if event == "pickle.find_class"}
    page = (here / OUT / "report.html").read_text()
    assert_harmless(page)
    assert "fill: #ff0000" not in page and report_of(here)["backends"]["torch"]["status"] == "ok"
