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
  vt_fits f = {.n_comp = 1, .n_temp = 2, .n_glasses = GLASSES};
  f.structure = calloc(ROWS, sizeof *f.structure);
  f.md = calloc(ROWS, sizeof *f.md);
  f.of_glasses = calloc(GLASSES, sizeof *f.of_glasses);
  assert_true(f.structure && f.md && f.of_glasses);
  for (int g = 0; g < GLASSES; g++) {
    f.md[GLASSES + g] = ROWS - 1 - g;
    f.structure[ROWS - 1 - g].density_g_cm3 = g + 1;
  }
  const vt_over_glasses m = vt_structure_mean(&f, 0, 1, field_of("density"), 0);
  assert_int_equal(m.n_glasses, GLASSES);
  near(m.value, 1500.5, 1e-9);
  near(m.se, 15.814023312659348, 1e-9); /* sqrt(3001 / 12) */
  free(f.structure);
  free(f.md);
  free(f.of_glasses);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_glass_of_thousands_enters_the_mean)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
