#!/usr/bin/python3
"""training_io_faults.py VITRION MPIEXEC SOURCE SHIM [--every] - one I/O call of `vitrion train` fails, the nth of its kind.

A committee of two is trained, which writes every kind of file that a training has: checkpoints, models, tables, parity, report,
cards, committee.json.  open, write, fsync, rename, close and mkdir fail once, with EIO or ENOSPC, or a write is short.
Claims: exit code 0 only if every file is what it is without the fault; no crash, no hang; the same command repeated ends with
the bytes of an undisturbed training.  The reference are the files of that; all exact.
By default the 1st, 2nd, 4th, 7th ... call of each kind, errors in turns; --every: all of them with each error."""
import collections, os, pathlib, random, shutil, subprocess, sys, tempfile, unittest

vitrion, mpiexec, source, shim = sys.argv[1:5]
EVERY = "--every" in sys.argv
sys.argv[1:] = [vitrion, mpiexec, source]
sys.path.insert(0, os.path.join(source, "tests/e2e"))
from training import FILE, frames, label, truth

OPS = {"open": ("EIO", "ENOSPC"), "write": ("EIO", "ENOSPC", "short"), "fsync": ("EIO",), "rename": ("EIO", "ENOSPC"),
       "close": ("EIO",), "mkdir": ("EIO", "ENOSPC")}
EXACT = ["nep.txt", "nep_seed3.txt", "nep_seed4.txt", "committee.txt", "committee.json", "train.csv", "test.json",
         "parity/energy.csv", "parity/force.csv", "parity/virial.csv"]
EXACT += [f"seed{k}/{name}" for k in (3, 4) for name in ("nep.txt", "nep_last.txt", "nep_average.txt", "train.csv", "test.json",
                                                        "parity/force.csv")]
TEXT = ["README.md", "report.html", "seed3/README.md", "seed4/report.html"]  # they name their folder


def numbers():
    n, step = 1, 1
    while True:
        yield n
        n, step = (n + 1, 1) if EVERY else (n + step, step + 1 + step // 2)


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="vt-train-io-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        cls.dir = pathlib.Path(cls.tmp.name)
        rng = random.Random(5)
        (cls.dir / "truth.txt").write_text(truth(rng))
        label(cls.dir, "train.xyz", frames(rng, 24))
        label(cls.dir, "test.xyz", frames(rng, 4))
        (cls.dir / "test.xyz").write_text((cls.dir / "test.xyz").read_text().replace("run=r", "run=t"))
        (cls.dir / "train.yaml").write_text(FILE.replace("EPOCHS", "1").replace("finish: 3", "finish: 1, seeds: 2"))
        p = cls.train(cls.dir / "ref")
        assert p.returncode == 0, p.stderr
        cls.reference = cls.read(cls.dir / "ref")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def train(cls, out, **env):
        return subprocess.run([vitrion, "train", cls.dir / "train.yaml", "--output", out], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, OPENBLAS_NUM_THREADS="1", **env))

    @classmethod
    def read(cls, out):
        got = {n: (out / n).read_bytes() if (out / n).exists() else None for n in EXACT + TEXT}
        for n, b in got.items():
            if b and n in TEXT:
                got[n] = b.replace(str(out).encode(), b"OUT")
            elif b and n.endswith("train.csv"):  # the last column is what a clock said
                got[n] = b"\n".join(line.rpartition(b",")[0] for line in b.splitlines())
        return got

    def differs(self, out):
        got = self.read(out)
        return [n for n in got if got[n] != self.reference[n]]

    def one(self, op, error, n):
        """Exit code with the nth call failing; None: there is no nth."""
        out, log = self.dir / "out", self.dir / "fired"
        shutil.rmtree(out, ignore_errors=True)
        log.unlink(missing_ok=True)
        p = self.train(out, LD_PRELOAD=shim, VT_FAULT_MATCH=str(out), VT_FAULT_OP=op, VT_FAULT_N=str(n), VT_FAULT_MODE="once",
                       VT_FAULT_ERROR=error, VT_FAULT_LOG=str(log))
        if not log.exists():
            return None
        where = log.read_text()[:200]
        self.assertGreaterEqual(p.returncode, 0, f"{where}\n{p.stderr}")
        if p.returncode == 0:
            self.assertEqual(self.differs(out), [], f"passed as good: {where}")
        again = self.train(out)
        self.assertEqual(again.returncode, 0, f"{where}\n{p.stderr}\nthen {again.stderr}")
        self.assertEqual(self.differs(out), [], f"not mended: {where}")
        return p.returncode

    def test_no_fault_is_passed_as_good_and_the_same_command_mends_it(self):
        codes, kinds = collections.Counter(), 0
        for op, errors in OPS.items():
            # all of one kind behind the other, or the kinds in turns
            for these in [(error,) for error in errors] if EVERY else [errors]:
                with self.subTest(op=op, errors=these):
                    fired = 0
                    for n in numbers():
                        code = self.one(op, these[fired % len(these)], n)
                        if code is None:
                            break
                        codes[code] += 1
                        fired += 1
                    self.assertGreater(fired, 0)
                    kinds += len(these)
        print(f"{sum(codes.values())} faults of {kinds} kinds, exit codes {dict(codes)}")
        self.assertGreater(sum(codes.values()), 20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
