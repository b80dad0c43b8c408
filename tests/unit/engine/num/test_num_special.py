#!/usr/bin/python3
"""Print the table of test_num_special.c: distribution functions and quantiles by scipy.

    /usr/bin/python3 tests/unit/engine/num/test_num_special.py > tests/unit/engine/num/test_num_special.h"""
import scipy
from scipy.optimize import brentq
from scipy.stats import chi2, f, norm, t

P = [1e-10, 1e-4, 0.005, 0.025, 0.3, 0.5, 0.6, 0.95, 0.975, 0.9995]
DOF = [1, 2, 3, 4.5, 9, 30, 200, 5000]


def t_ppf(p, d):
    """scipy's t.ppf has errors of 1e-9 (at d = 1, where it is a cotangent), so its t.cdf is inverted instead."""
    tail = min(p, 1 - p)
    x = brentq(lambda y: t.cdf(y, d) / tail - 1, -1e11, -1e-11, xtol=1e-300, maxiter=1000) if tail < 0.5 else 0.0
    return x if p < 0.5 else -x


def table(name, rows):
    width = len(rows[0])
    print(f"static const double {name}[][{width}] = {{")
    for row in rows:
        print("    {" + ", ".join(repr(float(v)) for v in row) + "},")
    print("};")


print(f"/* scipy {scipy.__version__}; made by test_num_special.py, which says how. */")
print("/* clang-format off */")
table("normal_cdf", [(x, norm.cdf(x)) for x in (-37, -8, -3, -1, -1e-3, 0, 0.5, 1.96, 5)])
table("normal_quantile", [(p, norm.ppf(p)) for p in P])
table("t_cdf", [(x, d, t.cdf(x, d)) for d in DOF for x in (-50, -3, -0.7, -1e-6, 0.2, 2.5, 12)])
table("t_quantile", [(p, d, t_ppf(p, d)) for d in DOF for p in P])
table("chi2_cdf", [(x * d, d, chi2.cdf(x * d, d)) for d in DOF for x in (1e-3, 0.4, 0.9, 1, 1.1, 2.5)])
table("chi2_quantile", [(p, d, chi2.ppf(p, d)) for d in DOF for p in P])
table("f_cdf", [(x, a, b, f.cdf(x, a, b)) for a in (1, 2, 5, 40) for b in (1, 3, 12, 300) for x in (1e-4, 0.5, 1, 3, 40)])
