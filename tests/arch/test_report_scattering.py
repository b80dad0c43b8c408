#!/usr/bin/python3
"""test_report_scattering.py SRC - S(q) and G(r) of a report against what is known of them without its code.

References: weights add up to one; a gas without order has S = 1 and G = 0; for a liquid with one shell S(q) is the
integral that scattering.py states, taken by scipy's adaptive quadrature instead of a sum over bins."""
import pathlib
import sys
import unittest

import numpy as np
from scipy.integrate import quad

sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "scripts"))
try:
    import periodictable  # noqa: F401
    from report import scattering
except ImportError as missing:
    print("=" * 100 + f"\nSKIPPED: {missing} (scripts/setup)\n" + "=" * 100)
    sys.exit(77)

RHO, END, BIN = 0.03, 8.0, 0.05
B = [-1.9, 3.449, 9.577, 5.803]


def shell(r):
    return 1 + 2 * np.exp(-0.5 * ((r - 3.0) / 0.25) ** 2) * (r > 0)


def atoms(g):
    """four species in the ratio of LiAlCl2.5O0.75, every pair with the same g(r)"""
    a = object.__new__(scattering.Atoms)
    a.symbols, a.c, a.rho = ["Li", "Al", "Cl", "O"], np.array([4, 4, 10, 3]) / 21, RHO
    a.r = BIN * (np.arange(int(END / BIN)) + 0.5)
    a.g = {(i, j): g(a.r) for i in range(4) for j in range(i, 4)}
    return a


class Scattering(unittest.TestCase):
    def test_weights_add_up_to_one(self):
        self.assertAlmostEqual(sum(atoms(shell).weights(B).values()), 1, places=12)
        form = np.array([[z / (1 + q) for q in scattering.Q] for z in (3, 13, 17, 8)])
        np.testing.assert_allclose(sum(atoms(shell).weights(form).values()), 1, rtol=1e-12)

    def test_no_order_scatters_nothing(self):
        a = atoms(np.ones_like)
        np.testing.assert_array_equal(a.reduced(B), 0)
        np.testing.assert_array_equal(a.total(B), 1)

    def test_one_shell_is_the_integral_of_the_definition(self):
        # all pairs alike: the weights drop out, whatever b is.  Bins of 0.05 A sample a shell of 0.25 A and sin(15 r):
        # the midpoint rule errs by (q bin)^2/24 of the shell's part, below 3 % at 15 / A
        a = atoms(shell)
        got = a.total(B)

        def integrand(r, q):
            return r * (shell(r) - 1) * np.sinc(r / END) * np.sin(q * r)
        for k in range(0, len(scattering.Q), 40):
            q = scattering.Q[k]
            expected = 1 + 4 * np.pi * RHO / q * quad(integrand, 1e-9, END, args=(q,), limit=400)[0]
            self.assertAlmostEqual(got[k], expected, delta=2e-3)
        np.testing.assert_allclose(a.reduced(B), 4 * np.pi * RHO * a.r * (shell(a.r) - 1), rtol=1e-12)

    def test_lengths_are_those_of_the_tables(self):
        # Sears, Neutron News 3, 26 (1992): natural Li -1.90, Al 3.449, Cl 9.577, O 5.803 fm
        class Of:
            symbols = ["Li", "Al", "Cl", "O"]
        neutron, zero, _ = scattering.lengths(Of, scattering.package())
        np.testing.assert_allclose(neutron, B, atol=5e-3)
        np.testing.assert_allclose(zero, [3, 13, 17, 8], atol=0.01)  # f(0) = Z


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
