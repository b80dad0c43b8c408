"""analyze reads what other programs write: the numbers of a trajectory are those of the same trajectory as extended XYZ.

Written by ASE (extended XYZ, XDATCAR), LAMMPS (dumps), h5py and MDAnalysis (H5MD).  Where one of them is missing its part is skipped,
loudly; scripts/setup --all installs them."""
import gzip
import lzma
import os
import shutil
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import answer, expect, failures, finish, folder, join, run, skip_loudly, write  # noqa: E402

checks = 0
skipped = []


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


try:
    import ase
    import ase.io
    import ase.io.vasp
except ImportError:
    ase = None
try:
    import h5py
except ImportError:
    h5py = None
try:
    import MDAnalysis
except ImportError:
    MDAnalysis = None

DT = 0.1
SYMBOLS = ["Li"] * 16 + ["Al"] * 16 + ["Cl"] * 40 + ["O"] * 12
CELL = np.array([[11.0, 0, 0], [1.5, 10.5, 0], [-0.9, 0.7, 11.5]])


def walk(n_frames, cell=CELL, seed=3):
    """Positions [t][atom][3], not folded, with 8 digits, so that every text holds them exactly."""
    rng = np.random.default_rng(seed)
    k = int(np.ceil(len(SYMBOLS) ** (1 / 3)))
    grid = (np.array([(i // (k * k), i // k % k, i % k) for i in range(k ** 3)])[:len(SYMBOLS)] + 0.5) / k
    steps = rng.normal(0, 0.12, (n_frames, len(SYMBOLS), 3))
    steps[:, 16:] *= 0.2
    return np.round(grid @ cell + np.cumsum(steps, axis=0), 8)


def folded(x, cell):
    s = x @ np.linalg.inv(cell)
    return (s - np.floor(s)) @ cell, np.floor(s).astype(int)


def write_xyz(path, frames, cells, symbols=SYMBOLS):
    with open(path, "w", encoding="ascii") as f:
        for x, c in zip(frames, cells):
            f.write(f'{len(symbols)}\nLattice="{" ".join(repr(float(v)) for v in np.ravel(c))}" pbc="T T T"\n')
            for s, r in zip(symbols, np.asarray(x).tolist()):
                f.write(f"{s} {r[0]!r} {r[1]!r} {r[2]!r}\n")
    return path


def leaves(o, path=""):
    if isinstance(o, (dict, list)):
        for k, v in o.items() if isinstance(o, dict) else enumerate(o):
            yield from leaves(v, f"{path}/{k}")
    else:
        yield path, o


NOT_NUMBERS = {"warnings", "format", "time_key", "time_unit", "n_frames_read"}


def same(got, want, relative, what):
    """Every number of two answers."""
    x, y = dict(leaves(got)), dict(leaves(want))
    keys = [k for k in y if k.split("/")[1] not in NOT_NUMBERS]
    missing = [k for k in keys if k not in x]
    check(not missing, f"{what}: not there: {missing[:5]}")
    n, worst = 0, 0.0
    for k in keys:
        a, b = x.get(k), y[k]
        if isinstance(b, float) and isinstance(a, float):
            n += 1
            off = abs(a - b) / max(abs(b), 1e-300) if a != b else 0.0
            worst = max(worst, off)
            if off > relative and abs(a - b) > 1e-12:
                check(False, f"{what}: {k} is {a}, expected {b}")
        elif a != b:
            check(False, f"{what}: {k} is {a}, expected {b}")
    check(n > 100, f"{what}: only {n} numbers were compared")
    print(f"{what}: {n} numbers, largest relative deviation {worst:.1e}")


def analyze(*files, **more):
    options = [str(w) for k, v in more.items() for w in (f"--{k}", v)]
    return answer("analyze", *files, "--temperature", "700", *options)


def compress(path):
    data = open(path, "rb").read()
    with gzip.open(path + ".gz", "wb") as f:
        f.write(data)
    with lzma.open(path + ".xz", "wb") as f:
        f.write(data)
    return path + ".gz", path + ".xz"


# ---------------------------------------------------------------------------------------------- ASE

def atoms_of(x, cell=CELL):
    return ase.Atoms(SYMBOLS, positions=x, cell=cell, pbc=True)


def ase_extxyz(tmp, frames, reference):
    """Dialects: momenta, forces, integers, strings, flags and vectors as columns; nested lists in the comment line."""
    images = []
    for k, x in enumerate(frames):
        a = atoms_of(x)
        a.set_momenta(np.full((len(a), 3), 0.25))
        a.set_tags(np.arange(len(a)))
        a.new_array("flag", np.arange(len(a)) % 2 == 0)
        a.new_array("site", np.array(["a"] * len(a)))
        a.new_array("numbers_too", np.arange(len(a)) * 1.5)
        a.info.update(time_fs=100.0 * k, note="a \"quoted\" word", matrix=np.eye(3), nested={"x": [1, 2]}, virial=np.eye(3))
        images.append(a)
    path = join(tmp, "ase.extxyz")
    ase.io.write(path, images, format="extxyz")
    # ASE writes eight digits: these are the same numbers, to the bit
    for p in (path, *compress(path)):
        same(analyze(p, dt=DT), reference, 0, f"extended XYZ of ASE{p[len(path):]}")
    same(analyze(path), reference, 1e-9, "extended XYZ of ASE, dt from its times")
    ase.io.write(path, images, format="extxyz", columns=["symbols", "positions", "numbers", "tags"])
    same(analyze(path, dt=DT), reference, 0, "extended XYZ of ASE with symbols and atomic numbers")


def ase_xdatcar(tmp, frames, reference):
    path = join(tmp, "XDATCAR")
    ase.io.vasp.write_vasp_xdatcar(path, [atoms_of(x) for x in frames])
    # eight digits of fractions of a cell of 11 A: 1e-7 A of steps of 0.2 A
    for p in (path, *compress(path)):
        same(analyze(p, dt=DT), reference, 1e-4, f"XDATCAR of ASE{p[len(path):]}")
    text = open(path, encoding="ascii").read().splitlines(keepends=True)
    cut = 7 + 40 * (1 + len(SYMBOLS))
    first = write(join(tmp, "XDATCAR.1"), "".join(text[:cut]))
    again = [f"Direct configuration= {int(line.split('=')[1]) - 39:6d}\n" if "config" in line else line for line in text[cut - 1 - len(SYMBOLS):]]
    second = write(join(tmp, "XDATCAR.2"), "".join(text[:7] + again))
    a = analyze(first, second, dt=DT)
    same(a, reference, 1e-4, "two XDATCAR of one run, the last frame of the first again in the second")
    check(any("1 frames stood at the end" in w for w in a["warnings"]), f"nothing is said of the frame that is there twice: {a['warnings']}")


# ---------------------------------------------------------------------------------------------- LAMMPS

LAMMPS = """units metal
atom_style charge
boundary p p p
lattice fcc 4.6
region box prism 0 3 0 3 0 3 0.6 0.4 -0.5
create_box 3 box
create_atoms 1 box
set type 1 type/fraction 2 0.3 7
set type 1 type/fraction 3 0.5 9
mass 1 6.94
mass 2 26.98
mass 3 35.45
pair_style lj/cut 6.0
pair_coeff * * 0.02 2.6
velocity all create 1200 4928
fix 1 all npt temp 1200 1200 0.1 tri 0 0 1.0
timestep 0.002
run 500
reset_timestep 0
dump 1 all custom 25 scaled.dump element xs ys zs id ix iy iz
dump_modify 1 element Li Al Cl units yes time yes format float %.15g
dump 2 all custom 25 folded.dump id type x y z vx vy vz
dump_modify 2 format float %.15g
dump 3 all custom 25 images.dump id element x y z ix iy iz
dump_modify 3 element Li Al Cl format float %.15g sort id
dump 4 all custom 25 unfolded.dump id type xu yu zu
dump_modify 4 format float %.15g
dump 5 all custom 25 unfolded_scaled.dump id element xsu ysu zsu
dump_modify 5 element Li Al Cl format float %.15g
run 2000
"""


def read_unfolded(path):
    """A parser of its own: (frames, cells) of unfolded.dump, atoms by id."""
    frames, cells, symbols = [], [], None
    lines = open(path, encoding="ascii").read().splitlines()
    for k, line in enumerate(lines):
        if not line.startswith("ITEM: TIMESTEP"):
            continue
        n = int(lines[k + 3])
        (xl, xh, xy), (yl, yh, xz), (zl, zh, yz) = [[float(v) for v in w.split()] for w in lines[k + 5:k + 8]]
        lo = np.array([xl - min(0, xy, xz, xy + xz), yl - min(0, yz), zl])
        hi = np.array([xh - max(0, xy, xz, xy + xz), yh - max(0, yz), zh])
        rows = np.array(sorted([float(v) for v in w.split()] for w in lines[k + 9:k + 9 + n]))
        symbols = [("Li", "Al", "Cl")[int(t) - 1] for t in rows[:, 1]]
        cells.append(np.array([[hi[0] - lo[0], 0, 0], [xy, hi[1] - lo[1], 0], [xz, yz, hi[2] - lo[2]]]))
        frames.append(rows[:, 2:5] - lo)
    return frames, cells, symbols


def lammps_dumps(tmp, lmp):
    write(join(tmp, "in.lj"), LAMMPS)
    done = subprocess.run([lmp, "-in", "in.lj"], cwd=tmp, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    check(done.returncode == 0, f"lmp: {done.stdout[-500:]}")
    frames, cells, symbols = read_unfolded(join(tmp, "unfolded.dump"))
    reference = analyze(write_xyz(join(tmp, "lammps.xyz"), frames, cells, symbols), dt=0.05)
    # fifteen digits; folding and unfolding costs a few 1e-15 of 20 A a step, fits magnify it
    for name, more in (("scaled", {}), ("folded", {"types": "Li,Al,Cl"}), ("images", {}), ("unfolded", {"types": "Li,Al,Cl"}),
                       ("unfolded_scaled", {})):
        same(analyze(join(tmp, f"{name}.dump"), dt=0.05, **more), reference, 1e-7, f"LAMMPS dump, {name}")
    a = analyze(join(tmp, "scaled.dump"))
    same(a, reference, 1e-7, "LAMMPS dump, dt from ITEM: TIME and UNITS")
    check(a["time_key"] == "TIME_ps", f"time_key is {a['time_key']}")
    for p in compress(join(tmp, "images.dump")):
        same(analyze(p, dt=0.05), reference, 1e-7, f"LAMMPS dump{p[-3:]}")
    text = open(join(tmp, "images.dump"), encoding="ascii").read().split("ITEM: TIMESTEP\n")[1:]
    parts = [write(join(tmp, f"part{k}.dump"), "".join("ITEM: TIMESTEP\n" + t for t in text[a:b])) for k, (a, b) in
             enumerate(((0, 30), (29, 60), (60, len(text))))]
    same(analyze(*parts, dt=0.05), reference, 1e-7, "three LAMMPS dumps of one run, a frame there twice")
    # Where a file says where its atoms went, moves of any length are known.
    thin = write(join(tmp, "thin.dump"), "".join("ITEM: TIMESTEP\n" + t for t in text[::20]))
    a = analyze(thin, dt=1)
    check(not any("cannot be known" in w for w in a["warnings"]), f"unfolded moves are doubted: {a['warnings']}")
    code, _, said = run("analyze", join(tmp, "folded.dump"), "--dt", "0.05")
    check(code == 2 and "no column element" in said, f"types without elements: {code} {said}")
    bad = text[0].splitlines(keepends=True)
    bad[8] = bad[8].replace("Li", "Xx").replace("Al", "Xx").replace("Cl", "Xx")
    bad[10] = "7 Li 1 nan 2 0 0 0\n"
    p = write(join(tmp, "bad.dump"), "ITEM: TIMESTEP\n" + "".join(bad) + "ITEM: TIMESTEP\n" + text[1])
    code, _, said = run("analyze", p, "--dt", "0.05")
    check(code == 2 and "bad.dump:10:" in said and "'Xx' is not an element symbol" in said and "bad.dump:12:" in said and "'nan'" in said,
          f"two mistakes of a dump: {code} {said}")


# ---------------------------------------------------------------------------------------------- H5MD

def write_h5md(path, frames, cells, species, scale=1.0, unit=None, image=None, time_unit="ps", fixed=False, **filters):
    with h5py.File(path, "w") as f:
        f.create_group("h5md").attrs["version"] = [1, 1]
        g = f.create_group("particles/all")
        p = g.create_group("position")
        d = p.create_dataset("value", data=np.asarray(frames) / scale, **filters)
        if unit:
            d.attrs["unit"] = unit
        p["step"] = np.arange(len(frames)) * 50
        p["time"] = np.arange(len(frames)) * DT * {"ps": 1, "fs": 1000}[time_unit]
        p["time"].attrs["unit"] = time_unit
        box = g.create_group("box")
        box.attrs["dimension"] = 3
        box.attrs["boundary"] = ["periodic"] * 3
        if fixed:
            box["edges"] = np.asarray(cells[0]) / scale
            e = box["edges"]
        else:
            b = box.create_group("edges")
            b["value"], b["step"], b["time"] = np.asarray(cells) / scale, p["step"], p["time"]
            e = b["value"]
        if unit:
            e.attrs["unit"] = unit
        if image is not None:
            i = g.create_group("image")
            i["value"], i["step"], i["time"] = image, p["step"], p["time"]
        g["species"] = species
    return path


def h5md(tmp, frames, reference):
    z = np.array([{"Li": 3, "Al": 13, "Cl": 17, "O": 8}[s] for s in SYMBOLS])
    names = h5py.enum_dtype({"Li": 0, "Al": 1, "Cl": 2, "O": 3}, basetype="i1")
    types = np.array([{"Li": 1, "Al": 2, "Cl": 3, "O": 4}[s] for s in SYMBOLS])
    cells = [CELL] * len(frames)
    inside, image = zip(*(folded(x, CELL) for x in frames))
    p = write_h5md(join(tmp, "a.h5"), frames, cells, z, compression="gzip", shuffle=True)
    for q in (p, *compress(p)):
        same(analyze(q, dt=DT), reference, 0, f"H5MD of h5py, atomic numbers{q[len(p):]}")
    same(analyze(p), reference, 1e-9, "H5MD, dt from its times")
    # folding and unfolding: a few 1e-15 of 11 A a step, fits magnify it
    p = write_h5md(join(tmp, "b.h5"), inside, cells, (types - 1).astype("i1"), image=np.array(image), fixed=True, time_unit="fs")
    with h5py.File(p, "a") as f:
        del f["particles/all/species"]
        f["particles/all"].create_dataset("species", data=(types - 1).astype("i1"), dtype=names)
    same(analyze(p), reference, 1e-7, "H5MD, enumeration, images, fixed box, fs")
    p = write_h5md(join(tmp, "c.h5"), inside, cells, np.array(SYMBOLS, dtype="S2"), scale=10.0, unit="nm")
    same(analyze(p, dt=DT), reference, 1e-7, "H5MD, strings, nm")
    p = write_h5md(join(tmp, "d.h5"), frames, cells, types)
    code, _, said = run("analyze", p, "--dt", "0.1")
    check(code == 2 and "--types" in said, f"numbers of types: {code} {said}")
    same(analyze(p, dt=DT, types="Li,Al,Cl,O"), reference, 0, "H5MD, types")
    with h5py.File(p, "a") as f:
        f["particles/all/box"].attrs["boundary"] = ["periodic", "periodic", "none"]
    code, _, said = run("analyze", p, "--dt", "0.1", "--types", "Li,Al,Cl,O")
    check(code == 2 and "periodic in all three directions" in said, f"an open boundary: {code} {said}")
    data = open(join(tmp, "a.h5"), "rb").read()
    with open(join(tmp, "cut.h5"), "wb") as f:
        f.write(data[: len(data) // 2])
    code, _, said = run("analyze", join(tmp, "cut.h5"), "--dt", "0.1")
    check(code == 2 and "cut.h5" in said and "cut or damaged" in said, f"a file that is cut: {code} {said}")


def mdanalysis_h5md(tmp, frames):
    """MDAnalysis writes lengths of the cell and angles, in single precision, and no elements; it names its units."""
    import warnings
    warnings.simplefilter("ignore")
    u = MDAnalysis.Universe.empty(len(SYMBOLS), trajectory=True)
    single = [x.astype(np.float32) for x in frames]
    cell, p = np.diag([11.0, 10.5, 11.5]), join(tmp, "mda.h5md")
    with MDAnalysis.Writer(p, len(SYMBOLS), convert_units=False, velocities=False, forces=False, timeunit="ps",
                           lengthunit="Angstrom", positions=True) as w:
        for k, x in enumerate(single):
            u.atoms.positions = x
            u.dimensions = [11.0, 10.5, 11.5, 90, 90, 90]
            u.trajectory.ts.data["step"] = 50 * k
            u.trajectory.ts.frame = k
            u.trajectory.ts.time = DT * k
            w.write(u)
        w.h5md_file.close()  # it leaves that to the end of the process
    code, _, said = run("analyze", p, "--dt", "0.1")
    check(code == 2 and "no species" in said, f"H5MD without elements: {code} {said}")
    with h5py.File(p, "a") as f:
        (name,) = f["particles"]
        f[f"particles/{name}/species"] = np.array(SYMBOLS, dtype="S2")
    reference = analyze(write_xyz(join(tmp, "mda.xyz"), single, [cell] * len(single)), dt=DT)
    # positions are the same single-precision numbers; a cell out of lengths and angles is off by 1e-7 of itself
    same(analyze(p, dt=DT), reference, 1e-5, "H5MD of MDAnalysis, elements added by h5py")


# ---------------------------------------------------------------------------------------------- what is what

def options(tmp, frames):
    """--frame, --roles, --charges, --count, --cutoffs say the same whatever format the frames come in."""
    cells = [CELL] * len(frames)
    xyz = write_xyz(join(tmp, "options.xyz"), frames, cells)
    files = {"XDATCAR": xdatcar(join(tmp, "XDATCAR.options"), frames)}
    if h5py:
        z = np.array([{"Li": 3, "Al": 13, "Cl": 17, "O": 8}[s] for s in SYMBOLS])
        files["H5MD"] = write_h5md(join(tmp, "options.h5"), frames, cells, z)
    plain = analyze(xyz, dt=DT)
    for more in ({"frame": "barycentric"}, {"roles": "Al=mobile,Li=network"}, {"charges": "Li=2,Al=1"}, {"count": "Cl"},
                 {"cutoffs": "Al-Cl=2.6,Li-Al=4"}, {"frame": "barycentric", "skip": 1, "every": 2, "charges": "Al=2"}):
        want = analyze(xyz, dt=DT, **more)
        say = " ".join(f"--{k} {v}" for k, v in more.items())
        check(dict(leaves(want)) != dict(leaves(plain)), f"{say} changes nothing")
        for name, p in files.items():
            same(analyze(p, dt=DT, **more), want, 1e-7, f"{name}, {say}")


# ---------------------------------------------------------------------------------------------- which frames

def skip_and_every(tmp, frames):
    cells = [CELL] * len(frames)
    p = write_xyz(join(tmp, "all.xyz"), frames, cells)
    a = analyze(p, dt=DT, skip=2.05)  # frames from 2.1 ps on
    same(a, analyze(write_xyz(join(tmp, "late.xyz"), frames[21:], cells[21:]), dt=DT), 1e-9, "--skip is a file that begins later")
    check(a["n_frames"] == len(frames) - 21 and a["n_frames_read"] == len(frames), f"{a['n_frames']} of {a['n_frames_read']} frames")
    a = analyze(p, dt=DT, every=4)
    same(a, analyze(write_xyz(join(tmp, "thin.xyz"), frames[::4], cells[::4]), dt=4 * DT), 1e-9, "--every is a file of fewer frames")
    code, _, said = run("analyze", p, "--dt", "0.1", "--skip", "1000")
    check(code == 2 and "a trajectory needs at least 2" in said, f"nothing is left: {code} {said}")
    parts = [write_xyz(join(tmp, f"part{k}.xyz"), frames[a:b], cells[a:b]) for k, (a, b) in enumerate(((0, 50), (49, len(frames))))]
    same(analyze(*parts, dt=DT), analyze(p, dt=DT), 0, "two files of one run, a frame there twice")
    lines = open(p, encoding="ascii").read().splitlines(keepends=True)
    lines[4] = "Li 1 2\n"
    lines[9] = "Q 1 2 3\n"
    code, _, said = run("analyze", write(join(tmp, "bad.xyz"), "".join(lines)), "--dt", "0.1")
    check(code == 2 and "bad.xyz:5:" in said and "bad.xyz:10:" in said, f"all mistakes are told: {code} {said}")


def xdatcar(path, frames):
    """As VASP writes a cell that changes: the beginning before every configuration; a scale; names of pseudopotentials."""
    text = ""
    for k, x in enumerate(frames):
        s = x @ np.linalg.inv(CELL)
        text += "title\n   2.0\n" + "".join(" ".join(f"{v / 2:.12f}" for v in row) + "\n" for row in CELL)
        text += "Li_sv Al Cl O\n 16 16 40 12\n" + f"Direct configuration=     {k + 1}\n"
        text += "".join(f" {r[0]:.14f} {r[1]:.14f} {r[2]:.14f}\n" for r in s)
    return write(path, text)


def vasp_by_hand(tmp, frames, reference):
    p = xdatcar(join(tmp, "XDATCAR.npt"), frames)
    same(analyze(p, dt=DT), reference, 1e-7, "XDATCAR with a beginning before every frame")
    text = open(p, encoding="ascii").read()
    old = text.replace("Li_sv Al Cl O\n", "", 1)
    code, _, said = run("analyze", write(join(tmp, "XDATCAR.4"), old), "--dt", "0.1")
    check(code == 2 and "XDATCAR.4:6:" in said and "VASP 4" in said, f"no line of elements: {code} {said}")


def main():
    frames = walk(100)
    with folder() as tmp:
        reference = analyze(write_xyz(join(tmp, "reference.xyz"), frames, [CELL] * len(frames)), dt=DT)
        skip_and_every(tmp, frames)
        vasp_by_hand(tmp, frames, reference)
        options(tmp, frames)
        lmp = shutil.which("lmp")
        if ase:
            ase_extxyz(tmp, frames, reference)
            ase_xdatcar(tmp, frames, reference)
        else:
            skipped.append("ASE (python3-ase)")
        if lmp:
            lammps_dumps(tmp, lmp)
        else:
            skipped.append("LAMMPS (lammps)")
        if h5py:
            h5md(tmp, frames, reference)
        else:
            skipped.append("h5py (python3-h5py)")
        if MDAnalysis and h5py:
            mdanalysis_h5md(tmp, frames)
        elif not MDAnalysis:
            skipped.append("MDAnalysis (python3-mdanalysis)")
    for what in skipped:
        skip_loudly(f"{what} is not installed; scripts/setup --all installs it")
    if skipped and not failures:
        sys.exit(77)
    finish(checks)


main()
