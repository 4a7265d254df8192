"""Ten typical mistakes: type checkers must find each, and nothing else. It is read, never run."""

from d2l_multi import torch as d2l

X, y = d2l.synthetic_data([2, -3.4], 4.2, 1000)
model, data = d2l.LinearRegression(lr=0.03), d2l.SyntheticRegressionData([2, -3.4], 4.2)

d2l.trian_ch3()  # a typo in a name
d2l.linreg(X, y)  # a missing argument
d2l.Updater([X], lr="0.03")  # text for a number
d2l.load_array((X, y), batchsize=10)  # a keyword that does not exist
d2l.load_array((X, y), "10")  # text for the size of a batch
d2l.squared_loss("a", 3)  # neither is a tensor
d2l.sgd(X, 0.03)  # one argument of three is missing
d2l.Trainer(max_epochs=3.5)  # half an epoch
d2l.Trainer(max_epochs=3).fit(data, model)  # the wrong way round
print(d2l.Timer().stop().times)  # of the seconds, not of the timer
