"""Training on several processes: the rows of each batch shared out among Dask's workers, the same weights as one process.

    python train_shard.py LIBRARY NETWORK.npz DIGITS.npz [WORKERS [EPOCHS]]

With 0 workers, this process does it all.

Every process has the whole network and takes the same steps. A batch is cut into micro-batches; each worker computes the
gradients of some of them, they are added in the order of the rows, and every process steps by the sum.
"""

import ctypes
import hashlib
import os
import sys
import tempfile
from ctypes import POINTER, c_char_p, c_double, c_int, c_size_t, c_void_p

import numpy as np
from dask.distributed import Client, LocalCluster

BATCH, PART = 100, 25


class Training:
    """A run of training from a network's file; a process's own."""

    def __init__(self, library, path, rate=0.1, momentum=0.9):
        self._handle = None
        self._library = library = ctypes.CDLL(str(library))
        doubles, sizes = POINTER(c_double), POINTER(c_size_t)
        for name, result, arguments in [
            ("train_new", c_void_p, [c_char_p, c_double, c_double]),
            ("train_free", None, [c_void_p]),
            ("train_parameters", c_size_t, [c_void_p]),
            ("train_gradients", c_int,
             [c_void_p, doubles, c_size_t, c_size_t, sizes, c_size_t, doubles, c_size_t, doubles]),
            ("train_step", c_int, [c_void_p, doubles, c_size_t]),
            ("train_save", c_int, [c_void_p, c_char_p]),
            ("last_error", c_char_p, []),
        ]:
            function = getattr(library, "rowmajor_" + name)
            function.restype, function.argtypes = result, arguments
        self._handle = library.rowmajor_train_new(str(path).encode(), rate, momentum)
        if not self._handle:
            raise ValueError(library.rowmajor_last_error().decode())
        self.parameters = library.rowmajor_train_parameters(self._handle)

    def __del__(self):
        if self._handle:
            self._library.rowmajor_train_free(self._handle)

    def _check(self, code):
        if code:
            raise ValueError(self._library.rowmajor_last_error().decode())

    def gradients(self, x, labels, batch):
        """The gradients of some rows of a batch, and their part of its loss."""
        x = np.require(x, np.float64, "CA")
        labels = np.require(labels, np.uintp, "CA")
        if x.ndim != 2 or labels.shape != x.shape[:1]:
            raise ValueError(f"x has shape {x.shape}, labels {labels.shape}")
        out, loss = np.empty(self.parameters), c_double()
        self._check(self._library.rowmajor_train_gradients(
            self._handle, x.ctypes.data_as(POINTER(c_double)), *x.shape,
            labels.ctypes.data_as(POINTER(c_size_t)), batch,
            out.ctypes.data_as(POINTER(c_double)), out.size, loss))
        return out, loss.value

    def step(self, gradients):
        gradients = np.require(gradients, np.float64, "CA")
        self._check(self._library.rowmajor_train_step(
            self._handle, gradients.ctypes.data_as(POINTER(c_double)), gradients.size))

    def save(self, path):
        self._check(self._library.rowmajor_train_save(self._handle, str(path).encode()))


class Shard:
    """A worker: an actor with a run of its own, and the data."""

    def __init__(self, library, path, x, labels):
        self.training, self.x, self.labels = Training(library, path), x, labels

    def gradients(self, parts, batch):
        return [self.training.gradients(self.x[rows], self.labels[rows], batch) for rows in parts]

    def step(self, gradients):
        self.training.step(gradients)

    def save(self, path):
        self.training.save(path)


def parts_of(rows):
    """The micro-batches of each batch, as slices of the rows."""
    for start in range(0, rows, BATCH):
        end = min(start + BATCH, rows)
        yield end - start, [slice(i, min(i + PART, end)) for i in range(start, end, PART)]


def shares(parts, workers):
    """The parts in as many runs of neighbours as there are workers, of which some may have none."""
    ends = [len(parts) * i // workers for i in range(workers + 1)]
    return [parts[a:b] for a, b in zip(ends, ends[1:])]


def train(shards, rows, epochs, result):
    """`result` waits for what a shard's method returned; all shards work meanwhile."""
    for epoch in range(epochs):
        loss = 0.0
        for batch, parts in parts_of(rows):
            work = zip(shards, shares(parts, len(shards)))
            pending = [shard.gradients(share, batch) for shard, share in work]
            in_order = [pair for share in pending for pair in result(share)]
            total = in_order[0][0].copy()
            for gradients, _ in in_order[1:]:
                total += gradients
            loss += sum(part for _, part in in_order) * batch
            for done in [shard.step(total) for shard in shards]:
                result(done)
        print(f"epoch {epoch + 1}: loss {loss / rows:.6f}")


def hash_of(path):
    with np.load(path) as file:
        layers = sum(name.startswith("w") for name in file.files)
        values = [file[f"{name}{i}"].tobytes() for i in range(1, layers + 1) for name in "wb"]
    return hashlib.sha256(b"".join(values)).hexdigest()[:16]


def main(library, path, digits, workers="2", epochs="3"):
    with np.load(digits) as file:
        x, labels = file["images"] / 16.0, file["labels"]
    out = os.path.join(tempfile.mkdtemp(), "trained.npz")
    if int(workers) == 0:
        shard = Shard(library, path, x, labels)
        train([shard], len(x), int(epochs), lambda done: done)
        shard.save(out)
    else:
        cluster = LocalCluster(n_workers=int(workers), threads_per_worker=1, dashboard_address=None)
        with cluster, Client(cluster) as client:
            names = list(client.scheduler_info()["workers"])
            shards = [client.submit(Shard, library, path, x, labels, actor=True, workers=[name], pure=False)
                      for name in names]
            shards = [shard.result() for shard in shards]
            train(shards, len(x), int(epochs), lambda future: future.result())
            shards[0].save(out).result()
    print(f"{workers} workers, weights {hash_of(out)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
