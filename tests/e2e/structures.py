#!/usr/bin/python3
"""structures.py VITRION MPIEXEC SOURCE - glasses begin with structures out of files, beside one that is packed.

A crystal (POSCAR), three glasses (extended XYZ), and a glass as LAMMPS data and H5MD, with rigid ions.  References: ASE
and h5py write the files, ASE makes the supercell; the energy of the first glass is that of `vitrion energy` on what ASE wrote
(1e-9 relative: another order of the same sums).  Bits are compared dataset by dataset, without tolerance: 1 and 2 ranks, and a run
that was struck by SIGKILL while tasks ran and went on after the user's files were gone."""
import json, os, pathlib, shutil, signal, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import VITRION, run, start, wait_until  # noqa: E402

try:
    import h5py
    import numpy as np
    from ase.build import bulk
    from ase.io import write
except ImportError as why:
    print("=" * 100 + f"\nSKIPPED: {why} (scripts/setup clients)\n" + "=" * 100)
    sys.exit(77)

CAMPAIGN = """vitrion: 1
campaign: structures
seed: 5
potential: {kind: born}
compositions:
  include: [LiCl]
  structures:
%s
  atoms: 64
temperatures: [400 K, 600 K]
glasses: 3
protocol:
  melt: {temperature: 1200 K, duration: 0.2 ps, timestep: 1 fs}
  quench: {rate: 5e15 K/s, timestep: 1 fs}
  equilibrate: {duration: 0.2 ps, ensemble: nvt, timestep: 1 fs}
  produce: {duration: 0.4 ps, timestep: 1 fs}
observe: {thermo: {every: 0.1 ps}, msd: {every: 0.1 ps}}
checkpoint: {every: 1 s}
"""
CRYSTAL = "{file: LiCl.poscar, name: crystal, supercell: [2, 2, 2], start: equilibrate}"
MINE = "{file: mine.xyz, name: mine, start: quench}"
MOLTEN = "{file: mine.xyz, name: molten, start: melt}"


def campaign(folder, *items):
    path = folder / "c.yaml"
    path.write_text(CAMPAIGN % "\n".join("    - " + i for i in items))
    return path


def files(folder):
    """The conventional cell of rock salt, and three rattled supercells, by ASE."""
    cell = bulk("LiCl", "rocksalt", a=5.13, cubic=True)
    cell = cell[[a.index for a in cell if a.symbol == "Li"] + [a.index for a in cell if a.symbol == "Cl"]]
    write(folder / "LiCl.poscar", cell, format="vasp", direct=True)
    big = []
    for seed in range(3):
        atoms = cell.repeat((2, 2, 2))
        atoms.rattle(0.08, seed=seed)
        big.append(atoms)
    write(folder / "mine.xyz", big, format="extxyz")
    return cell, big


def vitrion(*args):
    return subprocess.run([VITRION, *map(str, args)], capture_output=True, text=True, timeout=300)


def structure_of(path, name):
    """What `check --json` says of a structure."""
    p = vitrion("check", path, "--json")
    if p.returncode:
        raise AssertionError(p.stdout + p.stderr)
    return {c["name"]: c for c in json.loads(p.stdout)["compositions"]}[name]["structure"]


def differing(one, two):
    """Datasets but those of /timing whose values differ, and how many there are."""
    with h5py.File(one) as a, h5py.File(two) as b:
        names = []
        a.visititems(lambda name, o: names.append(name) if isinstance(o, h5py.Dataset) else None)
        names = [n for n in names if not n.startswith("timing")]
        return [n for n in names if n not in b or repr(a[n][()].tolist()) != repr(b[n][()].tolist())], len(names)


class Structures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-structures-")).resolve()
        cls.cell, cls.big = files(cls.tmp)
        cls.yaml = campaign(cls.tmp, CRYSTAL, MINE, MOLTEN)
        p = run(cls.yaml, cls.tmp / "one", 1)
        assert p.returncode == 0, p.stdout + p.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def folder(self, name):
        home = self.tmp / name
        home.mkdir()
        files(home)
        return home

    def same_bits(self, other):
        differ, n = differing(self.tmp / "one/results.h5", other / "results.h5")
        self.assertEqual(differ, [])
        self.assertGreater(n, 100)

    def crystals(self, f):
        """Rows of the glasses that are the crystal: an energy and no temperature of a quench."""
        rows = f["glass/quench"][()]
        which = [i for i, r in enumerate(rows) if np.isfinite(r[0, 2]) and not np.isfinite(r[0, 0])]
        self.assertEqual(len(which), 3)
        return which

    def test_two_ranks_make_the_same_bits(self):
        p = run(self.yaml, self.tmp / "two", 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.same_bits(self.tmp / "two")

    def test_the_first_energy_is_that_of_the_file(self):
        crystal = self.cell.repeat((2, 2, 2))
        write(self.tmp / "crystal.xyz", crystal, format="extxyz")
        p = vitrion("energy", "-", self.tmp / "crystal.xyz", "--kind", "born", "--json")
        self.assertEqual(p.returncode, 0, p.stderr)
        expected = json.loads(p.stdout)["frames"][0]["energy_eV"] / len(crystal)
        with h5py.File(self.tmp / "one/results.h5") as f:
            for i in self.crystals(f):
                row = f["glass/quench"][i][0]
                self.assertAlmostEqual(row[2] / expected, 1, delta=1e-9)
                self.assertAlmostEqual(row[1] / crystal.get_volume(), 1, delta=1e-12)

    def test_an_equilibrated_structure_is_the_file_atom_by_atom(self):
        crystal = self.cell.repeat((2, 2, 2))
        order = [a.index for a in crystal if a.symbol == "Li"] + [a.index for a in crystal if a.symbol == "Cl"]
        with h5py.File(self.tmp / "one/results.h5") as f:
            for i in self.crystals(f):
                x = f["glass/x"][i][:len(crystal)]
                d = (x - crystal.get_positions()[order]) @ np.linalg.inv(f["glass/cell"][i])
                self.assertLess(np.abs(d - np.round(d)).max(), 1e-9)  # ASE writes 16 digits; lattice vectors apart

    def test_a_run_that_was_struck_goes_on_without_the_users_files(self):
        home = self.folder("gone")
        yaml, out = campaign(home, CRYSTAL, MINE, MOLTEN), home / "out"
        p = start(yaml, out, 2)
        wait_until(lambda: len(list(out.glob("glass/*.xyz"))) >= 4)
        os.killpg(p.pid, signal.SIGKILL)
        p.communicate()
        write(home / "LiCl.poscar", bulk("LiCl", "rocksalt", a=5.2, cubic=True), format="vasp", sort=True)
        other = run(yaml, out, 2)
        self.assertEqual(other.returncode, 2, other.stdout + other.stderr)
        self.assertIn("the file of crystal has changed", other.stdout + other.stderr)
        for name in ("LiCl.poscar", "mine.xyz"):
            (home / name).unlink()
        again = run(yaml, out, 2)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertIn("its copy", again.stdout + again.stderr)
        self.same_bits(out)

    def test_a_changed_file_is_refused_and_the_copy_stays(self):
        home = self.folder("changed")
        yaml, out = campaign(home, CRYSTAL), home / "out"
        self.assertEqual(run(yaml, out, 1).returncode, 0)
        before = (out / "structures/crystal.poscar").read_bytes()
        write(home / "LiCl.poscar", bulk("LiCl", "rocksalt", a=5.2, cubic=True), format="vasp", sort=True)
        p = run(yaml, out, 1)
        self.assertEqual(p.returncode, 2)
        self.assertIn("the file of crystal has changed", p.stderr + p.stdout)
        self.assertEqual((out / "structures/crystal.poscar").read_bytes(), before)
        self.assertEqual(vitrion("verify", out).returncode, 0)

    def said(self, code, *args):
        p = vitrion(*args)
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        return p.stdout + p.stderr

    def test_a_copy_that_is_lost_or_damaged_is_named_and_made_again(self):
        home = self.folder("copies")
        yaml, out = campaign(home, CRYSTAL, MINE), home / "out"
        self.assertEqual(run(yaml, out, 2).returncode, 0)
        poscar, xyz = out / "structures/crystal.poscar", out / "structures/mine.xyz"
        before = poscar.read_bytes(), xyz.read_bytes()
        (out / "structures/crystal.poscar.tmp-77").write_text("of a process that died\n")
        self.assertIn("left behind", self.said(0, "verify", out))
        poscar.unlink()
        lines = xyz.read_text().splitlines(keepends=True)
        xyz.write_text("".join(lines[:9] + ["Li 1 1\n"] + lines[10:]))
        said = self.said(1, "verify", out)
        self.assertIn("missing   structures/crystal.poscar", said)
        self.assertRegex(said, r"damage +structures/mine.xyz: .*mine.xyz:10:")
        self.assertEqual(json.loads(self.said(0, "status", out, "--json"))["state"], "done")
        again = run(yaml, out, 2)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertEqual((poscar.read_bytes(), xyz.read_bytes()), before)
        self.assertNotIn("left behind", self.said(0, "verify", out))
        poscar.write_bytes(before[0].replace(b"0.5000", b"0.5001", 1))
        self.assertRegex(self.said(1, "verify", out), "damage +structures/crystal.poscar: it holds other atoms")
        self.said(1, "repair", out)
        self.assertIn("structures/crystal.poscar: copied from", self.said(0, "repair", out, "--campaign", yaml))
        self.assertEqual(poscar.read_bytes(), before[0])

    def test_a_file_of_the_user_in_the_place_of_a_copy_is_not_touched(self):
        home = self.folder("theirs")
        theirs = home / "structures/crystal.poscar"
        theirs.parent.mkdir()
        theirs.write_text("mine\n")
        p = run(campaign(home, CRYSTAL), home, 2)
        self.assertEqual(p.returncode, 2, p.stdout + p.stderr)
        self.assertIn("structures/crystal.poscar: it is there already", p.stderr)
        self.assertEqual(theirs.read_text(), "mine\n")
        self.assertFalse((home / ".vitrion").exists())

    def test_dialects_of_an_oblique_cell_are_one_structure(self):
        """Energy and volume of a sheared cell of eight atoms are those of ASE's supercell, however it is written: 1e-7, the
        8 decimals of ASE's extended XYZ (the others give all digits)."""
        home = self.folder("oblique")
        rng, atoms = np.random.default_rng(1), self.cell.copy()
        atoms.set_cell(np.array([[1, 1, 0], [0, 1, -1], [0, 0, 1]]) @ atoms.cell + 0.1 * rng.standard_normal((3, 3)))
        atoms.set_positions(self.cell.get_scaled_positions() @ self.cell.cell)
        atoms.set_cell(atoms.cell @ (np.eye(3) + 0.03 * rng.standard_normal((3, 3))), scale_atoms=True)
        atoms.rattle(0.05, seed=2)

        def text(scale="1", by=1.0, direct=True, selective=False, rows=(0, 1, 2), tail=""):
            x = atoms.copy()
            x.translate(rng.standard_normal(3))  # one structure twice is refused
            cell = x.cell.array[list(rows)]
            s = x.positions @ np.linalg.inv(cell) + rng.integers(-2, 3, (len(x), 3))
            put = s if direct else s @ cell * by
            n = [x.get_chemical_symbols().count(e) for e in ("Li", "Cl")]
            return "\n".join(["t", scale] + ["%.16g %.16g %.16g" % tuple(r * by) for r in cell] +
                             ["Li Cl", "%d %d" % tuple(n)] + ["Selective dynamics"] * selective +
                             ["Direct" if direct else "Cartesian"] +
                             ["%.16g %.16g %.16g" % tuple(r) + " T F T" * selective for r in put]) + "\n" + tail

        velocities = "\n" + "0.001 0.002 -0.003\n" * len(atoms)
        kinds = {"direct": text(), "cartesian": text(direct=False), "selective": text(selective=True),
                 "scale": text("1.7", 1 / 1.7, False), "volume": text("%.16g" % -atoms.get_volume(), 1 / 1.7, False),
                 "velocities": text(tail=velocities), "left": text(rows=(1, 0, 2)), "crlf": text().replace("\n", "\r\n")}
        for name, t in kinds.items():
            (home / (name + " .vasp")).write_bytes(t.encode())
        write(home / "xyz .vasp", atoms, format="extxyz")
        kinds["xyz"] = ""
        yaml = campaign(home, *("{file: '%s .vasp', name: %s, supercell: %s, start: equilibrate}" %
                                (k, k, [2, 3, 2] if k == "left" else [3, 2, 2]) for k in kinds))
        yaml.write_text(yaml.read_text().replace("glasses: 3", "glasses: 1").replace("400 K, ", ""))
        p = run(yaml, home / "out", 3)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        big = atoms.repeat((3, 2, 2))
        write(home / "big.xyz", big, format="extxyz")
        energy = json.loads(self.said(0, "energy", "-", home / "big.xyz", "--kind", "born", "--json"))["frames"][0]["energy_eV"]
        with h5py.File(home / "out/results.h5") as f:
            rows = [r[0] for r in f["glass/quench"][()] if np.isfinite(r[0, 2]) and not np.isfinite(r[0, 0])]
        self.assertEqual(len(rows), len(kinds))
        for row in rows:
            self.assertAlmostEqual(row[1] / big.get_volume(), 1, delta=1e-7)
            self.assertAlmostEqual(row[2] * len(big) / energy, 1, delta=1e-7)

    def test_the_hash_is_of_what_is_in_the_file_not_of_its_name(self):
        home = self.folder("names")
        first = structure_of(campaign(home, CRYSTAL), "crystal")
        (home / "LiCl.poscar").rename(home / "other")
        second = structure_of(campaign(home, CRYSTAL.replace("LiCl.poscar", "other")), "crystal")
        self.assertEqual(first["sha256"], second["sha256"])
        moved = self.cell.copy()
        moved.positions[0, 0] += 0.001
        write(home / "other", moved, format="vasp", direct=True)
        third = structure_of(campaign(home, CRYSTAL.replace("LiCl.poscar", "other")), "crystal")
        self.assertNotEqual(first["sha256"], third["sha256"])

    def test_lammps_data_and_h5md_hold_the_same_structure(self):
        home = self.folder("formats")
        big = self.big[0]
        write(home / "a.data", big, format="lammps-data", specorder=["Li", "Cl"], atom_style="charge")
        text = (home / "a.data").read_text()  # ASE does not say which of two styles with six columns it wrote
        (home / "a.data").write_text(text.replace("Atoms", "Atoms # charge", 1))
        with h5py.File(home / "a.h5", "w") as f:
            f.create_group("h5md").attrs["version"] = np.array([1, 1])
            g = f.create_group("particles/all")
            box = g.create_group("box")
            box.attrs["dimension"] = 3
            box.attrs["boundary"] = np.array([b"periodic"] * 3)
            box["edges"] = np.array(big.cell)
            g["species"] = big.get_atomic_numbers()
            position = g.create_group("position")
            position["value"] = np.array([self.big[1].positions, big.positions])  # the last frame counts
            position["step"], position["time"] = np.array([0, 1]), np.array([0.0, 1.0])
        energies = []
        for item, kind in (("{file: a.data, name: a, start: equilibrate, types: [Li, Cl]}", "LAMMPS data"),
                           ("{file: a.h5, name: a, start: equilibrate}", "H5MD")):
            yaml = campaign(home, item)
            said = structure_of(yaml, "a")
            self.assertEqual((said["format"], said["frames"]), (kind, 1))
            out = home / kind.replace(" ", "")
            p = run(yaml, out, 3)
            self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
            with h5py.File(out / "results.h5") as f:
                energies.append(f["glass/quench"][self.crystals(f)[0]][0][2])
        write(home / "a.xyz", big, format="extxyz")
        p = vitrion("energy", "-", home / "a.xyz", "--kind", "born", "--json")
        expected = json.loads(p.stdout)["frames"][0]["energy_eV"] / len(big)
        for energy in energies:  # extended XYZ by ASE has 8 decimals
            self.assertAlmostEqual(energy / expected, 1, delta=1e-6)

    def test_every_mistake_is_told_with_its_line(self):
        home = self.folder("bad")
        lattice = 'Lattice="12 0 0 0 12 0 0 0 12" Properties=species:S:1:pos:R:3'
        (home / "line.xyz").write_text(f"3\n{lattice}\nLi 0 0 x\nCl 1 nan 2\nXx 3 3 3\n")
        (home / "near.xyz").write_text(f"4\n{lattice}\nLi 0 0 0\nLi 6 6 6\nCl 0 0 0.4\nCl 9 9 9\n")
        (home / "charged.xyz").write_text(f"3\n{lattice}\nLi 0 0 0\nCl 3 3 3\nCl 9 9 9\n")
        write(home / "two.xyz", self.big[:2], format="extxyz")
        names = ("line.xyz", "near.xyz", "charged.xyz", "two.xyz", "none.xyz")
        p = vitrion("check", campaign(home, *("{file: %s, name: %s, start: melt}" % (n, n[:-4]) for n in names),
                                      "{file: LiCl.poscar, name: thin, start: equilibrate}",
                                      "{file: mine.xyz, name: first, start: melt}",
                                      "{file: mine.xyz, name: second, start: melt}"))
        self.assertEqual(p.returncode, 2)
        for text in ("line.xyz:3:8", "line.xyz:4:6", "line.xyz:5:1",
                     "near.xyz, line 3: Li of frame 1 overlaps with Cl of line 5: 0.4 A", "not neutral",
                     "2 frames for 3 glasses", "none.xyz' cannot be read", "supercell: [4, 4, 4]",
                     "second has the same atoms and the same start as first"):
            self.assertIn(text, p.stderr + p.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
