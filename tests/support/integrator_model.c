#include "tests/support/integrator_model.h"

#include <math.h>
#include <string.h>

#include "tests/vt_test.h"

enum { MOST = 512 };
static const double height_ev = 1.5, range_a = 4;

static void soft_describe(const void *self, vt_pot_info *out)
{
  (void)self;
  out->cutoff = range_a;
}

static void clear(const vt_nlist *nl, vt_force_out *out)
{
  out->energy = 0;
  memset(out->virial, 0, sizeof out->virial);
  memset(out->f, 0, (size_t)nl->n * sizeof *out->f);
}

static vt_status soft_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  (void)self;
  (void)err;
  clear(nl, out);
  for (int i = 0; i < nl->n; i++) {
    for (int k = nl->first[i]; k < nl->first[i] + nl->count[i]; k++) {
      int j = nl->neigh[k];
      double d[3] = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]};
      double u = 1 - (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / (range_a * range_a);
      if (u <= 0) continue;
      out->energy += 0.5 * height_ev * u * u * u * u;
      double slope = -8 * height_ev * u * u * u / (range_a * range_a); /* V'(r) / r */
      for (int a = 0; a < 3; a++) {
        out->f[i][a] += slope * d[a];
        for (int b = 0; b < 3; b++) out->virial[3 * a + b] -= 0.5 * slope * d[a] * d[b];
      }
    }
  }
  return VT_OK;
}

static vt_status gas_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  (void)self;
  (void)err;
  clear(nl, out);
  return VT_OK;
}

static void gas_describe(const void *self, vt_pot_info *out)
{
  (void)self;
  out->cutoff = 1;
}

vt_pot model_soft(void)
{
  static const vt_pot_ops ops = {.name = "soft", .describe = soft_describe, .compute = soft_compute};
  return (vt_pot){&ops, NULL};
}

vt_pot model_gas(void)
{
  static const vt_pot_ops ops = {.name = "gas", .describe = gas_describe, .compute = gas_compute};
  return (vt_pot){&ops, NULL};
}

static vt_status still_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  const double *spread = self;
  (void)err;
  clear(nl, out);
  out->spread = spread ? *spread : (double)NAN;
  return VT_OK;
}

static void still_describe(const void *self, vt_pot_info *out)
{
  (void)self;
  out->cutoff = 5;
}

vt_pot model_still(double *spread)
{
  static const vt_pot_ops ops = {.name = "still", .describe = still_describe, .compute = still_compute};
  return (vt_pot){&ops, spread};
}

void model_begin(vt_md *md, const vt_md_stage *st)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_begin(md, st, 0, &err), &err);
}

void model_run(vt_md *md, int64_t n)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_run(md, n, &err), &err);
}

void model_open(vt_md *md, vt_pot *pot, int n, double edge_a, double t_k, uint64_t key)
{
  static double x[MOST][3];
  static int type[MOST];
  vt_err err = {0};
  vt_composition c = {.name = "model", .n_species = 2, .n_atoms = n};
  vt_cell cell = vt_cell_cubic(edge_a);
  int side = (int)ceil(cbrt(n) - 1e-9);
  c.z[0] = vt_element_z("Li"), c.count[0] = (n + 1) / 2;
  c.z[1] = vt_element_z("Cl"), c.count[1] = n / 2;
  assert_true(n <= MOST);
  for (int i = 0; i < n; i++) {
    const int q[3] = {i % side, i / side % side, i / side / side};
    double u[4];
    vt_rng_uniform2(key, VT_STREAM_TEST, 10, 0, (uint32_t)i, u);
    vt_rng_uniform2(key, VT_STREAM_TEST, 11, 0, (uint32_t)i, u + 2);
    for (int b = 0; b < 3; b++) x[i][b] = (q[b] + 0.5 + 0.2 * (u[b] - 0.5)) * edge_a / side;
    type[i] = i % 2;
  }
  VT_TEST_OK(vt_md_open(md, &c, &cell, type, (const double(*)[3])x, pot, 1.0, key, &err), &err);
  vt_md_velocities(md, t_k);
}

vt_md_stage model_stage(int ensemble, double t_k, double dt_fs, int64_t n_steps)
{
  double dt = vt_unit_time_from_fs(dt_fs);
  return (vt_md_stage){.name = "model",
                       .ensemble = ensemble,
                       .t0_k = t_k,
                       .t1_k = t_k,
                       .dt = dt,
                       .n_steps = n_steps,
                       .tau_t = 50 * dt,
                       .tau_p = 500 * dt,
                       .pressure = 0.01,
                       .block_steps = 50};
}
