#!/usr/bin/python3
"""frames.py VITRION MPIEXEC SOURCE - frames of a campaign leave it whole, and other programs read them.

One short Lennard-Jones campaign with observe.trajectory, run undisturbed; the same killed, switched on half-way, with
damaged frames, without a place for the file: the bytes of the trajectory are the same each time.  What is exported is
read back by h5py, and, where they are installed (scripts/setup --all), by ASE, MDAnalysis and LAMMPS."""
import glob, os, pathlib, shutil, signal, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import h5md_rules, ranks  # noqa: E402

CAMPAIGN = """\
vitrion: 1
campaign: frames
seed: 7
potential: {kind: lj, file: lj.txt}
compositions: {include: [LiAlCl4], atoms: 36}
temperatures: 500 K
glasses: 1
guard: {temperature: 0, force: 0 eV/A, volume: 0, distance: 0, molecules: off, contacts: off}
protocol:
  melt: {temperature: 900 K, duration: 0.2 ps}
  quench: {rate: 4e14 K/s}
  equilibrate: {duration: 0.4 ps}
  produce: {duration: 96 ps}
observe: {msd: {}, charge: {}, thermo: {}, rdf: {}FRAMES}
checkpoint: {every: 1 s}
"""
FRAMES = ", trajectory: {every: 0.1 ps, velocities: yes}"
GRID_A, GRID_A_PS = 2.0 ** -13, 2.0 ** -10  # replica.h: what positions and velocities are rounded to
N, ATOMS, EVERY_PS = 961, 36, 0.1


def skip(why):
    print("=" * 100 + f"\nSKIPPED: {why}\n" + "=" * 100)
    raise unittest.SkipTest(why)


def have(module):
    try:
        return __import__(module)
    except ImportError:
        skip(f"python3-{module.lower()} is not installed (scripts/setup --all)")


def call(*args):
    return subprocess.run([ranks.VITRION, *map(str, args)], capture_output=True, text=True, timeout=300)


def trajectory(out):
    (path,) = pathlib.Path(out).glob("trajectory/LiAlCl4/500K-glass0-*.h5")
    return path


def log(out):
    return (pathlib.Path(out) / "log/rank-0000.log").read_text()


class Frames(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-test-")
        cls.dir = pathlib.Path(cls.tmp.name)
        (cls.dir / "lj.txt").write_text("lj 0.05 2.6 6.5\n")
        (cls.dir / "with.yaml").write_text(CAMPAIGN.replace("FRAMES", FRAMES))
        (cls.dir / "without.yaml").write_text(CAMPAIGN.replace("FRAMES", ""))
        cls.out = cls.dir / "out"
        p = ranks.run(cls.dir / "with.yaml", cls.out)
        assert p.returncode == 0, p.stdout + p.stderr
        cls.bytes = trajectory(cls.out).read_bytes()

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def export(self, what, form, out=None):
        folder = self.dir / f"{what}-{form}"
        shutil.rmtree(folder, ignore_errors=True)
        p = call("export", out or self.out, "--what", what, "--format", form, "--out", folder)
        self.assertEqual(p.returncode, 0, p.stderr)
        return sorted(glob.glob(f"{folder}/*"))

    def same_in_the_end(self, out, campaign="with.yaml"):
        p = ranks.run(self.dir / campaign, out)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(trajectory(out).read_bytes(), self.bytes)
        self.assertEqual(ranks.differences(self.out, out), "")
        self.assertEqual(os.listdir(out / "checkpoint"), [])
        v = call("verify", out)
        self.assertEqual(v.returncode, 0, v.stdout)

    def stopped(self, name, campaign="with.yaml"):
        """A folder whose production was killed (-9) behind one of its checkpoints: there is one a second, and the
        production takes longer.  One process without mpiexec, whose death is certain; who looks late looks again."""
        for k in range(5):
            out = self.dir / f"{name}-{k}"
            p = subprocess.Popen([ranks.VITRION, "run", self.dir / campaign, "--output", out, "--quiet"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                ranks.wait_until(lambda: p.poll() is not None or (out / "log/rank-0000.log").exists() and
                                 "ev=checkpoint stage=produce" in log(out))
            finally:
                if p.poll() is None:
                    os.killpg(p.pid, signal.SIGKILL)
                p.wait()
            if p.returncode == -signal.SIGKILL and list(out.glob("checkpoint/*.vck")):
                self.assertFalse(list(out.glob("trajectory/*/*")))
                return out
        self.fail("it ended before its first checkpoint, or was not seen, five times")

    # ------------------------------------------------------------------ in the folder

    def test_01_frames_change_no_number(self):
        out = self.dir / "plain"
        p = ranks.run(self.dir / "without.yaml", out)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertFalse((out / "trajectory").exists())
        import h5py
        with h5py.File(out / "results.h5") as a, h5py.File(self.out / "results.h5") as b:
            self.assertEqual(a["tasks/uid"][:].tolist(), b["tasks/uid"][:].tolist())
            self.assertEqual(a["obs/msd/mean"][:].tobytes(), b["obs/msd/mean"][:].tobytes())
            self.assertEqual(a["obs/charge/corr"][:].tobytes(), b["obs/charge/corr"][:].tobytes())
        # switched on for a finished campaign: nothing is done again, what is missing is said, and how to have it
        p = ranks.run(self.dir / "with.yaml", out)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("1 finished MD tasks have no trajectory", p.stdout)
        p = call("export", out, "--what", "trajectory", "--out", self.dir / "no")
        self.assertIn("observe.trajectory was not asked for", p.stderr)

    def test_02_the_file_says_what_it_holds(self):
        import h5py
        import numpy as np
        with h5py.File(trajectory(self.out)) as f:
            g = f["particles/all"]
            self.assertEqual(g["position/value"].shape, (N, ATOMS, 3))
            self.assertEqual((g["position/value"].attrs["unit"], g["position/time"].attrs["unit"]), ("Angstrom", "ps"))
            self.assertEqual(g["velocity/value"].attrs["unit"], "Angstrom ps-1")
            for name in ("velocity", "box/edges"):  # one clock
                self.assertEqual(g[name]["step"], g["position/step"])
            self.assertEqual(g["position/time"][:].tolist(), [k / 10 for k in range(N)])
            z = h5py.check_enum_dtype(g["species"].dtype)
            self.assertEqual(z, {"Li": 3, "Al": 13, "Cl": 17})
            self.assertEqual(g["species"][:].tolist(), [3] * 6 + [13] * 6 + [17] * 24)
            self.assertEqual(g["charge"][:].tolist(), [1] * 6 + [3] * 6 + [-1] * 24)
            for name, grid in (("position", GRID_A), ("velocity", GRID_A_PS)):
                value = g[name + "/value"]
                self.assertEqual(value.attrs["precision"], grid)
                on_grid = value[:].astype(float) / grid
                self.assertTrue((on_grid == np.rint(on_grid)).all())
            self.assertEqual(f["parameters/vitrion"].attrs["temperature_K"], 500)
            # 24 bits of a float, of which the grid leaves 18 of positions within 16 A
            self.assertLess(g["position/value"].id.get_storage_size(), 0.8 * N * ATOMS * 12)

    def test_02b_it_keeps_every_rule_of_h5md(self):
        for path in (trajectory(self.out), *self.export("glass", "h5md"), *self.export("last", "h5md")):
            self.assertEqual(h5md_rules.broken(path), [])

    def test_02c_a_file_that_breaks_a_rule_is_caught(self):
        import h5py
        import numpy as np

        def retype(f, name, dtype):
            values, attrs = f[name][:], dict(f[name].attrs)
            del f[name]
            f.create_dataset(name, data=values.astype(dtype)).attrs.update(attrs)

        def text(f, group, name, value):
            del f[group].attrs[name]
            f[group].attrs[name] = value

        def unlink(f, name):
            values = f[name][:]
            del f[name]
            f[name] = values

        g = "particles/all/"
        variable, wrong = ["periodic"] * 3, np.array([b"open"] * 3)
        for breaks, rule in ((lambda f: text(f, "h5md/author", "name", "somebody"), "author@name is a string of fixed"),
                             (lambda f: text(f, g + "box", "boundary", variable), "@boundary is a string of fixed"),
                             (lambda f: text(f, g + "box", "boundary", wrong), "@boundary is periodic or none"),
                             (lambda f: text(f, "h5md", "version", np.array([1, 0])), "@version is [1, 1]"),
                             (lambda f: retype(f, g + "charge", "f8"), "of type formal is integer"),
                             (lambda f: retype(f, g + "mass", "i4"), "mass is of type f"),
                             (lambda f: retype(f, g + "position/step", "f8"), "position/step is of type i"),
                             (lambda f: unlink(f, g + "box/edges/time"), "time is a hard link to that of position"),
                             (lambda f: f.__delitem__(g + "velocity/step"), "velocity/step is there"),
                             (lambda f: f.__delitem__(g + "box"), "box is a group"),
                             (lambda f: f.create_group("mine"), "nothing else at the root")):
            path = self.dir / "broken.h5"
            path.write_bytes(self.bytes)
            with h5py.File(path, "r+") as f:
                breaks(f)
            self.assertTrue([r for r in h5md_rules.broken(path) if rule in r], (rule, h5md_rules.broken(path)))
            path.unlink()

    def test_02d_the_plan_says_how_much_it_will_be(self):
        import h5py, json
        plans = [json.loads(call("plan", self.dir / f, "--json").stdout) for f in ("with.yaml", "without.yaml")]
        with h5py.File(trajectory(self.out)) as f:
            g = f["particles/all"]
            names = ("position/value", "velocity/value", "box/edges/value", "position/step", "position/time")
            self.assertEqual(plans[0]["trajectory_bytes"], sum(g[k].nbytes for k in names))
        self.assertEqual(plans[1]["trajectory_bytes"], 0)
        self.assertGreater(plans[0]["memory_per_rank_bytes"], plans[1]["memory_per_rank_bytes"])

    def test_03_mdanalysis_reads_it(self):
        mda = have("MDAnalysis")
        import h5py
        import numpy as np
        u = mda.Universe.empty(ATOMS, trajectory=True)
        u.load_new(str(trajectory(self.out)), format="H5MD", dt=EVERY_PS)
        with h5py.File(trajectory(self.out)) as f:
            x, v, h = (f["particles/all/" + k][:] for k in ("position/value", "velocity/value", "box/edges/value"))
        self.assertEqual((u.trajectory.n_frames, u.trajectory.totaltime), (N, 96))
        for k, ts in enumerate(u.trajectory):
            self.assertAlmostEqual(ts.time, EVERY_PS * k, places=9)
            self.assertTrue(np.array_equal(ts.positions, x[k]) and np.array_equal(ts.velocities, v[k]))
            self.assertTrue(np.allclose(ts.dimensions, [h[k][0, 0], h[k][1, 1], h[k][2, 2], 90, 90, 90], rtol=1e-6))

    def test_04_a_kill_costs_nothing(self):
        out = self.stopped("killed")
        frames = list(out.glob("checkpoint/*.frames-*"))
        self.assertEqual(len(frames), 1)
        with open(frames[0], "ab") as f:  # what was being written when it was killed
            f.write(b"torn" * 50)
        self.same_in_the_end(out)
        self.assertIn("ev=resumed stage=produce", log(out))
        self.assertNotIn("begins again", log(out))

    def test_05_switched_on_in_the_middle(self):
        out = self.stopped("late", "without.yaml")
        self.assertFalse(list(out.glob("checkpoint/*.frames-*")))
        self.same_in_the_end(out)
        self.assertIn("the production begins again", log(out))

    def test_06_damaged_frames_are_never_believed(self):
        out = self.stopped("damaged")
        (path,) = out.glob("checkpoint/*.frames-*")
        b = bytearray(path.read_bytes())
        b[len(b) // 2] ^= 1
        path.write_bytes(b)
        self.same_in_the_end(out)
        self.assertIn("is not there any more; the production begins again", log(out))

    def test_07_no_place_for_the_files_is_said_before_the_work_and_costs_nothing_behind_it(self):
        out = self.dir / "nowhere"
        out.mkdir()
        (out / "trajectory").write_text("not a folder")
        p = ranks.run(self.dir / "with.yaml", out)
        self.assertEqual(p.returncode, 1, p.stdout)
        self.assertRegex(p.stderr, "trajectory' exists and is not a folder\n.*taking it out changes no number")
        self.assertFalse((out / "log/rank-0000.log").exists() and "ev=begin" in log(out))
        (out / "trajectory").unlink()
        (out / "trajectory").mkdir()
        (out / "trajectory/LiAlCl4").write_text("not a folder")
        p = ranks.run(self.dir / "with.yaml", out)
        self.assertEqual(p.returncode, 1, p.stdout)
        self.assertRegex(p.stderr, "LiAlCl4' exists and is not a folder\n.*its checkpoint stays, and the same command")
        self.assertTrue(list(out.glob("checkpoint/*.vck")))
        (out / "trajectory/LiAlCl4").unlink()
        self.same_in_the_end(out)
        self.assertIn("ev=resumed stage=produce", log(out))

    def test_08_damaged_trajectories_are_named_and_not_exported(self):
        out = self.dir / "damaged"
        shutil.copytree(self.out, out)
        path = trajectory(out)
        flipped, more = bytearray(self.bytes), self.bytes + b"x"
        flipped[len(flipped) // 2] ^= 1
        for damage, says in ((bytes(flipped), "it is not the trajectory of which the journal holds the checksum"),
                             (self.bytes[:-1], "it was cut"), (b"", "it was cut"), (more, "it was written to"),
                             (None, "the trajectory of a finished task is not there")):
            path.unlink() if damage is None else path.write_bytes(damage)
            v = call("verify", out)
            self.assertEqual(v.returncode, 1)
            self.assertRegex(v.stdout, f"{path.relative_to(out)}: .*{says}")
            p = call("export", out, "--what", "trajectory", "--out", self.dir / "none")
            self.assertEqual(p.returncode, 1)
            self.assertIn("its trajectory is gone or damaged", p.stderr)
            self.assertFalse(list((self.dir / "none").glob("*")))
        path.write_bytes(self.bytes)
        self.assertEqual(call("verify", out).returncode, 0)

    def test_09_a_full_disk_costs_nothing(self):
        out = self.dir / "full"
        (out / "trajectory").mkdir(parents=True)
        m = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", out / "trajectory"], capture_output=True)
        if m.returncode:
            skip("a full disk needs root and tmpfs, which are not to be had here")
        try:
            p = ranks.run(self.dir / "with.yaml", out)
            self.assertEqual(p.returncode, 1, p.stdout)
            self.assertRegex(p.stderr, "No space left on device\\n.*its checkpoint stays, and the same command goes on")
            self.assertTrue(list(out.glob("checkpoint/*.vck")))
            self.assertEqual(list(out.glob("trajectory/*/*")), [])  # nor half of it
            subprocess.run(["mount", "-o", "remount,size=16m", out / "trajectory"], check=True)
            self.same_in_the_end(out)
            self.assertIn("ev=resumed stage=produce", log(out))
        finally:
            subprocess.run(["umount", out / "trajectory"], check=True)

    # ------------------------------------------------------------------ out of the folder

    def test_10_the_last_frame_is_exact_where_the_trajectory_is_rounded(self):
        import h5py
        import numpy as np
        (path,) = self.export("last", "h5md")
        with h5py.File(path) as f, h5py.File(trajectory(self.out)) as t:
            x, v = (f[f"particles/all/{k}/value"][0] for k in ("position", "velocity"))
            edge = f["particles/all/box/edges/value"][0][0, 0]
            off = (x - t["particles/all/position/value"][-1] + edge / 2) % edge - edge / 2
            # half a grid step, and half a unit of single precision within 32 A
            self.assertLessEqual(np.abs(off).max(), GRID_A / 2 + 1e-6)
            self.assertGreater(np.abs(off).max(), GRID_A / 8)
            self.assertLessEqual(np.abs(v - t["particles/all/velocity/value"][-1]).max(), GRID_A_PS / 2 + 1e-6)
            self.assertEqual(f["particles/all/position/time"][0], 96)

    def test_11_ase_reads_what_is_exported(self):
        have("ase")
        import ase.io, ase.units, h5py
        import numpy as np
        (path,) = self.export("trajectory", "extxyz")
        frames = ase.io.read(path, index=":")
        with h5py.File(trajectory(self.out)) as f:
            x, v = (f[f"particles/all/{k}/value"][:] for k in ("position", "velocity"))
        self.assertTrue(np.array_equal([a.positions for a in frames], x))
        per_ps = 1000 * ase.units.fs  # ASE's velocities are A per sqrt(u A^2/eV), its constants ours but for 1e-9
        self.assertTrue(np.allclose([a.get_velocities() * per_ps for a in frames], v, rtol=1e-7, atol=0))
        info = frames[0].info
        self.assertEqual((info["composition"], info["glass"], info["temperature_K"], info["potential"]),
                         ("LiAlCl4", 0, 500, "lj.txt"))
        last = ase.io.read(self.export("last", "extxyz")[0])
        poscar = ase.io.read(self.export("last", "poscar")[0], format="vasp")
        data = ase.io.read(self.export("last", "lammps-data")[0], format="lammps-data", style="charge", units="metal")
        self.assertTrue(np.array_equal(last.positions, poscar.positions) and np.array_equal(last.cell, poscar.cell))
        self.assertEqual(str(poscar.symbols), "Li6Al6Cl24")
        self.assertEqual(data.get_initial_charges().tolist(), [1] * 6 + [3] * 6 + [-1] * 24)
        self.assertLess(np.abs(last.get_all_distances(mic=True) - data.get_all_distances(mic=True)).max(), 1e-12)
        self.assertTrue(np.allclose(last.get_velocities(), data.get_velocities(), rtol=1e-7, atol=0))
        glass = ase.io.read(self.export("glass", "extxyz")[0])
        own = ase.io.read(glob.glob(f"{self.out}/glass/*.xyz")[0])
        self.assertTrue(np.array_equal(glass.positions, own.positions))

    def test_12_lammps_has_the_same_energy(self):
        if not shutil.which("lmp"):
            skip("lmp is not installed (scripts/setup --all)")
        import json
        (data,), (xyz,) = self.export("last", "lammps-data"), self.export("last", "extxyz")
        p = call("energy", "--kind", "lj", self.dir / "lj.txt", xyz, "--json")
        ours = json.loads(p.stdout)["frames"][0]["energy_eV"]
        (self.dir / "in.lj").write_text(f"""units metal
atom_style charge
read_data {data}
pair_style lj/cut 6.5
pair_coeff * * 0.05 2.6
pair_modify shift yes
thermo_style custom pe
thermo_modify format float %.15g
run 0
""")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PMI", "HYD", "MPI"))}
        env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        p = subprocess.run(["lmp", "-in", "in.lj", "-log", "none"], cwd=self.dir, env=env, capture_output=True,
                           text=True, timeout=300)
        lines = p.stdout.splitlines()
        at = next((i for i, s in enumerate(lines) if s.strip() == "PotEng"), None)
        self.assertIsNotNone(at, p.stdout + p.stderr)
        self.assertAlmostEqual(float(lines[at + 1]), ours, delta=1e-12 * abs(ours) * ATOMS)  # other order of the sum

    def test_13_analyze_gives_the_streamed_numbers(self):
        """A displacement between two frames is wrong by GRID_A a coordinate at most, by sqrt(3) GRID_A in length; so a
        mean square M is wrong by 2 sqrt(3 M) GRID_A at most (Cauchy-Schwarz), one seen from the metals by twice that,
        and a slope by as much relative to its M, which is 6 D t where its window begins: about 1e-4.  What sums over
        ions (sigma, Haven) is held to the same: errors of different ions are independent (seen: 3e-6).  The unrounded
        frames of `one --trajectory` give the streamed numbers but for the order of sums."""
        import json
        uid = trajectory(self.out).stem.split("-")[-1]
        exact = self.dir / "exact.xyz"
        p = call("one", self.dir / "with.yaml", "--output", self.out, "--task", uid, "--trajectory", exact, "--check",
                 "--json")
        self.assertEqual(p.returncode, 0, p.stderr)
        streamed = json.loads(p.stdout)
        (rounded,) = self.export("trajectory", "extxyz")
        for file, dt in ((trajectory(self.out), ()), (rounded, ("--dt", EVERY_PS)), (exact, ("--dt", EVERY_PS))):
            # cutoffs: one kind of atom packs more neighbours than bonds can be counted
            p = call("analyze", file, *dt, "--temperature", "500", "--json",
                     "--cutoffs", "Al-Cl=2.6,Li-Cl=2.6,Li-Al=2.6")
            self.assertEqual(p.returncode, 0, p.stderr)
            a = json.loads(p.stdout)
            self.assertEqual(a["n_frames"], N)
            pairs = [(a["sigma_mS_cm"], streamed["sigma_mS_cm"])]
            for s, t in zip(a["species"], streamed["species"], strict=True):
                self.assertEqual((s["symbol"], s["n"], s["window_ps"]), (t["symbol"], t["n"], t["window_ps"]))
                pairs += [(s["D_cm2_s"], t["D_cm2_s"]), (s["D_se_cm2_s"], t["D_se_cm2_s"])]
                m = 6 * t["D_cm2_s"] * 1e4 * t["window_ps"][0]  # cm2/s to A2/ps
                off = 1e-12 if file == exact else 4 * (3 / m) ** 0.5 * GRID_A
            for what in ("metal", "barycentric", "frame_free"):
                s, t = a["haven"][what], streamed["haven"][what]
                self.assertEqual(s["window_ps"], t["window_ps"])
                pairs += [(s["value"], t["value"]), (s["lo95"], t["lo95"]), (s["hi95"], t["hi95"])]
            self.assertLess(off, 2e-4)
            for ours, want in pairs:
                self.assertAlmostEqual(ours, want, delta=off * want)

    def test_13b_mean_squares_of_the_store_are_those_of_the_file(self):
        """Displacements of the H5MD file by numpy alone, over the origins of THEORY T 6.1, against obs/msd/mean of the
        store; tolerance as above."""
        import h5py
        import numpy as np
        with h5py.File(trajectory(self.out)) as f:
            x, z = f["particles/all/position/value"][:].astype(float), f["particles/all/species"][:]
            time = f["particles/all/position/time"][:]
        with h5py.File(self.out / "results.h5") as f:
            (row,) = [k for k, v in enumerate(f["obs/msd/mean"][:, 0, 0]) if np.isfinite(v)]
            lags, means = f["obs/msd/lag_ps"][row], f["obs/msd/mean"][row]
        every, seen = 0.5, 0  # ps: what msd is sampled at
        x = x[::round(every / EVERY_PS)]
        self.assertAlmostEqual(time[round(every / EVERY_PS)], every, places=9)
        for k in np.flatnonzero(np.isfinite(lags) & np.isfinite(means[0])):
            lag = round(lags[k] / every)
            stride = 1
            while lag / stride > 16:
                stride *= 2
            for s, number in enumerate((3, 13, 17)):
                at = x[::stride, z == number]
                m = ((at[lag // stride:] - at[:-(lag // stride)]) ** 2).sum(axis=2).mean()
                self.assertAlmostEqual(means[s][k], m, delta=2 * (3 * m) ** 0.5 * GRID_A + 3 * GRID_A ** 2)
                seen += 1
        self.assertGreater(seen, 60)

    def test_14_points_are_what_fit_reads(self):
        table = self.dir / "points.csv"
        p = call("export", self.out, "--points", table)
        self.assertEqual(p.returncode, 0, p.stderr)
        head, row = table.read_text().splitlines()
        self.assertEqual(head, "composition,glass,temperature_K,D_cm2_s,D_se,alkali,metal,halogen,halogen_to_oxygen,"
                               "alkali_per_metal")
        self.assertTrue(row.startswith("LiAlCl4,0,500,"))
        self.assertEqual(call("fit", table, "--json").returncode, 0)

    def test_14b_names_tell_what_is_what(self):
        folder = self.dir / "all"
        for what in ("glass", "last", "trajectory"):
            p = call("export", self.out, "--what", what, "--out", folder)
            self.assertEqual(p.returncode, 0, p.stderr)
        name = trajectory(self.out).stem.replace("500K", "LiAlCl4-500K")
        names = sorted(os.listdir(folder))
        self.assertEqual(names[:2], [f"{name}-last.xyz", f"{name}.xyz"])
        self.assertRegex(names[2], "^LiAlCl4-glass0-[0-9a-f]{8}.xyz$")

    def test_15_what_is_not_there_is_said(self):
        p = call("export", self.out, "--out", self.dir / "x", "--composition", "LiAlCl5")
        self.assertEqual(p.returncode, 2)
        self.assertIn("did you mean 'LiAlCl4'", p.stderr)
        p = call("export", self.out)
        self.assertEqual(p.returncode, 2)
        self.assertIn("--out FOLDER", p.stderr)
        p = call("export", self.out, "--out", "/dev/null/x")
        self.assertEqual(p.returncode, 1)


if __name__ == "__main__":
    del sys.argv[1:4]
    unittest.main(verbosity=2)
