#!/usr/bin/python3
"""edits.py VITRION MPIEXEC SOURCE - a campaign that is changed while its folder holds results goes on from what is there.

The claims: whatever an accepted edit is, on however many ranks, and whatever kills it in between, every dataset of the store
(outside /timing) has the bytes of a run from nothing of what the edit amounts to; and no task that had a result is done again.
The reference for the first is such a run on one rank, of a campaign that states the pieces and stops itself; for the second the
journal's files: what stood there before stands there afterwards, byte for byte, and no task has two results.  An edit that is
refused touches nothing.  The folder that is edited was cut off in the middle of its journal, as a crash would."""
import os, pathlib, re, shutil, signal, struct, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import VITRION, differences, run, start, wait_until  # noqa: E402
import json  # noqa: E402

CAMPAIGN = """\
vitrion: 1
campaign: {name}
seed: 7
potential: {{kind: lj, file: "-"}}
compositions:
  include: [{comps}]
  atoms: 42
temperatures: [{temperatures}]
glasses: {glasses}
protocol:
  pack: {{density: {density}}}
  melt: {{temperature: 1200 K, duration: 0.2 ps}}
  quench: {{rate: 1e15 K/s{stops}}}
  equilibrate: {{duration: 0.2 ps}}
  produce: {{duration: {produce}{kept}}}
observe: {{msd: {{every: 20 fs}}, charge: {{every: 20 fs}}, rdf: {{every: 0.1 ps}}, thermo: {{every: 20 fs}}}}
output: here
"""
BASE = dict(name="edits", comps="LiAlCl2.5O0.75, NaAlCl2.5O0.75", temperatures="600 K, 700 K", glasses=2, density="0.9", stops="",
            produce="0.6 ps", kept="")
RESULT = 1


def records(out):
    """{uid: number of RESULT records}, by the table in runner/journal/journal.h."""
    found = {}
    for shard in pathlib.Path(out).glob("journal/*.vtj"):
        data, at = shard.read_bytes(), 16
        while at + 64 <= len(data):
            kind, n = struct.unpack_from("<IQ", data, at + 4)
            uid = data[at + 16:at + 48].hex()
            if kind == RESULT:
                found[uid] = found.get(uid, 0) + 1
            at += (64 + n + 7) // 8 * 8
    return found


def cut(shard, keep):
    """Leave the first `keep` records."""
    data, at = shard.read_bytes(), 16
    for _ in range(keep):
        at += (64 + struct.unpack_from("<Q", data, at + 8)[0] + 7) // 8 * 8
    shard.write_bytes(data[:at])


class Edits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-edits-"))
        cls.done, cls.part = cls.tmp / "done", cls.tmp / "part"
        cls.base = cls.write("base")
        p = run(cls.base, cls.done)
        assert p.returncode == 0, p.stdout + p.stderr
        shutil.copytree(cls.done, cls.part)
        for name in ("results.h5", "results.h5.sha256", "summary.json", "summary.csv"):
            (cls.part / name).unlink()
        cut(next(cls.part.glob("journal/*.vtj")), 8)  # 4 glasses and 4 of 8 runs

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    @classmethod
    def write(cls, to, **changed):
        path = cls.tmp / f"{to}.yaml"
        path.write_text(CAMPAIGN.format(**{**BASE, **changed}))
        return path

    def copy(self, name, of=None):
        out = self.tmp / name
        shutil.copytree(of or self.part, out)
        return out

    def ok(self, p, code=0):
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        return p.stdout + p.stderr

    def plan(self, campaign, out, code=0):
        p = subprocess.run([VITRION, "plan", campaign, "--output", out, "--calibrate", "0", "--json"], capture_output=True, text=True)
        self.ok(p, code)
        return json.loads(p.stdout)["left"]

    def unrepeated(self, out, before):
        """What the journal of `before` holds is untouched, and no task has two results."""
        for shard in pathlib.Path(before).glob("journal/*.vtj"):
            self.assertEqual((pathlib.Path(out) / "journal" / shard.name).read_bytes(), shard.read_bytes())
        self.assertEqual({n for n in records(out).values()}, {1})

    def fresh(self, name, **campaign):
        out = self.tmp / f"{name}-fresh"
        if not out.exists():
            self.ok(run(self.write(f"{name}-fresh", **campaign), out))
        return out

    def sound(self, out):
        """verify finds nothing, and what the store gives is what the journal gave."""
        self.ok(subprocess.run([VITRION, "verify", out], capture_output=True, text=True))
        p = subprocess.run([VITRION, "fit", out, "--json"], capture_output=True, text=True)
        self.ok(p)
        store, journal = json.loads(p.stdout), json.loads((out / "summary.json").read_text())
        self.assertTrue(set(store) <= set(journal) and len(store) > 3)
        for key in store:
            self.assertEqual(store[key], journal[key], key)

    def edited(self, name, fresh, extend=True, ranks=1, said="", **changed):
        """An accepted edit of the folder that was cut off; its output."""
        out, campaign = self.copy(name), self.write(name, **changed)
        left = self.plan(campaign, out)
        self.assertEqual((left["edit"]["refused"], left["edit"]["needs_extend"]), (False, extend))
        if extend:
            text = self.ok(run(campaign, out), 2)
            self.assertIn("--extend", text)
            self.assertIn(f"{left['edit']['adds']['tasks']} task", text)
        had = len(records(out))
        text = self.ok(run(campaign, out, ranks, *(["--extend"] if extend else [])))
        self.assertRegex(text, said)
        self.assertEqual(len(records(out)) - had, left["tasks"])
        self.unrepeated(out, self.part)
        self.assertEqual(differences(self.fresh(name, **fresh), out), "")
        self.sound(out)
        self.assertEqual(self.plan(campaign, out)["tasks"], 0)
        return out, text

    def test_1_more_production_goes_on_from_its_end(self):
        more = dict(produce="1.2 ps")
        out, _ = self.edited("more", dict(produce="0.6 ps + 0.6 ps"), said=r"production at 600 K: 0.6 ps -> 1.2 ps", **more)
        import h5py
        with h5py.File(out / "results.h5") as f:
            piece, done = f["tasks/piece"][()], f["tasks/done"][()]
            self.assertEqual(sorted(set(piece)), [0, 1, 2])
            self.assertTrue(done.all())
            self.assertEqual((piece == 2).sum(), 8)
        # how a piece ended is told with the time since the production began
        self.ok(subprocess.run([VITRION, "export", out, "--what", "last", "--out", out / "ends"], capture_output=True, text=True))
        ends = re.findall(r"time_ps=(\S+)", "".join(p.read_text() for p in sorted((out / "ends").rglob("*.xyz"))))
        self.assertEqual(sorted(round(float(x), 9) for x in ends), 8 * [0.6] + 8 * [1.2])
        for ranks in (2, 3):
            other = self.copy(f"more{ranks}")
            self.ok(run(self.write("more"), other, ranks)) if ranks == 2 else None  # finished first, and then lengthened
            self.ok(run(self.write("more", **more), other, ranks, "--extend"))
            self.assertEqual(differences(out, other), "")
        # a piece that is there is cut off at its boundary, and comes back without MD and without --extend
        n = len(records(out))
        text = self.ok(run(self.write("cut", produce="0.6 ps"), out))
        self.assertRegex(text, r"8 tasks are left out, 8 of them done; their results stay in the journal")
        self.assertEqual(self.plan(self.write("again", **more), out)["tasks"], 0)
        self.ok(run(self.write("again", **more), out))
        self.assertEqual(len(records(out)), n)
        self.assertEqual(differences(self.tmp / "more-fresh", out), "")
        text = self.ok(run(self.write("short", produce="0.9 ps"), out), 2)
        self.assertRegex(text, r"at 600 K: recorded 0.6 ps \+ 0.6 ps, here 0.9 ps: .*\(0.6 ps, 1.2 ps\)")

    def test_2_killed_in_between(self):
        more = self.write("killed", produce="30 ps")
        out = self.copy("killed")
        p = start(more, out, 2, "--extend")
        try:
            wait_until(lambda: len(records(out)) > 12)
        finally:
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
        for _ in range(50):  # hydra's children notice the death of mpiexec a moment later
            q = run(more, out, 3)
            if "another start" not in q.stdout + q.stderr:
                break
            time.sleep(0.2)
        self.ok(q)
        self.assertEqual(differences(self.fresh("killed", produce="0.6 ps + 29.4 ps"), out), "")

    def test_3_a_lower_temperature_continues_the_quench(self):
        out, _ = self.edited("lower", dict(temperatures="500 K, 600 K, 700 K", stops=", stops: [600 K, 500 K]"), ranks=2,
                             said=r"quench: of the kept glasses, from 600 K on to 500 K", temperatures="500 K, 600 K, 700 K")
        self.assertEqual(len(list(out.glob("glass/*.xyz"))), 8)

    def test_4_fewer_temperatures(self):
        self.edited("hot", dict(temperatures="700 K", stops=", stops: [600 K]", kept=", kept: {600 K: 0.6 ps}"), extend=False,
                    said=r"4 tasks are left out, \d of them done; their results stay in the journal", temperatures="700 K")

    def test_5_fewer_glasses(self):
        self.edited("one", dict(glasses=1), extend=False, said=r"glasses: 2 -> 1", glasses=1)

    def test_6_a_composition_more_and_one_less(self):
        self.edited("added", dict(comps="LiAlCl2.5O0.75, NaAlCl2.5O0.75, LiAlCl4"), said=r"compositions: LiAlCl4",
                    comps="LiAlCl2.5O0.75, NaAlCl2.5O0.75, LiAlCl4")
        self.edited("less", dict(comps="NaAlCl2.5O0.75"), extend=False, said=r"compositions: LiAlCl2.5O0.75",
                    comps="NaAlCl2.5O0.75")

    def test_7_another_name(self):
        out, campaign = self.copy("named", self.done), self.write("named", name="other")
        self.assertIn("the campaign 'edits' is called 'other' from now on\n", self.ok(run(campaign, out)))
        self.assertNotIn("from now on", self.ok(run(campaign, out)))
        self.unrepeated(out, self.done)
        self.sound(out)

    def test_8_refused_edits_touch_nothing(self):
        out = self.copy("refused")
        before = (out / "campaign.yaml").read_bytes()
        for extend in ([], ["--extend"]):
            text = self.ok(run(self.write("dense", density="1", temperatures="600 K, 650 K, 700 K", glasses=3), out, 1, *extend), 2)
            for words in ("protocol.pack.density: 0.9, here 1", "temperatures: [600 K, 700 K], here [600 K, 650 K, 700 K]",
                          "glasses: 2, here 3", "8 finished tasks would be lost", "Nothing was touched"):
                self.assertIn(words, text)
            self.assertRegex(text, r"would be lost to it: [0-9.e-]+ ns, [0-9.e-]+ core-hours")
            text = self.ok(run(self.write("shorter", produce="0.3 ps"), out, 1, *extend), 2)
            self.assertRegex(text, r"protocol.produce.duration at 600 K: recorded 0.6 ps, here 0.3 ps")
        left = self.plan(self.write("dense", density="1"), out, code=2)["edit"]  # as that run ended above
        self.assertEqual((left["refused"], left["exit_code"]), (True, 2))
        self.assertIn({"key": "protocol.pack.density", "recorded": "0.9", "here": "1"}, left["differs"])
        self.assertEqual(left["leaves_out"]["tasks_done"], 8)
        self.assertEqual((out / "campaign.yaml").read_bytes(), before)
        text = self.ok(run(self.write("tiny", produce="0.601 ps"), out, 1, "--extend"), 2)
        self.assertIn("less than", text)
        p = subprocess.run([VITRION, "export", out, "--what", "trajectory", "--out", out / "frames"], capture_output=True, text=True)
        self.assertEqual((p.returncode, p.stderr.count("there is no trajectory")), (1, 1), p.stderr)  # a reason, a line
        self.assertRegex(p.stderr, r"and \d+ more tasks: there is no trajectory")

    def test_9_production_by_temperature(self):
        self.edited("uneven", dict(produce="{600 K: 0.6 ps + 0.6 ps, 700 K: 0.6 ps}"), ranks=2,
                    said=r"production at 600 K: 0.6 ps -> 1.2 ps", produce="{600 K: 1.2 ps, default: 0.6 ps}")
        for wrong, why in (("{600 K: 1 ps}", "700 K has no duration"), ("{650 K: 1 ps, default: 1 ps}", "650 K is not among"),
                           ("{hot: 1 ps, default: 1 ps}", "'hot' is no temperature"), ("1 ps + fast", "'fast' is not a number")):
            p = subprocess.run([VITRION, "check", self.write("wrong", produce=wrong)], capture_output=True, text=True)
            self.assertRegex(self.ok(p, 2), r"wrong.yaml:15:\d+: protocol.produce.duration: .*" + re.escape(why))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2, failfast=False)
