"""site.yaml, submit and doctor without a SLURM: what obeys which file, every mistake with its place, a job handed to an sbatch of
a few lines, and a doctor that finds what is broken: a hash, a folder, a disk, a launcher.  A real SLURM: tests/slurm."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import CAMPAIGN, expect, finish, folder, join, skip_loudly, source, vitrion, write  # noqa: E402

checks = 0
NEP = join(source, "campaigns", "potentials", "oxyhalide7-v0.nep.txt")


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def run(*words, cwd, wrap=(), **env):
    p = subprocess.run([*wrap, vitrion, *map(str, words)], capture_output=True, text=True, cwd=cwd, timeout=300,
                       env={**os.environ, "XDG_CONFIG_HOME": join(cwd, "home"), **env})
    return p.returncode, p.stdout, p.stderr


def options(text):
    return dict(re.findall(r"^#SBATCH --([\w-]+)(?:=(.*))?$", text, re.M))


def dry(tmp, *more, **env):
    code, out, err = run("submit", "c.yaml", "--dry-run", "--calibrate", 0, *more, cwd=tmp, **env)
    check(code == 0 and subprocess.run(["bash", "-n"], input=out, text=True).returncode == 0, f"submit {more}: {code} {err}")
    return out, options(out), err


# ---------------------------------------------------------------------- site.yaml

def obeyed(tmp):
    os.makedirs(join(tmp, "home", "vitrion"))
    user, beside = join(tmp, "home", "vitrion", "site.yaml"), join(tmp, "site.yaml")
    write(user, "partition: user\naccount: mine\nqos: low\nmost_hours: 0.1\n")
    write(beside, "partition: beside\nqos: ~\nmost_ranks: 2\ncores_per_node: 1\nmodules: [mpich/4.0, hdf5]\n"
                  "launcher: mpiexec.mpich -genv A=1\n")
    text, o, err = dry(tmp, "--ranks", 3, "--time", "1:00:00")
    check((o["partition"], o["account"]) == ("beside", "mine") and "qos" not in o, f"the later file wins, key by key: {o}")
    check(o["ntasks"] == "2" and "3 ranks were asked for, most_ranks of site.yaml is 2" in err, f"most_ranks cuts, and says so: {err}")
    check(o["time"] == "00:06:00" and "is cut to the 0.1 hours of most_hours" in err, f"most_hours cuts, and says so: {o} {err}")
    check((o["nodes"], o["ntasks-per-node"]) == ("2", "1"), f"cores_per_node: {o}")
    check("\nmodule load mpich/4.0 hdf5 ||" in text and "VITRION_LAUNCHER='mpiexec.mpich -genv A=1'" in text, "modules, launcher")
    _, o, _ = dry(tmp, "--partition", "asked", "--qos", "q")
    check((o["partition"], o["qos"]) == ("asked", "q"), f"the command line wins: {o}")
    code, out, err = run("plan", "c.yaml", "--sbatch", "--calibrate", 0, "--ranks", 3, "--time", "1:00:00", cwd=tmp)
    check(code == 0 and out == text, f"plan --sbatch writes the same script: {err}")
    os.remove(user)
    os.remove(beside)
    text, o, err = dry(tmp)
    check("partition" not in o and "nodes" not in o and "VITRION_LAUNCHER='" not in text and err == "", f"no site.yaml: {o} {err}")
    c = write(join(tmp, "nowhere.yaml"), CAMPAIGN.replace("output: out\n", ""))
    code, out, err = run("submit", c, "--dry-run", "--calibrate", 0, "--array", 2, cwd=tmp)
    check(code == 0 and f"--output '{tmp}/runs/tiny' --join" in out, f"without output: {code} {err}")


def of_the_machine(tmp):
    """/etc/vitrion comes first: tried where / is our own."""
    words = ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /etc && mkdir /etc/vitrion && "
             "printf 'partition: machine\\naccount: machine\\n' >/etc/vitrion/site.yaml && exec \"$@\"", "sh"]
    if os.geteuid() != 0 or subprocess.run([*words, "true"], capture_output=True).returncode != 0:
        skip_loudly("no mount namespace of our own: /etc/vitrion is not tried")
        return
    write(join(tmp, "site.yaml"), "account: beside\n")
    code, out, err = run("submit", "c.yaml", "--dry-run", "--calibrate", 0, cwd=tmp, wrap=words)
    o = options(out)
    check(code == 0 and (o["partition"], o["account"]) == ("machine", "beside"), f"/etc/vitrion first: {code} {o} {err}")
    os.remove(join(tmp, "site.yaml"))


def mistakes(tmp):
    write(join(tmp, "site.yaml"), "partitoin: a\nmost_ranks: many\nmost_hours: 24:00:00\nlauncher: srun 'x'\n")
    want = ["site.yaml:1:1: partitoin: no such key, did you mean 'partition'?", "site.yaml:2:13: most_ranks: 'many'",
            "site.yaml:3:13: most_hours: ", "site.yaml:4:11: launcher: "]
    for words in (("submit", "c.yaml", "--dry-run"), ("plan", "c.yaml", "--sbatch"), ("submit", "c.yaml")):
        code, out, err = run(*words, cwd=tmp)
        check(code == 2 and out == "" and all(w in err for w in want), f"{words}: {code} {err}")
    code, out, err = run("doctor", "c.yaml", "--no-launch", cwd=tmp)
    check(code == 1 and all(w in out for w in want) and out.count("FAIL  site") == 4, f"doctor lists them: {code} {out}")
    code, _, err = run("plan", "c.yaml", "--calibrate", 0, cwd=tmp)
    check(code == 0, f"plan without --sbatch does not read it: {err}")
    os.remove(join(tmp, "site.yaml"))
    code, out, err = run("schema", "site", "--json", cwd=tmp)
    check(code == 0 and [k["path"] for k in json.loads(out)["keys"]][1:] ==
          ["partition", "account", "qos", "modules", "cores_per_node", "most_ranks", "most_hours", "launcher"], "schema site")


# ---------------------------------------------------------------------- submit

SBATCH = """#!/bin/bash
printf '%s\\n' "$@" >"$FAKE/words"
cat >"$FAKE/script"
[[ -z ${FAKE_ERROR:-} ]] || { echo "sbatch: error: $FAKE_ERROR" >&2; exit 1; }
echo "4711;cluster"
"""
SQUEUE = """#!/bin/bash
echo "${FAKE_REASON:-Priority}"
"""


def submitted(tmp):
    fake = join(tmp, "fake")
    os.mkdir(fake)
    for name, text in (("sbatch", SBATCH), ("squeue", SQUEUE)):
        os.chmod(write(join(fake, name), text), 0o755)
    env = {"FAKE": fake, "PATH": fake + ":" + os.environ["PATH"]}
    words = ("submit", "c.yaml", "--calibrate", 0, "--array", 2)
    code, out, err = run(*words, cwd=tmp, **env)
    check(code == 0 and "SLURM job 4711, an array of 2" in out and err == "", f"submit: {code} {out} {err}")
    text, _, _ = dry(tmp, "--array", 2)
    with open(join(fake, "script"), encoding="utf-8") as f:
        check(f.read() == text, "sbatch gets the script that --dry-run shows")
    code, out, err = run(*words, "--json", cwd=tmp, **env)
    check(code == 0 and json.loads(out)["job"] == "4711" and json.loads(out)["jobs"] == 2, f"--json: {out} {err}")
    code, out, err = run(*words, cwd=tmp, FAKE_REASON="PartitionTimeLimit", **env)
    check(code == 0 and "PartitionTimeLimit" in err and "scancel 4711" in err, f"a job that would wait for ever: {err}")
    code, out, err = run(*words, cwd=tmp, FAKE_ERROR="invalid partition specified: nope", **env)
    check(code == 1 and out == "" and "invalid partition specified: nope" in err, f"sbatch's own words: {code} {out} {err}")
    code, out, err = run(*words, cwd=tmp, PATH="/nowhere")
    check(code == 1 and "no sbatch on the PATH" in err, f"no sbatch: {code} {err}")
    # a job that works in the folder
    lease = join(tmp, "busy", "lease")
    p = subprocess.Popen([vitrion, "run", "long.yaml", "--output", "busy", "--quiet"], cwd=tmp, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if os.path.isdir(lease) and any(n.startswith("job-") for n in os.listdir(lease)) and \
                    os.path.exists(join(tmp, "busy", "campaign.yaml")):
                break
            subprocess.run(["sleep", "0.1"])
        code, out, err = run("submit", "long.yaml", "--output", "busy", "--calibrate", 0, cwd=tmp, **env)
        check(code == 2 and "--join" in err, f"a job works there: {code} {err}")
        code, out, err = run("submit", "long.yaml", "--output", "busy", "--calibrate", 0, "--join", cwd=tmp, **env)
        with open(join(fake, "script"), encoding="utf-8") as f:
            check(code == 0 and "/busy' --join \"$@\"" in f.read(), f"--join: {code} {err}")
    finally:
        p.terminate()
        p.wait(60)


# ---------------------------------------------------------------------- doctor

def doctor(tmp, *words, wrap=(), **env):
    """Exit code and {check: [verdict, text]} (the worst of a name)."""
    code, out, err = run("doctor", *words, "--json", cwd=tmp, wrap=wrap, **env)
    order, found = ["ok", "skip", "warn", "FAIL"], {}
    for c in json.loads(out)["checks"]:
        if c["check"] not in found or order.index(c["verdict"]) > order.index(found[c["check"]][0]):
            found[c["check"]] = [c["verdict"], c["text"], c["do"]]
    check((code == 1) == any(v[0] == "FAIL" for v in found.values()), f"exit code {code}: {found} {err}")
    return code, found


def healthy(tmp):
    code, d = doctor(tmp, "nep.yaml")
    names = ("program", "site", "campaign", "potential", "folder", "exclusive", "links", "rename", "sync", "clock", "launch")
    check(code == 0 and all(d[n][0] in ("ok", "warn") for n in names), f"a healthy machine: {d}")
    check("two ranks found each other" in d["launch"][1], f"launch: {d['launch']}")
    check(not [n for n in os.listdir(tmp) if "doctor" in n], "nothing is left behind")
    code, out, err = run("doctor", "--no-launch", cwd=tmp)
    check(code == 0 and "FAIL" not in out.splitlines()[0] and "campaign" not in out.split("\n")[2], f"without a campaign: {out}")


def broken(tmp):
    with open(join(tmp, "nep.yaml"), encoding="utf-8") as f:
        good = f.read()
    write(join(tmp, "hash.yaml"), good.replace("nep.txt}", "nep.txt, sha256: " + "ab" * 32 + "}"))
    _, d = doctor(tmp, "hash.yaml", "--no-launch")
    check(d["potential"][0] == "FAIL" and "hash.yaml:4:" in d["potential"][1] and d.get("campaign", ["ok"])[0] != "FAIL",
          f"a wrong hash is the potential's: {d}")
    write(join(tmp, "gone.yaml"), good.replace("nep.txt", "nope.txt"))
    _, d = doctor(tmp, "gone.yaml", "--no-launch")
    check(d["potential"][0] == "FAIL" and "nope.txt" in d["potential"][1], f"a potential that is not there: {d}")
    write(join(tmp, "element.yaml"), good.replace("alkali: [Li, Na]", "alkali: [Rb]"))
    _, d = doctor(tmp, "element.yaml", "--no-launch")
    check(any(v[0] == "FAIL" and "Rb" in v[1] for v in d.values()), f"an element that it does not have: {d}")
    write(join(tmp, "key.yaml"), good.replace("glasses: 1", "glases: 1"))
    _, d = doctor(tmp, "key.yaml", "--no-launch")
    check(d["campaign"][0] == "FAIL" and "did you mean 'glasses'" in d["campaign"][1], f"a mistake in the campaign: {d}")


def launchers(tmp):
    for text, code, want in (("exit 4", 4, "do not find each other"), ("echo no module >&2; exit 9", 9, "no module")):
        name = write(join(tmp, f"launcher{code}"), f"#!/bin/sh\n{text}\n")
        os.chmod(name, 0o755)
        _, d = doctor(tmp, "nep.yaml", VITRION_LAUNCHER=name)
        check(d["launch"][0] == "FAIL" and want in d["launch"][1], f"{text}: {d['launch']}")
    # copies that each believe to be alone, as with srun --mpi=none
    name = write(join(tmp, "copies"), '#!/bin/sh\nshift 2\nexport SLURM_STEP_NUM_TASKS=2\n"$@" & "$@"\n')
    os.chmod(name, 0o755)
    _, d = doctor(tmp, "nep.yaml", VITRION_LAUNCHER=name)
    check(d["launch"][0] == "FAIL" and "--mpi=pmi2" in d["launch"][2], f"copies: {d['launch']}")
    _, d = doctor(tmp, "nep.yaml", VITRION_LAUNCHER="no-such-launcher -x")
    check(d["launch"][0] == "FAIL" and "no-such-launcher" in d["launch"][1], f"no launcher: {d['launch']}")


def unlike_nodes(tmp):
    """An allocation of three nodes that mpiexec makes here: a library gives rank 1 another host name and clock; what the launcher
    prints is given another SIMD level of rank 2, or another hash of the potential, on its way."""
    other_node = sys.argv[3]
    launcher = write(join(tmp, "three"), """#!/bin/sh
n=$#
for word do [ "$word" = -ppn ] && ppn=1; done
[ -z "$ppn" ] && exec mpiexec.mpich "$@"
shift 2
LD_PRELOAD="$NODE" mpiexec.mpich "$@" | sed "$EDIT"
""")
    os.chmod(launcher, 0o755)

    def nodes(edit="", **env):
        return doctor(tmp, "nep.yaml", VITRION_LAUNCHER=launcher, SLURM_JOB_NUM_NODES="3", EDIT=edit, NODE=other_node, VT_NODE_RANK="1",
                      VT_NODE_NAME="node1", **env)

    code, d = nodes()
    check(code == 0 and all(d[k][0] == "ok" and "all 3 nodes" in d[k][1] for k in ("simd", "build", "shared")), f"alike: {d}")
    check(d["clocks"][0] == "ok" and "agree within" in d["clocks"][1], f"clocks alike: {d['clocks']}")
    for ahead in ("40", "-40"):
        code, d = nodes(VT_NODE_AHEAD=ahead)
        said = re.search(r"that of node1 differs by ([\d.]+) s", d["clocks"][1])
        # of some questions the quickest counts: half of its way is the error, far below the half of 40 s on any machine
        check(code == 0 and d["clocks"][0] == "warn" and said and abs(float(said.group(1)) - 40) < 20, f"{ahead} s: {d['clocks']}")
    code, d = nodes(r's/\("rank": *2,.*"simd": *"\)[a-z0-9]*/\1sse9/')
    check(code == 1 and d["simd"][0] == "FAIL" and re.search(r"SIMD level is \w+ on \S+, but sse9 on ", d["simd"][1]), f"SIMD: {d['simd']}")
    check("--constraint" in d["simd"][2] and "numerics.simd" in d["simd"][2] and d["clocks"][0] == "ok", f"SIMD: {d['simd']}")
    code, d = nodes(r's/\("rank": *1,.*"build": *"\)[^"]*\(".*"rank": *2\)/\1older\2/')
    check(code == 1 and d["build"][0] == "FAIL" and "but older on node1" in d["build"][1], f"another build: {d['build']}")
    code, d = nodes(r's/\("rank": *2,.*"token": *\)1/\10/')
    check(code == 1 and d["shared"][0] == "FAIL" and "does not see" in d["shared"][1], f"another file system: {d['shared']}")


def mounted(options_, *then):
    """Words that run a command where ./disk is a small disk of its own, after `then`."""
    steps = " && ".join([f"mount -t tmpfs -o {options_} none disk", *then, 'exec "$@"'])
    return ["unshare", "-m", "sh", "-c", steps, "sh"]


def disks(tmp):
    os.mkdir(join(tmp, "disk"))
    if os.geteuid() != 0 or subprocess.run([*mounted("size=1m"), "true"], cwd=tmp, capture_output=True).returncode != 0:
        skip_loudly("no mount namespace of our own: read-only and full disks are not tried")
        return
    _, d = doctor(tmp, "nep.yaml", "--no-launch", "--output", "disk/out", wrap=mounted("ro"))
    check(d["folder"][0] == "FAIL" and "Read-only" in d["folder"][1] and "links" not in d, f"a read-only folder: {d}")
    full = mounted("size=64k", "(cat /dev/zero >disk/fill || true) 2>/dev/null")
    _, d = doctor(tmp, "nep.yaml", "--no-launch", "--output", "disk/out", wrap=full)
    check(d["sync"][0] == "FAIL" and "No space left" in d["sync"][1], f"a full disk: {d}")
    check(d["space"][0] == "FAIL" and "0 GB are free" in d["space"][1], f"a full disk: {d['space']}")
    _, d = doctor(tmp, "nep.yaml", "--no-launch", "--output", "disk/out", wrap=mounted("size=1m,nr_inodes=40"))
    check(d["files"][0] == "FAIL", f"no more files: {d}")
    # the estimate beside what there is: one byte short is not enough
    need = float(re.search(r"up to ([\d.e-]+) GB", d["space"][1]).group(1)) * 1e9
    _, d = doctor(tmp, "nep.yaml", "--no-launch", "--output", "disk/out", wrap=mounted(f"size={int(need * 0.8) // 4096 * 4}k"))
    check(d["space"][0] == "FAIL" and d["sync"][0] != "FAIL", f"less room than the campaign needs: {d}")


with folder() as tmp:
    tmp = os.path.realpath(tmp)
    write(join(tmp, "c.yaml"), CAMPAIGN)
    write(join(tmp, "nep.yaml"), CAMPAIGN.replace('{kind: lj, file: "-"}', "{kind: nep, file: " + NEP + "}"))
    write(join(tmp, "long.yaml"), CAMPAIGN.replace("produce: {duration: 1 ps}", "produce: {duration: 2000 ns}"))
    obeyed(tmp)
    of_the_machine(tmp)
    mistakes(tmp)
    submitted(tmp)
    healthy(tmp)
    broken(tmp)
    launchers(tmp)
    unlike_nodes(tmp)
    disks(tmp)
finish(checks)
