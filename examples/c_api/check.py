"""Calls the C interface as a stranger would, with Python's standard library alone.

    python3 examples/c_api/check.py LIBRARY

Classifies the digits of examples/data, whole and row by row, from one thread and from eight, compares with
scikit-learn's answers, takes steps of training, and sees each misuse refused.
"""

import ast
import ctypes
import struct
import sys
import tempfile
import threading
import zipfile
from array import array
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_size_t, c_void_p
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


def load(name, member):
    """The values of an array in an .npz file, one after the other."""
    with zipfile.ZipFile(DATA / name) as archive:
        raw = archive.read(member + ".npy")
    start = 10 + struct.unpack_from("<H", raw, 8)[0]
    header = ast.literal_eval(raw[10:start].decode())
    assert not header["fortran_order"]
    return array({"|u1": "B", "<f8": "d"}[header["descr"]], raw[start:]).tolist()


def single_output(path, activation):
    """Writes a network of one input and one output: activation(x)."""
    arrays = [("w1", "<f8", (1, 1), struct.pack("<d", 1.0)), ("b1", "<f8", (1,), struct.pack("<d", 0.0))]
    arrays.append(("activations", f"<U{len(activation)}", (1,), activation.encode("utf-32-le")))
    with zipfile.ZipFile(path, "w") as archive:
        for name, descr, shape, data in arrays:
            header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
            archive.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)


def main():
    library = ctypes.CDLL(str(Path(sys.argv[1]).resolve()))
    samples = [c_void_p, c_void_p, c_size_t, c_size_t]
    for name, result, arguments in [
        ("open", c_void_p, [c_char_p]),
        ("free", None, [c_void_p]),
        ("inputs", c_size_t, [c_void_p]),
        ("outputs", c_size_t, [c_void_p]),
        ("classes", c_size_t, [c_void_p]),
        ("forward", c_int, [*samples, c_void_p, c_size_t]),
        ("predict", c_int, [*samples, c_void_p, c_size_t]),
        ("last_error", c_char_p, []),
        ("train_new", c_void_p, [c_char_p, c_double, c_double]),
        ("train_open", c_void_p, [c_char_p]),
        ("train_free", None, [c_void_p]),
        ("train_parameters", c_size_t, [c_void_p]),
        ("train_gradients", c_int,
         [c_void_p, c_void_p, c_size_t, c_size_t, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p]),
        ("train_step", c_int, [c_void_p, c_void_p, c_size_t]),
        ("train_save", c_int, [c_void_p, c_char_p]),
    ]:
        function = getattr(library, "rowmajor_" + name)
        function.restype, function.argtypes = result, arguments
    forward, predict = library.rowmajor_forward, library.rowmajor_predict

    network = library.rowmajor_open(str(DATA / "digits-network.npz").encode())
    assert network, library.rowmajor_last_error()
    inputs, outputs = library.rowmajor_inputs(network), library.rowmajor_outputs(network)
    assert (inputs, outputs, library.rowmajor_classes(network)) == (64, 10, 10)

    # The last 500 digits: the classes are scikit-learn's, the probabilities within 1e-12.
    pixels = [pixel / 16.0 for pixel in load("digits.npz", "images")][1297 * 64 :]
    rows = len(pixels) // inputs
    x = (c_double * len(pixels))(*pixels)
    results, classes = (c_double * (rows * outputs))(), (c_size_t * rows)()
    assert forward(network, x, rows, inputs, results, len(results)) == 0
    assert predict(network, x, rows, inputs, classes, len(classes)) == 0
    assert list(classes) == load("digits-expected.npz", "classes")
    expected = load("digits-expected.npz", "probabilities")
    worst = max(abs(ours - theirs) for ours, theirs in zip(results, expected, strict=True))
    assert worst < 1e-12, worst

    # Row by row, from eight threads at once: the same bits, and an error of one is not another's.
    def work(thread):
        one = (c_double * outputs)()
        assert forward(network, x, 1, thread, one, outputs) == -1
        for row in range(thread, rows, 8):
            assert forward(network, byref(x, row * inputs * 8), 1, inputs, one, outputs) == 0
            assert bytes(one) == bytes(results)[row * outputs * 8 :][: outputs * 8]
        assert f"inner sizes {thread} and 64 differ" in library.rowmajor_last_error().decode()
        done.append(thread)

    done = []
    threads = [threading.Thread(target=work, args=[i]) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(8)), done

    # Misuse: -1 (or null, or 0), a text that says what, and an output that is left alone.
    def refused(call, says):
        before = bytes(results)
        assert call in (-1, None, 0), call
        error = library.rowmajor_last_error().decode()
        assert says in error, f"{error!r} does not say {says!r}"
        assert bytes(results) == before

    size = len(results)
    refused(library.rowmajor_open(None), "path is null")
    refused(library.rowmajor_open(b"no-such-file.npz"), "no-such-file.npz: ")
    refused(library.rowmajor_open(str(DATA / "digits.npz").encode()), 'no array "activations"')
    refused(library.rowmajor_open(b"\xff"), "utf-8")
    refused(library.rowmajor_inputs(None), "network is null")
    refused(library.rowmajor_outputs(None), "network is null")
    refused(library.rowmajor_classes(None), "network is null")
    refused(forward(None, x, rows, inputs, results, size), "network is null")
    refused(forward(network, None, rows, inputs, results, size), "x is null")
    refused(forward(network, x, rows, inputs, None, size), "results is null")
    refused(forward(network, x, rows, inputs, results, size - 1), "results: 5000 values, room for 4999")
    refused(forward(network, x, rows, 63, results, size), "inner sizes 63 and 64 differ")
    refused(forward(network, byref(x, 4), 1, inputs, results, size), "x is not aligned to 8 bytes")
    refused(forward(network, x, 1, inputs, byref(results, 4), 10), "results is not aligned to 8 bytes")
    refused(forward(network, x, 2**61, 8, results, size), "do not fit the address space")
    refused(predict(network, x, 2**61, 64, classes, 2**64 - 1), "do not fit the address space")
    refused(predict(network, x, rows, inputs, classes, rows - 1), "classes: 500 values, room for 499")
    refused(predict(network, x, rows, inputs, None, rows), "classes is null")
    assert forward(network, None, 0, inputs, None, 0) == 0
    library.rowmajor_free(None)
    library.rowmajor_free(network)

    # Training: the gradients of two halves of a batch and their sum, a step, a checkpoint that goes on to the same bits.
    new, open_, free = library.rowmajor_train_new, library.rowmajor_train_open, library.rowmajor_train_free
    gradients, step, save = library.rowmajor_train_gradients, library.rowmajor_train_step, library.rowmajor_train_save
    path = str(DATA / "digits-network.npz").encode()
    run = new(path, 0.1, 0.9)
    assert run, library.rowmajor_last_error()
    parameters = library.rowmajor_train_parameters(run)
    assert parameters == 64 * 50 + 50 + 50 * 100 + 100 + 100 * 10 + 10
    labels = (c_size_t * 100)(*[int(label) for label in load("digits.npz", "labels")[1297:1397]])
    half, loss = (c_double * parameters)(), c_double()
    total, losses = [0.0] * parameters, 0.0
    for start in 0, 50:
        assert gradients(run, byref(x, start * 64 * 8), 50, 64, byref(labels, start * ctypes.sizeof(c_size_t)), 100,
                         half, parameters, byref(loss)) == 0
        total, losses = [a + b for a, b in zip(total, half)], losses + loss.value
    assert 0 < losses < 1, losses
    total = (c_double * parameters)(*total)
    with tempfile.TemporaryDirectory() as folder:
        saved = []
        for name in "before", "after":
            path_saved = str(Path(folder) / name).encode()
            assert step(run, total, parameters) == 0
            assert save(run, path_saved) == 0
            saved.append(Path(path_saved.decode()))
        resumed = open_(str(saved[0]).encode())
        assert resumed, library.rowmajor_last_error()
        assert step(resumed, total, parameters) == 0 and save(resumed, str(Path(folder) / "again").encode()) == 0
        assert (Path(folder) / "again").read_bytes() == saved[1].read_bytes()
        free(resumed)
    results = total
    refused(new(None, 0.1, 0.9), "path is null")
    refused(open_(path), 'no array "train_kinds"')
    refused(library.rowmajor_train_parameters(None), "training is null")
    refused(gradients(run, x, 100, 64, None, 100, total, parameters, None), "labels is null")
    refused(gradients(run, x, 100, 63, labels, 100, total, parameters, None), "inner sizes 63 and 64 differ")
    refused(gradients(run, x, 100, 64, labels, 0, total, parameters, None), "is empty")
    refused(gradients(run, x, 100, 64, labels, 100, total, parameters - 1, None), f"{parameters} values, room for")
    refused(gradients(run, x, 100, 64, labels, 100, None, parameters, None), "gradients is null")
    refused(step(run, total, parameters - 1), "step: expected")
    refused(step(run, None, parameters), "x is null")
    total[7] = float("nan")
    refused(step(run, total, parameters), "gradients: expected finite values, found NaN")
    total[7] = 0.0
    refused(save(run, None), "path is null")
    free(None)
    free(run)
    run = new(path, float("nan"), 0.9)
    refused(step(run, total, parameters), "rate: expected a number above 0")
    free(run)

    # One output: the probability of class 1, and two classes; without sigmoid, no class.
    with tempfile.TemporaryDirectory() as folder:
        for activation, code in [("sigmoid", 0), ("identity", -1)]:
            path = Path(folder) / (activation + ".npz")
            single_output(path, activation)
            network = library.rowmajor_open(str(path).encode())
            assert network, library.rowmajor_last_error()
            assert library.rowmajor_outputs(network) == 1
            assert library.rowmajor_classes(network) == (2 if code == 0 else 1)
            x, classes = (c_double * 3)(-1.0, 0.0, 1.0), (c_size_t * 3)(7, 7, 7)
            assert predict(network, x, 3, 1, classes, 3) == code
            if code == 0:
                assert list(classes) == [0, 0, 1]
            else:
                refused(code, "a single identity output tells no class")
                assert list(classes) == [7, 7, 7]
            library.rowmajor_free(network)
    print(f"c_api: {rows} digits as scikit-learn's, probabilities within {worst:.1e}; misuse refused")


main()
