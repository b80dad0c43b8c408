/* limits.c - the limits of the checks, and the melts that were measured: one table each. */
#include "runner/model_card/model_card_impl.h"

/* drift: a melt of 1100 K has thermal energies of 140 meV/atom; 0.1 meV/atom/ps is 1 K in 2 ps.  readback: nep.txt has
 * ten digits, and the sums over descriptors lose some.  virial: 6 and 10 meV/atom are about 3 and 5 % of the density of
 * a melt with a bulk modulus of 1 GPa. */
const vt__limits vt__card_limits = {.drift_most = 0.1, .readback_most = 1e-6, .virial_good = 6, .virial_fair = 10};

/* G. J. Janz, NIST, and MSTDB-TP, as in the file density-csv.csvold of github tanoret/MoltenSaltPropnet; T within the
 * range that was measured. */
#define JANZ "Janz, NIST; MSTDB-TP"
const vt__measured vt__measured_melts[] = {
    {"LiAlCl4", JANZ, 3, {{"Li", 1}, {"Al", 1}, {"Cl", 4}}, 1.95522, 7.515e-4, 500},
    {"NaAlCl4", JANZ, 3, {{"Na", 1}, {"Al", 1}, {"Cl", 4}}, 2.068, 8.38e-4, 500},
    {"KAlCl4", JANZ, 3, {{"K", 1}, {"Al", 1}, {"Cl", 4}}, 1.9556, 6.622e-4, 800},
    {"NaAlBr4", JANZ, 3, {{"Na", 1}, {"Al", 1}, {"Br", 4}}, 3.267, 1.13e-3, 700}};
const int vt__n_measured_melts = sizeof vt__measured_melts / sizeof *vt__measured_melts;
