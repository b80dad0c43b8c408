#!/usr/bin/python3
"""training_rows.py VITRION MPIEXEC SOURCE - what a training says of its way, and that what it leaves can be made again.

Claims: a fine-tuning tells what it began with and never ends with more error on validation; files that were lost or changed are
written again from the state; every epoch and every step of all data has its row.  References: `validate` of the start, the bytes of
before, arithmetic on the table.  Data as in training.py."""
import json, pathlib, random, re, shutil, subprocess, sys, tempfile, unittest

from training import FILE, frames, label, rows, train, truth, vitrion

FROM = "\n".join(l for l in FILE.replace("EPOCHS", "4").splitlines() if "model:" not in l) + "\nstart: START\n"


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-rows-")
        cls.dir = pathlib.Path(cls.tmp.name)
        rng = random.Random(5)
        (cls.dir / "truth.txt").write_text(truth(rng))
        label(cls.dir, "train.xyz", frames(rng, 60))
        label(cls.dir, "held.xyz", frames(rng, 12))
        (cls.dir / "held.xyz").write_text((cls.dir / "held.xyz").read_text().replace("run=r", "run=h"))
        label(cls.dir, "test.xyz", frames(rng, 12))
        (cls.dir / "test.xyz").write_text((cls.dir / "test.xyz").read_text().replace("run=r", "run=t"))
        cls.write("new.yaml", FILE.replace("EPOCHS", "4"))
        cls.write("right.yaml", FROM.replace("START", "truth.txt"))
        cls.write("better.yaml", FROM.replace("START", "new/nep.txt"))
        for name in ("new", "right", "better"):
            p = train(cls.dir, 1, cls.dir / name, f"{name}.yaml")
            assert p.returncode == 0, p.stderr
            (cls.dir / f"{name}.err").write_text(p.stderr)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def write(cls, name, text):
        assert "fraction: 0.2" in text
        (cls.dir / name).write_text(text.replace("fraction: 0.2", "files: [held.xyz]"))

    def validate(self, potential, data):
        p = subprocess.run([vitrion, "validate", self.dir / potential, self.dir / data, "--json"], capture_output=True, text=True, check=True)
        return json.loads(p.stdout)

    def test_1_the_first_row_is_the_start(self):
        first = rows(self.dir / "better")[0]
        self.assertEqual((first["phase"], first["epoch"], first["learning_rate"], first["train_loss"]), ("start", "0", "", ""))
        want = self.validate("new/nep.txt", "held.xyz")
        for name, key in (("energy", "energy_rmse_meV_atom"), ("force", "force_rmse_meV_A"), ("virial", "virial_rmse_meV_atom")):
            unit = key.split("rmse_")[1]
            # six digits of the table, ten of the file; frames have equal numbers of atoms, so both are the same mean
            self.assertAlmostEqual(float(first[f"validation_{name}_{unit}"]) / want[key], 1, delta=1e-5)

    def test_2_the_card_sets_start_and_result_side_by_side(self):
        card = (self.dir / "better/README.md").read_text()
        part = card.split("### Start and result")[1].split("###")[0]
        for label_of, potential, data in (("validation, start", "new/nep.txt", "held.xyz"), ("validation, result", "better/nep.txt", "held.xyz"),
                                          ("test, start", "new/nep.txt", "test.xyz"), ("test, result", "better/nep.txt", "test.xyz")):
            cells = re.search(rf"^\| {label_of} \|(.*)\|$", part, re.M).group(1).split("|")
            v = self.validate(potential, data)
            self.assertAlmostEqual(float(cells[1]), v["energy_rmse_meV_atom"], delta=0.0051)
            self.assertAlmostEqual(float(cells[2]), v["force_rmse_meV_A"], delta=0.051)
        self.assertNotIn("### Start and result", (self.dir / "new/README.md").read_text())
        self.assertIn("passed.", card)

    def test_3_what_is_no_better_than_the_start_is_not_returned(self):
        """The start is right to the tenth digit, steps of 1e-2 lead away from it."""
        out = self.dir / "right"
        table = rows(out)
        self.assertGreater(min(float(r["validation_force_meV_A"]) for r in table if r["phase"] == "epochs"), 1)
        self.assertLess(self.validate("right/nep.txt", "test.xyz")["force_rmse_meV_A"], 1e-5)
        self.assertIn("were better on validation than the start", (self.dir / "right.err").read_text())
        self.assertIn("the result is the start", (out / "README.md").read_text())
        member = json.loads((out / "status.json").read_text())["members"][0]
        self.assertEqual((member["best_phase"], member["best_epoch"]), ("start", 0))

    def test_4_epochs_and_steps_of_all_data_are_counted_apart(self):
        for name, first in (("new", []), ("better", [("start", 0)])):
            table = rows(self.dir / name)
            where = [(r["phase"].replace("rejected", "finish"), int(r["epoch"])) for r in table]
            self.assertEqual(where, first + [("epochs", k) for k in (1, 2, 3, 4)] + [("finish", k) for k in (1, 2, 3)])
            for r in table:
                self.assertEqual(r["validation_loss"] == "", r["phase"] == "rejected")
                self.assertEqual(r["train_loss"] == "", r["phase"] == "start")
                self.assertEqual(r["learning_rate"] == "", r["phase"] != "epochs")
            best = min((r for r in table if r["validation_loss"]), key=lambda r: float(r["validation_loss"]))
            member = json.loads((self.dir / name / "status.json").read_text())["members"][0]
            self.assertEqual((member["epoch"], member["epochs"], member["step_of_all_data"], member["steps_of_all_data"]), (4, 4, 3, 3))
            self.assertEqual((member["best_phase"], member["best_epoch"]), (best["phase"], int(best["epoch"])))
            self.assertAlmostEqual(member["best_loss"] / float(best["validation_loss"]), 1, delta=1e-5)
            what = {"epochs": "epoch", "finish": "step", "start": "the start"}[best["phase"]]
            self.assertIn(f"best on validation {what}", subprocess.run([vitrion, "status", self.dir / name], capture_output=True, text=True).stdout)
            self.assertIn(f"| best on validation | {what}", (self.dir / name / "README.md").read_text())

    def test_5_an_early_end_is_still_said_after_steps_of_all_data(self):
        self.write("early.yaml", FILE.replace("EPOCHS", "60").replace("finish: 3", "finish: 2, early_stop: 2"))
        p = train(self.dir, 1, self.dir / "early", "early.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        member = json.loads((self.dir / "early/status.json").read_text())["members"][0]
        n = sum(r["phase"] == "epochs" for r in rows(self.dir / "early"))
        self.assertLess(n, 60)
        self.assertEqual((member["early_stop"], member["epoch"], member["step_of_all_data"]), (True, n, 2))
        self.assertIn(f"ended by schedule.early_stop after epoch {n}:", p.stderr)

    def test_6_lost_files_are_written_again(self):
        names = ("nep.txt", "nep_last.txt", "nep_average.txt", "train.csv", "test.json", "README.md", "report.html")
        for folder in ("new", "better"):
            out = self.dir / folder
            before = {n: (out / n).read_bytes() for n in names}
            for n in names[:5]:
                (out / n).unlink()
            p = train(self.dir, 2, out, f"{folder}.yaml")
            self.assertEqual(p.returncode, 0, p.stderr)
            for n in names[:4]:
                self.assertIn(f"{n} is not what the state of the training holds: written again", p.stderr)
            for n, data in before.items():
                self.assertEqual((out / n).read_bytes(), data, n)
            (out / "nep.txt").write_bytes(before["nep_last.txt"] + b"\n")
            p = train(self.dir, 1, out, f"{folder}.yaml")
            self.assertEqual((p.returncode, (out / "nep.txt").read_bytes()), (0, before["nep.txt"]), p.stderr)
            p = train(self.dir, 1, out, f"{folder}.yaml")
            self.assertNotIn("written again", p.stderr)

    def test_7_a_state_of_another_format_is_named(self):
        out = self.dir / "older"
        shutil.copytree(self.dir / "new", out)
        data = bytearray((out / "train.ckpt").read_bytes())
        data[8] = 2
        (out / "train.ckpt").write_bytes(data)
        p = train(self.dir, 1, out, "new.yaml")
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("written by another version of vitrion (format 2, this one reads 4)", p.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
