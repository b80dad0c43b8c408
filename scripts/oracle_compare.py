#!/usr/bin/env python3
"""Random effects computed independently of engine/ana: numbers for tests/unit/test_compare.c.

Run:  /usr/bin/python3 scripts/oracle_compare.py      (numpy, scipy)

Paule-Mandel and the Q-profile interval by scipy's root finder on Cochran's Q, DerSimonian-Laird in closed form, the
p values from scipy.stats.  The output is pasted into the test as it is.
"""
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


for name, (y, s) in CASES.items():
    numbers = random_effects(y, s)
    print(f'{{"{name}", {len(y)}, {{{", ".join(map(str, y))}}}, {{{", ".join(map(str, s))}}},')
    print(" " + ", ".join(f".{key} = {value:.15g}" for key, value in numbers.items()) + "},")

LEVELS = [[-5.60, -5.71, -5.66, -5.52], [-5.41, -5.55, -5.38], [-5.80, -5.62, -5.77, -5.70, -5.69]]
print("anova of levels:", f"{anova(LEVELS):.15g}")
print("  means", [float(np.mean(g)) for g in LEVELS], "se", [float(np.std(g, ddof=1) / np.sqrt(len(g))) for g in LEVELS])
