"""compare.py - figures of the comparison: forest of the compositions, factors and their levels, variance components."""
import numpy as np

from report import drawing
from report.folder import choose
from report.words import esc, is_number, math_formula

MOST_ROWS = 40
TITLE = {"D_alkali": ("D", "cm$^2$ s$^{-1}$"), "sigma_T": (r"$\sigma T$", "mS K cm$^{-1}$")}
PLAIN = {"D_alkali": "D of the mobile ions", "sigma_T": "σT"}


def comparison(folder, quantity):
    """the comparison of summary.json that belongs to a quantity, and its place there"""
    if quantity == "D_alkali":
        return folder.summary.get("comparison") or {}, "comparison"
    return (folder.summary.get("other_comparisons") or {}).get(quantity) or {}, f"other_comparisons/{quantity}"


def ranking(folder, quantity="D_alkali"):
    """names with a fit, fastest first by the lower end of the interval; names without one"""
    known, unknown = [], []
    for name in folder.names:
        _, fit = folder.fit(name, quantity)
        value = fit.get("log10_D_Tref_lo95")
        (known if is_number(value) else unknown).append((value, name))
    return [n for _, n in sorted(known, key=lambda x: -x[0])], [n for _, n in unknown]


def forest(folder, quantity):
    """log10 of each composition at the reference temperature, the mean, and the margin of equivalence around it"""
    order, unknown = ranking(folder, quantity)
    found, _ = comparison(folder, quantity)
    if not order:
        return None
    shown = choose(order, MOST_ROWS)
    margin = margin_of(folder)
    f, axes = drawing.new(height=max(0.42, 0.16 + 0.058 * len(shown)))
    mean = found.get("mean_decades")
    if is_number(mean):
        axes.axvline(mean, color=drawing.INK, lw=0.7, alpha=0.7)
        if margin:
            axes.axvspan(mean - margin, mean + margin, color=drawing.COLOURS[5], alpha=0.22, lw=0)
    verdicts = {t["name"]: t for t in found.get("tost", [])}
    for row, name in enumerate(shown):
        _, fit = folder.fit(name, quantity)
        v, lo, hi = (fit[k] for k in ("log10_D_Tref", "log10_D_Tref_lo95", "log10_D_Tref_hi95"))
        equivalent = verdicts.get(name, {}).get("equivalent")
        c = drawing.COLOURS[0] if equivalent else drawing.COLOURS[1]
        axes.errorbar(v, row, xerr=[[v - lo], [hi - v]], fmt="o" if equivalent else "s", color=c, ms=4, capsize=2)
    axes.set_yticks(range(len(shown)))
    axes.set_yticklabels([math_formula(n) for n in shown], fontsize=7 if len(shown) < 25 else 6)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    title, unit = TITLE[quantity]
    t = folder.fit(shown[0], quantity)[1].get("T_ref_K")
    axes.set_xlabel(f"log$_{{10}}$({title} / {unit}) at {t:g} K")
    low = [folder.fit(n, quantity)[1]["log10_D_Tref_lo95"] for n in shown] + (
        [mean - margin] if is_number(mean) and margin else []
    )
    high = [folder.fit(n, quantity)[1]["log10_D_Tref_hi95"] for n in shown] + (
        [mean + margin] if is_number(mean) and margin else []
    )
    axes.set_xlim(min(low) - 0.06, max(high) + 0.06)
    left = len(order) - len(shown)
    caption = (
        f"log<sub>10</sub> of {PLAIN[quantity]} at {t:g} K with 95 % intervals, by the lower end"
        + (
            f"; line: mean of the compositions, band: ± {margin:g} decades, the margin of the campaign"
            if is_number(mean) and margin
            else ""
        )
        + ". Circles: equivalent to the mean (two one-sided tests, 90 % interval within the margin); squares: not"
        " shown to be."
        + (
            f" {left} of {len(order)} compositions, evenly over the ranking, are left out: they stand in summary.csv."
            if left
            else ""
        )
        + (f" Not resolved and not drawn: {len(unknown)}." if unknown else "")
    )
    return drawing.Figure(
        f, "forest-D" if quantity == "D_alkali" else "forest-sigma", caption, f"Forest plot of {PLAIN[quantity]}"
    )


def margin_of(folder):
    value = folder.setting("compare", "margin").split(" ")[0]
    try:
        return float(value)
    except ValueError:
        return None


def factor_names(folder):
    """factors of the comparison that have more than one level here, with the level of each composition"""
    found, _ = comparison(folder, "D_alkali")
    out = {}
    for name in found.get("variance", {}):
        levels = folder.array(f"compositions/{name}")
        if levels is None:
            continue
        levels = [x.decode() if isinstance(x, bytes) else f"{x:g}" for x in levels]
        if len(set(levels)) > 1:
            out[name] = levels
    return out


def factors(folder):
    """one panel a factor: the compositions by level, and the mean of each level"""
    levels = factor_names(folder)
    order, _ = ranking(folder)
    if not levels or len(order) < 3:
        return None
    shown = list(levels)[:4]
    f, axes = drawing.new(1, len(shown), height=0.62, sharey=True, squeeze=False)
    for panel, name in zip(axes[0], shown):
        kinds = sorted(set(levels[name]), key=lambda x: (float(x) if x.replace(".", "", 1).isdigit() else 0, x))[:8]
        for place, kind in enumerate(kinds):
            fits = [folder.fit(n)[1] for n in order if levels[name][folder.names.index(n)] == kind]
            for k, fit in enumerate(fits):
                v, lo, hi = (fit[x] for x in ("log10_D_Tref", "log10_D_Tref_lo95", "log10_D_Tref_hi95"))
                x = place + drawing.jitter(k, len(fits), 0.5)
                panel.errorbar(
                    x,
                    v,
                    yerr=[[v - lo], [hi - v]],
                    fmt="o",
                    color=drawing.COLOURS[0],
                    ms=3,
                    elinewidth=0.6,
                    alpha=0.8,
                )
            if len(fits) > 1:
                panel.hlines(
                    np.mean([x["log10_D_Tref"] for x in fits]),
                    place - 0.35,
                    place + 0.35,
                    color=drawing.COLOURS[1],
                    lw=1.5,
                )
        panel.set_xticks(range(len(kinds)))
        panel.set_xticklabels([math_formula(k) for k in kinds], rotation=90 if max(map(len, kinds)) > 4 else 0)
        panel.set_xlim(-0.6, len(kinds) - 0.4)
        panel.set_xlabel(name.replace("_", " "))
    t = folder.fit(order[0])[1]["T_ref_K"]
    axes[0][0].set_ylabel(f"log$_{{10}}$($D$ / cm$^2$ s$^{{-1}}$) at {t:g} K")
    caption = (
        "Each point is a composition with its 95 % interval, by the levels of a factor; bars: mean of a level. "
        "Differences between levels mix with the other factors where the grid is not complete."
    )
    return drawing.Figure(f, "factors", caption, "Compositions by the levels of each factor")


def variance(folder):
    found, path = comparison(folder, "D_alkali")
    parts = found.get("variance", {})
    known = [(k, v) for k, v in parts.items() if is_number(v)]
    if not known:
        return None
    f, axes = drawing.new(height=0.2 + 0.06 * len(known))
    for row, (name, value) in enumerate(known):
        axes.plot([0, value], [row, row], color=drawing.COLOURS[0], lw=3, solid_capstyle="butt")
        axes.plot(value, row, "o", color=drawing.COLOURS[0])
    axes.set_yticks(range(len(known)))
    axes.set_yticklabels([k.replace("_", " ") for k, _ in known])
    axes.set_ylim(len(known) - 0.5, -0.5)
    axes.set_xlim(0, 1.15 * max(max(v for _, v in known), 1e-3))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("standard deviation / decades")
    return drawing.Figure(
        f,
        "variance",
        (
            "How much of the scatter of log<sub>10</sub> D each source makes, in decades: factors, "
            "what they leave (residual), glass to glass, and sampling of a run."
        ),
        "Variance components",
    )


def variance_rows(folder, teller):
    found, path = comparison(folder, "D_alkali")
    out = []
    for name in found.get("variance", {}):
        told = teller.number(f"{path}/variance/{name}")
        why = next(
            (w.split(": ", 2)[2] for w in found.get("warnings", []) if w.startswith(f"variance: {name}: ")),
            "not resolved",
        )
        out.append([esc(name.replace("_", " ")), told or f'<span class="na">{esc(why)}</span>'])
    return out
