#!/usr/bin/python3
"""ranking.py VITRION MPIEXEC SOURCE - `vitrion rank`, and what `vitrion fit DIR` is asked for, on small campaigns.

A hot melt of 42 atoms for a few ten picoseconds resolves something; a Lennard-Jones campaign of one picosecond resolves nothing.
The order is found again in Python from the intervals of `fit`; a line at another temperature follows in closed form."""
import csv, json, math, pathlib, shutil, subprocess, sys, tempfile, unittest, warnings

VITRION, MPIEXEC, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
sys.path.insert(0, str(SOURCE / "scripts"))
import vitrion  # noqa: E402

KB_EV = 8.617333262e-5
MELT = """\
vitrion: 1
campaign: melt
seed: 5
potential: {{kind: nep, file: {source}/campaigns/potentials/oxyhalide7-v0.nep.txt}}
compositions:
  include: [LiAlCl2.5O0.75, NaAlCl2.5O0.75]
  atoms: 42
temperatures: [1150 K, 1300 K]
glasses: 2
protocol:
  melt: {{temperature: 1400 K, duration: 1 ps}}
  quench: {{rate: 1e15 K/s}}
  equilibrate: {{duration: 1 ps}}
  produce: {{duration: 30 ps, timestep: 2 fs}}
observe: {{msd: {{}}, charge: {{}}, thermo: {{}}}}
compare: {{reference_temperature: 1180 K}}
"""
SHORT = """\
vitrion: 1
campaign: short
seed: 3
potential: {kind: lj, file: "-"}
compositions: {include: [KAlCl4], atoms: 42}
temperatures: [600 K, 700 K]
glasses: 2
protocol:
  melt: {duration: 0.2 ps}
  quench: {rate: 5e15 K/s}
  equilibrate: {duration: 0.4 ps}
  produce: {duration: 1 ps}
observe: {msd: {}, thermo: {}}
"""
POINTS = "composition,glass,temperature_K,D_cm2_s,D_se\n" + "".join(
    f"{name},{g},{t},{x!r},{0.1 * x!r}\n" for name, level in (("slow", 1e-6), ("fast", 3e-6)) for g in (0, 1, 2)
    for t in (500, 600, 700) for x in [level * (1 + 0.05 * g) * math.exp(-0.3 / KB_EV * (1 / t - 1 / 500))])


class Ranking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-rank-"))
        for name, text in (("melt", MELT.format(source=SOURCE)), ("short", SHORT)):
            (cls.tmp / f"{name}.yaml").write_text(text)
            p = subprocess.run([MPIEXEC, "-n", "1", VITRION, "run", f"{name}.yaml", "--output", name, "--quiet"], cwd=cls.tmp,
                               capture_output=True, text=True, timeout=280)
            if p.returncode:
                raise AssertionError(p.stdout + p.stderr)
        (cls.tmp / "points.csv").write_text(POINTS)
        cls.glass_uids = {path.stem for path in (cls.tmp / "melt/glass").glob("*.xyz")}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def ask(self, *args, code=0):
        p = subprocess.run([VITRION, *args], cwd=self.tmp, capture_output=True, text=True, timeout=60)
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        return p.stdout if code == 0 else p.stderr

    def answer(self, *args):
        def refuse(word):
            raise AssertionError(word)
        return json.loads(self.ask(*args, "--json"), parse_constant=refuse)

    def fit(self, *args, quantity="D_alkali"):
        return {c["name"]: c for c in self.answer("fit", "melt", *args)["compositions"] if c["quantity"] == quantity}

    def test_1_order_and_intervals_are_those_of_the_fit(self):
        fits = self.fit("--reference", "1250", "--extrapolate", "1250")
        r = self.answer("rank", "melt", "--by", "D", "--temperature", "1250")
        want = sorted(fits, key=lambda name: -fits[name]["extrapolated"]["lo95"])
        self.assertEqual([row["name"] for row in r["rows"]], want)
        self.assertEqual([row["rank"] for row in r["rows"]], [1, 2])
        for row in r["rows"]:
            x = fits[row["name"]]["extrapolated"]
            self.assertEqual((row["value"], row["lo95"], row["hi95"]), (x["median"], x["lo95"], x["hi95"]))
            self.assertFalse(row["extrapolated"])
        first, second = r["rows"]
        self.assertEqual(second["tied_with_first"], second["hi95"] >= first["lo95"] and first["hi95"] >= second["lo95"])
        self.assertEqual((r["by"], r["unit"], r["T_K"], r["ordered_by"]), ("D1250", "cm^2/s", 1250, "lo95"))

    def test_2_sigma_is_sigma_t_over_t_and_beyond_the_range_is_marked(self):
        fits = self.fit("--reference", "1140", "--extrapolate", "1140", quantity="sigma_T")
        r = self.answer("rank", "melt", "--by", "sigma1140")
        self.assertTrue(r["rows"])
        for x in r["unresolved"]:  # sigma T of noise may fall with temperature, and then says nothing beyond its two
            self.assertLess(fits[x["name"]]["Ea_eV"], 0)
            self.assertIn("two temperatures cannot test a curve", x["why"])
        for row in r["rows"]:
            self.assertAlmostEqual(row["hi95"] / (fits[row["name"]]["extrapolated"]["hi95"] / 1140), 1, places=12)
            self.assertTrue(row["extrapolated"])
        self.assertIn("*", self.ask("rank", "melt", "--by", "sigma1140"))

    def test_2_two_temperatures_say_nothing_far_beyond_them(self):
        """The line alone has an interval at 300 K; rank and fit refuse it with the same reason, and so does vitrion.py."""
        far = self.fit("--extrapolate", "300")
        r = self.answer("rank", "melt", "--by", "D300")
        self.assertEqual((r["rows"], len(r["unresolved"])), ([], 2))
        for x in r["unresolved"]:
            c = far[x["name"]]
            self.assertIsNotNone(c["arrhenius_extrapolated"]["hi95"])
            self.assertEqual((x["value"], c["extrapolated"]["median"]), (None, None))
            self.assertIn("two temperatures cannot test a curve; a third one is needed", x["why"])
            self.assertTrue(any("two temperatures cannot test a curve" in w and "300 K" in w for w in c["warnings"]), c["warnings"])
            self.assertEqual((c["n_temperatures"], c["curve_tested"], c["T_min_K"], c["T_max_K"]), (2, 0, 1150, 1300))
        self.assertIn("two temperatures cannot test a curve", " ".join(self.ask("fit", "melt", "--extrapolate", "300").split()))
        between = self.fit("--reference", "1200")  # a line between its points stays
        self.assertTrue(all(c["D_Tref"] is not None for c in between.values()))
        beyond = self.answer("fit", "melt", "--reference", "1100")
        self.assertTrue(all(c["D_Tref"] is None for c in beyond["compositions"] if c["quantity"] == "D_alkali"))
        self.assertIn("two temperatures", beyond["comparison"]["why"])

    def test_2_python_says_the_same_as_fit(self):
        """vitrion.py at the temperatures that fit has values of, between and beyond the points; the ratio of D."""
        said = self.fit()
        for name, c in said.items():
            with vitrion.open(self.tmp / "melt") as run:
                one = run.compositions[name]
                line, far = one.arrhenius("D"), c["extrapolated"]
                value, low, high = line.at(far["T_K"])
                self.assertTrue(math.isnan(value) and math.isnan(low) and far["median"] is None)
                self.assertEqual(None if math.isnan(high) else high, far["hi95"])
                self.assertIn("cannot test a curve", line.why(far["T_K"]))
                self.assertTrue(math.isnan(line.at(500)[0]))
                self.assertIn("beyond the temperatures of the fit", line.why(500))
                self.assertEqual(line.why(1180), "")
                for mine, key in zip(line.at(1180), ("D_Tref", "D_Tref_lo95", "D_Tref_hi95")):
                    self.assertAlmostEqual(mine / c[key], 1, places=12)
                rows = {t["T_K"]: t for t in c["temperatures"]}
                for row in one.by_temperature("D"):
                    self.assertEqual([row[k] for k in ("value", "lo95", "hi95")],
                                     [rows[row["temperature_K"]][k] for k in ("value", "lo95", "hi95")])
                with self.assertRaisesRegex(vitrion.Error, "no quantity 'nothing'"):
                    one.by_temperature("nothing")
        ratio, = self.answer("fit", "melt")["comparison"]["ratios"]
        of, to = (said[ratio[k]]["log10_D_Tref"] for k in ("name", "over"))
        self.assertAlmostEqual(ratio["value"] / 10 ** (of - to), 1, places=12)
        self.assertLess(ratio["lo95"], ratio["value"])
        self.assertIn(f"{ratio['name']} / {ratio['over']} D {ratio['value']:.3g} [", " ".join(self.ask("fit", "melt").split()))

    def test_2_what_is_not_done_is_not_called_too_short(self):
        """A folder whose runs are not done: the store without them, made anew from a journal without their results."""
        half = self.tmp / "half"
        shutil.copytree(self.tmp / "melt", half)
        for path in sorted((half / "journal").glob("*.vtj")):
            data, at, glasses = path.read_bytes(), 16, b""
            while at + 64 <= len(data):  # by the table in runner/journal/journal.h
                n = (64 + int.from_bytes(data[at + 8:at + 16], "little") + 7) // 8 * 8
                if data[at + 16:at + 48].hex() in self.glass_uids:
                    glasses += data[at:at + n]
                at += n
            path.write_bytes(data[:16] + glasses)
        note = subprocess.run([VITRION, "rank", half], capture_output=True, text=True).stderr
        self.assertIn("older than its folder", note)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            vitrion.open(self.tmp / "melt").close()
            self.assertEqual(heard, [])
        cut = self.tmp / "cut"  # a store without what its journal holds
        shutil.copytree(half, cut)
        self.ask("repair", "cut")
        shutil.rmtree(cut / "journal")
        shutil.copytree(self.tmp / "melt/journal", cut / "journal")
        with self.assertWarnsRegex(UserWarning, "is older than its folder: the journal holds results of 8 tasks"):
            vitrion.open(cut).close()
        self.ask("repair", "half")
        text = " ".join(self.ask("rank", "half").split())
        self.assertIn("Not finished: 8 of 8 runs have no result", text)
        self.assertIn("4 of its 4 runs have no result", text)
        self.assertNotIn("production a run", text)
        told = self.ask("fit", "half")
        self.assertIn("Not finished: 8 of 8 runs have no result", " ".join(told.split()))
        self.assertLess(len(told.splitlines()), 8)
        self.assertIn("Not finished", " ".join(self.answer("rank", "half")["warnings"]))

    def test_3_haven_ratios_are_those_of_the_summary_lowest_upper_end_first(self):
        summary = json.loads((self.tmp / "melt/summary.json").read_text())
        havens = {g["name"]: g["haven"]["metal"] for g in summary["transport"] if g["T_K"] == 1150}
        known = {n: h for n, h in havens.items() if h["lo95"] is not None}
        self.assertTrue(known, "the melt resolves a Haven ratio")
        r = self.answer("rank", "melt", "--by", "haven")
        self.assertEqual((r["by"], r["frame"]), ("haven1150", "metal"))  # measured, nearest the reference of 1180 K
        self.assertEqual([row["name"] for row in r["rows"]], sorted(known, key=lambda n: known[n]["hi95"]))
        for row in r["rows"]:
            self.assertEqual((row["value"], row["hi95"]), (known[row["name"]]["value"], known[row["name"]]["hi95"]))

    def test_4_the_front_is_what_no_other_beats(self):
        r = self.answer("rank", "melt", "points.csv", "--by", "D1200", "--pareto", "D1200,ea")
        rows = {row["name"]: row for row in r["rows"]}
        values = {f["name"]: f["values"] for f in r["pareto"]["front"]}
        self.assertEqual(set(values), {n for n in rows if rows[n]["pareto"]})
        self.assertTrue(values)
        for a in values.values():
            for b in values.values():
                self.assertFalse(b[0]["lo95"] > a[0]["lo95"] and b[1]["hi95"] < a[1]["hi95"])
        for n, row in rows.items():
            self.assertEqual(row["beaten_by"] is None, row["pareto"] is not False)
        self.assertEqual({row["source"] for row in r["rows"]}, {"melt", "points.csv"})

    def test_5_what_is_not_resolved_stands_apart_with_what_it_needs(self):
        r = self.answer("rank", "melt", "short", "--by", "D")
        self.assertEqual([u["name"] for u in r["unresolved"]], ["KAlCl4"])
        u = r["unresolved"][0]
        self.assertIsNone(u["value"])
        self.assertIn("4 points: no value", u["why"])
        # T 14 with the D that plan assumes, at 600 K: t1 = max(5, 15/(6 D)), 8 t1
        d = 2.7e-2 * math.exp(-0.30 / KB_EV * (1 / 600 - 1 / 500))
        self.assertAlmostEqual(u["needs_ns"], 8e-3 * max(5, 15 / (6 * d)), places=6)
        text = self.ask("rank", "melt", "short")
        self.assertIn("Not resolved, without a place: 1", text)
        self.assertIn("needs about", text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 100)
        r = self.answer("rank", "short", "--by", "sigma")
        self.assertEqual(r["unresolved"][0]["needs"], "a campaign with `observe: {charge: {}}`")

    def test_6_the_table_has_what_json_has_and_top_cuts_both(self):
        r = self.answer("rank", "points.csv", "melt", "short", "--by", "D600", "--csv", "out.csv", "--top", "1")
        with open(self.tmp / "out.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        self.assertEqual([row["name"] for row in rows if row["rank"]], ["fast"])
        self.assertEqual(len(r["rows"]), 1)
        self.assertEqual((float(rows[0]["value"]), float(rows[0]["lo95"]), rows[0]["unit"]),
                         (r["rows"][0]["value"], r["rows"][0]["lo95"], "cm^2/s"))
        self.assertIn("KAlCl4", [row["name"] for row in rows if not row["rank"] and row["why"]])
        self.assertGreater(r["n_placed"], 1)

    def test_7_mistakes_are_named(self):
        for args, word in ((("melt", "--by", "sgima300"), "did you mean 'sigma'?"),
                           (("melt", "--by", "D300K"), "expected sigma, D, ea or haven"),
                           (("melt", "--by", "D300", "--temperature", "400"), "'D300' says its temperature already"),
                           (("melt", "--by", "D", "--frame", "metal"), "none is asked for"),
                           (("melt", "--by", "haven1200"), "expected one of 1150, 1300 K"),
                           (("melt", "--pareto", "D"), "expected two quantities"),
                           (("melt", "--pareto", "ea,EA"), "one quantity twice"),
                           (("melt", "./melt/"), "are the same"),
                           (("points.csv", "--by", "sigma"), "is a table of D, without sigma"),
                           (("melt/results.h5",), "vitrion rank melt"),
                           (("nowhere",), "nowhere"),
                           ((), "expected: DIR")):
            self.assertIn(word, self.ask("rank", *args, code=2))

    def test_8_fit_takes_what_is_asked_of_the_comparison_of_a_folder(self):
        was, now = self.fit(), self.fit("--reference", "1250")
        for name, a in was.items():
            b = now[name]
            self.assertEqual((a["T_ref_K"], b["T_ref_K"]), (1180, 1250))
            self.assertAlmostEqual(a["Ea_eV"], b["Ea_eV"], places=9)  # one line, read off elsewhere
            moved = a["Ea_eV"] / KB_EV / math.log(10) * (1 / 1180 - 1 / 1250)
            self.assertAlmostEqual(b["log10_D_Tref"], a["log10_D_Tref"] + moved, places=6)
        self.assertIn("at 1250 K", self.ask("fit", "melt", "--reference", "1250"))
        self.assertIn("margin 7", self.ask("fit", "melt", "--margin", "7"))
        self.assertIn("limit 9", self.ask("fit", "melt", "--range-margin", "9"))
        self.assertEqual(self.fit("--extrapolate", "900")["LiAlCl2.5O0.75"]["extrapolated"]["T_K"], 900)
        self.assertIn("is that of a table", self.ask("fit", "melt", "--glass-transition", "300", code=2))
        summary = json.loads((self.tmp / "melt/summary.json").read_text())
        self.assertEqual(summary["compositions"][0]["T_ref_K"], 1180)  # the files stay as they are


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
