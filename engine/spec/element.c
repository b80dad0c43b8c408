/* element.c - elements, and the ions of a composition: role, charge, radius, distances.
 *
 * The fifteen elements of oxyhalide glasses keep the numbers that their campaigns were run with; all others follow from
 * Shannon's radii (element_table.c) by the rules below (T 18).  What a campaign states of its elements stands in
 * vt_composition and wins. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/spec/spec_impl.h"

/* ------------------------------------------------------------------ the fifteen */

/* What the program knows about the elements of oxyhalide glasses.
 *
 * volume: additive, set so that LiAlCl2.5O0.75 takes 112 A^3 per formula unit (its crystal-derived 105 A^3 plus the
 * 5-10 % that a glass needs more).  Contacts: the closest approach that random packing allows, below the bond length by
 * 5-15 %; an anion row holds its contact with a metal, with lithium and with itself, a cation row how much larger than
 * those of lithium or of the metals its own contacts are. */
typedef struct glass_former {
  int z;
  double volume;
  double to_metal, to_lithium, to_self; /* anions  */
  double extra;                         /* cations */
} glass_former;

static const glass_former former[] = {
    {3, 8, 0, 0, 0, 0},           {11, 20, 0, 0, 0, 0.3},       {19, 35, 0, 0, 0, 0.6},    {37, 45, 0, 0, 0, 0.7},
    {55, 55, 0, 0, 0, 0.9},       {13, 8, 0, 0, 0, 0},          {31, 9, 0, 0, 0, 0},       {49, 14, 0, 0, 0, 0.1},
    {41, 14, 0, 0, 0, 0},         {73, 14, 0, 0, 0, 0},         {9, 20, 1.6, 1.7, 2.5, 0}, {17, 33, 2.0, 2.1, 3.0, 0},
    {35, 39, 2.15, 2.25, 3.2, 0}, {53, 52, 2.35, 2.45, 3.6, 0}, {8, 18, 1.6, 1.8, 2.6, 0},
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
static const double unknown_bond_a = 1.0; /* with an ion of unknown radius: no bond but those of hydrogen is shorter */
static const double cation_contact_a = 3.0;     /* between two cations of any kind        */
static const double hydrogen_contact_a = 1.5;   /* but of hydrogen: in water              */
static const double unknown_contact_a = 2.0;    /* with an ion of unknown radius          */
static const double contact_of_bond = 0.9;      /* of unlike ions: 0.89 to 0.92 in the table above       */
static const double contact_of_anions = 0.85;   /* over the sum of their radii: as Cl, Br, I             */
static const double molecule_over_bond_a = 0.4; /* as F, Cl, Br, I                                       */
static const double close_of_network = 1.1;     /* over a single bond, and not more than network_close_a */
static const double network_close_a = 2.6;      /* Al-Al 2.5, Ga-Ga 2.4 where they are bonded            */

static const glass_former *former_of(int z)
{
  for (size_t i = 0; i < sizeof former / sizeof former[0]; i++)
    if (former[i].z == z) return &former[i];
  return NULL;
}

static const struct approach *approach_of(int z)
{
  for (size_t i = 0; i < sizeof approach / sizeof approach[0]; i++)
    if (approach[i].z == z) return &approach[i];
  return NULL;
}

int vt_element_is_classic(int z) { return former_of(z) != NULL; }

/* ------------------------------------------------------------------ elements */

static int is_element(int z) { return z >= 1 && z <= VT__LAST_Z; }

int vt_element_z(const char *symbol)
{
  for (int z = 1; z <= VT__LAST_Z; z++)
    if (strcmp(symbol, vt__elements[z].symbol) == 0) return z;
  return 0;
}

const char *vt_element_symbol(int z) { return is_element(z) ? vt__elements[z].symbol : NULL; }
double vt_element_mass(int z) { return is_element(z) ? vt__elements[z].mass : 0; }
uint32_t vt_element_colour(int z) { return is_element(z) ? vt__elements[z].colour : 0; }

int vt_element_charges(int z, int charge[VT_MAX_CHARGES])
{
  int n = 0;
  _Static_assert((int)VT_MAX_CHARGES == (int)VT__MOST_STATES, "all that the table has room for");
  for (; is_element(z) && n < VT__MOST_STATES && vt__elements[z].charge[n]; n++) charge[n] = vt__elements[z].charge[n];
  return n;
}

int vt_element_charge(int z) { return is_element(z) ? vt__elements[z].charge[0] : 0; }

int vt_ion_role(int z, int charge)
{
  const int role = is_element(z) ? vt__elements[z].role : 0;
  if (charge == 0 || role == 0) return role;
  if (charge < 0) return role & VT_ROLE_ANIONS ? role : VT_ROLE_ANION;
  return role & VT_ROLE_ANIONS ? VT_ROLE_NETWORK : role;
}

char vt_element_role(int z)
{
  switch (vt_ion_role(z, 0)) {
  case VT_ROLE_MOBILE:
    return 'A';
  case VT_ROLE_NETWORK:
    return 'M';
  case VT_ROLE_ANION:
    return 'X';
  case VT_ROLE_COUNTED:
    return 'O';
  default:
    return '?';
  }
}

/* Of the smallest coordination number from four on, which the ions of glasses have; else of the largest below. */
double vt_ion_radius(int z, int charge)
{
  double radius = (double)NAN;
  for (int k = 0; k < vt__n_shannon_radii; k++) {
    const vt__shannon *s = &vt__shannon_radii[k]; /* sorted by coordination */
    if (s->z != z || s->charge != charge) continue;
    radius = s->radius;
    if (s->coordination >= 4) break;
  }
  return radius;
}

int vt_ion_radii(int z, int n, vt_ion_size *out)
{
  int found = 0;
  for (int k = 0; k < vt__n_shannon_radii; k++) {
    const vt__shannon *s = &vt__shannon_radii[k];
    if (s->z != z) continue;
    if (found < n) out[found] = (vt_ion_size){s->charge, s->coordination, s->radius};
    found++;
  }
  return found;
}

/* ------------------------------------------------------------------ ions */

/* One ion, with all that decides about its distances. */
typedef struct ion {
  int z, role, classic; /* classic: the numbers of the fifteen hold */
  double radius;        /* NaN: not known                           */
} ion;

/* stated: a radius that wins; 0: none. */
static ion ion_of(int z, int role, int charge, double stated)
{
  const struct approach *a = approach_of(z);
  ion i = {.z = z, .role = role, .classic = a && !(stated > 0), .radius = stated};
  if (i.classic)
    i.radius = a->ion;
  else if (!(stated > 0))
    i.radius = vt_ion_radius(z, charge ? charge : vt_element_charge(z));
  return i;
}

static ion default_ion(int z) { return ion_of(z, vt_ion_role(z, 0), 0, 0); }

static int is_anion(const ion *i) { return (i->role & VT_ROLE_ANIONS) != 0; }
static int is_known(const ion *i) { return i->role != 0 && isfinite(i->radius); }

static double like_radius(int z)
{
  const struct approach *a = approach_of(z);
  return a ? a->like : vt__elements[z].covalent;
}

static double bond_length(const ion *g, const ion *h)
{
  if (!is_known(g) || !is_known(h)) return unknown_bond_a;
  return is_anion(g) == is_anion(h) ? like_radius(g->z) + like_radius(h->z) : g->radius + h->radius;
}

/* Half of the contact of an anion with its own kind. */
static double own_contact(const ion *i)
{
  return i->classic ? 0.5 * former_of(i->z)->to_self : contact_of_anions * i->radius;
}

static double min_distance(const ion *g, const ion *h)
{
  if (!is_known(g) || !is_known(h)) return unknown_contact_a;
  const int anions = is_anion(g) + is_anion(h);
  if (anions == 0) return g->z == 1 || h->z == 1 ? hydrogen_contact_a : cation_contact_a;
  if (anions == 2) return own_contact(g) + own_contact(h);
  if (!g->classic || !h->classic) return contact_of_bond * bond_length(g, h);
  const glass_former *anion = former_of(is_anion(g) ? g->z : h->z), *cation = former_of(is_anion(g) ? h->z : g->z);
  const int lithium_like = vt__elements[cation->z].role == VT_ROLE_MOBILE;
  return (lithium_like ? anion->to_lithium : anion->to_metal) + cation->extra;
}

static double own_molecule(const ion *i)
{
  const struct approach *a = approach_of(i->z);
  return a ? a->molecule : 2 * vt__elements[i->z].covalent + molecule_over_bond_a;
}

static double molecule_length(const ion *g, const ion *h)
{
  enum { OXYGEN = 8 };
  if (!is_known(g) || !is_known(h) || !is_anion(g) || !is_anion(h)) return 0;
  if ((g->z == OXYGEN) != (h->z == OXYGEN) && g->classic && h->classic) return oxygen_halogen_a;
  return 0.5 * (own_molecule(g) + own_molecule(h));
}

/* Cations: 8 A^3 of Al, 14 of In, 20 of Na lie on a line over their radii.  Anions: 33 A^3 of Cl, 52 of I go with the
 * cube. */
static double ion_volume(const ion *i)
{
  const double at_a3 = 8, at_a = 0.54, per_a = 25, least_a3 = 3, cube = 5.2;
  if (!is_known(i)) return 0;
  if (i->classic) return former_of(i->z)->volume;
  return is_anion(i) ? cube * i->radius * i->radius * i->radius : fmax(least_a3, at_a3 + per_a * (i->radius - at_a));
}

double vt_element_volume(int z)
{
  const ion i = default_ion(z);
  return ion_volume(&i);
}

double vt_pair_min_distance(int z1, int z2)
{
  const ion g = default_ion(z1), h = default_ion(z2);
  return min_distance(&g, &h);
}

double vt_pair_bond_length(int z1, int z2)
{
  const ion g = default_ion(z1), h = default_ion(z2);
  return bond_length(&g, &h);
}

double vt_pair_molecule_length(int z1, int z2)
{
  const ion g = default_ion(z1), h = default_ion(z2);
  return molecule_length(&g, &h);
}

/* ------------------------------------------------------------------ ions of a composition */

int vt_comp_role(const vt_composition *c, int s)
{
  enum { OXYGEN = 8 };
  const int role = c->role[s] ? c->role[s] : vt_ion_role(c->z[s], c->charge[s]);
  if (!(role & VT_ROLE_ANIONS)) return role;
  return c->z[s] == (c->counted ? c->counted : OXYGEN) ? VT_ROLE_COUNTED : VT_ROLE_ANION;
}

int vt_comp_atoms(const vt_composition *c, int roles)
{
  int n = 0;
  for (int s = 0; s < c->n_species; s++) n += vt_comp_role(c, s) & roles ? c->count[s] : 0;
  return n;
}

const char *vt_comp_counted(const vt_composition *c)
{
  return vt_element_symbol(c->counted ? c->counted : 8); /* oxygen */
}

void vt_comp_roles_text(const vt_composition *c, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  for (int s = 0; s < c->n_species && used < cap; s++) {
    const int role = vt_comp_role(c, s);
    used += (size_t)snprintf(out + used, cap - used, "%s%s %s", s ? ", " : "", vt_element_symbol(c->z[s]),
                             role == VT_ROLE_MOBILE    ? "mobile"
                             : role == VT_ROLE_NETWORK ? "network"
                             : role                    ? "anion"
                                                       : "none");
  }
}

static ion comp_ion(const vt_composition *c, int s)
{
  return ion_of(c->z[s], vt_comp_role(c, s), c->charge[s], c->radius[s]);
}

double vt_comp_radius(const vt_composition *c, int s) { return comp_ion(c, s).radius; }

double vt_comp_volume(const vt_composition *c, int s)
{
  const ion i = comp_ion(c, s);
  return c->volume[s] > 0 ? c->volume[s] : ion_volume(&i);
}

/* The length that was stated for this pair; 0: none. */
static double stated_bond(const vt_composition *c, int a, int b)
{
  for (int k = 0; k < c->n_bonds; k++) {
    const int *z = c->bond[k].z;
    if ((z[0] == c->z[a] && z[1] == c->z[b]) || (z[0] == c->z[b] && z[1] == c->z[a])) return c->bond[k].length;
  }
  return 0;
}

double vt_comp_bond_length(const vt_composition *c, int a, int b)
{
  const ion g = comp_ion(c, a), h = comp_ion(c, b);
  const double stated = stated_bond(c, a, b);
  return stated > 0 ? stated : bond_length(&g, &h);
}

double vt_comp_min_distance(const vt_composition *c, int a, int b)
{
  const ion g = comp_ion(c, a), h = comp_ion(c, b);
  const double stated = stated_bond(c, a, b);
  return stated > 0 ? contact_of_bond * stated : min_distance(&g, &h);
}

double vt_comp_molecule_length(const vt_composition *c, int a, int b)
{
  const ion g = comp_ion(c, a), h = comp_ion(c, b);
  return molecule_length(&g, &h);
}

double vt_comp_close_length(const vt_composition *c, int a, int b)
{
  const ion g = comp_ion(c, a), h = comp_ion(c, b);
  if (g.role != VT_ROLE_NETWORK || h.role != VT_ROLE_NETWORK) return 0;
  if (g.classic && h.classic) return network_close_a;
  return fmin(network_close_a, close_of_network * (like_radius(g.z) + like_radius(h.z)));
}
