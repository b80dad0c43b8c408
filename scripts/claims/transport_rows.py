"""R6 to R9, R11: currents, levels, statistical quality."""
from claims.campaign import SAME_T_K, chosen, collect, dig, item_of, nothing_asked
from claims.declared import CLAIMS
from claims.grading import Item, Row, combine, number, spread_item

COLD = (lambda t: 300 <= t <= 500), "from 300 to 500 K"
EVERY = (lambda t: True), "at all"
MASS = {"Li": 6.94, "Na": 22.98976928, "K": 39.0983, "Rb": 85.4678, "Cs": 132.90545, "Al": 26.9815384, "Ga": 69.723,
        "In": 114.818, "Ta": 180.94788, "Nb": 92.90637, "Zr": 91.224, "Hf": 178.486, "O": 15.999, "F": 18.998403162,
        "Cl": 35.45, "Br": 79.904, "I": 126.90447}
LADDER = (450, 700)
LEAST_ON_LADDER = 3
TARGET_H, TARGET_EA = (0.8, 1.25), (0.30, 0.33)


def one_alkali(k):
    return len(k.alkali) == 1


def laco(k):
    return k.only(("Li",), ("Al",), ("Cl",), 0.75)


def naco(k):
    return k.only(("Na",), ("Al",), ("Cl",), 0.75)


def pooled(c, k, frames):
    """One Haven ratio of a composition: the mean of ln H over its temperatures, all with the same weight (weights by
    errors that are themselves estimated from few glasses would make the interval too narrow).  None: not observed."""
    items = []
    for t in c.temperatures:
        entry = c.entry("transport", k.name, t)
        p = next((x for x in (dig(entry, ["haven", f]) for f in frames) if x), None)
        items += [item_of("", p, log=True)] if p else []
    use = [i for i in items if i.ends() is not None and i.half(+1) is not None]
    label = f"{c.tag(k.name)} ({len(use)} of {len(items)} temperatures)"
    if use:
        return combine(label, use, [1 / len(use)] * len(use))
    return Item(label, None, None, None, log=True, why="no temperature has an interval") if items else None


def r6(campaigns):
    rows = []
    for words, frames in (("metal frame", ("metal", "framework")), ("barycentric frame", ("barycentric",)),
                          ("frame-free, sigma_NE/sigma", ("frame_free", "total"))):
        found = [pooled(c, k, frames) for c in campaigns for k in c.compositions.values() if one_alkali(k)]
        items = [i for i in found if i]
        target = sum(i.ends() is not None and TARGET_H[0] <= i.ends()[0] and i.ends()[1] <= TARGET_H[1] for i in items)
        rows.append(Row(CLAIMS["haven"], items, "" if items else "no composition with one alkali and a Haven ratio",
                        note=f"inside the target: {target} of {len(items)}" if items else "", fill=[words]))
    return rows


def r6b(campaigns):
    found = collect(campaigns, "transport", ["haven", "total"], one_alkali, "with one alkali", *COLD, log=True)
    return [Row(CLAIMS["haven_cold"], *found)]


def frame_alone(k):
    """t_A - t_A of self motion when a rigid framework only recoils: m_F/(m_A + m_F) - 1; None: a mass is not known"""
    if not one_alkali(k) or not all(s in MASS for s in k.counts):
        return None
    m_a = MASS[k.alkali[0]]
    m_f = sum(n * MASS[s] for s, n in k.counts.items() if s != k.alkali[0]) / k.counts[k.alkali[0]]
    return -m_a / (m_a + m_f)


def r7(campaigns):
    alone = {k.alkali[0]: [] for c in campaigns for k in c.compositions.values() if one_alkali(k)}
    for c in campaigns:
        for k in (k for k in c.compositions.values() if frame_alone(k) is not None):
            alone[k.alkali[0]].append(frame_alone(k))
    span = {a: sorted({f"{v:+.2f}" for v in (min(x), max(x))}) for a, x in alone.items() if x}
    text = ", ".join(f"{a} {' to '.join(x)}" for a, x in span.items())
    rows = []
    for key, frame in (("distinct", "barycentric"), ("distinct_metals", "framework")):
        path = ["transference", f"{frame}_minus_self"]
        found = collect(campaigns, "transport", path, one_alkali, "with one alkali", *EVERY)
        rows.append(Row(CLAIMS[key], *found, "+.2g", fill=[text or "-0.05 (Li) to -0.24 (K)"]))
    return rows


def r8(campaigns):
    items = []
    for c in campaigns:
        for k in (k for k in c.compositions.values() if laco(k)):
            fit = c.fit(k.name)
            x = (fit or {}).get("extrapolated") or {}
            if number(x.get("T_K")) and abs(x["T_K"] - 300) < SAME_T_K:
                why = "; ".join(fit.get("warnings", []))
                items.append(Item(f"{c.tag(k.name)} ({fit['model']})", x["median"], x["lo95"], x["hi95"], log=True,
                                  glasses=fit.get("n_glasses"), dof=fit.get("dof"), why=why))
    row = Row(CLAIMS["d300"], items, "" if items else "no composition LiAlCl2.5O0.75 with a fit that reaches 300 K")
    if row.remedy:
        row.remedy = "lower temperatures: what a curved law may do below the lowest one leaves the band wide"
    return [row, r8b(campaigns)]


def r8b(campaigns):
    sodium, lithium, items = chosen(campaigns, naco, COLD[0]), chosen(campaigns, laco, COLD[0]), []
    for cn, kn, t in sodium:
        same_t = [x for x in lithium if abs(x[2] - t) < SAME_T_K]
        for cl, kl, _ in [x for x in same_t if x[0] is cn] or same_t:
            two = (c.entry("transport", k.name, t)["sigma_mS_cm"] for c, k in ((cn, kn), (cl, kl)))
            pair = [item_of("", p, log=True) for p in two]
            items.append(combine(f"{cn.prefix}{t:g} K", pair, [1, -1]))
    missing = (nothing_asked(campaigns, naco, "NaAlCl2.5O0.75", *COLD)
               or nothing_asked(campaigns, laco, "LiAlCl2.5O0.75", *COLD)
               or "no temperature that both have")
    return Row(CLAIMS["na_over_li"], items, "" if items else missing)


def ea_item(c, k):
    """The activation energy that the program prints: of the line, or of a curved law its local one."""
    fit = c.fit(k.name)
    label = f"{c.tag(k.name)} ({c.temperatures[0]:g}-{c.temperatures[-1]:g} K, {fit['model']})"
    if fit["model"] == "vtf" and number((fit.get("vtf") or {}).get("Ea_local_eV")):
        return c.fit_item(label + " local at T_ref", {**fit, **fit["vtf"]}, "Ea_local", "_eV")
    return c.fit_item(label, fit, "Ea", "_eV")


def r9(campaigns):
    items, missing, notes = [], "no composition LiAlCl2.5O0.75 or NaAlCl2.5O0.75 with an activation energy", []
    for c in campaigns:
        inside = [t for t in c.temperatures if LADDER[0] <= t <= LADDER[1]]
        for k in (k for k in c.compositions.values() if (laco(k) or naco(k)) and c.fit(k.name)):
            if len(inside) < LEAST_ON_LADDER:
                missing = (f"{len(inside)} of the temperatures lie from {LADDER[0]} to {LADDER[1]} K, "
                           f"{LEAST_ON_LADDER} are needed "
                           f"(there are {', '.join(f'{t:g}' for t in c.temperatures)} K)")
                continue
            items.append(ea_item(c, k))
            ends = items[-1].ends()
            if laco(k) and ends:
                where = ("inside" if ends[0] >= TARGET_EA[0] and ends[1] <= TARGET_EA[1] else
                         "outside" if ends[1] < TARGET_EA[0] or ends[0] > TARGET_EA[1] else "not resolved")
                notes.append(f"{c.prefix}target of Li: {where}")
    return [Row(CLAIMS["ea"], items, "" if items else missing, note="; ".join(notes))]


def r11(campaigns):
    items = []
    for c, k, t in chosen(campaigns, one_alkali, EVERY[0]):
        entry = c.entry("transport", k.name, t)
        p = entry.get("D_alkali_cm2_s") or entry["D_cm2_s"].get(k.alkali[0]) or {}
        label, value, se, glasses = c.tag(k.name, t), p.get("value"), p.get("se"), p.get("n_glasses")
        if number(value) and number(se) and se > 0:
            items.append(spread_item(label, se / value, item_of("", p, log=True).dof, CLAIMS["quality"].band.most,
                                     glasses))
        else:
            items.append(Item(label, None, None, None, glasses=glasses, why="no error"))
    return [Row(CLAIMS["quality"], items, "" if items else "no composition with one alkali", ".2g")]
