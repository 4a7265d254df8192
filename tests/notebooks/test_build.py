"""What is committed is what the sources give, and a source that breaks the format is told where."""

import base64
import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_output

from notebooks import build, outputs
from notebooks.build import BACKENDS, FOLDER, LANGUAGES

TOPICS = build.topics(FOLDER)
NOTEBOOKS = {path: nbformat.reads(text, 4) for path, text in build.notebooks(TOPICS, FOLDER).items()}


def test_the_committed_notebooks_are_those_that_the_sources_give():
    assert build.differences(build.files(TOPICS, FOLDER), FOLDER) == [], "run python -m notebooks.build"


def test_both_languages_have_the_same_code():
    for path, book in NOTEBOOKS.items():
        if path.parts[0] == "en":
            twin = NOTEBOOKS["zh" / path.relative_to("en")]
            assert code(twin) == code(book) and texts(twin) != texts(book), path


def test_notebooks_are_valid_and_light_without_their_outputs():
    for path, book in NOTEBOOKS.items():
        nbformat.validate(book)
        assert len({cell.id for cell in book.cells}) == len(book.cells)
        bare = deepcopy(book)
        for cell in outputs.cells(bare):
            cell.outputs = []
        assert len(nbformat.writes(bare).encode()) < 100_000, path


def test_notebooks_open_with_the_backend_and_end_with_exercises():
    headings = {"en": "## Exercises", "zh": "## 练习"}
    for path, book in NOTEBOOKS.items():
        language, backend, _ = path.parts
        setup, first = code(book)[:2]
        assert "%pip install" in setup, path
        assert backend == build.TOGETHER or first.startswith(f"from d2l_multi import {backend} as d2l\n"), (
            path
        )
        exercises = texts(book)[-1].partition(headings[language])[2].split("\n")
        assert [line[:3] for line in exercises if line[:1].isdigit()] == ["1. ", "2. ", "3. "], path


def test_the_code_is_in_the_style_of_the_project():
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "notebooks"]
        run = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout


def code(book):
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


def texts(book):
    return [cell.source for cell in book.cells if cell.cell_type == "markdown"]


# --- The format ---------------------------------------------------------------------------------------

HEAD = "<!-- en -->\n# Title\n<!-- zh -->\n# 标题\n\n"
IMPORTS = "".join(f"```python {name}\nfrom d2l_multi import {name} as d2l\n```\n\n" for name in BACKENDS)
SOURCE = f"""{HEAD}{IMPORTS}
<!-- en -->
Common.

```text
a fence that is prose
```
<!-- zh -->
都有。
<!-- en zh -->
$$x^2$$
<!-- en mxnet -->
Of MXNet.
<!-- zh mxnet -->
MXNet 的。

```python
x = 1
```

```python torch paddle
y = 1
```

```python tensorflow warns
y = 2
```

```python mxnet
```

```python check
assert x == 1
```

```python check paddle
assert y == 1
```
"""


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "01-topic.md").write_text(text, encoding="utf-8")
        return build.read(tmp_path / "01-topic.md")

    return read


def test_a_source_gives_each_notebook_what_is_its_own(read):
    topic = read(SOURCE)
    assert [topic.title(language) for language in LANGUAGES] == ["Title", "标题"]
    books = {name: build.notebook(topic, "en", name) for name in BACKENDS}
    assert code(books["torch"])[1:] == ["from d2l_multi import torch as d2l", "x = 1", "y = 1"]
    assert code(books["paddle"])[1:] == ["from d2l_multi import paddle as d2l", "x = 1", "y = 1"]
    assert code(books["tensorflow"])[1:] == ["from d2l_multi import tensorflow as d2l", "x = 1", "y = 2"]
    assert code(books["mxnet"])[1:] == ["from d2l_multi import mxnet as d2l", "x = 1"]
    assert books["tensorflow"].cells[-1].metadata.tags == ["warns"]
    prose = "Common.\n\n```text\na fence that is prose\n```\n\n$$x^2$$"
    assert texts(books["torch"])[1:] == [prose]
    assert texts(books["mxnet"])[1:] == [f"{prose}\n\nOf MXNet."]
    assert texts(build.notebook(topic, "zh", "mxnet"))[1:] == ["都有。\n\n$$x^2$$\n\nMXNet 的。"]
    assert topic.checks("torch") == ["assert x == 1"]
    assert topic.checks("paddle") == ["assert x == 1", "assert y == 1"]


def test_a_notebook_has_badges_and_leads_to_its_siblings(read):
    title, _, header = texts(build.notebook(read(SOURCE), "zh", "paddle"))[0].partition("\n\n")
    assert title == "# 标题"
    assert "colab.research.google.com" in header and "mybinder.org" in header
    assert "**PaddlePaddle**" in header and "(../torch/01-topic.ipynb)" in header
    assert "[English](../../en/paddle/01-topic.ipynb)" in header


def test_lines_of_chinese_are_joined_without_a_space(read):
    prose = "# 标题\n\n一行，\n`w` 两行，\n$x$ 三\n行 word\n四行。\n\n- 五\n- 六\n"
    topic = read(HEAD.replace("# 标题\n", prose))
    assert topic.blocks[1].text == "# 标题\n\n一行，`w` 两行，$x$ 三行 word\n四行。\n\n- 五\n- 六"


def test_a_change_leaves_the_ids_of_other_cells_alone(read):
    before = build.notebook(read(SOURCE), "en", "torch").cells
    after = build.notebook(read(SOURCE.replace("x = 1\n", "x = 3\n", 1)), "en", "torch").cells
    assert [a.id == b.id for a, b in zip(before, after)] == [True, True, True, True, False, True]


def test_a_topic_of_no_framework_gives_one_notebook_over_all_four(read, tmp_path):
    topic = read(f"{HEAD}```python\nx = 1\n```\n")
    assert topic.backends == [build.TOGETHER]
    assert list(build.notebooks([topic], tmp_path)) == [
        Path(language, build.TOGETHER, "01-topic.ipynb") for language in LANGUAGES
    ]
    (setup, _) = code(build.notebook(topic, "en", build.TOGETHER))
    assert all(f'"{name}"' in setup for name in BACKENDS)
    assert "together/01-topic.ipynb" in build.index([topic], ())


def fences(*infos):
    return "".join(f"```python {info}\nx = 1\n```\n" for info in infos)


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("", 1, "begins with a heading"),
        ("# Title\n", 1, "prose of no language"),
        ("<!-- en -->\n# Title\n", 1, "begins with a heading '# ...' in zh"),
        ("<!-- en -->\nTitle\n<!-- zh -->\n# 标题\n", 1, "begins with a heading '# ...' in en"),
        (IMPORTS + HEAD, 1, "begins with a heading"),
        (HEAD + "<!-- fr -->\nBonjour\n", 6, "a comment names languages (en, zh)"),
        (HEAD + "<!-- torch -->\nHello\n", 6, "a comment names languages (en, zh)"),
        (HEAD + "<!-- en --> Hello\n", 6, "stands on a line of its own"),
        (HEAD + "<!-- en -->\n\n<!-- zh -->\n你好\n", 6, "no prose after this marker"),
        (HEAD + "```python\n```\nHello\n", 8, "prose of no language"),
        (HEAD + "```python\n```\n\n<!-- en -->\nHello\n", 9, "lacks zh in the notebook of torch"),
        (HEAD + "```python\n```\n\n<!-- zh mxnet -->\n你好\n", 9, "lacks en in the notebook of mxnet"),
        (HEAD + fences("jax"), 6, "'jax' is none of check, cover, warns, torch"),
        (HEAD + fences("torch", "paddle"), 6, "the cells from here on lack tensorflow, mxnet"),
        (HEAD + fences("torch tensorflow paddle", ""), 6, "the cells from here on lack mxnet"),
        (HEAD + fences(*BACKENDS, "torch"), 18, "the cells from here on lack tensorflow, mxnet, paddle"),
        (HEAD + fences("torch", *BACKENDS), 6, "the cells from here on lack tensorflow, mxnet, paddle"),
    ],
)
def test_what_breaks_the_format_is_named_with_its_line(read, tmp_path, monkeypatch, source, line, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(build.SourceError) as error:
        read(source)
    assert str(error.value).startswith(f"01-topic.md:{line}: ") and message in str(error.value)


# --- The command --------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder of notebooks with one source, and the command run in it."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "01-topic.md").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(build.main, arguments)
    return result.exit_code, result.output


def run_all(project):
    """As if every notebook had run, and its cells had shown a text and a picture."""
    for topic in build.topics(project):
        for backend in topic.backends:
            book = build.notebook(topic, "en", backend)
            for cell in outputs.cells(book):
                cell.outputs = [new_output("stream", text=f"{cell.source}\n"), shown(cell.source)]
            outputs.remember(book)
            nbformat.write(book, project / build.path(topic, "en", backend))


def shown(text):
    """A picture; the builder looks at none."""
    png = base64.b64encode(text.encode()).decode()
    return new_output("display_data", {"image/png": png, "text/plain": "<Figure>"})


def test_the_command_writes_what_is_new_and_removes_what_is_gone(project):
    code, output = run("--check")
    assert (
        code == 1
        and "notebooks/zh/paddle/01-topic.ipynb\n" in output
        and "python -m notebooks.build" in output
    )
    assert not (project / "en").exists()
    code, output = run()
    assert code == 0 and output.count(".ipynb\n") == 8
    assert json.loads((project / "zh" / "paddle" / "01-topic.ipynb").read_text())["nbformat"] == 4
    run_all(project)
    assert run()[0] == 0
    assert run("--check") == run() == (0, "")
    (project / "sources" / "01-topic.md").rename(project / "sources" / "02-topic.md")
    code, output = run()
    assert code == 0 and output.count("topic.ipynb\n") == 16 and "notebooks/covers/01-topic.png\n" in output
    assert sorted(path.name for path in (project / "en" / "torch").iterdir()) == ["02-topic.ipynb"]
    assert not list((project / "covers").iterdir())


def test_the_command_names_the_place_of_an_error(project):
    (project / "sources" / "01-topic.md").write_text("Hello\n")
    code, output = run()
    assert code == 1 and "01-topic.md:1: prose of no language" in output


# --- Outputs ------------------------------------------------------------------------------------------


@pytest.fixture
def ran(project):
    """The same folder after all has run."""
    run()
    run_all(project)
    run()
    assert run("--check") == (0, "")

    def change(before, after):
        source = project / "sources" / "01-topic.md"
        text = source.read_text(encoding="utf-8")
        assert before in text
        source.write_text(text.replace(before, after, 1), encoding="utf-8")
        return run()

    return change


def has_shown(project, language="en", backend="torch"):
    book = nbformat.read(project / language / backend / "01-topic.ipynb", 4)
    return [[outputs.text(output).rstrip() for output in cell.outputs] for cell in outputs.cells(book)]


def test_outputs_stay_while_the_code_does_and_are_those_of_both_languages(project, ran):
    before = has_shown(project)
    assert before == [[code, "<Figure>"] for code in ("from d2l_multi import torch as d2l", "x = 1", "y = 1")]
    code, output = ran("Common.", "In common.")
    assert code == 0 and "older" not in output and output.count(".ipynb\n") == 4
    assert run("--check") == (0, "")
    assert has_shown(project) == has_shown(project, "zh") == before


def test_an_output_older_than_its_code_is_named_with_what_renews_it(project, ran):
    code, output = ran("y = 1", "y = 3")
    assert code == 0
    for backend in ("torch", "paddle"):
        assert (
            f"notebooks/en/{backend}/01-topic.ipynb: outputs are older than their code from 'y = 3' on"
            in output
        )
        assert f"python -m notebooks.run --data FOLDER --backends {backend} 01-topic\n" in output
    assert "tensorflow" not in output and "mxnet" not in output
    code, output = run("--check")
    assert code == 1 and output.count("older than their code") == 2
    assert has_shown(project)[1:] == [["x = 1", "<Figure>"], []], "what a changed cell has shown is gone"


def test_an_output_is_old_if_the_code_before_it_has_changed(project, ran):
    _, output = ran("x = 1", "x = 3")
    assert output.count("outputs are older than their code from 'x = 3' on") == 4
    assert has_shown(project)[1:] == [[], ["y = 1", "<Figure>"]], "the cell itself is as it was"
    _, output = ran("x = 3", "x = 1")
    assert output.count("outputs are older than their code from 'x = 1' on") == 4, "it has not run since"


def test_the_cover_is_the_last_picture_or_that_of_the_cell_chosen(project, ran):
    def cover():
        return (project / "covers" / "01-topic.png").read_bytes()

    assert cover() == b"y = 1"
    ran("```python\nx = 1", "```python cover\nx = 1")
    assert cover() == b"x = 1" and run("--check") == (0, "")
    assert '<img src="covers/01-topic.png"' in (project / "README.md").read_text(encoding="utf-8")


def test_a_notebook_says_if_it_has_not_seen_all_images(project, ran):
    path = project / "en" / "torch" / "01-topic.ipynb"
    for images, told in (("all", False), ("some", True)):
        book = nbformat.read(path, 4)
        outputs.remember(book, images=images)
        nbformat.write(book, path)
        run()
        for language in LANGUAGES:
            header = texts(nbformat.read(project / language / "torch" / "01-topic.ipynb", 4))[0]
            assert (build.SOME_IMAGES[language] in header) == told
