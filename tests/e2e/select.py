#!/usr/bin/python3
"""select.py VITRION MPIEXEC SOURCE [unittest arguments] - `vitrion select` against a second implementation of what selection.h says.

The potentials are NEP4 files of random numbers, l_max 4, without ZBL.  Descriptors are made here from their definition, a sum over
pairs of neighbours with Legendre polynomials (Fan et al., J. Chem. Phys. 157, 114801 (2022), eqs 10 to 14), which shares nothing
with the engine's sums over harmonics; forces of members come from `vitrion energy`.  Points are kept in single precision: 1e-5."""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

VITRION, MPIEXEC, SOURCE = sys.argv[1:4]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ranks  # noqa: E402

TYPES = ["Li", "Al", "Cl"]
RC, N, K, L, NEURONS = (6.0, 5.0), 3, 4, 4, 5  # channels, functions
DIM = N + N * L


def potential(seed):
    """The text of a NEP4 and its coefficients: c[radial or angular][n][k][centre][neighbour], scale[dim]."""
    rng, t = np.random.default_rng(seed), len(TYPES)
    base = np.random.default_rng(1)  # descriptors are the same in all members, networks are not
    net = [0.3 * rng.standard_normal((DIM + 2) * NEURONS) for _ in TYPES]
    c = [0.5 * base.standard_normal((N, K, t, t)) for _ in RC]
    scale = 0.1 + base.random(DIM)
    numbers = np.concatenate(net + [np.zeros(1)] + [x.ravel() for x in c] + [scale])
    text = (f"nep4 {t} {' '.join(TYPES)}\ncutoff {RC[0]:g} {RC[1]:g} 200 100\nn_max {N - 1} {N - 1}\nbasis_size {K - 1} {K - 1}\n"
            f"l_max {L} 0\nANN {NEURONS} 0\n" + "".join("%.9e\n" % x for x in numbers))
    return text, [np.float64(["%.9e" % v for v in x.ravel()]).reshape(x.shape) for x in c], np.float64(["%.9e" % v for v in scale])


def basis(r, rc):
    """f_k(r), k = 0 .. K-1."""
    fc = 0.5 * (1 + math.cos(math.pi * r / rc))
    x = 2 * (r / rc - 1) ** 2 - 1
    t = [1.0, x]
    while len(t) < K:
        t.append(2 * x * t[-1] - t[-2])
    return np.array([0.5 * (v + 1) * fc for v in t[:K]])


def legendre(x):
    return np.array([x, (3 * x * x - 1) / 2, (5 * x ** 3 - 3 * x) / 2, (35 * x ** 4 - 30 * x * x + 3) / 8])


def point(cell, symbols, x, c, scale):
    """F: the sum of scaled descriptors by element, over the number of atoms."""
    out = np.zeros((len(TYPES), DIM))
    shifts = [np.array([i, j, k]) @ cell for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)]
    kind = [TYPES.index(s) for s in symbols]
    for i, a in enumerate(kind):
        near, q = [], np.zeros(DIM)
        for j, b in enumerate(kind):
            for s in shifts:
                d = x[j] + s - x[i]
                r = float(np.linalg.norm(d))
                if 1e-9 < r < RC[0]:
                    q[:N] += c[0][:, :, a, b] @ basis(r, RC[0])
                if 1e-9 < r < RC[1]:
                    near.append((d / r, c[1][:, :, a, b] @ basis(r, RC[1])))
        for u, g in near:
            for v, h in near:
                p = legendre(float(u @ v)) * (2 * np.arange(1, L + 1) + 1) / (4 * math.pi)
                q[N:] += (p[:, None] * (g * h)[None]).ravel()  # l outside, n inside
        out[a] += scale * q
    return out.ravel() / len(kind)


def distance(a, b):
    return float(np.linalg.norm(a - b))


def glass(rng, stretch=1.0):
    """24 atoms on a shaken lattice of 3.1 A: nothing is fused."""
    grid = np.array([(i, j, k) for i in range(3) for j in range(3) for k in range(3)][:24], float)
    symbols = list(rng.permutation(["Li"] * 4 + ["Al"] * 4 + ["Cl"] * 16))
    cell = np.diag([9.3 * stretch] * 3)
    cell[1, 0] = 0.7
    return cell, symbols, grid @ (cell / 3) + rng.uniform(-0.2, 0.2, (24, 3))


def text_of(frame, keys=""):
    cell, symbols, x = frame
    return (f"{len(symbols)}\nLattice=\"{' '.join('%.10f' % v for v in cell.ravel())}\" Properties=species:S:1:pos:R:3 {keys}\n"
            + "".join("%s %.10f %.10f %.10f\n" % (s, *p) for s, p in zip(symbols, x)))


class Select(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-test-")
        cls.dir = pathlib.Path(cls.tmp.name)
        for k in range(3):
            text, cls.c, cls.scale = potential(10 + k)
            (cls.dir / f"m{k}.nep.txt").write_text(text)
        (cls.dir / "committee.txt").write_text("".join(f"nep m{k}.nep.txt\n" for k in range(3)))
        rng = np.random.default_rng(7)
        cls.frames = [glass(rng, 1 + 0.02 * (k % 5)) for k in range(14)]
        cls.runs = [f"r{k // 5}" for k in range(14)]
        cls.compositions = ["even" if k % 2 == 0 else "odd" for k in range(14)]
        cls.text = "".join(text_of(f, f"run={r} composition={c}") for f, r, c in zip(cls.frames, cls.runs, cls.compositions))
        (cls.dir / "all.xyz").write_text(cls.text)
        cls.points = [point(*f, cls.c, cls.scale) for f in cls.frames]
        cls.spread = cls.spread_of("all.xyz")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def call(cls, *args, code=0):
        p = subprocess.run([VITRION, *map(str, args)], cwd=cls.dir, capture_output=True, text=True, timeout=280)
        if p.returncode != code:
            raise AssertionError(f"{args}: exit code {p.returncode}\n{p.stdout}{p.stderr}")
        return p

    @classmethod
    def select(cls, *args, potential="committee.txt", out="picked.xyz", code=0):
        return json.loads(cls.call("select", *args, "--potential", potential, "--out", out, "--json", code=code).stdout)

    @classmethod
    def spread_of(cls, file):
        """Root of the mean over atoms of the mean squared distance of the members' forces from their mean."""
        force = [[np.array(f["forces_eV_A"]) for f in json.loads(cls.call("energy", f"m{k}.nep.txt", file, "--json").stdout)["frames"]]
                 for k in range(3)]
        out = []
        for members in zip(*force):
            f = np.array(members)
            out.append(math.sqrt(np.mean(np.sum((f - f.mean(axis=0)) ** 2, axis=2))))
        return out

    def choose(self, count, per_run, per_comp, known=(), pool=20, least=1e-3):
        """What selection.h says, once more."""
        order = sorted(range(14), key=lambda k: (-self.spread[k], k))
        pool_of, runs, comps = [], {}, {}
        for k in order:
            r, c = self.runs[k], self.compositions[k]
            if len(pool_of) < pool * count and runs.get(r, 0) < pool * per_run and comps.get(c, 0) < pool * per_comp:
                pool_of.append(k)
                runs[r], comps[c] = runs.get(r, 0) + 1, comps.get(c, 0) + 1
        pool_of.sort()
        runs, comps, picked = {}, {}, []

        def near(k):
            return min([distance(self.points[k], self.points[j]) for j, _ in picked] + [distance(self.points[k], p) for p in known]
                       + [math.inf])
        k = max(pool_of, key=lambda k: (self.spread[k], -k))
        if near(k) < least:
            k = None
        while len(picked) < count:
            if k is None:
                free = [j for j in pool_of if j not in dict(picked) and near(j) >= least
                        and runs.get(self.runs[j], 0) < per_run and comps.get(self.compositions[j], 0) < per_comp]
                if not free:
                    break
                k = max(free, key=lambda j: (near(j), -j))
            picked.append((k, near(k)))
            runs[self.runs[k]] = runs.get(self.runs[k], 0) + 1
            comps[self.compositions[k]] = comps.get(self.compositions[k], 0) + 1
            k = None
        return picked

    def compare(self, got, want):
        self.assertEqual([p["frame"] - 1 for p in got["picked"]], [k for k, _ in want])
        for p, (k, d) in zip(got["picked"], want):
            self.assertAlmostEqual(p["spread_eV_A"], self.spread[k], delta=1e-9 * self.spread[k])
            if math.isinf(d):
                self.assertIsNone(p["distance"])
            else:
                self.assertAlmostEqual(p["distance"], d, delta=1e-5 * d)
            self.assertEqual((p["run"], p["composition"], p["n_atoms"]), (self.runs[k], self.compositions[k], 24))

    def test_the_same_frames_in_the_same_order_as_a_second_implementation(self):
        self.compare(self.select("all.xyz", "--count", 6), self.choose(6, 4, 6))
        self.compare(self.select("all.xyz", "--count", 6, "--per-run", 2), self.choose(6, 2, 6))
        got = self.select("all.xyz", "--count", 9, "--per-run", 9, "--per-composition", 3)
        self.compare(got, self.choose(9, 9, 3))
        self.assertEqual(len(got["picked"]), 6, "three of each composition, not nine")
        self.assertTrue(any("6 are worth it" in w for w in got["warnings"]))
        self.compare(self.select("all.xyz", "--count", 3, "--pool", 2), self.choose(3, 2, 3, pool=2))

    def test_what_is_known_is_not_picked_again(self):
        (self.dir / "known.xyz").write_text("".join(text_of(self.frames[k]) for k in (0, 3, 8)))
        known = [self.points[k] for k in (0, 3, 8)]
        got = self.select("all.xyz", "--count", 14, "--per-run", 14, "--per-composition", 14, "--known", "known.xyz")
        self.compare(got, self.choose(14, 14, 14, known))
        (why,) = got["left_out"]
        self.assertEqual((why["why"], why["n"], [e["frame"] for e in why["examples"]]), ("duplicate", 3, [1, 4, 9]))

    def test_fused_frames_molecules_strangers_and_duplicates_are_left_out_with_reasons(self):
        cell, symbols, x = self.frames[2]
        cl, li = [i for i, s in enumerate(symbols) if s == "Cl"], symbols.index("Li")
        molecule, fused, strange = x.copy(), x.copy(), list(symbols)
        molecule[cl[1]] = molecule[cl[0]] + [1.99, 0, 0]  # Cl2 has 1.99 A
        fused[cl[2]] = fused[li] + [0, 1.2, 0]
        strange[0] = "Nb"
        order = np.random.default_rng(3).permutation(24)
        same = (cell, [symbols[i] for i in order], x[order] + cell[1] + 0.3)  # shifted, and in another order
        odd = [self.frames[2], (cell, symbols, molecule), (cell, symbols, fused), (cell, strange, x), same, self.frames[5]]
        (self.dir / "odd.xyz").write_text("".join(map(text_of, odd)))
        got = self.select("odd.xyz", "--count", 6)
        why = {w["why"]: w for w in got["left_out"]}
        self.assertEqual({k: (w["n"], w["examples"][0]["frame"]) for k, w in why.items() if k != "duplicate"},
                         {"molecule": (1, 2), "fused": (1, 3), "element": (1, 4)})
        self.assertEqual(why["duplicate"]["n"], 1)
        self.assertEqual(len({p["frame"] for p in got["picked"]} & {1, 5}), 1, "one of two that are the same")
        self.assertTrue(why["molecule"]["examples"][0]["detail"].startswith("Cl-Cl 1.99 A"))
        self.assertTrue(why["fused"]["examples"][0]["detail"].split()[0] in ("Li-Cl", "Cl-Li"))
        self.assertEqual(why["element"]["examples"][0]["detail"], "Nb")

    def test_the_same_sources_give_the_same_bytes_and_atoms_are_those_of_the_source(self):
        a = self.select("all.xyz", "--count", 5, out="a.xyz")
        b = self.select("all.xyz", "--count", 5, out="b.xyz")
        self.assertEqual(a, b)
        self.assertEqual((self.dir / "a.xyz").read_bytes(), (self.dir / "b.xyz").read_bytes())
        lines = (self.dir / "a.xyz").read_text().splitlines()
        for k, p in enumerate(a["picked"]):
            head, rows = lines[26 * k + 1], lines[26 * k + 2:26 * k + 26]
            _, symbols, x = self.frames[p["frame"] - 1]
            self.assertEqual([r.split()[0] for r in rows], list(symbols))
            self.assertLess(np.max(np.abs(np.array([r.split()[1:] for r in rows], float) - x)), 1e-10)  # ten decimals
            self.assertIn(f'run="{p["run"]}" composition="{p["composition"]}"', head)
            self.assertIn(f"source_frame={p['frame']}", head)

    def test_a_potential_by_itself_has_no_spread(self):
        got = self.select("all.xyz", "--count", 4, potential="m0.nep.txt")
        self.assertEqual(len(got["picked"]), 4)
        self.assertTrue(all(p["spread_eV_A"] is None for p in got["picked"]))
        mean = np.mean(self.points, axis=0)
        self.assertEqual(got["picked"][0]["frame"] - 1, max(range(14), key=lambda k: distance(self.points[k], mean)))
        self.assertTrue(any("no committee" in w for w in got["warnings"]))

    def test_sources_are_files_of_other_programs_folders_and_campaigns(self):
        cell, symbols, x = self.frames[0]
        folder = self.dir / "folder"
        folder.mkdir()
        (folder / "one.xyz").write_text(text_of(self.frames[1]))
        (folder / "notes.txt").write_text("no frames\n")
        (folder / "run.lammpstrj").write_text("".join(
            f"ITEM: TIMESTEP\n{10 * k}\nITEM: NUMBER OF ATOMS\n24\nITEM: BOX BOUNDS xy xz yz pp pp pp\n0 10.0 0.7\n0 9.3 0\n0 9.3 0\n"
            "ITEM: ATOMS id element x y z\n" + "".join("%d %s %.10f %.10f %.10f\n" % (i + 1, s, *p) for i, (s, p) in enumerate(
                zip(symbols, x + 0.1 * k * (np.arange(24) % 2)[:, None]))) for k in range(3)))
        got = self.select("folder", "--count", 9)
        self.assertEqual(got["n_frames"], 4)
        self.assertEqual({p["source"] for p in got["picked"]}, {"folder/one.xyz", "folder/run.lammpstrj"})
        campaign = self.dir / "c.yaml"
        campaign.write_text(CAMPAIGN)
        (self.dir / "lj.txt").write_text("lj 0.05 2.6 6.5\n")
        p = ranks.run(campaign, self.dir / "run", 1, cwd=self.dir)
        self.assertEqual(p.returncode, 0, p.stderr)
        got = self.select("run", "--count", 4, "--contact", "0.1")
        seen = {p["source"] for p in got["picked"]} | {e["source"] for w in got["left_out"] for e in w["examples"]}
        self.assertEqual({s.split("/")[1] for s in seen}, {"trajectory", "last", "glass"})
        self.assertEqual(got["n_frames"], 5 + 1 + 1)
        self.assertEqual({p["composition"] for p in got["picked"]}, {"LiAlCl4"})
        runs = {p["run"] for p in got["picked"]}
        self.assertTrue(all(r.startswith("run/") and len(r) == len("run/") + 8 for r in runs), runs)
        self.assertLessEqual(len(runs), 2, "trajectory and last frame are one run, the glass is another")

    def test_what_is_written_is_none_of_what_is_read(self):
        folder = self.dir / "own"
        folder.mkdir()
        (folder / "all.xyz").write_text(self.text)
        first = self.select("own", "--count", 4, out="own/picked.xyz")
        self.assertEqual(self.select("own", "--count", 4, out="own/picked.xyz"), first, "not out of what it picked before")
        (self.dir / "link.xyz").symlink_to("own/all.xyz")
        for args, out in ((("own/all.xyz",), "own/all.xyz"), (("link.xyz",), "own/all.xyz"),
                          (("all.xyz", "--known", "own/all.xyz"), "own/all.xyz"), (("own/all.xyz",), "committee.txt")):
            p = self.call("select", *args, "--potential", "committee.txt", "--count", 1, "--out", out, code=2)
            self.assertIn("overwritten", p.stderr)
        self.assertEqual((folder / "all.xyz").read_text(), self.text)
        p = self.call("select", "all.xyz", "--potential", "committee.txt", "--count", 1, "--out", "nowhere/p.xyz", code=2)
        self.assertIn("there is no folder 'nowhere'", p.stderr)

    def test_names_with_quotes_do_not_break_headers(self):
        name = "it's \"a\" file.xyz"
        (self.dir / name).write_text(text_of(self.frames[0]))
        got = self.select(name, "--count", 1)
        self.assertEqual(got["picked"][0]["source"], name)
        self.assertIn("source=\"it's _a_ file.xyz\" source_frame=1 ", (self.dir / "picked.xyz").read_text())
        self.select("picked.xyz", "--count", 1, out="again.xyz")
        self.assertIn("run=\"it's _a_ file.xyz\"", (self.dir / "again.xyz").read_text())

    def test_usage_errors_name_what_is_missing(self):
        for args, words in (((), "--potential is missing"), (("--potential", "committee.txt"), "--count is missing"),
                            (("--potential", "committee.txt", "--count", "2"), "--out is missing")):
            self.assertIn(words, self.call("select", "all.xyz", *args, code=2).stderr)
        (self.dir / "empty").mkdir()
        p = self.call("select", "empty", "--potential", "committee.txt", "--count", 1, "--out", "x.xyz", code=2)
        self.assertIn("holds no frames", p.stderr)


CAMPAIGN = """\
vitrion: 1
campaign: sources
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
  produce: {duration: 2 ps}
observe: {msd: {every: 0.1 ps}, charge: {every: 0.1 ps}, thermo: {every: 0.1 ps}, trajectory: {every: 0.5 ps}}
"""

if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
