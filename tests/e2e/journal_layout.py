#!/usr/bin/python3
"""journal_layout.py VITRION MPIEXEC SOURCE - what is on disk is what the headers say, byte for byte.

The reference is a reader that was written from the tables in the headers alone: runner/journal/journal.h (shards),
runner/records/records.h (payloads), engine/replica/replica.h (checkpoints), runner/jobs/jobs.h (presence files).  It knows
nothing of the program but those tables.  `journal_layout.py FOLDER` reads the journal of any output folder."""
import json, os, pathlib, re, shutil, signal, struct, sys, tempfile, unittest, zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

RESULT, FAILURE, DECISION = 1, 2, 3
SHARD_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-(\d{5,}-\d+(-\d+)?|\d+-[A-Za-z0-9_]+-[0-9a-f]{8})\.vtj")


class Layout(Exception):
    pass


def need(true, what):
    if not true:
        raise Layout(what)


def text(field):
    """A text of fixed width: ASCII, a NUL, zeros to the end."""
    head, nul, rest = field.partition(b"\0")
    need(nul and not rest.strip(b"\0"), f"a text without its zeros: {field!r}")
    return head.decode("ascii")


def read_result(p):
    need(len(p) >= 248, "a result shorter than its head")
    version, kind, n_values, ns, wall_s, rank, steps = struct.unpack_from("<IiQddii", p)
    need(version == 2 + kind and kind in (0, 1) and (steps > 0) == (kind == 1), f"head of a result: {version, kind, steps}")
    end = 248 + 8 * n_values
    last = read_last(p[end:]) if kind == 1 else None
    need(kind == 1 or len(p) == end, f"{len(p)} bytes for {n_values} values")
    need(ns > 0 and wall_s >= 0 and rank >= 0, f"{ns, wall_s, rank}")
    return {"kind": kind, "ns": ns, "host": text(p[40:104]), "kernel": text(p[104:136]), "build": text(p[136:184]),
            "potential": p[184:216], "campaign": p[216:248], "last": last, "values": struct.unpack_from(f"<{n_values}d", p, 248)}


def read_last(p):
    need(len(p) >= 64, "a last frame shorter than its head")
    version, n, step, time_ps, n_bytes = struct.unpack_from("<IiqdQ", p)
    need(version == 1 and n > 0 and step > 0 and time_ps > 0, f"head of a last frame: {version, n, step, time_ps}")
    need(n_bytes == 0 and p[32:64] == bytes(32), "no trajectory was asked for")
    need(len(p) == 64 + 8 * (9 + 6 * n), f"{len(p)} bytes for the last frame of {n} atoms")
    numbers = struct.unpack_from(f"<{9 + 6 * n}d", p, 64)
    return {"cell": numbers[:9], "x": numbers[9:9 + 3 * n], "v": numbers[9 + 3 * n:]}


def read_failure(p):
    need(len(p) >= 1160, "a failure shorter than its head")
    version, stage, step, rank, crashed = struct.unpack_from("<Iiqii", p)
    status, frames, used = struct.unpack_from("<iII", p, 136)
    need(version == 1 and 0 <= stage <= 5 and step >= 0 and rank >= 0 and crashed in (0, 1), f"{version, stage, step}")
    need(status > 0 and used < 1012, f"{status, used}")
    why = p[148:148 + used].decode()
    need(why.count("\n") == frames and why.endswith("\n"), f"{frames} messages in {why!r}")
    return {"stage": stage, "step": step, "host": text(p[24:88]), "build": text(p[88:136]), "why": why, "xyz": p[1160:]}


def read_decision(p):
    d = json.loads(p)
    need(d["vitrion_decision"] == 1 and d["round"] >= 1 and b"\n" not in p, "a decision")
    return {"why": f"round {d['round']}, ends: {d['ends']}", "values": []}


def read_shard(b):
    """Records of a shard: (type, uid, attempt, half_stage, what the payload holds)."""
    need(len(b) >= 16 and b[:8] == b"VTJ1\n\0\0\0", "magic of the file")
    version, crc = struct.unpack_from("<II", b, 8)
    need(crc == zlib.crc32(b[:12]), "CRC of the file header")
    need(version == 1, f"version {version}")
    at, records = 16, []
    while at < len(b):
        need(at % 8 == 0 and at + 64 <= len(b), f"a record header at {at} of {len(b)}")
        magic, kind, n = struct.unpack_from("<4sIQ", b, at)
        attempt, half_stage, head_crc, crc = struct.unpack_from("<iIII", b, at + 48)
        need(magic == b"VTJR", f"magic of the record at {at}")
        need(head_crc == zlib.crc32(b[at:at + 56]), f"CRC of the record header at {at}")
        need(attempt >= 0 and half_stage <= 5, f"{attempt, half_stage}")
        end = at + 64 + n
        payload = b[at + 64:end]
        need(len(payload) == n and crc == zlib.crc32(payload), f"CRC of the payload at {at}")
        padding = b[end:end + -end % 8]
        need(padding == bytes(-end % 8), f"padding at {end}")
        need(kind in (RESULT, FAILURE, DECISION), f"type {kind}")
        what = {RESULT: read_result, FAILURE: read_failure, DECISION: read_decision}[kind](payload)
        records.append((kind, b[at + 16:at + 48], attempt, half_stage, what))
        at = end + len(padding)
    return records


def read_checkpoint(b):
    need(len(b) >= 160 and b[:8] == b"VTC1\n\0\0\0", "magic of the checkpoint")
    version, crc = struct.unpack_from("<II", b, 8)
    need(version == 1 and crc == zlib.crc32(b[:12]), "version of the checkpoint")
    attempt, half_stage, stage, block = struct.unpack_from("<iiii", b, 48)
    step, ns, wall_s, n = struct.unpack_from("<qddQ", b, 64)
    engine, glass_crc, crc, head_crc = struct.unpack_from("<iIII", b, 144)
    need(head_crc == zlib.crc32(b[:156]), "CRC of the checkpoint's head")
    need(len(b) == 160 + n and crc == zlib.crc32(b[160:]), "CRC of the checkpoint's payload")
    need(attempt >= 0 and 0 <= half_stage <= 5 and 1 <= stage <= 4 and block > 0 and step % block == 0, "where it stands")
    need(engine > 0 and ns >= 0 and wall_s >= 0, "numbers of the checkpoint")
    return {"uid": b[16:48], "build": text(b[96:144]), "glass": glass_crc}


def read_presence(b):
    lines = b.decode().splitlines(keepends=True)
    need(re.fullmatch("crc [0-9a-f]{8}\n", lines[-1]), f"last line {lines[-1]!r}")
    need(int(lines[-1][4:], 16) == zlib.crc32("".join(lines[:-1]).encode()), "CRC of a presence file")
    words = [line.split(" ", 1)[0].strip() for line in lines[:-1]]
    need(lines[0] == "vitrion-job 1\n", lines[0])
    order = ["vitrion-job", "id", "host", "boot", "ns", "pid", "start", "since", "label", "build", "beat"]
    need(words in (order, [w for w in order if w != "build"]), f"lines {words}")
    need(re.fullmatch(r"beat \d{20}\n", lines[-2]), lines[-2])


def read_journal(folder):
    shards = sorted((pathlib.Path(folder) / "journal").glob("*.vtj"))
    need(shards, f"{folder}: no shards")
    for shard in shards:
        need(SHARD_NAME.fullmatch(shard.name), f"name {shard.name}")
    return [r for shard in shards for r in read_shard(shard.read_bytes())]


class Bytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from ranks import a_rank, glasses, run, start, wait_until, write_campaign
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-layout-"))
        cls.addClassCleanup(shutil.rmtree, cls.tmp, ignore_errors=True)
        cls.stopped, cls.failed = cls.tmp / "stopped", cls.tmp / "failed"
        p = start(write_campaign(cls.tmp, kind="mock", file="slow:0.0002", produce="50 ps", glasses=1,
                                 more="checkpoint: {every: 1 s}"), cls.stopped)
        try:
            wait_until(lambda: glasses(cls.stopped) == 2 and any(cls.stopped.glob("checkpoint/*.vck")), 60)
            cls.presence = [f.read_bytes() for f in cls.stopped.glob("lease/job-*")]
            os.kill(a_rank(cls.stopped), signal.SIGTERM)
            cls.said, _ = p.communicate(timeout=120)
        finally:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGKILL)
        cls.code = p.returncode
        cls.end = run(write_campaign(cls.tmp, "bad.yaml", kind="mock", file="nan@300", glasses=1), cls.failed, 2)

    def test_1_results_are_where_the_tables_say(self):
        self.assertEqual(self.code, 75, self.said)
        records = [r for r in read_journal(self.stopped) if r[0] == RESULT]
        self.assertEqual(len({r[1] for r in records}), 2)
        for kind, uid, attempt, half_stage, what in records:
            self.assertEqual((attempt, half_stage), (0, 0))
            self.assertTrue((self.stopped / f"glass/{uid.hex()}.xyz").is_file())
            self.assertGreater(len(what["values"]), 42 * 3)
            self.assertTrue(what["build"] and what["kernel"] and what["host"])
        self.assertEqual(len({r[4]["campaign"] for r in records}), 1)

    def test_2_failures_are_where_the_tables_say(self):
        self.assertEqual(self.end.returncode, 3, self.end.stdout + self.end.stderr)
        records = read_journal(self.failed)
        self.assertEqual({r[0] for r in records}, {FAILURE})
        rungs = {}
        for kind, uid, attempt, half_stage, what in records:
            rungs.setdefault(uid, []).append((attempt, half_stage > 0))
            self.assertIn("energy", what["why"])
            if half_stage:
                self.assertEqual(half_stage, what["stage"])
        for climbed in rungs.values():
            self.assertEqual(sorted(climbed), [(k // 2, k % 2 == 1) for k in range(len(climbed))])

    def test_3_checkpoints_and_presence_are_where_the_tables_say(self):
        files = sorted(self.stopped.glob("checkpoint/*.vck"))
        self.assertTrue(files, self.said)
        for f in files:
            c = read_checkpoint(f.read_bytes())
            self.assertEqual(c["uid"].hex(), f.stem)
        self.assertEqual(len(self.presence), 1)
        read_presence(self.presence[0])

    def test_4_the_reader_sees_a_changed_bit_in_every_field(self):
        b = next((self.stopped / "journal").glob("*.vtj")).read_bytes()
        n = struct.unpack_from("<Q", b, 24)[0]
        for at in [*range(16 + 64 + 248), 16 + 64 + n - 1, len(b) - 1]:
            broken = bytearray(b)
            broken[at] ^= 1
            with self.assertRaises(Layout, msg=f"byte {at}"):
                read_shard(bytes(broken))
        with self.assertRaises(Layout):
            read_shard(b[:-1])


if __name__ == "__main__":
    if len(sys.argv) == 2:
        for kind, uid, attempt, half_stage, what in read_journal(sys.argv[1]):
            print({RESULT: "result", FAILURE: "failure", DECISION: "decision"}[kind], uid.hex()[:12], attempt, half_stage,
                  what["why"].splitlines()[0] if kind != RESULT else f"{len(what['values'])} values")
        sys.exit(0)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
