"""Prints the constants of src/vecmath/exp.rs, ln.rs and exact/wide.rs: `python3 vecmath_constants.py`, with mpmath.

Polynomials are those whose largest weighted error is smallest (Remez's exchange), their coefficients rounded to f64.
"""
import struct
from mpmath import exp, floor, log, lu_solve, matrix, mp, mpf

mp.prec = 500


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def rust(pattern):
    digits = f"{pattern % 2**64:016x}"
    return "0x" + "_".join(digits[i:i + 4] for i in range(0, 16, 4))


def best(f, weight, low, high, degree):
    """The polynomial p that makes the largest weight(r)·|p(r) - f(r)| smallest, rounded to f64."""
    grid = [low + (high - low) * (i + mpf(1) / 2) / 2000 for i in range(2000)]
    values, weights = [f(r) for r in grid], [weight(r) for r in grid]
    picked = [round(1999 * (i + 0.5) / (degree + 2)) for i in range(degree + 2)]
    for _ in range(30):
        a, b = matrix(degree + 2, degree + 2), matrix(degree + 2, 1)
        for row, i in enumerate(picked):
            for column in range(degree + 1):
                a[row, column] = grid[i] ** column
            a[row, degree + 1] = (-1) ** row / weights[i]
            b[row] = values[i]
        solution = lu_solve(a, b)
        p = [solution[i] for i in range(degree + 1)]
        errors = [w * (sum(c * r ** k for k, c in enumerate(p)) - y) for r, y, w in zip(grid, values, weights)]
        # The largest error of each stretch of one sign.
        peaks = []
        for i, e in enumerate(errors):
            if peaks and errors[peaks[-1]] * e > 0:
                if abs(e) > abs(errors[peaks[-1]]):
                    peaks[-1] = i
            else:
                peaks.append(i)
        while len(peaks) > degree + 2:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        if len(peaks) < degree + 2 or peaks == picked:
            break
        picked = peaks
    rounded = [float(c) for c in p]
    off = max(w * abs(sum(c * r ** k for k, c in enumerate(rounded)) - y) for r, y, w in zip(grid, values, weights))
    return rounded, float(log(off, 2))


def show(name, p, off):
    print(f"{name}, lowest order first; largest weighted error 2^{off:.2f}:")
    for c in p:
        print(f"    {rust(bits(c))}, // {c!r}")


step = log(mpf(2)) / 32
half = step / 2
high = float(step)
print(f"32/ln 2: {rust(bits(float(1 / step)))}; ln 2/32: {rust(bits(high))} and {rust(bits(float(step - mpf(high))))}")


def cubic(r):
    """(e^r - 1 - r - r^2/2)/r^3, by its series."""
    term, total = mpf(1) / 6, mpf(0)
    for k in range(4, 60):
        total, term = total + term, term * r / k
    return total


show("exp's cubic part, weight r^2", *best(cubic, lambda r: r * r, -half, half, 4))
print("2^(j/32), its bits less j 2^47:")
for j in range(32):
    print(f"    {rust(bits(float(mpf(2) ** (mpf(j) / 32))) - (j << 47))},")
print("what the rounding left out, over the rounded value:")
for j in range(32):
    exact = mpf(2) ** (mpf(j) / 32)
    rounded = mpf(float(exact))
    print(f"    {rust(bits(float((exact - rounded) / rounded)))},")

print("2^(j/32) times 2^127, and ln 2/32 times 2^192:")
for j in range(32):
    print(f"    0x{int(floor(mpf(2) ** (mpf(j) / 32 + 127))):032x},")
print(f"    0x{int(floor(step * mpf(2) ** 192)):x}")

# x = 2^k m, m within half a step of 1 + j/32; 1/c a multiple of 2^-7 (2^-6 where m/c - 1 may be 2^-6 or more, so that
# it is an f64), the one with the smallest largest |m/c - 1|.
print("1/c, its bits plus j 2^47; ln c - j ln 2/32 to its 42nd bit after the point; the rest:")
step_high = floor(step * mpf(2) ** 42) / mpf(2) ** 42
print(f"ln 2/32 to its 42nd bit: {rust(bits(float(step_high)))}, rest {rust(bits(float(step - step_high)))}")
columns, ends_of_r = [], []
for j in range(32):
    low = 1 - mpf(1) / 128 if j == 0 else 1 + (mpf(j) - mpf(1) / 2) / 32
    top = 2 - mpf(1) / 64 if j == 31 else 1 + (mpf(j) + mpf(1) / 2) / 32
    choices = []
    for i in range(63, 129):
        r = [low * i / 128 - 1, top * i / 128 - 1]
        size = max(map(abs, r))
        if i % 2 == 0 or size <= mpf(2) ** -6:
            choices.append((size, i, r))
    size, i, r = (None, 128, [low - 1, top - 1]) if j == 0 else min(choices)
    ends_of_r.append((j, i, r))
    offset = -log(mpf(i) / 128) - j * step
    first = floor(offset * mpf(2) ** 42) / mpf(2) ** 42
    columns.append((bits(i / 128) + (j << 47), bits(float(first)), bits(float(offset - first))))
for column in zip(*columns):
    print("[")
    for pattern in column:
        print(f"    {rust(pattern)},")
    print("]")
low_r, high_r = min(r[0] for _, _, r in ends_of_r), max(r[1] for _, _, r in ends_of_r)
print("r from", float(low_r), "to", float(high_r))
for j, i, r in ends_of_r:
    print(f"  j {j}: 1/c {i}/128, r from {float(r[0]):.5f} to {float(r[1]):.5f}")


def cubic_of_ln(r):
    """(ln(1 + r) - r + r^2/2)/r^3, by its series."""
    return sum((-1) ** (k + 1) * r ** (k - 3) / k for k in range(3, 110))


for degree in (6, 7):
    show("ln's cubic part, weight r^2", *best(cubic_of_ln, lambda r: r * r, low_r, high_r, degree))
