"""analyze of files that were cut or damaged: whatever their bytes say, the answer is one of the documented exit codes.

damaged_frames.py VITRION SOURCE [PLACES]: a small trajectory in each format, cut at so many places (8; tests/unit has every
byte of the readers) and with so many bits changed, one at a time (fixed seed): exit code 0 (what
is left is a trajectory) or 2 with a message that names the file, 1 only where reading itself failed; never a signal, a
word of our sources or of HDF5's stack, a number that is none, or an answer beside an error."""
import gzip
import lzma
import os
import random
import re
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import expect, finish, folder, join, run, skip_loudly  # noqa: E402

try:
    import h5py
except ImportError:
    h5py = None

PLACES = int(sys.argv[3]) if len(sys.argv) > 3 else 8
SYMBOLS = ["Li", "Li", "Al", "Cl", "Cl"]
N_FRAMES, L = 4, 9.0
checks = 0


def check(truth, what):
    global checks
    checks += 1
    expect(truth, what)


def frames():
    rng = np.random.default_rng(5)
    start = np.array([[1, 1, 1], [6, 6, 1], [4, 4, 4], [1, 5, 5], [7, 2, 7]], float)
    return np.round(start + np.cumsum(rng.normal(0, 0.1, (N_FRAMES, len(SYMBOLS), 3)), axis=0), 4)


def xyz(x):
    text = ""
    for k, r in enumerate(x.tolist()):
        text += f'{len(SYMBOLS)}\nLattice="{L} 0 0 0 {L} 0 0 0 {L}" Properties=species:S:1:pos:R:3 time_ps={k}\n'
        text += "".join(f"{s} {a} {b} {c}\n" for s, (a, b, c) in zip(SYMBOLS, r))
    return text


def xdatcar(x):
    text = f"title\n1.0\n{L} 0 0\n0 {L} 0\n0 0 {L}\nLi Al Cl\n2 1 2\n"
    for k, r in enumerate((x / L).tolist()):
        text += f"Direct configuration= {k + 1}\n" + "".join(f" {a:.6f} {b:.6f} {c:.6f}\n" for a, b, c in r)
    return text


def dump(x):
    text = ""
    for k, r in enumerate(x.tolist()):
        text += f"ITEM: TIMESTEP\n{1000 * k}\nITEM: NUMBER OF ATOMS\n{len(SYMBOLS)}\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
        text += 3 * f"0 {L} 0\n" + "ITEM: ATOMS id element x y z ix iy iz\n"
        text += "".join(f"{i + 1} {s} {a} {b} {c} 0 0 0\n" for i, (s, (a, b, c)) in enumerate(zip(SYMBOLS, r)))
    return text


def h5md(path, x):
    with h5py.File(path, "w") as f:
        p = f.create_group("particles/all/position")
        p.create_dataset("value", data=x, chunks=(1, len(SYMBOLS), 3), compression="gzip", shuffle=True, fletcher32=True)
        p["value"].attrs["unit"] = "Angstrom"
        p["step"] = np.arange(N_FRAMES)
        p["time"] = np.arange(N_FRAMES) * 1.0
        p["time"].attrs["unit"] = "ps"
        box = f.create_group("particles/all/box")
        box.attrs["boundary"] = ["periodic"] * 3
        box["edges"] = np.full(3, L)
        f["particles/all/species"] = np.array(SYMBOLS, dtype="S2")
    with open(path, "rb") as f:
        return f.read()


def judge(path, data, what):
    with open(path, "wb") as f:
        f.write(data)
    code, out, err = run("analyze", path, "--dt", 1)
    check(code in (0, 1, 2), f"{what}: exit code {code}: {err[-300:]}")
    if code == 0:
        check(not re.search(r"(?<![a-z])-?(nan|inf)(?![a-z])", out.lower()), f"{what}: {out}")
        return code
    check(path in err and not out, f"{what}: the file is not named, or there is an answer: {err!r} {out[:100]!r}")
    check(not re.search(r"HDF5-DIAG|Assertion|Traceback|\.c:\d|core dumped", err), f"{what}: {err!r}")
    return code


with folder() as tmp:
    x = frames()
    samples = {"a.xyz": xyz(x).encode(), "XDATCAR": xdatcar(x).encode(), "a.dump": dump(x).encode()}
    if h5py:
        samples["a.h5"] = h5md(join(tmp, "made.h5"), x)
    samples["a.xyz.gz"] = gzip.compress(samples["a.xyz"], mtime=0)
    samples["a.dump.xz"] = lzma.compress(samples["a.dump"])
    if h5py:
        samples["a.h5.gz"] = gzip.compress(samples["a.h5"], mtime=0)
    for name, data in samples.items():
        draw = random.Random(name)
        path = join(tmp, name)
        check(judge(path, data, name) == 0, f"{name} is whole")
        codes = []
        for at in sorted({len(data) * k // PLACES for k in range(PLACES)}):
            codes.append(judge(path, data[:at], f"{name} cut at {at}"))
            if name.endswith((".gz", ".xz", ".h5")):
                check(codes[-1] != 0, f"{name} cut at {at} of {len(data)} passes for whole")
        for _ in range(PLACES):
            at, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
            damaged = bytearray(data)
            damaged[at] ^= bit
            codes.append(judge(path, bytes(damaged), f"{name}, byte {at} ^ {bit}"))
            if name.endswith((".gz", ".xz")) and at > 10:  # the first ten bytes of gzip: a date, flags, a system
                check(codes[-1] != 0, f"{name}, byte {at} ^ {bit} passes for whole")
        print(f"{name}: {len(codes)} files, exit codes " + ", ".join(f"{c}: {codes.count(c)}" for c in sorted(set(codes))))
if not h5py:
    skip_loudly("python3-h5py is not installed: no H5MD")
finish(checks)
