"""Training in both editions, a chart with Chinese in it, files, and what goes through the display layer.

The argument is the backend; what it says is in a file, since there may be no stdout.
"""

import sys
from importlib import import_module
from pathlib import Path

d2l = import_module(f"d2l_multi.{sys.argv[1]}")
X, y = d2l.synthetic_data([2, -3.4], 4.2, 200, seed=0)
w, b = d2l.as_parameter(d2l.zeros(2, 1)), d2l.as_parameter(d2l.zeros(1))


def net(X):
    return d2l.linreg(X, w, b)


train = d2l.load_array((X, y), 10, seed=0)
for _ in range(3):
    d2l.train_epoch_ch3(net, train, d2l.squared_loss, d2l.Updater([w, b], lr=0.03))
loss = d2l.evaluate_loss(net, train, d2l.squared_loss)


class Data(d2l.DataModule):
    def get_dataloader(self, train):
        return d2l.load_array((X, y), 10, train, seed=0)


model = d2l.LinearRegressionScratch(2, lr=0.03, sigma=0)
history = d2l.Trainer(max_epochs=3).fit(model, Data())
d2l.plot([1, 2, 3], [[1, 2, 3]], xlabel="轮数", legend=["训练损失"])
folder = Path("参数")
folder.mkdir(exist_ok=True)
d2l.save_parameters([w, b], folder / "w")
d2l.load_parameters([w, b], folder / "w")
history.fig.savefig(folder / "图.png")
(folder / "said").write_text(f"{loss:.6g} {history[-1].val_loss:.6g}", encoding="ascii")
