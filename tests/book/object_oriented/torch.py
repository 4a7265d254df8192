import torch
from torch import nn


def own_loop(d2l, Trainer):
    @d2l.add_to_class(Trainer)
    def fit_epoch(self):
        self.model.train()
        for batch in self.train_dataloader:
            loss = self.model.training_step(self.prepare_batch(batch))
            self.optim.zero_grad()
            loss.backward()
            with torch.no_grad():
                self.optim.step()
            self.train_batch_idx += 1
        self.model.eval()
        for batch in self.val_dataloader:
            with torch.no_grad():
                self.model.validation_step(self.prepare_batch(batch))
            self.val_batch_idx += 1


def own_sgd(d2l):
    class Descent(d2l.HyperParameters):
        def __init__(self, params, lr):
            self.save_hyperparameters()

        def step(self):
            for param in self.params:
                param -= self.lr * param.grad

        def zero_grad(self):
            for param in self.params:
                if param.grad is not None:
                    param.grad.zero_()

    return lambda params, lr: Descent(params, lr)


def parameter(d2l, shape, std):
    return d2l.normal(0, std, shape, requires_grad=True)


def decayed(d2l, wd):
    class WeightDecay(d2l.LinearRegression):
        def configure_optimizers(self):
            return torch.optim.SGD(
                [{"params": self.net.weight, "weight_decay": wd}, {"params": self.net.bias}], lr=self.lr
            )

    return WeightDecay


def perceptron(dropout):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(32), nn.ReLU(), nn.Dropout(dropout), nn.LazyLinear(10))


def classifier_from_scratch(d2l, make):
    class Scratch(d2l.Classifier):
        def __init__(self, lr):
            super().__init__()
            self.save_hyperparameters()
            self.W, self.b = make((784, 10), 0.01), make(10, 0)

        def parameters(self):
            return [self.W, self.b]

    return Scratch


def picked(y_hat, y):
    return y_hat[list(range(len(y_hat))), y]
