"""Models with one output."""

from d2l_multi.compare.models.ways import ByTrainer, Concise, Scratch


class LinearRegression(Scratch):
    def net(self, X):
        w, b = self.params
        return self.d2l.linreg(X, w, b)

    def loss(self, y_hat, y):
        return self.d2l.squared_loss(y_hat, y)


class WeightDecay(LinearRegression):
    decay = 3.0

    def loss(self, y_hat, y):
        w, _ = self.params
        return super().loss(y_hat, y) + self.decay * self.d2l.reduce_sum(w**2) / 2


class ConciseRegression(Concise):
    loss_name = "squared_error"


class ConciseWeightDecay(ConciseRegression):
    decay = 3.0


class TrainerLinearRegression(ByTrainer):
    def module(self, d2l, widths, lr):
        return d2l.LinearRegressionScratch(widths[0], lr)


class TrainerConciseRegression(ByTrainer):
    def module(self, d2l, widths, lr):
        return d2l.LinearRegression(lr)
