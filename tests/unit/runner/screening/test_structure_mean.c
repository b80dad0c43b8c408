/* Means over the glasses of a group, however many there are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/screening/screening.h"
#include "tests/vt_test.h"

enum { GLASSES = 3000, ROWS = 2 * GLASSES }; /* of two temperatures */

static const vt_field *field_of(const char *name)
{
  for (int i = 0; i < vt_structure_fields.n; i++)
    if (strcmp(vt_structure_fields.f[i].name, name) == 0) return &vt_structure_fields.f[i];
  fail_msg("no field %s", name);
  return NULL;
}

/* Densities 1 .. n at the second temperature: mean (n + 1) / 2, standard error sqrt(n (n + 1) / 12 / n). */
static void every_glass_of_thousands_enters_the_mean(void **state)
{
  (void)state;
  vt_err err;
  vt_fits f = {.n_comp = 1, .n_temp = 2, .n_glasses = GLASSES};
  f.structure = calloc(ROWS, sizeof *f.structure);
  f.md = calloc(ROWS, sizeof *f.md);
  assert_true(f.structure && f.md);
  for (int g = 0; g < GLASSES; g++) {
    f.md[GLASSES + g] = ROWS - 1 - g;
    f.structure[ROWS - 1 - g].density_g_cm3 = g + 1;
  }
  VT_TEST_OK(vt_fits_means(&f, &err), &err);
  const vt_over_glasses m = vt_structure_mean(&f, 0, 1, field_of("density"), 0);
  assert_int_equal(m.n_glasses, GLASSES);
  near(m.value, 1500.5, 1e-9);
  near(m.se, 15.814023312659348, 1e-9); /* sqrt(3001 / 12) */
  free(f.structure);
  free(f.md);
  vt_free(f.mean);
}

static void fill_tau(vt_structure_summary *s, double tau, double chain)
{
  vt_structure_none(s);
  s->tau[VT_ENDPOINT][1] = (vt_residence){.tau_ps = tau, .se = 0.1 * tau};
  s->chain_weight = chain;
}

/* Two compositions of two glasses at one temperature, and one more glass of each at another, where nobody has two.
 * Times: ln tau -+0.5 and -+0.1, squares 0.5 and 0.02, 10 % stated: (0.5 + 0.02)/2 for both.  Chains: 2, 3 and 10, 20,
 * relative squares 0.08 and 2/9. */
static void times_and_chains_share_their_scatter_at_each_temperature(void **state)
{
  (void)state;
  vt_err err;
  vt_structure_summary s[8];
  int md[8] = {0, 1, 2, 3, 4, 5, 6, 7}; /* [composition][temperature][glass] */
  vt_fits f = {.n_comp = 2, .n_temp = 2, .n_glasses = 2, .structure = s, .md = md};
  fill_tau(&s[0], exp(-0.5), 2), fill_tau(&s[1], exp(0.5), 3);
  fill_tau(&s[4], 5 * exp(-0.1), 10), fill_tau(&s[5], 5 * exp(0.1), 20);
  fill_tau(&s[2], 7, 4), vt_structure_none(&s[3]);
  fill_tau(&s[6], 8, 4), vt_structure_none(&s[7]);
  VT_TEST_OK(vt_fits_means(&f, &err), &err);
  const vt_over_glasses a = vt_structure_mean(&f, 0, 0, field_of("tau_endpoint"), 1);
  const vt_over_glasses b = vt_structure_mean(&f, 1, 0, field_of("tau_endpoint"), 1);
  const vt_over_glasses lone = vt_structure_mean(&f, 1, 1, field_of("tau_endpoint"), 1);
  const vt_over_glasses chain = vt_structure_mean(&f, 0, 0, field_of("chain_weight"), 0);
  near(a.value, 1, 1e-14);
  near(b.value, 5, 1e-14);
  near(a.se, sqrt(0.26 / 2), 1e-14);
  near(b.se, 5 * sqrt(0.26 / 2), 1e-13);
  near(log(b.hi95 / 5), 4.302652729696142 * sqrt(0.13), 1e-9);
  near(lone.value, 8, 1e-13);
  assert_true(isnan(lone.lo95) && isnan(vt_structure_mean(&f, 0, 0, field_of("tau_endpoint"), 2).value));
  near(chain.value, 2.5, 1e-14);
  near(chain.se, 2.5 * sqrt((0.08 + 2.0 / 9) / 2 / 2), 1e-13);
  vt_free(f.mean);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_glass_of_thousands_enters_the_mean),
                                     cmocka_unit_test(times_and_chains_share_their_scatter_at_each_temperature)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
