/* follow.c - a campaign that is given anew goes on from what its folder has recorded: pieces of productions, stops of
 * quenches. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

static const double SAME_K = 1e-6;
static const double SAME_LENGTH = 1e-9; /* relative: sums of decimals */

static int same_length(double a, double b) { return fabs(a - b) <= SAME_LENGTH * fmax(fabs(a), fabs(b)); }

/* ------------------------------------------------------------------ productions */

/* All pieces that were ever asked for at a temperature; NULL: none.  `room` may hold them. */
static const vt_lengths *history_at(const vt_campaign *old, double t_k, vt_lengths *room)
{
  for (int k = 0; k < old->n_kept; k++)
    if (fabs(old->kept[k].t_k - t_k) < SAME_K) return &old->kept[k].of;
  for (int t = 0; t < old->n_temp; t++)
    if (fabs(old->t_k[t] - t_k) < SAME_K) {
      *room = old->length ? old->length[t] : (vt_lengths){.n = 1, .ps = {old->protocol.produce_ps}};
      return room;
    }
  return NULL;
}

/* 1 if `l` begins with all of `first`. */
static int begins_with(const vt_lengths *l, const vt_lengths *first)
{
  for (int k = 0; k < first->n; k++)
    if (k == l->n || !same_length(l->ps[k], first->ps[k])) return 0;
  return 1;
}

/* The rest that a longer production adds must be a production of its own. */
static vt_status check_rest(const vt_campaign *c, double t_k, double had_ps, double rest_ps, vt_err *err)
{
  const char *path = "protocol.produce.duration";
  if (rest_ps * 1000 < c->protocol.produce_dt_fs * 10)
    return vt_err_user(err, VT_EINVAL, c->file, 0, 0,
                       "%s: at %.10g K only %.10g ps would be added to %.10g ps, less than ten time steps", path, t_k,
                       rest_ps, had_ps);
  for (int i = 0; i < c->n_obs; i++)
    if (c->obs[i].every_ps > rest_ps)
      return vt_err_user(err, VT_EINVAL, c->file, 0, 0,
                         "%s: at %.10g K only %.10g ps would be added to %.10g ps, less than observe.%s.every (%.10g "
                         "ps): a piece that is added is measured on its own",
                         path, t_k, rest_ps, had_ps, c->obs[i].name, c->obs[i].every_ps);
  return VT_OK;
}

/* *l as it is asked for becomes pieces of `had`, and one for the rest.  What ends within a piece stays: the caller sees
 * that it is another length. */
static vt_status go_on_from(const vt_campaign *c, double t_k, const vt_lengths *had, vt_lengths *l, vt_err *err)
{
  const double asked = vt_lengths_sum(l), held = vt_lengths_sum(had);
  double sum = 0;
  if (begins_with(l, had)) return VT_OK; /* pieces as the user wants them */
  for (int k = 0; k < had->n; k++) {
    sum += had->ps[k];
    if (!same_length(sum, asked)) continue;
    *l = *had;
    l->n = k + 1;
    return VT_OK;
  }
  if (asked < held) return VT_OK;
  if (had->n == VT_MOST_PIECES)
    return vt_err_user(err, VT_EINVAL, c->file, 0, 0,
                       "protocol.produce.duration: at %.10g K the folder holds %d pieces already, the most that there "
                       "may be",
                       t_k, had->n);
  char text[40];
  double rest = 0;
  const int n = snprintf(text, sizeof text, "%.10g", asked - held); /* of decimals, not of their rounding */
  if (!vt_parse_f64(text, (size_t)n, &rest)) rest = asked - held;
  VT_PASS(check_rest(c, t_k, held, rest, err));
  *l = *had;
  l->ps[l->n++] = rest;
  return VT_OK;
}

static vt_status follow_lengths(vt_campaign *c, const vt_campaign *old, vt_err *err)
{
  vt_lengths room;
  if (!c->length) {
    VT_TRY(VT_NEW(c->length, c->n_temp, err), err, "productions of %d temperatures", c->n_temp);
    for (int t = 0; t < c->n_temp; t++) c->length[t] = (vt_lengths){.n = 1, .ps = {c->protocol.produce_ps}};
  }
  for (int t = 0; t < c->n_temp; t++) {
    const vt_lengths *had = history_at(old, c->t_k[t], &room);
    if (had) VT_PASS(go_on_from(c, c->t_k[t], had, &c->length[t], err));
  }
  return VT_OK;
}

/* What is not asked for now stays known, so that it is what it was when it is asked for again. */
static vt_status keep_one(vt_campaign *c, double t_k, const vt_lengths *had, vt_err *err)
{
  for (int t = 0; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - t_k) < SAME_K && c->length[t].n >= had->n) return VT_OK;
  for (int k = 0; k < c->n_kept; k++)
    if (fabs(c->kept[k].t_k - t_k) < SAME_K) {
      c->kept[k].of = *had;
      return VT_OK;
    }
  return vt__keep_length(c, t_k, had, err);
}

static vt_status keep_rest(vt_campaign *c, const vt_campaign *old, vt_err *err)
{
  vt_lengths room;
  c->n_kept = 0; /* the folder knows better */
  for (int k = 0; k < old->n_kept; k++) VT_PASS(keep_one(c, old->kept[k].t_k, &old->kept[k].of, err));
  for (int t = 0; t < old->n_temp; t++) {
    const vt_lengths *had = history_at(old, old->t_k[t], &room);
    VT_PASS(keep_one(c, old->t_k[t], had, err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ quenches */

/* The recorded stops, and below them what is asked for, or the lowest temperature. */
static vt_status follow_stops(vt_campaign *c, const vt_campaign *old, vt_err *err)
{
  double stop_k[VT_MOST_STOPS];
  int n = vt_campaign_stops(old);
  for (int k = 0; k < n; k++) stop_k[k] = vt_campaign_stop_k(old, k);
  for (int k = 0; k <= c->n_stops; k++) {
    const double t_k = k < c->n_stops ? c->stop_k[k] : c->t_k[0];
    if (t_k > stop_k[n - 1] - SAME_K) continue;
    if (old->protocol.version < 2) return VT_OK; /* every glass would be another: the caller sees that */
    if (n == VT_MOST_STOPS)
      return vt_err_user(err, VT_EINVAL, c->file, 0, 0,
                         "protocol.quench.stops: the quenches of the folder have %d stops already, the most that there "
                         "may be",
                         n);
    stop_k[n++] = t_k;
  }
  memcpy(c->stop_k, stop_k, sizeof stop_k);
  c->n_stops = n;
  vt__stops_simplify(c);
  return VT_OK;
}

vt_status vt_campaign_follow(vt_campaign *c, const vt_campaign *old, vt_err *err)
{
  if (c->n_temp == 0 || old->n_temp == 0) return VT_OK;
  VT_TRY(follow_stops(c, old, err), err, "campaign '%s'", c->name);
  if (old->protocol.version < 2) return VT_OK; /* how long a production is stands in its uid */
  VT_TRY(vt__follow_target(c, old, err), err, "campaign '%s'", c->name);
  VT_TRY(follow_lengths(c, old, err), err, "campaign '%s'", c->name);
  VT_TRY(keep_rest(c, old, err), err, "campaign '%s'", c->name);
  vt__lengths_simplify(c);
  return VT_OK;
}
