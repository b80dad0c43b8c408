#include "tests/physics/springs.h"

#include <math.h>
#include <string.h>

static void describe(const void *self, vt_pot_info *out)
{
  (void)self;
  out->cutoff = 1; /* bonds are known: the list is not used */
}

static vt_status springs_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  const springs *s = self;
  const double *x[3] = {nl->x, nl->y, nl->z};
  (void)err;
  out->energy = 0;
  memset(out->virial, 0, sizeof out->virial);
  memset(out->f, 0, (size_t)nl->n * sizeof *out->f);
  for (int q = 0; q < s->n; q++) {
    int i = s->bond[q].i, j = s->bond[q].j;
    for (int b = 0; b < 3; b++) {
      double edge = nl->cell.h[b][b], d = x[b][j] - x[b][i] - s->bond[q].rest[b];
      d -= edge * round(d / edge);
      out->energy += 0.5 * s->k * d * d;
      out->f[i][b] += s->k * d;
      out->f[j][b] -= s->k * d;
    }
  }
  return VT_OK;
}

vt_pot springs_pot(springs *s)
{
  static const vt_pot_ops ops = {.name = "springs", .describe = describe, .compute = springs_compute};
  return (vt_pot){&ops, s};
}

springs springs_dumbbell(double k, double edge_a)
{
  springs s = {.k = k, .n = 1};
  s.bond[0].j = 1;
  s.bond[0].rest[0] = 0.5 * edge_a;
  return s;
}

springs springs_crystal(double k, double edge_a, int side)
{
  springs s = {.k = k};
  for (int i = 0; i < side * side * side; i++) {
    const int q[3] = {i % side, i / side % side, i / side / side}, stride[3] = {1, side, side * side};
    for (int b = 0; b < 3; b++, s.n++) {
      s.bond[s.n].i = i;
      s.bond[s.n].j = i + stride[b] * ((q[b] + 1) % side - q[b]);
      s.bond[s.n].rest[b] = edge_a / side;
    }
  }
  return s;
}
