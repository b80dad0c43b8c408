"""analyze RUN... --points: runs of other programs into one table for fit.

The reference is the same table put together by hand from single `analyze --json` calls, to the last digit; the walks have a
known D and a known activation energy."""
import csv
import gzip
import json
import math
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import answer, expect, finish, folder, join, run, skip_loudly, write  # noqa: E402

try:
    import h5py
except ImportError:
    h5py = None

checks = 0
KB_EV, DT, EA_EV = 8.617333262e-5, 0.1, 0.25
TEMPERATURES = (500, 600, 700, 850)


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def true_d(alkali, t):
    """cm^2/s; Na at 500 K does not move far enough in 30 ps to be resolved."""
    return {"Li": 2e-4, "Na": 1e-4}[alkali] * math.exp(-EA_EV / KB_EV * (1 / t - 1 / 600))


def walk(alkali, glass, t, n_frames=300):
    """A random walk of the alkali with the D of its temperature over a rigid lattice of Al and Cl."""
    rng = np.random.default_rng([ord(alkali[0]), glass, t])
    symbols = [alkali] * 12 + ["Al"] * 12 + ["Cl"] * 48
    k = int(np.ceil(len(symbols) ** (1 / 3)))
    grid = (np.array([(i // (k * k), i // k % k, i % k) for i in range(k ** 3)])[:len(symbols)] + 0.5) / k
    steps = np.zeros((n_frames, len(symbols), 3))
    steps[1:, :12] = rng.normal(0, math.sqrt(2 * true_d(alkali, t) * 1e4 * DT), (n_frames - 1, 12, 3))
    return symbols, 14.0 * grid + np.cumsum(steps, axis=0)


def xyz(path, symbols, frames):
    text = ""
    for x in frames.tolist():
        text += f'{len(symbols)}\nLattice="14 0 0 0 14 0 0 0 14"\n'
        text += "".join(f"{s} {r[0]!r} {r[1]!r} {r[2]!r}\n" for s, r in zip(symbols, x))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if path.endswith(".gz"):
        with gzip.open(path, "wt") as f:
            f.write(text)
        return path
    return write(path, text)


def dump(path, symbols, frames):
    text = ""
    for k, x in enumerate(frames.tolist()):
        text += f"ITEM: TIMESTEP\n{50 * k}\nITEM: NUMBER OF ATOMS\n{len(symbols)}\nITEM: BOX BOUNDS pp pp pp\n" + 3 * "0 14\n"
        text += "ITEM: ATOMS id element xu yu zu\n"
        text += "".join(f"{i + 1} {s} {r[0]!r} {r[1]!r} {r[2]!r}\n" for i, (s, r) in enumerate(zip(symbols, x)))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return write(path, text)


def h5md(path, symbols, frames):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with h5py.File(path, "w") as f:
        f["particles/all/position/value"] = frames
        f["particles/all/position/step"] = np.arange(len(frames))
        f["particles/all/box/edges"] = np.full(3, 14.0)
        f["particles/all/species"] = np.array(symbols, dtype="S2")
    return path


def make_runs(top):
    """{(composition, glass, temperature): file}, in names of all kinds and all formats."""
    runs = {}
    for glass in (0, 1):
        for t in TEMPERATURES:
            li, na = walk("Li", glass, t), walk("Na", glass, t)
            runs["LiAlCl4", glass, t] = (xyz(join(top, f"LiAlCl4-{t}K-glass{glass}.xyz.gz"), *li) if glass == 0 else
                                         dump(join(top, f"LiAlCl4/{t}K-glass1-1a2b3c4d.lammpstrj"), *li))
            runs["NaAlCl4", glass, t] = (xyz(join(top, f"NaAlCl4/glass{glass}/{t}K/run.xyz"), *na) if glass == 0 or not h5py else
                                         h5md(join(top, f"NaAlCl4-glass1/{t}K.h5"), *na))
    return runs


def by_hand(path, runs):
    """The table out of single calls."""
    rows = ["composition,glass,temperature_K,D_cm2_s,D_se"]
    for (composition, glass, t), file in runs.items():
        a = answer("analyze", file, "--dt", DT, "--temperature", t)
        (s,) = [s for s in a["species"] if s["symbol"] == composition[:2]]
        n, d, se = s["n"], s["D_cm2_s"], s["D_se_cm2_s"]
        if d is not None:  # the mean over all mobile ions, which are of one element here, and its error: rounded as such
            d, se = n * d / n, math.sqrt(n * n * se * se) / n
        rows.append(",".join("" if v is None else str(v) for v in (composition, glass, t, d, se)))
    return write(path, "\n".join(rows) + "\n")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def numbers(row):
    return tuple(float(row[q]) if row[q] else None for q in ("D_cm2_s", "D_se"))


def key(row):
    return row["composition"], int(row["glass"]), float(row["temperature_K"])


def names_to_fit(tmp, runs, hand):
    points = join(tmp, "points.csv")
    a = answer("analyze", join(tmp, "runs"), "--dt", DT, "--points", points)
    check(len(a["runs"]) == len(runs) and not a["left_out"] and a["points"] == points, f"{len(a['runs'])} runs, {a['left_out']}")
    check({(r["composition"], r["glass"], r["temperature_K"]): r["files"] for r in a["runs"]} == {k: [v] for k, v in runs.items()},
          "names are read as they were made")
    got, want = ({key(r): numbers(r) for r in rows_of(p)} for p in (points, hand))
    check(got == want, f"the table is that of single calls: {[(k, got.get(k), want[k]) for k in want if got.get(k) != want[k]][:2]}")
    # fit goes by the order of rows where it draws; the same order, the same digits
    ordered = sorted(rows_of(points), key=lambda r: list(want).index(key(r)))
    same = write(join(tmp, "ordered.csv"), "\n".join([",".join(ordered[0])] + [",".join(r.values()) for r in ordered]) + "\n")
    f, g = (answer("fit", p) for p in (same, hand))
    check(f == g, "fit gives the same")
    for c in answer("fit", points)["compositions"]:
        # the truth lies within four standard errors: one failure in 10^4 if the errors are right, with fixed seeds
        check(abs(c["Ea_eV"] - EA_EV) < 4 * c["Ea_se_eV"] < 0.2, f"{c['name']}: Ea {c['Ea_eV']} +- {c['Ea_se_eV']}, expected {EA_EV}")
    for (composition, glass, t), (d, se) in got.items():
        check(d is None and (composition, t) == ("NaAlCl4", 500) or abs(d - true_d(composition[:2], t)) < 5 * se, f"D of {composition} {glass} {t} K: {d} +- {se}")
    code, out, err = run("analyze", *runs.values(), "--dt", DT, "--points", join(tmp, "again.csv"))
    check(code == 0 and f"{len(runs)} points, 2 of them not resolved" in out and "nan" not in out, f"{code} {out[-300:]} {err}")
    check({key(r): r for r in rows_of(join(tmp, "again.csv"))} == {key(r): r for r in rows_of(points)}, "files by name, or by their folder")


def tables(tmp, runs, hand):
    """Names that say nothing, said by a table; parts of one run; factors."""
    lines, want = ["run,composition,glass,temperature_K,part,dt_ps,alkali"], {key(r): r for r in rows_of(hand)}
    for k, ((composition, glass, t), _) in enumerate(runs.items()):
        if glass:
            continue
        symbols, x = walk(composition[:2], glass, t)
        half = 150
        xyz(join(tmp, f"parts/{k}b.xyz"), symbols, x[half - 1:])  # begins with the last frame of the other
        xyz(join(tmp, f"parts/{k}a.xyz"), symbols, x[:half])
        for part, name in ((2, "b"), (1, "a")):
            lines.append(f'parts/{k}{name}.xyz,"{composition}",{glass},{t},{part},{DT},{composition[:2]}')
    table = write(join(tmp, "runs.csv"), "\n".join(lines) + "\n")
    points = join(tmp, "of_table.csv")
    a = answer("analyze", "--table", table, "--points", points)
    check(all(len(r["files"]) == 2 and r["files"][0].endswith("a.xyz") for r in a["runs"]), "parts in their order")
    got = rows_of(points)
    check(len(got) == 2 * len(TEMPERATURES), f"{len(got)} rows")
    for r in got:
        check(numbers(r) == numbers(want[key(r)]), f"{r}, expected {want[key(r)]}")
        check(r["alkali"] == r["composition"][:2], "factors go on")
    check("alkali" in answer("fit", points)["comparison"]["variance"] or answer("fit", points)["comparison"]["warnings"],
          "fit knows the factor")
    some = [join(tmp, "parts", n) for n in ("0a.xyz", "0b.xyz")]
    a = answer("analyze", *some, "--table", table, "--points", points)
    check(len(a["runs"]) == 1 and len(a["runs"][0]["files"]) == 2, "only what was asked for")


def left_out(tmp, runs):
    """Runs that cannot be analysed are named, the others go on."""
    top = join(tmp, "mixed")
    symbols, x = walk("Li", 0, 600)
    good = [xyz(join(top, f"LiAlCl4/{t}K.xyz"), *walk("Li", 0, t)) for t in (500, 600)]
    cut = xyz(join(top, "LiAlCl4/700K.xyz.gz"), symbols, x)
    data = open(cut, "rb").read()
    with open(cut, "wb") as f:
        f.write(data[: len(data) // 2])
    columns = open(good[0], encoding="ascii").read().splitlines(keepends=True)
    columns[5], columns[8] = "Li 1 2\n", "Q 1 2 3\n"
    write(join(top, "LiAlCl4/710K.xyz"), "".join(columns))
    xyz(join(top, "LiAlCl4/720K.xyz"), symbols, x)
    with open(join(top, "LiAlCl4/720K.xyz"), "a", encoding="ascii") as f:
        f.write('1\nLattice="14 0 0 0 14 0 0 0 14"\nLi 0 0 0\n')
    write(join(top, "LiAlCl4/730K.xyz"), "")
    xyz(join(top, "LiAlCl4/740K.xyz"), ["Na" if s == "Li" else s for s in symbols], x)
    xyz(join(top, "LiAlCl4/750K.xyz"), symbols, x[:1])
    write(join(top, "LiAlCl4/notes.txt"), "no trajectory\n")
    points = join(tmp, "left.csv")
    code, out, err = run("analyze", top, "--dt", DT, "--points", points, "--json")
    a = json.loads(out)
    check(code == 3, f"exit code {code}: {err}")
    check([float(r["temperature_K"]) for r in rows_of(points)] == [500, 600], "the others are in the table")
    why = {r["temperature_K"]: r["reason"] for r in a["left_out"]}
    for t, words in ((700, ["700K.xyz.gz:"]), (710, ["710K.xyz:6:", "710K.xyz:9:", "'Q'"]), (720, ["720K.xyz:", "has 1 atoms"]),
                     (730, ["730K.xyz"]), (740, ["holds Na12", "500K.xyz", "Li12"]), (750, ["750K.xyz", "at least 2"])):
        check(all(w in why.get(t, "") for w in words), f"{t} K: {why.get(t)!r}, expected {words}")
        check(f"{t} K (" in err, f"{t} K is not named: {err}")
    check("6 of 8 runs were left out" in err, err)
    code, out, err = run("analyze", cut, "--dt", DT, "--points", join(tmp, "none.csv"))
    check(code == 3 and not os.path.exists(join(tmp, "none.csv")) and "no table was written" in err, f"{code} {err}")


def not_resolved(tmp):
    """What is not resolved is an empty cell with its reason, and no nan."""
    symbols, x = walk("Li", 0, 600)
    still = xyz(join(tmp, "still/LiAlCl4-600K.xyz"), symbols, np.repeat(x[:1], 50, axis=0))
    code, out, err = run("analyze", still, "--dt", DT, "--points", join(tmp, "still.csv"))
    check(code == 0 and "D of Li is not resolved" in out and "nan" not in out.lower(), f"{code} {out} {err}")
    check(open(join(tmp, "still.csv"), encoding="ascii").read().splitlines()[1] == "LiAlCl4,0,600,,", "an empty cell")
    far = xyz(join(tmp, "far/LiAlCl4-600K.xyz"), symbols, x[::100])
    code, out, err = run("analyze", far, "--dt", DT, "--points", join(tmp, "far.csv"))
    check(code == 0 and "nobody can say where the atoms went" in out, f"{code} {out} {err}")
    for more in ([], ["--temperature", "600"], ["--frame", "barycentric"]):
        for style in ([], ["--json"]):
            code, out, err = run("analyze", still, "--dt", DT, *more, *style)
            check(code == 0 and "nan" not in (out + err).lower(), f"analyze {more} {style} prints nan: {out}")


def mistakes(tmp, runs):
    """All of them at once, before anything is analysed."""
    points = join(tmp, "wrong.csv")
    good = next(iter(runs.values()))
    os.makedirs(join(tmp, "empty"))
    os.makedirs(join(tmp, "campaign"))
    write(join(tmp, "campaign/.vitrion"), "vitrion output folder 1\n")
    names = [xyz(join(tmp, "bad", n), ["Li"], np.zeros((1, 1, 3))) for n in
             ("a.xyz", "LiAlCl4-500K-600K.xyz", "A-500K-glass1-glass2.xyz", "B-500K.xyz", "B-500K.extxyz", "C-glass1.xyz")]
    code, out, err = run("analyze", good, join(tmp, "gone.xyz"), join(tmp, "empty"), join(tmp, "campaign"), *names, "--points", points)
    check(code == 2 and not out and not os.path.exists(points), f"{code} {out}")
    for words in ("gone.xyz: cannot be read", "empty: has no trajectory", "campaign: is the output folder of a campaign", "vitrion export",
                  "a.xyz: no temperature in its name", "600K.xyz: two temperatures", "glass2.xyz: two glasses",
                  "C-glass1.xyz: no temperature", "B-500K.extxyz: is glass 0 of 'B' at 500 K, as"):
        check(words in err, f"{words!r} is not said: {err}")
    head = "run,composition,temperature_K,glass,part,metal\n"
    rows = [f"{good},A,500,0,,Al", f"{good},A,500,0,,Al", "gone.xyz,A,600,0,,Al", f"{good},,600,0,,Al", f"{good},A,-3,x,0,Al",
            f"{tmp},A,650,0,,Al", f"{good},A,700,0,,Ga"]
    code, out, err = run("analyze", "--table", write(join(tmp, "wrong_runs.csv"), head + "\n".join(rows) + "\n"), "--points", points)
    check(code == 2 and not out, f"{code} {out}")
    for words in ("wrong_runs.csv:3: glass 0 of 'A' at 500 K stands in line 2", "wrong_runs.csv:4: ", "gone.xyz' cannot be read",
                  "wrong_runs.csv:5: a composition's name", "wrong_runs.csv:6: temperature_K is '-3'", "wrong_runs.csv:6: glass is 'x'",
                  "wrong_runs.csv:6: part is '0'", "wrong_runs.csv:7: ", "is a folder, expected a file",
                  "wrong_runs.csv:8: metal of 'A' was 'Al' in line 2 and is 'Ga' here"):
        check(words in err, f"{words!r} is not said: {err}")
    for text, words in (("run,temperature\na,5\n", "no column 'composition'"), ("run,composition,temperature_K,D_se\na,b,5,1\n", "'D_se'"),
                        ("run,composition,temperature_K\n", "no runs"), ("", "no header"), ("run,composition,temperature_K\na,b\n", ":2")):
        code, out, err = run("analyze", "--table", write(join(tmp, "w.csv"), text), "--points", points)
        check(code == 2 and words in err and not out, f"{text!r}: {code} {err}")
    for args, words in (([good, "--table", join(tmp, "w.csv")], "--points"), ([good, "--points", points, "--temperature", 500], "--temperature"),
                        (["--points", points], "expected TRAJECTORY"), ([], "expected TRAJECTORY"),
                        ([good, "--points", join(tmp, "no/such/place.csv"), "--dt", DT], "no file can be made")):
        code, out, err = run("analyze", *args)
        check(code == 2 and words in err and not out, f"{args}: {code} {err}")


with folder() as tmp:
    runs = make_runs(join(tmp, "runs"))
    hand = by_hand(join(tmp, "hand.csv"), runs)
    names_to_fit(tmp, runs, hand)
    tables(tmp, runs, hand)
    left_out(tmp, runs)
    not_resolved(tmp)
    mistakes(tmp, runs)
if not h5py:
    skip_loudly("python3-h5py is not installed: no run as H5MD")
finish(checks)
