#!/usr/bin/python3
"""own_files.py VITRION MPIEXEC SOURCE - what is the user's stays the user's, and what was computed is found again.

Files that a run would write and that are not ours are refused untouched (compared byte for byte with what was there before); a
project that was moved, a potential that was renamed and a recorded campaign that was edited cost no result (the store's SHA-256
before and after)."""
import hashlib, os, pathlib, re, shutil, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ranks import SOURCE, VITRION, write_campaign  # noqa: E402

POTENTIAL = "oxyhalide7-v0.nep.txt"


def vitrion(*args, cwd, home=None, **changes):
    """`changes` of the environment; None: without that variable."""
    env = dict(os.environ, **({"HOME": str(home)} if home else {}), **changes)
    env = {k: v for k, v in env.items() if v is not None}
    return subprocess.run([VITRION, *map(str, args)], capture_output=True, text=True, cwd=cwd, env=env, timeout=300)


def bytes_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class OwnFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-own-")).resolve()
        cls.n = 0
        first = cls.project("first")
        p = vitrion("run", "c.yaml", cwd=first)
        assert p.returncode == 0, p.stdout + p.stderr
        cls.first, cls.stdout = first, p.stdout

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.tmp, ignore_errors=True)

    @classmethod
    def project(cls, name):
        """A campaign file and the potential it names by a relative path."""
        folder = cls.tmp / name
        (folder / "potentials").mkdir(parents=True)
        shutil.copy(SOURCE / "campaigns/potentials" / POTENTIAL, folder / "potentials")
        write_campaign(folder, glasses=1, temperatures="900 K", file=f"potentials/{POTENTIAL}")
        return folder

    def copy(self):
        """The first project with its results, where nobody knows it."""
        OwnFiles.n += 1
        return shutil.copytree(self.first, self.tmp / f"deep{self.n}" / "er" / "copy", copy_function=shutil.copy2)

    def fine(self, p):
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        return p.stdout

    def refused(self, p, *words, code=2):
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        for w in words:
            self.assertIn(str(w), p.stderr)

    # ---------------------------------------------------------------- the user's own files

    def test_01_the_first_line_names_the_folder_and_says_new_or_going_on(self):
        out = self.first / "runs/e2e"
        self.assertEqual(self.stdout.splitlines()[0], f"output: {out} (new)")
        again = self.fine(vitrion("run", "c.yaml", cwd=self.first))
        self.assertEqual(again.splitlines()[0], f"output: {out} (going on, 4 of 4 done)")
        self.assertTrue((out / ".vitrion").is_file())

    def test_02_a_file_that_a_run_would_write_is_refused_and_nothing_is_touched(self):
        for n, name in enumerate(("campaign.yaml", "results.h5", "results.h5.sha256", "summary.csv", "summary.json",
                                  "status.json", "log/events.jsonl", "log/rank-0000.log", "journal", "checkpoint")):
            folder = self.project(f"foreign{n}")
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("# mine\n")
            before = bytes_of(folder)
            p = vitrion("run", "c.yaml", "--output", ".", cwd=folder)
            self.refused(p, name, "nothing was touched")
            self.assertEqual(bytes_of(folder), before, name)

    def test_03_the_campaign_file_itself_with_output_here_is_refused(self):
        folder = self.project("itself")
        (folder / "c.yaml").rename(folder / "campaign.yaml")
        before = bytes_of(folder)
        self.refused(vitrion("run", "campaign.yaml", "--output", ".", cwd=folder), "campaign.yaml")
        self.assertEqual(bytes_of(folder), before)
        self.refused(vitrion("repair", ".", cwd=folder), "campaign.yaml", code=2)
        self.assertEqual(bytes_of(folder), before)

    def test_04_job_scripts_notes_and_a_log_folder_are_no_matter(self):
        folder = self.project("scripts")
        for name in ("job.sh", "slurm-4711.out", "notes.txt", "log/job-4711.out"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("mine\n")
        before = bytes_of(folder)
        self.fine(vitrion("run", "c.yaml", "--output", ".", cwd=folder))
        after = bytes_of(folder)
        self.assertEqual({k: after[k] for k in before}, before)
        self.fine(vitrion("run", "c.yaml", "--output", ".", cwd=folder))

    def test_05_a_folder_of_an_earlier_build_is_ours_without_the_mark(self):
        folder = self.copy()
        out = folder / "runs/e2e"
        (out / ".vitrion").unlink()
        text = [line for line in (out / "campaign.yaml").read_text().splitlines() if not line.startswith("  sha256:")]
        text = [f'  file: "{folder}/potentials/{POTENTIAL}"' if line.startswith("  file:") else line for line in text]
        (out / "campaign.yaml").write_text("\n".join(text) + "\n")  # an absolute path, as was recorded then
        for command in (("status", out), ("fit", out), ("verify", out), ("run", "c.yaml")):
            self.fine(vitrion(*command, cwd=folder))
        self.assertIn("4 of 4 tasks done", self.fine(vitrion("run", "c.yaml", cwd=folder)))

    # ---------------------------------------------------------------- where the output goes

    def test_06_an_empty_output_and_null_are_runs_and_the_name(self):
        for n, value in enumerate(("''", "~", "null", "")):
            folder = self.project(f"empty{n}")
            with open(folder / "c.yaml", "a") as f:
                f.write(f"output: {value}\n")
            self.fine(vitrion("run", "c.yaml", cwd=folder))
            self.assertTrue((folder / "runs/e2e/results.h5").is_file(), value)

    def test_07_a_tilde_is_the_home(self):
        folder = self.project("tilde")
        home = self.tmp / "home"
        home.mkdir()
        with open(folder / "c.yaml", "a") as f:
            f.write("output: ~/runs/x\n")
        self.fine(vitrion("run", "c.yaml", cwd=folder, home=home))
        self.assertTrue((home / "runs/x/results.h5").is_file())
        self.fine(vitrion("status", "~/runs/x", cwd=folder, home=home))

    def test_08_a_start_from_another_place_is_refused_unless_the_output_is_given(self):
        folder = self.copy()
        away = folder / "away"
        away.mkdir()
        p = vitrion("run", folder / "c.yaml", cwd=away)
        self.refused(p, folder / "runs/e2e", "4 of 4 tasks are done", away / "runs/e2e", "--output")
        self.assertEqual(list(away.iterdir()), [])
        p = vitrion("run", folder / "c.yaml", cwd=self.tmp)  # not below the project
        self.refused(p, folder / "runs/e2e")
        self.assertIn("going on, 4 of 4", self.fine(vitrion("run", "../c.yaml", "--output", "../runs/e2e", cwd=away)))
        self.assertIn("(new)", self.fine(vitrion("run", "../c.yaml", "--output", "runs/e2e", cwd=away)))

    def test_16_a_start_elsewhere_than_where_it_last_ran_is_refused_unless_the_output_is_given(self):
        """Nothing lies beside the campaign file: only the note of the last run knows the place."""
        folder = self.project("last")
        there, away, state = self.tmp / "scratch/there", folder / "away", self.tmp / "state-16"
        away.mkdir()

        def run(*args):
            return vitrion("run", folder / "c.yaml", *args, cwd=away, XDG_STATE_HOME=str(state))

        self.fine(run("--output", there))
        p = run()
        self.refused(p, there, "4 of 4 tasks are done", away / "runs/e2e", "--output")
        self.assertEqual(list(away.iterdir()), [])
        self.assertIn("going on, 4 of 4", self.fine(run("--output", there)))
        shutil.rmtree(there)  # nothing is there any more: nothing to lose
        self.assertIn("(new)", self.fine(run()))
        self.assertEqual((state / "vitrion/last-places").read_text(), f"{folder}/c.yaml\t{away}/runs/e2e\n")

    def test_17_a_state_folder_that_cannot_be_written_is_no_matter(self):
        folder = self.project("nostate")
        blocked = self.tmp / "a-file"
        blocked.write_text("no folder\n")
        fifo = self.tmp / "fifo/vitrion/last-places"
        fifo.parent.mkdir(parents=True)
        os.mkfifo(fifo)
        for n, state in enumerate(({"HOME": None, "XDG_STATE_HOME": None}, {"HOME": "", "XDG_STATE_HOME": ""},
                                   {"HOME": "/proc", "XDG_STATE_HOME": None}, {"XDG_STATE_HOME": str(blocked)},
                                   {"XDG_STATE_HOME": "relative"}, {"XDG_STATE_HOME": str(self.tmp / "fifo")})):
            p = vitrion("run", "c.yaml", cwd=folder, **state)
            self.assertIn("4 of 4 tasks done", self.fine(p), state)
            more = [s for s in p.stderr.splitlines() if not re.match(r"c\.yaml:\d+|\d/4 tasks", s)]
            self.assertEqual(more, [], state)  # beside warnings about the campaign, and progress
        self.assertEqual(blocked.read_text(), "no folder\n")
        self.assertFalse((folder / "relative").exists())

    # ---------------------------------------------------------------- a project that was moved

    def test_09_a_moved_project_goes_on_with_the_same_bytes(self):
        folder = self.copy()
        moved = folder.parent.parent.parent / f"moved{self.n}"
        os.rename(folder, moved)
        out = moved / "runs/e2e"
        before = digest(out / "results.h5")
        for command in (("status", out), ("verify", out), ("fit", out), ("run", "c.yaml")):
            self.fine(vitrion(*command, cwd=moved))
        self.assertEqual(self.fine(vitrion("verify", out, cwd=moved)).count("out of date"), 0)
        self.assertEqual(digest(out / "results.h5"), before)
        self.assertNotIn(str(self.tmp), (out / "campaign.yaml").read_text())

    def test_10_a_renamed_potential_is_found_by_its_hash(self):
        folder = self.copy()
        out = folder / "runs/e2e"
        os.rename(folder / "potentials" / POTENTIAL, folder / "potentials/better-name.txt")
        for command in ("status", "verify"):
            self.fine(vitrion(command, out, cwd=folder))

    def test_11_a_potential_that_is_not_there_is_named_with_its_hash_and_the_cure(self):
        folder = self.copy()
        out = folder / "runs/e2e"
        away = self.tmp / f"kept-{self.n}.txt"
        sha = digest(folder / "potentials" / POTENTIAL)
        os.rename(folder / "potentials" / POTENTIAL, away)
        self.fine(vitrion("status", out, cwd=folder))  # the one that came with the program has this hash
        bare = self.tmp / f"bare-{self.n}"  # a program that nothing came with
        shutil.copy(VITRION, bare)
        p = subprocess.run([bare, "status", out], capture_output=True, text=True, cwd=folder, timeout=300)
        self.assertNotEqual(p.returncode, 0)
        for word in (POTENTIAL, sha, "copy it"):
            self.assertIn(word, p.stderr)
        p = subprocess.run([bare, "verify", out], capture_output=True, text=True, cwd=folder, timeout=300)
        self.assertIn(sha, p.stdout + p.stderr)
        # the campaign file says where it is now: the run finds it and records the new place
        text = (folder / "c.yaml").read_text().replace(f"potentials/{POTENTIAL}", str(away))
        (folder / "c.yaml").write_text(text)
        self.assertIn("going on, 4 of 4", self.fine(vitrion("run", "c.yaml", cwd=folder)))
        self.fine(vitrion("status", out, cwd=folder))

    def test_12_another_file_of_the_recorded_name_is_not_taken(self):
        folder = self.copy()
        out = folder / "runs/e2e"
        lines = (folder / "potentials" / POTENTIAL).read_text().splitlines()
        lines[-1] = "2.0"
        (folder / "potentials" / POTENTIAL).write_text("\n".join(lines) + "\n")
        p = vitrion("status", out, cwd=folder)
        self.assertNotEqual(p.returncode, 0)
        self.assertIn("it has the SHA-256", p.stderr)

    # ---------------------------------------------------------------- a recorded campaign that was changed

    def test_13_an_edited_record_is_named_key_by_key_and_repaired_from_the_campaign_file(self):
        folder = self.copy()
        out = folder / "runs/e2e"
        recorded = (out / "campaign.yaml").read_text()
        before = digest(out / "results.h5")
        (out / "campaign.yaml").write_text(recorded.replace("seed: 7", "seed: 8").replace("glasses: 1", "glasses: 2"))
        p = vitrion("run", "c.yaml", cwd=folder)
        self.assertNotEqual(p.returncode, 0)
        for word in ("seed: 8, here 7", "glasses: 2, here 1", "all its 4 results", "vitrion repair", "--campaign c.yaml"):
            self.assertIn(word, p.stderr)
        self.fine(vitrion("repair", "runs/e2e", "--campaign", "c.yaml", cwd=folder))
        self.assertEqual((out / "campaign.yaml").read_text(), recorded)
        self.fine(vitrion("run", "c.yaml", cwd=folder))
        self.assertEqual(digest(out / "results.h5"), before)

    def test_14_a_damaged_record_is_repaired_from_the_campaign_file_without_a_store(self):
        folder = self.copy()
        out = folder / "runs/e2e"
        recorded = (out / "campaign.yaml").read_text()
        for name in ("results.h5", "results.h5.sha256"):
            (out / name).unlink()
        (out / "campaign.yaml").write_text(recorded[:300])
        p = vitrion("run", "c.yaml", cwd=folder)
        self.assertNotEqual(p.returncode, 0)
        for word in ("all its 4 results", "vitrion repair"):
            self.assertIn(word, p.stderr)
        self.fine(vitrion("repair", "runs/e2e", "--campaign", "c.yaml", cwd=folder))
        self.assertEqual((out / "campaign.yaml").read_text(), recorded)

    def test_15_a_campaign_that_is_not_the_journals_repairs_nothing(self):
        folder = self.copy()
        recorded = (folder / "runs/e2e/campaign.yaml").read_text()
        (folder / "c.yaml").write_text((folder / "c.yaml").read_text().replace("seed: 7", "seed: 9"))
        p = vitrion("repair", "runs/e2e", "--campaign", "c.yaml", cwd=folder)
        self.assertEqual(p.returncode, 1, p.stdout + p.stderr)
        self.assertIn("0 of the 4 results", p.stdout)
        self.assertEqual((folder / "runs/e2e/campaign.yaml").read_text(), recorded)
        p = vitrion("run", "c.yaml", cwd=folder)
        self.assertIn("seed: 7, here 9", p.stderr)
        self.assertIn("0 of them", p.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[4:], verbosity=2)
