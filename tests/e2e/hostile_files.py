#!/usr/bin/python3
"""hostile_files.py VITRION MPIEXEC SOURCE - links, FIFOs, sockets and folders where files are expected, limits that MPI cannot
start under, crafted shards and tables, and a disk that refuses checkpoints.

The claim: every one is refused with its name, or taken with a warning, within seconds; nothing is written through a link; a
start that cannot succeed never asks to be submitted again; and a run whose checkpoints cannot be written ends with the bytes of
an undisturbed one."""
import json, os, pathlib, resource, shutil, signal, socket, struct, subprocess, sys, tempfile, time, unittest, zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import VITRION, command, differences, processes, run, start, wait_until, write_campaign  # noqa: E402

PATIENCE = 60  # s: what waits for a FIFO or is quadratic takes for ever, what is asked for here a second


def call(*args, **how):
    return subprocess.run([VITRION, *map(str, args)], capture_output=True, text=True, timeout=PATIENCE, **how)


def limited(what, soft, hard=None):
    return lambda: resource.setrlimit(what, (soft, soft if hard is None else hard))


def make_socket(path):
    """By a short name: that of a socket has 107 bytes at most."""
    here = os.getcwd()
    with socket.socket(socket.AF_UNIX) as s:
        os.chdir(path.parent)
        s.bind(path.name)
        os.chdir(here)


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-hostile-"))
        cls.addClassCleanup(shutil.rmtree, cls.tmp, ignore_errors=True)
        cls.campaign = write_campaign(cls.tmp, kind="lj", file="'-'", glasses=1)
        cls.done = cls.tmp / "done"
        p = run(cls.campaign, cls.done)
        assert p.returncode == 0, p.stdout + p.stderr

    def copy(self, name):
        shutil.copytree(self.done, self.tmp / name)
        return self.tmp / name

    def refused(self, p, code, *words):
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        for w in words:
            self.assertIn(w, p.stdout + p.stderr)

    # ---- files that are none

    def test_1_a_fifo_is_no_campaign_table_or_structure(self):
        fifo = self.tmp / "fifo.yaml"
        os.mkfifo(fifo)
        for args in (("check", fifo), ("plan", fifo), ("fit", fifo)):
            self.refused(call(*args), 2, f"'{fifo}' is a FIFO (named pipe), expected a file")
        self.refused(call("analyze", fifo, "--dt", "1"), 2, f"'{fifo}' is not a regular file")
        self.refused(run(fifo, self.tmp / "none", timeout=PATIENCE), 2, f"'{fifo}' is a FIFO")
        potential = write_campaign(self.tmp, "p.yaml", file=fifo)
        self.refused(call("check", potential), 2, "fifo.yaml' is a FIFO (named pipe), expected a file")

    def test_2_what_is_called_a_shard_and_is_no_file(self):
        for what in ("fifo", "folder", "socket"):
            out = self.copy(f"shard-{what}")
            path = out / "journal/zz.vtj"
            if what == "fifo":
                os.mkfifo(path)
            elif what == "folder":
                path.mkdir()
            else:
                make_socket(path)
            kind = {"fifo": "a FIFO (named pipe)", "folder": "a folder", "socket": "a socket"}[what]
            for args in (("status", out), ("fit", out), ("verify", out)):
                p = call(*args)
                if args[0] != "fit":  # which reads the store
                    self.refused(p, 1, f"zz.vtj' is {kind}, expected a file")
            self.refused(run(self.campaign, out, timeout=PATIENCE), 1, f"zz.vtj' is {kind}, expected a file")

    def test_3_halt_that_is_no_file_is_told_and_not_heeded(self):
        for what, make in (("a FIFO", os.mkfifo), ("a folder", os.mkdir), ("a socket", make_socket)):
            out = self.tmp / ("halt-" + what[2:])
            slow = write_campaign(self.tmp, "slow.yaml", kind="mock", file="slow:0.0002", produce="4 ps", glasses=1)
            p = start(slow, out, 1)
            wait_until(lambda: (out / "log").is_dir())
            make(out / "HALT")
            text, _ = p.communicate(timeout=PATIENCE)
            self.assertEqual(p.returncode, 0, text)
            self.assertIn(f"HALT' is {what}", text)

    # ---- links and left-overs

    def test_4_no_link_is_written_through(self):
        out = self.copy("links")
        victim = self.tmp / "victim"
        victim.write_text("mine\n")
        for name in ("log/rank-0000.log", "log/events.jsonl"):
            (out / name).unlink()
            (out / name).symlink_to(victim)
        for name in ("status.json", "summary.json", "summary.csv", "campaign.yaml"):
            (out / f"{name}.tmp").symlink_to(victim)
        (out / "results.h5").unlink()
        p = run(self.campaign, out)
        self.refused(p, 0, "rank-0000.log'", "logs to the terminal only")
        self.assertEqual(victim.read_text(), "mine\n")

    def test_5_left_overs_are_removed_by_the_next_leader(self):
        out = self.copy("leftovers")
        left = [out / n for n in ("summary.csv.tmp-17", "checkpoint/a.vck.tmp-4-0123456789abcdef", "checkpoint/b.vck.tmp",
                                  "glass/a.xyz.tmp-17", "journal/a.vtj.tmp-9-00000000000000ff")]
        kept = [out / n for n in ("notes.tmp", "job.tmp-x", "notes.tmp-5", "glass/mine.tmp-5")]
        for path in left + kept:
            path.write_text("half")
        self.assertEqual(json.loads(call("verify", out, "--json").stdout).get("errors", 0), 0)
        self.assertEqual(run(self.campaign, out).returncode, 0)
        self.assertEqual([p for p in left if p.exists()], [])
        self.assertEqual([p for p in kept if not p.exists()], [])

    # ---- MPI that cannot start

    def test_6_a_start_that_cannot_succeed_does_not_ask_to_be_repeated(self):
        out = self.tmp / "limits"
        few = dict(preexec_fn=limited(resource.RLIMIT_NOFILE, 16))
        self.refused(call("run", self.campaign, "--output", out, **few), 1, "at most 16 files may be open (ulimit -n)")
        few = dict(preexec_fn=limited(resource.RLIMIT_NOFILE, 32))
        self.refused(run(self.campaign, out, 2, **few), 1, "at most 32 files may be open (ulimit -n)")
        small = dict(preexec_fn=limited(resource.RLIMIT_FSIZE, 1024))
        self.refused(run(self.campaign, out, 2, **small), 1, "a file may have 1024 bytes (ulimit -f)")
        env = dict(os.environ, PMI_FD="99", PMI_RANK="0", PMI_SIZE="2")
        self.refused(call("run", self.campaign, "--output", out, env=env), 4, "PMI_FD=99 is no open descriptor", "pmi2")
        with open(os.devnull) as null:  # open, and no launcher at its other end
            env["PMI_FD"] = str(null.fileno())
            p = call("run", self.campaign, "--output", out, env=env, pass_fds=[null.fileno()])
        self.refused(p, 1, "MPI could not start", "limits of this process")
        self.assertFalse(out.exists())

    def test_7_a_soft_limit_is_raised(self):
        out = self.tmp / "soft"
        self.refused(call("run", self.campaign, "--output", out, preexec_fn=limited(resource.RLIMIT_NOFILE, 16, 256)), 0)
        self.assertEqual(differences(self.done, out), "")

    def test_8_little_address_space_is_enough_for_a_version(self):
        """OpenBLAS made its threads before main and never came to an end where there was no room for them."""
        p = call("--version", preexec_fn=limited(resource.RLIMIT_AS, 200 << 20), env={"PATH": os.environ["PATH"]})
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("BLAS:", p.stdout)

    def test_9_the_folder_knows_the_exit_code_that_a_launcher_lost(self):
        self.assertEqual(call("status", self.done, "--exit-code").returncode, 0)
        out = self.copy("half")
        for shard in (out / "journal").glob("*.vtj"):
            os.truncate(shard, shard.stat().st_size // 2)
        self.assertEqual(call("status", out, "--exit-code", "--json").returncode, 75)
        self.assertEqual(call("status", out).returncode, 0)

    # ---- what was made to be slow

    def test_a_a_shard_of_false_headers_is_looked_at_once(self):
        out = self.copy("shard")
        n = 2 << 20
        shard = bytearray(b"VTJ1\n\0\0\0" + struct.pack("<I", 1))
        shard += struct.pack("<I", zlib.crc32(shard))
        while len(shard) < n:
            head = struct.pack("<IIQ32siI", 0x524A5456, 1, max(0, n - len(shard) - 64), b"\7" * 32, 0, 0)
            shard += head + struct.pack("<II", zlib.crc32(head), 1)
        (out / "journal/zz.vtj").write_bytes(shard)
        self.assertEqual(call("status", out).returncode, 0)

    def test_b_a_long_table_is_read_and_its_double_line_named(self):
        table = self.tmp / "long.csv"
        rows = 100_000
        with open(table, "w") as f:
            f.write("composition,glass,temperature_K,D_cm2_s,D_se\n")
            f.writelines(f"A,{k},500,1e-6,1e-7\n" for k in range(rows))
            f.write("A,77,500,1e-6,1e-7\n")
        self.refused(call("fit", table), 2, f"long.csv:{rows + 2}: glass 77 of 'A' at 500 K", "line 79")

    def test_c_a_position_that_is_none_is_refused_with_its_line(self):
        path = self.tmp / "far.xyz"
        path.write_text("1\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3\nLi 1 1e300 3\n")
        self.refused(call("analyze", path, "--dt", "1"), 2, "far.xyz:3:6: position '1e300'", "at most 1e+06 A")

    # ---- checkpoints that cannot be written

    def test_d_checkpoints_that_fail_do_not_change_the_bytes(self):
        long = write_campaign(self.tmp, "long.yaml", kind="mock", file="slow:0.0002", produce="40 ps", glasses=1,
                              temperatures="900 K", more="checkpoint: {every: 1 s}")
        out, reference = self.tmp / "full", self.tmp / "full-reference"
        undisturbed = start(long, reference, 1)
        p = start(long, out, 1)
        wait_until(lambda: (out / "checkpoint").is_dir())
        m = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", out / "checkpoint"], capture_output=True, text=True)
        if m.returncode != 0:
            for q in (p, undisturbed):
                q.send_signal(signal.SIGTERM)
                q.communicate(timeout=PATIENCE)
            self.skipTest("a full disk under the checkpoints needs root and tmpfs: " + m.stderr.strip())
        try:
            log = out / "log/rank-0000.log"
            wait_until(lambda: log.exists() and "No space left on device" in log.read_text())
            self.assertEqual([f for f in (out / "checkpoint").iterdir() if ".tmp-" in f.name and f.stat().st_size], [])
            self.assertIsNone(p.poll())  # it goes on
            subprocess.run(["mount", "-o", "remount,size=50m", out / "checkpoint"], check=True)
            wait_until(lambda: any(f.suffix == ".vck" for f in (out / "checkpoint").iterdir()))
            subprocess.run(["mount", "-o", "remount,size=4k", out / "checkpoint"], capture_output=True)
            for _, (watchdog, child) in processes(out).items():
                for pid in (watchdog, child):
                    os.kill(pid, signal.SIGKILL)
            p.communicate(timeout=PATIENCE)
            again = run(long, out, 1)
            self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        finally:
            subprocess.run(["umount", "-l", out / "checkpoint"], capture_output=True)
        text, _ = undisturbed.communicate(timeout=PATIENCE)
        self.assertEqual(undisturbed.returncode, 0, text)
        self.assertEqual(differences(reference, out), "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
