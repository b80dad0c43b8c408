#!/usr/bin/python3
"""scenarios.py VITRION MPIEXEC SOURCE [--quick] [--only NAME ...] [--keep]

What happens to a campaign under a real SLURM (cluster.py brings it up on this machine): limits, requeues, cancelled jobs, lost
nodes, arrays, wrong launchers.  Whatever happened, the campaign ends, and every dataset of results.h5 outside /timing has the
bytes of an undisturbed run.  Prints a table; exit code 0: all as expected, 1: not so, 77: no SLURM can be brought up here.

--quick: those that fit a test of every change, and that nothing without SLURM can show (a leader that is cancelled: living.py).
--keep: leave the folder with all logs."""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import cluster  # noqa: E402 (its folder must be known first)

SKIPPED = 77
N_TASKS = 20  # 2 compositions x 2 glasses, each at 4 temperatures
CAMPAIGN = """\
vitrion: 1
campaign: slurm
seed: 7
potential: {{kind: nep, file: {source}/campaigns/potentials/oxyhalide7-v0.nep.txt}}
compositions:
  include: [LiAlCl2.5O0.75, NaAlCl2.5O0.75]
  atoms: 42
temperatures: [600 K, 650 K, 700 K, 750 K]
glasses: 2
protocol:
  melt: {{temperature: 1200 K, duration: 0.2 ps}}
  quench: {{rate: 1e15 K/s}}
  equilibrate: {{duration: 0.2 ps}}
  produce: {{duration: {produce_ps} ps}}
observe: {{msd: {{every: 20 fs}}, charge: {{every: 20 fs}}, rdf: {{every: 0.1 ps}}, thermo: {{every: 20 fs}}}}
"""
# Some fifteen (thirty) and eighty seconds on two ranks of two idle cores; what --quick does needs no longer ones.
SHORT_PS, LONG_PS = 60 if "--quick" in sys.argv else 120, 300


class Failed(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise Failed(what)


SCENARIOS = []  # (name, function, quick, on hosts)


def scenario(name, quick=False, hosts=False):
    def note(function):
        SCENARIOS.append((name, function, quick, hosts))
        return function
    return note


# ---------------------------------------------------------------------- a campaign and its jobs

class World:
    """What scenarios share: the program, a cluster at a time, references."""

    def __init__(self, vitrion, mpiexec, source, top):
        self.vitrion, self.mpiexec, self.source, self.top = vitrion, mpiexec, source, top
        self.template = source / "scripts/slurm/vitrion.sbatch"
        self.references, self.seconds = {}, {}
        self.cluster, self.on_hosts = None, None

    def campaign(self, ps):
        path = self.top / f"{ps}ps.yaml"
        path.write_text(CAMPAIGN.format(source=self.source, produce_ps=ps))
        return path

    def reference(self, ps=SHORT_PS):
        """The folder of an undisturbed run on two ranks."""
        if ps not in self.references:
            out, t0 = self.top / f"reference-{ps}ps" / "out", time.time()  # as deep as those of scenarios
            p = subprocess.run([self.mpiexec, "-n", "2", self.vitrion, "run", self.campaign(ps), "--output", out],
                               capture_output=True, text=True, timeout=1200)
            expect(p.returncode == 0, f"the undisturbed run: exit code {p.returncode}\n{p.stdout}{p.stderr}")
            self.references[ps], self.seconds[ps] = out, time.time() - t0
        return self.references[ps]

    def that_lasts(self, seconds, ps=SHORT_PS):
        """Length of a campaign that takes about so long, undisturbed, however fast this machine is: the signal of a limit comes up to a
        few seconds late, and must still find work."""
        self.reference(ps)
        while self.seconds[ps] < 0.8 * seconds:
            ps = int(ps * min(4, max(1.3, seconds / self.seconds[ps])))
            self.reference(ps)
        return ps

    def need_cluster(self, hosts):
        if self.cluster and self.on_hosts == hosts:
            return
        self.close()
        self.cluster, self.on_hosts = cluster.Cluster(self.top / ("hosts" if hosts else "nodes")), hosts
        self.cluster.up(nodes=4, cpus=2, hosts=hosts)

    def close(self):
        if self.cluster:
            self.cluster.down()
            shutil.rmtree(self.cluster.dir, ignore_errors=True)
        self.cluster = None


class Trial:
    """One scenario's folder, jobs, and questions about them."""

    def __init__(self, world, name):
        self.w, self.name, self.jobs = world, name, []
        self.dir = world.top / name
        self.out = self.dir / "out"
        self.dir.mkdir()

    def slurm(self, *words, **more):
        return self.w.cluster.run(*words, **more)

    def submit(self, *options, ps=SHORT_PS, script=None, words=None, **env):
        """sbatch the shipped script; the job's number."""
        words = words if words is not None else [self.w.campaign(ps), "--output", self.out, "--quiet"]
        job = self.slurm("sbatch", "--parsable", *options, script or self.w.template, *words, cwd=self.dir,
                         env={"VITRION": str(self.w.vitrion), **env})
        self.jobs.append(job)
        return job

    def facts(self, job):
        """Key=value of scontrol show job, of one task of an array if job names one."""
        return dict(x.split("=", 1) for x in self.slurm("scontrol", "-o", "show", "job", job).split() if "=" in x)

    def state(self, job):
        return self.facts(job)["JobState"]

    def log(self, job):
        return "".join(p.read_text(errors="replace") for p in sorted(self.dir.glob(f"*-{job}.out")))

    def wait(self, true, seconds, what):
        end = time.time() + seconds
        while not true():
            if time.time() > end:
                raise Failed(f"not within {seconds} s: {what}")
            time.sleep(0.2)

    def results(self):
        """Results that masters have counted in this folder."""
        return sum(p.read_text().count("ev=result") for p in self.out.glob("log/*.log"))

    def wait_work(self, results=4):
        """Until some MD tasks are done."""
        self.wait(lambda: self.results() >= results, 120, f"{results} results")

    def wait_end(self, job, seconds=300, state="COMPLETED"):
        ended = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "DEADLINE")
        self.wait(lambda: self.state(job) in ended, seconds, f"job {job} ends")
        f = self.facts(job)
        expect(f["JobState"] == state, f"job {job} is {f['JobState']} ({f['ExitCode']}), expected {state}")
        return int(f["Restarts"])

    def same_bytes(self, ps=SHORT_PS, counted=True):
        p = subprocess.run(["/usr/bin/python3", self.w.source / "scripts/compare_stores.py",
                            self.w.reference(ps) / "results.h5", self.out / "results.h5"], capture_output=True, text=True)
        expect(p.returncode == 0, f"another store than the undisturbed run:\n{p.stdout}{p.stderr}")
        expect(not counted or self.results() <= N_TASKS, f"{self.results()} results for {N_TASKS} tasks: some were done twice")

    def logs(self):
        """The end of the log of every job."""
        text = ""
        for job in self.jobs:
            text += f"--- log of job {job}\n" + "\n".join(self.log(job).splitlines()[-25:]) + "\n"
        return text

    def clean(self):
        for job in self.jobs:
            self.slurm("scancel", job, check=False)
        for node in ("n1", "n2", "n3", "n4"):
            self.slurm("scontrol", "update", f"node={node}", "state=resume", check=False)
        self.wait(lambda: not self.slurm("squeue", "-h", "-t", "all", "-o", "%T", check=False).count("ING"), 60, "an empty queue")


TWO = ("--nodes=2", "--ntasks=2", "--time=20")


# ---------------------------------------------------------------------- one job

def limit(t, **env):
    """The shortest limit of SLURM is a minute: the signal comes so early that a third of the campaign is done."""
    ps = t.w.that_lasts(24)
    after_s = min(40, max(6, t.w.seconds[ps] / 3))
    job = t.submit("--nodes=2", "--ntasks=2", "--time=1", f"--signal=B:USR1@{60 - after_s:.0f}", ps=ps, **env)
    starts = 1 + t.wait_end(job, 400)
    text = t.log(job)
    expect(starts > 1, "it ended before its limit: nothing was tested")
    expect(text.count("stopped by signal 10") + text.count("stopped early; back into the queue") > 0, "it did not stop")
    expect("DUE TO TIME LIMIT" not in text, "a start was killed at its limit")
    t.same_bytes(ps)
    return f"stopped before the limit, {starts} starts"


@scenario("limit", quick=True)
def limit_srun(t):
    return limit(t)


@scenario("limit-mpiexec")
def limit_mpiexec(t):
    return limit(t, VITRION_LAUNCHER=str(t.w.mpiexec))


@scenario("limit-known")
def limit_known(t):
    """No early signal: the program asks SLURM for its limit (squeue) and stops before it."""
    t.w.reference(LONG_PS)
    job = t.submit("--ntasks=1", "--time=1", "--signal=B:CONT@10", ps=LONG_PS)
    starts = 1 + t.wait_end(job, 900)
    text = t.log(job)
    expect(starts > 1 and "stopped by the wall limit" in text, "it did not stop by itself")
    expect("DUE TO TIME LIMIT" not in text, "a start was killed at its limit")
    t.same_bytes(LONG_PS)
    return f"stopped by itself before the limit, {starts} starts"


@scenario("limit-unwarned")
def limit_unwarned(t):
    """No early signal, and a wrong idea of the limit: TERM at the limit, KILL some seconds later."""
    t.w.reference(LONG_PS)
    job = t.submit("--ntasks=1", "--time=1", "--signal=B:CONT@10", ps=LONG_PS, SLURM_JOB_END_TIME="9999999999")
    starts = 1 + t.wait_end(job, 900)
    expect(starts > 1 and "DUE TO TIME LIMIT" in t.log(job), "it ended before its limit: nothing was tested")
    t.same_bytes(LONG_PS)
    return f"TERM at the limit, {starts} starts"


@scenario("requeue")
def requeue(t):
    job = t.submit(*TWO)
    t.wait_work()
    t.slurm("scontrol", "requeue", job)
    t.wait(lambda: int(t.facts(job)["Restarts"]) == 1, 30, "the job is back in the queue")
    done = t.results()
    starts = 1 + t.wait_end(job)
    expect(starts == 2, f"{starts} starts: the script requeued it once more")
    t.same_bytes()
    return f"{done} of {N_TASKS} tasks kept, {starts} starts"


@scenario("threads", quick=True)
def threads(t):
    """One rank with two cores: sbatch's --cpus-per-task reaches the rank through srun, and its task is shared."""
    path = t.w.top / "threads.yaml"
    path.write_text(CAMPAIGN.format(source=t.w.source, produce_ps=10).replace("atoms: 42", "atoms: 168"))
    job = t.submit("--ntasks=1", "--cpus-per-task=2", words=[path, "--output", t.out, "--quiet"])
    t.wait_end(job)
    told = [e["text"] for e in map(json.loads, (t.out / "log/events.jsonl").read_text().splitlines()) if e["event"] == "cores"]
    expect(told == ["2 cores"], f"the rank was told {told}")
    expect("ev=cores wanted=2 threads=2" in (t.out / "log/rank-0000.log").read_text(), "its log does not say so")
    alone = t.dir / "alone"
    p = subprocess.run([t.w.mpiexec, "-n", "2", t.w.vitrion, "run", path, "--output", alone], capture_output=True, text=True, timeout=600)
    expect(p.returncode == 0, p.stdout + p.stderr)
    p = subprocess.run(["/usr/bin/python3", t.w.source / "scripts/compare_stores.py", alone / "results.h5", t.out / "results.h5"],
                       capture_output=True, text=True)
    expect(p.returncode == 0, p.stdout + p.stderr)
    return "two cores for a rank, the bytes of one core a rank"


@scenario("cancel")
def cancel(t):
    job = t.submit(*TWO)
    t.wait_work()
    t.slurm("scancel", job)
    t.wait_end(job, 30, "CANCELLED")
    done = t.results()
    time.sleep(4)
    expect(t.state(job) == "CANCELLED", "the script put a cancelled job back into the queue")
    again = t.submit(*TWO)
    t.wait_end(again)
    t.same_bytes()
    return f"{done} of {N_TASKS} tasks kept, not requeued; the next job did the rest"


@scenario("killed-ranks")
def killed_ranks(t):
    """All ranks die at once, as by a fault of the machine."""
    job = t.submit(*TWO)
    t.wait_work()
    for pid in ranks(t):
        os.kill(pid, signal.SIGKILL)
    starts = 1 + t.wait_end(job)
    expect(starts == 2, f"{starts} starts")
    t.same_bytes()
    return f"{died(t.log(job))}, {starts} starts"


def died(text):
    found = re.findall(r"died with exit code \d+", text)
    return found[-1] if found else "the script did not see it"


@scenario("broken")
def broken(t):
    """A job that cannot work: three quick deaths, then it stops asking."""
    fake = t.dir / "fake"
    fake.write_text("#!/bin/bash\n[[ $1 == --version ]] || exit 139\n")
    fake.chmod(0o755)
    job = t.submit("--ntasks=1", "--time=20", VITRION=str(fake))
    starts = 1 + t.wait_end(job, 120, "FAILED")
    expect(starts == 3 and "3 times in a row" in t.log(job), f"{starts} starts")
    return "gave up after three quick deaths"


# ---------------------------------------------------------------------- nodes

@scenario("node-down")
def node_down(t):
    job = t.submit(*TWO)
    t.wait_work()
    last = t.slurm("scontrol", "show", "hostnames", t.facts(job)["NodeList"]).split()[-1]
    t.slurm("scontrol", "update", f"node={last}", "state=down", "reason=test")
    starts = 1 + t.wait_end(job)
    expect(starts == 2, f"{starts} starts")
    t.same_bytes()
    return f"{last} set down, {starts} starts"


def node_killed(t, which):
    job = t.submit(*TWO)
    t.wait_work()
    node = t.slurm("scontrol", "show", "hostnames", t.facts(job)["NodeList"]).split()[which]
    t.w.cluster.kill(node)
    t0 = time.time()
    t.wait(lambda: int(t.facts(job)["Restarts"]) == 1, 120, "the job is back in the queue")
    noticed = time.time() - t0
    done = t.results()
    starts = 1 + t.wait_end(job)
    t.w.cluster.start_node(node)
    expect(starts == 2, f"{starts} starts")
    t.same_bytes()
    return f"{node} noticed after {noticed:.0f} s, {done} of {N_TASKS} tasks kept, {starts} starts"


@scenario("node-killed", hosts=True)
def node_killed_worker(t):
    return node_killed(t, -1)


@scenario("batch-node-killed", hosts=True)
def node_killed_batch(t):
    """The node of the script, of srun and of rank 0."""
    return node_killed(t, 0)


# ---------------------------------------------------------------------- arrays

@scenario("array-apart")
def array_apart(t):
    """Two campaigns in one array: a task that requeues itself leaves the other alone, even when its number is the array's."""
    both = t.dir / "both.sh"
    both.write_text(f"#!/bin/bash\n#SBATCH --output=%x-%j.out --open-mode=append --requeue\n"
                    f"set -- {t.w.campaign(SHORT_PS)} --output out-$SLURM_ARRAY_TASK_ID --quiet\n. {t.w.template}\n")
    array = t.submit("--array=1-2", "--ntasks=1", "--time=20", script=both, words=[])
    t.wait(lambda: len(list(t.dir.glob("out-*/glass/*.xyz"))) > 2, 120, "both work")
    tasks = {k: t.facts(f"{array}_{k}") for k in (1, 2)}
    hit = next(k for k in tasks if tasks[k]["JobId"] == array)
    t.slurm("scancel", "--batch", "--signal=USR1", f"{array}_{hit}")
    restarts = {k: t.wait_end(f"{array}_{k}", 400) for k in (1, 2)}
    expect(restarts == {hit: 1, 3 - hit: 0}, f"restarts of the tasks: {restarts}")
    for k in (1, 2):
        t.out = t.dir / f"out-{k}"
        t.same_bytes()
    return f"task {hit}, which has the array's number, requeued itself alone"


def joined(t):
    array = t.submit("--hold", "--array=1-3", "--ntasks=1", "--time=20",
                     words=[t.w.campaign(SHORT_PS), "--output", t.out, "--quiet", "--join"])
    t.slurm("scontrol", "release", f"{array}_1")  # the first one leads
    t.wait(lambda: list(t.out.glob("journal/*.vtj")), 60, "the first job works")
    t.slurm("scontrol", "release", array)
    t.wait(lambda: len(shards(t)) >= 3, 120, "three jobs have results")
    return array


def shards(t):
    """Journal shards with results in them: one a rank and start."""
    return [p for p in t.out.glob("journal/*.vtj") if p.stat().st_size > 1024]


@scenario("array-join")
def array_join(t):
    array = joined(t)
    for k in (1, 2, 3):
        t.wait_end(f"{array}_{k}")
    t.same_bytes(counted=False)
    return f"three jobs ended with 0, {len(shards(t))} of their ranks have results"


@scenario("array-leader-cancelled")
def array_leader_cancelled(t):
    array = joined(t)
    t.slurm("scancel", f"{array}_1")
    t.wait_end(f"{array}_1", 30, "CANCELLED")
    for k in (2, 3):
        t.wait_end(f"{array}_{k}")
    t.same_bytes(counted=False)
    return "the leader was cancelled, the other two ended with 0"


# ---------------------------------------------------------------------- site.yaml, submit, doctor

def vitrion(t, *words, check=True, **more):
    return t.slurm(t.w.vitrion, *words, cwd=t.dir, check=check, timeout=200, **more)


@scenario("submit", quick=True)
def submit(t):
    """An array by `vitrion submit` that a site.yaml cuts; then one that its partition would never let run."""
    shutil.copy(t.w.campaign(SHORT_PS), t.dir / "c.yaml")
    (t.dir / "site.yaml").write_text("partition: main\nmost_ranks: 1\nmost_hours: 0.25\ncores_per_node: 1\n")
    words = ("submit", "c.yaml", "--output", "out", "--calibrate", "0", "--json")
    said = json.loads(vitrion(t, *words, "--array", "2", "--ranks", "3"))
    array = said["job"]
    t.jobs.append(array)
    expect((said["jobs"], said["ranks"]) == (2, 1), f"most_ranks is obeyed: {said}")
    facts = t.facts(f"{array}_1")
    expect((facts["Partition"], facts["TimeLimit"], facts["NumTasks"]) == ("main", "00:15:00", "1"), f"what SLURM got: {facts}")
    for k in (1, 2):
        t.wait_end(f"{array}_{k}")
    t.same_bytes(counted=False)
    worked = len(shards(t))
    t.slurm("scontrol", "update", "partitionname=main", "maxtime=5")
    try:
        p = subprocess.run([t.w.vitrion, *words, "--time", "15"], cwd=t.dir, env=t.w.cluster.env, capture_output=True, text=True,
                           timeout=120)
    finally:
        t.slurm("scontrol", "update", "partitionname=main", "maxtime=infinite")
    stuck = json.loads(p.stdout)["job"]
    t.jobs.append(stuck)
    expect(p.returncode == 0 and re.search("'Partition(TimeLimit|Config)'", p.stderr) and f"scancel {stuck}" in p.stderr, f"a job that waits for ever: {p}")
    (t.dir / "site.yaml").write_text("partition: nope\n")
    p = subprocess.run([t.w.vitrion, *words], cwd=t.dir, env=t.w.cluster.env, capture_output=True, text=True, timeout=120)
    expect(p.returncode == 1 and "invalid partition specified: nope" in p.stderr, f"sbatch's own words: {p}")
    return f"two jobs of one rank, {worked} of them have results; refusals are told"


@scenario("doctor", quick=True)
def doctor(t):
    """In an allocation of two nodes: srun as it must be, and srun that starts copies."""
    script = t.dir / "doctor.sh"
    ask = f"{t.w.vitrion} doctor {t.w.campaign(SHORT_PS)} --output out --json"
    script.write_text(f"#!/bin/bash\n{ask} >well; echo $? >well.code\n"
                      f"VITRION_LAUNCHER='srun --mpi=none' {ask} >ill; echo $? >ill.code\n")
    job = t.submit("--nodes=2", "--ntasks=2", "--time=5", script=script, words=[])
    t.wait_end(job, 120)
    found = {}
    for name in ("well", "ill"):
        checks = json.loads((t.dir / name).read_text())["checks"]
        found[name] = {c["check"]: c for c in checks}, int((t.dir / f"{name}.code").read_text())
    well, code = found["well"]
    expect(code == 0, f"a healthy cluster: exit code {code}: {well}")
    for what in ("launch", "simd", "build", "shared", "potential", "clocks"):
        expect(well[what]["verdict"] == "ok", f"{what}: {well[what]}")
    expect("all 2 nodes" in well["build"]["text"] and "srun" in well["launch"]["text"], f"two nodes: {well}")
    ill, code = found["ill"]
    expect(code == 1 and ill["launch"]["verdict"] == "FAIL" and "--mpi=pmi2" in ill["launch"]["do"], f"copies: {code} {ill}")
    return f"{len(well)} checks on two nodes; srun --mpi=none is named"


# ---------------------------------------------------------------------- launchers and ranks

@scenario("launch-mismatch", quick=True)
def launch_mismatch(t):
    p = subprocess.run(["srun", "--mpi=none", "-n", "2", t.w.vitrion, "run", t.w.campaign(SHORT_PS), "--output", t.out],
                       capture_output=True, text=True, env=t.w.cluster.env, timeout=120)
    expect(p.returncode == 4, f"exit code {p.returncode}\n{p.stdout}{p.stderr}")
    expect("--mpi=pmi2" in p.stderr and not t.out.exists(), f"what it said: {p.stderr}")
    return "refused with 4 and the hint at --mpi=pmi2"


def ranks(t, number=None):
    """Processes that compute: of all ranks or of one; a process that only watches another one is not among them."""
    found, parents = {}, set()
    for pid in t.w.cluster.processes():
        try:
            p = pathlib.Path(f"/proc/{pid}")
            words = (p / "cmdline").read_bytes().split(b"\0")
            env = (p / "environ").read_bytes().split(b"\0")
            parent = int((p / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if words[0] == str(t.w.vitrion).encode() and b"run" in words:
            if number is None or f"PMI_RANK={number}".encode() in env:
                found[pid] = parent
            parents.add(parent)
    return [pid for pid in found if pid not in parents]


def rank_killed(t, **env):
    job = t.submit("--nodes=2", "--ntasks=3", "--time=20", **env)
    t.wait_work()
    [victim] = ranks(t, 2)
    os.kill(victim, signal.SIGKILL)
    restarts = t.wait_end(job)
    expect(restarts == 0, f"{restarts} restarts: the job did not survive")
    t.same_bytes()
    return "one rank of three killed, the others finished in the same start"


@scenario("rank-killed")
def rank_killed_srun(t):
    return rank_killed(t)


@scenario("rank-killed-mpiexec")
def rank_killed_mpiexec(t):
    return rank_killed(t, VITRION_LAUNCHER=str(t.w.mpiexec))


# ---------------------------------------------------------------------- all of them

def one(world, name, function, hosts):
    """A row of the table: name, what happened, seconds, verdict."""
    trial, t0 = None, time.time()
    try:
        if hosts and (why := cluster.hosts_trouble()):
            return name, f"no network namespaces here: {why}", 0, "SKIPPED"
        world.reference()
        world.need_cluster(hosts)
        t0 = time.time()
        trial = Trial(world, name)
        what, verdict = function(trial), "ok"
    except (Failed, RuntimeError, OSError, KeyError, subprocess.TimeoutExpired) as e:
        what, verdict = str(e).split("\n")[0], "FAILED"
        print(f"{name}: {e}\n{trial.logs() if trial else ''}", flush=True)
    seconds = time.time() - t0
    if trial:
        try:
            trial.clean()
        except (Failed, RuntimeError):
            world.close()  # the next one gets a new cluster
    return name, what, seconds, verdict


def row(cells):
    return f"{cells[0]:<24}{cells[1]:<76}{cells[2]:>6}  {cells[3]}"


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    for name in ("vitrion", "mpiexec", "source"):
        p.add_argument(name, type=pathlib.Path)
    p.add_argument("--quick", action="store_true")
    p.add_argument("--keep", action="store_true")
    p.add_argument("--only", nargs="+", choices=[s[0] for s in SCENARIOS], metavar="NAME")
    a = p.parse_args()
    why = cluster.trouble()
    if why:
        print("=" * 100 + f"\nSKIPPED: no SLURM can be brought up here: {why}\n" + "=" * 100)
        return SKIPPED
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was brought up is taken down
    top = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-slurm-"))
    world = World(a.vitrion.resolve(), a.mpiexec, a.source.resolve(), top)
    chosen = [s for s in SCENARIOS if (s[0] in a.only if a.only else s[2] or not a.quick)]
    rows = []
    try:
        world.reference()
        print(row(("scenario", "what happened", "s", "verdict")))
        print(row(("undisturbed", "two ranks under mpiexec", f"{world.seconds[SHORT_PS]:.0f}", "ok")), flush=True)
        for name, function, _, hosts in sorted(chosen, key=lambda s: s[3]):
            rows.append(one(world, name, function, hosts))
            print(row((*rows[-1][:2], f"{rows[-1][2]:.0f}", rows[-1][3])), flush=True)
    finally:
        world.close()
        if a.keep:
            print(f"kept: {top}")
        else:
            shutil.rmtree(top, ignore_errors=True)
    count = {v: sum(r[3] == v for r in rows) for v in ("ok", "FAILED", "SKIPPED")}
    print(", ".join(f"{n} {v}" for v, n in count.items() if n))
    return 1 if count["FAILED"] or not count["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
