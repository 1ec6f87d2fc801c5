"""What scikit-learn answers for its own data sets, for tests/classifiers.rs: writes classifiers.npz.

    python make_classifiers.py [SAMPLES]

Made with Python 3.11, NumPy 2.4.6, scikit-learn 1.9.1. The data are copies bundled with scikit-learn (BSD-3-Clause) of
'Breast Cancer Wisconsin (Diagnostic)' (W. Wolberg, O. Mangasarian, N. Street, W. Street, 1995), 'Iris' (R. Fisher, 1936)
and 'Wine' (S. Aeberhard, M. Forina, 1991), UCI Machine Learning Repository, CC BY 4.0. The file has the first SAMPLES (24)
of the samples that training did not see, in random order; another number compares with more of them.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.metrics import classification_report, confusion_matrix, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

NAMES = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu", "softmax": "softmax"}


def main(samples=24):
    arrays = {}
    for name, load in [("breast_cancer", load_breast_cancer), ("iris", load_iris), ("wine", load_wine)]:
        x, labels = load(return_X_y=True)
        train, test, train_labels, test_labels = train_test_split(
            x, labels, train_size=0.6, random_state=1, stratify=labels
        )
        test, test_labels = test[:samples], test_labels[:samples]
        scaler = StandardScaler().fit(train)
        arrays[f"{name}_x"], arrays[f"{name}_labels"] = test, test_labels
        arrays[f"{name}_mean"], arrays[f"{name}_scale"] = scaler.mean_, scaler.scale_
        for activation in ["identity", "logistic", "tanh", "relu"]:
            # Few steps, so that not every answer is right.
            model = MLPClassifier((6,), activation=activation, solver="lbfgs", max_iter=8, random_state=0)
            model.fit(scaler.transform(train), train_labels)
            z = scaler.transform(test)
            predicted, probabilities = model.predict(z), model.predict_proba(z)
            prefix = f"{name}_{activation}_"
            for n, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_), start=1):
                arrays[f"{prefix}w{n}"], arrays[f"{prefix}b{n}"] = weights, bias
            arrays[prefix + "activations"] = np.array([NAMES[activation], NAMES[model.out_activation_]])
            arrays[prefix + "predicted"], arrays[prefix + "probabilities"] = predicted, probabilities
            arrays[prefix + "confusion"] = confusion_matrix(test_labels, predicted)
            arrays[prefix + "log_loss"] = log_loss(test_labels, probabilities)
            report = classification_report(test_labels, predicted, output_dict=True, zero_division=0)
            rows = [*map(str, range(probabilities.shape[1])), "macro avg", "weighted avg"]
            columns = ["precision", "recall", "f1-score", "support"]
            arrays[prefix + "report"] = np.array([[report[row][column] for column in columns] for row in rows])
            arrays[prefix + "accuracy"] = report["accuracy"]
            print(prefix, report["accuracy"], arrays[prefix + "log_loss"])
    np.savez_compressed(Path(__file__).parent / "classifiers.npz", **arrays)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*map(int, sys.argv[1:]))
