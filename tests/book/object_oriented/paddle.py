import paddle
from paddle import nn


def own_loop(d2l, Trainer):
    @d2l.add_to_class(Trainer)
    def fit_epoch(self):
        self.model.train()
        for batch in self.train_dataloader:
            loss = self.model.training_step(self.prepare_batch(batch))
            self.optim.clear_grad()
            loss.backward()
            with paddle.no_grad():
                self.optim.step()
            self.train_batch_idx += 1
        self.model.eval()
        for batch in self.val_dataloader:
            with paddle.no_grad():
                self.model.validation_step(self.prepare_batch(batch))
            self.val_batch_idx += 1


def own_sgd(d2l):
    class Descent(d2l.HyperParameters):
        def __init__(self, params, lr):
            self.save_hyperparameters()

        def step(self):
            for param in self.params:
                param.subtract_(self.lr * param.grad)

        def clear_grad(self):
            for param in self.params:
                param.clear_gradient()

    return lambda params, lr: Descent(params, lr)


def parameter(d2l, shape, std):
    param = d2l.normal(0, std, shape)
    param.stop_gradient = False
    return param


def decayed(d2l, wd):
    class WeightDecay(d2l.LinearRegression):
        def configure_optimizers(self):
            weight = {"params": [self.net.weight], "weight_decay": float(wd)}
            return paddle.optimizer.SGD(self.lr, parameters=[weight, {"params": [self.net.bias]}])

    return WeightDecay


def perceptron(dropout):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Dropout(dropout), nn.Linear(32, 10))


def classifier_from_scratch(d2l, make):
    class Scratch(d2l.Classifier):
        def __init__(self, lr):
            super().__init__()
            self.save_hyperparameters()
            self.W, self.b = make((784, 10), 0.01), make((10,), 0)

        def parameters(self, include_sublayers=True):
            return [self.W, self.b]

    return Scratch


def picked(y_hat, y):
    return paddle.take_along_axis(y_hat, y.reshape([-1, 1]), 1).flatten()
