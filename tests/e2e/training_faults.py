#!/usr/bin/python3
"""training_faults.py VITRION SOURCE - mistakes that people make with labelled data, one file each 
(tests/data/training_faults).

Claim: `vitrion train` and `vitrion validate` name each with file and line; a mistake ends them with exit code 2 before any epoch, a
warning lets them go on; the clean file has neither.  The reference is this table: what make.py there did to which line.

With VITRION_TRAINING_DATA=FOLDER (old_test.xyz.xz, old_heldout.xyz.xz, new_test.xyz.xz: labels of a method that no model here has seen
exactly) also: sound labels have no mistake and few warnings, and labels of cells 1 % longer are told."""
import json, lzma, os, pathlib, random, re, subprocess, sys, tempfile, unittest

vitrion, source = sys.argv[1:3]
source = pathlib.Path(source).resolve()
folder = source / "tests/data/training_faults"
potential = source / "campaigns/potentials/oxyhalide7-v0.nep.txt"
REFUSED = {
    "atoms_on_each_other": ":14: atoms 2 and 1 are nearer than 0.3 A (0.173 A)",
    "columns": ":16:45: 6 columns, expected 7 for an atom",
    "cut_off": ":78: the last line has no end: the file may be cut",
    "element_lower_case": ":17:1: 'CL' is not an element symbol",
    "element_unknown": ":17: element Br is not one of those",
    "energy_in_hartree": "has -6.141: as if in Ha",
    "energy_in_kj_mol": ":12: an energy of -601.7 eV an atom",
    "energy_not_a_number": ':12: energy="nan" in column 57, expected just 1 finite number',
    "energy_off": ":12: an energy of -3.736 eV an atom;",
    "energy_per_atom": "has -6.141: as if an energy per atom",
    "energy_sign": "has -6.141: as if of the wrong sign",
    "energy_twice": ":12: energy= stands there twice",
    "force_in_ev_per_pm": ":13: a force of 241, expected at most 100 eV/A",
    "force_nan": ":15:29: 'nan' in column 5, expected a finite number",
    "forces_zero": ":1: all forces of all 8 frames are zero",
    "fractions": ":13: all positions lie between 0 and 1: fractions of the cell",
    "lattice_in_nm": ":12: 0.0159 A^3 an atom, expected at least 1",
    "no_labels": ":12: no label: expected energy=",
    "no_lattice": ":12:1: no Lattice=",
    "not_periodic": ":12:55: pbc 'F': only cells periodic in all three directions",
    "number_of_atoms": ":21:1: '8' is not an element symbol",
    "stress_in_gpa": ":2: virials (eV) of this file are",
    "virial_and_stress": ":12: virial and stress contradict each other",
    "virial_columns": ":12: virial has 6 numbers, expected 9",
    "virial_is_stress": "perhaps a stress, not times the volume",
    "virial_not_symmetric": ":12: the virial is not symmetric",
    "virial_of_one_frame_in_kbar": ":12: a virial of 21.32 eV an atom, expected at most 7 with these forces",
    "virial_per_atom": ":2: virials (eV) of this file are 0.062 A times force times root of N",
    "virial_sign": ":2: virials of this file grow with the volume",
    "virial_zero": ":12: the virial is exactly zero, the forces are not",
}
WARNED = {
    "energy_missing": ":12: warning: no energy, as in 1 of 8 frames",
    "energy_other_name": ":12: warning: REF_energy= is not read",
    "force_one_atom": ":12: warning: the forces add up to 5.2, expected 0",
    "forces_other_name": ":12: warning: no column force:R:3 or forces:R:3",
    "left_handed": ":12: warning: the vectors of Lattice are left-handed",
}
LEAKS = {  # with these as the test set of clean.xyz: what is said, and whether it is refused
    "leak_same": (":1: the same frame as", 2),
    "leak_moved": (":1: the same frame (shifted, turned or in another order) as", 2),
    "leak_trajectory": (":1: warning: trajectory 'run r0' is part of what is trained on, too", 0),
    "test": (None, 0),
}
BY_THE_MODEL = {  # only a model that knows such frames sees it: what is said, exit code
    "force_in_hartree": (":1: forces of this file are 0.0194 times those of the model, with a correlation of 1.00: as if in Ha/bohr", 2),
    "labels_of_another_cell": (":202: warning: the labels look like those of a cell 1.9 % longer: by the forces +1.8, by the virial +1.9 %", 0),
}
DATA = os.environ.get("VITRION_TRAINING_DATA")
FILE = """vitrion_train: 1
name: tiny
elements: [Li, Cl]
model: {cutoff: [4 A, 3 A], n_max: [2, 2], basis: [3, 3], l_max: [2, 0, 0], neurons: 4, zbl: 2 A}
data:
  - {files: [DATA]}
validation: VALIDATION
test: {files: [TEST]}
schedule: {epochs: 1, batch: 8, seed: 3, learning_rate: 1e-3, finish: 1}
smoke: no
"""


def frames_of(path):
    """[number of atoms, comment line, atoms...] of each."""
    with lzma.open(path, "rt") as f:
        lines = f.read().splitlines()
    out, at = [], 0
    while at < len(lines):
        n = int(lines[at])
        out.append(lines[at:at + n + 2])
        at += n + 2
    return out


def stretched(frame, strain):
    words = re.search('Lattice="([^"]*)"', frame[1]).group(1).split()
    lattice = " ".join(f"{(1 + strain) * float(v):.10f}" for v in words)
    rows = [" ".join([r.split()[0]] + [f"{(1 + strain) * float(v):.10f}" for v in r.split()[1:4]]) for r in frame[2:]]
    return "\n".join([frame[0], f'Lattice="{lattice}" Properties=species:S:1:pos:R:3', *rows]) + "\n"


def moved(frame, before, after):
    """Labels plus what the model finds between two cells: how the model errs stays in them."""
    virial = [float(v) for v in re.search('virial="([^"]*)"', frame[1]).group(1).split()]
    virial = " ".join(f"{v + a - b:.5f}" for v, a, b in zip(virial, after["virial_eV"], before["virial_eV"]))
    out = [frame[0], re.sub('virial="[^"]*"', f'virial="{virial}"', frame[1])]
    for row, a, b in zip(frame[2:], after["forces_eV_A"], before["forces_eV_A"]):
        w = row.split()
        out.append(" ".join(w[:4] + [f"{float(v) + x - y:.5f}" for v, x, y in zip(w[4:7], a, b)]))
    return out


class Faults(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="vitrion-faults-")
        self.dir = pathlib.Path(self.tmp.name)
        self.starts = 0

    def tearDown(self):
        self.tmp.cleanup()

    def train(self, data, test="test.xyz", validation=None, start=None):
        self.starts += 1
        out = self.dir / f"out{self.starts}"
        at = validation or "{fraction: 0.3}"
        text = FILE.replace("DATA", ", ".join(str(folder / d) for d in data)).replace("TEST", str(folder / test)).replace("VALIDATION", at)
        if start:
            text = "\n".join(line for line in text.splitlines() if "model:" not in line) + f"\nstart: {start}\n"
        (self.dir / "train.yaml").write_text(text)
        return subprocess.run([vitrion, "train", str(self.dir / "train.yaml"), "--output", str(out)], capture_output=True, text=True,
                              timeout=120), out

    def validate(self, name):
        return subprocess.run([vitrion, "validate", potential, folder / f"{name}.xyz"], capture_output=True, text=True, timeout=60)

    def test_1_every_file_has_a_row_of_the_tables(self):
        there = {p.stem for p in folder.glob("*.xyz")}
        self.assertEqual(there, {"clean", "frame_twice"} | REFUSED.keys() | WARNED.keys() | LEAKS.keys() | BY_THE_MODEL.keys())

    def test_2_mistakes_are_refused_with_file_and_line(self):
        for name, said in REFUSED.items():
            with self.subTest(name):
                p, out = self.train([f"{name}.xyz"])
                self.assertEqual(p.returncode, 2, p.stderr)
                self.assertTrue(any(f"{name}.xyz:" in line and said in line for line in p.stderr.splitlines()), p.stderr)
                self.assertFalse(out.exists())
                p = self.validate(name)
                self.assertEqual(p.returncode, 2, p.stderr)
                self.assertTrue(any(f"{name}.xyz:" in line and said in line for line in p.stderr.splitlines()), p.stderr)
                self.assertEqual(p.stdout, "")

    def test_3_what_is_odd_is_told_and_goes_on(self):
        for name, said in WARNED.items():
            with self.subTest(name):
                p, _ = self.train([f"{name}.xyz"], validation=f"{{files: [{folder / 'test.xyz'}]}}", test="leak_trajectory.xyz")
                self.assertEqual(p.returncode, 0, p.stderr)
                self.assertTrue(any(f"{name}.xyz{said}" in line for line in p.stderr.splitlines()), p.stderr)
                p = self.validate(name)
                self.assertEqual(p.returncode, 0, p.stderr)
                self.assertIn(f"{name}.xyz{said}", p.stderr)

    def test_4_frames_and_trajectories_in_two_sets_are_told(self):
        for name, (said, code) in LEAKS.items():
            with self.subTest(name):
                p, _ = self.train(["clean.xyz"], test=f"{name}.xyz")
                self.assertEqual(p.returncode, code, p.stderr)
                if said:
                    self.assertIn(f"{name}.xyz{said}", p.stderr)
                else:
                    self.assertNotIn("warning", p.stderr)
        p, _ = self.train(["frame_twice.xyz"], validation=f"{{files: [{folder / 'test.xyz'}]}}", test="leak_trajectory.xyz")
        self.assertIn("frame_twice.xyz:81: warning: the same frame as", p.stderr)
        self.assertEqual(p.returncode, 0, p.stderr)

    def test_5_all_at_once(self):
        names = ["columns", "element_unknown", "force_in_ev_per_pm", "not_periodic", "virial_columns", "energy_twice"]
        p, _ = self.train([f"{n}.xyz" for n in names])
        self.assertEqual(p.returncode, 2)
        for n in names:
            self.assertIn(REFUSED[n], p.stderr)

    def test_6_clean_data_have_no_fault(self):
        p = self.validate("clean")
        self.assertEqual((p.returncode, p.stderr), (0, ""))

    def test_7_a_start_sees_what_the_labels_alone_do_not_show(self):
        for name, (said, code) in BY_THE_MODEL.items():
            with self.subTest(name):
                for p in (self.train([f"{name}.xyz"], start=potential)[0], self.validate(name)):
                    self.assertEqual(p.returncode, code, p.stderr)
                    told = [line for line in p.stderr.splitlines() if f"{name}.xyz:" in line]
                    self.assertEqual(len(told), 1, p.stderr)
                    self.assertIn(f"{name}.xyz{said}", told[0])
        p, _ = self.train(["clean.xyz"], start=potential)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertNotIn("clean.xyz:", p.stderr)

    @unittest.skipUnless(DATA, "SKIPPED: VITRION_TRAINING_DATA names no folder of labelled data")
    def test_8_labels_of_longer_cells_are_told_among_sound_ones(self):
        model = source / "campaigns/potentials/oxyhalide12-v0.nep.txt"
        fs = [f for n in ("old_test", "old_heldout", "new_test") for f in frames_of(pathlib.Path(DATA) / f"{n}.xyz.xz")]

        def told():
            (self.dir / "data.xyz").write_text("".join("\n".join(f) + "\n" for f in fs))
            p = subprocess.run([vitrion, "validate", model, self.dir / "data.xyz"], capture_output=True, text=True, timeout=600)
            self.assertEqual(p.returncode, 0, p.stderr)
            shown = len(re.findall("warning: the labels look like those of a cell", p.stderr))
            more = re.search(r"warning: (\d+) more like these: labels that look", p.stderr)
            return shown + (int(more.group(1)) if more else 0)

        sound = told()
        self.assertLess(sound, 0.02 * len(fs))
        picked = random.Random(3).sample([k for k, f in enumerate(fs) if "config_type=md" in f[1]], 40)
        (self.dir / "bare.xyz").write_text("".join(stretched(fs[k], s) for k in picked for s in (0, 0.01)))
        p = subprocess.run([vitrion, "energy", model, self.dir / "bare.xyz", "--json"], capture_output=True, text=True, check=True)
        v = json.loads(p.stdout)["frames"]
        for j, k in enumerate(picked):
            fs[k] = moved(fs[k], v[2 * j], v[2 * j + 1])
        now = told()
        print(f"of {len(fs)} frames {sound} told when all were sound, {now} with 40 moved by 1 %")
        self.assertGreater(now, sound + 32)  # four in five; measured by another method's labels: all of 20


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
