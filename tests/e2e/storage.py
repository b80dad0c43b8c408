#!/usr/bin/python3
"""storage.py VITRION MPIEXEC SOURCE - a full disk, a file-size limit, a read-only folder, a folder that vanishes.

The claim: a clear message, exit code 1 (or 75), no deadlock, and the next start goes on to the bytes of an undisturbed run.
Needs root and tmpfs; prints why and returns 77 (skipped) where they are not to be had."""
import os, pathlib, shutil, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import command, differences, glasses, processes, run, start, wait_until, write_campaign  # noqa: E402

FAST = "checkpoint: {every: 1 s}\nrunner: {rank_timeout: 5 s, master_timeout: 10 s}"


def mount(folder, options, again=False):
    return subprocess.run(["mount", *(["-o", f"remount,{options}"] if again else ["-t", "tmpfs", "-o", options, "none"]),
                           folder], capture_output=True, text=True)


class Storage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-storage-"))
        cls.disk = cls.tmp / "disk"
        cls.disk.mkdir()
        cls.campaign = write_campaign(cls.tmp, produce="4 ps", more=FAST)
        cls.reference = cls.tmp / "reference" / "out"  # as deep as disk/out: the store holds the way to the potential
        p = run(cls.campaign, cls.reference)
        assert p.returncode == 0, p.stdout + p.stderr
        cls.journal = sum(f.stat().st_size for f in cls.reference.glob("journal/*"))
        cls.all = sum(f.stat().st_size for f in cls.reference.rglob("*") if f.is_file())

    def setUp(self):
        self.mounted = False

    def tearDown(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.disk], capture_output=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def on_disk(self, options):
        p = mount(self.disk, options)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.mounted = True
        return self.disk / "out"

    def refused(self, p, *words):
        text = p.stdout + p.stderr
        self.assertIn(p.returncode, (1, 75), text)
        for w in words:
            self.assertIn(w, text)
        for w in ("Aborted", "core dumped", "Assertion"):
            self.assertNotIn(w, text)
        print(f"    exit code {p.returncode}: " + next(s for s in text.splitlines() if words[0] in s)[:150])

    def continues(self, out, ranks=2):
        p = run(self.campaign, out, ranks)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(differences(self.reference, out), "")

    def test_1_a_full_disk_under_the_journal(self):
        out = self.on_disk(f"size={self.journal // 2048}k")
        self.refused(run(self.campaign, out, 2), "No space left on device")
        mount(self.disk, "size=200m", True)
        self.continues(out)

    def test_2_a_full_disk_under_the_store(self):
        """Room for the journal and the views, not for results.h5 beside them."""
        out = self.on_disk(f"size={(self.all - (self.reference / 'results.h5').stat().st_size + 400_000) // 1024}k")
        self.refused(run(self.campaign, out, 2), "free some space")
        self.assertFalse((out / "results.h5").exists())
        mount(self.disk, "size=200m", True)
        self.continues(out)

    def test_3_a_file_size_limit(self):
        out = self.tmp / "limited" / "out"
        kib = 8192  # enough for MPI's shared memory, less than results.h5 reserves
        shell = f"ulimit -f {kib}; exec " + " ".join(f"'{w}'" for w in command(self.campaign, out, 2))
        p = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=200)
        self.refused(p, "File too large")
        self.continues(out)

    def test_4_a_read_only_folder(self):
        out = self.on_disk("size=20m")
        self.assertEqual(run(self.campaign, out, 1).returncode, 0)
        mount(self.disk, "ro", True)
        self.refused(run(self.campaign, out, 2), "Read-only file system")
        fresh = run(self.campaign, self.disk / "new", 2)
        self.refused(fresh, "Read-only file system")
        mount(self.disk, "rw", True)
        self.continues(out)

    def test_5_it_becomes_read_only_while_it_runs(self):
        out = self.on_disk("size=50m")
        p = start(self.campaign, out, 2)
        wait_until(lambda: glasses(out) >= 2)
        # a file system with files open for writing refuses to become read-only: make the folders refuse new files instead
        for folder in (out, out / "journal", out / "checkpoint", out / "glass", out / "log", out / "lease"):
            subprocess.run(["chattr", "+i", folder], capture_output=True)
        try:
            text, _ = p.communicate(timeout=100)
        finally:
            for folder in (out, out / "journal", out / "checkpoint", out / "glass", out / "log", out / "lease"):
                subprocess.run(["chattr", "-i", folder], capture_output=True)
        if p.returncode == 0:
            self.skipTest("this file system has no immutable folders")
        self.assertIn(p.returncode, (1, 75), text)
        self.continues(out)

    def test_6_the_folder_vanishes(self):
        out = self.tmp / "vanishing" / "out"
        p = start(self.campaign, out, 2)
        wait_until(lambda: glasses(out) >= 2)
        os.rename(out, self.tmp / "elsewhere")
        t0 = time.time()
        text, _ = p.communicate(timeout=150)
        self.assertIn(p.returncode, (1, 75), text)
        print(f"    exit code {p.returncode} after {time.time() - t0:.1f} s: " + text.strip().splitlines()[-1][:150])
        self.assertEqual(processes(out), {})
        os.rename(self.tmp / "elsewhere", out) if not out.exists() else shutil.rmtree(out)
        if not out.exists():
            os.rename(self.tmp / "elsewhere", out)
        self.continues(out)


if __name__ == "__main__":
    probe = tempfile.mkdtemp()
    can = os.geteuid() == 0 and mount(probe, "size=1m").returncode == 0
    subprocess.run(["umount", probe], capture_output=True)
    os.rmdir(probe)
    if not can:
        print("SKIPPED: a full or read-only disk needs root and tmpfs, which are not to be had here")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
