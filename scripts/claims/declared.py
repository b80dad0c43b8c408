"""What is asked, against which band, and where the band comes from: declared before a run, changed only before a run.

{0} is filled in by the row.  A band of None: reported, or judged by a rule of its own that the text states."""
from collections import namedtuple

from claims.grading import Band

Claim = namedtuple("Claim", "row asked band_text band source")

METALS_OF_A_CELL = 128

CLAIMS = {
    "tetrahedra": Claim(
        "R1", "share of the metals with four anions, {0}",
        ">= 0.90 at 300-500 K", Band(0.90),
        "the abstract says tetrahedra; molten LiAlCl4 has regular ones"),
    "tetrahedra_in": Claim(
        "R1", "share of the metals with four anions, {0}",
        ">= 0.75 at 300-500 K", Band(0.75),
        "the abstract says tetrahedra; In may take five or six anions"),
    "fragment": Claim(
        "R2", "mean fragment, metals",
        "3 to 6 at 300-500 K, y = 0.75, 128 metals", Band(3, 6),
        "counting alone gives 1/(1 - y) = 4: nearly empty by itself"),
    "largest": Claim(
        "R2", "largest fragment, share of the metals",
        "< 0.5 at 300-500 K, y = 0.75, 128 metals", Band(None, 0.5),
        "chain fragments, not one network"),
    "o_variance": Claim(
        "R2", "variance of the oxygens of a metal",
        "0.38 to 0.8 at 300-500 K, y = 0.75, 128 metals", Band(0.38, 0.8),
        "linear most-probable chains 0.375; a random network 0.9375 = CN p (1 - p), CN = 4, p = 1.5/4, as its "
        "fractions 0.153, 0.366, 0.330, 0.132, 0.020 give.  The 0.99 that was written beside them belongs to "
        "1.835 oxygens a metal (p = 1.835/4), where oxygens of three metals count three times.  The band ends "
        "below both"),
    "bridges": Claim(
        "R3", "share of the oxygens with two or three metals",
        ">= 0.95 at 300-500 K", Band(0.95),
        "LiNbOCl4: O prefers bridges; O of three metals exists in real oxychloroaluminates"),
    "two_metals": Claim(
        "R3", "share of the oxygens with two metals, and the quench rate",
        "reported at 300-500 K", None,
        "what a quench freezes depends on its rate"),
    "halogens": Claim(
        "R3", "share of the halogens that bridge",
        "<= 0.10 at 300-500 K", Band(None, 0.10),
        "O takes the bridges"),
    "free_anions": Claim(
        "R3", "share of the anions with no metal",
        "<= 0.03 at 300-500 K", Band(None, 0.03),
        "more is a salt or an oxide that has separated"),
    "residence": Claim(
        "R4", "residence at two oxygens over that at none, {0}",
        "95 % bound > 1.1 at two temperatures or more, by Holm over those of a composition; tau rises with 0, 1, "
        "2 oxygens", None,
        "the abstract's main mechanism; 1.1: beyond what a cutoff does"),
    "cutoff": Claim(
        "R4", "the same with the cutoff moved by 0.3 A",
        "the order does not change", None,
        "a cutoff is a choice"),
    "oxygen": Claim(
        "R5", "fall of log10 D(500 K) from 0.5 to 1.0 oxygens a metal, decades",
        ">= 0.1, and a trend with p < 0.05", Band(0.1),
        "both papers say that more oxygen slows Li; one allows a rise at low y"),
    "haven": Claim(
        "R6", "Haven ratio of the alkali, {0}: mean of ln H over the temperatures",
        "0.7 to 1.4 (target 0.8 to 1.25)", Band(0.7, 1.4),
        "the abstract says close to one, alkali glasses are usually well below; the frame of the paper is "
        "unknown, so each frame is a row of its own"),
    "haven_cold": Claim(
        "R6b", "sigma_NE(alkali)/sigma, frame-free, each temperature",
        "0.7 to 1.4 at 300-500 K", Band(0.7, 1.4),
        "no artefact of a frame; above 500 K the framework carries current of its own"),
    "distinct": Claim(
        "R7", "t - t_self of the alkali, barycentric frame",
        "95 % interval beyond -0.05 or +0.05", Band(0.05, away=True),
        "a rigid framework that only recoils gives {0}: the effect must be more; the interval instead of two "
        "standard errors, since glasses are few"),
    "distinct_metals": Claim(
        "R7", "t - t_self of the alkali, metal frame",
        "reported, with its sign", None,
        "in this frame recoil does nothing"),
    "d300": Claim(
        "R8", "D of Li in LiAlCl2.5O0.75 at 300 K, cm2/s, extrapolated",
        "3e-9 to 3e-7", Band(3e-9, 3e-7),
        "1.52 mS/cm at 303 K with H = 1 and 1.7 to 2.1 g/cm3 is 3e-8; a factor ten each way, since 0.05 eV of a "
        "potential are 0.84 decades"),
    "na_over_li": Claim(
        "R8b", "sigma of NaAlCl2.5O0.75 over that of LiAlCl2.5O0.75",
        "0.3 to 3 at 300-500 K", Band(0.3, 3),
        "experiment 1.33/1.52 = 0.88 at 303 K"),
    "ea": Claim(
        "R9", "activation energy of D, eV",
        "0.22 to 0.38, of 450-700 K (target of Li 0.30 to 0.33)", Band(0.22, 0.38),
        "Dai et al., Nat. Energy 2023: experiment 0.33, their simulation 0.30; attempts at 1e12 to 1e14 Hz ask "
        "for 0.24 to 0.35"),
    "tau": Claim(
        "R10", "spread tau of log10 D(500 K) over the set, decades",
        "tau < 0.20, its upper end < 0.30; above 0.4: refuted", None,
        "LACO and NACO differ by 0.06; sets that are not insensitive by 0.83 to 2.5"),
    "range": Claim(
        "R10", "range of log10 D(500 K) over the set, decades",
        "< 0.80", Band(None, 0.80),
        "the same"),
    "tau_ea": Claim(
        "R10b", "spread tau of the activation energies over the set, eV",
        "tau < 0.030, its upper end < 0.045", None,
        "0.03 eV are 0.3 decades at 500 K; tau by the Q profile, of each energy half its interval over 1.96 for "
        "its error"),
    "specific": Claim(
        "R10c", "other sets, by the same test, are called sensitive",
        "sensitive", None,
        "else the test has no power"),
    "quality": Claim(
        "R11", "s(ln D) of the mean over glasses, their scatter included, each temperature",
        "<= 0.15", Band(None, 0.15),
        "gives Ea within 0.02 eV on six temperatures from 450 to 700 K; the interval of s is that of chi-square"),
    "peak_cl": Claim(
        "R12", "Al-Cl peak, A, at the lowest temperature",
        "2.10 to 2.20", Band(2.10, 2.20),
        "neutrons on molten LiAlCl4 2.18, crystal 2.15 to 2.18; an interval is at least a bin of g(r) wide"),
    "peak_o": Claim(
        "R12", "Al-O peak, A, at the lowest temperature",
        "1.68 to 1.82", Band(1.68, 1.82),
        "1.70 to 1.80 in crystals, from memory; an interval is at least a bin of g(r) wide"),
    "pressure": Claim(
        "R12", "mean pressure of each run, GPa",
        "within 0.1 of zero (1 kbar)", Band(-0.1, 0.1),
        "beyond it the density is wrong by percents"),
    "molecules": Claim(
        "R13", "molecules of anions (O2, X2, OX): pairs that near in a sampled g(r), or a run stopped by the guard",
        "none", None,
        "formal charges and the physics fail otherwise"),
    "metal_bonds": Claim(
        "R13", "metals within 2.6 A for 1 ps without two anions between them: a run stopped by the guard",
        "none", None,
        "a bond between metals reduces them"),
    "metals_close": Claim(
        "R13", "pairs of metals nearer than 2.6 A in a frame (the share of such frames is not larger)",
        "reported", None,
        "edges of M2O2 rings come that near for moments: a property to check against DFT"),
    "metals_share": Claim(
        "R13", "share of the frames with two metals nearer than 2.6 A",
        "reported", None,
        "edges of M2O2 rings come that near for moments: a property to check against DFT"),
    "frames": Claim(
        "R14", "charge current in two frames against that of the simulation, relative",
        "< 1e-10, exact but for rounding", None,
        "charge neutrality: true of any potential"),
    "momentum": Claim(
        "R14", "sum over j of m_j L_ij, barycentric, relative",
        "< 1e-10, exact but for rounding", None,
        "no momentum: true of any potential"),
    "turning": Claim(
        "R15", "rank correlation over compositions of residence (no oxygen) and reorientation of metal-halogen bonds",
        "reported", None,
        "minimal coupling in one paper, rotation that assists in the other"),
    "coupling": Claim(
        "R15", "current of the polyanions per displacement of the alkali, barycentric, by lag, lowest temperature",
        "reported", None,
        "zero: no coupling; a rigid framework that only recoils gives m_A/m_F: {0}"),
}

# density of a parent melt a - b T in g/cm3 (alkali, halogen, T in K, a, b), of a glass (alkali, least, most)
MELTS = (("Li", "Cl", 500, 1.95522, 7.515e-4), ("Na", "Cl", 500, 2.068, 8.38e-4), ("Na", "Br", 700, 3.267, 1.13e-3),
         ("K", "Cl", 800, 1.9556, 6.622e-4))
GLASSES = (("Li", 1.65, 1.90), ("Na", 1.75, 2.00))


def melt(alkali, halogen, t_k, a, b):
    rho = a - b * t_k
    return Claim("R12", f"density of molten {alkali}Al{halogen}4 at {t_k} K, g/cm3", f"within 3 % of {rho:.3f}",
                 Band(0.97 * rho, 1.03 * rho), f"measured, {a:g} - {b:g} T (NIST, Janz; MSTDB-TP)")


def glass(alkali, least, most):
    return Claim("R12", f"density of glassy {alkali}AlCl2.5O0.75 at 300 K, g/cm3", f"{least:.2f} to {most:.2f}",
                 Band(least, most), "increments from the melts; no density of the glass is published")
