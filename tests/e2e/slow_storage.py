#!/usr/bin/python3
"""slow_storage.py VITRION MPIEXEC SOURCE - a storage that answers slowly, or never while a job starts.

The claims: (1) housekeeping (status.json, HALT, death notes) that takes seconds a call does not stop the MD steps: the run
ends, the log says once what is slow, and the calls are few; (2) a rank that stands still between the launch and the first
task is ended after VITRION_START_PATIENCE, the job ends with 75 (4 while MPI starts) and says in which phase.  slow_io.c is
the storage.  Time limits here are only against hanging for ever: what is judged are exit codes, numbers of calls and messages.
VITRION_SHOW=1 prints how long each stall took.  Campaigns long enough for a table: slow_trials.py."""
import os, pathlib, subprocess, tempfile, unittest
from ranks import *

HOUSEKEEPING = "status.json:HALT:lease/fallen"
PATIENCE_S = 20
STALLS = {  # (where, rank): parts of a path, calls; exit code and message then
    ("in MPI_Init", "0"): ("/", None, 4, f"MPI did not start within {PATIENCE_S} s"),
    ("in MPI_Init", "1"): ("/", None, 4, f"MPI did not start within {PATIENCE_S} s"),
    ("before the first heartbeat", "0"): ("c.yaml", "access", 75, "reading the command line"),
    ("before the first heartbeat", "1"): ("c.yaml", "access", 75, "reading the command line"),
    ("reading the campaign", "0"): ("c.yaml", "open", 75, "reading the campaign"),
    ("in the broadcast", "0"): (".nep.txt", "open", 75, "reading the campaign"),  # rank 1 waits for it
    ("in the broadcast", "1"): (".nep.txt", "open", 75, "reading the campaign"),
    ("opening the folder", "0"): ("/lease", None, 75, "opening the output folder"),
    ("indexing the journal", "0"): ("/journal", "opendir", 75, "(reading the campaign)"),  # whose folder is it
    ("opening its log", "1"): ("/log/rank-", None, 75, "opening the output folder"),  # rank 0 waits in a broadcast
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
        jobs, ended, took = {}, {}, {}
        for k, ((where, rank), (path, calls, _, _)) in enumerate(STALLS.items()):
            env = {**self.slow(rank, path, "ever"), "VITRION_START_PATIENCE": str(PATIENCE_S),
                   "SLOW_LOG": str(self.tmp / f"stall{k}.log"), **({"SLOW_CALLS": calls} if calls else {})}
            jobs[where, rank] = subprocess.Popen(command(self.campaign, self.tmp / f"stall{k}", 2),
                                                 stdout=open(self.tmp / f"stall{k}.txt", "w"), stderr=subprocess.STDOUT, env=env)
        give_up = time.time() + 15 * PATIENCE_S
        while len(took) < len(jobs) and time.time() < give_up:
            for k, (key, p) in enumerate(jobs.items()):
                log = self.tmp / f"stall{k}.log"
                if key not in took and p.poll() is not None:
                    took[key] = time.time() - float(log.read_text().split()[-1]) if log.exists() else float("nan")
            time.sleep(0.1)
        for k, (key, p) in enumerate(jobs.items()):
            p.kill()
            p.wait()
            ended[key] = (self.tmp / f"stall{k}.txt").read_text()
        for key, (_, _, code, message) in STALLS.items():
            if os.environ.get("VITRION_SHOW"):
                print(f"{key[0]:28} rank {key[1]}  deadline {PATIENCE_S} s  ended after {took.get(key, -1):6.1f} s  "
                      f"exit code {jobs[key].returncode}  ({message})")
            with self.subTest(key):
                self.assertIn(key, took, "it was not ended")
                self.assertEqual(jobs[key].returncode, code, ended[key])
        # The launcher may drop what a rank writes while it ends the job: one message in ten may be lost.
        lost = {key: ended[key] for key, (_, _, _, message) in STALLS.items() if message not in ended[key]}
        self.assertLessEqual(len(lost), 1, lost)

    def test_3_reading_that_takes_long_is_no_silence(self):
        """A finished campaign is started again: rank 0 indexes the journal, fits, hashes the store and reads it back, with
        thousands of calls that read.  All of them take longer than a rank may be silent then (10 x runner.rank_timeout)."""
        call_s, silence_s = 0.01, 30
        campaign = write_campaign(self.tmp, "reading.yaml", glasses=1, temperatures="900 K")
        out = self.tmp / "reading"
        first = run(campaign, out, 2)
        write_campaign(self.tmp, "reading.yaml", glasses=1, temperatures="900 K", more="runner: {rank_timeout: 3 s}")
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        env = {**self.slow("0", "results.h5:/journal/", call_s), "SLOW_CALLS": "fread:pread:pread64",
               "SLOW_LOG": str(self.tmp / "reads")}
        p = subprocess.Popen(command(campaign, out, 2), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        beats = set()
        while p.poll() is None:
            for presence in out.glob("lease/job-*"):
                try:
                    beats.add(presence.read_text().split("beat ")[1].split()[0])
                except (OSError, IndexError):
                    pass  # it was just removed, or is being written
            time.sleep(0.2)
        text = p.communicate()[0]
        calls = (self.tmp / "reads").read_text().splitlines()
        if os.environ.get("VITRION_SHOW"):
            print(f"{len(calls)} calls of reading, {call_s} s more each; {len(beats)} heartbeats of the job; exit code {p.returncode}")
        self.assertEqual(p.returncode, 0, text)
        self.assertNotIn("no sign of life", text)
        self.assertGreater(call_s * len(calls), silence_s, "nothing was tried: a rank may be silent for longer than that")
        # One every 5 s or, where a beat is slow, 20 s; in silence there would be no more than the first.
        self.assertGreater(len(beats), call_s * len(calls) / 20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
