/* readback.c - does the engine get from the file what the trainer has? */
#include <math.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/model_card/model_card_impl.h"

enum { FRAMES_MOST = 60 };

typedef struct comparison {
  const vt_card *c;
  vt_bound bound;
  double energy, force, virial;       /* largest differences; energy: relative */
  double force_2, n_f, virial_2, n_v; /* squares of the trainer's values */
} comparison;

static vt_status engine_values(comparison *w, const vt_train_sample *s, vt_force_out *out, vt_err *err)
{
  vt_nlist nl = {0};
  vt_pot_info info;
  char(*symbol)[4] = NULL;
  VT_PASS(VT_NEW(symbol, s->n, err));
  for (int i = 0; i < s->n; i++) memcpy(symbol[i], w->c->m->symbol[s->type[i]], sizeof *symbol);
  const vt_structure view = {.n = s->n, .cell = s->cell, .symbol = symbol, .x = s->x};
  const vt_numerics num = {.simd = vt_simd_best(), .precision = VT_DOUBLE, .format = VT_ENGINE_FORMAT};
  vt_status rc = vt_pot_bind(&w->bound, "nep", w->c->potential, num, &view, err);
  if (rc == VT_OK) {
    vt_pot_describe(&w->bound.pot, &info);
    rc = vt_nlist_open(&nl, s->n, w->bound.type, info.cutoff, 0, err);
  }
  if (rc == VT_OK) rc = vt_nlist_update(&nl, &s->cell, (const double(*)[3])s->x, 1, err);
  if (rc == VT_OK) rc = vt_pot_compute(&w->bound.pot, &nl, out, err);
  vt_nlist_close(&nl);
  vt_free(symbol);
  return rc;
}

static void compare(comparison *w, const vt_train_sample *s, const vt_train_values *v, const vt_force_out *got)
{
  const double least = 1e-3 * s->n; /* eV: of an energy that is nearly 0 nothing is relative */
  w->energy = fmax(w->energy, fabs(got->energy - v->energy) / fmax(fabs(v->energy), least));
  for (int i = 0; i < s->n; i++)
    for (int a = 0; a < 3; a++) {
      w->force = fmax(w->force, fabs(got->f[i][a] - v->f[i][a]));
      w->force_2 += v->f[i][a] * v->f[i][a];
    }
  w->n_f += 3 * s->n;
  for (int k = 0; k < 9; k++) {
    w->virial = fmax(w->virial, fabs(got->virial[k] - v->virial[k]));
    w->virial_2 += v->virial[k] * v->virial[k];
  }
  w->n_v += 9;
}

static vt_status see_frame(void *ctx, const vt_train_sample *s, const vt_train_values *v, vt_err *err)
{
  comparison *w = ctx;
  vt_force_out got = {0};
  vt_status rc = VT_NEW(got.f, s->n, err);
  if (rc == VT_OK) rc = engine_values(w, s, &got, err);
  if (rc == VT_OK) compare(w, s, v, &got);
  vt_free(got.f);
  return rc;
}

static double relative(double largest, double squares, double n)
{
  const double rms = n > 0 ? sqrt(squares / n) : 0;
  return rms > 0 ? largest / rms : largest;
}

vt_status vt__read_back(const vt_card *c, vt_train_data *d, vt__readback *out, vt_err *err)
{
  comparison w = {.c = c};
  vt_train_data some = *d; /* a view: evenly spread frames */
  vt_train_sample *s = NULL;
  const int n = d->n < FRAMES_MOST ? d->n : FRAMES_MOST;
  *out = (vt__readback){.frames = n};
  VT_PASS(VT_NEW(s, n, err));
  for (int k = 0; k < n; k++) {
    s[k] = d->s[(int64_t)k * d->n / n];
    s[k].frame = NULL;
  }
  some.s = s;
  some.n = n;
  const vt_status rc = vt__walk(c->m, &some, see_frame, &w, err);
  out->energy = w.energy;
  out->force = relative(w.force, w.force_2, w.n_f);
  out->virial = relative(w.virial, w.virial_2, w.n_v);
  out->ok = fmax(out->energy, fmax(out->force, out->virial)) <= vt__card_limits.readback_most;
  vt_pot_unbind(&w.bound);
  vt_free(s);
  return rc;
}
