#!/usr/bin/python3
"""faults.py VITRION MPIEXEC SOURCE [--faults N] [--seed S] [--ranks R] [--keep DIR] - random faults, and the same bytes.

The claim: whatever dies or is damaged, whenever, the same command goes on, and every dataset of the store (outside /timing)
ends with the bytes of an undisturbed run.  The reference is that run.  Faults hit a campaign of 32 tasks one after the other, at
random times, most of them while tasks are done, some while a checkpoint or the store is being written:

  - kill -9 of a worker, its watchdog, the master, all ranks, mpiexec; SIGSTOP of a rank, for ever or followed by SIGCONT
  - SIGTERM or SIGUSR1 to a rank (a soft stop)
  - kill -9 of all ranks, then the end of a journal shard, a checkpoint or status.json is cut, has a bit flipped, or goes
  - a full disk (a small tmpfs; only as root), until the job has ended or for some seconds

A campaign that is done is compared, then the next one begins, until N faults have happened.  Printed: what each kind did, in
how many deaths of a worker at work the job went on without a restart (while MPI starts, and while all make the store together,
a death ends the job), exit codes of the starts that a fault ended (-9: mpiexec was killed), and the work lost per fault: on each
rank that died, the time since its task began or was last kept (not: of a record that was damaged afterwards)."""
import argparse, collections, datetime, json, os, pathlib, random, shutil, signal, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import differences, processes  # noqa: E402

CAMPAIGN = """\
vitrion: 1
campaign: faults
seed: 7
potential: {{kind: nep, file: {file}}}
compositions:
  include: [LiAlCl2.5O0.75, NaAlCl2.5O0.75]
  atoms: 42
temperatures: [800 K, 900 K, 1000 K]
glasses: 4
protocol:
  melt: {{temperature: 1200 K, duration: 1 ps}}
  quench: {{rate: 2e14 K/s}}
  equilibrate: {{duration: 1 ps}}
  produce: {{duration: {produce}}}
observe: {{msd: {{every: 20 fs}}, charge: {{every: 20 fs}}, rdf: {{every: 0.1 ps}}, residence: {{every: 20 fs}}, thermo: {{every: 20 fs}}}}
checkpoint: {{every: 1 s}}
runner: {{rank_timeout: 3 s, master_timeout: 8 s}}
"""
DEATHS = ["worker", "watchdog", "master", "all ranks", "mpiexec", "stop worker", "stop master"]
SIGNALS = ["pause a rank", "SIGTERM", "SIGUSR1"]
DAMAGE = [f"{what} {how}" for what in ("journal", "checkpoint", "status.json") for how in ("cut", "flipped", "removed")]
KINDS = DEATHS + SIGNALS + DAMAGE + ["full disk"]
MOMENTS = ["any time"] * 5 + ["checkpoint", "assembly"]


class Run:
    """One start of the campaign, and who its processes are."""

    def __init__(self, args, campaign, out):
        self.args, self.out, self.began, self.nothing_to_damage = args, out, time.time(), False
        self.log = open(args.logs / (out.name + ".out"), "a")
        self.p = subprocess.Popen([args.mpiexec, "-n", str(args.ranks), args.vitrion, "run", campaign, "--output", out],
                                  stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)

    def processes(self):
        return processes(self.out, self.args.vitrion)

    def over(self):
        return self.p.poll() is not None

    def wait_gone(self):
        """hydra's children notice the death of mpiexec a moment later."""
        end = time.time() + 30
        while self.processes() and time.time() < end:
            time.sleep(0.05)
        self.log.close()


def wait_for(run, true, seconds, nap=0.001):
    end = time.time() + seconds
    while time.time() < end and not run.over():
        if true():
            return True
        time.sleep(nap)
    return False


def being_written(folder, part):
    try:
        return any(part in name for name in os.listdir(folder))
    except OSError:
        return False


def begun(run):
    """At least the master and one more rank are there."""
    return len(run.processes()) >= 2


def at_work(run):
    return any(lost_by(run.out, r, time.time(), run.began) is not None for r in range(run.args.ranks))


def resize(out, size):
    return subprocess.run(["mount", "-o", f"remount,size={size}", out.parent], capture_output=True).returncode == 0


def full_disk(run, rng):
    """For some seconds, or until the job has ended of it: then all ranks are lost."""
    who = sorted(run.processes())
    pages = rng.randint(1, 20)  # that are left
    while not resize(run.out, (shutil.disk_usage(run.out).used // 4096 + pages) * 4096):
        time.sleep(0.01)  # more was written meanwhile
    try:
        wait_for(run, lambda: False, rng.uniform(1, 15), 0.05)
    finally:
        resize(run.out, "200m")
    return who if run.over() else []


def kill_all_and_damage(run, kind, rng):
    who = run.processes()
    for watchdog, child in who.values():
        os.kill(child, signal.SIGKILL)
    run.p.wait(timeout=60)
    run.wait_gone()
    what, how = kind.split()
    pattern = {"journal": "journal/*.vtj", "checkpoint": "checkpoint/*.vck"}.get(what, what)
    files = [f for f in sorted(run.out.glob(pattern)) if f.stat().st_size > 16]
    if files:
        path = rng.choice(files)
        n = path.stat().st_size
        at = n - rng.randint(1, min(n - 16, 400) if what != "checkpoint" else n - 16)
        if how == "removed":
            path.unlink()
        elif how == "cut":
            os.truncate(path, at)
        else:
            data = bytearray(path.read_bytes())
            data[at] ^= 1 << rng.randrange(8)
            path.write_bytes(data)
    else:
        run.nothing_to_damage = True
    return sorted(who)


def strike(run, kind, rng):
    """Returns the ranks that die of it, or None if nobody was there any more."""
    who = run.processes()
    workers = [r for r in who if r > 0]
    if not who or (kind in ("worker", "watchdog", "stop worker") and not workers) or ("master" in kind and 0 not in who):
        return None
    try:
        if kind == "mpiexec":
            os.kill(run.p.pid, signal.SIGKILL)
            return sorted(who)
        if kind == "full disk":
            return full_disk(run, rng)
        if kind in DAMAGE:
            return kill_all_and_damage(run, kind, rng)
        if kind in SIGNALS:
            watchdog, child = who[rng.choice(sorted(who))]
            os.kill(child, {"SIGTERM": signal.SIGTERM, "SIGUSR1": signal.SIGUSR1}.get(kind, signal.SIGSTOP))
            if kind == "pause a rank":
                time.sleep(rng.uniform(0.3, 6))
                os.kill(child, signal.SIGCONT)
            return []
        if kind == "all ranks":
            for watchdog, child in who.values():
                os.kill(child, signal.SIGKILL)
            return sorted(who)
        rank = 0 if "master" in kind else rng.choice(workers)
        watchdog, child = who[rank]
        if kind == "watchdog":
            os.kill(watchdog, signal.SIGKILL)
            return sorted(who)  # the launcher ends all
        os.kill(child, signal.SIGSTOP if "stop" in kind else signal.SIGKILL)
        return [rank]
    except ProcessLookupError:
        return None


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def lost_by(out, rank, when, began):
    """Work that a rank had done since its task began, was continued or was last kept; None: it did not work on tasks then
    (MPI was starting, or the store was being made)."""
    try:
        lines = (out / f"log/rank-{rank:04d}.log").read_text(errors="replace").splitlines()
    except OSError:
        return None
    since = None
    for line in lines:
        word = dict(w.split("=", 1) for w in line.split() if "=" in w)
        if "time" not in word or seconds_of(word["time"]) < began:  # of an earlier start
            continue
        if seconds_of(word["time"]) > when:
            break
        if word.get("ev") in ("begin", "resumed", "checkpoint"):
            since = seconds_of(word["time"])
        if word.get("ev") in ("start", "spent", "end"):
            since = None
    return when - since if since else None


def one_campaign(args, campaign, out, rng, budget, records):
    """Faults until the campaign is done or the budget is used up; then undisturbed to the end."""
    used, starts = 0, 0
    while True:
        run, starts = Run(args, campaign, out), starts + 1
        if starts > 400:
            raise SystemExit("the campaign does not end")
        while used < budget and not run.over():
            kind, moment = rng.choice(args.kinds), rng.choice(MOMENTS)
            if not wait_for(run, lambda: begun(run), 20, 0.02):
                break
            if args.verbose:
                print(f"  start {starts}: {kind}, {moment}", flush=True)
            if moment == "checkpoint":
                wait_for(run, lambda: being_written(out / "checkpoint", ".tmp"), rng.uniform(1, 6))
            elif moment == "assembly":
                wait_for(run, lambda: list(out.glob("results.h5.[0-9]*.tmp")), 25)
                time.sleep(rng.uniform(0, 0.05))
            else:
                if rng.random() < 0.8:
                    wait_for(run, lambda: at_work(run), 30, 0.05)
                time.sleep(rng.uniform(0.1, 4))
            when = time.time()
            died = strike(run, kind, rng)
            if died is None:
                break
            used += 1
            lost = [lost_by(out, r, when, run.began) for r in died]
            end = time.time() + (5 if "worker" in kind else 0)  # a job that does not survive is over by then
            while time.time() < end and not run.over():
                time.sleep(0.02)
            if run.nothing_to_damage:
                kind = "all ranks"
            records.append({"kind": kind, "moment": moment, "lost": [x or 0.0 for x in lost], "start": (out, starts),
                            "working": any(x is not None for x in lost), "over": run.over()})
        code = run.p.wait(timeout=300)
        run.wait_gone()
        hit = [r for r in records if r["start"] == (out, starts)]
        if hit and code != 0:
            hit[-1]["code"] = code
        for r in hit:  # what came before the last fault of a start was survived; the last one if the start ended well
            r["survived"] = (r is not hit[-1] or code == 0) and not (r["over"] and code != 0)
        if code == 0:
            return used, starts


def main():
    a = argparse.ArgumentParser()
    a.add_argument("vitrion"), a.add_argument("mpiexec"), a.add_argument("source", type=pathlib.Path)
    a.add_argument("--faults", type=int, default=12), a.add_argument("--seed", type=int, default=1)
    a.add_argument("--ranks", type=int, default=2), a.add_argument("--keep"), a.add_argument("--produce", default="30 ps")
    a.add_argument("--verbose", action="store_true"), a.add_argument("--dump", type=pathlib.Path)
    args = a.parse_args()
    rng = random.Random(args.seed)
    tmp = pathlib.Path(args.keep or tempfile.mkdtemp(prefix="vitrion-faults-"))
    tmp.mkdir(exist_ok=True)
    args.logs = tmp
    campaign = tmp / "c.yaml"
    campaign.write_text(CAMPAIGN.format(file=args.source / "campaigns/potentials/oxyhalide7-v0.nep.txt", produce=args.produce))
    disk = tmp / "disk"
    disk.mkdir(exist_ok=True)
    small = not args.keep and os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "none", disk], stderr=subprocess.DEVNULL).returncode
    args.kinds = KINDS if small else KINDS[:-1]
    where = disk if small else tmp
    reference = where / "reference"  # beside the others: what is recorded of the potential is its path from the folder
    try:
        t0 = time.time()
        p = Run(args, campaign, reference)
        assert p.p.wait(timeout=600) == 0, (tmp / "reference.out").read_text()
        p.wait_gone()
        print(f"reference: {time.time() - t0:.1f} s on {args.ranks} ranks", flush=True)
        return all_faults(args, campaign, reference, where, rng)
    finally:
        if small:
            subprocess.run(["umount", "-l", disk])
        if not args.keep:
            shutil.rmtree(tmp, ignore_errors=True)


def all_faults(args, campaign, reference, where, rng):
    records, left, bad, n, starts = [], args.faults, 0, 0, 0
    while left > 0:
        out, n = where / f"run{n}", n + 1
        used, began = one_campaign(args, campaign, out, rng, min(left, 40), records)
        left, starts = left - used, starts + began
        found = differences(reference, out)
        equal = not found
        print(found, end="")
        bad += not equal
        print(f"campaign {n}: {used} faults, {began} starts, {'equal' if equal else 'DIFFERENT'}", flush=True)
        if used == 0 and not equal:
            break
        if equal and not args.keep:
            shutil.rmtree(out)
    print(f"\n{'fault':19} {'moment':11} {'number':>6} {'job went on':>12} {'lost work, s: median':>21} {'maximum':>8}  exit codes")
    for kind in args.kinds:
        for moment in dict.fromkeys(MOMENTS):
            some = [r for r in records if r["kind"] == kind and r["moment"] == moment]
            if some:
                lost = [x for r in some for x in r["lost"]] or [0.0]
                codes = collections.Counter(r["code"] for r in some if "code" in r)
                print(f"{kind:19} {moment:11} {len(some):6} {sum(r['survived'] for r in some):12} "
                      f"{statistics.median(lost):21.2f} {max(lost):8.2f}  "
                      + ", ".join(f"{k}: {v}" for k, v in sorted(codes.items())))
    workers = [r for r in records if r["kind"] in ("worker", "stop worker") and r["working"]]
    lost = [x for r in records for x in r["lost"]]
    print(json.dumps({"faults": len(records), "campaigns": n, "starts": starts, "different": bad,
                      "worker_deaths_at_work": len(workers), "survived": sum(r["survived"] for r in workers),
                      "lost_s_median": round(statistics.median(lost), 3) if lost else None,
                      "lost_s_max": round(max(lost), 3) if lost else None}))
    if args.dump:
        args.dump.write_text(json.dumps([dict(r, start=str(r["start"])) for r in records]))
    return 1 if bad or len(records) < args.faults else 0


if __name__ == "__main__":
    sys.exit(main())
