#!/usr/bin/env python3
"""lammps_driver.py SOCKET START INPUT - forces of LAMMPS for a Vitrion campaign, through `fix ipi`.

    potential:
      kind: ipi
      command: "python3 {dir}/lammps_driver.py {socket} {start} {dir}/lj.lammps"
      elements: [Li, Al, Cl, O]

INPUT is a LAMMPS input without the structure: it reads `start.data` (units metal; atom types in the order in which the elements
stand in START, whose symbols are in the variable `elements`) and ends with `fix ... ipi ${socket} 0 unix` and a long `run`.  The
cells of a campaign are orthogonal or lower triangular, as LAMMPS wants them."""
import os
import re
import shutil
import sys

def write_data(start, path):
    """Extended XYZ to LAMMPS data, `Atoms # atomic`; the elements in the order of their types.  Masses are not used: others move the atoms."""
    with open(start, encoding="utf-8") as f:
        lines = f.read().split("\n")
    n = int(lines[0])
    h = [float(x) for x in re.search(r'Lattice="([^"]*)"', lines[1])[1].split()]
    rows = [line.split()[:4] for line in lines[2:2 + n]]
    elements = list(dict.fromkeys(r[0] for r in rows))
    if max(map(abs, (h[1], h[2], h[5]))) > 1e-9:
        sys.exit("lammps_driver.py: the cell is not lower triangular")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"from {start}\n\n{n} atoms\n{len(elements)} atom types\n\n")
        f.write(f"0 {h[0]:.17g} xlo xhi\n0 {h[4]:.17g} ylo yhi\n0 {h[8]:.17g} zlo zhi\n")
        if any((h[3], h[6], h[7])):
            f.write(f"{h[3]:.17g} {h[6]:.17g} {h[7]:.17g} xy xz yz\n")
        f.write("\nMasses\n\n" + "".join(f"{k} 1\n" for k in range(1, len(elements) + 1)))
        f.write("\nAtoms # atomic\n\n")
        f.writelines(f"{i} {elements.index(r[0]) + 1} {' '.join(r[1:])}\n" for i, r in enumerate(rows, 1))
    return elements


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: lammps_driver.py SOCKET START INPUT")
    socket, start, given = sys.argv[1:]
    elements = write_data(start, "start.data")  # the scratch folder, where a driver runs
    lmp = shutil.which("lmp") or sys.exit("lammps_driver.py: there is no lmp")
    os.execv(lmp, [lmp, "-in", given, "-log", "none", "-var", "socket", socket, "-var", "elements", *elements])
