#!/usr/bin/python3
"""graceful_stop.py VITRION MPIEXEC SOURCE [--times N] [--atoms N] - how long from a signal to the exit of the job?

Starts a campaign on two ranks again and again, each time continuing it, and at a random moment asks it to stop: SIGTERM, SIGUSR1
or SIGINT to the watchdogs (as a launcher hands them on), or a HALT file.  The claim: exit code 75 within the grace (20 s), and
at the end the bytes of a campaign that was never stopped.  Prints the median and the maximum, and what was lost (nothing: every
running task was kept)."""
import argparse, json, os, pathlib, random, re, shutil, signal, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import differences, events, processes, run, start, wait_until, write_campaign  # noqa: E402

WAYS = ["TERM", "USR1", "INT", "HALT"]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--times", type=int, default=8), a.add_argument("--atoms", type=int, default=42)
    a.add_argument("--produce", default="60 ps"), a.add_argument("--seed", type=int, default=1)
    args = a.parse_args(sys.argv[4:])
    rng = random.Random(args.seed)
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-stop-"))
    campaign = write_campaign(tmp, produce=args.produce, glasses=1, temperatures="900 K, 1000 K")
    campaign.write_text(campaign.read_text().replace("atoms: 42", f"atoms: {args.atoms}"))
    reference = tmp / "reference"
    assert run(campaign, reference, 2).returncode == 0
    seconds, codes, n, unkept = {w: [] for w in WAYS}, [], 0, 0
    while sum(map(len, seconds.values())) < args.times:
        out, starts, n = tmp / f"run{n}", 0, n + 1
        while True:
            p, starts = start(campaign, out, 2), starts + 1
            wait_until(lambda: p.poll() is not None or len(events(out, "start")) == starts)
            way, until = WAYS[sum(map(len, seconds.values())) % len(WAYS)], time.time() + rng.uniform(0.3, 2.5)
            while time.time() < until and p.poll() is None:
                time.sleep(0.01)
            who = processes(out)
            if p.poll() is None and len(who) == 2 and sum(map(len, seconds.values())) < args.times:
                t0 = time.time()
                if way == "HALT":
                    (out / "HALT").write_text("now\n")
                else:
                    for watchdog, _ in who.values():
                        os.kill(watchdog, getattr(signal, "SIG" + way))
                text, _ = p.communicate(timeout=120)
                took = time.time() - t0
                if p.returncode == 75:
                    seconds[way].append(took)
                (out / "HALT").unlink(missing_ok=True)
            else:
                text, _ = p.communicate(timeout=300)
            codes.append(p.returncode)
            if p.returncode not in (0, 75):
                print(text)
                return 1
            if p.returncode == 0:
                break
        logs = "".join(f.read_text() for f in out.glob("log/rank-*.log"))
        unkept += len(re.findall("ev=checkpoint_failed|ev=checkpoint_refused", logs))
        found = differences(reference, out)
        if found:
            print(found)
            return 1
        shutil.rmtree(out)
    every = [s for w in WAYS for s in seconds[w]]
    for w in WAYS:
        if seconds[w]:
            print(f"{w:5} {len(seconds[w]):3} times: median {statistics.median(seconds[w]):5.2f} s, maximum {max(seconds[w]):5.2f} s")
    print(json.dumps({"stops": len(every), "median_s": round(statistics.median(every), 3), "max_s": round(max(every), 3),
                      "campaigns": n, "atoms": args.atoms, "checkpoints_not_kept": unkept}))
    shutil.rmtree(tmp, ignore_errors=True)
    return 1 if max(every) > 20 else 0


if __name__ == "__main__":
    sys.exit(main())
