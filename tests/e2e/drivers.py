#!/usr/bin/python3
"""drivers.py VITRION MPIEXEC SOURCE [CASE ...] - real programs at the other end of the i-PI protocol.

ASE (SocketClient with LennardJones and EMT; SocketIOCalculator for `vitrion serve`) and LAMMPS (`fix ipi`) from Debian.  A
program that is not there skips its cases loudly; scripts/setup clients installs them.  cp2k and qe are cases for who
asks for them.

Tolerances, relative to the largest value: 1e-9 against ASE, once what it computes directly is put into its Hartree and
Bohr (those of CODATA 2014: without that energies and virials, differences of attraction and repulsion, are 4e-8 off);
3e-6 against LAMMPS, whose fix ipi converts with seven digits (and a Boltzmann constant of its own)."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

vitrion, mpiexec, source = sys.argv[1:4]
only = sys.argv[4:]
drivers = os.path.join(source, "campaigns/drivers")
ase_tolerance, lammps_tolerance = 1e-9, 3e-6
failures, skipped = [], []

try:
    import numpy as np
    import ase
    import ase.units
    from ase import Atoms
    from ase.build import bulk
    from ase.calculators.emt import EMT
    from ase.calculators.lj import LennardJones
    from ase.io import read, write
except ImportError:
    ase = None


def expect(truth, what):
    if not truth:
        failures.append(what)
        print("FAIL:", what, flush=True)


def run(*args, cwd, code=0):
    p = subprocess.run([str(a) for a in args], cwd=cwd, capture_output=True, text=True, timeout=7000)
    if p.returncode != code:
        raise SystemExit(f"FAIL: {' '.join(map(str, args))}: exit code {p.returncode}\n{p.stdout[-2000:]}{p.stderr[-3000:]}")
    return p.stdout


def energies(folder, file, *more):
    """Energy, forces and virial of each frame by `vitrion energy`."""
    out = json.loads(run(vitrion, "energy", *more, file, "--json", cwd=folder))
    virials = [[np.nan if w is None else w for w in f["virial_eV"]] for f in out["frames"]]
    return [(f["energy_eV"], np.array(f["forces_eV_A"]), np.array(w).reshape(3, 3)) for f, w in zip(out["frames"], virials)]


def compare(what, got, want, tolerance):
    worst = 0.0
    for (e, f, w), (e0, f0, w0) in zip(got, want):
        for x, y in ((e, e0), (f, f0), (w, w0)):
            worst = max(worst, float(np.max(np.abs(np.asarray(x) - y)) / np.max(np.abs(y))))
    expect(len(got) == len(want) and worst < tolerance, f"{what}: off by {worst:.2g} of the largest value")
    print(f"{what}: {len(got)} frames, largest difference {worst:.2g} of the largest value", flush=True)


HARTREE_EV, BOHR_A = 27.211386245988, 0.529177210903  # CODATA 2018, as engine/spec/spec.h


def direct(frames, calculator, by_wire=True):
    """As a client sees the frame and we see its answer: lengths by our Bohr, which it takes for its own; energies likewise."""
    length, energy = (ase.units.Bohr / BOHR_A, HARTREE_EV / ase.units.Hartree) if by_wire else (1, 1)
    out = []
    for atoms in frames:
        atoms = atoms.copy()
        atoms.set_cell(atoms.cell.array * length, scale_atoms=True)
        atoms.calc = calculator
        stress = atoms.get_stress(voigt=False)
        out.append((atoms.get_potential_energy() * energy, atoms.get_forces() * energy * length, -stress * atoms.get_volume() * energy))
    return out


def alloy(repeat=3, n=3):
    """Frames of a sheared, shaken crystal of aluminium and copper: triclinic, atoms outside of the cell."""
    rng = np.random.default_rng(4)
    frames = []
    for _ in range(n):
        atoms = bulk("Al", "fcc", a=4.0, cubic=True).repeat(repeat)
        atoms.symbols[::3] = "Cu"
        atoms.set_cell(atoms.cell.array @ (np.eye(3) + np.tril(0.05 * rng.standard_normal((3, 3)))), scale_atoms=True)
        atoms.positions += 0.15 * rng.standard_normal(atoms.positions.shape) + 7
        frames.append(atoms)
    return frames


def written(folder, frames):
    """The frames as a file has them: with eight digits."""
    path = os.path.join(folder, "a.xyz")
    write(path, frames, format="extxyz")
    return read(path, index=":")


def ase_command(model):
    return f"/usr/bin/python3 {drivers}/ase_driver.py {{socket}} {{start}} {model}"


def case_ase_lj(folder):
    frames = written(folder, alloy())
    lj = LennardJones(epsilon=0.05, sigma=2.6, rc=6.5)
    want = direct(frames, lj)
    for order in ([], ["--plain"]):
        got = energies(folder, "a.xyz", "--command", ase_command("lj 0.05,2.6,6.5"), *order, "-")
        compare(f"ASE LennardJones {'plain' if order else 'fused'}", got, want, ase_tolerance)
    compare("our own lj", energies(folder, "a.xyz", "--kind", "lj", "-"), direct(frames, lj, by_wire=False), 1e-10)


def case_ase_emt(folder):
    frames = written(folder, alloy())
    want = direct(frames, EMT())
    for order in ([], ["--plain"]):
        got = energies(folder, "a.xyz", "--command", ase_command("emt"), *order, "-")
        compare(f"ASE EMT {'plain' if order else 'fused'}", got, want, ase_tolerance)


def case_lammps(folder):
    frames = written(folder, alloy())
    want = energies(folder, "a.xyz", "--kind", "lj", "-")
    command = f"/usr/bin/python3 {drivers}/lammps_driver.py {{socket}} {{start}} {drivers}/lj.lammps"
    for order in ([], ["--plain"]):
        got = energies(folder, "a.xyz", "--command", command, *order, "-")
        compare(f"LAMMPS lj/cut {'plain' if order else 'fused'}", got, want, lammps_tolerance)


CAMPAIGN = """vitrion: 1
campaign: driven
seed: 5
potential: {{kind: ipi, command: "{command}", elements: [Li, Na, Al, Cl]}}
compositions: {{include: [LiAlCl4, NaAlCl4], atoms: 48}}
temperatures: [500 K, 600 K]
glasses: 1
protocol:
  melt: {{duration: 0.1 ps}}
  quench: {{rate: 6e15 K/s, npt_below: 800 K}}
  equilibrate: {{duration: 0.1 ps}}
  produce: {{duration: 0.2 ps}}
guard: {{contacts: off, molecules: off}}
observe: {{thermo: {{every: 10 fs}}}}
output: out
"""


def campaign_of(folder, command):
    """A campaign with a barostat on two ranks, each with a driver of its own; driver_resume.py kills such a campaign."""
    with open(os.path.join(folder, "c.yaml"), "w", encoding="utf-8") as f:
        f.write(CAMPAIGN.format(command=command))
    run(mpiexec, "-n", 2, vitrion, "run", "c.yaml", cwd=folder)
    counts = json.loads(run(vitrion, "status", "out", "--json", cwd=folder))["tasks"]
    expect(counts["done"] == 6 and counts["failed"] == 0, f"campaign: {counts}")
    with open(os.path.join(folder, "out/campaign.yaml"), encoding="utf-8") as f:
        recorded = f.read()
    expect("command: \"" in recorded and "sha256: \"" in recorded, f"campaign: what drove it is not recorded:\n{recorded}")
    run(vitrion, "verify", "out", cwd=folder)
    return counts


def case_campaign_lammps(folder):
    for name in ("lammps_driver.py", "lj.lammps"):
        shutil.copy(os.path.join(drivers, name), folder)
    campaign_of(folder, "/usr/bin/python3 {dir}/lammps_driver.py {socket} {start} {dir}/lj.lammps")
    # the recorded campaign is read where its driver's files have gone; the user's own says what it misses
    os.rename(os.path.join(folder, "lj.lammps"), os.path.join(folder, "gone"))
    run(vitrion, "status", "out", cwd=folder)
    p = subprocess.run([vitrion, "check", "c.yaml"], cwd=folder, capture_output=True, text=True)
    expect(p.returncode == 2 and "lj.lammps" in p.stderr and "c.yaml:4:" in p.stderr, f"missing file: {p.stderr}")
    with open(os.path.join(folder, "lj.lammps"), "w", encoding="utf-8") as f:
        f.write("# another one\n")
    p = subprocess.run([mpiexec, "-n", "1", vitrion, "run", "c.yaml"], cwd=folder, capture_output=True, text=True)
    expect(p.returncode == 2, f"a campaign of another driver goes on in this folder: exit code {p.returncode} {p.stderr}")
    print("campaign by LAMMPS on two ranks: done, verified; another input file is another campaign", flush=True)


def case_serve(folder):
    """ASE's SocketIOCalculator is the server, our engine its client: forces as by `vitrion energy`."""
    from ase.calculators.socketio import SocketIOCalculator

    potential = os.path.join(source, "tests/golden/nep/potentials/syn_typecut4.txt")
    with open(potential, encoding="utf-8") as f:
        elements = f.readline().split()[2:]
    rng = np.random.default_rng(8)
    start = bulk("Al", "fcc", a=4.6, cubic=True).repeat(2)
    start.symbols = [elements[k % len(elements)] for k in range(len(start))]
    start.set_cell(start.cell.array @ (np.eye(3) + 0.04 * rng.standard_normal((3, 3))), scale_atoms=True)
    write(os.path.join(folder, "start.xyz"), start, format="extxyz")
    frames, got = [], []
    socket = f"vitrion-test-{os.getpid()}"
    args = [vitrion, "serve", potential, "--structure", "start.xyz", "--socket", socket]
    client = subprocess.Popen(args, cwd=folder, stderr=subprocess.PIPE, text=True)
    with SocketIOCalculator(unixsocket=socket) as calc:
        atoms = start.copy()
        atoms.calc = calc
        for _ in range(3):
            atoms.positions += 0.1 * rng.standard_normal(atoms.positions.shape)
            atoms.set_cell(atoms.cell.array * 1.01, scale_atoms=True)
            got.append((atoms.get_potential_energy(), atoms.get_forces(), -atoms.get_stress(voigt=False) * atoms.get_volume()))
            frames.append(Atoms(atoms.symbols, atoms.positions, cell=atoms.cell, pbc=True))
    text = client.communicate(timeout=120)[1]
    expect(client.returncode == 0 and "3 answers" in text, f"serve: exit code {client.returncode}: {text}")
    write(os.path.join(folder, "frames.xyz"), frames, format="extxyz")
    want = energies(folder, "frames.xyz", potential)
    compare("vitrion serve for ASE", got, want, 1e-7)  # extended XYZ of ASE has eight decimals
    p = subprocess.run([vitrion, "serve", potential, "--socket", "x"], cwd=folder, capture_output=True, text=True)
    expect(p.returncode == 2 and "--structure" in p.stderr, f"serve without a structure: {p.returncode} {p.stderr}")
    p = subprocess.run([*args[:-1], "nobody-listens-here", "--patience", "0"], cwd=folder, capture_output=True, text=True)
    expect(p.returncode == 1 and "/tmp/ipi_nobody-listens-here" in p.stderr, f"serve without a server: {p.stderr}")


def case_cp2k(folder):
    """One small frame, by RUN_TYPE DRIVER and by RUN_TYPE ENERGY_FORCE of the same input."""
    cell = 5.14
    atoms = bulk("LiCl", "rocksalt", a=cell, cubic=True)
    atoms.positions += 0.05 * np.random.default_rng(2).standard_normal(atoms.positions.shape)
    write(os.path.join(folder, "a.xyz"), atoms, format="extxyz")
    command = f"/usr/bin/python3 {drivers}/cp2k_driver.py {{socket}} {{start}} {drivers}/pbe.cp2k"
    got = energies(folder, "a.xyz", "--command", command, "--timeout", "3400", "-")
    run("/usr/bin/python3", f"{drivers}/cp2k_driver.py", "-", "a.xyz", f"{drivers}/pbe.cp2k", cwd=folder)
    bohr, hartree = 0.529177210903, 27.211386245988
    with open(os.path.join(folder, "cp2k.out"), encoding="utf-8") as f:
        lines = f.read().split("\n")
    e = next(float(x.split()[-1]) for x in lines if "ENERGY| Total FORCE_EVAL" in x) * hartree
    at = max(k for k, x in enumerate(lines) if x.startswith(" ATOMIC FORCES in"))
    f = np.array([[float(y) for y in x.split()[3:6]] for x in lines[at + 3:at + 3 + len(atoms)]]) * hartree / bohr
    rows = [x.split() for x in lines if x.startswith(" STRESS|")]  # GPa; the first three rows of x, y, z
    stress = np.array([[float(y) for y in r[2:5]] for r in rows if r[1] in ("x", "y", "z") and len(r) == 5][:3])
    w = stress * atoms.get_volume() / 160.21766208
    compare("CP2K", got, [(e, f, w)], 1e-4)  # eight printed decimals, density converged to 1e-7


def case_validate(folder):
    """Errors of EMT through ASE against labels that were moved by known amounts; the root mean squares are numpy's."""
    rng = np.random.default_rng(5)
    frames = written(folder, alloy(2, 4))
    labelled, de, df = [], [], []
    for atoms, (e, f, w) in zip(frames, direct(frames, EMT())):
        de.append(0.01 * rng.standard_normal())  # eV an atom
        df.append(0.05 * rng.standard_normal(f.shape))
        df[-1] -= df[-1].mean(axis=0)  # net forces would be told
        atoms.calc = None
        atoms.info = {"energy": e + de[-1] * len(atoms), "virial": " ".join(f"{x:.17g}" for x in w.ravel())}
        atoms.arrays["forces"] = f + df[-1]
        labelled.append(atoms)
    want_e, want_f = 1e3 * np.sqrt(np.mean(np.square(de))), 1e3 * np.sqrt(np.mean(np.square(np.concatenate(df))))
    write(os.path.join(folder, "labels.xyz"), labelled, format="extxyz")
    got = json.loads(run(vitrion, "validate", "--command", ase_command("emt"), "-", "labels.xyz", "--json", cwd=folder))
    expect(got["n_frames"] == 4 and abs(got["energy_rmse_meV_atom"] - want_e) < 1e-3, f"validate: energy, expected {want_e}: {got}")
    expect(abs(got["force_rmse_meV_A"] - want_f) < 1e-3 and got["virial_rmse_meV_atom"] < 1e-3, f"validate: {want_f}: {got}")
    expect(set(got["by_element"]) == {"Al", "Cu"} and not got.get("warnings"), f"validate: {got}")
    for atoms in labelled:
        atoms.info["energy"] -= 50.0 * len(atoms)  # as total energies of density functional theory are
    write(os.path.join(folder, "labels.xyz"), labelled, format="extxyz")
    got = json.loads(run(vitrion, "validate", "--command", ase_command("emt"), "-", "labels.xyz", "--json", cwd=folder))
    expect(got["energy_rmse_meV_atom"] is None and "another scale" in " ".join(got["warnings"]), f"validate: another scale: {got}")
    expect(abs(got["force_rmse_meV_A"] - want_f) < 1e-3, f"validate: another scale: {got}")
    print(f"validate by a driver: energy {want_e:.4f} meV/atom, forces {want_f:.3f} meV/A as numpy has them", flush=True)


AL_PSEUDO = """ &input
   title='Al', zed=13.0, rel=1, config='[Ne] 3s2 3p1 3d-2', iswitch=3, dft='PBE'
 /
 &inputp
   lloc=2, pseudotype=1, tm=.true., file_pseudopw='Al.UPF', author='test'
 /
3
3S 1 0 2.00 0.00 2.20 2.20
3P 2 1 1.00 0.00 2.40 2.40
3D 3 2 -2.00 0.15 2.40 2.40
"""


def case_qe(folder):
    """Two frames of four atoms in one cell (pw.x keeps the plane waves of its first), and each by a run of its own."""
    subprocess.run(["ld1.x"], input=AL_PSEUDO, cwd=folder, capture_output=True, text=True, check=True)
    with open(os.path.join(drivers, "pbe.qe"), encoding="utf-8") as f:
        text = f.read().replace("ecutwfc = 60", "ecutwfc = 16").replace("1.0e-8", "1.0e-11")
    with open(os.path.join(folder, "al.qe"), "w", encoding="utf-8") as f:
        f.write(text.replace("  ecutrho = 480", "  occupations = 'smearing'\n  smearing = 'mv'\n  degauss = 0.05"))
    rng = np.random.default_rng(2)
    start = bulk("Al", "fcc", a=4.05, cubic=True)
    start.set_cell(start.cell.array @ (np.eye(3) + 0.03 * rng.standard_normal((3, 3))), scale_atoms=True)
    frames = [start.copy(), start.copy()]
    for atoms in frames:
        atoms.positions += 0.1 * rng.standard_normal(atoms.positions.shape)
    frames = written(folder, frames)
    command = f"/usr/bin/python3 {drivers}/qe_driver.py {{socket}} {{start}} {{dir}}/al.qe {{dir}}"
    want, rydberg, bohr = [], 27.211386245988 / 2, 0.529177210903
    for atoms in frames:
        write(os.path.join(folder, "one.xyz"), atoms, format="extxyz")
        run("/usr/bin/python3", f"{drivers}/qe_driver.py", "-", "one.xyz", "al.qe", ".", cwd=folder)
        with open(os.path.join(folder, "pw.out"), encoding="utf-8") as f:
            lines = f.read().split("\n")
        e = next(float(x.split()[4]) for x in lines if x.startswith("!    total energy")) * rydberg
        f = np.array([[float(y) for y in x.split()[-3:]] for x in lines if "force =" in x and x.split()[0] == "atom"]) * rydberg / bohr
        at = next(k for k, x in enumerate(lines) if "total   stress" in x)
        s = np.array([[float(y) for y in x.split()[:3]] for x in lines[at + 1:at + 4]]) * rydberg / bohr**3
        want.append((e, f, s * atoms.get_volume()))
    for order in ([], ["--plain"]):
        got = energies(folder, "a.xyz", "--command", command, *order, "-")
        compare(f"Quantum ESPRESSO {'plain' if order else 'fused'}", got, want, 1e-4)  # stress has eight decimals: 1e-5 of it


NEEDS = {"case_qe": "pw.x", "case_lammps": "lmp", "case_campaign_lammps": "lmp", "case_cp2k": "cp2k"}
NOT_ALWAYS = {"case_cp2k", "case_qe"}
for name, case in [(k, v) for k, v in list(globals().items()) if k.startswith("case_")]:
    if (only and name.removeprefix("case_") not in only) or (not only and name in NOT_ALWAYS):
        continue
    if not ase or (name in NEEDS and not shutil.which(NEEDS[name])):
        print("=" * 100 + f"\nSKIPPED {name}: {'python3-ase' if not ase else NEEDS[name]} is not installed\n" + "=" * 100)
        skipped.append(name)
        continue
    with tempfile.TemporaryDirectory(prefix="vitrion-drivers-") as where:
        case(where)
print(f"{len(failures)} failures, {len(skipped)} cases skipped")
sys.exit(1 if failures else 77 if skipped else 0)
