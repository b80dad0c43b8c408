#!/usr/bin/python3
"""output_faults.py VITRION MPIEXEC SOURCE SHIM [unittest arguments] - a command cannot write what it was asked for.

The nth open, mkdir, write, fsync, rename, ftruncate or close on the output of each command fails, for all n that there are.
Claims: the exit code is not 0, one line of stderr names file or folder and the system's reason, no Python trace; under each
final name stands the old file or the whole new one, never a part; nothing is left beside; the same command afterwards
succeeds and writes what it writes undisturbed.  The reference is that undisturbed run, byte for byte."""
import errno
import os
import pathlib
import pty
import random
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

VITRION, MPIEXEC, SOURCE, SHIM = sys.argv[1:5]
del sys.argv[4]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import write_campaign  # noqa: E402
from edits import cut  # noqa: E402

OPS = ("open", "mkdir", "write", "fsync", "rename", "ftruncate", "close")
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}
OLD = b"what stood here before\n"
SHM = "/dev/shm" if os.path.isdir("/dev/shm") else None  # where fsync takes no time


def environment(**more):
    return dict(os.environ, OPENBLAS_NUM_THREADS="1", SOURCE_DATE_EPOCH="1700000000", **more)


class Outputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vitrion-out-", dir=SHM)
        cls.dir = pathlib.Path(cls.tmp.name).resolve()
        c = write_campaign(cls.dir, kind="lj", file='"-"', glasses=1, temperatures="600 K, 700 K, 800 K", produce="1.2 ps")
        p = cls.call("run", c, "--output", cls.dir / "done", "--quiet")
        assert p.returncode == 0, p.stdout + p.stderr

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def call(cls, *words, **env):
        return subprocess.run([VITRION, *map(str, words)], cwd=cls.dir, capture_output=True, text=True, timeout=120,
                              env=environment(**env))

    def files(self, top):
        return {str(f.relative_to(top)): f.read_bytes() for f in sorted(top.rglob("*")) if f.is_file()} if top.exists() else {}

    def faults(self, words, out, old=(), ops=OPS, step=1, least=4, match=None, ignore=()):
        """All nth failures of `words`, whose output is the folder `out`, in which the files `old` stand before."""
        def before():
            shutil.rmtree(out, ignore_errors=True)
            if old:
                out.mkdir()
            for name in old:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                (out / name).write_bytes(OLD)

        def same(got, want):
            return {k: v for k, v in got.items() if k not in ignore} == {k: v for k, v in want.items() if k not in ignore}

        before()
        p = self.call(*words)
        self.assertEqual(p.returncode, 0, p.stderr)
        whole, fired, log = self.files(out), 0, self.dir / "fired"
        self.assertGreater(len(whole), 0)
        for op in ops:
            for k, n in enumerate(range(1, 100000, step)):
                error = list(ERRORS)[k % 2]
                before()
                log.unlink(missing_ok=True)
                p = self.call(*words, LD_PRELOAD=SHIM, VT_FAULT_MATCH=str(match or out), VT_FAULT_OP=op, VT_FAULT_N=str(n),
                              VT_FAULT_MODE="once", VT_FAULT_ERROR=error, VT_FAULT_LOG=str(log))
                if not log.exists():
                    break
                where = f"{log.read_text().strip()} {error}: exit code {p.returncode}: {p.stderr}"
                fired += 1
                if op == "close" and p.returncode == 0:  # of a folder after its fsync: all is there
                    self.assertTrue(same(self.files(out), whole), where)
                    continue
                self.assertIn(p.returncode, (1, 2), where)
                self.assertIn(os.strerror(ERRORS[error]), p.stderr, where)
                self.assertIn(str(out), p.stderr, where)
                self.assertNotIn("Traceback", p.stderr, where)
                for name, data in self.files(out).items():
                    self.assertIn(name, {*whole, *old}, f"left beside: {where}")
                    self.assertTrue(data == whole.get(name) or name in old and data == OLD or name in ignore, f"a part of {name}: {where}")
                for name in old:
                    self.assertTrue((out / name).exists(), f"the old {name} is gone: {where}")
                p = self.call(*words)
                self.assertEqual(p.returncode, 0, f"{where}\nthen {p.stderr}")
                self.assertTrue(same(self.files(out), whole), where)
        self.assertGreaterEqual(fired, least)
        print(f"{words[0]}: {fired} faults", flush=True)

    def test_manual(self):
        """Two dozen pages, written alike: every thirteenth call."""
        self.faults(["manual", "--output", self.dir / "share"], self.dir / "share", step=13, least=20)
        self.faults(["manual", "--output", self.dir / "share"], self.dir / "share", least=4, step=17, ops=("write", "rename"),
                    old=("man/man1/vitrion.1", "zsh/site-functions/_vitrion"))

    def test_rank_table(self):
        out = self.dir / "rank"
        self.faults(["rank", self.points(), "--by", "D", "--csv", out / "t.csv"], out, old=("t.csv",))

    def points(self):
        rng, path = random.Random(3), self.dir / "points.csv"
        path.write_text("composition,glass,temperature_K,D_cm2_s,D_se\n" + "".join(
            f"{name},{g},{t},{x!r},{0.1 * x!r}\n" for name in ("a", "b") for g in (0, 1, 2) for t in (500, 600, 700)
            for x in [1e-6 * 2 ** ((t - 500) / 50) * (1 + 0.05 * rng.random())]))
        return path

    def test_analyze_points(self):
        rng, runs = random.Random(5), self.dir / "runs"
        runs.mkdir()
        for t in (500, 600):
            at = [[rng.uniform(0, 14) for _ in range(3)] for _ in range(24)]
            with open(runs / f"LiAlCl4-{t}K-glass0.xyz", "w", encoding="utf-8") as f:
                for _ in range(60):
                    f.write('24\nLattice="14 0 0 0 14 0 0 0 14"\n')
                    for i, x in enumerate(at):
                        if i < 4:
                            x[:] = [v + rng.gauss(0, 0.2) for v in x]
                        f.write(f"{('Li' if i < 4 else 'Al' if i < 8 else 'Cl')} {x[0]} {x[1]} {x[2]}\n")
        out = self.dir / "table"
        self.faults(["analyze", runs, "--dt", "0.1", "--points", out / "p.csv"], out, old=("p.csv",))

    def test_trajectory(self):
        """`one --trajectory`: frames go to a file beside, for as long as the run takes."""
        listed = self.call("one", self.dir / "c.yaml").stdout.splitlines()
        uid, out = next(line.split()[0] for line in listed if " K " in line), self.dir / "frames"
        self.faults(["one", self.dir / "c.yaml", "--output", self.dir / "done", "--task", uid, "--trajectory", out / "t.xyz"], out,
                    old=("t.xyz",), least=8)

    def test_select(self):
        import importlib.util
        spec = importlib.util.spec_from_file_location("of_select", pathlib.Path(__file__).with_name("select.py"))
        of_select = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(of_select)
        import numpy
        rng = numpy.random.default_rng(7)
        for k in range(2):
            (self.dir / f"m{k}.nep.txt").write_text(of_select.potential(10 + k)[0])
        (self.dir / "committee.txt").write_text("nep m0.nep.txt\nnep m1.nep.txt\n")
        (self.dir / "all.xyz").write_text("".join(of_select.text_of(of_select.glass(rng, 1 + 0.02 * k), f"run=r{k}") for k in range(5)))
        out = self.dir / "picked"
        self.faults(["select", "all.xyz", "--count", "2", "--potential", "committee.txt", "--out", out / "p.xyz"], out, old=("p.xyz",))

    def test_export(self):
        out = self.dir / "export"
        for what in ("glass", "last"):
            self.faults(["export", self.dir / "done", "--what", what, "--format", "poscar", "--out", out], out)
        self.faults(["export", self.dir / "done", "--points", out / "p.csv"], out, old=("p.csv",))

    def test_report(self):
        """Page and figures are written by scripts/report/whole.py: every call of it by itself, and three by the command,
        which takes seconds to draw."""
        out = self.dir / "page"
        out.mkdir()
        once = ("import sys, pathlib; sys.path.insert(0, sys.argv[1])\nfrom report import whole\n"
                "try: whole.replace(sys.argv[2], b'new' * 70000)\nexcept OSError as e: sys.exit(f'report: {e}')")
        for op in ("open", "write", "fsync", "rename", "close"):
            (out / "r.html").write_bytes(OLD)
            p = subprocess.run(["/usr/bin/python3", "-B", "-c", once, os.path.join(SOURCE, "scripts"), out / "r.html"], capture_output=True,
                               text=True, timeout=120, env=environment(**self.shim(out, op, 1)))
            self.assertEqual(p.returncode, 1, op)
            self.assertIn(f"report: [Errno {errno.EIO}] {os.strerror(errno.EIO)}: '{out}/r.html'", p.stderr)
            self.assertEqual(self.files(out), {"r.html": OLD}, op)
        words = ["report", self.dir / "done", "--output", out / "r.html", "--figures", out / "figures"]
        for op, n in (("rename", 1), ("write", 3)):  # the page; a figure
            p = self.call(*words, **self.shim(out, op, n))
            where = f"{op} {n}: {p.stderr}"
            self.assertEqual(p.returncode, 1, where)
            self.assertRegex(p.stderr, rf"report: \[Errno 5\] Input/output error: '{out}/[a-z/._-]+'\n$")
            self.assertNotIn("Traceback", where)
            self.assertEqual((out / "r.html").read_bytes() == OLD, op == "rename", where)
            for name, data in self.files(out).items():
                self.assertRegex(name, "^(r.html|figures/.*[.](svg|pdf))$")
                self.assertTrue(data == OLD or data.rstrip().endswith((b"</html>", b"</svg>", b"%%EOF")), f"a part of {name}: {where}")
        p = self.call(*words)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertTrue((out / "r.html").read_bytes().rstrip().endswith(b"</html>"))

    def shim(self, out, op, n):
        return dict(LD_PRELOAD=SHIM, VT_FAULT_MATCH=str(out) + "/", VT_FAULT_OP=op, VT_FAULT_N=str(n), VT_FAULT_MODE="once", VT_FAULT_ERROR="EIO")


class Pipes(unittest.TestCase):
    """`submit` and its pipes to sbatch."""
    SBATCH = '#!/bin/sh\nenv -u LD_PRELOAD cat >"$FAKE/script"\n[ -s "$FAKE/script" ] && echo job >>"$FAKE/jobs"\necho 4711\n'

    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="vitrion-out-", dir=SHM)
        self.addCleanup(self.tmp.cleanup)
        self.dir = pathlib.Path(self.tmp.name).resolve()
        write_campaign(self.dir, kind="lj", file='"-"')
        for name, text in (("sbatch", self.SBATCH), ("squeue", "#!/bin/sh\necho Priority\n")):
            (self.dir / name).write_text(text)
            (self.dir / name).chmod(0o755)

    def submit(self, *more, **env):
        return subprocess.run([VITRION, "submit", "c.yaml", "--calibrate", "0", *more], cwd=self.dir, capture_output=True, text=True,
                              timeout=120, env=environment(FAKE=str(self.dir), PATH=f"{self.dir}:{os.environ['PATH']}", **env))

    def jobs(self):
        return len((self.dir / "jobs").read_text().split()) if (self.dir / "jobs").exists() else 0

    def faulty(self, op, error, mode="once"):
        """The first such call on a pipe fails, in vitrion: sbatch and what it starts are programs of others."""
        (self.dir / "fired").unlink(missing_ok=True)
        p = self.submit(LD_PRELOAD=SHIM, VT_FAULT_MATCH="pipe:", VT_FAULT_OP=op, VT_FAULT_N="1", VT_FAULT_MODE=mode,
                        VT_FAULT_ERROR=error, VT_FAULT_LOG=str(self.dir / "fired"))
        self.assertTrue((self.dir / "fired").exists(), "the fault did not happen")
        return p

    def test_sbatch_gets_the_whole_script_or_none(self):
        want = self.submit("--dry-run").stdout
        self.assertIn("#SBATCH", want)
        p = self.faulty("write", "EIO")
        self.assertEqual((p.returncode, self.jobs()), (1, 0), p.stderr)
        self.assertRegex(p.stderr, "the script could not be written to sbatch.*Input/output error; nothing was submitted")
        for n, (error, mode) in enumerate((("EINTR", "once"), ("short", "once"), ("short", "ever"))):
            p = self.faulty("write", error, mode)
            self.assertEqual((p.returncode, self.jobs()), (0, n + 1), f"{error} {mode}: {p.stderr}")
            self.assertEqual((self.dir / "script").read_text(), want)

    def test_an_answer_that_cannot_be_read_or_is_none_is_told(self):
        p = self.faulty("read", "EIO")
        self.assertEqual((p.returncode, self.jobs()), (1, 1), p.stderr)
        self.assertRegex(p.stderr, "took the script, but its answer could not be read: Input/output error: `squeue --me`")
        (self.dir / "sbatch").write_text(self.SBATCH.replace("4711", ""))
        p = self.submit()
        self.assertEqual((p.returncode, self.jobs()), (1, 2), p.stderr)
        self.assertIn("took the script, but gave no number of a job: `squeue --me`", p.stderr)

    def test_without_descriptors_nothing_is_submitted(self):
        failed = done = 0
        for most in range(3, 40):
            had = self.jobs()
            p = subprocess.run([VITRION, "submit", "c.yaml", "--calibrate", "0"], cwd=self.dir, capture_output=True, text=True, timeout=120,
                               env=environment(FAKE=str(self.dir), PATH=f"{self.dir}:{os.environ['PATH']}"),
                               preexec_fn=lambda n=most: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
            if p.returncode == 127:  # the loader found no library
                continue
            if p.returncode == 0:
                self.assertEqual(self.jobs(), had + 1)
                done += 1
                if done == 2:
                    break
            else:
                failed += 1
                self.assertEqual(self.jobs(), had, f"{most}: {p.stderr}")
                if "sbatch refused the job" not in p.stderr:  # in its own words
                    self.assertIn(os.strerror(errno.EMFILE), p.stderr, most)
        self.assertGreater(failed, 0)
        self.assertEqual(done, 2)

    def test_a_script_for_a_full_disk_is_not_called_written(self):
        for words in (["submit", "c.yaml", "--dry-run"], ["plan", "c.yaml", "--sbatch"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                p = subprocess.run([VITRION, *words, "--calibrate", "0"], cwd=self.dir, stdout=full, stderr=subprocess.PIPE, text=True,
                                   timeout=120, env=environment())
            self.assertEqual(p.returncode, 1, p.stderr)
            self.assertIn("No space left on device", p.stderr)


class Watch(unittest.TestCase):
    """D and Ea so far come through a file in memory: what goes wrong is on the screen, which goes on."""

    def test_estimates_that_fail_are_told_on_the_screen(self):
        with tempfile.TemporaryDirectory(prefix="vitrion-out-", dir=SHM) as tmp:
            out, log = pathlib.Path(tmp) / "part", pathlib.Path(tmp) / "fired"
            c = write_campaign(tmp, kind="lj", file='"-"', glasses=1, produce="0.4 ps")
            p = subprocess.run([VITRION, "run", c, "--output", out, "--quiet"], capture_output=True, text=True, env=environment())
            self.assertEqual(p.returncode, 0, p.stderr)
            cut(next(out.glob("journal/*.vtj")), 5)  # one of six tasks is open
            for path in (*out.glob("results.h5*"), *out.glob("summary.*")):
                path.unlink()
            # `nice` starts the process: another program of this name
            for name, does in (("ends", "exit 3"), ("killed", "kill -9 $$"), ("half", "echo '{'")):
                (pathlib.Path(tmp) / name).mkdir()
                (pathlib.Path(tmp) / name / "nice").write_text(f"#!/bin/sh\n{does}\n")
                (pathlib.Path(tmp) / name / "nice").chmod(0o755)
            for fault, said in (({}, None), ({"VT_FAULT_OP": "read"}, b"Input/output error"), ({"PATH": tmp}, b"No such file"),
                                ({"PATH": f"{tmp}/ends"}, b"ended with 3"), ({"PATH": f"{tmp}/killed"}, b"signal 9"),
                                ({"PATH": f"{tmp}/half"}, b"cut off")):
                if "VT_FAULT_OP" in fault:
                    fault = dict(fault, LD_PRELOAD=SHIM, VT_FAULT_MATCH="memfd:vitrion-estimates", VT_FAULT_N="1", VT_FAULT_MODE="ever",
                                 VT_FAULT_ERROR="EIO", VT_FAULT_LOG=str(log))
                self.watch(out, fault, said)
                self.assertEqual(log.exists(), "VT_FAULT_OP" in fault)
                log.unlink(missing_ok=True)

    def watch(self, out, fault, said):
        """The screen until it says so (None: for some seconds in which it says nothing); then q."""
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(environment(TERM="xterm", COLUMNS="100", LINES="40", **fault))
            os.execv(VITRION, [VITRION, "status", str(out), "--watch"])
        shown, end, quiet_s = b"", time.time() + 240, None  # what makes them has the lowest priority on a busy machine
        while time.time() < end and not (said and said in shown):
            if select.select([fd], [], [], 0.1)[0]:
                shown += os.read(fd, 65536)
            if not said and not quiet_s and b"lgD(" in shown:
                quiet_s, end = 4, time.time() + 4
        os.write(fd, b"q")
        while True:
            try:
                if not os.read(fd, 65536):
                    break
            except OSError:  # the terminal's other end is closed
                break
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertIn(b"lgD(", shown)
        if said:
            self.assertIn(b"newer D and Ea: not known: ", shown)
            self.assertIn(said, shown)
        else:
            self.assertNotIn(b"not known", shown)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
