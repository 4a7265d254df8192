"""Chinese, Japanese and Korean text: drawn where there is a font, without a flood of warnings elsewhere."""

import subprocess
import sys

import pytest

PROGRAM = """
import warnings
warnings.simplefilter("error")
from d2l_multi.book.charts import fonts
if not {found}:
    fonts.FAMILIES = ()
from d2l_multi.book.charts.plotting import plot
import matplotlib.pyplot as plt
plot([1, 2, 3], xlabel="训练轮数", ylabel="損失", legend=["정확도"])
plt.title("中文 and Latin")
plt.savefig("figure.svg")
print(plt.rcParams["font.family"])
"""


@pytest.mark.parametrize("found", [True, False])
def test_such_text_draws_without_a_warning(tmp_path, found):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(found=found)], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "figure.svg").is_file()
    if not found:
        assert run.stdout == "['sans-serif']\n"


def test_latin_text_keeps_its_font():
    from matplotlib import font_manager, rcParams

    from d2l_multi.book.charts import fonts

    fonts.prepare()
    assert rcParams["font.family"][0] == "sans-serif"
    plain = font_manager.FontProperties(family=["sans-serif"])
    assert font_manager.findfont(plain).endswith("DejaVuSans.ttf")
