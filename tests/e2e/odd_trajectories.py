"""Short and odd trajectories: odd_trajectories.py VITRION SOURCE.

Whatever a trajectory lacks - motion, frames, a mobile ion, a metal, an anion, a second atom - `vitrion analyze` says in words or with
null: neither its text nor its JSON holds nan or inf, and no run ends in anything but an answer or a message.  Also options that do
nothing for a file are named."""
import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import expect, finish, folder, join, run, write  # noqa: E402

checks = 0
BOX = 14.0
KINDS = {"complete": ["Li"] * 8 + ["Al"] * 8 + ["Cl"] * 20 + ["O"] * 6, "one of each": ["Li", "Al", "Cl", "Cl", "Cl", "Cl"], "mobile alone": ["Li"] * 12,
         "nothing mobile": ["Al"] * 8 + ["Cl"] * 24, "no anion": ["Li"] * 8 + ["Al"] * 8, "no metal": ["Li"] * 12 + ["Cl"] * 12, "two atoms": ["Li", "Cl"]}
MOVES = {"at rest": (0, 0), "walk": (0.3, 0), "all alike": (0, 0.3)}  # step of each atom, of all together, A
NO_NUMBER = re.compile(r"(?<![a-z])[-+]?(nan|inf|infinity)(?![a-z])", re.I)


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def refuse(word):
    raise ValueError(word)


def trajectory(symbols, move, frames, breathing):
    rng = random.Random(7)
    x = [[rng.uniform(0, BOX) for _ in range(3)] for _ in symbols]
    own, common = MOVES[move]
    lines = []
    for k in range(frames):
        box = BOX * (1 + (0.01 * (k % 3) if breathing else 0))
        lines += [str(len(symbols)), f'Lattice="{box} 0 0 0 {box} 0 0 0 {box}" Properties=species:S:1:pos:R:3']
        shift = [rng.gauss(0, common) for _ in range(3)]
        x = [[p + q + rng.gauss(0, own) for p, q in zip(atom, shift)] for atom in x]
        lines += ["%s %.6f %.6f %.6f" % (s, *p) for s, p in zip(symbols, x)]
    return "\n".join(lines) + "\n"


with folder() as tmp:
    for n, (kind, symbols) in enumerate(KINDS.items()):
        for i, move in enumerate(MOVES):
            for frames in (2, 5, 80):
                path = write(join(tmp, "t.xyz"), trajectory(symbols, move, frames, (n + i) % 2))
                more = ["--temperature", "600"] if i else []
                for form in ([], ["--json"]):
                    code, out, err = run("analyze", path, "--dt", "0.1", *more, *form)
                    what = f"{kind}, {move}, {frames} frames, {' '.join(more + form)}"
                    check(code in (0, 2) and (code == 2) == (out == ""), f"{what}: exit code {code}: {err}")
                    check(not NO_NUMBER.search(out + err), f"{what}: {NO_NUMBER.search(out + err)}")
                    if form and code == 0:
                        check(json.loads(out, parse_constant=refuse)["n_frames"] == frames, what)
    path = write(join(tmp, "t.xyz"), trajectory(KINDS["complete"], "walk", 5, False))
    for options, word in ((["--types", "Li,Al"], "(extended XYZ) names its elements itself"), (["--count", "S"], "S is to be counted, and"),
                          (["--points", join(tmp, "p.csv"), "--count", "O"], "--count has no effect with --points"),
                          (["--points", join(tmp, "p.csv"), "--cutoffs", "Al-Cl=3"], "--cutoffs has no effect with --points")):
        code, _, err = run("analyze", path, "--dt", "0.1", *options)
        check(code == 2 and word in err, f"{options}: {code} {err}")

finish(checks)
