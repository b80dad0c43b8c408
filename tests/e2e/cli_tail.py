"""bench tail: walls, idle and lent cores against a second scheduler, written here from the words of runner/sched/sched.h in the
simplest way, with the costs that `plan` says; and its numbers agree with each other and with `plan`."""
import json
import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import answer, expect, finish, folder, join, run, write  # noqa: E402

checks = 0
LENGTHS = {500: "10 ps", 700: "25 ps", 900: "7 ps"}  # the lowest is not the longest: see costs()
# Each of another number of atoms: no two tasks cost the same, or the order of uids would matter, which nobody knows here.
FORMULAS = ["Li2ZrCl5O0.5", "LiAlCl2.5O0.75", "Na2ZrCl6", "LiAlCl2O", "LiAlCl4", "LiAlCl3O0.5", "LiAlCl1.5O1.25", "NaTaCl5O0.5"]
GLASSES = 1
SPEEDUP = [1, 1.6, 2.2, 2.4]
ALIKE = 1e-9  # sums of a few hundred doubles


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def campaign(tmp, formulas, temperatures, glasses):
    produce = ", ".join(f"{t} K: {LENGTHS[t]}" for t in temperatures)
    return write(join(tmp, "c.yaml"), f"""vitrion: 1
campaign: tail
seed: 3
potential: {{kind: lj, file: "-"}}
compositions:
  include: [{", ".join(formulas)}]
  atoms: 80
temperatures: [{", ".join(f"{t} K" for t in temperatures)}]
glasses: {glasses}
protocol:
  melt: {{duration: 1 ps}}
  quench: {{rate: 5e14 K/s}}
  equilibrate: {{duration: 1 ps}}
  produce: {{duration: {{{produce}}}}}
""")


def costs(tmp, formula):
    """Seconds of a glass and of the run at each temperature, out of core-hours and chains of small campaigns."""
    def ask(*t):
        p = answer("plan", campaign(tmp, [formula], t, 1), "--calibrate", 0)
        return 3600 * p["core_hours"], 3600 * p["chain_h"]
    alone = ask(500)[0]
    md = {t: ask(500, t)[0] - alone for t in (700, 900)}
    glass = ask(500, 700)[1] - md[700]  # the chain is the glass and its longest run
    md[500] = alone - glass
    return glass, [md[t] for t in sorted(md)]


def tasks_of(tmp):
    """(needs, cost) in the order of rows."""
    rows = []
    for f in FORMULAS:
        glass, md = costs(tmp, f)
        for _ in range(GLASSES):
            at = len(rows)
            rows += [(-1, glass), *((at, x) for x in md)]
    return rows


def deal(node, busy, idle, ends, most):
    """How many cores each busy worker has: one at a time, to who has fewest, then to who ends last."""
    cores = {w: 1 for w in busy}
    for i in idle:
        can = [w for w in busy if node[w] == node[i] and cores[w] < most]
        if can:
            cores[min(can, key=lambda w: (cores[w], -ends[w], w))] += 1
    return cores


def schedule(rows, node, speed):
    """Wall, lent core-seconds, when half of the runs were done."""
    n, workers = len(rows), len(node)
    kids = [[k for k in range(n) if rows[k][0] == i] for i in range(n)]
    path = [c + max((rows[k][1] for k in kids[i]), default=0) for i, (_, c) in enumerate(rows)]
    ready, waiting = [i for i in range(n) if rows[i][0] < 0], {i for i in range(n) if rows[i][0] >= 0}
    place, seen = [], {}
    for w in range(workers):
        place.append((seen.setdefault(node[w], 0), w))
        seen[node[w]] += 1
    queue, task, left, cores = [w for _, w in sorted(place)], {}, {}, {}
    now = lent = half = 0.0
    done = []

    def serve(asked):
        while asked and ready:
            top = max(ready, key=lambda i: (path[i], rows[i][1]))
            open_s = sum(rows[i][1] for i in ready) + sum(rows[i][1] for i in waiting)
            if open_s > 3 * path[top] * workers:  # no hurry: what needs a glass comes first
                top = max(ready, key=lambda i: (rows[i][0] >= 0, path[i], rows[i][1]))
            held = {k: sum(node[w] == k for w in task) for k in set(node)}
            w = min(asked, key=lambda a: held[node[a]])
            asked.remove(w)
            ready.remove(top)
            task[w], left[w], cores[w] = top, rows[top][1], 1

    asked = []
    for w in queue:
        asked.append(w)
        serve(asked)
    while task:
        rate = {w: speed[cores[w] - 1] for w in task}
        ends = {w: now + left[w] / rate[w] for w in task}
        if len(speed) > 1:
            cores = deal(node, list(task), asked, ends, len(speed))
            rate = {w: speed[cores[w] - 1] for w in task}
            ends = {w: now + left[w] / rate[w] for w in task}
        w = min(task, key=lambda k: (ends[k], task[k]))
        passed = ends[w] - now
        for k in task:
            left[k] -= passed * rate[k]
        lent += passed * (sum(cores[k] for k in task) - len(task))
        now, t = ends[w], task.pop(w)
        if rows[t][0] >= 0:
            done.append(now)
            if 2 * len(done) >= sum(r[0] >= 0 for r in rows) and not half:
                half = now
        for k in kids[t]:
            waiting.remove(k)
            ready.append(k)
        serve(asked)
        asked.append(w)
        serve(asked)
    return now, lent, half


def compare(tmp):
    rows, c = tasks_of(tmp), campaign(tmp, FORMULAS, LENGTHS, GLASSES)
    speedup = ",".join(f"{k + 1}:{x}" for k, x in enumerate(SPEEDUP) if k)
    ranks = [1, 2, 3, 4, 7, 9, 12, 30, 64]
    code, out, err = run("bench", "tail", c, "--calibrate", 0, "--ranks", ",".join(map(str, ranks)), "--ranks-a-node", 5,
                         "--speedup", speedup)
    lines = [json.loads(x) for x in out.splitlines()]
    check(code == 0 and [x["ranks"] for x in lines] == ranks, f"a line each\n{err}")
    lent_any = 0
    for x in lines:
        plan = answer("plan", c, "--ranks", x["ranks"], "--calibrate", 0)
        w, a, b = x["workers"], x["alone"], x["lending"]
        check(w == plan["workers"] and x["tasks"] == len(rows) and x["speedup"] == SPEEDUP, f"what was asked for {x}")
        check(math.isclose(a["wall_h"], plan["wall_h"], rel_tol=ALIKE) and math.isclose(x["chain_h"], plan["chain_h"], rel_tol=ALIKE),
              f"{x['ranks']} ranks: plan says wall {plan['wall_h']}, bench {a['wall_h']}")
        node = [(k + x["ranks"] - w) // 5 for k in range(w)]
        for name, got, speed in (("alone", a, [1]), ("lending", b, SPEEDUP)):
            wall, lent, half = schedule(rows, node, speed)
            at = f"{x['ranks']} ranks, {name}: "
            check(math.isclose(3600 * got["wall_h"], wall, rel_tol=ALIKE), at + f"wall {3600 * got['wall_h']}, here {wall}")
            check(math.isclose(3600 * got["lent_core_hours"], lent, rel_tol=ALIKE, abs_tol=ALIKE * wall), at + f"lent {got}, here {lent}")
            check(math.isclose(3600 * got["half_h"], half, rel_tol=ALIKE), at + f"half {got}, here {half}")
            bound = max(sum(r[1] for r in rows) / w, 3600 * x["chain_h"] / speed[-1])
            check(math.isclose(3600 * got["bound_h"], bound, rel_tol=ALIKE) and got["wall_h"] >= got["bound_h"] * (1 - ALIKE),
                  at + f"bound {got}, here {bound}")
            check(math.isclose(got["efficiency"], x["core_hours"] / (w * got["wall_h"]), rel_tol=ALIKE), at + "efficiency")
        idle = w * a["wall_h"] - x["core_hours"]
        check(math.isclose(a["idle_core_hours"], idle, rel_tol=1e-6, abs_tol=1e-9 * w * a["wall_h"]), f"idle {a}, here {idle}")
        check(b["idle_core_hours"] <= a["idle_core_hours"], "who lends is not idle")
        lent_any += b["lent_core_hours"] > 0
    check(lent_any > 3, "cores were lent")
    return c


def most_useful(c):
    """With plan's most useful ranks the campaign is as good as its chain; with a fifth fewer it is not."""
    p = answer("plan", c, "--calibrate", 0)
    most = p["most_useful_ranks"]
    code, out, _ = run("bench", "tail", c, "--calibrate", 0, "--ranks", f"{most},{4 * most // 5}", "--threads", 1)
    enough, fewer = (json.loads(x) for x in out.splitlines())
    check(code == 0 and enough["alone"]["wall_h"] <= 1.05 * p["chain_h"] < fewer["alone"]["wall_h"],
          f"{most} ranks: {enough}, {fewer}, chain {p['chain_h']}")
    check(enough["lending"] == enough["alone"], "--threads 1: nothing is lent")


def scattered(c):
    """A line depends on the seed alone."""
    def ask(*more):
        code, out, err = run("bench", "tail", c, "--calibrate", 0, "--ranks", 7, "--scatter", 0.4, *more)
        check(code == 0, err)
        return json.loads(out)
    one = ask()
    check(one == ask("--seed", 1) and one["speedup_assumed"] and not one["measured"], "the same again")
    check(one["core_hours"] != ask("--seed", 2)["core_hours"], "another seed is another draw")


def mistakes(c):
    for args, says in ((("--ranks", "4,x"), "--ranks"), (("--ranks", "0"), "--ranks"), (("--speedup", "2:3"), "--speedup"),
                       (("--speedup", "2:1.5,4:1.4"), "--speedup"), (("--speedup", "2"), "--speedup"), (("--speedup", "1:1"), "--speedup"),
                       (("--speedup", "2:1.5,"), "--speedup"), (("--threads", 9), "--speedup says nothing"), (("--scatter", -1), "--scatter")):
        code, out, err = run("bench", "tail", c, "--calibrate", 0, *args)
        check(code == 2 and not out and says in err, f"{args}: {code} {err}")
    code, _, err = run("bench", "tail", c + ".none")
    check(code == 2 and ".none" in err, f"no such file: {code} {err}")


with folder() as tmp:
    c = compare(tmp)
    most_useful(c)
    scattered(c)
    mistakes(c)
finish(checks)
