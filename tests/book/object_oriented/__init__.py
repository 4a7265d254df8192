"""What readers of the object-oriented edition write in each framework: the same functions.

``own_loop(d2l, Trainer)`` gives a trainer the reader's own `fit_epoch`; ``own_sgd(d2l)`` is an optimiser,
made of parameters and a learning rate; ``parameter(d2l, shape, std)`` a tensor that is trained;
``decayed(d2l, wd)`` linear regression whose weights decay; ``perceptron(dropout)`` layers (784 -> 32 -> 10);
``classifier_from_scratch(d2l, make)`` a classifier of two such tensors; ``picked(y_hat, y)`` each row's
entry at its label.
"""
