#!/usr/bin/python3
"""browse.py VITRION MPIEXEC SOURCE - can a stranger find the way in results.h5?

Claims, each checked by a walk through the whole store with h5py alone: every group has a doc; every dataset a unit and a
doc; every axis a label and a scale of its length, by HDF5's own functions; names of errors follow one rule; what is measured
in something has that unit; the README says where what is; the scales hold what the tasks measured at; h5dump can be read."""
import pathlib, re, shutil, subprocess, sys, tempfile, unittest

import h5py
import numpy as np

VITRION, MPIEXEC, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
CAMPAIGN = """\
vitrion: 1
campaign: browse
seed: 7
potential: {kind: lj, file: lj.txt}
compositions: {include: [LiAlCl4, NaAlCl3O0.5], atoms: 36}
temperatures: [700 K, 900 K]
glasses: 2
guard: {temperature: 0, force: 0 eV/A, volume: 0, distance: 0, molecules: off, contacts: off}
protocol:
  melt: {temperature: 1200 K, duration: 0.2 ps, ensemble: nvt}
  quench: {rate: 2e15 K/s, npt_below: 0 K}
  equilibrate: {duration: 0.2 ps, ensemble: nvt}
  produce: {duration: 12 ps, ensemble: nvt}
compare: {by: [alkali], reference_temperature: 800 K}
"""
# x, its error and the ends of its interval; behind them a unit alone.  A group of its own has the bare words.
ERROR = re.compile(r"(^|.+_)(se|lo95|hi95|lo90|hi90)(_(ev|k|gpa|mS_cm|cm2_s))?$")
OTHER_WORDS = re.compile(r"(^|_)(err|error_of|stderr|std|sem|ci|low|high|lo|hi|upper|lower|lo68|hi68|fw|framework|total)(_|$)")
LENGTHY = {"ps": r"_ps$", "K": r"_k$", "eV": r"_ev$", "cm^2/s": r"_cm2_s$", "mS/cm": r"_mS_cm$", "GPa": r"_gpa$", "A^3": r"_a3$"}


class Browse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-browse-"))
        (cls.tmp / "lj.txt").write_text("lj 0.05 2.6 6.5\n")
        (cls.tmp / "c.yaml").write_text(CAMPAIGN)
        cls.out = cls.tmp / "out"
        p = subprocess.run([MPIEXEC, "-n", "2", VITRION, "run", cls.tmp / "c.yaml", "--output", cls.out, "--quiet"],
                           capture_output=True, text=True, timeout=280)
        if p.returncode:
            raise AssertionError(p.stdout + p.stderr)
        cls.f = h5py.File(cls.out / "results.h5")
        cls.groups, cls.sets = {}, {}
        cls.f.visititems(lambda name, x: (cls.sets if isinstance(x, h5py.Dataset) else cls.groups).update({name: x}))

    @classmethod
    def tearDownClass(cls):
        cls.f.close()
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def test_every_group_and_dataset_says_what_it_is(self):
        self.assertGreater(len(self.groups), 60)
        self.assertGreater(len(self.sets), 800)
        for name, x in {**self.groups, **self.sets}.items():
            self.assertGreater(len(x.attrs["doc"].decode()), 2, name)
            if not name.endswith("_status"):  # whose words are asserted to fit
                self.assertLess(len(x.attrs["doc"].decode()), 159, name)  # not cut
        for name, x in self.sets.items():
            self.assertRegex(x.attrs["unit"].decode(), r"^\S.*$", name)

    def test_every_axis_has_a_label_and_a_scale_of_its_length(self):
        scales = {name for name, x in self.sets.items() if h5py.h5ds.is_scale(x.id)}
        # By addresses: what is opened by a reference has a name only after a search through the whole file.
        at = {h5py.h5o.get_info(x.id).addr: name for name, x in self.sets.items()}
        name_of = lambda x: at[h5py.h5o.get_info(x.id).addr]
        users = {(name, name_of(self.f[ref]), int(a)) for name in scales for ref, a in self.sets[name].attrs.get("REFERENCE_LIST", ())}
        told, asked = set(), set()
        for name, x in self.sets.items():
            for a, axis in enumerate(x.dims):
                self.assertRegex(axis.label, r"^[a-z_]+$", f"{name}, axis {a}")
                if name in scales:  # it is what the indices stand for
                    self.assertEqual((x.ndim, len(axis)), (1, 0), name)
                    continue
                self.assertEqual(len(axis), 1, f"{name}, axis {a}")
                scale = axis[0]
                self.assertEqual(scale.shape, (x.shape[a],), f"{name}, axis {a}")
                told.add((name_of(scale), name, a))
                if name_of(scale) not in asked:  # HDF5 itself, which opens all users of a scale for an answer
                    self.assertTrue(h5py.h5ds.is_attached(x.id, scale.id, a), f"{name}, axis {a}")
                    self.assertEqual(h5py.h5ds.get_scale_name(scale.id).decode(), axis.label)
                asked.add(name_of(scale))
        self.assertLessEqual(asked, scales)
        self.assertEqual(told, users)  # both ends of every link
        labels = {axis.label for x in self.sets.values() for axis in x.dims}
        self.assertLessEqual({"tasks", "compositions", "temperatures", "species", "pairs", "atoms", "lag_ps", "r", "xyz"}, labels)
        self.assertEqual([name_of(x[0]) for x in self.f["pool/onsager"].dims],
                         ["compositions/name", "pool/temperature", "species/symbol", "species/symbol"])

    def test_scales_hold_what_was_measured_at(self):
        """Of every array of positions, each row of a finished task against the scale of its axis, bit by bit."""
        done, compared = self.f["tasks/done"][()] == 1, 0
        md = self.f["tasks/kind"][()] == b"md"
        for name, x in self.sets.items():
            last = name.rsplit("/", 1)[-1]
            if not name.startswith("obs/") or x.ndim != 2 or x.dims[1].label != last or x.dims[1][0].dtype.kind != "f":
                continue
            for row in x[()][done & md]:
                np.testing.assert_array_equal(row, x.dims[1][0][()], name)
            compared += 1
        self.assertGreaterEqual(compared, 8)

    def test_names_of_errors_and_frames_follow_one_rule(self):
        seen = 0
        for name in self.sets:
            group, last = name.rsplit("/", 1) if "/" in name else ("", name)
            if group.endswith("variance"):
                continue  # names of factors
            self.assertRegex(last, r"^[A-Za-z][A-Za-z0-9_]*$", name)
            self.assertNotRegex(last, OTHER_WORDS, name)
            self.assertNotRegex(group, r"(^|_)(fw|framework|total)(/|_|$)")
            if re.search(r"(^|_)(se|lo9\d|hi9\d)(_|$)", last):
                self.assertRegex(last, ERROR, name)
                seen += 1
            if re.search(r"_lo9\d", last):
                self.assertIn(name.replace("_lo9", "_hi9"), self.sets)
        self.assertGreater(seen, 300)

    def test_what_has_a_dimension_has_a_unit(self):
        for name, x in self.sets.items():
            unit, doc, last = x.attrs["unit"].decode(), x.attrs["doc"].decode(), name.rsplit("/", 1)[-1]
            for known, ending in LENGTHY.items():
                if re.search(ending, last):
                    self.assertEqual(unit, known, name)
            if unit != "1" or x.dtype.kind != "f":
                continue
            self.assertNotRegex(doc, r"quantity's unit|decades\b(?! or| a jump)|\bpressure of|\btemperature of|energy,|coefficient|"
                                     r"conductivity(?! of)|in ps|in eV|in GPa|cm2", name)
            self.assertNotRegex(last, r"_(ps|k|ev|gpa|a3|decades)$", name)
        q = {"D_alkali": b"cm^2/s", "sigma_T": b"mS K/cm", "rate_o0": b"1/ps"}
        for name, unit in q.items():
            for member in ("extra", "extra_lo95", "line_extra", "vtf_extra_hi95", "by_temperature/value", "by_temperature/se"):
                self.assertEqual(self.f[f"fits/{name}/{member}"].attrs["unit"], unit, (name, member))
        self.assertEqual(self.f["compare/D_alkali/tau"].attrs["unit"], b"decades")

    def test_the_readme_tells_where_what_is(self):
        text = self.f.attrs["README"].decode()
        self.assertLess(text.count("\n"), 60)
        self.assertLess(max(map(len, text.splitlines())), 121)
        for group in self.f:
            if group != "campaign":
                self.assertIn(f"/{group}", text)
        for path in re.findall(r"f\['([^']+)'\]", text):  # its examples run
            self.assertIn(path, self.sets)

    def test_h5dump_is_as_long_as_the_tree_and_no_longer(self):
        """h5dump -A takes 12 lines for a text and 4 for a back reference: about 60 a dataset, whatever is in them.  A tree of
        one number a dataset, each with its own unit, cannot be dumped in 20 000 lines; `h5ls -r` has a line a dataset."""
        if not shutil.which("h5dump"):
            self.skipTest("h5dump is not installed")
        lines = subprocess.run(["h5dump", "-A", self.out / "results.h5"], capture_output=True, text=True, check=True).stdout
        self.assertLess(lines.count("\n"), 64 * len(self.sets) + 40 * len(self.groups))
        listed = subprocess.run(["h5ls", "-r", self.out / "results.h5"], capture_output=True, text=True, check=True).stdout
        self.assertLess(listed.count("\n"), 2500)

    def test_a_store_of_format_1_is_read_and_written_anew(self):
        """What the next run does with it; its rows are those of the journal, so nothing is lost."""
        old = self.tmp / "old"
        shutil.copytree(self.out, old)
        with h5py.File(old / "results.h5", "r+") as f:
            f.attrs["format"] = np.int64(1)
        import hashlib
        digest = hashlib.sha256((old / "results.h5").read_bytes()).hexdigest()
        (old / "results.h5.sha256").write_text(f"{digest}  results.h5\n")
        call = lambda *a: subprocess.run([VITRION, *a], capture_output=True, text=True, timeout=200)
        self.assertEqual(call("fit", old, "--json").stdout, call("fit", self.out, "--json").stdout)
        p = call("verify", old)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertIn("of store format 1, written now is 2", p.stdout + p.stderr)
        p = subprocess.run([sys.executable, SOURCE / "scripts/compare_stores.py", old / "results.h5", self.out / "results.h5"],
                           capture_output=True, text=True)
        self.assertEqual((p.returncode, p.stdout), (2, ""))
        self.assertIn("store formats 1 and 2", p.stderr)
        p = subprocess.run([MPIEXEC, "-n", "2", VITRION, "run", self.tmp / "c.yaml", "--output", old, "--quiet"],
                           capture_output=True, text=True, timeout=200)
        self.assertEqual(p.returncode, 0, p.stderr)
        with h5py.File(old / "results.h5") as f:
            self.assertEqual(f.attrs["format"], 2)
        p = subprocess.run([sys.executable, SOURCE / "scripts/compare_stores.py", old / "results.h5", self.out / "results.h5"],
                           capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
