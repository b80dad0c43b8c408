"""R1 to R4: coordination, chains, bridges, residence."""
import math

import numpy as np

from claims.campaign import ALKALIS, HALOGENS, NEAR, collect, from_tasks, item_of
from claims.declared import CLAIMS, METALS_OF_A_CELL
from claims.grading import (LEVEL, MET, NOT_ASKED, NOT_MET, NOT_RESOLVED, Band, Row, holm, number, over_glasses,
                            p_outside)

COLD = (lambda t: 300 <= t <= 500), "from 300 to 500 K"
SHARE = (0, 1)
SHORTEST_RATIO = 1.1
KINDS = {"continuous": "unbroken", "intermittent": "short breaks allowed", "endpoint": "ends only"}


def r1(campaigns):
    rows = []
    for key, metals in (("tetrahedra", ("Al", "Ga")), ("tetrahedra_in", ("In",))):
        which = " or ".join(metals)

        def of_them(k, metals=metals):
            return len(k.metals) == 1 and k.metals[0] in metals
        found = collect(campaigns, "structure", ["cn4"], of_them, f"with {which} as its one metal", *COLD,
                        physical=SHARE)
        rows.append(Row(CLAIMS[key], *found, fill=[which]))
    return rows


def o_variance(row, store):
    """variance of the oxygens of a metal from the fractions of metals with 0..8"""
    metals = [i for i, s in enumerate(store.symbols) if s not in ALKALIS + HALOGENS + ("O",)
              and np.isfinite(row[i]).all()]
    if len(metals) != 1:
        return math.nan
    f, k = row[metals[0]], np.arange(row.shape[1])
    return float((k**2 * f).sum() - (k * f).sum()**2)


def r2(campaigns):
    def big(k):
        return k.y is not None and abs(k.y - 0.75) < NEAR and (k.n_metals or 0) >= METALS_OF_A_CELL
    sizes = sorted({k.n_metals for c in campaigns for k in c.compositions.values() if k.n_metals is not None})
    have = f"cells here hold {', '.join(map(str, sizes))}" if sizes else "results.h5 tells the cells and is not there"
    text = f"of 0.75 oxygens a metal in a cell of {METALS_OF_A_CELL} metals or more ({have})"
    variance = from_tasks("obs/polyhedra/o_count", o_variance)
    wanted = (("fragment", "chain_mean", None, None), ("largest", "chain_largest_share", SHARE, None),
              ("o_variance", "o_variance", None, variance))
    return [Row(CLAIMS[key], *collect(campaigns, "structure", [path], big, text, *COLD, physical=ends, fallback=other))
            for key, path, ends, other in wanted]


def bridging(row, store):
    """share of the oxygens of two or three metals"""
    return float(row[store.symbols.index("O")][2:4].sum()) if "O" in store.symbols else math.nan


def r3(campaigns):
    asked = (lambda k: bool(k.y)), "with oxygen", *COLD
    both = from_tasks("obs/polyhedra/anion", bridging, SHARE)
    rows = [Row(CLAIMS["bridges"], *collect(campaigns, "structure", ["o_two_or_three_metals"], *asked, fallback=both))]
    rates = sorted({c.key("rate") for c in campaigns} - {None})
    note = f"quench rate {', '.join(rates)}" if rates else "quench rate not recorded here"
    if len(rates) < 2:
        note += "; how it depends on the rate is not asked: needs folders of two rates"
    for key, path in (("two_metals", "o_two_metals"), ("halogens", "halogen_bridging"), ("free_anions", "free_anions")):
        found = collect(campaigns, "structure", [path], *asked, physical=SHARE)
        rows.append(Row(CLAIMS[key], *found, note=note if key == "two_metals" and found[0] else ""))
    return rows


# ---------------------------------------------------------------- residence

def tau_ratio(c, k, t, kind):
    """tau of two oxygens over that of none: of the summary where it is there, else over the glasses of the store"""
    label, entry = c.tag(k.name, t), c.entry("residence", k.name, t)
    if kind == "continuous" and entry:
        warnings = [w for w in entry.get("warnings", ()) if kind in w or "tau_over_tau0" in w]
        return item_of(label, entry["classes"][2]["tau_over_tau0"], log=True, warnings=warnings)
    data = c.store.get(f"structure/tau_{kind}")
    rows = [] if data is None else [data[i] for i in c.store.rows(k.name, t)]
    return over_glasses(label, [float(r[2] / r[0]) for r in rows if number(float(r[0])) and r[0] > 0], log=True)


def in_order(c, k, kind):
    """(temperatures whose three times are in order, temperatures that have three)"""
    right = known = 0
    for t in c.temperatures:
        entry = c.entry("residence", k.name, t)
        tau = [(e.get(f"tau_{kind}_ps") or {}).get("value") for e in (entry["classes"][:3] if entry else [])]
        if len(tau) == 3 and all(number(x) for x in tau):
            known += 1
            right += tau[0] < tau[1] < tau[2]
    return right, known


def reversed_order(c, k):
    """does one oxygen hold the alkali shorter than none, at any temperature, by Holm?"""
    found = [e for e in (c.entry("residence", k.name, t) for t in c.temperatures) if e]
    one = [item_of("", e["classes"][1]["tau_over_tau0"], log=True) for e in found]
    return min(holm([p_outside(i, Band(1.0)) for i in one]), default=1) < LEVEL


def residence_of(c, k, kind):
    """(items by temperature, verdict, text) of one composition"""
    if kind != "continuous" and c.store is None:
        return [], NOT_ASKED, f"{c.tag(k.name)}: results.h5 is not there"
    if len(c.temperatures) < 2:
        return [], NOT_ASKED, f"{c.tag(k.name)}: one temperature, two are needed"
    items = [tau_ratio(c, k, t, kind) for t in c.temperatures]
    above = sum(p < LEVEL for p in holm([p_outside(i, Band(None, SHORTEST_RATIO)) for i in items]))
    below = sum(p < LEVEL for p in holm([p_outside(i, Band(SHORTEST_RATIO)) for i in items]))
    right, known = in_order(c, k, kind)
    text = (f"{c.tag(k.name)}: bound above {SHORTEST_RATIO} at {above} of {len(items)} temperatures, in order at "
            f"{right} of {known}")
    if len(items) - below < 2:
        return items, NOT_MET, text + f"; below it at {below}"
    if kind == "continuous" and reversed_order(c, k):
        return items, NOT_MET, text + "; one oxygen holds it shorter than none"
    return items, MET if above >= 2 and right == known else NOT_RESOLVED, text


def r4(campaigns):
    rows = []
    for kind, words in KINDS.items():
        parts = [residence_of(c, k, kind) for c in campaigns for k in c.compositions.values() if k.y and k.alkali]
        items = [i for part in parts for i in part[0]]
        verdicts, texts = [p[1] for p in parts], "; ".join(p[2] for p in parts)
        row = Row(CLAIMS["residence"], items, "" if items else texts or "no composition with an alkali and oxygen",
                  fill=[words])
        if items:
            verdict = next((v for v in (NOT_MET, NOT_RESOLVED, MET) if v in verdicts))
            longer = "more glasses, or temperatures at which all three times are shorter than the longest lag"
            row.set(verdict, texts, longer if verdict == NOT_RESOLVED else "")
        rows.append(row)
    why = "cutoffs follow from g(r), and no campaign moves them: residence times at other cutoffs are not recorded"
    return rows + [Row(CLAIMS["cutoff"], [], why)]
