#!/usr/bin/python3
"""cli_width.py VITRION SOURCE - what people read fits a terminal of 100 columns, and every command knows --color.

Of a campaign of 27 compositions with the longest names a grid makes, and of a table of as many.  A word that is longer
than a line (a path) may stand alone.  JSON, CSV and pages of Markdown are for programs and not asked."""
import json, pathlib, re, subprocess, sys, tempfile

VITRION, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
COLUMNS, checks, wrong = 100, 0, []
CAMPAIGN = """\
vitrion: 1
campaign: long-names-of-many-compositions
seed: 5
potential: {kind: born}
compositions:
  grid:
    alkali: [{Li: 0.5, Na: 0.25, K: 0.25}, Na, K]
    metal: [{Al: 0.5, Ga: 0.25, In: 0.25}, {Nb: 0.5, Ta: 0.5}, Ta]
    halogen: [{Cl: 0.5, Br: 0.25, I: 0.25}]
    halogen_to_oxygen: [2.5/0.75, 4, 6]
  atoms: 340
temperatures: [500 K, 600 K, 700 K]
glasses: 5
protocol: {produce: {duration: 100 ps}}
"""


def run(*args):
    p = subprocess.run([VITRION, *map(str, args)], capture_output=True, text=True, timeout=250)
    return p.returncode, p.stdout, p.stderr


def fits(what, text):
    global checks
    checks += 1
    for line in text.split("\nexample:\n")[0].splitlines():  # an example is one line to copy
        if len(line) > COLUMNS and len(line.split()) > 1:
            wrong.append(f"{what}: {len(line)} columns: {line}")


def expect(truth, what):
    global checks
    checks += 1
    if not truth:
        wrong.append(what)


code, out, _ = run("--help")
fits("--help", out)
commands = re.findall(r"^  ([a-z]+) {2,}", out, re.M)
expect(len(commands) >= 20, f"the help names the commands, found {commands}")
for word in commands:
    command = ["bench", "engine"] if word == "bench" else [word]  # the options of bench are those of its modes
    code, out, err = run(*command, "--help")
    expect(code == 0 and "--color" in out, f"{command} --help: {code}, {err}")
    fits(f"{command} --help", out)
    for colour in ("auto", "always", "never"):
        expect(run(*command, f"--color={colour}", "--help")[0] == 0, f"{command} --color={colour}")
    code, _, err = run(*command, "--color=blue")
    expect(code == 2 and "color" in err, f"{command} --color=blue: {code}, {err}")

with tempfile.TemporaryDirectory(prefix="vitrion-width-") as tmp:
    tmp = pathlib.Path(tmp)
    (tmp / "c.yaml").write_text(CAMPAIGN)
    code, out, err = run("check", tmp / "c.yaml")
    expect(code == 0, err)
    fits("check", out)
    names = [c["name"] for c in json.loads(run("check", tmp / "c.yaml", "--json")[1])["compositions"]]
    expect(len(names) == 27 and max(map(len, names)) > 55, f"{len(names)} names, the longest has {max(map(len, names))}")
    code, out, err = run("plan", tmp / "c.yaml", "--ranks", 8)
    expect(code == 0, err)
    fits("plan", out)
    rows = ["composition,glass,temperature_K,D_cm2_s,D_se"]
    for k, name in enumerate(names):
        for glass in range(3):
            for t in (500, 600, 700, 800):  # Ea from 0.2 to 0.33 eV; a tenth of noise that is the same in every run
                d = 1e-3 * 2.718281828 ** (-(0.2 + 0.005 * k) / (8.617333e-5 * t)) * (1 + 0.1 * ((7 * k + 3 * glass + t // 100) % 5 - 2) / 2)
                rows.append(f"{name},{glass},{t},{d:.6e},{0.08 * d:.3e}")
    (tmp / "p.csv").write_text("\n".join(rows) + "\n")
    for args in (("fit", tmp / "p.csv"), ("rank", tmp / "p.csv", "--by", "ea"), ("rank", tmp / "p.csv", "--by", "D300", "--pareto", "D300,ea")):
        code, out, err = run(*args)
        expect(code == 0 and len(out) > 500, f"{args[0]}: {err}")
        fits(args[0], out)
        for name in names:
            expect(args[0] != "fit" or name in out, f"{name} is not in the answer of fit")

print("\n".join(wrong[:40]) or f"{checks} checks")
sys.exit(1 if wrong else 0)
