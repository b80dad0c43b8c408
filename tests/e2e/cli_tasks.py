"""check, plan, one, bench engine on a tiny campaign: the keys that scripts rely on, and numbers that follow from the file."""
import json
import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import CAMPAIGN, answer, expect, finish, folder, join, run, source, write  # noqa: E402

checks = 0


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def check_and_plan(c, tmp):
    k = answer("check", c, cwd=tmp)
    p = answer("plan", c, "--ranks", 2, "--calibrate", 0.2, cwd=tmp)
    for a in (k, p):
        check(a["campaign"] == "tiny" and a["n_compositions"] == 2, "campaign, n_compositions")
        # 2 compositions x 1 glass, and 2 temperatures from each
        check((a["n_tasks"], a["n_glass_tasks"], a["n_md_tasks"]) == (6, 2, 4), "numbers of tasks")
        check(a["atoms_total"] == 84 and [x["atoms"] for x in a["compositions"]] == [42, 42], "atoms")
        counts = a["compositions"][0]["counts"]
        check(sum(counts.values()) == 42 and counts["Cl"] * 3 == counts["O"] * 10, f"counts keep Cl/O = 10/3: {counts}")
        # such short melts and equilibrations will last as long as they may, 5 x 0.2 and 5 x 0.4 ps; quench (1200 - 500) K /
        # 5e14 K/s = 1.4 ps; produce 1 ps
        check(abs(a["ns_total"] - (2 * 2.4e-3 + 4 * 3e-3)) < 1e-6, f"ns_total {a['ns_total']}")
    check(abs(p["ns_total_most"] - p["ns_total"]) < 1e-9 and p["core_hours_most"] >= p["core_hours"], "the most")
    check(p["core_hours"] > 0 and 0 < p["wall_h"] <= p["core_hours"] * 1.0001, "wall time on two ranks is below one rank's")
    one_rank = answer("plan", c, "--ranks", 1, "--calibrate", 0, cwd=tmp)
    check(abs(one_rank["wall_h"] - one_rank["core_hours"]) < 1e-12, "one rank: wall time = core-hours")
    many = answer("plan", c, "--ranks", 1000, "--calibrate", 0, cwd=tmp)
    # with ranks for all, a glass and then one MD task remain: 2.4 and 3 of 2 x 2.4 + 4 x 3 ps, same step and atoms
    check(math.isclose(many["wall_h"] / many["core_hours"], 5.4 / 16.8), "an MD task waits for its glass")
    for a in (p, one_rank, many):
        check(math.isclose(a["chain_h"] / a["core_hours"], 5.4 / 16.8), "the longest chain does not depend on ranks")
        # three workers: two glasses, then 4 tasks of 3 ps need a second round of them; four need none
        check(a["most_useful_ranks"] == 4, f"ranks of use: {a['most_useful_ranks']}")
    four, three = (answer("plan", c, "--ranks", n, "--calibrate", 0, cwd=tmp)["wall_h"] for n in (4, 3))
    check(math.isclose(four, many["wall_h"]) and three > 1.05 * four, "four ranks are as fast as a thousand, three are not")
    check(p["store_bytes"] > 0 and p["memory_per_rank_bytes"] > 0, "store_bytes, memory_per_rank_bytes")
    check(p["calibration"]["measured"] and p["calibration"]["measured"][0]["us_per_atom_step"] > 0, "the speed was measured")
    # 1 ps resolves nothing: null, with a reason
    points = p["predicted"]["compositions"][0]["points"]
    check(all(x["D_rel_se"] is None and not x["resolved"] and x["needs_ps"] > 1 for x in points), "1 ps is not resolved")
    check(any("unresolved" in w for w in p["warnings"]), "plan warns of what stays unresolved")


def one(c, tmp):
    code, out, _ = run("one", c, cwd=tmp)
    tasks = [line.split()[0] for line in out.splitlines()]
    check(code == 0 and len(set(tasks)) == 6, "one without --task lists the tasks")
    glass = answer("one", c, "--task", tasks[0], cwd=tmp)
    check(glass["kind"] == "glass" and 0.5 < glass["density_g_cm3"] < 5, f"a glass: {glass}")
    md_uid = next(line.split()[0] for line in out.splitlines() if " K " in line)
    a, b = (answer("one", c, "--task", md_uid, cwd=tmp) for _ in range(2))
    check(a["kind"] == "md" and a["result_sha256"] == b["result_sha256"], "the same task twice gives the same bits")
    check({s["symbol"] for s in a["species"]} == {"Li", "Al", "O", "Cl"}, "species of the transport")
    check(abs(a["temperature_K"] - a["target_temperature_K"]) < 0.2 * a["target_temperature_K"], "its temperature")
    for s in a["species"]:
        check((s["D_cm2_s"] is None) == (not s["diffusive"]), "D is null exactly where it is not resolved")
    check(any("not resolved" in w for w in a["warnings"]), "and the reason is among the warnings")
    gates = {g["name"]: g for g in a["gates"]}
    check(list(gates) == ["stationary", "free_anions", "o_variance", "melt", "metals_close", "pressure", "volume"], "its gates")
    check(gates["melt"]["value"] > 0 and gates["melt"]["limit"] == 10 and gates["melt"]["ok"] is (gates["melt"]["value"] >= 10), f"its melt: {gates['melt']}")
    check(gates["metals_close"]["ok"] is None and gates["metals_close"]["reason"], "what is not judged says why")
    code, _, err = run("one", c, "--task", md_uid, "--check", cwd=tmp)
    check(code == 2 and "holds no result of this task" in err, "--check without a recorded result")


def bench():
    code, out, err = run("bench", "engine", "--potential", join(source, "campaigns", "potentials", "oxyhalide7-v0.nep.txt"),
                         "--atoms", "42,84", "--steps", 20, "--repeat", 3)
    lines = [json.loads(x) for x in out.splitlines()]
    check(code == 0 and [x["n_atoms"] for x in lines] == [42, 84], f"one line a size\n{err}")
    for x in lines:
        keys = ("bench", "potential", "structure", "precision", "simd", "threads", "cpu", "build")
        check(all(k in x for k in keys) and x["bench"] == "engine", "keys of bench engine")
        check(x["atom_steps_per_s_best"] >= x["atom_steps_per_s_median"] > 0, "best and median")
        check(math.isclose(sum(x["shares"].values()), 1), "shares add up to one")


with folder() as tmp:
    campaign = write(join(tmp, "c.yaml"), CAMPAIGN)
    check_and_plan(campaign, tmp)
    one(campaign, tmp)
bench()
finish(checks)
