"""transport.py - figures of motion: Arrhenius plots, Haven ratio and transference by frame, MSD with its window."""
import numpy as np

from report import arrhenius, compare, drawing
from report.folder import choose
from report.words import is_number, math_formula

MOST_LINES, MOST_PANELS = 6, 6
UNIT = {"D_alkali": r"$D$ / cm$^2$ s$^{-1}$", "sigma_T": r"$\sigma T$ / mS K cm$^{-1}$"}


def groups(folder):
    """[(label, names)]: at most six lines a figure and six figures, by the first factor that makes few enough groups"""
    order, unknown = compare.ranking(folder)
    everything = order + unknown
    if len(everything) <= MOST_LINES:
        return [("", everything)]
    for factor, levels in compare.factor_names(folder).items():
        kinds = sorted(set(levels))
        if 2 <= len(kinds) <= MOST_PANELS:
            of = dict(zip(folder.names, levels))
            return [
                (f"{factor.replace('_', ' ')} {kind}", [n for n in everything if of[n] == kind]) for kind in kinds
            ]
    return [("", everything)]


def few(folder):
    """six compositions for the figures that show details, spread over the ranking"""
    order, unknown = compare.ranking(folder)
    return choose(order + unknown, MOST_LINES)


def left_out(shown, everything, where="summary.json"):
    n = len(everything) - len(shown)
    return (
        f" {n} of {len(everything)} compositions, evenly over the ranking, are not drawn: they stand in {where}."
        if n
        else ""
    )


def singles_of(folder, t):
    """values of single glasses at a temperature: D in the window of all glasses, where it is positive"""
    values = folder.array("transport/D_alkali_point")
    if values is None:
        return None

    def single(k, j):
        found = [values[i] for i in folder.runs(k, t[j])]
        return [v for v in found if np.isfinite(v) and v > 0] if len(found) > 1 else []

    return single


def arrhenius_figures(folder):
    try:
        data = arrhenius.load(folder.store)
    except KeyError:
        return []
    out, t = [], data[2]
    for number, (label, names) in enumerate(groups(folder)):
        shown = choose(names, MOST_LINES)
        chosen = [folder.names.index(n) for n in shown]
        f, axes = drawing.new(height=0.9)
        singles = singles_of(folder, t)
        crossed = arrhenius.draw(axes, chosen, data, singles)
        axes.set_ylabel(UNIT["D_alkali"])
        if len(t) > 1:
            arrhenius.kelvin_axis(axes, t)
        extra = arrhenius.keys(crossed, singles)
        handles = [drawing.handle(k, math_formula(n)) for k, n in enumerate(shown)] + extra
        axes.legend(
            handles=handles,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.2),
            ncol=2 if max(map(len, shown)) > 12 else 3,
            handletextpad=0.4,
            columnspacing=1.0,
            borderaxespad=0.1,
        )
        caption = (
            f"Diffusion coefficient of the mobile ions{' (' + label + ')' if label else ''} against inverse"
            " temperature. Filled: all glasses together with the 95 % interval (by these glasses and theory alone; vitrion fit"
            " also shows means whose scatter is taken from all compositions); open and small: single glasses;"
            " lines with bands: Arrhenius fit with its 95 % band, over the temperatures that were measured; marks"
            " are moved sideways a little to be told apart."
            + (" Crosses on the axis: temperatures at which nothing is resolved." if crossed else "")
            + left_out(shown, names, "summary.csv")
        )
        out.append(
            drawing.Figure(
                f,
                f"arrhenius-{number}" if number else "arrhenius",
                caption,
                "Arrhenius plot of the diffusion coefficient",
            )
        )
    return out


HAVEN = [
    ("metal", "frame of the metals"),
    ("barycentric", "barycentric frame"),
    ("frame_free", "all ions, frame-free"),
]
SHARE = [("barycentric", "barycentric frame"), ("framework", "frame of the metals"), ("self", "self-diffusion only")]


def three(folder, group, frames, label, name, caption, one=True):
    """three panels, a frame each: a quantity of `transport` against temperature"""
    shown = few(folder)
    rows = {n: [r for _, r in folder.rows("transport", n)] for n in shown}
    if not any(
        is_number(r[group][frame]["value"])
        for n in shown
        for r in rows[n]
        for frame, _ in frames
        if frame in r.get(group, {})
    ):
        return None
    f, axes = drawing.new(3, 1, height=1.25, sharex=True)
    low, high = [], []
    for panel, (frame, title) in zip(axes, frames):
        for k, n in enumerate(shown):
            for r in rows[n]:
                e = r.get(group, {}).get(frame, {})
                if not is_number(e.get("value")):
                    continue
                x = r["T_K"] + drawing.jitter(k, len(shown), 16)
                bar = None
                if is_number(e["lo95"]) and is_number(e["hi95"]):
                    bar = [[e["value"] - e["lo95"]], [e["hi95"] - e["value"]]]
                    low.append(e["lo95"]), high.append(e["hi95"])
                panel.errorbar(
                    x,
                    e["value"],
                    yerr=bar,
                    fmt=drawing.mark(k),
                    color=drawing.colour(k),
                    capsize=2,
                    ms=3.5,
                    elinewidth=0.9,
                    mfc="none" if bar is None else None,
                )
        panel.axhline(1, color=drawing.INK, lw=0.5, ls=":")
        panel.set_title(title, fontsize=7, loc="left", pad=2)
        panel.set_ylabel(label)
    axes[-1].set_xlabel("$T$ / K")
    axes[-1].set_xticks(sorted({r["T_K"] for n in shown for r in rows[n]})[:8])
    axes[0].legend(
        handles=[drawing.handle(k, math_formula(n), linestyle="none") for k, n in enumerate(shown)],
        loc="lower center",
        bbox_to_anchor=(0.5, 1.12),
        ncol=2,
        handletextpad=0.2,
        columnspacing=1.0,
        borderaxespad=0.1,
    )
    return drawing.Figure(f, name, caption + left_out(shown, folder.names), f"{name} in three frames")


def haven(folder):
    return three(
        folder,
        "haven",
        HAVEN,
        "$H$",
        "haven",
        (
            "Haven ratio (tracer over collective) with 95 % intervals. Of the mobile ions alone it depends on the"
            " frame in which they move: that of the metals or the barycentric one; the ratio of all ions does not."
            " Dotted: 1, uncorrelated motion."
        ),
    )


def transference(folder):
    return three(
        folder,
        "transference",
        SHARE,
        "$t$",
        "transference",
        (
            "Share of the mobile ions in the current with 95 % intervals: with all correlations in the barycentric"
            " frame and in that of the metals, and what self-diffusion alone would give."
        ),
    )


def msd(folder):
    """MSD of the mobile ions, mean over glasses, and the window in which D was found, one panel a composition"""
    shown = [n for n in few(folder)[:4]]
    temperatures = choose(folder.md_temperatures(), 6)
    curves = {}
    for n in shown:
        k = folder.names.index(n)
        for t in temperatures:
            rows, ions = folder.runs(k, t), folder.mobile(k)
            if not rows or not ions or "obs/msd/mean" not in folder.store:
                continue
            weights = [folder.counts[k][folder.symbols.index(s)] for s in ions]
            parts = [folder.mean_over("obs/msd/mean", rows, folder.symbols.index(s)) for s in ions]
            lag = folder.mean_over("obs/msd/lag_ps", rows)
            y = np.average(parts, axis=0, weights=weights)
            ok = np.isfinite(lag) & np.isfinite(y) & (lag > 0) & (y > 0)
            if ok.sum() > 1:
                curves[n, t] = lag[ok], y[ok]
    if not curves:
        return None
    shown = [n for n in shown if any((n, t) in curves for t in temperatures)]
    f, axes = drawing.new(len(shown), 1, height=0.32 + 0.42 * len(shown), sharex=True, squeeze=False)
    for panel, n in zip(axes[:, 0], shown):
        for place, t in enumerate(temperatures):
            if (n, t) not in curves:
                continue
            x, y = curves[n, t]
            panel.plot(x, y, color=drawing.colour(place), lw=0.8)
            row = next((r for _, r in folder.rows("transport", n) if abs(r["T_K"] - t) < 0.5), {})
            window = (row.get("D_alkali_cm2_s") or {}).get("window_ps")
            if window and all(map(is_number, window)):
                inside = (x >= 0.999 * window[0]) & (x <= 1.001 * window[1])
                panel.plot(
                    x[inside], y[inside], color=drawing.colour(place), lw=2.6, alpha=0.75, solid_capstyle="round"
                )
                panel.plot(
                    x[inside][:: max(1, inside.sum() - 1)],
                    y[inside][:: max(1, inside.sum() - 1)],
                    drawing.mark(place),
                    ms=3,
                    color=drawing.colour(place),
                )
        panel.set_xscale("log"), panel.set_yscale("log")
        panel.set_title(math_formula(n), fontsize=7, loc="left", pad=2)
        panel.set_ylabel(r"MSD / Å$^2$")
        x0, x1 = panel.get_xlim()
        y1 = max(y.max() for (m, _), (_, y) in curves.items() if m == n)
        panel.plot([x1 / 30, x1], [y1 / 30, y1], color=drawing.INK, lw=0.6, ls=":", scalex=False, scaley=False)
    axes[-1, 0].set_xlabel("time lag / ps")
    axes[0, 0].legend(
        handles=[drawing.handle(k, f"{t:g} K") for k, t in enumerate(temperatures)],
        loc="lower center",
        bbox_to_anchor=(0.5, 1.12),
        ncol=min(4, len(temperatures)),
        handletextpad=0.4,
        columnspacing=1.0,
        borderaxespad=0.1,
    )
    return drawing.Figure(
        f,
        "msd",
        "Mean squared displacement of the mobile ions in the frame of the simulation, mean over glasses; thick,"
        " between marks: the window of lags in which D was found; where it is missing, nothing is resolved. Dotted:"
        " slope 1, diffusion."
        + left_out(shown, folder.names, "results.h5"),
        "Mean squared displacements",
    )
