/* nep.c - the back ends `nep` (vector kernels where the model's form allows it) and `nep-reference` (readable code). */
#include <stdio.h>
#include <string.h>

#include "engine/pot/nep/nep_impl.h"

typedef struct nep {
  char path[VT_PATH];
  vt_uid sha256;
  vt_nep_model *model;
  vt_nep_bound bound;
  vt_nep_ref *ref;
  vt_nep_vector *fast;                    /* NULL: every computation takes the readable path         */
  vt_nep_vector *of_member[VT_TEAM_MOST]; /* the same for cells that others compute; the first unused */
} nep;

static void nep_close(void *self)
{
  nep *p = self;
  if (!p) return;
  vt__nep_vector_close(p->fast);
  for (int k = 0; k < VT_TEAM_MOST; k++) vt__nep_vector_close(p->of_member[k]);
  vt__nep_ref_close(p->ref);
  vt_nep_free(p->model);
  vt_free(p);
}

static vt_status unknown_element(const nep *p, const char *symbol, vt_err *err)
{
  const vt_nep_model *m = p->model;
  char known[VT_NEP_MOST_TYPES * 4 + 1];
  size_t used = 0;
  known[0] = '\0';
  for (int t = 0; t < m->n_types; t++) used += (size_t)snprintf(known + used, sizeof known - used, " %s", m->symbol[t]);
  return vt_err_user(err, VT_EINVAL, p->path, 1, 0, "the model does not know element '%s'; it knows%s", symbol, known);
}

static double larger(double a, double b) { return a > b ? a : b; }

/* The reach of the pair of types a and b. */
static double pair_reach(const vt_nep_model *m, int a, int b)
{
  double reach = larger(0.5 * (m->rc_radial[a] + m->rc_radial[b]), 0.5 * (m->rc_angular[a] + m->rc_angular[b]));
  return m->zbl == VT_ZBL_NONE ? reach : larger(reach, vt_zbl_pair_of(m, a, b).outer);
}

/* Find each species in the model; without species (a probe) the reach is that of the whole model. */
static vt_status bind_species(nep *p, const vt_pot_args *a, vt_err *err)
{
  const vt_nep_model *m = p->model;
  vt_nep_bound *b = &p->bound;
  b->model = m;
  b->n_species = a->n_species;
  for (int s = 0; s < a->n_species; s++) {
    int t = 0;
    while (t < m->n_types && strcmp(m->symbol[t], a->species[s]) != 0) t++;
    if (t == m->n_types) return unknown_element(p, a->species[s], err);
    b->type[s] = t;
  }
  for (int s = 0; s < a->n_species; s++) {
    for (int u = 0; u < a->n_species; u++) {
      if (m->zbl != VT_ZBL_NONE) b->zbl[s][u] = vt_zbl_pair_of(m, b->type[s], b->type[u]);
      b->cutoff = larger(b->cutoff, pair_reach(m, b->type[s], b->type[u]));
    }
  }
  for (int s = 0; a->n_species == 0 && s < m->n_types; s++)
    for (int u = s; u < m->n_types; u++) b->cutoff = larger(b->cutoff, pair_reach(m, s, u));
  return VT_OK;
}

static vt_status open_with(const vt_pot_args *a, int may_be_fast, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  nep *p = NULL;
  char *text = NULL;
  size_t n;
  *self = NULL;
  VT_TRY(VT_NEW(p, 1, err), err, "NEP");
  if (strlen(a->path) >= sizeof p->path) VT_FAIL_OUT(err, VT_EINVAL, "path '%.80s...' is too long", a->path);
  memcpy(p->path, a->path, strlen(a->path) + 1);
  VT_TRY_OUT(vt_text_read(a->path, VT_NEP_MOST_BYTES, &text, &n, err), err, "reading a NEP");
  vt_sha256(text, n, &p->sha256);
  rc = vt_nep_read(a->path, text, n, &p->model, err);
  if (rc == VT_OK) rc = bind_species(p, a, err);
  if (rc == VT_OK) rc = vt__nep_ref_open(&p->bound, &p->ref, err);
  if (rc == VT_OK && may_be_fast && a->n_species) rc = vt__nep_vector_open(&p->bound, &a->numerics, &p->fast, err);
  if (rc == VT_OK) *self = p, p = NULL;
out:
  vt_free(text);
  nep_close(p);
  return rc;
}

static vt_status nep_open(const vt_pot_args *a, void **self, vt_err *err) { return open_with(a, 1, self, err); }

static vt_status reference_open(const vt_pot_args *a, void **self, vt_err *err) { return open_with(a, 0, self, err); }

static void nep_describe(const void *self, vt_pot_info *out)
{
  const nep *p = self;
  memcpy(out->path, p->path, sizeof out->path);
  out->sha256 = p->sha256;
  out->cutoff = p->bound.cutoff;
  out->n_elements = p->model->n_types;
  memcpy(out->element, p->model->symbol, sizeof p->model->symbol);
  snprintf(out->kernel, sizeof out->kernel, "%s", p->fast ? vt__nep_vector_name(p->fast) : "reference double");
}

static vt_status nep_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  nep *p = self;
  if (!p->fast || out->w_atom) return vt__nep_ref_compute(p->ref, nl, out, err);
  return vt__nep_vector_compute(p->fast, nl, out, err);
}

/* ------------------------------------------------------------------ many cells */

enum { CELLS_AT_ONCE = 256 };

typedef struct cells {
  nep *p;
  const vt_nlist *const *nl;
  vt_force_out *const *out;
  vt_status status[CELLS_AT_ONCE];
} cells;

static vt_status compute_cell(nep *p, int member, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  vt_nlist alone = *nl;
  alone.team = NULL;
  if (!p->fast || out->w_atom) return vt__nep_ref_compute(p->ref, &alone, out, err);
  return vt__nep_vector_compute(member ? p->of_member[member] : p->fast, &alone, out, err);
}

static void take_cell(void *ctx, int piece, int member)
{
  cells *c = ctx;
  c->status[piece] = compute_cell(c->p, member, c->nl[piece], c->out[piece], NULL);
}

/* The readable path has one set of work arrays, so its cells are not shared. */
static int can_share(const nep *p, int n, vt_force_out *const *out)
{
  int can = p->fast != NULL;
  for (int k = 0; k < n; k++) can &= out[k]->w_atom == NULL;
  return can;
}

static vt_status nep_compute_many(void *self, int n, const vt_nlist *const *nl, vt_force_out *const *out, vt_team *team,
                                  int *failed, vt_err *err)
{
  nep *p = self;
  const int members = vt_team_size(team), share = can_share(p, n, out);
  for (int m = 1; m < members && share; m++)
    if (!p->of_member[m]) VT_PASS(vt__nep_vector_share(p->fast, &p->of_member[m], err));
  for (int first = 0; first < n; first += CELLS_AT_ONCE) {
    cells c = {.p = p, .nl = nl + first, .out = out + first};
    const int k_end = n - first < CELLS_AT_ONCE ? n - first : CELLS_AT_ONCE;
    vt_team_run(share ? team : NULL, k_end, take_cell, &c);
    for (int k = 0; k < k_end; k++) {
      if (c.status[k] == VT_OK) continue;
      *failed = first + k;
      return compute_cell(p, 0, c.nl[k], c.out[k], err); /* again, for the words */
    }
  }
  return VT_OK;
}

static double nep_multiply_adds(const void *self, const vt_nlist *nl)
{
  return vt__nep_multiply_adds(&((const nep *)self)->bound, nl);
}

const vt_pot_ops vt__pot_nep = {.name = "nep",
                                .open = nep_open,
                                .describe = nep_describe,
                                .compute = nep_compute,
                                .close = nep_close,
                                .threads_most = vt__nep_chunks,
                                .compute_many = nep_compute_many,
                                .multiply_adds = nep_multiply_adds};

const vt_pot_ops vt__pot_nep_reference = {.name = "nep-reference",
                                          .open = reference_open,
                                          .describe = nep_describe,
                                          .compute = nep_compute,
                                          .close = nep_close,
                                          .multiply_adds = nep_multiply_adds};
