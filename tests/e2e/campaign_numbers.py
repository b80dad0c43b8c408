#!/usr/bin/python3
"""campaign_numbers.py VITRION MPIEXEC SOURCE - what a campaign says of its glasses, against numpy on the arrays of its store.

A hot melt of 42 atoms for a few ten picoseconds: enough for ions to move, far too little to believe the numbers.  Only their
way from /obs to the tables and the summaries is tested."""
import csv, json, pathlib, re, shutil, subprocess, sys, tempfile, unittest

import h5py
import numpy as np

VITRION, MPIEXEC, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
CAMPAIGN = """\
vitrion: 1
campaign: numbers
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
  equilibrate: {{duration: 2 ps}}
  produce: {{duration: 30 ps, timestep: 2 fs}}
compare: {{reference_temperature: 1180 K}}
"""
MASS = {"Li": 6.94, "Na": 22.98976928, "Al": 26.9815384, "Cl": 35.45, "O": 15.999}


def pair(i, j, n):
    """Row of the unordered pair of species."""
    i, j = min(i, j), max(i, j)
    return i * n - i * (i - 1) // 2 + j - i


def slope(lag, y, lo, hi):
    """Of a mean square of random walks over the lags within [lo, hi] (THEORY T 7.2): lags that are longer say less."""
    use = (lag >= lo * (1 - 1e-9)) & (lag <= hi * (1 + 1e-9))
    t = lag[use]
    weight = np.linalg.inv(np.minimum.outer(t, t)**2 * np.maximum.outer(t, t))
    x = np.stack([np.ones_like(t), t], 1)
    return np.linalg.solve(x.T @ weight @ x, x.T @ weight @ y[use])[1]


class Numbers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-numbers-"))
        campaign = cls.tmp / "c.yaml"
        campaign.write_text(CAMPAIGN.format(source=SOURCE))
        cls.out = cls.tmp / "out"
        cls.run_ = subprocess.run([MPIEXEC, "-n", "2", VITRION, "run", campaign, "--output", cls.out, "--quiet"],
                                  capture_output=True, text=True, timeout=280)
        if cls.run_.returncode:
            raise AssertionError(cls.run_.stdout + cls.run_.stderr)
        cls.f = h5py.File(cls.out / "results.h5")
        cls.symbol = [s.decode() for s in cls.f["species/symbol"][()]]
        cls.counts = cls.f["compositions/counts"][()]
        cls.metal = cls.symbol.index("Al")
        cls.t_k = cls.f["pool/temperature"][()]

    @classmethod
    def tearDownClass(cls):
        cls.f.close()
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def get(self, path):
        return self.f[path][()]

    def rows(self, k, t):
        """MD tasks of composition k at temperature t, by glass."""
        f = self.f
        return [i for i in range(len(f["tasks/uid"])) if f["tasks/kind"][i] == b"md" and f["tasks/composition"][i] == k
                and f["tasks/temperature"][i] == self.t_k[t]]

    def groups(self):
        return [(k, t) for k in range(len(self.counts)) for t in range(len(self.t_k))]

    def test_every_dataset_has_a_shape_a_unit_and_a_doc(self):
        tasks, groups = len(self.f["tasks/uid"]), (len(self.counts), len(self.t_k))
        seen = {"structure": 0, "stationarity": 0, "gates": 0, "pool": 0, "residence": 0, "structure_mean": 0}

        def look(name, item):
            room = name.split("/")[0]
            if not isinstance(item, h5py.Dataset) or room not in seen or name == "pool/temperature":
                return
            seen[room] += 1
            for a in ("unit", "doc"):
                self.assertTrue(len(item.attrs[a]) > 0, f"{name}: {a}")
            self.assertLess(len(item.attrs["doc"]), 159, name)  # not cut
            want = (tasks,) if room in ("structure", "stationarity", "gates") else groups
            self.assertEqual(item.shape[:len(want)], want, name)

        self.f.visititems(look)
        for room, least in (("structure", 35), ("stationarity", 20), ("gates", 13), ("pool", 80), ("residence", 15), ("structure_mean", 100)):
            self.assertGreaterEqual(seen[room], least, room)
        n = len(self.symbol)
        self.assertEqual(self.f["pool/onsager"].shape, groups + (n, n))
        self.assertEqual(self.f["pool/D/value"].shape, groups + (n,))
        self.assertEqual(self.f["pool/D/value"].attrs["unit"], b"cm^2/s")
        self.assertEqual(self.f["residence/ratio/value"].shape, groups + (4,))

    def test_gates_are_judged_by_the_arrays_and_counted_in_the_summary(self):
        """The rules once more in Python; metals closer than 2.6 A by counting with g(r), whose bins end there or not."""
        f, failed = self.f, {}
        needs, where = [int(x) for x in self.get("tasks/needs")], self.get("obs/rdf/r")
        names = ["stationary", "free_anions", "o_variance", "melt", "metals_close", "pressure", "volume"]
        pairs = pair(self.metal, self.metal, len(self.symbol))
        for k, t in self.groups():
            for i in self.rows(k, t):
                got = {n: (self.get(f"gates/{n}")[i], self.get(f"gates/{n}_state")[i]) for n in names}
                o = self.get("obs/polyhedra/o_count")[i, self.metal]
                n = np.arange(len(o))
                value = {"stationary": self.get("stationarity/worst_z")[i],
                         "free_anions": self.get("structure/free_anions")[i],
                         "o_variance": (n**2 * o).sum() - (n * o).sum()**2,
                         "melt": self.get("glass/melt_msd")[needs[i], self.metal],
                         "metals_close": self.get("obs/rdf/metals_close")[i],
                         "pressure": self.get("transport/pressure_gpa")[i],
                         "volume": self.get("obs/equilibrate/volume")[i, 1]}
                ok = {"stationary": value["stationary"] <= 3, "free_anions": value["free_anions"] <= 0.03,
                      "o_variance": 0.38 <= value["o_variance"] <= 0.8, "melt": value["melt"] >= 10,
                      "pressure": abs(value["pressure"]) <= 0.1, "volume": value["volume"] <= 0.01}
                r, g = where[i], self.get("obs/rdf/g")[i, pairs]
                edge = np.clip(np.append(r - (r[1] - r[0]) / 2, r[-1] + (r[1] - r[0]) / 2), 0, 2.6)
                near = self.counts[k, self.metal]**2 / 2 / self.get("transport/volume_a3")[i] * 4 * np.pi / 3
                pairs_close = near * (g * np.diff(edge**3))[edge[:-1] < 2.6].sum()
                self.assertAlmostEqual(self.get("structure/metals_close")[i], pairs_close, delta=1e-9)
                self.assertLessEqual(value["metals_close"], pairs_close + 1e-9)  # a frame has a pair or more
                for name in names:
                    self.assertAlmostEqual(got[name][0], value[name], delta=1e-9 * max(1, abs(value[name])), msg=name)
                    self.assertEqual(got[name][1], 3 if name == "metals_close" else 2 if ok[name] else 1, name)
                    failed[name] = failed.get(name, 0) + (not ok.get(name, True))
                self.assertEqual(self.get("gates/n_failed")[i], sum(not x for x in ok.values()))
        summary = json.loads((self.out / "summary.json").read_text())
        self.assertEqual({g["name"]: g["failed"] for g in summary["gates"]}, failed)
        self.assertEqual({g["failed"] + g["passed"] + g["not_judged"] for g in summary["gates"]}, {8})
        counted = {n: sum(g["failed"] for t in summary["transport"] for g in t["gates"] if g["name"] == n) for n in names}
        self.assertEqual(counted, failed)
        self.assertIn("Gates: ", self.run_.stdout)

    def test_the_store_is_the_tree_that_schema_store_shows(self):
        p = subprocess.run([VITRION, "schema", "store", self.tmp / "c.yaml", "--json"], capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        schema = json.loads(p.stdout)
        self.assertEqual(set(schema["attributes"]), set(self.f.attrs))
        self.assertEqual(schema["format"], self.f.attrs["format"])
        shown, stored = {d["path"]: d for d in schema["datasets"]}, {}
        self.f.visititems(lambda name, item: stored.update({"/" + name: item}) if isinstance(item, h5py.Dataset) else None)
        self.assertEqual(set(stored) - set(shown), {"/campaign"})
        self.assertEqual(set(shown) - set(stored), set())
        for path, d in shown.items():
            item, shape = stored[path], tuple(d["shape"])
            if "failures" in d["axes"] or "crashes" in d["axes"]:  # as many as happened
                shape = item.shape
            self.assertEqual((item.shape, [a.label for a in item.dims]), (shape, d["axes"]), path)
            self.assertEqual({"f": "float64", "i": "int64", "S": "string"}[item.dtype.kind], d["type"], path)
            self.assertEqual(item.attrs["unit"].decode(), d["unit"], path)
            self.assertEqual(item.attrs["doc"].decode(), d["doc"], path)

    def test_summary_csv_says_what_summary_json_says(self):
        with open(self.out / "summary.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        summary = json.loads((self.out / "summary.json").read_text())
        at = {(e["quantity"], e["name"]): e for e in summary["compositions"]}
        self.assertEqual(len(rows), len(self.counts))
        for row in rows:
            d, s = at["D_alkali", row["composition"]], at["sigma_T", row["composition"]]
            group = next(e for e in summary["transport"]
                         if e["name"] == row["composition"] and e["T_K"] == float(row["T_near_K"]))
            for column, want in (("Ea_eV", d["Ea_eV"]), ("Ea_se_eV", d["Ea_se_eV"]), ("Ea_lo95_eV", d["Ea_lo95_eV"]),
                                 ("dof", d["dof"]), ("log10_D_Tref_hi95", d["log10_D_Tref_hi95"]),
                                 ("D_extra_lo95", d["extrapolated"]["lo95"]), ("D_extra_lo95_cm2_s", d["extrapolated"]["lo95"]),
                                 ("sigmaT_Tref_mS_K_cm", s["D_Tref"]), ("Haven_framework", group["haven"]["framework"]["value"]),
                                 ("Haven_metal_lo95", group["haven"]["metal"]["lo95"])):
                self.assertEqual(row[column], "" if want is None else f"{want:.17g}", column)
            self.assertEqual((row["verdict"], row["D_model"]), (summary["comparison"]["verdict"], d["model"]))

    def test_network_of_a_task_is_the_moments_of_its_histograms(self):
        cn, o, anion = (self.get("obs/polyhedra/" + x) for x in ("cn", "o_count", "anion"))
        kind = self.get("tasks/kind")
        ox, cl = self.symbol.index("O"), self.symbol.index("Cl")
        for i in range(len(kind)):
            if kind[i] != b"md":
                self.assertTrue(np.isnan(self.get("structure/cn_metal")[i]))
                continue
            n = self.counts[self.get("tasks/composition")[i]]
            for name, want in (("cn_metal", cn[i, self.metal] @ np.arange(13)),
                               ("o_count", o[i, self.metal] @ np.arange(9)),
                               ("o_two_metals", anion[i, ox, 2]),
                               ("halogen_bridging", anion[i, cl, 2:].sum()),
                               ("free_anions", (n[ox] * anion[i, ox, 0] + n[cl] * anion[i, cl, 0]) / (n[ox] + n[cl])),
                               ("chain_mean", self.get("obs/chains/mean_size")[i]),
                               ("cycles_per_metal", self.get("obs/chains/cycles")[i] / n[self.metal])):
                self.assertAlmostEqual(self.get("structure/" + name)[i], want, delta=1e-12, msg=name)
            mass = sum(n[s] * MASS[self.symbol[s]] for s in range(len(n)))
            want = 1.66053906660 * mass / self.get("obs/thermo/volume")[i].mean()
            self.assertAlmostEqual(self.get("structure/density")[i] / want, 1, delta=1e-4)  # masses to 5 digits

    def test_means_over_glasses(self):
        tau = self.get("structure/tau_continuous")
        for k, t in self.groups():
            rows = self.rows(k, t)
            for name in ("cn_metal", "chain_mean", "density", "peak_metal_oxygen"):
                x = self.get("structure/" + name)[rows]
                self.assertAlmostEqual(self.get(f"structure_mean/{name}/value")[k, t], x.mean(), delta=1e-12)
                want = x.std(ddof=1) / np.sqrt(2)
                if name == "chain_mean":  # the relative scatter of both compositions together
                    all_x = [self.get("structure/" + name)[self.rows(q, t)] for q in range(2)]
                    want = x.mean() * np.sqrt(sum(((y / y.mean() - 1) ** 2).sum() for y in all_x) / 2 / 2)
                self.assertAlmostEqual(self.get(f"structure_mean/{name}/se")[k, t], want, delta=1e-12)
            for c in range(4):
                x = tau[rows, c]
                self.assertEqual(self.get("residence/resolved")[k, t, c], np.isfinite(x).sum())
                known = x[np.isfinite(x)]
                if len(known) and np.isfinite(self.get("structure_mean/tau_continuous/value")[k, t, c]):
                    got = self.get("structure_mean/tau_continuous/value")[k, t, c]
                    self.assertAlmostEqual(got / np.exp(np.log(known).mean()), 1, delta=1e-12)
                both = np.isfinite(x) & np.isfinite(tau[rows, 0])
                if both.any() and np.isfinite(self.get("residence/ratio/value")[k, t, c]):  # NaN: wider than three decades
                    want = np.exp(np.log(x[both] / tau[rows, 0][both]).mean())
                    self.assertAlmostEqual(self.get("residence/ratio/value")[k, t, c] / want, 1, delta=1e-12)
        self.assertTrue(np.isfinite(tau).any())

    def frame_msd(self, i, s):
        """MSD of species s as seen from the metal (THEORY T 7.6)."""
        n, count = len(self.symbol), self.counts[self.get("tasks/composition")[i]].astype(float)
        m, corr = self.metal, self.get("obs/charge/corr")[i]
        ss, sm, mm = corr[pair(s, s, n)], corr[pair(s, m, n)], corr[pair(m, m, n)]
        return (self.get("obs/msd/mean")[i, s] - 2 * sm / (count[s] * count[m]) + mm / count[m]**2)

    def barycentric_msd(self, i, s):
        """MSD of species s as seen from the centre of mass (THEORY T 7.6)."""
        n, count = len(self.symbol), self.counts[self.get("tasks/composition")[i]].astype(float)
        corr, mass = self.get("obs/charge/corr")[i], np.array([MASS[q] for q in self.symbol])
        here = [q for q in range(n) if count[q]]
        own = np.eye(n)[s] / count[s]
        seen = own - mass / (count @ mass)

        def square(u):
            return sum(u[a] * u[b] * corr[pair(a, b, n)] for a in here for b in here)

        return self.get("obs/msd/mean")[i, s] + square(seen) - square(own)

    def test_pooled_diffusion_is_the_mean_of_slopes_in_one_window(self):
        """Least squares are linear in the data.  Only rounding, amplified by a nearly singular covariance."""
        found = 0
        for k, t in self.groups():
            for s, symbol in enumerate(self.symbol):
                got, n = self.get("pool/D/value")[k, t, s], self.get("pool/D/n_glasses")[k, t, s]
                if self.counts[k, s] == 0:
                    self.assertTrue(np.isnan(got) and n == -1, symbol)
                    continue
                if not np.isfinite(got):
                    continue
                lo, hi = (self.get(f"pool/D/window_{x}_ps")[k, t, s] for x in ("start", "end"))
                d = [slope(self.get("obs/msd/lag_ps")[i], self.frame_msd(i, s), lo, hi) / 6 * 1e-4 for i in self.rows(k, t)]
                self.assertEqual(n, 2, symbol)
                found += 1
                self.assertAlmostEqual(got / np.mean(d), 1, delta=1e-6, msg=f"{symbol} {d}")
        self.assertGreaterEqual(found, 2)

    def test_pooled_conductivity_is_that_of_the_tracers_over_the_haven_ratio_of_the_early_window(self):
        z = self.get("species/charge").astype(float)
        n, found = len(self.symbol), 0
        for k, t in self.groups():
            lo, hi = self.get("pool/window_start_ps")[k, t], self.get("pool/window_end_ps")[k, t]
            if not self.get("pool/sigma/n_glasses")[k, t] == 2:
                continue
            found += 1
            here = [s for s in range(n) if self.counts[k, s]]
            a = next(s for s in here if self.symbol[s] in ("Li", "Na"))
            self_part, charge, tracer, volume = 0, 0, 0, 0
            for i in self.rows(k, t):
                lag, corr, msd = self.get("obs/charge/lag_ps")[i], self.get("obs/charge/corr")[i], self.barycentric_msd(i, a)
                at = [np.argmin(abs(lag - x)) for x in (lo, hi)]
                of_charge = sum(z[p] * z[q] * corr[pair(p, q, n)] for p in here for q in here)
                self_part += self.counts[k, a] * (msd[at[1]] - msd[at[0]])
                charge += of_charge[at[1]] - of_charge[at[0]]
                window = (self.get(f"pool/D/window_{x}_ps")[k, t, a] for x in ("start", "end"))
                tracer += self.counts[k, a] * slope(lag, msd, *window)
                volume += 1e-30 * self.get("obs/thermo/volume")[i].mean()
            self.assertAlmostEqual(self.get("pool/haven_frame_free/value")[k, t], self_part / charge, delta=1e-9)
            unit = 10 * 1.602176634e-19**2 * 1e-8 / (6 * volume * 1.380649e-23 * self.t_k[t])  # of both glasses
            sigma = unit * tracer * charge / self_part
            self.assertAlmostEqual(self.get("pool/sigma/value")[k, t] / sigma, 1, delta=1e-6)
            onsager = np.nan_to_num(self.get("pool/onsager")[k, t])
            self.assertAlmostEqual(z @ onsager @ z / sigma, 1, delta=1e-6)
            # the early window of the barycentric ratio may be another one
            self.assertAlmostEqual(self.get("pool/t_alkali_barycentric/value")[k, t], z[a] * onsager[a] @ z / sigma, delta=0.1)
        self.assertGreaterEqual(found, 1)

    def test_rates_are_inverse_residence_times_and_are_fitted(self):
        status = self.get("transport/rate_o1_status")
        tau, se = self.get("structure/tau_continuous")[:, 1], self.get("structure/tau_continuous_se")[:, 1]
        for i, kind in enumerate(self.get("tasks/kind")):
            self.assertEqual(status[i] == -1, kind != b"md")
            if kind == b"md":
                self.assertEqual(status[i] == 2, not np.isfinite(tau[i]))  # no value
        for k in range(len(self.counts)):
            rows = [i for t in range(2) for i in self.rows(k, t)]
            if np.isfinite(tau[rows]).all() and (se[rows] > 0).all():  # two glasses, two temperatures: means of two slopes
                slope = [np.log(tau[self.rows(k, 0)[g]] / tau[self.rows(k, 1)[g]]) for g in range(2)]
                want = 8.617333262e-5 * np.mean(slope) / (1 / self.t_k[0] - 1 / self.t_k[1])
                self.assertAlmostEqual(self.get("fits/rate_o1/ea_ev")[k], want, delta=1e-9)

    def test_a_species_that_a_composition_lacks_is_not_resolved_there(self):
        for name, k in (("D_Li", 1), ("D_Na", 0)):
            self.assertEqual(self.get(f"fits/{name}/resolved")[k], 0)
            self.assertEqual(self.get(f"fits/{name}/n_no_value")[k], 4)
        d, x = self.get("fits/D_alkali/ea_ev")[0], self.get("fits/D_Li/ea_ev")[0]
        self.assertTrue(d == x or (np.isnan(d) and np.isnan(x)))

    def test_summaries_say_what_the_store_says(self):
        s = json.loads((self.out / "summary.json").read_text())
        fit = json.loads(subprocess.run([VITRION, "fit", self.out, "--json"], capture_output=True, text=True).stdout)
        for key in fit:
            self.assertEqual(fit[key], s[key], key)
        self.assertEqual([(e["name"], e["T_K"]) for e in s["transport"]],
                         [(n, t) for n in ("LiAlCl2.5O0.75", "NaAlCl2.5O0.75") for t in (1150, 1300)])
        table = list(csv.DictReader((self.out / "summary.csv").read_text().splitlines()))

        def same(text, value, what):
            got = float(text) if text not in ("", None) else np.nan
            self.assertTrue(got == value or (np.isnan(got) and not np.isfinite(value)), f"{what}: {text}, store {value}")

        def null(x):
            return np.nan if x is None else x

        for k, row in enumerate(table):
            self.assertEqual(float(row["T_near_K"]), 1150)  # the nearer to 1180 K
            for part, suffix in (("value", ""), ("lo95", "_lo95"), ("hi95", "_hi95")):
                same(row["Haven_framework" + suffix], self.get(f"pool/haven_metal/{part}")[k, 0], "Haven")
                same(row["t_alkali_barycentric" + suffix], self.get(f"pool/t_alkali_barycentric/{part}")[k, 0], "t")
                same(row["tau2_over_tau0" + suffix], self.get(f"residence/ratio/{part}")[k, 0, 2], "tau2/tau0")
            for column, name in (("mean_chain", "chain_mean"), ("CN_M", "cn_metal"), ("density_g_cm3", "density")):
                same(row[column], self.get(f"structure_mean/{name}/value")[k, 0], column)
            for part, suffix in (("value", ""), ("se", "_se"), ("lo95", "_lo95"), ("hi95", "_hi95")):
                same(row["weight_chain" + suffix], self.get(f"structure_mean/chain_weight/{part}")[k, 0], "chains")
                for c in range(4):
                    same(row[f"tau{c}{suffix}_ps"], self.get(f"structure_mean/tau_continuous/{part}")[k, 0, c], "tau")
            if row["sigma_extra_mS_cm"]:
                self.assertAlmostEqual(float(row["sigma_extra_mS_cm"]) * 300 / float(row["sigmaT_extra_mS_K_cm"]), 1, delta=1e-12)
            for t in range(2):
                e = s["transport"][2 * k + t]
                same(str(null(e["haven"]["framework"]["value"])), self.get("pool/haven_metal/value")[k, t], "haven")
                same(str(null(e["sigma_mS_cm"]["hi95"])), self.get("pool/sigma/hi95")[k, t], "sigma")
                same(str(null(s["structure"][2 * k + t]["density_g_cm3"]["value"])),
                     self.get("structure_mean/density/value")[k, t], "density")
                c = s["residence"][2 * k + t]["classes"][1]
                same(str(null(c["tau_endpoint_ps"]["value"])), self.get("structure_mean/tau_endpoint/value")[k, t, 1], "tau")
        self.assertIn("At 1150 K", self.run_.stdout)
        shown = re.sub(r"\n {4,}", "  ", self.run_.stdout)  # rows that go on on the next line
        self.assertRegex(shown, r"LiAlCl2\.5O0\.75 .* %.2f  %.3f\n" % (float(table[0]["CN_M"]), float(table[0]["density_g_cm3"])))

    def test_what_is_null_has_a_reason(self):
        s = json.loads((self.out / "summary.json").read_text())
        for e in s["transport"] + s["structure"]:
            for key, x in e.items():
                if isinstance(x, dict) and "value" in x and x["value"] is None:
                    self.assertTrue(e["warnings"], f"{e['name']}: {key}")
        for e in s["residence"]:
            for c in e["classes"]:
                if c["tau_continuous_ps"]["value"] is None:
                    self.assertTrue(any(f"tau_continuous_ps with {c['o_count']} oxygens" in w for w in e["warnings"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
