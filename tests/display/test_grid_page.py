"""The report of a grid in a real browser: it fits, sorts, and its filters hide rows and curves alike."""

import pytest

from d2l_multi.compare.grid import report
from d2l_multi.compare.grid.cell import Cell
from d2l_multi.compare.grid.results import Row

HOSTILE = "<img src=x onerror=alert(1)>$\\frac{1}{0}$.py"


def row(number, experiment, lr, seed, status, error):
    setting = {"lr": lr, "seed": seed}
    cell = Cell(number, experiment, setting, {"backends": ["torch", "paddle"]}, "0" * 64, f"cell {number}")
    backends = {name: {"status": status, "step_error": error} for name in ("torch", "paddle")}
    summary = {"backends": backends, "reference": {"final_loss": lr}}
    result = {"summary": summary, "remarks": {"torch": HOSTILE}, "losses": [[1, 2.0], [5, lr]]}
    return Row(cell, result=result)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    rows = [
        row(1, "mlp", 0.1, 0, "ok", 0.5),
        row(2, "mlp", 1.0, 0, "deviates", 1e9),
        row(3, HOSTILE, 0.1, 0, "ok", None),
        Row(Cell(4, HOSTILE, {}, {"backends": ["torch", "paddle"]}, "0" * 64, "cell"), error=HOSTILE),
    ]
    report.write(folder, "lr=0.1,1 seed=0", rows, ["torch", "paddle"], tolerance=1)
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_filters(address, page, screenshot, width):
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.append(request.url) if request.url != address else None)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    assert said == [] and page.evaluate("document.documentElement.scrollWidth") <= width

    def shown():
        return [element.get_attribute("data-number") for element in page.locator("tbody tr:visible").all()]

    assert shown() == ["1", "2", "3", "4"] and page.locator("output").inner_text() == "4 of 4 settings"
    page.select_option("select[name=lr]", "0.1")
    assert shown() == ["1", "3"] and page.locator("[id='loss-2']").get_attribute("hidden") is not None
    assert page.locator("[id='error-1-torch']").get_attribute("hidden") is None
    assert page.locator("[data-remark]:visible").count() == 2
    page.select_option("select[name=experiment]", "mlp")
    assert shown() == ["1"] and page.locator("section:visible").count() == 1
    page.select_option("select[name=lr]", "")
    page.select_option("select[name=verdict]", "deviates")
    assert shown() == ["2"]
    page.select_option("select[name=experiment]", "")
    page.select_option("select[name=verdict]", "")
    loss = page.locator("th button").all_inner_texts().index("final loss")
    page.locator("th button").nth(loss).click()
    page.locator("th button").nth(loss).click()
    assert shown()[0] == "2" and shown()[-1] == "4"
    screenshot(f"grid-{width}")
    assert said == []
