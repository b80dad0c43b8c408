#!/usr/bin/python3
"""io_faults.py VITRION MPIEXEC SOURCE SHIM [--kinds store,...] [--ops write,...] [--errors EIO,...] ... - the nth I/O call fails.

The claim: whatever one call, or every call from one on, answers on one kind of file of an output folder, `vitrion run`
ends with 0 only if results.h5 has the right values, its checksum fits, summary.* and the trajectory have the right bytes
and `vitrion verify` is content; otherwise it says so with another exit code, does not hang, and the same command without a
fault ends with 0 and all that.  The reference is an undisturbed run.  SHIM is io_faults.c as a shared library; for each kind, call, error and mode n
counts up until a run ends in which nothing failed: no nth call took place.  Where there are more than --all calls only every
--every th fails (--all 0: no limit).  A run that takes longer than 200 s hangs: it takes a few seconds, and a lease that
names nobody is outwaited for 60 s.

EINTR "for ever" is not tried: no system call answers so, and trying again without end is right.  Other errors that no call of
that name answers (no space left, for read or stat) are not tried, either.

--results FILE keeps every run as a line of JSON; what stands there is not tried again, and the table at the end counts it.
--part I/K takes every K-th row of the table, --workers W runs W rows at a time."""
import argparse, collections, concurrent.futures, hashlib, itertools, json, os, pathlib, shutil, signal, subprocess, sys, tempfile
import threading, time

ERRORS = {"EIO": "Input/output error", "ENOSPC": "No space left on device", "EDQUOT": "Disk quota exceeded",
          "EINTR": "Interrupted system call", "ENOLCK": "No locks available", "short": ""}
OPS = ["open", "read", "write", "fsync", "rename", "close", "ftruncate", "fallocate", "link", "unlink", "mkdir", "stat", "lock"]
NO_ROOM_IN = ["open", "write", "fsync", "rename", "close", "ftruncate", "fallocate", "link", "mkdir"]
# kind: the folder before the run, the files ('$': that path itself; '*': in any path), what it is
KINDS = {
    "store": ("no-store", ["/results.h5", "$"], "results.h5, .sha256, the folder itself"),
    "summary": ("no-store", ["/summary."], "summary.json, summary.csv"),
    "journal": ("new", ["/journal"], "records appended in a new folder"),
    "journal-again": ("no-store", ["/journal"], "the journal of a folder that goes on"),
    "checkpoint": ("half", ["/checkpoint/"], "a task goes on from its checkpoint and writes others"),
    "status": ("new", ["/status.json"], "status.json"),
    "record": ("new", ["/campaign.yaml", "/.vitrion"], "the recorded campaign and the marker, new"),
    "record-again": ("no-store", ["/campaign.yaml", "/.vitrion"], "the same, read"),
    "lease": ("no-store", ["/lease"], "who leads"),
    "claims": ("half", ["/lease"], "who does a task"),
    "trajectory": ("new", ["/trajectory"], "trajectory/*/*.h5"),
    "frames": ("half", ["*.vck.frames-"], "frames beside a checkpoint: a task goes on from them and writes others"),
    "views-again": ("no-views", ["/glass"], "glass/*.xyz that a kill left unwritten"),
    "views": ("new", ["/glass", "/log", "/failed"], "glass/*.xyz, log/*, failed/"),
}
PASSES = [("EIO", "once"), ("ENOSPC", "ever"), ("short", "once"), ("EINTR", "once")]  # what tells most comes first
MOST_S = 200

a = argparse.ArgumentParser()
a.add_argument("vitrion", type=pathlib.Path), a.add_argument("mpiexec"), a.add_argument("source", type=pathlib.Path)
a.add_argument("shim", type=pathlib.Path)
a.add_argument("--kinds", default=",".join(KINDS)), a.add_argument("--ops", default=",".join(OPS))
a.add_argument("--errors", default=",".join(ERRORS)), a.add_argument("--modes", default="once,ever")
a.add_argument("--ranks", type=int, default=1), a.add_argument("--every", type=int, default=1)
a.add_argument("--all", type=int, default=0, help="up to so many calls all of them fail in turn, whatever --every")
a.add_argument("--most", type=int, default=100000, help="of runs for one row of the table")
a.add_argument("--verify", type=int, default=1, metavar="K", help="call `vitrion verify` where n is a multiple of K")
a.add_argument("--part", default="0/1"), a.add_argument("--workers", type=int, default=1)
a.add_argument("--results", type=pathlib.Path), a.add_argument("--print", action="store_true", help="the table of --results")
args = a.parse_args()
args.source = args.source.resolve()
sys.argv[1:] = [str(args.vitrion), args.mpiexec, str(args.source)]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import write_campaign  # noqa: E402

import h5py, numpy  # noqa: E402

one_at_a_time = threading.Lock()  # HDF5, and the lines of --results


class Campaign:
    """A campaign file, the folder of its undisturbed run, and the folders from which faulty runs begin."""

    def __init__(self, tmp, name, produce):
        self.file = write_campaign(tmp, name=f"{name}.yaml", glasses=1, temperatures="900 K", produce=produce,
                                   more="checkpoint: {every: 1 s}")
        frames = ", trajectory: {every: %s fs}}" % (40 if name == "short" else 400)
        self.file.write_text(self.file.read_text().replace(", NaAlCl2.5O0.75", "").replace("thermo: {every: 20 fs}}",
                                                                                             "thermo: {every: 20 fs}" + frames))
        (tmp / name).mkdir()  # all folders lie equally deep: the store holds the path from the folder to the potential
        self.reference, self.good, self.base = tmp / name / "reference", set(), {"new": None}
        code, text = run(self, self.reference)
        assert code == 0, text
        self.values, self.bytes = None, outside_timing(self.reference / "results.h5")
        self.learn_checksums(tmp / name / "second")

    def learn_checksums(self, out):
        """HDF5 has a checksum of 4 bytes over the attributes of a dataset: two undisturbed runs show where those of /timing are."""
        code, text = run(self, out)
        assert code == 0, text
        data, counts = self.bytes
        there = numpy.fromfile(out / "results.h5", dtype=numpy.uint8)
        assert len(there) == len(data)
        for at in ((data != there) & counts).nonzero()[0]:
            counts[max(at - 3, 0):at + 4] = False

    def made(self, what):
        """A folder to begin from; `half`: a task has two checkpoints, the next is due a second later."""
        with one_at_a_time:
            if what not in self.base:
                out = self.reference.with_name(what)
                if what == "no-views":
                    shutil.copytree(self.reference, out)
                    for f in out.glob("glass/*.xyz"):
                        f.unlink()
                elif what == "no-store":
                    shutil.copytree(self.reference, out)
                    for f in itertools.chain(out.glob("results.h5*"), out.glob("summary.*")):
                        f.unlink()
                else:
                    stop_with_checkpoints(self, out)
                self.base[what] = out
            return self.base[what]


def begin(campaign, out, fault=None, ranks=1):
    """One rank runs without mpiexec."""
    argv = [args.vitrion, "run", campaign.file, "--output", out, "--quiet"]
    if ranks > 1:
        argv = [args.mpiexec, "-n", str(ranks)] + argv
    env = dict(os.environ, **fault, LD_PRELOAD=str(args.shim)) if fault else dict(os.environ)
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True)


def run(campaign, out, fault=None, ranks=1):
    """Exit code (None: it hangs) and what it says."""
    p = begin(campaign, out, fault, ranks)
    try:
        text, _ = p.communicate(timeout=MOST_S)
        return p.returncode, text
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        p.communicate()
        return None, "it hangs"


def stop_with_checkpoints(campaign, out):
    """The glass is done, its MD task is not."""
    shutil.rmtree(out, ignore_errors=True)
    p = begin(campaign, out)
    end = time.time() + MOST_S
    while not (list(out.glob("glass/*.xyz")) and list(out.glob("checkpoint/*.vck"))):
        assert time.time() < end and p.poll() is None, "no checkpoint was written"
        time.sleep(0.01)
    p.send_signal(signal.SIGTERM)
    text, _ = p.communicate()
    assert p.returncode == 75 and list(out.glob("checkpoint/*.vck")), text


def values(store):
    """Type, shape, attributes and bytes of every dataset outside /timing."""
    found = {}

    def add(path, d):
        if isinstance(d, h5py.Dataset) and not path.startswith("timing/"):
            a = d[()]
            found[path] = (str(d.dtype), d.shape, sorted((k, str(v)) for k, v in d.attrs.items()), repr(a.tolist()) if d.dtype.hasobject else a.tobytes())

    with h5py.File(store) as f:
        f.visititems(add)
    return found


def outside_timing(store):
    """The bytes of a store, and which of them are not /timing: neither its values nor the attributes that follow from them."""
    data = numpy.fromfile(store, dtype=numpy.uint8)
    counts, text = numpy.ones(len(data), bool), data.tobytes()

    def leave_out(_, d):
        if not isinstance(d, h5py.Dataset):
            return
        if d.id.get_offset() is not None:
            counts[d.id.get_offset():d.id.get_offset() + d.id.get_storage_size()] = False
        for v in d.attrs.values():
            v = v.encode() if isinstance(v, str) else bytes(v) if isinstance(v, bytes) else b""
            at = text.find(v) if len(v) == 64 else -1  # a digest
            if at >= 0:
                counts[at:at + 64] = False

    with h5py.File(store) as f:
        f["timing"].visititems(leave_out)
    return data, counts


def wrong(campaign, out):
    """What is not as in the undisturbed run; '': nothing."""
    ref, store = campaign.reference, out / "results.h5"
    for name in ("summary.json", "summary.csv"):
        if not (out / name).exists() or (out / name).read_bytes() != (ref / name).read_bytes():
            return f"{name} is another"
    for path in ref.glob("trajectory/*/*.h5"):
        other = out / path.relative_to(ref)
        if not other.exists() or other.read_bytes() != path.read_bytes():
            return f"{path.name} is another"
    try:
        sum_of_bytes = hashlib.sha256(store.read_bytes()).hexdigest()
        if (out / "results.h5.sha256").read_text().split()[0] != sum_of_bytes:
            return "results.h5.sha256 does not fit"
    except (OSError, IndexError) as error:
        return str(error)
    with one_at_a_time:
        if sum_of_bytes in campaign.good:
            return ""
        data, counts = campaign.bytes
        there = numpy.fromfile(store, dtype=numpy.uint8)
        if len(data) == len(there) and not ((data != there) & counts).any():  # as a rule; looking at every dataset takes long
            return ""
        try:
            campaign.values = campaign.values or values(ref / "results.h5")
            there = values(store)
        except OSError as error:
            return str(error)
        lines = [f"{p} differs" for p in sorted(campaign.values.keys() | there.keys()) if campaign.values.get(p) != there.get(p)]
        if not lines:
            campaign.good.add(sum_of_bytes)
        return "\n".join(lines)


def verify(out):
    p = subprocess.run([args.vitrion, "verify", out], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if p.returncode == 0 else p.stdout


def try_one(campaign, base, out, patterns, row, n, log):
    """One fault: what became of it; None: there was no nth call."""
    kind, op, error, mode = row
    shutil.rmtree(out, ignore_errors=True)
    log.unlink(missing_ok=True)
    if base:
        shutil.copytree(base, out)
    fault = {"VT_FAULT_MATCH": "|".join(p[1:] if p[0] == "*" else str(out) + p for p in patterns), "VT_FAULT_OP": op, "VT_FAULT_N": str(n),
             "VT_FAULT_MODE": mode, "VT_FAULT_ERROR": error, "VT_FAULT_LOG": str(log)}
    code, text = run(campaign, out, fault, args.ranks)
    r = {"row": row, "n": n, "code": code, "wrong": "", "unmended": "", "text": text[-2000:],
         "call": log.read_text().splitlines()[0] if log.exists() else ""}
    if code == 0:
        r["wrong"] = wrong(campaign, out) or (verify(out) if n % args.verify == 0 else "")
    if code != 0:
        again, said = run(campaign, out)
        r["unmended"] = f"{again}: {said[-2000:]}" if again != 0 else wrong(campaign, out)
    r["unnamed"] = code != 0 and ERRORS[error] not in text
    return r if r["call"] or r["wrong"] or r["unmended"] or code != 0 else None


def loop(campaigns, row, tmp, keep, have):
    kind, op, error, mode = row
    base, patterns, _ = KINDS[kind]
    campaign = campaigns["long" if base == "half" else "short"]
    where = tmp / "-".join(row)
    where.mkdir()
    n = tried = 0
    while tried < args.most:
        n += 1 if n < args.all else args.every
        if (row, n) not in have:
            r = try_one(campaign, campaign.made(base), where / "out", patterns, row, n, where / "fired")
            if not r:
                break
            keep(r)
        tried += 1
    shutil.rmtree(where, ignore_errors=True)


def rows():
    part, parts = map(int, args.part.split("/"))
    of = itertools.product(args.kinds.split(","), args.ops.split(","), args.errors.split(","), args.modes.split(","))
    tried = [(kind, op, error, mode) for kind, op, error, mode in of
             if (error != "short" or op in ("read", "write")) and (error not in ("ENOSPC", "EDQUOT") or op in NO_ROOM_IN)
             and (error == "ENOLCK") <= (op == "lock") and (error, mode) != ("EINTR", "ever")]
    return sorted(tried[part::parts], key=lambda row: PASSES.index(row[2:]) if row[2:] in PASSES else len(PASSES))


def table(results):
    """Print it; the number of bad runs."""
    of = collections.defaultdict(list)
    for (row, _), r in {(tuple(r["row"]), r["n"]): r for r in results if r["call"]}.items():
        of[row].append(r)
    head = ["wrong", "hung", "crashed", "not mended", "no cause"]
    print(f"{'kind':14} {'call':10} {'error':7} {'mode':5} {'tried':>6} {'last n':>6} " + " ".join(f"{h:>10}" for h in head) +
          "  exit codes", flush=True)
    bad = 0
    for row in sorted(of, key=lambda x: (list(KINDS).index(x[0]), OPS.index(x[1]), list(ERRORS).index(x[2]), x[3] == "ever")):
        rs = of[row]
        codes = collections.Counter(r["code"] for r in rs)
        counts = [sum(1 for r in rs if r["code"] == 0 and r["wrong"]), codes[None],
                  sum(1 for r in rs if r["code"] is not None and r["code"] < 0), sum(1 for r in rs if r["unmended"]),
                  sum(1 for r in rs if r["unnamed"])]
        bad += sum(counts[:4])
        print(f"{row[0]:14} {row[1]:10} {row[2]:7} {row[3]:5} {len(rs):6} {max(r['n'] for r in rs):6} " +
              " ".join(f"{c:10}" for c in counts) + "  " + ", ".join(f"{v} x {k}" for k, v in sorted(codes.items(), key=str)))
    print(f"{sum(map(len, of.values()))} faults: {bad} wrong, hung, crashed or not mended")
    return bad


def main():
    results = []
    if args.results and args.results.exists():
        results = [json.loads(line) for line in args.results.read_text().splitlines()]
    if args.print:
        return table(results)
    have = {(tuple(r["row"]), r["n"]) for r in results}
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-io-"))

    def keep(r):
        with one_at_a_time:
            results.append(r)
            if args.results:
                with args.results.open("a") as f:
                    f.write(json.dumps(r) + "\n")
            for what in ("wrong", "unmended"):
                if r[what]:
                    print(f"{what.upper()} {r['row']} n={r['n']} ({r['call']}): exit code {r['code']}: {r['text']}\n{r[what]}",
                          flush=True)
            if r["code"] is None or r["code"] < 0:
                print(f"{'HUNG' if r['code'] is None else 'CRASHED'} {r['row']} n={r['n']} ({r['call']}): {r['text']}", flush=True)

    try:
        mine = rows()
        need = {"long" if KINDS[row[0]][0] == "half" else "short" for row in mine}
        produce = {"short": "0.4 ps", "long": "160 ps"}
        campaigns = {name: Campaign(tmp, name, produce[name]) for name in need}
        with concurrent.futures.ThreadPoolExecutor(args.workers) as pool:
            for done in [pool.submit(loop, campaigns, row, tmp, keep, have) for row in mine]:
                done.result()
        return 1 if table(results) or not results else 0
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
