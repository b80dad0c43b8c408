#!/usr/bin/python3
"""damage.py VITRION MPIEXEC SOURCE [--every N] [--flip PROGRAM] - no damage of a campaign's folder is ever believed.

A tiny finished campaign; then bytes change, files end early, files go, records contradict each other.  Each time `vitrion
verify` must end with 1 and name the file; for a sample `repair` must repair it, and `run` must end with the bytes of before.
Without --every a sample.  N: of the long files every N-th byte and length (with PROGRAM, flip_bytes.c, also by the functions that
verify uses), more places of the short ones, and more values and files."""
import argparse, json, os, pathlib, shutil, signal, struct, subprocess, sys, tempfile, time, zlib

arg = argparse.ArgumentParser()
for name in ("vitrion", "mpiexec", "source"):
    arg.add_argument(name)
arg.add_argument("--every", type=int, default=0)
arg.add_argument("--flip")
o = arg.parse_args()
sys.path.insert(0, o.source + "/scripts")
import compare_stores, h5py  # noqa: E402

CAMPAIGN = """\
vitrion: 1
campaign: damage
seed: 3
potential: {kind: lj, file: "-"}
compositions:
  include: [LiAlCl2.5O0.75, NaAlCl2.5O0.75]
  atoms: 21
temperatures: [900 K, 1000 K]
glasses: 1
protocol:
  melt: {temperature: 1200 K, duration: 0.1 ps}
  quench: {rate: 1e15 K/s}
  equilibrate: {duration: 0.1 ps}
  produce: {duration: 0.4 ps}
observe: {msd: {every: 20 fs}, thermo: {every: 20 fs}}
"""
NOTES = ("stale", "foreign", "info")
failures, table = [], []


def expect(truth, what):
    if not truth:
        failures.append(what)
        print("FAIL:", what)


def call(*args, timeout=60):
    p = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=timeout)
    return p.returncode, p.stdout, p.stderr


def verify(folder):
    """Exit code and findings; a crash, a hang or anything but 0 and 1 ends the test."""
    code, out, err = call(o.vitrion, "verify", folder, "--json")
    if code not in (0, 1):
        raise SystemExit(f"FAIL: verify ended with {code}: {err}")
    answer = json.loads(out)
    expect(answer["sound"] == (code == 0), "exit code and `sound` agree")
    return code, answer["findings"]


def run(folder):
    return call(o.vitrion, "run", folder.parent / "c.yaml", "--output", folder, "--quiet")


def contents(store):
    """What scripts/compare_stores.py compares, in memory."""
    with h5py.File(store) as h:
        return {path: (d.dtype, d.shape, d[()].tobytes(), *(d.attrs.get(a) for a in ("unit", "doc", "source")))
                for path, d in compare_stores.datasets(h).items()}


def clean(folder, what):
    code, findings = verify(folder)
    expect(code == 0, f"{what}: {findings}")


class Folder:
    """A copy of the reference that is damaged and made whole again."""

    def __init__(self, reference, whole=None):
        self.reference, self.path = reference, reference.parent / "copy"
        self.contents = contents((whole or reference) / "results.h5")
        self.fresh()

    def as_before(self):
        try:
            return contents(self.path / "results.h5") == self.contents
        except (OSError, RuntimeError):  # HDF5 cannot read it
            return False

    def fresh(self):
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self.reference, self.path)
        return self.path


def found_in(folder, files):
    """verify finds something sound-breaking, and first in one of these files ("journal": what it has lost)."""
    code, findings = verify(folder)
    bad = [f for f in findings if f["kind"] not in NOTES]
    return code == 1 and bool(bad) and any(f["file"] in files for f in bad) and all(f["what"] and f["action"] for f in bad)


def repaired_and_run(f, damage, what, repairs=True):
    """repair: verify is clean, and a second repair does nothing; run, with and without repair: the bytes of before."""
    damage(f.fresh())
    code, out, err = call(o.vitrion, "repair", f.path)
    expect(code == 0, f"{what}: repair ends with {code}: {out}{err}")
    clean(f.path, f"{what}: verify after repair")
    code, again, err = call(o.vitrion, "repair", f.path)
    expect(code == 0 and "nothing to repair" in again, f"{what}: a second repair does nothing: {again}")
    for repaired in (True, False):
        if not repaired:
            damage(f.fresh())
        code, text, err = run(f.path)
        if not repairs and not repaired:
            expect(code == 2 and err, f"{what}: a run refuses: {code} {err}")
            continue
        expect(code == 0, f"{what}: run ends with {code}: {text}{err}")
        expect(f.as_before(), f"{what}: run ({'repaired' if repaired else 'damaged'}) ends with the bytes of before")
        if repaired:
            clean(f.path, f"{what}: verify after repair and run")
    return "; ".join(line.split(": ", 1)[-1] for line in out.splitlines()[:2])[:70]


# ---------------------------------------------------------------- bytes and lengths

def bytes_and_lengths(f, name, files, positions, lengths, repairs=True, repaired=("byte changed",)):
    path = f.fresh() / name
    data = path.read_bytes()
    for kind, places in (("byte changed", positions), ("cut short", lengths)):
        found = 0
        for i in places:
            bad = data[:i] if kind == "cut short" else data[:i] + bytes([data[i] ^ (1 << i % 8)]) + data[i + 1:]
            path.write_bytes(bad)
            good = found_in(f.path, files)
            expect(good, f"{name}: {kind} at {i}: {good or verify(f.path)}")
            found += good
        middle = places[len(places) // 2]

        def damage(folder):
            cut = data[:middle] if kind == "cut short" else \
                data[:middle] + bytes([data[middle] ^ (1 << middle % 8)]) + data[middle + 1:]
            (folder / name).write_bytes(cut)

        then = repaired_and_run(f, damage, f"{name}, {kind}", repairs) if kind in repaired else ""
        table.append((name[:22], kind, len(places), found, then))
        path = f.fresh() / name


def spread(n, count, every):
    step = every or max(1, n // count)
    return sorted(set(range(0, n, step)) | {n - 1})


def all_bytes(f, shard):
    journal = shard.read_bytes()
    ends = record_ends(journal)
    n = len(journal)
    head = list(range(0, 16, 1 if o.every else 8)) + list(range(16, 80, 1 if o.every else 20))
    bytes_and_lengths(f, f"journal/{shard.name}", (f"journal/{shard.name}", "journal"),
                      sorted(set(head) | set(spread(n, 4, o.every))),
                      sorted(set([0, 15, 17, 80] + ends[:-1] + spread(n, 3, o.every)) | (set([1, 16, 79]) if o.every else set())),
                      repaired=("byte changed", "cut short"))
    n = (f.reference / "results.h5").stat().st_size
    bytes_and_lengths(f, "results.h5", ("results.h5",), sorted(set(range(0, 96, 12 if o.every else 48)) | set(spread(n, 3, o.every))),
                      sorted(set([0, 96]) | set(spread(n, 3, o.every)) | (set([1, 8]) if o.every else set())))
    bytes_and_lengths(f, "results.h5.sha256", ("results.h5", "results.h5.sha256"), list(range(0, 77, 11 if o.every else 33)) + [76],
                      [0, 63, 64, 76] if o.every else [0, 64])
    glass = next((f.reference / "glass").iterdir())
    n = glass.stat().st_size
    bytes_and_lengths(f, f"glass/{glass.name}", (f"glass/{glass.name}",), spread(n, 6 if o.every else 3, 0),
                      spread(n, 3 if o.every else 1, 0))
    # what a run refuses: it would compute another campaign
    seed = (f.reference / "campaign.yaml").read_bytes().index(b"seed: 3")
    bytes_and_lengths(f, "campaign.yaml", ("campaign.yaml",), [0, seed + 6] + ([2, seed + 1] if o.every else []),
                      [0, seed] + ([5] if o.every else []), repairs=False)


# ---------------------------------------------------------------- records

def record_ends(data):
    at, ends = 16, [16]
    while at < len(data):
        n = struct.unpack_from("<Q", data, at + 8)[0]
        at += 64 + (n + 7) // 8 * 8
        ends.append(at)
    return ends


def records(data):
    """[(type, uid, attempt, half_stage, payload)]"""
    out = []
    for at in record_ends(data)[:-1]:
        kind, n = struct.unpack_from("<IQ", data, at + 4)
        attempt, half = struct.unpack_from("<iI", data, at + 48)
        out.append((kind, data[at + 16:at + 48], attempt, half, data[at + 64:at + 64 + n]))
    return out


def shard_of(list_of_records):
    head = b"VTJ1\n\0\0\0" + struct.pack("<I", 1)
    out = head + struct.pack("<I", zlib.crc32(head))
    for kind, uid, attempt, half, payload in list_of_records:
        h = struct.pack("<IIQ", 0x524a5456, kind, len(payload)) + uid + struct.pack("<iI", attempt, half)
        out += h + struct.pack("<II", zlib.crc32(h), zlib.crc32(payload)) + payload + bytes(-len(payload) % 8)
    return out


def contradictions(f, shard):
    """Records with good checksums that cannot be true, or are not ours."""
    rec = records(shard.read_bytes())
    assert shard_of(rec) == shard.read_bytes()
    kind, uid, attempt, half, payload = rec[-1]
    other = payload[:-1] + bytes([payload[-1] ^ 1])

    def with_records(more, instead=None):
        def damage(folder):
            if instead is not None:
                (folder / "journal" / shard.name).write_bytes(shard_of(instead))
            if more:
                (folder / "journal" / "99991231T000000.000000Z-00001-1.vtj").write_bytes(shard_of(more))
        return damage

    cases = [  # what, damage, exit code of verify, kind, words, does repair repair it
        ("equal twice", with_records([rec[-1]]), 0, None, None, True),
        ("of another campaign", with_records([(1, b"x" * 32, 0, 0, payload)]), 0, "foreign", "not of this campaign", True),
        ("two results differ", with_records([(kind, uid, attempt, half, other)]), 1, "mismatch", "other values", False),
        ("of another try", with_records([(kind, uid, attempt + 1, half, other)]), 0, "info", "another try", True),
        ("too short", with_records([], rec[:-1] + [(kind, uid, attempt, half, payload[:-8])]), 1, "mismatch", "promises", True),
        ("another potential", with_records([], rec[:-1] + [(kind, uid, attempt, half, payload[:184] + b"y" * 32 + payload[216:])]),
         1, "mismatch", "another potential", True),
        ("another kind", with_records([], rec[:-1] + [(kind, uid, attempt, half, payload[:4] + b"\0" + payload[5:])]),
         1, "mismatch", "another kind", True),
        ("unreadable failure", with_records([(2, uid, 0, 0, b"z" * 2000)]), 1, "mismatch", "failure record", False),
    ]
    for what, damage, code, sort, words, repairs in cases:
        damage(f.fresh())
        got, findings = verify(f.path)
        hit = [x for x in findings if x["kind"] == sort and words in x["what"]]
        good = got == code and (sort is None or bool(hit))
        expect(good, f"record {what}: verify {got} {findings}")
        left = call(o.vitrion, "repair", f.path)[0]
        expect(left == (0 if repairs else 1), f"record {what}: repair ends with {left}")
        table.append(("a record", what, 1, int(good), "note" if code == 0 else "repaired" if left == 0 else "left to a person"))


# ---------------------------------------------------------------- a store that is whole and wrong

def wrong_store(f):
    def change(dataset, index, value):
        def damage(folder):
            store = folder / "results.h5"
            with h5py.File(store, "r+") as h:
                h[dataset][index] = value
            digest = call("sha256sum", store)[1].split()[0]
            (folder / "results.h5.sha256").write_text(f"{digest}  results.h5\n")
        return damage

    values = [("obs/msd/mean", (2, 0, 1), 1.0), ("glass/x", (0, 3, 1), 1e-9), ("tasks/uid", 0, b"0" * 64),
              ("timing/host", 0, b"nowhere")]
    if o.every:
        values += [("tasks/temperature", 1, 1.0), ("tasks/attempt", 3, 1), ("compositions/n_atoms", 1, 22)]
    for dataset, index, value in values:
        damage = change(dataset, index, value)
        damage(f.fresh())
        code, findings = verify(f.path)
        good = code == 1 and any(x["where"] == "/" + dataset for x in findings)
        expect(good, f"store, {dataset}")
        code = call(o.vitrion, "repair", f.path)[0]
        expect(code == 0 and verify(f.path)[0] == 0 and f.as_before(), f"store, {dataset}: repair")
        expect((f.path / "results-before-repair.h5").is_file(), f"store, {dataset}: the old one is kept")
        table.append(("results.h5", f"value of {dataset}", 1, int(good), "made anew"))


# ---------------------------------------------------------------- files that go

def deletions(f, shard):
    glass = next((f.reference / "glass").iterdir()).name
    gone = [("results.h5", ("results.h5",)), ("results.h5.sha256", ("results.h5.sha256",)),
            ("campaign.yaml", ("campaign.yaml",)), ("journal", ("journal",)), ("glass", (f"glass/{glass}",))]
    if o.every:  # one shard of one, one glass of two: the folders stand for them
        gone += [(f"journal/{shard.name}", ("journal",)), (f"glass/{glass}", (f"glass/{glass}",))]
    for name, files in gone:
        def damage(folder):
            p = folder / name
            shutil.rmtree(p) if p.is_dir() else p.unlink()

        damage(f.fresh())
        good = found_in(f.path, files)
        expect(good, f"{name} deleted: {good or verify(f.path)}")
        table.append((name[:22], "deleted", 1, int(good), repaired_and_run(f, damage, f"{name} deleted")))


def the_rest(f):
    """Small files, leftovers, folders that are none."""
    for name in ("summary.json", "status.json"):
        (f.fresh() / name).write_text("{")
        good = found_in(f.path, (name,))
        expect(good and call(o.vitrion, "repair", f.path)[0] == 0 and verify(f.path)[0] == 0, f"{name} is no JSON")
        table.append((name, "no JSON", 1, int(good), "written anew" if name[1] == "u" else "removed"))
    # a digit of summary.csv: not what follows from the store; repair writes it again, to the same bytes
    whole = (f.fresh() / "summary.csv").read_bytes()
    line = whole.splitlines()[1].decode()
    digit = next(i for i in range(line.index(","), len(line)) if line[i] in "123456789")
    wrong = line[:digit] + str(10 - int(line[digit]) if line[digit] != "5" else 6) + line[digit + 1:]
    (f.path / "summary.csv").write_bytes(whole.replace(line.encode(), wrong.encode()))
    good = found_in(f.path, ("summary.csv",))
    call(o.vitrion, "repair", f.path)
    good = good and verify(f.path)[0] == 0 and (f.path / "summary.csv").read_bytes() == whole
    expect(good, "a digit of summary.csv was changed")
    table.append(("summary.csv", "a digit", 1, int(good), "written anew"))
    (f.fresh() / "results.h5.7.host-1-2-0123456789abcdef.tmp").touch()
    (f.path / "glass/a.xyz.tmp-17").touch()
    code, findings = verify(f.path)
    expect(code == 0 and len([x for x in findings if x["kind"] == "info"]) == 2, "leftovers are notes")
    call(o.vitrion, "repair", f.path)
    expect(verify(f.path) == (0, []), "repair removes leftovers")
    before = {p: p.stat().st_mtime_ns for p in f.path.rglob("*")}
    verify(f.path)
    expect(before == {p: p.stat().st_mtime_ns for p in f.path.rglob("*")}, "verify changes nothing")
    for bad in (f.path / "nothing", f.path / "glass", f.path / "campaign.yaml"):
        for command in ("verify", "repair"):
            code, out, err = call(o.vitrion, command, bad)
            expect(code == 2 and "usage:" in err, f"{command} {bad}: {code} {err}")
    store = f.fresh() / "results.h5"
    data = bytearray(store.read_bytes())
    data[len(data) // 2] ^= 1
    store.write_bytes(data)
    code, out, err = call(o.vitrion, "fit", f.path)
    expect(code == 1 and not out and "SHA-256" in err, f"fit of a damaged store: {code} {err}")
    # another wording of the same tasks: a note, and the next run assembles the store anew
    campaign = f.path.parent / "c.yaml"
    campaign.write_text(CAMPAIGN + "compare: {margin: 0.4 decades}\n")
    code, text, err = run(f.fresh())
    with h5py.File(f.path / "results.h5") as h:
        expect(code == 0 and b"0.4" in h["campaign"][()], "a run with another margin shows it in the store")
    campaign.write_text(CAMPAIGN)


# ---------------------------------------------------------------- checkpoints, and a run that lives

def checkpoints(tmp):
    """A campaign that was stopped in the middle of a task; while it ran, verify and repair knew."""
    campaign = tmp / "long" / "c.yaml"
    campaign.parent.mkdir()
    campaign.write_text(CAMPAIGN.replace("900 K, 1000 K", "900 K").replace("0.4 ps", "400 ps").replace(", NaAlCl2.5O0.75", "")
                        + "checkpoint: {every: 1 s}\n")
    out = campaign.parent / "reference"
    p = subprocess.Popen([o.vitrion, "run", str(campaign), "--output", str(out), "--quiet"], stdout=subprocess.DEVNULL)
    end = time.time() + 60
    while not (list(out.glob("glass/*.xyz")) and list(out.glob("checkpoint/*.vck"))) and time.time() < end:
        time.sleep(0.01)
    code, _, err = call(o.vitrion, "repair", out)
    code_v, findings = verify(out)
    live = p.poll() is None
    os.kill(p.pid, signal.SIGTERM)
    expect(p.wait(timeout=60) == 75, "the campaign stops early")
    if live:
        expect(code == 2 and "a run is at work" in err, f"repair beside a run: {code} {err}")
        expect(code_v == 0 and any("at work" in x["what"] for x in findings), f"verify beside a run: {findings}")
        table.append(("lease", "a run is at work", 1, int(code == 2), "refused"))
    expect(verify(out)[0] == 0, "a campaign that was stopped is sound")
    whole = campaign.parent / "whole"
    expect(run(whole)[0] == 0, "the campaign without a stop")
    kept = [p.name for p in out.glob("checkpoint/*.vck")]
    expect(len(kept) == 1, f"one checkpoint: {kept}")
    f = Folder(out, whole)
    n = (out / "checkpoint" / kept[0]).stat().st_size
    bytes_and_lengths(f, f"checkpoint/{kept[0]}", (f"checkpoint/{kept[0]}",),
                      sorted(set(range(0, 160, 16 if o.every else 80)) | set(spread(n, 3, o.every))), spread(n, 3, o.every))
    os.rename(f.fresh() / "checkpoint" / kept[0], f.path / "checkpoint" / ("0" * 64 + ".vck"))
    good = found_in(f.path, ("checkpoint/" + "0" * 64 + ".vck",))
    expect(good, "a checkpoint under a wrong name")
    table.append(("checkpoint", "of another task", 1, int(good), ""))


def main():
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-damage-"))
    try:
        (tmp / "c.yaml").write_text(CAMPAIGN)
        reference = tmp / "reference"
        code, out, err = run(reference)
        expect(code == 0, f"the campaign ends with {code}: {err}")
        expect(verify(reference) == (0, []), "a finished campaign is sound")
        (shard,) = (reference / "journal").glob("*.vtj")
        f = Folder(reference)
        all_bytes(f, shard)
        contradictions(f, shard)
        wrong_store(f)
        deletions(f, shard)
        the_rest(f)
        checkpoints(tmp)
        for kind, path in (("journal", shard), ("store", reference / "results.h5")) if o.flip else ():
            code, out, err = call(o.flip, kind, path, max(1, o.every // (1 if kind == "store" else 20)), timeout=3000)
            expect(code == 0, f"flip_bytes {kind}: {out}{err}")
            for line in out.splitlines():
                what, cases, found = line.split()
                table.append((path.name[-22:], f"{what} (in C)", int(cases), int(found), ""))
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
    print(f"{'file':22} {'damage':28} {'cases':>6} {'found':>6}  repair")
    for row in table:
        print(f"{row[0]:22} {row[1]:28} {row[2]:6} {row[3]:6}  {row[4]}")
    print(f"{len(failures)} failures" if failures else "all damage was found")
    sys.exit(1 if failures else 0)


main()
