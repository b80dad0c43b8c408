/* What the 95 % intervals of a pool cover, for 1 to 12 glasses: walks whose Haven ratio, conductivity and diffusion are
 * known.  VT_POOLS=n: that many pools of each kind instead of the default. */
#include <math.h>
#include <stdlib.h>

#include "engine/num/num.h"
#include "tests/prop/pool_fixture.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

enum { MOST_GLASSES = 12 };

typedef struct kind {
  const char *what;
  walkers walk;
  double scatter; /* s.d. of ln(slope) between glasses */
  double bias;    /* of ln H that the rule may let pass */
} kind;

/* 200 ps of ions of 6 D = 1.2 A^2/ps: H = 1, and H = 1/(1 + 15 common) that sets in after a picosecond or late.  Of
 * ions that follow each other after 2.5 ps the window from 2 to 4 ps sees 0.69 of the correlation: ln(1.6 / 1.41) =
 * 0.12, which the interval has to hold. */
static const kind kinds[] = {
    {"alone", {.z_alkali = 11, .n_sample = 400, .slope = 1.2, .rattle_a = 0.3}, 0, 0.03},
    {"together",
     {.z_alkali = 11, .n_sample = 400, .slope = 1.2, .rattle_a = 0.3, .common = 0.04, .delay_ps = 1},
     0,
     0.03},
    {"together late",
     {.z_alkali = 11, .n_sample = 400, .slope = 1.2, .rattle_a = 0.3, .common = 0.04, .delay_ps = 2.5},
     0,
     0.15},
    {"unlike glasses", {.z_alkali = 3, .n_sample = 400, .slope = 1.2, .rattle_a = 0.3, .common = 0.02}, 0.10, 0.03}};
enum { N_KIND = sizeof kinds / sizeof *kinds };

typedef struct tally {
  int n, fw, bary, total, t, sigma, d;
  double sum, sum2, *half;
} tally;

static int covers(const vt_pooled *p, double truth) { return p->lo95 <= truth && truth <= p->hi95; }

static vt_pool make_pool(const kind *k, int n, uint64_t seed)
{
  static glass g[MOST_GLASSES];
  vt_tr_input in[MOST_GLASSES];
  vt_err err;
  vt_pool p;
  for (int i = 0; i < n; i++) {
    walkers w = k->walk;
    double u[2];
    vt_rng_normal2(seed, VT_STREAM_TEST, 9, 0, (uint32_t)i, u);
    w.slope *= exp(k->scatter * u[0]);
    in[i] = make_walking_glass(&g[i], seed * MOST_GLASSES + (uint64_t)i, &w);
  }
  VT_TEST_OK(vt_pool_glasses(in, n, &p, NULL, &err), &err);
  return p;
}

/* The pools of one kind and number of glasses. */
static void check_kind(const kind *k, int n_glasses, int pools, tally *t)
{
  const vt_composition c = formula(k->walk.z_alkali);
  const double string = 1 + (N_ALKALI - 1) * k->walk.common, share = share_of_alkali(&c);
  const double lab = 1 - 2 * share + N_ALKALI * share * share * string, t_a = 1 - N_ALKALI * share;
  const double slope = k->walk.slope * exp(k->scatter * k->scatter / 2);
  *t = (tally){.half = calloc((size_t)pools, sizeof(double))};
  assert_non_null(t->half);
  for (int i = 0; i < pools; i++) {
    const vt_pool p = make_pool(k, n_glasses, 1000000 * (uint64_t)(n_glasses) + (uint64_t)i);
    if (isnan(p.haven_fw.value)) continue; /* a single glass may not resolve its diffusion */
    const double ln = log(p.haven_fw.value * string);
    t->half[t->n++] = 0.5 * log(p.haven_fw.hi95 / p.haven_fw.lo95);
    t->sum += ln;
    t->sum2 += ln * ln;
    t->fw += covers(&p.haven_fw, 1 / string);
    t->bary += covers(&p.haven_bary, lab / string / (t_a * t_a));
    t->total += covers(&p.haven_total, lab / string);
    t->t += covers(&p.t_bary, t_a) || fabs(p.t_bary.value - t_a) < 1e-9; /* an identity of a rigid framework */
    t->sigma += covers(&p.sigma_mS_cm, vt_unit_sigma_mS_cm(N_ALKALI * slope * string, 600, 16 * 112));
    t->d += covers(&p.d_cm2_s[0], slope / 6 * 1e-4);
  }
}

/* Coverage between what three binomial standard deviations below 93 % allow and all. */
static void intervals_cover_with_any_number_of_glasses(void **state)
{
  (void)state;
  const int glasses[] = {1, 2, 3, 5, 12};
  const char *asked = getenv("VT_POOLS");
  const int pools = asked ? (int)strtol(asked, NULL, 10) : 60;
  const double least = 0.93 - 3 * sqrt(0.95 * 0.05 / pools);
  tally t;
  for (int q = 0; q < N_KIND; q++) {
    print_message("  %s: coverage of 95 %% intervals, %d pools each\n", kinds[q].what, pools);
    print_message("   G   H metal  bary  frame-free   t     sigma   D     median half-width of ln H, bias, scatter\n");
    for (int k = 0; k < (int)(sizeof glasses / sizeof *glasses); k++) {
      check_kind(&kinds[q], glasses[k], pools, &t);
      const double n = t.n, mean = t.sum / n, sd = sqrt(t.sum2 / n - mean * mean);
      print_message("  %2d   %.3f   %.3f  %.3f       %.3f  %.3f  %.3f   %.3f %+.3f %.3f\n", glasses[k], t.fw / n,
                    t.bary / n, t.total / n, t.t / n, t.sigma / n, t.d / n,
                    vt_quantile_inplace(t.half, (size_t)t.n, 0.5), mean, sd);
      assert_true(t.n >= 0.9 * pools);
      vt_test_between("H metal", t.fw / n, least, 1);
      vt_test_between("H barycentric", t.bary / n, least, 1);
      vt_test_between("H frame-free", t.total / n, least, 1);
      vt_test_between("t", t.t / n, 1, 1);
      vt_test_between("sigma", t.sigma / n, least, 1);
      vt_test_between("D", t.d / n, least, 1);
      vt_test_between("bias of ln H", mean, -kinds[q].bias - 4 * sd / sqrt(n), kinds[q].bias + 4 * sd / sqrt(n));
      free(t.half);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_cover_with_any_number_of_glasses)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
