/* What a user may write: one row a key.  Adding a key = adding a row; reading, default, range, canonical text and
 * manual follow from it. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"
#include "engine/team/team.h"

#define AT(field) offsetof(vt_campaign, field)

static const vt__choice melt_ensembles[] = {{"nvt", VT_NVT}, {"npt", VT_NPT}, {"langevin", VT_LANGEVIN}, {NULL, 0}};
static const vt__choice equil_ensembles[] = {{"nvt", VT_NVT}, {"npt", VT_NPT}, {NULL, 0}};
static const vt__choice produce_ensembles[] = {{"nvt", VT_NVT}, {"nve", VT_NVE}, {NULL, 0}};
static const vt__choice simd_levels[] = {{"auto", VT_SIMD_AUTO},
                                         {"avx512", VT_SIMD_AVX512},
                                         {"avx2", VT_SIMD_AVX2},
                                         {"portable", VT_SIMD_PORTABLE},
                                         {NULL, 0}};
static const vt__choice protocols[] = {{"auto", 0}, {"1", 1}, {"2", 2}, {"3", 3}, {NULL, 0}};
static const vt__choice formats[] = {{"auto", 0}, {"2", 2}, {"3", 3}, {"4", 4}, {NULL, 0}};
_Static_assert(VT_ENGINE_FORMAT == 4, "a format of the engine is a choice here");
static const vt__choice switches[] = {{"on", 1}, {"off", 0}, {NULL, 0}};
static const vt__choice answers[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};
static const vt__choice precisions[] = {{"double", VT_DOUBLE}, {"mixed", VT_MIXED}, {NULL, 0}};
static const vt__choice message_orders[] = {{"fused", 0}, {"plain", 1}, {NULL, 0}};
static const vt__choice auto_number[] = {{"auto", 0}, {NULL, 0}};
static const vt__choice masters[] = {{"dedicated", 0}, {"inline", 1}, {"auto", 2}, {NULL, 0}};

/* path, type, unit, lo, hi, default, where, choices, meaning.  A section stands before its keys. */
const vt__row vt__rows[] = {
    {"vitrion", VT__T_VERSION, "", 1, 1, NULL, 0, NULL, "version of the campaign format"},
    {"campaign", VT__T_NAME, "", 0, 0, NULL, AT(name), NULL, "name of the campaign: letters, digits, `.`, `_`, `-`"},
    {"seed", VT__T_SEED, "", 0, 0, "1", AT(seed), NULL, "of all random numbers; part of the identity of every task"},

    {"potential", VT__T_MAP, "", 0, 0, NULL, 0, NULL, "the interatomic potential"},
    {"potential.kind", VT__T_POT_KIND, "", 0, 0, NULL, AT(pot_kind), NULL, "back end"},
    {"potential.file", VT__T_PATH, "", 0, 0, "'-'", AT(pot_file), NULL,
     "parameter file, relative to the campaign file; `-` for a back end without one"},
    {"potential.sha256", VT__T_SHA256, "", 0, 0, "''", AT(pot_sha256), NULL,
     "what the file must have, 64 hex digits; a file of another name or place is found by it; empty: any"},
    {"potential.command", VT__T_COMMAND, "", 0, 0, "''", AT(driver.command), NULL,
     "kind `ipi`: the shell command that starts the program which computes the forces, an i-PI client; `{socket}` is "
     "the "
     "name of its socket, `{start}` an extended XYZ file with the atoms in their order, `{dir}` the folder of this "
     "file, "
     "`{file}` potential.file"},
    {"potential.elements", VT__T_SYMBOLS, "", 0, 0, "[]", AT(driver), NULL,
     "what the program of the command knows, such as `[Li, Al, Cl]`; empty: not said"},
    {"potential.timeout", VT__T_PATIENCE, "s", 0.1, 1e6, "auto", AT(driver.timeout_s), NULL,
     "how long one answer of the program may take; `auto`: 20 times the median of its answers before, at least 60 s"},
    {"potential.messages", VT__T_CHOICE, "", 0, 0, "fused", AT(driver.plain), message_orders,
     "plain: every message waits for the answer to the one before, for programs that want that"},
    {"potential.folder", VT__T_PATH, "", 0, 0, "''", AT(driver.dir), NULL,
     "what `{dir}` stands for; empty: the folder of this file"},

    {"compositions", VT__T_MAP, "", 0, 0, NULL, 0, NULL, "what is compared: a grid, plain formulas, or both"},
    {"compositions.grid", VT__T_MAP, "", 0, 0, "", 0, NULL,
     "every combination of the factors below; charge neutrality fixes the anions"},
    {"compositions.grid.alkali", VT__T_ELEMENTS, "", 0, 0, NULL, VT__ALKALI, NULL,
     "mobile ions, or mixtures like `{Li: 0.5, Na: 0.5}` that sum to one"},
    {"compositions.grid.metal", VT__T_ELEMENTS, "", 0, 0, NULL, VT__METAL, NULL, "network cations, or mixtures"},
    {"compositions.grid.halogen", VT__T_ELEMENTS, "", 0, 0, NULL, VT__HALOGEN, NULL,
     "halogens (any anion but oxygen), or mixtures"},
    {"compositions.grid.halogen_to_oxygen", VT__T_RATIOS, "", 0, 0, NULL, VT__RATIO, NULL,
     "halogen atoms per oxygen atom: `4`, `10/3`, `2.5/0.75`, or `halogen_only`"},
    {"compositions.grid.alkali_per_metal", VT__T_RATIOS, "", 0, 0, "[1]", VT__PER_METAL, NULL,
     "alkali atoms per metal atom"},
    {"compositions.exclude", VT__T_EXCLUDE, "", 0, 0, "[]", 0, NULL,
     "grid points to leave out: each item names values of some factors"},
    {"compositions.include", VT__T_INCLUDE, "", 0, 0, "[]", 0, NULL,
     "plain neutral formulas such as `LiAlCl2.5O0.75`; one that is also a grid point counts once; with charges and "
     "factors "
     "of its own: `{formula: LiFePO4, charges: {Fe: 2}, factors: {family: olivine}}`"},
    {"compositions.structures", VT__T_STRUCTURES, "", 0, 0, "[]", 0, NULL,
     "files of atoms that glasses begin with instead of a packing: `{file: LiAlCl4.poscar, name: LiAlCl4-crystal, "
     "supercell: [3, 2, 2], start: equilibrate}`; extended XYZ (every frame is a glass), POSCAR, LAMMPS data, H5MD, "
     "XDATCAR, LAMMPS dump (their last frame); start: melt (in the place of the packing), quench (as the end of the "
     "melt), equilibrate (as the glass: a crystal as a control); of one frame every glass begins with velocities of "
     "its own; types: [Li, Al, Cl] where LAMMPS data name no elements; factors: {form: crystal} for the comparison"},
    {"compositions.template", VT__T_TEMPLATE, "", 0, 0, "{}", 0, NULL,
     "`{formula: \"A M X2.5 O0.75\", A: [Li, Na], M: [Al, Ga], X: [Cl], exclude: [{A: Na, M: Ga}]}`: every "
     "combination; "
     "values as in a grid; the keys are factors"},
    {"compositions.oxidation_states", VT__T_OXIDATION, "", -8, 8, "{}", 0, NULL,
     "charges of elements that have several, or other ones: `{Fe: 2}`; else the common ones that make a formula "
     "neutral"},
    {"compositions.atoms", VT__T_INT, "", 8, 20000, "340", AT(atoms), NULL,
     "size of a cell: the exact neutral cell within 10 %, else the one with the least error in the ratios"},

    {"elements", VT__T_IONS, "", 0, 0, "{}", 0, NULL,
     "what the table of elements does not say: `{P: {charge: 5, role: network, radius: 0.17 A, volume: 3 A^3, bonds: "
     "{S: 2.05 A}}}`; roles are mobile, network, anion"},

    {"temperatures", VT__T_TEMPERATURES, "K", 1, 5000, NULL, 0, NULL,
     "a range `450..700 K by 50 K`, one temperature, or a list `[450 K, 600 K]`"},
    {"glasses", VT__T_INT, "", 1, 10000, "5", AT(n_glasses), NULL, "independent melts per composition"},

    {"protocol", VT__T_MAP, "", 0, 0, "", 0, NULL, "how a glass is made and run"},
    {"protocol.version", VT__T_CHOICE, "", 0, 0, "auto", AT(protocol.version), protocols,
     "1: melt and equilibration last as asked; 2: they go on until the melt has moved and the volume is known; 3: and "
     "packings are relaxed as rigid ions first; auto: that of the folder that is continued, else 3"},
    {"protocol.pack", VT__T_MAP, "", 0, 0, "", 0, NULL, "random packing"},
    {"protocol.pack.density", VT__T_QUANTITY, "", 0.1, 2, "0.9", AT(protocol.pack_density), NULL,
     "relative to the density estimated from the volumes of the elements"},
    {"protocol.melt", VT__T_MAP, "", 0, 0, "", 0, NULL, "the liquid"},
    {"protocol.melt.temperature", VT__T_QUANTITY, "K", 10, 10000, "1200 K", AT(protocol.melt_t_k), NULL,
     "keep it inside what the potential was trained on"},
    {"protocol.melt.duration", VT__T_QUANTITY, "ps", 0.01, 1e7, "20 ps", AT(protocol.melt_ps), NULL,
     "of the melt; up to five times that, until its metals have moved by more than 10 A^2 (squared mean)"},
    {"protocol.melt.ensemble", VT__T_CHOICE, "", 0, 0, "nvt", AT(protocol.melt_ensemble), melt_ensembles,
     "nvt keeps the packing density: at zero pressure a hot melt may boil; langevin: nvt by friction and noise"},
    {"protocol.melt.timestep", VT__T_QUANTITY, "fs", 0.01, 10, "2 fs", AT(protocol.melt_dt_fs), NULL, "of the melt"},
    {"protocol.quench", VT__T_MAP, "", 0, 0, "", 0, NULL, "from the melt to the lowest temperature of the campaign"},
    {"protocol.quench.stops", VT__T_STOPS, "K", 1, 5000, "[]", 0, NULL,
     "where the quench stops and a glass is kept, the highest first; a run at a temperature begins with the glass of "
     "the highest stop that is not above it.  If empty the lowest temperature; recorded when a lower one is added "
     "later: "
     "the quench of the kept glass goes on from there"},
    {"protocol.quench.rate", VT__T_QUANTITY, "K/s", 1e8, 1e16, "1e12 K/s", AT(protocol.quench_rate_k_s), NULL,
     "cooling rate"},
    {"protocol.quench.npt_below", VT__T_QUANTITY, "K", 0, 10000, "800 K", AT(protocol.quench_npt_below_k), NULL,
     "the volume follows the pressure below this temperature; `0 K` keeps it"},
    {"protocol.quench.pressure", VT__T_QUANTITY, "GPa", -10, 100, "0 GPa", AT(protocol.pressure_gpa), NULL,
     "of every constant-pressure stage"},
    {"protocol.quench.timestep", VT__T_QUANTITY, "fs", 0.01, 10, "2 fs", AT(protocol.quench_dt_fs), NULL,
     "of the quench"},
    {"protocol.equilibrate", VT__T_MAP, "", 0, 0, "", 0, NULL, "at each temperature, before anything is measured"},
    {"protocol.equilibrate.duration", VT__T_QUANTITY, "ps", 0.01, 1e7, "50 ps", AT(protocol.equil_ps), NULL,
     "with npt the cell then takes the mean volume of the second half; up to five times that, until its error is "
     "below 1 "
     "%"},
    {"protocol.equilibrate.ensemble", VT__T_CHOICE, "", 0, 0, "npt", AT(protocol.equil_ensemble), equil_ensembles,
     "npt finds the volume of each temperature"},
    {"protocol.equilibrate.timestep", VT__T_QUANTITY, "fs", 0.01, 10, "2 fs", AT(protocol.equil_dt_fs), NULL,
     "of the equilibration"},
    {"protocol.produce", VT__T_MAP, "", 0, 0, "", 0, NULL, "the run that is measured"},
    {"protocol.produce.duration", VT__T_DURATION, "ps", 0.01, 1e7, "600 ps", 0, NULL,
     "at each temperature of each glass; or by temperature, `{500 K: 800 ps, default: 400 ps}`.  A sum, `400 ps + 400 "
     "ps`, is a production in pieces that continue each other: what a longer production becomes whose first piece "
     "the folder holds"},
    {"protocol.produce.kept", VT__T_KEPT, "ps", 0.01, 1e7, "{}", 0, NULL,
     "recorded by the program: pieces by temperature that the folder holds beyond what `duration` asks for, or at a "
     "temperature that is left out"},
    {"protocol.produce.ensemble", VT__T_CHOICE, "", 0, 0, "nvt", AT(protocol.produce_ensemble), produce_ensembles,
     "nvt rescales velocities stochastically; Langevin would damp diffusion and a moving cell would disturb it"},
    {"protocol.produce.timestep", VT__T_QUANTITY, "fs", 0.01, 10, "2 fs", AT(protocol.produce_dt_fs), NULL,
     "of the production"},
    {"protocol.thermostat", VT__T_MAP, "", 0, 0, "", 0, NULL, "coupling to the bath"},
    {"protocol.thermostat.time", VT__T_QUANTITY, "ps", 0.001, 1000, "0.1 ps", AT(protocol.thermostat_ps), NULL,
     "relaxation time of the temperature, at least five time steps"},
    {"protocol.barostat", VT__T_MAP, "", 0, 0, "", 0, NULL, "coupling to the pressure"},
    {"protocol.barostat.time", VT__T_QUANTITY, "ps", 0.001, 1000, "1 ps", AT(protocol.barostat_ps), NULL,
     "relaxation time of the pressure, at least five time steps"},

    {"guard", VT__T_MAP, "", 0, 0, "", 0, NULL,
     "what no sound run does: a task that does it fails and is tried again (`runner.max_tries`); 0 or off is no limit"},
    {"guard.temperature", VT__T_QUANTITY, "", 0, 1000, "3", AT(protocol.guard.temperature), NULL,
     "instantaneous temperature over the highest of the stage; a cell of fewer than 20 atoms needs more"},
    {"guard.force", VT__T_QUANTITY, "eV/A", 0, 1e6, "50 eV/A", AT(protocol.guard.force_ev_a), NULL,
     "on any atom; a melt at 1200 K reaches 15 eV/A"},
    {"guard.volume", VT__T_QUANTITY, "", 0, 1000, "1.6", AT(protocol.guard.volume), NULL,
     "over the volume at the start of the stage, or under it by the same factor: boiling, collapse"},
    {"guard.distance", VT__T_QUANTITY, "", 0, 1, "0.6", AT(protocol.guard.distance), NULL,
     "of any two atoms over the length of their bond, every 50 fs: fused atoms"},
    {"guard.molecules", VT__T_CHOICE, "", 0, 0, "on", AT(protocol.guard.molecules), switches,
     "two anions that stay a molecule for 1 ps: O-O within 1.6 A, O-X 1.9, F-F 1.7, Cl-Cl 2.4, Br-Br 2.7, I-I 3.1"},
    {"guard.contacts", VT__T_CHOICE, "", 0, 0, "on", AT(protocol.guard.contacts), switches,
     "for 1 ps any pair within 0.8 of a bond, or two framework metals within 2.6 A that do not share two anions"},
    {"guard.spread", VT__T_QUANTITY, "eV/A", 0, 1e6, "0 eV/A", AT(protocol.guard.spread_ev_a), NULL,
     "disagreement of a committee of potentials, root mean square of the forces"},

    {"observe", VT__T_OBSERVE, "", 0, 0, "", 0, NULL,
     "what is measured; without this section every observable that is on by default, with it only those named"},
    {"observe.trajectory", VT__T_MAP, "", 0, 0, "", 0, NULL,
     "no observable: keeps frames of the production of every MD task as "
     "`trajectory/<composition>/<T>K-glass<k>-<uid8>.h5`"
     " (H5MD 1.1); changes no number, and where it is the only thing named the observables are those by default"},
    {"observe.trajectory.every", VT__T_QUANTITY, "ps", 0.0001, 1e6, "1 ps", AT(trajectory.every_ps), NULL,
     "between two frames, rounded to time steps"},
    {"observe.trajectory.velocities", VT__T_CHOICE, "", 0, 0, "no", AT(trajectory.velocities), answers,
     "also the velocities, which double the file"},

    {"compare", VT__T_MAP, "", 0, 0, "", 0, NULL, "the comparison of the chemistries"},
    {"compare.by", VT__T_FACTORS, "", 0, 0, "[alkali, metal, halogen, halogen_to_oxygen]", 0, NULL,
     "factors whose share of the variance is reported; also those of a template or of formulas, then by default these "
     "alone"},
    {"compare.reference_temperature", VT__T_QUANTITY, "K", 1, 5000, "500 K", AT(compare.t_ref_k), NULL,
     "where levels are compared; best inside the simulated range"},
    {"compare.extrapolate_to", VT__T_QUANTITY, "K", 1, 5000, "300 K", AT(compare.t_extra_k), NULL,
     "temperature of the extrapolated values"},
    {"compare.margin", VT__T_QUANTITY, "decades", 0.001, 10, "0.3 decades", AT(compare.margin), NULL,
     "a composition this close to the mean counts as equivalent"},
    {"compare.tau_margin", VT__T_QUANTITY, "decades", 0.001, 10, "0.2 decades", AT(compare.tau_margin), NULL,
     "largest true spread (standard deviation) of an insensitive set"},
    {"compare.range_margin", VT__T_QUANTITY, "decades", 0.001, 10, "0.8 decades", AT(compare.range_margin), NULL,
     "largest range of an insensitive set"},
    {"target", VT__T_MAP, "", 0, 0, "", 0, NULL,
     "what shall be known: `glasses` and `protocol.produce.duration` are those of a pilot (3 glasses, and runs that "
     "resolve D, if not given), and production and glasses are added where they make an interval narrow at the least "
     "cost, until all are reached or the budget is spent; what cannot be reached within it is dropped"},
    {"target.activation_energy", VT__T_QUANTITY, "eV", 0, 10, "0 eV", AT(target.ea_ev), NULL,
     "half of the 95 % interval of the activation energy of D, of every composition; `0 eV`: not asked"},
    {"target.log10_D", VT__T_MAP, "", 0, 0, "", 0, NULL, "log10 D of the line at one temperature"},
    {"target.log10_D.at", VT__T_QUANTITY, "K", 0, 5000, "0 K", AT(target.log10_d_at_k), NULL,
     "the temperature; `0 K`: `compare.reference_temperature`"},
    {"target.log10_D.half_width", VT__T_QUANTITY, "", 0, 10, "0", AT(target.log10_d), NULL,
     "half of its 95 % interval, decades; 0: not asked"},
    {"target.haven", VT__T_QUANTITY, "", 0, 10, "0", AT(target.haven), NULL,
     "half of the 95 % interval of the Haven ratio sigma_NE/sigma at `haven_at`; 0: not asked"},
    {"target.haven_at", VT__T_QUANTITY, "K", 0, 5000, "0 K", AT(target.haven_at_k), NULL,
     "one of the campaign's temperatures; `0 K`: the nearest to `compare.reference_temperature`"},
    {"target.verdict", VT__T_CHOICE, "", 0, 0, "no", AT(target.verdict), answers,
     "until the comparison is decided: it is asked with 5, 8, 12, 18 and 25 glasses of every composition, each time "
     "with a part of the 5 % chance of error"},
    {"target.budget", VT__T_BUDGET, "", 0, 1e12, "0 ns", 0, NULL,
     "what the campaign may spend, the pilot included: simulated time, `2 us`, or `200 core-hours`, which the first "
     "start turns into simulated time, once, by the cost that `plan` finds"},
    {"target.budget_fixed", VT__T_QUANTITY, "ns", 0, 1e12, "0 ns", AT(target.budget_fixed_ns), NULL,
     "recorded by the program: what the budget became"},
    {"target.decided", VT__T_DECIDED, "", 0, 0, "[]", 0, NULL,
     "recorded by the program: glasses and productions of each composition, and which were dropped"},
    {"output", VT__T_PATH, "", 0, 0, "''", AT(output), NULL,
     "folder of the results, relative to where a command is given; `~/` is the home; if empty `runs/` and the name of "
     "the campaign"},

    {"engine", VT__T_MAP, "", 0, 0, "", 0, NULL, "arithmetic; part of the identity of every task"},
    {"engine.simd", VT__T_CHOICE, "", 0, 0, "auto", AT(numerics.simd), simd_levels,
     "instructions of the force kernels; `auto` is settled by the machine that starts the campaign"},
    {"engine.precision", VT__T_CHOICE, "", 0, 0, "double", AT(numerics.precision), precisions,
     "mixed: single-precision network, distances and sums in double"},
    {"engine.format", VT__T_CHOICE, "", 0, 0, "auto", AT(numerics.format), formats,
     "which bits the kernels give; auto: that of the folder that is continued (recorded since 3, before it was 2), "
     "else 4, which is what this program computes"},
    {"runner", VT__T_MAP, "", 0, 0, "", 0, NULL, "how the work is handed out; changes no result"},
    {"runner.master", VT__T_CHOICE, "", 0, 0, "auto", AT(master_inline), masters,
     "inline: rank 0 also runs tasks; auto: inline up to 8 ranks"},
    {"runner.max_tries", VT__T_INT, "", 1, 100, "3", AT(max_tries), NULL, "of a task before it is quarantined"},
    {"runner.master_timeout", VT__T_QUANTITY, "s", 1, 86400, "120 s", AT(master_timeout_s), NULL,
     "a worker that hears nothing for so long stops with its checkpoint"},
    {"runner.rank_timeout", VT__T_QUANTITY, "s", 1, 86400, "120 s", AT(rank_timeout_s), NULL,
     "a rank that shows no sign of life for so long is ended, and its task given to another"},
    {"runner.threads", VT__T_INT, "", 1, VT_TEAM_MOST, "auto", AT(threads), auto_number,
     "that share a task; auto: as many as the rank has cores (SLURM's --cpus-per-task, the processors it may use), and "
     "the cores of ranks on its node that have nothing left to begin; a number: always so many, and no core is lent"},
    {"checkpoint", VT__T_MAP, "", 0, 0, "", 0, NULL, "what a killed run loses at most"},
    {"checkpoint.every", VT__T_QUANTITY, "s", 1, 86400, "5 min", AT(checkpoint_every_s), NULL, "between checkpoints"},
};
const int vt__n_rows = (int)(sizeof vt__rows / sizeof vt__rows[0]);
_Static_assert(sizeof vt__rows / sizeof vt__rows[0] <= VT__MOST_ROWS, "vt__draft.mark has a place for each row");

const vt__row *vt__row_find(const char *path)
{
  for (int i = 0; i < vt__n_rows; i++)
    if (strcmp(vt__rows[i].path, path) == 0) return &vt__rows[i];
  return NULL;
}

vt__row vt__row_of_observable(const vt_obs_doc *doc, int k, char path[96])
{
  vt__row row = {.path = path,
                 .type = VT__T_QUANTITY,
                 .unit = "ps",
                 .lo = doc->every_lo_ps,
                 .hi = doc->every_hi_ps,
                 .doc = "between samples"};
  if (k > 0) {
    row.unit = doc->par[k - 1].unit;
    row.lo = doc->par[k - 1].lo;
    row.hi = doc->par[k - 1].hi;
    row.doc = doc->par[k - 1].doc;
  }
  (void)snprintf(path, 96, "observe.%s.%s", doc->name, k > 0 ? doc->par[k - 1].name : "every");
  return row;
}

/* ------------------------------------------------------------------ paths */

const char *vt__path_leaf(const char *path)
{
  const char *dot = strrchr(path, '.');
  return dot ? dot + 1 : path;
}

int vt__path_depth(const char *path)
{
  int n = 0;
  for (; *path; path++) n += *path == '.';
  return n;
}

int vt__path_is_child(const char *path, const char *parent)
{
  size_t n = strlen(parent);
  if (n && (strncmp(path, parent, n) != 0 || path[n] != '.')) return 0;
  return strchr(path + n + (n > 0), '.') == NULL;
}

/* ------------------------------------------------------------------ words for the manual and for messages */

const char *vt__type_name(vt__type t)
{
  static const char *const name[VT__N_TYPES] = {[VT__T_MAP] = "section",
                                                [VT__T_VERSION] = "integer",
                                                [VT__T_INT] = "integer",
                                                [VT__T_SEED] = "integer",
                                                [VT__T_QUANTITY] = "quantity",
                                                [VT__T_NAME] = "name",
                                                [VT__T_PATH] = "path",
                                                [VT__T_CHOICE] = "choice",
                                                [VT__T_POT_KIND] = "choice",
                                                [VT__T_TEMPERATURES] = "temperatures",
                                                [VT__T_ELEMENTS] = "elements",
                                                [VT__T_RATIOS] = "ratios",
                                                [VT__T_EXCLUDE] = "list",
                                                [VT__T_INCLUDE] = "formulas",
                                                [VT__T_STRUCTURES] = "structures",
                                                [VT__T_OXIDATION] = "charges",
                                                [VT__T_TEMPLATE] = "template",
                                                [VT__T_IONS] = "elements",
                                                [VT__T_OBSERVE] = "observables",
                                                [VT__T_FACTORS] = "factors",
                                                [VT__T_SHA256] = "SHA-256",
                                                [VT__T_COMMAND] = "command",
                                                [VT__T_SYMBOLS] = "elements",
                                                [VT__T_PATIENCE] = "quantity",
                                                [VT__T_DURATION] = "durations",
                                                [VT__T_KEPT] = "durations",
                                                [VT__T_STOPS] = "temperatures",
                                                [VT__T_BUDGET] = "budget",
                                                [VT__T_DECIDED] = "list of compositions"};
  return name[t];
}

void vt__row_choices(const vt__row *row, const vt_campaign_env *env, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  if (row->type == VT__T_POT_KIND)
    for (int i = 0; env && env->pot_kinds && env->pot_kinds[i] && used < cap; i++)
      used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "", env->pot_kinds[i]);
  else
    for (int i = 0; row->choice && row->choice[i].name && used < cap; i++)
      used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "", row->choice[i].name);
}
