"""Sections of the functional edition as its readers write them in each framework: the same functions.

Native code with the package's functions. ``linear_regression_scratch(d2l, seed)`` and its concise twin give
the final loss, the weights and the bias. ``softmax_scratch(d2l)``, ``softmax_concise(d2l)``,
``mlp_scratch(d2l)`` and ``dropout_concise(d2l)`` give what `train_ch3` takes: the net, the loss and the
updater; ``polynomial(d2l, X, y)`` the net, the batches, the loss and the optimiser;
``decayed(d2l, X, y, decay)`` the weights after training.
"""
