/* target.c - `target`: what a campaign asks to know, its budget, and what was decided so far: in, checked, and out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

enum { PILOT_GLASSES = 3 };

static const double SAME_K = 1e-6;

static vt__mark target_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

static int is_given(const vt__draft *dr, const char *path) { return dr->mark[vt__row_find(path) - vt__rows].line > 0; }

/* ------------------------------------------------------------------ the budget */

/* "200 core-hours" or "2 us"; text of the number in `number`. */
static int ends_in_core_hours(const char *s, char number[64])
{
  static const char *const unit[] = {"core-hours", "core-hour", "core-h"};
  const size_t n = strlen(s);
  for (size_t k = 0; k < sizeof unit / sizeof *unit; k++) {
    const size_t m = strlen(unit[k]);
    if (n <= m || n - m >= 64 || strcmp(s + n - m, unit[k]) != 0) continue;
    size_t len = n - m;
    while (len && s[len - 1] == ' ') len--;
    (void)snprintf(number, 64, "%.*s", (int)len, s);
    return 1;
  }
  return 0;
}

void vt__read_budget(vt__draft *dr, const vt__row *row, int node)
{
  vt_target *t = &dr->c->target;
  char number[64], why[300];
  double x = 0;
  const char *s = vt__read_scalar(dr, row, node, "core-hours or simulated time: 200 core-hours, 2 us");
  if (!s) return;
  if (ends_in_core_hours(s, number)) {
    if (!vt_parse_f64(number, strlen(number), &x) || !(x >= row->lo && x <= row->hi))
      vt__diag_error(dr->d, target_at(dr, node), row->path, "'%.60s' is no number of core-hours from %g to %g", s,
                     row->lo, row->hi);
    else
      t->budget_core_h = x, t->budget_ns = 0;
  } else if (!vt__quantity_parse(s, strlen(s), "ns", &x, why, sizeof why))
    vt__diag_error(dr->d, target_at(dr, node), row->path, "%s; or core-hours: 200 core-hours", why);
  else if (!(x >= row->lo && x <= row->hi))
    vt__diag_error(dr->d, target_at(dr, node), row->path, "%.60s is outside %g ns to %g ns", s, row->lo, row->hi);
  else
    t->budget_ns = x, t->budget_core_h = 0;
}

void vt__put_budget(vt_buf *b, const vt_campaign *c)
{
  vt__put_f64(b, c->target.budget_core_h > 0 ? c->target.budget_core_h : c->target.budget_ns);
  vt_buf_printf(b, c->target.budget_core_h > 0 ? " core-hours" : " ns");
}

/* ------------------------------------------------------------------ what was decided */

static int comp_named(const vt_campaign *c, const char *name)
{
  for (int i = 0; i < c->n_comp; i++)
    if (strcmp(c->comp[i].name, name) == 0) return i;
  return -1;
}

static int temp_at(const vt_campaign *c, double t_k)
{
  for (int t = 0; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - t_k) < SAME_K) return t;
  return -1;
}

vt_status vt_campaign_begin_decisions(vt_campaign *c, vt_err *err)
{
  if (c->comp_length) return VT_OK;
  VT_TRY(VT_NEW(c->comp_length, (size_t)c->n_comp * (size_t)c->n_temp, err), err, "%d compositions", c->n_comp);
  VT_TRY(VT_NEW(c->comp_glasses, c->n_comp, err), err, "%d compositions", c->n_comp);
  VT_TRY(VT_NEW(c->comp_dropped, c->n_comp, err), err, "%d compositions", c->n_comp);
  for (int i = 0; i < c->n_comp; i++) c->comp_glasses[i] = c->target.pilot_glasses;
  return VT_OK;
}

static void read_glasses(vt__draft *dr, const vt__row *row, int node, int comp)
{
  int64_t n = 0;
  const char *s = vt__read_scalar(dr, row, node, "a whole number");
  if (!s) return;
  if (!vt_parse_i64(s, strlen(s), &n) || n < dr->c->target.pilot_glasses || n > 10000)
    vt__diag_error(dr->d, target_at(dr, node), row->path, "'%.60s' is no number of glasses from %d to 10000", s,
                   (int)dr->c->target.pilot_glasses);
  else
    dr->c->comp_glasses[comp] = (int32_t)n;
}

/* One key of what was decided of a composition, beside its name. */
static void read_decided_key(vt__draft *dr, const vt__row *row, int key, int comp)
{
  vt_campaign *c = dr->c;
  const char *name = vt__yaml_text(dr->y, key);
  char why[300];
  double t_k = 0;
  if (strcmp(name, "composition") == 0) return;
  if (strcmp(name, "glasses") == 0) {
    read_glasses(dr, row, key + 1, comp);
    return;
  }
  if (strcmp(name, "dropped") == 0) {
    const char *s = vt__read_scalar(dr, row, key + 1, "yes or no");
    if (s && strcmp(s, "yes") != 0 && strcmp(s, "no") != 0)
      vt__diag_error(dr->d, target_at(dr, key + 1), row->path, "'%.60s' is neither yes nor no", s);
    c->comp_dropped[comp] = s && strcmp(s, "yes") == 0;
    return;
  }
  const int known = vt__quantity_parse(name, strlen(name), "K", &t_k, why, sizeof why);
  const int t = known ? temp_at(c, t_k) : -1;
  if (t < 0)
    vt__diag_error(dr->d, target_at(dr, key), row->path,
                   "'%.60s' is neither composition, glasses, dropped nor a temperature of the campaign", name);
  else
    (void)vt__read_sum(dr, vt__row_find("protocol.produce.duration"), key + 1, &c->comp_length[comp * c->n_temp + t]);
}

static void read_decided_item(vt__draft *dr, const vt__row *row, int item)
{
  const int named = dr->y->node[item].kind == VT__MAP ? vt__yaml_value(dr->y, item, "composition") : 0;
  const char *name = named ? vt__read_scalar(dr, row, named, "a composition") : NULL;
  const int comp = name ? comp_named(dr->c, name) : -1;
  if (!named) {
    vt__diag_error(dr->d, target_at(dr, item), row->path,
                   "expected {composition: NAME, glasses: N, 500 K: 400 ps, ...}");
  } else if (name && comp < 0) {
    vt__diag_error(dr->d, target_at(dr, named), row->path, "'%.60s' is not a composition of the campaign", name);
  } else if (name) {
    for (int key = vt__yaml_first(dr->y, item); key; key = vt__yaml_next(dr->y, item, key))
      read_decided_key(dr, row, key, comp);
  }
}

/* Once compositions and temperatures are known. */
static vt_status settle_decided(vt__draft *dr, vt_err *err)
{
  const vt__row *row = vt__row_find("target.decided");
  vt_campaign *c = dr->c;
  if (!is_given(dr, row->path) || vt__yaml_is_null(dr->y, dr->decided)) return VT_OK;
  if (dr->y->node[dr->decided].kind != VT__SEQ) {
    vt__diag_error(dr->d, target_at(dr, dr->decided), row->path, "expected a list of compositions");
    return VT_OK;
  }
  if (!vt__yaml_first(dr->y, dr->decided) || c->n_comp == 0 || c->n_temp == 0) return VT_OK;
  VT_PASS(vt_campaign_begin_decisions(c, err));
  for (int k = vt__yaml_first(dr->y, dr->decided); k; k = vt__yaml_next(dr->y, dr->decided, k))
    read_decided_item(dr, row, k);
  vt__decided_simplify(c);
  return VT_OK;
}

void vt__decided_simplify(vt_campaign *c)
{
  if (!c->comp_glasses) return;
  c->n_glasses = 0;
  for (int i = 0; i < c->n_comp; i++)
    if (c->comp_glasses[i] > c->n_glasses) c->n_glasses = c->comp_glasses[i];
}

/* Every composition of which more was decided than the pilot. */
void vt__put_decided(vt_buf *b, const vt_campaign *c)
{
  int n = 0;
  for (int i = 0; i < c->n_comp && c->comp_glasses; i++) {
    const vt_lengths *l = &c->comp_length[i * c->n_temp];
    vt_buf_printf(b, "\n    - {composition: ");
    vt__put_quoted(b, c->comp[i].name);
    vt_buf_printf(b, ", glasses: %d", (int)c->comp_glasses[i]);
    if (c->comp_dropped[i]) vt_buf_printf(b, ", dropped: yes");
    for (int t = 0; t < c->n_temp; t++) {
      if (l[t].n == 0) continue;
      vt_buf_printf(b, ", ");
      vt__put_f64(b, c->t_k[t]);
      vt_buf_printf(b, " K: ");
      vt__put_lengths(b, &l[t]);
    }
    vt_buf_printf(b, "}");
    n++;
  }
  if (!n) vt_buf_printf(b, "[]");
}

/* ------------------------------------------------------------------ the pilot */

/* Long enough for a window of D: eight times where it begins, 15 A^2/(6 D) or 5 ps (T 14.1), rounded up. */
double vt_campaign_pilot_ps(double t_k)
{
  const double windows = 8, start_a2 = 15, least_ps = 5, round_ps = 10;
  const double a2_ps = 1e4 * VT_ASSUMED_D_500 * exp(-VT_ASSUMED_EA_EV / VT_KB_EV * (1 / t_k - 1 / 500.0));
  return round_ps * ceil(windows * fmax(least_ps, start_a2 / (6 * a2_ps)) / round_ps);
}

/* Before durations are settled: a pilot that nobody gave a length. */
static vt_status pilot_durations(vt__draft *dr, vt_err *err)
{
  vt_campaign *c = dr->c;
  if (is_given(dr, "protocol.produce.duration")) return VT_OK;
  for (int t = 0; t < c->n_temp; t++) {
    VT_TRY(VT_GROW(dr->duration, dr->n_durations, dr->n_durations + 1, err), err, "durations");
    dr->duration[dr->n_durations++] =
        (vt__duration){.t_k = c->t_k[t], .of = {.n = 1, .ps = {vt_campaign_pilot_ps(c->t_k[t])}}};
  }
  return VT_OK;
}

/* The temperature of the campaign that is nearest to where compositions are compared. */
static double nearest_k(const vt_campaign *c, double t_k)
{
  double best = c->n_temp ? c->t_k[0] : t_k;
  for (int t = 1; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - t_k) < fabs(best - t_k)) best = c->t_k[t];
  return best;
}

vt_status vt__settle_target(vt__draft *dr, vt_err *err)
{
  vt_campaign *c = dr->c;
  vt_target *t = &c->target;
  t->asked = is_given(dr, "target");
  if (!t->asked) return vt__settle_durations(dr, err);
  if (!is_given(dr, "glasses")) c->n_glasses = PILOT_GLASSES;
  t->pilot_glasses = c->n_glasses;
  if (!(t->log10_d_at_k > 0)) t->log10_d_at_k = c->compare.t_ref_k;
  if (!(t->haven_at_k > 0)) t->haven_at_k = nearest_k(c, c->compare.t_ref_k);
  if (t->budget_core_h <= 0 && t->budget_ns > 0) t->budget_fixed_ns = t->budget_ns;
  VT_PASS(pilot_durations(dr, err));
  VT_PASS(vt__settle_durations(dr, err));
  return settle_decided(dr, err);
}

/* ------------------------------------------------------------------ rules */

static int observes(const vt_campaign *c, const char *name)
{
  for (int i = 0; i < c->n_obs; i++)
    if (strcmp(c->obs[i].name, name) == 0) return 1;
  return 0;
}

static void rule_of(vt__draft *dr, const char *path, int broken, const char *text)
{
  if (broken) vt__diag_error(dr->d, vt__mark_of(dr, path), path, "%s", text);
}

/* Outside the temperatures of the campaign? */
static int is_beyond(const vt_campaign *c, double t_k)
{
  int below = 0, above = 0;
  for (int k = 0; k < c->n_temp; k++) below |= c->t_k[k] <= t_k, above |= c->t_k[k] >= t_k;
  return !(below && above);
}

void vt__check_target(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  const vt_target *t = &c->target;
  int pieces = 1;
  if (!t->asked) return;
  for (int k = 0; c->length && k < c->n_temp; k++) pieces = c->length[k].n > pieces ? c->length[k].n : pieces;
  const int line = t->ea_ev > 0 || t->log10_d > 0;
  rule_of(dr, "target", !line && !(t->haven > 0) && !t->verdict,
          "asks for nothing: name activation_energy, log10_D, haven or verdict");
  rule_of(dr, "target.budget", !(t->budget_core_h > 0) && !(t->budget_ns > 0),
          "is missing: what may be spent, such as `200 core-hours` or `2 us` of simulated time");
  rule_of(dr, "target.verdict", t->verdict && c->n_comp == 1, "one composition has nothing to be compared with");
  rule_of(dr, "temperatures", (line || t->verdict) && c->n_temp == 1,
          "a target needs a line, and a line two temperatures");
  rule_of(dr, "target.log10_D.at",
          t->log10_d > 0 && c->n_temp == 2 && is_beyond(c, t->log10_d_at_k) && !dr->env->recorded,
          "lies beyond two temperatures, which cannot test a curve: a third one is needed");
  rule_of(dr, "glasses", t->pilot_glasses < 2, "the pilot of a target needs two glasses, three are better");
  rule_of(dr, "target.haven_at", t->haven > 0 && c->n_temp > 0 && temp_at(c, t->haven_at_k) < 0,
          "is none of the campaign's temperatures, and a Haven ratio is not extrapolated");
  rule_of(dr, "observe", !observes(c, "msd"), "a target needs `msd`");
  rule_of(dr, "observe", t->haven > 0 && !observes(c, "charge"), "a target for the Haven ratio needs `charge`");
  rule_of(dr, "protocol.produce.duration", pieces > 1 && !dr->env->recorded,
          "the pilot of a target is one piece: its length, and others follow by rule");
  rule_of(dr, "protocol.version", c->protocol.version == 1, "protocol 1 cannot continue a production: no target");
}

/* ------------------------------------------------------------------ going on */

/* What was given up under one target may be within another. */
static int asks_the_same(const vt_target *a, const vt_target *b)
{
  return a->verdict == b->verdict && a->ea_ev == b->ea_ev && a->log10_d == b->log10_d &&
         a->log10_d_at_k == b->log10_d_at_k && a->haven == b->haven && a->haven_at_k == b->haven_at_k &&
         a->budget_core_h == b->budget_core_h && a->budget_ns == b->budget_ns;
}

vt_status vt__follow_target(vt_campaign *c, const vt_campaign *old, vt_err *err)
{
  if (!c->target.asked || !old->target.asked) return VT_OK;
  c->target.budget_fixed_ns = c->target.budget_core_h > 0 && c->target.budget_core_h == old->target.budget_core_h
                                  ? old->target.budget_fixed_ns
                                  : c->target.budget_fixed_ns;
  if (!old->comp_glasses) return VT_OK;
  int same = c->n_temp == old->n_temp && c->target.pilot_glasses == old->target.pilot_glasses;
  for (int t = 0; same && t < c->n_temp; t++) same = fabs(c->t_k[t] - old->t_k[t]) < SAME_K;
  if (!same)
    return vt_err_user(err, VT_EINVAL, c->file, 0, 0,
                       "target: the folder's pilot had other temperatures or glasses, and decisions rest on it; give "
                       "those, or another output");
  VT_PASS(vt_campaign_begin_decisions(c, err));
  for (int i = 0; i < c->n_comp; i++) {
    const int k = comp_named(old, c->comp[i].name);
    if (k < 0) continue;
    c->comp_glasses[i] = old->comp_glasses[k];
    c->comp_dropped[i] = old->comp_dropped[k] && asks_the_same(&c->target, &old->target);
    memcpy(&c->comp_length[i * c->n_temp], &old->comp_length[k * c->n_temp],
           (size_t)c->n_temp * sizeof *c->comp_length);
  }
  vt__decided_simplify(c);
  return VT_OK;
}
