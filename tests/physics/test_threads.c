/* The bits of a task are those of its plan, whoever shares the work: a glass and an MD task of it with every default
 * observable, made by one thread, by teams of several sizes, and by one whose size changes at every poll, are compared
 * byte by byte.  The cells are chosen for the paths they take: 84 atoms have two chunks, 336 eight, and from 1000 atoms
 * on the list, the integrator and the positions are shared, too. */
#include <stdio.h>
#include <string.h>

#include "engine/obs/obs.h"
#include "engine/pot/pot.h"
#include "engine/replica/replica.h"
#include "tests/support/claim.h"
#include "tests/support/compositions.h"
#include "tests/vt_test.h"

typedef struct outcome {
  vt_result glass, md;
} outcome;

/* Sizes that a team has one after the other, a poll each; n 0: no team. */
typedef struct sizes {
  int n, size[8];
  vt_team *team;
  int polls;
} sizes;

static vt_status resize(void *ctx, const vt_progress *p, vt_err *err)
{
  sizes *s = ctx;
  (void)p, (void)err;
  if (s->team) (void)vt_team_resize(s->team, s->size[s->polls++ % s->n], NULL);
  return VT_OK;
}

static vt_plan plan_of(int kind, int units, int precision)
{
  vt_plan p = {.seed = 5, .kind = kind, .block_steps = 30, .t_k = 700, .pot_kind = "nep"};
  p.comp = vt_test_oxychloride(units);
  p.protocol = vt_test_protocol();
  p.protocol.melt_ps = 0.04;
  p.protocol.quench_rate_k_s = 5e15;
  p.protocol.equil_ps = 0.1;
  p.protocol.produce_ps = 0.2;
  p.numerics = (vt_numerics){.simd = vt_simd_best(), .precision = precision, .format = VT_ENGINE_FORMAT};
  (void)snprintf(p.pot_path, sizeof p.pot_path, "%s", VT_TEST_SOURCE "/campaigns/potentials/oxyhalide7-v1.nep.txt");
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o && kind == VT_TASK_MD; o++) {
    if (!(*o)->doc.on_by_default) continue;
    vt_obs_request *r = &p.obs[p.n_obs++];
    (void)snprintf(r->name, sizeof r->name, "%s", (*o)->doc.name);
    r->every_ps = 0.02;
    for (int k = 0; k < (*o)->doc.n_par; k++) r->par[k] = (*o)->doc.par[k].def;
  }
  return p;
}

static void run_with(sizes *s, int units, int precision, outcome *out)
{
  vt_err err = {0};
  vt_plan glass = plan_of(VT_TASK_GLASS, units, precision), md = plan_of(VT_TASK_MD, units, precision);
  vt_test_identify(&glass);
  md.needs = glass.uid;
  vt_test_identify(&md);
  s->team = NULL;
  if (s->n) VT_TEST_OK(vt_team_open(&s->team, &err), &err);
  const vt_replica_hooks hooks = {.ctx = s, .poll = resize, .team = s->team};
  VT_TEST_OK(vt_replica_run(&glass, NULL, 0, &hooks, NULL, &out->glass, &err), &err);
  VT_TEST_OK(vt_replica_run(&md, out->glass.values, out->glass.n_values, &hooks, NULL, &out->md, &err), &err);
  vt_team_close(s->team);
}

static void free_outcome(outcome *o)
{
  vt_result_free(&o->glass);
  vt_result_free(&o->md);
}

static size_t bytes_that_differ(const double *a, size_t n_a, const double *b, size_t n_b)
{
  const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
  if (n_a != n_b) return n_a + n_b;
  size_t n = 0;
  for (size_t k = 0; k < n_a * sizeof *a; k++) n += x[k] != y[k];
  return n;
}

static size_t difference(const outcome *a, const outcome *b)
{
  return bytes_that_differ(a->glass.values, a->glass.n_values, b->glass.values, b->glass.n_values) +
         bytes_that_differ(a->md.values, a->md.n_values, b->md.values, b->md.n_values) +
         bytes_that_differ(a->md.last, a->md.n_last, b->md.last, b->md.n_last);
}

static void check_cell(int units, int precision)
{
  static const sizes teams[] = {{1, {2}, NULL, 0}, {1, {3}, NULL, 0}, {6, {1, 4, 2, 7, 3, 1}, NULL, 0}};
  sizes alone = {0};
  outcome one, other;
  char what[160];
  run_with(&alone, units, precision, &one);
  for (size_t k = 0; k < sizeof teams / sizeof *teams; k++) {
    sizes s = teams[k];
    run_with(&s, units, precision, &other);
    if (s.n > 1) assert_true(s.polls > s.n); /* the size did change */
    (void)snprintf(what, sizeof what, "%d atoms, %s, %s: bytes of results other than those of one thread", 21 * units,
                   precision == VT_DOUBLE ? "double" : "mixed",
                   s.n > 1          ? "a team whose size changes"
                   : s.size[0] == 2 ? "two threads"
                                    : "three threads");
    claim(what, (double)difference(&one, &other), 0, 0, "chunks and their order are fixed by the plan");
    free_outcome(&other);
  }
  free_outcome(&one);
}

static void threads_change_no_bit(void **state)
{
  (void)state;
  check_cell(4, VT_DOUBLE);
  check_cell(16, VT_MIXED);
  check_cell(48, VT_MIXED);
}

/* A test that would not notice anything is worth nothing: another seed differs in nearly every byte. */
static void what_is_compared_can_differ(void **state)
{
  (void)state;
  sizes alone = {0};
  outcome a, b;
  run_with(&alone, 4, VT_DOUBLE, &a);
  run_with(&alone, 4, VT_MIXED, &b);
  assert_true(difference(&a, &b) > a.glass.n_values);
  free_outcome(&a);
  free_outcome(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(threads_change_no_bit),
                                     cmocka_unit_test(what_is_compared_can_differ)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
