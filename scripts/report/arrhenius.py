"""arrhenius.py - lines of log10 of a quantity against 1/T with their 95 % bands, points of all glasses and single ones.

The line is log10 y = log10 y(T_ref) - Ea u, u = (1/T - 1/T_ref)/(k ln 10); with the covariance c of its two parameters
the variance at u is v_ref - 2 c u + v_Ea u^2, and the band takes the t quantile that the store's own interval has at
T_ref.  What has no interval, or one wider than three decades, is not resolved: no point, a cross on the axis."""
import numpy as np
import vitrion

WIDEST = 1e3
FIT = ("ea_ev", "ea_lo95_ev", "ea_hi95_ev", "ln_prefactor", "t_ref_k")
BAND = ("ea_se_ev", "log10_ref", "log10_ref_se", "log10_ref_lo95", "log10_ref_hi95", "cov_ref_ea", "ln_prefactor_se",
        "ln_prefactor_lo95", "ln_prefactor_hi95")


def load(store, quantity="D_alkali", pool=None):
    """names, fit, T (n), pooled values (compositions x n), which are resolved; KeyError names what is missing"""
    pool = pool or quantity
    for needed in (f"pool/{pool}/lo95", *(f"fits/{quantity}/{k}" for k in FIT)):
        if needed not in store:
            raise KeyError(needed)
    names = [n.decode() for n in store["compositions/name"]]
    fit = {k: store[f"fits/{quantity}/{k}"][:] for k in FIT}
    fit["resolved"] = np.all([np.isfinite(fit[k]) for k in FIT], axis=0)
    fit.update({k: store[f"fits/{quantity}/{k}"][:] for k in BAND if f"fits/{quantity}/{k}" in store})
    points = {k: store[f"pool/{pool}/{k}"][:] for k in ("value", "lo95", "hi95", "n_glasses")}
    with np.errstate(invalid="ignore", divide="ignore"):
        good = np.all([np.isfinite(points[k]) & (points[k] > 0) for k in ("value", "lo95", "hi95")], axis=0)
        good &= points["hi95"] / points["lo95"] <= WIDEST
    return names, fit, store["pool/temperature"][:], points, good


def line(fit, k, t):
    """log10 of composition k at t, and the half width of its 95 % band (None: the store does not hold what it needs)"""
    here = {name: values[k] for name, values in fit.items()}
    here.update({b: np.nan for b in BAND if b not in here})
    y, band = vitrion.Arrhenius(here, "").log10(t)
    return y, band if np.isfinite(band).all() else None


def draw(axes, chosen, data, singles=None):
    """Compositions `chosen` (rows); singles(k, j): values of single glasses of composition k at temperature j."""
    from report import drawing  # only who draws needs matplotlib

    _, fit, t, points, good = data
    crosses = []
    for place, k in enumerate(chosen):
        c, here = drawing.colour(place), good[k]
        if here.any() and fit["resolved"][k]:
            measured = t[here]
            grid = 1 / np.linspace(1 / max(measured), 1 / min(measured), 60)
            y, band = line(fit, k, grid)
            axes.plot(1000 / grid, 10**y, color=c, zorder=2)
            if band is not None:
                axes.fill_between(
                    1000 / grid, 10 ** (y - band), 10 ** (y + band), color=c, alpha=0.18, lw=0, zorder=1
                )
        for j in np.flatnonzero(here):
            x = 1000 / t[j] + drawing.jitter(place, len(chosen), 0.008 * (1000 / min(t) - 1000 / max(t) or 1))
            v, lo, hi = (points[p][k, j] for p in ("value", "lo95", "hi95"))
            axes.errorbar(
                x,
                v,
                yerr=[[v - lo], [hi - v]],
                fmt=drawing.mark(place),
                color=c,
                ms=4,
                capsize=2,
                elinewidth=0.9,
                zorder=4,
            )
        for j in range(len(t)):
            for value in singles(k, j) if singles else ():
                axes.plot(
                    1000 / t[j] + drawing.jitter(place, len(chosen), 0.008 * (1000 / min(t) - 1000 / max(t) or 1)),
                    value,
                    drawing.mark(place),
                    mfc="none",
                    mec=c,
                    mew=0.5,
                    ms=2.6,
                    alpha=0.8,
                    zorder=3,
                )
        crosses += [(place, t[j]) for j in np.flatnonzero(~here) if points["n_glasses"] is not None]
    for place, at in crosses:
        axes.plot(
            1000 / at,
            0.03 + 0.045 * place,
            marker="x",
            color=drawing.colour(place),
            ms=4,
            mew=1,
            zorder=4,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )
    drawing.log_y(axes)
    axes.set_xlabel("1000 K / $T$")
    if len(t):
        room = 0.06 * (1000 / min(t) - 1000 / max(t) or 1)
        axes.set_xlim(1000 / max(t) - room, 1000 / min(t) + room)
    return bool(crosses)


def kelvin_axis(axes, t):
    """temperatures above the axes"""
    upper = axes.secondary_xaxis("top")
    upper.set_xticks([1000 / x for x in t])
    upper.set_xticklabels([f"{x:.0f}" for x in t])
    upper.minorticks_off()
    upper.set_xlabel("$T$ / K")
    axes.tick_params(top=False)


def keys(crossed, singles):
    from report import drawing

    out = [drawing.grey("all glasses, 95 %", marker="o", ms=4)]
    if singles:
        out.append(drawing.grey("one glass", marker="o", mfc="none", ms=2.6, mew=0.5))
    if crossed:
        out.append(drawing.grey("not resolved", marker="x", ms=4))
    return out
