#!/usr/bin/env python3
"""cp2k_driver.py SOCKET START TEMPLATE - forces of CP2K for a Vitrion campaign (RUN_TYPE DRIVER).

    potential:
      kind: ipi
      command: "python3 {dir}/cp2k_driver.py {socket} {start} {dir}/pbe.cp2k"
      elements: [Li, Al, Cl, O]

TEMPLATE is a CP2K input with @RUN_TYPE@, @MOTION@, @CELL@, @COORD@ and @KINDS@ left open.  The density of each step starts from
that of the step before: the forces depend on the way by about the accuracy of the SCF, so that a campaign that is killed goes on
with the same model, but not with the same bits.  SOCKET - : one calculation of START, into cp2k.out."""
import os
import re
import shutil
import sys

VALENCE = {"H": 1, "Li": 3, "O": 6, "F": 7, "Na": 9, "Al": 3, "P": 5, "S": 6, "Cl": 7, "K": 9, "Zn": 12, "Ga": 13, "Br": 7, "Zr": 12,
           "Nb": 13, "In": 13, "I": 7, "Ta": 13}


def sections(start):
    with open(start, encoding="utf-8") as f:
        lines = f.read().split("\n")
    n = int(lines[0])
    h = re.search(r'Lattice="([^"]*)"', lines[1])[1].split()
    rows = [line.split()[:4] for line in lines[2:2 + n]]
    cell = "".join(f"      {name} {' '.join(h[3 * k:3 * k + 3])}\n" for k, name in enumerate("ABC"))
    coord = "".join(f"      {' '.join(r)}\n" for r in rows)
    kinds = "".join(f"    &KIND {e}\n      BASIS_SET DZVP-MOLOPT-SR-GTH\n      POTENTIAL GTH-PBE-q{VALENCE[e]}\n    &END KIND\n"
                    for e in dict.fromkeys(r[0] for r in rows))
    return {"@CELL@": f"    &CELL\n{cell}    &END CELL", "@COORD@": f"    &COORD\n{coord}    &END COORD", "@KINDS@": kinds}


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: cp2k_driver.py SOCKET START TEMPLATE")
    socket, start, template = sys.argv[1:]
    fill = sections(start)
    fill["@RUN_TYPE@"] = "DRIVER" if socket != "-" else "ENERGY_FORCE"
    fill["@MOTION@"] = f"&MOTION\n  &DRIVER\n    UNIX\n    HOST {socket}\n    PORT 1\n  &END DRIVER\n&END MOTION" if socket != "-" else ""
    with open(template, encoding="utf-8") as f:
        text = f.read()
    for key, value in fill.items():
        text = text.replace(key, value)
    with open("cp2k.inp", "w", encoding="utf-8") as f:
        f.write(text)
    program = shutil.which("cp2k") or sys.exit("cp2k_driver.py: there is no cp2k")
    os.environ.setdefault("CP2K_DATA_DIR", "/usr/share/cp2k")
    arguments = [program, "-i", "cp2k.inp"] + (["-o", "cp2k.out"] if socket == "-" else [])
    os.execv(program, arguments)
