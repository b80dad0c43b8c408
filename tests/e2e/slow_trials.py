#!/usr/bin/python3
"""slow_trials.py VITRION MPIEXEC SOURCE SHIM [--produce PS] [--kinds A;B] [--delay S] - campaigns on a slow storage: a table.

For each kind of file: one undisturbed campaign and three whose calls on such files take DELAY seconds longer, on rank 0, on
rank 1, on all three, all four at the same time so that they share the same machine.  slow_io.c delays, and notes each delayed
call.  A call is of one of three sorts: durable (a record of the journal, a checkpoint), a claim (a lease of one task), or
housekeeping (all others: status.json, HALT, death notes, presences).

The claims: the campaign ends with 0 and the store of the undisturbed one; and what is not durable and no claim is not done
again before it has rested: of each rank the delays of repeated housekeeping calls are at most 2 % of the run's time and the
length of one such thing (THING calls: what is begun is ended, and a share of a short run may be less than one call).
Heartbeats of the job have a longest rest of 20 s, which wins over the 2 %: they are counted against it.  The limit grows with
the run's own time, so the load of the machine decides nothing.

Printed, not judged: seconds, and whether they are within twice the undisturbed ones plus the delays that cannot be avoided
(those of durable calls and claims, of the rank that has most of them)."""
import argparse, os, pathlib, re, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import VITRION, command, differences, write_campaign  # noqa: E402

p = argparse.ArgumentParser()
p.add_argument("vitrion"), p.add_argument("mpiexec"), p.add_argument("source"), p.add_argument("shim")
p.add_argument("--produce", type=float, default=80)
p.add_argument("--kinds", default="")
p.add_argument("--delay", type=float, default=2)
o = p.parse_args()

EVERYTHING = "lease, all"  # claims and heartbeats, too: only if it is named
KINDS = {  # parts of names, calls
    "status.json": ("status.json", "fsync:rename"),
    "lease, stat": ("/lease", "stat:stat64:access:opendir"),
    "HALT": ("/HALT", "open:open64:fopen:fopen64:access:stat"),
    "journal": ("/journal/", "fsync"),
    "checkpoint": ("/checkpoint", None),
    EVERYTHING: ("/lease", None),
}
RANKS, SHARE, THING = 3, 0.02, 6
BEAT_REST_S, BEAT_CALLS = 20, 3  # VT_JOB_SILENCE_S / 3; the presence, the folder, the leader
SLOW = ("0", "1", "all")


def sort_of(path):
    if "/journal/" in path or "/checkpoint" in path:
        return "durable"
    return "claim" if re.search(r"/lease/[0-9a-f]{64}$", path) else "housekeeping"


def is_beat(path):
    return re.search(r"/lease(/job-[^/]*|/leader|/\.)?$", path) is not None


def read_calls(log):
    """{rank: [(call, path)]} of the delayed calls."""
    calls = {}
    for line in log.read_text().splitlines() if log.exists() else []:
        rank, call, rest = line.split(" ", 2)
        path = re.sub(r"\.tmp-[0-9]+-[0-9a-f]+$", ".tmp", rest.rsplit(" ", 1)[0])
        calls.setdefault(rank, []).append((call, path))
    return calls


def repeated(calls):
    """Housekeeping calls that were made before: (of heartbeats, others)."""
    seen, beats, others = set(), 0, 0
    for c in calls:
        if sort_of(c[1]) != "housekeeping":
            continue
        if c in seen:
            beats, others = beats + is_beat(c[1]), others + (not is_beat(c[1]))
        seen.add(c)
    return beats, others


def trial(tmp, campaign, kind):
    paths, calls = KINDS[kind]
    jobs, end = {}, {}
    for who in ("nobody",) + SLOW:
        env = dict(os.environ)
        if who != "nobody":
            env.update(LD_PRELOAD=o.shim, SLOW_RANK=who, SLOW_PATHS=paths, SLOW_S=str(o.delay), SLOW_LOG=str(tmp / f"calls-{who}"))
            env.update({"SLOW_CALLS": calls} if calls else {})
        jobs[who] = subprocess.Popen(command(campaign, tmp / who, RANKS), stdout=open(tmp / f"{who}.txt", "w"),
                                     stderr=subprocess.STDOUT, env=env)
    t0 = time.time()
    while len(end) < len(jobs):
        for who, job in jobs.items():
            if who not in end and job.poll() is not None:
                end[who] = time.time() - t0
        time.sleep(0.2)
    bad = []
    for who in SLOW:
        by_rank = read_calls(tmp / f"calls-{who}")
        counts = {r: {s: sum(sort_of(c[1]) == s for c in cs) for s in ("durable", "claim", "housekeeping")} for r, cs in by_rank.items()}
        needed = max([o.delay * (n["durable"] + n["claim"]) for n in counts.values()], default=0)
        again = {r: repeated(cs) for r, cs in by_rank.items()}
        beats, others = max([b for b, _ in again.values()], default=0), max([x for _, x in again.values()], default=0)
        most = SHARE * end[who] / o.delay + THING
        most_beats = (end[who] / BEAT_REST_S + 2) * BEAT_CALLS
        total = {s: sum(n[s] for n in counts.values()) for s in ("durable", "claim", "housekeeping")}
        limit = 2 * end["nobody"] + needed
        print(f"{kind:12} {who:>4} {end['nobody']:8.1f} {end[who]:8.1f} {total['durable']:8d} {total['claim']:6d} "
              f"{total['housekeeping']:6d} {others:6d} {beats:6d} {needed:8.1f} {limit:8.1f} {'yes' if end[who] <= limit else 'NO'}",
              flush=True)
        text = (tmp / f"{who}.txt").read_text()
        differ = differences(tmp / "nobody", tmp / who) if jobs[who].returncode == 0 else "no store"
        for true, why in ((jobs[who].returncode == 0, f"exit code {jobs[who].returncode}: {text[-2000:]}"), (not differ, differ),
                          (others <= most, f"{others} repeated calls, at most {most:.1f}"),
                          (beats <= most_beats, f"{beats} calls of heartbeats, at most {most_beats:.1f}")):
            if not true:
                bad.append(f"{kind}, slow on {who}: {why}")
    return bad


failed = []
print("calls delayed by", o.delay, "s; repeated: of the rank that has most; seconds include the machine's other load")
print(f"{'files':12} {'slow':>4} {'alone_s':>8} {'slow_s':>8} {'durable':>8} {'claims':>6} {'house':>6} {'again':>6} {'beats':>6} "
      f"{'needed_s':>8} {'limit_s':>8} within")
for kind in o.kinds.split(";") if o.kinds else [k for k in KINDS if k != EVERYTHING]:
    with tempfile.TemporaryDirectory(prefix="vitrion-slow-") as folder:
        tmp = pathlib.Path(folder)
        c = write_campaign(tmp, produce=f"{o.produce:g} ps", more="checkpoint: {every: 10 s}")
        failed += trial(tmp, c, kind)
print("\n".join(failed))
sys.exit(bool(failed))
