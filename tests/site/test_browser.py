"""The site in a real browser, on a desk and on a phone, by day and by night, with and without a server."""

import re

import pytest

pytestmark = pytest.mark.xdist_group("site")

PHONE = 390
LESSON = "notebooks/03-linear-regression-scratch.html"
KINDS = [
    "index.html",
    "install.html",
    "from-d2l.html",
    "notebooks/index.html",
    LESSON,
    "notebooks/02-gradient-descent-by-hand.html",  # with a wide formula
    "compare.html",
    "object-oriented.html",
    "performance.html",
    "reference.html",
    "source/book-data-torch.html#load_array",
    "contributing.html",
    "zh/index.html",
    "zh/from-d2l.html",
    f"zh/{LESSON}",
    "zh/troubleshooting.html",
    "404.html",
]
CONTRAST = """
() => {
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = color => numbers(color).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = luminance(getComputedStyle(document.body).backgroundColor);
  const ink = element => luminance(getComputedStyle(element).color);
  return [...document.querySelectorAll("article p, article h1, article td, article code, article math")]
    .map(ink).map(l => (Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05))
    .reduce((a, b) => Math.min(a, b));
}
"""


@pytest.mark.parametrize("path", KINDS)
def test_a_page_fits_a_phone_and_a_desk(look, path):
    for width, scheme in [(PHONE, "light"), (1200, "dark")]:
        page = look(path, width, scheme)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["index.html", "zh/from-d2l.html", LESSON, "reference.html"])
def test_text_can_be_read_by_day_and_by_night(look, path, scheme):
    page = look(path, PHONE, scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = sum(map(int, re.findall(r"\d+", ground)[:3])) < 200
    assert dark == (scheme == "dark")
    assert page.evaluate(CONTRAST) > 4


@pytest.mark.parametrize("path", ["from-d2l.html", "zh/from-d2l.html"])
def test_the_import_line_is_the_first_thing_a_reader_from_d2l_sees(look, path):
    page = look(path, PHONE)
    box = page.locator("code:visible", has_text="from d2l_multi import torch as d2l").first.bounding_box()
    assert box["y"] + box["height"] < 844


@pytest.mark.parametrize("path", [LESSON, f"zh/{LESSON}"])
def test_formulas_are_drawn(look, path):
    page = look(path)
    formulas = page.locator("article math").all()
    assert len(formulas) > 5 and page.locator("merror").count() == 0
    assert all(formula.bounding_box()["height"] > 5 for formula in formulas if formula.is_visible())
    prose = " ".join(page.locator("article p").all_inner_texts())
    assert "$" not in prose and "\\" not in prose


def test_a_framework_chosen_once_is_chosen_everywhere(look):
    page = look(LESSON)
    page.locator(".tabbed-labels label", has_text="PaddlePaddle").first.click()
    page.get_by_text("paddle.seed(0)").wait_for(state="visible")
    assert not page.get_by_text("torch.manual_seed(0)").is_visible()
    pictures = page.locator("img.figure").all()
    visible = [picture.get_attribute("src") for picture in pictures if picture.is_visible()]
    assert visible and all("/paddle-" in picture for picture in visible) and len(pictures) > len(visible)


@pytest.mark.parametrize("path", ["notebooks/index.html", LESSON, "zh/notebooks/05-fashion-mnist.html"])
def test_pictures_are_drawn_within_a_phone_in_their_own_shape(look, path):
    page = look(path, PHONE)
    pictures = [picture for picture in page.locator("img.figure, img.cover").all() if picture.is_visible()]
    assert pictures
    for picture in pictures:
        picture.scroll_into_view_if_needed()
        page.wait_for_function(
            "picture => picture.complete && picture.naturalWidth > 0", arg=picture.element_handle()
        )
        box = picture.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE
        if "cover" not in picture.get_attribute("class"):
            natural = picture.evaluate("picture => picture.naturalWidth / picture.naturalHeight")
            assert box["width"] / box["height"] == pytest.approx(natural, rel=0.1)


@pytest.mark.parametrize(
    ("path", "words", "target"),
    [
        ("index.html", "load_array", "reference.html#load_array"),
        ("zh/index.html", "梯度下降", "zh/notebooks/02-gradient-descent-by-hand.html"),
        ("zh/index.html", "笔记本", "zh/notebooks/index.html"),
    ],
)
@pytest.mark.parametrize("served", [True, False], ids=["served", "from the disk"])
def test_search(look, site, path, words, target, served):
    page = look(path, base=None if served else site.as_uri())
    field = page.locator("input.md-search__input")
    field.fill(words)
    found = page.locator("a.md-search-result__link")
    for _ in range(100):  # the index is read in the background, and a key is what makes it be asked
        field.press("Shift")
        page.wait_for_timeout(200)
        if found.count():
            break
    addresses = [re.sub(r"\?h=[^#]*", "", link.get_attribute("href")) for link in found.all()]
    assert any(address.endswith(f"/{target}") for address in addresses), addresses
