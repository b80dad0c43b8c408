#!/usr/bin/env python3
"""foreign_files.py VITRION SOURCE [CASES] - files that other programs made: read rightly, null with a reason, or refused with
file and line.  Prints a table: file, what is right, what came out.  Right values of D come from numpy: displacements in
the cell in which the walk was drawn, seen from the metals, MSD over all origins, slope in the window that analyze
chose.  The longer cases of a folder ../shared/cases are read where it is there."""
import gzip
import json
import lzma
import os
import shutil
import sys
from os.path import basename, isdir, join

import numpy as np

from cli_common import expect, failures, finish, folder, run, skip_loudly, source, vitrion  # noqa: F401

DATA = join(source, "tests", "data", "foreign")
SHARED = sys.argv[3] if len(sys.argv) > 3 else join(source, "..", "shared", "cases")
POTENTIALS = join(source, "campaigns", "potentials")
rows, checks = [], 0


def row(name, right, good, got):
    global checks
    checks += 1
    rows.append((name, right, ("" if good else "WRONG: ") + got))
    expect(good, f"{name}: expected {right}, got {got}")


def first_line(text):
    return text.strip().splitlines()[0] if text.strip() else ""


# ---------------------------------------------------------------------------------------------- what was asked

def refused(name, path, says, *args, where=None):
    """Exit code 2, and the message names the file (and the line, where it has one)."""
    code, out, err = run(*args)
    place = path if where is None else f"{path}:{where}:"
    got = first_line(err).replace(path, basename(path))
    row(name, "refused: " + says, code == 2 and not out and place in err and says in err, f"exit {code}: {got}")


def analyzed(path, *args):
    code, out, err = run("analyze", path, *args, "--json")
    return (json.loads(out), "") if code == 0 else (None, f"exit {code}: {first_line(err)}")


def d_of(answer, symbol):
    return next(s for s in answer["species"] if s["symbol"] == symbol)


def read_xyz(path):
    """symbols, x[frame, atom, 3], cells as written; rows in the order of ids."""
    opener = lzma.open if path.endswith("xz") and not path.endswith(".xyz") else open
    with opener(path, "rt") as f:
        lines = f.read().split("\n")
    n, frames, cells = int(lines[0]), [], []
    for at in range(0, len(lines) - n - 1, n + 2):
        cells.append(np.array(lines[at + 1].split('"')[1].split(), float).reshape(3, 3))
        atoms = [line.split() for line in lines[at + 2:at + 2 + n]]
        if ":id:" in lines[at + 1]:
            atoms.sort(key=lambda a: int(a[4]))
        frames.append([a[1:4] for a in atoms])
        symbols = [a[0] for a in atoms]
    return np.array(symbols), np.array(frames, float), np.array(cells)


def unwrapped(x, edge=24.0):
    """Walks in a cube: fractions of a shared lattice are those of the cube, whatever vectors were written."""
    step = np.diff(x, axis=0)
    step -= edge * np.round(step / edge)
    return np.concatenate([x[:1], x[:1] + np.cumsum(step, axis=0)])


def reference(symbols, x, element, window_ps, dt, metals=("Al",)):
    """D in cm2/s by least squares of the MSD over the window."""
    frame = np.isin(symbols, metals)
    y = x[:, symbols == element] - (x[:, frame].mean(axis=1, keepdims=True) if frame.any() else 0)
    lags = np.unique(np.linspace(window_ps[0] / dt, window_ps[1] / dt, 12).astype(int))
    msd = [np.mean(np.sum((y[k:] - y[:-k])**2, axis=2)) for k in lags if 0 < k < len(y)]
    slope = np.polyfit(dt * lags[:len(msd)], msd, 1)[0]
    return slope / 6 * 1e-4


# ---------------------------------------------------------------------------------------------- small files

def tables():
    def table(name):
        return join(DATA, name)
    code, out, err = run("fit", table("good.csv"), "--json")
    row("good.csv", "read", code == 0 and json.loads(out)["compositions"], f"exit {code} {first_line(err)}")
    code, out, err = run("fit", table("factors_good.csv"), "--json")
    row("factors_good.csv", "read", code == 0, f"exit {code} {first_line(err)}")
    code, out, err = run("fit", table("name_with_comma_quoted.csv"), "--json")
    names = [f["name"] for f in json.loads(out)["compositions"]] if code == 0 else []
    row("name_with_comma_quoted.csv", "the name without quotes", "Li,Na-Al" in names, f"exit {code} {names}{first_line(err)}")
    for name, line, says in (("decimal_comma_int_T.csv", 2, "7 columns, the header has 5: are there decimal commas?"),
                             ("factors_short_rows.csv", None, "columns, the header has 7"),
                             ("zero_D.csv", 3, "D_cm2_s is '0', expected a number above 0"),
                             ("torn.csv", 5, "the last line has no end")):
        refused(name, table(name), says, "fit", table(name), where=line)


def dialects():
    def file(name):
        return join(DATA, name)
    for name, warns in (("energy_json.xyz", "_JSON 70.38"), ("energy_None.xyz", "energy=None")):
        a, why = analyzed(file(name), "--dt", 0.1)
        said = [w for w in a["warnings"] if warns in w] if a else []
        row(name, "read, with a warning", len(said) == 1, said[0] if said else why)
    for name in ("bare_word_energy.xyz", "lattice_new_array.xyz", "bom.xyz", "run.xyz.gz"):
        a, why = analyzed(file(name), "--dt", 0.1)
        row(name, "read", a is not None and a["n_frames"] == 12 and a["n_atoms"] == 16,
            why or f"{a['n_frames']} frames of {a['n_atoms']} atoms")
    refused("pbc_two_values.xyz", file("pbc_two_values.xyz"), "pbc has 2 values, expected 3", "analyze",
            file("pbc_two_values.xyz"), "--dt", 0.1, where="2:37")
    refused("pbc_unquoted_F.xyz", file("pbc_unquoted_F.xyz"), "pbc has 1 value, expected 3", "analyze",
            file("pbc_unquoted_F.xyz"), "--dt", 0.1, where="2:67")
    path = file("bom.xyz")
    for option, value, says in (("--charges", "Li=1,Mg=2", "a charge of Mg is given"),
                                ("--cutoffs", "Li-Br=3", "a cutoff of Li-Br is given"),
                                ("--charges", "Li=1,Li=2", "Li stands twice")):
        code, _, err = run("analyze", path, "--dt", 0.1, option, value)
        row(f"{option} {value}", "refused: " + says, code == 2 and says in err, f"exit {code}: {first_line(err)[-70:]}")
    for dt in (1e-6, 1e6):
        a, why = analyzed(path, "--dt", dt)
        row(f"--dt {dt:g}", "read", a is not None and a["dt_ps"] == dt, why or f"{a['dt_ps']:g} ps")


def campaigns(tmp):
    def here(name, to):
        os.makedirs(join(tmp, to), exist_ok=True)
        path = join(tmp, to, "campaign.yaml")
        with open(join(DATA, name), "rb") as f:
            text = f.read().replace(b"POTENTIALS", POTENTIALS.encode())
        with open(path, "wb") as f:
            f.write(text)
        return path, text
    for name, to in (("bom.yaml", "bom"), ("output-empty-string.yaml", "empty")):
        path, _ = here(name, to)
        code, out, err = run("check", path)
        row(name, "read", code == 0, f"exit {code} {first_line(err or out)}")
    path, text = here("bom.yaml", "zip")
    for ending, pack in ((".gz", gzip.compress), (".xz", lzma.compress)):
        with open(path + ending, "wb") as f:
            f.write(pack(text))
        code, out, err = run("check", path + ending)
        row("bom.yaml" + ending, "read", code == 0, f"exit {code} {first_line(err or out)}")
    with open(path, "wb") as f:
        f.write(text.rstrip())
    refused("campaign cut in its last line", path, "the last line has no end", "check", path, where=13)
    # somebody else's results.h5 and summary.csv beside a campaign.yaml of the user's
    path, _ = here("output-in-own-folder.yaml", "own")
    own = {n: f"{n}, mine\n" for n in ("results.h5", "summary.csv")}
    for n, t in own.items():
        with open(join(tmp, "own", n), "w") as f:
            f.write(t)
    code, _, err = run("run", path, "--output", join(tmp, "own"))
    kept = all(open(join(tmp, "own", n)).read() == t for n, t in own.items())
    row("output-in-own-folder.yaml", "refused, nothing touched", code == 2 and kept, f"exit {code}: {err.strip().splitlines()[-1][-90:]}")


def potentials(tmp):
    """A NEP file compressed is the same potential; MatPL's form is named."""
    name = "oxyhalide7-v0.nep.txt"
    with open(join(POTENTIALS, name), "rb") as f:
        text = f.read()
    xyz = join(tmp, "two.xyz")
    with open(xyz, "w") as f:
        f.write('2\nLattice="12 0 0 0 12 0 0 0 12"\nLi 0 0 0\nCl 2.4 0 0\n')
    plain = run("energy", join(POTENTIALS, name), xyz, "--json")
    for ending, pack in ((".gz", gzip.compress), (".xz", lzma.compress)):
        path = join(tmp, name + ending)
        with open(path, "wb") as f:
            f.write(pack(text))
        code, out, err = run("energy", path, xyz, "--json")
        same = code == 0 and json.loads(out)["frames"] == json.loads(plain[1])["frames"] and \
            json.loads(out)["potential"]["sha256"] == json.loads(plain[1])["potential"]["sha256"]
        row(name + ending, "the same energies and hash", same, f"exit {code} {first_line(err)}")
    lines = text.decode().splitlines(keepends=True)
    head = next(i for i, line in enumerate(lines) if line.startswith("ANN")) + 1
    kind, types = lines[0].split()[0], int(lines[0].split()[1])
    matpl = join(tmp, "matpl.nep.txt")
    with open(matpl, "w") as f:
        f.writelines(lines[:head] + ["0.5\n"] * (types - 1) + lines[head:])
    if kind.startswith("nep4"):
        refused("NEP of MatPL", matpl, "this is the form of MatPL, with a bias for each of", "energy", matpl, xyz)
    cut = join(tmp, "cut.nep.txt")
    with open(cut, "w") as f:
        f.write(text.decode().rstrip()[:-2])
    refused("NEP cut in its last number", cut, "the last line has no end", "energy", cut, xyz)


# ---------------------------------------------------------------------------------------------- drawn trajectories

DT, D_LI, EDGE, FRAMES = 0.5, 0.4, 24.0, 400


def draw():
    """60 Li that walk with D = 4e-5 cm2/s, 20 Al that vibrate, in a cube; all atoms move in every frame."""
    rng = np.random.RandomState(7)
    symbols = np.array(["Li"] * 60 + ["Al"] * 20)
    grid = np.array([(i % 5, i // 5 % 4, i // 20) for i in range(80)]) * (EDGE / 5)
    x = grid + rng.normal(0, 0.05, (FRAMES, 80, 3))
    x[1:, :60] += np.cumsum(rng.normal(0, np.sqrt(2 * D_LI * DT), (FRAMES - 1, 60, 3)), axis=0)
    return symbols, x


def text_of(symbols, x, cell=None, comment=lambda t: "", columns="species:S:1:pos:R:3", order=None, extra=None):
    out = []
    for t, frame in enumerate(x):
        h = EDGE * np.eye(3) if cell is None else cell(t)
        rank = np.arange(len(symbols)) if order is None else order(t)
        out.append(f'{len(symbols)}\nLattice="{" ".join("%.10g" % v for v in h.ravel())}" Properties={columns}{comment(t)}')
        out += [f"{symbols[i]} {frame[i][0]:.9f} {frame[i][1]:.9f} {frame[i][2]:.9f}{extra(i) if extra else ''}" for i in rank]
    return "\n".join(out) + "\n"


def put(tmp, name, text):
    path = join(tmp, name)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


def trajectories(tmp):
    symbols, x = draw()
    plain = text_of(symbols, x)
    a, why = analyzed(put(tmp, "plain.xyz", plain), "--dt", DT, "--temperature", 500)
    if a is None:
        row("drawn walk", "read", False, why)
        return
    right = reference(symbols, x, "Li", d_of(a, "Li")["window_ps"], DT)
    li = d_of(a, "Li")
    row("drawn walk", f"D(Li) {right:.3g}", abs(li["D_cm2_s"] - right) < 2 * li["D_se_cm2_s"],
        f"{li['D_cm2_s']:.3g} +- {li['D_se_cm2_s']:.1g}")

    def same(name, text, *args):
        b, why = analyzed(put(tmp, name, text), "--dt", DT, "--temperature", 500, *args)
        d = d_of(b, "Li")["D_cm2_s"] if b else None
        good = d is not None and abs(d / li["D_cm2_s"] - 1) < 1e-6 and \
            abs(b["sigma_mS_cm"] / a["sigma_mS_cm"] - 1) < 1e-5
        row(name, f"D(Li) {li['D_cm2_s']:.6g}", good, f"{d:.6g}" if d else why)
        return b

    rng = np.random.RandomState(8)
    order = [rng.permutation(80) for _ in range(FRAMES)]
    same("ids_unsorted.xyz", text_of(symbols, x, columns="species:S:1:pos:R:3:id:I:1", order=lambda t: order[t],
                                     extra=lambda i: f" {i + 1}"))
    skew = EDGE * np.array([[1, 0, 0], [3, 1, 0], [-2, 4, 1]])
    same("unreduced_vectors.xyz", text_of(symbols, x, cell=lambda t: skew))
    same("wrapped.xyz", text_of(symbols, x % EDGE))
    same("vectors_that_change.xyz", text_of(symbols, x % EDGE, cell=lambda t: (EDGE * np.eye(3), skew)[t % 2]))
    z = {"Li": 3, "Al": 13}
    same("atomic_numbers.xyz", text_of([z[s] for s in symbols], x, columns="Z:I:1:pos:R:3"))
    for unit, scale in (("ps", 1), ("fs", 1000)):
        b = same(f"time_in_{unit}.xyz", text_of(symbols, x, comment=lambda t: f" Time={scale * DT * t:g}"))
        row(f"time_in_{unit}.xyz, said", unit, b and (b["time_key"], b["time_unit"]) == ("Time", unit),
            f"{b and b['time_unit']}")
    same("plain.xyz.gz", gzip.compress(plain.encode(), 1))
    same("plain.xyz.xz", lzma.compress(plain.encode(), preset=0))

    # a box that shears steadily, flipped back where it leans too far: atoms keep their fractions, the walk is the same
    lean = [np.array([[EDGE, 0, 0], [0.05 * t, EDGE, 0], [0, 0, EDGE]]) for t in range(FRAMES)]
    flip = [h - np.array([[0, 0, 0], [EDGE * np.round(h[1, 0] / EDGE), 0, 0], [0, 0, 0]]) for h in lean]
    carried = np.array([f @ h / EDGE for f, h in zip(x, lean)])
    p = [analyzed(put(tmp, f"{n}.xyz", text_of(symbols, carried, cell=lambda t, c=c: c[t])), "--dt", DT)[0]
         for n, c in (("leans", lean), ("flips", flip))]
    d = [d_of(q, "Li")["D_cm2_s"] if q else None for q in p]
    row("box flips", "as without flips", None not in d and abs(d[1] / d[0] - 1) < 1e-6, f"{d[0]:.6g}, {d[1]:.6g}")

    def not_read(name, text, says, frame, dt=DT):
        path = put(tmp, name, text)
        refused(name, path, says, "analyze", path, "--dt", dt, where=82 * (frame - 1) + 2)

    twice = [t for t in range(FRAMES) for _ in range(2 if t % 5 == 4 else 1)]
    rewind = list(range(100)) + list(range(60, FRAMES))
    for name, frames, at in (("every_fifth_twice", twice, 6), ("rewind_40_of_100", rewind, 101)):
        again = x[frames]
        not_read(name + ".xyz", text_of(symbols, again), "is equal to an earlier one", at)
        not_read(name + "_time.xyz", text_of(symbols, again, comment=lambda t: f" Time={DT * frames[t]:g}"), "Time", at)
        not_read(name + "_step.xyz", text_of(symbols, again, comment=lambda t: f" step={100 * frames[t]}"), "step", at)
    log = [t for t in range(FRAMES) if t % 60 in (0, 1, 2, 4, 8, 16, 32)]
    not_read("irregular_times.xyz", text_of(symbols, x[log], comment=lambda t: f" Time={DT * log[t]:g}"),
             "frames must be equally far apart", 4)
    not_read("dt_contradicts_time.xyz", text_of(symbols, x, comment=lambda t: f" Time={DT * t:g}"), "(--dt)", 2, dt=0.1)
    not_read("two_replicas.xyz", text_of(symbols, x, comment=lambda t: f" replica={t % 2}"), "several runs in one file", 2)
    path = put(tmp, "torn.xyz", plain[:-4])
    refused("torn.xyz", path, "the last line has no end", "analyze", path, "--dt", DT, where=82 * FRAMES)
    path = put(tmp, "hexadecimal.xyz", plain.replace(" 4.8", " 0x4.8", 1))
    refused("hexadecimal.xyz", path, "expected a finite number", "analyze", path, "--dt", DT)

    # every tenth frame of a faster walk: steps of half the cell
    b, why = analyzed(put(tmp, "too_far_apart.xyz", text_of(symbols, (x[0] + 6 * (x - x[0])) % EDGE)), "--dt", DT)
    gone = b is not None and d_of(b, "Li")["D_cm2_s"] is None and any("cannot be known" in w for w in b["warnings"])
    row("too_far_apart.xyz", "null with reason", gone, next((w[:70] for w in b["warnings"] if "cannot" in w), "no reason") if b else why)


def compressed(tmp):
    plain = text_of(*draw())[:200000].rsplit("\n80\n", 1)[0] + "\n"
    for name, whole in (("cut.xyz.gz", gzip.compress(plain.encode())), ("cut.xyz.xz", lzma.compress(plain.encode()))):
        path = put(tmp, name, whole[:len(whole) // 2])
        refused(name, path, "the file was cut", "analyze", path, "--dt", DT)
        path = put(tmp, "damaged." + name[4:], whole[:5000] + b"?" + whole[5001:])
        refused(basename(path), path, "data are damaged", "analyze", path, "--dt", DT)
    atoms = b"9000000\nLattice=\"9 0 0 0 9 0 0 0 9\"\n" + b"O 1 2 3\n" * 9000000
    path = put(tmp, "bomb.xyz.xz", lzma.compress(atoms, preset=0))
    refused("bomb.xyz.xz", path, "became more than 64 MiB and 1000 times as many", "analyze", path, "--dt", DT)
    path = put(tmp, "bomb.csv.gz", gzip.compress(b"\n" * (80 << 20), 6))
    refused("bomb.csv.gz", path, "more than", "fit", path)
    path = put(tmp, "bomb.xyz.gz", gzip.compress(b"\n" * (1 << 20), 6))
    refused("bomb.xyz.gz", path, "more than 1000 empty lines", "analyze", path, "--dt", DT)


# ---------------------------------------------------------------------------------------------- the shared cases

def shared(tmp):
    def case(name):
        path = join(tmp, name + ".xyz")
        with lzma.open(join(SHARED, name + ".xyz.xz")) as f, open(path, "wb") as g:
            shutil.copyfileobj(f, g)
        return path

    for name, says in (("duplicate_each_5", "the same instant twice"), ("rewind_40_each_100", "Time goes back")):
        name = "01-restart-duplicate-frames_" + name
        path = join(SHARED, name + ".xyz.xz")
        refused(name, path, says, "analyze", path, "--dt", 0.5)
    name = "02-irregular-times_log_spaced_large_cell"
    path = join(SHARED, name + ".xyz.xz")
    refused(name, path, "frames must be equally far apart", "analyze", path, "--dt", 0.5)
    name = "02-irregular-times_dt_contradicts_time"
    path = join(SHARED, name + ".xyz.xz")
    refused(name, path, "(--dt)", "analyze", path, "--dt", 0.1)

    def numbers(name, dt, right, tolerance=0.12, reference_of=None, or_null=False, **more):
        path = case(name)
        a, why = analyzed(path, "--dt", dt, "--temperature", 600, *more.get("args", ()))
        if a is None:
            row(name, f"D(Li) {right:.3g}", False, why)
            return None
        s = d_of(a, "Li")
        ref = f", numpy {reference_of(path, s['window_ps']):.3g}" if reference_of and s["D_cm2_s"] else ""
        d = s["D_cm2_s"]
        good = abs(d / right - 1) < tolerance if d else or_null
        row(name, f"D(Li) {right:.3g}", good, (f"{d:.4g} +- {s['D_se_cm2_s']:.1g}" if d else f"null: {a['warnings'][0][:60]}") + ref)
        return a

    def in_cube(path, window, dt=0.5, metals=("Al",)):
        symbols, x, _ = read_xyz(path)
        return reference(symbols, unwrapped(x), "Li", window, dt, metals)

    numbers("03-atom-ids-unsorted_ids", 0.5, 4.0e-5, reference_of=in_cube)
    flips = [numbers("04-triclinic-box-flip_" + n, 0.5, 5.65e-6) for n in ("flip", "noflip")]
    if all(flips):
        same = all(d_of(flips[0], s)["D_cm2_s"] == d_of(flips[1], s)["D_cm2_s"] or
                   abs(d_of(flips[0], s)["D_cm2_s"] / d_of(flips[1], s)["D_cm2_s"] - 1) < 1e-3 for s in ("Li", "Al"))
        row("04 flip and noflip", "equal, Al at rest", same and d_of(flips[0], "Al")["D_cm2_s"] is None,
            ", ".join(f"{d_of(f, 'Li')['D_cm2_s']:.6g}" for f in flips) + f", Al {d_of(flips[0], 'Al')['D_cm2_s']}")
    fast = [numbers("06-skewed-cells_fast_" + n, 0.5, 2.4e-4, reference_of=in_cube)
            for n in ("cube", "unreduced_lattice_same_as_cube")]
    if all(fast):
        d = [d_of(f, "Li")["D_cm2_s"] for f in fast]
        row("06 both cells", "equal", d[0] == d[1] or None not in d and abs(d[0] / d[1] - 1) < 1e-5, f"{d[0]}, {d[1]}")
    for n in ("drift_0.03", "li3ps4"):
        # no metal: D is seen from a frame that drift does not move, or from none
        numbers("08-framework-without-metal_" + n, 0.5, 5.0e-6, or_null=True, args=("--charges", "P=5,S=-2"),
                reference_of=lambda p, w: in_cube(p, w, metals=("P", "S")))
    path = case("16-torn-in-a-number_torn")
    refused("16-torn-in-a-number_torn", path, "the last line has no end", "analyze", path, "--dt", 0.5)


with folder() as tmp:
    tables()
    dialects()
    campaigns(tmp)
    potentials(tmp)
    trajectories(tmp)
    compressed(tmp)
    if isdir(SHARED):
        shared(tmp)
    else:
        skip_loudly(f"no folder {SHARED}: its longer trajectories were not read")
width = max(len(r[0]) for r in rows)
for name, right, got in rows:
    print(f"{name:{width}}  {right[:56]:56}  {got}")
finish(checks)
