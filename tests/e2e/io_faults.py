#!/usr/bin/python3
"""io_faults.py VITRION MPIEXEC SOURCE SHIM [--every K] [--ops write,...] [--errors EIO,...] - the nth I/O call of an assembly fails.

The claim: `vitrion run` ends with 0 only if results.h5 has the right values, whatever one call, or every call from one on,
answers while results.h5 is made; otherwise it says so with another exit code and does not hang, and the same command without a
fault ends with 0 and the right values.  The reference is the undisturbed store of the same folder: the results of the tasks
are in the journal, only the store is made again.  SHIM is io_faults.c as a shared library; n counts up (every K-th) until a
run ends in which nothing failed.  A run that takes longer than 60 s hangs: it takes less than 2 s."""
import argparse, os, pathlib, shutil, subprocess, sys, tempfile

OPS = ["open", "write", "fsync", "rename", "close", "ftruncate", "fallocate", "link"]
ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EINTR", "short"]
MOST_S = 60

a = argparse.ArgumentParser()
a.add_argument("vitrion", type=pathlib.Path), a.add_argument("mpiexec"), a.add_argument("source", type=pathlib.Path)
a.add_argument("shim", type=pathlib.Path), a.add_argument("--every", type=int, default=1)
a.add_argument("--ops", default=",".join(OPS)), a.add_argument("--errors", default=",".join(ERRORS))
a.add_argument("--modes", default="once,ever"), a.add_argument("--ranks", type=int, default=1)
a.add_argument("--most", type=int, default=100000, help="of runs for one row of the table")
args = a.parse_args()
sys.argv[1:] = [str(args.vitrion), args.mpiexec, str(args.source)]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import write_campaign  # noqa: E402

sys.path.insert(0, str(args.source / "scripts"))
import compare_stores, h5py  # noqa: E402


def differences(a, b):
    """What differs between the stores of two folders, outside /timing; empty: nothing."""
    try:
        with h5py.File(a / "results.h5") as f, h5py.File(b / "results.h5") as g:
            x, y = compare_stores.datasets(f), compare_stores.datasets(g)
            lines = [f"{path} is in one of them only" for path in sorted(x.keys() ^ y.keys())]
            return "\n".join(lines + [f"{p}: {t}" for p in sorted(x.keys() & y.keys()) for t in compare_stores.differences(x[p], y[p])])
    except OSError as error:
        return str(error)


def run(campaign, out, fault=None, ranks=1):
    """Exit code (None: it hangs) and what it says.  One rank runs without mpiexec."""
    argv = [args.vitrion, "run", campaign, "--output", out, "--quiet"]
    if ranks > 1:
        argv = [args.mpiexec, "-n", str(ranks)] + argv
    env = dict(os.environ, **fault, LD_PRELOAD=str(args.shim)) if fault else dict(os.environ)
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True)
    try:
        text, _ = p.communicate(timeout=MOST_S)
        return p.returncode, text
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, 9)
        p.communicate()
        return None, "it hangs"


class Row:
    """One op, error and mode: what the runs did."""

    def __init__(self):
        self.tried, self.codes, self.wrong, self.hung, self.unmended = 0, {}, 0, 0, 0

    def bad(self):
        return self.wrong + self.hung + self.unmended


def without_store(out):
    for f in out.glob("results.h5*"):
        f.unlink()


def loop(campaign, out, reference, op, error, mode, log):
    row, n = Row(), 1
    while row.tried < args.most:
        without_store(out)
        log.unlink(missing_ok=True)
        fault = {"VT_FAULT_MATCH": str(out / "results.h5"), "VT_FAULT_OP": op, "VT_FAULT_N": str(n), "VT_FAULT_MODE": mode,
                 "VT_FAULT_ERROR": error, "VT_FAULT_LOG": str(log)}
        code, text = run(campaign, out, fault, args.ranks)
        fired = log.exists()
        right = (out / "results.h5").exists() and not differences(reference, out)
        what = f"{op} {error} {mode} n={n}: exit code {code}"
        if fired:
            row.tried += 1
            row.codes[code] = row.codes.get(code, 0) + 1
        if code is None:
            row.hung += 1
            print(f"HUNG  {what}", flush=True)
        if code == 0 and not right:
            row.wrong += 1
            print(f"WRONG {what}\n{differences(reference, out)}", flush=True)
        if code != 0:
            again, text = run(campaign, out)
            if again != 0 or differences(reference, out):
                row.unmended += 1
                print(f"NOT MENDED {what}, then {again}: {text}", flush=True)
        if not fired:
            return row
        n += args.every
    return row


def main():
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-io-"))
    try:
        campaign, out, reference = write_campaign(tmp, glasses=1, temperatures="900 K"), tmp / "out", tmp / "reference"
        code, text = run(campaign, out)
        assert code == 0, text
        shutil.copytree(out, reference)
        bad = total = 0
        print(f"{'op':10} {'error':7} {'mode':5} {'tried':>6} {'wrong':>6} {'hung':>5} {'not mended':>10}  exit codes", flush=True)
        for op in args.ops.split(","):
            for error in args.errors.split(","):
                if error == "short" and op != "write":
                    continue
                for mode in args.modes.split(","):
                    if error in ("EINTR", "short") and mode == "ever":
                        continue  # may be tried again without end, and rightly
                    row = loop(campaign, out, reference, op, error, mode, tmp / "fired")
                    bad, total = bad + row.bad(), total + row.tried
                    codes = ", ".join(f"{v} x {k}" for k, v in sorted(row.codes.items(), key=str))
                    print(f"{op:10} {error:7} {mode:5} {row.tried:6} {row.wrong:6} {row.hung:5} {row.unmended:10}  {codes}", flush=True)
        print(f"{total} faults: {bad} wrong, hung or not mended")
        return 1 if bad or total == 0 else 0
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
