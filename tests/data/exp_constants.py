"""Prints the constants of src/vecmath/exp.rs: `python3 exp_constants.py`, with mpmath.

Polynomial: e^r - 1 = r + r^2 q(r) for |r| <= h = ln 2 / 32, q of degree 5. q meets (e^r - 1 - r) / r^2 at the six roots
other than 0 of the Chebyshev polynomial T7(r / h), so that the error relative to r is close to a multiple of T7, the
smallest largest one; its coefficients are then rounded to f64.
Table: 2^(j/16), rounded, its bits less j 2^48; and what the rounding left out, as a fraction of the rounded value.
"""
import struct
from mpmath import cos, log, lu_solve, matrix, mp, mpf, pi

mp.prec = 400


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def rust(pattern):
    digits = f"{pattern:016x}"
    return "0x" + "_".join(digits[i:i + 4] for i in range(0, 16, 4))


def exact_q(r):
    """(e^r - 1 - r) / r^2, by its series."""
    term, total = mpf(1) / 2, mpf(0)
    for k in range(3, 90):
        total, term = total + term, term * r / k
    return total


step = log(mpf(2)) / 16
h = step / 2
nodes = [h * cos(pi * (2 * i + 1) / 14) for i in range(7) if i != 3]
powers, values = matrix(6, 6), matrix(6, 1)
for row, r in enumerate(nodes):
    values[row] = exact_q(r)
    for column in range(6):
        powers[row, column] = r ** column
q = [float(c) for c in lu_solve(powers, values)]
print("q, lowest order first:")
for c in q:
    print(f"    {rust(bits(c))} = {c!r}")
grid = [-h + 2 * h * i / 4000 for i in range(4001)]
worst = max(abs(r * (sum(c * r ** i for i, c in enumerate(q)) - exact_q(r))) for r in grid)
print(f"largest error relative to r: {float(worst):.3g} = {float(worst * 2 ** 53):.4f} of 2^-53")

high = mpf(int(step * mpf(2) ** 42)) / mpf(2) ** 42  # 38 bits: n has 15, so n times it is exact
low = float(step - high)
print(f"16 / ln 2: {rust(bits(float(1 / step)))}")
print(f"ln 2 / 16, high: {rust(bits(float(high)))}, low: {rust(bits(low))}; left out {float(step - high - low):.3g}")
print("table:")
for j in range(16):
    exact = mpf(2) ** (mpf(j) / 16)
    rounded = float(exact)
    print(f"    {rust(bits(rounded) - (j << 48))}  {rust(bits(float((exact - rounded) / rounded)))}")
