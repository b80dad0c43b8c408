"""What differs between campaigns that hold the same compositions: differences with Welch's intervals, and spreads.

Two campaigns are two independent sets of glasses, so the error of a difference is that of both, with the degrees of freedom
of Welch and Satterthwaite.  All differences of a pair of campaigns are one family: Holm's correction over it.  A spread is
what is left of the scatter of means beyond their errors (Paule and Mandel; its interval is that of the Q profile)."""
import math
from collections import namedtuple

from scipy.special import stdtr

from claims.campaign import SAME_T_K, dig, item_of
from claims.grading import LEVEL, NORMAL, Item, holm, number, t_quantile
from claims.set_rows import q_profile

MOVES, NOT_SEEN, UNKNOWN = "moves", "no move seen", "not resolved"
LEAST_OF_A_SPREAD = 3
LN10 = math.log(10)

# section and keys of summary.json; scale: of the difference of logarithms (None: plain difference) to its unit
Quantity = namedtuple("Quantity", "name section path scale unit")
QUANTITIES = (
    Quantity("log10 D of the alkali", "transport", ("D_alkali_cm2_s",), 1 / LN10, "decades"),
    Quantity("log10 sigma", "transport", ("sigma_mS_cm",), 1 / LN10, "decades"),
    Quantity("ln Haven ratio, metal frame", "transport", ("haven", "metal"), 1.0, ""),
    Quantity("t of the alkali, barycentric", "transport", ("transference", "barycentric"), None, ""),
    Quantity("density", "structure", ("density_g_cm3",), 100.0, "%"),
    Quantity("metals with four anions", "structure", ("cn4",), None, ""),
    Quantity("variance of the oxygens of a metal", "structure", ("o_variance",), None, ""),
    Quantity("ln mean fragment", "structure", ("chain_mean",), 1.0, ""),
    Quantity("ln residence at two O over none", "residence", ("classes", 2, "tau_over_tau0"), 1.0, ""),
)
ENERGY = Quantity("activation energy of D", "fit", ("Ea", "_eV"), None, "eV")
LEVEL_AT = Quantity("log10 D at T_ref", "fit", ("log10_D_Tref", ""), None, "decades")


class Difference:
    """Of one quantity, other campaign less base.  value, lo, hi in the quantity's unit; None: not known, and why."""

    def __init__(self, quantity, name, t_k, base, other):
        self.quantity, self.name, self.t_k, self.base, self.other = quantity, name, t_k, base, other
        found = minus(other, base)
        self.value = self.lo = self.hi = self.errors = None
        self.p, self.why, self.verdict = 1.0, base.why or other.why or found.why, UNKNOWN
        if number(found.lo):
            scale = quantity.scale or 1.0
            self.value, self.lo, self.hi = (scale * x for x in (found.value, found.lo, found.hi))
            error = (self.hi - self.lo) / 2 / t_quantile(found.dof)
            self.errors = self.value / error if error > 0 else None
            self.p = 2 * float(stdtr(found.dof, -abs(self.errors))) if error > 0 else 1.0
            self.why, self.verdict = "", NOT_SEEN


def minus(a, b):
    """a - b of two independent items, of their logarithms where they are log; of a lopsided interval the longer half"""
    halves = [(i.half(+1), i.half(-1)) for i in (a, b)]
    if any(h is None for pair in halves for h in pair):
        return Item("", None, None, None, why="an end of an interval is not known")
    parts = [(max(h) / t_quantile(i.dof))**2 for h, i in zip(halves, (a, b))]
    total = sum(parts)
    dof = total**2 / sum(v**2 / i.dof for v, i in zip(parts, (a, b))) if total > 0 else 1e6
    value, half = a.at(a.value) - b.at(b.value), t_quantile(dof) * math.sqrt(total)
    return Item("", value, value - half, value + half, dof=dof)


def entry_item(c, quantity, name, t_k):
    """None: the campaign does not have it"""
    entry = c.entry(quantity.section, name, t_k)
    if quantity.section == "residence":  # classes by their oxygens
        classes = [k for k in dig(entry, ["classes"]) or [] if k.get("o_count") == quantity.path[1]]
        p = dig(classes[0], quantity.path[2:]) if classes else None
    else:
        p = dig(entry, quantity.path)
    return item_of("", p, log=quantity.scale is not None) if isinstance(p, dict) and "value" in p else None


def fit_items(quantity, name, campaigns):
    """of the fit of each campaign that has one; levels only where all refer to one temperature"""
    fits = [c.fit(name) for c in campaigns]
    if any(f is None for f in fits):
        return None
    t_ref = [f["T_ref_K"] for f in fits]
    if quantity is LEVEL_AT and not (all(map(number, t_ref)) and max(t_ref) - min(t_ref) < SAME_T_K):
        return None
    return [c.fit_item("", f, *quantity.path) for c, f in zip(campaigns, fits)]


def shared(campaigns):
    """[(name, [T])] that all campaigns hold, in the order of the first"""
    names = [n for n in campaigns[0].names if all(n in c.names for c in campaigns)]
    temperatures = [t for t in campaigns[0].temperatures
                    if all(any(abs(t - u) < SAME_T_K for u in c.temperatures) for c in campaigns)]
    return [(n, temperatures) for n in names]


def differences(base, other):
    """of all quantities that both have; verdicts after Holm over them"""
    found = []
    for name, temperatures in shared([base, other]):
        for quantity in (ENERGY, LEVEL_AT):
            items = fit_items(quantity, name, [base, other])
            found += [Difference(quantity, name, None, *items)] if items else []
        for quantity in QUANTITIES:
            for t_k in temperatures:
                pair = [entry_item(c, quantity, name, t_k) for c in (base, other)]
                found += [Difference(quantity, name, t_k, *pair)] if all(pair) else []
    known = [d for d in found if d.verdict != UNKNOWN]
    for d, p in zip(known, holm([d.p for d in known])):
        d.p, d.verdict = p, MOVES if p < LEVEL else NOT_SEEN
    return found


Spread = namedtuple("Spread", "quantity name values tau lo hi why")


def spreads(campaigns):
    """of energies and levels between the campaigns, a composition at a time"""
    found = []
    for name, _ in shared(campaigns):
        for quantity in (ENERGY, LEVEL_AT):
            items = fit_items(quantity, name, campaigns) or []
            known = [i for i in items if all(map(number, (i.value, i.lo, i.hi)))]
            values = [i.value for i in known]
            if len(known) < LEAST_OF_A_SPREAD:
                why = f"{len(known)} campaigns with an interval, {LEAST_OF_A_SPREAD} are needed"
                found.append(Spread(quantity, name, values, None, None, None, why))
            else:
                found.append(Spread(quantity, name, values,
                                    *q_profile(values, [(i.hi - i.lo) / 2 / NORMAL for i in known]), ""))
    return found
