"""Draw Chinese, Japanese and Korean text; with the argument "without" as if there was no font for it."""

import sys
import warnings

warnings.simplefilter("error")

import matplotlib.pyplot as plt  # noqa: E402

from d2l_multi.book.charts import fonts  # noqa: E402

if sys.argv[1:] == ["without"]:
    fonts.FAMILIES = ()

from d2l_multi.book.charts.plotting import plot  # noqa: E402

plot([1, 2, 3], xlabel="训练轮数", ylabel="損失", legend=["정확도"])
plt.title("中文 and Latin")
plt.savefig("figure.svg")
print(plt.rcParams["font.family"])
