/* smoke.c - which melts, on which ranks, and whether they pass. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/model_card/model_card_impl.h"

enum { SMOKE_ATOMS = 120, DENSITY_ATOMS = 240, TYPES = VT_NEP_MOST_TYPES };
#define NVE_PS 5.0
/* A density: melted above at the volume that was measured, cooled there, then equilibrated and measured without
 * pressure. From a packing the hot liquid would be far from its volume, and may boil on the way. */
#define HOT_K       1000.0
#define HOT_PS      10.0
#define COOL_PS     10.0
#define SETTLE_PS   40.0
#define MEASURED_PS 80.0

int vt__smoke_passes(const vt__melt *melt)
{
  return melt->done && (!(melt->nve_ps > 0) || fabs(melt->drift) <= vt__card_limits.drift_most);
}

/* ------------------------------------------------------------------ compositions */

static void order_species(vt_composition *c)
{
  static const char roles[] = "AMXO?";
  for (int k = 1; k < c->n_species; k++)
    for (int j = k; j > 0; j--) {
      const long a = strchr(roles, vt_element_role(c->z[j - 1])) - roles,
                 b = strchr(roles, vt_element_role(c->z[j])) - roles;
      if (a < b || (a == b && c->z[j - 1] < c->z[j])) break;
      const int32_t z = c->z[j], n = c->count[j];
      c->z[j] = c->z[j - 1], c->count[j] = c->count[j - 1];
      c->z[j - 1] = z, c->count[j - 1] = n;
    }
  for (int k = 0; k < c->n_species; k++) c->charge[k] = vt_element_charge(c->z[k]);
}

static int divisor(int a, int b)
{
  while (b) {
    const int r = a % b;
    a = b;
    b = r;
  }
  return a;
}

/* The smallest multiple of the simplest formula with at least so many atoms. */
static void resize(vt_composition *c, int atoms)
{
  int d = 0, n = 0;
  for (int k = 0; k < c->n_species; k++) d = divisor(c->count[k], d);
  if (d == 0) return; /* no atom */
  for (int k = 0; k < c->n_species; k++) n += c->count[k] /= d;
  const int times = (atoms + n - 1) / n;
  for (int k = 0; k < c->n_species; k++) c->count[k] *= times;
  c->n_atoms = times * n;
}

/* A composition of the data. */
typedef struct kind {
  int comp, frames, sample; /* a frame of it */
  int is_formula;           /* all its frames have the same formula */
  uint8_t cation[TYPES];    /* elements of positive charge in it */
} kind;

static void count_types(const vt_train_sample *s, int64_t count[TYPES])
{
  for (int t = 0; t < TYPES; t++) count[t] = 0;
  for (int i = 0; i < s->n; i++) count[s->type[i]]++;
}

static int is_same_formula(const vt_train_sample *a, const vt_train_sample *b)
{
  int64_t of_a[TYPES], of_b[TYPES];
  count_types(a, of_a);
  count_types(b, of_b);
  for (int t = 0; t < TYPES; t++)
    if (of_a[t] * b->n != of_b[t] * a->n) return 0;
  return 1;
}

static int is_better(const kind *a, const kind *b, const vt_train_data *d)
{
  if (a->frames != b->frames) return a->frames > b->frames;
  return strcmp(d->comp[a->comp], d->comp[b->comp]) < 0;
}

/* The composition with the most frames of each class, at most so many; returns how many.  A class: the same cations.
 * A name that stands for many formulas is no melt. */
static int choose(const vt_nep_model *m, const vt_train_data *d, kind *k, int most)
{
  for (int i = 0; i < d->n_comp; i++) k[i] = (kind){.comp = i};
  for (int i = 0; i < d->n; i++) {
    kind *of = &k[d->s[i].comp];
    if (of->frames++ == 0) of->sample = i;
    of->is_formula = (of->frames == 1 || of->is_formula) && is_same_formula(&d->s[i], &d->s[of->sample]);
  }
  for (int c = 0; c < d->n_comp; c++)
    for (int i = 0; k[c].frames > 0 && i < d->s[k[c].sample].n; i++) {
      const int type = d->s[k[c].sample].type[i];
      k[c].cation[type] = vt_element_charge(m->z[type]) > 0;
    }
  int n = 0;
  while (n < most) {
    int best = -1;
    for (int i = n; i < d->n_comp; i++) {
      int is_new = k[i].frames > 0 && k[i].is_formula;
      for (int j = 0; j < n; j++) is_new = is_new && memcmp(k[i].cation, k[j].cation, sizeof k[i].cation) != 0;
      if (is_new && (best < 0 || is_better(&k[i], &k[best], d))) best = i;
    }
    if (best < 0) return n;
    const kind keep = k[best];
    k[best] = k[n];
    k[n++] = keep;
  }
  return n;
}

static void composition_of(const vt_nep_model *m, const vt_train_sample *s, const char *name, vt_composition *c)
{
  *c = (vt_composition){0};
  (void)snprintf(c->name, sizeof c->name, "%s", name);
  for (int i = 0; i < s->n; i++) {
    int k = 0;
    while (k < c->n_species && c->z[k] != m->z[s->type[i]]) k++;
    if (k == VT_MAX_SPECIES) continue;
    if (k == c->n_species) c->z[c->n_species++] = m->z[s->type[i]];
    c->count[k]++;
  }
  order_species(c);
  resize(c, SMOKE_ATOMS);
}

/* ------------------------------------------------------------------ the list */

/* The packing wants to know how large every element is. */
static const char *unknown_size(const vt_composition *c)
{
  for (int k = 0; k < c->n_species; k++)
    if (!(vt_element_volume(c->z[k]) > 0)) return vt_element_symbol(c->z[k]);
  return NULL;
}

vt_status vt__smoke_list(const vt_card *c, vt__smoke_result *out, vt_err *err)
{
  const vt_train_data *d = c->train && c->train->n > 0 ? c->train : c->test;
  kind *k = NULL;
  VT_PASS(VT_NEW(k, d->n_comp, err));
  const int n = choose(c->m, d, k, VT__SMOKE_CLASSES < d->n_comp ? VT__SMOKE_CLASSES : d->n_comp);
  if (n == 0) (void)snprintf(out->not_run, sizeof out->not_run, "no melt: no composition of the data is one formula");
  for (int i = 0; i < n; i++) {
    vt__melt melt = {.t_k = c->smoke.t_k, .melt_ps = c->smoke.duration_ps, .nve_ps = NVE_PS};
    composition_of(c->m, &d->s[k[i].sample], d->comp[k[i].comp], &melt.comp);
    const char *unknown = unknown_size(&melt.comp);
    if (unknown) {
      (void)snprintf(out->not_run, sizeof out->not_run,
                     "no melt of %s: the size of %s, which a random packing needs, is not known", melt.comp.name,
                     unknown);
      continue;
    }
    for (int seed = 1; seed <= VT__SMOKE_SEEDS; seed++) {
      melt.seed = (uint64_t)seed;
      out->melt[out->n++] = melt;
    }
  }
  out->n_smoke = out->n;
  vt_free(k);
  return VT_OK;
}

static int has_elements(const vt_nep_model *m, const vt__measured *w)
{
  int found = 0;
  for (int k = 0; k < w->n; k++)
    for (int t = 0; t < m->n_types; t++) found += strcmp(m->symbol[t], w->of[k].symbol) == 0;
  return found == w->n;
}

static void list_densities(const vt_card *c, vt__smoke_result *out)
{
  for (int r = 0; r < vt__n_measured_melts; r++) {
    const vt__measured *w = &vt__measured_melts[r];
    vt__melt melt = {.t_k = fmax(HOT_K, w->t_k),
                     .melt_ps = HOT_PS,
                     .start = w->a - w->b * w->t_k,
                     .npt_k = w->t_k,
                     .nvt_ps = COOL_PS,
                     .npt_ps = SETTLE_PS,
                     .mean_ps = MEASURED_PS};
    if (!has_elements(c->m, w)) continue;
    (void)snprintf(melt.comp.name, sizeof melt.comp.name, "%s", w->name);
    melt.comp.n_species = w->n;
    for (int k = 0; k < w->n; k++) {
      melt.comp.z[k] = vt_element_z(w->of[k].symbol);
      melt.comp.count[k] = w->of[k].count;
    }
    order_species(&melt.comp);
    resize(&melt.comp, DENSITY_ATOMS);
    for (int seed = 1; seed <= VT__DENSITY_SEEDS && out->n < VT__MELTS_MOST; seed++) {
      melt.seed = (uint64_t)seed;
      out->measured[out->n] = r;
      out->melt[out->n++] = melt;
    }
  }
}

/* ------------------------------------------------------------------ all melts */

static vt_status run_mine(vt_comm *comm, const vt_card *c, vt__smoke_result *out, vt_err *err)
{
  const int me = comm ? vt_comm_rank(comm) : 0, ranks = comm ? vt_comm_size(comm) : 1;
  for (int k = me; k < out->n; k += ranks) {
    const vt__melt *melt = &out->melt[k];
    VT_TRY(vt__melt_run(c->potential, c->stop, c->ctx, &out->melt[k], err), err, "melt of %s, seed %llu",
           melt->comp.name, (unsigned long long)melt->seed);
  }
  return VT_OK;
}

vt_status vt__smoke(vt_comm *comm, const vt_card *c, vt__smoke_result *out, int *stopped, vt_err *err)
{
  const int me = comm ? vt_comm_rank(comm) : 0;
  vt_status rc = VT_OK;
  vt_err mine = {0};
  *stopped = 0;
  *out = (vt__smoke_result){0};
  if (me == 0 && c->smoke.on) rc = vt__smoke_list(c, out, &mine);
  if (me == 0 && rc == VT_OK && c->smoke.densities) list_densities(c, out);
  if (comm) {
    rc = vt_comm_agree(comm, rc, &mine);
    if (rc == VT_OK) rc = vt_comm_bcast(comm, 0, out, sizeof *out, &mine);
  }
  if (rc == VT_OK) {
    rc = run_mine(comm, c, out, &mine);
    if (comm) rc = vt_comm_agree(comm, rc, &mine);
  }
  for (int k = 0; k < out->n && rc == VT_OK && comm; k++)
    rc = vt_comm_bcast(comm, k % vt_comm_size(comm), &out->melt[k], sizeof out->melt[k], &mine);
  *stopped = rc == VT_ESTOP;
  if (rc == VT_OK || *stopped) return VT_OK;
  if (err) *err = mine;
  return rc;
}
