#!/usr/bin/python3
"""edits.py VITRION MPIEXEC SOURCE - a campaign that is changed while its folder holds results goes on from what is there.

The claims: whatever an accepted edit is, on however many ranks, and whatever kills it in between, every dataset of the store
(outside /timing) has the bytes of a run from nothing of what the edit amounts to; and no task that had a result is done again.
The reference for the first is such a run on one rank, of a campaign that states the pieces and stops itself; for the second the
journal's files: what stood there before stands there afterwards, byte for byte, and no task has two results.  An edit that is
refused touches nothing.  The folder that is edited was cut off in the middle of its journal, as a crash would."""
import os, pathlib, re, shutil, signal, struct, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(sys.argv[3], "scripts"))
from ranks import VITRION, a_rank, differences, events, processes, run, start, wait_until  # noqa: E402
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
        """verify finds nothing, what the store gives is what the journal gave, and it is not called old for results of tasks
        that were left out."""
        import vitrion
        with vitrion.open(out) as opened:
            self.assertEqual(opened.note, "")
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

    # ---------------------------------------------------------------- structures

    CRYSTAL = """vitrion: 1
campaign: kept
seed: 5
potential: {{kind: born}}
compositions:
  include: [LiCl]
  structures:
    - {{file: {file}, name: {name}, supercell: [2, 2, 2], start: equilibrate}}
  atoms: 64
temperatures: [400 K, 600 K]
glasses: 1
protocol:
  melt: {{temperature: 1200 K, duration: 0.1 ps, timestep: 1 fs}}
  quench: {{rate: 8e15 K/s, timestep: 1 fs}}
  equilibrate: {{duration: 0.1 ps, ensemble: nvt, timestep: 1 fs}}
  produce: {{duration: 0.2 ps, timestep: 1 fs}}
observe: {{thermo: {{every: 0.1 ps}}, msd: {{every: 0.1 ps}}}}
"""

    def crystal(self, file="LiCl.poscar", name="crystal"):
        path = self.tmp / f"structures-{name}.yaml"
        path.write_text(self.CRYSTAL.format(file=self.tmp / file, name=name))
        return path

    def rock_salt(self, file, a):
        corners = ((0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))
        rows = [*corners, *((x + 0.5, y, z) for x, y, z in corners)]
        (self.tmp / file).write_text(f"LiCl\n1.0\n{a} 0 0\n0 {a} 0\n0 0 {a}\nLi Cl\n4 4\nDirect\n" +
                                     "".join("%g %g %g\n" % r for r in rows))

    def test_a_structure_of_another_name(self):
        self.rock_salt("LiCl.poscar", 5.13)
        self.rock_salt("wide.poscar", 5.2)
        out = self.tmp / "structure"
        self.ok(run(self.crystal(), out))
        before = self.copy("structure-before", out)
        # other atoms under its name are another glass
        text = self.ok(run(self.crystal("wide.poscar"), out), 2)
        self.assertIn("composition 'crystal': its glasses would be others than the recorded ones", text)
        self.assertIn("3 finished tasks would be lost", text)
        self.unrepeated(out, before)
        self.assertEqual((out / "campaign.yaml").read_bytes(), (before / "campaign.yaml").read_bytes())
        text = self.ok(run(self.crystal(name="salt"), out))
        self.assertIn("the composition 'crystal' is called 'salt' from now on\n", text)
        self.unrepeated(out, before)
        self.assertEqual(len(records(out)), 6)
        self.ok(run(self.crystal(name="salt"), self.tmp / "salt-fresh"))
        self.assertEqual(differences(self.tmp / "salt-fresh", out), "")
        self.sound(out)
        # the folder has kept the file under the name of now, and goes on without the user's
        (self.tmp / "LiCl.poscar").rename(self.tmp / "elsewhere.poscar")
        text = self.ok(run(self.crystal(name="salt"), out))
        self.assertIn("its copy", text)
        self.sound(out)

    # ---------------------------------------------------------------- a later piece that fails

    def crash_in(self, campaign, out, *more):
        """A fault of the program in a task of the second piece, by the signal that such a fault raises; the task."""
        def at_work():
            last = [e["task"] for e in events(out)[had:] if e["event"] == "lease" and e.get("piece") == 2]
            return last[-1] if last and last[-1] not in records(out) else None
        for _ in range(5):  # it may end while the signal is on its way
            had = len(events(out))
            p = start(campaign, out, 1, *more)
            try:
                wait_until(lambda: p.poll() is not None or at_work())
                self.assertIsNone(p.poll(), "it ended first")
                victim = processes(out)[0][1]
                time.sleep(0.1)  # not stopped: what dies suspended is not called to account
                task = at_work()
                os.kill(victim, signal.SIGSEGV)
                p.communicate(timeout=120)
            finally:
                if p.poll() is None:
                    os.killpg(p.pid, signal.SIGKILL)
                    p.communicate()
            if task and task not in records(out):
                return task
        raise AssertionError("no task of the second piece was struck")

    def test_b_a_later_piece_that_fails(self):
        out, more = self.copy("piece", self.done), self.write("piece", produce="60 ps")
        task = self.crash_in(more, out, "--extend")
        self.assertEqual(self.crash_in(more, out), task, "another task was next")
        text = self.ok(run(more, out, 2), 3)  # twice is enough; the others are done
        self.assertIn(task[:12], text)
        n = len(records(out))
        self.assertEqual(n, 12 + 8 - 1)
        self.unrepeated(out, self.done)
        status = json.loads(self.ok(subprocess.run([VITRION, "status", out, "--json"], capture_output=True, text=True)))
        (failure,) = status["failures"]
        self.assertEqual((failure["task"], failure["piece"]), (task, 2))
        # fits take what there is of that glass: its first piece; the others' numbers are those of all pieces
        import h5py
        with h5py.File(out / "results.h5") as f, h5py.File(self.done / "results.h5") as g:
            uid, done, piece = f["tasks/uid"][()].astype(str), f["tasks/done"][()], f["tasks/piece"][()]
            row = list(uid).index(task)
            self.assertEqual((bool(done[row]), int(piece[row]), int((~done.astype(bool)).sum())), (False, 2, 1))
            self.assertEqual(f["pool/n_results"][()].tolist(), g["pool/n_results"][()].tolist())
        self.ok(subprocess.run([VITRION, "verify", out], capture_output=True, text=True))
        text = self.ok(subprocess.run([VITRION, "repair", out], capture_output=True, text=True))
        self.assertIn("nothing", text)
        self.ok(run(more, out), 3)
        self.assertEqual(len(records(out)), n)
        # asked for no more than its first piece, all is done; and what was recorded of the others comes back
        self.ok(run(self.base, out))
        self.assertIn("kept: {600 K: 0.6 ps + 59.4 ps, 700 K: 0.6 ps + 59.4 ps}", (out / "campaign.yaml").read_text())
        # of the store, the campaign's text alone is another: it remembers the piece
        self.assertRegex(differences(self.done, out), r"^/campaign: type \S+ and \S+\n$")
        self.assertEqual(len(records(out)), n)

    # ---------------------------------------------------------------- edits and --join

    def test_c_a_job_that_joins_cannot_edit(self):
        out, long = self.tmp / "joined", self.write("long", produce="4 ns")
        p = start(long, out, 1)
        try:
            wait_until(lambda: (out / "campaign.yaml").exists() and events(out, "lease"))
            before = (out / "campaign.yaml").read_bytes()
            for changed, said in ((dict(produce="5 ns"), "protocol.produce.duration"), (dict(glasses=3), "glasses: 2, here 3"),
                                  (dict(density="1"), "protocol.pack.density: 0.9, here 1")):
                for extend in ([], ["--extend"]):
                    text = self.ok(run(self.write("edited", **{"produce": "4 ns", **changed}), out, 1, "--join", *extend), 2)
                    self.assertIn("holds another campaign", text)
                    self.assertIn(said, text)
                    self.assertIn("end its jobs first and run the edited file without --join", text)
                    self.assertIn(str(out / "campaign.yaml"), text)
            self.assertEqual((out / "campaign.yaml").read_bytes(), before)
            self.assertIsNone(p.poll(), "the job that leads goes on")
            os.kill(a_rank(out), signal.SIGTERM)
            self.assertEqual((p.communicate(timeout=120), p.returncode)[1], 75)
        finally:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGKILL)
                p.communicate()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2, failfast=False)
