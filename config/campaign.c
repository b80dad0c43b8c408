/* The campaign as an object: text in, tasks and plans out. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

enum { MOST_BYTES = 1 << 20 };

/* ------------------------------------------------------------------ from text */

static vt_status new_campaign(const char *file, const char *folder, vt_campaign **c, vt_err *err)
{
  void *p = NULL;
  if (strlen(file) >= VT_PATH || strlen(folder) >= VT_PATH)
    VT_FAIL(err, VT_EINVAL, "the path '%.60s...' is longer than %d characters", file, VT_PATH - 1);
  VT_TRY(vt_calloc64(&p, 1, sizeof **c, err), err, "campaign '%s'", file);
  *c = p;
  (void)snprintf((*c)->file, VT_PATH, "%s", file);
  (void)snprintf((*c)->folder, VT_PATH, "%s", folder);
  return VT_OK;
}

static vt_status understand(vt__draft *dr, const vt__yaml *y, vt_err *err)
{
  VT_TRY(vt__read(dr, y, err), err, "campaign '%s'", dr->c->file);
  VT_TRY(vt__check_potential(dr, err), err, "campaign '%s'", dr->c->file);
  VT_TRY(vt__expand_compositions(dr, err), err, "campaign '%s'", dr->c->file);
  VT_TRY(vt__settle_target(dr, err), err, "campaign '%s'", dr->c->file);
  vt__stops_simplify(dr->c);
  if (dr->env->recorded && dr->c->protocol.version == 0) dr->c->protocol.version = VT_PROTOCOL_FIRST;
  if (dr->env->recorded && dr->c->numerics.format == 0) dr->c->numerics.format = VT_ENGINE_FORMAT_UNSAID;
  vt__check_rules(dr);
  if (!dr->c->output[0]) (void)snprintf(dr->c->output, sizeof dr->c->output, "runs/%s", dr->c->name);
  return VT_OK;
}

static vt_status campaign_refuse(const vt_diags *d, vt_err *err)
{
  return vt_err_user(err, VT_EPARSE, d->file, 0, 0, "%d mistake%s", d->n_errors, d->n_errors == 1 ? "" : "s");
}

/* NOLINTNEXTLINE(readability-function-size): eight parameters, of which four say where the text comes from */
vt_status vt_campaign_parse(const char *text, size_t n, const char *file, const char *folder,
                            const vt_campaign_env *env, vt_campaign **c, vt_diags *diags, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_campaign *made = NULL;
  vt__yaml y = {0};
  vt__draft dr = {.env = env, .d = diags};
  *c = NULL;
  *diags = (vt_diags){0};
  (void)snprintf(diags->file, sizeof diags->file, "%s", file);
  if (n > MOST_BYTES)
    vt__diag_error(diags, (vt__mark){0}, "", "%zu bytes, more than the %d of a campaign file", n, MOST_BYTES);
  else {
    VT_TRY_OUT(new_campaign(file, folder, &made, err), err, "reading a campaign");
    dr.c = made;
    rc = vt__yaml_parse(&y, text, n, diags, err);
    if (rc == VT_OK) rc = understand(&dr, &y, err);
  }
  vt__diag_sort(diags);
  if ((rc == VT_OK || rc == VT_EPARSE) && diags->n_errors) rc = campaign_refuse(diags, err);
  if (rc == VT_OK) *c = made, made = NULL;
out:
  vt__draft_free(&dr);
  vt__yaml_free(&y);
  vt_campaign_free(made);
  return rc;
}

/* An error in the text as a whole, `path: why` or `path:line: why`, as a diagnosis. */
static void say_why(vt_diags *diags, const char *path, const vt_err *why)
{
  int n;
  int64_t line = 0;
  const char *s = vt_err_sentence(why->text, &n), *end = s + n;
  const size_t l = strlen(path);
  if ((size_t)n > l + 1 && memcmp(s, path, l) == 0 && s[l] == ':') {
    const char *from = s + l + 1, *colon = memchr(from, ':', (size_t)(end - from));
    s = from;
    if (colon && vt_parse_i64(from, (size_t)(colon - from), &line)) s = colon + 1;
    while (s < end && *s == ' ') s++;
  }
  const vt__mark at = {.line = (int)line, .col = line > 0}; /* fits: a file of 1 MiB has no more lines */
  vt__diag_error(diags, at, "", "%.*s", (int)(end - s), s);
}

vt_status vt_campaign_load(const char *path, const vt_campaign_env *env, vt_campaign **c, vt_diags *diags, vt_err *err)
{
  char *text = NULL, folder[VT_PATH] = ".";
  size_t n = 0;
  const char *slash = strrchr(path, '/');
  *c = NULL;
  *diags = (vt_diags){0};
  (void)snprintf(diags->file, sizeof diags->file, "%s", path);
  if (slash && slash - path < VT_PATH) /* the root keeps its slash */
    (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
  vt_err why = {0};
  vt_status rc = vt_text_read(path, MOST_BYTES, &text, &n, &why);
  if (err) *err = why;
  if (rc == VT_EPARSE) {
    say_why(diags, path, &why);
  }
  if (rc != VT_OK) return vt_err_wrap(err, rc, __FILE__, __LINE__, "campaign '%s'", path);
  rc = vt_campaign_parse(text, n, path, folder, env, c, diags, err);
  vt_free(text);
  return rc;
}

void vt_campaign_free(vt_campaign *c)
{
  if (!c) return;
  vt_free(c->comp);
  vt_free(c->asked);
  for (int k = 0; k < c->n_structures; k++) vt_free(c->structure[k].frame);
  vt_free(c->structure);
  vt_free(c->t_k);
  vt_free(c->length);
  vt_free(c->comp_length);
  vt_free(c->kept);
  vt_free(c->comp_glasses);
  vt_free(c->comp_dropped);
  vt_uid_index_free(&c->by_uid);
  vt_free(c->task);
  vt_free(c);
}

/* ------------------------------------------------------------------ tasks */

int vt_campaign_glasses(const vt_campaign *c, int comp)
{
  return c->comp_glasses ? c->comp_glasses[comp] : c->n_glasses;
}

vt_lengths vt_campaign_pieces(const vt_campaign *c, int comp, int temp)
{
  if (c->comp_length && c->comp_length[comp * c->n_temp + temp].n > 0) return c->comp_length[comp * c->n_temp + temp];
  if (c->length) return c->length[temp];
  return (vt_lengths){.n = 1, .ps = {c->protocol.produce_ps}};
}

int vt_campaign_stops(const vt_campaign *c) { return c->n_stops > 0 ? c->n_stops : 1; }

double vt_campaign_stop_k(const vt_campaign *c, int stop) { return c->n_stops > 0 ? c->stop_k[stop] : c->t_k[0]; }

int vt_campaign_stop(const vt_campaign *c, int temp)
{
  int stop = 0;
  while (stop + 1 < vt_campaign_stops(c) && vt_campaign_stop_k(c, stop) > c->t_k[temp]) stop++;
  return stop;
}

/* What tells tasks of one composition at one temperature, or of one glass, apart. */
static void fill_place(const vt_campaign *c, const vt_task *t, vt_plan *p)
{
  if (t->kind == VT_TASK_GLASS) {
    p->t_k = vt_campaign_stop_k(c, t->piece);
    p->from_k = t->piece > 0 ? vt_campaign_stop_k(c, t->piece - 1) : 0;
    return;
  }
  const vt_lengths l = vt_campaign_pieces(c, t->comp, t->temp);
  p->t_k = c->t_k[t->temp];
  p->piece = t->piece;
  p->protocol.produce_ps = l.ps[t->piece - 1];
  for (int k = 0; k < t->piece - 1; k++) p->before_ps += l.ps[k];
}

/* Everything of a plan but the identities. */
static void fill_plan(const vt_campaign *c, const vt_task *t, vt_plan *p)
{
  *p = (vt_plan){.seed = c->seed,
                 .kind = t->kind,
                 .comp_index = t->comp,
                 .glass = t->glass,
                 .block_steps = vt_plan_block_steps(c->comp[t->comp].n_atoms),
                 .comp = c->comp[t->comp],
                 .protocol = c->protocol,
                 .numerics = c->numerics,
                 .pot_hash = c->pot.sha256};
  fill_place(c, t, p);
  if (t->kind == VT_TASK_MD) { /* a glass is not observed */
    p->n_obs = c->n_obs;
    memcpy(p->obs, c->obs, sizeof p->obs);
  }
  memcpy(p->pot_kind, c->pot_kind, sizeof p->pot_kind);
  memcpy(p->pot_path, c->pot_path, sizeof p->pot_path);
  const int k = t->comp - (c->n_comp - c->n_structures);
  if (k >= 0) {
    p->start = c->structure[k].start;
    p->start_frame = c->structure[k].n_frames > 1 ? t->glass : 0;
    p->start_hash = c->structure[k].sha256;
  }
  if (!c->driver.command[0]) return;
  p->driver = c->driver;
  p->block_steps = 1; /* its steps are slow, and a task can only be kept between two blocks */
}

static vt_status identify(vt_campaign *c, vt__identities *x, vt_task *t, vt_err *err)
{
  vt_plan p;
  fill_plan(c, t, &p);
  if (t->needs >= 0) p.needs = c->task[t->needs].uid;
  VT_TRY(vt__identities_next(x, &p, err), err, "%s, glass %d", c->comp[t->comp].name, t->glass);
  t->uid = p.uid;
  return VT_OK;
}

/* A structure that is a glass as it stands is not quenched; no quench goes on below the glass of the lowest
 * temperature. */
static int stops_of(const vt_campaign *c, int comp)
{
  const int k = comp - (c->n_comp - c->n_structures);
  return k >= 0 && c->structure[k].start == VT_START_EQUILIBRATE ? 1 : vt_campaign_stop(c, 0) + 1;
}

static int n_tasks_of(const vt_campaign *c, int comp)
{
  int n = stops_of(c, comp);
  for (int t = 0; t < c->n_temp; t++) n += vt_campaign_pieces(c, comp, t).n;
  return n;
}

/* Composition by composition: its glasses with each stop, then its MD tasks by (glass, temperature, piece). */
static void list_tasks(vt_campaign *c)
{
  int n = 0;
  for (int i = 0; i < c->n_comp; i++) {
    const int first = n, glasses = vt_campaign_glasses(c, i), stops = stops_of(c, i);
    for (int g = 0; g < glasses; g++)
      for (int s = 0; s < stops; s++, n++)
        c->task[n] = (vt_task){
            .kind = VT_TASK_GLASS, .comp = i, .glass = g, .temp = -1, .needs = s > 0 ? n - 1 : -1, .piece = s};
    for (int g = 0; g < glasses; g++)
      for (int t = 0; t < c->n_temp; t++) {
        const int pieces = vt_campaign_pieces(c, i, t).n;
        const int glass = first + g * stops + (stops > 1 ? vt_campaign_stop(c, t) : 0);
        for (int k = 1; k <= pieces; k++, n++)
          c->task[n] = (vt_task){
              .kind = VT_TASK_MD, .comp = i, .glass = g, .temp = t, .needs = k > 1 ? n - 1 : glass, .piece = k};
      }
  }
}

/* The campaign is the set of its tasks: the order in which they were written down does not matter. */
static vt_status identify_campaign(vt_campaign *c, vt_err *err)
{
  void *p = NULL;
  VT_TRY(vt_uid_index_make(&c->by_uid, &c->task[0].uid, sizeof *c->task, c->n_tasks, err), err, "%d tasks", c->n_tasks);
  VT_TRY(vt_calloc64(&p, (size_t)c->n_tasks, sizeof(vt_uid), err), err, "%d uids", c->n_tasks);
  vt_uid *u = p;
  for (int k = 0; k < c->n_tasks; k++) u[k] = *vt_uid_index_at(&c->by_uid, k);
  vt_sha256(u, (size_t)c->n_tasks * sizeof *u, &c->id);
  vt_free(u);
  return VT_OK;
}

vt_status vt_campaign_resolve(vt_campaign *c, vt_simd simd, vt_err *err)
{
  void *p = NULL;
  int64_t n_glass = 0, n = 0;
  for (int i = 0; i < c->n_comp; i++) {
    n_glass += (int64_t)vt_campaign_glasses(c, i) * stops_of(c, i);
    n += (int64_t)vt_campaign_glasses(c, i) * n_tasks_of(c, i);
  }
  if (c->numerics.simd == VT_SIMD_AUTO) c->numerics.simd = (int32_t)simd;
  if (c->protocol.version == 0) c->protocol.version = VT_PROTOCOL_NEWEST;
  if (c->numerics.format == 0) c->numerics.format = VT_ENGINE_FORMAT;
  if (c->numerics.simd == VT_SIMD_AUTO)
    VT_FAIL(err, VT_EINVAL, "the SIMD level of campaign '%s' is still open", c->name);
  if (n > INT_MAX) VT_FAIL(err, VT_EINVAL, "%lld tasks", (long long)n);
  vt_uid_index_free(&c->by_uid);
  vt_free(c->task);
  c->task = NULL;
  c->n_tasks = c->n_glass_tasks = 0;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *c->task, err), err, "%lld tasks", (long long)n);
  c->task = p;
  c->n_tasks = (int)n;
  c->n_glass_tasks = (int)n_glass;
  list_tasks(c);
  vt__identities *x = NULL;
  vt_status rc = vt__identities_open(&x, err);
  for (int i = 0; i < c->n_tasks && rc == VT_OK; i++) { /* a glass stands before what needs it */
    rc = identify(c, x, &c->task[i], err);
    if (rc != VT_OK) (void)vt_err_wrap(err, rc, __FILE__, __LINE__, "row %d of campaign '%s'", i, c->name);
  }
  vt__identities_close(x);
  return rc == VT_OK ? identify_campaign(c, err) : rc;
}

int vt_campaign_other_length(const vt_campaign *a, const vt_campaign *b)
{
  if (a->protocol.version < 2) return 0;
  for (int i = 0; i < a->n_tasks; i++) {
    const vt_task *t = &a->task[i];
    if (t->kind != VT_TASK_MD || t->piece > 1) continue; /* the uid of a later piece says how long it is */
    const int k = vt_campaign_find(b, &t->uid);
    if (k >= 0 &&
        vt_campaign_pieces(a, t->comp, t->temp).ps[0] != vt_campaign_pieces(b, b->task[k].comp, b->task[k].temp).ps[0])
      return 1;
  }
  return 0;
}

int vt_campaign_equal(const vt_campaign *a, const vt_campaign *b)
{
  return vt_uid_equal(&a->id, &b->id) && !vt_campaign_other_length(a, b);
}

int vt_campaign_find(const vt_campaign *c, const vt_uid *uid) { return vt_uid_index_find(&c->by_uid, uid); }

vt_status vt_campaign_plan(const vt_campaign *c, int i, vt_plan *out, vt_err *err)
{
  if (i < 0 || i >= c->n_tasks)
    VT_FAIL(err, VT_EINVAL, "row %d of the %d tasks of campaign '%s'", i, c->n_tasks, c->name);
  const vt_task *t = &c->task[i];
  fill_plan(c, t, out);
  out->uid = t->uid;
  if (t->needs >= 0) out->needs = c->task[t->needs].uid;
  return VT_OK;
}
