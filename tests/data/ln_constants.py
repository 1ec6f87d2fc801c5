"""Prints the constants of src/vecmath/ln.rs: `python3 ln_constants.py`, with mpmath.

Table: x = 2^k m with m within half a step of 1 + j/16. 1/c_j is the multiple of 1/32 for which the largest
|m / c_j - 1| is smallest, but 1 for j = 0 and 1/2 for j = 15, so that numbers on either side of 1 have ln c_j + k ln 2 = 0;
its bits plus j 2^48. ln c_j - j ln 2/16 stands beside it in two parts, the first to its 42nd bit after the point.
Polynomial: ln(1 + r) = r + r^2 p(r), p of degree 9. p meets (ln(1 + r) - r) / r^2 at the ten roots of the Chebyshev
polynomial T10 stretched over the interval of all r; its coefficients are then rounded to f64.
"""
import struct
from mpmath import cos, floor, log, lu_solve, matrix, mp, mpf, pi

mp.prec = 400
DEGREE = 9


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def rust(pattern):
    digits = f"{pattern % 2**64:016x}"
    return "0x" + "_".join(digits[i:i + 4] for i in range(0, 16, 4))


def to_42_bits(x):
    return floor(x * mpf(2) ** 42) / mpf(2) ** 42


def exact_p(r):
    """(ln(1 + r) - r) / r^2, by its series."""
    return sum((-1) ** (k + 1) * r ** (k - 2) / k for k in range(2, 140))


step = log(mpf(2)) / 16
step_high = to_42_bits(step)
print("1/c, its bits plus j 2^48; ln c - j ln 2/16, high; low:")
low_r, high_r = mpf(0), mpf(0)
for j in range(16):
    # Above 1 a step of m is 1/16, below it is half of that.
    ends = [1 + (mpf(j) - (mpf(1) / 4 if j == 0 else mpf(1) / 2)) / 16, 1 + (mpf(j) + mpf(1) / 2) / 16]
    if j == 15:
        ends[1] = mpf(2) - mpf(1) / 32
    size = lambda i: max(abs(e * i / 32 - 1) for e in ends)
    i = {0: 32, 15: 16}.get(j) or min(range(15, 33), key=size)
    inverse = mpf(i) / 32
    low_r, high_r = min(low_r, ends[0] * inverse - 1), max(high_r, ends[1] * inverse - 1)
    offset = -log(inverse) - j * step
    if j == 15:  # ln 2/16, whose parts cancel with those of the step
        high, low = step_high, float(step - step_high)
    else:
        high = to_42_bits(offset)
        low = float(offset - high)
    assert float(high) == high
    print(f"    {rust(bits(float(inverse)) + (j << 48))}  {rust(bits(float(high)))}  {rust(bits(low))}"
          f"  {i}/32, r from {float(ends[0] * inverse - 1):.4f} to {float(ends[1] * inverse - 1):.4f}")
print(f"r from {float(low_r)!r} to {float(high_r)!r}")

n = DEGREE + 1
middle, half = (high_r + low_r) / 2, (high_r - low_r) / 2
nodes = [middle + half * cos(pi * (2 * i + 1) / (2 * n)) for i in range(n)]
powers, values = matrix(n, n), matrix(n, 1)
for row, r in enumerate(nodes):
    values[row] = exact_p(r)
    for column in range(n):
        powers[row, column] = r ** column
p = [float(c) for c in lu_solve(powers, values)]
print("p, lowest order first:")
for c in p:
    print(f"    {rust(bits(c))} = {c!r}")
grid = [low_r + (high_r - low_r) * i / 2000 for i in range(2001)]
off = [(r, abs(sum(c * r ** i for i, c in enumerate(p)) - exact_p(r))) for r in grid]
print(f"largest error of r^2 p: {float(max(r * r * e for r, e in off)):.3g},"
      f" relative to r {float(max(abs(r) * e for r, e in off)):.3g}")
