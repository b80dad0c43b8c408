/* graft.c - a model for other elements than those of the one it is made from, and its energies moved to another scale
 * (T 17.3). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/train/train.h"

#define CONSTANT_AT    2.0 /* threshold of a new constant neuron, as in start.c */
#define CONSTANT_LEAST 0.1 /* |tanh| of a constant neuron that a shift may be given to */

/* ------------------------------------------------------------------ cut and graft */

static size_t pair_index(int n, int a, int b)
{
  const ptrdiff_t lo = a < b ? a : b, hi = a < b ? b : a;
  return (size_t)(lo * n - lo * (lo - 1) / 2 + hi - lo);
}

static void copy_numbers(const vt_nep_model *from, const int *old, vt_nep_model *m)
{
  const size_t nt = (size_t)m->n_types, was = (size_t)from->n_types;
  double *to = m->numbers;
  if (m->version == 3) memcpy(to, from->numbers, (size_t)(m->bias - m->numbers) * sizeof *to);
  for (size_t t = 0; t < nt && m->version != 3; t++)
    memcpy(to + t * m->stride, from->numbers + (size_t)old[t] * m->stride, m->stride * sizeof *to);
  to[m->bias - m->numbers] = *from->bias;
  const size_t radial = (size_t)m->n_radial * (size_t)m->k_radial; /* then angular */
  const size_t rows = radial + (size_t)m->n_angular * (size_t)m->k_angular;
  for (size_t r = 0; r < rows; r++)
    for (size_t a = 0; a < nt; a++)
      for (size_t b = 0; b < nt; b++)
        to[(size_t)(m->c_radial - m->numbers) + (r * nt + a) * nt + b] =
            from->c_radial[(r * was + (size_t)old[a]) * was + (size_t)old[b]];
  memcpy(to + (m->scale - m->numbers), from->scale, (size_t)m->dim * sizeof *to);
  for (int a = 0; m->zbl_pair && a < m->n_types; a++)
    for (int b = a; b < m->n_types; b++)
      memcpy(to + (m->zbl_pair - m->numbers) + 10 * pair_index(m->n_types, a, b),
             from->zbl_pair + 10 * pair_index(from->n_types, old[a], old[b]), 10 * sizeof *to);
}

static int find(const vt_nep_model *m, const char *symbol)
{
  for (int t = 0; t < m->n_types; t++)
    if (strcmp(m->symbol[t], symbol) == 0) return t;
  return -1;
}

/* Words with commas between them. */
static void add_word(vt_buf *list, const char *word) { vt_buf_printf(list, "%s%s", list->len ? ", " : "", word); }

static void say_missing(vt_buf *said, const vt_buf *list, const char *before, const char *after)
{
  if (list->len) vt_buf_printf(said, "%s%s%s%s", said->len ? "; " : "", before, list->s, after);
}

static vt_status find_all(const vt_nep_model *from, int n, const char (*symbol)[4], const char (*donor)[4], int *old,
                          int *is_new, vt_err *err)
{
  vt_buf without = {0}, unknown = {0}, said = {0};
  vt_status rc = VT_OK;
  for (int t = 0; t < n; t++) {
    const char *of = donor ? donor[t] : "";
    const int own = find(from, symbol[t]);
    is_new[t] = own < 0;
    old[t] = own >= 0 || !of[0] ? own : find(from, of);
    if (own < 0 && !of[0]) add_word(&without, symbol[t]);
    if (own < 0 && of[0] && old[t] < 0) add_word(&unknown, of);
  }
  say_missing(&said, &without, "the model to start from has no ", " and graft names no neighbour to copy");
  say_missing(&said, &unknown, "graft copies ", ", which the model to start from does not have");
  if (said.len) rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "%s", said.s);
  vt_buf_free(&without);
  vt_buf_free(&unknown);
  vt_buf_free(&said);
  return rc;
}

vt_status vt_train_graft(const vt_nep_model *from, int n, const char (*symbol)[4], const char (*donor)[4],
                         vt_nep_model **out, int *is_new, vt_err *err)
{
  vt_nep_model form = *from;
  int old[VT_NEP_MOST_TYPES] = {0};
  *out = NULL;
  VT_PASS(find_all(from, n, symbol, donor, old, is_new, err));
  form.n_types = n;
  for (int t = 0; t < n; t++) {
    memcpy(form.symbol[t], symbol[t], sizeof form.symbol[t]);
    form.z[t] = vt_element_z(symbol[t]);
    form.rc_radial[t] = from->rc_radial[old[t]];
    form.rc_angular[t] = from->rc_angular[old[t]];
  }
  VT_PASS(vt_nep_new(&form, out, err));
  copy_numbers(from, old, *out);
  return VT_OK;
}

vt_status vt_train_cut(const vt_nep_model *from, int n, const char (*symbol)[4], vt_nep_model **out, vt_err *err)
{
  int is_new[VT_NEP_MOST_TYPES];
  return vt_train_graft(from, n, symbol, NULL, out, is_new, err);
}

/* ------------------------------------------------------------------ another scale of energies */

static double *network_of(vt_nep_model *m, int type) { return m->numbers + (size_t)type * m->stride; }

/* The neuron of a network whose output is the same everywhere, and far enough from 0; -1: there is none. */
static int constant_neuron(const vt_nep_model *m, int type)
{
  const double *net = m->w0 + (size_t)type * m->stride, *b0 = m->b0 + (size_t)type * m->stride;
  for (int j = 0; j < m->neurons; j++) {
    int zero = 1;
    for (int k = 0; k < m->dim && zero; k++) zero = net[j * m->dim + k] == 0;
    if (zero && fabs(tanh(b0[j])) > CONSTANT_LEAST) return j;
  }
  return -1;
}

/* The same model with one more neuron in each network, which does nothing yet; of a NEP3 each type gets the network. */
static vt_status widen(const vt_nep_model *from, vt_nep_model **out, vt_err *err)
{
  vt_nep_model form = *from;
  const size_t h = (size_t)from->neurons, dim = (size_t)from->dim, bytes = sizeof(double);
  form.neurons++;
  if (form.version == 3) form.version = 4;
  VT_PASS(vt_nep_new(&form, out, err));
  vt_nep_model *m = *out;
  for (int t = 0; t < m->n_types; t++) {
    const double *net = from->numbers + (size_t)t * from->stride;
    double *to = network_of(m, t);
    memcpy(to, net, h * dim * bytes);
    memcpy(to + (h + 1) * dim, net + h * dim, h * bytes);
    to[(h + 1) * dim + h] = -CONSTANT_AT;
    memcpy(to + (h + 1) * (dim + 1), net + h * (dim + 1), h * bytes);
  }
  memcpy(m->numbers + (m->bias - m->numbers), from->bias,
         (size_t)(from->numbers + from->n_numbers - from->bias) * bytes);
  return VT_OK;
}

vt_status vt_train_shift(vt_nep_model **m, const double *e, vt_err *err)
{
  int has_all = (*m)->version != 3;
  for (int t = 0; t < (*m)->n_types && has_all && (*m)->version == 4; t++)
    has_all = e[t] == 0 || constant_neuron(*m, t) >= 0;
  if (!has_all) {
    vt_nep_model *wide = NULL;
    VT_PASS(widen(*m, &wide, err));
    vt_nep_free(*m);
    *m = wide;
  }
  for (int t = 0; t < (*m)->n_types; t++) {
    double *net = network_of(*m, t);
    const size_t w0 = (size_t)(*m)->neurons * (size_t)(*m)->dim, h = (size_t)(*m)->neurons;
    if ((*m)->version == 5) {
      net[w0 + 2 * h] -= e[t];
      continue;
    }
    const int j = e[t] == 0 ? -1 : has_all ? constant_neuron(*m, t) : (*m)->neurons - 1;
    if (j >= 0) net[w0 + h + (size_t)j] += e[t] / tanh(-net[w0 + (size_t)j]);
  }
  return VT_OK;
}
