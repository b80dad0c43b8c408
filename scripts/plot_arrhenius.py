#!/usr/bin/python3
"""Arrhenius plot of a store: plot_arrhenius.py results.h5 [FIGURE.png]

With matplotlib and a file name a figure, else a table.  Points: every replica with a resolved alkali diffusion coefficient;
lines: the fit of each composition, log10 D = log10 D(T_ref) - Ea / (k ln 10) (1/T - 1/T_ref)."""
import sys

import h5py
import numpy as np

K_EV = 8.617333262e-5


def load(path):
    with h5py.File(path, "r") as f:
        names = [n.decode() for n in f["compositions/name"]]
        fit = {k: f[f"fits/D_alkali/{k}"][:] for k in ("ea_ev", "ea_se", "log10_ref", "t_ref_k")}
        comp, t, d, se = (f[p][:] for p in ("tasks/composition", "tasks/temperature",
                                             "transport/D_alkali", "transport/D_alkali_se"))
    return names, fit, comp, t, d, se


def table(names, fit, comp, t, d, se):
    print(f"{'composition':24} {'T / K':>7} {'D / cm^2 s^-1':>14} {'s.e.':>9}")
    for i in np.lexsort((t, comp)):
        if np.isfinite(d[i]):
            print(f"{names[comp[i]]:24} {t[i]:7.1f} {d[i]:14.3e} {se[i]:9.1e}")
    for k, name in enumerate(names):
        ea, se_ea = fit["ea_ev"][k], fit["ea_se"][k]
        print(f"{name:24} Ea = {ea:.3f} +- {se_ea:.3f} eV" if np.isfinite(ea) else f"{name:24} Ea not resolved")


def figure(path, names, fit, comp, t, d, se):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    for k, name in enumerate(names):
        mine = (comp == k) & np.isfinite(d)
        line = plt.errorbar(1000 / t[mine], d[mine], yerr=se[mine], fmt="o", ms=4)
        if np.isfinite(fit["ea_ev"][k]) and mine.any():
            x = np.linspace((1 / t[mine]).min(), (1 / t[mine]).max(), 50)
            y = fit["log10_ref"][k] - fit["ea_ev"][k] / (K_EV * np.log(10)) * (x - 1 / fit["t_ref_k"][k])
            plt.plot(1000 * x, 10**y, color=line[0].get_color(), label=f"{name}  {fit['ea_ev'][k]:.3f} eV")
    plt.yscale("log")
    plt.xlabel("1000 K / T")
    plt.ylabel("D / cm$^2$ s$^{-1}$")
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
