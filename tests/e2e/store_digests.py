#!/usr/bin/python3
"""store_digests.py VITRION MPIEXEC SOURCE - a store with wrong values and a checksum that fits them.

The claim: the digests tell. `verify` names the dataset, `fit` refuses the store, `run` makes it anew with the values of before;
a store of a build without digests is read as before, and `run` makes it anew; a second copy of a record is no complaint."""
import hashlib, json, os, pathlib, shutil, subprocess, sys, tempfile

import h5py

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import SOURCE, VITRION, differences, write_campaign  # noqa: E402

failures = []


def call(*argv):
    p = subprocess.run([VITRION, *map(str, argv)], capture_output=True, text=True, timeout=200)
    return p.returncode, p.stdout + p.stderr


def expect(truth, what):
    print("ok  " if truth else "FAIL", what[:400], flush=True)
    if not truth:
        failures.append(what)


def change(out, what):
    """Change the store, and make its checksum fit."""
    store = out / "results.h5"
    with h5py.File(store, "r+") as f:
        what(f)
    (out / "results.h5.sha256").write_text(f"{hashlib.sha256(store.read_bytes()).hexdigest()}  results.h5\n")


def overwrite(path):
    def what(f):
        f[path][...] = 1.25
    return what


def overwrite_with_digest(path):
    """Only the journal tells."""
    def what(f):
        overwrite(path)(f)
        d, total = f[path], 0
        raw, n = d[()].tobytes(), d.shape[0]
        for i in range(n):
            row = i.to_bytes(8, "little") + raw[i * len(raw) // n:(i + 1) * len(raw) // n]
            total ^= int.from_bytes(hashlib.sha256(row).digest(), "big")
        d.attrs.modify("digest", h5py_text(f"{total:064x}"))
    return what


def h5py_text(s):
    import numpy
    return numpy.bytes_(s.encode() + b"\0")


def without_digests(f):
    f.visititems(lambda path, d: d.attrs.__delitem__("digest") if isinstance(d, h5py.Dataset) else None)


with tempfile.TemporaryDirectory(prefix="vitrion-digests-") as name:
    tmp = pathlib.Path(name)
    campaign, out, reference = write_campaign(tmp, glasses=1), tmp / "out", tmp / "reference"

    def remade(what):
        code, text = call("run", campaign, "--output", out, "--quiet")
        expect(code == 0 and differences(reference, out) == "", f"{what}: run makes it anew: {code} {text[-200:]}{differences(reference, out)}")
        code, text = call("verify", out)
        expect(code == 0, f"{what}: verify is content: {text}")

    code, text = call("run", campaign, "--output", out, "--quiet")
    expect(code == 0, f"the campaign runs: {text[-300:]}")
    shutil.copytree(out, reference)
    inode = (out / "results.h5").stat().st_ino
    remade("a finished folder")
    expect((out / "results.h5").stat().st_ino == inode, "a store that is right is left alone")
    for group in ("/transport", "/obs"):
        with h5py.File(out / "results.h5") as f:
            numbers = []
            f.visititems(lambda p, d: numbers.append("/" + p) if isinstance(d, h5py.Dataset) and d.dtype.kind == "f"
                         and ("/" + p).startswith(group + "/") and d.ndim and d.size else None)
        path = numbers[0]
        change(out, overwrite(path))
        code, text = call("verify", out)
        expect(code == 1 and path in text, f"verify names {path}: {text}")
        code, text = call("fit", out)
        expect(code != 0 and path in text, f"fit refuses {path}: {code} {text}")
        remade(path)
        if group == "/transport":
            change(out, overwrite_with_digest(path))
            remade(f"{path} with a digest that fits")
    change(out, without_digests)
    code, text = call("verify", out)
    expect(code == 0 and "no digests" in text, f"a store without digests: {text}")
    code, text = call("fit", out)
    expect(code == 0, f"fit reads a store without digests: {text[-200:]}")
    remade("a store without digests")
    shard = max(out.glob("journal/*.vtj"), key=lambda f: f.stat().st_size)
    for copy in ("0" + shard.name[1:], "9" + shard.name[1:]):
        shutil.copy(shard, shard.with_name(copy))
        code, text = call("verify", out)
        expect(code == 0 and "same values" in text, f"every record twice, in {copy}: {text[-600:]}")
        remade("every record twice")
        shard.with_name(copy).unlink()
sys.exit(1 if failures else 0)
