"""Coefficients of the polynomials in csrc/simd/math.hpp and csrc/defs/activations/parts.hpp, and the error of each.

    python tools/minimax.py            all of them
    python tools/minimax.py exp erfc   some

Each polynomial p makes the largest weighted error |w(x) (p(x) - f(x))| on an interval as small as it can be: Remez'
exchange algorithm in 60 digits, then rounding of the coefficients to double (or float). Needs mpmath.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp

mp.mp.dps = 60
Real = Callable[[mp.mpf], mp.mpf]


@dataclass(frozen=True)
class Fit:
    """A polynomial of the given degree for f on [low, high]; weight scales the error to that of the final result."""

    name: str
    f: Real
    low: str
    high: str
    degree: int
    weight: Real
    single: bool = False


def remez(fit: Fit) -> tuple[list[mp.mpf], mp.mpf]:
    """Coefficients (lowest first) and the largest weighted error."""
    low, high = mp.mpf(fit.low), mp.mpf(fit.high)
    count = fit.degree + 2
    middle, radius = (low + high) / 2, (high - low) / 2
    nodes = [middle - radius * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    grid = [middle - radius * mp.cos(mp.pi * i / 3000) for i in range(3001)]
    values = [(fit.f(x), fit.weight(x)) for x in grid]
    worst = mp.mpf(0)
    coefficients: list[mp.mpf] = []
    for _ in range(12):
        rows = [[x**j for j in range(count - 1)] + [(-1) ** i / fit.weight(x)] for i, x in enumerate(nodes)]
        solution = mp.lu_solve(mp.matrix(rows), mp.matrix([fit.f(x) for x in nodes]))
        coefficients = list(solution[: count - 1])
        errors = [w * (mp.polyval(coefficients[::-1], x) - f) for x, (f, w) in zip(grid, values, strict=True)]
        worst = max(map(abs, errors))
        if worst < abs(solution[count - 1]) * mp.mpf("1.0001"):
            break
        nodes = extrema(grid, errors, count) or nodes
    return coefficients, worst


def extrema(grid: list[mp.mpf], errors: list[mp.mpf], count: int) -> list[mp.mpf] | None:
    """Where each run of errors of one sign is worst, for the `count` neighbouring runs with the largest errors."""
    peaks: list[tuple[mp.mpf, mp.mpf]] = []
    for x, e in zip(grid, errors, strict=True):
        if peaks and peaks[-1][1] * e > 0:
            if abs(e) > abs(peaks[-1][1]):
                peaks[-1] = (x, e)
        else:
            peaks.append((x, e))
    while len(peaks) > count:
        peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
    return [x for x, _ in peaks] if len(peaks) == count else None


def relative(f: Real) -> Real:
    """The weight that makes the error relative to f."""
    return lambda x: 1 / f(x)


LN2_HALF = "0.34664"


def exp_tail(r: mp.mpf) -> mp.mpf:
    """(e^r - 1 - r) / r^2."""
    return mp.mpf(1) / 2 + r / 6 if abs(r) < mp.mpf("1e-20") else (mp.expm1(r) - r) / r**2


def log_tail(z: mp.mpf) -> mp.mpf:
    """(log((1 + s) / (1 - s)) - 2 s) / (s z) with z = s^2."""
    s = mp.sqrt(z)
    return mp.mpf(2) / 3 + 2 * z / 5 if z < mp.mpf("1e-20") else (2 * mp.atanh(s) - 2 * s) / (s * z)


def atan_tail(z: mp.mpf) -> mp.mpf:
    """(atan(t) - t) / t^3 with z = t^2."""
    t = mp.sqrt(z)
    return -mp.mpf(1) / 3 + z / 5 if z < mp.mpf("1e-20") else (mp.atan(t) - t) / (t * z)


def sin_tail(z: mp.mpf) -> mp.mpf:
    """(sin r - r) / r^3 with z = r^2."""
    r = mp.sqrt(z)
    return -mp.mpf(1) / 6 + z / 120 if z < mp.mpf("1e-20") else (mp.sin(r) - r) / (r * z)


def cos_tail(z: mp.mpf) -> mp.mpf:
    """(cos r - 1 + r^2 / 2) / r^4 with z = r^2."""
    r = mp.sqrt(z)
    return mp.mpf(1) / 24 - z / 720 if z < mp.mpf("1e-15") else (mp.cos(r) - 1 + z / 2) / z**2


def erf_ratio(z: mp.mpf) -> mp.mpf:
    """erf(x) / x - 1 with z = x^2."""
    x = mp.sqrt(z)
    return 2 / mp.sqrt(mp.pi) - 1 if z < mp.mpf("1e-40") else mp.erf(x) / x - 1


def erfcx_scaled(t: mp.mpf) -> mp.mpf:
    """(1 + 2 x) e^(x^2) erfc(x) with t = (x - 4) / (x + 4)."""
    x = 4 * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def logarithm_tail(w: mp.mpf) -> mp.mpf:
    """(log(1 + e) - s) / s^3 with w = s^2 and s = e / (1 + e / 2)."""
    s = mp.sqrt(w)
    return mp.mpf(1) / 12 + w / 80 if w < mp.mpf("1e-15") else (2 * mp.atanh(s / 2) - s) / (s * w)


def tanh_tail(w: mp.mpf) -> mp.mpf:
    """(a - tanh a) / a^3 with w = a^2."""
    a = mp.sqrt(w)
    return mp.mpf(1) / 3 - 2 * w / 15 if w < mp.mpf("1e-15") else (a - mp.tanh(a)) / (a * w)


def normal_tail(k: str) -> Real:
    """e^(a^2 / 2) P(-a) / t as a function of t - 1/2, with t = 1 / (1 + k a)."""

    def scaled(x: mp.mpf) -> mp.mpf:
        t = x + mp.mpf(1) / 2
        a = (1 / t - 1) / mp.mpf(k)
        return mp.exp(a * a / 2) * mp.erfc(a / mp.sqrt(2)) / (2 * t)

    return scaled


def end_of(k: str, a: str) -> str:
    """t - 1/2 at a."""
    return mp.nstr(1 / (1 + mp.mpf(k) * mp.mpf(a)) - mp.mpf(1) / 2, 20)


def one(_: mp.mpf) -> mp.mpf:
    return mp.mpf(1)


FITS = (
    Fit("exp", exp_tail, "-" + LN2_HALF, LN2_HALF, 10, lambda r: r * r / mp.exp(r)),
    Fit("exp_single", exp_tail, "-" + LN2_HALF, LN2_HALF, 4, lambda r: r * r / mp.exp(r), single=True),
    Fit("log", log_tail, "0", "0.02944", 6, lambda z: z / 2),
    Fit("atan", atan_tail, "0", "0.17158", 11, lambda z: z),
    Fit("sin", sin_tail, "0", "0.61686", 5, lambda z: z),
    Fit("cos", cos_tail, "0", "0.61686", 5, lambda z: z * z),
    Fit("sin_for_float", sin_tail, "0", "0.61686", 3, lambda z: z),
    Fit("cos_for_float", cos_tail, "0", "0.61686", 3, lambda z: z * z),
    Fit("erf", erf_ratio, "0", "1", 12, one),
    Fit("erfc", erfcx_scaled, "-1", "0.75", 22, relative(erfcx_scaled)),
    Fit("less_one", exp_tail, "-0.7", "0", 10, relative(exp_tail)),
    Fit("less_one_single", exp_tail, "-0.7", "0", 5, relative(exp_tail)),
    Fit("log_one_plus", logarithm_tail, "0", "0.44445", 9, relative(logarithm_tail)),
    Fit("log_one_plus_single", logarithm_tail, "0", "0.44445", 3, relative(logarithm_tail)),
    Fit("hyperbolic", tanh_tail, "0", "0.765625", 14, relative(tanh_tail)),
    Fit("hyperbolic_single", tanh_tail, "0", "0.765625", 6, relative(tanh_tail)),
    Fit("normal_tail", normal_tail("0.25"), end_of("0.25", "38.8"), "0.5", 22, relative(normal_tail("0.25"))),
    Fit("normal_tail_single", normal_tail("0.5"), end_of("0.5", "14.6"), "0.5", 11, relative(normal_tail("0.5"))),
)


def main(names: list[str]) -> None:
    """Print the coefficients of the named fits, or of all."""
    for fit in FITS:
        if names and fit.name not in names:
            continue
        coefficients, worst = remez(fit)
        bits = mp.nstr(mp.log(worst, 2), 4)
        print(f"// {fit.name}: degree {fit.degree} on [{fit.low}, {fit.high}], error {mp.nstr(worst, 3)} = 2^{bits}")
        print(", ".join(mp.nstr(c, 9 if fit.single else 17) for c in coefficients))


if __name__ == "__main__":
    main(sys.argv[1:])
