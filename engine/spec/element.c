#include <string.h>

#include "engine/spec/spec.h"

/* Standard atomic weights, IUPAC 2021 (T. Prohaska et al., Pure Appl. Chem. 94, 573); the conventional value where the
 * standard is an interval; the mass number of the longest-lived isotope where there is no standard. */
static const struct {
  char symbol[4];
  double mass;
} element[] = {
    {"", 0},           {"H", 1.008},        {"He", 4.002602}, {"Li", 6.94},
    {"Be", 9.0121831}, {"B", 10.81},        {"C", 12.011},    {"N", 14.007},
    {"O", 15.999},     {"F", 18.998403162}, {"Ne", 20.1797},  {"Na", 22.98976928},
    {"Mg", 24.305},    {"Al", 26.9815384},  {"Si", 28.085},   {"P", 30.973761998},
    {"S", 32.06},      {"Cl", 35.45},       {"Ar", 39.95},    {"K", 39.0983},
    {"Ca", 40.078},    {"Sc", 44.955907},   {"Ti", 47.867},   {"V", 50.9415},
    {"Cr", 51.9961},   {"Mn", 54.938043},   {"Fe", 55.845},   {"Co", 58.933194},
    {"Ni", 58.6934},   {"Cu", 63.546},      {"Zn", 65.38},    {"Ga", 69.723},
    {"Ge", 72.630},    {"As", 74.921595},   {"Se", 78.971},   {"Br", 79.904},
    {"Kr", 83.798},    {"Rb", 85.4678},     {"Sr", 87.62},    {"Y", 88.905838},
    {"Zr", 91.224},    {"Nb", 92.90637},    {"Mo", 95.95},    {"Tc", 97},
    {"Ru", 101.07},    {"Rh", 102.90549},   {"Pd", 106.42},   {"Ag", 107.8682},
    {"Cd", 112.414},   {"In", 114.818},     {"Sn", 118.710},  {"Sb", 121.760},
    {"Te", 127.60},    {"I", 126.90447},    {"Xe", 131.293},  {"Cs", 132.90545196},
    {"Ba", 137.327},   {"La", 138.90547},   {"Ce", 140.116},  {"Pr", 140.90766},
    {"Nd", 144.242},   {"Pm", 145},         {"Sm", 150.36},   {"Eu", 151.964},
    {"Gd", 157.25},    {"Tb", 158.925354},  {"Dy", 162.500},  {"Ho", 164.930329},
    {"Er", 167.259},   {"Tm", 168.934219},  {"Yb", 173.045},  {"Lu", 174.9668},
    {"Hf", 178.486},   {"Ta", 180.94788},   {"W", 183.84},    {"Re", 186.207},
    {"Os", 190.23},    {"Ir", 192.217},     {"Pt", 195.084},  {"Au", 196.966570},
    {"Hg", 200.592},   {"Tl", 204.38},      {"Pb", 207.2},    {"Bi", 208.98040},
    {"Po", 209},       {"At", 210},         {"Rn", 222},      {"Fr", 223},
    {"Ra", 226},       {"Ac", 227},         {"Th", 232.0377}, {"Pa", 231.03588},
    {"U", 238.02891},  {"Np", 237},         {"Pu", 244},
};
enum { LAST_Z = (int)(sizeof element / sizeof element[0]) - 1 };
_Static_assert(LAST_Z == 94, "one row for each element up to plutonium");

/* What the program knows about the elements of oxyhalide glasses.
 *
 * volume: additive, set so that LiAlCl2.5O0.75 takes 112 A^3 per formula unit (its crystal-derived 105 A^3 plus the
 * 5-10 % that a glass needs more).  Contacts: the closest approach that random packing allows, below the bond length by
 * 5-15 %; an anion row holds its contact with a metal, with lithium and with itself, a cation row how much larger than
 * those of lithium or of the metals its own contacts are. */
typedef struct glass_former {
  int z;
  char role;
  int charge;
  double volume;
  double to_metal, to_lithium, to_self; /* anions  */
  double extra;                         /* cations */
} glass_former;

static const glass_former former[] = {
    {3, 'A', 1, 8, 0, 0, 0, 0},
    {11, 'A', 1, 20, 0, 0, 0, 0.3},
    {19, 'A', 1, 35, 0, 0, 0, 0.6},
    {37, 'A', 1, 45, 0, 0, 0, 0.7},
    {55, 'A', 1, 55, 0, 0, 0, 0.9},
    {13, 'M', 3, 8, 0, 0, 0, 0},
    {31, 'M', 3, 9, 0, 0, 0, 0},
    {49, 'M', 3, 14, 0, 0, 0, 0.1},
    {41, 'M', 5, 14, 0, 0, 0, 0},
    {73, 'M', 5, 14, 0, 0, 0, 0},
    {9, 'X', -1, 20, 1.6, 1.7, 2.5, 0},
    {17, 'X', -1, 33, 2.0, 2.1, 3.0, 0},
    {35, 'X', -1, 39, 2.15, 2.25, 3.2, 0},
    {53, 'X', -1, 52, 2.35, 2.45, 3.6, 0},
    {8, 'O', -2, 18, 1.6, 1.8, 2.6, 0},
};

/* How close two atoms come in solids, A.
 *
 * ion       radii whose sums are the bonds between unlike ions, rounded from R. D. Shannon, Acta Cryst. A 32, 751
 *           (1976), metals four-coordinate: Al-O 1.75, Al-Cl 2.17, Li-O 1.95, Li-Cl 2.37, Na-Cl 2.77, K-Cl 3.15
 * like      half the shortest distance of two like charges.  Alkali: half of A-A in the oxides A2O; metals and anions:
 *           single-bond covalent radii, P. Pyykko, M. Atsumi, Chem. Eur. J. 15, 186 (2009)
 * molecule  two of this anion within it are a molecule.  Between the bond (F2 1.4, Cl2 2.0, Br2 2.3, I2 2.7, O2 1.2,
 *           a peroxide 1.5) and the closest approach of two ions in a melt at 1200 K (Cl-Cl 2.5, O-O 2.2) */
static const struct approach {
  int z;
  double ion, like, molecule;
} approach[] = {
    {3, 0.60, 1.16, 0},   {11, 1.00, 1.39, 0},   {19, 1.38, 1.61, 0},   {37, 1.50, 1.69, 0},   {55, 1.65, 1.90, 0},
    {13, 0.40, 1.26, 0},  {31, 0.45, 1.24, 0},   {49, 0.70, 1.42, 0},   {41, 0.60, 1.47, 0},   {73, 0.60, 1.46, 0},
    {9, 1.30, 0.64, 1.7}, {17, 1.77, 0.99, 2.4}, {35, 1.92, 1.14, 2.7}, {53, 2.13, 1.33, 3.1}, {8, 1.35, 0.63, 1.6},
};
_Static_assert(sizeof approach / sizeof approach[0] == sizeof former / sizeof former[0], "the same elements");

static const double oxygen_halogen_a = 1.9; /* a molecule: between 1.7 (Cl-O) and the 2.3 of a melt   */
static const double unknown_bond_a = 1.0; /* with an element that is not in the table: no bond but those of hydrogen */
static const double cation_contact_a = 3.0;  /* between two cations of any kind            */
static const double unknown_contact_a = 2.0; /* with an element that is not in the table   */

static const glass_former *former_of(int z)
{
  for (size_t i = 0; i < sizeof former / sizeof former[0]; i++)
    if (former[i].z == z) return &former[i];
  return NULL;
}

int vt_element_z(const char *symbol)
{
  for (int z = 1; z <= LAST_Z; z++)
    if (strcmp(symbol, element[z].symbol) == 0) return z;
  return 0;
}

const char *vt_element_symbol(int z) { return z >= 1 && z <= LAST_Z ? element[z].symbol : NULL; }

double vt_element_mass(int z) { return z >= 1 && z <= LAST_Z ? element[z].mass : 0; }

int vt_element_charge(int z)
{
  const glass_former *g = former_of(z);
  return g ? g->charge : 0;
}

double vt_element_volume(int z)
{
  const glass_former *g = former_of(z);
  return g ? g->volume : 0;
}

char vt_element_role(int z)
{
  const glass_former *g = former_of(z);
  return g ? g->role : '?';
}

double vt_pair_min_distance(int z1, int z2)
{
  const glass_former *g = former_of(z1), *h = former_of(z2);
  if (!g || !h) return unknown_contact_a;
  int anions = (g->charge < 0) + (h->charge < 0);
  if (anions == 0) return cation_contact_a;
  if (anions == 2) return 0.5 * (g->to_self + h->to_self);
  const glass_former *anion = g->charge < 0 ? g : h, *cation = g->charge < 0 ? h : g;
  return (cation->role == 'A' ? anion->to_lithium : anion->to_metal) + cation->extra;
}

static const struct approach *approach_of(int z)
{
  for (size_t i = 0; i < sizeof approach / sizeof approach[0]; i++)
    if (approach[i].z == z) return &approach[i];
  return NULL;
}

double vt_pair_bond_length(int z1, int z2)
{
  const struct approach *g = approach_of(z1), *h = approach_of(z2);
  if (!g || !h) return unknown_bond_a;
  int alike = (vt_element_charge(z1) > 0) == (vt_element_charge(z2) > 0);
  return alike ? g->like + h->like : g->ion + h->ion;
}

double vt_pair_molecule_length(int z1, int z2)
{
  const struct approach *g = approach_of(z1), *h = approach_of(z2);
  if (!g || !h || !(g->molecule > 0 && h->molecule > 0)) return 0;
  int oxygens = (vt_element_role(z1) == 'O') + (vt_element_role(z2) == 'O');
  return oxygens == 1 ? oxygen_halogen_a : 0.5 * (g->molecule + h->molecule);
}
