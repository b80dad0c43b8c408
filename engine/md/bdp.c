/* bdp.c - canonical sampling by stochastic velocity rescaling.
 *
 * G. Bussi, D. Donadio, M. Parrinello, J. Chem. Phys. 126, 014101 (2007), eqs. A7 and A8: the exact propagator of the
 * kinetic energy over one step. */
#include <math.h>

#include "engine/md/md.h"

/* Counters (the `atom` field) of one move's random numbers: R1, then the gamma variate's trials. */
enum { AT_NORMAL = 0, AT_GAMMA = 1 };

typedef struct source {
  uint64_t key;
  int64_t step;
  uint32_t stage;
} source;

static double normal(const source *s, uint32_t at)
{
  double g[2];
  vt_rng_normal2(s->key, VT_STREAM_THERMOSTAT, s->stage, s->step, at, g);
  return g[0];
}

static double uniform(const source *s, uint32_t at)
{
  double u[2];
  vt_rng_uniform2(s->key, VT_STREAM_THERMOSTAT, s->stage, s->step, at, u);
  return u[0];
}

/* Gamma(shape >= 1, scale 1): G. Marsaglia, W. W. Tsang, ACM Trans. Math. Softw. 26, 363 (2000).  A trial is accepted
 * with more than 95 %. */
static double gamma_variate(const source *s, double shape)
{
  double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (uint32_t at = AT_GAMMA;; at += 2) {
    double x = normal(s, at), t = 1 + c * x, v = t * t * t;
    if (v > 0 && log(uniform(s, at + 1)) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
  }
}

/* Sum of `n` squared standard normals. */
static double sum_of_squares(const source *s, int n)
{
  if (n <= 0) return 0;
  if (n > 1) return 2 * gamma_variate(s, 0.5 * n);
  double g = normal(s, AT_GAMMA);
  return g * g;
}

double vt_bdp_scale(double k, double k_target, int dof, double c, uint64_t key, int64_t step, uint32_t stage_index)
{
  if (!(k > 0)) return 1; /* atoms at rest stay at rest: there is no direction to give them */
  source s = {key, step, stage_index};
  double q = k_target / (dof * k), r = normal(&s, AT_NORMAL), rest = sum_of_squares(&s, dof - 1);
  double square = c + (1 - c) * q * (r * r + rest) + 2 * r * sqrt(c * (1 - c) * q);
  double sign = r + sqrt(c / ((1 - c) * q)); /* A8; for more than a few degrees of freedom never negative */
  return sign < 0 ? -sqrt(square) : sqrt(square);
}
