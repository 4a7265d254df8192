"""Chinese, Japanese and Korean text: drawn where there is a font, without a flood of warnings elsewhere."""

import subprocess

import pytest

from tests.programs import program


@pytest.mark.parametrize("found", [True, False])
def test_such_text_draws_without_a_warning(tmp_path, found):
    command = program(__file__, "chinese_text", *([] if found else ["without"]))
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
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
