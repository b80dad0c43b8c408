/* bind.c - a potential for the elements that a structure happens to have. */
#include <string.h>

#include "engine/pot/pot.h"

/* The common oxidation numbers that make the structure neutral; without such ones, the most common. */
static void settle_charges(vt_composition *c)
{
  int64_t amount[VT_MAX_SPECIES];
  for (int k = 0; k < c->n_species; k++) amount[k] = c->count[k];
  if (vt_charges_settle(c->n_species, c->z, amount, c->charge) != 1)
    for (int k = 0; k < c->n_species; k++) c->charge[k] = vt_element_charge(c->z[k]);
}

/* Species in order of first appearance, types and counts. */
static vt_status sort_out(const vt_structure *s, vt_composition *c, int *type, vt_err *err)
{
  *c = (vt_composition){.name = "structure", .n_atoms = s->n};
  for (int i = 0; i < s->n; i++) {
    int z = vt_element_z(s->symbol[i]), k = 0;
    if (!z) VT_FAIL(err, VT_EINVAL, "atom %d: '%s' is not an element", i + 1, s->symbol[i]);
    while (k < c->n_species && c->z[k] != z) k++;
    if (k == VT_MAX_SPECIES) VT_FAIL(err, VT_EINVAL, "more than %d elements in one structure", VT_MAX_SPECIES);
    if (k == c->n_species) {
      c->z[k] = z;
      c->n_species++;
    }
    c->count[k]++;
    type[i] = k;
  }
  settle_charges(c);
  return VT_OK;
}

static int same_species(const vt_composition *a, const vt_composition *b)
{
  return a->n_species == b->n_species && memcmp(a->z, b->z, sizeof a->z) == 0 &&
         memcmp(a->charge, b->charge, sizeof a->charge) == 0;
}

vt_status vt_pot_bind(vt_bound *b, const char *kind, const char *path, vt_numerics num, const vt_structure *s,
                      vt_err *err)
{
  void *p = NULL;
  vt_composition comp;
  vt_free(b->type);
  b->type = NULL;
  VT_PASS(vt_calloc64(&p, (size_t)s->n, sizeof *b->type, err));
  b->type = p;
  VT_PASS(sort_out(s, &comp, b->type, err));
  int keep = b->pot.ops && same_species(&comp, &b->comp);
  b->comp = comp;
  if (keep) return VT_OK;
  if (b->pot.ops) vt_pot_close(&b->pot);
  b->pot = (vt_pot){0};
  b->n_species = comp.n_species;
  for (int k = 0; k < comp.n_species; k++) b->symbol[k] = vt_element_symbol(comp.z[k]);
  vt_pot_args args = {.path = path,
                      .n_species = b->n_species,
                      .species = b->symbol,
                      .comp = &b->comp,
                      .numerics = num,
                      .driver = b->driver,
                      .kept = b->kept};
  return vt_pot_open(&b->pot, kind, &args, err);
}

void vt_pot_unbind(vt_bound *b)
{
  if (b->pot.ops) vt_pot_close(&b->pot);
  vt_free(b->type);
  *b = (vt_bound){0};
}
