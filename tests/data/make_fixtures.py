"""Writes the files in this folder, with NumPy: what `tests/io` reads and compares itself with.

Run it beside this file: `python make_fixtures.py`. The files here were made by NumPy 2.4.6 and Python 3; every run gives
the same bytes. The values are few and telling (extremes, halves, subnormals, signs of zero, NaN with a payload), and
stand once more, independently, in the tests.

    types.npz        every type x byte order x (C, F) x header version, each a 2x3 array; named as i4_be_F_v2
    savez.npz        what np.savez writes: matrices, lists, text, empty, 0-d, 3-d, Fortran arrays
    compressed.npz   np.savez_compressed of w1
    savez_compressed.npz   np.savez_compressed of the arrays of savez.npz, and of one that takes several blocks
    streamed.npz     np.savez to a pipe: checksums and sizes follow the values
    zip64.npz        zip64 in every record: headers, directory, end
    other.npz        a file that is no array, an archive comment, a member comment
    refused.npz      types that are not read
    matrix.npy       np.save of a C-order matrix: what we write must equal it
    empty.npy        np.save of a matrix without columns: likewise
    fortran_v2.npy   header version 2.0, Fortran order
    labels_v3.npy    header version 3.0, int64
    cube.idx.gz      IDX of int32, gzipped by Python in two members, with a name, a comment, an extra field and the
                     header's checksum
    savetxt.txt      np.savetxt: spaces, exponents, 17 digits, nan and inf
    quoted.csv       Python's csv module: everything quoted, CRLF, names with separators, quotes and line ends
"""

import csv
import io
import pathlib
import struct
import zipfile
import zlib

import numpy as np
from numpy.lib import format as npy

HERE = pathlib.Path(__file__).parent
DATE = (1980, 1, 1, 0, 0, 0)
NAN = np.array([0x7FF8_0000_DEAD_BEEF], dtype="<u8").view("<f8")[0]

VALUES = {
    "b1": [False, True, True, False, True, False],
    "i1": [-128, -1, 0, 1, 2, 127],
    "u1": [0, 1, 2, 127, 128, 255],
    "i2": [-32768, -1, 0, 1, 258, 32767],
    "u2": [0, 1, 2, 258, 32768, 65535],
    "i4": [-(2**31), -1, 0, 1, 16909060, 2**31 - 1],
    "u4": [0, 1, 2, 16909060, 2**31, 2**32 - 1],
    "i8": [-(2**63), -1, 0, 1, 2**53, 2**53 + 2],
    "u8": [0, 1, 2, 2**53, 2**63, 2**64 - 2048],
    "f2": [-0.0, 2.0**-24, 1023 * 2.0**-24, 1.5, -65504.0, np.inf],
    "f4": [-0.0, 2.0**-149, 0.5, -1.5, float(np.finfo("f4").max), -np.inf],
    "f8": [-0.0, 5e-324, 0.1, -1.7976931348623157e308, np.inf, NAN],
}


def npy_bytes(array, version):
    out = io.BytesIO()
    npy.write_array(out, array, version=version, allow_pickle=True)
    return out.getvalue()


def add(archive, name, data):
    archive.writestr(zipfile.ZipInfo(name, DATE), data)


def types():
    with zipfile.ZipFile(HERE / "types.npz", "w") as archive:
        for kind, values in VALUES.items():
            for order in ["le", "be"] if kind[1] != "1" else ["le"]:
                dtype = np.dtype(kind).newbyteorder({"le": "<", "be": ">"}[order])
                for layout in "CF":
                    array = np.array(values, dtype=dtype).reshape(2, 3)
                    array = np.asarray(array, order=layout)
                    for version in (1, 2, 3):
                        name = f"{kind}_{order}_{layout}_v{version}.npy"
                        add(archive, name, npy_bytes(array, (version, 0)))


def arrays():
    cube = np.arange(24.0).reshape(2, 3, 4) / 4
    return {
        "w1": (np.arange(12.0) / 8 - 0.5).reshape(3, 4),
        "w1_fortran": np.asfortranarray((np.arange(12.0) / 8 - 0.5).reshape(3, 4)),
        "b1": np.arange(4.0) + 0.25,
        "b1_row": (np.arange(4.0) + 0.25).reshape(1, 4),
        "labels": np.array([7, 2, 1, 0, 4]),
        "activations": np.array(["sigmoid", "sigmoid", "softmax"]),
        "activations_big": np.array(["relu", "정류", "", "\U0001f600"], dtype=">U4"),
        "activations_bytes": np.array([b"tanh", b"identity"]),
        "words_fortran": np.asfortranarray([["a", "b", "c"], ["d", "e", "f"]]),
        "scalar": np.array(2.5),
        "word": np.array("step"),
        "no_values": np.zeros(0),
        "no_rows": np.zeros((0, 3)),
        "no_cols": np.zeros((3, 0)),
        "no_words": np.array([], dtype="<U1"),
        "cube": cube,
        "cube_fortran": np.asfortranarray(cube),
    }


class Pipe(io.RawIOBase):
    """A stream that cannot seek."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def archives():
    np.savez(HERE / "savez.npz", **arrays())
    np.savez_compressed(HERE / "compressed.npz", w1=arrays()["w1"])
    # Bytes, as of a picture, that repeat only in part.
    i = np.arange(300 * 200, dtype="u8")
    large = ((i * i // 7 + (i >> 5) * 31) % 251 * (i % 3 > 0)).astype("u1").reshape(300, 200)
    np.savez_compressed(HERE / "savez_compressed.npz", **arrays(), large=large)

    pipe = Pipe()
    np.savez(pipe, w1=arrays()["w1"], no_values=np.zeros(0))
    (HERE / "streamed.npz").write_bytes(pipe.data)

    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 10, 1
    np.savez(HERE / "zip64.npz", w1=arrays()["w1"], b1=arrays()["b1"])
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits

    with zipfile.ZipFile(HERE / "other.npz", "w") as archive:
        add(archive, "README.txt", b"not an array")
        info = zipfile.ZipInfo("w1.npy", DATE)
        info.comment = b"a member comment"
        archive.writestr(info, npy_bytes(arrays()["w1"], (1, 0)))
        add(archive, "bare", npy_bytes(arrays()["b1"], (1, 0)))
        archive.comment = b"an archive comment"

    with zipfile.ZipFile(HERE / "refused.npz", "w") as archive:
        for name, array in {
            "complex": np.array([1 + 2j]),
            # Zero: its padding bytes are otherwise left to chance.
            "long_double": np.frombuffer(bytes(16), dtype=np.longdouble),
            "object": np.array([None]),
            "date": np.array(["2001-02-03"], dtype="M8[D]"),
            "span": np.array([1], dtype="m8[ns]"),
            "record": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8", (2,))]),
            "raw": np.array([b"\1\2"], dtype="V2"),
            "big_i8": np.array([[0, 1], [2**53 + 1, 3]]),
            "big_i8_fortran": np.asfortranarray([[0, 1], [2**53 + 1, 3]]),
            "max_i8": np.array([2**63 - 1]),
            "max_u8": np.array([2**64 - 1], dtype="u8"),
        }.items():
            data = npy_bytes(array, (1, 0)) if name != "record" else npy_bytes(array, None)
            add(archive, f"{name}.npy", data)


def bare():
    np.save(HERE / "matrix.npy", arrays()["w1"])
    np.save(HERE / "empty.npy", np.zeros((12345, 0)))
    (HERE / "fortran_v2.npy").write_bytes(npy_bytes(arrays()["w1_fortran"], (2, 0)))
    (HERE / "labels_v3.npy").write_bytes(npy_bytes(arrays()["labels"], (3, 0)))


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def gzipped():
    values = (np.arange(24) * 1000003 - 12000000).astype(">i4")
    raw = bytes([0, 0, 0x0C, 3]) + struct.pack(">III", 2, 3, 4) + values.tobytes()
    out = b""
    for flags, fields, data in [
        (0b11110, struct.pack("<H", 6) + b"RM\2\0\x1f\x8b" + b"cube.idx\0" + b"a comment\0", raw[:50]),
        (0, b"", raw[50:]),
    ]:
        header = bytes([0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 2, 3]) + fields
        if flags & 2:
            header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
        out += header + deflate(data) + struct.pack("<II", zlib.crc32(data), len(data))
    (HERE / "cube.idx.gz").write_bytes(out)


def tables():
    table = np.array([[0.1, -2.5e-300, np.nan], [5e-324, np.inf, -1.7976931348623157e308]])
    np.savetxt(HERE / "savetxt.txt", table)
    with open(HERE / "quoted.csv", "w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["plain", "a, b", 'say "x"', "two\nlines", "정류"])
        writer.writerows([[1, 2.5, -3, 1e300, 0], [4, 5, 6, 7, 8]])


if __name__ == "__main__":
    types()
    archives()
    bare()
    gzipped()
    tables()
