#!/usr/bin/python3
"""utilisation.py VITRION MPIEXEC SOURCE [--produce PS] [--every S] - where the ranks' time goes, from their own logs.

Runs one campaign on two ranks.  Utilisation: seconds in tasks less checkpoints, over ranks times the wall time of the whole
command (start of mpiexec to its end).  A measurement: no limit is asserted."""
import argparse, json, os, pathlib, re, shutil, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import run, write_campaign  # noqa: E402


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--produce", default="20 ps"), a.add_argument("--atoms", type=int, default=168)
    a.add_argument("--glasses", type=int, default=4), a.add_argument("--every", default="5 min")
    args = a.parse_args(sys.argv[4:])
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-utilisation-"))
    campaign = write_campaign(tmp, produce=args.produce, glasses=args.glasses, temperatures="700 K, 800 K, 900 K, 1000 K",
                              rate="2e14 K/s", more=f"checkpoint: {{every: {args.every}}}")
    campaign.write_text(campaign.read_text().replace("atoms: 42", f"atoms: {args.atoms}"))
    t0 = time.time()
    p = run(campaign, tmp / "out", 2, timeout=3000)
    wall = time.time() - t0
    assert p.returncode == 0, p.stdout + p.stderr
    logs = [f.read_text() for f in sorted((tmp / "out").glob("log/rank-*.log"))]
    total = {k: sum(float(m) for log in logs for m in re.findall(rf" {k}=([0-9.]+)", log))
             for k in ("here_s", "tasks_s", "journal_s", "checkpoints_s")}
    size = [int(m) for log in logs for m in re.findall(r"ev=checkpoint .*bytes=(\d+)", log)]
    took = [float(m) for log in logs for m in re.findall(r"ev=checkpoint .*took_s=([0-9.]+)", log)]
    seconds = len(logs) * wall
    print(json.dumps({"wall_s": round(wall, 2), "ranks": len(logs), "tasks": p.stdout.count("tasks done") and 2 * args.glasses * 5,
                      "utilisation": round((total["tasks_s"] - total["checkpoints_s"]) / seconds, 4),
                      "checkpoint_percent": round(100 * total["checkpoints_s"] / seconds, 3), "checkpoints": len(took),
                      "checkpoint_ms": round(1e3 * sum(took) / len(took), 2) if took else None,
                      "checkpoint_bytes": max(size, default=None),
                      "journal_percent": round(100 * total["journal_s"] / seconds, 3),
                      "idle_between_tasks_percent": round(100 * (total["here_s"] - total["tasks_s"] - total["journal_s"]) / seconds, 3),
                      "start_fits_store_percent": round(100 * (seconds - total["here_s"]) / seconds, 3)}))
    shutil.rmtree(tmp, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
