#!/usr/bin/env python3
"""qe_driver.py SOCKET START TEMPLATE [PSEUDO_DIR] - forces of Quantum ESPRESSO (pw.x) for a Vitrion campaign.

    potential:
      kind: ipi
      command: "python3 {dir}/qe_driver.py {socket} {start} {dir}/pbe.qe /home/me/pseudo"
      elements: [Li, Al, Cl, O]

TEMPLATE is an input of pw.x (calculation 'scf') with @PSEUDO_DIR@, @NAT@, @NTYP@, @SPECIES@, @POSITIONS@ and @CELL@ left open; its
lines `! species: SYMBOL MASS FILE` say which pseudopotential each element has.  The density of each step starts from that of the step
before, as with cp2k_driver.py.  SOCKET - : one calculation of START, into pw.out."""
import os
import re
import shutil
import sys


def fill(template, start, pseudo_dir):
    with open(start, encoding="utf-8") as f:
        lines = f.read().split("\n")
    n = int(lines[0])
    h = re.search(r'Lattice="([^"]*)"', lines[1])[1].split()
    rows = [line.split()[:4] for line in lines[2:2 + n]]
    elements = list(dict.fromkeys(r[0] for r in rows))
    with open(template, encoding="utf-8") as f:
        text = f.read()
    species = {m[1]: f"{m[1]} {m[2]} {m[3]}" for m in re.finditer(r"^! species: (\S+) (\S+) (\S+)$", text, re.M)}
    missing = [e for e in elements if e not in species]
    if missing:
        sys.exit(f"qe_driver.py: {template} has no line `! species: {missing[0]} MASS FILE`")
    values = {"PSEUDO_DIR": pseudo_dir, "NAT": str(n), "NTYP": str(len(elements)),
              "SPECIES": "\n".join(species[e] for e in elements), "POSITIONS": "\n".join(" ".join(r) for r in rows),
              "CELL": "\n".join(" ".join(h[3 * k:3 * k + 3]) for k in range(3))}
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: qe_driver.py SOCKET START TEMPLATE [PSEUDO_DIR]")
    socket, start, template = sys.argv[1:4]
    pseudo_dir = os.path.abspath(sys.argv[4] if len(sys.argv) > 4 else os.path.dirname(template) or ".")
    alone = socket == "-"
    with open("pw.in", "w", encoding="utf-8") as f:
        f.write(fill(template, start, pseudo_dir))
    program = shutil.which("pw.x") or sys.exit("qe_driver.py: there is no pw.x")
    if alone:
        out = os.open("pw.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(out, 1)
    os.execv(program, [program] + ([] if alone else ["--ipi", f"{socket}:UNIX"]) + ["-in", "pw.in"])
