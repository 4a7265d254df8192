"""The report of ``d2l-multi compare`` in a real browser, on a desk and on a phone, by day and by night."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    command = Path(sys.executable).with_name("d2l-multi")
    run = subprocess.run(
        [command, "compare", "--backends", "torch,mxnet", "--out", folder], capture_output=True
    )
    assert run.returncode == 0
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_says_nothing_on_the_console(report, page, screenshot, width, scheme):
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if request.url != report else None)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(report)
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Axes and text of the charts have the page's own colour.
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert page.evaluate("getComputedStyle(document.querySelector('svg text')).fill") == ink
    assert ink == ("rgb(33, 37, 41)" if scheme == "light" else "rgb(233, 236, 239)")
    screenshot(f"report-{width}-{scheme}")


def test_the_table_sorts_and_points_tell_their_values(report, page):
    page.goto(report)

    def column(number):
        return [row.locator("td").nth(number).inner_text() for row in page.locator("tbody tr").all()]

    assert column(0) == ["NumPy", "torch", "mxnet"]
    headings = page.locator("th button")
    peak = headings.all_inner_texts().index("peak MiB")
    headings.nth(peak).click()
    found = column(peak)
    assert found[2] == "" and float(found[0]) < float(found[1])
    headings.nth(peak).click()
    assert column(peak) == [found[1], found[0], ""]
    titles = page.locator("svg title").all_text_contents()
    assert any(title.startswith("torch, step 300: ") for title in titles)
    assert any(title.startswith("mxnet: ") and title.endswith("MiB") for title in titles)
