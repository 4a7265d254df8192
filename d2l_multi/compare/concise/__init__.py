"""What the concise experiments are made of, in each framework's own words: the same functions.

``net(widths, bias, dtype, device)`` is dense layers with relu between them; ``squared_error()`` is (ŷ - y)²
and ``cross_entropy()`` that of the softmax of scores; ``sgd(net, lr, decay, limit)``
shrinks weights, not biases, and clips where there is a limit.
``images(X)`` are images (n, c, h, w) as the framework has them; ``lenet``, ``batch_norm_lenet`` and
``resnet`` are nets for such of 28 by 28. Of a running statistic a batch norm keeps the share ``momentum``.
``language_model(layer, num_characters, num_hiddens, dtype, device)`` has a recurrent ``layer`` and a dense
one, and goes on from ``states`` (n, h) while it trains; ``cross_entropy_over_time()`` takes its scores
(n, characters, t). ``clip(params, grads, limit)`` shortens the gradients on parameters, or those given.
``module(make, X)`` is the module that ``make()`` makes, of the dtype and for inputs of the size of X;
``mlp(d2l, widths, lr)`` a user's model of the object-oriented edition.
"""
