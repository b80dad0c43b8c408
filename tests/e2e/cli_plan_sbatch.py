"""plan --sbatch: a script that bash accepts, whose numbers follow from `plan --json`, and that runs the campaign it was written
for; SLURM's own commands are played by small scripts here."""
import math
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import CAMPAIGN, answer, expect, finish, folder, join, run, source, vitrion, write  # noqa: E402

checks = 0
TEMPLATE = join(source, "scripts", "slurm", "vitrion.sbatch")


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def script(c, tmp, *more):
    """The text of the script, and its last value of every #SBATCH option."""
    code, out, err = run("plan", c, "--sbatch", "--calibrate", 0, *more, cwd=tmp)
    check(code == 0 and out.startswith("#!/bin/bash\n"), f"plan --sbatch {more}: {code} {err}")
    check(subprocess.run(["bash", "-n"], input=out, text=True).returncode == 0, f"bash reads the script {more}")
    return out, dict(re.findall(r"^#SBATCH --([\w-]+)(?:=(.*))?$", out, re.M))


def seconds(text):
    h, m, s = (int(x) for x in text.split(":"))
    return 3600 * h + 60 * m + s


def numbers(c, tmp):
    text, o = script(c, tmp, "--ranks", 2)
    p = answer("plan", c, "--ranks", 2, "--calibrate", 0, cwd=tmp)
    check(o["ntasks"] == "2" and o["job-name"] == "tiny" and o["cpus-per-task"] == "1", f"ranks and name: {o}")
    # half as much again and ten minutes, in quarters of an hour
    check(seconds(o["time"]) == 900 * math.ceil((1.5 * 3600 * p["wall_h"] + 600) / 900), f"time {o['time']}")
    memory = int(o["mem-per-cpu"].rstrip("M")) * 2**20
    check(2 * p["memory_per_rank_bytes"] <= memory < 2 * p["memory_per_rank_bytes"] + 2**30, f"memory {o['mem-per-cpu']}")
    check("requeue" in o and o["open-mode"] == "append" and o["signal"].startswith("B:USR1@"), "the template's options are there")
    check("partition" not in o and "array" not in o, "nothing that was not asked for")
    _, o = script(c, tmp, "--ranks", 1000)
    check(o["ntasks"] == "4", f"not more ranks than the 4 MD tasks that can run at once: {o['ntasks']}")
    _, o = script(c, tmp)
    busy = answer("plan", c, "--ranks", o["ntasks"], "--calibrate", 0, cwd=tmp)
    check(busy["core_hours"] >= 0.5 * busy["wall_h"] * int(o["ntasks"]), "without --ranks half of the cores work")
    threads = write(join(tmp, "threads.yaml"), open(c).read() + "runner: {threads: 4}\n")
    os.makedirs(join(tmp, "site"), exist_ok=True)
    write(join(tmp, "site", "site.yaml"), "cores_per_node: 10\n")
    at_site = write(join(tmp, "site", "threads.yaml"), open(threads).read())
    _, o = script(threads, tmp, "--ranks", 3)
    check((o["cpus-per-task"], o["ntasks"]) == ("4", "3"), f"as many cores as threads: {o}")
    _, o = script(at_site, join(tmp, "site"), "--ranks", 4)
    check((o["ntasks-per-node"], o["nodes"], o["ntasks"]) == ("2", "2", "4"), f"two ranks of four cores on a node of ten: {o}")
    text, o = script(c, tmp, "--array", 2, "--ranks", 9, "--partition", "long", "--account", "p-1")
    check((o["array"], o["ntasks"], o["partition"], o["account"]) == ("1-2", "2", "long", "p-1"), f"an array: {o}")
    check("/out' --join \"$@\"" in text, "every job of an array joins")


def long_campaign(tmp):
    text = CAMPAIGN.replace("produce: {duration: 1 ps}", "produce: {duration: 2000 ns}").replace("atoms: 42", "atoms: 340")
    c = write(join(tmp, "long.yaml"), text)
    p = answer("plan", c, "--ranks", 4, "--calibrate", 0, cwd=tmp)
    need = 1.5 * 3600 * p["wall_h"] + 600
    text, o = script(c, tmp, "--ranks", 4, "--time", "1-00:00:00")
    starts = math.ceil(need / (86400 - 180))
    check(o["time"] == "24:00:00" and starts > 1 and f"expect {starts} starts, that is {starts - 1} requeues" in text,
          f"a limit below the need ({need:.0f} s) becomes {starts} starts: {o['time']}")
    text, o = script(c, tmp, "--ranks", 4, "--time", "3000-00")
    check(seconds(o["time"]) >= need and "starts, that is" not in text, "a limit above the need changes nothing")


def refused(c, tmp):
    unnamed = write(join(tmp, "nowhere.yaml"), CAMPAIGN.replace("output: out\n", ""))
    for words, want in (((c, "--sbatch", "--time", "soon"), "HH:MM:SS"), ((c, "--sbatch", "--time", "1-"), "HH:MM:SS"),
                        ((c, "--sbatch", "--time", "4"), "at least 5 minutes"),
                        ((c, "--sbatch", "--partition", "a b"), "cannot be the name of a partition"),
                        ((c, "--sbatch", "--account", "x\n#"), "cannot be the name of an account"),
                        ((c, "--time", "60"), "--time needs --sbatch"), ((c, "--sbatch", "--json"), "exclude each other")):
        code, out, err = run("plan", *words, cwd=tmp)
        check(code == 2 and out == "" and want in err, f"{words[1:]}: {code} {err}")
    code, out, err = run("plan", unnamed, "--sbatch", "--calibrate", 0, cwd=tmp)
    check(code == 0 and f"--output {tmp}/runs/" in out.replace("'", ""), f"without output the folder is runs/NAME: {code} {err}")


# ---------------------------------------------------------------------- the script itself, with a SLURM of three lines

SCONTROL = """#!/bin/bash
echo "$*" >>"$FAKE/scontrol"
[[ $1 != --oneliner ]] || echo "JobId=7 $FAKE_STATE Restarts=0"
"""
LAUNCHER = """#!/bin/bash
printf '%s\\n' "$@" >"$FAKE/words"
trap 'echo stopped >>"$FAKE/words"; exit ${FAKE_STOPPED:-75}' USR1
[[ -z ${FAKE_SIGNAL:-} ]] || { kill -"$FAKE_SIGNAL" $PPID; for i in {1..100}; do sleep 0.1; done; }
exit ${FAKE_CODE:-0}
"""


class Slurm:
    def __init__(self, tmp, name):
        self.dir = join(tmp, name)
        os.mkdir(self.dir)
        for program, text in (("scontrol", SCONTROL), ("launcher", LAUNCHER)):
            os.chmod(write(join(self.dir, program), text), 0o755)

    def submit(self, path, *words, **env):
        """Exit code, output, the calls of scontrol, the words that the launcher got."""
        fake = tempfile.mkdtemp(dir=self.dir)
        p = subprocess.run(["bash", path, *words], capture_output=True, text=True, cwd=self.dir, timeout=60,
                           env={**os.environ, "SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "VITRION": vitrion, "FAKE": fake,
                                "FAKE_STATE": "JobState=RUNNING Reason=None",
                                "VITRION_LAUNCHER": join(self.dir, "launcher"),
                                "PATH": self.dir + ":" + os.environ["PATH"], **env})
        calls, got = (open(join(fake, name)).read() if os.path.exists(join(fake, name)) else "" for name in ("scontrol", "words"))
        return p.returncode, p.stdout + p.stderr, calls, got.split("\n")[:-1]


def codes(tmp):
    s = Slurm(tmp, "codes")
    for code in (0, 1, 2, 3, 4, 127):
        got, out, calls, _ = s.submit(TEMPLATE, "c.yaml", FAKE_CODE=str(code))
        check(got == code and "requeue" not in calls, f"exit code {code} is passed on: {got} {out}")
    for code in (9, 75, 137, 143, 255):
        got, out, calls, _ = s.submit(TEMPLATE, "c.yaml", FAKE_CODE=str(code), SLURM_JOB_ID=str(code))
        check(got == 0 and "requeue 1\n" not in calls and f"requeue {code}\n" in calls, f"exit code {code} goes back: {out}")
    for n, want in enumerate((0, 0, 137, 0)):
        got, out, calls, _ = s.submit(TEMPLATE, "c.yaml", FAKE_CODE="137")
        check(got == want and ("requeue 7\n" in calls) == (want == 0), f"fast death {n + 1}: {got} {out}")
    # the third one stops and forgets: submitted again it may try again
    got, out, calls, _ = s.submit(TEMPLATE, "c.yaml", FAKE_CODE="75", SLURM_RESTART_COUNT="100", SLURM_JOB_ID="8")
    check(got == 75 and "requeue 8" not in calls and "VITRION_RESTARTS_MOST=100" in out, f"the last start: {out}")
    got, out, calls, _ = s.submit(TEMPLATE, "c.yaml", FAKE_CODE="75", SLURM_ARRAY_JOB_ID="7", SLURM_ARRAY_TASK_ID="3")
    check("requeue 7_3\n" in calls, f"a task of an array requeues itself alone: {calls}")
    got, out, calls, _ = s.submit(TEMPLATE)
    check(got == 2 and "usage:" in out, f"no campaign: {out}")


def signals(tmp):
    s = Slurm(tmp, "signals")
    for sig in ("USR1", "TERM"):
        got, out, calls, words = s.submit(TEMPLATE, "c.yaml", FAKE_SIGNAL=sig)
        check(got == 0 and words[-1:] == ["stopped"] and "requeue 7\n" in calls, f"{sig}: the launcher stops: {got} {out} {words}")
        got, out, calls, words = s.submit(TEMPLATE, "c.yaml", FAKE_SIGNAL=sig, FAKE_STOPPED="0")
        check(got == 0 and "requeue 7\n" in calls, f"{sig}: 0 of a launcher that was signalled is not believed: {out}")
    for state, again in (("JobState=COMPLETING Reason=None", False), ("JobState=PENDING Reason=None", False),
                         ("JobState=COMPLETING Reason=TimeLimit", True)):
        got, out, calls, _ = s.submit(TEMPLATE, "c.yaml", FAKE_SIGNAL="TERM", FAKE_STATE=state)
        check(calls.count("requeue 7\n") == again and got == (0 if again else 75), f"after TERM, {state}: {got} {out}")


def words(tmp):
    there = join(tmp, "it's; a $HOME")
    os.mkdir(there)
    c = write(join(there, "c d.yaml"), CAMPAIGN)
    text, _ = script(c, there)
    s = Slurm(tmp, "words")
    path = write(join(tmp, "job.sh"), text)
    got, out, _, w = s.submit(path, "--quiet", VITRION="")
    check(got == 0 and w == [vitrion, "run", c, "--output", join(there, "out"), "--quiet"], f"what is started: {w}")
    text, _ = script("c d.yaml", there)
    got, out, _, w = s.submit(write(path, text), "--output", "elsewhere")
    check(w[2:] == [c, "--output", join(there, "out"), "--output", "elsewhere"], f"a relative path becomes absolute: {w}")


with folder() as tmp:
    tmp = os.path.realpath(tmp)
    campaign = write(join(tmp, "c.yaml"), CAMPAIGN)
    numbers(campaign, tmp)
    long_campaign(tmp)
    refused(campaign, tmp)
    codes(tmp)
    signals(tmp)
    words(tmp)
finish(checks)
