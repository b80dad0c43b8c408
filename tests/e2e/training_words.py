#!/usr/bin/python3
"""training_words.py VITRION MPIEXEC SOURCE - what `train` and `validate` say where something is missing, left behind or mistaken.

Claims: each of these is told, with the name of what is meant, and nothing that was there is overwritten.  References: the files as
they were, and arithmetic on labels.  Data as in training.py."""
import json, pathlib, random, re, subprocess, sys, tempfile, unittest

from training import FILE, frames, label, rows, text_of, train, truth, vitrion


def say(*words):
    return subprocess.run([vitrion, *map(str, words)], capture_output=True, text=True)


class Words(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-words-")
        cls.dir = pathlib.Path(cls.tmp.name)
        rng = random.Random(5)
        (cls.dir / "truth.txt").write_text(truth(rng))
        label(cls.dir, "train.xyz", frames(rng, 40))
        label(cls.dir, "test.xyz", frames(rng, 8))
        (cls.dir / "test.xyz").write_text((cls.dir / "test.xyz").read_text().replace("run=r", "run=t"))
        cls.yaml = FILE.replace("EPOCHS", "2").replace("finish: 3", "finish: 0")
        cls.run_file("plain", cls.yaml)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def run_file(cls, name, text, code=0, ranks=1):
        (cls.dir / f"{name}.yaml").write_text(text)
        p = train(cls.dir, ranks, cls.dir / name, f"{name}.yaml")
        assert p.returncode == code, (p.returncode, p.stderr)
        return p.stderr

    def test_1_validate_does_not_write_into_folders_of_others(self):
        card = (self.dir / "plain/README.md").read_bytes()
        p = say("validate", self.dir / "truth.txt", self.dir / "test.xyz", "--output", self.dir / "plain")
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("is the folder of a training", p.stderr)
        self.assertEqual((self.dir / "plain/README.md").read_bytes(), card)
        (self.dir / "run").mkdir()
        (self.dir / "run/campaign.yaml").write_text("vitrion: 1\n")
        p = say("validate", self.dir / "truth.txt", self.dir / "test.xyz", "--output", self.dir / "run")
        self.assertEqual((p.returncode, [x.name for x in (self.dir / "run").iterdir()]), (2, ["campaign.yaml"]), p.stderr)
        self.assertIn("is the folder of a campaign", p.stderr)
        p = train(self.dir, 1, self.dir / "run", "plain.yaml")
        self.assertEqual((p.returncode, [x.name for x in (self.dir / "run").iterdir()]), (2, ["campaign.yaml"]), p.stderr)

    def test_2_a_halt_file_that_is_left_is_named(self):
        out = self.dir / "halted"
        out.mkdir()
        (out / "HALT").write_text("")
        for _ in range(2):
            p = train(self.dir, 2, out, "plain.yaml")
            self.assertEqual(p.returncode, 75, p.stderr)
            self.assertIn(f"'{out}/HALT' is still there: remove it before the next start", p.stderr)
        (out / "HALT").unlink()
        p = train(self.dir, 1, out, "plain.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertNotIn("HALT", p.stderr)

    def test_3_labels_and_elements_that_are_nowhere_are_told(self):
        text = (self.dir / "train.xyz").read_text()
        (self.dir / "bare.xyz").write_text(re.sub(r'virial="[^"]*" ', "", re.sub(r"energy=\S+ ", "", text)))
        said = self.run_file("bare", self.yaml.replace("[train.xyz]", "[bare.xyz]"))
        self.assertIn("no frame to train on has an energy: energies of the model mean nothing", said)
        self.assertIn("no frame to train on has a virial", said)
        self.assertNotIn("has forces", said)
        table = (self.dir / "bare/train.csv").read_text()
        self.assertNotRegex(table, "nan|inf")
        row = rows(self.dir / "bare")[0]
        self.assertEqual((row["train_energy_meV_atom"], row["validation_virial_meV_atom"]), ("", ""))
        said = self.run_file("third", self.yaml.replace("[Li, Cl]", "[Li, Cl, Na]"))
        self.assertIn("elements: no frame to train on has Na:", said)
        self.assertNotIn("has Li:", said)
        self.assertNotIn("warning: no frame to train on", said)

    def test_4_an_absurd_rate_from_a_start_is_called_divergence(self):
        text = "\n".join(l for l in self.yaml.replace("epochs: 2", "epochs: 30").splitlines() if "model:" not in l)
        said = self.run_file("wild", text.replace("1e-2", "1") + "\nstart: truth.txt\n", 3)
        self.assertIn("training diverged with a learning rate of 1 ", said)
        table = rows(self.dir / "wild")
        labels = [float(v) for l in (self.dir / "train.xyz").read_text().splitlines() if l[:2] in ("Li", "Cl") for v in l.split()[4:7]]
        rms = 1e3 * (sum(f * f for f in labels) / len(labels)) ** 0.5
        for r in table[-2:]:
            self.assertGreater(float(r["validation_force_meV_A"]), 0.7 * rms)  # of other frames than those that were held back
        self.assertLess(len(table), 31)
        p = say("validate", self.dir / "wild/nep.txt", self.dir / "test.xyz", "--json")
        self.assertLess(json.loads(p.stdout)["force_rmse_meV_A"], 1e-5)  # the start, untouched by it

    def test_5_files_of_another_kind_are_named(self):
        for command in (("check",), ("plan",), ("run", "--dry-run")):
            p = say(command[0], self.dir / "plain.yaml")
            self.assertNotEqual(p.returncode, 0)
            self.assertIn("this is the file of a training: `vitrion train FILE`", p.stdout + p.stderr)
        (self.dir / "empty.yaml").write_text("")
        said = self.run_file("empty", "", 2)
        self.assertIn("empty.yaml:1:1: the file is empty", said)
        self.assertNotIn("campaign", said)

    def test_6_what_cannot_be_meant_is_refused(self):
        p = say("validate", self.dir / "truth.txt", self.dir / "test.xyz", self.dir / ".." / self.dir.name / "test.xyz")
        self.assertEqual(p.returncode, 2)
        self.assertIn("are the same file", p.stderr)
        (self.dir / "na.xyz").write_text((self.dir / "test.xyz").read_text().replace("Li ", "Na "))
        p = say("validate", self.dir / "truth.txt", self.dir / "na.xyz")
        self.assertEqual(p.returncode, 2)
        self.assertIn("element Na is not one of those of the model", p.stderr)
        for bad in ("[3, 1, 5]", "[2, 2, 2]", "[0, 2, 0]"):
            self.assertIn("model.l_max: expected an angular order of 1 to 8, then 0 or 2",
                          self.run_file("order", self.yaml.replace("[2, 0, 0]", bad), 2))

    def test_7_volumes_stand_in_their_order(self):
        """The test set has the middle ones alone, validation the smallest and largest."""
        def stretched(name, v):
            text = (self.dir / name).read_text()
            out = []
            for k, part in enumerate(re.split(r"(?=config_type=md)", text)):
                out.append(part.replace("config_type=md", f"config_type=md v_v0={v[k % len(v)]}", 1))
            return "".join(out)
        (self.dir / "vtrain.xyz").write_text(stretched("train.xyz", ("0.9", "1.0", "1.1", "1.2", "1.4")))
        (self.dir / "vtest.xyz").write_text(stretched("test.xyz", ("1.1",)))
        self.run_file("volumes", self.yaml.replace("[train.xyz]", "[vtrain.xyz]").replace("[test.xyz]", "[vtest.xyz]"))
        card = (self.dir / "volumes/README.md").read_text().split("### By volume")[1].split("###")[0]
        names = [l.split("|")[1].strip() for l in card.splitlines() if l.startswith("|")][2:]
        self.assertEqual(names, ["0 to 0.95", "0.95 to 1.05", "1.05 to 1.15", "1.15 to 1.30", "1.30 and more"])

    def test_8_seconds_go_on_where_a_stop_left_them(self):
        (self.dir / "long.yaml").write_text(self.yaml.replace("epochs: 2", "epochs: 40"))
        out = self.dir / "long"
        p = train(self.dir, 1, out, "long.yaml")
        seconds = [float(r["seconds"]) for r in rows(out)]
        self.assertEqual(seconds, sorted(seconds), p.stderr)
        cut = self.dir / "cut"
        command = ["timeout", "-s", "TERM", f"{max(0.3, 0.5 * seconds[-1]):.2f}", vitrion, "train", str(self.dir / "long.yaml"), "--output",
                   str(cut)]
        stops = 0
        while subprocess.run(command, capture_output=True, text=True).returncode != 0:
            stops += 1
            self.assertLess(stops, 200)
        got = [float(r["seconds"]) for r in rows(cut)]
        self.assertEqual((len(got), got), (40, sorted(got)))  # whatever was stopped in between


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=1)
