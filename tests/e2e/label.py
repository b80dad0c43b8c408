#!/usr/bin/python3
"""label.py VITRION MPIEXEC SOURCE SHIM [unittest arguments] - `vitrion label`: answers, faults, stops and kills.

Answers are compared with numbers that this file computes (springs) or ASE does; label_program.py is the program that is started.
Tolerances: label_program.py prints 14 decimals of hartree and 13 digits of forces and stresses, so 1e-11 of the largest value; ASE's
Hartree and Bohr are those of CODATA 2014 through i-PI (1e-7 of the largest value, as in drivers.py)."""
import fcntl
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np

VITRION, MPIEXEC, SOURCE, SHIM = sys.argv[1:5]
HERE = pathlib.Path(__file__).parent
STIFF = 0.37  # of label_program.py
TEMPLATE = "name {name}\natoms {n_atoms}\na {a}\nb {b}\nc {c}\n{coordinates}\n"
METHOD = """\
vitrion_method: 1
name: springs
batch:
  command: "PYTHON {dir}/label_program.py {input} {output} {name}.frc"
  input: springs.inp
  timeout: TIMEOUT
read:
  version: {after: "SPRINGS version"}
  energy: {after: "Total energy [hartree] =", unit: hartree}
  forces: {file: "{name}.frc", match: "^ *[0-9]+ [A-Z][a-z]? +{number} +{number} +{number}$", unit: hartree/bohr}
  stress: {match: "^row {number} {number} {number}$", unit: kbar, sign: compression, take: first}
converged: {found: [was reached, done], not_found: was NOT}
"""


def frame(n, seed, keys=""):
    draw = random.Random(seed)
    rows = "".join("Al %.6f %.6f %.6f\n" % tuple(draw.uniform(0, 3) for _ in range(3)) for _ in range(n))
    return f'{n}\nLattice="9 0 0 0.1 9 0 0.5 0.2 9" Properties=species:S:1:pos:R:3 {keys} pbc="T T T"\n{rows}'


def read(path):
    """Frames of an extended XYZ file: keys, symbols, rows of numbers."""
    lines, out = pathlib.Path(path).read_text().splitlines(), []
    while lines:
        n, comment = int(lines[0]), lines[1]
        keys = {k: a or b for k, a, b in re.findall(r'(\S+?)=(?:"([^"]*)"|(\S*))', comment)}
        rows = [line.split() for line in lines[2:2 + n]]
        out.append((keys, [r[0] for r in rows], np.array([[float(v) for v in r[1:]] for r in rows])))
        lines = lines[2 + n:]
    return out


def springs(x):
    d = x[:, None] - x[None]
    return 0.25 * STIFF * np.sum(d ** 2), -STIFF * d.sum(axis=1), -0.5 * STIFF * np.einsum("ijk,ijl->kl", d, d)


class Label(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="vitrion-test-")
        self.addCleanup(self.tmp.cleanup)
        self.dir = pathlib.Path(self.tmp.name)
        shutil.copy(HERE / "label_program.py", self.dir)
        (self.dir / "springs.inp").write_text(TEMPLATE)
        self.method()
        self.env = dict(os.environ, TMPDIR=str(self.dir / "run"), LABEL_COUNT=str(self.dir / "count"))
        (self.dir / "run").mkdir()

    def method(self, timeout="60 s", **change):
        text = METHOD.replace("TIMEOUT", timeout).replace("PYTHON", change.pop("python", "/usr/bin/python3"))
        for old, new in change.pop("replace", []):
            self.assertIn(old, text)
            text = text.replace(old, new)
        (self.dir / "method.yaml").write_text(text)

    def frames(self, text, name="frames.xyz"):
        (self.dir / name).write_text(text)

    def command(self, ranks, *more, out="out", frames="frames.xyz", method="method.yaml"):
        return [MPIEXEC, "-n", str(ranks), VITRION, "label", frames, "--method", method, "--out", out, *more]

    def label(self, ranks=1, *more, env=None, **kw):
        return subprocess.run(self.command(ranks, *more, **kw), cwd=self.dir, env=dict(self.env, **(env or {})),
                              capture_output=True, text=True, timeout=280)

    def labelled(self, out="out"):
        return (self.dir / out / "labelled.xyz").read_bytes()

    def count(self):
        path = self.dir / "count"
        return len(path.read_text().split()) if path.exists() else 0

    def status(self, out="out"):
        return json.loads((self.dir / out / "status.json").read_text())

    # ---------------------------------------------------------------- answers

    def test_numbers_and_headers_are_those_of_program_and_frame(self):
        self.frames(frame(2, 1, 'run="a b" composition=Al2 config_type=md energy=3 virial="1 0 0 0 1 0 0 0 1" stress="1 2 3"')
                    + frame(5 + 7, 2, "composition=Al12 t_k=500"))
        p = self.label(2)
        self.assertEqual(p.returncode, 0, p.stderr)
        got, given = read(self.dir / "out/labelled.xyz"), read(self.dir / "frames.xyz")
        self.assertEqual(len(got), 2)
        for (keys, symbols, rows), (_, _, x) in zip(got, given):
            energy, force, virial = springs(x)
            self.assertEqual(symbols, ["Al"] * len(x))
            self.assertTrue(np.array_equal(rows[:, :3], x), "positions are those of the frame, to the bit")
            self.assertLess(abs(float(keys["energy"]) - energy), 1e-11 * energy)
            self.assertLess(np.max(np.abs(rows[:, 3:] - force)), 1e-11 * np.max(np.abs(force)))
            w = np.array(keys["virial"].split(), float).reshape(3, 3)
            self.assertLess(np.max(np.abs(w - virial)), 1e-11 * np.max(np.abs(virial)))
            self.assertEqual(keys["program"], "1.5 (2026)")
            self.assertEqual(keys["method"], "springs")
            self.assertEqual(keys["input_sha256"], hashlib.sha256(TEMPLATE.encode()).hexdigest())
            self.assertRegex(keys["frame_sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(got[0][0]["run"], "a b")
        self.assertEqual((got[0][0]["composition"], got[0][0]["config_type"]), ("Al2", "md"))
        self.assertEqual(got[1][0]["t_k"], "500")
        self.assertNotIn("stress", got[0][0])
        self.assertNotEqual(got[0][0]["frame_sha256"], got[1][0]["frame_sha256"])
        self.assertEqual(list((self.dir / "run").iterdir()), [], "folders of programs are removed")

    def test_voigt_order_and_labels_by_text_read_the_same_numbers(self):
        self.frames(frame(2, 3) + frame(12, 4))
        self.assertEqual(self.label().returncode, 0)
        self.method(replace=[('{match: "^row {number} {number} {number}$", unit: kbar, sign: compression, take: first}',
                              '{after: "yz xz xy (kbar)", order: voigt, unit: kbar, sign: compression}')])
        p = self.label(out="voigt")
        self.assertEqual(p.returncode, 0, p.stderr)
        for a, b in zip(read(self.dir / "out/labelled.xyz"), read(self.dir / "voigt/labelled.xyz")):
            w = [np.array(k[0]["virial"].split(), float) for k in (a, b)]
            self.assertTrue(np.array_equal(*w))
            self.assertNotEqual(a[0]["method_sha256"], b[0]["method_sha256"])
        # the same six numbers called otherwise: yz is third from the end, so it goes where zx is meant
        self.method(replace=[('{match: "^row {number} {number} {number}$", unit: kbar, sign: compression, take: first}',
                              '{after: "yz xz xy (kbar)", order: xx yy zz zx yz yx, unit: kbar, sign: compression}')])
        p = self.label(out="words")
        self.assertEqual(p.returncode, 0, p.stderr)
        for a, b in zip(read(self.dir / "voigt/labelled.xyz"), read(self.dir / "words/labelled.xyz")):
            v, w = [np.array(k[0]["virial"].split(), float).reshape(3, 3) for k in (a, b)]
            self.assertEqual((w[0, 2], w[1, 2], w[0, 1]), (v[1, 2], v[0, 2], v[0, 1]))
            self.assertTrue(np.array_equal(w, w.T))
            self.assertNotEqual(a[0]["method_sha256"], b[0]["method_sha256"])

    def test_equal_frames_are_computed_once_and_written_each(self):
        self.frames(frame(2, 5, "run=first") + frame(2, 6) + frame(2, 5, "run=third"))
        self.assertEqual(self.label(2).returncode, 0)
        got = read(self.dir / "out/labelled.xyz")
        self.assertEqual([g[0].get("run") for g in got], ["first", None, "third"])
        self.assertEqual(got[0][0]["energy"], got[2][0]["energy"])
        self.assertEqual(self.count(), 2)

    def test_ase_by_ipi_and_by_command_answer_as_called_directly(self):
        try:
            from ase.build import bulk
            from ase.calculators.emt import EMT
            from ase.io import read as ase_read, write
        except ImportError:
            print("=" * 100 + "\nSKIPPED: python3-ase is not installed (scripts/setup clients)\n" + "=" * 100)
            self.skipTest("no ASE")
        rng, frames = np.random.default_rng(4), []
        for k in range(3):
            atoms = bulk("Al", "fcc", a=4.0, cubic=True).repeat(2)
            atoms.symbols[::3] = "Cu"
            atoms.set_cell(atoms.cell.array @ (np.eye(3) + np.tril(0.05 * rng.standard_normal((3, 3)))), scale_atoms=True)
            atoms.positions += 0.1 * rng.standard_normal(atoms.positions.shape)
            atoms.info = {"run": f"r{k}"}
            frames.append(atoms)
        write(self.dir / "frames.xyz", frames, format="extxyz")
        frames = ase_read(self.dir / "frames.xyz", ":", format="extxyz")  # with the digits that are in the file
        (self.dir / "emt.py").write_text(
            "import sys\nfrom ase.io import read\nfrom ase.calculators.emt import EMT\na = read(sys.argv[1], format='extxyz')\n"
            "a.calc = EMT()\nprint('energy', repr(a.get_potential_energy()))\n"
            "for f in a.get_forces(): print('force', *map(repr, map(float, f)))\n"
            "print('stress', *map(repr, map(float, a.get_stress(voigt=False).ravel())))\nprint('all done')\n")
        (self.dir / "emt.yaml").write_text(
            "vitrion_method: 1\nname: emt\nbatch: {command: '/usr/bin/python3 {dir}/emt.py {start} > {output}'}\n"
            "read:\n  energy: {after: energy, unit: eV}\n  forces: {match: '^force {number} {number} {number}$', unit: eV/A}\n"
            "  stress: {after: stress, unit: eV/A^3, sign: tension}\nconverged: {found: all done}\n")
        shutil.copytree(os.path.join(SOURCE, "campaigns"), self.dir / "campaigns", ignore=lambda d, names: [
            n for n in names if pathlib.Path(d).name == "campaigns" and n not in ("methods", "drivers")])
        env = {"PATH": "/usr/bin:" + os.environ["PATH"]}
        for out, method, tolerance in (("ipi", "campaigns/methods/ase.yaml", 1e-7), ("cmd", "emt.yaml", 1e-12)):
            p = self.label(2, out=out, method=method, env=env)
            self.assertEqual(p.returncode, 0, p.stderr)
            got = read(self.dir / out / "labelled.xyz")
            self.assertEqual(len(got), 3)
            for (keys, symbols, rows), atoms in zip(got, frames):
                atoms = atoms.copy()
                atoms.calc = EMT()
                virial = -atoms.get_stress(voigt=False) * atoms.get_volume()
                for x, y in ((float(keys["energy"]), atoms.get_potential_energy()), (rows[:, 3:], atoms.get_forces()),
                             (np.array(keys["virial"].split(), float).reshape(3, 3), virial)):
                    self.assertLess(np.max(np.abs(x - y)), tolerance * np.max(np.abs(y)), method)
                self.assertEqual(keys["run"], atoms.info["run"])
            if out == "ipi":
                self.assertIn("EMT, ASE", got[0][0]["program"])

    # ---------------------------------------------------------------- faults

    def test_each_fault_is_told_and_stops_nobody_else(self):
        faults = {3: "was NOT", 4: "is not a number", 5: "forces on 1 atoms, expected 5", 6: "time limit is 12 s",
                  7: "exit code 9", 8: "add up to 0.5 eV/A", 9: "not symmetric: 0.3 GPa", 10: "signal 9",
                  11: "does not say 'was reached'"}
        self.method(timeout="12 s")
        self.frames(frame(2, 1) + "".join(frame(n, n) for n in faults) + frame(12, 2))
        p = self.label(2)
        self.assertEqual(p.returncode, 3, p.stderr)
        self.assertEqual(len(read(self.dir / "out/labelled.xyz")), 2)
        failed = self.status()["failed"]
        self.assertEqual([f["frame"] for f in failed], list(range(2, 2 + len(faults))))
        for f, (n, words) in zip(failed, faults.items()):
            self.assertIn(words, f["why"], n)
            self.assertIn(words, p.stderr)
        self.assertIn("was NOT reached", (self.dir / "out" / failed[0]["log"]).read_text())
        self.assertIn("no license", (self.dir / "out" / failed[4]["log"]).read_text())
        self.assertEqual((self.dir / "out" / failed[0]["log"]).with_suffix(".inp").read_text().split()[:3],
                         ["name", failed[0]["name"], "atoms"])
        # the same command does nothing again, --retry tries what failed
        before, bytes_before = self.count(), self.labelled()
        p = self.label(2)
        self.assertEqual((p.returncode, self.count()), (3, before))
        self.method(timeout="13 s")  # no part of a label's identity
        self.assertEqual(self.label(2, "--retry").returncode, 3)
        self.assertEqual(self.count(), before + len(faults))
        self.assertEqual(self.labelled(), bytes_before)

    def test_energies_far_from_others_of_the_composition_are_a_warning(self):
        draw = "13\nLattice=\"20 0 0 0 20 0 0 0 20\" Properties=species:S:1:pos:R:3\n"
        rows = [(0.1 * k, 0.2 * k, 0.0) for k in range(13)]
        text = "".join(draw + "".join("Al %f %f %f\n" % (x + dx, y, z) for x, y, z in rows) for dx in (0, 1, 2, 6))
        self.frames(text)
        p = self.label()
        self.assertEqual(p.returncode, 0, p.stderr)
        (warning,) = self.status()["warnings"]
        self.assertIn("frame 4", warning)
        self.assertIn("+0.500 eV/atom", warning)

    def test_a_program_that_is_not_there_ends_the_run_and_blames_no_frame(self):
        self.frames(frame(2, 1) + frame(2, 2))
        env = {"PATH": f"{self.dir}/bin:{os.environ['PATH']}"}
        self.method(python="not-there")
        p = self.label(2, env=env)
        self.assertEqual(p.returncode, 1, p.stderr)
        self.assertRegex(p.stderr, "cannot start the command .exit code 127.*not-there")
        self.assertEqual(list((self.dir / "out/failed").iterdir()), [])
        (self.dir / "bin").mkdir()
        (self.dir / "bin/not-there").symlink_to("/usr/bin/python3")
        p = self.label(2, env=env)
        self.assertEqual(p.returncode, 0, p.stderr)
        (self.dir / "driver.yaml").write_text("vitrion_method: 1\nname: d\ndriver: {command: 'no-driver {socket}'}\n")
        p = self.label(2, out="d", method="driver.yaml")
        self.assertEqual(p.returncode, 1, p.stderr)
        self.assertRegex(p.stderr, "cannot start the driver.*no-driver")
        self.assertEqual(list((self.dir / "d/failed").iterdir()), [])
        self.method(python="{dir}/absent")
        p = self.label(out="e")
        self.assertEqual(p.returncode, 1, p.stderr)
        self.assertIn("absent', which is not there", p.stderr)

    def test_what_a_program_leaves_behind_is_ended_and_too_much_output_is_told(self):
        self.method(timeout="10 s")
        self.frames(frame(14, 1) + frame(15, 2) + frame(6, 3))
        p = self.label(2)
        self.assertEqual(p.returncode, 3, p.stderr)
        why = [f["why"] for f in self.status()["failed"]]
        self.assertRegex(why[0], "has 300 MiB, expected at most 256")
        self.assertRegex(why[1], "time limit is 10 s")
        for f in self.status()["failed"]:
            self.assertTrue((self.dir / "out" / f["log"]).exists(), "each failed frame has the log that its message names")
        self.assertEqual(self.strays(), [])
        self.method(timeout="100 s")
        self.kill_after(1, 0, lambda p: (self.until(lambda: len(self.strays()) > 2), self.end_ranks(p)), frames=frame(15, 4))
        self.until(lambda: not self.strays())

    def strays(self):
        """Processes whose environment names a folder of ours."""
        out, mark = [], b"VITRION_DRIVER_SCRATCH=" + str(self.dir).encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if mark in pathlib.Path(f"/proc/{pid}/environ").read_bytes():
                    out.append(pid)
            except OSError:
                pass
        return out

    def until(self, truth):
        end = time.time() + 60
        while not truth():
            self.assertLess(time.time(), end)
            time.sleep(0.05)

    def test_a_disk_that_fails_ends_the_run_and_the_same_command_goes_on(self):
        self.frames("".join(frame(2, k) for k in range(4)))
        self.assertEqual(self.label(out="whole").returncode, 0)
        for k, (op, match, n) in enumerate((("write", "/frames/", 2), ("fsync", "/frames/", 1), ("rename", "/frames/", 3),
                                            ("write", "labelled.xyz", 1), ("write", "label.id", 1), ("open", "/frames/", 2))):
            out = f"disk{k}"
            env = {"LD_PRELOAD": SHIM, "VT_FAULT_MATCH": match, "VT_FAULT_OP": op, "VT_FAULT_N": str(n),
                   "VT_FAULT_MODE": "ever", "VT_FAULT_ERROR": "ENOSPC"}
            p = self.label(out=out, env=env)
            self.assertEqual(p.returncode, 1, f"{op} {match}: {p.stderr}")
            self.assertIn("No space left on device", p.stderr)
            if op != "write" or match != "label.id":
                self.assertIn("the same command goes on", p.stderr)
            p = self.label(2, out=out)
            self.assertEqual(p.returncode, 0, p.stderr)
            self.assertEqual(self.labelled(out), self.labelled("whole"), f"{op} {match}")

    def test_a_full_folder_of_programs_is_not_the_frames_fault(self):
        run = self.dir / "run"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", run], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("needs root and tmpfs")
        try:
            self.frames(frame(2, 1))
            (run / "full").write_bytes(b"x" * 61440)
            p = self.label()
            self.assertEqual(p.returncode, 1, p.stderr)
            self.assertRegex(p.stderr, "No space left|no space is left|cannot be written")
            self.assertEqual(list((self.dir / "out/failed").iterdir()), [])
        finally:
            subprocess.run(["umount", run], check=True)
        self.assertEqual(self.label().returncode, 0)

    def test_a_damaged_label_is_made_again(self):
        self.frames(frame(2, 1) + frame(2, 2))
        self.assertEqual(self.label().returncode, 0)
        whole = self.labelled()
        record = sorted((self.dir / "out/frames").iterdir())[0]
        text = bytearray(record.read_bytes())
        text[len(text) // 2] ^= 1
        record.write_bytes(text)
        self.assertEqual(self.label().returncode, 0)
        self.assertEqual(self.labelled(), whole)
        self.assertEqual(self.count(), 3)

    # ---------------------------------------------------------------- stops and kills

    def kill_after(self, ranks, records, how, out="out", frames=None):
        """Start, wait for so many records, then end all of it (or tell it to stop)."""
        if frames:
            self.frames(frames)
        p = subprocess.Popen(self.command(ranks, out=out), cwd=self.dir, env=dict(self.env, LABEL_SLEEP="0.15"),
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        folder, until = self.dir / out / "frames", time.time() + 120
        while p.poll() is None and time.time() < until and not (folder.exists() and len(list(folder.glob("*.label"))) >= records):
            time.sleep(0.01)
        how(p)
        p.communicate(timeout=120)
        return p.returncode

    def end_ranks(self, p):
        """SIGKILL to a rank, and then to whatever else is left of that job."""
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if words[0] == VITRION.encode() and os.readlink(f"/proc/{pid}/cwd") == str(self.dir):
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                pass

    def test_kills_and_stops_change_no_byte(self):
        self.frames("".join(frame(12, k, f"run=r{k // 3}") for k in range(14)))
        self.assertEqual(self.label(3, out="whole").returncode, 0)
        first = self.count()
        self.assertEqual(first, 14)
        for done, ranks, how in ((1, 2, self.end_ranks), (4, 1, lambda p: os.killpg(p.pid, signal.SIGKILL)),
                                 (6, 3, self.end_ranks)):
            self.kill_after(ranks, done, how)
            time.sleep(1.5)  # what watches over a program that lost its rank ends it within a second
        self.assertGreaterEqual(len(list((self.dir / "out/frames").glob("*.label"))), 6)

        def halt(_):
            (self.dir / "out/HALT").write_text("stop\n")
        self.kill_after(2, 7, halt)
        self.assertEqual(self.status()["state"], "stopped")
        (self.dir / "out/HALT").unlink()
        p = subprocess.Popen(self.command(1), cwd=self.dir, env=dict(self.env, LABEL_SLEEP="30"),
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not list((self.dir / "run").glob("*/*.out")) and self.count() < 15 and p.poll() is None:
            time.sleep(0.02)
        time.sleep(1)
        p.send_signal(signal.SIGTERM)
        p.communicate(timeout=60)
        self.assertEqual(self.status()["state"], "stopped")
        p = self.label(2)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual(self.labelled(), self.labelled("whole"))
        self.assertLess(self.count() - first, 14 + 2 + 1 + 3 + 2 + 1 + 3, "what was labelled is not computed again")
        self.assertEqual(list((self.dir / "run").iterdir()), [], "folders of killed programs are removed")

    def test_what_killed_processes_left_goes_and_what_the_living_have_stays(self):
        """SIGKILL can come before there is anybody who watches over the program; the next run removes such folders."""
        self.frames(frame(2, 1))
        teller = self.dir / "teller"
        teller.write_text(f'#!/bin/sh\necho "$VITRION_DRIVER_SCRATCH" > {self.dir}/name\nexec /usr/bin/python3 "$@"\n')
        teller.chmod(0o755)
        self.method(python=str(teller))
        self.assertEqual(self.label().returncode, 0)
        host, pid, _ = re.fullmatch(r"vitrion-(\w+)-(\d+)-(\w{6})", pathlib.Path((self.dir / "name").read_text().strip()).name).groups()
        gone = subprocess.Popen(["true"])
        gone.wait()
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        for name in (f"{host}-{pid}-aaaaaa", f"{host}-{gone.pid}-bbbbbb", f"{host}-{os.getpid()}-cccccc", f"{host}x-{pid}-dddddd",
                     f"{host}-{pid}-eeeeee", f"{host}-{pid}x-ffffff"):
            (self.dir / "run" / f"vitrion-{name}" / "deeper").mkdir(parents=True)
            (self.dir / "run" / f"vitrion-{name}" / "deeper/start.xyz").write_text("1\n")
        held = os.open(self.dir / f"run/vitrion-{host}-{pid}-eeeeee", os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        self.assertEqual(self.label(out="again").returncode, 0)
        self.assertEqual({p.name[-6:] for p in (self.dir / "run").iterdir()}, {"cccccc", "dddddd", "eeeeee", "ffffff"})
        os.close(held)

    def test_two_jobs_do_not_share_a_folder(self):
        self.frames(frame(12, 1))
        p = subprocess.Popen(self.command(1), cwd=self.dir, env=dict(self.env, LABEL_SLEEP="4"), stderr=subprocess.PIPE)
        while not (self.dir / "out/label.id").exists():
            time.sleep(0.02)
        q = self.label()
        self.assertEqual(q.returncode, 2, q.stderr)
        p.communicate(timeout=60)
        self.assertEqual(p.returncode, 0)

    # ---------------------------------------------------------------- later starts

    def test_what_only_other_elements_need_makes_no_new_labels(self):
        self.frames(frame(2, 1) + frame(2, 2).replace("Al", "Na"))
        table = [("  timeout", "  elements: {Al: {q: 3}, Na: {q: 9}}\n  kind: ['# {element} {q}']\n  timeout")]
        (self.dir / "springs.inp").write_text(TEMPLATE + "{kinds}\n")
        self.method(replace=table)
        p = self.label()
        self.assertEqual((p.returncode, self.count()), (0, 2), p.stderr)
        al, na = read(self.dir / "out/labelled.xyz")
        self.assertNotEqual(al[0]["method_sha256"], na[0]["method_sha256"])
        self.method(replace=[(table[0][0], table[0][1].replace("q: 9", "q: 1"))])
        p = self.label()
        self.assertEqual((p.returncode, self.count()), (0, 3), p.stderr)
        again = read(self.dir / "out/labelled.xyz")
        self.assertEqual(again[0][0], al[0])
        self.assertNotEqual(again[1][0]["method_sha256"], na[0]["method_sha256"])

    def test_narrower_bounds_hold_for_what_is_labelled(self):
        self.frames(frame(2, 1) + frame(8, 2))
        text = (self.dir / "method.yaml").read_text()
        (self.dir / "method.yaml").write_text(text + "checks: {net_force: 0.2 eV/A}\n")  # frames of 8: 0.5, allowed 0.57
        self.assertEqual(self.label().returncode, 0)
        whole = self.labelled()
        (self.dir / "method.yaml").write_text(text)
        p = self.label()
        self.assertEqual(p.returncode, 3, p.stderr)
        self.assertRegex(p.stderr, "frame 2 .* was labelled within wider bounds: .* add up to 0.5 eV/A, expected at most 0.141")
        self.assertEqual((len(self.status()["failed"]), self.status()["failed"][0]["log"]), (1, None))
        self.assertEqual(len(read(self.dir / "out/labelled.xyz")), 1)
        (self.dir / "method.yaml").write_text(text + "checks: {net_force: 0.2 eV/A}\n")
        self.assertEqual(self.label().returncode, 0)
        self.assertEqual(self.labelled(), whole)
        self.assertEqual(self.count(), 2, "no program need run to tell")

    def test_labels_of_frames_that_are_not_given_are_told(self):
        self.frames(frame(2, 1), "a.xyz")
        self.frames(frame(2, 2), "b.xyz")
        self.frames(frame(7, 3), "bad.xyz")
        self.assertEqual(self.label(frames="a.xyz").returncode, 0)
        p = self.label(frames="b.xyz")
        self.assertIn("1 more label is in 'out/frames'", p.stderr)
        self.assertEqual(len(read(self.dir / "out/labelled.xyz")), 1)
        p = self.label(1, "a.xyz", frames="b.xyz")
        self.assertNotIn("more label", p.stderr)
        self.assertEqual((len(read(self.dir / "out/labelled.xyz")), self.count()), (2, 2))
        self.assertEqual(self.label(frames="bad.xyz").returncode, 3)
        self.assertFalse((self.dir / "out/labelled.xyz").exists(), "not that of other frames")

    def test_status_knows_a_labelling(self):
        def status(*more):
            return subprocess.run([VITRION, "status", "out", *more], cwd=self.dir, capture_output=True, text=True, timeout=60)
        self.frames(frame(2, 1) + frame(7, 2) + frame(2, 3))
        self.assertEqual(self.label().returncode, 3)
        p = status("--exit-code")
        self.assertEqual(p.returncode, 3, p.stderr)
        self.assertIn("springs: labelling, failed\n  2 of 3 frames labelled, 1 failed, 0 left\n  frame 2 (frames.xyz:5) failed: ", p.stdout)
        self.assertEqual(json.loads(status("--json").stdout)["frames"]["done"], 2)
        self.frames(frame(7, 4) + frame(12, 9) + frame(2, 1), "more.xyz")
        p = subprocess.Popen(self.command(1, frames="more.xyz"), cwd=self.dir, env=dict(self.env, LABEL_SLEEP="100"),
                             stderr=subprocess.DEVNULL)
        self.until(lambda: (self.status()["frames"]["running"], len(self.status()["failed"])) == (1, 1))
        self.assertRegex(status().stdout, "1 of 3 frames labelled, 1 failed, 1 left, 1 running, about [0-9]+ min left")
        self.end_ranks(p)
        p.wait(60)
        said = status("--exit-code")
        self.assertEqual(said.returncode, 75)
        self.assertIn("springs: labelling, killed", said.stdout)
        self.assertGreater(self.status()["eta_s"], 0, "what it wrote last")
        v = json.loads(status("--json").stdout)
        self.assertIsNone(v["eta_s"])
        self.assertIn("eta_s: nobody works in the folder", " ".join(v["warnings"]))
        self.assertIn("the same command goes on", said.stdout)

    # ---------------------------------------------------------------- what is refused

    def test_another_method_does_not_go_on_in_the_same_folder(self):
        self.frames(frame(2, 1))
        self.assertEqual(self.label().returncode, 0)
        self.method(replace=[("name: springs", "name: others")])
        p = self.label()
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("another method", p.stderr)
        (self.dir / "springs.inp").write_text("# changed\n" + TEMPLATE)
        self.method()
        self.assertEqual(self.label().returncode, 2)
        (self.dir / "springs.inp").write_text(TEMPLATE)
        self.assertEqual(self.label().returncode, 0)
        with open(self.dir / "label_program.py", "a") as f:
            f.write("# a file that the command names\n")
        p = self.label()
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn("a file of its command changed", p.stderr)

    def test_a_folder_in_the_home_is_that_of_the_home(self):
        self.frames(frame(2, 1))
        (self.dir / "home").mkdir()
        p = self.label(out="~/labels", env={"HOME": str(self.dir / "home")})
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertTrue((self.dir / "home/labels/labelled.xyz").exists())
        self.assertFalse((self.dir / "~").exists())

    def test_all_mistakes_are_listed_with_their_lines(self):
        self.frames(frame(2, 1))
        self.method(replace=[("unit: hartree}", "unit: hartrees}"), ("sign: compression", "sing: compression"),
                             ("converged:", "convergd:"), ("{output} {name}", "{outptu} {name}")])
        p = self.label(2)
        self.assertEqual(p.returncode, 2)
        for words in ("method.yaml:9:", "'hartrees' is not a unit", "did you mean 'sign'?", "did you mean 'converged'?",
                      "{outptu} stands for nothing, did you mean 'output'?"):
            self.assertIn(words, p.stderr)
        self.method()
        self.frames(frame(2, 1).replace("Al", "Xx", 1) + "3\nno lattice\n")
        p = self.label()
        self.assertEqual(p.returncode, 2)
        self.assertIn("frames.xyz:3:", p.stderr)
        self.assertFalse((self.dir / "out").exists())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
