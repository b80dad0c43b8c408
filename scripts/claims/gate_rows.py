"""R12 to R14: realism, integrity, bookkeeping; a failed one voids what the others say of the glass."""
import math

import numpy as np
from scipy.stats import beta

from claims.campaign import SAME_T_K, collect
from claims.declared import CLAIMS, GLASSES, MELTS, glass, melt
from claims.grading import MET, NORMAL, NOT_ASKED, NOT_MET, Item, Row, number, over_glasses

# Two like anions are a molecule below this (as for the guard of a run), two halogens below the mean; oxide and halide.
MOLECULES_A = {"O": 1.6, "F": 1.7, "Cl": 2.4, "Br": 2.7, "I": 3.1}
OXIDE_HALIDE_A = 1.9
METALS_CLOSE_A = 2.6
BOOKS = 1e-10
EVERY = (lambda t: True), "at all"
NO_STORE = "results.h5 is not there"


# ---------------------------------------------------------------- R12

def bin_a(c):
    """width of the bins of g(r)"""
    r = c.store.get("obs/rdf/r") if c.store else None
    r = r[np.isfinite(r).all(axis=1)] if r is not None else []
    return float(r[0, 1] - r[0, 0]) if len(r) else 0.0


def peak(campaigns, claim, key, anion):
    def has_pair(k):
        return k.metals == ["Al"] and (k.halogens == ["Cl"] if anion == "Cl" else bool(k.y))
    items, missing = [], ""
    for c in campaigns:
        lowest = (lambda t, low=c.temperatures[0]: t == low), "at all"
        mine, why = collect([c], "structure", [key], has_pair, f"with Al and {anion}", *lowest)
        for item in mine:
            if number(item.lo):
                item.lo, item.hi = min(item.lo, item.value - bin_a(c) / 2), max(item.hi, item.value + bin_a(c) / 2)
        items, missing = items + mine, missing or why
    return Row(claim, items, "" if items else missing, ".4g")


def densities(campaigns):
    rows = []
    for alkali, halogen, t_k, a, b in MELTS:
        def parent(k, alkali=alkali, halogen=halogen):
            return k.only((alkali,), ("Al",), (halogen,), 0.0)
        at = (lambda t, want=t_k: abs(t - want) < SAME_T_K), f"of {t_k} K"
        found = collect(campaigns, "structure", ["density_g_cm3"], parent, f"{alkali}Al{halogen}4", *at)
        rows.append(Row(melt(alkali, halogen, t_k, a, b), *found, ".4g"))
    for alkali, least, most in GLASSES:
        def glassy(k, alkali=alkali):
            return k.only((alkali,), ("Al",), ("Cl",), 0.75)
        at = (lambda t: abs(t - 300) < SAME_T_K), "of 300 K"
        found = collect(campaigns, "structure", ["density_g_cm3"], glassy, f"{alkali}AlCl2.5O0.75", *at)
        rows.append(Row(glass(alkali, least, most), *found, ".4g"))
    return rows


def pressures(campaigns):
    items = []
    for c in (c for c in campaigns if c.store):
        p, se = c.store.get("transport/pressure_gpa"), c.store.get("transport/pressure_se_gpa")
        se = c.store.get("transport/pressure_se") if se is None else se
        for i in c.store.md if p is not None and se is not None else []:
            name, half = c.store.names[c.store.composition[i]], NORMAL * float(se[i])
            label = f"{c.tag(name, float(c.store.t_k[i]))} glass {int(c.store.get('tasks/glass')[i])}"
            items.append(Item(label, float(p[i]), float(p[i]) - half, float(p[i]) + half, dof=1e6, why="no pressure"))
    return Row(CLAIMS["pressure"], items, "" if items else f"{NO_STORE}, or has no pressures", ".2g")


def r12(campaigns):
    return [peak(campaigns, CLAIMS["peak_cl"], "peak_metal_halogen_A", "Cl"),
            peak(campaigns, CLAIMS["peak_o"], "peak_metal_oxygen_A", "O"), *densities(campaigns), pressures(campaigns)]


# ---------------------------------------------------------------- R13

def molecule_a(a, b):
    return OXIDE_HALIDE_A if "O" in (a, b) and a != b else (MOLECULES_A[a] + MOLECULES_A[b]) / 2


def near_runs(store):
    """(runs with a pair of anions as near as a molecule in a sampled g(r), runs looked at, those pairs)"""
    r, g, bad, seen, pairs = store.get("obs/rdf/r"), store.get("obs/rdf/g"), set(), set(), set()
    names = [p.split("-") for p in store.text("species/pair")]
    for i in store.md if g is not None else []:
        for k, (a, b) in enumerate(names):
            if a not in MOLECULES_A or b not in MOLECULES_A:
                continue
            near = g[i, k][r[i] < molecule_a(a, b)]
            if np.isfinite(near).all():
                seen.add(i)
                if near.any():
                    bad.add(i)
                    pairs.add(f"{a}-{b}")
    return len(bad), len(seen), pairs


def stopped(store, words):
    """tries that the guard stopped for that reason: (in equilibration or production, before)"""
    errors, stages = store.text("failures/error"), store.text("failures/stage")
    if store.get("failures/error") is None:
        errors = store.text("tasks/error")
        stages = [""] * len(errors)
    hit = [s for e, s in zip(errors, stages) if words in e]
    early = sum(s in ("pack", "melt", "quench") for s in hit)
    return len(hit) - early, early


def share(label, n, of):
    """n of so many, with the interval of Clopper and Pearson"""
    lo = 0.0 if n == 0 else float(beta.ppf(0.025, n, of - n + 1))
    hi = 1.0 if n == of else float(beta.ppf(0.975, n + 1, of - n))
    return Item(label, n / of, lo, hi, dof=1e6)


def integrity(campaigns, claim, words, key, sampled):
    """sampled: g(r) tells of it, too, so that the guard need not have been on"""
    items, notes, seen, watched = [], [], 0, True
    for c in (c for c in campaigns if c.store):
        bad, runs, pairs = near_runs(c.store) if sampled else (0, len(c.store.md), set())
        late, early = stopped(c.store, words)
        lost, seen = int((c.store.get("tasks/done") == 0).sum()), seen + bad + late
        watched = watched and c.key(key) == "on"
        items += [share(f"{c.prefix}share of {runs} runs", min(bad + late, runs), runs)] if runs else []
        notes += [c.prefix + t for t in (f"pairs {', '.join(sorted(pairs))}" if pairs else "",
                                         f"tries stopped for it in equilibration or production: {late}" if late else "",
                                         f"tries stopped for it before: {early}" if early else "",
                                         f"tasks without a result: {lost}" if lost else "") if t]
    if not items:
        return Row(claim, [], NO_STORE)
    row = Row(claim, items, note="; ".join(notes))
    if seen:
        return row.set(NOT_MET, f"{seen} seen")
    if not watched and not sampled:
        return row.set(NOT_ASKED, f"guard.{key} was not on everywhere, or campaign.yaml is not there: nobody looked")
    return row.set(MET, "none seen; the interval is that of a count of none")


def r13(campaigns):
    any_metal = (lambda k: bool(k.metals)), "with a metal"
    claim = "metals_share"
    close = collect(campaigns, "structure", ["metals_close_share"], *any_metal, *EVERY, physical=(0, 1))
    if not any(i.value is not None for i in close[0]):  # results of protocol 1 hold pairs only
        claim = "metals_close"
        close = collect(campaigns, "structure", ["metals_close_per_frame"], *any_metal, *EVERY, physical=(0, math.inf),
                        fallback=close_pairs)
    return [integrity(campaigns, CLAIMS["molecules"], "a molecule of anions", "molecules", True),
            integrity(campaigns, CLAIMS["metal_bonds"], "a bond between metals", "contacts", False),
            Row(CLAIMS[claim], *close)]


def close_pairs(c, k, t, label):
    """for older summaries: N_a N_b/V times the integral of 4 pi r^2 g up to 2.6 A (half of it for like metals)"""
    g, r, v = c.store.get("obs/rdf/g"), c.store.get("obs/rdf/r"), c.store.get("transport/volume_a3")
    names, values = [p.split("-") for p in c.store.text("species/pair")], []
    for i in c.store.rows(k.name, t) if g is not None and v is not None else []:
        total, near = 0.0, r[i] < METALS_CLOSE_A
        for j, (a, b) in enumerate(names):
            if a in k.metals and b in k.metals:
                shell = (4 * np.pi * r[i]**2 * g[i, j] * (r[i, 1] - r[i, 0]))[near].sum()
                total += k.counts[a] * k.counts[b] / v[i] * shell * (0.5 if a == b else 1)
        values.append(float(total))
    return over_glasses(label, values, physical=(0, math.inf))


# ---------------------------------------------------------------- R14

def balance(w, m):
    """largest sum over j of m_j L_ij, relative to all of it"""
    return float(np.abs(w @ m).max() / np.abs(w[:, None] * m).sum())


def books(store, i):
    """(largest change of the charge current between frames, largest sum m_j <dP_i . dP_j>) of one run, relative, over
    the lags; the simulation has no momentum, so that its own frame is the barycentric one; None: no data"""
    counts = store.get("compositions/counts")[store.composition[i]].astype(float)
    corr, here = store.get("obs/charge/corr")[i], counts > 0
    q, w, n = store.get("species/charge")[here].astype(float), store.get("species/mass")[here], counts[here]
    metals, change, momentum = q > 2, 0.0, 0.0
    frames = [w / (w @ n)] + ([metals / n[metals].sum()] if metals.any() else [])
    for lag in np.flatnonzero(np.isfinite(corr).any(axis=0)):
        m = np.nan_to_num(corr[:, lag][store.pairs()])[np.ix_(here, here)]
        if not np.abs(m).any():
            continue
        momentum = max(momentum, balance(w, m))
        for a in frames:
            t = np.eye(len(q)) - np.outer(n, a)
            change = max(change, abs(q @ (t @ m @ t.T) @ q / (q @ m @ q) - 1))
    return (change, momentum) if np.isfinite(corr).any() else None


def published(c):
    """largest sum m_j L_ij of the Onsager coefficients in summary.json; None: not there"""
    mass, worst = dict(zip(c.store.symbols, c.store.get("species/mass"))), None
    for e in c.summary["transport"]:
        o = e.get("onsager") or {}
        if o.get("frame") == "barycentric" and all(number(x) for row in o["L"] for x in row):
            w = np.array([mass[s] for s in o["species"]])
            worst = max(worst or 0.0, balance(w, np.array(o["L"], dtype=float)))
    return worst


def exact(label, value):
    item = Item(label, float(value), float(value), float(value), dof=1e6)
    item.exact = True
    return item


def r14(campaigns):
    current, momentum, wander = [], [], []
    for c in (c for c in campaigns if c.store and c.store.get("obs/charge/corr") is not None):
        found = [two for two in (books(c.store, i) for i in c.store.md) if two]
        if found:
            label = f"{c.prefix}displacements, largest of {len(found)} runs"
            current.append(exact(label, max(two[0] for two in found)))
            drift = max(two[1] for two in found)
            if c.key("precision") == "mixed":
                wander.append(f"{label}: {drift:.1e}, not graded: in mixed precision forces do not sum to zero to "
                              "rounding, and the centre of mass wanders")
            else:
                momentum.append(exact(label, drift))
        if published(c) is not None:
            momentum.append(exact(f"{c.prefix}published L_ij", published(c)))
    rows = []
    for key, items in (("frames", current), ("momentum", momentum)):
        notes = ["rounding: no interval belongs to it"] + (wander if key == "momentum" else [])
        note = "; ".join(notes) if items else ""
        row = Row(CLAIMS[key], items, "" if items else f"{NO_STORE}, or has no obs/charge", ".1e", note)
        rows.append(row.set(MET if all(i.value < BOOKS for i in items) else NOT_MET) if items else row)
    return rows
