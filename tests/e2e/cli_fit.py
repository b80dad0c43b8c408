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
    check("not resolved: 1 point: no value: not resolved in its run; 1 point: its glass has fewer" in out, out)
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
    check(same["comparison"]["verdict"] == "undecided" and "agree to the last digit" in same["comparison"]["why"],
          f"{same['comparison']}")
finish(checks)
