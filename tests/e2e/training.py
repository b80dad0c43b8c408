#!/usr/bin/python3
"""training.py VITRION MPIEXEC SOURCE - `vitrion train` and `vitrion validate` as a user runs them.

The labels are those of a small NEP with random numbers, made by `vitrion energy`: a model of the same form can learn them, and
nothing else is in them.  Claims: after 60 epochs its forces on new frames are within an eighth of their size, energies within 15 meV/atom; 1, 2 and
3 ranks, a soft stop, and kill -9 with a new start all give the same bytes of nep.txt; what is wrong is told with its line."""
import csv, json, os, pathlib, random, signal, subprocess, sys, tempfile, time, unittest

vitrion, mpiexec, source = sys.argv[1:4]
ATOMS, CELL = 16, 7.6


def truth(rng):
    n_types, nr, na, k, l, h = 2, 4, 3, 5, 2, 5
    dim = nr + na * l
    out = ["nep4 2 Li Cl", "cutoff 5 4 60 30", "n_max 3 2", "basis_size 4 4", "l_max 2 0 0", f"ANN {h} 0"]
    for _ in range(n_types):
        out += [f"{rng.gauss(0, 1) / dim ** 0.5:.8e}" for _ in range(h * dim)] + [f"{rng.gauss(0, 0.5):.8e}" for _ in range(h)]
        out += [f"{rng.gauss(0, 1):.8e}" for _ in range(h)]
    out += ["3.25"] + [f"{rng.gauss(0, 0.5):.8e}" for _ in range(4 * k * (nr + na))] + ["1"] * dim
    return "\n".join(out) + "\n"


def frames(rng, n):
    """(symbols, positions, cell edge) of disturbed lattices; four in a row are one run."""
    out = []
    for _ in range(n):
        edge = CELL * rng.uniform(0.95, 1.05)
        sites = [(a, b, c) for a in range(3) for b in range(3) for c in range(2)]
        rng.shuffle(sites)
        symbols = ["Li"] * rng.choice([6, 8, 10])
        symbols += ["Cl"] * (ATOMS - len(symbols))
        out.append((symbols, [[(s[0] / 3 * edge) + rng.gauss(0, 0.25), s[1] / 3 * edge + rng.gauss(0, 0.25),
                               s[2] / 2 * edge + rng.gauss(0, 0.3)] for s in sites[:ATOMS]], edge))
    return out


def text_of(fs, labels=None):
    out = []
    for k, (symbols, x, edge) in enumerate(fs):
        head = f'Lattice="{edge} 0 0 0 {edge} 0 0 0 {edge}" Properties=species:S:1:pos:R:3'
        if labels:
            w = " ".join(f"{v:.10f}" for v in labels[k]["virial_eV"])
            li = symbols.count("Li")
            head += f':force:R:3 energy={labels[k]["energy_eV"]:.10f} virial="{w}" run=r{k // 4} composition=Li{li}Cl{16 - li} config_type=md'
        out.append(f"{len(symbols)}\n{head}\n")
        for i, (s, r) in enumerate(zip(symbols, x)):
            f = labels[k]["forces_eV_A"][i] if labels else []
            out.append(" ".join([s] + [f"{v:.10f}" for v in [*r, *f]]) + "\n")
    return "".join(out)


FILE = """vitrion_train: 1
name: tiny
elements: [Li, Cl]
model: {cutoff: [5 A, 4 A], n_max: [3, 2], basis: [4, 4], l_max: [2, 0, 0], neurons: 8, zbl: 0}
data:
  - {files: [train.xyz]}
validation: {fraction: 0.2}
test: {files: [test.xyz]}
schedule: {epochs: EPOCHS, batch: 5, seed: 3, learning_rate: 1e-2, finish: 3}
smoke: no
"""


def label(folder, name, fs):
    bare = folder / "bare.xyz"
    bare.write_text(text_of(fs))
    p = subprocess.run([vitrion, "energy", folder / "truth.txt", bare, "--json"], capture_output=True, text=True, check=True)
    (folder / name).write_text(text_of(fs, json.loads(p.stdout)["frames"]))


def command(folder, ranks, out, name="train.yaml"):
    return [mpiexec, "-n", str(ranks), vitrion, "train", str(folder / name), "--output", str(out)]


def train(folder, ranks, out, name="train.yaml"):
    return subprocess.run(command(folder, ranks, out, name), capture_output=True, text=True, timeout=250)


def rows(out):
    with open(out / "train.csv", newline="") as f:
        return list(csv.DictReader(f))


def count(out):
    """Epochs in its table, which is replaced as a whole."""
    return len(rows(out)) if (out / "train.csv").exists() else 0


class Training(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-train-")
        cls.dir = pathlib.Path(cls.tmp.name)
        rng = random.Random(5)
        (cls.dir / "truth.txt").write_text(truth(rng))
        label(cls.dir, "all.xyz", frames(rng, 300))
        lines = (cls.dir / "all.xyz").read_text().splitlines(True)
        (cls.dir / "train.xyz").write_text("".join(lines[:80 * (ATOMS + 2)]))
        label(cls.dir, "test.xyz", frames(rng, 12))
        text = (cls.dir / "test.xyz").read_text().replace("run=r", "run=t")
        (cls.dir / "test.xyz").write_text(text)
        (cls.dir / "train.yaml").write_text(FILE.replace("EPOCHS", "6"))
        (cls.dir / "long.yaml").write_text(FILE.replace("EPOCHS", "60").replace("[train.xyz]", "[all.xyz]"))
        p = train(cls.dir, 1, cls.dir / "one")
        assert p.returncode == 0, p.stderr
        cls.bytes = (cls.dir / "one" / "nep.txt").read_bytes()
        p = train(cls.dir, 2, cls.dir / "long", "long.yaml")
        assert p.returncode == 0, p.stderr

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def test_1_a_known_model_is_recovered_from_its_own_data(self):
        out = self.dir / "long"
        table = rows(out)
        where = [(r["phase"].replace("rejected", "finish"), int(r["epoch"])) for r in table]
        self.assertEqual(where, [("epochs", k) for k in range(1, 61)] + [("finish", k) for k in (1, 2, 3)])
        for k in (0, 1, 4, 9, 19, 39, 59):
            r = table[k]
            print(f"epoch {k + 1:3}: validation {float(r['validation_energy_meV_atom']):8.2f} meV/atom "
                  f"{float(r['validation_force_meV_A']):8.2f} meV/A {float(r['validation_virial_meV_atom']):8.2f} meV/atom")
        test = json.loads((out / "test.json").read_text())
        null = json.loads(subprocess.run([vitrion, "validate", self.dir / "one/nep_last.txt", self.dir / "test.xyz", "--json"],
                                         capture_output=True, text=True, check=True).stdout)
        forces = [float(v) for line in (self.dir / "test.xyz").read_text().splitlines() if line[:2] in ("Li", "Cl")
                  for v in line.split()[4:7]]
        rms = 1e3 * (sum(f * f for f in forces) / len(forces)) ** 0.5
        print(f"test: {test['force_rmse_meV_A']:.2f} meV/A of {rms:.0f}, after six epochs {null['force_rmse_meV_A']:.1f}")
        self.assertLess(test["force_rmse_meV_A"], 0.125 * rms)
        self.assertLess(test["energy_rmse_meV_atom"], 15)
        self.assertLess(abs(test["force_slope"] - 1), 0.05)
        self.assertEqual(test["n_frames"], 12)
        for key in ("by_element", "by_composition", "by_config_type"):
            self.assertTrue(test[key])

    def test_2_two_and_three_ranks_give_the_same_bytes(self):
        for ranks in (2, 3):
            p = train(self.dir, ranks, self.dir / f"ranks{ranks}")
            self.assertEqual(p.returncode, 0, p.stderr)
            for name in ("nep.txt", "nep_last.txt", "nep_average.txt", "test.json"):
                self.assertEqual((self.dir / f"ranks{ranks}" / name).read_bytes(), (self.dir / "one" / name).read_bytes(), name)

    def test_2_five_ranks_share_a_batch_of_six_leaves_and_other_numbers_of_them_go_on(self):
        """Sums that cut through the tree of a batch, ranks without frames, owners of few blocks; a state of one to five ranks."""
        text = FILE.replace("EPOCHS", "4").replace("batch: 5", "batch: 23").replace("validation:", "loss: {mean_virial: 0}\nvalidation:")
        (self.dir / "wide.yaml").write_text(text)
        for ranks in (1, 5):
            p = train(self.dir, ranks, self.dir / f"wide{ranks}", "wide.yaml")
            self.assertEqual(p.returncode, 0, p.stderr)
        one = self.dir / "wide1"
        for name in ("nep.txt", "nep_last.txt", "nep_average.txt"):
            self.assertEqual((self.dir / "wide5" / name).read_bytes(), (one / name).read_bytes(), name)
        out, ranks, stops = self.dir / "wider", (2, 4, 5, 3, 1), 0
        out.mkdir()
        for n in ranks:  # each makes one batch: HALT is seen by the first that asks
            (out / "HALT").write_text("now\n")
            p = train(self.dir, n, out, "wide.yaml")
            self.assertEqual(p.returncode, 75, p.stderr)
            stops += 1
        (out / "HALT").unlink()
        p = train(self.dir, 3, out, "wide.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual(stops, len(ranks))
        for name in ("nep.txt", "nep_last.txt", "nep_average.txt"):
            self.assertEqual((out / name).read_bytes(), (one / name).read_bytes(), name)

    def killed_until_it_ends(self, out, name):
        """Starts until one ends by itself; each other is killed at once when it has written some more epochs.  How often."""
        rng, n = random.Random(11), 0
        while True:
            wanted = count(out) + rng.randint(1, 8)
            p = subprocess.Popen(command(self.dir, 1 + n % 3, out, name), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                 start_new_session=True)
            while p.poll() is None and count(out) < wanted:
                time.sleep(0.002)
            if count(out) < wanted or p.poll() is not None:
                self.assertEqual(p.returncode, 0, p.communicate(timeout=60)[1])
                return n
            time.sleep(rng.uniform(0, 0.02))  # between two writes, too
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate(timeout=60)
            n += 1

    def test_3_killed_again_and_again_it_ends_with_the_same_bytes(self):
        n = self.killed_until_it_ends(self.dir / "killed", "long.yaml")
        print(f"killed {n} times")
        self.assertGreaterEqual(n, 3)  # 60 epochs, at most 8 to a kill, 2 ms to see the last of them
        for model in ("nep.txt", "nep_last.txt", "nep_average.txt", "test.json"):
            self.assertEqual((self.dir / "killed" / model).read_bytes(), (self.dir / "long" / model).read_bytes(), model)

    def test_4_a_halt_file_stops_it_with_75_and_it_goes_on_to_the_same_bytes(self):
        out = self.dir / "halted"
        out.mkdir()
        (out / "HALT").write_text("now\n")
        p = train(self.dir, 2, out)
        self.assertEqual(p.returncode, 75, p.stderr)
        self.assertTrue((out / "train.ckpt").exists())
        (out / "HALT").unlink()
        p = train(self.dir, 1, out)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("going on", p.stderr)
        self.assertEqual((out / "nep.txt").read_bytes(), self.bytes)

    def test_5_a_folder_of_another_training_is_not_touched(self):
        out = self.dir / "one"
        (self.dir / "other.yaml").write_text(FILE.replace("EPOCHS", "7").replace("seed: 3", "seed: 4"))
        p = train(self.dir, 1, out, "other.yaml")
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("another training", p.stderr)
        told = [l.strip() for l in p.stderr.splitlines() if ", here " in l]
        self.assertEqual(told, ["schedule.epochs: 6, here 7", "schedule.seed: 3, here 4"])
        self.assertIn("it has come to 6 epochs and 3 steps of all data", p.stderr)
        self.assertIn("would be lost", p.stderr)
        self.assertEqual((out / "nep.txt").read_bytes(), self.bytes)

        out = self.dir / "mine"  # a file of the user's that has one of our names
        out.mkdir()
        (out / "train.csv").write_text("my own\n")
        p = train(self.dir, 1, out)
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("train.csv' is there", p.stderr)
        self.assertEqual([x.name for x in out.iterdir()], ["train.csv"])
        self.assertEqual((out / "train.csv").read_text(), "my own\n")

    def test_6_a_start_is_continued_and_read_back_exactly(self):
        (self.dir / "start.yaml").write_text("\n".join(l for l in FILE.replace("EPOCHS", "1").splitlines() if "model:" not in l).replace("1e-2", "1e-5") +
                                             "\nstart: truth.txt\n")
        p = train(self.dir, 1, self.dir / "start", "start.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        first = rows(self.dir / "start")[1]
        self.assertLess(float(first["validation_force_meV_A"]), 30)  # it began at 0; steps of 1e-5
        p = subprocess.run([vitrion, "validate", self.dir / "truth.txt", self.dir / "test.xyz", "--json"], capture_output=True, text=True)
        v = json.loads(p.stdout)
        self.assertLess(v["force_rmse_meV_A"], 1e-6)  # the labels have ten decimals
        self.assertLess(v["energy_rmse_meV_atom"], 1e-6)
        self.assertLess(abs(v["force_slope"] - 1), 1e-9)

    def test_7_every_mistake_of_the_file_is_told_at_once(self):
        text = FILE.replace("EPOCHS", "none").replace("[Li, Cl]", "[Li, Zz]").replace("fraction: 0.2", "fraktion: 0.2")
        (self.dir / "bad.yaml").write_text(text.replace("zbl: 0", "zbl: 2 eV"))
        p = train(self.dir, 1, self.dir / "bad", "bad.yaml")
        self.assertEqual(p.returncode, 2)
        for said in ("bad.yaml:3:16: elements: 'Zz' is not an element", "bad.yaml:4:", "model.zbl: 'eV' is not a unit of length",
                     "bad.yaml:7:14: validation.fraktion: no such key, did you mean 'fraction'?",
                     "bad.yaml:9:20: schedule.epochs: 'none' is not a whole number"):
            self.assertIn(said, p.stderr)

    def test_8_bad_data_are_refused_with_file_and_line(self):
        lines = (self.dir / "train.xyz").read_text().splitlines()
        lines[2] = lines[2].rsplit(" ", 1)[0] + " 5000"
        lines[19] = lines[19].replace("energy=", "energy=x")
        (self.dir / "faults.xyz").write_text("\n".join(lines) + "\n")
        (self.dir / "faults.yaml").write_text(FILE.replace("EPOCHS", "2").replace("[train.xyz]", "[faults.xyz]")
                                              .replace("[test.xyz]", "[train.xyz]"))
        p = train(self.dir, 2, self.dir / "faults", "faults.yaml")
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("faults.xyz:3: a force of 5", p.stderr)
        self.assertIn("faults.xyz:20: energy=", p.stderr)
        (self.dir / "leak.yaml").write_text(FILE.replace("EPOCHS", "2").replace("[test.xyz]", "[train.xyz]"))
        p = train(self.dir, 1, self.dir / "leak", "leak.yaml")
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("the same frame as", p.stderr)
        p = subprocess.run([vitrion, "validate", self.dir / "truth.txt", self.dir / "faults.xyz"], capture_output=True, text=True)
        self.assertEqual(p.returncode, 2)
        self.assertIn("faults.xyz:3: a force of 5", p.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
