/* Insensitive, sensitive or undecided, by size in decades, and why (T 9.6). */
#include <math.h>
#include <stdio.h>

#include "engine/comparison/comparison_impl.h"
#include "engine/num/num.h"

VT_REASONS(vt_verdicts, VT_VERDICTS);
const char *vt_verdict_text(vt_verdict v) { return vt_reason_text(&vt_verdicts, (int)v); }

/* Composition c of the comparison in words. */
static const char *name_of(const vt__screen *t, const vt_compare *c, int i, char buf[80])
{
  int row = (int)c->comp[i];
  if (t->in->names)
    (void)snprintf(buf, 80, "%.70s", t->in->names[row]);
  else
    (void)snprintf(buf, 80, "composition %d", row);
  return buf;
}

/* Of the intervals of a contrast, and of tau and the range, in %: 90 and 95, more at a look of several. */
static double of_contrast(const vt__screen *t) { return 100 * (1 - 2 * vt__level(t)); }
static double of_spread(const vt__screen *t) { return 100 * (1 - vt__level(t)); }

/* Half of a contrast's interval if each of its compositions had `glasses` glasses, at one-sided error `alpha`. */
static double half_with(const vt__screen *t, double glasses, double alpha)
{
  double k = t->k;
  return vt_t_quantile(1 - alpha, k * (glasses - 1)) * sqrt((1 - 1 / k) * t->per_glass / glasses);
}

/* The least number of glasses for each composition whose interval is not wider than `room`; 0: beyond any honest
 * advice.
 */
static int glasses_for(const vt__screen *t, double room, double alpha)
{
  enum { MOST = 100 };
  for (int g = 2; g <= MOST; g++)
    if (half_with(t, g, alpha) <= room) return g;
  return 0;
}

/* "Some composition lies outside" is true as soon as one of k intervals says so: each gets a k-th of the 5 %
 * (Bonferroni), while "all lie inside" needs all and no such correction (T 9.6). */
static double alpha_outside(const vt__screen *t) { return vt__level(t) / t->k; }

/* A contrast that lies outside the margin for certain, or -1. */
static int find_outside(const vt__screen *t, const vt_compare *c)
{
  double wider = vt_t_quantile(1 - alpha_outside(t), t->dof) / vt_t_quantile(1 - vt__level(t), t->dof), most = 0;
  int found = -1;
  for (int i = 0; i < c->k; i++) {
    double half = 0.5 * wider * (c->delta_hi90[i] - c->delta_lo90[i]), beyond = fabs(c->delta[i]) - half;
    if (beyond > t->in->lim.margin && beyond > most) most = beyond, found = i;
  }
  return found;
}

/* The contrast whose interval reaches furthest. */
static int find_furthest(const vt_compare *c)
{
  int worst = 0;
  double reach = 0;
  for (int i = 0; i < c->k; i++) {
    double r = fmax(-c->delta_lo90[i], c->delta_hi90[i]);
    if (r > reach) reach = r, worst = i;
  }
  return worst;
}

/* A number beside the limit that it is held against: as many decimals (two to six) as tell the two apart. */
static int decimals_of(double x, double limit)
{
  enum { MOST = 6 };
  int n = 2;
  double unit = 100;
  while (n < MOST && round(x * unit) == round(limit * unit)) unit *= 10, n++;
  return n;
}

static void explain_bound(const vt__screen *t, vt_compare *c, const char *what, double least, double limit,
                          const char *caveat)
{
  const int n = decimals_of(least, limit);
  (void)snprintf(c->why, sizeof c->why, "decided by %s is at least %.*f decades (%.3g %%), beyond %.*f%s", what, n,
                 least, of_spread(t), n, limit, caveat);
}

static int is_sensitive(const vt__screen *t, vt_compare *c)
{
  const char *caveat = t->single ? " (one glass each: the spread between glasses is not in these intervals)" : "";
  const vt_compare_limits *lim = &t->in->lim;
  int i = find_outside(t, c);
  char name[80];
  if (i >= 0)
    (void)snprintf(
        c->why, sizeof c->why,
        "decided by the contrast: %s differs from the mean by %+.2f decades (%.3g %%: %+.2f to %+.2f), beyond "
        "%.2f, also when all %d compositions are asked at once%s",
        name_of(t, c, i, name), c->delta[i], of_contrast(t), c->delta_lo90[i], c->delta_hi90[i], lim->margin, (int)c->k,
        caveat);
  else if (c->k > 2 && c->tau_wide_lo > lim->tau_margin)
    explain_bound(t, c, "tau: the spread tau", c->tau_wide_lo, lim->tau_margin, caveat);
  else if (c->range_lo > lim->range_margin)
    explain_bound(t, c, "the range: the range", c->range_lo, lim->range_margin, caveat);
  else
    return 0;
  return 1;
}

/* What stands between a contrast and equivalence, and how many glasses would remove it. */
static void explain_contrast(const vt__screen *t, vt_compare *c)
{
  int i = find_furthest(c), most = 0, least = (int)t->fit[0]->n_glasses;
  double margin = t->in->lim.margin, room = margin - fabs(c->delta[i]);
  int needed = glasses_for(t, fabs(room), room > 0 ? vt__level(t) : alpha_outside(t));
  char name[80];
  for (int j = 0; j < c->k; j++) {
    int g = (int)t->fit[j]->n_glasses;
    if (g > most) most = g;
    if (g < least) least = g;
  }
  const double reach = fmax(-c->delta_lo90[i], c->delta_hi90[i]);
  const int d = decimals_of(reach, margin);
  int used = snprintf(c->why, sizeof c->why,
                      "open by the contrast: %s, %+.*f decades from the mean (%.3g %%: %+.*f to %+.*f), straddles the "
                      "margin of %.*f; ",
                      name_of(t, c, i, name), d, c->delta[i], of_contrast(t), d, c->delta_lo90[i], d, c->delta_hi90[i],
                      d, margin);
  if (used < 0 || used >= (int)sizeof c->why) return;
  char *at = c->why + used;
  size_t left = sizeof c->why - (size_t)used;
  if (needed <= least)
    (void)snprintf(at, left, "it lies too close to the margin for an advice on the number of glasses");
  else if (least == most)
    (void)snprintf(at, left, "if it stays there, about %d glasses each would be needed instead of %d to call it %s",
                   needed, most, room > 0 ? "equivalent" : "different");
  else
    (void)snprintf(at, left,
                   "if it stays there, about %d glasses each would be needed instead of %d to %d to call it %s", needed,
                   least, most, room > 0 ? "equivalent" : "different");
}

const char *vt__beyond_text(const vt__screen *t)
{
  return t->beyond == 0 ? "" : " (beyond the range of two temperatures, which cannot test a curve)";
}

/* Not sensitive: what forbids "insensitive"?  0 if nothing does. */
static int is_undecided(const vt__screen *t, vt_compare *c)
{
  const vt_compare_limits *lim = &t->in->lim;
  int all_equivalent = 1;
  for (int i = 0; i < c->k; i++) all_equivalent = all_equivalent && c->equivalent[i];
  if (t->left_out > 0)
    (void)snprintf(c->why, sizeof c->why,
                   "%d of %d compositions have no resolved value%s: they need longer runs or more temperatures before "
                   "insensitivity can be claimed",
                   t->left_out, t->left_out + c->k, vt__beyond_text(t));
  else if (t->single)
    (void)snprintf(
        c->why, sizeof c->why,
        "one glass for each composition: the spread between glasses is unknown; at least 2, better 5 glasses "
        "are needed");
  else if (!all_equivalent)
    explain_contrast(t, c);
  else if (c->k > 2 && !(c->tau_wide_hi < lim->tau_margin))
    (void)snprintf(
        c->why, sizeof c->why,
        "open by tau: the spread tau may be up to %.*f decades (%.3g %%), the limit is %.*f: more compositions "
        "(now %d) or more glasses are needed",
        decimals_of(c->tau_wide_hi, lim->tau_margin), c->tau_wide_hi, of_spread(t),
        decimals_of(c->tau_wide_hi, lim->tau_margin), lim->tau_margin, (int)c->k);
  else if (!(c->range_hi < lim->range_margin))
    (void)snprintf(
        c->why, sizeof c->why,
        "open by the range: it may be up to %.*f decades (%.3g %%), the limit is %.*f: more glasses are needed",
        decimals_of(c->range_hi, lim->range_margin), c->range_hi, of_spread(t),
        decimals_of(c->range_hi, lim->range_margin), lim->range_margin);
  else
    return 0;
  return 1;
}

/* "Insensitive" needs every test that is asked. */
static void explain_insensitive(const vt__screen *t, vt_compare *c)
{
  const vt_compare_limits *lim = &t->in->lim;
  char tau[80] = "";
  if (c->k > 2) (void)snprintf(tau, sizeof tau, ", the spread tau is below %.2f", lim->tau_margin);
  int used = snprintf(
      c->why, sizeof c->why,
      "decided by %s: %s lie within %.2f decades of the mean (%.3g %%)%s and the range is below %.2f (%.3g %%)",
      c->k > 2 ? "all three tests" : "contrast and range", c->k > 2 ? "all compositions" : "both compositions",
      lim->margin, of_contrast(t), tau, lim->range_margin, of_spread(t));
  if (c->n_outlying > 0 && used > 0)
    (void)snprintf(c->why + used, sizeof c->why - (size_t)used,
                   "; %d outlying glass%s counted with less than full weight", (int)c->n_outlying,
                   c->n_outlying == 1 ? "" : "es");
}

void vt__decide(const vt__screen *t, vt_compare *c)
{
  c->verdict = VT_UNDECIDED;
  if (is_sensitive(t, c)) {
    c->verdict = VT_SENSITIVE;
  } else if (!is_undecided(t, c)) {
    c->verdict = VT_INSENSITIVE;
    explain_insensitive(t, c);
  }
}
