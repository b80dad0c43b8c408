/* edit.c - a campaign that was changed, beside the one that its folder has recorded: what it adds, what it leaves out,
 * what has another name, and why it cannot be accepted. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/folder/folder_impl.h"

static const double SAME_K = 1e-6;

void vt_edit_free(vt_edit *e)
{
  vt_buf_free(&e->adds);
  vt_buf_free(&e->leaves_out);
  vt_buf_free(&e->renames);
  vt_buf_free(&e->why);
  vt_buf_free(&e->keys);
  *e = (vt_edit){0};
}

/* ------------------------------------------------------------------ which is which */

/* Compositions of both: of[i] of `old` is i's row in `c`, -1 if its glass is none of c's; changed[i]: it is there under
 * its name, and is another. */
typedef struct matched {
  const vt_campaign *old, *c;
  int *of, *changed; /* [old->n_comp] */
  int *from;         /* [c->n_comp] the row in `old`, -1 */
  int n;             /* matched */
} matched;

static void matched_free(matched *m)
{
  vt_free(m->of);
  vt_free(m->changed);
  vt_free(m->from);
}

static int is_first_glass(const vt_task *t) { return t->kind == VT_TASK_GLASS && t->glass == 0 && t->piece == 0; }

static vt_status match(matched *m, vt_err *err)
{
  const vt_campaign *old = m->old, *c = m->c;
  VT_TRY(VT_NEW(m->of, old->n_comp, err), err, "compositions");
  VT_TRY(VT_NEW(m->changed, old->n_comp, err), err, "compositions");
  VT_TRY(VT_NEW(m->from, c->n_comp, err), err, "compositions");
  for (int k = 0; k < c->n_comp; k++) m->from[k] = -1;
  for (int i = 0; i < old->n_comp; i++) m->of[i] = -1;
  for (int i = 0; i < old->n_tasks; i++) {
    const vt_task *t = &old->task[i];
    if (!is_first_glass(t)) continue;
    const int k = vt_campaign_find(c, &t->uid);
    if (k >= 0) {
      m->of[t->comp] = c->task[k].comp;
      m->from[c->task[k].comp] = t->comp;
      m->n++;
      continue;
    }
    for (int q = 0; q < c->n_comp; q++) m->changed[t->comp] |= strcmp(c->comp[q].name, old->comp[t->comp].name) == 0;
  }
  return VT_OK;
}

static int temp_of(const vt_campaign *c, double t_k)
{
  for (int t = 0; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - t_k) < SAME_K) return t;
  return -1;
}

/* ------------------------------------------------------------------ why not */

/* A key that an accepted edit may change. */
static int may_change(const char *key)
{
  static const char *const keys[] = {
      "temperatures",         "glasses", "compositions", "elements", "oxidation_states", "protocol.produce.duration",
      "protocol.quench.stops"};
  for (int k = 0; k < (int)(sizeof keys / sizeof *keys); k++)
    if (strncmp(key, keys[k], strlen(keys[k])) == 0) return 1;
  return 0;
}

static void note_key(void *ctx, const char *key, const char *recorded, const char *here)
{
  (void)recorded, (void)here;
  *(int *)ctx |= !may_change(key);
}

/* Runs at the temperatures of both are other tasks now; 1 also if no temperature tells and another key differs. */
static int runs_changed(const matched *m)
{
  int shared = 0, other = 0;
  for (int i = 0; i < m->old->n_tasks; i++) {
    const vt_task *t = &m->old->task[i];
    if (t->kind != VT_TASK_MD || t->glass > 0 || t->piece > 1 || m->of[t->comp] < 0) continue;
    if (temp_of(m->c, m->old->t_k[t->temp]) < 0) continue;
    shared = 1;
    if (vt_campaign_find(m->c, &t->uid) < 0) return 1;
  }
  if (!shared) vt_campaign_each_difference(m->old, m->c, note_key, &other);
  return other;
}

/* Productions that would end within a piece that the folder holds. */
static void refuse_lengths(const vt_campaign *old, const vt_campaign *c, vt_edit *e)
{
  for (int t = 0; t < c->n_temp; t++) {
    const int was = temp_of(old, c->t_k[t]);
    if (was < 0) continue;
    const vt_lengths a = vt_campaign_pieces(old, 0, was), b = vt_campaign_pieces(c, 0, t);
    if (a.ps[0] == b.ps[0]) continue;
    const double held = vt_lengths_sum(&a), asked = vt_lengths_sum(&b);
    double sum = 0;
    vt_buf_printf(&e->why, "protocol.produce.duration at %.10g K: recorded ", c->t_k[t]);
    for (int k = 0; k < a.n; k++) vt_buf_printf(&e->why, "%s%.10g ps", k ? " + " : "", a.ps[k]);
    vt_buf_printf(&e->why, ", here %.10g ps: a production can be lengthened, and may end where a piece of it ends (",
                  asked);
    for (int k = 0; k < a.n; k++) vt_buf_printf(&e->why, "%s%.10g ps", k ? ", " : "", sum += a.ps[k]);
    vt_buf_printf(&e->why, "), but not %s\n", asked < held ? "within one" : "be cut in other pieces");
  }
}

static void refuse_old_protocol(const vt_campaign *old, const vt_campaign *c, vt_edit *e)
{
  if (old->protocol.version != 1 || c->protocol.version != 1) return;
  if (old->protocol.produce_ps != c->protocol.produce_ps)
    vt_buf_printf(&e->why, "protocol 1, of an older build, cannot lengthen or cut a production\n");
  if (c->t_k[0] < vt_campaign_stop_k(old, vt_campaign_stops(old) - 1))
    vt_buf_printf(&e->why, "protocol 1, of an older build, cannot go on with a quench to a lower temperature\n");
}

/* Productions whose records do not say how they ended cannot be continued. */
static void refuse_without_last(const vt_campaign *c, const vt_journal *j, vt_edit *e)
{
  int n = 0;
  for (int i = 0; j && i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    vt_result_head h;
    if (t->kind != VT_TASK_MD || t->piece < 2 || vt_journal_result(j, &t->uid)) continue;
    const vt_rec *before = vt_journal_result(j, &c->task[t->needs].uid);
    if (!before || before->n < sizeof h || vt_journal_peek(j, before, &h, sizeof h, NULL) != VT_OK) continue;
    n += h.version != VT_RESULT_WITH_LAST;
  }
  if (n)
    vt_buf_printf(&e->why,
                  "%d finished productions were recorded by an older build, which did not keep how they ended: they "
                  "cannot be lengthened; ask for the recorded duration, or give another --output\n",
                  n);
}

static void find_why(const matched *m, const vt_journal *j, vt_edit *e)
{
  const vt_campaign *old = m->old, *c = m->c;
  for (int i = 0; i < old->n_comp; i++)
    if (m->changed[i])
      vt_buf_printf(&e->why, "composition '%s': its glasses would be others than the recorded ones\n",
                    old->comp[i].name);
  if (m->n == 0)
    vt_buf_printf(&e->why, "no composition of it has a glass of the recorded campaign\n");
  else if (runs_changed(m))
    vt_buf_printf(&e->why, "its runs would be others than the recorded ones\n");
  refuse_old_protocol(old, c, e);
  if (vt_campaign_other_length(old, c)) refuse_lengths(old, c, e);
  refuse_without_last(c, j, e);
  e->refused = e->why.len > 0;
}

/* ------------------------------------------------------------------ what is added, what is left out */

static void put_item(vt_buf *b, size_t began, const char *what)
{
  if (b->len == began)
    vt_buf_printf(b, "%s: ", what);
  else
    vt_buf_printf(b, ", ");
}

static void put_end(vt_buf *b, size_t began)
{
  if (b->len > began) vt_buf_printf(b, "\n");
}

/* Those of a that b does not have. */
static void put_temperatures(const vt_campaign *a, const vt_campaign *b, vt_buf *out)
{
  const size_t began = out->len;
  for (int t = 0; t < a->n_temp; t++) {
    if (temp_of(b, a->t_k[t]) >= 0) continue;
    put_item(out, began, "temperatures");
    vt_buf_printf(out, "%.10g K", a->t_k[t]);
  }
  put_end(out, began);
}

static void put_compositions(const vt_campaign *a, const int *of, vt_buf *out)
{
  const size_t began = out->len;
  for (int i = 0; i < a->n_comp; i++) {
    if (of[i] >= 0) continue;
    put_item(out, began, "compositions");
    vt_buf_printf(out, "%s", a->comp[i].name);
  }
  put_end(out, began);
}

static void put_lengths(const vt_campaign *old, const vt_campaign *c, vt_edit *e)
{
  for (int t = 0; t < c->n_temp; t++) {
    const int was = temp_of(old, c->t_k[t]);
    if (was < 0) continue;
    const vt_lengths a = vt_campaign_pieces(old, 0, was), b = vt_campaign_pieces(c, 0, t);
    if (a.n == b.n) continue;
    vt_buf_printf(b.n > a.n ? &e->adds : &e->leaves_out, "production at %.10g K: %.10g ps -> %.10g ps\n", c->t_k[t],
                  vt_lengths_sum(&a), vt_lengths_sum(&b));
  }
}

static void describe(const matched *m, vt_edit *e)
{
  const vt_campaign *old = m->old, *c = m->c;
  const int was = vt_campaign_stop(old, 0), is = vt_campaign_stop(c, 0);
  put_lengths(old, c, e);
  put_temperatures(c, old, &e->adds);
  put_temperatures(old, c, &e->leaves_out);
  for (int k = was; k < is; k++)
    vt_buf_printf(&e->adds, "quench: of the kept glasses, from %.10g K on to %.10g K\n", vt_campaign_stop_k(c, k),
                  vt_campaign_stop_k(c, k + 1));
  if (c->n_glasses != old->n_glasses)
    vt_buf_printf(c->n_glasses > old->n_glasses ? &e->adds : &e->leaves_out, "glasses: %d -> %d\n", old->n_glasses,
                  c->n_glasses);
  put_compositions(c, m->from, &e->adds);
  put_compositions(old, m->of, &e->leaves_out);
}

static void put_renames(const matched *m, vt_edit *e)
{
  const vt_campaign *old = m->old, *c = m->c;
  if (strcmp(old->name, c->name) != 0)
    vt_buf_printf(&e->renames, "the campaign '%s' is called '%s' from now on\n", old->name, c->name);
  if (strcmp(old->output, c->output) != 0)
    vt_buf_printf(&e->renames, "its output '%s' is '%s' from now on\n", old->output, c->output);
  for (int i = 0; i < old->n_comp; i++)
    if (m->of[i] >= 0 && strcmp(old->comp[i].name, c->comp[m->of[i]].name) != 0)
      vt_buf_printf(&e->renames, "the composition '%s' is called '%s' from now on\n", old->comp[i].name,
                    c->comp[m->of[i]].name);
}

/* ------------------------------------------------------------------ counts */

static void count_added(const vt_campaign *old, const vt_campaign *c, const vt_journal *j, vt_edit *e)
{
  for (int i = 0; i < c->n_tasks; i++) {
    vt_plan p;
    if (vt_campaign_find(old, &c->task[i].uid) >= 0) continue;
    if (j && vt_journal_result(j, &c->task[i].uid)) {
      e->n_back++;
      continue;
    }
    e->n_added++;
    if (vt_campaign_plan(c, i, &p, NULL) == VT_OK) e->added_ns += vt_replica_ns(&p);
  }
}

/* Results of the recorded campaign that c does not have. */
static void count_left_out(const vt_campaign *old, const vt_campaign *c, const vt_journal *j, vt_edit *e)
{
  for (int i = 0; i < old->n_tasks; i++) {
    vt_result_head h;
    const vt_rec *r = j ? vt_journal_result(j, &old->task[i].uid) : NULL;
    if (vt_campaign_find(c, &old->task[i].uid) >= 0) continue;
    e->n_left_out++;
    if (!r) continue;
    e->n_left_out_done++;
    if (r->n < sizeof h || vt_journal_peek(j, r, &h, sizeof h, NULL) != VT_OK) continue;
    e->left_out_ns += h.ns;
    e->left_out_s += h.wall_s;
  }
}

vt_status vt_edit_look(const vt_outdir *o, const vt_campaign *old, const vt_campaign *c, vt_edit *e, vt_err *err)
{
  vt_journal *j = NULL;
  matched m = {.old = old, .c = c};
  *e = (vt_edit){.same = vt_campaign_equal(old, c)};
  (void)snprintf(e->recorded, sizeof e->recorded, "%s", old->name);
  e->n_recorded = old->n_tasks;
  vt_status rc = match(&m, err);
  if (rc != VT_OK) goto out;
  put_renames(&m, e);
  if (!e->same) {
    if (vt_journal_open(&j, o->journal, NULL) != VT_OK) j = NULL; /* then nothing is known to be done */
    count_added(old, c, j, e);
    count_left_out(old, c, j, e);
    find_why(&m, j, e);
    if (e->refused)
      vt_campaign_differences(old, c, &e->keys);
    else
      describe(&m, e);
  }
  const vt_buf *all[] = {&e->adds, &e->leaves_out, &e->renames, &e->why, &e->keys};
  for (int k = 0; k < (int)(sizeof all / sizeof *all) && rc == VT_OK; k++) rc = vt_buf_check(all[k], err);
out:
  matched_free(&m);
  vt_journal_free(j);
  if (rc != VT_OK) vt_edit_free(e);
  return rc;
}

/* ------------------------------------------------------------------ in words */

static const char *plural(int64_t n) { return n == 1 ? "" : "s"; }

/* Lines, each behind `before`. */
static void put_lines(vt_buf *out, const char *before, const vt_buf *lines)
{
  for (const char *at = lines->s; at && *at;) {
    const size_t n = strcspn(at, "\n");
    vt_buf_printf(out, "%s%.*s\n", before, (int)n, at);
    at += n + (at[n] == '\n');
  }
}

void vt_edit_refusal(const vt_edit *e, const vt_outdir *o, const vt_campaign *c, vt_buf *out)
{
  vt_buf_printf(out, "'%s' holds another campaign ('%s', %d tasks) than the one that is given:\n", o->dir, e->recorded,
                e->n_recorded);
  put_lines(out, "  ", &e->why);
  if (e->keys.len) {
    vt_buf_printf(out, "recorded there, and what is given here:\n");
    vt_buf_add(out, e->keys.s, e->keys.len);
  }
  if (e->n_left_out_done)
    vt_buf_printf(out, "%d finished task%s would be lost to it: %.4g ns, %.3g core-hours.  ", e->n_left_out_done,
                  plural(e->n_left_out_done), e->left_out_ns, e->left_out_s / 3600);
  vt_buf_printf(out, "Nothing was touched.\n");
  vt__outdir_how_to_go_on(o, c, out);
  vt_buf_printf(out, "\n");
}

void vt_edit_needs_extend(const vt_edit *e, const vt_outdir *o, const vt_campaign *c, vt_buf *out)
{
  vt_buf_printf(out, "'%s' holds a smaller campaign (%d of these %d tasks); %d task%s (%.4g ns) would be added:\n",
                o->dir, c->n_tasks - e->n_added - e->n_back, c->n_tasks, e->n_added, plural(e->n_added), e->added_ns);
  put_lines(out, "  ", &e->adds);
  vt_buf_printf(out, "say --extend to add to it\n");
}

void vt_edit_said(const vt_edit *e, vt_buf *out)
{
  put_lines(out, "", &e->renames);
  if (e->n_left_out) {
    vt_buf_printf(out, "%d task%s left out, %d of them done; their results stay in the journal\n", e->n_left_out,
                  e->n_left_out == 1 ? " is" : "s are", e->n_left_out_done);
    put_lines(out, "  ", &e->leaves_out);
  }
  if (e->n_added + e->n_back == 0) return;
  vt_buf_printf(out, "%d task%s added (%.4g ns)", e->n_added, e->n_added == 1 ? " is" : "s are", e->added_ns);
  if (e->n_back) vt_buf_printf(out, ", and %d that %s done already", e->n_back, e->n_back == 1 ? "is" : "are");
  vt_buf_printf(out, "\n");
  put_lines(out, "  ", &e->adds);
}
