"""Six materials outside of oxyhalides, from their formulas to numbers: check, plan, run, one, analyze.

What is expected follows from the formulas (charges, roles, counts) and from trajectories whose answer is known: ions that hop
on their own beside a framework that drifts as a whole have the Haven ratio 1 in the framework's frame."""
import csv
import json
import os
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
vitrion, mpiexec, source = sys.argv[1:4]
sys.argv = [sys.argv[0], vitrion, source]
from cli_common import answer, expect, finish, folder, join, run, write  # noqa: E402

checks = 0


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


# campaign: per composition the counts of one formula unit, charges and roles
M, N, A = "mobile", "network", "anion"
SYSTEMS = {
    "Li3PS4": {"Li3PS4": {"Li": (3, 1, M), "P": (1, 5, N), "S": (4, -2, A)}},
    "Li2ZrCl6": {"Li2ZrCl6": {"Li": (2, 1, M), "Zr": (1, 4, N), "Cl": (6, -1, A)}},
    "LLZO": {"Li7Zr2La3O12": {"Li": (7, 1, M), "La": (3, 3, N), "Zr": (2, 4, N), "O": (12, -2, A)}},
    "NaMS4": {"Na3SbS4": {"Na": (3, 1, M), "Sb": (1, 5, N), "S": (4, -2, A)},
              "Na3PS4": {"Na": (3, 1, M), "P": (1, 5, N), "S": (4, -2, A)}},
    "SiO2-Na2O": {"Na2SiO3": {"Na": (2, 1, M), "Si": (1, 4, N), "O": (3, -2, A)},
                  "Na2Si2O5": {"Na": (2, 1, M), "Si": (2, 4, N), "O": (5, -2, A)}},
    "AgI": {"AgI": {"Ag": (1, 1, M), "I": (1, -1, A)}},
}


def warns(o, what):
    return any(what in w for w in o["warnings"])


def check_and_plan(name, path, tmp):
    want = SYSTEMS[name]
    for o in (answer("check", path, cwd=tmp), answer("plan", path, "--calibrate", 0, cwd=tmp)):
        check({c["name"] for c in o["compositions"]} == set(want), f"{name}: names {[c['name'] for c in o['compositions']]}")
        for c in o["compositions"]:
            unit = want.get(c["name"], {})
            times = {c["counts"][s] / unit[s][0] for s in c["counts"]} if set(unit) == set(c["counts"]) else set()
            check(len(times) == 1, f"{name}: {c['counts']} is a multiple of the formula")
            ions = {s: (q["charge"], q["role"]) for s, q in c["ions"].items()}
            check(ions == {s: q[1:] for s, q in unit.items()}, f"{name}: charges and roles {ions}")
            check(sum(c["counts"][s] * c["ions"][s]["charge"] for s in c["counts"]) == 0, f"{name}: neutral")
    return answer("check", path, cwd=tmp)


def run_it(name, path, tmp):
    out = join(tmp, name)
    p = subprocess.run([mpiexec, "-n", "2", vitrion, "run", path, "--output", out, "--quiet"], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=900)
    check(p.returncode == 0, f"{name}: run ends with {p.returncode}\n{p.stdout}{p.stderr}")
    if p.returncode != 0:
        return
    with open(join(out, "summary.json"), encoding="utf-8") as f:
        summary = json.load(f)
    for t in summary["transport"]:
        check(t["n_glasses"] == 1, f"{name}: {t['name']} at {t['T_K']} K has its glass")
        check(("no network atom" in " ".join(t["warnings"])) == (name == "AgI"), f"{name}: why there is no framework")
    with open(join(out, "summary.csv"), encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    check({r["composition"] for r in rows} == set(SYSTEMS[name]), f"{name}: summary.csv has the compositions")
    check(run("verify", out)[0] == 0, f"{name}: verify")
    with open(join(out, "campaign.yaml"), encoding="utf-8") as f:
        recorded = f.read()
    again = answer("check", write(join(tmp, f"recorded-{name}.yaml"), recorded))
    check(again["id"] == answer("check", path)["id"], f"{name}: the recorded campaign is the same one")
    check(not any("oxidation" in w for w in again["warnings"]), f"{name}: and its charges are written down")


def own_trajectory(name, path, tmp):
    """`analyze` on what `one` wrote: roles and charges come out as in the campaign."""
    _, text, _ = run("one", path, cwd=tmp)
    uid = next(line.split()[0] for line in text.splitlines() if " K " in line)
    xyz = join(tmp, f"{name}.xyz")
    one = answer("one", path, "--task", uid, "--trajectory", xyz, cwd=tmp)
    count = {"Li3PS4": ("--count", "S"), "NaMS4": ("--count", "S"), "Li2ZrCl6": ("--count", "Cl")}.get(name, ())
    a = answer("analyze", xyz, "--dt", 0.1, "--temperature", 800, *count)
    unit = next(iter(SYSTEMS[name].values()))
    check({s["symbol"]: s["charge"] for s in one["species"]} == {s["symbol"]: s["charge"] for s in a["species"]},
          f"{name}: charges of run and trajectory")
    no_network = not any(q[2] == N for q in unit.values())
    for o in (one, a):
        check((o["transference"]["framework"] is None) == no_network, f"{name}: framework transference")
        check(warns(o, "no network atom (Ag mobile, I anion)") == no_network, f"{name}: and why")
        check(bool(o["polyhedra"]) != no_network, f"{name}: polyhedra of the network")
    return xyz


def frames_of(path):
    with open(path, encoding="utf-8") as f:
        n = int(f.readline())
        comment = f.readline()
        rows = [f.readline().split() for _ in range(n)]
    cell = np.array([float(x) for x in comment.split('Lattice="')[1].split('"')[0].split()]).reshape(3, 3)
    return [r[0] for r in rows], np.array([[float(x) for x in r[1:4]] for r in rows]), cell


def known_haven(name, xyz, tmp):
    """Mobile ions walk on their own from where the run left them, all else shakes a little, everything drifts: H = 1 in the
    frame of the framework, D = step^2 / (6 dt) there.  400 frames of about 30 walkers: errors of D of some per cent."""
    symbols, x0, cell = frames_of(xyz)
    rng = np.random.RandomState(7)
    unit = {s: q for c in SYSTEMS[name].values() for s, q in c.items()}
    mobile = np.array([unit[s][2] == M for s in symbols])
    steps, step, dt = 1200, 0.25, 0.5
    walk = np.cumsum(rng.normal(0, step, (steps, len(symbols), 3)) * mobile[None, :, None], axis=0)
    x = x0 + walk + rng.normal(0, 0.05, walk.shape) * ~mobile[None, :, None] + 0.02 * np.arange(steps)[:, None, None]
    lines = []
    for frame in x:
        wrapped = frame - np.floor(frame @ np.linalg.inv(cell)) @ cell
        lines.append(f'{len(symbols)}\nLattice="{" ".join(f"{v:.10g}" for v in cell.ravel())}" Properties=species:S:1:pos:R:3\n')
        lines += [f"{s} {r[0]:.8f} {r[1]:.8f} {r[2]:.8f}\n" for s, r in zip(symbols, wrapped)]
    a = answer("analyze", write(join(tmp, f"walk-{name}.xyz"), "".join(lines)), "--dt", dt, "--temperature", 800)
    mover = next(s for s, q in unit.items() if q[2] == M)
    tracer = next(s for s in a["species"] if s["symbol"] == mover)
    h = a["haven"]["metal"]
    if name == "AgI":
        check(h["value"] is None and a["haven"]["framework"] is None, "AgI: no Haven ratio in a frame that is not there")
        check(tracer["frame"] == a["onsager"]["frame"] == "barycentric", "AgI: the frame that is used is named")
        return
    d = 3 * step**2 / (6 * dt) * 1e-4
    check(tracer["frame"] == "framework", f"{name}: frame {tracer['frame']}")
    check(abs(tracer["D_cm2_s"] - d) < 4 * tracer["D_se_cm2_s"], f"{name}: D {tracer['D_cm2_s']} +- {tracer['D_se_cm2_s']}, expected {d}")
    check(abs(h["value"] - 1) < 4 * h["se"], f"{name}: Haven ratio of the framework {h}")


def roles_and_charges(xyz, tmp):
    """P as mobile, or without charge, is what the user says it is."""
    a = answer("analyze", xyz, "--dt", 0.1, "--roles", "P=mobile,S=anion", "--charges", "P=5,S=-2")
    check(warns(a, "no network atom (Li mobile, P mobile, S anion)"), "--roles is obeyed")
    b = answer("analyze", xyz, "--dt", 0.1, "--charges", "P=3")
    check(warns(b, "the cell has a charge of"), "--charges is obeyed")
    for bad, what in (("P=metal", "expected mobile, network or anion"), ("P=network,P=anion", "P stands twice"), ("Xx=anion", "--roles")):
        code, _, err = run("analyze", xyz, "--dt", 0.1, "--roles", bad)
        check(code == 2 and what in err, f"--roles {bad}: {err}")
    code, _, err = run("analyze", xyz, "--dt", 0.1, "--roles", "Cl=anion")
    check(code == 2 and "has no Cl" in err, f"a role of what is not there: {err}")


with folder() as tmp:
    for name in SYSTEMS:
        path = join(source, "campaigns", "any-chemistry", f"{name}.yaml")
        c = check_and_plan(name, path, tmp)
        said = {"Li3PS4": "P +5", "NaMS4": "Sb +5"}.get(name)
        check(not said or warns(c, said), f"{name}: the oxidation state that was taken is said")
        run_it(name, path, tmp)
        xyz = own_trajectory(name, path, tmp)
        known_haven(name, xyz, tmp)
        if name == "Li3PS4":
            roles_and_charges(xyz, tmp)
        if name == "NaMS4":
            with open(join(tmp, name, "summary.json"), encoding="utf-8") as f:
                check("M" in json.load(f)["comparison"]["variance"], "the key of the template is a factor")
            points = join(tmp, "points.csv")
            check(run("export", join(tmp, name), "--points", points)[0] == 0, "points of a template can be written")
            with open(points, encoding="utf-8") as f:
                levels = {(r["composition"], r["M"]) for r in csv.DictReader(f)}
            check(levels == {("Na3SbS4", "Sb"), ("Na3PS4", "P")}, f"and name the element behind its key: {levels}")
    path = join(source, "campaigns", "any-chemistry", "Li3PS4.yaml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for count, missing in (("count: Cl", "Cl"), ("", "O")):
        c = answer("check", write(join(tmp, "uncounted.yaml"), text.replace("count: S", count)))
        check(warns(c, f"no composition has {missing} as an anion to count"), f"{missing} is not there to be counted")
    check(not warns(answer("check", path), "as an anion to count"), "S is")
finish(checks)
