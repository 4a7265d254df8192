from mxnet import autograd, gluon
from mxnet.gluon import nn


def own_loop(d2l, Trainer):
    @d2l.add_to_class(Trainer)
    def fit_epoch(self):
        for batch in self.train_dataloader:
            with autograd.record():
                loss = self.model.training_step(self.prepare_batch(batch))
            loss.backward()
            self.optim.step(1)
            self.train_batch_idx += 1
        for batch in self.val_dataloader:
            self.model.validation_step(self.prepare_batch(batch))
            self.val_batch_idx += 1


def own_sgd(d2l):
    class Descent(d2l.HyperParameters):
        def __init__(self, params, lr):
            self.save_hyperparameters()

        def step(self, _):
            for param in self.params:
                param -= self.lr * param.grad

    return lambda params, lr: Descent(params, lr)


def parameter(d2l, shape, std):
    param = d2l.normal(0, std, shape)
    param.attach_grad()
    return param


def decayed(d2l, wd):
    class WeightDecay(d2l.LinearRegression):
        def configure_optimizers(self):
            self.collect_params(".*bias").setattr("wd_mult", 0)
            return gluon.Trainer(self.collect_params(), "sgd", {"learning_rate": self.lr, "wd": wd})

    return WeightDecay


def perceptron(dropout):
    net = nn.Sequential()
    net.add(nn.Dense(32, activation="relu"), nn.Dropout(dropout), nn.Dense(10))
    net.initialize()
    return net


def classifier_from_scratch(d2l, make):
    class Scratch(d2l.Classifier):
        def __init__(self, lr):
            super().__init__()
            self.save_hyperparameters()
            self.W, self.b = make((784, 10), 0.01), make(10, 0)

        def collect_params(self):
            return [self.W, self.b]

    return Scratch


def picked(y_hat, y):
    return y_hat[list(range(len(y_hat))), y]
