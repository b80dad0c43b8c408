/* read_ions.c - the readers of what a campaign states of its elements. */
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

static vt__mark read_ions_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

static void read_role(vt__draft *dr, const vt__row *row, int node, int z)
{
  static const vt__choice role[] = {
      {"mobile", VT_ROLE_MOBILE}, {"network", VT_ROLE_NETWORK}, {"anion", VT_ROLE_ANION}, {NULL, 0}};
  const char *s = vt__read_scalar(dr, row, node, "mobile, network or anion");
  if (!s) return;
  for (const vt__choice *c = role; c->name; c++)
    if (strcmp(c->name, s) == 0) dr->c->ion[z].role = c->value;
  if (!dr->c->ion[z].role)
    vt__diag_error(dr->d, read_ions_at(dr, node), row->path, "'%.60s' is not one of mobile, network, anion", s);
}

static void read_size(vt__draft *dr, const vt__row *row, int node, const char *unit, double hi, double *out)
{
  vt__row size = *row;
  size.unit = unit;
  size.lo = 0.01;
  size.hi = hi;
  vt__read_quantity(dr, &size, node, out);
}

static void read_bonds(vt__draft *dr, const vt__row *row, int node, int z)
{
  const vt__yaml *y = dr->y;
  vt_campaign *c = dr->c;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, read_ions_at(dr, node), row->path, "expected bond lengths, e.g. {S: 2.05 A}");
    return;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    const int other = vt__read_element(dr, row->path, vt__yaml_text(y, k), 0, read_ions_at(dr, k));
    double length = 0;
    read_size(dr, row, k + 1, "A", 6, &length);
    if (!other || !(length > 0)) continue;
    const int a = z < other ? z : other, b = z < other ? other : z;
    for (int q = 0; q < c->n_bonds; q++)
      if (c->bond[q].z[0] == a && c->bond[q].z[1] == b) {
        vt__diag_error(dr->d, read_ions_at(dr, k), row->path, "the bond %s-%s stands twice", vt_element_symbol(a),
                       vt_element_symbol(b));
        return;
      }
    if (c->n_bonds == VT_MAX_BONDS) {
      vt__diag_error(dr->d, read_ions_at(dr, k), row->path, "more than %d bonds", VT_MAX_BONDS);
      return;
    }
    c->bond[c->n_bonds].z[0] = a;
    c->bond[c->n_bonds].z[1] = b;
    c->bond[c->n_bonds++].length = length;
  }
}

static void read_ion(vt__draft *dr, const vt__row *row, int node, int z)
{
  static const char *const key[] = {"charge", "role", "radius", "volume", "bonds"};
  enum { CHARGE, ROLE, RADIUS, VOLUME, BONDS, N };
  const vt__yaml *y = dr->y;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, read_ions_at(dr, node), row->path, "expected settings, e.g. {charge: 5, role: network}");
    return;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    const char *name = vt__yaml_text(y, k);
    vt__nearest near = vt__nearest_to(name);
    char path[96], hint[100];
    int which = 0;
    while (which < N && strcmp(key[which], name) != 0) vt__nearest_offer(&near, key[which++]);
    vt__row setting = *row;
    (void)snprintf(path, sizeof path, "elements.%s.%s", vt_element_symbol(z), which < N ? key[which] : "");
    setting.path = path;
    if (which == CHARGE) dr->c->ion[z].charge = vt__read_charge(dr, &setting, k + 1, z);
    if (which == ROLE) read_role(dr, &setting, k + 1, z);
    if (which == RADIUS) read_size(dr, &setting, k + 1, "A", 4, &dr->c->ion[z].radius);
    if (which == VOLUME) read_size(dr, &setting, k + 1, "A^3", 200, &dr->c->ion[z].volume);
    if (which == BONDS) read_bonds(dr, &setting, k + 1, z);
    if (which < N) continue;
    vt__nearest_text(&near, hint);
    vt__diag_error(dr->d, read_ions_at(dr, k), row->path,
                   "unknown key '%.60s'%s (there are charge, role, radius, volume, bonds)", name, hint);
  }
}

/* An anion has a negative charge, the others a positive one. */
static void check_ion(vt__draft *dr, int z, vt__mark at)
{
  const int charge = dr->c->ion[z].charge ? dr->c->ion[z].charge : dr->charge[z], role = dr->c->ion[z].role;
  const char *symbol = vt_element_symbol(z);
  if (role && charge && (charge < 0) != (role == VT_ROLE_ANION))
    vt__diag_error(dr->d, at, "elements", "%s with %+d cannot be %s: state its charge, e.g. %s: {charge: %d}", symbol,
                   charge,
                   role == VT_ROLE_ANION    ? "an anion"
                   : role == VT_ROLE_MOBILE ? "mobile"
                                            : "network",
                   symbol, -charge);
}

void vt__read_ions(vt__draft *dr, const vt__row *row, int node)
{
  const vt__yaml *y = dr->y;
  if (vt__yaml_is_null(y, node)) return;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, read_ions_at(dr, node), row->path,
                   "expected elements and what is stated of them, e.g. {P: {charge: 5, role: network}}");
    return;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    const int z = vt_element_z(vt__yaml_text(y, k));
    if (!z) {
      vt__diag_error(dr->d, read_ions_at(dr, k), row->path, "'%.40s' is not the symbol of an element",
                     vt__yaml_text(y, k));
      continue;
    }
    dr->ion_at[z] = read_ions_at(dr, k);
    read_ion(dr, row, k + 1, z);
    check_ion(dr, z, read_ions_at(dr, k));
    if (!dr->c->ion[z].charge) continue;
    dr->charge[z] = dr->c->ion[z].charge;
    dr->stated[z] = 1;
  }
}
