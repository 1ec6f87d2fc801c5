"""Writes tables.txt, small tables as NumPy and pandas read them, and dtypes.txt, spellings of types as NumPy reads them.

    python tests/data/make_tables.py

Made with NumPy 2.4.6 and pandas 3.1.1. Each table is five lines: its text, escaped; the options to read it with; what the
column names are; the values, row by row; the labels and the classes, between bars. A dash stands for none.
"""

import io
import pathlib
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "spaces": r"\s+"}
TABLES = []


def table(text, options, names, values, labels=None, classes=None):
    rows = ";".join(",".join(repr(float(x)) for x in row) for row in np.atleast_2d(np.array(values, float)))
    labels = "-" if labels is None else "|".join([",".join(str(i) for i in labels), *(str(c) for c in classes)])
    names = "-" if names is None else "|".join(names)
    for char, escaped in ("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"):
        text = text.replace(char, escaped)
    TABLES.extend([text, " ".join(options), names, rows, labels])


def by_loadtxt(text, separator="spaces", comment="hash"):
    mark = {"hash": "#", "percent": "%", "none": None}[comment]
    delimiter = None if separator == "spaces" else SEPARATORS[separator]
    values = np.loadtxt(io.StringIO(text), delimiter=delimiter, comments=mark, ndmin=2)
    table(text, [f"separator={separator}", f"comment={comment}"], None, values)


def by_genfromtxt(text, separator="comma"):
    """Names in the first line, commented or not."""
    delimiter = None if separator == "spaces" else SEPARATORS[separator]
    values = np.genfromtxt(io.StringIO(text), delimiter=delimiter, names=True, dtype=float)
    table(text, [f"separator={separator}", "header=present"], values.dtype.names, np.atleast_1d(values).tolist())


def by_pandas(text, separator="comma", header="detect", comment="hash", missing="nan", label=None, ends=False):
    """`ends`: a separator ends every line, which pandas makes a column of."""
    mark = {"hash": "#", "percent": "%", "none": None}[comment]
    frame = pd.read_csv(
        io.StringIO(text),
        sep=SEPARATORS[separator],
        header=None if header == "absent" else 0,
        comment=mark,
        skipinitialspace=True,
        na_values=["?"],
        index_col=False if ends and header != "absent" else None,
        float_precision="round_trip",
    )
    if ends and (header == "absent" or str(frame.columns[-1]).startswith("Unnamed")):
        frame = frame.iloc[:, :-1]
    options = [f"separator={separator}", f"header={header}", f"comment={comment}", f"missing={missing}"]
    if missing == "drop":
        frame = frame.dropna()
    labels = classes = None
    if label is not None:
        options.append(f"label={label}")
        column = frame.columns[label] if isinstance(label, int) else label
        kinds = frame.pop(column)
        kinds = kinds.astype(str).str.strip() if kinds.dtype.kind not in "if" else kinds
        classes, labels = np.unique(kinds.to_numpy(), return_inverse=True)
    names = None if header == "absent" else [str(n).strip() for n in frame.columns]
    table(text, options, names, frame.to_numpy(float), labels, classes)


# Comments, as np.savetxt and others write them.
by_loadtxt("# x y\n1.5 2\n3 4.25\n")
by_loadtxt("#x y\n1 2\n")
by_loadtxt("# one\n# two\n#\n1 2\n3 4\n")
by_loadtxt("1 2 # behind\n3 4# right behind\n5 6 #\n")
by_loadtxt("1 2\n  # indented\n3 4\n# at the end")
by_loadtxt("1 2\n\n3 4\n\n\n# a\n\n5 6\n")
by_loadtxt("\n\n 1 2\n3 4\n")
by_loadtxt("1\n# a line alone\n2\n# and another\n")
by_loadtxt("# a,b\n1,2\n3,4\n", "comma")
by_loadtxt("1,2 # x, y\n3,4 # \"z\n", "comma")
by_loadtxt("1,2#x\n3,4\n", "comma")
by_loadtxt("1,2\r\n# windows\r\n3,4\r\n", "comma")
by_loadtxt("% a b\n1 2 % c\n3 4\n", "spaces", "percent")
by_loadtxt("1;2\n#;;;\n3;4\n", "semicolon")
by_loadtxt("1\t2 # a\tb\n3\t4\n", "tab")
by_loadtxt("1 nan\nNaN 2\n-inf +Infinity\n")
by_loadtxt("1. .5\n+1e+05 -2.E-3\n")
by_loadtxt("1e400 -1e400\n1e-400 0x1p3\n".replace("0x1p3", "-0.0"))
by_loadtxt("0.1 0.30000000000000004\n2.2250738585072011e-308 179769313486231580793728971405301e276\n")
# Names, in a comment too.
by_genfromtxt("# a,b\n1,2\n3,4\n")
by_genfromtxt("#a,b\n1,2\n")
by_genfromtxt("#\n# a,b\n1,2\n3,4\n")
by_genfromtxt("a,b\n1,2\n3,4\n")
by_genfromtxt("# a b c\n1 2 3\n4 5 6\n", "spaces")
by_pandas("# made by hand\na,b\n1,2\n3,4\n")
by_pandas("\na,b\n\n1,2\n\n\n3,4\n\n")
by_pandas("a,b\n1,2 # c\n# d\n3,4\n")
by_pandas("a b # c\n1 2\n3 4\n", "spaces")
by_pandas("a b,c,é정\n1,2,3\n")
by_pandas("a#,b\n1,2\n", comment="none")
by_pandas("a,b\r\n1,2\r\n3,4")
by_pandas('"a","b, c"\n"1","2"\n')
# Missing values.
by_pandas("age,height,weight\n34,,71.5\n?,180,80\n51,165,NA\n")
by_pandas("age,height,weight\n34,,71.5\n?,180,80\n51,165,NA\n60,170,70\n", missing="drop")
by_pandas("1,N/A\nn/a,2\n<NA>,NULL\nnull,None\n#N/A,#NA\n", header="absent", comment="none")
by_pandas("1,1.#IND\n-1.#IND,2\n1.#QNAN,-1.#QNAN\nnan,NaN\n3,#N/A N/A\n", header="absent", comment="none")
by_pandas(",1\n2,\n,\n3,4\n", header="absent")
by_pandas("1,2\n, 3\n4 , \n", header="absent")
by_pandas("NA,1\n2,3\n", header="absent")
by_pandas("a,b\n\"\",1\n\"NA\",2\n")
by_pandas("a;b\n1;\n;2\n", "semicolon")
by_pandas("a\tb\tc\n1\t\t3\n\t\t\n4\t5\t6\n", "tab")
by_pandas("a b\n1 NA\n? 2\n", "spaces")
by_pandas("1,2,NA\n3,4,5\n", header="absent", missing="drop")
# A separator at the end of every line.
by_pandas("1,2,3,\n4,5,6,\n", header="absent", ends=True)
by_pandas("a,b,c\n1,2,3,\n4,5,6,\n", ends=True)
by_pandas("1;2;\n3;4;", "semicolon", "absent", ends=True)
by_pandas("1\t2\t\n3\t4\t\n", "tab", "absent", ends=True)
by_pandas("1,2, \r\n3,4, \r\n", header="absent", ends=True)
by_pandas("1,2,\n3,4,5\n", header="absent")
by_pandas("a,b,c\n1,2,\n3,4,\n")
# Labels.
IRIS = "5.1,3.5,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n6.3,3.3,6.0,2.5,Iris-virginica\n\n"
by_pandas(IRIS, header="absent", label=4)
by_pandas("5,3,b\n7,4,a\n6,3,b\n", header="absent", label=2)
by_pandas("kind,x,y\nB,1,2\na,3,4\nA,5,6\nb,7,8\n", label=0)
by_pandas("kind,x,y\nB,1,2\na,3,4\nA,5,6\nb,7,8\n", label="kind")
by_pandas("x,kind,y\n1, two words ,2\n3,\"a, b\",4\n5,정류,6\n7,é,8\n", label="kind")
by_pandas("1,14.2,1.7\n3,13.2,1.8\n2,13.1,2.3\n10,12,2\n", header="absent", label=0)
by_pandas("x,y\n0.5,-1\n0.25,1\n0.75,-1\n", label="y")
by_pandas("x,y,k\n1,,a\n?,4,b\n5,6,b\n7,8,c\n", missing="nan", label="k")
by_pandas("x,y,k\n1,,a\n?,4,b\n5,6,b\n7,8,\n9,1,c\n", missing="drop", label="k")
by_pandas("x k\n1 a # c\n2 b\n", "spaces", label="k")
by_pandas("x,k,\n1,b,\n2,a,\n", label="k", ends=True)
by_pandas("M,842302,17.99\nB,842517,20.57\nM,84300903,19.69\n", header="absent", label=0)
by_pandas("note,hz\nC,261.6\nC#,277.2\nD,293.7\nC#,277.2\n", comment="none", label="note")
by_pandas("k,x\n\"say \"\"hi\"\"\",1\nb,2\n", label="k")

SPELLINGS = (
    "float64 double d f8 <d >d =d |d <f8 >f8 =f8 |f8 float f <f >f single float32 f4 half float16 e f2 <e >e int int_ intp "
    "uintp p P n N l <l >l L long ulong i >i I intc uintc h >h H short ushort b B byte ubyte q >q Q longlong ulonglong int8 "
    "int16 int32 int64 uint8 uint16 uint32 uint64 uint bool bool_ ? b1 <b1 |? >? i1 u1 <u1 |u1 >B >b f08 <f08 >i04 u01 U3 "
    "<U3 >U3 U03 S3 |S3 <S3 a3 c |c str S bytes str_ bytes_ q8 d8 !f8 @f8 <double >int32 =float64 |uint8 g longdouble "
    "float128 f16 F D complex complex64 c16 G O object M M8 m m8 V V3 void T Float64 FLOAT64 F8 float_ float8 int0 Int64 "
    "double64 b8 f3 i16 h2 ?1 c1 B1 f8,f8 3f8 string s8 half2 < = i u f-8 <f4x"
).split() + [" f8", "f8 ", "d ", "< f8", ""]


def spelling(descr):
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': (1,), }}".encode()
    try:
        dtype = np.dtype(descr)
        data = bytes(range(1, 1 + dtype.itemsize)) if dtype.kind != "b" else b"\1"
        data = b"a\0\0\0" * (dtype.itemsize // 4) if dtype.kind == "U" else data
        file = b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header + data
        array = np.load(io.BytesIO(file))
        return array.dtype.str if array.dtype.kind in "biufUS" and array.dtype.str not in ("<f16",) else "-"
    except Exception:
        return "-"


folder = pathlib.Path(__file__).parent
folder.joinpath("tables.txt").write_text("\n".join(TABLES) + "\n", encoding="utf-8", newline="\n")
lines = [f"{s}\t{'-' if s == '' else spelling(s)}\n" for s in SPELLINGS]
folder.joinpath("dtypes.txt").write_text("".join(lines), newline="\n")
print(len(TABLES) // 5, "tables,", len(lines), "spellings")
