"""A font for Chinese, Japanese and Korean beside Matplotlib's own, found once."""

from functools import cache

# As the systems call the fonts they bring, and what Linux users install.
FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "PingFang HK",
    "Hiragino Sans GB",
    "Heiti TC",
    "STHeiti",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "MS Gothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "NanumGothic",
    "IPAexGothic",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)


@cache
def prepare() -> None:
    """Let every text that Matplotlib draws from now on fall back to such a font, glyph by glyph.

    Where the machine has none, boxes stand for the glyphs, and nobody is warned of each of them.
    """
    import warnings

    import matplotlib
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    found = next((family for family in FAMILIES if family in installed), None)
    if found is None:
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")
    elif found not in matplotlib.rcParams["font.family"]:
        matplotlib.rcParams["font.family"] = [*matplotlib.rcParams["font.family"], found]
