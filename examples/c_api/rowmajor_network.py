"""A rowmajor network on NumPy arrays, through its C interface."""

import ctypes
import functools
from ctypes import POINTER, c_char_p, c_double, c_int, c_size_t, c_void_p

import numpy as np


class Network:
    """A network from an .npz file. Any number of threads may call one at once."""

    def __init__(self, library, path):
        self._handle = None
        self._library = library = ctypes.CDLL(str(library))
        matrix = [c_void_p, POINTER(c_double), c_size_t, c_size_t]
        for name, result, arguments in [
            ("open", c_void_p, [c_char_p]),
            ("free", None, [c_void_p]),
            ("inputs", c_size_t, [c_void_p]),
            ("outputs", c_size_t, [c_void_p]),
            ("classes", c_size_t, [c_void_p]),
            ("forward", c_int, [*matrix, POINTER(c_double), c_size_t]),
            ("predict", c_int, [*matrix, POINTER(c_size_t), c_size_t]),
            ("last_error", c_char_p, []),
        ]:
            function = getattr(library, "rowmajor_" + name)
            function.restype, function.argtypes = result, arguments
        self._handle = library.rowmajor_open(str(path).encode())
        if not self._handle:
            raise self._error()
        self.inputs = library.rowmajor_inputs(self._handle)
        self.outputs = library.rowmajor_outputs(self._handle)
        self.classes = library.rowmajor_classes(self._handle)

    def __del__(self):
        if self._handle:
            self._library.rowmajor_free(self._handle)

    def _error(self):
        return ValueError(self._library.rowmajor_last_error().decode())

    def _call(self, function, x, out, value):
        # C order and aligned: what came over a network may be neither. Copied only where it is not so yet.
        x = np.require(x, np.float64, "CA")
        if x.ndim != 2:
            raise ValueError(f"x has {x.ndim} axes, not 2: rows are samples")
        if function(self._handle, x.ctypes.data_as(POINTER(c_double)), *x.shape,
                    out.ctypes.data_as(POINTER(value)), out.size):
            raise self._error()
        return out

    def forward(self, x):
        """The results for each row of x."""
        out = np.empty((len(x), self.outputs))
        return self._call(self._library.rowmajor_forward, x, out, c_double)

    def predict(self, x):
        """The class of each row of x."""
        out = np.empty(len(x), dtype=np.uintp)
        return self._call(self._library.rowmajor_predict, x, out, c_size_t)


@functools.cache
def opened(library, path):
    """The network of a file, opened once in each process."""
    return Network(library, path)
