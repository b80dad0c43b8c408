#!/usr/bin/python3
"""driver_resume.py VITRION MPIEXEC SOURCE - campaigns whose forces another program computes are killed, and go on.

The claims: (1) where that program answers the same question with the same bits, a campaign that was killed on two ranks
ends with every byte of the store that an undisturbed one on one rank has; the program is `vitrion serve` (a slow
Lennard-Jones), which has no memory between two answers.  (2) Where it does not, a checkpoint is continued, and the log says
so, if the energy is the same within 1 meV an atom.  (3) Where it computes another model, it is not: the checkpoint is refused,
and the task begins anew.  The programs of 2 and 3 are an ideal gas with a random energy of up to 1e-4 hartree, and one whose
energy is 100 hartree higher after the kill."""
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from ranks import VITRION, differences, processes, run, start, wait_until  # noqa: E402

CAMPAIGN = """\
vitrion: 1
campaign: resumed
seed: 11
potential: {{kind: ipi, command: "{command}", elements: [Li, Al, Cl]}}
compositions: {{include: [LiAlCl4], atoms: {atoms}}}
temperatures: [600 K, 700 K]
glasses: 1
protocol:
  melt: {{temperature: 900 K, duration: 1 ps}}
  quench: {{rate: 1e15 K/s, npt_below: 0 K}}
  equilibrate: {{duration: 1 ps, ensemble: nvt}}
  produce: {{duration: {produce}}}
guard: {{distance: 0, contacts: off, molecules: off}}
observe: {{msd: {{every: 20 fs}}, thermo: {{every: 20 fs}}}}
checkpoint: {{every: 1 s}}
"""
failures = []


def expect(truth, what):
    print("ok  " if truth else "FAIL", what[:1500], flush=True)
    if not truth:
        failures.append(what)


def log(out):
    return "".join(p.read_text() for p in sorted(pathlib.Path(out).glob("log/rank-*.log")))


def killed(campaign, out, ranks):
    """A start that is killed when a production has been kept once more."""
    seen = log(out).count("ev=checkpoint stage=produce")
    p = start(campaign, out, ranks)
    wait_until(lambda: log(out).count("ev=checkpoint stage=produce") > seen or p.poll() is not None)
    if p.poll() is not None:
        raise AssertionError(f"it ended before it could be killed:\n{p.communicate()[0][-2000:]}")
    for parent, child in processes(out).values():
        for pid in (parent, child):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    os.kill(p.pid, signal.SIGKILL)
    p.communicate()
    wait_until(lambda: not processes(out))


def write(folder, **how):
    path = pathlib.Path(folder) / "c.yaml"
    path.write_text(CAMPAIGN.format(**how))
    return path


def same_bits(folder):
    (folder / "slow:0.0003").write_text("its name is its script\n")  # so that it lives long enough to be killed
    command = f"exec {VITRION} serve {folder}/slow:0.0003 --kind mock --structure {{start}} --socket {{socket}}"
    c = write(folder, command=command, atoms=48, produce="9 ps")
    reference, out = folder / "reference", folder / "killed"
    p = run(c, reference)
    expect(p.returncode == 0, f"undisturbed: exit code {p.returncode} {p.stderr[-800:]}")
    for _ in range(2):
        killed(c, out, 2)
    p = run(c, out, 2)
    expect(p.returncode == 0, f"killed twice, then: exit code {p.returncode} {p.stderr[-800:]}")
    expect("ev=resumed stage=produce" in log(out), "a production was continued from its checkpoint")
    expect("ev=other_bits" not in log(out), "the driver repeated its bits")
    diff = differences(reference, out)
    expect(not diff, f"every byte as undisturbed {diff}")


def other_bits(folder):
    command = f"/usr/bin/python3 {HERE}/ipi_driver.py {{socket}} {{start}} {folder} always-noise"
    out = folder / "out"
    c = write(folder, command=command, atoms=12, produce="8 ps")
    killed(c, out, 1)
    p = run(c, out)
    expect(p.returncode == 0, f"other bits: exit code {p.returncode} {p.stderr[-800:]}")
    expect("ev=other_bits" in log(out) and "ev=resumed stage=produce" in log(out), "other bits are told, and gone on with")


def other_model(folder):
    command = f"/usr/bin/python3 {HERE}/ipi_driver.py {{socket}} {{start}} {folder} always-shifted"
    out = folder / "out"
    c = write(folder, command=command, atoms=12, produce="8 ps")
    killed(c, out, 1)
    (folder / "shift").write_text("100\n")
    p = run(c, out)
    expect(p.returncode == 0, f"another model: exit code {p.returncode} {p.stderr[-800:]}")
    expect("ev=checkpoint_refused" in log(out) and "ev=resumed stage=produce" not in log(out), "its checkpoints are refused")


for case in (same_bits, other_bits, other_model):
    where = pathlib.Path(tempfile.mkdtemp(prefix="vitrion-resume-"))
    began = time.time()
    case(where)
    shutil.rmtree(where)
    print(f"    {case.__name__}: {time.time() - began:.0f} s", flush=True)
print(f"{len(failures)} failures")
sys.exit(1 if failures else 0)
