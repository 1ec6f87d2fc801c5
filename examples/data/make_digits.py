"""Makes the example data: digits.npz, digits-network.npz and digits-expected.npz.

    python make_digits.py digits.csv.gz [output folder, default: this folder]

digits.csv.gz is the copy of the handwritten digits bundled with scikit-learn
(sklearn/datasets/data/digits.csv.gz): 1797 lines of 64 pixels (0..16) and a
class (0..9). The last 500 digits are kept out of the training.

Run with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1 on x86-64
Linux, an AMD EPYC of the Zen 4 kind. With the same versions on the same kind of processor it writes the same
numbers bit for bit; elsewhere the trained weights will differ.
"""

import os

# One thread, so that sums are always made in the same order. Set before NumPy loads.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

TRAIN = 1297  # the first 1297 digits train the network; the other 500 test it


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = sys.argv[1]
    out = Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).resolve().parent
    out.mkdir(parents=True, exist_ok=True)

    # The digits.
    table = np.loadtxt(source, delimiter=",", dtype=np.uint8)
    assert table.shape == (1797, 65), table.shape
    images = np.ascontiguousarray(table[:, :64])
    labels = np.ascontiguousarray(table[:, 64])
    assert images.max() == 16 and set(labels) == set(range(10))
    np.savez(out / "digits.npz", images=images, labels=labels)

    # The network: 64-50-100-10, sigmoid, sigmoid, softmax.
    inputs = images / 16.0
    model = MLPClassifier(
        hidden_layer_sizes=(50, 100),
        activation="logistic",
        solver="lbfgs",
        max_iter=2000,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.fit(inputs[:TRAIN], labels[:TRAIN])
    assert model.out_activation_ == "softmax"
    assert list(model.classes_) == list(range(10))

    # Rounded to float32, which halves the file; every answer below is that of the rounded network.
    network = {}
    for i, (w, b) in enumerate(zip(model.coefs_, model.intercepts_), start=1):
        network[f"w{i}"] = np.ascontiguousarray(w, dtype=np.float32)
        network[f"b{i}"] = np.ascontiguousarray(b, dtype=np.float32)
        w[:], b[:] = network[f"w{i}"], network[f"b{i}"]
    network["activations"] = np.array(["sigmoid", "sigmoid", "softmax"])
    np.savez(out / "digits-network.npz", **network)

    # What scikit-learn itself answers for the last 500 digits.
    classes = model.predict(inputs[TRAIN:]).astype(np.uint8)
    probabilities = np.ascontiguousarray(model.predict_proba(inputs[TRAIN:]))
    # Rounded to 50 binary places: most are tiny, and their last bits were a twentieth of the crate's package.
    probabilities = np.rint(probabilities * 2.0**50) / 2.0**50
    np.savez(out / "digits-expected.npz", classes=classes, probabilities=probabilities)

    right = int((classes == labels[TRAIN:]).sum())
    print(f"NumPy {np.__version__}, scikit-learn {sklearn.__version__}")
    print(f"iterations: {model.n_iter_}, loss {float(model.loss_)!r}")
    print(f"right on the first {TRAIN}: {int((model.predict(inputs[:TRAIN]) == labels[:TRAIN]).sum())}")
    print(f"right on the last {len(classes)}: {right} ({right / len(classes):.1%})")


if __name__ == "__main__":
    main()
