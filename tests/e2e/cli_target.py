"""A campaign with `target`: check names every mistake, plan says what it needs and what the budget does not allow."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import expect, finish, folder, join, run, source  # noqa: E402

POTENTIAL = join(source, "campaigns", "potentials", "oxyhalide12-v0.nep.txt")
TEXT = """vitrion: 1
campaign: asks
potential: {{kind: nep, file: {potential}}}
compositions: {{include: [LiAlCl2.5O0.75, NaAlCl2.5O0.75], atoms: 84}}
temperatures: 500..800 K by 100 K
target: {{{target}}}
output: out
"""
checks = 0


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def campaign(tmp, target):
    path = join(tmp, "c.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(TEXT.format(potential=POTENTIAL, target=target))
    return path


def planned(tmp, target):
    code, out, err = run("plan", campaign(tmp, target), "--calibrate", 0, "--json", cwd=tmp)
    check(code == 0, f"plan {target}: {code} {err}")
    return json.loads(out)


with folder() as tmp:
    d = planned(tmp, "activation_energy: 15 meV, budget: 1 us")
    t = d["target"]
    check(t["pilot_ns"] == d["ns_total"], f"the pilot is the campaign as it stands: {t['pilot_ns']}, {d['ns_total']}")
    check(t["budget_ns"] == 1000, f"1 us: {t['budget_ns']}")
    needs = [c["needs_ns"] for c in t["compositions"]]
    check(all(n > 0 for n in needs) and not any(c["dropped"] for c in t["compositions"]), f"both need more: {needs}")
    check(abs(t["foreseen_ns"] - t["pilot_ns"] - sum(needs)) < 1e-9, f"pilot and needs are the whole: {t}")
    narrow = planned(tmp, "activation_energy: 8 meV, budget: 1 us")["target"]
    check(narrow["foreseen_ns"] > t["foreseen_ns"], "a narrower interval needs more")
    small = planned(tmp, "activation_energy: 8 meV, budget: 20 ns")["target"]
    check(all(c["dropped"] for c in small["compositions"]), f"20 ns hold a pilot alone: {small}")
    hours = planned(tmp, "activation_energy: 15 meV, budget: 2 core-hours")
    ns = 2 * hours["ns_total"] / hours["core_hours"]
    check(abs(hours["target"]["budget_ns"] / ns - 1) < 1e-9, f"core-hours by the plan's cost: {hours['target']}, {ns}")

    code, out, err = run("check", campaign(tmp, "activaton_energy: 15 meV, haven_at: 550 K, haven: 0.1"), cwd=tmp)
    for says in ("did you mean 'activation_energy'?", "target.haven_at: is none of the campaign's temperatures",
                 "target.budget: is missing"):
        check(code == 2 and says in out + err, f"check says '{says}': {code} {out}{err}")

finish(checks)
