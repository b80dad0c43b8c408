#!/usr/bin/python3
"""make.py VITRION POTENTIAL - writes the files of this folder anew: clean.xyz, and one file for each mistake.

Labels are those of POTENTIAL (oxyhalide7-v0) for disturbed rock salt of LiCl, 8 or 32 atoms.  The table of what is expected stands in tests/e2e/training_faults.py."""
import json, pathlib, random, subprocess, sys, tempfile

vitrion, potential = sys.argv[1:3]
here = pathlib.Path(__file__).parent


def frames(rng, n, runs, long=1):
    out = []
    for k in range(n):
        edge = 5.13 * rng.choice([0.96, 0.98, 1.0, 1.02, 1.05, 1.08])
        x = []
        for i in range(8 * long):
            site = [(i >> a & 1) / 2 + (i // 8 if a == 0 else 0) for a in range(3)]
            x.append(("Cl" if bin(i % 8).count("1") % 2 else "Li", [edge * s + rng.gauss(0, 0.15) for s in site]))
        x.sort(key=lambda a: a[0] != "Li")
        out.append({"edge": edge, "long": long, "x": x, "words": f"config_type=md composition=LiCl run={runs}{k // 4}"})
    return label(out)


def label(fs):
    with tempfile.NamedTemporaryFile("w", suffix=".xyz") as t:
        for f in fs:
            e = f["edge"]
            t.write(f"{len(f['x'])}\nLattice=\"{f['long'] * e:.6f} 0 0 0 {e:.6f} 0 0 0 {e:.6f}\" Properties=species:S:1:pos:R:3\n")
            t.writelines(f"{s} {r[0]:.5f} {r[1]:.5f} {r[2]:.5f}\n" for s, r in f["x"])
        t.flush()
        got = json.loads(subprocess.run([vitrion, "energy", potential, t.name, "--json"], capture_output=True, text=True, check=True).stdout)
    for f, g in zip(fs, got["frames"]):
        f |= {"e": g["energy_eV"], "w": g["virial_eV"], "f": g["forces_eV_A"]}
    return fs


def text(f, energy=True, virial=True, force="force", lattice=None, words=None, pbc=""):
    e = f["edge"]
    lattice = lattice or f"{f['long'] * e:.6f} 0 0 0 {e:.6f} 0 0 0 {e:.6f}"
    head = f'Lattice="{lattice}"{pbc}'
    if energy:
        head += f" energy={f['e']:.6f}"
    if virial:
        head += ' virial="' + " ".join(f"{v:.5f}" for v in f["w"]) + '"'
    head += " Properties=species:S:1:pos:R:3" + (f":{force}:R:3 " if force else " ") + (f["words"] if words is None else words)
    rows = [f"{s} " + " ".join(f"{v:.5f}" for v in r) + (" " + " ".join(f"{v:.5f}" for v in q) if force else "") for (s, r), q in zip(f["x"], f["f"])]
    return "\n".join([str(len(rows)), head, *rows]) + "\n"


def change(fs, at, **what):
    return [f | what if k == at else f for k, f in enumerate(fs)]


def write(name, texts):
    (here / name).write_text("".join(texts))


rng = random.Random(11)
clean = frames(rng, 40, "r")
few = clean[:8]
f1 = few[1]
volume = f1["edge"] ** 3
write("clean.xyz", map(text, clean))
write("test.xyz", map(text, frames(rng, 8, "t")))


def faulty(name, **what):
    write(name, map(text, change(few, 1, **what)))


faulty("energy_in_hartree.xyz", e=f1["e"] / 27.211386)
faulty("energy_in_kj_mol.xyz", e=f1["e"] * 96.485332)
faulty("energy_per_atom.xyz", e=f1["e"] / 8)
faulty("energy_sign.xyz", e=-f1["e"])
faulty("energy_off.xyz", e=f1["e"] + 8 * 2.5)
faulty("force_in_ev_per_pm.xyz", f=[[300 * v for v in q] for q in f1["f"]])
faulty("force_one_atom.xyz", f=[[v + (3 if i == 2 else 0) for v in q] for i, q in enumerate(f1["f"])])
faulty("virial_of_one_frame_in_kbar.xyz", w=[1602.1766 * v / volume * 5 for v in f1["w"]])
faulty("virial_zero.xyz", w=[0.0] * 9)
faulty("virial_columns.xyz", w=[f1["w"][k] for k in (0, 4, 8, 5, 2, 1)])
faulty("virial_not_symmetric.xyz", w=[v + (2 if k == 1 else 0) for k, v in enumerate(f1["w"])])
faulty("atoms_on_each_other.xyz", x=[f1["x"][0], (f1["x"][1][0], [v + 0.1 for v in f1["x"][0][1]]), *f1["x"][2:]])
faulty("element_unknown.xyz", x=[("Br" if s == "Cl" else s, r) for s, r in f1["x"]])
faulty("element_lower_case.xyz", x=[("CL" if s == "Cl" else s, r) for s, r in f1["x"]])
faulty("fractions.xyz", x=[(s, [v / f1["edge"] % 1 for v in r]) for s, r in f1["x"]])
write("stress_in_gpa.xyz", [text(f, virial=False, words='stress="' + " ".join(f"{-160.21766 * v / f['edge'] ** 3:.6f}" for v in f["w"]) +
                                 '" config_type=md composition=LiCl run=g') for f in few])
write("virial_per_atom.xyz", [text(f | {"w": [v / 32 for v in f["w"]]}) for f in frames(rng, 5, "l", 4)])
write("virial_is_stress.xyz", [text(f | {"w": [v / f["edge"] ** 3 for v in f["w"]]}) for f in few])
write("virial_sign.xyz", [text(f | {"w": [-v for v in f["w"]]}) for f in clean])
write("forces_zero.xyz", [text(f | {"f": [[0.0] * 3] * 8}, virial=False) for f in few])
bare = text(f1, energy=False, virial=False, force=None)
write("no_labels.xyz", [text(few[0]), bare, *map(text, few[2:])])
write("energy_missing.xyz", [text(few[0]), text(f1, energy=False), *map(text, few[2:])])


def replaced(name, old, new, f=f1):
    t = text(f)
    assert old in t, old
    write(name, [text(few[0]), t.replace(old, new, 1), *map(text, few[2:])])


energy = f"energy={f1['e']:.6f}"
stress = ' stress="' + " ".join(f"{v / volume:.8f}" for v in f1["w"]) + '"'  # of the wrong sign
replaced("energy_not_a_number.xyz", energy, "energy=nan")
replaced("energy_twice.xyz", energy, energy + " energy=-33.0")
replaced("energy_other_name.xyz", energy, "REF_" + energy)
replaced("force_nan.xyz", text(f1).splitlines()[4].split()[4], "nan")
replaced("forces_other_name.xyz", "force:R:3", "DFT_forces:R:3")
replaced("virial_and_stress.xyz", " Properties", stress + " Properties")
replaced("columns.xyz", text(f1).splitlines()[5], text(f1).splitlines()[5].rsplit(" ", 1)[0])
replaced("number_of_atoms.xyz", "8\n", "9\n")
replaced("lattice_in_nm.xyz", f'{f1["edge"]:.6f} 0 0 0 {f1["edge"]:.6f} 0 0 0 {f1["edge"]:.6f}', f'{f1["edge"] / 10:.6f} 0 0 0 {f1["edge"] / 10:.6f} 0 0 0 {f1["edge"] / 10:.6f}')
replaced("left_handed.xyz", f'{f1["edge"]:.6f} 0 0 0 {f1["edge"]:.6f} 0 0 0 {f1["edge"]:.6f}', f'0 {f1["edge"]:.6f} 0 {f1["edge"]:.6f} 0 0 0 0 {f1["edge"]:.6f}')
replaced("no_lattice.xyz", "Lattice=", "Cell=")
replaced("not_periodic.xyz", " energy=", ' pbc="F F F" energy=')
write("cut_off.xyz", ["".join(map(text, few))[:-150]])
write("frame_twice.xyz", [text(few[0]), text(f1), *map(text, few[2:]), text(f1)])
write("leak_same.xyz", [text(f1, words="config_type=md composition=LiCl run=t9")])
moved = f1 | {"x": [(s, [v + 1.25 for v in r]) for s, r in reversed(f1["x"])], "f": f1["f"][::-1]}
write("leak_moved.xyz", [text(moved, words="config_type=md composition=LiCl run=t9")])
shared = label([f1 | {"x": [(s, [v + rng.gauss(0, 0.1) for v in r]) for s, r in f1["x"]]}])
write("leak_trajectory.xyz", map(text, shared))
write("force_in_hartree.xyz", [text(f | {"f": [[v / 51.422067 for v in q] for q in f["f"]]}, virial=False) for f in few])
longer = label([clean[20] | {"edge": 1.02 * clean[20]["edge"], "x": [(s, [1.02 * v for v in r]) for s, r in clean[20]["x"]]}])[0]
write("labels_of_another_cell.xyz", map(text, change(clean, 20, e=longer["e"], w=longer["w"], f=longer["f"])))
