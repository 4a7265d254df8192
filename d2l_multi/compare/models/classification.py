"""Models with an output for each class."""

from d2l_multi.book.data import sampling
from d2l_multi.book.data.fashion_mnist import NUM_CLASSES
from d2l_multi.compare.models.ways import ByTrainer, Concise, Scratch, parts


class ScratchClassifier(Scratch):
    def of_class(self, values, y):
        """Of each row (n, classes) the value of one class (n,)."""
        d2l = self.d2l
        classes = d2l.arange(NUM_CLASSES, dtype=y.dtype, device=self.device)
        chosen = d2l.astype(d2l.reshape(y, (-1, 1)) == classes, values.dtype)
        return d2l.reduce_sum(values * chosen, 1)


class SoftmaxRegression(ScratchClassifier):
    """As the book first writes it: its outputs are probabilities."""

    def net(self, X):
        W, b = self.params
        exponentials = self.d2l.exp(self.d2l.matmul(X, W) + b)
        return exponentials / self.d2l.reduce_sum(exponentials, 1, keepdims=True)

    def loss(self, y_hat, y):
        return -self.d2l.log(self.of_class(y_hat, y))


class MLP(ScratchClassifier):
    """Its outputs are scores: after some epochs they are too large for the exponentials of float32."""

    def net(self, X):
        W1, b1, W2, b2 = self.params
        H = self.relu(self.d2l.matmul(X, W1) + b1)
        return self.d2l.matmul(H, W2) + b2

    def relu(self, Z):
        return (Z + self.d2l.abs(Z)) / 2  # exactly, in the shared vocabulary

    def loss(self, scores, y):
        """The cross-entropy of the softmax of scores, of which the largest becomes 0."""
        d2l = self.d2l
        scores = scores - d2l.reshape(self.of_class(scores, d2l.argmax(scores, 1)), (-1, 1))
        return d2l.log(d2l.reduce_sum(d2l.exp(scores), 1)) - self.of_class(scores, y)


class DropoutMLP(MLP):
    """Two hidden layers, a share of whose units is dropped while training, the same in every backend."""

    dropout = (0.2, 0.5)

    def __init__(self, *args):
        super().__init__(*args)
        self.num_steps = 0
        self.training_net = self._training_net

    def net(self, X):
        return self._through(X, [1.0, 1.0])

    def _training_net(self, X):
        widths = [W.shape[1] for W in self.params[:-2:2]]
        masks = sampling.dropout_masks(X.shape[0], widths, self.dropout, self.seed, self.num_steps)
        self.num_steps += 1
        kept = [self.d2l.tensor(mask, dtype=X.dtype, device=self.device) for mask in masks]
        return self._through(X, [mask / (1 - rate) for mask, rate in zip(kept, self.dropout)])

    def _through(self, X, kept):
        W1, b1, W2, b2, W3, b3 = self.params
        H1 = self.relu(self.d2l.matmul(X, W1) + b1) * kept[0]
        H2 = self.relu(self.d2l.matmul(H1, W2) + b2) * kept[1]
        return self.d2l.matmul(H2, W3) + b3


class ConciseClassifier(Concise):
    loss_name = "cross_entropy"


class TrainerSoftmaxRegression(ByTrainer):
    def module(self, d2l, widths, lr):
        return d2l.SoftmaxRegression(widths[-1], lr)


class TrainerMLP(ByTrainer):
    def module(self, d2l, widths, lr):
        return parts(d2l).mlp(d2l, widths, lr)
