"""What the committed notebooks show is of their code, whole, tidy and small."""

import base64
import io
import re
from hashlib import md5
from itertools import chain

import pytest
from click.testing import CliRunner
from nbformat.v4 import new_output
from PIL import Image, ImageDraw

from d2l_multi import BACKENDS
from d2l_multi.testing.plugin import CHOSEN
from notebooks import build, outputs, run
from tests.display.programs import environment

FOLDER = build.FOLDER
TOPICS = build.topics(FOLDER)
LARGEST_FILE = 1024 * 1024
LARGEST_SUM = 10 * 1000 * 1000  # bytes of all outputs, as they lie in the repository
PATH = re.compile(r"(?<![\w.])(?:/(?:root|home|tmp|usr|opt|work|var|Users)/|[A-Z]:\\)")
BOOKS = {
    (topic.name, backend): outputs.read(FOLDER / build.path(topic, "en", backend))
    for topic in TOPICS
    for backend in topic.backends
}


def test_no_output_is_older_than_its_code():
    assert build.outdated(TOPICS, FOLDER) == []


def shown(book):
    return list(chain.from_iterable(cell.outputs for cell in outputs.cells(book)))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_lesson_shows_as_much_in_each_framework(topic):
    kinds = [
        [[bool(outputs.picture(output)) for output in cell.outputs] for cell in outputs.cells(book)]
        for (name, _), book in BOOKS.items()
        if name == topic.name
    ]
    pictures = [sum(map(sum, cells)) for cells in kinds]
    assert min(pictures) == max(pictures) > 0
    assert all(len(cells) > pictures[0] for cells in kinds)


def test_texts_are_of_no_machine_and_warn_only_where_the_source_says_so():
    for key, book in BOOKS.items():
        for cell in outputs.cells(book):
            warns = "warns" in cell.metadata.get("tags", [])
            for output in cell.outputs:
                assert output.output_type in ("stream", "display_data", "execute_result"), key
                assert not PATH.search(outputs.text(output)), (key, outputs.text(output))
                assert output.get("name") != "stderr" or warns, (key, outputs.text(output))


def test_pictures_are_small_and_whole():
    pictures = [
        (key, picture) for key, book in BOOKS.items() for picture in map(outputs.picture, shown(book))
    ]
    pictures = [(key, base64.b64decode(picture)) for key, picture in pictures if picture]
    assert len(pictures) > 100
    for key, png in pictures:
        assert len(png) <= outputs.LARGEST_PICTURE, key
        picture = Image.open(io.BytesIO(png))
        assert picture.format == "PNG" and not picture.info.keys() - {"dpi"}, key
        assert len(picture.convert("RGB").getcolors(256)) > 5, f"{key}: an empty picture"


def test_each_lesson_has_a_cover():
    assert {path.stem for path in FOLDER.glob("covers/*.png")} == {topic.name for topic in TOPICS}
    for path in FOLDER.glob("covers/*"):
        assert path.stat().st_size <= outputs.LARGEST_PICTURE


def test_all_that_is_shown_is_light():
    files = [path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert max(path.stat().st_size for path in files) <= LARGEST_FILE
    books = [path for path in files if path.suffix == ".ipynb"]
    assert sum(path.stat().st_size for path in [*books, *FOLDER.glob("covers/*")]) <= LARGEST_SUM
    assert len(books) == 2 * len(BOOKS)


# --- Running ------------------------------------------------------------------------------------------

TOPIC = build.Topic("01-topic", [])
IMPORTS = "".join(f"```python {name}\nfrom d2l_multi import {name} as d2l\n```\n\n" for name in BACKENDS)
HEAD = "<!-- en -->\n# Title\n<!-- zh -->\n# 标题\n\n"
SOURCE = f"""{HEAD}{IMPORTS}
```python
animator = d2l.Animator("x", "y")
for x in range(100):
    animator.add(x, x * x)
```

```python
print("first")
print("second")
6 * 7
```

```python warns
import warnings

warnings.warn("as the prose says")
```
"""


@pytest.fixture
def project(tmp_path, monkeypatch, images_folder, request):
    """A folder of notebooks with one source, and the command that runs it in one framework."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(build, "FOLDER", tmp_path / "notebooks")
    monkeypatch.setenv("D2L_MULTI_DATA", "")
    source = tmp_path / "notebooks" / "sources" / "01-topic.md"
    source.parent.mkdir(parents=True)
    backend = request.config.stash[CHOSEN][0]

    def command(text, *topics):
        source.write_text(text, encoding="utf-8")
        assert CliRunner().invoke(build.main).exit_code == 0
        result = CliRunner().invoke(run.main, ["--data", str(images_folder), "--backends", backend, *topics])
        paths = [
            tmp_path / "notebooks" / build.path(TOPIC, language, backend) for language in build.LANGUAGES
        ]
        return result, *map(outputs.read, paths)

    return command


def test_the_command_runs_what_is_old_and_keeps_what_it_shows(project):
    result, english, chinese = project(SOURCE)
    assert result.exit_code == 0 and "01-topic.ipynb" in result.output, result.output
    for book in (english, chinese):
        imports, chart, text, warning = outputs.cells(book)
        assert imports.outputs == [] and [cell.execution_count for cell in (imports, warning)] == [1, 4]
        (picture,) = chart.outputs
        assert outputs.picture(picture) and set(picture.data) == {"image/png", "text/plain"}
        width = Image.open(io.BytesIO(base64.b64decode(outputs.picture(picture)))).width
        assert picture.metadata["image/png"]["width"] == pytest.approx(width / 1.5, abs=1)
        assert [outputs.text(output) for output in text.outputs] == ["first\nsecond\n", "42"]
        assert "cell:3: UserWarning: as the prose says" in outputs.text(warning.outputs[0])
    result, *_ = project(SOURCE)
    assert result.exit_code == 0 and result.output == "", "nothing is old"
    result, *_ = project(SOURCE, "02-")
    assert result.exit_code == 2 and "no topic has '02-' in its name" in result.output


@pytest.mark.parametrize(
    ("info", "code", "told"),
    [
        ("check", "assert x == 98", "AssertionError"),
        ("", "import warnings\n\nwarnings.warn('unasked')", "UserWarning: unasked"),
    ],
)
def test_what_does_not_run_as_its_source_says_is_told_and_not_kept(project, info, code, told):
    cells = "".join(f"```python {name}\nx = 99\n```\n" for name in BACKENDS)
    result, english, _ = project(f"{HEAD}{cells}```python {info}\n{code}\n```\n")
    assert result.exit_code == 1 and told in result.output and "01-topic in" in result.output
    assert "\x1b" not in result.output, "colours are for a terminal"
    assert all(cell.outputs == [] for cell in outputs.cells(english))


# --- Tidying ------------------------------------------------------------------------------------------


def test_paths_of_the_machine_go():
    text = (
        "/tmp/ipykernel_12/345.py:3: Warning: w\n/a b/lib/python3.11/site-packages/torch/x.py:5: Warning: w\n"
    )
    tidy = run.tidy(new_output("stream", name="stderr", text=text.replace("a b", "ab"))).text
    assert tidy == "cell:3: Warning: w\ntorch/x.py:5: Warning: w\n"


def png(picture):
    file = io.BytesIO()
    picture.save(file, "png", pnginfo=None)
    return file.getvalue()


def test_a_picture_has_few_colours_that_are_those_it_had():
    picture = Image.new("RGBA", (200, 110))
    draw = ImageDraw.Draw(picture)
    for number in range(100):
        draw.line((0, number, 200, number), (150 + number, 160, 20))
    draw.line((0, 0, 200, 100), "magenta")
    draw.point([(number, 105) for number in range(0, 60, 3)], "lightgrey")
    small = Image.open(io.BytesIO(run.small(png(picture)))).convert("RGB")
    assert len(small.getcolors()) <= 64
    for place, colour in {
        (50, 25): (255, 0, 255),
        (30, 105): (211, 211, 211),
        (9, 50): (200, 160, 20),
    }.items():
        assert small.getpixel(place) == pytest.approx(colour, abs=8)
    assert small.getpixel((150, 105)) == (255, 255, 255), "nothing is on white"


def test_noise_gets_fewer_colours_or_is_refused():
    noise = Image.effect_noise((260, 220), 100).convert("RGBA")
    few = run.small(png(noise))
    assert len(few) <= outputs.LARGEST_PICTURE
    assert len(Image.open(io.BytesIO(few)).getcolors()) < 64
    with pytest.raises(run.RunError, match="make the figure smaller"):
        run.small(png(Image.effect_noise((600, 600), 100)))


def test_only_the_whole_data_set_counts_as_it(images_folder, monkeypatch):
    assert not run.genuine(images_folder)
    for key, name in run.FILES.items():
        monkeypatch.setitem(run.MD5, key, md5((images_folder / name).read_bytes()).hexdigest())
    assert run.genuine(images_folder)
    monkeypatch.setitem(run.MD5, "test_labels", "0" * 32)
    assert not run.genuine(images_folder)


def test_a_folder_without_the_files_is_told(tmp_path):
    result = CliRunner().invoke(run.main, ["--data", str(tmp_path)])
    assert result.exit_code == 2 and "has no train-images-idx3-ubyte.gz" in result.output
