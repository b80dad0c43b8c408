#!/usr/bin/python3
"""training_committee.py VITRION MPIEXEC SOURCE - committees of seeds, teams of ranks, the lock, early stop, divergence.

Claims: what a member becomes does not depend on ranks, teams, the number of members, stops and kills; one training at a time in a
folder; a word of one rank stops all teams; a training that learns no more ends, one that diverged says so.  References: trainings of
one seed on one rank, and the tables that a training writes.  Data as in training.py."""
import csv, hashlib, json, os, pathlib, random, signal, subprocess, sys, tempfile, time, unittest

from training import ATOMS, FILE, command, count, frames, label, mpiexec, rows, train, truth, vitrion

MODELS = ("nep.txt", "nep_last.txt", "nep_average.txt", "test.json")


def ranks_of(launcher):
    """Pids of the program below a launcher."""
    parent, name = {}, {}
    for p in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            text = (p / "stat").read_text()
            parent[int(p.name)] = int(text[text.rindex(")") + 2:].split()[1])
            name[int(p.name)] = os.path.basename(os.readlink(p / "exe"))
        except OSError:
            continue
    def below(pid):
        while pid in parent and pid != launcher:
            pid = parent[pid]
        return pid == launcher
    return sorted(p for p in parent if name.get(p) == os.path.basename(vitrion) and p != launcher and below(p))


class Committee(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-committee-")
        cls.dir = pathlib.Path(cls.tmp.name)
        rng = random.Random(5)
        (cls.dir / "truth.txt").write_text(truth(rng))
        label(cls.dir, "train.xyz", frames(rng, 80))
        label(cls.dir, "test.xyz", frames(rng, 12))
        (cls.dir / "test.xyz").write_text((cls.dir / "test.xyz").read_text().replace("run=r", "run=t"))
        cls.write("one.yaml", "seed: 4", 6)
        cls.write("three.yaml", "seed: 3, seeds: 3", 6)
        cls.write("long.yaml", "seed: 3, seeds: 3", 40)
        cls.write("endless.yaml", "seed: 3, seeds: 2", 100000)
        p = train(cls.dir, 1, cls.dir / "three1", "three.yaml")
        assert p.returncode == 0, p.stderr

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def write(cls, name, seed, epochs, more=()):
        text = FILE.replace("EPOCHS", str(epochs)).replace("seed: 3", seed).replace("finish: 3", "finish: 0")  # rows are epochs
        for old, new in more:
            assert old in text
            text = text.replace(old, new)
        (cls.dir / name).write_text(text)

    def start(self, ranks, out, name):
        return subprocess.Popen(command(self.dir, ranks, out, name), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                start_new_session=True)

    def end(self, p):
        if p.poll() is None:
            os.killpg(p.pid, signal.SIGKILL)
        return p.communicate(timeout=60)[1]

    def wait_for(self, p, what):
        until = time.monotonic() + 120
        while not what():
            self.assertIsNone(p.poll(), "it has ended")
            self.assertLess(time.monotonic(), until, "it never came to that")
            time.sleep(0.005)

    def same(self, a, b, seeds):
        for seed in seeds:
            for name in MODELS:
                self.assertEqual((a / f"seed{seed}" / name).read_bytes(), (b / f"seed{seed}" / name).read_bytes(), f"{seed} {name}")
            self.assertEqual((a / f"nep_seed{seed}.txt").read_bytes(), (b / f"nep_seed{seed}.txt").read_bytes())
        for name in ("nep.txt", "committee.txt", "test.json"):
            self.assertEqual((a / name).read_bytes(), (b / name).read_bytes(), name)

    def test_1_members_are_the_same_on_one_two_three_and_five_ranks(self):
        for ranks in (2, 3, 5):  # teams: 2 of 1; 3 of 1; 1, 2, 2 ranks
            p = train(self.dir, ranks, self.dir / f"three{ranks}", "three.yaml")
            self.assertEqual(p.returncode, 0, p.stderr)
            self.same(self.dir / f"three{ranks}", self.dir / "three1", (3, 4, 5))

    def test_2_what_a_committee_leaves(self):
        out = self.dir / "three1"
        table = rows(out)
        self.assertEqual([(r["seed"], r["epoch"]) for r in table], [(str(s), str(e)) for s in (3, 4, 5) for e in range(1, 7)])
        best = min(table, key=lambda r: float(r["validation_loss"]))["seed"]
        self.assertEqual((out / "nep.txt").read_bytes(), (out / f"seed{best}/nep.txt").read_bytes())
        lines = (out / "committee.txt").read_text().splitlines()
        self.assertEqual(lines[0], "# a committee: KIND PATH")
        self.assertEqual([l.split()[:2] for l in lines[1:]], [["nep", f"nep_seed{s}.txt"] for s in (3, 4, 5)])
        for line in lines[1:]:
            name, digest = line.split(" ")[1], line.split(" # sha256 ")[1]
            self.assertEqual(hashlib.sha256((out / name).read_bytes()).hexdigest(), digest)
        self.assertEqual(len({l.split()[-1] for l in lines[1:]}), 3)
        # two members or one more make nothing else of those that there were
        self.write("two.yaml", "seed: 3, seeds: 2", 6)
        p = train(self.dir, 2, self.dir / "two", "two.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        for seed in (3, 4):
            self.assertEqual((self.dir / f"two/nep_seed{seed}.txt").read_bytes(), (out / f"nep_seed{seed}.txt").read_bytes())
        p = train(self.dir, 2, self.dir / "two", "three.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.same(self.dir / "two", out, (3, 4, 5))
        # the first member is the training of that seed alone; a later one is validated on the same frames, so it is not
        self.write("alone.yaml", "seed: 3", 6)
        p = train(self.dir, 2, self.dir / "alone", "alone.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual((self.dir / "alone/nep.txt").read_bytes(), (out / "nep_seed3.txt").read_bytes())

    def epochs_of(self, out):
        return sum(count(p) for p in out.glob("seed*"))

    def test_3_killed_again_and_again_and_halted_it_ends_with_the_same_bytes(self):
        p = train(self.dir, 2, self.dir / "long", "long.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        rng, out, n = random.Random(3), self.dir / "killed", 0
        while True:
            wanted = self.epochs_of(out) + rng.randint(1, 25)
            p = self.start(1 + n % 3, out, "long.yaml")
            while p.poll() is None and self.epochs_of(out) < wanted:
                time.sleep(0.002)
            if p.poll() is not None:
                self.assertEqual(p.returncode, 0, self.end(p))
                break
            self.end(p)
            n += 1
            if n % 3 == 0:
                (out / "HALT").write_text("now\n")
                p = train(self.dir, 2, out, "long.yaml")
                self.assertEqual(p.returncode, 75, p.stderr)
                (out / "HALT").unlink()
        print(f"killed {n} times")
        self.assertGreaterEqual(n, 3)  # 120 epochs, at most 25 to a kill
        self.same(out, self.dir / "long", (3, 4, 5))

    def test_4_a_signal_to_one_rank_stops_all_teams(self):
        for which in (0, 1):
            out = self.dir / f"signal{which}"
            p = self.start(2, out, "endless.yaml")
            try:
                self.wait_for(p, lambda: all(count(out / f"seed{s}") for s in (3, 4)))
                pids = ranks_of(p.pid)
                self.assertEqual(len(pids), 2)
                os.kill(pids[which], signal.SIGTERM)
                text = p.communicate(timeout=60)[1]
            finally:
                self.end(p)
            self.assertEqual(p.returncode, 75, text)
            for seed in (3, 4):
                self.assertIn(f"seed{seed}: stopped after", text)
            status = json.loads((out / "status.json").read_text())
            self.assertEqual((status["state"], [m["state"] for m in status["members"]]), ("stopped", ["stopped"] * 2))
            self.assertEqual(len(rows(out)), self.epochs_of(out))

    def test_4b_also_one_that_waits_for_the_others(self):
        self.write("three_long.yaml", "seed: 3, seeds: 3", 250)
        out = self.dir / "waits"
        p = self.start(2, out, "three_long.yaml")  # teams: seeds 3 and 5; seed 4
        try:
            self.wait_for(p, lambda: count(out / "seed4") == 250 and count(out / "seed5"))
            os.kill(ranks_of(p.pid)[1], signal.SIGTERM)
            text = p.communicate(timeout=60)[1]
        finally:
            self.end(p)
        self.assertEqual(p.returncode, 75, text)
        states = [m["state"] for m in json.loads((out / "status.json").read_text())["members"]]
        self.assertEqual(states, ["done", "done", "stopped"])

    def test_5_a_second_training_in_the_folder_is_refused_and_a_dead_one_is_taken_over(self):
        out = self.dir / "shared"
        p = self.start(2, out, "endless.yaml")
        try:
            status = out / "status.json"
            self.wait_for(p, lambda: status.exists() and json.loads(status.read_text())["members"][0]["state"] == "running")
            holder = ranks_of(p.pid)
            q = train(self.dir, 1, out, "endless.yaml")
            self.assertEqual(q.returncode, 2, q.stderr)
            self.assertIn("another job is working in", q.stderr)
            self.assertTrue(any(f"(pid {pid})" in q.stderr for pid in holder), q.stderr)
            s = subprocess.run([vitrion, "status", out], capture_output=True, text=True)
            self.assertEqual(s.returncode, 0, s.stderr)
            self.assertIn("tiny: training, running", s.stdout)
            self.assertIn("seed 3: running", s.stdout)
            self.assertTrue(any(f"(pid {pid})" in s.stdout for pid in holder), s.stdout)
            self.assertIsNone(p.poll())
        finally:
            self.end(p)
        s = subprocess.run([vitrion, "status", out], capture_output=True, text=True)
        self.assertIn("tiny: training, killed", s.stdout)
        s = subprocess.run([vitrion, "status", out, "--json"], capture_output=True, text=True)
        self.assertEqual([m["eta_s"] for m in json.loads(s.stdout)["members"]], [None] * len(json.loads(s.stdout)["members"]), s.stdout)
        (out / "HALT").write_text("now\n")
        q = train(self.dir, 1, out, "endless.yaml")  # at once: the dead process was on this machine
        self.assertEqual(q.returncode, 75, q.stderr)
        self.assertIn("going on", q.stderr)

    def test_6_it_ends_when_validation_gets_no_better(self):
        self.write("early.yaml", "seed: 3, early_stop: 3", 60)
        out = self.dir / "early"
        p = train(self.dir, 2, out, "early.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("ended by schedule.early_stop after epoch", p.stderr)
        loss = [float(r["validation_loss"]) for r in rows(out)]
        self.assertLess(len(loss), 60)
        self.assertEqual(loss.index(min(loss)), len(loss) - 4)  # and so never before three in a row without a better one
        for end in range(4, len(loss)):
            self.assertLess(min(loss[end - 3:end]), min(loss[:end - 3]))
        member = json.loads((out / "status.json").read_text())["members"][0]
        self.assertEqual((member["early_stop"], member["epoch"], member["best_epoch"]), (True, len(loss), len(loss) - 3))
        # in pieces, one of which ends within the three epochs; then once more: nothing is left to do
        cut = self.dir / "early_cut"
        for wanted in (2, len(loss) - 2):
            p = self.start(1, cut, "early.yaml")
            while p.poll() is None and count(cut) < wanted:
                time.sleep(0.001)
            self.end(p)
        for _ in range(2):
            p = train(self.dir, 3, cut, "early.yaml")
            self.assertEqual(p.returncode, 0, p.stderr)
            self.assertEqual(count(cut), len(loss))
            for name in MODELS:
                self.assertEqual((cut / name).read_bytes(), (out / name).read_bytes(), name)

    def test_7_a_training_that_diverged_names_the_learning_rate(self):
        self.write("steep.yaml", "seed: 3, seeds: 2", 60, [("learning_rate: 1e-2", "learning_rate: 1")])
        for ranks in (1, 2):
            p = train(self.dir, ranks, self.dir / f"steep{ranks}", "steep.yaml")
            self.assertEqual(p.returncode, 3, p.stderr)
            self.assertIn("training diverged with a learning rate of 1 ", p.stderr)
            self.assertIn("steep.yaml a lower schedule.learning_rate", p.stderr)
            status = json.loads((self.dir / f"steep{ranks}/status.json").read_text())
            self.assertEqual(status["state"], "failed")
            self.assertIn("learning rate of 1 ", status["error"])

    def test_8_folders_of_others(self):
        out = self.dir / "three1"
        p = train(self.dir, 1, out, "one.yaml")  # the folder of a committee: its models are not overwritten
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("is there, but no state of a training", p.stderr)
        p = train(self.dir, 1, self.dir / "one", "one.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        p = train(self.dir, 2, self.dir / "one", "three.yaml")
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("holds the training of one seed", p.stderr)

    def test_8b_each_member_may_begin_with_a_model_of_its_own(self):
        self.write("mine.yaml", "seed: 3, seeds: 2", 2, [("elements: [Li, Cl]", "elements: [Li, Cl]\nstart: three1/nep_seed{seed}.txt")])
        p = train(self.dir, 2, self.dir / "mine", "mine.yaml")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertNotIn("began with the same numbers", (self.dir / "mine/README.md").read_text())
        for seed in (3, 4):  # as a training of this member alone, from its file
            self.assertIn(f"three1/nep_seed{seed}.txt", (self.dir / f"mine/seed{seed}/README.md").read_text())
            before = [r for r in rows(self.dir / f"mine/seed{seed}") if r["phase"] == "start"]
            last = [r for r in rows(self.dir / f"three1/seed{seed}")]
            best = min(float(r["validation_loss"]) for r in last)
            self.assertAlmostEqual(float(before[0]["validation_force_meV_A"]),
                                   float(next(r for r in last if float(r["validation_loss"]) == best)["validation_force_meV_A"]), 3)
        self.write("lost.yaml", "seed: 7, seeds: 2", 2, [("elements: [Li, Cl]", "elements: [Li, Cl]\nstart: three1/nep_seed{seed}.txt")])
        p = train(self.dir, 1, self.dir / "lost", "lost.yaml")
        self.assertEqual(p.returncode, 2, p.stderr)
        for seed in (7, 8):
            self.assertIn(f"nep_seed{seed}.txt'", p.stderr)

    def test_9_a_committee_is_judged_by_its_mean(self):
        """The reference for n copies of one model is that model; for two models it is arithmetic on what `energy` says of each."""
        out = self.dir / "three1"
        def validate(path, code=0):
            p = subprocess.run([vitrion, "validate", path, self.dir / "test.xyz", "--json"], capture_output=True, text=True)
            self.assertEqual(p.returncode, code, p.stderr)
            return json.loads(p.stdout) if code == 0 else p.stderr
        def line(name):
            return f"nep {name} # sha256 {hashlib.sha256((out / name).read_bytes()).hexdigest()}\n"
        head = "# mine\n\n"
        one = validate(out / "nep_seed4.txt")
        self.assertNotIn("committee", one)
        (out / "copies.txt").write_text(head + 2 * line("nep_seed4.txt"))  # a mean of two equal numbers is exact
        two = validate(out / "copies.txt")
        spread = two.pop("committee")
        self.assertEqual(two, one)
        self.assertEqual((spread["n_members"], spread["energy_spread_meV_atom"], spread["force_spread_meV_A"]), (2, 0, 0))
        self.assertIsNone(spread["force_spread_error_r"])  # no scatter
        three = validate(out / "committee.txt")
        models = []
        bare = self.dir / "bare.xyz"
        for seed in (3, 4, 5):
            p = subprocess.run([vitrion, "energy", out / f"nep_seed{seed}.txt", bare, "--json"], capture_output=True, text=True, check=True)
            models.append(json.loads(p.stdout)["frames"])
        want = [l for l in (self.dir / "test.xyz").read_text().splitlines()]
        e_error = e_spread = f_error = f_spread = 0
        n_f, pairs = 0, []
        for k in range(12):
            head_line = want[k * (ATOMS + 2) + 1]
            label_e = float(head_line.split("energy=")[1].split()[0])
            e = [m[k]["energy_eV"] for m in models]
            mean = sum(e) / 3
            e_error += ((mean - label_e) / ATOMS) ** 2
            e_spread += sum((x - mean) ** 2 for x in e) / 3 / ATOMS ** 2
            for i in range(ATOMS):
                label_f = [float(x) for x in want[k * (ATOMS + 2) + 2 + i].split()[4:7]]
                err = spr = 0
                for a in range(3):
                    f = [m[k]["forces_eV_A"][i][a] for m in models]
                    mean = sum(f) / 3
                    err += (mean - label_f[a]) ** 2
                    spr += sum((x - mean) ** 2 for x in f) / 3
                f_error, f_spread, n_f = f_error + err, f_spread + spr, n_f + 3
                pairs.append((spr ** 0.5, err ** 0.5))
        mx, my = (sum(p[i] for p in pairs) / len(pairs) for i in (0, 1))
        r = sum((x - mx) * (y - my) for x, y in pairs) / (
            sum((x - mx) ** 2 for x, _ in pairs) * sum((y - my) ** 2 for _, y in pairs)) ** 0.5
        got = three["committee"]
        # the engine's and the trainer's sums are in another order, labels have ten decimals: 1e-6 of errors of 1e2
        self.assertAlmostEqual(three["energy_rmse_meV_atom"], 1e3 * (e_error / 12) ** 0.5, delta=1e-4)
        self.assertAlmostEqual(three["force_rmse_meV_A"], 1e3 * (f_error / n_f) ** 0.5, delta=1e-3)
        self.assertAlmostEqual(got["energy_spread_meV_atom"], 1e3 * (e_spread / 12) ** 0.5, delta=1e-4)
        self.assertAlmostEqual(got["force_spread_meV_A"], 1e3 * (3 * f_spread / n_f) ** 0.5, delta=1e-3)
        self.assertAlmostEqual(got["force_spread_error_r"], r, delta=1e-5)
        self.assertEqual(set(got["by_composition"]), set(three["by_composition"]))
        self.assertEqual(list(got["by_config_type"]), ["md"])
        print(f"spread {got['force_spread_meV_A']:.0f} meV/A of an error of {three['force_rmse_meV_A']:.0f}, r = {r:.2f}")
        text = subprocess.run([vitrion, "validate", out / "committee.txt", self.dir / "test.xyz"], capture_output=True, text=True).stdout
        self.assertIn("3 members", text)
        # the back end of campaigns reads the same file, and its mean is the mean
        p = subprocess.run([vitrion, "energy", out / "committee.txt", bare, "--kind", "committee", "--json"], capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        for k, frame in enumerate(json.loads(p.stdout)["frames"]):
            self.assertAlmostEqual(frame["energy_eV"], sum(m[k]["energy_eV"] for m in models) / 3, delta=1e-9)
        p = subprocess.run([vitrion, "validate", out / "committee.txt", self.dir / "test.xyz", "--output", self.dir / "cards"],
                           capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        said = json.loads((self.dir / "cards/committee.json").read_text())
        self.assertEqual(said["mean"], three)
        for k, seed in enumerate((3, 4, 5)):
            self.assertEqual(said["members"][k]["test"], validate(out / f"nep_seed{seed}.txt"))
            self.assertTrue(said["members"][k]["file"].endswith(f"nep_seed{seed}.txt"))
            self.assertTrue((self.dir / f"cards/member{k + 1}/parity/force.csv").exists())
        self.assertIn("a committee of 3", (self.dir / "cards/README.md").read_text())
        (out / "changed.txt").write_text(head + line("nep_seed4.txt") + line("nep_seed3.txt").replace("seed3", "seed5"))
        self.assertIn("changed.txt:4", validate(out / "changed.txt", 2))
        for text, said in (("nep nep_seed3.txt\nnep\n", "bad.txt:2: expected 'KIND PATH'"), ("nep nep_seed3.txt x\n", "bad.txt:1: expected 'KIND PATH'"),
                           ("nep nep_seed3.txt\nlj -\n", "bad.txt:2: a member of kind 'lj', expected nep"),
                           ("nep nep_seed3.txt\n", "a committee of 1, expected at least 2"), ("nep no.txt\nnep no.txt\n", "bad.txt:1")):
            (out / "bad.txt").write_text(text)
            self.assertIn(said, validate(out / "bad.txt", 2 if "no.txt" not in text else 1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=1)
