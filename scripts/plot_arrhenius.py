#!/usr/bin/python3
"""Arrhenius plot of a store: plot_arrhenius.py results.h5 [FIGURE.svg|.pdf|.png]

With matplotlib and a file name a figure, in the style of `vitrion report` and drawn by its code (report/arrhenius.py),
else a table.  Points: the diffusion coefficient of the alkali over all glasses at each temperature with the 95 %
interval that the store holds (/pool/D_alkali); lines: the fit of each composition,
log10 D = log10 D(T_ref) - Ea / (k ln 10) (1/T - 1/T_ref), with its 95 % band and the interval of Ea.  What has no
interval, or one wider than three decades, is not resolved: no point, no number."""
import io
import pathlib
import sys

import h5py
import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "python"))  # vitrion.py, where it is installed
from report import arrhenius, whole
from report.folder import choose
from report.words import math_formula

MOST = 6  # lines that can be told apart


def load(path):
    with h5py.File(path, "r") as f:
        try:
            return arrhenius.load(f)
        except KeyError as missing:
            sys.exit(
                f"{path}: no /{missing.args[0]}: the store was written by an older build and holds no 95 % intervals"
            )


def energy(fit, k):
    if not fit["resolved"][k]:
        return "Ea not resolved"
    ea, lo, hi = (fit[p][k] for p in ("ea_ev", "ea_lo95_ev", "ea_hi95_ev"))
    return f"Ea = {ea:.3f} [{lo:.3f}, {hi:.3f}] eV"


def table(names, fit, t, pool, good):
    print(f"{'composition':24} {'T / K':>7} {'glasses':>7} {'D / cm^2 s^-1':>14} [95 % interval]")
    for k, name in enumerate(names):
        for j in np.argsort(t):
            value, lo, hi = (pool[p][k, j] for p in ("value", "lo95", "hi95"))
            text = f"{value:14.3e} [{lo:.2e}, {hi:.2e}]" if good[k, j] else f"{'not resolved':>14}"
            print(f"{name:24} {t[j]:7.1f} {pool['n_glasses'][k, j]:7d} {text}")
    for k, name in enumerate(names):
        print(f"{name:24} {energy(fit, k)}")


def figure(path, names, fit, t, pool, good):
    from report import drawing

    order = sorted(range(len(names)), key=lambda k: -fit["log10_ref"][k] if np.isfinite(fit["log10_ref"][k]) else np.inf)
    chosen = choose(order, MOST)
    drawn, axes = drawing.new(height=0.85)
    crossed = arrhenius.draw(axes, chosen, (names, fit, t, pool, good))
    axes.set_ylabel(r"$D$ / cm$^2$ s$^{-1}$")
    handles = [
        drawing.handle(place, f"{math_formula(names[k])}  {energy(fit, k).replace('Ea = ', '')}")
        for place, k in enumerate(chosen)
    ]
    axes.legend(
        handles=handles + arrhenius.keys(crossed, None), loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=6.5
    )
    made = io.BytesIO()
    try:
        drawn.savefig(made, format=pathlib.Path(path).suffix.removeprefix(".") or "png", dpi=300, facecolor="white")
        whole.replace(path, made.getvalue())
    except (OSError, ValueError) as error:  # ValueError: no format of this ending
        sys.exit(f"plot_arrhenius: {path}: {error}")
    if len(chosen) < len(names):
        print(f"{len(names) - len(chosen)} of {len(names)} compositions are not drawn", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    data = load(sys.argv[1])
    try:
        figure(sys.argv[2], *data) if len(sys.argv) == 3 else table(*data)
    except ImportError:
        print("matplotlib is not installed: no figure, the numbers are", file=sys.stderr)
        table(*data)
