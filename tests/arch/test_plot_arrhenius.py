#!/usr/bin/python3
"""test_plot_arrhenius.py SRC - the table of scripts/plot_arrhenius.py of a store written here, and what it leaves out.

What the figure draws are the numbers of the table; the same code draws the lines of a report (tests/e2e/report.py)."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

PLOT = pathlib.Path(sys.argv[1]) / "scripts/plot_arrhenius.py"
T = [500.0, 600.0, 700.0]
NAN = float("nan")
# of two compositions: a narrow interval, one of more than three decades, none (one glass); then three narrow ones
VALUE = [[4.0e-6, 1.2e-5, 2.7e-5], [1e-6, 2e-6, 3e-6]]
LO95 = [[3.5e-6, 1.0e-8, NAN], [0.9e-6, 1.8e-6, 2.7e-6]]
HI95 = [[4.6e-6, 1.4e-2, NAN], [1.1e-6, 2.2e-6, 3.3e-6]]
EA = {"ea_ev": [0.28, 0.31], "ea_lo95_ev": [0.25, NAN], "ea_hi95_ev": [0.31, NAN], "log10_ref": [-5.4, -6.0],
      "t_ref_k": [500.0, 500.0]}
EA["ln_prefactor"] = [y * np.log(10) + ea / (8.617333262e-5 * 500) for y, ea in zip(EA["log10_ref"], EA["ea_ev"])]


class Table(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.TemporaryDirectory(prefix="vitrion-plot-")
        self.addCleanup(self.top.cleanup)
        self.path = pathlib.Path(self.top.name) / "results.h5"
        with h5py.File(self.path, "w") as f:
            f["compositions/name"] = np.array([b"LiAlCl2.5O0.75", b"NaTaCl6"])
            f["pool/temperature"] = T
            pool = {"value": VALUE, "lo95": LO95, "hi95": HI95, "n_glasses": [[5, 2, 1], [5, 5, 5]]}
            for key, values in pool.items():
                f[f"pool/D_alkali/{key}"] = values
            for key, values in EA.items():
                f[f"fits/D_alkali/{key}"] = values

    def run_it(self, *more):
        return subprocess.run([PLOT, self.path, *more], capture_output=True, text=True)

    def test_values_stand_with_the_intervals_of_the_store(self):
        out = self.run_it().stdout
        self.assertRegex(out, r"LiAlCl2.5O0.75 +500.0 +5 +4.000e-06 \[3.50e-06, 4.60e-06\]\n")
        self.assertIn("LiAlCl2.5O0.75           Ea = 0.280 [0.250, 0.310] eV", out)
        self.assertNotIn("+-", out)

    def test_what_is_not_resolved_is_no_number(self):
        out = self.run_it().stdout
        self.assertRegex(out, r"LiAlCl2.5O0.75 +600.0 +2 +not resolved\n")
        self.assertRegex(out, r"LiAlCl2.5O0.75 +700.0 +1 +not resolved\n")
        self.assertIn("NaTaCl6                  Ea not resolved", out)
        for number in ("1.200e-05", "2.700e-05", "0.310 ["):
            self.assertNotIn(number, out)

    def test_a_label_of_a_logarithmic_axis_is_the_number_at_its_tick(self):
        """Read back, in ranges from a factor of 1.5 to a hundred; at least two labels where the range is below two decades."""
        sys.path.insert(0, str(PLOT.parent))
        import matplotlib.pyplot as plt
        from report import drawing
        for low in (1.1e-6, 0.02, 55, 3e4):
            for high in (1.5 * low, 3 * low, 9 * low, 60 * low):
                figure, axes = plt.subplots()
                axes.plot([0, 1], [low, high])
                drawing.log_y(axes)
                figure.canvas.draw()
                bottom, top = axes.get_ylim()
                shown = [(y, t.get_text()) for y, t in zip(axes.get_yticks(), axes.get_yticklabels()) if bottom <= y <= top]
                self.assertGreaterEqual(len(shown), 2, f"{low} {high}")
                for y, text in shown:
                    said = float(text.strip("$").replace("\\times10^{", "e").rstrip("}"))
                    self.assertLess(abs(said / y - 1), 1e-5, text)  # six digits are printed
                plt.close(figure)

    def test_a_figure_is_there_whole_or_not_at_all(self):
        """What cannot be written, or is no figure, is told in a line, and what stood there stays."""
        folder = self.path.parent
        for name, why in (("old.xyz", "not supported"), ("missing/a.svg", "No such file or directory")):
            (folder / "old.xyz").write_text("old")
            done = self.run_it(folder / name)
            if "matplotlib is not installed" in done.stderr:
                self.skipTest("no matplotlib")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, f"^plot_arrhenius: .*{why}")
            self.assertNotIn("Traceback", done.stderr)
            self.assertEqual({p.name for p in folder.iterdir()}, {"old.xyz", "results.h5"})
            self.assertEqual((folder / "old.xyz").read_text(), "old")
        for name, begin in (("a.svg", b"<?xml"), ("b.png", b"\x89PNG"), ("c.pdf", b"%PDF")):
            self.assertEqual(self.run_it(folder / name).returncode, 0)
            self.assertTrue((folder / name).read_bytes().startswith(begin), name)

    def test_a_store_without_intervals_is_told_as_that(self):
        with h5py.File(self.path, "r+") as f:
            del f["pool/D_alkali/lo95"]
        done = self.run_it()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("older build", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
