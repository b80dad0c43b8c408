/* Transport coefficients from arrays whose answer is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/transport/transport.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ the alkali */

/* 3 Li and 1 Na: (3 2e-6 + 6e-6) / 4 = 3e-6; error sqrt((3 1e-7)^2 + 4e-7^2) / 4 = 5e-7 / 4. */
static void d_of_the_alkali_is_the_mean_over_its_ions(void **state)
{
  (void)state;
  const vt_composition c = {.n_species = 4, .z = {3, 11, 13, 17}, .count = {3, 1, 4, 16}, .n_atoms = 24};
  vt_transport t = {.n_species = 4};
  const double d[] = {2e-6, 6e-6, 1e-9, 1e-7}, se[] = {1e-7, 4e-7, 1e-9, 1e-8};
  double mean, error;
  for (int s = 0; s < 4; s++) t.tracer[s] = (vt_tracer){.d_cm2_s = d[s], .se = se[s]};
  vt_tr_alkali(&c, &t, &mean, &error);
  near(mean, 3e-6, 1e-20);
  near(error, 1.25e-7, 1e-20);
  t.tracer[1].d_cm2_s = (double)NAN;
  vt_tr_alkali(&c, &t, &mean, &error);
  assert_true(isnan(mean));
  const vt_composition none = {.n_species = 2, .z = {13, 17}, .count = {1, 3}, .n_atoms = 4};
  vt_tr_alkali(&none, &t, &mean, &error);
  assert_true(isnan(mean) && isnan(error));
}

/* ------------------------------------------------------------------ made-up arrays */

enum { MAX_LAG = 200, MAX_SPECIES = 4, MAX_PAIR = 10 };

typedef struct arrays {
  vt_composition comp;
  int n_lag;
  double lag[MAX_LAG], mean[MAX_SPECIES * MAX_LAG], m4[MAX_SPECIES * MAX_LAG], corr[MAX_PAIR * MAX_LAG];
  vt_tr_input in;
} arrays;

static vt_composition li_al_cl_o(int z_alkali) /* 64 formula units of A Al Cl2.5 O0.75 */
{
  return (vt_composition){.name = "AAlCl2.5O0.75",
                          .n_species = 4,
                          .z = {z_alkali, 13, 17, 8},
                          .count = {64, 64, 160, 48},
                          .charge = {1, 3, -1, -2},
                          .n_atoms = 336};
}

/* Lags as the correlator gives them: every 0.5 ps, 16 points, octaves up to half of the run. */
static void set_run(arrays *a, vt_composition comp, double run_ps)
{
  a->comp = comp;
  a->n_lag = 0;
  for (int octave = 0, j = 1; a->n_lag < MAX_LAG; j++) {
    if (j > 16) j = 9, octave++;
    double lag = 0.5 * j * (1 << octave);
    if (lag > 0.5 * run_ps) break;
    a->lag[a->n_lag++] = lag;
  }
  a->in = (vt_tr_input){.comp = &a->comp,
                        .run_ps = run_ps,
                        .t_k = 600,
                        .volume_a3 = 64 * 112,
                        .n_lag = a->n_lag,
                        .lag_ps = a->lag,
                        .msd_mean = a->mean,
                        .msd_m4 = a->m4};
}

/* A Gaussian displacement has <dr^4> = 5/3 <dr^2>^2. */
static void set_msd(arrays *a, int s, int k, double msd)
{
  a->mean[s * a->n_lag + k] = msd;
  a->m4[s * a->n_lag + k] = 5.0 / 3 * msd * msd;
}

/* Every species: c + b t. */
static void set_straight(arrays *a, double c, double b)
{
  for (int s = 0; s < a->comp.n_species; s++)
    for (int k = 0; k < a->n_lag; k++) set_msd(a, s, k, c + b * a->lag[k]);
}

static vt_transport solve_transport(const arrays *a)
{
  vt_err err;
  vt_transport t;
  VT_TEST_OK(vt_tr_replica(&a->in, &t, &err), &err);
  return t;
}

/* ------------------------------------------------------------------ tracer diffusion */

static void a_straight_msd_gives_its_slope(void **state)
{
  (void)state;
  static arrays a;
  set_run(&a, li_al_cl_o(3), 600);
  set_straight(&a, 1.1, 1.2);
  vt_transport t = solve_transport(&a);
  for (int s = 0; s < 4; s++) {
    near(t.tracer[s].d_cm2_s / 2e-5, 1, 1e-9); /* 1.2 A^2/ps / 6; a straight line is fitted without any residual */
    assert_int_equal(t.tracer[s].reason, VT_TR_OK);
    assert_true(t.tracer[s].se > 0);
    assert_true(isnan(t.tracer[s].needs_ns));
    /* exponent b t / (c + b t) over [t, 2t] passes 0.9 between t = c/b * 9 / 2 and c/b * 9 = 8.25 ps */
    assert_true(t.tracer[s].lo_ps >= 5 && t.tracer[s].lo_ps <= 8.5);
    near(t.tracer[s].hi_ps, 144, 0); /* the last lag that is not beyond 150 ps */
  }
  assert_true(t.tracer[3].se > t.tracer[2].se); /* 48 oxygen atoms say less than 160 chlorine atoms */
  set_straight(&a, 0, 1.2);                     /* without a cage all windows begin at 5 ps */
  t = solve_transport(&a);
  near(t.tracer[3].se / t.tracer[2].se, sqrt(160.0 / 48), 1e-9);
}

/* A local exponent of 0.82 is below 0.9 by less than the error that 16 ions leave, and by more than that of 30000. */
static void the_exponent_counts_within_its_error(void **state)
{
  (void)state;
  static arrays a;
  for (int many = 0; many <= 1; many++) {
    set_run(&a, li_al_cl_o(3), 150);
    a.comp.count[0] = many ? 30000 : 16;
    for (int k = 0; k < a.n_lag; k++) set_msd(&a, 0, k, 7 * pow(a.lag[k] / 5, 0.82));
    assert_int_equal(solve_transport(&a).tracer[0].reason, many ? VT_TR_SUBDIFFUSIVE : VT_TR_OK);
  }
}

static void the_window_begins_where_the_cage_ends(void **state)
{
  (void)state;
  static arrays a;
  set_run(&a, li_al_cl_o(3), 600);
  set_straight(&a, 0, 0.3); /* 4.5 A^2 are passed after 15 ps: the next lag is 16 */
  vt_transport t = solve_transport(&a);
  assert_int_equal(t.tracer[0].reason, VT_TR_OK);
  near(t.tracer[0].lo_ps, 16, 0);
  set_straight(&a, 0, 30);
  t = solve_transport(&a);
  near(t.tracer[0].lo_ps, 5, 0); /* however fast, not before 5 ps */
}

static void a_frozen_crystal_is_not_resolved(void **state)
{
  (void)state;
  static arrays a;
  set_run(&a, li_al_cl_o(3), 600);
  for (int s = 0; s < 4; s++)
    for (int k = 0; k < a.n_lag; k++) set_msd(&a, s, k, 0.4 + 0.003 * sin(k)); /* vibration, with some noise */
  vt_transport t = solve_transport(&a);
  for (int s = 0; s < 4; s++) {
    assert_int_equal(t.tracer[s].reason, VT_TR_CAGED);
    assert_true(isnan(t.tracer[s].d_cm2_s) && isnan(t.tracer[s].se));
    assert_true(isnan(t.tracer[s].needs_ns)); /* a plateau says nothing about when it will end */
  }
  assert_true(isnan(t.sigma_mS_cm) && isnan(t.haven_fw.value) && isnan(t.sigma_ne_mS_cm));
}

static void a_short_run_is_not_resolved(void **state)
{
  (void)state;
  static arrays a;
  set_run(&a, li_al_cl_o(3), 22);
  set_straight(&a, 0, 3);
  vt_transport t = solve_transport(&a);
  assert_int_equal(t.tracer[0].reason, VT_TR_TOO_SHORT);
  near(t.tracer[0].needs_ns, 0.04, 1e-12); /* two lags of 5 ps within a quarter */
}

/* The estimate of the length that is needed must be right when the MSD does go on as it began. */
static void the_needed_length_is_enough(void **state)
{
  (void)state;
  static arrays a;
  const struct {
    double run_ps, c, b;
    vt_tr_reason reason;
  } slow[] = {{100, 0.5, 0.1, VT_TR_CAGED},
              {200, 12, 0.4, VT_TR_SUBDIFFUSIVE},
              {55, 0, 0.6, VT_TR_NO_GROWTH},
              {22, 0, 1.2, VT_TR_TOO_SHORT}};
  for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++) {
    set_run(&a, li_al_cl_o(3), slow[i].run_ps);
    set_straight(&a, slow[i].c, slow[i].b);
    vt_transport t = solve_transport(&a);
    assert_int_equal(t.tracer[0].reason, slow[i].reason);
    assert_true(t.tracer[0].needs_ns * 1e3 > slow[i].run_ps);
    set_run(&a, li_al_cl_o(3), t.tracer[0].needs_ns * 1.1e3); /* lags are discrete: 10 % of room */
    set_straight(&a, slow[i].c, slow[i].b);
    assert_int_equal(solve_transport(&a).tracer[0].reason, VT_TR_OK);
  }
}

static void a_bent_msd_is_not_believed(void **state)
{
  (void)state;
  static arrays a;
  set_run(&a, li_al_cl_o(3), 600);
  for (int s = 0; s < 4; s++)
    for (int k = 0; k < a.n_lag; k++) set_msd(&a, s, k, 1.2 * fmin(a.lag[k], 20) + 0.01 * a.lag[k]);
  vt_transport t = solve_transport(&a);
  assert_int_equal(t.tracer[2].reason, VT_TR_BAD_FIT);
  assert_true(isnan(t.tracer[2].d_cm2_s));
}

/* MSD = v^2 t^2: exponent 2 whatever the window and the number of ions; and t^1.4 of ten thousand ions. */
static void free_flight_is_not_diffusion(void **state)
{
  (void)state;
  static arrays a;
  const double run_ps[] = {40, 80, 600};
  for (int q = 0; q < 3; q++) {
    set_run(&a, li_al_cl_o(3), run_ps[q]);
    a.comp.count[0] = 5;
    for (int s = 0; s < 4; s++)
      for (int k = 0; k < a.n_lag; k++) set_msd(&a, s, k, 2 * a.lag[k] * a.lag[k]);
    vt_transport t = solve_transport(&a);
    for (int s = 0; s < 4; s++) {
      assert_int_equal(t.tracer[s].reason, VT_TR_BALLISTIC);
      assert_true(isnan(t.tracer[s].d_cm2_s));
    }
  }
  a.comp.count[0] = 10000;
  for (int k = 0; k < a.n_lag; k++) set_msd(&a, 0, k, 2 * pow(a.lag[k], 1.4));
  assert_int_equal(solve_transport(&a).tracer[0].reason, VT_TR_BALLISTIC);
}

static void what_is_not_there_is_absent(void **state)
{
  (void)state;
  static arrays a;
  vt_composition c = li_al_cl_o(3);
  c.count[3] = 0;
  set_run(&a, c, 600);
  set_straight(&a, 0, 1.2);
  for (int k = 0; k < a.n_lag; k++) a.mean[3 * a.n_lag + k] = a.m4[3 * a.n_lag + k] = (double)NAN;
  vt_transport t = solve_transport(&a);
  assert_int_equal(t.tracer[3].reason, VT_TR_ABSENT);
  assert_int_equal(t.tracer[0].reason, VT_TR_OK);
  a.in.n_lag = 0;
  a.in.lag_ps = NULL;
  t = solve_transport(&a);
  assert_int_equal(t.tracer[0].reason, VT_TR_ABSENT);
}

static void every_reason_of_transport_has_its_own_text(void **state)
{
  (void)state;
  for (int i = VT_TR_OK; i <= VT_TR_BALLISTIC; i++)
    for (int j = VT_TR_OK; j < i; j++)
      assert_string_not_equal(vt_tr_reason_text((vt_tr_reason)i), vt_tr_reason_text((vt_tr_reason)j));
}

static void malformed_arrays_are_refused(void **state)
{
  (void)state;
  static arrays a;
  vt_err err;
  vt_transport t;
  set_run(&a, li_al_cl_o(3), 600);
  set_straight(&a, 0, 1.2);
  a.m4[30] *= 0.5;
  assert_int_equal(vt_tr_replica(&a.in, &t, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "<dr^4>"));
  a.m4[30] *= 2;
  a.mean[12] = (double)NAN;
  assert_int_equal(vt_tr_replica(&a.in, &t, &err), VT_EINVAL);
  a.mean[12] = 1;
  a.lag[7] = a.lag[6];
  assert_int_equal(vt_tr_replica(&a.in, &t, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "ascend"));
  a.in.run_ps = 0;
  assert_int_equal(vt_tr_replica(&a.in, &t, &err), VT_EINVAL);
}

/* ------------------------------------------------------------------ conductivity, Haven ratios, frames */

static void use_corr(arrays *a)
{
  a->in.n_clag = a->n_lag;
  a->in.clag_ps = a->lag;
  a->in.charge_corr = a->corr;
}

/* The anchor of the unit: D = 1e-6 cm^2/s at 300 K, one monovalent ion in 117.6 A^3, is 52.7 mS/cm (n e^2 D / kB T with
 * the constants of 2018: 52.70). */
static void independent_ions_conduct_as_nernst_einstein_says(void **state)
{
  (void)state;
  static arrays a;
  vt_composition c = {.n_species = 1, .z = {3}, .count = {64}, .charge = {1}, .n_atoms = 64};
  set_run(&a, c, 4000);
  a.in.t_k = 300;
  a.in.volume_a3 = 64 * 117.6;
  set_straight(&a, 0, 0.06); /* 6 D */
  use_corr(&a);
  for (int k = 0; k < a.n_lag; k++) a.corr[k] = 64 * 0.06 * a.lag[k];
  vt_transport t = solve_transport(&a);
  near(t.tracer[0].d_cm2_s, 1e-6, 1e-15);
  near(t.sigma_ne_mS_cm, 52.7, 0.05);
  near(t.sigma_ne_all_mS_cm, t.sigma_ne_mS_cm, 1e-9);
  near(t.sigma_mS_cm / t.sigma_ne_mS_cm, 1, 1e-9);
  near(t.haven_total.value, 1 - 1.0 / 64, 1e-9); /* each ion as seen from the centre of mass of 64 */
  near(t.haven_total.se / t.haven_total.value, sqrt(16.0 * 2 / (9 * 4000)), 1e-12); /* T 7.7: from 2 ps on in 4000 ps */
  near(log(t.haven_total.hi95 / t.haven_total.value) / (t.haven_total.se / t.haven_total.value), 2.7764,
       1e-4); /* t(4) */
  assert_true(t.sigma_se / t.sigma_mS_cm > t.haven_total.se / t.haven_total.value);
  assert_true(isnan(t.haven_fw.value)); /* no metal, no framework */
  near(t.tracer[0].lo_ps, 80, 0);       /* the first lag after 75 ps, where the MSD passes 4.5 A^2 */
  near(t.sigma_lo_ps, 2, 0);            /* the first lag after 1.6 ps: self and collective motion agree from there on */
  near(t.sigma_hi_ps, 4, 0);
}

/* One walk has 3 dimensions: the increment of its mean square between 2 and 4 ps of 600 has the relative error sqrt(16
 * 2 / (9 600)) (T 7.7); the tracer's share of 64 walkers from 5 ps on is near sqrt(4 * 2/3 * 5/600 / 64). */
static void one_trajectory_is_one_walk(void **state)
{
  (void)state;
  static arrays a;
  vt_composition c = {.n_species = 1, .z = {3}, .count = {64}, .charge = {1}, .n_atoms = 64};
  set_run(&a, c, 600);
  set_straight(&a, 0, 1.2);
  use_corr(&a);
  for (int k = 0; k < a.n_lag; k++) a.corr[k] = 64 * 1.2 * a.lag[k];
  vt_transport t = solve_transport(&a);
  double relative = t.sigma_se / t.sigma_mS_cm, tracer = t.tracer[0].se / t.tracer[0].d_cm2_s;
  near(relative, hypot(sqrt(16 * 2.0 / (9 * 600)), tracer), 1e-12);
  near(tracer * 8 / sqrt(4 * 2.0 / 3 * 5 / 600), 1, 0.1); /* sqrt(64) times less for 64 walkers */
}

static double mass_of(const vt_composition *c)
{
  double m = 0;
  for (int s = 0; s < c->n_species; s++) m += c->count[s] * vt_element_mass(c->z[s]);
  return m;
}

/* Independent alkali ions in a rigid framework, seen from the centre of mass (science notes 3.4): with S the sum of the
 * ions' displacements in the framework, everything follows from <S^2> = N b t and the motion -m S / M of the frame. */
static void set_rigid_framework(arrays *a, double b)
{
  const vt_composition *c = &a->comp;
  double n = c->count[0], share = vt_element_mass(c->z[0]) / mass_of(c);
  for (int k = 0; k < a->n_lag; k++) {
    double one = b * a->lag[k], s2 = n * one;
    for (int i = 0; i < c->n_species; i++) {
      double fi = (i == 0) - c->count[i] * share; /* P_i = f_i S */
      set_msd(a, i, k, i == 0 ? one - 2 * share * one + share * share * s2 : share * share * s2);
      for (int j = i; j < c->n_species; j++) {
        double fj = (j == 0) - c->count[j] * share;
        a->corr[vt_pair_index(i, j, c->n_species) * a->n_lag + k] = fi * fj * s2;
      }
    }
  }
  use_corr(a);
}

static void a_rigid_framework_has_a_haven_ratio_of_one(void **state)
{
  (void)state;
  static arrays a;
  const struct {
    int z;
    double t_bary; /* science notes 3.4 */
  } alkali[] = {{3, 0.948}, {11, 0.847}, {19, 0.765}};
  for (int i = 0; i < 3; i++) {
    vt_err err;
    vt_onsager bary, fw;
    set_run(&a, li_al_cl_o(alkali[i].z), 600);
    set_rigid_framework(&a, 1.2);
    vt_transport t = solve_transport(&a);
    near(t.haven_fw.value, 1, 1e-9);
    double share = vt_element_mass(alkali[i].z) / mass_of(&a.comp), lab = 1 - 2 * share + 64 * share * share;
    near(t.haven_total.value, lab, 1e-9); /* tracer motion in the frame of the simulation: 1 - O(1/N) */
    VT_TEST_OK(vt_tr_onsager(&a.in, t.sigma_lo_ps, t.sigma_hi_ps, VT_TR_BARYCENTRIC, &bary, &err), &err);
    VT_TEST_OK(vt_tr_onsager(&a.in, t.sigma_lo_ps, t.sigma_hi_ps, VT_TR_FRAMEWORK, &fw, &err), &err);
    near(bary.sigma_mS_cm / t.sigma_mS_cm, 1, 1e-10); /* sigma is the same in every frame */
    near(fw.sigma_mS_cm / t.sigma_mS_cm, 1, 1e-10);
    near(bary.t[0], alkali[i].t_bary, 6e-4); /* three digits in the notes */
    near(fw.t[0], 1, 1e-10);
    for (int r = 0; r < 4; r++) {
      double momentum = 0, size = 0;
      for (int j = 0; j < 4; j++) {
        double m = vt_element_mass(a.comp.z[j]);
        momentum += m * bary.l[r][j];
        size += fabs(m * bary.l[r][j]);
      }
      near(momentum / size, 0, 1e-10);         /* sum_j m_j L_ij = 0 */
      near(fw.l[r][1] / fw.l[0][0], 0, 1e-10); /* the metal does not move in its own frame */
    }
  }
}

/* A rigid drift of everything adds N_i N_j w to every correlation: neither sigma nor the barycentric L may see it. */
static void frames_take_out_a_drift(void **state)
{
  (void)state;
  static arrays a;
  vt_err err;
  const int frame[2] = {VT_TR_BARYCENTRIC, VT_TR_FRAMEWORK};
  vt_onsager before[2], after[2];
  set_run(&a, li_al_cl_o(11), 600);
  set_rigid_framework(&a, 1.2);
  for (int f = 0; f < 2; f++) VT_TEST_OK(vt_tr_onsager(&a.in, 5, 30, frame[f], &before[f], &err), &err);
  vt_transport t0 = solve_transport(&a);
  for (int k = 0; k < a.n_lag; k++)
    for (int i = 0; i < 4; i++)
      for (int j = i; j < 4; j++)
        a.corr[vt_pair_index(i, j, 4) * a.n_lag + k] += 0.03 * a.lag[k] * a.comp.count[i] * a.comp.count[j];
  for (int s = 0; s < 4; s++)
    for (int k = 0; k < a.n_lag; k++) set_msd(&a, s, k, a.mean[s * a.n_lag + k] + 0.03 * a.lag[k]);
  vt_transport t1 = solve_transport(&a);
  near(t1.sigma_mS_cm / t0.sigma_mS_cm, 1, 1e-10);
  near(t1.haven_total.value / t0.haven_total.value, 1, 1e-10);
  near(t1.haven_bary.value / t0.haven_bary.value, 1, 1e-10);
  near(t1.haven_fw.value / t0.haven_fw.value, 1, 1e-10);
  for (int f = 0; f < 2; f++) {
    VT_TEST_OK(vt_tr_onsager(&a.in, 5, 30, frame[f], &after[f], &err), &err);
    for (int i = 0; i < 4; i++)
      for (int j = 0; j < 4; j++) near((after[f].l[i][j] - before[f].l[i][j]) / before[f].l[0][0], 0, 1e-9);
  }
}

static void collective_numbers_need_a_diffusive_alkali(void **state)
{
  (void)state;
  static arrays a;
  vt_err err;
  vt_onsager o;
  set_run(&a, li_al_cl_o(3), 600);
  set_rigid_framework(&a, 0.001);
  vt_transport t = solve_transport(&a);
  assert_int_equal(t.tracer[0].reason, VT_TR_CAGED);
  assert_true(isnan(t.sigma_mS_cm) && isnan(t.haven_total.value) && isnan(t.haven_fw.value) && isnan(t.sigma_lo_ps));
  VT_TEST_OK(vt_tr_onsager(&a.in, t.sigma_lo_ps, t.sigma_hi_ps, VT_TR_FRAMEWORK, &o, &err), &err);
  assert_true(isnan(o.sigma_mS_cm) && isnan(o.t[0]) && isnan(o.l[0][0]));
}

/* ------------------------------------------------------------------ from the arrays of a task */

enum { ROWS = 64 };

typedef struct task {
  vt_plan plan;
  vt_array_def defs[10];
  int n_defs;
  double values[ROWS * 4 + 4 * MAX_LAG * (MAX_SPECIES + MAX_PAIR)];
  size_t n_values;
} task;

static void put_array(task *t, const char *name, int rows, int cols, const double *values)
{
  vt_array_def *d = &t->defs[t->n_defs++];
  *d = (vt_array_def){.n_dim = rows ? 2 : 1, .dim = {rows ? rows : cols, cols}};
  (void)strncpy(d->name, name, sizeof d->name - 1);
  memcpy(t->values + t->n_values, values, vt_array_count(d) * sizeof *values);
  t->n_values += vt_array_count(d);
}

static void make_task(task *t, const arrays *a)
{
  double temperature[ROWS], pressure[ROWS], volume[ROWS], energy[ROWS], ones[MAX_LAG];
  for (int i = 0; i < MAX_LAG; i++) ones[i] = 1;
  for (int i = 0; i < ROWS; i++) {
    temperature[i] = 600 + (i % 2 ? 4 : -4);
    pressure[i] = 0.25;
    volume[i] = 7168;
    energy[i] = -4.5 * 336;
  }
  *t = (task){.plan = {.t_k = 600, .comp = a->comp, .protocol = {.produce_ps = a->in.run_ps, .produce_dt_fs = 2}}};
  put_array(t, "thermo/volume", 0, ROWS, volume);
  put_array(t, "thermo/temperature", 0, ROWS, temperature);
  put_array(t, "thermo/pressure", 0, ROWS, pressure);
  put_array(t, "thermo/energy", 0, ROWS, energy);
  put_array(t, "msd/lag_ps", 0, a->n_lag, a->lag);
  put_array(t, "msd/mean", 4, a->n_lag, a->mean);
  put_array(t, "msd/m4", 4, a->n_lag, a->m4);
  put_array(t, "msd/origins", 0, a->n_lag, ones);
}

static void a_task_gives_what_its_arrays_hold(void **state)
{
  (void)state;
  static arrays a;
  static task t;
  vt_err err;
  vt_transport out, plain;
  set_run(&a, li_al_cl_o(3), 600);
  set_rigid_framework(&a, 1.2);
  plain = solve_transport(&a);
  make_task(&t, &a);
  put_array(&t, "charge/lag_ps", 0, a.n_lag, a.lag);
  put_array(&t, "charge/corr", 10, a.n_lag, a.corr);
  assert_int_equal(vt_tr_from_arrays(&t.plan, VT_TR_FRAMEWORK, t.defs, t.n_defs, t.values, &out, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "charge/origins"));
  t.n_defs -= 2;
  VT_TEST_OK(vt_tr_from_arrays(&t.plan, VT_TR_FRAMEWORK, t.defs, t.n_defs, t.values, &out, &err), &err);
  near(out.tracer[0].d_cm2_s, plain.tracer[0].d_cm2_s, 0);
  assert_true(isnan(out.sigma_mS_cm)); /* the charge was not observed */
  near(out.sigma_ne_mS_cm, plain.sigma_ne_mS_cm, 1e-9);
  near(out.temperature_k, 600, 1e-9);
  near(out.temperature_se, 4 * sqrt(1.0 / 63),
       1e-9); /* the first level of blocking: alternating values have none beyond */
  near(out.pressure_gpa, 0.25, 1e-12);
  near(out.volume_a3, 7168, 1e-9);
  near(out.e_pot_ev_atom, -4.5, 1e-12);
  near(out.density_g_cm3, mass_of(&a.comp) * 1.66053906660 / 7168, 1e-9);
  t.n_defs = 1; /* only the volume */
  VT_TEST_OK(vt_tr_from_arrays(&t.plan, VT_TR_FRAMEWORK, t.defs, t.n_defs, t.values, &out, &err), &err);
  assert_int_equal(out.tracer[0].reason, VT_TR_ABSENT);
  assert_true(isnan(out.temperature_k));
}

static void arrays_of_the_wrong_size_are_refused(void **state)
{
  (void)state;
  static arrays a;
  static task t;
  vt_err err;
  vt_transport out;
  set_run(&a, li_al_cl_o(3), 600);
  set_straight(&a, 0, 1.2);
  make_task(&t, &a);
  t.defs[5].dim[0] = 3; /* msd/mean of three species */
  assert_int_equal(vt_tr_from_arrays(&t.plan, VT_TR_FRAMEWORK, t.defs, t.n_defs, t.values, &out, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "msd/mean"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(d_of_the_alkali_is_the_mean_over_its_ions),
      cmocka_unit_test(a_straight_msd_gives_its_slope),
      cmocka_unit_test(the_exponent_counts_within_its_error),
      cmocka_unit_test(the_window_begins_where_the_cage_ends),
      cmocka_unit_test(a_frozen_crystal_is_not_resolved),
      cmocka_unit_test(a_short_run_is_not_resolved),
      cmocka_unit_test(the_needed_length_is_enough),
      cmocka_unit_test(a_bent_msd_is_not_believed),
      cmocka_unit_test(free_flight_is_not_diffusion),
      cmocka_unit_test(what_is_not_there_is_absent),
      cmocka_unit_test(every_reason_of_transport_has_its_own_text),
      cmocka_unit_test(malformed_arrays_are_refused),
      cmocka_unit_test(independent_ions_conduct_as_nernst_einstein_says),
      cmocka_unit_test(one_trajectory_is_one_walk),
      cmocka_unit_test(a_rigid_framework_has_a_haven_ratio_of_one),
      cmocka_unit_test(frames_take_out_a_drift),
      cmocka_unit_test(collective_numbers_need_a_diffusive_alkali),
      cmocka_unit_test(a_task_gives_what_its_arrays_hold),
      cmocka_unit_test(arrays_of_the_wrong_size_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
