/* state.c - the state of a campaign folder out of its journal and its status file. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "runner/folder/folder_impl.h"

/* A run that is alive writes status.json again within its next_s, or soon after; half a kilobyte a rank. */
enum { FRESH_S = 60, STATUS_MOST = 1 << 21 };

/* What the running master wrote of itself; returns 1 if that is fresh. */
static int read_status_file(vt_folder_view *v, int64_t *running)
{
  char *text = NULL, hex[65];
  size_t n;
  vt_json *root = NULL;
  vt_folder_state *s = &v->state;
  vt_uid_hex(&v->c->id, hex);
  if (vt_file_read(v->dir->status, STATUS_MOST, &text, &n, NULL) != VT_OK) return 0;
  int fresh = vt_json_parse(text, n, &root, NULL) == VT_OK &&
              strcmp(vt_json_get_text(root, "campaign_id", ""), hex) == 0 &&
              strcmp(vt_json_get_text(root, "state", ""), "running") == 0 &&
              fabs(difftime(time(NULL), (time_t)vt_json_get_num(root, "updated", 0))) <
                  FRESH_S + vt_json_get_num(root, "next_s", 0);
  vt_free(text);
  if (!fresh) {
    vt_json_free(root);
    return 0;
  }
  s->ns_done = vt_json_get_num(root, "ns_done", NAN);
  s->ns_per_day = vt_json_get_num(root, "ns_per_day", NAN);
  s->eta_s = vt_json_get_num(root, "eta_s", NAN);
  s->workers = (int)vt_json_get_int(root, "workers", 0);
  s->live = v->live = root;
  *running = vt_json_get_int(root, "running", 0);
  return 1;
}

static void folder_state_count(vt_sched_counts *n, vt_task_state state)
{
  switch (state) {
  case VT_WAITING:
    n->waiting++;
    break;
  case VT_READY:
  case VT_LEASED:
    n->ready++;
    break;
  case VT_DONE:
    n->done++;
    break;
  case VT_FAILED:
    n->failed++;
    break;
  }
}

static const char *name_state(const vt_folder_state *s, int runs, int n_tasks)
{
  if (s->tasks.done == n_tasks) return "done";
  if (s->tasks.done + s->tasks.failed == n_tasks) return "failed";
  if (runs) return "running";
  return s->tasks.done || s->tasks.failed ? "stopped" : "new";
}

static void forget_state(vt_folder_view *v)
{
  vt_free(v->state.comp);
  vt_json_free(v->live);
  v->state = (vt_folder_state){.ns_per_day = NAN, .eta_s = NAN};
  v->live = NULL;
}

/* Shards are named by their starts: the last failure of the last shard is the newest, or was met beside it. */
static void find_last_error(vt_folder_view *v)
{
  vt_folder_state *s = &v->state;
  char hex[65];
  const char *said = vt_json_get_text(s->live, "last_error", "");
  if (said[0] || s->live || strcmp(s->state, "done") == 0) {
    (void)snprintf(s->last_error, sizeof s->last_error, "%s", said);
    return;
  }
  for (int i = vt_journal_count(v->j) - 1; i >= 0 && !s->last_error[0]; i--) {
    const vt_rec *r = vt_journal_rec(v->j, i);
    vt_failure_head h;
    int n;
    if (r->type != VT_REC_FAILURE || vt_campaign_find(v->c, &r->uid) < 0 || vt_failure_load(v->j, r, &h, NULL) != VT_OK)
      continue;
    const char *sentence = vt_err_sentence(h.err.text, &n);
    vt_uid_hex(&r->uid, hex);
    (void)snprintf(s->last_error, sizeof s->last_error, "%s of task %.12s: %.*s", h.crashed ? "crash" : "failure", hex,
                   n, sentence);
  }
}

static vt_status make_state(vt_folder_view *v, vt_err *err)
{
  void *p;
  int64_t running = 0;
  vt_folder_state *s = &v->state;
  forget_state(v);
  VT_TRY(vt_calloc64(&p, (size_t)v->c->n_comp, sizeof *s->comp, err), err, "counts of %d compositions", v->c->n_comp);
  s->comp = p;
  for (int i = 0; i < v->c->n_tasks; i++) {
    vt_task_state state = vt_sched_state(v->s, i);
    folder_state_count(&s->tasks, state);
    folder_state_count(&s->comp[v->c->task[i].comp], state);
    s->ns_total += v->ns[i];
    if (state == VT_DONE) s->ns_done += v->ns[i];
  }
  /* What a killed run wrote a minute ago tells of ranks that are no more. */
  const int runs = vt_outdir_busy(v->dir) && read_status_file(v, &running);
  s->state = name_state(s, runs, v->c->n_tasks);
  if (running > s->tasks.ready) running = s->tasks.ready;
  s->tasks.leased = running;
  s->tasks.ready -= running;
  find_last_error(v);
  return VT_OK;
}

/* A scheduler that knows all records: made anew, which reads failures alone. */
static vt_status folder_state_replay(vt_folder_view *v, vt_err *err)
{
  vt_sched_options so = vt_retry_options(1, v->c->max_tries);
  if (v->s && v->n_replayed == vt_journal_count(v->j)) return VT_OK;
  vt_sched_free(v->s);
  v->s = NULL;
  VT_TRY(vt_sched_open(&v->s, v->task, v->c->n_tasks, &so, err), err, "tasks");
  VT_TRY(vt_records_replay(v->s, v->task, v->c->n_tasks, v->j, NULL, NULL, err), err, "journal of '%s'", v->dir->dir);
  v->n_replayed = vt_journal_count(v->j);
  return VT_OK;
}

/* ------------------------------------------------------------------ open, refresh, close */

static vt__file_stamp stamp_of(const char *path)
{
  struct stat st;
  if (stat(path, &st) != 0) return (vt__file_stamp){0};
  return (vt__file_stamp){.dev = st.st_dev, .ino = st.st_ino, .n_bytes = st.st_size, .changed = st.st_mtim};
}

static int same_file(const vt__file_stamp *a, const vt__file_stamp *b)
{
  return a->dev == b->dev && a->ino == b->ino && a->n_bytes == b->n_bytes && a->changed.tv_sec == b->changed.tv_sec &&
         a->changed.tv_nsec == b->changed.tv_nsec;
}

static void folder_state_forget(vt_folder_view *v)
{
  forget_state(v);
  vt_sched_free(v->s);
  vt_journal_free(v->j);
  vt_free(v->task);
  vt_free(v->ns);
  vt_campaign_free(v->c);
  *v = (vt_folder_view){.dir = v->dir, .env = v->env};
}

static vt_status read_all(vt_folder_view *v, vt_err *err)
{
  folder_state_forget(v);
  v->stamp = stamp_of(v->dir->campaign);
  VT_PASS(vt_outdir_campaign(v->dir, v->env, &v->c, err));
  VT_TRY(vt_records_sched_tasks(v->c, &v->task, &v->ns, err), err, "tasks");
  VT_TRY(vt_journal_open(&v->j, v->dir->journal, err), err, "journal of '%s'", v->dir->dir);
  VT_PASS(folder_state_replay(v, err));
  return make_state(v, err);
}

vt_status vt_folder_view_open(vt_folder_view **out, const vt_outdir *o, const vt_campaign_env *env, vt_err *err)
{
  void *p;
  *out = NULL;
  VT_TRY(vt_calloc64(&p, 1, sizeof **out, err), err, "view of '%s'", o->dir);
  vt_folder_view *v = p;
  v->dir = o;
  v->env = env;
  vt_status rc = read_all(v, err);
  if (rc == VT_OK)
    *out = v;
  else
    vt_folder_view_close(v);
  return rc;
}

vt_status vt_folder_view_refresh(vt_folder_view *v, vt_err *err)
{
  vt__file_stamp now = stamp_of(v->dir->campaign);
  if (!same_file(&now, &v->stamp) || vt_journal_refresh(v->j, NULL) != VT_OK) return read_all(v, err);
  VT_PASS(folder_state_replay(v, err));
  return make_state(v, err);
}

const vt_campaign *vt_folder_view_campaign(const vt_folder_view *v) { return v->c; }
const vt_folder_state *vt_folder_view_state(const vt_folder_view *v) { return &v->state; }

void vt_folder_view_close(vt_folder_view *v)
{
  if (!v) return;
  folder_state_forget(v);
  vt_free(v);
}
