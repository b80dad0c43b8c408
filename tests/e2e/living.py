#!/usr/bin/python3
"""living.py VITRION MPIEXEC SOURCE - ranks and jobs that die, hang, join, are stopped: what the others do, and the same bytes.

The reference for bytes is an undisturbed run on one rank.  Random faults are in faults.py, real SLURM jobs in tests/slurm."""
import json, os, pathlib, shutil, signal, struct, subprocess, sys, tempfile, time, unittest, zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import (VITRION, differences, events, glasses, processes, run, start, wait_until, write_campaign)  # noqa: E402

FAST = "checkpoint: {every: 1 s}\nrunner: {rank_timeout: 3 s, master_timeout: 8 s}"
STOPPED, FAILED_TASKS, USAGE = 75, 3, 2


def h5(out, *names):
    import h5py
    with h5py.File(pathlib.Path(out) / "results.h5") as f:
        return [f[n][()] for n in names]


def until_it_ends(campaign, out, ranks, most=12):
    """The same command again and again, as a batch system would on 75."""
    codes = []
    while not codes or codes[-1] == STOPPED:
        p = run(campaign, out, ranks)
        codes.append(p.returncode)
        if len(codes) == most:
            raise AssertionError(f"no end after {codes}\n{p.stdout}{p.stderr}")
    return codes, p


class Campaigns(unittest.TestCase):
    """`campaign` is long enough to be struck in the middle, `short` for what happens whenever it begins."""

    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-living-"))
        cls.campaign = write_campaign(cls.tmp, produce="20 ps", more=FAST)
        cls.short = write_campaign(cls.tmp, "short.yaml", produce="1 ps", more=FAST)
        cls.reference, cls.short_reference = cls.tmp / "reference", cls.tmp / "short-reference"
        for campaign, out in ((cls.campaign, cls.reference), (cls.short, cls.short_reference)):
            p = run(campaign, out)
            assert p.returncode == 0, p.stdout + p.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def ends_like_reference(self, p, out, code=0):
        text, _ = p.communicate(timeout=200)
        self.assertEqual(p.returncode, code, text)
        if code == 0:
            self.assertEqual(differences(self.reference, out), "")
        return text


class Living(Campaigns):
    def test_01_the_job_outlives_a_worker(self):
        out = self.tmp / "worker"
        p = start(self.campaign, out, 3)
        wait_until(lambda: glasses(out) >= 2)
        os.kill(processes(out)[1][1], signal.SIGKILL)
        text = self.ends_like_reference(p, out)
        self.assertIn("rank 1 was killed by signal 9 (Killed); the others go on", text)
        self.assertIn("1 ranks died on the way", text)
        self.assertEqual([e["rank"] for e in events(out, "rank_dead")], [1])
        self.assertEqual(list(h5(out, "/timing/crashes")[0]), [0] * 12)  # SIGKILL is nobody's fault

    def test_02_a_stopped_worker_is_ended_and_replaced(self):
        out = self.tmp / "stopped"
        p = start(self.campaign, out, 2)
        wait_until(lambda: glasses(out) >= 2)
        os.kill(processes(out)[1][1], signal.SIGSTOP)
        text = self.ends_like_reference(p, out)
        self.assertIn("rank 1 showed no sign of life for 3 s and was ended", text)

    def test_04_a_task_that_kills_its_process_twice_is_quarantined(self):
        out = self.tmp / "crash"
        bad = write_campaign(self.tmp, "crash.yaml", kind="mock", file="crash@60", glasses=1, more=FAST)
        codes, p = until_it_ends(bad, out, 2)
        self.assertEqual(codes[-1], FAILED_TASKS, p.stdout + p.stderr)
        self.assertIn("was killed by signal 11 (Segmentation fault)", p.stdout)
        kind, status, crashes = h5(out, "/tasks/kind", "/tasks/status", "/timing/crashes")
        self.assertEqual(sorted(crashes[kind == b"glass"]), [2, 2])
        self.assertEqual(set(status), {b"failed", b"missing"})
        task, error = h5(out, "/timing/crash/task", "/timing/crash/error")
        self.assertEqual(len(task), 4)
        self.assertTrue(all(b"signal 11" in e for e in error))
        uid = h5(out, "/tasks/uid")[0][kind == b"glass"][0].decode()
        s = subprocess.run([VITRION, "status", out, "--task", uid], capture_output=True, text=True)
        self.assertEqual(s.returncode, 0, s.stderr)
        self.assertEqual(s.stdout.count("crash: attempt 0"), 2, s.stdout)

    def test_05_an_endless_loop_in_a_potential_is_noticed(self):
        out = self.tmp / "hang"
        bad = write_campaign(self.tmp, "hang.yaml", kind="mock", file="hang@60", glasses=1, temperatures="900 K", more=FAST)
        codes, p = until_it_ends(bad, out, 2)
        self.assertEqual(codes[-1], FAILED_TASKS, p.stdout + p.stderr)
        self.assertIn("showed no sign of life for 3 s", p.stdout)

    def test_06_the_ladder_repeats_the_failed_stage_and_the_store_tells_the_story(self):
        out = self.tmp / "ladder"
        bad = write_campaign(self.tmp, "ladder.yaml", kind="mock", file="nan@300", glasses=1, temperatures="900 K", more=FAST)
        p = run(bad, out, 2)
        self.assertEqual(p.returncode, FAILED_TASKS, p.stdout + p.stderr)
        attempt, half, stage, error = h5(out, "/failures/attempt", "/failures/half_stage", "/failures/stage", "/failures/error")
        melt = 1
        for glass in (0, 3):
            self.assertEqual(list(zip(attempt[glass:glass + 3], half[glass:glass + 3])), [(0, 0), (0, melt), (1, 0)])
        self.assertEqual(set(stage), {b"melt"})
        self.assertTrue(all(b"melt" in e for e in error))
        self.assertEqual(len(list(out.glob("failed/*.xyz"))), 6)  # a frame of every try
        self.assertIn("of its 2 tasks failed for good", p.stdout)

    def test_07_a_second_start_is_refused_and_a_joined_one_helps(self):
        out = self.tmp / "joined"
        first = start(self.campaign, out, 1, "--join")  # nobody leads yet: it does
        wait_until(lambda: glasses(out) >= 1)
        p = run(self.campaign, out, 1)
        self.assertEqual(p.returncode, USAGE, p.stdout + p.stderr)
        self.assertIn("another start of this campaign is working", p.stderr)
        self.assertIn("--join", p.stderr)
        self.assertIn(f"pid {processes(out)[0][1]}", p.stderr)
        second = start(self.campaign, out, 1, "--join")
        text, _ = second.communicate(timeout=200)
        self.assertEqual(second.returncode, 0, text)
        self.ends_like_reference(first, out)
        done = {}
        for e in events(out, "result"):
            done.setdefault(e["job"], set()).add(e["task"])
        self.assertEqual(len(done), 2, "both jobs did tasks")
        self.assertEqual(len(set.union(*done.values())), 12)
        self.assertEqual([n for n in os.listdir(out / "lease") if n != "fallen" and not n.startswith("epoch-")], [])

    def test_08_if_the_leading_job_dies_the_joined_one_leads(self):
        out = self.tmp / "heir"
        first = start(self.campaign, out, 1)
        wait_until(lambda: glasses(out) >= 1)
        second = start(self.campaign, out, 1, "--join")
        wait_until(lambda: len(events(out, "start")) == 2)
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
        text = self.ends_like_reference(second, out)
        self.assertIn("12 of 12 tasks done", text)
        self.assertIn("store: ", text)  # it was the one to assemble

    def test_12_results_of_another_build_are_not_mixed_in_silently(self):
        out = self.tmp / "mixed"
        shutil.copytree(self.reference, out)
        shard = next(out.glob("journal/*.vtj"))
        data = bytearray(shard.read_bytes())
        # the first RESULT: 16 bytes file header, 64 bytes record header (payload bytes at 8, crc of the payload at 60,
        # which the header crc at 56 does not cover), then the head with the build id at byte 136
        size = struct.unpack_from("<Q", data, 16 + 8)[0]
        payload = slice(16 + 64, 16 + 64 + size)
        build = data[payload.start + 136:payload.start + 184].split(b"\0")[0]
        self.assertRegex(build.decode(), r"^\d+\.\d+\.\d+-")
        data[payload.start + 136:payload.start + 141] = b"9.9.9"
        struct.pack_into("<I", data, 16 + 60, zlib.crc32(bytes(data[payload])))
        shard.write_bytes(bytes(data))
        p = run(self.campaign, out)
        self.assertEqual(p.returncode, USAGE, p.stdout + p.stderr)
        self.assertIn("9.9.9", p.stderr)
        self.assertIn("--allow-mixed", p.stderr)
        (out / "results.h5").unlink()
        p = run(self.campaign, out, 1, "--allow-mixed")
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(sum(b"9.9.9" in b for b in h5(out, "/timing/build")[0]), 1)

    def test_15_a_disk_that_fails_to_sync_ends_the_job_and_not_only_for_some(self):
        """fdatasync fails on one rank, as on a broken disk: error exit, nobody waits for ever, nothing is lost."""
        lib = self.tmp / "nosync.so"
        source = self.tmp / "nosync.c"
        source.write_text("""
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <stdlib.h>
            #include <string.h>
            int fdatasync(int fd) {
              static int calls;
              const char *r = getenv("PMI_RANK");
              if (r && strcmp(r, getenv("NOSYNC_RANK")) == 0 && ++calls > 0) { errno = EIO; return -1; }
              return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
            }""")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", lib, source, "-ldl"], check=True)
        for rank in "01":
            out = self.tmp / f"nosync{rank}"
            t0 = time.time()
            p = run(self.short, out, 3, env={**os.environ, "LD_PRELOAD": str(lib), "NOSYNC_RANK": rank})
            self.assertIn(p.returncode, (1, STOPPED), p.stdout + p.stderr)
            self.assertIn("cannot sync journal shard", p.stdout + p.stderr)
            self.assertLess(time.time() - t0, 40)
            self.assertEqual(processes(out), {})
            p = run(self.short, out, 2)
            self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
            self.assertEqual(differences(self.short_reference, out), "")

    def test_16_a_crash_counts_once_while_another_job_helps(self):
        out = self.tmp / "crash-joined"
        bad = write_campaign(self.tmp, "crash2.yaml", kind="mock", file="crash@60", glasses=1, more=FAST)
        first = start(bad, out, 3)
        wait_until(lambda: len(events(out, "start")) == 1)
        second = start(bad, out, 3, "--join")
        for p in (first, second):
            p.communicate(timeout=120)
        codes, p = until_it_ends(bad, out, 2)
        self.assertEqual(codes[-1], FAILED_TASKS, p.stdout + p.stderr)
        for task, n in zip(*__import__("numpy").unique(h5(out, "/timing/crash/task")[0], return_counts=True)):
            self.assertGreaterEqual(n, 2, f"task {task} was given up after {n} deaths")

    @unittest.skipUnless(os.environ.get("VITRION_SLOW_TESTS"), "waits a minute to be sure")
    def test_21_a_lease_that_names_nobody_is_outwaited(self):
        out = self.tmp / "nobody"
        (out / "lease").mkdir(parents=True)
        (out / "lease/leader").write_bytes(b"\xff\x00 no lease at all")
        p = run(self.campaign, out, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(differences(self.reference, out), "")

    @unittest.skipUnless(os.environ.get("VITRION_SLOW_TESTS"), "waits a minute for a heart that does not beat")
    def test_17_after_a_reboot_the_lease_of_before_is_outwaited(self):
        out = self.tmp / "rebooted"
        p = start(self.campaign, out, 1)
        wait_until(lambda: glasses(out) >= 1)
        os.killpg(p.pid, signal.SIGKILL)
        p.communicate()
        wait_until(lambda: processes(out) == {})
        [job] = (out / "lease").glob("job-*")
        lines = job.read_text().splitlines(keepends=True)
        body = "".join("boot 00000000-0000-0000-0000-000000000000\n" if s.startswith("boot ") else s for s in lines[:-1])
        job.write_text(body + f"crc {zlib.crc32(body.encode()):08x}\n")
        p = run(self.campaign, out, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertIn("waiting to see whether it lives", p.stderr)
        self.assertEqual(differences(self.reference, out), "")

    def test_18_a_stopped_watchdog_does_not_hold_the_job(self):
        out = self.tmp / "watchdog"
        p = start(self.campaign, out, 2)
        wait_until(lambda: glasses(out) >= 2)
        os.kill(processes(out)[1][0], signal.SIGSTOP)
        self.ends_like_reference(p, out)

    def test_19_any_name_of_a_folder_will_do(self):
        """MPI-IO takes what stands before a colon for the kind of file system."""
        out = self.tmp / "at 12:30, 'again'"
        self.assertEqual(run(self.short, out, 2).returncode, 0)
        self.assertEqual(differences(self.short_reference, out), "")

    def test_20_a_journal_that_breaks_under_a_run_costs_no_sound_task(self):
        out = self.tmp / "breaking"
        p = start(self.campaign, out, 2)
        wait_until(lambda: glasses(out) >= 4)
        for shard in out.glob("journal/*.vtj"):
            with open(shard, "r+b") as f:
                f.seek(200)
                byte = f.read(1)[0]
                f.seek(200)
                f.write(bytes([byte ^ 1]))
        p.communicate(timeout=100)
        p = run(self.campaign, out, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(differences(self.reference, out), "")

    def test_13_status_shows_ranks_and_why_tasks_wait(self):
        out = self.tmp / "status"
        campaign = write_campaign(self.tmp, "watched.yaml", produce="400 ps")
        p = start(campaign, out, 2)
        wait_until(lambda: (out / "status.json").exists() and any(
            r.get("task") for r in json.loads((out / "status.json").read_text())["ranks"]))
        s = json.loads(subprocess.run([VITRION, "status", out, "--json"], capture_output=True, text=True).stdout)
        self.assertEqual(len(s["ranks"]), 2)
        self.assertEqual([j["leads"] for j in s["jobs"]], [True])
        busy = [r for r in s["ranks"] if r["state"] == "busy"]
        self.assertIn(busy[0]["stage"], ("", "melt", "quench", "equilibrate", "produce"))
        text = subprocess.run([VITRION, "status", out], capture_output=True, text=True).stdout
        self.assertIn("rank 0", text)
        self.assertIn("leads", text)
        listed = subprocess.run([VITRION, "one", campaign], capture_output=True, text=True).stdout.splitlines()
        md = next(line.split()[0] for line in listed if " K " in line)
        why = subprocess.run([VITRION, "status", out, "--task", md], capture_output=True, text=True)
        self.assertEqual(why.returncode, 0, why.stderr)
        # "in another job": status.json may be two seconds older than the claim
        self.assertRegex(why.stdout, "waits for its glass|running on rank|running in another job|ready|done")
        os.kill(processes(out)[0][0], signal.SIGTERM)
        p.communicate(timeout=60)


class InTime(Campaigns):
    """What has a time limit: nothing else runs beside it."""

    def test_03_without_their_master_the_others_keep_their_work(self):
        out = self.tmp / "master"
        p = start(self.campaign, out, 2)
        wait_until(lambda: glasses(out) >= 4)
        time.sleep(0.5)
        os.kill(processes(out)[0][1], signal.SIGKILL)
        t0 = time.time()
        text, _ = p.communicate(timeout=60)
        self.assertEqual(p.returncode, STOPPED, text)
        self.assertLess(time.time() - t0, 15)
        self.assertIn("it was the master", text)
        self.assertIn("ev=master_dead", (out / "log/rank-0001.log").read_text())
        p = run(self.campaign, out, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(differences(self.reference, out), "")

    def test_09_soft_stops_end_in_time_and_continue_to_the_same_bytes(self):
        out, reference = self.tmp / "stopped-softly", self.tmp / "stopped-softly-reference"
        campaign = write_campaign(self.tmp, "softly.yaml", produce="50 ps", more=FAST)
        self.assertEqual(run(campaign, reference, 2).returncode, 0)
        for n, sig in enumerate((signal.SIGTERM, signal.SIGUSR1, signal.SIGINT), 1):
            p = start(campaign, out, 2)
            wait_until(lambda: len(events(out, "start")) == n and len(events(out, "lease")) > 2 * n)
            time.sleep(0.5)
            t0 = time.time()
            os.kill(processes(out)[1][0], sig)  # to a watchdog, as a launcher would
            text, _ = p.communicate(timeout=60)
            self.assertEqual(p.returncode, STOPPED, text)
            self.assertLess(time.time() - t0, 20)
            self.assertIn("stopped early", text)
            self.assertTrue(list(out.glob("checkpoint/*.vck")), "running tasks were kept")
        p = run(campaign, out, 3)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(differences(reference, out), "")
        self.assertIn("ev=resumed", "".join(log.read_text() for log in out.glob("log/rank-*.log")))
        self.assertEqual(list(out.glob("checkpoint/*")), [])

    def test_10_a_second_interrupt_leaves_at_once(self):
        out = self.tmp / "impatient"
        slow = write_campaign(self.tmp, "slow.yaml", kind="mock", file="slow:0.002", produce="20 ps")  # a block lasts 10 s
        p = start(slow, out, 1)
        wait_until(lambda: (out / "status.json").exists() and '"produce"' in (out / "status.json").read_text())
        child = processes(out)[0][1]
        os.kill(child, signal.SIGINT)
        time.sleep(1)
        t0 = time.time()
        os.kill(child, signal.SIGINT)
        p.communicate(timeout=30)
        self.assertLess(time.time() - t0, 3)
        self.assertNotEqual(p.returncode, 0)
        s = json.loads(subprocess.run([VITRION, "status", out, "--json"], capture_output=True, text=True).stdout)
        self.assertEqual(s["tasks"]["failed"], 0)
        text = subprocess.run([VITRION, "verify", out, "--json"], capture_output=True, text=True).stdout
        self.assertEqual(json.loads(text)["checked"]["failures"], 0, "impatience is no fault of the task")

    def test_11_wall_limit_and_halt_after_tasks(self):
        out = self.tmp / "wall"
        long = write_campaign(self.tmp, "long.yaml", produce="400 ps", more=FAST)
        t0 = time.time()
        p = run(long, out, 2, "--wall", "0:10", "--grace", "4")
        self.assertEqual(p.returncode, STOPPED, p.stdout + p.stderr)
        self.assertLess(time.time() - t0, 14)
        self.assertIn("stopped by the wall limit", p.stdout)
        halted = self.tmp / "after"
        p = start(self.campaign, halted, 2)
        wait_until(lambda: len(events(halted, "lease")) >= 2)
        (halted / "HALT").write_text("after-tasks\n")
        text, _ = p.communicate(timeout=120)
        self.assertEqual(p.returncode, STOPPED, text)
        self.assertEqual(len(events(halted, "lease")), len(events(halted, "result")))  # what had begun was finished

    def test_14_a_rank_that_dies_while_mpi_starts_ends_the_job_at_once(self):
        """Else the others wait in MPI_Init for ever: the launcher does not look at its children before they have begun."""
        for k in range(6):
            out = self.tmp / "early"
            p = start(self.short, out, 3)
            wait_until(lambda: len(processes(out)) == 3, 20, 0)
            time.sleep(0.02 * k)
            os.kill(processes(out)[k % 3][1], signal.SIGKILL)
            t0 = time.time()
            p.communicate(timeout=60)
            self.assertLess(time.time() - t0, 20)
            self.assertIn(p.returncode, (0, STOPPED))  # 0: it had begun already, and lived on


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
