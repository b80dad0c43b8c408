/* Answers for scripts/oracle_compare.py: comparisons of numbers read from the standard input.
 *
 *   effects K  y s  (K times)          -> tau tau_lo tau_hi tau_dl q q_p i2 mean
 *   lines K    G  level ea (G times)   -> p_common_slope p_common_level (K times) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/comparison/comparison.h"
#include "engine/num/num.h"

enum { MOST = 64 };
static const vt_compare_limits limits = {.margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};

static double number(void)
{
  double x;
  if (scanf("%lf", &x) != 1) exit(2);
  return x;
}

static int count(int most)
{
  double x = number();
  if (!(x >= 1 && x <= most)) exit(2);
  return (int)x;
}

static void compare(const vt_compare_input *in, vt_compare *c)
{
  vt_err err;
  if (vt_compare_fits(in, c, &err) == VT_OK) return;
  (void)fprintf(stderr, "%s\n", err.text);
  exit(1);
}

/* One glass each: the given errors are used as they are. */
static void effects(vt_compare *c)
{
  vt_arrh f[MOST];
  int k = count(MOST);
  for (int i = 0; i < k; i++) {
    f[i] = (vt_arrh){.resolved = 1, .n_glasses = 1, .dof = 4, .t_ref_k = 500, .ea_ev = 0.3, .ea_se = 0.01};
    f[i].log10_ref = number();
    f[i].log10_ref_se = number();
  }
  compare(&(vt_compare_input){.fits = f, .n = k, .lim = limits}, c);
  (void)printf("%.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g\n", c->tau, c->tau_lo, c->tau_hi, c->tau_dl, c->q,
               c->q_p, c->i2, c->mean_decades);
}

static void lines(vt_compare *c)
{
  vt_arrh f[MOST];
  static vt_glass_line line[MOST * MOST];
  int k = count(MOST), n = 0;
  for (int i = 0; i < k; i++) {
    double level[MOST] = {0}, ea[MOST] = {0};
    int g = count(MOST);
    for (int j = 0; j < g; j++) {
      level[j] = number();
      ea[j] = number();
      line[n++] = (vt_glass_line){.comp = i, .glass = j, .log10_ref = level[j], .ea_ev = ea[j]};
    }
    size_t m = (size_t)g;
    f[i] = (vt_arrh){.resolved = 1,
                     .n_glasses = g,
                     .dof = g - 1,
                     .t_ref_k = 500,
                     .log10_ref = vt_mean(level, m),
                     .log10_ref_se = sqrt(vt_variance(level, m) / g),
                     .ea_ev = vt_mean(ea, m),
                     .ea_se = sqrt(vt_variance(ea, m) / g)};
  }
  compare(&(vt_compare_input){.fits = f, .n = k, .glass = line, .n_glass = n, .lim = limits}, c);
  (void)printf("%.17g %.17g\n", c->p_common_slope, c->p_common_level);
}

int main(void)
{
  static vt_compare c;
  char word[16];
  while (scanf("%15s", word) == 1) {
    if (strcmp(word, "effects") == 0)
      effects(&c);
    else if (strcmp(word, "lines") == 0)
      lines(&c);
    else
      return 2;
  }
  return 0;
}
