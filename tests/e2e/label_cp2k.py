#!/usr/bin/python3
"""label_cp2k.py VITRION MPIEXEC SOURCE - the shipped CP2K method on four atoms; skipped loudly without cp2k (scripts/setup --all).

The reference is a run of cp2k.psmp on an input that is written here, read by this file: the same program and the same numbers, so
energies agree to their printed digits, forces (8 decimals of hartree/bohr) to 1e-6 eV/A.  A minute or two on an idle core each."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

vitrion, mpiexec, source = sys.argv[1:4]
HARTREE, BOHR, GPA = 27.211386245988, 0.529177210903, 160.2176634
FRAME = """4
Lattice="5.1 0 0 0 5.2 0 0.2 0 5.1" Properties=species:S:1:pos:R:3 config_type=md composition=Li2Cl2 run=test pbc="T T T"
Li 0.1 0 0
Li 2.5 2.6 0
Cl 2.5 0 0.1
Cl 0 2.5 0
"""
INPUT = """&GLOBAL
 PROJECT ref
 RUN_TYPE ENERGY_FORCE
 PRINT_LEVEL LOW
&END
&FORCE_EVAL
 METHOD QS
 STRESS_TENSOR ANALYTICAL
 &DFT
  BASIS_SET_FILE_NAME BASIS_MOLOPT
  POTENTIAL_FILE_NAME GTH_POTENTIALS
  &MGRID
   CUTOFF 600
   REL_CUTOFF 60
  &END
  &QS
   EPS_DEFAULT 1.0E-12
  &END
  &SCF
   EPS_SCF 2.0E-6
   MAX_SCF 25
   SCF_GUESS ATOMIC
   &OT
    PRECONDITIONER FULL_SINGLE_INVERSE
    MINIMIZER DIIS
   &END
   &OUTER_SCF
    EPS_SCF 2.0E-6
    MAX_SCF 6
   &END
  &END
  &XC
   &XC_FUNCTIONAL PBE
   &END
   &VDW_POTENTIAL
    POTENTIAL_TYPE PAIR_POTENTIAL
    &PAIR_POTENTIAL
     TYPE DFTD3(BJ)
     PARAMETER_FILE_NAME dftd3.dat
     REFERENCE_FUNCTIONAL PBE
     R_CUTOFF 15
    &END
   &END
  &END
 &END
 &SUBSYS
  &CELL
   A 5.1 0 0
   B 0 5.2 0
   C 0.2 0 5.1
  &END
  &COORD
   Li 0.1 0 0
   Li 2.5 2.6 0
   Cl 2.5 0 0.1
   Cl 0 2.5 0
  &END
  &KIND Li
   BASIS_SET DZVP-MOLOPT-SR-GTH
   POTENTIAL GTH-PBE-q3
  &END
  &KIND Cl
   BASIS_SET DZVP-MOLOPT-SR-GTH
   POTENTIAL GTH-PBE-q7
  &END
 &END
 &PRINT
  &FORCES ON
  &END
  &STRESS_TENSOR ON
  &END
 &END
&END
"""
if not shutil.which("cp2k.psmp"):
    print("=" * 100 + "\nSKIPPED: cp2k is not installed (scripts/setup --all)\n" + "=" * 100)
    sys.exit(77)
failures = []


def expect(truth, what):
    print("ok:" if truth else "FAIL:", what, flush=True)
    if not truth:
        failures.append(what)


def label(folder, out, method):
    return subprocess.run([mpiexec, "-n", "1", vitrion, "label", "frames.xyz", "--method", method, "--out", out], cwd=folder,
                          capture_output=True, text=True, timeout=3000)


with tempfile.TemporaryDirectory(prefix="vitrion-test-") as tmp:
    tmp = pathlib.Path(tmp)
    (tmp / "frames.xyz").write_text(FRAME)
    (tmp / "ref.inp").write_text(INPUT)
    shutil.copytree(os.path.join(source, "campaigns/methods"), tmp / "methods")
    p = label(tmp, "out", "methods/cp2k-pbe-d3.yaml")
    expect(p.returncode == 0, f"the shipped method labels: exit code {p.returncode} {p.stderr[-500:] if p.returncode else ''}")
    env = dict(os.environ, OMP_NUM_THREADS="1", CP2K_DATA_DIR="/usr/share/cp2k")
    text = subprocess.run(["cp2k.psmp", "ref.inp"], cwd=tmp, env=env, capture_output=True, text=True, timeout=3000).stdout
    lines = (tmp / "out/labelled.xyz").read_text().splitlines()
    energy = float(re.search(r" energy=(\S+)", lines[1])[1])
    virial = [float(v) for v in re.search(r'virial="([^"]*)"', lines[1])[1].split()]
    force = [[float(v) for v in line.split()[4:7]] for line in lines[2:]]
    e = float(re.findall(r"Total FORCE_EVAL.*:\s+(-?\d+\.\d+)", text)[-1]) * HARTREE
    f = [[float(v) * HARTREE / BOHR for v in m] for m in re.findall(r"^\s+\d+\s+\d+\s+[A-Z][a-z]?\s+(\S+)\s+(\S+)\s+(\S+)$", text, re.M)]
    s = [float(v) * 5.1 * 5.2 * 5.1 / GPA for line in re.findall(r"STRESS\|\s+[xyz]\s+(-?\d.*)", text)[:3] for v in line.split()]
    expect(abs(energy - e) < 1e-6, f"energy {energy} eV, by hand {e}")
    expect(len(f) == 4 and max(abs(a - b) for x, y in zip(force, f) for a, b in zip(x, y)) < 1e-6, f"forces {force}, by hand {f}")
    expect(max(abs(a - b) for a, b in zip(virial, s)) < 1e-6, f"virial {virial}, by hand {s}")
    expect('program="CP2K version' in lines[1] and "run=test" in lines[1], "the header has the version, and what the frame said")

    template = tmp / "methods/cp2k-pbe-d3.inp"
    template.write_text(template.read_text().replace("MAX_SCF 25", "MAX_SCF 2").replace("MAX_SCF 6", "MAX_SCF 1"))
    p = label(tmp, "short", "methods/cp2k-pbe-d3.yaml")
    expect(p.returncode == 3 and "not converged" in p.stderr, f"two steps do not converge, and that is told: {p.stderr[-300:]}")
    expect(len(list((tmp / "short/failed").glob("*.log"))) == 1, "with the log of the program")
sys.exit(bool(failures))
