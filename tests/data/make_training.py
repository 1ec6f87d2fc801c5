"""What NumPy and scikit-learn come to, for tests/api/training_references.rs: writes training.npz.

    python make_training.py

Made with Python 3.11, NumPy 2.4.6, scikit-learn 1.9.1; reads the digits from examples/data/digits.npz.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.neural_network import MLPClassifier, MLPRegressor

HERE = Path(__file__).parent
arrays = {}
rng = np.random.default_rng(7)

sigmoid = lambda a: 1 / (1 + np.exp(-a))
softmax = lambda a: (e := np.exp(a - a.max(1, keepdims=True))) / e.sum(1, keepdims=True)
FORWARD = {"identity": lambda a: a, "sigmoid": sigmoid, "relu": lambda a: np.maximum(a, 0), "tanh": np.tanh, "softmax": softmax}
BACKWARD = {
    "identity": lambda y, d: d,
    "sigmoid": lambda y, d: d * y * (1 - y),
    "relu": lambda y, d: d * (y > 0),
    "tanh": lambda y, d: d * (1 - y * y),
    "softmax": lambda y, d: y * (d - (y * d).sum(1, keepdims=True)),
}


def gradients(name, hidden, last, loss):
    """5-7-4-3 and 11 rows: the loss and all derivatives, written out."""
    sizes, rows = (5, 7, 4, 3), 11
    layers = [(rng.uniform(-1, 1, (a, b)), rng.uniform(-1, 1, b)) for a, b in zip(sizes, sizes[1:])]
    activations = [hidden, hidden, last]
    x = rng.uniform(-1, 1, (rows, sizes[0]))
    h = [x]
    for (w, b), f in zip(layers, activations):
        h.append(FORWARD[f](h[-1] @ w + b))
    y = h[-1]
    if loss == "cross-entropy":
        labels = rng.integers(0, 3, rows)
        target = np.eye(3)[labels]
        value = -np.log((y * target).sum(1)).mean()
        d = (y - target) / rows
    elif loss == "binary cross-entropy":
        target = rng.uniform(0, 1, (rows, 3))
        value = -(target * np.log(y) + (1 - target) * np.log(1 - y)).sum() / rows
        d = (y - target) / rows
    else:
        target = rng.uniform(-1, 1, (rows, 3))
        value = ((y - target) ** 2).mean()
        d = BACKWARD[last](y, 2 * (y - target) / y.size)
    out = []
    for k in reversed(range(3)):
        out = [(h[k].T @ d).ravel(), d.sum(0)] + out
        if k:
            d = BACKWARD[activations[k - 1]](h[k], d @ layers[k][0].T)
    arrays[f"{name}_parameters"] = np.concatenate([v.ravel() for pair in layers for v in pair])
    arrays[f"{name}_x"] = x
    arrays[f"{name}_targets"] = target
    arrays[f"{name}_gradients"] = np.concatenate([[value], *out])


cases = [(hidden, last, loss)
         for hidden in FORWARD
         for last, loss in [("softmax", "cross-entropy"), ("sigmoid", "binary cross-entropy")]
         + [(last, "mean squared error") for last in FORWARD]]
for i, case in enumerate(cases):
    gradients(f"g{i}", *case)
arrays["gradients"] = np.array([" / ".join(case) for case in cases])


def start_from(model, layers):
    """The model, to start from these weights."""
    layers = iter(layers)

    class Started(model):
        def _init_coef(self, *_):
            w, b = next(layers)
            return w.copy(), b.copy()

    return Started


def curve(name, model, x, y, sizes, activation, batch, **options):
    data = name.split("_")[0]
    start = np.random.default_rng(1)
    bound = lambda a, b: np.sqrt(6 / (a + b))
    layers = [(start.uniform(-1, 1, (a, b)) * bound(a, b), np.zeros(b)) for a, b in zip(sizes, sizes[1:])]
    fitted = start_from(model, layers)(
        hidden_layer_sizes=sizes[1:-1], activation=activation, batch_size=batch, max_iter=20, shuffle=False, tol=0, n_iter_no_change=100,
        random_state=0, **options)
    fitted.fit(x, y)
    arrays[f"{data}_parameters"] = np.concatenate([v.ravel() for pair in layers for v in pair])
    arrays[f"{name}_losses"] = np.array(fitted.loss_curve_)


import warnings

warnings.simplefilter("ignore")
digits = np.load(HERE / "../../examples/data/digits.npz")
x, labels = digits["images"][:1600] / 16.0, digits["labels"][:1600]
diabetes = load_diabetes()
# The first 220 of 442 patients; the targets between 0 and 3.5.
table, target = diabetes.data[:220] * 10, diabetes.target[:220] / 100
arrays["diabetes_x"], arrays["diabetes_y"] = table, target[:, None]
RUNS = {
    "sgd": dict(solver="sgd", learning_rate_init=0.1, momentum=0, nesterovs_momentum=False, alpha=0),
    "decay": dict(solver="sgd", learning_rate_init=0.1, momentum=0, nesterovs_momentum=False, alpha=0.5),
    "momentum": dict(solver="sgd", learning_rate_init=0.02, momentum=0.9, nesterovs_momentum=False, alpha=0),
    "nesterov": dict(solver="sgd", learning_rate_init=0.02, momentum=0.9, nesterovs_momentum=True, alpha=0.5),
    "adam": dict(solver="adam", learning_rate_init=0.01, alpha=0),
}
for name, options in RUNS.items():
    curve(f"digits_{name}", MLPClassifier, x, labels, (64, 16, 10), "logistic", 200, **options)
    curve(f"diabetes_{name}", MLPRegressor, table, target, (10, 8, 6, 1), "tanh", 20, **options)

np.savez_compressed(HERE / "training.npz", **arrays)
