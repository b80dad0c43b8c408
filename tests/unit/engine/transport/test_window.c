/* The early common window of self and collective motion, on curves without noise. */
#include <math.h>
#include <string.h>

#include "engine/transport/transport.h"
#include "tests/vt_test.h"

enum { MAX_LAG = 80, N_SPECIES = 2, N_PAIR = 3, N_ION = 32, N_GLASS = 3 };

/* Alkali ions and as many of another kind, a body that recoils. */
typedef struct curves {
  vt_composition comp;
  int n_lag;
  double lag[MAX_LAG], mean[N_SPECIES * MAX_LAG], m4[N_SPECIES * MAX_LAG], corr[N_PAIR * MAX_LAG];
} curves;

/* 6 D = 1.2 A^2/ps; the collective mean square grows as much for each ion up to `change_ps`, and by `factor` as fast
 * from there on.  The other kind (z) moves as sum m P = 0 asks for. */
static vt_tr_input make_curves(curves *c, int z, double run_ps, double change_ps, double factor)
{
  *c = (curves){.comp = {.name = "made up",
                         .n_species = N_SPECIES,
                         .z = {3, z},
                         .count = {N_ION, N_ION},
                         .charge = {1, -1},
                         .role = {0, vt_ion_role(z, 0)}, /* whatever its charge here */
                         .n_atoms = 2 * N_ION}};
  const double back = vt_element_mass(3) / vt_element_mass(z);
  for (int octave = 0, j = 1; 0.5 * (j << octave) <= run_ps / 2; j++) {
    if (j > 16) j = 9, octave++;
    c->lag[c->n_lag++] = 0.5 * (j << octave);
  }
  for (int k = 0; k < c->n_lag; k++) {
    const double lag = c->lag[k], late = fmax(0, lag - change_ps), p2 = N_ION * 1.2 * (lag - late + factor * late);
    for (int s = 0; s < N_SPECIES; s++) {
      const double msd = s == 0 ? 1.2 * lag : back * back * p2 / N_ION / N_ION;
      c->mean[s * c->n_lag + k] = msd;
      c->m4[s * c->n_lag + k] = 5.0 / 3 * msd * msd;
    }
    c->corr[k] = p2;
    c->corr[c->n_lag + k] = -back * p2;
    c->corr[2 * c->n_lag + k] = back * back * p2;
  }
  return (vt_tr_input){.comp = &c->comp,
                       .run_ps = run_ps,
                       .t_k = 600,
                       .volume_a3 = 1500,
                       .n_lag = c->n_lag,
                       .lag_ps = c->lag,
                       .msd_mean = c->mean,
                       .msd_m4 = c->m4,
                       .n_clag = c->n_lag,
                       .clag_ps = c->lag,
                       .charge_corr = c->corr,
                       .frame = VT_TR_FRAMEWORK};
}

static vt_pool pool_of(curves *c, int z, double change_ps, double factor)
{
  vt_tr_input in[N_GLASS];
  vt_pool p;
  vt_err err;
  for (int g = 0; g < N_GLASS; g++) in[g] = make_curves(&c[g], z, 600, change_ps, factor);
  VT_TEST_OK(vt_pool_glasses(in, N_GLASS, &p, NULL, &err), &err);
  return p;
}

/* ------------------------------------------------------------------ claims */

/* Candidates are 2 to 4, 4 to 8, 8 to 16 ps, ..., as far as 16 tau / (9 1800 ps) <= 0.015. */
static void a_ratio_that_does_not_change_is_taken_at_the_first_lag(void **state)
{
  (void)state;
  static curves c[N_GLASS];
  const vt_pool p = pool_of(c, 73, 0, 2);
  near(p.haven_fw.window_ps[0], 2, 0);
  near(p.haven_fw.window_ps[1], 4, 0);
  /* seen from the other kind, P of an ion is r (1 + back): sum of squares N r^2 (1 + 2 back 2/N + back^2 2/N), each
   * with <P^2> = 2 N r^2 */
  const double back = vt_element_mass(3) / vt_element_mass(73), p2 = 2.0 / N_ION;
  near_relative(p.haven_fw.value, (1 + p2 * (2 * back + back * back)) / (2 * (1 + back) * (1 + back)), 1e-9);
}

/* Glasses that are equal have no scatter: s^2 = (2 0 + 4 v) / 6 with v = 16 2 / (9 1800), and t(6) = 2.4469. */
static void the_error_of_equal_glasses_is_that_of_theory_with_its_share(void **state)
{
  (void)state;
  static curves c[N_GLASS];
  const vt_pooled h = pool_of(c, 73, 0, 2).haven_fw;
  const double se = sqrt(4.0 / 6 * 16 * 2 / (9 * 1800));
  near_relative(h.se / h.value, se, 1e-9);
  near_relative(log(h.hi95 / h.value), 2.4469 * se, 1e-4);
  near_relative(log(h.value / h.lo95), 2.4469 * se, 1e-4);
  assert_int_equal(h.n_glasses, N_GLASS);
}

/* H = 1 up to 8 ps and 0.4 beyond: ln 2.5 = 0.92 against 1.5 sqrt(16 (8 - 2) / (9 1800)) = 0.12.  The window that the
 * data drove to is believed with twice the variance. */
static void a_ratio_that_changes_is_taken_behind_the_change(void **state)
{
  (void)state;
  static curves c[N_GLASS];
  const vt_pooled h = pool_of(c, 73, 8, 2.5).haven_fw;
  near(h.window_ps[0], 8, 0);
  near(h.window_ps[1], 16, 0);
  near_relative(h.value, pool_of(c, 73, 0, 2.5).haven_fw.value, 1e-9);
  near_relative(h.se / h.value, sqrt(2 * 4.0 / 6 * 16 * 8 / (9 * 1800)), 1e-9);
}

/* Collective motion grows 5 % faster from 4 ps on: within 1.5 sqrt(16 (4 - 2) / (9 1800)) = 0.067, so that [2, 4] ps is
 * the window.  ln H may fall by 7/4 of the step to the next one: the lower end of H lies so much lower, the upper ends
 * of sigma and of sigma/sigma_NE so much higher, the other ends stay.  A third of the square is in the error. */
static void an_interval_reaches_to_where_the_ratio_is_going(void **state)
{
  (void)state;
  static curves c[N_GLASS];
  const vt_pool before = pool_of(c, 73, 0, 1), after = pool_of(c, 73, 0, 1.05), p = pool_of(c, 73, 4, 1.05);
  const double noise = sqrt(4.0 / 6 * 16 * 2 / (9 * 1800)), half = 2.4469 * noise;
  const double lean = 1.75 * log(before.haven_fw.value / after.haven_fw.value);
  const double free = 1.75 * log(before.haven_total.value / after.haven_total.value);
  const vt_pooled *h = &p.haven_fw, *s = &p.sigma_mS_cm, *i = &p.ionicity;
  near(h->window_ps[0], 2, 0);
  near_relative(h->value, before.haven_fw.value, 1e-12);
  near(lean, 1.75 * log(1.05), 0.01); /* the frame has its share */
  near_relative(log(h->value / h->lo95), half + lean, 1e-4);
  near_relative(log(h->hi95 / h->value), half, 1e-4);
  near_relative(h->se / h->value, sqrt(noise * noise + lean * lean / 3), 1e-9);
  near_relative(log(s->hi95 / s->value) - log(s->value / s->lo95), free, 1e-6);
  near_relative(log(i->hi95 / i->value), half + free, 1e-4);
  near_relative(log(i->value / i->lo95), half, 1e-4);
}

/* 300 ps of one run: v = 16 4 / (9 300) = 0.024 is more than 0.015, so that the window from 4 ps on may not contradict
 * the first one.  It is still seen: the end moves by the step itself. */
static void a_window_without_a_say_moves_the_end_by_its_own_step(void **state)
{
  (void)state;
  static curves c;
  vt_transport flat, fast, t;
  vt_err err;
  vt_tr_input in = make_curves(&c, 73, 300, 0, 1);
  VT_TEST_OK(vt_tr_replica(&in, &flat, &err), &err);
  in = make_curves(&c, 73, 300, 0, 3);
  VT_TEST_OK(vt_tr_replica(&in, &fast, &err), &err);
  in = make_curves(&c, 73, 300, 4, 3); /* far more than any window with a say could let pass */
  VT_TEST_OK(vt_tr_replica(&in, &t, &err), &err);
  const double step = log(flat.haven_fw.value / fast.haven_fw.value), half = 2.7764 * sqrt(16.0 * 2 / (9 * 300));
  near(t.haven_fw.window_ps[0], 2, 0);
  near_relative(log(t.haven_fw.value / t.haven_fw.lo95), half + step, 1e-4);
  near_relative(log(t.haven_fw.hi95 / t.haven_fw.value), half, 1e-4);
}

/* Sulphur is no metal. */
static void without_a_metal_there_is_no_frame_of_it(void **state)
{
  (void)state;
  static curves c[N_GLASS];
  const vt_pool p = pool_of(c, 16, 0, 2);
  vt_transport t;
  vt_err err;
  const vt_tr_input one = make_curves(&c[0], 16, 600, 0, 2);
  VT_TEST_OK(vt_tr_replica(&one, &t, &err), &err);
  assert_int_equal(p.frame, VT_TR_BARYCENTRIC);
  assert_int_equal(t.frame, VT_TR_BARYCENTRIC);
  assert_true(isnan(p.haven_fw.value) && isnan(p.t_fw.value) && isnan(t.haven_fw.value));
  assert_true(isfinite(p.haven_bary.value) && isfinite(t.haven_total.value) && isfinite(p.d_cm2_s[0].value));
  assert_string_equal(vt_tr_frame_name(p.frame), "barycentric");
  assert_int_equal(pool_of(c, 73, 0, 2).frame, VT_TR_FRAMEWORK);
}

static void without_collective_displacements_there_is_d_alone(void **state)
{
  (void)state;
  static curves c[N_GLASS];
  vt_tr_input in = make_curves(&c[0], 73, 600, 0, 2);
  vt_pool p;
  vt_err err;
  in.n_clag = 0;
  in.clag_ps = in.charge_corr = NULL;
  VT_TEST_OK(vt_pool_glasses(&in, 1, &p, NULL, &err), &err);
  assert_int_equal(p.reason, VT_POOL_NO_CHARGE);
  assert_int_equal(p.frame, VT_TR_AS_SIMULATED);
  near_relative(p.d_cm2_s[0].value, 2e-5, 1e-9);
  assert_true(isnan(p.haven_total.value) && isnan(p.sigma_mS_cm.value));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_ratio_that_does_not_change_is_taken_at_the_first_lag),
      cmocka_unit_test(the_error_of_equal_glasses_is_that_of_theory_with_its_share),
      cmocka_unit_test(a_ratio_that_changes_is_taken_behind_the_change),
      cmocka_unit_test(an_interval_reaches_to_where_the_ratio_is_going),
      cmocka_unit_test(a_window_without_a_say_moves_the_end_by_its_own_step),
      cmocka_unit_test(without_a_metal_there_is_no_frame_of_it),
      cmocka_unit_test(without_collective_displacements_there_is_d_alone),
  };
  return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
