"""Fits of a table: cli_fit.py VITRION SOURCE.

A balanced table of two alkalis and three metals whose levels are known, without noise beyond a fixed pattern, so that the
spread by factor follows in closed form.
"""
import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import answer, expect, finish, folder, join, run, write  # noqa: E402

checks = 0
KB_EV = 8.617333262e-5
HEADER = "composition,glass,temperature_K,D_cm2_s,D_se,alkali,metal"
ALKALI, METAL = {"Li": 0.2, "Na": -0.2}, {"Ta": -0.3, "Nb": 0.0, "Al": 0.3}
PATTERN = [-0.1, -0.05, 0, 0.05, 0.1]  # of glasses, decades: variance 0.00625


def table(off=0.0):
    """off: decades by which glass 3 of NaNb is off."""
    rows = [HEADER]
    for a, da in ALKALI.items():
        for m, dm in METAL.items():
            for g, dg in enumerate(PATTERN):
                for t in (450, 500, 550, 600):
                    level = -5.5 + da + dm + dg + (off if (a, m, g) == ("Na", "Nb", 3) else 0)
                    x = 10**level * math.exp(-0.3 * (1 / t - 1 / 500) / KB_EV)
                    rows.append(f"{a}{m},{g},{t},{x!r},{0.1 * x!r},{a},{m}")
    return "\n".join(rows) + "\n"


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def near(got, want, what):
    check(got is not None and abs(got - want) < 1e-9, f"{what}: {got}, expected {want}")


with folder() as tmp:
    c = answer("fit", write(join(tmp, "points.csv"), table()), cwd=tmp)["comparison"]
    # noise of a mean 0.00125, no interaction: the excess Q - dof 0 is that of the levels, and the noise cancels in it
    # (MS_rest = 0 estimates noise + rest together)
    near(c["variance"]["alkali"], math.sqrt(0.08), "alkali: variance of +-0.2")
    near(c["variance"]["metal"], math.sqrt(0.09), "metal: variance of -0.3 0 0.3")
    near(c["variance"]["residual"], 0, "no interaction")
    check(c["verdict"] == "sensitive" and c["why"].startswith(("decided by the contrast: LiAl", "decided by the contrast: NaTa")), c["why"])
    check(c["at_equal_T_over_Tg"] is None and any("Tg of 6 compositions" in w for w in c["warnings"]), "no Tg")
    c = answer("fit", write(join(tmp, "off.csv"), table(1.0)), cwd=tmp)["comparison"]
    check([(o["name"], o["glass"]) for o in c["outlying_glasses"]] == [("NaNb", 3)], f"{c['outlying_glasses']}")
    code, out, _ = run("fit", join(tmp, "off.csv"), cwd=tmp)
    check(code == 0 and "Outlying glass: number 3 of NaNb" in out and "Variance by factor" in out, out)
    lone = "composition,glass,temperature_K,D_cm2_s,D_se\nA,0,500,1e-6,1e-7\nA,0,600,,\n"
    code, out, _ = run("fit", write(join(tmp, "lone.csv"), lone), cwd=tmp)
    check("not resolved: 1 point: no value: not resolved in its run; 1 point: its glass has fewer" in " ".join(out.split()), out)
    wrong = table().replace("LiTa,0,500,", "LiTa,0,501,").replace(",Li,Ta", ",Xx,Ta", 1)
    code, _, err = run("fit", write(join(tmp, "wrong.csv"), wrong), cwd=tmp)
    check(code == 2 and "wrong.csv:3: alkali of 'LiTa' was 'Xx' before and is 'Li' here" in err, err)
    code, _, err = run("fit", write(join(tmp, "twice.csv"), HEADER + ",alkali\nA,0,500,1,1,x,y,z\n"), cwd=tmp)
    check(code == 2 and "factor 'alkali' is there twice" in err, err)
    again = table() + table().splitlines()[1] + "\n"
    code, _, err = run("fit", write(join(tmp, "again.csv"), again), cwd=tmp)
    check(code == 2 and "again.csv:122: glass 0 of 'LiTa' at 450 K stands in an earlier line" in err, err)
    marked = answer("fit", write(join(tmp, "marked.csv"), "\ufeff" + table()), cwd=tmp)
    check(marked["comparison"]["verdict"] == "sensitive", "a byte order mark before the header")
    same = "\n".join([HEADER] + [f"A,{g},{t},1e-6,1e-7,x,y\nB,{g},{t},2e-6,1e-7,x,z" for g in (0, 1) for t in (400, 500)])
    same = answer("fit", write(join(tmp, "same.csv"), same + "\n"), cwd=tmp)
    check(same["comparison"]["glass_sd_decades"] > 0.03, "glasses that agree to the last digit are not exact")
    check(all(c["Ea_se_eV"] > 0.005 for c in same["compositions"]), "glasses that agree have the errors of their points")

    # Branches of 0.32 eV, 1.5 decades apart between 500 and 550 K, in five glasses with a fixed pattern of 10 %.
    rows = ["composition,glass,temperature_K,D_cm2_s,D_se"]
    for g in range(5):
        for i, t in enumerate((400, 450, 500, 550, 600, 650)):
            x = 1e-6 * math.exp(-0.32 * (1 / t - 1 / 500) / KB_EV + 0.1 * PATTERN[(g + 2 * i) % 5] * 10) * (10**1.5 if t > 500 else 1)
            rows.append(f"P,{g},{t},{x!r},{0.1 * x!r}")
    jump = write(join(tmp, "jump.csv"), "\n".join(rows) + "\n")
    one = answer("fit", jump, cwd=tmp)["compositions"][0]
    check(one["misfit"]["kind"] == "jump" and one["misfit"]["refused"] == 1, f"{one['misfit']}")
    check((one["misfit"]["T_K"], one["misfit"]["next_T_K"]) == (500, 550), f"{one['misfit']}")
    check(abs(one["misfit"]["size_decades"] - 1.5) < 0.15, f"{one['misfit']}")
    check(one["Ea_eV"] is None and one["extrapolated"]["median"] is None and one["extrapolated"]["hi95"] is None, "no fit")
    check(any("between 500 and 550 K: no fit" in w for w in one["warnings"]), f"{one['warnings']}")
    check([v["T_K"] for v in one["temperatures"]] == [400, 450, 500, 550, 600, 650], "the values stay")
    check(all(v["lo95"] < v["value"] < v["hi95"] and v["n_glasses"] == 5 for v in one["temperatures"]), "with intervals")
    code, out, _ = run("fit", jump, cwd=tmp)
    check(code == 0 and "not resolved: the values jump by 1." in out and "decades between 500 and 550 K" in " ".join(out.split()), out)

    # The table shows what the JSON says, with its interval and a line that explains it; nothing is a factor "x/".
    both = answer("fit", join(tmp, "points.csv"), cwd=tmp)["compositions"][0]
    code, out, _ = run("fit", join(tmp, "points.csv"), cwd=tmp)
    check(f"{both['Ea_eV']:.3f} [{both['Ea_lo95_eV']:.3f}, {both['Ea_hi95_eV']:.3f}]" in out, out)
    far = both["extrapolated"]
    check(f"{far['median']:.2e} [{far['lo95']:.1e}, {far['hi95']:.1e}]" in out, f"{far} {out}")
    check("95 % t interval" in out and "x/" not in out, out)
    check(both["vtf"]["T0_max_K"] == 260, "the class of these glasses")
    check(answer("fit", join(tmp, "points.csv"), "--glass-transition", "200", cwd=tmp)["compositions"][0]["vtf"]["T0_max_K"] == 200,
          "--glass-transition")
    alone = answer("fit", write(join(tmp, "alone.csv"), "\n".join(r for r in rows if not r[0] == "P" or r[2] == "0") + "\n"),
                   cwd=tmp)["compositions"][0]
    check(alone["misfit"]["kind"] != "none" and alone["Ea_eV"] is None, "one glass shows it, too")
    few = [HEADER] + [r for r in table().splitlines()[1:] if r.startswith("LiTa,0,")]
    few = answer("fit", write(join(tmp, "few.csv"), "\n".join(few) + "\n"), cwd=tmp)["compositions"][0]
    check(few["Ea_eV"] is not None and few["Ea_lo95_eV"] is None and few["extrapolated"]["lo95"] is None, "one glass: no interval")
    check(any("one glass" in w for w in few["warnings"]), f"{few['warnings']}")
finish(checks)
