"""What NumPy and scikit-learn answer, for tests/preprocess/ and tests/metrics.rs: writes preprocess.npz and metrics.npz.

    python make_preprocess.py

Made with Python 3.11, NumPy 2.4.6, scikit-learn 1.9.1; reads the digits from examples/data/digits.npz.
"""

from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss, precision_recall_fscore_support, top_k_accuracy_score
from sklearn.preprocessing import MinMaxScaler, StandardScaler

HERE = Path(__file__).parent
# Every 60th digit: enough to compare, and small.
STEP = 60


def preprocess():
    x = np.load(HERE / "../../examples/data/digits.npz")["images"].astype(np.float64)
    standard = StandardScaler().fit(x)
    min_max = MinMaxScaler().fit(x)
    signed = MinMaxScaler((-1, 1)).fit(x)
    covariance = np.cov(x, rowvar=False)
    pca = PCA(n_components=20, whiten=True, svd_solver="full").fit(x)
    # Columns that hardly vary: constant, one bit, within rounding of the mean, far from 0.
    near = np.random.default_rng(1).standard_normal((50, 6))
    near[:, 0] = 0.1
    near[:, 1] = 1 + (np.arange(50) % 2) * 2.0**-52
    near[:, 2] = 1e-300
    near[:, 3] = 1e6 + near[:, 3] * 1e-4
    near[:, 4] *= 1e-12
    near_scaler = StandardScaler().fit(near)
    np.savez(
        HERE / "preprocess.npz",
        mean=standard.mean_,
        scale=standard.scale_,
        standard=standard.transform(x)[::STEP],
        min_max=min_max.transform(x)[::STEP],
        signed=signed.transform(x)[::STEP],
        eigenvalues=np.linalg.eigh(covariance)[0],
        pca_variances=pca.explained_variance_,
        pca=pca.transform(x)[::STEP],
        near=near,
        near_mean=near_scaler.mean_,
        near_scale=near_scaler.scale_,
    )


def metrics():
    rng = np.random.default_rng(2)
    # Class 4 never occurs and is never predicted, class 5 is never predicted.
    labels = rng.choice([0, 1, 2, 3, 5], 200, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    logits = rng.standard_normal((200, 6)) * 2
    logits[np.arange(200), labels] += 1.5
    logits[:, 4:] -= 50
    probabilities = np.exp(logits - logits.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    predicted = probabilities.argmax(1)
    scores = precision_recall_fscore_support(labels, predicted, labels=range(6), zero_division=0)
    averages = {
        name: precision_recall_fscore_support(labels, predicted, average=name, zero_division=0)[:3]
        for name in ("macro", "micro", "weighted")
    }
    np.savez(
        HERE / "metrics.npz",
        labels=labels,
        logits=logits,
        probabilities=probabilities,
        predicted=predicted,
        precision=scores[0],
        recall=scores[1],
        f1=scores[2],
        support=scores[3],
        log_loss=log_loss(labels, probabilities, labels=range(6)),
        logit_loss=-(logits - np.log(np.exp(logits).sum(1, keepdims=True)))[np.arange(200), labels].mean(),
        top_2=top_k_accuracy_score(labels, probabilities, k=2, labels=range(6)),
        **averages,
    )


if __name__ == "__main__":
    preprocess()
    metrics()
