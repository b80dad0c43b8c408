"""bench engine: its rates and shares are consistent, and --against compares lines of the same case on the same processor;
bench sched --simulate: every task is done, and its journal replayed; bench driver: both orders of messages; bench train: its rates are consistent, also on two ranks."""
import json
import math
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import expect, finish, folder, join, run, source, vitrion, write  # noqa: E402

checks = 0
mpiexec = sys.argv[3]
POTENTIAL = join(source, "campaigns", "potentials", "oxyhalide7-v0.nep.txt")


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def bench(*more):
    code, out, err = run("bench", "engine", "--potential", POTENTIAL, "--atoms", 42, "--steps", 20, "--repeat", 3, *more)
    return code, [json.loads(x) for x in out.splitlines()], err


with folder() as tmp:
    code, lines, err = bench()
    check(code == 0 and len(lines) == 1, f"one line a size\n{err}")
    x = lines[0]
    parts = {"force", "neighbour_list", "integrator", "thermostat", "observables"}
    check(set(x["shares"]) == parts and all(0 <= v <= 1 for v in x["shares"].values()), f"shares {x['shares']}")
    check(math.isclose(x["rest_over_force"], (1 - x["shares"]["force"]) / x["shares"]["force"], rel_tol=1e-6),
          "rest_over_force is what is not force, over the force")
    check(math.isclose(x["peak_percent"], 100 * x["gflops"] / x["peak_gflops"]) and 0 < x["peak_percent"] < 100, "below the peak")
    # the force call is a part of the step: its rate is above that of the whole run, by no more than the forces' share
    whole = 2e-9 * x["multiply_adds_per_atom"] * x["atom_steps_per_s_best"]
    check(whole <= x["gflops"] < 3 * whole, f"gflops {x['gflops']}, of whole steps {whole}")

    # an earlier run that was half as fast, and one of another precision, which has no partner
    x.update(atom_steps_per_s_median=x["atom_steps_per_s_median"] / 2, potential="/elsewhere/oxyhalide7-v0.nep.txt")
    earlier = write(join(tmp, "earlier.jsonl"), json.dumps(x) + "\n\n" + json.dumps(dict(x, precision="mixed")) + "\n")
    code, lines, err = bench("--against", earlier)
    check(code == 0 and len(lines) == 2 and lines[1].get("compare") is True, f"one line compares\n{err}")
    now, both = lines
    for key in ("median", "best"):
        want = now[f"atom_steps_per_s_{key}"] / x[f"atom_steps_per_s_{key}"]
        check(math.isclose(both[f"ratio_{key}"], want), f"ratio_{key} is new over old")

    other = write(join(tmp, "other.jsonl"), json.dumps(dict(x, cpu="Another Processor")) + "\n")
    for path, says in ((other, "Another Processor"), (write(join(tmp, "no.jsonl"), "7\n"), "expected one JSON object"),
                       (write(join(tmp, "empty.jsonl"), "\n"), "no line"), (join(tmp, "none"), "cannot")):
        code, lines, err = bench("--against", path)
        check(code == 2 and not lines and says in err, f"{path}: {err}")

with folder() as tmp:
    code, out, err = run("bench", "sched", "--simulate", "--ranks", 60, "--tasks", 600, "--window", 3, "--output", join(tmp, "j"))
    lines = {x["part"]: x for x in map(json.loads, out.splitlines())}
    check(code == 0 and set(lines) == {"whole start", "start", "scheduler", "fast", "hours", "journal", "replay"}, f"a line each\n{err}")
    check(lines["journal"]["shared_bytes_read"] == lines["journal"]["bytes"] > 0, "in pieces every byte of the journal is read once")
    x = lines["whole start"]
    steps = [x[k] for k in x if k.endswith("_s") and k != "start_s"]
    check(len(steps) == 8 and all(s >= 0 for s in steps) and math.isclose(x["start_s"], sum(steps)), f"a start is the sum of its steps {x}")
    check(0 < x["results"] < x["campaign_tasks"] and x["shards"] == 64 and x["ranks_with_a_task"] == 59, f"ranks are given what is left {x}")
    check(0 < lines["start"]["campaign_tasks"] <= 600 and lines["start"]["compositions"] > 1, "a campaign of so many tasks was read")
    check(lines["fast"]["done"] == lines["replay"]["done"] == 600 and lines["fast"]["twice"] == 0, f"every task once {lines['fast']}")
    check("result" not in lines["replay"]["kinds"], "nothing is done again")
    code, out, err = run("bench", "sched", "--simulate", "--output", tmp)
    check(code == 2 and "exists" in err, f"a folder that exists: {err}")

# bench driver: a line for each order of messages, of a driver that computes nothing; a driver that fails is told with its words
code, out, err = run("bench", "driver", "--atoms", 42, "--answers", 50)
lines = [json.loads(x) for x in out.splitlines()]
check(code == 0 and [x["messages"] for x in lines] == ["fused", "plain"], f"two orders of messages\n{err}")
for x in lines:
    check((x["driver"], x["n_atoms"], x["answers"]) == ("nothing", 42, 50), f"what was measured {x}")
    check(0 < x["us_best"] <= x["us_median"] <= x["us_p99"] and x["first_s"] > 0, f"the best is the shortest {x}")
code, out, err = run("bench", "driver", "--command", "echo no model; exit 4 # {socket}")
check(code == 1 and not out and "exit code 4" in err and "no model" in err, f"a driver that ends: {err}")

# bench train: a gradient contains a forward run, so its best time is longer; rates and scaling follow from each other
for ranks in (1, 2):
    p = subprocess.run([mpiexec, "-n", str(ranks), vitrion, *"bench train --elements 7 --frames 4 --steps 1 --repeat 3".split()],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
    code, out, err = p.returncode, p.stdout, p.stderr
    check(code == 0 and len(out.splitlines()) == 1, f"one line\n{err}")
    x = json.loads(out)
    check((x["bench"], x["elements"], x["ranks"], x["frames"], x["atoms_a_frame"]) == ("train", 7, ranks, 4, 84), f"what was measured {x}")
    check(x["numbers"] == 7 * 50 * 38 + 1 + 49 * 8 * 11, "the form of the shipped models")
    for key in ("forward_us_atom", "gradient_us_atom"):
        check(0 < x[f"{key}_best"] <= x[f"{key}_median"], f"{key}: the best is no longer than the median")
    check(x["gradient_us_atom_best"] > x["forward_us_atom_best"], "a gradient begins with a forward run")
    check(math.isclose(x["gradient_over_forward"], x["gradient_us_atom_best"] / x["forward_us_atom_best"]), "their ratio")
    check(math.isclose(x["scaling"], x["frames_per_s"] / x["frames_per_s_one_rank"]), "scaling is all over one")
    check(math.isclose(x["epochs_per_hour_5000_frames_of_70"], 3600 * x["frames_per_s"] * 84 / (5000 * 70)), "epochs an hour")
    check(x["simd"] in ("portable", "avx2", "avx512"), x["simd"])
finish(checks)
