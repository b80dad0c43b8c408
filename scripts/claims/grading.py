"""Intervals against bands: what is met, what is not, what stays open, with multiplicity.

A row is a family of items that it judges together.  It is
  met           when the 95 % interval of every item lies inside the band: all have to hold, so nothing is corrected;
  not met       when one item at least lies outside it with p < 0.05 after Holm's correction over the family: one
                interval in forty lies below its band by chance, so the more are looked at the more it takes;
  not resolved  otherwise, with the number of glasses that would decide if the value stays where it is;
  not asked     when the composition, the temperature or the observable is not there.
An interval wider than three decades, or of one glass, is no interval."""
import functools
import math

from scipy.special import chdtrc, chdtri, stdtr, stdtrit

MET, NOT_MET, NOT_RESOLVED, NOT_ASKED, REPORTED = "met", "not met", "not resolved", "not asked", "reported"
LEVEL = 0.05
NORMAL = 1.959963984540054  # two-sided 95 %
WIDEST_DECADES = 3.0
MOST_GLASSES = 200
SHOWN = 8


def number(x):
    return isinstance(x, (int, float)) and math.isfinite(x)


def t_quantile(dof, q=0.975):
    return float(stdtrit(dof, q))


@functools.lru_cache(maxsize=None)
def dof_with(q):
    """nu with t(0.975, nu) = q, by bisection in its logarithm"""
    if q >= t_quantile(1.0):
        return 1.0
    if q <= t_quantile(1e6):
        return 1e6
    lo, hi = 1.0, 1e6
    for _ in range(60):
        mid = math.sqrt(lo * hi)
        lo, hi = (mid, hi) if t_quantile(mid) > q else (lo, mid)
    return lo


def dof_of(half, se):
    """degrees of freedom nu with t(0.975, nu) = half/se: what the writer of an interval used"""
    if not number(half) or not number(se) or se <= 0:
        return None
    return dof_with(half / se)


class Item:
    """One number with its 95 % interval; log: the interval is symmetric in the logarithm.  lo or hi None: not known."""

    def __init__(self, label, value, lo, hi, se=None, dof=None, glasses=None, log=False, physical=None, why=""):
        self.label, self.value, self.lo, self.hi, self.se = label, value, lo, hi, se
        self.glasses, self.log, self.physical, self.why = glasses, log, physical, why
        half = self.half(+1) or self.half(-1)
        scale = se / value if log and number(se) and number(value) and value > 0 else se
        self.dof = dof if number(dof) else dof_of(half, scale) or (glasses - 1 if glasses and glasses > 1 else 1e6)
        self.p_outside, self.exact = None, False  # of a test of its own; a number without an interval

    def at(self, x):
        return math.log(x) if self.log else x

    def half(self, side):
        """half of the interval on one side, in the logarithm where log; None: not known"""
        end = self.hi if side > 0 else self.lo
        if not number(end) or not number(self.value) or self.log and (end <= 0 or self.value <= 0):
            return None
        return abs(self.at(end) - self.at(self.value))

    def ends(self):
        """of the interval, open ends and physical bounds put in; None: there is none"""
        if not number(self.lo) and not number(self.hi):
            return None
        lo = self.lo if number(self.lo) else 0.0 if self.log else -math.inf
        hi = self.hi if number(self.hi) else math.inf
        if self.log and 0 < lo and hi < math.inf and math.log10(hi / lo) > WIDEST_DECADES:
            return None
        if self.physical:
            lo, hi = max(lo, self.physical[0]), min(hi, self.physical[1])
            if lo <= self.physical[0] and hi >= self.physical[1]:
                return None
        return lo, hi

    def text(self, fmt=".3g"):
        ends = self.ends()
        if ends is None:
            return f"{self.label}: not resolved" + (f" ({self.why})" if self.why else "")
        lo, hi = ends
        if self.exact:
            return f"{self.label}: {self.value:{fmt}}"
        if not number(self.value):
            known = f"below {hi:{fmt}}" if hi < math.inf else f"above {lo:{fmt}}"
            return f"{self.label}: {known}"
        low = f"{lo:{fmt}}" if lo > 0 or not self.log else "no lower bound"
        high = f"{hi:{fmt}}" if hi < math.inf else "no upper bound"
        return f"{self.label}: {self.value:{fmt}} [{low}, {high}]"


class Band:
    """least <= x <= most, either None; away: |x| > least."""

    def __init__(self, least=None, most=None, away=False):
        self.least = -math.inf if least is None else least
        self.most = math.inf if most is None else most
        self.away = away

    def inside(self, lo, hi):
        return (lo > self.least or hi < -self.least) if self.away else (lo >= self.least and hi <= self.most)

    def outside(self, lo, hi):
        return (lo > -self.least and hi < self.least) if self.away else (hi < self.least or lo > self.most)

    def edges(self):
        return [e for e in ((-self.least, self.least) if self.away else (self.least, self.most)) if math.isfinite(e)]


def item_state(item, band):
    ends = item.ends()
    if ends is None:
        return "open"
    return "in" if band.inside(*ends) else "out" if band.outside(*ends) else "open"


def p_outside(item, band):
    """two-sided p of the value against the nearest edge of the band, from which it has strayed; 1: it has not"""
    if item.p_outside is not None:
        return item.p_outside
    if not number(item.value) or item.ends() is None or not band.outside(item.value, item.value):
        return 1.0
    p = 0.0
    for edge in nearest(item, band):
        half = item.half(+1 if edge > item.value else -1)
        if half is None or item.log and edge <= 0:
            return 1.0
        distance = abs(item.at(edge) - item.at(item.value))
        if distance == 0:
            return 1.0
        if half > 0:
            p = max(p, 2 * float(stdtr(item.dof, -distance / half * t_quantile(item.dof))))
    return p


def nearest(item, band):
    """the edges that matter: both where it must leave an inner range, else the nearest"""
    edges = band.edges()
    if band.away or not edges:
        return edges
    return [min(edges, key=lambda e: abs(e - item.value))]


def holm(p):
    """adjusted p, in the order given (Holm 1979)"""
    order, adjusted, least = sorted(range(len(p)), key=lambda k: p[k]), [1.0] * len(p), 0.0
    for rank, k in enumerate(order):
        least = max(least, min(1.0, (len(p) - rank) * p[k]))
        adjusted[k] = least
    return adjusted


def glasses_needed(item, band):
    """that would bring the interval to one side of the band if the value stays; None: unknown or too many"""
    halves = [h for h in (item.half(+1), item.half(-1)) if h]
    if not number(item.value) or not item.glasses or not halves or item.log and item.value <= 0:
        return None
    distance = min((abs(item.at(e) - item.at(item.value)) for e in band.edges() if not item.log or e > 0), default=0)
    sd = max(halves) / t_quantile(item.dof) * math.sqrt(item.glasses)
    for n in range(item.glasses + 1, MOST_GLASSES + 1):
        if t_quantile(item.dof + n - item.glasses) * sd / math.sqrt(n) < distance:
            return n
    return None


def remedy(items, band):
    """what would resolve the open items, in one sentence"""
    lone = [i for i in items if i.ends() is None and i.glasses == 1]
    if lone:
        return f"{lone[0].label} rests on one glass: a second one gives an interval"
    nothing = [i for i in items if not number(i.value)]
    if nothing:
        what = "has no value" if nothing[0].ends() is None else "has a bound on one side only"
        return f"{nothing[0].label} {what}: a longer production, or temperatures nearer to where it is asked"
    needs = [(glasses_needed(i, band), i) for i in items]
    far = [i for n, i in needs if n is None]
    if far:
        return f"not even {MOST_GLASSES} glasses: {far[0].label} lies at the edge of the band, or scatters too much"
    n, item = max(needs, key=lambda x: x[0])
    return f"about {n} glasses of this length ({item.label} decides), if the values stay where they are"


def judge(items, band):
    """(verdict, why, remedy) of a family"""
    states = [item_state(i, band) for i in items]
    adjusted = holm([p_outside(i, band) for i in items])
    out = [(p, i) for p, i in zip(adjusted, items) if p < LEVEL]
    many = f" after Holm over {len(items)}" if len(items) > 1 else ""
    if out:
        p, item = min(out, key=lambda x: x[0])
        return NOT_MET, f"{len(out)} of {len(items)} outside{many}: {item.label}, p = {p:.2g}", ""
    if all(s == "in" for s in states):
        return MET, f"all {len(items)} inside" if len(items) > 1 else "inside", ""
    rest = [i for s, i in zip(states, items) if s != "in"]
    alone = sum(s == "out" for s in states)
    why = f"{len(items) - len(rest)} of {len(items)} inside, {len(rest)} with an interval over an edge, or none"
    if len(items) == 1:
        why = "the interval covers an edge of the band, or there is none"
    if alone:
        why = f"{len(items) - len(rest)} of {len(items)} inside, {alone} outside by themselves but not{many}"
    return NOT_RESOLVED, why, remedy(rest, band)


def over_glasses(label, values, log=False, physical=None):
    """the mean over glasses with its t interval; log: of the logarithm"""
    x = [math.log(v) if log else v for v in values if number(v) and (not log or v > 0)]
    n = len(x)
    if n == 0:
        return Item(label, None, None, None, glasses=0, log=log, physical=physical, why="in no glass")
    mean = sum(x) / n
    back = math.exp if log else float
    if n == 1:
        return Item(label, back(mean), None, None, glasses=1, log=log, physical=physical, why="one glass")
    se = math.sqrt(sum((v - mean)**2 for v in x) / (n - 1) / n)
    half = t_quantile(n - 1) * se
    lo, hi = back(mean - half), back(mean + half)
    return Item(label, back(mean), lo, hi, dof=n - 1, glasses=n, log=log, physical=physical)


def combine(label, items, weights):
    """sum of weights times the logarithms of independent items; dof by Welch and Satterthwaite"""
    used = [(w, i, i.half(+1)) for w, i in zip(weights, items) if i.ends() is not None and i.half(+1) is not None]
    if len(used) < len(items) or not used:
        return Item(label, None, None, None, log=True, why="a part has no interval")
    parts = [(w * h / t_quantile(i.dof))**2 for w, i, h in used]
    total = sum(parts)
    dof = total**2 / sum(v**2 / i.dof for v, (_, i, _) in zip(parts, used)) if total > 0 else 1e6
    mean = sum(w * math.log(i.value) for w, i, _ in used)
    half = t_quantile(dof) * math.sqrt(total)
    return Item(label, math.exp(mean), math.exp(mean - half), math.exp(mean + half), dof=dof,
                glasses=min((i.glasses for i in items if i.glasses), default=None), log=True)


def spread_item(label, s, dof, limit, glasses):
    """a standard error with its chi-square interval; its p is that of the limit"""
    lo, hi = (s * math.sqrt(dof / float(chdtri(dof, q))) for q in (0.025, 0.975))
    item = Item(label, s, lo, hi, dof=dof, glasses=glasses, log=s > 0)
    item.p_outside = min(1.0, 2 * float(chdtrc(dof, dof * (s / limit)**2)))
    return item


class Row:
    """A declared claim, what was measured and what follows.  missing: why there is nothing, or not everything."""

    def __init__(self, claim, items=(), missing="", fmt=".3g", note="", fill=()):
        self.row, self.band_text, self.band = claim.row, claim.band_text, claim.band
        self.asked, self.source = claim.asked.format(*fill), claim.source.format(*fill)
        self.items, self.fmt, self.why, self.remedy = list(items), fmt, "", ""
        self.note = "; ".join(x for x in (note, missing if self.items else "") if x)
        if not self.items:
            self.verdict, self.why = NOT_ASKED, missing
        elif self.band is None:
            self.verdict = REPORTED
        else:
            self.verdict, self.why, self.remedy = judge(self.items, self.band)

    def set(self, verdict, why="", remedy_text=""):
        self.verdict, self.why, self.remedy = verdict, why, remedy_text
        return self

    def measured(self):
        if self.verdict == NOT_ASKED:
            return ""
        shown, head = self.items, ""
        if len(shown) > SHOWN:
            known = sorted((i for i in shown if number(i.value)), key=lambda i: i.value)
            shown = known[:2] + known[-2:]
            head = f"{len(self.items)} items, {len(known)} with a value; the lowest two and the highest two: "
        return "; ".join(x for x in (head + "; ".join(i.text(self.fmt) for i in shown), self.note) if x)
