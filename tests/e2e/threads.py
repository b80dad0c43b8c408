#!/usr/bin/python3
"""threads.py VITRION MPIEXEC SOURCE - cores that are lent, and runner.threads, in real campaigns over real ranks.

The claim: however many threads share a task, whoever lends them, and whoever dies meanwhile, every dataset of the store
(outside /timing) has the same bytes as that of one rank with one thread; and a rank that has nothing left to begin does lend
its core.  No test depends on how fast anything is."""
import os, pathlib, shutil, signal, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import SOURCE, VITRION, differences, events, processes, run, start, wait_until  # noqa: E402

CAMPAIGN = """\
vitrion: 1
campaign: tail
seed: 3
potential: {{kind: nep, file: {source}/campaigns/potentials/oxyhalide7-v1.nep.txt}}
compositions: {{include: [LiAlCl2.5O0.75], atoms: 336}}
temperatures: [700 K, 750 K, 800 K]
glasses: 1
protocol:
  melt: {{temperature: 1200 K, duration: 0.2 ps}}
  quench: {{rate: 2e15 K/s}}
  equilibrate: {{duration: 0.4 ps}}
  produce: {{duration: {produce}}}
engine: {{precision: mixed}}
{runner}
"""

LONG = "{800 K: 60 ps, default: 6 ps}"  # one task that lasts while the others are long over


class Threads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-threads-"))
        cls.reference = cls.tmp / "reference"
        p = run(cls.campaign("one", "runner: {threads: 1}"), cls.reference)
        assert p.returncode == 0, p.stdout + p.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    @classmethod
    def campaign(cls, name, runner="", produce="6 ps"):
        path = cls.tmp / f"{name}.yaml"
        path.write_text(CAMPAIGN.format(source=SOURCE, produce=produce, runner=runner))
        return path

    def same_results(self, a, b):
        """Every dataset but the campaign's text, which says how many threads there were."""
        lines = [s for s in differences(a, b).splitlines() if not s.startswith("/campaign: ")]
        self.assertEqual(lines, [])

    def sizes(self, out):
        """Cores that ranks were told of while they had a task: [(rank, cores)]."""
        return [(e["rank"], int(e["text"].split()[0])) for e in events(out, "cores")]

    def test_1_any_number_of_threads_gives_the_same_bytes(self):
        for name, runner, ranks in (("two", "runner: {threads: 2}", 1), ("four", "runner: {threads: 4}", 2),
                                    ("auto", "runner: {threads: auto}", 3)):
            with self.subTest(name):
                out = self.tmp / name
                p = run(self.campaign(name, runner), out, ranks)
                self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
                self.same_results(self.reference, out)
                if "auto" not in runner:
                    wanted = int(runner.rstrip("}").split()[-1])
                    log = "".join(f.read_text() for f in out.glob("log/rank-*.log"))
                    self.assertIn(f"ev=cores wanted={wanted} threads={wanted}", log)

    def test_2_a_rank_with_nothing_left_lends_its_core(self):
        """One of three MD tasks is ten times as long as the others: in the end it is alone, on two ranks."""
        out = self.tmp / "lent"
        long = self.campaign("long", produce=LONG)
        p = run(long, out, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        sizes = self.sizes(out)
        self.assertIn(2, [n for _, n in sizes], sizes)
        alone = self.tmp / "alone"
        p = run(self.campaign("long-one", "runner: {threads: 1}", LONG), alone, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(self.sizes(alone), [])
        self.same_results(alone, out)

    def test_3_the_lender_dies(self):
        """SIGKILL of the rank whose core is lent: the task goes on, on what is there, to the same bytes."""
        out = self.tmp / "lender"
        p = start(self.campaign("lender", produce=LONG), out, 3)

        def lent():
            """Ranks whose MD task has several cores: in the end the long one, and the others have nothing to do."""
            return [e["rank"] for e in events(out, "cores") if e["kind"] == "md" and e["text"] == "3 cores"]

        try:
            wait_until(lent, 100)
            lender = next(r for r in (1, 2) if r != lent()[-1])  # not the master
            os.kill(processes(out)[lender][1], signal.SIGKILL)
            text, _ = p.communicate(timeout=240)
        finally:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGKILL)
                p.communicate()
        self.assertEqual(p.returncode, 0, text)
        self.assertEqual([e["rank"] for e in events(out, "rank_dead")], [lender])
        self.assertEqual(self.sizes(out)[-1], (lent()[-1], 2))  # the core of the dead rank is not counted on
        again = self.tmp / "lent"
        if (again / "results.h5").is_file():  # the same campaign, undisturbed (test_2)
            self.same_results(again, out)

    def test_4_what_is_no_number_of_threads_is_refused(self):
        for text in ("0", "65", "many", "[2]", "1.5"):
            path = self.campaign("wrong", f"runner: {{threads: {text}}}")
            p = subprocess.run([VITRION, "check", path], capture_output=True, text=True)
            self.assertEqual(p.returncode, 2, p.stdout + p.stderr)
            self.assertIn("runner.threads", p.stdout + p.stderr)
            self.assertNotIn("Traceback", p.stderr)
        p = subprocess.run([VITRION, "check", self.campaign("right", "runner: {threads: auto}")], capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)

    def test_5_threads_are_no_part_of_a_task(self):
        """The same uids: a campaign goes on under another number of threads."""
        out = self.tmp / "goes-on"
        shutil.copytree(self.reference, out)
        before = len(events(out, "lease"))
        p = run(self.campaign("goes-on", "runner: {threads: 3}"), out, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertIn("4 of 4 tasks done", p.stdout)
        self.assertEqual(len(events(out, "lease")), before)
        self.same_results(self.reference, out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
