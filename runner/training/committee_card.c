/* committee_card.c - README.md and committee.json of a committee: its members, their mean, how far they lie apart. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/model_card/model_card.h"
#include "runner/training/job_impl.h"

typedef struct card {
  const vt_committee_card *k;
  const vt_json *mean; /* vt_validate_committee */
  vt_json **one;       /* [n] vt_validate of each */
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

static void put_failed(card *w)
{
  const vt_committee_card *k = w->k;
  int n = 0;
  for (int i = 0; i < k->c->n; i++) n += k->member[i].failed > 0;
  if (n == 0) {
    vt_buf_printf(&w->b, "All members passed their own checks%s.\n\n",
                  k->smoke ? "" : "; there was no smoke test among them");
    return;
  }
  vt_buf_printf(&w->b, "**%d of the %d members failed their own checks: do not use them unseen.**\n\n", n, k->c->n);
  for (int i = 0; i < k->c->n; i++) {
    const vt_committee_member *at = &k->member[i];
    if (at->failed > 0)
      vt_buf_printf(&w->b, "* **%s failed %d check%s**: %s%s\n", at->name, at->failed, at->failed == 1 ? "" : "s",
                    at->why, at->failed == 1 ? "." : "; the others stand in its card.");
  }
  vt_buf_printf(&w->b, "\n");
}

static void put_head(card *w)
{
  const vt_committee_card *k = w->k;
  const vt_build *v = vt_build_info();
  vt_buf_printf(&w->b,
                "# %s: a committee of %d\n\nModel card of a committee, written by `vitrion %s` from what ran. Data, "
                "checks and figures of each member are in `%s/README.md` and `%s/report.html`.\n\n",
                k->title, k->c->n, k->best >= 0 ? "train" : "validate", k->folders, k->folders);
  put_failed(w);
  vt_buf_printf(&w->b, "| | |\n| --- | --- |\n| committee | %s, with the sha256 of every member |\n", k->file);
  if (k->best >= 0)
    vt_buf_printf(&w->b, "| nep.txt, test.json, parity/, report.html | of one member, %s, the best on validation |\n",
                  k->member[k->best].name);
  vt_buf_printf(&w->b, "| program | vitrion %s (%s) |\n\n", v->version, v->git);
}

static void put_members(card *w)
{
  const vt_committee_card *k = w->k;
  vt_buf_printf(
      &w->b,
      "## Members\n\nRoot mean squares: energy, meV/atom; force components, meV/A; virial components, meV/atom. "
      "Slope: of predicted against labelled forces. Mean virial: of tr(predicted - labelled)/3N, "
      "meV/atom.\n\n| member | best on validation | validation loss | %s: energy | force | slope | virial | mean "
      "virial | checks |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
      k->set);
  for (int i = 0; i < k->c->n; i++) {
    const vt_committee_member *at = &k->member[i];
    vt_buf_printf(&w->b, "| %s | %s |", at->name, at->best ? at->best : "-");
    cell(&w->b, "%.6g", at->loss);
    put_errors(&w->b, w->one[i]);
    if (at->failed > 0)
      vt_buf_printf(&w->b, " **%d failed** |\n", at->failed);
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
                w->k->set);
  spread_row(&w->b, "all", c, w->mean);
  const vt_json *configs = vt_json_get(c, "by_config_type"), *comps = vt_json_get(c, "by_composition");
  for (int k = 0; k < w->k->data->n; k++) {
    const char *name = config_of(&w->k->data->s[k]);
    int is_first = 1;
    for (int i = 0; i < k && is_first; i++) is_first = strcmp(config_of(&w->k->data->s[i]), name) != 0;
    if (is_first)
      spread_row(&w->b, name, vt_json_get(configs, name), vt_json_get(vt_json_get(w->mean, "by_config_type"), name));
  }
  for (int k = 0; k < w->k->data->n_comp; k++) {
    const char *name = w->k->data->comp[k];
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
  const vt_committee_card *k = w->k;
  vt_json *a = vt_json_array();
  for (int i = 0; i < k->c->n; i++) {
    const vt_committee_member *at = &k->member[i];
    vt_json *o = vt_json_object();
    if (at->phase) vt_json_put(o, "seed", vt_json_int((int64_t)at->seed));
    if (!at->phase) vt_json_put(o, "file", vt_json_text(k->c->file[i]));
    vt_json_put(o, "failed_checks", vt_json_int(at->failed));
    vt_json_put(o, "first_failure", vt_json_text(at->failed > 0 ? at->why : NULL));
    vt_json_put(o, "best_phase", vt_json_text(at->phase));
    vt_json_put(o, "best_epoch", at->phase ? vt_json_int(at->epoch) : vt_json_null());
    vt_json_put(o, "validation_loss", vt_json_num(at->loss));
    vt_json_put(o, k->set, vt_json_share(w->one[i]));
    vt_json_add(a, o);
  }
  return a;
}

static vt_status publish(const card *w, const char *name, const vt_buf *b, vt_err *err)
{
  char path[VT_PATH + 32];
  VT_PASS(vt_buf_check(b, err));
  (void)snprintf(path, sizeof path, "%s/%s", w->k->folder, name);
  return vt_file_publish(path, b->s, b->len, err);
}

static vt_status write_json(const card *w, vt_json *mean, vt_err *err)
{
  enum { INDENT = 2 };
  vt_buf b = {0};
  vt_json *o = vt_json_object();
  vt_json_put(o, "set", vt_json_text(w->k->set));
  vt_json_put(o, "mean", vt_json_share(mean));
  vt_json_put(o, "members", members_json(w));
  vt_status rc = vt_json_dump(o, INDENT, &b, err);
  vt_buf_printf(&b, "\n");
  if (rc == VT_OK) rc = publish(w, "committee.json", &b, err);
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
  if (w->k->same_start)
    vt_buf_printf(&w->b, "* The members began with the same numbers and differ in the order of frames: their spread is "
                         "a lower bound.\n");
  vt_buf_printf(&w->b, "* Largest errors, and what the training data do not hold: in the members' cards.\n");
  const vt_status rc = publish(w, "README.md", &w->b, err);
  vt_buf_free(&w->b);
  return rc;
}

vt_status vt_committee_card_write(const vt_committee_card *k, vt_err *err)
{
  vt_json *mean = NULL;
  card w = {.k = k};
  vt_status rc = VT_NEW(w.one, k->c->n, err);
  for (int i = 0; rc == VT_OK && i < k->c->n; i++) rc = vt_validate(k->c->m[i], k->data, &w.one[i], err);
  if (rc == VT_OK) rc = vt_validate_committee(k->c, k->data, &mean, err);
  w.mean = mean;
  if (rc == VT_OK) rc = write_json(&w, mean, err);
  if (rc == VT_OK) rc = write_card(&w, err);
  for (int i = 0; w.one && i < k->c->n; i++) vt_json_free(w.one[i]);
  vt_free(w.one);
  vt_json_free(mean);
  return rc;
}

/* ------------------------------------------------------------------ of a training */

typedef struct texts {
  char name[32], best[64];
} texts;

vt_status vt__committee_card(vt__job *j, int best, vt_err *err)
{
  char path[VT_PATH + 32];
  vt_committee c = {0};
  texts *text = NULL;
  vt_committee_member *row = NULL;
  (void)snprintf(path, sizeof path, "%s/committee.txt", j->output);
  vt_status rc = vt_committee_read(path, &c, err);
  if (rc == VT_OK) rc = VT_NEW(text, c.n, err);
  if (rc == VT_OK) rc = VT_NEW(row, c.n, err);
  for (int k = 0; rc == VT_OK && k < c.n; k++) {
    const vt__member *at = &j->member[k];
    (void)snprintf(text[k].name, sizeof text[k].name, "seed %llu", (unsigned long long)vt__seed_of(j, k));
    row[k] = (vt_committee_member){.name = text[k].name,
                                   .failed = at->failed,
                                   .why = at->why,
                                   .best = vt__when_text(at->best_at, text[k].best),
                                   .loss = at->best_loss,
                                   .seed = vt__seed_of(j, k),
                                   .phase = vt__phase_name(at->best_at.phase),
                                   .epoch = at->best_at.n};
  }
  const vt_committee_card it = {.folder = j->output,
                                .title = j->y->name,
                                .file = "committee.txt",
                                .folders = "seed<k>",
                                .set = j->judged_by,
                                .c = &c,
                                .data = &j->judged,
                                .member = row,
                                .best = best,
                                .smoke = j->y->smoke,
                                .same_start = j->y->start[0] && !strstr(j->y->start, "{seed}")};
  if (rc == VT_OK) rc = vt_committee_card_write(&it, err);
  vt_free(text);
  vt_free(row);
  vt_committee_free(&c);
  return rc;
}
