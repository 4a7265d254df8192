"""What users write, in PyTorch: no type checker may find anything wrong here. It is read, never run."""

from pathlib import Path

import torch
from torch import nn

from d2l_multi import torch as d2l

# The README's program.
X, y = d2l.synthetic_data([2, -3.4], 4.2, 1000, seed=0)
w = torch.zeros(2, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)


def net(X: torch.Tensor) -> torch.Tensor:
    return d2l.linreg(X, w, b)


data = d2l.load_array((X, y), 10, seed=0)
update = d2l.Updater([w, b], lr=0.03)
for epoch in range(3):
    d2l.train_epoch_ch3(net, data, d2l.squared_loss, update)
    loss = d2l.evaluate_loss(net, data, d2l.squared_loss)
    print(f"epoch {epoch + 1}, loss {loss:.6f}")

# Tensors, and the steps of a training written out.
for features, labels in data:
    error = d2l.squared_loss(net(features), labels)
    d2l.sgd([w, b], 0.03, batch_size=10)
    print(d2l.numpy(error).mean(), d2l.reduce_mean(error) + 1, d2l.size(error))
weights = d2l.normal(0, 0.01, (2, 3), dtype=d2l.float32, device=d2l.try_gpu())
weights = d2l.matmul(d2l.ones(4, 2), weights) * 2 + d2l.randn((4, 3)) - d2l.tensor([1.0, 2.0, 3.0])
print(weights.shape, -weights, 1 / d2l.exp(weights), d2l.concat([weights, weights], axis=1))
print(d2l.astype(weights, "float64"), d2l.reshape(weights, -1, 1))
timer, metric = d2l.Timer(), d2l.Accumulator(2)
metric.add(1, d2l.reduce_sum(weights))
print(f"{timer.stop():.3f} s, {timer.times[0]}, {sum(metric.data)}, {metric[0] / metric[1]}")

# Charts.
x = d2l.arange(0, 3, 0.1)
d2l.set_figsize((4.5, 2.5))
d2l.plot(x, [d2l.sin(x), d2l.cos(x)], "x", "f(x)", legend=["sin", "cos"], xlim=(0, 3))
d2l.plt.title("Two curves")  # pyright: ignore[reportUnknownMemberType] - Matplotlib's
animator = d2l.Animator(xlabel="epoch", xlim=[1, 3], legend=["train", "test"])
animator.add(1, (0.5, 0.4))
animator.axes[0].set_title("Training")  # pyright: ignore[reportUnknownMemberType] - Matplotlib's
animator.fig.savefig("animator.png")  # pyright: ignore[reportUnknownMemberType] - Matplotlib's


class Regression(d2l.Module):
    """A model of one's own."""

    def __init__(self, num_hiddens: int, lr: float) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(2, num_hiddens), nn.ReLU(), nn.LazyLinear(1))

    def loss(self, Y_hat: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
        return d2l.reduce_mean(d2l.squared_loss(Y_hat, Y))


class TwoInputs(d2l.Classifier):
    """Another, whose method takes more than the one that it replaces."""

    def forward(self, X: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        return self.net(X + state)


class Data(d2l.DataModule):
    """Data of one's own."""

    def __init__(self, batch_size: int = 32) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.X, self.y = d2l.synthetic_data([2, -3.4], 4.2, 100)

    def get_dataloader(self, train: bool) -> torch.utils.data.DataLoader[tuple[torch.Tensor, ...]]:
        return self.get_tensorloader((self.X, self.y), train, slice(0, 80) if train else slice(80, None))


@d2l.add_to_class(Regression)
def predict(self: Regression, X: torch.Tensor) -> torch.Tensor:
    return self(X)


model = Regression(num_hiddens=8, lr=0.03)
trainer = d2l.Trainer(max_epochs=3, gradient_clip_val=1)
history = trainer.fit(model, Data(batch_size=16), checkpoint=Path("run.safetensors"))
history.fig.savefig("curve.png")
model.board.yscale = "log"
print(history[-1].train_loss, history.column("val_loss"), trainer.epoch + 1, model.num_hiddens, model.lr)

# The book's models, on images; parameters that are saved and loaded.
images = d2l.FashionMNIST(batch_size=256, resize=(32, 32))
classifier = d2l.SoftmaxRegression(num_outputs=10, lr=0.1)
d2l.Trainer(max_epochs=10).fit(classifier, images, resume="run.safetensors")
train_iter, test_iter = d2l.load_data_fashion_mnist(256)
updater = torch.optim.SGD(classifier.parameters(), lr=0.1)
updater = torch.optim.SGD(classifier.parameters(), lr=0.1)
loss_of_classes = nn.CrossEntropyLoss()
epochs = d2l.train_ch3(classifier, train_iter, test_iter, loss_of_classes, 10, updater)
print(epochs.column("test_acc"), images.text_labels([0, 9]))
d2l.predict_ch3(classifier, test_iter)
d2l.save_parameters(classifier, Path("softmax.safetensors"))
d2l.load_parameters(classifier, "softmax.safetensors")
for name, array in d2l.get_parameters([w, b]).items():
    print(name, array.shape)
