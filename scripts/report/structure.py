"""structure.py - figures of structure: residence by oxygen count, partial g(r)."""
import numpy as np

from report import drawing
from report.transport import few, left_out
from report.words import is_number, math_formula


def common_temperature(folder):
    """The temperature with most compositions, the lowest of these: where structure is shown."""
    most = {}
    for t in folder.md_temperatures():
        most[t] = len({int(folder.task["composition"][i]) for i in folder.runs(None, t)})
    best = max(most.values(), default=0)
    return next((t for t in sorted(most) if most[t] == best and best), None)


def residence_temperature(folder, shown):
    """the temperature with most resolved residence times"""
    score = {}
    for n in shown:
        for _, r in folder.rows("residence", n):
            known = sum(
                is_number(c["tau_intermittent_ps"]["lo95"]) + is_number(c["tau_intermittent_ps"]["value"])
                for c in r["classes"]
            )
            score[r["T_K"]] = score.get(r["T_K"], 0) + known
    best = max(score.values(), default=0)
    return min((t for t, s in score.items() if s == best), default=None) if best else None


def residence(folder):
    shown = few(folder)
    t = residence_temperature(folder, shown)
    if t is None:
        return None
    f, axes = drawing.new(height=0.75)
    for k, n in enumerate(shown):
        rows = [r for _, r in folder.rows("residence", n) if abs(r["T_K"] - t) < 0.5]
        for c in rows[0]["classes"] if rows else ():
            e = c["tau_intermittent_ps"]
            if not is_number(e["value"]):
                continue
            bar = None
            if is_number(e["lo95"]) and is_number(e["hi95"]):
                bar = [[e["value"] - e["lo95"]], [e["hi95"] - e["value"]]]
            axes.errorbar(
                c["o_count"] + drawing.jitter(k, len(shown), 0.3),
                e["value"],
                yerr=bar,
                fmt=drawing.mark(k),
                color=drawing.colour(k),
                capsize=2,
                mfc=None if bar else "none",
            )
    drawing.log_y(axes)
    counted = next((r["counted"] for _, r in folder.rows("residence") if r.get("counted")), "O")
    axes.set_xticks(range(4))
    axes.set_xlim(-0.5, 3.5)
    axes.set_xlabel(f"{counted} atoms around the metal (3: three and more)")
    axes.set_ylabel(r"residence time $\tau$ / ps")
    drawing.names_key(axes, shown)
    return drawing.Figure(
        f,
        "residence",
        f"Residence time of a mobile ion at a metal polyhedron at {t:g} K (intermittent definition: short leaves"
        " count as staying; vitrion fit lists unbroken stays), by the number of oxygen atoms (or of the anion that the campaign counts) around the"
        " metal, with 95 % intervals; open: one glass, no interval; missing: not resolved, with the reason in the"
        " table."
        + left_out(shown, folder.names),
        "Residence time by oxygen count",
    )


def pairs_of(folder, k):
    """the pairs worth seeing: metal-anion, mobile-anion, metal-metal"""
    mobile, metals = folder.mobile(k), folder.role(k, "metal")
    present = [s for s, n in zip(folder.symbols, folder.counts[k]) if n > 0]
    anions = [s for s in present if folder.charges[folder.symbols.index(s)] < 0]
    metals = [m for m in metals if m in present] or [s for s in present if s not in mobile and s not in anions]
    wanted = (
        [(m, a) for m in metals for a in anions] + [(m, a) for m in mobile for a in anions] + [(m, m) for m in metals]
    )
    return wanted[:6]


def pair_row(folder, a, b):
    return next((i for i, p in enumerate(folder.pairs) if p in ((a, b), (b, a))), None)


def partial(folder, k, t, a, b):
    """r and the mean g over the glasses of composition k at t; None if not stored"""
    rows, place = folder.runs(k, t), pair_row(folder, a, b)
    if not rows or place is None or "obs/rdf/g" not in folder.store:
        return None
    g, r = folder.mean_over("obs/rdf/g", rows, place), folder.mean_over("obs/rdf/r", rows)
    ok = np.isfinite(g) & np.isfinite(r)
    return (r[ok], g[ok]) if ok.sum() > 10 else None


def rdf(folder):
    t = common_temperature(folder)
    shown = [n for n in few(folder)[:4] if t is not None]
    panels = []
    for n in shown:
        k = folder.names.index(n)
        curves = [(a, b, partial(folder, k, t, a, b)) for a, b in pairs_of(folder, k)]
        curves = [c for c in curves if c[2] is not None]
        if curves:
            panels.append((n, curves))
    if not panels:
        return None
    f, axes = drawing.new(len(panels), 1, height=0.25 + 0.5 * len(panels), sharex=True, squeeze=False)
    for panel, (n, curves) in zip(axes[:, 0], panels):
        top = sorted(g.max() for _, _, (_, g) in curves)
        ceiling = 1.08 * top[-1] if len(top) < 2 or top[-1] < 2 * top[-2] else 1.3 * top[-2]
        for place, (a, b, (r, g)) in enumerate(curves):
            label = f"{a}–{b}" + (f" (to {g.max():.0f})" if g.max() > ceiling else "")
            panel.plot(
                r, g, color=drawing.colour(place), ls=["-", "--", "-.", ":", "-", "--"][place], label=label, lw=1
            )
        panel.axhline(1, color=drawing.INK, lw=0.5, ls=":")
        panel.set_ylim(0, ceiling)
        panel.set_title(math_formula(n), fontsize=7, loc="left", pad=2)
        panel.set_ylabel("$g(r)$")
        panel.legend(loc="upper right", ncol=2, handlelength=1.8, columnspacing=0.8)
    axes[-1, 0].set_xlabel("$r$ / Å")
    axes[-1, 0].set_xlim(left=1)
    return drawing.Figure(
        f,
        "rdf",
        f"Partial radial distribution functions at {t:g} K, mean over the glasses."
        + left_out([n for n, _ in panels], folder.names, "results.h5 (/obs/rdf)"),
        "Partial radial distribution functions",
    )
