#!/usr/bin/python3
"""test_between.py SRC - scripts/between.py on campaigns whose differences are known.

Glasses are drawn here, their means and intervals written as summary.json, so what moved is known; single differences are
compared with scipy's test of Welch, which shares no code with ours."""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SRC = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(SRC / "scripts"))

import numpy as np
from scipy import stats

from claims import between
from claims.campaign import Campaign

NAMES, T_K = ("LiAlCl2.5O0.75", "NaAlCl2.5O0.75"), (600.0, 750.0, 900.0)


def estimate(x, log):
    """mean over glasses with its t interval, as the program writes it"""
    v = np.log(x) if log else np.asarray(x)
    half = stats.t.ppf(0.975, len(v) - 1) * v.std(ddof=1) / math.sqrt(len(v))
    ends = [v.mean(), v.mean() - half, v.mean() + half]
    value, lo, hi = np.exp(ends) if log else ends
    se = v.std(ddof=1) / math.sqrt(len(v)) * (value if log else 1)
    return {"value": value, "se": se, "lo95": lo, "hi95": hi, "n_glasses": len(v)}


class Maker:
    """Folders with a summary of glasses drawn at random; shift: decades of D, percent of the density, eV of Ea."""

    def __init__(self, seed):
        self.rng, self.drawn = np.random.default_rng(seed), {}

    def glasses(self, mean, sd, n, log):
        x = self.rng.normal(mean, sd, n)
        return np.exp(x) if log else x

    def summary(self, label, n=5, d=0.0, density=0.0, ea=0.0):
        s = {"campaign": label, "compositions": [], "transport": [], "structure": [], "residence": [],
             "comparison": {"glass_sd_decades": 0.04}}
        for name in NAMES:
            energies = self.glasses(0.30 + ea, 0.01, n, False)
            e = estimate(energies, False)
            s["compositions"].append({"name": name, "quantity": "D_alkali", "n_glasses": n, "dof": n - 1, "T_ref_K": 600.0,
                                      "Ea_eV": e["value"], "Ea_se_eV": e["se"], "Ea_lo95_eV": e["lo95"],
                                      "Ea_hi95_eV": e["hi95"], "log10_D_Tref": -5.0, "log10_D_Tref_se": 0.02,
                                      "log10_D_Tref_lo95": -5.06, "log10_D_Tref_hi95": -4.94, "warnings": []})
            for t in T_K:
                head = {"name": name, "T_K": t, "n_glasses": n, "warnings": []}
                x = self.glasses(math.log(1e-5) + d * math.log(10), 0.1, n, True)
                rho = self.glasses(1.80 * (1 + density / 100), 0.005, n, False)
                self.drawn[label, name, t] = x
                s["transport"].append({**head, "D_alkali_cm2_s": estimate(x, True), "D_cm2_s": {}})
                s["structure"].append({**head, "density_g_cm3": estimate(rho, True)})
        return s

    def write(self, top, label, **what):
        folder = pathlib.Path(top) / label
        folder.mkdir()
        (folder / "summary.json").write_text(json.dumps(self.summary(label, **what)))
        return folder


def pair(seed, change=None, **what):
    maker = Maker(seed)
    with tempfile.TemporaryDirectory(prefix="vitrion-between-") as top:
        folders = [maker.write(top, "base"), maker.write(top, "other", **what)]
        campaigns = [Campaign(f) for f in folders]
    if change:
        change(campaigns)
    return maker, between.differences(*campaigns)


def of(found, start, name=NAMES[0], t_k=None):
    (d,) = [d for d in found if d.quantity.name.startswith(start) and d.name == name and d.t_k == t_k]
    return d


class Differences(unittest.TestCase):
    def test_a_difference_and_its_p_are_those_of_welch(self):
        maker, found = pair(3, d=0.1)
        d = of(found, "log10 D of", t_k=750.0)
        a, b = (np.log10(maker.drawn[k, NAMES[0], 750.0]) for k in ("other", "base"))
        self.assertAlmostEqual(d.value, a.mean() - b.mean(), 10)
        t, p = stats.ttest_ind(a, b, equal_var=False)
        self.assertAlmostEqual(d.errors, t, 4)  # dof is read off the interval, by bisection
        raw = 2 * stats.t.sf(abs(d.errors), welch_dof(a, b))
        self.assertAlmostEqual(raw, p, 6)

    def test_of_campaigns_that_are_alike_one_pair_in_twenty_shows_a_move(self):
        # 20 differences a pair, in part of the same glasses: Holm keeps the chance of any below 5 %; 400 pairs, 3 s.d. 3.3 %
        wrong = sum(any(d.verdict == between.MOVES for d in pair(seed)[1]) for seed in range(400))
        self.assertLess(wrong / 400, 0.05 + 0.033)
        self.assertGreater(wrong, 0)

    def test_what_was_moved_is_named_and_nothing_else(self):
        # 3 % of the density are 13 standard errors (0.5 % and 0.28 % a glass, five of each)
        _, found = pair(7, density=3.0)
        moved = [d for d in found if d.verdict == between.MOVES]
        self.assertEqual({d.quantity.name for d in moved}, {"density"})
        self.assertEqual(len(moved), len(NAMES) * len(T_K))
        d = of(found, "density", t_k=900.0)
        self.assertLess(d.lo, 2.96)  # ln 1.03 = 2.96 %
        self.assertGreater(d.hi, 2.96)

    def test_an_energy_is_compared_as_it_is(self):
        _, found = pair(11, ea=0.1)
        d = of(found, "activation energy")
        self.assertEqual(d.verdict, between.MOVES)
        self.assertTrue(d.lo < 0.1 < d.hi, (d.lo, d.hi))

    def test_without_an_interval_there_is_no_verdict_but_a_reason(self):
        def one_glass(campaigns):
            p = campaigns[1].entry("transport", NAMES[0], 600.0)["D_alkali_cm2_s"]
            p.update(se=None, lo95=None, hi95=None, n_glasses=1)

        d = of(pair(5, one_glass)[1], "log10 D of", t_k=600.0)
        self.assertEqual((d.verdict, d.value, d.why), (between.UNKNOWN, None, "one glass"))

    def test_of_a_lopsided_interval_the_longer_half_counts(self):
        def wide_below(campaigns):
            p = campaigns[0].entry("transport", NAMES[0], 600.0)["D_alkali_cm2_s"]
            p.update(lo95=p["value"] / 100)

        d = of(pair(5, wide_below, d=0.5)[1], "log10 D of", t_k=600.0)
        self.assertLess(d.lo, -1)

    def test_levels_at_different_temperatures_are_not_compared(self):
        def other_reference(campaigns):
            campaigns[1].fit(NAMES[0])["T_ref_K"] = 500.0

        found = pair(5, other_reference)[1]
        self.assertFalse([d for d in found if d.quantity.name == "log10 D at T_ref" and d.name == NAMES[0]])
        self.assertTrue([d for d in found if d.quantity.name == "log10 D at T_ref" and d.name == NAMES[1]])


def welch_dof(a, b):
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    return (va + vb)**2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))


class Program(unittest.TestCase):
    def test_tables_and_json_say_the_same(self):
        maker = Maker(2)
        with tempfile.TemporaryDirectory(prefix="vitrion-between-") as top:
            folders = [str(maker.write(top, k, **w)) for k, w in (("a", {}), ("b", {"density": 3.0}), ("c", {"ea": 0.05}))]
            done = [subprocess.run([SRC / "scripts/between.py", *folders, *o], capture_output=True, text=True)
                    for o in ((), ("--markdown",), ("--json",))]
        self.assertEqual([(p.returncode, p.stderr) for p in done], [(0, "")] * 3)
        answer = json.loads(done[2].stdout)
        moves = [sum(d["verdict"] == "moves" for d in p["differences"]) for p in answer["pairs"]]
        self.assertEqual(moves[0], len(NAMES) * len(T_K))
        for p in done[:2]:
            for k in moves:
                self.assertIn(f": {k} moves, ", p.stdout.replace("**", ""))
        spread = [s for s in answer["spreads"] if s["unit"] == "eV"]
        self.assertEqual(len(spread), len(NAMES))
        for s in spread:  # 0.30, 0.30, 0.35 eV: the s.d. is 0.029, its interval of three values is wide
            self.assertTrue(s["lo95"] < 0.029 < s["hi95"], s)

    def test_a_folder_that_is_none_is_one_sentence(self):
        with tempfile.TemporaryDirectory() as top:
            p = subprocess.run([SRC / "scripts/between.py", top, top], capture_output=True, text=True)
        self.assertEqual(p.returncode, 1)
        self.assertNotIn("Traceback", p.stderr)
        self.assertIn("summary.json", p.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
