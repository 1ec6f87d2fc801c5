"""Writes leaves.csv, measured leaves of three kinds of trees with some values missing, and leaves-network.npz, a network of
scikit-learn (1.9.1) that was fitted to other leaves of the same kinds. All are drawn by NumPy; no tree was harmed.

    python examples/data/make_leaves.py
"""

import pathlib
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).parent
NAMES = ["length", "width", "stalk"]
KINDS = {"alder": (7.5, 6.0, 2.5), "birch": (5.5, 4.0, 1.5), "cherry": (9.5, 4.5, 3.0)}
random = np.random.default_rng(3)


def leaves(count):
    """`count` of each kind: length, width and stalk in centimetres."""
    sizes = np.concatenate([random.normal(means, (1.0, 0.6, 0.4), (count, 3)) for means in KINDS.values()])
    return np.round(sizes, 1), np.repeat(np.arange(len(KINDS)), count)


x, kinds = leaves(100)
model = MLPClassifier((8,), "tanh", solver="lbfgs", alpha=0.1, random_state=0, max_iter=500)
model.fit(StandardScaler().fit_transform(x), kinds)
arrays = {f"w{n}": w for n, w in enumerate(model.coefs_, start=1)}
arrays |= {f"b{n}": b for n, b in enumerate(model.intercepts_, start=1)}
np.savez(FOLDER / "leaves-network.npz", **arrays, activations=np.array(["tanh", "softmax"]))

x, kinds = leaves(20)
order = random.permutation(len(kinds))
lines = ["# leaves of three kinds of trees, in centimetres", ",".join([*NAMES, "kind"])]
for row in order:
    fields = [str(value) for value in x[row]]
    if random.random() < 0.2:
        fields[random.integers(3)] = random.choice(["", "NA", "?"])
    lines.append(",".join([*fields, list(KINDS)[kinds[row]]]))
FOLDER.joinpath("leaves.csv").write_text("\n".join(lines) + "\n", newline="\n")
