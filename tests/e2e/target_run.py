#!/usr/bin/python3
"""target_run.py VITRION MPIEXEC SOURCE - a campaign that asks for errors works in rounds until its intervals are narrow enough.

The claims: the decisions, and every byte of the store outside /timing, are the same on any number of ranks and whatever kills or
stops the run in between, also between a decision and the campaign file that is written behind it; no task is done twice; what
cannot be reached within the budget is dropped and named.  The reference is a run on one rank that nothing disturbed, whose half
widths are those of its own fits; the journal is read here by the table in runner/journal/journal.h alone."""
import json, os, pathlib, random, shutil, signal, struct, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import VITRION, differences, events, processes, run, start, wait_until  # noqa: E402

CAMPAIGN = """\
vitrion: 1
campaign: asks
seed: 7
potential: {{kind: lj, file: "-"}}
compositions: {{include: [LiAlCl4, NaAlCl4], atoms: 24}}
temperatures: [1000 K, 1500 K]
glasses: 2
protocol:
  pack: {{density: 0.9}}
  melt: {{temperature: 1500 K, duration: 0.2 ps}}
  quench: {{rate: 1e15 K/s}}
  equilibrate: {{duration: 0.2 ps}}
  produce: {{duration: {produce}}}
observe: {{msd: {{every: 50 fs}}, charge: {{every: 50 fs}}, thermo: {{every: 50 fs}}}}
target: {{activation_energy: {goal}, budget: {budget}}}
compare: {{reference_temperature: 1200 K}}
output: here
"""
RESULT, DECISION = 1, 3


def records(out):
    """(shard, type, uid, payload) of every whole record, shards by name."""
    for shard in sorted(pathlib.Path(out).glob("journal/*.vtj")):
        data, at = shard.read_bytes(), 16
        while at + 64 <= len(data):
            kind, n = struct.unpack_from("<IQ", data, at + 4)
            if at + 64 + n > len(data):
                break
            yield shard, kind, data[at + 16:at + 48], data[at + 64:at + 64 + n]
            at += (64 + n + 7) // 8 * 8


def results(out):
    return [uid for _, kind, uid, _ in records(out) if kind == RESULT]


def decisions(out):
    """By round.  Their keys are part of the claim."""
    return sorted(((json.loads(p)["round"], uid, p) for _, kind, uid, p in records(out) if kind == DECISION))


class TooLate(Exception):
    """What was to be struck was over."""


class Target(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-target-"))
        cls.campaign = cls.write("c")
        cls.one = cls.tmp / "one"
        p = run(cls.campaign, cls.one)
        assert p.returncode == 0, p.stdout + p.stderr
        cls.text = p.stdout

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    @classmethod
    def write(cls, name, goal="200 meV", budget="2 ns", produce="16 ps"):
        path = cls.tmp / f"{name}.yaml"
        path.write_text(CAMPAIGN.format(goal=goal, budget=budget, produce=produce))
        return path

    def ok(self, p, code=0):
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        return p.stdout + p.stderr

    def vitrion(self, *words, code=0):
        p = subprocess.run([VITRION, *words], capture_output=True, text=True)
        self.ok(p, code)
        return p.stdout

    def again(self, campaign, out, ranks):
        """The same command after a kill: hydra's children notice the death of mpiexec a moment later."""
        for _ in range(50):
            p = run(campaign, out, ranks)
            if "another start" not in p.stdout + p.stderr:
                break
            time.sleep(0.2)
        return self.ok(p)

    def like_one(self, out, one=None):
        done, one = results(out), one or self.one
        self.assertEqual(len(done), len(set(done)), "a task was done twice")
        self.assertEqual(set(done), set(results(one)))
        self.assertEqual(decisions(out), decisions(one))
        self.assertEqual((out / "campaign.yaml").read_bytes(), (one / "campaign.yaml").read_bytes())
        self.assertEqual(differences(one, out), "")
        self.assertIn("all sound", self.vitrion("verify", out))

    def kill(self, p):
        os.killpg(p.pid, signal.SIGKILL)
        p.communicate()

    def test_1_rounds_until_it_is_reached(self):
        rounds = [json.loads(p) for _, _, p in decisions(self.one)]
        self.assertGreaterEqual(len(rounds), 3)
        self.assertEqual([d["round"] for d in rounds], list(range(1, len(rounds) + 1)))
        self.assertEqual([d["ends"] for d in rounds], [False] * (len(rounds) - 1) + [True])
        summary = json.loads((self.one / "summary.json").read_text())
        self.assertEqual(summary["target"], rounds[-1]["target"])
        self.assertEqual(json.loads(self.vitrion("fit", self.one, "--json"))["target"], summary["target"])
        status = json.loads(self.vitrion("status", self.one, "--json", "--exit-code"))
        self.assertEqual((status["target"], status["round"]), (summary["target"], len(rounds)))
        fits = {f["name"]: (f["Ea_lo95_eV"], f["Ea_hi95_eV"]) for f in summary["compositions"] if f["quantity"] == "D_alkali"}
        for row in summary["target"]:
            lo, hi = fits[row["composition"]]
            self.assertEqual((row["what"], row["goal"], row["reached"]), ("activation_energy", 0.2, True))
            self.assertAlmostEqual(row["half_width"], (hi - lo) / 2, delta=1e-12)
            self.assertLessEqual(row["half_width"], 0.2)
            self.assertIn(row["composition"], self.text)
        # what a round asked for is what the next one has spent more
        for a, b in zip(rounds, rounds[1:]):
            self.assertAlmostEqual(a["spent_ns"] + a["asked_ns"], b["spent_ns"], delta=1e-9)
        out = self.tmp / "ranks2"
        self.ok(run(self.campaign, out, 2))
        self.like_one(out)
        n = len(results(self.one))
        self.ok(run(self.campaign, self.one))  # nothing is left to do, or to decide
        self.assertEqual((len(results(self.one)), len(decisions(self.one))), (n, len(rounds)))

    def test_2_killed_at_any_moment(self):
        out, moment = self.tmp / "killed", random.Random(5)
        n, at = len(list(records(self.one))), 0
        for _ in range(4):
            at = moment.randint(at + 1, at + n // 4)
            p = start(self.campaign, out, 2)
            try:
                wait_until(lambda: p.poll() is not None or len(list(records(out))) >= at)
                time.sleep(0.3 * moment.random())
            finally:
                self.kill(p)
            time.sleep(1)
        self.again(self.campaign, out, 3)
        self.like_one(out)

    def test_3_killed_between_a_decision_and_the_campaign_file(self):
        begun = self.tmp / "begun"  # the campaign file of the pilot
        p = start(self.campaign, begun, 1)
        try:
            wait_until((begun / "campaign.yaml").exists)
        finally:
            self.kill(p)
        pilot = (begun / "campaign.yaml").read_bytes()
        self.assertNotEqual(pilot, (self.one / "campaign.yaml").read_bytes())
        out = self.tmp / "late"  # all of it is in the journal
        shutil.copytree(self.one, out)
        (out / "campaign.yaml").write_bytes(pilot)
        self.assertIn("before the decision of round 1", self.vitrion("verify", out))
        self.vitrion("status", out, "--exit-code", code=75)
        self.ok(run(self.campaign, out))
        self.like_one(out)
        first = next(shard for shard, kind, _, _ in records(self.one) if kind == DECISION)
        out = self.tmp / "cut"  # the first decision is the last thing in it
        shutil.copytree(self.one, out)
        for shard in out.glob("journal/*.vtj"):
            if shard.name > first.name:
                shard.unlink()
        for name in ("results.h5", "summary.json", "summary.csv"):
            (out / name).unlink()
        held = {g.name: g.read_bytes() for g in (out / "glass").iterdir()}
        for name in held:  # as of a rank that was killed behind their records
            (out / "glass" / name).unlink()
        (out / "campaign.yaml").write_bytes(pilot)
        self.assertEqual(len(decisions(out)), 1)
        self.ok(run(self.campaign, out, 2))
        self.like_one(out)
        self.assertEqual({g.name: g.read_bytes() for g in (out / "glass").iterdir()}, held)

    def test_4_stopped(self):
        out = self.tmp / "stopped"
        p = start(self.campaign, out, 2)
        wait_until(lambda: decisions(out))
        (out / "HALT").write_text("now\n")
        text = p.communicate()[0]
        self.assertEqual(p.returncode, 75, text)
        self.assertIn("the target is not settled yet", text)
        self.vitrion("status", out, "--exit-code", code=75)
        (out / "HALT").unlink()
        self.ok(run(self.campaign, out, 2))
        self.like_one(out)

    def test_5_what_cannot_be_reached_is_dropped_and_named(self):
        out = self.tmp / "dear"
        text = self.ok(run(self.write("dear", goal="20 meV", budget="0.25 ns"), out, 2))
        rows = json.loads((out / "summary.json").read_text())["target"]
        self.assertEqual([r["reached"] for r in rows], [False, False])
        last = json.loads(decisions(out)[-1][2])
        self.assertTrue(last["ends"] and last["spent_ns"] <= 0.25)
        for row in rows:
            self.assertRegex(row["why"], "^dropped: ")
            self.assertRegex(text, rf"{row['composition']} .*dropped")
        n = len(results(out))  # a target that is changed is another decision; what was dropped is looked at anew
        text = self.ok(run(self.write("wide", goal="2 eV", budget="0.6 ns"), out, 2))
        self.assertGreater(len(results(out)), n)
        self.assertNotIn("dropped", text)
        self.assertEqual(len(results(out)), len(set(results(out))))

    def test_6_core_hours_become_time_once(self):
        campaign, out = self.write("hours", budget="1e-9 core-hours", produce="1 ps"), self.tmp / "hours"
        text = self.ok(run(campaign, out, 2))
        self.assertIn("core-hours are", text)
        fixed = [s for s in (out / "campaign.yaml").read_text().splitlines() if "budget_fixed" in s]
        self.assertGreater(float(fixed[0].split()[1]), 0)
        self.assertNotIn("core-hours are", self.ok(run(campaign, out)))
        self.assertEqual([s for s in (out / "campaign.yaml").read_text().splitlines() if "budget_fixed" in s], fixed)
        n = len(results(out))
        self.assertEqual(n, 2 * 2 * 3)  # the pilot is done in any case
        self.assertIn("--join", self.ok(run(campaign, out, 1, "--join"), 2))

    def test_7_three_ranks(self):
        out = self.tmp / "ranks3"
        self.ok(run(self.campaign, out, 3))
        self.like_one(out)

    def test_8_a_storm_of_thirty_kills(self):
        """As the second, over a campaign of more rounds and tasks: at any time, also while a start still reads the folder."""
        kills, moment = 30, random.Random(11)
        campaign, one, out = self.write("storm", goal="110 meV", budget="20 ns", produce="24 ps"), self.tmp / "calm", self.tmp / "storm"
        began = time.time()
        self.ok(run(campaign, one, 2))
        whole_s, n, late = time.time() - began, len(results(one)), 0
        for k in range(kills):
            ranks, done = moment.randint(1, 3), len(results(out))
            p = start(campaign, out, ranks)
            try:  # most after a share of what is left; each third within the start
                until = time.time() + (0.5 if k % 3 == 2 else max(2, whole_s / kills)) * moment.random()
                at = done + moment.randint(1, max(1, 2 * (n - done) // (kills - k)))
                wait_until(lambda: p.poll() is not None or time.time() >= until or (k % 3 and len(results(out)) >= at))
                late += p.poll() is not None
            finally:
                self.kill(p)
            time.sleep(0.7)
        self.again(campaign, out, 3)
        self.like_one(out, one)
        print(f"{kills} kills, {late} of them after the end; {len(decisions(one))} decisions, {n} tasks", file=sys.stderr)
        self.assertLess(late, kills // 3, "the storm came after the end")
        self.assertGreaterEqual(len(decisions(one)), 3)

    def a_worker_dies(self, out, after):
        """SIGKILL for the last of three ranks while it does a task of the round behind the `after`th decision.  A round that
        is over before that rank was caught at work is tried again, in a new folder."""
        for attempt in range(5):
            try:
                return self.struck(out, after)
            except TooLate as why:
                print(f"attempt {attempt + 1}: {why}", file=sys.stderr)
                time.sleep(1)  # the ranks of the killed launcher end a moment later
                shutil.rmtree(out)
        self.fail("no round lasted until its last rank was at work")

    def struck(self, out, after):
        p = start(self.campaign, out, 3)
        victim, end = None, time.time() + 120
        try:
            while victim is None:
                self.assertLess(time.time(), end)
                had = len(decisions(out)) if out.exists() else 0
                if p.poll() is not None or had > after:
                    raise TooLate("the round ended first")
                who = processes(out) if had == after else {}
                if 2 not in who:
                    time.sleep(0.01)
                    continue
                os.kill(who[2][1], signal.SIGSTOP)  # it keeps still while we look
                time.sleep(0.1)
                if self.has_task(out, 2) and len(decisions(out)) == after:
                    victim = who[2][1]
                else:
                    os.kill(who[2][1], signal.SIGCONT)
                    time.sleep(0.02)
            os.kill(victim, signal.SIGKILL)
            text = p.communicate(timeout=120)[0]
        finally:
            if p.poll() is None:
                self.kill(p)
        self.assertIn("1 ranks died on the way; the others did their tasks", text)
        return p.returncode, text

    def has_task(self, out, rank):
        """Its last lease is of this round and has no result yet, by the events that the leader wrote."""
        last = None
        for e in events(out):
            if e["event"] == "lease" and e["rank"] == rank:
                last = e["task"]
            if e["event"] == "result" and e["task"] == last:
                last = None
        return last is not None and bytes.fromhex(last) not in results(out)

    def test_9_a_worker_dies_in_a_round(self):
        out = self.tmp / "died"
        code, text = self.a_worker_dies(out, 1)
        # the others end the round, its decision is made, and what it asks for is left to a start with all ranks
        self.assertEqual((code, len(decisions(out))), (75, 2), text)
        self.assertIn("the target is not settled yet: ranks died in this round", text)
        self.assertIn("the same command continues", text)
        self.vitrion("status", out, "--exit-code", code=75)
        self.assertIn("all sound", self.vitrion("verify", out))
        self.ok(run(self.campaign, out, 3))
        self.like_one(out)

    def test_a_worker_dies_in_the_last_round(self):
        out = self.tmp / "died-last"
        code, text = self.a_worker_dies(out, len(decisions(self.one)) - 1)
        self.assertEqual(code, 0, text)  # nothing is left to do
        self.assertIn("reached", text)
        self.like_one(out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
