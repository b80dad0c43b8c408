/* lj.c - Lennard-Jones, shifted at the cutoff: a test potential, not a model.
 *
 * Every species is the same atom.  Without a file (path "-") the parameters make a dense liquid at the number density
 * of the glasses, 0.045 per A^3; a file holds one line: `lj EPSILON_EV SIGMA_A CUTOFF_A`. */
#include <math.h>
#include <string.h>

#include "engine/pot/pot_impl.h"

typedef struct lj {
  char path[VT_PATH];
  vt_uid sha256;
  double eps, sigma, cutoff, shift;
} lj;

static void lj_close(void *self) { vt_free(self); }

/* The words of a line, at most `most`; more are counted, not kept. */
static int lj_words(const char *s, const char *w[], size_t len[], int most)
{
  int n = 0;
  for (;;) {
    s += strspn(s, " \t\r\n");
    if (!*s) return n;
    size_t l = strcspn(s, " \t\r\n");
    if (n < most) w[n] = s, len[n] = l;
    n++;
    s += l;
  }
}

static vt_status lj_read(lj *p, vt_err *err)
{
  enum { MOST_BYTES = 4096 };
  char *text;
  size_t n, len[4];
  const char *w[4];
  VT_PASS(vt_text_read(p->path, MOST_BYTES, &text, &n, err));
  vt_sha256(text, n, &p->sha256);
  int ok = strlen(text) == n && lj_words(text + vt_text_mark(text, n), w, len, 4) == 4 && len[0] == 2 &&
           memcmp(w[0], "lj", 2) == 0 && vt_parse_f64(w[1], len[1], &p->eps) && vt_parse_f64(w[2], len[2], &p->sigma) &&
           vt_parse_f64(w[3], len[3], &p->cutoff) && p->eps > 0 && p->sigma > 0 && p->cutoff > p->sigma;
  vt_free(text);
  if (!ok)
    return vt_err_user(err, VT_EPARSE, p->path, 1, 0,
                       "expected 'lj EPSILON_EV SIGMA_A CUTOFF_A', all positive, the cutoff beyond sigma");
  return VT_OK;
}

static vt_status lj_open(const vt_pot_args *a, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  *self = NULL;
  lj *p;
  VT_TRY(VT_NEW(p, 1, err), err, "lj parameters");
  p->eps = 0.05, p->sigma = 2.6, p->cutoff = 6.5;
  if (strlen(a->path) >= sizeof p->path) VT_FAIL_OUT(err, VT_EINVAL, "path '%.80s...' is too long", a->path);
  memcpy(p->path, a->path, strlen(a->path) + 1);
  if (strcmp(a->path, "-") != 0) {
    rc = lj_read(p, err);
    if (rc != VT_OK) goto out;
  }
  double s6 = pow(p->sigma / p->cutoff, 6);
  p->shift = 4 * p->eps * (s6 * s6 - s6);
  *self = p, p = NULL;
out:
  lj_close(p);
  return rc;
}

static void lj_describe(const void *self, vt_pot_info *out)
{
  const lj *p = self;
  memcpy(out->path, p->path, sizeof out->path);
  out->sha256 = p->sha256;
  out->cutoff = p->cutoff;
  memcpy(out->kernel, "portable double", sizeof "portable double");
  for (int z = 1; vt_element_symbol(z); z++) {
    const char *symbol = vt_element_symbol(z);
    memcpy(out->element[out->n_elements++], symbol, strlen(symbol) + 1);
  }
}

static void lj_clear(const vt_nlist *nl, vt_force_out *out)
{
  out->energy = 0;
  memset(out->virial, 0, sizeof out->virial);
  memset(out->f, 0, (size_t)nl->n * sizeof *out->f);
  if (out->e_atom) memset(out->e_atom, 0, (size_t)nl->n * sizeof *out->e_atom);
  if (out->w_atom) memset(out->w_atom, 0, (size_t)nl->n * sizeof *out->w_atom);
}

/* Every ordered pair carries half of the pair's energy, so half of its force and virial. */
static vt_status lj_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  const lj *p = self;
  lj_clear(nl, out);
  for (int i = 0; i < nl->n; i++) {
    for (int k = nl->first[i]; k < nl->first[i] + nl->count[i]; k++) {
      int j = nl->neigh[k], o = nl->owner[j];
      double d[3] = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]};
      double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
      if (r2 >= p->cutoff * p->cutoff) continue;
      if (r2 < VT_POT_OVERLAP_A * VT_POT_OVERLAP_A) return vt__pot_overlap(nl, i, j, err);
      double s2 = p->sigma * p->sigma / r2, s6 = s2 * s2 * s2;
      double e = 0.5 * (4 * p->eps * (s6 * s6 - s6) - p->shift);
      double w = -12 * p->eps * (2 * s6 * s6 - s6) / r2; /* half of V'(r)/r */
      out->energy += e;
      if (out->e_atom) out->e_atom[i] += e;
      for (int a = 0; a < 3; a++) {
        out->f[i][a] += w * d[a];
        out->f[o][a] -= w * d[a];
        for (int b = 0; b < 3; b++) {
          out->virial[3 * a + b] -= d[a] * w * d[b];
          if (out->w_atom) out->w_atom[o][3 * a + b] -= d[a] * w * d[b];
        }
      }
    }
  }
  return VT_OK;
}

const vt_pot_ops vt__pot_lj = {
    .name = "lj", .open = lj_open, .describe = lj_describe, .compute = lj_compute, .close = lj_close};
