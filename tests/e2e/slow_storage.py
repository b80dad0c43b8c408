#!/usr/bin/python3
"""slow_storage.py VITRION MPIEXEC SOURCE - a storage that answers slowly, or never while a job starts.

The claims: (1) housekeeping (status.json, HALT, death notes) that takes seconds a call does not stop the MD steps: the run
ends, the log says once what is slow, and the calls are few; (2) a rank that stands still between the launch and the first
task is ended after VITRION_START_PATIENCE, the job ends with 75 and says in which phase.  slow_io.c is the storage.  Time
limits here are only against hanging for ever: what is judged are exit codes, numbers of calls and messages."""
import os, pathlib, subprocess, tempfile, unittest
from ranks import *

HOUSEKEEPING = "status.json:HALT:lease/fallen"
PATIENCE_S = 10
STALLS = {  # rank, part of a path, which call on it; what the message says then
    "in MPI_Init": ("1", "/", 1, "starting MPI"),
    "before the campaign": ("0", "c.yaml", 1, "reading the c"),  # the command line, or the campaign
    "in the broadcast": ("1", ".nep.txt", 1, "reading the campaign"),
    "opening the folder": ("0", "/lease", 1, "opening the output folder"),
    "indexing the journal": ("1", "/journal", 1, "opening the output folder"),
}


class SlowStorage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="vitrion-slow-")
        cls.tmp = pathlib.Path(cls.folder.name)
        cls.lib = cls.tmp / "slow_io.so"
        source = SOURCE / "tests/e2e/slow_io.c"
        subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", cls.lib, source, "-ldl"], check=True)
        cls.campaign = write_campaign(cls.tmp, glasses=1, temperatures="900 K")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def slow(self, rank, paths, seconds, first=1):
        return {**os.environ, "LD_PRELOAD": str(self.lib), "SLOW_RANK": rank, "SLOW_PATHS": paths, "SLOW_S": str(seconds),
                "SLOW_FROM": str(first), "SLOW_LOG": str(self.tmp / f"calls-{rank}")}

    def finishes(self, rank, ranks=3):
        out = self.tmp / f"slow-{rank}"
        p = run(self.campaign, out, ranks, env=self.slow(rank, HOUSEKEEPING, 2), timeout=200)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        log = self.tmp / f"calls-{rank}"
        return p, log.read_text().splitlines() if log.exists() else []

    def test_1_two_seconds_a_call_on_the_master_do_not_stop_the_steps(self):
        p, calls = self.finishes("0")
        self.assertGreater(len(calls), 2)
        # at most: the folder is entered, a look of each kind at the beginning and after a minute each, the end
        self.assertLess(len(calls), 40, calls)
        self.assertEqual(sum("status.json" in c and "fsync" in c for c in calls), 0, calls)
        self.assertEqual(p.stderr.count('ev=slow_storage what="status.json"'), 1, p.stderr)

    def test_2_a_rank_that_stands_still_while_the_job_starts_is_ended(self):
        jobs = {}
        for k, (where, (rank, path, first, _)) in enumerate(STALLS.items()):
            env = {**self.slow(rank, path, "ever", first), "VITRION_START_PATIENCE": str(PATIENCE_S)}
            jobs[where] = subprocess.Popen(command(self.campaign, self.tmp / f"stall{k}", 2), stdout=subprocess.PIPE,
                                           stderr=subprocess.STDOUT, text=True, env=env)
        ended = {}
        try:
            for where, p in jobs.items():
                ended[where] = p.communicate(timeout=10 * PATIENCE_S)[0]
        finally:
            for p in jobs.values():
                p.kill()
        for where, text in ended.items():
            with self.subTest(where):
                self.assertEqual(jobs[where].returncode, 75, text)
                self.assertIn(STALLS[where][3], text)

    @unittest.skipUnless(os.environ.get("VITRION_SLOW_TESTS"), "takes a minute each")
    def test_3_nor_on_another_rank_or_on_all(self):
        for rank in ("1", "all"):
            with self.subTest(rank):
                self.finishes(rank)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
