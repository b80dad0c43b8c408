/* committee_card.c - README.md and committee.json of a committee: its members, their mean, how far they lie apart. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/model_card/model_card.h"
#include "runner/training/job_impl.h"

typedef struct card {
  const vt__job *j;
  const vt_committee *c;
  int best;
  const char *set;        /* that is judged on */
  const vt_train_data *d; /* its frames */
  const vt_json *mean;    /* vt_validate_committee */
  vt_json **one;          /* [n] vt_validate of each */
  vt_buf b;
} card;

static void cell(vt_buf *b, const char *fmt, double x)
{
  char text[40] = "-";
  if (isfinite(x)) (void)snprintf(text, sizeof text, fmt, x);
  vt_buf_printf(b, " %s |", text);
}

static double number(const vt_json *o, const char *key) { return vt_json_get_num(o, key, (double)NAN); }

static void put_errors(vt_buf *b, const vt_json *v)
{
  cell(b, "%.2f", number(v, "energy_rmse_meV_atom"));
  cell(b, "%.1f", number(v, "force_rmse_meV_A"));
  cell(b, "%.3f", number(v, "force_slope"));
  cell(b, "%.2f", number(v, "virial_rmse_meV_atom"));
  cell(b, "%+.2f", number(v, "mean_virial_meV_atom"));
}

static unsigned long long seed_of(const card *w, int k) { return (unsigned long long)vt__seed_of(w->j, k); }

static void put_failed(card *w)
{
  int n = 0;
  for (int k = 0; k < w->c->n; k++) n += w->j->member[k].failed > 0;
  if (n == 0) {
    vt_buf_printf(&w->b, "All members passed their own checks.\n\n");
    return;
  }
  vt_buf_printf(&w->b, "**%d of the %d members failed their own checks: do not use them unseen.**\n\n", n, w->c->n);
  for (int k = 0; k < w->c->n; k++) {
    const vt__member *at = &w->j->member[k];
    if (at->failed > 0)
      vt_buf_printf(&w->b, "* **seed %llu failed %d check%s**: %s%s\n", seed_of(w, k), (int)at->failed,
                    at->failed == 1 ? "" : "s", at->why, at->failed == 1 ? "." : "; the others stand in its card.");
  }
  vt_buf_printf(&w->b, "\n");
}

static void put_head(card *w)
{
  const vt_build *v = vt_build_info();
  vt_buf_printf(&w->b,
                "# %s: a committee of %d\n\nModel card of a committee, written by `vitrion train` from what ran. Data, "
                "training, checks and figures of each member are in `seed<k>/README.md` and `seed<k>/report.html`.\n\n",
                w->j->y->name, w->c->n);
  put_failed(w);
  vt_buf_printf(
      &w->b,
      "| | |\n| --- | --- |\n| committee | committee.txt, with the sha256 of every member |\n| nep.txt, "
      "test.json, parity/, report.html | of one member, seed %llu, the best on validation |\n| program | vitrion "
      "%s (%s) |\n\n",
      seed_of(w, w->best), v->version, v->git);
}

static void put_members(card *w)
{
  vt_buf_printf(
      &w->b,
      "## Members\n\nRoot mean squares: energy, meV/atom; force components, meV/A; virial components, meV/atom. "
      "Slope: of predicted against labelled forces. Mean virial: of tr(predicted - labelled)/3N, "
      "meV/atom.\n\n| seed | best on validation | validation loss | %s: energy | force | slope | virial | mean "
      "virial | checks |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
      w->set);
  for (int k = 0; k < w->c->n; k++) {
    const vt__member *at = &w->j->member[k];
    char text[64];
    vt_buf_printf(&w->b, "| %llu | %s |", seed_of(w, k), vt__when_text(at->best_at, text));
    cell(&w->b, "%.6g", at->best_loss);
    put_errors(&w->b, w->one[k]);
    if (at->failed > 0)
      vt_buf_printf(&w->b, " **%d failed** |\n", (int)at->failed);
    else
      vt_buf_printf(&w->b, " passed |\n");
  }
  vt_buf_printf(&w->b, "| mean of all | - | - |");
  put_errors(&w->b, w->mean);
  vt_buf_printf(&w->b, " - |\n\n");
}

static void spread_row(vt_buf *b, const char *name, const vt_json *spread, const vt_json *error)
{
  const double three = 3; /* a vector has three components */
  vt_buf_printf(b, "| %s |", name);
  cell(b, "%.0f", number(error, "n_frames"));
  cell(b, "%.2f", number(spread, "energy_spread_meV_atom"));
  cell(b, "%.2f", number(error, "energy_rmse_meV_atom"));
  cell(b, "%.1f", number(spread, "force_spread_meV_A") / sqrt(three));
  cell(b, "%.1f", number(error, "force_rmse_meV_A"));
  vt_buf_printf(b, "\n");
}

static const char *config_of(const vt_train_sample *s) { return s->config_type[0] ? s->config_type : "none"; }

static void put_spread(card *w)
{
  const vt_json *c = vt_json_get(w->mean, "committee");
  vt_buf_printf(&w->b,
                "## Spread of the members and error of their mean (%s set)\n\nSpread: root mean square of the members' "
                "distance from their mean, of forces a component. Where it is smaller than the error the members share "
                "what they got wrong.\n\n| frames | number | energy: spread | error | force: spread | error |\n| --- | "
                "--- | --- | --- | --- | --- |\n",
                w->set);
  spread_row(&w->b, "all", c, w->mean);
  const vt_json *configs = vt_json_get(c, "by_config_type"), *comps = vt_json_get(c, "by_composition");
  for (int k = 0; k < w->d->n; k++) {
    const char *name = config_of(&w->d->s[k]);
    int is_first = 1;
    for (int i = 0; i < k && is_first; i++) is_first = strcmp(config_of(&w->d->s[i]), name) != 0;
    if (is_first)
      spread_row(&w->b, name, vt_json_get(configs, name), vt_json_get(vt_json_get(w->mean, "by_config_type"), name));
  }
  for (int k = 0; k < w->d->n_comp; k++) {
    const char *name = w->d->comp[k];
    const vt_json *row = vt_json_get(comps, name);
    if (row) spread_row(&w->b, name, row, vt_json_get(vt_json_get(w->mean, "by_composition"), name));
  }
  vt_buf_printf(&w->b, "\nPearson's r of spread with error: energies of frames");
  const double r[] = {number(c, "energy_spread_error_r"), number(c, "force_spread_error_r")};
  for (int k = 0; k < 2; k++) {
    if (isfinite(r[k]))
      vt_buf_printf(&w->b, " %.2f", r[k]);
    else
      vt_buf_printf(&w->b, " not known (fewer than three, or no scatter)");
    vt_buf_printf(&w->b, "%s", k == 0 ? ", forces on atoms" : ".\n\n");
  }
}

/* ------------------------------------------------------------------ files */

static vt_json *members_json(const card *w)
{
  vt_json *a = vt_json_array();
  for (int k = 0; k < w->c->n; k++) {
    const vt__member *at = &w->j->member[k];
    vt_json *o = vt_json_object();
    vt_json_put(o, "seed", vt_json_int((int64_t)vt__seed_of(w->j, k)));
    vt_json_put(o, "failed_checks", vt_json_int(at->failed));
    vt_json_put(o, "first_failure", vt_json_text(at->failed > 0 ? at->why : NULL));
    vt_json_put(o, "best_phase", vt_json_text(vt__phase_name(at->best_at.phase)));
    vt_json_put(o, "best_epoch", vt_json_int(at->best_at.n));
    vt_json_put(o, "validation_loss", vt_json_num(at->best_loss));
    vt_json_put(o, w->set, vt_json_share(w->one[k]));
    vt_json_add(a, o);
  }
  return a;
}

static vt_status publish(const vt__job *j, const char *name, const vt_buf *b, vt_err *err)
{
  char path[VT_PATH + 32];
  VT_PASS(vt_buf_check(b, err));
  (void)snprintf(path, sizeof path, "%s/%s", j->output, name);
  return vt_file_publish(path, b->s, b->len, err);
}

static vt_status write_json(const card *w, vt_json *mean, vt_err *err)
{
  enum { INDENT = 2 };
  vt_buf b = {0};
  vt_json *o = vt_json_object();
  vt_json_put(o, "set", vt_json_text(w->set));
  vt_json_put(o, "mean", vt_json_share(mean));
  vt_json_put(o, "members", members_json(w));
  vt_status rc = vt_json_dump(o, INDENT, &b, err);
  vt_buf_printf(&b, "\n");
  if (rc == VT_OK) rc = publish(w->j, "committee.json", &b, err);
  vt_buf_free(&b);
  vt_json_free(o);
  return rc;
}

static vt_status write_card(card *w, vt_err *err)
{
  put_head(w);
  put_members(w);
  put_spread(w);
  vt_buf_printf(
      &w->b,
      "## Known limits\n\n* The spread is no error: what all members learned from the same labels is not in it.\n");
  if (w->j->y->start[0] && !strstr(w->j->y->start, "{seed}"))
    vt_buf_printf(&w->b, "* The members began with the same numbers and differ in the order of frames: their spread is "
                         "a lower bound.\n");
  vt_buf_printf(&w->b, "* Largest errors, and what the training data do not hold: in the members' cards.\n");
  const vt_status rc = publish(w->j, "README.md", &w->b, err);
  vt_buf_free(&w->b);
  return rc;
}

vt_status vt__committee_card(vt__job *j, int best, vt_err *err)
{
  char path[VT_PATH + 32];
  vt_committee c = {0};
  vt_json *mean = NULL;
  card w = {.j = j, .c = &c, .best = best, .set = j->judged_by, .d = &j->judged};
  (void)snprintf(path, sizeof path, "%s/committee.txt", j->output);
  vt_status rc = vt_committee_read(path, &c, err);
  if (rc == VT_OK) rc = VT_NEW(w.one, c.n, err);
  for (int k = 0; rc == VT_OK && k < c.n; k++) rc = vt_validate(c.m[k], &j->judged, &w.one[k], err);
  if (rc == VT_OK) rc = vt_validate_committee(&c, &j->judged, &mean, err);
  w.mean = mean;
  if (rc == VT_OK) rc = write_json(&w, mean, err);
  if (rc == VT_OK) rc = write_card(&w, err);
  for (int k = 0; w.one && k < c.n; k++) vt_json_free(w.one[k]);
  vt_free(w.one);
  vt_json_free(mean);
  vt_committee_free(&c);
  return rc;
}
