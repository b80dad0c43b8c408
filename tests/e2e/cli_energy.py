"""`vitrion energy --json` against references that an independent program made (tests/golden/nep/README.md).

Tolerance: 1e-10 of max(1, the largest magnitude of the quantity): two double-precision programs that add the same terms
in another order differ by 1e-13 to 1e-12."""
import glob
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import answer, expect, finish, folder, join, skip_loudly, source, write  # noqa: E402

TOLERANCE = 1e-10
checks = 0


def read_ref(path):
    lines = [line.split() for line in open(path, encoding="utf-8") if not line.startswith("#")]
    ref = {"potential": None}
    i = 0
    while i < len(lines):
        w = lines[i]
        i += 1
        if w[0] == "potential":
            ref["potential"] = w[1]
        elif w[0] == "natoms":
            ref["n"] = int(w[1])
        elif w[0] in ("energy", "virial"):
            ref[w[0]] = [float(x) for x in w[1:]]
        elif w[0] == "atoms":
            rows = [[float(x) for x in r[4:8]] for r in lines[i:i + ref["n"]]]
            ref["e"] = [r[0] for r in rows]
            ref["f"] = [x for r in rows for x in r[1:]]
            break
    return ref


def error(got, want):
    """Largest difference relative to max(1, largest magnitude)."""
    if len(got) != len(want):
        return float("inf")
    scale = max([1.0] + [abs(x) for x in want])
    return max(abs(a - b) for a, b in zip(got, want)) / scale


def compare(frame, ref, name):
    global checks
    expect(frame["n_atoms"] == ref["n"], f"{name}: number of atoms")
    worst = {"energy": error([frame["energy_eV"]], ref["energy"]),
             "energies": error(frame["energies_eV"], ref["e"]),
             "forces": error([x for row in frame["forces_eV_A"] for x in row], ref["f"]),
             "virial": error(frame["virial_eV"], ref["virial"])}
    for what, e in worst.items():
        checks += 1
        expect(e <= TOLERANCE, f"{name}: {what} is off by {e:.2e}")
    return max(worst.values())


def all_cases(root):
    worst, n = 0.0, 0
    for path in sorted(glob.glob(join(root, "ref", "*.ref"))):
        name = os.path.basename(path)[:-4]
        ref = read_ref(path)
        got = answer("energy", join(root, "potentials", ref["potential"]), join(root, "xyz", name + ".xyz"))
        expect(got["potential"]["kind"] == "nep" and len(got["potential"]["sha256"]) == 64, f"{name}: potential")
        expect(len(got["frames"]) == 1, f"{name}: one frame")
        worst, n = max(worst, compare(got["frames"][0], ref, name)), n + 1
    print(f"{root}: {n} cases, worst relative error {worst:.2e}")
    return n


def several_frames(root):
    """Frames with other elements in other order, one file: each as if it were alone."""
    by_potential = {}
    for path in sorted(glob.glob(join(root, "ref", "*.ref"))):
        by_potential.setdefault(read_ref(path)["potential"], []).append(path)
    potential, paths = max(by_potential.items(), key=lambda kv: len(kv[1]))
    names = [os.path.basename(p)[:-4] for p in paths]
    with folder() as tmp:
        text = "".join(open(join(root, "xyz", n + ".xyz"), encoding="utf-8").read() for n in names)
        got = answer("energy", join(root, "potentials", potential), write(join(tmp, "all.xyz"), text))
    expect(len(got["frames"]) == len(names) > 1, "every frame of the file is answered")
    for frame, path, name in zip(got["frames"], paths, names):
        compare(frame, read_ref(path), f"{name} as one of many")


golden = join(source, "tests", "golden", "nep")
expect(all_cases(golden) > 0, "there are golden cases")
several_frames(golden)
shared = join(source, "..", "shared", "reference", "nep")
if os.path.isdir(shared):
    expect(all_cases(shared) >= 81, "the shared references are complete")
else:
    skip_loudly(f"no folder {shared}: the 81 further references were not compared")
finish(checks)
