#!/usr/bin/python3
"""training_start.py VITRION MPIEXEC SOURCE - `vitrion train` from a start: every key of the file, new elements, parts that stay,
energies on another scale, a mean pressure that is held.

The labels are those of a small NEP with random numbers (training.py), so a start with these numbers is right from its first
step, and what goes away from it does so because a key asked for it."""
import json, pathlib, random, subprocess, sys, tempfile, time, unittest

from training import ATOMS, FILE, command, frames, label, rows, text_of, train, truth, vitrion  # reads the same arguments

EV_A3_IN_GPA = 160.21766208
START = "\n".join(l for l in FILE.replace("[Li, Cl]", "ELEMENTS").replace("learning_rate: 1e-2", "learning_rate: RATE").splitlines()
                  if not l.startswith(("model:", "test:"))) + "\nstart: truth.txt\n"


def asked(**keys):
    text = START
    for key, value in {"EPOCHS": "2", "ELEMENTS": "[Li, Cl]", "RATE": "1e-5", **keys}.items():
        text = text.replace(key, value)
    return text


def numbers(path):
    """(header lines, numbers) of a nep.txt."""
    lines = path.read_text().splitlines()
    head = [l for l in lines if not l[:1] in "-0123456789 "]
    return head, [float(l) for l in lines[len(head):]]


def blocks(path):
    """Networks, common bias, c of a NEP4 without flags, of n_max 3 2, basis 4 4, l_max 2."""
    head, x = numbers(path)
    types, neurons = int(head[0].split()[1]), int(head[-1].split()[1])
    nets, c = types * neurons * (4 + 3 * 2 + 2), types * types * 5 * (4 + 3)
    assert len(x) == nets + 1 + c + 10, (len(x), nets, c)
    return x[:nets], x[nets], x[nets + 1:nets + 1 + c]


def other_version(text, version):
    """The truth as a NEP3 (the network of its first element for all) or NEP5 (a bias for each element)."""
    lines = text.splitlines()
    head, body, net = lines[:6], lines[6:], 5 * (4 + 3 * 2 + 2)
    nets = [body[:net], body[net:2 * net]]
    head[0] = head[0].replace("nep4", f"nep{version}")
    nets = nets[0] if version == 3 else nets[0] + ["0.5"] + nets[1] + ["-0.25"]
    return "\n".join(head + nets + body[2 * net:]) + "\n"


def changed_labels(text, change):
    """change(symbols) is added to the energy of each frame."""
    out, lines, k = [], text.splitlines(), 0
    while k < len(lines):
        n = int(lines[k])
        symbols = [l.split()[0] for l in lines[k + 2:k + 2 + n]]
        words = lines[k + 1].split(" energy=")
        energy, rest = words[1].split(" ", 1)
        out += [lines[k], f"{words[0]} energy={float(energy) + change(symbols):.10f} {rest}"] + lines[k + 2:k + 2 + n]
        k += n + 2
    return "\n".join(out) + "\n"


class Start(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-start-")
        cls.dir = pathlib.Path(cls.tmp.name)
        rng = random.Random(11)
        (cls.dir / "truth.txt").write_text(truth(rng))
        label(cls.dir, "train.xyz", frames(rng, 60))
        text = (cls.dir / "train.xyz").read_text().split("\n")
        for k, line in enumerate(text):  # Na where Li stood, every other one: to the truth they are Li
            if line.startswith("Li ") and k % 2:
                text[k] = line.replace("Li ", "Na ", 1)
        (cls.dir / "sodium.xyz").write_text("\n".join(text))

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def run_file(self, name, text, ranks=1):
        (self.dir / f"{name}.yaml").write_text(text)
        return train(self.dir, ranks, self.dir / f"{name}-{ranks}", f"{name}.yaml")

    def same_on_two_ranks(self, name, text):
        """Trains on one rank, and on two with a stop after the first batch; what was said by the first."""
        said = self.run_file(name, text)
        self.assertEqual(said.returncode, 0, said.stderr)
        halt = self.dir / f"{name}-2" / "HALT"
        halt.parent.mkdir()
        halt.write_text("now\n")
        self.assertEqual(self.run_file(name, text, 2).returncode, 75)
        halt.unlink()
        p = self.run_file(name, text, 2)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("going on", p.stderr)
        self.assertEqual((self.dir / f"{name}-1/nep.txt").read_bytes(), (self.dir / f"{name}-2/nep.txt").read_bytes())
        return said.stderr

    def test_1_every_key_of_the_file_is_taken(self):
        text = """vitrion_train: 1
name: all
elements: [Li, Na, Cl]
start: truth.txt
model: {neurons: 9}
data:
  - {files: [sodium.xyz], weight: 1, config_type: {md: 0.3, short: 2}, elements: {Li: 2}}
  - {files: [train.xyz], weight: 0.5}
validation: {fraction: 0.2, by: composition}
loss: {energy: 10 meV/atom, force: 100 meV/A, virial: 20 meV/atom, mean_virial: 5 meV/atom}
schedule: {epochs: 2, batch: 8, learning_rate: 1e-5, seed: 1, seeds: 1, early_stop: 50}
freeze: []
pull: 0.1
graft: {Na: Li, Cl: Li}
smoke: no
output: runs/train/all
"""
        said = self.same_on_two_ranks("all", text)
        self.assertIn("Na begins as a copy of Li", said)
        self.assertIn("for 1 epochs only numbers of the new elements move", said)
        self.assertIn("all.yaml:5:8: warning: model: not used: a model that begins with another one (start) has its form", said)
        self.assertIn("warning: graft: Cl is not used, start has that element", said)
        self.assertIn("all.yaml:7: warning: no frame of these files has config_type=short", said)

    def test_2_a_new_element_begins_as_its_donor(self):
        text = asked(ELEMENTS="[Na, Cl, Li]").replace("train.xyz", "sodium.xyz") + "graft: {Na: Li}\n"
        p = self.run_file("graft", text)
        self.assertEqual(p.returncode, 0, p.stderr)
        first = rows(self.dir / "graft-1")[1]
        self.assertLess(float(first["validation_force_meV_A"]), 30)  # it began at 0; steps of 1e-5
        self.assertLess(float(first["validation_energy_meV_atom"]), 10)
        self.assertIn("nep4 3 Na Cl Li", (self.dir / "graft-1/nep.txt").read_text())
        p = self.run_file("none", asked(ELEMENTS="[Na, K, Li]") + "graft: {K: Rb, Li: Cl}\n")
        self.assertEqual(p.returncode, 2, p.stderr)
        for words in ("has no Na and graft names no neighbour", "copies Rb, which"):
            self.assertIn(words, p.stderr)
        p = self.run_file("lost", asked().replace("[train.xyz]", "[nope.xyz, train.xyz, gone.xyz]"))
        self.assertEqual(p.returncode, 2, p.stderr)
        for name in ("nope.xyz", "gone.xyz"):  # all that are missing, with their line
            self.assertRegex(p.stderr, rf"lost\.yaml:\d+: cannot open '[^']*{name}': No such file")

    def test_3_what_is_frozen_keeps_its_numbers_to_the_last_digit(self):
        was = blocks(self.dir / "truth.txt")
        for name, keeps, moves in (("descriptor", 2, 0), ("network", 0, 2)):
            p = self.run_file(name, asked(RATE="1e-3").replace("finish: 3", "finish: 0") + f"freeze: [{name}]\n")
            self.assertEqual(p.returncode, 0, p.stderr)
            is_now = blocks(self.dir / f"{name}-1/nep_average.txt")
            self.assertEqual(is_now[keeps], was[keeps])
            self.assertTrue(all(a != b for a, b in zip(is_now[moves], was[moves])))
        self.assertEqual(is_now[1], was[1])

    def test_4_energies_on_another_scale_are_fitted_and_put_in(self):
        of = {"Li": -7.25, "Cl": 3.5}
        text = (self.dir / "train.xyz").read_text()
        (self.dir / "shifted.xyz").write_text(changed_labels(text, lambda symbols: sum(of[s] for s in symbols)))
        said = self.same_on_two_ranks("shift", asked().replace("train.xyz", "shifted.xyz"))
        self.assertIn("another scale than the start", said)
        self.assertIn("Li -7.25", said)
        self.assertIn("Cl 3.5", said)
        self.assertIn("one neuron more: 6", said)
        self.assertLess(float(rows(self.dir / "shift-1")[1]["validation_energy_meV_atom"]), 10)
        self.assertIn("ANN 6 0", (self.dir / "shift-1/nep.txt").read_text())

    def test_5_a_mean_pressure_is_held_with_labels_and_without(self):
        """The labels of one composition give some pressure; another one is asked for.  From the right model, training moves
        towards it: by at least a third of the way, whatever the other terms say."""
        rng = random.Random(3)
        fs = [f for f in frames(rng, 90) if f[0].count("Li") == 8][:20]
        fs = [(s, x, 7.6) for s, x, _ in fs]
        label(self.dir, "melt.xyz", fs)
        lines = (self.dir / "melt.xyz").read_text().splitlines()
        virials = [[float(v) for v in l.split('virial="')[1].split('"')[0].split()] for l in lines if "virial=" in l]
        mean = sum(v[0] + v[4] + v[8] for v in virials) / len(virials) / 3 / 7.6 ** 3 * EV_A3_IN_GPA
        kinetic = ATOMS * 8.617333262e-5 * 500 / 7.6 ** 3 * EV_A3_IN_GPA
        asked_for = mean + kinetic + 0.3
        (self.dir / "bare-melt.xyz").write_text("\n".join(
            (l.split(" virial=")[0] + l.split('"', 4)[4] if "virial=" in l else l) for l in lines) + "\n")
        self.assertNotIn("virial", (self.dir / "bare-melt.xyz").read_text())
        for file in ("melt.xyz", "bare-melt.xyz"):
            name = file.split(".")[0]
            text = asked(EPOCHS="10", RATE="3e-3").replace("finish: 3", "finish: 60").replace(
                "validation: {fraction", f"  - {{files: [{file}], group: {{name: melt, pressure: {asked_for} GPa, temperature: 500 K}}}}\n"
                                         "validation: {fraction")
            said = self.same_on_two_ranks(name, text)
            self.assertIn("group melt:", said)
            if name == "melt":
                self.assertIn(f"the labels give {mean + kinetic:+.3f} GPa", said)
            bare = self.dir / "bare.xyz"
            bare.write_text(text_of(fs))
            p = subprocess.run([vitrion, "energy", self.dir / f"{name}-1/nep.txt", bare, "--json"], capture_output=True, text=True,
                               check=True)
            got = [f["virial_eV"] for f in json.loads(p.stdout)["frames"]]
            after = sum(v[0] + v[4] + v[8] for v in got) / len(got) / 3 / 7.6 ** 3 * EV_A3_IN_GPA
            print(f"{name}: labels {mean:+.3f} GPa, asked {mean + 0.3:+.3f}, trained {after:+.3f}")
            self.assertGreater(after, mean + 0.1)
            self.assertLess(after, mean + 0.4)
            sets = json.loads((self.dir / f"{name}-1/pressure_groups.json").read_text())["pressure_groups"]
            self.assertEqual(sum(g["n_frames"] for g in sets), len(got))
            whole = {what: sum(g["n_frames"] * (g[what]["mean_GPa"] or 0) for g in sets) / len(got)
                     for what in ("labels", "before", "after")}
            # Virials of `energy` have 1e-6 of their size; the model is read back from ten digits.
            self.assertAlmostEqual(whole["after"], after + kinetic, delta=1e-4)
            self.assertLess(whole["before"], whole["after"] - 0.1)
            if name == "melt":
                self.assertAlmostEqual(whole["labels"], mean + kinetic, delta=1e-5)
            else:
                self.assertEqual(sets[0]["labels"]["mean_GPa"], None)
                self.assertEqual(sets[0]["labels"]["why_null"], "no frame has a virial")
            self.assertIn("## Groups of known pressure", (self.dir / f"{name}-1/README.md").read_text())

    def test_6_a_nep3_and_a_nep5_are_starts_too(self):
        of = {"Li": -7.25, "Cl": 3.5}
        for version, head in ((3, "nep4 2 Li Cl"), (5, "nep5 2 Li Cl")):
            folder = self.dir / f"nep{version}"
            folder.mkdir()
            (folder / "truth.txt").write_text(other_version((self.dir / "truth.txt").read_text(), version))
            label(folder, "train.xyz", frames(random.Random(2), 40))
            text = (folder / "train.xyz").read_text()
            (folder / "train.xyz").write_text(changed_labels(text, lambda symbols: sum(of[s] for s in symbols)))
            text = asked().replace("train.xyz", f"nep{version}/train.xyz").replace("truth.txt", f"nep{version}/truth.txt")
            said = self.same_on_two_ranks(f"of{version}", text)
            self.assertIn("Li -7.25", said)
            first = rows(self.dir / f"of{version}-1")[1]
            self.assertLess(float(first["validation_energy_meV_atom"]), 10)
            self.assertLess(float(first["validation_force_meV_A"]), 30)
            self.assertTrue((self.dir / f"of{version}-1/nep.txt").read_text().startswith(head))

    def test_7_new_elements_are_trained_first_and_alone(self):
        """Of 100000 epochs the first 10000 are theirs, minutes: it is stopped after some."""
        text = asked(ELEMENTS="[Na, Cl, Li]", EPOCHS="100000", RATE="1e-3").replace("train.xyz", "sodium.xyz") + "graft: {Na: Li}\n"
        (self.dir / "first.yaml").write_text(text)
        out = self.dir / "first"
        p = subprocess.Popen(command(self.dir, 1, out, "first.yaml"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while p.poll() is None and not (out / "nep_average.txt").exists():
            time.sleep(0.02)
        (out / "HALT").write_text("enough\n")
        said = p.communicate(timeout=60)
        self.assertEqual(p.returncode, 75, said)
        self.assertLess(len(rows(out)), 10000)
        was, is_now = blocks(self.dir / "truth.txt"), blocks(out / "nep_average.txt")
        net = len(was[0]) // 2
        self.assertEqual(is_now[0][2 * net:], was[0][:net])      # Li
        self.assertEqual(is_now[0][net:2 * net], was[0][net:])   # Cl
        self.assertNotEqual(is_now[0][:net], was[0][:net])       # Na, once a copy of Li
        self.assertEqual(is_now[1], was[1])
        old = {1: 1, 2: 0}                                       # place in [Na, Cl, Li]: in [Li, Cl]
        for k, (before, now) in enumerate((was[2][4 * r + 2 * old.get(a, 0) + old.get(b, 0)], is_now[2][9 * r + 3 * a + b])
                                          for r in range(35) for a in range(3) for b in range(3)):
            a, b = k % 9 // 3, k % 3
            self.assertEqual(before == now, a > 0 and b > 0, (k, before, now))

    def test_8_weights_of_the_file_are_those_of_the_frames(self):
        """The same bytes whether frames say weight=0.25 or the item config_type: {short: 0.25}, and others than without."""
        lines = (self.dir / "train.xyz").read_text().splitlines()
        short = [l.replace("config_type=md", "config_type=short") if "run=r3 " in l or "run=r5 " in l else l for l in lines]
        weighed = [l.replace("config_type=short", "config_type=short weight=0.25") for l in short]
        got = {}
        for name, text, words in (("plain", short, ""), ("frames", weighed, ""), ("config", short, ", config_type: {short: 0.25}"),
                                  ("split", short, ", config_type: {short: 0.5}, weight: 0.5"), ("forces", short, ", elements: {Li: 3}")):
            (self.dir / f"{name}.xyz").write_text("\n".join(text) + "\n")
            p = self.run_file(name, asked(RATE="1e-3").replace("finish: 3", "finish: 0")  # which would begin with the best: the start
                              .replace("[train.xyz]", f"[{name}.xyz]{words}"))
            self.assertEqual(p.returncode, 0, p.stderr)
            got[name] = (self.dir / f"{name}-1/nep_last.txt").read_bytes()
        self.assertEqual(got["config"], got["frames"])
        self.assertEqual(len({got["plain"], got["config"], got["split"], got["forces"]}), 4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
