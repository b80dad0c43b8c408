#!/usr/bin/python3
"""protocols.py VITRION SOURCE - a folder of a build that knew no versions is read, checked, fitted and goes on; tasks of protocol 2 keep their bits.

folder_protocol_1 holds what that build left of a campaign of one glass and one MD task: its journal and its recorded campaign
(which lacks protocol.version).  The SHA-256 of the values of the next task, at 600 K, is that build's as well."""
import hashlib
import pathlib
import shutil
import struct

from cli_common import answer, expect, finish, folder, join, run, source, write

CAMPAIGN = """vitrion: 1
campaign: old
seed: 7
potential: {kind: lj}
compositions: {include: [LiCl], atoms: 24}
temperatures: %s
glasses: 1
engine: {simd: portable}
protocol:
  melt: {duration: 0.1 ps}
  quench: {rate: 3e14 K/s}
  equilibrate: {duration: 0.1 ps}
  produce: {duration: %s}
observe: {thermo: {every: 0.1 ps}, msd: {every: 0.1 ps}}
"""
TWO = """vitrion: 1
campaign: two
seed: 7
potential: {kind: born}
compositions: {include: [LiAlCl2.5O0.75], atoms: 72}
temperatures: [900 K]
glasses: 1
engine: {simd: portable, format: 2}
protocol:
  version: 2
  melt: {duration: 0.5 ps}
  quench: {rate: 3e14 K/s}
  equilibrate: {duration: 0.5 ps, ensemble: nvt}
  produce: {duration: 0.5 ps}
observe: {thermo: {every: 0.1 ps}, msd: {every: 0.1 ps}}
"""
# of the last build that knew no protocol 3
TWO_VALUES = {"7456d2b64f3e": "6553603ed254b7d15a76bbba756d070e10c450b8d24b467141c2e7920634387e",
              "6ea652fc31ba": "98bd6b5f6773336166d0c90a46dd585748da01153f84226c83030a2e499f4db2"}
GLASS, COLD, HOT = "958060f2ed8d", "0483a0fb7bbd", "b35ceec38030"
HOT_VALUES = "b97ff9a4ad40c6485c4669052762d9a25c64fe642fadece5aaca148bc795a8bd"


def values_of(journal, uid):
    """SHA-256 of the values of a RESULT record, by runner/journal/journal.h and runner/records/records.h alone."""
    for shard in sorted(pathlib.Path(journal).glob("*.vtj")):
        data, at = shard.read_bytes(), 16
        while at + 64 <= len(data):
            kind, n = struct.unpack_from("<IQ", data, at + 4)
            if kind == 1 and data[at + 16:at + 48].hex().startswith(uid):
                n_values, = struct.unpack_from("<Q", data, at + 64 + 8)  # behind them: how the task ended
                return hashlib.sha256(data[at + 64 + 248:at + 64 + 248 + 8 * n_values]).hexdigest()
            at += (64 + n + 7) // 8 * 8
    return None


with folder() as tmp:
    out = join(tmp, "out")
    shutil.copytree(join(source, "tests/e2e/folder_protocol_1"), out)
    shards = {p.name: p.read_bytes() for p in pathlib.Path(out, "journal").glob("*.vtj")}
    same, more, longer, newer = (
        write(join(tmp, name), text)
        for name, text in (("same.yaml", CAMPAIGN % ("300 K", "1 ps")), ("more.yaml", CAMPAIGN % ("[300 K, 600 K]", "1 ps")),
                           ("longer.yaml", CAMPAIGN % ("300 K", "2 ps")),
                           ("newer.yaml", (CAMPAIGN % ("300 K", "1 ps")).replace("protocol:", "protocol:\n  version: 2"))))

    status = answer("status", out)
    expect(status["tasks"]["done"] == 2, f"status counts {status['tasks']}")
    # both results, done again by this build under protocol 1, to the bit
    for uid in (GLASS, COLD):
        code, text, err = run("one", same, "--output", out, "--task", uid, "--check")
        expect(code == 0 and "equal bit by bit" in text, f"task {uid}: {text}{err}")

    # nothing is left to do; the store is assembled, and everything is what it should be
    code, text, err = run("run", same, "--output", out, "--allow-mixed")
    expect(code == 0 and "2 of 2 tasks done" in text, f"run: {code}\n{text}{err}")
    expect("version: 1" in pathlib.Path(out, "campaign.yaml").read_text(), "the recorded campaign names protocol 1")
    code, text, err = run("verify", out)
    expect(code == 0, f"verify: {code}\n{text}{err}")
    expect(run("fit", out)[0] == 0, "the store is fitted")

    # what is another campaign there
    for name, campaign, words in (("longer", longer, "protocol.produce.duration"), ("newer", newer, "protocol.version: 1, here 2")):
        code, text, err = run("run", campaign, "--output", out, "--allow-mixed")
        expect(code == 2 and words in err, f"{name}: {code}\n{text}{err}")

    # a task more: under protocol 1, with the bits that the build of the folder gave it
    code, text, err = run("run", more, "--output", out, "--extend", "--allow-mixed")
    expect(code == 0 and "3 of 3 tasks done" in text, f"extend: {code}\n{text}{err}")
    expect(values_of(join(out, "journal"), HOT) == HOT_VALUES, "the 600 K task has other bits")
    kept = {p.name: p.read_bytes() for p in pathlib.Path(out, "journal").glob("*.vtj") if p.name in shards}
    expect(kept == shards, "what the folder held was changed")
    code, text, err = run("verify", out)
    expect(code == 0, f"verify after all: {code}\n{text}{err}")

    # and of protocol 2: a longer production is more tasks, which must be asked for
    new = join(tmp, "new")
    expect(run("run", same, "--output", new)[0] == 0, "a new campaign")
    expect("version: 3" in pathlib.Path(new, "campaign.yaml").read_text(), "new campaigns have protocol 3")
    code, text, err = run("run", longer, "--output", new)
    expect(code == 2 and "production at 300 K: 1 ps -> 2 ps" in err and "--extend" in err, f"longer: {code}\n{text}{err}")

    # tasks of protocol 2 keep their uids and bits; those of protocol 3 start from other positions
    for version in ("2", "3"):
        two = join(tmp, "two" + version)
        name = write(join(tmp, f"two{version}.yaml"), TWO.replace("version: 2", "version: " + version))
        expect(run("run", name, "--output", two)[0] == 0, f"a campaign of protocol {version}")
        for uid, values in TWO_VALUES.items():
            expect((values_of(join(two, "journal"), uid) == values) == (version == "2"), f"{uid} of protocol {version}")
finish(20)
