/* write.c - README.md: the model card.  Every number comes from the training file, the frames or the checks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/model_card/model_card_impl.h"

/* A number of a table, or a dash. */
static void cell(vt_buf *b, const char *fmt, double x)
{
  char text[40] = "-";
  if (isfinite(x)) (void)snprintf(text, sizeof text, fmt, x);
  vt_buf_printf(b, " %s |", text);
}

static void hash_cell(vt_buf *b, const char *path)
{
  vt_uid id;
  char hex[65] = "cannot be read any more";
  if (vt_sha256_file(path, &id, NULL) == VT_OK) vt_uid_hex(&id, hex);
  vt_buf_printf(b, " %s |", hex);
}

/* ------------------------------------------------------------------ what it is */

static void put_form(vt_buf *b, const vt_nep_model *m)
{
  static const char *const zbl[] = {"none", "universal", "universal, typewise cutoffs", "flexible"};
  vt_buf_printf(b,
                "| form | NEP%d, %d elements, cutoffs %g and %g A (first element), n_max %d %d, basis %d %d, l_max %d",
                m->version, m->n_types, m->rc_radial[0], m->rc_angular[0], m->n_radial - 1, m->n_angular - 1,
                m->k_radial - 1, m->k_angular - 1, m->l_max);
  static const char *const flag[VT_NEP_FLAGS] = {"222", "1111", "112", "123", "233", "134"};
  for (int k = 0; k < VT_NEP_FLAGS; k++)
    if (m->flag[k]) vt_buf_printf(b, " + %s", flag[k]);
  vt_buf_printf(b, ", %d neurons, %zu numbers |\n| repulsion (ZBL) | %s", m->neurons, m->n_trained, zbl[m->zbl]);
  if (m->zbl == VT_ZBL_UNIVERSAL) vt_buf_printf(b, ", %g to %g A", m->zbl_inner, m->zbl_outer);
  vt_buf_printf(b, " |\n| elements |");
  for (int k = 0; k < m->n_types; k++) vt_buf_printf(b, " %s", m->symbol[k]);
  vt_buf_printf(b, " |\n");
}

static void put_start(vt_buf *b, const vt_training *y, uint64_t seed)
{
  vt_buf_printf(b, "| start | ");
  if (!y->start[0]) {
    vt_buf_printf(b, "new model, numbers drawn with seed %llu |\n", (unsigned long long)seed);
    return;
  }
  char start[VT_PATH];
  vt_training_start(y, seed, start);
  vt_buf_printf(b, "%s, sha256", start);
  hash_cell(b, start);
  vt_buf_printf(b, "\n| grafted |");
  for (int k = 0; k < y->n_graft; k++) vt_buf_printf(b, " %s as a copy of %s", y->graft[k].element, y->graft[k].donor);
  vt_buf_printf(b, "%s |\n| frozen |%s%s%s%s |\n| pull to the start | %g |\n", y->n_graft ? "" : " nothing",
                y->freeze & VT_FREEZE_DESCRIPTOR ? " descriptor" : "", y->freeze & VT_FREEZE_NETWORK ? " network" : "",
                y->freeze & VT_FREEZE_ALL_BUT_LAST ? " all but the last layer" : "", y->freeze ? "" : " nothing",
                y->pull);
}

static void put_what(vt_buf *b, const vt__findings *f)
{
  const vt_card *c = f->c;
  const vt_build *v = vt_build_info();
  char hex[65];
  vt_buf_printf(b, "| | |\n| --- | --- |\n| file | %s, sha256", c->potential);
  hash_cell(b, c->potential);
  vt_buf_printf(b, "\n");
  put_form(b, c->m);
  if (c->y) put_start(b, c->y, c->seed);
  if (c->identity) {
    vt_uid_hex(c->identity, hex);
    vt_buf_printf(b, "| identity of the training | %s |\n", hex);
  }
  vt_buf_printf(b, "| program | vitrion %s (%s) |\n\n", v->version, v->git);
}

/* ------------------------------------------------------------------ data */

/* Files of a set with their frames; the weight of those that the training file names. */
static void put_files(vt_buf *b, const vt_card *c, const char *role, const vt_train_data *d)
{
  for (int k = 0; d && k < d->n_files; k++) {
    int frames = 0;
    double weight = 1;
    for (int i = 0; i < d->n; i++) frames += d->s[i].file == k;
    for (int i = 0; c->y && i < c->y->data.n; i++)
      if (strcmp(c->y->data.f[i].path, d->file[k]) == 0) weight = c->y->data.f[i].weight;
    if (frames == 0) continue;
    vt_buf_printf(b, "| %s | %s | %d | %g |", role, d->file[k], frames, weight);
    hash_cell(b, d->file[k]);
    vt_buf_printf(b, "\n");
  }
}

static void put_items(vt_buf *b, const vt_training *y)
{
  for (int k = 0; k < y->n_items; k++) {
    const vt_training_item *i = &y->item[k];
    for (int j = 0; j < i->n_config; j++)
      vt_buf_printf(b, "* item %d of the data: frames of config_type %s weigh %g times as much.\n", k + 1,
                    i->config[j].name, i->config[j].weight);
    for (int z = 1; i->has_elements && z < VT_TRAINING_ELEMENTS; z++)
      if (i->element[z] != 1)
        vt_buf_printf(b, "* item %d of the data: forces on %s weigh %g times as much.\n", k + 1, vt_element_symbol(z),
                      i->element[z]);
    if (!i->group[0]) continue;
    vt_buf_printf(b, "* **Group %s**: the mean pressure of these frames is held at %g GPa", i->group, i->pressure);
    if (i->temperature > 0) vt_buf_printf(b, " at %g K", i->temperature);
    vt_buf_printf(b, ": fitted to a measurement, not to labels.\n");
  }
}

static int is_start(const vt_card *c) { return c->best_phase && strcmp(c->best_phase, "start") == 0; }

static void put_best(vt_buf *b, const vt_card *c)
{
  if (is_start(c))
    vt_buf_printf(b, "the start: nothing after it was better");
  else if (c->best_phase)
    vt_buf_printf(b, "%s %lld%s", strcmp(c->best_phase, "epochs") == 0 ? "epoch" : "step", (long long)c->best_n,
                  strcmp(c->best_phase, "epochs") == 0 ? "" : " of all data");
  else
    vt_buf_printf(b, "not known");
}

static void put_data(vt_buf *b, const vt__findings *f)
{
  const vt_card *c = f->c;
  vt_buf_printf(b, "## Data\n\n| role | file | frames | weight | sha256 |\n| --- | --- | --- | --- | --- |\n");
  for (int k = 0; k < 3; k++) put_files(b, c, f->set[k].name, f->set[k].data);
  vt_buf_printf(b, "\n");
  for (int k = 0; k < 3; k++)
    for (const char *at = f->set[k].data ? f->set[k].data->shifts.s : NULL; at && *at;) {
      const int n = (int)strcspn(at, "\n");
      vt_buf_printf(b, "* %.*s.\n", n, at);
      at += n + (at[n] == '\n');
    }
  if (!c->y) return;
  if (c->y->validation.n == 0)
    vt_buf_printf(b, "* Validation: %g of the frames were held back, by %s, seed %llu.\n", c->y->fraction,
                  c->y->by == VT_BY_COMPOSITION ? "composition" : "trajectory", (unsigned long long)c->y->seed);
  put_items(b, c->y);
  vt_buf_printf(
      b,
      "\n## Training\n\n| | |\n| --- | --- |\n| loss: errors that weigh 1 | energy %g meV/atom, force %g meV/A, "
      "virial %g meV/atom, mean virial of a composition %g meV/atom (0: not part of it) |\n",
      1e3 * c->y->energy, 1e3 * c->y->force, 1e3 * c->y->virial, 1e3 * c->y->mean_virial);
  vt_buf_printf(b, "| schedule | %d epochs, %d frames a step, ", c->y->epochs, c->y->batch);
  if (c->y->rate > 0)
    vt_buf_printf(b, "largest rate %g", c->y->rate);
  else
    vt_buf_printf(b, "largest rate by default");
  vt_buf_printf(b,
                ", stops early after %d (0: never); then at most %d steps of all data |\n| seed | %llu, %d model%s "
                "|\n| best on validation | ",
                c->y->early_stop, c->y->finish, (unsigned long long)c->seed, c->y->seeds, c->y->seeds == 1 ? "" : "s");
  put_best(b, c);
  vt_buf_printf(b, " |\n\n");
}

/* ------------------------------------------------------------------ errors */

static const vt__sums *row_named(const vt__table *t, const char *name)
{
  for (int k = 0; k < t->n; k++)
    if (strcmp(t->row[k].name, name) == 0) return &t->row[k];
  return NULL;
}

typedef enum which { ELEMENT, COMPOSITION, CONFIG, STRETCH } which;

static const vt__table *table_of(const vt__tables *t, which w)
{
  return w == ELEMENT ? &t->element : w == COMPOSITION ? &t->comp : w == CONFIG ? &t->config : &t->stretch;
}

static void put_row(vt_buf *b, const vt__findings *f, which w, const char *name)
{
  const vt__sums none = {0};
  vt_buf_printf(b, "| %s |", name);
  for (int k = 0; k < 3; k++) {
    if (!f->set[k].data) continue;
    const vt__sums *s = row_named(table_of(&f->set[k].t, w), name);
    if (!s) s = &none;
    if (w != ELEMENT) cell(b, "%.0f", s->frames > 0 ? s->frames : (double)NAN);
    if (w != ELEMENT) cell(b, "%.2f", vt__rmse_energy(s));
    cell(b, "%.1f", vt__rmse_force(s));
    cell(b, "%.3f", vt__slope(s));
    if (w == ELEMENT) continue;
    cell(b, "%.2f", vt__rmse_virial(s));
    cell(b, "%+.2f", vt__mean_virial(s));
    cell(b, "%.2f", vt__mean_virial_se(s));
  }
  vt_buf_printf(b, "\n");
}

static void put_header(vt_buf *b, const vt__findings *f, which w, const char *what)
{
  int columns = 1;
  vt_buf_printf(b, "| %s |", what);
  for (int k = 0; k < 3; k++) {
    const char *n = f->set[k].name;
    if (!f->set[k].data) continue;
    if (w == ELEMENT)
      vt_buf_printf(b, " %s: force | slope |", n);
    else
      vt_buf_printf(b, " %s: frames | energy | force | slope | virial | mean virial | +- |", n);
    columns += w == ELEMENT ? 2 : 7;
  }
  vt_buf_printf(b, "\n|");
  for (int k = 0; k < columns; k++) vt_buf_printf(b, " --- |");
  vt_buf_printf(b, "\n");
}

/* Volumes of all sets, the smallest first. */
static void put_ascending(vt_buf *b, const vt__findings *f)
{
  const char *last = "";
  for (;;) {
    const char *next = NULL;
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < f->set[i].t.stretch.n; k++) {
        const char *name = f->set[i].t.stretch.row[k].name;
        if (strcmp(name, last) > 0 && (!next || strcmp(name, next) < 0)) next = name;
      }
    if (!next) break;
    put_row(b, f, STRETCH, next);
    last = next;
  }
  vt_buf_printf(b, "\n");
}

/* Rows of the shown set first, compositions worst first; then those of the others. */
static vt_status put_table(vt_buf *b, const vt__findings *f, which w, const char *what, vt_err *err)
{
  const vt__table *shown = table_of(&f->set[f->shown].t, w);
  int *order = NULL, n = 0;
  VT_PASS(VT_NEW(order, shown->n, err));
  if (w == COMPOSITION) n = vt__worst_virials(shown, order);
  put_header(b, f, w, what);
  if (w == STRETCH) {
    put_ascending(b, f);
    vt_free(order);
    return VT_OK;
  }
  for (int k = 0; k < n; k++) put_row(b, f, w, shown->row[order[k]].name);
  for (int i = 0; i < 3; i++) {
    const int set = (f->shown + 3 - i) % 3;
    const vt__table *t = table_of(&f->set[set].t, w);
    for (int k = 0; k < t->n; k++) {
      int is_done = set == f->shown && n > 0 && t->row[k].n_v > 0;
      for (int j = 0; j < i; j++)
        is_done = is_done || row_named(table_of(&f->set[(f->shown + 3 - j) % 3].t, w), t->row[k].name) != NULL;
      if (!is_done) put_row(b, f, w, t->row[k].name);
    }
  }
  vt_buf_printf(b, "\n");
  vt_free(order);
  return VT_OK;
}

static void put_sets(vt_buf *b, const vt__findings *f)
{
  vt_buf_printf(
      b,
      "## Errors\n\nRoot mean squares: energy, meV/atom; force components, meV/A; virial components, meV/atom. "
      "Slope: of predicted against labelled forces. Mean virial: of tr(predicted - labelled)/3N over frames, "
      "meV/atom, positive where the model pushes out; +-: its standard error over frames.\n\n"
      "| frames | number | energy | force | slope | virial | mean virial | compositions | above %g meV/atom | "
      "above %g |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
      vt__card_limits.virial_good, vt__card_limits.virial_fair);
  for (int k = 0; k < 3; k++) {
    const vt__sums *s = &f->set[k].t.all;
    const vt__table *t = &f->set[k].t.comp;
    int n = 0, good = 0, fair = 0;
    if (!f->set[k].data) continue;
    for (int i = 0; i < t->n; i++) {
      const double v = fabs(vt__mean_virial(&t->row[i]));
      n += isfinite(v);
      good += v > vt__card_limits.virial_good;
      fair += v > vt__card_limits.virial_fair;
    }
    vt_buf_printf(b, "| %s | %.0f |", f->set[k].name, s->frames);
    cell(b, "%.2f", vt__rmse_energy(s));
    cell(b, "%.1f", vt__rmse_force(s));
    cell(b, "%.3f", vt__slope(s));
    cell(b, "%.2f", vt__rmse_virial(s));
    cell(b, "%+.2f", vt__mean_virial(s));
    vt_buf_printf(b, " %d | %d | %d |\n", n, good, fair);
  }
  vt_buf_printf(b, "\n");
}

static void put_before_row(vt_buf *b, const char *set, const char *of, const vt__sums *s)
{
  vt_buf_printf(b, "| %s, %s | %.0f |", set, of, s->frames);
  cell(b, "%.2f", vt__rmse_energy(s));
  cell(b, "%.1f", vt__rmse_force(s));
  cell(b, "%.3f", vt__slope(s));
  cell(b, "%.2f", vt__rmse_virial(s));
  cell(b, "%+.2f", vt__mean_virial(s));
  vt_buf_printf(b, "\n");
}

/* A fine-tuning: what it began with, and what it came to. */
static void put_before(vt_buf *b, const vt__findings *f)
{
  if (!f->c->start) return;
  vt_buf_printf(
      b,
      "### Start and result\n\nStart: the numbers that training began with (cut down, grafted, energies moved "
      "where that is said).%s\n\n| frames | number | energy | force | slope | virial | mean virial |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n",
      is_start(f->c) ? " **Nothing after it was better on validation: the result is the start.**" : "");
  for (int k = 1; k < 3; k++) {
    if (!f->set[k].data) continue;
    put_before_row(b, f->set[k].name, "start", &f->set[k].before);
    put_before_row(b, f->set[k].name, "result", &f->set[k].t.all);
  }
  vt_buf_printf(b, "\n");
}

static vt_status put_errors(vt_buf *b, const vt__findings *f, vt_err *err)
{
  put_sets(b, f);
  put_before(b, f);
  vt_buf_printf(b, "### By element\n\n");
  VT_PASS(put_table(b, f, ELEMENT, "element", err));
  vt_buf_printf(b, "### By config_type\n\n");
  VT_PASS(put_table(b, f, CONFIG, "config_type", err));
  int stretched = 0;
  for (int k = 0; k < 3; k++) stretched += f->set[k].t.stretch.n;
  if (stretched > 0) {
    vt_buf_printf(b, "### By volume (v_v0 of the frames that say it)\n\n");
    VT_PASS(put_table(b, f, STRETCH, "V/V0", err));
  }
  vt_buf_printf(b, "### By composition\n\nThe largest mean virial of the %s set first.\n\n", f->set[f->shown].name);
  return put_table(b, f, COMPOSITION, "composition", err);
}

/* ------------------------------------------------------------------ checks */

static void put_smoke(vt_buf *b, const vt__smoke_result *r)
{
  if (r->not_run[0]) vt_buf_printf(b, "* %s.\n", r->not_run);
  if (r->n_smoke == 0) {
    vt_buf_printf(b, "* Smoke test: not run.\n\n");
    return;
  }
  vt_buf_printf(
      b,
      "\nSmoke test: melts from random packings at constant volume, guards as in a campaign, then without "
      "thermostat; the energy may drift by %g meV/atom/ps.\n\n| composition | atoms | seed | T, K | ps | NVE, "
      "ps | drift, meV/atom/ps | result |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
      vt__card_limits.drift_most);
  for (int k = 0; k < r->n_smoke; k++) {
    const vt__melt *m = &r->melt[k];
    vt_buf_printf(b, "| %s | %d | %llu | %g | %g | %g |", m->comp.name, m->comp.n_atoms, (unsigned long long)m->seed,
                  m->t_k, m->melt_ps, m->nve_ps);
    cell(b, "%+.4f", m->drift);
    if (m->not_run)
      vt_buf_printf(b, " not run: %s |\n", m->why);
    else if (vt__smoke_passes(m))
      vt_buf_printf(b, " held |\n");
    else
      vt_buf_printf(b, " **failed**: %s |\n", m->done ? "drift" : m->why);
  }
  vt_buf_printf(b, "\n");
}

static void put_densities(vt_buf *b, const vt__smoke_result *r)
{
  if (r->n == r->n_smoke) return;
  vt_buf_printf(
      b,
      "## Densities of melts\n\nMelted at %g K or more at the measured density, then without pressure: equilibrated %g "
      "ps, measured %g ps; "
      "+-: by blocking. Reported, not judged.\n\n| melt | T, K | atoms | seed | g/cm3 | +- | measured | "
      "difference | source |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
      r->melt[r->n_smoke].t_k, r->melt[r->n_smoke].npt_ps, r->melt[r->n_smoke].mean_ps);
  for (int k = r->n_smoke; k < r->n; k++) {
    const vt__melt *m = &r->melt[k];
    const vt__measured *w = &vt__measured_melts[r->measured[k]];
    const double measured = w->a - w->b * w->t_k;
    vt_buf_printf(b, "| %s | %g | %d | %llu |", w->name, m->npt_k, m->comp.n_atoms, (unsigned long long)m->seed);
    cell(b, "%.4f", m->density);
    cell(b, "%.4f", m->density_se);
    cell(b, "%.4f", measured);
    cell(b, "%+.1f %%", 100 * (m->density / measured - 1));
    vt_buf_printf(b, " %s%s%s |\n", w->source, m->done ? "" : "; **failed**: ", m->done ? "" : m->why);
  }
  vt_buf_printf(b, "\n");
}

static void put_checks(vt_buf *b, const vt__findings *f)
{
  const vt__readback *r = &f->readback;
  vt_buf_printf(
      b,
      "## Checks\n\n* The engine reads the file and gives, on %d frames, what the trainer has: largest relative "
      "differences %.1e (energy), %.1e (forces), %.1e (virial); limit %g: %s.\n",
      r->frames, r->energy, r->force, r->virial, vt__card_limits.readback_most, r->ok ? "passed" : "**failed**");
  put_smoke(b, f->smoke);
  put_densities(b, f->smoke);
}

/* ------------------------------------------------------------------ known limits */

enum { WORST = 3 };

/* The worst rows by force. */
static void put_worst(vt_buf *b, const vt__table *t, const char *what, const char *set)
{
  int said[WORST], n = 0;
  while (n < WORST) {
    int worst = -1;
    for (int k = 0; k < t->n; k++) {
      int is_said = !(t->row[k].n_f > 0);
      for (int j = 0; j < n; j++) is_said = is_said || said[j] == k;
      if (!is_said && (worst < 0 || vt__rmse_force(&t->row[k]) > vt__rmse_force(&t->row[worst]))) worst = k;
    }
    if (worst < 0) break;
    said[n++] = worst;
  }
  if (n == 0) return;
  vt_buf_printf(b, "* Largest force errors, by %s (%s):", what, set);
  for (int k = 0; k < n; k++)
    vt_buf_printf(b, "%s %s %.0f meV/A", k ? "," : "", t->row[said[k]].name, vt__rmse_force(&t->row[said[k]]));
  vt_buf_printf(b, ".\n");
}

static vt_status put_worst_virials(vt_buf *b, const vt__table *t, const char *set, vt_err *err)
{
  int *order = NULL;
  VT_PASS(VT_NEW(order, t->n, err));
  const int n = vt__worst_virials(t, order);
  for (int k = 0; k < n && k < WORST; k++)
    vt_buf_printf(b, "%s %s %+.1f meV/atom", k ? "," : "* Largest mean virials, by composition:", t->row[order[k]].name,
                  vt__mean_virial(&t->row[order[k]]));
  if (n > 0) vt_buf_printf(b, " (%s): pressures, and with them densities, are off there.\n", set);
  vt_free(order);
  return VT_OK;
}

/* How much of the shown set is new to the model. */
static void put_new(vt_buf *b, const vt__findings *f)
{
  const vt__table *t = &f->set[f->shown].t.comp;
  int n = 0;
  if (!f->set[0].data || f->shown == 0) return;
  for (int k = 0; k < t->n; k++) n += row_named(&f->set[0].t.comp, t->row[k].name) == NULL;
  vt_buf_printf(b, "* %d of the %d compositions of the %s set are not in the training data.\n", n, t->n,
                f->set[f->shown].name);
}

static void put_pairs(vt_buf *b, const vt__findings *f)
{
  const vt_nep_model *m = f->c->m;
  int unseen = 0;
  if (!f->knows.nearest) {
    vt_buf_printf(b,
                  "* What it was trained on is not known here: neither are the pairs of elements that it never saw.\n");
    return;
  }
  for (int i = 0; i < m->n_types; i++)
    for (int j = i; j < m->n_types; j++)
      if (!(f->knows.nearest[i][j] > 0))
        vt_buf_printf(b, "%s %s-%s",
                      unseen++ ? "," : "* Pairs of elements never within the cutoff in the training data:",
                      m->symbol[i], m->symbol[j]);
  vt_buf_printf(b, "%s\n* Shortest distances in the training data, A (nothing closer was learned):",
                unseen ? "." : "* Every pair of its elements is within the cutoff somewhere in the training data.");
  for (int i = 0, n = 0; i < m->n_types; i++)
    for (int j = i; j < m->n_types; j++)
      if (f->knows.nearest[i][j] > 0)
        vt_buf_printf(b, "%s %s-%s %.2f", n++ ? "," : "", m->symbol[i], m->symbol[j], f->knows.nearest[i][j]);
  vt_buf_printf(b, ".\n");
}

static void put_slope(vt_buf *b, double slope, const char *set)
{
  if (!isfinite(slope)) return;
  if (slope > 0)
    vt_buf_printf(b, "* Forces are %.1f %% too %s along the labels (%s).\n", 100 * fabs(slope - 1),
                  slope < 1 ? "small" : "large", set);
  else
    vt_buf_printf(b, "* Forces point against the labels: slope %.3f (%s).\n", slope, set);
}

static vt_status put_limits(vt_buf *b, const vt__findings *f, vt_err *err)
{
  const vt__tables *t = &f->set[f->shown].t;
  const char *set = f->set[f->shown].name;
  vt_buf_printf(b, "## Known limits\n\n");
  for (const char *at = f->failures.s; at && *at;) {
    const char *end = strchr(at, '\n');
    vt_buf_printf(b, "* Failed: %.*s.\n", (int)(end - at), at);
    at = end + 1;
  }
  if (is_start(f->c)) vt_buf_printf(b, "* Training made nothing better on validation: this is the start.\n");
  put_worst(b, &t->element, "element", set);
  put_worst(b, &t->comp, "composition", set);
  VT_PASS(put_worst_virials(b, &t->comp, set, err));
  put_slope(b, vt__slope(&t->all), set);
  put_new(b, f);
  put_pairs(b, f);
  return VT_OK;
}

vt_status vt__write_card(const vt__findings *f, vt_err *err)
{
  vt_buf b = {0};
  char path[VT_PATH + 32];
  const char *name = f->c->y ? f->c->y->name : f->c->potential;
  vt_buf_printf(
      &b, "# %s\n\nModel card, written by `vitrion %s` from what ran; figures in report.html, points in parity/.\n\n",
      name, f->c->y ? "train" : "validate");
  if (f->n_failures > 0)
    vt_buf_printf(&b, "**This model failed %d of its own checks: see Checks and Known limits.**\n\n", f->n_failures);
  put_what(&b, f);
  put_data(&b, f);
  vt_status rc = put_errors(&b, f, err);
  vt__groups_put(&b, f);
  put_checks(&b, f);
  if (rc == VT_OK) rc = put_limits(&b, f, err);
  (void)snprintf(path, sizeof path, "%.500s/README.md", f->c->folder);
  if (rc == VT_OK) rc = vt_buf_check(&b, err);
  if (rc == VT_OK) rc = vt_file_replace(path, b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}
