#!/usr/bin/env python3
"""Random effects computed independently of engine/comparison: numbers for tests/unit/engine/comparison/test_compare.c.

Run:  /usr/bin/python3 scripts/oracle_compare.py [PROGRAM]     (numpy, scipy)

With the program compare_numbers (tests/unit) its answers are checked on these and on many drawn data sets: test
compare_oracle.  Without, numbers are printed for tests/unit/engine/comparison/test_compare.c.

Paule-Mandel and the Q-profile interval by scipy's root finder on Cochran's Q, DerSimonian-Laird in closed form, the
p values from scipy.stats.  The output is pasted into the test as it is.
"""
import subprocess
import sys

import numpy as np
from scipy import optimize, stats

CASES = {
    # log10 D at 500 K and standard errors: moderate spread
    "moderate": ([-5.61, -5.48, -5.90, -5.35, -5.72, -5.66], [0.05, 0.08, 0.06, 0.10, 0.04, 0.07]),
    # no spread beyond the errors
    "homogeneous": ([-6.02, -5.97, -6.01, -5.99], [0.06, 0.05, 0.08, 0.04]),
    # decades apart, unequal errors
    "wide": ([-4.2, -5.1, -6.4], [0.02, 0.30, 0.11]),
}


LEVELS = [[-5.60, -5.71, -5.66, -5.52], [-5.41, -5.55, -5.38], [-5.80, -5.62, -5.77, -5.70, -5.69]]


def q_of(tau2, y, s2):
    w = 1 / (s2 + tau2)
    mean = np.sum(w * y) / np.sum(w)
    return np.sum(w * (y - mean) ** 2)


def solve(target, y, s2):
    if q_of(0.0, y, s2) <= target:
        return 0.0
    return optimize.brentq(lambda t: q_of(t, y, s2) - target, 0.0, 1e4, xtol=1e-18, rtol=1e-15, maxiter=1000)


def random_effects(y, s):
    y, s2 = np.array(y), np.array(s) ** 2
    k = len(y)
    w = 1 / s2
    q = q_of(0.0, y, s2)
    pm = solve(k - 1, y, s2)
    return {
        "tau": np.sqrt(pm),
        "tau_lo": np.sqrt(solve(stats.chi2.ppf(0.975, k - 1), y, s2)),
        "tau_hi": np.sqrt(solve(stats.chi2.ppf(0.025, k - 1), y, s2)),
        "tau_dl": np.sqrt(max(0.0, (q - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()))),
        "q": q,
        "q_p": stats.chi2.sf(q, k - 1),
        "i2": max(0.0, (q - (k - 1)) / q),
        "mean": np.average(y, weights=1 / (s2 + pm)),
    }


def anova(groups):
    """p of equal means, glasses as the error stratum."""
    return stats.f_oneway(*groups).pvalue


def ancova(groups):
    """p of one slope, and of one level given one slope; groups of rows (level, Ea).

    The second by two general least-squares fits of the levels with the Ea as a regressor."""
    slope = anova([g[:, 1] for g in groups])
    level = np.concatenate([g[:, 0] for g in groups])
    ea = np.concatenate([g[:, 1] for g in groups])
    owner = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    own = (owner[:, None] == np.arange(len(groups))).astype(float)

    def rss(x):
        return np.sum((level - x @ np.linalg.lstsq(x, level, rcond=None)[0]) ** 2)

    n, k = len(level), len(groups)
    one, each = rss(np.c_[np.ones(n), ea]), rss(np.c_[own, ea])
    return slope, stats.f.sf((one - each) / (k - 1) / (each / (n - k - 1)), k - 1, n - k - 1)


def print_numbers():
    for name, (y, s) in CASES.items():
        numbers = random_effects(y, s)
        print(f'{{"{name}", {len(y)}, {{{", ".join(map(str, y))}}}, {{{", ".join(map(str, s))}}},')
        print(" " + ", ".join(f".{key} = {value:.15g}" for key, value in numbers.items()) + "},")
    print("anova:", f"{anova(LEVELS):.15g}", "means", [float(np.mean(g)) for g in LEVELS],
          "se", [float(np.std(g, ddof=1) / np.sqrt(len(g))) for g in LEVELS])


def drawn_effects(rng):
    """Spreads from nothing to ten times the errors, errors that differ by factors; two compositions have no spread."""
    for k in (3, 4, 5, 8, 27):
        for tau in (0.0, 0.0, 0.0, 0.02, 0.1, 0.3, 1.0):
            s = 0.1 * np.exp(0.7 * rng.normal(size=k))
            yield list(-5 + tau * rng.normal(size=k) + s * rng.normal(size=k)), list(s)


def drawn_lines(rng):
    """Compositions of different numbers of glasses whose levels go along with their Ea; no outlying glass."""
    for k in (2, 3, 8):
        for spread in (0.0, 0.1, 0.3):
            groups = []
            for _ in range(k):
                ea = 0.3 + 0.015 * rng.uniform(-1, 1, size=rng.integers(2, 7))
                level = spread * rng.normal() - 5 * (ea - 0.3) + 0.05 * rng.uniform(-1, 1, size=len(ea))
                groups.append(np.c_[level, ea])
            yield groups


def check(program):
    rng = np.random.default_rng(9)
    effects = list(CASES.values()) + list(drawn_effects(rng))
    lines = list(drawn_lines(rng))
    text, want = [], []
    for y, s in effects:
        text.append(f"effects {len(y)} " + " ".join(f"{a!r} {b!r}" for a, b in zip(map(float, y), map(float, s))))
        want.append(list(random_effects(y, s).values()))
    for groups in lines:
        text.append(f"lines {len(groups)} " + " ".join(
            f"{len(g)} " + " ".join(f"{float(a)!r} {float(e)!r}" for a, e in g) for g in groups))
        want.append(list(ancova(groups)))
    run = subprocess.run([program], input="\n".join(text), capture_output=True, text=True, check=True)
    got = [[float(x) for x in line.split()] for line in run.stdout.splitlines()]
    zeros = sum(w[0] == 0 for w in want[:len(effects)])
    worst = 0.0
    for t, g, w in zip(text, got, want, strict=True):
        off = np.max(np.abs(np.array(g) - np.array(w)) / np.maximum(1, np.abs(w)))
        worst = max(worst, off)
        if not off <= 1e-6:
            sys.exit(f"{t}\n  got      {g}\n  expected {w}")
    if zeros < 5:
        sys.exit(f"only {zeros} data sets have tau = 0")
    print(f"{len(effects)} random-effects data sets ({zeros} with tau = 0), {len(lines)} analyses of covariance: "
          f"largest difference {worst:.1e}")


if len(sys.argv) > 1:
    check(sys.argv[1])
else:
    print_numbers()
