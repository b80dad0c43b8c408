#!/usr/bin/python3
"""driver_faults.py VITRION MPIEXEC SOURCE - a program that computes forces misbehaves, in every way we could think of.

The claim: whatever it does costs one try of one task.  Each case is a campaign of two compositions (four tasks) whose driver
misbehaves once, in its first process; the campaign ends by itself with exit code 0, the failure and what the driver said are
kept, every task has its result, and no process or file of the driver is left.  The driver of a case named `always-` never
works for the first composition: that one fails for good, the other one is done (exit code 3).  The forces are those of an
ideal gas, so that the cases take seconds; real programs are in drivers.py.  No assertion is about a time."""
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

vitrion, mpiexec, source = sys.argv[1:4]
only = sys.argv[4:]
here = os.path.dirname(os.path.abspath(__file__))

CAMPAIGN = """vitrion: 1
campaign: driven
seed: 5
potential: {{kind: ipi, command: "{command}", elements: [Li, Na, Al, Cl], timeout: {timeout}}}
compositions: {{include: [{formulas}], atoms: 12}}
temperatures: 600 K
glasses: 1
protocol:
  melt: {{duration: 0.02 ps}}
  quench: {{rate: 1e16 K/s, npt_below: {npt} K}}
  equilibrate: {{duration: 0.02 ps, ensemble: nvt}}
  produce: {{duration: 0.1 ps}}
guard: {{distance: 0, contacts: off, molecules: off, temperature: 100, force: 1e6 eV/A}}
observe: {{thermo: {{every: 10 fs}}}}
output: out
"""
# fault: (what the record of the failure says, what the driver said, is it an accident (or a diverged trajectory))
ONCE = {
    "dies-before": ("ended (exit code 3) while it was to connect", "cannot load the model", True),
    "never-connects": ("was silent for", "ideal-gas", True),
    "silent": ("was silent for", "ideal-gas", True),
    "floods-first": ("xxxxxxxxxxxx|nobody asked for", "ideal-gas", True),
    "nonsense": ("answered STATUS with 'NONSENSE'", "ideal-gas", True),
    "killed": ("signal 9 (Killed)", "out of memory", True),
    "exits": ("exit code 1", "SCF did not converge", True),
    "hangs": ("was silent for", "ideal-gas", True),
    "nan-energy": ("the energy is", "ideal-gas", False),
    "inf-force": ("the force on atom 11 is", "ideal-gas", False),
    "other-n": ("forces of 13 atoms came, expected 12", "ideal-gas", True),
    "no-third-law": ("breaks Newton's third law", "ideal-gas", True),
    "half": ("in the middle of a message", "ideal-gas", True),
    "long-extras": ("2147483647 bytes of extras", "ideal-gas", True),
    "floods": ("xxxxxxxxxxxx|nobody asked for", "ideal-gas", True),
    "chatter-exits": ("exit code 5", "last words", True),
    "no-virial": ("gives no virial", "ideal-gas", True),
}
failures = []


def expect(truth, what):
    if not truth:
        failures.append(what)
        print("FAIL:", what, flush=True)


def left_over(folder):
    """Processes that still belong to the drivers of a case."""
    return subprocess.run(["pgrep", "-f", f"ipi_driver.py .*{folder}"], capture_output=True, text=True).stdout.split()


def campaign(folder, fault, at=3, timeout="30 s", command=None, formulas="LiAlCl4, NaAlCl4"):
    npt = 5000 if fault == "no-virial" else 0
    command = command or f"/usr/bin/python3 {here}/ipi_driver.py {{socket}} {{start}} {folder} {fault} {at}"
    path = os.path.join(folder, "c.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(CAMPAIGN.format(command=command, timeout=timeout, npt=npt, formulas=formulas))
    return path


def run(folder, ranks=1):
    scratch = os.path.join(folder, "tmp")
    os.makedirs(scratch, exist_ok=True)
    p = subprocess.run([mpiexec, "-n", str(ranks), vitrion, "run", "c.yaml"], cwd=folder, capture_output=True, text=True,
                       timeout=1500, env=dict(os.environ, TMPDIR=scratch))
    expect(os.listdir(scratch) == [], f"{folder}: scratch folders are left: {os.listdir(scratch)}")
    return p.returncode, p.stdout + p.stderr


def events(folder, kind):
    with open(os.path.join(folder, "out/log/events.jsonl"), encoding="utf-8") as f:
        return [e for e in map(json.loads, f) if e.get("ev", e.get("event")) == kind]


def status(folder):
    p = subprocess.run([vitrion, "status", "out", "--json"], cwd=folder, capture_output=True, text=True, timeout=300)
    return json.loads(p.stdout)


def said(folder):
    failed = os.path.join(folder, "out/failed")
    return [open(os.path.join(failed, n), encoding="utf-8", errors="replace").read() for n in sorted(os.listdir(failed))
            if n.endswith(".driver.log")]


def one_failed_try(fault):
    why, words, accident = ONCE[fault]
    with tempfile.TemporaryDirectory(prefix="vitrion-driver-") as folder:
        campaign(folder, fault)
        code, text = run(folder)
        expect(code == 0, f"{fault}: exit code {code}, expected 0\n{text[-2000:]}")
        if not os.path.exists(os.path.join(folder, "out/results.h5")):
            return
        happened = events(folder, "failure")
        expect(len(happened) == 1, f"{fault}: {len(happened)} failed tries, expected 1: {happened}")
        expect(happened and any(w in json.dumps(happened[0]) for w in why.split("|")), f"{fault}: '{why}' is not in {happened}")
        done = status(folder)["tasks"]
        expect(done["done"] == 4 and done["failed"] == 0, f"{fault}: {done}")
        expect(words in json.dumps(happened[0]) or not accident or "flood" in fault, f"{fault}: its words are not in {happened}")
        expect(any(words in s for s in said(folder)), f"{fault}: '{words}' is not in what was kept: {said(folder)[:1]}")
        expect(all(len(s) <= 16384 for s in said(folder)), f"{fault}: more than 16 KiB were kept")
        expect(not left_over(folder), f"{fault}: the driver still runs")
    print(f"{fault:16} one failed try: {why}", flush=True)


def nothing_failed():
    """A driver that prints 16 MB is none that fails, and none that fills the disk."""
    with tempfile.TemporaryDirectory(prefix="vitrion-driver-") as folder:
        campaign(folder, "chatter", timeout="60 s", formulas="LiAlCl4")
        code, text = run(folder)
        expect(code == 0 and not events(folder, "failure"), f"chatter: exit code {code}\n{text[-1000:]}")
        with open(os.path.join(folder, "out/log/rank-0000.log"), encoding="utf-8") as f:
            log = f.read()
        expect('ev=driver_answers' in log and 'name="ideal-gas 1.0"' in log, "chatter: the log does not name the driver")
        n, tasks = log.count("ev=driver_started"), log.count("ev=begin task=")
        expect(n == 1 and tasks == 2, f"chatter: {n} starts of a driver for {tasks} tasks, expected 1 for 2: it is kept")
    print("chatter          no failure", flush=True)


def the_others_go_on(ranks):
    """The driver never works where the first atom is lithium; there is also no program of that name for the rest."""
    with tempfile.TemporaryDirectory(prefix="vitrion-driver-") as folder:
        good = f"/usr/bin/python3 {here}/ipi_driver.py {{socket}} {{start}} {folder} none"
        campaign(folder, "", command=f"if grep -q ^Li {{start}}; then no-such-program; else {good}; fi")
        code, text = run(folder, ranks)
        expect(code == 3, f"always: exit code {code}, expected 3\n{text[-2000:]}")
        counts = status(folder)["tasks"]
        expect(counts["done"] == 2 and counts["failed"] == 2, f"always: {counts}")
        expect(any("no-such-program" in s and "not found" in s for s in said(folder)), f"always: {said(folder)[:1]}")
        tries = [e["text"] for e in events(folder, "failure")]
        expect(tries and all("exit code 127" in t and "not found" in t for t in tries), f"always: what is told: {tries}")
        expect(len(said(folder)) == len(tries), f"always: {len(said(folder))} logs of {len(tries)} failed tries")
    print(f"always           {ranks} rank(s): one composition failed for good, the other is done", flush=True)


def begin(folder, *more):
    env = dict(os.environ, TMPDIR=os.path.join(folder, "tmp"))
    os.makedirs(env["TMPDIR"], exist_ok=True)
    p = subprocess.Popen([mpiexec, "-n", "1", vitrion, "run", "c.yaml", *more], cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, env=env)
    return p


def wait_for(truth, seconds=300):
    end = time.time() + seconds
    while time.time() < end and not truth():
        time.sleep(0.1)
    return truth()


def ranks_of(folder):
    """The processes of `vitrion run` in this folder."""
    found = subprocess.run(["pgrep", "-f", f"^{vitrion} run c.yaml"], capture_output=True, text=True).stdout.split()
    return [int(x) for x in found if os.readlink(f"/proc/{x}/cwd") == folder]


def a_stop_is_obeyed(how):
    """While the driver hangs, and has an hour to do so."""
    with tempfile.TemporaryDirectory(prefix="vitrion-driver-") as folder:
        campaign(folder, "hangs", timeout="3600 s")
        p = begin(folder)
        expect(wait_for(lambda: os.path.exists(os.path.join(folder, "misbehaved"))), f"{how}: no driver began")
        time.sleep(2)
        if how == "HALT":
            with open(os.path.join(folder, "out/HALT"), "w", encoding="utf-8") as f:
                f.write("now\n")
        else:
            for pid in ranks_of(folder):
                os.kill(pid, signal.SIGTERM)
        text = p.communicate(timeout=300)[0]
        expect(p.returncode == 75, f"{how}: exit code {p.returncode}, expected 75\n{text[-1500:]}")
        expect(not left_over(folder) and os.listdir(os.path.join(folder, "tmp")) == [], f"{how}: the driver is left")
        if how == "HALT":
            os.remove(os.path.join(folder, "out/HALT"))
        code, text = run(folder)
        expect(code == 0 and status(folder)["tasks"]["done"] == 4, f"{how}: then exit code {code}\n{text[-1500:]}")
    print(f"{how:16} stops a run whose driver hangs; the same command ends it", flush=True)


def the_driver_ends_with_its_rank():
    """kill -9 of all that is ours: who computes for us is ended by the shell that waits for our end."""
    with tempfile.TemporaryDirectory(prefix="vitrion-driver-") as folder:
        campaign(folder, "hangs", timeout="3600 s")
        p = begin(folder)
        expect(wait_for(lambda: os.path.exists(os.path.join(folder, "misbehaved"))), "kill: no driver began")
        time.sleep(2)
        mine = ranks_of(folder)
        expect(mine, "kill: no rank was found")
        for pid in [p.pid, *mine]:
            os.kill(pid, signal.SIGKILL)
        p.communicate(timeout=60)
        expect(wait_for(lambda: not left_over(folder), 60), "kill: the driver still runs")
        expect(wait_for(lambda: os.listdir(os.path.join(folder, "tmp")) == [], 60), "kill: its scratch folder is left")
        code, text = run(folder)
        expect(code == 0 and status(folder)["tasks"]["done"] == 4, f"kill: then exit code {code}\n{text[-1500:]}")
    print("kill -9          no driver outlives its rank", flush=True)


def all_is_shown_to_who_tries_one():
    """`vitrion energy` prints all that a driver printed before it failed, and what is wrong with its command."""
    with tempfile.TemporaryDirectory(prefix="vitrion-driver-") as folder:
        with open(os.path.join(folder, "a.xyz"), "w", encoding="utf-8") as f:
            f.write('1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 pbc="T T T"\nLi 0 0 0\n')
        for command, code, says in (("seq 1 200; exit 3 # {socket}", 1, ["exit code 3", "198 | 199 | 200", "\n17\n"]),
                                    ("python3 a.xyz {socket}", 2, ["write {dir}/a.xyz"]),
                                    ("python3 {dir}/b.xyz {socket}", 1, ["did you mean 'a.xyz'?"])):
            p = subprocess.run([vitrion, "energy", "--command", command, "-", "a.xyz"], cwd=folder, capture_output=True, text=True)
            expect(p.returncode == code, f"energy: exit code {p.returncode}, expected {code}")
            expect(all(w in p.stderr for w in says), f"energy: {says} are not in {p.stderr}")
    print("energy           shows all that a driver printed", flush=True)


CASES = {name: (lambda name=name: one_failed_try(name)) for name in ONCE}
CASES |= {"chatter": nothing_failed, "always": lambda: the_others_go_on(1), "always-2": lambda: the_others_go_on(2),
          "HALT": lambda: a_stop_is_obeyed("HALT"), "SIGTERM": lambda: a_stop_is_obeyed("SIGTERM"),
          "kill": the_driver_ends_with_its_rank, "energy": all_is_shown_to_who_tries_one}
with concurrent.futures.ThreadPoolExecutor(3) as pool:  # most of the time is waiting for what never comes
    for job in [pool.submit(case) for name, case in CASES.items() if not only or name in only]:
        job.result()
print(f"{len(failures)} failures" if failures else "all driver faults cost one try each")
sys.exit(1 if failures else 0)
