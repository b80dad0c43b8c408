"""Campaigns over real MPI ranks, for tests: written, started, watched, struck.  argv: VITRION MPIEXEC SOURCE."""
import os, pathlib, signal, subprocess, sys, tempfile, time

VITRION, MPIEXEC, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
CAMPAIGN = """\
vitrion: 1
campaign: e2e
seed: 7
potential: {{kind: {kind}, file: {file}}}
compositions:
  include: [LiAlCl2.5O0.75, NaAlCl2.5O0.75]
  atoms: 42
temperatures: [{temperatures}]
glasses: {glasses}
protocol:
  melt: {{temperature: 1200 K, duration: 0.2 ps}}
  quench: {{rate: {rate}}}
  equilibrate: {{duration: 0.2 ps}}
  produce: {{duration: {produce}}}
observe: {{msd: {{every: 20 fs}}, charge: {{every: 20 fs}}, rdf: {{every: 0.1 ps}}, thermo: {{every: 20 fs}}}}
{more}
"""


def write_campaign(folder, name="c.yaml", temperatures="900 K, 1000 K", produce="1 ps", kind="nep", file=None, glasses=2,
                   rate="1e15 K/s", more=""):
    path = pathlib.Path(folder) / name
    file = file or SOURCE / "campaigns/potentials/oxyhalide7-v0.nep.txt"
    path.write_text(CAMPAIGN.format(temperatures=temperatures, produce=produce, kind=kind, file=file, glasses=glasses,
                                    rate=rate, more=more))
    return path


def command(campaign, out, ranks, *more):
    return [MPIEXEC, "-n", str(ranks), VITRION, "run", campaign, "--output", out, *more]


def run(campaign, out, ranks=1, *more, **how):
    how.setdefault("timeout", 300)
    return subprocess.run(command(campaign, out, ranks, *more), capture_output=True, text=True, **how)


def start(campaign, out, ranks=2, *more):
    return subprocess.Popen(command(campaign, out, ranks, *more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)


def wait_until(true, seconds=120, nap=0.02):
    end = time.time() + seconds
    while not true():
        if time.time() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(nap)


def glasses(out):
    return len(list(pathlib.Path(out).glob("glass/*.xyz")))


def starts(out):
    """How often both ranks have begun to work in this folder."""
    logs = [pathlib.Path(out) / f"log/rank-000{k}.log" for k in range(2)]
    return min(p.read_text().count("ev=start") if p.exists() else 0 for p in logs)


def processes(out, vitrion=None):
    """{rank: (watchdog, child)} of those who work in a folder: pairs of parent and child with its command line."""
    found = {}
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            cmd = (proc / "cmdline").read_bytes().split(b"\0")
            if cmd[0] != str(vitrion or VITRION).encode() or str(out).encode() not in cmd:
                continue
            parent = int((proc / "stat").read_text().rsplit(")", 1)[1].split()[1])
            env = dict(e.split(b"=", 1) for e in (proc / "environ").read_bytes().split(b"\0") if b"=" in e)
            found[int(proc.name)] = (parent, int(env[b"PMI_RANK"]))
        except (OSError, KeyError, ValueError, IndexError):
            continue
    return {rank: (parent, pid) for pid, (parent, rank) in found.items() if parent in found}


def a_rank(out):
    """Watchdog of the last rank that works in this folder (hydra's own exit code is unreliable when mpiexec gets a signal)."""
    who = processes(out)
    if not who:
        raise AssertionError("no rank is alive")
    return who[max(who)][0]


def differences(a, b):
    """What differs between the stores of two folders; empty: nothing."""
    p = subprocess.run(["/usr/bin/python3", SOURCE / "scripts/compare_stores.py", pathlib.Path(a) / "results.h5",
                        pathlib.Path(b) / "results.h5"], capture_output=True, text=True)
    return "" if p.returncode == 0 else p.stdout + p.stderr


def events(out, what=None):
    import json
    path = pathlib.Path(out) / "log/events.jsonl"
    lines = [json.loads(s) for s in path.read_text().splitlines()] if path.exists() else []
    return [e for e in lines if what is None or e["event"] == what]
