#!/usr/bin/python3
"""two_leaders.py VITRION MPIEXEC SOURCE SHIM [--trials N] [--seed N] [--elsewhere N] [--place NAME] - a job that leads is suspended, another
takes over and publishes, the first one wakes.

Claim: what the second job published stays as it is to the last byte, and the first one says that it was fenced and ends
with 75: wherever it slept before its last file had its name, so also if all its work was done and only its last status.json
was not renamed yet.  Reference: bytes before and after the wake, the checksum beside the store, and the store of an undisturbed run on one rank.
The first job stops itself at a chosen call (pause_at.c); then all its processes are suspended.  Another host that judges
it dead removes its presence file first; --elsewhere N does that with N jobs under another host name (namespaces, root),
which wait for the 60 s of silence.  Prints a table."""
import argparse, hashlib, os, pathlib, random, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import VITRION, command, differences, glasses, processes, run, wait_until, write_campaign  # noqa: E402

p = argparse.ArgumentParser()
p.add_argument("vitrion"), p.add_argument("mpiexec"), p.add_argument("source"), p.add_argument("shim")
p.add_argument("--trials", type=int, default=6)
p.add_argument("--elsewhere", type=int, default=0)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--place", help="this one only")
o = p.parse_args()

PUBLISHED = ("results.h5", "results.h5.sha256", "summary.json", "summary.csv", "campaign.yaml", "status.json")
STORE = "*/results.h5.[0-9]*.tmp"
STATUS = "*/status.json.[0-9]*.tmp"
# where: (call, path, which calls, whether the tasks are done already, what the file holds); in MD: at some time
PLACES = {"in assembly": ("pwrite", STORE, (1, 400), True),
          "before the rename": ("rename", STORE, (1, 1), True),
          "before status.json's last rename": ("rename", STATUS, (1, 1), False, '"state": "done"'),
          "while it is read back": ("pread", STORE, (1, 40), True),
          "while the checksum is made": ("fsync", "*/results.h5.sha256.[0-9]*.tmp", (1, 1), True),
          "in MD": None,
          "before the checksum's rename": ("rename", "*/results.h5.sha256.[0-9]*.tmp", (1, 1), True),
          "before the summary's rename": ("rename", "*/summary.[jc]*.tmp", (1, 2), True),
          "before status.json's first rename": ("rename", STATUS, (1, 1), False, '"state": "running"'),
          "before its epoch": ("link", "epoch-*", (1, 1), True)}


def fingerprint(out):
    return {n: hashlib.sha256((out / n).read_bytes()).hexdigest() for n in PUBLISHED if (out / n).exists()}


def everybody(out, sig):
    pids = [pid for pair in processes(out).values() for pid in pair]
    for pid in pids:
        os.kill(pid, sig)
    return pids


def expect(true, why):
    if not true:
        raise AssertionError(why)


def suspend(place, out, rng, note):
    """Start the first job and suspend it there."""
    env = dict(os.environ, LD_PRELOAD=o.shim)
    n = 0
    if PLACES[place]:
        call, path, (low, high), _, *text = PLACES[place]
        n = rng.randint(low, high)
        env.update(PAUSE_CALL=call, PAUSE_PATH=path, PAUSE_N=str(n), PAUSE_NOTE=str(note), **({"PAUSE_TEXT": text[0]} if text else {}))
    first = subprocess.Popen(command(campaign, out, 2), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env,
                             start_new_session=True)
    if PLACES[place]:
        wait_until(lambda: note.exists() or first.poll() is not None)
        if not note.exists():
            raise AssertionError(f"{place}: call {n} never came\n{first.stdout.read()}")
    else:
        wait_until(lambda: glasses(out) >= 1)
        time.sleep(rng.uniform(0, 0.5))
    return first, n, everybody(out, signal.SIGSTOP)


def trial(k, place, rng, elsewhere):
    out, note = tmp / f"t{k}", tmp / f"note{k}"
    if PLACES[place] and PLACES[place][3]:
        shutil.copytree(reference, out)
        for name in PUBLISHED[:4]:
            (out / name).unlink()
    first, n, pids = suspend(place, out, rng, note)
    try:
        how = command(campaign, out, 2)
        if elsewhere:
            how = ["unshare", "-u", "sh", "-c", 'hostname another-host; exec "$@"', "sh", *map(str, how)]
        else:
            for presence in out.glob("lease/job-*"):
                presence.unlink()
        second = subprocess.run(how, capture_output=True, text=True, timeout=300)
        expect(second.returncode == 0, f"{place}: the second job: {second.returncode}\n{second.stdout}{second.stderr}")
        before = fingerprint(out)
        expect(len(before) == len(PUBLISHED), f"published: {sorted(before)}")
        leader = max(out.glob("lease/epoch-*")).read_text()
        expect(("\njob another-host-" in leader) == elsewhere, f"who led as the last: {leader}")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    text, _ = first.communicate(timeout=120)
    after = fingerprint(out)
    expect(before == after, f"{place}: changed by the job that woke: {[f for f in before if before[f] != after.get(f)]}\n{text}")
    expect(differences(reference, out) == "", f"{place}: {differences(reference, out)}")
    check = subprocess.run(["sha256sum", "--check", "--quiet", "results.h5.sha256"], cwd=out, capture_output=True, text=True)
    expect(check.returncode == 0, check.stderr)
    expect(not list(out.glob("*.tmp")), f"{place}: left over: {list(out.glob('*.tmp'))}")
    verify = subprocess.run([VITRION, "verify", out], capture_output=True, text=True)
    expect(verify.returncode == 0, f"{place}: verify: {verify.stdout}{verify.stderr}")
    expect(first.returncode == 75, f"{place}: the job that woke ended with {first.returncode}\n{text}")
    said = "".join(f.read_text() for f in out.glob("log/rank-0000.log"))
    if place != "before its epoch":  # it never led
        expect("ev=fenced" in said and "leads as number" in text, f"{place}: it does not say what happened\n{text}")
    print(f"{k:3d}  {place:34s} {n or '':>4}  {'another host' if elsewhere else 'presence removed':17s} "
          f"{first.returncode:3d}  same bytes", flush=True)
    shutil.rmtree(out)


tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-leaders-"))
try:
    campaign = write_campaign(tmp, produce="2 ps")
    reference = tmp / "reference"
    r = run(campaign, reference)
    expect(r.returncode == 0, r.stdout + r.stderr)
    rng = random.Random(o.seed)
    print("trial  suspended                           call  judged dead by    code  published store")
    for k in range(o.trials):
        trial(k + 1, o.place or list(PLACES)[k % len(PLACES)], rng, k >= o.trials - o.elsewhere)
    print(f"{o.trials} trials: 0 changed")
finally:
    shutil.rmtree(tmp, ignore_errors=True)
