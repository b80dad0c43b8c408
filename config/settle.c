/* settle.c - the charges of a composition: stated, the only one an element has, or the one that makes it neutral. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

void vt__ions_of(const vt__draft *dr, const vt_amounts *a, const int32_t *charge, vt_composition *out)
{
  const vt_campaign *c = dr->c;
  *out = (vt_composition){.n_species = a->n};
  for (int k = 0; k < c->n_obs; k++)
    for (int p = 0; p < c->obs_doc[k]->n_par; p++)
      if (strcmp(c->obs_doc[k]->par[p].unit, VT_UNIT_ELEMENT) == 0) out->counted = (int32_t)c->obs[k].par[p];
  for (int i = 0; i < a->n; i++) {
    const int z = a->z[i], stated = c->ion[z].role, usual = vt_ion_role(z, charge[i]);
    const int same = stated & VT_ROLE_ANIONS ? usual & VT_ROLE_ANIONS : usual == stated;
    out->z[i] = z;
    out->charge[i] = charge[i];
    out->role[i] = same ? 0 : stated;
    out->radius[i] = c->ion[z].radius;
    out->volume[i] = c->ion[z].volume;
  }
  for (int k = 0; k < c->n_bonds; k++) {
    int there = 0;
    for (int i = 0; i < a->n; i++) there |= a->z[i] == c->bond[k].z[0] ? 1 : 0;
    for (int i = 0; i < a->n; i++) there |= a->z[i] == c->bond[k].z[1] ? 2 : 0;
    if (there != 3) continue;
    out->bond[out->n_bonds].z[0] = c->bond[k].z[0];
    out->bond[out->n_bonds].z[1] = c->bond[k].z[1];
    out->bond[out->n_bonds++].length = c->bond[k].length;
  }
}

/* "Li +1, Al +3, Cl -1" for a message; of elements that are open all that they may have: "P +5 or +3". */
static void list_charges(const vt_amounts *a, const int32_t *charge, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  for (int i = 0; i < a->n && used < cap; i++) {
    int all[VT_MAX_CHARGES] = {charge[i]}, n = charge[i] ? 1 : vt_element_charges(a->z[i], all);
    used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "", vt_element_symbol(a->z[i]));
    for (int k = 0; k < n && used < cap; k++)
      used += (size_t)snprintf(out + used, cap - used, "%s %+d", k ? " or" : "", all[k]);
  }
}

/* The elements whose numbers are open, as the line to write: "Fe: 3, Mn: 2". */
static void list_open(const vt_amounts *a, const int32_t *charge, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  for (int i = 0; i < a->n && used < cap; i++)
    if (!charge[i])
      used += (size_t)snprintf(out + used, cap - used, "%s%s: %d", used ? ", " : "", vt_element_symbol(a->z[i]),
                               vt_element_charge(a->z[i]));
}

/* The whole number that the only open element would need; 0: there is none such. */
static int needed(const vt_amounts *a, const int32_t *charge, int *which)
{
  vt_q sum = {0, 1}, q;
  *which = -1;
  for (int i = 0; i < a->n; i++) {
    if (!charge[i] && *which >= 0) return 0;
    if (!charge[i])
      *which = i;
    else if (!vt_q_mul(a->x[i], (vt_q){charge[i], 1}, &q) || !vt_q_add(sum, q, &sum))
      return 0;
  }
  if (*which < 0 || !vt_q_div(sum, a->x[*which], &q) || q.den != 1 || llabs(q.num) > 8) return 0;
  return (int)-q.num; /* fits: at most 8 */
}

static void refuse_charged(vt__draft *dr, const vt__candidate *c, const int32_t *before, int several, const char *path)
{
  int32_t charge[VT_MAX_SPECIES];
  for (int i = 0; i < c->shown.n; i++) { /* an anion as a rule is not what is open */
    const int usual = vt_element_charge(c->shown.z[i]);
    charge[i] = before[i] || usual > 0 ? before[i] : usual;
  }
  char charges[300], open[200], text[48], name[VT_NAME] = "this formula";
  vt_q sum = {0, 1}, q;
  int which, n_open = 0, neutral = 1;
  list_charges(&c->shown, charge, charges, sizeof charges);
  list_open(&c->shown, charge, open, sizeof open);
  (void)vt_formula_name(&c->shown, name);
  for (int i = 0; i < c->shown.n; i++) {
    n_open += !charge[i];
    neutral = neutral && vt_q_mul(c->shown.x[i], (vt_q){charge[i], 1}, &q) && vt_q_add(sum, q, &sum);
  }
  const int one = needed(&c->shown, charge, &which);
  vt_q_text((vt_q){llabs(sum.num), sum.den}, text);
  if (several)
    vt__diag_error(dr->d, c->at, path,
                   "%s is neutral in several ways (%s): write which, e.g. `oxidation_states: {%s}` under compositions",
                   name, charges, open);
  else if (n_open == 0)
    vt__diag_error(dr->d, c->at, path, "not neutral: the charges add up to %c%s per formula (%s)",
                   sum.num > 0 ? '+' : '-', text, charges);
  else if (one)
    vt__diag_error(dr->d, c->at, path,
                   "no common oxidation state makes %s neutral (%s); if %s has %+d in it, write `oxidation_states: "
                   "{%s: %d}` under compositions",
                   name, charges, vt_element_symbol(c->shown.z[which]), one, vt_element_symbol(c->shown.z[which]), one);
  else
    vt__diag_error(dr->d, c->at, path,
                   "no common oxidation states make %s neutral (%s); an element has one whole number in a formula, "
                   "no mixed valence: write it, e.g. `oxidation_states: {%s}` under compositions",
                   name, charges, open);
}

/* What nobody wrote and several numbers were possible for. */
static void tell_found(vt__draft *dr, const vt__candidate *c, const int32_t *before, const char *path)
{
  char found[200] = "", name[VT_NAME] = "the formula";
  size_t used = 0;
  (void)vt_formula_name(&c->shown, name);
  for (int i = 0; i < c->shown.n && used < sizeof found; i++)
    if (!before[i] && !(vt_element_charge(c->shown.z[i]) < 0 && c->charge[i] == vt_element_charge(c->shown.z[i])))
      used += (size_t)snprintf(found + used, sizeof found - used, "%s%s %+d", used ? ", " : "",
                               vt_element_symbol(c->shown.z[i]), (int)c->charge[i]);
  if (used)
    vt__diag_warn(dr->d, c->at, path, "%s: %s, as only this is neutral with common oxidation states", name, found);
}

int vt__settle(vt__draft *dr, vt__candidate *c, const int *given, const char *path)
{
  int64_t whole[VT_MAX_SPECIES], sum;
  int32_t before[VT_MAX_SPECIES] = {0};
  int all[VT_MAX_CHARGES], classic = 1;
  vt_composition ions;
  for (int i = 0; i < c->shown.n; i++) {
    const int z = c->shown.z[i];
    before[i] = given && given[i] ? given[i] : dr->stated[z] || vt_element_charges(z, all) == 1 ? dr->charge[z] : 0;
    c->charge[i] = before[i];
    classic = classic && vt_element_is_classic(z) && !dr->c->ion[z].role;
  }
  if (!vt_amounts_primitive(&c->shown, whole, &sum)) {
    vt__diag_error(dr->d, c->at, path, "the subscripts have too many digits");
    return 0;
  }
  const int ways = vt_charges_settle(c->shown.n, c->shown.z, whole, c->charge);
  if (ways != 1) return refuse_charged(dr, c, before, ways > 1, path), 0;
  tell_found(dr, c, before, path);
  c->a = c->shown;
  vt__ions_of(dr, &c->a, c->charge, &ions);
  if (!vt_amounts_per_metal(&c->a, &ions)) {
    vt__diag_error(dr->d, c->at, path, "the subscripts have too many digits");
    return 0;
  }
  if (classic) c->shown = c->a; /* as such campaigns always were */
  return 1;
}

int vt__is_unsettled(vt__draft *dr, int z, vt__mark at, const char *path)
{
  int all[VT_MAX_CHARGES];
  if (dr->stated[z] || vt_element_charges(z, all) < 2) return 0;
  vt__diag_error(dr->d, at, path,
                 "%s has several oxidation states, and the grid needs its charge: write `oxidation_states: {%s: %d}` "
                 "under compositions",
                 vt_element_symbol(z), vt_element_symbol(z), vt_element_charge(z));
  return 1;
}
