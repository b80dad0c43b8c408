#!/usr/bin/python3
"""installed.py VITRION MPIEXEC SOURCE CMAKE BUILD - `cmake --install` into an empty folder, and what is there is used from elsewhere.

Claims: an installed campaign runs where it lies; a campaign elsewhere that names potentials/... finds an installed one, and
says where it looked if there is none; report works; vitrion.py reads what h5py reads, and its fit is that of summary.json;
what is wrong is told in a sentence."""
import hashlib, json, os, pathlib, shutil, subprocess, sys, tempfile, unittest

import h5py
import numpy as np

MPIEXEC, SOURCE, CMAKE, BUILD = sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4], sys.argv[5]
SHORT = (("atoms: 84", "atoms: 42"), ("700..1000 K by 100 K", "[800 K, 1000 K]"), ("duration: 30 ps", "duration: 0.4 ps"),
         ("duration: 18 ps", "duration: 0.4 ps"), ("duration: 102 ps", "duration: 6 ps"), ("1e13 K", "2e15 K"))


def run(*args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=280, **more)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        top = tempfile.TemporaryDirectory(prefix="vitrion-installed-")
        cls.addClassCleanup(top.cleanup)
        cls.top = pathlib.Path(top.name)
        cls.prefix = cls.top / "there"
        made = run(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        assert made.returncode == 0, made.stderr
        cls.program, cls.share = cls.prefix / "bin/vitrion", cls.prefix / "share"
        cls.work = cls.top / "work"
        cls.work.mkdir()
        quick = (cls.share / "vitrion/campaigns/quickstart.yaml").read_text()
        for long, short in SHORT:
            assert long in quick, long
            quick = quick.replace(long, short)
        (cls.work / "short.yaml").write_text(quick)
        cls.done = run(MPIEXEC, "-n", 2, cls.program, "run", "short.yaml", "--output", "runs/q", "--quiet", cwd=cls.work)
        sys.path.insert(0, str(cls.share / "vitrion/python"))
        global vitrion
        import vitrion

    def test_01_what_people_look_for_is_where_they_look(self):
        for name in ("man/man1/vitrion-run.1", "bash-completion/completions/vitrion", "zsh/site-functions/_vitrion",
                     "fish/vendor_completions.d/vitrion.fish", "vitrion/potentials/oxyhalide12-v1/committee.txt",
                     "vitrion/scripts/report/page.css", "vitrion/slurm/vitrion.sbatch", "doc/vitrion/tutorial.md"):
            self.assertGreater((self.share / name).stat().st_size, 100, name)
        self.assertFalse((self.share / "vitrion/potentials/data").exists())

    def test_02_every_installed_campaign_is_a_good_one_in_its_place(self):
        for path in sorted((self.share / "vitrion/campaigns").rglob("*.yaml")):
            if "\ncampaign:" not in path.read_text() or "potentials" in path.parts:
                continue
            checked = run(self.program, "check", path, "--quiet", cwd=self.work)
            self.assertEqual(checked.returncode, 0, f"{path}: {checked.stderr}")

    def test_03_a_campaign_elsewhere_finds_the_installed_potential(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        told = run(self.program, "check", "short.yaml", cwd=self.work)
        self.assertEqual((told.returncode, "potential.file" in told.stderr), (0, False), told.stderr)
        recorded = (self.work / "runs/q/campaign.yaml").read_text()
        self.assertIn(hashlib.sha256((self.share / "vitrion/potentials/oxyhalide7-v1.nep.txt").read_bytes()).hexdigest(), recorded)
        self.assertEqual(run(self.program, "verify", "runs/q", cwd=self.work).returncode, 0)

    def test_04_one_that_is_nowhere_is_refused_with_the_places(self):
        (self.work / "none.yaml").write_text((self.work / "short.yaml").read_text().replace("oxyhalide7-v1", "oxyhalide9"))
        told = run(self.program, "check", "none.yaml", cwd=self.work)
        self.assertEqual(told.returncode, 2)
        self.assertIn(f"'{self.work}/./potentials/oxyhalide9.nep.txt'", told.stderr)
        self.assertIn(f"nor is there '{self.share}/vitrion/campaigns/potentials/oxyhalide9.nep.txt'", told.stderr)
        # a file of that name that is there counts, also a damaged one
        (self.work / "potentials").mkdir()
        (self.work / "potentials/oxyhalide7-v1.nep.txt").write_text("nep4 1 Li\n")
        self.assertEqual(run(self.program, "check", "short.yaml", cwd=self.work).returncode, 2)
        shutil.rmtree(self.work / "potentials")

    def test_05_report_reads_and_draws(self):
        told = run(self.program, "report", "runs/q", cwd=self.work)
        if "no Python that has" in told.stderr:
            self.skipTest("matplotlib is not installed")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertGreater((self.work / "runs/q/report.html").stat().st_size, 10000)

    # ---------------------------------------------------------------- vitrion.py

    def test_11_the_fit_is_that_of_summary_json(self):
        summary = json.loads((self.work / "runs/q/summary.json").read_text())
        with vitrion.open(self.work / "runs/q") as r:
            self.assertEqual(r.summary, summary)
            for row in summary["compositions"]:
                short = {"D_alkali": "D", "sigma_T": "sigma"}.get(row["quantity"], row["quantity"])
                fit = r.compositions[row["name"]].arrhenius(short)
                for key in ("Ea_eV", "Ea_se_eV", "Ea_lo95_eV", "Ea_hi95_eV"):
                    value = getattr(fit, key)
                    self.assertEqual(None if np.isnan(value) else value, row[key], (row["name"], key))

    def test_12_points_curves_and_tables_are_those_of_the_store(self):
        with vitrion.open(self.work / "runs/q/results.h5") as r, h5py.File(self.work / "runs/q/results.h5") as f:
            one = r.compositions["NaAlCl2.5O0.75"]
            k = [n.decode() for n in f["compositions/name"]].index(one.name)
            md = [i for i, kind in enumerate(f["tasks/kind"]) if kind == b"md" and f["tasks/composition"][i] == k]
            np.testing.assert_array_equal(one.points("D")["value"], f["transport/D_alkali"][md])
            np.testing.assert_array_equal(one.pool("sigma")["lo95"], f["pool/sigma/lo95"][k])
            np.testing.assert_array_equal(one.haven("metal")["value"], f["pool/haven_metal/value"][k])
            np.testing.assert_array_equal(one.residence()["hi95"], f["structure_mean/tau_intermittent/hi95"][k])
            hot = [i for i in md if f["tasks/temperature"][i] == 1000]
            na = [s.decode() for s in f["species/symbol"]].index("Na")
            lag, msd = one.msd("Na", 1000)
            np.testing.assert_array_equal(lag, f["obs/msd/lag_ps"][hot[0]])
            np.testing.assert_allclose(msd, np.mean([f["obs/msd/mean"][i, na] for i in hot], axis=0), rtol=1e-14)  # order of a sum
            self.assertEqual(len(r.table()), sum(kind == b"md" for kind in f["tasks/kind"]))
            self.assertEqual(one.counts["Na"], f["compositions/counts"][k, na])
            self.assertEqual(r.verdict()[0], np.ravel(f["compare/D_alkali/verdict"][()])[0].decode())

    def test_13_mistakes_are_sentences(self):
        with vitrion.open(self.work / "runs/q") as r:
            with self.assertRaisesRegex(vitrion.Error, "did you mean 'LiAlCl2.5O0.75'"):
                r.compositions["LiAlCl2.5O75"]
            with self.assertRaisesRegex(vitrion.Error, "no quantity 'sigme': did you mean 'sigma'"):
                r.compositions[0].arrhenius("sigme")
            with self.assertRaisesRegex(vitrion.Error, "no run at 500 K"):
                r.compositions[0].msd("Li", 500)
        for path, why in ((self.top / "none", "no such folder"), (self.work, "expected the output folder")):
            with self.assertRaisesRegex(vitrion.Error, why):
                vitrion.open(path)
        begun = self.top / "begun"
        (begun / "journal").mkdir(parents=True)
        with self.assertRaisesRegex(vitrion.Error, "nothing has been written yet"):
            vitrion.open(begun)
        (begun / "results.h5").write_text("not HDF5")
        with self.assertRaisesRegex(vitrion.Error, "not an HDF5 file"):
            vitrion.open(begun)
        with h5py.File(begun / "results.h5", "w") as f:
            f["x"] = 1
        with self.assertRaisesRegex(vitrion.Error, "not the store of a campaign"):
            vitrion.open(begun)
        shutil.copy(self.work / "runs/q/results.h5", begun / "results.h5")
        with h5py.File(begun / "results.h5", "r+") as f:
            f.attrs["format"] = 77
        with self.assertRaisesRegex(vitrion.Error, "store format 77, and this module reads"):
            vitrion.open(begun)

    def test_14_without_pandas_a_table_is_one_of_numpy(self):
        code = ("import sys; sys.modules['pandas'] = None; import vitrion; t = vitrion.open(sys.argv[1]).table(); "
                "print(type(t).__name__, t.dtype.names[0])")
        told = run("/usr/bin/python3", "-B", "-c", code, self.work / "runs/q",
                   env={**os.environ, "PYTHONPATH": str(self.share / "vitrion/python")})
        self.assertEqual(told.stdout.strip(), "ndarray composition", told.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[6:], verbosity=2)
