"""What the tests of the program share: run it, compare, count."""
import json
import os
import subprocess
import sys
import tempfile

vitrion, source = sys.argv[1], sys.argv[2]
failures = []


def run(*args, cwd=None):
    """Exit code, stdout, stderr of `vitrion args`."""
    p = subprocess.run([vitrion, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd,
                       timeout=300)
    return p.returncode, p.stdout, p.stderr


def answer(*args, cwd=None):
    """The JSON of a command that must succeed."""
    code, out, err = run(*args, "--json", cwd=cwd)
    if code != 0:
        raise SystemExit(f"FAIL: vitrion {' '.join(map(str, args))}: exit code {code}\n{err}")
    return json.loads(out)


def expect(truth, what):
    if not truth:
        failures.append(what)
        print("FAIL:", what)


def finish(n):
    print(f"{n - len(failures)} of {n} checks passed" if failures else f"all {n} checks passed")
    sys.exit(1 if failures or n == 0 else 0)


def skip_loudly(what):
    print("=" * 100 + f"\nSKIPPED: {what}\n" + "=" * 100)


def folder():
    return tempfile.TemporaryDirectory(prefix="vitrion-test-")


# A campaign of seconds: Lennard-Jones, two chemistries, two temperatures, one glass.
CAMPAIGN = """vitrion: 1
campaign: tiny
seed: 3
potential: {kind: lj, file: "-"}
compositions:
  grid: {alkali: [Li, Na], metal: [Al], halogen: [Cl], halogen_to_oxygen: [2.5/0.75]}
  atoms: 42
temperatures: [500 K, 700 K]
glasses: 1
protocol:
  melt: {duration: 0.2 ps}
  quench: {rate: 5e14 K/s}
  equilibrate: {duration: 0.4 ps}
  produce: {duration: 1 ps}
observe: {msd: {}, charge: {}, thermo: {}}
output: out
"""


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def join(*parts):
    return os.path.join(*parts)
