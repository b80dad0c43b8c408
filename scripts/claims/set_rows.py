"""R5, R10, R15: what only a set of compositions tells."""
import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr
from scipy.stats import chi2, spearmanr

from claims.campaign import SAME_T_K, dig, item_of
from claims.declared import CLAIMS
from claims.grading import (LEVEL, MET, NORMAL, NOT_MET, NOT_RESOLVED, Item, Row, combine, number, over_glasses,
                            t_quantile)

LEAST_OF_A_SET = 3    # compositions that have a spread
LEAST_OF_A_TREND = 4  # compositions whose ranks say something
CLASS = ("Li", "Na", "K"), ("Al", "Ga", "In"), ("Cl", "Br", "I")
LAGS_PS = (2.0, 8.0, 32.0)


# ---------------------------------------------------------------- R5

def series(campaigns, t_k):
    """{(alkali, metal, halogen): {y: item of D}} at one temperature"""
    out = {}
    for c in campaigns:
        for k in (k for k in c.compositions.values() if k.only()):
            entry = c.entry("transport", k.name, t_k)
            p = entry and (entry.get("D_alkali_cm2_s") or entry["D_cm2_s"].get(k.alkali[0]))
            if p:
                item = item_of(c.tag(k.name, t_k), p, log=True)
                out.setdefault((k.alkali[0], k.metals[0], k.halogens[0]), {})[round(k.y, 3)] = item
    return out


def trend(ys, items):
    """(slope of ln D over y by weights, its two-sided p with Satterthwaite's dof)"""
    s = np.array([i.half(+1) / t_quantile(i.dof) for i in items])
    x, y, w = np.array(ys), np.array([math.log(i.value) for i in items]), 1 / np.maximum(s, 1e-12)**2
    arm = w * (x - (w * x).sum() / w.sum())
    slope = (arm * y).sum() / (arm * x).sum()
    part = (arm / (arm * x).sum() * s)**2
    dof = part.sum()**2 / (part**2 / np.array([i.dof for i in items])).sum()
    return slope, 2 * float(stdtr(dof, -abs(slope) / math.sqrt(part.sum())))


def r5(campaigns):
    items, notes, weak = [], [], False
    for who, found in series(campaigns, 500).items():
        ys = sorted(y for y, i in found.items() if 0.48 <= y <= 1.02 and i.ends() is not None
                    and i.half(+1) is not None)
        if not ys or abs(ys[0] - 0.5) > 0.02 or abs(ys[-1] - 1) > 0.02:
            continue
        decade = 1 / math.log(10)  # exp(fall in decades) is what combine() answers
        fall = combine("".join(who), [found[ys[0]], found[ys[-1]]], [decade, -decade])
        ends = (math.log(x) for x in (fall.value, fall.lo, fall.hi))
        items.append(Item(fall.label, *ends, dof=fall.dof, glasses=fall.glasses))
        slope, p = trend(ys, [found[y] for y in ys])
        weak |= slope >= 0 or p >= LEVEL
        notes.append(f"{''.join(who)}: y = {', '.join(f'{y:g}' for y in ys)}, trend p = {p:.2g}")
    missing = "no alkali, metal and halogen with y = 0.5 and y = 1.0, both at 500 K with an interval"
    row = Row(CLAIMS["oxygen"], items, "" if items else missing, note="; ".join(notes))
    if row.verdict == MET and weak:
        row.set(NOT_RESOLVED, "the fall is there, the trend is not significant", "more oxygen contents from 0.5 to 1.0")
    return [row]


# ---------------------------------------------------------------- R10

def not_comparable(c, levels):
    """why the comparison of a campaign is not the one asked for; "": it is"""
    comparison = c.summary.get("comparison") or {}
    n, t = comparison.get("n_compositions") or 0, comparison.get("T_ref_K")
    if not all(k.only(*CLASS, 0.75) for k in c.compositions.values()):
        return "holds compositions that the claim does not speak of (A M X2.5 O0.75; Li, Na, K; Al, Ga, In; Cl, Br, I)"
    if n < LEAST_OF_A_SET:
        return f"{n} compositions compared, {LEAST_OF_A_SET} are needed: two have a difference, but no spread"
    if levels and not number(t):
        return "no levels compared"
    if levels and abs(t - 500) > SAME_T_K:
        return f"levels are compared at {t:g} K, not at 500 K (compare.reference_temperature)"
    if levels and not c.temperatures[0] - SAME_T_K < 500 < c.temperatures[-1] + SAME_T_K:
        return "500 K lies outside the temperatures"
    return ""


def judge_tau(claim, items, missing, most, upper, refuted=math.inf):
    """met: tau < most and its upper end < upper; not met: its lower end above most"""
    row = Row(claim, items, "" if items else missing, note=missing if items else "")
    if not items:
        return row
    if all(number(i.value) and number(i.hi) and i.value < most and i.hi < upper for i in items):
        return row.set(MET, "tau and its upper end lie below their limits")
    above = [i for i in items if number(i.lo) and i.lo > most]
    if above:
        gone = "; it lies above 0.4: refuted for this potential" if max(i.lo for i in above) > refuted else ""
        return row.set(NOT_MET, "its lower end lies above the limit" + gone)
    return row.set(NOT_RESOLVED, "the interval covers a limit, or there is none",
                   "more glasses where the errors of a composition are as large as tau, else more compositions")


def r10(campaigns):
    taus, ranges, missing = [], [], ""
    for c in campaigns:
        reason = not_comparable(c, True)
        missing = reason and c.prefix + reason or missing
        if not reason:
            for into, key in ((taus, "tau"), (ranges, "range")):
                x = [c.summary["comparison"].get(f"{key}{end}_decades") for end in ("", "_lo95", "_hi95")]
                into.append(Item(f"{c.prefix}{key} of {c.summary['comparison']['n_compositions']} compositions", *x))
    specific = Row(CLAIMS["specific"], [], "needs structures: crystals and fluorides that a campaign could start from")
    return [judge_tau(CLAIMS["tau"], taus, missing, 0.20, 0.30, 0.40), Row(CLAIMS["range"], ranges, missing),
            r10b(campaigns), specific]


def q_profile(values, s):
    """spread of values beyond their errors s: (Paule-Mandel, lower, upper end of the 95 % Q profile)"""
    v, k = np.array(values), len(values)

    def q(tau):
        w = 1 / (np.array(s)**2 + tau**2)
        return float((w * (v - (w * v).sum() / w.sum())**2).sum())

    def root(target):
        top = 100 * (v.max() - v.min() + max(s))
        return 0.0 if q(0) <= target else math.inf if q(top) > target else brentq(lambda x: q(x) - target, 0, top)
    return root(k - 1), root(chi2.ppf(0.975, k - 1)), root(chi2.ppf(0.025, k - 1))


def r10b(campaigns):
    items, missing = [], ""
    for c in campaigns:
        fits = [c.fit_item(n, c.fit(n), "Ea", "_eV") for n in c.names if c.fit(n)]
        fits = [i for i in fits if number(i.value) and number(i.lo) and number(i.hi)]
        reason = not_comparable(c, False)
        if not reason and len(fits) < LEAST_OF_A_SET:
            reason = f"{len(fits)} activation energies with an interval, {LEAST_OF_A_SET} are needed"
        missing = reason and c.prefix + reason or missing
        if not reason:
            s = [(i.hi - i.lo) / 2 / NORMAL for i in fits]
            items.append(Item(f"{c.prefix}tau of {len(fits)}", *q_profile([i.value for i in fits], s)))
    return judge_tau(CLAIMS["tau_ea"], items, missing, 0.030, 0.045)


# ---------------------------------------------------------------- R15

def turning(campaigns):
    """Spearman's rank correlation; its interval by Fisher's z with variance 1.06/(n - 3) (Fieller et al. 1957)"""
    by_t = {}
    for c in campaigns:
        for k in c.compositions.values():
            for t in c.temperatures:
                classes = dig(c.entry("residence", k.name, t), ["classes"]) or [{}]
                tau = classes[0].get("tau_continuous_ps", {}).get("value")
                turn = (dig(c.entry("structure", k.name, t), ["turn_metal_halogen_ps"]) or {}).get("value")
                if number(tau) and number(turn):
                    by_t.setdefault(round(t), {})[c.prefix + k.name] = (tau, turn)
    t_k, best = max(by_t.items(), key=lambda x: (len(x[1]), -x[0]), default=(0, {}))
    n, items = len(best), []
    if n >= LEAST_OF_A_TREND:
        r = float(spearmanr(*zip(*best.values()))[0])
        z, half = math.atanh(max(-0.9999, min(0.9999, r))), NORMAL * math.sqrt(1.06 / (n - 3))
        items = [Item(f"{n} compositions at {t_k} K", r, math.tanh(z - half), math.tanh(z + half), dof=1e6)]
    missing = f"{n} compositions have both at one temperature, {LEAST_OF_A_TREND} are needed"
    return Row(CLAIMS["turning"], items, "" if items else missing, ".2g")


def coupling(campaigns):
    """<dP_A . dJ_F>/<dP_A^2>, barycentric, J_F the charge current of all but the alkali"""
    items, recoil = [], []
    for c in (c for c in campaigns if c.store and c.store.get("obs/charge/corr") is not None):
        for k in (k for k in c.compositions.values() if len(k.alkali) == 1):
            t, lags = c.temperatures[0], c.store.get("obs/charge/lag_ps")
            rows = c.store.rows(k.name, t)
            for want in LAGS_PS:
                values = [one_coupling(c.store, i, lags[i], want, k.alkali[0]) for i in rows]
                items += [over_glasses(f"{c.tag(k.name, t)}, {want:g} ps", values)] if any(map(number, values)) else []
            recoil += [f"{k.name} {rigid(c.store, rows[0], k.alkali[0]):.2f}"] if rows else []
    return Row(CLAIMS["coupling"], items, "" if items else "results.h5 is not there, or has no obs/charge", "+.2g",
               fill=[", ".join(dict.fromkeys(recoil)) or "0.05 (Li) to 0.3 (K)"])


def rigid(store, i, alkali):
    n, m = store.get("compositions/counts")[store.composition[i]], store.get("species/mass")
    a = store.symbols.index(alkali)
    return float(m[a] * n[a] / (m @ n - m[a] * n[a]))


def one_coupling(store, i, lags, want, alkali):
    """of one run at the lag nearest to the one wanted, within a tenth; NaN: there is none"""
    near = np.where(np.isfinite(lags), np.abs(lags - want), np.inf)
    lag, a = int(np.argmin(near)), store.symbols.index(alkali)
    if near[lag] > 0.1 * want:
        return math.nan
    n, m = store.get("compositions/counts")[store.composition[i]].astype(float), store.get("species/mass")
    t = np.eye(len(n)) - np.outer(n, m / (m @ n))
    b = t @ np.nan_to_num(store.get("obs/charge/corr")[i][:, lag][store.pairs()]) @ t.T
    others = np.where(np.arange(len(n)) == a, 0.0, store.get("species/charge").astype(float))
    return float(others @ b[a] / b[a, a]) if b[a, a] > 0 else math.nan


def r15(campaigns):
    return [turning(campaigns), coupling(campaigns)]
