"""A finished campaign as rows ask for it: summary.json, results.h5 where it is there, what compositions consist of."""
import json
import os
import re
import signal
import sys

import numpy as np

from claims.grading import Item, number, over_glasses, t_quantile

ALKALIS, HALOGENS = ("Li", "Na", "K", "Rb", "Cs"), ("F", "Cl", "Br", "I")
NEAR = 0.02     # of an oxygen content, per metal
SAME_T_K = 1.0  # two temperatures are the same


class Composition:
    def __init__(self, name, counts, exact):
        self.name, self.counts = name, {s: n for s, n in counts.items() if n > 0}
        self.alkali = [s for s in self.counts if s in ALKALIS]
        self.halogens = [s for s in self.counts if s in HALOGENS]
        self.metals = [s for s in self.counts if s not in ALKALIS + HALOGENS + ("O",)]
        metals = sum(self.counts[s] for s in self.metals)
        self.n_metals = int(metals) if exact else None
        self.y = self.counts.get("O", 0) / metals if metals else None

    def only(self, alkali=None, metal=None, halogen=None, y=None):
        """one alkali, metal and halogen each, those named where they are named"""
        for have, want in ((self.alkali, alkali), (self.metals, metal), (self.halogens, halogen)):
            if len(have) != 1 or want and have[0] not in want:
                return False
        return self.y is not None and (y is None or abs(self.y - y) < NEAR)


def from_formula(name):
    counts = {}
    for symbol, n in re.findall(r"([A-Z][a-z]?)([0-9.]*)", name):
        counts[symbol] = counts.get(symbol, 0) + float(n or 1)
    return counts


class Store:
    """results.h5 by task: only what is finished MD"""

    def __init__(self, path):
        import h5py
        self.file, self.read = h5py.File(path, "r"), {}
        self.symbols = self.text("species/symbol")
        self.names = self.text("compositions/name")
        kind, done = self.text("tasks/kind"), self.get("tasks/done")
        self.composition, self.t_k = self.get("tasks/composition"), self.get("tasks/temperature")
        self.md = [i for i in range(len(kind)) if kind[i] == "md" and done[i]]

    def get(self, path):
        if path not in self.read:
            self.read[path] = self.file[path][()] if path in self.file else None
        return self.read[path]

    def text(self, path):
        if path not in self.file:
            return []
        return [x.decode() if isinstance(x, bytes) else str(x) for x in self.file[path][()]]

    def rows(self, name, t_k=None):
        return [i for i in self.md if self.names[self.composition[i]] == name
                and (t_k is None or abs(self.t_k[i] - t_k) < SAME_T_K)]

    def counts(self, name):
        return dict(zip(self.symbols, self.get("compositions/counts")[self.names.index(name)].tolist()))

    def pairs(self):
        """row of each unordered pair of species"""
        n = len(self.symbols)
        upper = [[i * n - i * (i - 1) // 2 + j - i if j >= i else 0 for j in range(n)] for i in range(n)]
        return np.triu(upper) + np.triu(upper, 1).T


class Campaign:
    def __init__(self, folder):
        with open(os.path.join(folder, "summary.json")) as f:
            self.summary = json.load(f)
        self.label = self.summary.get("campaign") or os.path.basename(os.path.normpath(folder))
        path = os.path.join(folder, "results.h5")
        self.store = Store(path) if os.path.exists(path) else None
        recorded = os.path.join(folder, "campaign.yaml")
        self.recorded = ""
        if os.path.exists(recorded):
            with open(recorded, encoding="utf-8") as f:
                self.recorded = f.read()
        self.names = list(dict.fromkeys(e["name"] for e in self.summary["transport"]))
        self.temperatures = sorted({e["T_K"] for e in self.summary["transport"]})
        exact = self.store is not None and self.store.get("compositions/counts") is not None
        counts = self.store.counts if exact else from_formula
        self.compositions = {n: Composition(n, counts(n), exact) for n in self.names}
        self.prefix = ""

    def key(self, name):
        """the value of a key of the recorded campaign by its last word, as it was written; None: not there"""
        found = re.search(rf"^\s*{name}:\s*(\S.*)$", self.recorded, re.M)
        return found.group(1).strip() if found else None

    def tag(self, name, t_k=None):
        return f"{self.prefix}{name}" + ("" if t_k is None else f" {t_k:g} K")

    def entry(self, section, name, t_k):
        entries = (e for e in self.summary.get(section, []) if e["name"] == name)
        return next((e for e in entries if abs(e["T_K"] - t_k) < SAME_T_K), None)

    def fit(self, name, quantity="D_alkali"):
        return next((e for e in self.summary["compositions"] if e["name"] == name and e["quantity"] == quantity), None)

    def fit_item(self, label, fit, key, unit=""):
        """Ea_eV and the like with their interval, of today's keys or, of older files, by t from the standard error"""
        value, se = fit.get(key + unit), fit.get(f"{key}_se{unit}")
        lo, hi = fit.get(f"{key}_lo95{unit}"), fit.get(f"{key}_hi95{unit}")
        glasses = fit.get("n_glasses")
        dof = fit.get("dof") or max((glasses or 2) - 1, 1)
        if lo is None and hi is None and number(value) and number(se):
            half = t_quantile(dof) * se
            lo, hi = value - half, value + half
        return Item(label, value, lo, hi, se=se, dof=dof, glasses=glasses, why=first(fit.get("warnings")))


def first(warnings):
    return warnings[0] if warnings else ""


def gates(c):
    """how many runs fail which gate, in words"""
    shut = [g for g in c.summary.get("gates", []) if g.get("failed")]
    return ", ".join(f"{g['name']} {g['failed']} of {g['failed'] + g['passed']}" for g in shut)


def load(folders):
    campaigns = [Campaign(f) for f in folders]
    if len(campaigns) > 1:
        labels = [c.label for c in campaigns]
        for c, folder in zip(campaigns, folders):
            name = c.label if labels.count(c.label) == 1 else os.path.basename(os.path.normpath(folder))
            c.prefix = name + ": "
    return campaigns


def from_command_line(doc, program, least):
    """(folders, options, campaigns) of DIR... [--markdown | --json]; with fewer folders than `least`: doc"""
    folders = [a for a in sys.argv[1:] if not a.startswith("-")]
    options = {a for a in sys.argv[1:] if a.startswith("-")}
    if len(folders) < least or options - {"--markdown", "--json"} or len(options) > 1:
        sys.exit(doc)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        return folders, options, load(folders)
    except (OSError, KeyError, ValueError) as e:
        return sys.exit(f"{program}: {e}: a folder of a finished campaign holds summary.json")


def dig(entry, path):
    for key in path:
        if not isinstance(entry, dict) or key not in entry:
            return None
        entry = entry[key]
    return entry


def item_of(label, p, log=False, physical=None, warnings=()):
    """of {"value", "se", "lo95", "hi95", "n_glasses"}"""
    why = "one glass" if p.get("n_glasses") == 1 else first(warnings)
    return Item(label, p["value"], p["lo95"], p["hi95"], se=p.get("se"), glasses=p.get("n_glasses"), log=log,
                physical=physical, why=why)


def chosen(campaigns, comps, temps):
    """(campaign, composition, T) that a row asks for"""
    return [(c, c.compositions[n], t) for c in campaigns for n in c.names if comps(c.compositions[n])
            for t in c.temperatures if temps(t)]


def nothing_asked(campaigns, comps, comps_text, temps, temps_text):
    """why chosen() is empty; "": it is not"""
    if not any(comps(k) for c in campaigns for k in c.compositions.values()):
        return f"no composition {comps_text}"
    if not any(temps(t) for c in campaigns for t in c.temperatures):
        have = ", ".join(f"{t:g}" for t in sorted({t for c in campaigns for t in c.temperatures}))
        return f"no temperature {temps_text} (there are {have} K)"
    return "" if chosen(campaigns, comps, temps) else f"no composition {comps_text} at a temperature {temps_text}"


def collect(campaigns, section, path, comps, comps_text, temps, temps_text, log=False, physical=None, fallback=None):
    """(items, what is missing) of one number of every composition and temperature asked for; fallback(campaign,
    composition, T, label): from the store where the summary is older than the number"""
    items, missing = [], nothing_asked(campaigns, comps, comps_text, temps, temps_text)
    for c, k, t in chosen(campaigns, comps, temps):
        entry = c.entry(section, k.name, t)
        p = dig(entry, path)
        label = c.tag(k.name, t)
        if isinstance(p, dict) and "value" in p:
            few = p.get("n_glasses") is not None and 0 < p["n_glasses"] < entry["n_glasses"]
            label += f" ({p['n_glasses']} of {entry['n_glasses']} glasses)" if few else ""
            keys = [w for w in entry.get("warnings", []) if path[0] in w]
            items.append(item_of(label, p, log, physical, keys))
        elif fallback and c.store:
            items.append(fallback(c, k, t, label))
        elif fallback:
            missing = f"{c.prefix}summary.json does not have it and results.h5 is not there"
        else:
            missing = f"{c.prefix}summary.json has no {'.'.join(path)}: written by an older build, or not observed"
    return items, missing


def from_tasks(dataset, pick, physical=None):
    """fallback of collect: pick(array of one task, store) over the glasses"""
    def build(c, k, t, label):
        data = c.store.get(dataset)
        values = [] if data is None else [pick(data[i], c.store) for i in c.store.rows(k.name, t)]
        return over_glasses(label, values, physical=physical)
    return build
