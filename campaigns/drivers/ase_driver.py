#!/usr/bin/env python3
"""ase_driver.py SOCKET START MODEL [FILE] - forces of any ASE calculator for a Vitrion campaign, through the i-PI protocol.

    potential:
      kind: ipi
      command: "python3 {dir}/ase_driver.py {socket} {start} mace {file}"
      file: my-model.model
      elements: [Li, Al, Cl, O]

MODEL is one of the functions below; another calculator is another function.  SOCKET and START come from Vitrion: START holds the
atoms in the order in which their positions will come."""
import sys

from ase import __version__ as ase_version
from ase.calculators.socketio import SocketClient
from ase.io import read


def mace(file):
    """pip install mace-torch; FILE is a model, or small, medium ... of MACE-MP"""
    import mace
    from mace.calculators import MACECalculator, mace_mp

    calc = mace_mp(model=file, default_dtype="float64") if not file.endswith(".model") else MACECalculator(
        model_paths=file, device="cpu", default_dtype="float64")
    return calc, f"mace {mace.__version__}"


def chgnet(file):
    """pip install chgnet"""
    import chgnet
    from chgnet.model import CHGNetCalculator

    return CHGNetCalculator(), f"chgnet {chgnet.__version__}"


def emt(file):
    from ase.calculators.emt import EMT

    return EMT(), "EMT"


def lj(file):
    """FILE: epsilon (eV), sigma (A), cutoff (A), as 0.05,2.6,6.5; shifted at the cutoff"""
    from ase.calculators.lj import LennardJones

    epsilon, sigma, cutoff = map(float, file.split(","))
    return LennardJones(epsilon=epsilon, sigma=sigma, rc=cutoff), "LennardJones"


MODELS = {f.__name__: f for f in (mace, chgnet, emt, lj)}

if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[3] not in MODELS:
        sys.exit(f"usage: ase_driver.py SOCKET START MODEL [FILE], MODEL one of {', '.join(MODELS)}")
    socket, start, model = sys.argv[1:4]
    atoms = read(start)
    atoms.pbc = True
    atoms.calc, version = MODELS[model](sys.argv[4] if len(sys.argv) > 4 else "")
    print(f"driver: {version}, ASE {ase_version}", flush=True)  # Vitrion keeps this line with the results
    stress = "stress" in atoms.calc.implemented_properties
    SocketClient(unixsocket=socket).run(atoms, use_stress=stress)
