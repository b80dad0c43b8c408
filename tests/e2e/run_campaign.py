#!/usr/bin/python3
"""run_campaign.py VITRION MPIEXEC SOURCE - real campaigns over real MPI ranks, stopped, killed and continued.

The claim behind all of them: whatever number of ranks does the work and whatever interrupts it, every dataset of the store
(outside /timing) has the same bytes.  The reference is an undisturbed run on one rank."""
import json, os, pathlib, shutil, signal, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import SOURCE, VITRION, a_rank, differences, glasses, run, start, starts, wait_until, write_campaign  # noqa: E402


class Campaign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-e2e-"))
        cls.campaign = write_campaign(cls.tmp)
        cls.reference = cls.tmp / "reference"
        cls.first = run(cls.campaign, cls.reference)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def same_as_reference(self, out, reference=None):
        self.assertEqual(differences(reference or self.reference, out), "")

    def test_01_reference_ends_with_tables_and_a_store(self):
        self.assertEqual(self.first.returncode, 0, self.first.stdout + self.first.stderr)
        for word in ("Arrhenius fit", "Nothing to compare", "12 of 12 tasks done", "store: "):
            self.assertIn(word, self.first.stdout)
        for name in ("results.h5", "results.h5.sha256", "summary.json", "summary.csv", "status.json", "campaign.yaml"):
            self.assertTrue((self.reference / name).is_file(), name)
        self.assertEqual(len(list(self.reference.glob("glass/*.xyz"))), 4)
        p = subprocess.run(["sha256sum", "-c", "results.h5.sha256"], cwd=self.reference, capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)

    def test_02_two_and_three_ranks_give_the_same_bytes(self):
        for ranks in (2, 3):
            out = self.tmp / f"np{ranks}"
            p = run(self.campaign, out, ranks)
            self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
            self.same_as_reference(out)

    def test_03_a_second_call_has_nothing_to_do(self):
        before = (self.reference / "results.h5").stat().st_mtime_ns
        p = run(self.campaign, self.reference, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertIn("12 of 12 tasks done", p.stdout)
        self.assertEqual((self.reference / "results.h5").stat().st_mtime_ns, before)

    def test_04_every_dataset_has_unit_and_doc_and_h5dump_reads_it(self):
        import h5py
        seen = []

        def look(name, item):
            if isinstance(item, h5py.Dataset):
                seen.append(name)
                for a in ("unit", "doc"):
                    self.assertTrue(len(item.attrs[a]) > 0, f"{name}: {a}")

        with h5py.File(self.reference / "results.h5") as f:
            f.visititems(look)
            self.assertEqual(set(f["tasks/status"][()]), {b"done"})
            self.assertTrue((f["obs/msd/mean"][()][f["tasks/kind"][()] == b"md"] >= 0).any())
        self.assertGreater(len(seen), 60)
        p = subprocess.run(["h5dump", "-H", self.reference / "results.h5"], capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)

    def test_05_killed_and_continued_gives_the_same_bytes(self):
        out = self.tmp / "killed"
        p = start(self.campaign, out)
        try:
            wait_until(lambda: glasses(out) >= 1)
        finally:
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
        for proxy_child in range(50):  # hydra's children notice the death of mpiexec a moment later
            q = run(self.campaign, out, 2)
            if "another start" not in q.stdout + q.stderr:
                break
            time.sleep(0.2)
        self.assertEqual(q.returncode, 0, q.stdout + q.stderr)
        self.same_as_reference(out)

    def test_06_halt_file_and_sigterm_stop_softly_with_75(self):
        out = self.tmp / "halted"
        long = write_campaign(self.tmp, "long.yaml", produce="20 ps")
        for n, how in enumerate(("halt", "term"), 1):
            p = start(long, out)
            wait_until(lambda: starts(out) >= n and glasses(out) >= 1)
            t0 = time.time()
            if how == "halt":
                (out / "HALT").write_text("now\n")
            else:
                os.kill(a_rank(out), signal.SIGTERM)
            text, _ = p.communicate(timeout=120)
            self.assertEqual(p.returncode, 75, text)
            self.assertIn("stopped early", text)
            self.assertTrue((out / "results.h5").is_file())
            self.assertLess(time.time() - t0, 20)
            if how == "halt":
                (out / "HALT").unlink()

    def test_07_another_campaign_is_refused_and_extend_adds(self):
        out = self.tmp / "extended"
        shutil.copytree(self.reference, out)
        other = write_campaign(self.tmp, "other.yaml", rate="2e15 K/s")
        p = run(other, out)
        self.assertEqual(p.returncode, 2, p.stdout + p.stderr)
        self.assertIn("another campaign", p.stderr)
        shorter = write_campaign(self.tmp, "shorter.yaml", produce="0.5 ps")  # the same tasks, whose results are too long
        p = run(shorter, out)
        self.assertEqual(p.returncode, 2, p.stdout + p.stderr)
        self.assertRegex(p.stderr, "protocol.produce.duration at 900 K: recorded 1 ps, here 0.5 ps")
        more = write_campaign(self.tmp, "more.yaml", temperatures="900 K, 1000 K, 1100 K")
        p = run(more, out)
        self.assertEqual(p.returncode, 2, p.stdout + p.stderr)
        self.assertIn("--extend", p.stderr)
        p = run(more, out, 2, "--extend")
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        fresh = self.tmp / "fresh"
        p = run(more, fresh, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.same_as_reference(out, fresh)

    def test_08_a_deleted_store_is_rebuilt_from_the_journal(self):
        out = self.tmp / "rebuilt"
        shutil.copytree(self.reference, out)
        (out / "results.h5").unlink()
        p = run(self.campaign, out, 2)
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.same_as_reference(out)

    def test_09_failing_tasks_are_listed_and_the_campaign_ends_with_3(self):
        out = self.tmp / "failing"
        bad = write_campaign(self.tmp, "bad.yaml", kind="mock", file="nan@60")
        p = run(bad, out, 2)
        self.assertEqual(p.returncode, 3, p.stdout + p.stderr)
        self.assertIn("failed:", p.stdout)
        self.assertIn("its glass failed", p.stdout)
        q = run(bad, out, 1)  # exhausted failures are not tried again
        self.assertEqual(q.returncode, 3, q.stdout + q.stderr)
        s = json.loads(subprocess.run([VITRION, "status", out, "--json"], capture_output=True, text=True).stdout)
        self.assertEqual((s["state"], s["tasks"]["failed"]), ("failed", 12))

    def test_10_status_and_fit_answer_from_the_folder(self):
        s = json.loads(subprocess.run([VITRION, "status", self.reference, "--json"], capture_output=True, text=True).stdout)
        self.assertEqual(s["state"], "done")
        self.assertEqual(s["tasks"], {"waiting": 0, "ready": 0, "running": 0, "done": 12, "failed": 0})
        self.assertEqual(s["ns_done"], s["ns_total"])
        p = subprocess.run([VITRION, "fit", self.reference, "--json"], capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        fit, summary = json.loads(p.stdout), json.loads((self.reference / "summary.json").read_text())
        for key in ("compositions", "comparison", "other_comparisons", "transport", "structure", "residence"):
            self.assertEqual(fit[key], summary[key])

    def test_11_one_task_alone_has_the_bits_of_the_store(self):
        import h5py
        with h5py.File(self.reference / "results.h5") as f:
            uids = [u.decode() for u in f["tasks/uid"][()]]
        for uid in (uids[0], uids[-1]):
            p = subprocess.run([VITRION, "one", self.campaign, "--task", uid, "--output", self.reference, "--check"],
                               capture_output=True, text=True)
            self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
            self.assertIn("equal", p.stdout + p.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
