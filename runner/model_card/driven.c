/* driven.c - errors of a potential that another program computes.
 *
 * All frames are computed once and kept, since one look at all energies decides whether they can be compared: those of
 * another functional, or total energies beside cohesive ones, are eV an atom apart, which would hide every other error.
 */
#include <math.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/model_card/model_card_impl.h"

typedef struct driven {
  const vt_driver *driver;
  const char *file;
  const vt_nep_model *elements;
  vt_bound bound;
  int next;                 /* the sample that is asked for next */
  vt_train_values *v;       /* [n] */
  double (*f)[3], (*at)[3]; /* forces of all frames, and where those of the next one begin */
} driven;

void vt_validate_elements(vt_nep_model *m)
{
  memset(m, 0, sizeof *m);
  for (int z = 1; z <= VT_NEP_MOST_TYPES; z++) {
    m->z[m->n_types] = z;
    (void)snprintf(m->symbol[m->n_types++], sizeof m->symbol[0], "%s", vt_element_symbol(z));
  }
}

static vt_status compute(driven *w, const vt_structure *s, vt_force_out *out, vt_err *err)
{
  vt_nlist nl = {0};
  vt_pot_info info;
  const vt_numerics num = {.simd = vt_simd_best(), .precision = VT_DOUBLE, .format = VT_ENGINE_FORMAT};
  VT_PASS(vt_pot_bind(&w->bound, "ipi", w->file, num, s, err));
  vt_pot_describe(&w->bound.pot, &info);
  vt_status rc = vt_nlist_open(&nl, s->n, w->bound.type, info.cutoff, 0, err);
  if (rc == VT_OK) rc = vt_nlist_update(&nl, &s->cell, (const double(*)[3])s->x, 1, err);
  if (rc == VT_OK) rc = vt_pot_compute(&w->bound.pot, &nl, out, err);
  vt_nlist_close(&nl);
  return rc;
}

static vt_status compute_sample(driven *w, const vt_train_sample *s, vt_train_values *v, vt_err *err)
{
  char(*symbol)[4] = NULL;
  vt_force_out out = {.f = w->at};
  VT_PASS(VT_NEW(symbol, s->n, err));
  for (int i = 0; i < s->n; i++) memcpy(symbol[i], w->elements->symbol[s->type[i]], sizeof *symbol);
  const vt_structure view = {.n = s->n, .cell = s->cell, .symbol = symbol, .x = s->x};
  const vt_status rc = compute(w, &view, &out, err);
  vt_free(symbol);
  VT_PASS(rc);
  v->energy = out.energy;
  v->f = w->at;
  memcpy(v->virial, out.virial, sizeof v->virial);
  w->at += s->n;
  return VT_OK;
}

static vt_status compute_all(driven *w, const vt_train_data *d, vt_err *err)
{
  size_t atoms = 0;
  for (int k = 0; k < d->n; k++) atoms += (size_t)d->s[k].n;
  VT_PASS(VT_NEW(w->v, d->n, err));
  VT_PASS(VT_NEW(w->f, atoms, err));
  w->at = w->f;
  for (int k = 0; k < d->n; k++) {
    VT_TRY(compute_sample(w, &d->s[k], &w->v[k], err), err, "%s:%d", d->file[d->s[k].file], d->s[k].line);
    vt_alive();
  }
  return VT_OK;
}

/* Labels that cannot be compared are left out; why, in `why`. */
static void leave_out(const driven *w, vt_train_data *d, char why[2][200])
{
  const double most_ev = 0.2; /* an atom: no useful model is off by that in the mean */
  double sum = 0;
  int n = 0, without = 0;
  for (int k = 0; k < d->n; k++) {
    const vt_train_sample *s = &d->s[k];
    if (s->has_energy) sum += (w->v[k].energy - s->energy) / s->n, n++;
    without += s->has_virial && isnan(w->v[k].virial[0]);
  }
  const int other_scale = n > 0 && fabs(sum / n) > most_ev;
  if (other_scale)
    (void)snprintf(why[0], 200, "energy: the program's lie %.4g eV an atom from the labels in the mean: another scale",
                   sum / n);
  if (without > 0) (void)snprintf(why[1], 200, "virial: the program gives none for %d of %d frames", without, d->n);
  for (int k = 0; k < d->n; k++) {
    if (other_scale) d->s[k].has_energy = 0;
    if (without > 0) d->s[k].has_virial = 0;
  }
}

static vt_status take_next(void *ctx, vt_train_sample *s, vt_train_values *v, vt_err *err)
{
  driven *w = ctx;
  (void)s, (void)err;
  *v = w->v[w->next++];
  return VT_OK;
}

vt_status vt_validate_driven(const vt_driver *driver, const char *file, vt_train_data *data, vt_json **out, vt_err *err)
{
  vt_nep_model *elements = NULL;
  driven w = {.driver = driver, .file = file, .bound = {.driver = driver}};
  char why[2][200] = {"", ""};
  *out = NULL;
  VT_PASS(VT_NEW(elements, 1, err));
  vt_validate_elements(elements);
  w.elements = elements;
  vt_status rc = compute_all(&w, data, err);
  if (rc == VT_OK) {
    leave_out(&w, data, why);
    rc = vt_validate_by(elements, take_next, &w, data, out, err);
  }
  for (int k = 0; k < 2 && *out; k++) {
    if (!why[k][0]) continue;
    vt_json_warn(*out, "%s", why[k]);
    vt_buf_printf(&data->warns, "%s\n", why[k]);
  }
  vt_pot_unbind(&w.bound);
  vt_free(w.v);
  vt_free(w.f);
  vt_free(elements);
  return rc;
}
