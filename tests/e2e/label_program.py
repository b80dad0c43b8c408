#!/usr/bin/python3
"""label_program.py INPUT OUTPUT FORCES - a program as `vitrion label` starts them: springs between all atoms, answered in the units
and the layout of no real program.  What it does wrong depends on the number of atoms, so that a test chooses by its frames:
    2  nothing         3  does not converge     4  prints nan               5  prints half of the forces    6  hangs
    7  exit code 9     8  forces that do not add up to zero                 9  a stress that is not symmetric
   10  dies by SIGKILL 11 writes nothing        12 sleeps before it answers (LABEL_SLEEP seconds)         13  energy far from others
   14  writes 300 MiB   15  hangs, beside a process that has left its session (as launchers of MPI do)"""
import os
import signal
import subprocess
import sys
import time

HARTREE, BOHR, GPA = 27.211386245988, 0.529177210903, 160.2176634
STIFF = 0.37  # eV/A2


def read(path):
    lines = open(path).read().splitlines()
    name, n = lines[0].split()[1], int(lines[1].split()[1])
    cell = [[float(v) for v in lines[2 + k].split()[1:]] for k in range(3)]
    rows = [line.split() for line in lines[5:5 + n]]
    return name, cell, [r[0] for r in rows], [[float(v) for v in r[1:]] for r in rows]


def springs(x):
    """Energy, forces, virial (-dE/dstrain) of springs of no length between all atoms: no images, so any cell will do."""
    n = len(x)
    energy, force, virial = 0.0, [[0.0] * 3 for _ in x], [[0.0] * 3 for _ in range(3)]
    for i in range(n):
        for j in range(i):
            d = [a - b for a, b in zip(x[i], x[j])]
            energy += 0.5 * STIFF * sum(v * v for v in d)
            for k in range(3):
                force[i][k] -= STIFF * d[k]
                force[j][k] += STIFF * d[k]
                for m in range(3):
                    virial[k][m] -= STIFF * d[k] * d[m]
    return energy, force, virial


def volume(c):
    return abs(c[0][0] * (c[1][1] * c[2][2] - c[1][2] * c[2][1]) - c[0][1] * (c[1][0] * c[2][2] - c[1][2] * c[2][0])
               + c[0][2] * (c[1][0] * c[2][1] - c[1][1] * c[2][0]))


def main():
    name, cell, symbols, x = read(sys.argv[1])
    n = len(x)
    with open(os.environ.get("LABEL_COUNT", "/dev/null"), "a") as f:
        f.write(name + "\n")
    if n == 6:
        time.sleep(1000)
    if n == 7:
        print("no license for this program")
        sys.exit(9)
    if n == 10:
        os.kill(os.getpid(), signal.SIGKILL)
    if n == 11:
        return
    if n == 14:
        open(sys.argv[2], "w").truncate(300 << 20)
        return
    if n == 15:
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
        time.sleep(1000)
    if n == 12:
        time.sleep(float(os.environ.get("LABEL_SLEEP", "0")))
    energy, force, virial = springs(x)
    if n == 4:
        force[1][2] = float("nan")
    if n == 8:
        force[0][0] += 0.5
    if n == 13 and x[0][0] > 5:
        energy += 13 * 0.5
    v = volume(cell)
    if n == 9:
        virial[0][1] += 0.3 * v / GPA
    with open(sys.argv[3], "w") as f:
        f.write("forces in atomic units\n" + "".join("%5d %-2s %22.14E %22.14E %22.14E\n" % (
            i + 1, s, *(c * BOHR / HARTREE for c in row)) for i, (s, row) in enumerate(zip(symbols, force)))
            if n != 5 else "forces in atomic units\n    1 Al 0.1 0.2 0.3\n    2 Al 0.1")
    with open(sys.argv[2], "w") as f:
        f.write("SPRINGS version 1.5 (2026)\nTotal energy [hartree] = 0.5 (first guess)\n")
        f.write("self-consistency %s reached\n" % ("was NOT" if n == 3 else "was"))
        f.write("Total energy [hartree] = %.14f\n" % (energy / HARTREE))
        # compression positive, kbar
        f.write("stress xx yy zz yz xz xy (kbar) %s\n" % " ".join("%.12E" % (10 * GPA * virial[i][j] / v) for i, j in (
            (0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))) if n != 9 else "")
        for k in range(3):
            f.write("row %s\n" % " ".join("%.12E" % (10 * GPA * w / v) for w in virial[k]))
        f.write("row 9 9 9\n" * 3 + "done\n")  # what looks alike, and is not meant


main()
