"""Run notebooks and keep what they show: ``python -m notebooks.run --data FOLDER [TOPIC...]``.

Without topics, it is those whose outputs are older than their code. Each runs once per framework, in English;
both languages get what it shows, and its checks must hold.
"""

import base64
import io
import os
import re
import tempfile
import time
from hashlib import md5
from pathlib import Path

import click
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode, v4
from PIL import Image

from d2l_multi.book.data.fashion_mnist import FILES, MD5
from notebooks import build, outputs

# Beside the SVG that a reader of the notebook gets, a figure is drawn as a PNG with more dots than pixels,
# which is smaller. It goes by a way that `use_svg_display` leaves alone.
PREPARE = """\
def _bundle(figure, scale=1.5):
    import base64
    import struct
    from IPython.core.pylabtools import print_figure

    png = print_figure(figure, "png", dpi=scale * figure.dpi)
    width, height = (round(dots / scale) for dots in struct.unpack(">II", png[16:24]))
    return {"image/png": base64.b64encode(png).decode()}, {"image/png": {"width": width, "height": height}}


get_ipython().display_formatter.mimebundle_formatter.for_type_by_name("matplotlib.figure", "Figure", _bundle)
del _bundle
"""
COLOURS = (64, 32, 16)  # of a picture; the first that make it small enough
ANSI = re.compile(r"\x1b\[[\d;]*m")


class RunError(Exception):
    """A notebook did not run as it should; nothing of it is kept."""


def run(topic: build.Topic, backend: str, images: Path) -> NotebookNode:
    """The English notebook with its outputs. An error if it warns unasked, or what it claims is not so."""
    book = build.notebook(topic, "en", backend)
    checks = list(map(v4.new_code_cell, topic.checks(backend)))
    whole = v4.new_notebook(cells=[v4.new_code_cell(PREPARE), *book.cells, *checks], metadata=book.metadata)
    os.environ["D2L_MULTI_DATA"] = str(images.resolve())
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(whole, timeout=600, coalesce_streams=True, resources=resources).execute()
    for cell in outputs.cells(book):
        if "warns" not in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if output.get("name") == "stderr":
                    raise RunError(f"{cell.source}\n---\n{output.text}")
        cell.outputs = list(map(tidy, cell.outputs))
    uses_images = any("fashion_mnist" in cell.source.lower() for cell in outputs.cells(book))
    outputs.remember(book, **({"images": "all" if genuine(images) else "some"} if uses_images else {}))
    return book


def genuine(images: Path) -> bool:
    """Whether a folder holds Fashion-MNIST itself."""
    return all(md5((images / FILES[key]).read_bytes()).hexdigest() == MD5[key] for key in FILES)


def tidy(output: NotebookNode) -> NotebookNode:
    """An output that is small, and the same on every machine as far as its cell allows."""
    if output.output_type == "stream":
        output.text = outputs.without_paths(output.text)
        return output
    data = {"text/plain": outputs.without_paths(output.data.get("text/plain", ""))}
    metadata = {}
    if png := outputs.picture(output):
        data["image/png"] = base64.b64encode(small(base64.b64decode(png))).decode()
        metadata["image/png"] = output.metadata["image/png"]
    output.data, output.metadata = nbformat.from_dict(data), nbformat.from_dict(metadata)
    return output


def small(png: bytes) -> bytes:
    """The picture on white, with as many colours as the largest file allows."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    for colours in COLOURS:
        file = io.BytesIO()
        # Thin lines keep their colours by the method, greys stay grey by kmeans.
        method, dither = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
        picture.quantize(colours, method, kmeans=1, dither=dither).save(file, "png", optimize=True)
        if len(file.getvalue()) <= outputs.LARGEST_PICTURE:
            return file.getvalue()
    raise RunError(f"a picture of {picture.size} has {len(file.getvalue()):,} bytes: make the figure smaller")


@click.command()
@click.argument("topics", nargs=-1)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="Folder of Fashion-MNIST's four files.",
)
@click.option("--backends", default=",".join([*build.BACKENDS, build.TOGETHER]), show_default=True)
def main(topics: tuple[str, ...], data: Path, backends: str) -> None:
    """Run notebooks and keep what they show.

    TOPICS are names or parts of them, such as 03-linear; without any, it is those whose outputs are older
    than their code.
    """
    for name in FILES.values():
        if not (data / name).is_file():
            raise click.UsageError(f"{data} has no {name}")
    failed = []
    for topic, backend in chosen(topics, backends.split(",")):
        path = build.path(topic, "en", backend)
        begun = time.perf_counter()
        try:
            nbformat.write(run(topic, backend, data), build.FOLDER / path)
        except (RunError, CellExecutionError) as error:
            failed.append(f"{topic.name} in {backend}: {ANSI.sub('', str(error))}")
            continue
        files = build.files([topic], build.FOLDER)
        build.write(files, build.FOLDER, files.keys() - {build.INDEX})
        click.echo(f"notebooks/{path.as_posix()} {time.perf_counter() - begun:.0f} s")
    if failed:
        raise click.ClickException("\n\n".join(failed))


def chosen(parts: tuple[str, ...], backends: list[str]) -> list[tuple[build.Topic, str]]:
    """The notebooks that are named, else those that show what earlier code has shown."""
    topics = build.topics(build.FOLDER)
    for part in parts:
        if not any(part in topic.name for topic in topics):
            raise click.UsageError(f"no topic has {part!r} in its name")
    named = [topic for topic in topics if any(part in topic.name for part in parts)]
    return [
        (topic, backend)
        for topic in (named or topics)
        for backend in topic.backends
        if backend in backends and (named or outputs.old(build.kept(topic, "en", backend, build.FOLDER)))
    ]


if __name__ == "__main__":
    main()
