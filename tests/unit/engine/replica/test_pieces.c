/* A production that goes on in pieces, and a quench that goes on from a glass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/num/num.h"
#include "engine/pot/pot.h"
#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case lj = {.pot = "lj", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT};
static const task_case nve = {.pot = "lj", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVE};
static const task_case nep = {.pot = "nep", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT};

static void identify(vt_plan *p)
{
  vt_err err = {0};
  VT_TEST_OK(vt_plan_identify(p, &err), &err);
}

static vt_plan newest_glass(const task_case *k)
{
  vt_plan p = task_glass_plan(k);
  p.protocol.version = 2;
  identify(&p);
  return p;
}

/* The first piece of 1 ps, and one behind another. */
static vt_plan first_piece(const task_case *k, const vt_plan *glass)
{
  vt_plan p = task_md_plan(k);
  p.protocol.version = 2;
  p.needs = glass->uid;
  p.piece = 1;
  identify(&p);
  return p;
}

static vt_plan next_piece(const vt_plan *before, double ps)
{
  vt_plan p = *before;
  p.needs = before->uid;
  p.piece = before->piece + 1;
  p.before_ps += before->protocol.produce_ps;
  p.protocol.produce_ps = ps;
  identify(&p);
  return p;
}

/* What a piece begins with, as a result that tasks take. */
static vt_result handed_over(const vt_plan *before, const vt_result *r)
{
  vt_err err = {0};
  vt_result g = {0};
  VT_TEST_OK(vt_replica_continue(before, r->values, r->n_values, r->last, r->n_last, &g.values, &g.n_values, &err),
             &err);
  return g;
}

static const double *array(const vt_plan *p, const vt_result *r, const vt_array_name *name)
{
  vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err = {0};
  int n = 0;
  VT_TEST_OK(vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n, &err), &err);
  const double *v = vt_array_find(defs, n, r->values, name, NULL);
  assert_non_null(v);
  return v;
}

/* First, second piece and what is between. */
typedef struct two {
  vt_plan glass_plan, plan[2];
  vt_result glass, between, r[2];
} two;

static void two_open(two *t, const task_case *k, double second_ps)
{
  *t = (two){.glass_plan = newest_glass(k)};
  t->plan[0] = first_piece(k, &t->glass_plan);
  t->plan[1] = next_piece(&t->plan[0], second_ps);
  t->glass = task_run(&t->glass_plan, NULL, NULL);
  t->r[0] = task_run(&t->plan[0], &t->glass, NULL);
  t->between = handed_over(&t->plan[0], &t->r[0]);
}

static void two_close(two *t)
{
  vt_result_free(&t->glass);
  vt_result_free(&t->between);
  for (int k = 0; k < 2; k++) vt_result_free(&t->r[k]);
}

/* ------------------------------------------------------------------ going on */

enum { ATOMS_MOST = 42, FRAMES_MOST = 1500 };
typedef struct instant {
  int64_t step;
  double x[ATOMS_MOST][3], v[ATOMS_MOST][3], dx[ATOMS_MOST][3], h[9], energy;
} instant;
typedef struct film {
  int n, atoms;
  instant *at;
} film;

static vt_status expose(void *ctx, const vt_frame *fr, vt_err *err)
{
  film *f = ctx;
  (void)err;
  assert_true(f->n < FRAMES_MOST && fr->n <= ATOMS_MOST);
  instant *at = &f->at[f->n++];
  f->atoms = fr->n;
  at->step = fr->step;
  at->energy = fr->e_pot + fr->e_kin;
  memcpy(at->x, fr->x, (size_t)fr->n * sizeof *at->x);
  memcpy(at->v, fr->v, (size_t)fr->n * sizeof *at->v);
  memcpy(at->dx, fr->dx, (size_t)fr->n * sizeof *at->dx);
  memcpy(at->h, fr->cell.h, sizeof at->h);
  return VT_OK;
}

static film filmed(const vt_plan *p, const vt_result *begin, vt_result *r)
{
  film f = {.at = calloc(FRAMES_MOST, sizeof *f.at)};
  assert_non_null(f.at);
  const vt_replica_hooks hooks = {.ctx = &f, .frame = expose};
  *r = task_run(p, begin, &hooks);
  return f;
}

static void begins_where_the_other_ended(const task_case *k)
{
  two t;
  two_open(&t, k, 0.6);
  film f = filmed(&t.plan[1], &t.between, &t.r[1]);
  const size_t n = (size_t)f.atoms;
  assert_int_equal(f.at[0].step, 0);
  assert_memory_equal(f.at[0].h, t.r[0].last, 9 * sizeof(double));
  assert_memory_equal(f.at[0].x, t.r[0].last + 9, 3 * n * sizeof(double));
  assert_memory_equal(f.at[0].v, t.r[0].last + 9 + 3 * n, 3 * n * sizeof(double));
  for (size_t i = 0; i < n; i++) assert_true(f.at[0].dx[i][0] == 0); /* displacements begin anew */
  /* what the equilibration found goes with it; its steps do not */
  const size_t n_equil = (size_t)(array(&t.plan[1], &t.r[1], &vt_a_equilibrate_stiffness) + 1 - t.r[1].values);
  assert_memory_equal(t.r[1].values, t.r[0].values, n_equil * sizeof(double));
  assert_true(array(&t.plan[1], &t.r[1], &vt_a_equilibrate_cutoff)[0] > 0);
  assert_int_equal(vt_replica_steps(&t.plan[1]), 300); /* 0.6 ps of 2 fs */
  assert_int_equal(vt_replica_steps_most(&t.plan[1]), 300);
  near_relative(vt_replica_ns(&t.plan[1]), 0.6e-3, 1e-12);
  near_relative(t.r[1].ns, 0.6e-3, 1e-12);
  assert_int_equal(t.r[1].step, 300);
  assert_int_equal(t.r[1].stage, VT_STAGE_PRODUCE);
  free(f.at);
  two_close(&t);
}

static void a_piece_begins_with_the_bits_that_the_one_before_ended_with(void **state)
{
  (void)state;
  begins_where_the_other_ended(&lj);
  begins_where_the_other_ended(&nep);
}

/* In NVE nothing is random: two pieces are one run.  Forces at the seam come from another neighbour list, whose order
 * of summation differs in the last bits (1e-16 of terms of 1 eV); trajectories of a liquid separate by e in some 100 fs
 * at most, so that 0.2 ps later 1e-8 A is beyond any rounding and far below an error of one step (0.01 A). */
static void pieces_without_a_thermostat_are_one_run(void **state)
{
  (void)state;
  two t;
  vt_result r;
  two_open(&t, &nve, 1);
  vt_plan whole = t.plan[0];
  whole.protocol.produce_ps = 2;
  film one = filmed(&whole, &t.glass, &r), first, second;
  vt_result again;
  first = filmed(&t.plan[0], &t.glass, &again);
  second = filmed(&t.plan[1], &t.between, &t.r[1]);
  const instant *end = NULL;
  for (int k = 0; k < one.n; k++)
    if (one.at[k].step == 500) end = &one.at[k];
  assert_non_null(end);
  near_relative(second.at[0].energy, end->energy, 1e-10);
  near_relative(first.at[first.n - 1].energy, end->energy, 0.01); /* and it is not some other quantity */
  int compared = 0;
  for (int k = 0, m = 0; k < second.n && second.at[k].step <= 100; k++) {
    while (m < one.n && one.at[m].step < 500 + second.at[k].step) m++;
    if (m == one.n || one.at[m].step != 500 + second.at[k].step) continue;
    for (int i = 0; i < one.atoms; i++)
      for (int a = 0; a < 3; a++) near(end->dx[i][a] + second.at[k].dx[i][a], one.at[m].dx[i][a], 1e-8);
    compared++;
  }
  assert_true(compared > 3);
  free(one.at), free(first.at), free(second.at);
  vt_result_free(&r);
  vt_result_free(&again);
  two_close(&t);
}

/* ------------------------------------------------------------------ interrupted, failed */

static int same_end(const vt_result *a, const vt_result *b)
{
  return task_same(a, b) && a->n_last == b->n_last &&
         (a->n_last == 0 || memcmp(a->last, b->last, a->n_last * sizeof *a->last) == 0);
}

static void an_interrupted_piece_has_the_bits_of_one_that_was_not(void **state)
{
  (void)state;
  two t;
  interrupted k;
  int starts;
  two_open(&t, &lj, 1);
  t.r[1] = task_run(&t.plan[1], &t.between, NULL);
  interrupted_open(&k);
  k.stops = 1;
  vt_result r = task_run_in_pieces(&t.plan[1], &t.between, &k, &starts);
  assert_true(starts > 5); /* 500 steps in blocks of 47 */
  assert_true(same_end(&r, &t.r[1]));
  vt_result_free(&r);
  interrupted_close(&k);
  two_close(&t);
}

/* Its checkpoint is of what it began with. */
static void a_checkpoint_of_a_piece_is_not_continued_behind_another_end(void **state)
{
  (void)state;
  two t;
  interrupted k;
  vt_err err;
  two_open(&t, &lj, 1);
  interrupted_open(&k);
  k.stops = 1;
  assert_int_equal(task_try(&t.plan[1], &t.between, &k.hooks, &err), VT_ESTOP);
  assert_int_equal(interrupted_files(&k), 1);
  k.stops = 0;
  interrupted_forget(&k);
  t.between.values[t.between.n_values - 1] += 1e-9; /* of one velocity */
  vt_result r = task_run(&t.plan[1], &t.between, &k.hooks);
  assert_int_equal(k.resumed, 0);
  assert_int_equal(k.refused, 1);
  vt_result_free(&r);
  interrupted_close(&k);
  two_close(&t);
}

static void a_piece_that_failed_is_tried_again_with_half_the_time_step(void **state)
{
  (void)state;
  two t;
  interrupted k;
  vt_err err;
  two_open(&t, &lj, 1);
  interrupted_open(&k);
  vt_plan broken = t.plan[1], half = t.plan[1];
  (void)snprintf(broken.pot_kind, sizeof broken.pot_kind, "mock");
  (void)snprintf(broken.pot_path, sizeof broken.pot_path, "nan@%d", 1 + 200); /* the beginning, then step 200 */
  assert_int_equal(task_try(&broken, &t.between, &k.hooks, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "piece 2), produce, step 199 of 500"));
  half.half_stage = VT_STAGE_PRODUCE;
  assert_int_equal(vt_replica_steps(&half), 1000);
  vt_result scratch = task_run(&half, &t.between, NULL);
  interrupted_forget(&k);
  vt_result r = task_run(&half, &t.between, &k.hooks);
  assert_int_equal(k.resumed, 1);
  assert_string_equal(k.from.stage, "produce");
  assert_int_equal(k.from.step, 0);
  assert_true(same_end(&r, &scratch));
  near_relative(r.ns, 1e-3, 1e-12);
  vt_result_free(&r);
  vt_result_free(&scratch);
  interrupted_close(&k);
  two_close(&t);
}

/* ------------------------------------------------------------------ frames */

typedef struct clock {
  int64_t n;
  double first_ps, last_ps;
} clock;

static vt_status look_at_clock(void *ctx, vt_kept_frames *f, vt_err *err)
{
  clock *c = ctx;
  vt_kept_frame fr;
  c->n = vt_kept_frames_count(f);
  VT_PASS(vt_kept_frames_read(f, 0, &fr, err));
  c->first_ps = fr.time_ps;
  VT_PASS(vt_kept_frames_read(f, c->n - 1, &fr, err));
  c->last_ps = fr.time_ps;
  return VT_OK;
}

static void frames_of_a_later_piece_go_on_in_time(void **state)
{
  (void)state;
  two t;
  clock c = {0};
  two_open(&t, &lj, 0.6);
  const vt_recording ask = {.every_ps = 0.1, .ctx = &c, .done = look_at_clock};
  const vt_replica_hooks hooks = {.recording = &ask};
  t.r[1] = task_run(&t.plan[1], &t.between, &hooks);
  assert_int_equal(c.n, 7);
  near(c.first_ps, 1, 1e-12);
  near(c.last_ps, 1.6, 1e-12);
  two_close(&t);
}

/* ------------------------------------------------------------------ what is refused */

static void what_is_no_end_of_a_piece_is_refused_with_words(void **state)
{
  (void)state;
  two t;
  vt_err err = {0};
  double *out;
  size_t n;
  two_open(&t, &lj, 1);
  const vt_result *r = &t.r[0];
  vt_plan *p = &t.plan[0];
  VT_TEST_REFUSED(vt_replica_continue(p, r->values, r->n_values - 1, r->last, r->n_last, &out, &n, &err), VT_EINVAL,
                  &err, "the result of a piece has");
  VT_TEST_REFUSED(vt_replica_continue(p, r->values, r->n_values, r->last, 9, &out, &n, &err), VT_EINVAL, &err,
                  "takes 135 values, 9 given"); /* 9 + 6 * 21 */
  VT_TEST_REFUSED(vt_replica_continue(p, r->values, r->n_values, NULL, r->n_last, &out, &n, &err), VT_EINVAL, &err,
                  "135 values, 0 given");
  const double x = r->last[20];
  r->last[20] = (double)NAN;
  VT_TEST_REFUSED(vt_replica_continue(p, r->values, r->n_values, r->last, r->n_last, &out, &n, &err), VT_EINVAL, &err,
                  "value 20 is nan");
  r->last[20] = x;
  r->last[0] = r->last[1] = r->last[2] = 0;
  VT_TEST_REFUSED(vt_replica_continue(p, r->values, r->n_values, r->last, r->n_last, &out, &n, &err), VT_EINVAL, &err,
                  "its cell has the volume 0");
  VT_TEST_REFUSED(vt_replica_continue(&t.glass_plan, t.glass.values, t.glass.n_values, NULL, 0, &out, &n, &err),
                  VT_EINVAL, &err, "a glass cannot be continued");
  assert_null(out);
  /* a later piece takes neither nothing nor a glass */
  VT_TEST_REFUSED(task_try(&t.plan[1], NULL, NULL, &err), VT_EINVAL, &err, "how the one before ended");
  VT_TEST_REFUSED(task_try(&t.plan[1], &t.glass, NULL, &err), VT_EINVAL, &err, "how the one before ended");
  vt_plan old = t.plan[1], joined = t.plan[0];
  old.protocol.version = 1;
  VT_TEST_REFUSED(task_try(&old, &t.between, NULL, &err), VT_EINVAL, &err, "protocol 1 cannot continue");
  joined.run_ps = 2;
  VT_TEST_REFUSED(task_try(&joined, &t.glass, NULL, &err), VT_EINVAL, &err, "joined pieces is not run");
  two_close(&t);
}

/* ------------------------------------------------------------------ quenches that go on */

static vt_plan glass_to(const task_case *k, uint64_t seed, double t_k)
{
  vt_plan p = newest_glass(k);
  p.seed = seed;
  p.t_k = t_k;
  identify(&p);
  return p;
}

static vt_plan glass_from(const vt_plan *before, double t_k)
{
  vt_plan p = *before;
  p.needs = before->uid;
  p.from_k = before->t_k;
  p.t_k = t_k;
  identify(&p);
  return p;
}

static void a_quench_goes_on_at_its_rate_from_where_it_stopped(void **state)
{
  (void)state;
  interrupted k;
  int starts;
  vt_err err;
  vt_plan upper = glass_to(&lj, 7, 700), lower = glass_from(&upper, 400);
  vt_result a = task_run(&upper, NULL, NULL), b = task_run(&lower, &a, NULL), c = task_run(&lower, &a, NULL);
  assert_true(task_same(&b, &c));
  vt_result_free(&c);
  assert_int_equal(vt_replica_steps(&lower), 300); /* 300 K at 5e14 K/s = 0.6 ps of 2 fs; no melt */
  near_relative(b.ns, 0.6e-3, 1e-12);
  /* what is known of the melt is that of the upper part, to the bit */
  const int n_species = lower.comp.n_species;
  assert_memory_equal(array(&lower, &b, &vt_a_glass_melt), array(&upper, &a, &vt_a_glass_melt),
                      VT_MELT_NUMBERS * sizeof(double));
  assert_memory_equal(array(&lower, &b, &vt_a_glass_melt_msd), array(&upper, &a, &vt_a_glass_melt_msd),
                      (size_t)n_species * sizeof(double));
  assert_true(array(&lower, &b, &vt_a_glass_melt_msd)[0] > 0);
  /* Columns T, V, E, P.  Above 600 K the volume is that which the upper part ended with, below it moves: the switch
   * lies at a third of the way, row 66 of 200. */
  const double *rows = array(&lower, &b, &vt_a_glass_quench), *cell = array(&upper, &a, &vt_a_glass_cell);
  vt_cell h;
  memcpy(h.h, cell, sizeof h.h);
  near_relative(rows[1], vt_cell_volume(&h), 1e-12);
  near_relative(rows[4 * 60 + 1], vt_cell_volume(&h), 1e-12);
  assert_true(fabs(rows[4 * 199 + 1] / rows[1] - 1) > 1e-6);
  /* 20 free atoms and 50 fs of thermostat: a mean over 0.06 ps scatters by sqrt(2/60) = 18 %; three of these */
  double first = 0, last = 0;
  for (int i = 0; i < 20; i++) first += rows[4 * i] / 20, last += rows[4 * (180 + i)] / 20;
  near(first, 685, 0.55 * 685);
  near(last, 415, 0.55 * 415);
  /* stopped again and again: the same bits */
  interrupted_open(&k);
  k.stops = 1;
  vt_result d = task_run_in_pieces(&lower, &a, &k, &starts);
  assert_true(starts > 3);
  assert_true(task_same(&b, &d));
  interrupted_close(&k);
  vt_result_free(&d);
  /* what it begins with is the glass that it needs */
  VT_TEST_REFUSED(task_try(&lower, NULL, NULL, &err), VT_EINVAL, &err, "the result of the one before");
  a.n_values--;
  VT_TEST_REFUSED(task_try(&lower, &a, NULL, &err), VT_EINVAL, &err, "the result of the one before");
  vt_plan structure = lower;
  structure.start = VT_START_EQUILIBRATE;
  a.n_values++;
  VT_TEST_REFUSED(task_try(&structure, &a, NULL, &err), VT_EINVAL, &err, "has no quench that could go on");
  vt_result_free(&a);
  vt_result_free(&b);
}

static double volume_of(const vt_plan *p, const vt_result *r)
{
  vt_cell h;
  memcpy(h.h, array(p, r, &vt_a_glass_cell), sizeof h.h);
  return vt_cell_volume(&h);
}

/* Densities of quenches with and without a stop, over many seeds: means within four standard errors of their
 * difference.  One that ended where the stop was would be seen: that lies more than twice as far off. */
static void a_stopped_quench_ends_with_the_density_of_one_that_did_not(void **state)
{
  (void)state;
  enum { SEEDS = 60 };
  double direct[SEEDS], stopped[SEEDS], at_stop[SEEDS];
  for (int s = 0; s < SEEDS; s++) {
    vt_plan whole = glass_to(&lj, 100 + (uint64_t)s, 150), upper = glass_to(&lj, 200 + (uint64_t)s, 500);
    whole.protocol.quench_rate_k_s = upper.protocol.quench_rate_k_s = 2e14;
    whole.protocol.barostat_ps = upper.protocol.barostat_ps = 0.2; /* so that the volume follows within 2 ps */
    identify(&whole);
    identify(&upper);
    const vt_plan lower = glass_from(&upper, 150);
    vt_result w = task_run(&whole, NULL, NULL), u = task_run(&upper, NULL, NULL), l = task_run(&lower, &u, NULL);
    direct[s] = volume_of(&whole, &w);
    at_stop[s] = volume_of(&upper, &u);
    stopped[s] = volume_of(&lower, &l);
    vt_result_free(&w);
    vt_result_free(&u);
    vt_result_free(&l);
  }
  const double error = sqrt((vt_variance(direct, SEEDS) + vt_variance(stopped, SEEDS)) / SEEDS);
  near(vt_mean(stopped, SEEDS), vt_mean(direct, SEEDS), 4 * error);
  assert_true(vt_mean(at_stop, SEEDS) - vt_mean(direct, SEEDS) > 8 * error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_piece_begins_with_the_bits_that_the_one_before_ended_with),
                                     cmocka_unit_test(pieces_without_a_thermostat_are_one_run),
                                     cmocka_unit_test(an_interrupted_piece_has_the_bits_of_one_that_was_not),
                                     cmocka_unit_test(a_checkpoint_of_a_piece_is_not_continued_behind_another_end),
                                     cmocka_unit_test(a_piece_that_failed_is_tried_again_with_half_the_time_step),
                                     cmocka_unit_test(frames_of_a_later_piece_go_on_in_time),
                                     cmocka_unit_test(what_is_no_end_of_a_piece_is_refused_with_words),
                                     cmocka_unit_test(a_quench_goes_on_at_its_rate_from_where_it_stopped),
                                     cmocka_unit_test(a_stopped_quench_ends_with_the_density_of_one_that_did_not)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
