"""scattering.py - total S(q) and reduced G(r) for neutrons and X-rays from the partial g(r), Faber and Ziman's weights.

  S(q) - 1 = sum_ij w_ij(q) [A_ij(q) - 1],  w_ij = c_i c_j b_i b_j / <b>^2  (b: scattering length or form factor)
  A_ij(q) - 1 = (4 pi rho / q) int_0^R r [g_ij(r) - 1] M(r) sin(q r) dr,  M(r) = sin(pi r / R) / (pi r / R)  (Lorch)
  G(r) = 4 pi rho r sum_ij w_ij [g_ij(r) - 1],  with f(0) = Z for X-rays
T. E. Faber, J. M. Ziman, Phil. Mag. 11, 153 (1965); E. Lorch, J. Phys. C 2, 229 (1969); names as D. A. Keen, J. Appl.
Cryst. 34, 172 (2001).  Coefficients: the Python package periodictable (scattering lengths of NIST's neutron tables,
form factors of Waasmaier and Kirfel)."""
import numpy as np

from report import drawing
from report.structure import common_temperature, partial
from report.transport import few, left_out
from report.words import formula, math_formula

LEAST_R, WIDEST_BIN = 6.0, 0.1  # A: shorter or coarser g(r) make no S(q)
Q = np.linspace(0.8, 15, 285)
KINDS = ("neutrons", "X-rays")


def package():
    """(periodictable, form factor function, version) or None"""
    try:
        import periodictable
        from periodictable.cromermann import fxrayatq
    except ImportError:
        return None
    return periodictable, fxrayatq, periodictable.__version__


class Atoms:
    """composition k at temperature t: concentrations, number density, partial g(r) on one grid"""

    def __init__(self, folder, k, t):
        counts = folder.counts[k]
        self.symbols = [s for s, n in zip(folder.symbols, counts) if n > 0]
        self.c = np.array([n for n in counts if n > 0], float) / counts.sum()
        volume = folder.array("transport/volume_a3")
        volumes = [volume[i] for i in folder.runs(k, t)] if volume is not None else []
        self.rho = counts.sum() / np.mean(volumes) if volumes and np.all(np.isfinite(volumes)) else np.nan
        self.g, ends = {}, []
        for i, a in enumerate(self.symbols):
            for j in range(i, len(self.symbols)):
                found = partial(folder, k, t, a, self.symbols[j])
                if found is None:
                    self.why = f"g(r) of {a}–{self.symbols[j]} is not stored"
                    return
                self.g[i, j] = found
                ends.append(found[0][-1])
        n = min(len(r) for r, _ in self.g.values())
        self.r = next(iter(self.g.values()))[0][:n]
        self.g = {p: g[:n] for p, (_, g) in self.g.items()}
        self.why = ""
        if min(ends) < LEAST_R:
            self.why = f"g(r) ends at {min(ends):.1f} Å, at least {LEAST_R:g} Å are needed"
        elif self.r[1] - self.r[0] > WIDEST_BIN:
            self.why = (
                f"bins of g(r) are {self.r[1] - self.r[0]:.2f} Å wide, at most {WIDEST_BIN:g} Å are fine enough"
            )
        elif not np.isfinite(self.rho):
            self.why = "the density is not known"

    def weights(self, b):
        """w_ij of scattering lengths b (species, or species x q); i != j counts twice"""
        b = np.asarray(b, float)
        mean = np.tensordot(self.c, b, axes=1)
        return {(i, j): (1 if i == j else 2) * self.c[i] * self.c[j] * b[i] * b[j] / mean**2 for i, j in self.g}

    def reduced(self, b):
        w = self.weights(b)
        return 4 * np.pi * self.rho * self.r * sum(w[p] * (self.g[p] - 1) for p in self.g)

    def total(self, b):
        w = self.weights(b)
        dr = self.r[1] - self.r[0]
        window = np.sinc(self.r / (self.r[-1] + dr / 2))
        wave = np.sin(np.outer(Q, self.r)) * (self.r * window * dr) * 4 * np.pi * self.rho / Q[:, None]
        return 1 + sum(w[p] * (wave @ (self.g[p] - 1)) for p in self.g)


def lengths(atoms, known):
    """scattering lengths: neutrons, X-rays at q = 0, X-rays along Q; None if one is not in the tables"""
    table, form, _ = known
    try:
        neutron = [getattr(table, s).neutron.b_c for s in atoms.symbols]
        zero = [float(form(s, 0.0)) for s in atoms.symbols]
        along = [np.asarray(form(s, Q), float) for s in atoms.symbols]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return None if any(b is None for b in neutron) else (neutron, zero, along)


def gather(folder):
    """([(name, atoms, lengths)], why nothing)"""
    t, known = common_temperature(folder), package()
    if known is None:
        return (
            [],
            (
                "Left out: scattering lengths and form factors come from the Debian package python3-periodictable,"
                " which is not installed"
            ),
        )
    if t is None:
        return [], "Left out: no run is done"
    out, why = [], ""
    for n in few(folder):
        atoms = Atoms(folder, folder.names.index(n), t)
        b = lengths(atoms, known)
        why = atoms.why or ("" if b else "an element is not in the tables of scattering lengths")
        if not why:
            out.append((n, atoms, b))
    return out, "" if out else f"Left out: {why}"


def figures(folder):
    """(figures, HTML of what was used or why there are none)"""
    found, why = gather(folder)
    if not found:
        return [], f'<p class="na">{why}.</p>'
    t, out = common_temperature(folder), []
    for name, label, title in (("sq", "$S(q)$", "q"), ("gr", r"$G(r)$ / Å$^{-2}$", "r")):
        f, axes = drawing.new(2, 1, height=1.05, sharex=True)
        for row, kind in enumerate(KINDS):
            lift = 0
            for k, (n, atoms, b) in enumerate(found):
                y = atoms.total(b[0] if row == 0 else b[2]) if name == "sq" else atoms.reduced(b[row])
                x = Q if name == "sq" else atoms.r
                axes[row].plot(x, y + lift, color=drawing.colour(k), ls=["-", "--", "-.", ":"][k % 4], lw=1)
                lift += 0 if len(found) < 3 else round(0.6 * float(np.ptp(y)), 1)
            axes[row].set_ylabel(label)
            axes[row].set_title(kind, fontsize=7, loc="left", pad=2)
            axes[row].axhline(1 if name == "sq" else 0, color=drawing.INK, lw=0.5, ls=":")
        axes[1].set_xlabel("$q$ / Å$^{-1}$" if title == "q" else "$r$ / Å")
        axes[0].legend(
            handles=[
                drawing.plt.Line2D(
                    [], [], color=drawing.colour(k), ls=["-", "--", "-.", ":"][k % 4], label=math_formula(n)
                )
                for k, (n, _, _) in enumerate(found)
            ],
            loc="lower center",
            bbox_to_anchor=(0.5, 1.12),
            ncol=2,
            borderaxespad=0.1,
        )
        end = min(a.r[-1] for _, a, _ in found)
        what = (
            "Total structure factor (Faber and Ziman) for neutrons and X-rays"
            if name == "sq"
            else (
                "Reduced pair distribution function G(r) = 4πρr[g(r) − 1] for neutrons and X-rays (at q = 0,"
                " f(0) = Z)"
            )
        )
        note = (
            f", from g(r) up to {end:.1f} Å with Lorch's window: features closer than {2 * np.pi / end:.1f} Å⁻¹"
            " run together, so that the first sharp peak is low, broad and may fall below zero beside it"
            if name == "sq"
            else ", not broadened by an instrument's largest q"
        )
        lifted = ". Curves are shifted upwards" if len(found) > 2 else ""
        out.append(
            drawing.Figure(
                f,
                name,
                f"{what} at {t:g} K{note}{lifted}."
                + left_out([n for n, _, _ in found], folder.names, "results.h5 (/obs/rdf)"),
                what.split(" for")[0],
            )
        )
    return out, weights_text(found)


def weights_text(found):
    rows = []
    for n, atoms, b in found:
        for kind, use in zip(KINDS, b[:2]):
            w = atoms.weights(use)
            rows.append(
                f"{formula(n)}, {kind}: "
                + ", ".join(
                    f"{atoms.symbols[i]}–{atoms.symbols[j]} {float(w[i, j]):.3f}".replace("-", "−") for i, j in w
                )
            )
    source = (
        "Weights c<sub>i</sub>c<sub>j</sub>b<sub>i</sub>b<sub>j</sub>/⟨b⟩² (both orders of a pair together; X-rays"
        f" at q = 0). Source of b and f(q): periodictable {package()[2]}: coherent scattering lengths of NIST's"
        " neutron tables, natural isotopes; f(q) of neutral atoms by Waasmaier and Kirfel."
    )
    return f'<p class="note">{source}</p><ul class="note">' + "".join(f"<li>{r}</li>" for r in rows) + "</ul>"
