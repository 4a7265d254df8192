"""A plot that is drawn again and again in a loop, and given a title after it."""

import time

from d2l_multi import torch as d2l

x = d2l.arange(5.0)
for step in range(40):
    d2l.plot(x, [x, step / 40 * x], xlim=[0, 4], ylim=[0, 4], legend=["data", "fit"])
    time.sleep(0.01)
d2l.plt.title("fitted")
