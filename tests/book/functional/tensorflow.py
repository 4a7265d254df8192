import tensorflow as tf


def linear_regression_scratch(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    w = tf.Variable(tf.random.normal(shape=(2, 1), stddev=0.01))
    b = tf.Variable(tf.zeros(1))
    for epoch in range(3):
        for X, y in d2l.data_iter(10, features, labels, seed=epoch if seed else None):
            with tf.GradientTape() as tape:
                loss = d2l.squared_loss(d2l.linreg(X, w, b), y)
            d2l.sgd([w, b], tape.gradient(loss, [w, b]), 0.03, 10)
    return float(tf.reduce_mean(d2l.squared_loss(d2l.linreg(features, w, b), labels))), w, b


def linear_regression_concise(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), 10, seed=seed)
    net = tf.keras.Sequential()
    net.add(tf.keras.layers.Dense(1, kernel_initializer=tf.initializers.RandomNormal(stddev=0.01)))
    loss = tf.keras.losses.MeanSquaredError()
    trainer = tf.keras.optimizers.SGD(learning_rate=0.03)
    for _ in range(3):
        for X, y in data_iter:
            with tf.GradientTape() as tape:
                l = loss(net(X, training=True), y)
            gradients = tape.gradient(l, net.trainable_variables)
            trainer.apply_gradients(zip(gradients, net.trainable_variables))
    w, b = net.get_weights()
    return d2l.evaluate_loss(net, data_iter, loss) / 2, w, b


def softmax_scratch(d2l):
    W = tf.Variable(tf.random.normal(shape=(784, 10), mean=0, stddev=0.01))
    b = tf.Variable(tf.zeros(10))

    def net(X):
        X_exp = d2l.exp(d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b)
        return X_exp / d2l.reduce_sum(X_exp, 1, keepdims=True)

    def cross_entropy(y_hat, y):
        return -tf.math.log(tf.boolean_mask(y_hat, tf.one_hot(y, depth=y_hat.shape[-1])))

    return net, cross_entropy, d2l.Updater([W, b], lr=0.1)


def softmax_concise(d2l):
    net = tf.keras.models.Sequential()
    net.add(tf.keras.layers.Flatten())
    net.add(tf.keras.layers.Dense(10, kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.01)))
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return net, loss, tf.keras.optimizers.SGD(learning_rate=0.1)


def mlp_scratch(d2l):
    W1 = tf.Variable(tf.random.normal((784, 64), stddev=0.05))
    b1 = tf.Variable(tf.zeros(64))
    W2 = tf.Variable(tf.random.normal((64, 10), stddev=0.05))
    b2 = tf.Variable(tf.zeros(10))

    def net(X):
        X = d2l.reshape(X, (-1, 784))
        H = tf.math.maximum(tf.matmul(X, W1) + b1, 0)
        return tf.matmul(H, W2) + b2

    def loss(y_hat, y):
        return tf.losses.sparse_categorical_crossentropy(y, y_hat, from_logits=True)

    return net, loss, d2l.Updater([W1, W2, b1, b2], 0.1)


def dropout_concise(d2l):
    class Net(tf.keras.Model):
        """The book's from-scratch net: dropout only while training."""

        def __init__(self):
            super().__init__()
            self.flatten = tf.keras.layers.Flatten()
            self.hidden = tf.keras.layers.Dense(64, activation="relu")
            self.out = tf.keras.layers.Dense(10)

        def call(self, inputs, training=None):
            x = self.hidden(self.flatten(inputs))
            if training:
                mask = tf.cast(tf.random.uniform(tf.shape(x)) < 0.8, tf.float32)
                x = mask * x / 0.8
            return self.out(x)

    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Net(), loss, tf.keras.optimizers.SGD(learning_rate=0.1)


def polynomial(d2l, X, y):
    net = tf.keras.Sequential()
    net.add(tf.keras.layers.Dense(1, use_bias=False))
    data = d2l.load_array((X, y), 10)  # the book leaves these labels (n,)
    return net, data, tf.losses.MeanSquaredError(), tf.keras.optimizers.SGD(learning_rate=0.01)


def decayed(d2l, X, y, decay):
    w = tf.Variable(tf.random.normal(mean=1, shape=(200, 1)))
    b = tf.Variable(tf.zeros(shape=(1,)))
    for _ in range(100):
        for features, labels in d2l.load_array((X, y), 5):
            with tf.GradientTape() as tape:
                penalty = decay * tf.reduce_sum(tf.pow(w, 2)) / 2
                loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + penalty
            d2l.sgd([w, b], tape.gradient(loss, [w, b]), 0.003, 5)
    return w
