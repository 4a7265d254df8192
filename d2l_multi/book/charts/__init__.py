"""Charts and images, the same in every framework."""

from d2l_multi.book import contracts
from d2l_multi.book.charts import contract
from d2l_multi.book.charts.animator import Animator
from d2l_multi.book.charts.images import show_images
from d2l_multi.book.charts.plotting import plot, set_axes, set_figsize, use_svg_display

__all__ = contracts.offered(contract, globals())
