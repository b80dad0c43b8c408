/* melt.c - one melt from a random packing, with the guards of a campaign. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/md/md.h"
#include "engine/num/num.h"
#include "runner/model_card/model_card_impl.h"

/* As the defaults of a campaign (config/schema.c), where one is meant. */
static const double pack_density[] = {0.9, 0.7, 0.5}; /* of the elements' volumes; the first that goes */
enum { PACK_TRIALS = sizeof pack_density / sizeof *pack_density };
#define MELT_DT_FS    2.0
#define NVE_DT_FS     1.0
#define THERMOSTAT_FS 100.0
#define BAROSTAT_FS   1000.0
#define STIFFNESS_GPA 2.0
enum { PIECE_STEPS = 20 };

typedef struct melting {
  vt__melt *melt;
  int (*stop)(void *ctx);
  void *ctx;
  vt_pot pot;
  vt_md md;
  vt_cell cell;
  int *type;
  double (*x)[3];
  const char *symbol[VT_MAX_SPECIES];
  double *series, *scratch; /* of the stage that is measured */
  int64_t n_series, cap;
  const char *doing;
} melting;

static vt_md_guard guard_of(double t_k)
{
  return (vt_md_guard){
      .t_max_k = 3 * t_k, .f_max = 50, .volume_ratio = 1.6, .d_min_scale = 0.6, .molecules = 1, .contacts = 1};
}

static vt_md_stage stage_of(const char *name, int ensemble, double t_k, double dt_fs, double ps, int n_atoms)
{
  return (vt_md_stage){.name = name,
                       .ensemble = ensemble,
                       .t0_k = t_k,
                       .t1_k = t_k,
                       .dt = vt_unit_time_from_fs(dt_fs),
                       .n_steps = (int64_t)llround(1000 * ps / dt_fs),
                       .tau_t = vt_unit_time_from_fs(THERMOSTAT_FS),
                       .tau_p = vt_unit_time_from_fs(BAROSTAT_FS),
                       .stiffness = vt_unit_pressure_from_gpa(STIFFNESS_GPA),
                       .block_steps = vt_plan_block_steps(n_atoms),
                       .guard = guard_of(t_k)};
}

/* The stage from its beginning to its end; `sample` (or NULL) after every piece. */
static vt_status run_stage(melting *w, const vt_md_stage *st, uint32_t index, double (*sample)(const vt_md *md),
                           vt_err *err)
{
  w->doing = st->name;
  w->n_series = 0;
  VT_PASS(vt_md_begin(&w->md, st, index, err));
  while (w->md.step < st->n_steps) {
    const int64_t left = st->n_steps - w->md.step;
    VT_PASS(vt_md_run(&w->md, left < PIECE_STEPS ? left : PIECE_STEPS, err));
    if (sample && w->n_series < w->cap) w->series[w->n_series++] = sample(&w->md);
    if (w->stop && w->stop(w->ctx)) VT_FAIL(err, VT_ESTOP, "stop requested");
    vt_alive();
  }
  return VT_OK;
}

static double mass_of(const vt_composition *c)
{
  double mass = 0;
  for (int s = 0; s < c->n_species; s++) mass += c->count[s] * vt_element_mass(c->z[s]);
  return mass;
}

static vt_status stop_of(void *melt, vt_err *err)
{
  const melting *w = melt;
  if (w->stop && w->stop(w->ctx)) VT_FAIL(err, VT_ESTOP, "stop requested");
  return VT_OK;
}

static vt_status start_melt(melting *w, const char *potential, vt_err *err)
{
  vt__melt *melt = w->melt;
  const vt_composition *c = &melt->comp;
  vt_pot_info info;
  w->doing = "pack";
  for (int s = 0; s < c->n_species; s++) w->symbol[s] = vt_element_symbol(c->z[s]);
  const vt_pot_args args = {.path = potential,
                            .n_species = c->n_species,
                            .species = w->symbol,
                            .numerics = {.simd = vt_simd_best(), .precision = VT_DOUBLE, .format = VT_ENGINE_FORMAT}};
  VT_PASS(vt_pot_open(&w->pot, "nep", &args, err));
  vt_pot_describe(&w->pot, &info);
  VT_PASS(VT_NEW(w->type, c->n_atoms, err));
  VT_PASS(VT_NEW(w->x, c->n_atoms, err));
  const double longest_ps = fmax(melt->nve_ps, melt->mean_ps);
  w->cap = (int64_t)(1000 * longest_ps / NVE_DT_FS) / PIECE_STEPS + 1;
  VT_PASS(VT_NEW(w->series, w->cap, err));
  VT_PASS(VT_NEW(w->scratch, w->cap, err));
  vt_status packed = VT_ETASK;
  for (int k = 0; k < PACK_TRIALS && packed == VT_ETASK; k++) {
    vt_err_clear(err);
    packed = vt_pack(c, pack_density[k], melt->seed, &w->cell, w->type, w->x, err);
  }
  VT_PASS(packed);
  VT_PASS(vt_md_settle_ions(c, &w->cell, w->type, args.numerics.simd, stop_of, w, w->x, err));
  const double skin = vt_md_skin(c, info.cutoff, melt->t_k, vt_unit_time_from_fs(MELT_DT_FS));
  VT_PASS(vt_md_open(&w->md, c, &w->cell, w->type, (const double(*)[3])w->x, &w->pot, skin, melt->seed, err));
  if (melt->start > 0) vt_md_set_volume(&w->md, vt_unit_g_cm3(mass_of(c), melt->start));
  w->doing = "relax";
  VT_PASS(vt_md_relax_packing(&w->md, stop_of, w, err));
  vt_md_velocities(&w->md, melt->t_k);
  return VT_OK;
}

static double energy_of(const vt_md *md) { return md->out.energy + md->e_kin; }
static double volume_of(const vt_md *md) { return vt_cell_volume(&md->cell); }

/* Slope of the series against time, a unit a step of it (least squares). */
static double slope_of(const double *y, int64_t n)
{
  const double middle = 0.5 * (double)(n - 1), mean = vt_mean(y, (size_t)n);
  double xy = 0, xx = 0;
  for (int64_t k = 0; k < n; k++) {
    const double x = (double)k - middle;
    xy += x * (y[k] - mean);
    xx += x * x;
  }
  return xx > 0 ? xy / xx : (double)NAN;
}

static vt_status measure_drift(melting *w, vt_err *err)
{
  vt__melt *melt = w->melt;
  const int n = melt->comp.n_atoms;
  const vt_md_stage st = stage_of("NVE", VT_NVE, melt->t_k, NVE_DT_FS, melt->nve_ps, n);
  VT_PASS(run_stage(w, &st, VT_STAGE_PRODUCE, energy_of, err));
  melt->drift = 1e3 * slope_of(w->series, w->n_series) / n / (PIECE_STEPS * NVE_DT_FS * 1e-3);
  melt->temperature = w->md.t_k;
  return VT_OK;
}

static vt_status measure_density(melting *w, vt_err *err)
{
  vt__melt *melt = w->melt;
  const vt_composition *c = &melt->comp;
  vt_md_stage st = stage_of("cool", VT_NVT, melt->npt_k, MELT_DT_FS, melt->nvt_ps, c->n_atoms);
  VT_PASS(run_stage(w, &st, VT_STAGE_QUENCH, NULL, err));
  st = stage_of("equilibrate", VT_NPT, melt->npt_k, MELT_DT_FS, melt->npt_ps, c->n_atoms);
  st.measure_steps = st.n_steps;
  VT_PASS(run_stage(w, &st, VT_STAGE_EQUILIBRATE, NULL, err));
  st = stage_of("NPT", VT_NPT, melt->npt_k, MELT_DT_FS, melt->mean_ps, c->n_atoms);
  st.stiffness = w->md.barostat.stiffness;
  VT_PASS(run_stage(w, &st, VT_STAGE_PRODUCE, volume_of, err));
  const double volume = vt_mean(w->series, (size_t)w->n_series);
  melt->density = vt_unit_g_cm3(mass_of(c), volume);
  melt->density_se = melt->density * vt_blocking_se(w->series, (size_t)w->n_series, w->scratch) / volume;
  return VT_OK;
}

static vt_status all_stages(melting *w, const char *potential, vt_err *err)
{
  const vt__melt *melt = w->melt;
  VT_PASS(start_melt(w, potential, err));
  const vt_md_stage st = stage_of("melt", VT_NVT, melt->t_k, MELT_DT_FS, melt->melt_ps, melt->comp.n_atoms);
  VT_PASS(run_stage(w, &st, VT_STAGE_MELT, NULL, err));
  if (melt->mean_ps > 0) VT_PASS(measure_density(w, err));
  return melt->nve_ps > 0 ? measure_drift(w, err) : VT_OK;
}

vt_status vt__melt_run(const char *potential, int (*stop)(void *ctx), void *ctx, vt__melt *melt, vt_err *err)
{
  melting w = {.melt = melt, .stop = stop, .ctx = ctx};
  vt_err why = {0};
  melt->done = melt->not_run = 0;
  melt->why[0] = '\0';
  melt->drift = melt->temperature = melt->density = melt->density_se = (double)NAN;
  vt_status rc = all_stages(&w, potential, &why);
  melt->done = rc == VT_OK;
  if (rc == VT_EDIVERGE || rc == VT_ETASK) {
    (void)snprintf(melt->why, sizeof melt->why, "%s: %.360s", w.doing, vt_err_line(why.text).s);
    melt->not_run = strcmp(w.doing, "pack") == 0; /* no fault of the model */
    rc = VT_OK;
  } else if (rc != VT_OK && err)
    *err = why;
  vt_md_close(&w.md);
  vt_pot_close(&w.pot);
  vt_free(w.type);
  vt_free(w.x);
  vt_free(w.series);
  vt_free(w.scratch);
  return rc;
}
