#!/usr/bin/python3
"""Arrhenius plot of a store: plot_arrhenius.py results.h5 [FIGURE.png]

With matplotlib and a file name a figure, else a table.  Points: the diffusion coefficient of the alkali over all glasses
at each temperature with the 95 % interval that the store holds (/pool/D_alkali); lines: the fit of each composition,
log10 D = log10 D(T_ref) - Ea / (k ln 10) (1/T - 1/T_ref), with the interval of Ea.  What has no interval, or one wider
than three decades, is not resolved: no point, no number."""
import sys

import h5py
import numpy as np

K_EV = 8.617333262e-5
WIDEST = 1e3
POINTS = ("value", "lo95", "hi95")


def load(path):
    with h5py.File(path, "r") as f:
        names = [n.decode() for n in f["compositions/name"]]
        missing = [p for p in ("pool/D_alkali/lo95", "fits/D_alkali/ea_lo95_ev") if p not in f]
        if missing:
            sys.exit(f"{path}: no /{missing[0]}: the store was written by an older build and holds no 95 % intervals")
        fit = {k: f[f"fits/D_alkali/{k}"][:] for k in ("ea_ev", "ea_lo95_ev", "ea_hi95_ev", "log10_ref", "t_ref_k")}
        pool = {k: f[f"pool/D_alkali/{k}"][:] for k in POINTS}
        pool["n_glasses"], t = f["pool/D_alkali/n_glasses"][:], f["pool/temperature"][:]
    with np.errstate(invalid="ignore", divide="ignore"):
        good = np.all([np.isfinite(pool[k]) & (pool[k] > 0) for k in POINTS], axis=0)
        good &= pool["hi95"] / pool["lo95"] <= WIDEST
        fit["resolved"] = np.all([np.isfinite(fit[k]) for k in fit], axis=0)
    return names, fit, t, pool, good


def table(names, fit, t, pool, good):
    print(f"{'composition':24} {'T / K':>7} {'glasses':>7} {'D / cm^2 s^-1':>14} [95 % interval]")
    for k, name in enumerate(names):
        for j in np.argsort(t):
            value, lo, hi = (pool[p][k, j] for p in POINTS)
            text = f"{value:14.3e} [{lo:.2e}, {hi:.2e}]" if good[k, j] else f"{'not resolved':>14}"
            print(f"{name:24} {t[j]:7.1f} {pool['n_glasses'][k, j]:7d} {text}")
    for k, name in enumerate(names):
        ea, lo, hi = (fit[p][k] for p in ("ea_ev", "ea_lo95_ev", "ea_hi95_ev"))
        text = f"Ea = {ea:.3f} [{lo:.3f}, {hi:.3f}] eV" if fit["resolved"][k] else "Ea not resolved"
        print(f"{name:24} {text}")


def figure(path, names, fit, t, pool, good):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    for k, name in enumerate(names):
        here = good[k]
        if not here.any():
            continue
        value, lo, hi = (pool[p][k, here] for p in POINTS)
        x, label = 1 / t[here], f"{name}  Ea not resolved"
        line = plt.errorbar(1000 * x, value, yerr=[value - lo, hi - value], fmt="o", ms=4, capsize=2)
        if fit["resolved"][k]:
            label = f"{name}  {fit['ea_ev'][k]:.3f} [{fit['ea_lo95_ev'][k]:.3f}, {fit['ea_hi95_ev'][k]:.3f}] eV"
            grid = np.linspace(x.min(), x.max(), 50)
            y = fit["log10_ref"][k] - fit["ea_ev"][k] / (K_EV * np.log(10)) * (grid - 1 / fit["t_ref_k"][k])
            plt.plot(1000 * grid, 10**y, color=line[0].get_color())
        line.set_label(label)
    plt.yscale("log")
    plt.xlabel("1000 K / T")
    plt.ylabel("D / cm$^2$ s$^{-1}$, 95 % intervals")
    plt.legend()
    plt.savefig(path, dpi=150, bbox_inches="tight")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    data = load(sys.argv[1])
    try:
        figure(sys.argv[2], *data) if len(sys.argv) == 3 else table(*data)
    except ImportError:
        print("matplotlib is not installed: no figure, the numbers are", file=sys.stderr)
        table(*data)
