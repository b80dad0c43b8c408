#!/usr/bin/python3
"""reproduce.py DIR [--markdown] - grade a finished campaign against what is known of arXiv:2601.06384.

No number of that paper is public but its abstract, so each band comes from the abstract's wording, from experiments or from
counting; they were fixed before any run.  A row is PASS when its 95 % interval over glasses lies inside the band, FAIL when it
lies outside, UNDECIDED when a bound lies within it or the number is not resolved.  What two compositions at one oxygen
content cannot decide is listed as that.  Reads DIR/summary.json and DIR/results.h5; needs h5py, numpy, scipy."""
import json
import math
import os
import sys

import h5py
import numpy as np
from scipy.stats import t as student

RANK = {"FAIL": 0, "UNDECIDED": 1, "PASS": 2}


def grade(lo, hi, band):
    """of an interval against (least, most), either None"""
    if lo is None or hi is None or math.isnan(lo) or math.isnan(hi):
        return "UNDECIDED"
    least, most = (-math.inf if band[0] is None else band[0]), (math.inf if band[1] is None else band[1])
    if lo >= least and hi <= most:
        return "PASS"
    return "FAIL" if hi < least or lo > most else "UNDECIDED"


def worst(grades):
    return min(grades, key=RANK.get) if grades else "UNDECIDED"


def text(x, fmt=".3g"):
    return "-" if x is None or (isinstance(x, float) and math.isnan(x)) else format(x, fmt)


def shown(p, fmt=".3g", glasses=None):
    few = f" ({p['n_glasses']} of {glasses} glasses)" if glasses and p["n_glasses"] < glasses else ""
    return f"{text(p['value'], fmt)} [{text(p['lo95'], fmt)}, {text(p['hi95'], fmt)}]{few}"


class Campaign:
    def __init__(self, folder):
        with open(os.path.join(folder, "summary.json")) as f:
            self.summary = json.load(f)
        self.store = h5py.File(os.path.join(folder, "results.h5"), "r")
        self.names = list(self.store["compositions/name"].asstr()[()])
        self.temperatures = sorted({e["T_K"] for e in self.summary["transport"]})
        self.symbols = list(self.store["species/symbol"].asstr()[()])
        self.rows = []

    def entry(self, kind, name, t_k):
        return next((e for e in self.summary[kind] if e["name"] == name and e["T_K"] == t_k), None)

    def fit(self, name, quantity):
        return next((e for e in self.summary["compositions"] if e["name"] == name and e["quantity"] == quantity), None)

    def add(self, row, claim, observed, band, verdict):
        self.rows.append((row, claim, observed, band, verdict))

    def each(self, row, claim, kind, key, band, band_text, temperatures=None, fmt=".3g"):
        """one row for a number of every composition and temperature"""
        grades, parts = [], []
        for name in self.names:
            for t_k in temperatures or self.temperatures:
                p = self.entry(kind, name, t_k)
                glasses = p["n_glasses"]
                for k in key:
                    p = p[k]
                grades.append(grade(p["lo95"], p["hi95"], band))
                parts.append(f"{name[:2]} {t_k:.0f} K: {shown(p, fmt, glasses)}")
        self.add(row, claim, "; ".join(parts), band_text, worst(grades))


def structure(c):
    low = [t for t in c.temperatures if t <= 500] or c.temperatures[:1]
    c.each("R1", "share of metals with four anions", "structure", ["cn4"], (0.90, None), ">= 0.90 at 300-500 K", low)
    c.each("R2", "mean fragment, metals", "structure", ["chain_mean"], (3, 6), "3 to 6", low)
    c.each("R2", "largest fragment, share of the metals", "structure", ["chain_largest_share"], (None, 0.5),
           "< 0.5 in cells of 128 metals and more", low)
    metals = min(int(c.store["compositions/counts"][k, c.symbols.index("Al")]) for k in range(len(c.names)))
    if metals < 128:
        c.rows[-1] = c.rows[-1][:4] + (f"not asked of {metals} metals",)
    c.each("R3", "share of the oxygens between two metals", "structure", ["o_two_metals"], (0.85, None), ">= 0.85", low)
    c.each("R3", "share of the halogens that bridge", "structure", ["halogen_bridging"], (None, 0.10), "<= 0.10", low)


def residence(c):
    grades = []
    for name in c.names:
        parts, clear, monotonic, known = [], 0, True, True
        for t_k in c.temperatures:
            classes = c.entry("residence", name, t_k)["classes"]
            ratio = classes[2]["tau_over_tau0"]
            tau = [k["tau_continuous_ps"]["value"] for k in classes[:3]]
            clear += ratio["lo95"] is not None and ratio["lo95"] > 1.1
            resolved = all(x is not None for x in tau)
            known &= resolved
            monotonic &= not resolved or tau[0] < tau[1] < tau[2]
            parts.append(f"{t_k:.0f} K: tau {', '.join(text(x) for x in tau)} ps, tau2/tau0 {shown(ratio)}")
        verdict = "UNDECIDED" if clear < 2 or (monotonic and not known) else "PASS" if monotonic else "FAIL"
        grades.append(verdict)
        c.add("R4", f"{name[:2]}: the alkali stays longer where there is more oxygen", "; ".join(parts),
              "lower bound of tau2/tau0 > 1.1 at two temperatures or more, tau rises with k = 0, 1, 2", verdict)


def currents(c):
    c.each("R6", "Haven ratio of the alkali, framework frame", "transport", ["haven", "framework"], (0.7, 1.4), "0.7 to 1.4")
    c.each("R6b", "sigma_NE(alkali) / sigma", "transport", ["haven", "total"], (0.7, 1.4), "0.7 to 1.4 up to 500 K",
           [t for t in c.temperatures if t <= 500])
    grades, parts = [], []
    for name in c.names:
        for t_k in c.temperatures:
            t = c.entry("transport", name, t_k)["transference"]
            bary, fw = t["barycentric_minus_self"], t["framework_minus_self"]
            if bary["value"] is None or bary["se"] is None:
                grades.append("UNDECIDED")
                continue
            far, known = abs(bary["value"]) > 0.05, abs(bary["value"]) > 2 * bary["se"]
            grades.append("PASS" if far and known else "UNDECIDED")
            parts.append(f"{name[:2]} {t_k:.0f} K: barycentric {text(bary['value'], '+.2f')} +- {text(bary['se'], '.2f')}, "
                         f"framework {text(fw['value'], '+.2f')} +- {text(fw['se'], '.2f')}")
    c.add("R7", "t - t_self of the alkali", "; ".join(parts), "|barycentric| > 0.05 and > 2 s.e., both frames told", worst(grades))


def levels(c):
    for name in c.names:
        f = c.fit(name, "D_alkali")
        x = f["extrapolated"]
        if name.startswith("Li"):
            c.add("R8", "D_Li at 300 K, cm2/s", f"{text(x['median'])} [{text(x['lo95'])}, {text(x['hi95'])}] ({f['model']})",
                  "3e-9 to 3e-7", grade(x["lo95"], x["hi95"], (3e-9, 3e-7)))
    grades, parts = [], []
    li, na = (next((n for n in c.names if n.startswith(s)), None) for s in ("Li", "Na"))
    if li and na:
        for t_k in (t for t in c.temperatures if t <= 500):
            a, b = (c.entry("transport", n, t_k)["sigma_mS_cm"] for n in (na, li))
            if None in (a["lo95"], b["lo95"]):
                grades.append("UNDECIDED")
                continue
            ratio = a["value"] / b["value"]
            half = math.hypot(math.log(a["hi95"] / a["value"]), math.log(b["hi95"] / b["value"]))
            lo, hi = ratio * math.exp(-half), ratio * math.exp(half)
            parts.append(f"{t_k:.0f} K: {ratio:.3g} [{lo:.3g}, {hi:.3g}]")
            grades.append(grade(lo, hi, (0.3, 3)))
        c.add("R8b", "sigma of Na over sigma of Li", "; ".join(parts), "0.3 to 3 at 300-500 K", worst(grades))
    grades, parts = [], []
    for name in c.names:
        f = c.fit(name, "D_alkali")
        if f["Ea_eV"] is None:
            grades.append("UNDECIDED")
            continue
        half = student.ppf(0.975, max(f["n_glasses"] - 1, 1)) * f["Ea_se_eV"]
        grades.append(grade(f["Ea_eV"] - half, f["Ea_eV"] + half, (0.22, 0.38)))
        parts.append(f"{name[:2]} {f['Ea_eV']:.3f} +- {f['Ea_se_eV']:.3f} eV")
    c.add("R9", "activation energy of D", "; ".join(parts), "0.22 to 0.38 eV (450-700 K)", worst(grades))


def quality(c):
    grades, parts = [], []
    for name in c.names:
        for t_k in c.temperatures:
            alkali = name[:2]
            p = c.entry("transport", name, t_k)["D_cm2_s"][alkali]
            s = None if p["value"] is None or p["se"] is None else p["se"] / p["value"]
            grades.append("UNDECIDED" if s is None else "PASS" if s <= 0.15 else "FAIL")
            parts.append(f"{alkali} {t_k:.0f} K: {text(s, '.2f')}")
    c.add("R11", "s(ln D) of the mean over glasses", "; ".join(parts), "<= 0.15", worst(grades))
    low = c.temperatures[:1]
    c.each("R12", "Al-Cl peak, A", "structure", ["peak_metal_halogen_A"], (2.10, 2.20), "2.10 to 2.20", low, ".4g")
    c.each("R12", "Al-O peak, A", "structure", ["peak_metal_oxygen_A"], (1.68, 1.82), "1.68 to 1.82", low, ".4g")
    c.each("R12", "density, g/cm3", "structure", ["density_g_cm3"], (1.75, 2.15), "1.75 to 2.15 (Li)", low)
    p = c.store["transport/pressure_gpa"][()]
    worst_p = np.nanmax(np.abs(p)) if np.isfinite(p).any() else math.nan
    c.add("R12", "largest mean pressure of a run, GPa", text(worst_p), "0.1 (1 kbar)", grade(worst_p, worst_p, (None, 0.1)))


def integrity(c):
    """no pair of anions or of metals nearer than a molecule or a metal bond in any sampled g(r)"""
    r, g = c.store["obs/rdf/r"][()], c.store["obs/rdf/g"][()]
    pairs = list(c.store["species/pair"].asstr()[()])
    edge = {"O-O": 1.6, "Cl-Cl": 2.4, "Cl-O": 1.9, "Al-Al": 2.6}
    r = r[np.isfinite(r).all(axis=1)][0] if r.ndim == 2 else r
    parts, bad = [], False
    for pair, most in edge.items():
        k = pairs.index(pair) if pair in pairs else pairs.index("-".join(reversed(pair.split("-"))))
        near = np.nansum(g[:, k, :][:, r < most], axis=1)
        runs = int((near > 0).sum())
        if pair == "Al-Al":
            c.add("R13", "metals in contact", f"Al-Al < {most} A in some sample of {runs} of {int(np.isfinite(g[:, k, 5]).sum())} runs; "
                  "the guard, which asks for 1 ps without two anions between them, found none: these are Al2O2 rings", "none",
                  "FAIL" if runs else "PASS")
            continue
        bad |= runs > 0
        parts.append(f"{pair} < {most} A in {runs} of {int(np.isfinite(g[:, k, 5]).sum())} runs")
    failures = int(c.store["tasks/failures"][()].sum())
    missing = int((c.store["tasks/done"][()] == 0).sum())
    c.add("R13", "molecules of anions", "; ".join(parts) + f"; guards stopped {failures} tries, {missing} tasks have no result",
          "none", "FAIL" if bad else "PASS")
    worst_frame = worst_momentum = 0.0
    z, mass = c.store["species/charge"][()].astype(float), c.store["species/mass"][()]
    counts = c.store["compositions/counts"][()]
    corr, comp = c.store["obs/charge/corr"][()], c.store["tasks/composition"][()]
    n = len(c.symbols)
    index = [[i * n - i * (i - 1) // 2 + j - i if i <= j else j * n - j * (j - 1) // 2 + i - j for j in range(n)] for i in range(n)]
    for row in range(corr.shape[0]):
        here = counts[comp[row]] > 0
        if not np.isfinite(corr[row]).any():
            continue
        lag = int(np.argmax(np.isfinite(corr[row]).any(axis=0)))
        m = np.nan_to_num(corr[row][:, lag][np.array(index)])[np.ix_(here, here)]
        q, mm, cc = z[here], mass[here], counts[comp[row]][here].astype(float)
        total = q @ m @ q
        for a in (mm / (mm @ cc), np.array([s == "Al" for s in np.array(c.symbols)[here]]) / cc[np.array(c.symbols)[here] == "Al"].sum()):
            t = np.eye(len(q)) - np.outer(cc, a)
            worst_frame = max(worst_frame, abs(q @ (t @ m @ t.T) @ q / total - 1))
        bary = np.eye(len(q)) - np.outer(cc, mm / (mm @ cc))
        b = bary @ m @ bary.T
        worst_momentum = max(worst_momentum, np.abs(mm @ b).max() / np.abs(mm[:, None] * b).sum())
    ok = worst_frame < 1e-10 and worst_momentum < 1e-10
    c.add("R14", "charge current equal in all frames; sum m_j L_ij = 0", f"{worst_frame:.1e}; {worst_momentum:.1e}", "1e-10",
          "PASS" if ok else "FAIL")


def undecidable(c):
    for row, what, why in (("R5", "D falls with the oxygen content", "one oxygen content"),
                           ("R10", "tau of log10 D(500 K) over the set", "two compositions: one degree of freedom"),
                           ("R10b", "tau of Ea", "two compositions: one degree of freedom"),
                           ("R10c", "the same test calls other sets sensitive", "no such set in this campaign"),
                           ("R15", "residence against reorientation over compositions", "two compositions")):
        c.add(row, what, why, "-", "not decided by this campaign")


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("-")]
    if len(args) != 1:
        sys.exit(__doc__)
    c = Campaign(args[0])
    for part in (integrity, quality, structure, residence, currents, levels, undecidable):
        part(c)
    print("| | claim | observed: value [95 % interval over glasses] | band | verdict |\n|---|---|---|---|---|")
    for row in sorted(c.rows, key=lambda r: (int("".join(ch for ch in r[0] if ch.isdigit())), r[0])):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
