#!/usr/bin/python3
"""guard.py VITRION MPIEXEC SOURCE - what a user sees of a run that did what no sound run does.

The claim: a campaign whose runs pass a limit of `guard` ends with 3, names task, stage, step, value and limit, leaves the
frame, and goes on with what does not fail."""
import json, pathlib, subprocess, sys, tempfile, unittest

VITRION, MPIEXEC, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
CAMPAIGN = """\
vitrion: 1
campaign: guarded
seed: 7
potential: {{kind: nep, file: {source}/campaigns/potentials/oxyhalide12-v0.nep.txt}}
compositions: {{include: [LiAlCl2.5O0.75], atoms: 42}}
temperatures: [600 K, 700 K]
glasses: 1
guard: {guard}
protocol:
  melt: {{temperature: 1200 K, duration: 0.2 ps}}
  quench: {{rate: 2e15 K/s}}
  equilibrate: {{duration: 0.2 ps}}
  produce: {{duration: 0.2 ps}}
observe: {{thermo: {{every: 20 fs}}}}
runner: {{max_tries: 3}}
"""


def run(folder, name, guard):
    path = pathlib.Path(folder) / f"{name}.yaml"
    path.write_text(CAMPAIGN.format(source=SOURCE, guard=guard))
    out = pathlib.Path(folder) / name
    return out, subprocess.run([MPIEXEC, "-n", "1", VITRION, "run", path, "--output", out], capture_output=True, text=True,
                               timeout=300)


class Guard(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="vitrion-guard-")

    def tearDown(self):
        self.tmp.cleanup()

    def test_a_tight_limit_of_the_temperature_ends_with_3_and_lists_the_reason(self):
        out, p = run(self.tmp.name, "tight", "{temperature: 1.001}")
        self.assertEqual(p.returncode, 3, p.stdout + p.stderr)
        for word in ("temperature", "limit 1201.2", "its glass failed"):
            self.assertIn(word, p.stdout)
        self.assertRegex((out / "log/rank-0000.log").read_text(), r"stage 'melt', step \d+ of 100 \(0\.\d+ ps\)")
        frames = sorted((out / "failed").glob("*.xyz"))
        self.assertEqual(len(frames), 3)  # of each try
        for f in frames:
            lines = f.read_text().splitlines()
            self.assertEqual((int(lines[0]), len(lines)), (42, 44))
            self.assertRegex(lines[1], r'stage="(melt|quench)" step=\d+ time_ps=0\.\d+ attempt=')
        status = json.loads(subprocess.run([VITRION, "status", out, "--json"], capture_output=True, text=True).stdout)
        self.assertEqual(status["tasks"]["failed"], 3)

    def test_the_default_limits_let_the_same_campaign_pass(self):
        out, p = run(self.tmp.name, "default", "{}")
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(list((out / "failed").glob("*.xyz")), [])

    def test_a_form_without_a_vector_kernel_is_named_in_the_log(self):
        text = CAMPAIGN.format(source=SOURCE, guard="{}").replace("LiAlCl2.5O0.75", "LiAlCl4")
        text = text.replace("campaigns/potentials/oxyhalide12-v0.nep.txt", "tests/golden/nep/potentials/syn_l8.txt")
        path = pathlib.Path(self.tmp.name) / "l8.yaml"
        path.write_text(text)
        out = pathlib.Path(self.tmp.name) / "l8"
        p = subprocess.run([MPIEXEC, "-n", "1", VITRION, "run", path, "--output", out], capture_output=True, text=True,
                           timeout=300)
        self.assertEqual(p.returncode, 3, p.stdout + p.stderr)  # a potential of random numbers: the guards end it
        self.assertIn('ev=kernel name="reference double" (this form of potential has no vector kernel', p.stderr)
        self.assertIn("ev=kernel", (out / "log/rank-0000.log").read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
