/* verify.c - the state of a campaign folder's bytes: findings, and the small files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/json/json.h"
#include "runner/verify/verify_impl.h"

enum { JSON_MOST = 1 << 30 };

/* ------------------------------------------------------------------ findings */

const char *vt_finding_name(int kind)
{
  static const char *const name[VT_FOUND_KINDS] = {"damage", "torn", "missing", "mismatch", "stale", "foreign", "info"};
  return kind >= 0 && kind < VT_FOUND_KINDS ? name[kind] : "unknown";
}

static vt_status more_findings(vt_checked *v)
{
  void *p;
  if (v->n < v->cap) return VT_OK;
  int cap = v->cap ? 2 * v->cap : 16;
  VT_PASS(vt_calloc64(&p, (size_t)cap, sizeof *v->found, NULL));
  if (v->n) memcpy(p, v->found, (size_t)v->n * sizeof *v->found);
  vt_free(v->found);
  v->found = p;
  v->cap = cap;
  return VT_OK;
}

void vt__found(vt__checkup *k, vt__place at, const char *what, ...)
{
  va_list ap;
  if (k->rc == VT_OK) k->rc = more_findings(k->v);
  if (k->rc != VT_OK) return;
  vt_finding *f = &k->v->found[k->v->n++];
  *f = (vt_finding){.kind = at.kind, .repair = at.repair, .number = at.number};
  (void)snprintf(f->file, sizeof f->file, "%s", at.file);
  (void)snprintf(f->where, sizeof f->where, "%s", at.where ? at.where : "");
  (void)snprintf(f->action, sizeof f->action, "%s", at.action ? at.action : "");
  va_start(ap, what);
  (void)vsnprintf(f->what, sizeof f->what, what, ap);
  va_end(ap);
  for (char *c = f->what; *c; c++)
    if (*c == '\n') *c = ' ';
  if (at.kind < VT_FOUND_STALE) k->v->sound = 0;
}

const char *vt__why(const vt_err *err)
{
  static char text[sizeof err->text];
  int n;
  const char *sentence = vt_err_sentence(err->text, &n);
  (void)snprintf(text, sizeof text, "%.*s", n, sentence);
  return text;
}

void vt_checked_free(vt_checked *v)
{
  vt_free(v->found);
  *v = (vt_checked){0};
}

/* ------------------------------------------------------------------ small files */

/* A file of JSON that a person or a script reads. */
static void check_json(vt__checkup *k, const char *name, vt_repair_step repair, const char *action)
{
  char path[2 * VT_PATH], *text;
  size_t n;
  vt_err why = {0};
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->dir, name);
  if (access(path, F_OK) != 0) return;
  const vt__place at = {.kind = VT_FOUND_DAMAGE, .repair = repair, .file = name, .action = action};
  if (vt_file_read(path, JSON_MOST, &text, &n, &why) != VT_OK) {
    vt__found(k, at, "%s", vt__why(&why));
    return;
  }
  vt_json *root = NULL;
  vt_status rc = vt_json_parse(text, n, &root, &why);
  if (rc == VT_EPARSE) vt__found(k, at, "not valid JSON: %s", vt__why(&why));
  if (rc == VT_ENOMEM) k->rc = rc;
  vt_json_free(root);
  vt_free(text);
}

/* What vt_file_replace or an assembly left behind when its process died. */
static int is_leftover(const char *name)
{
  int64_t epoch;
  return vt_outdir_is_leftover(NULL, name) || strcmp(name, "results.h5.tmp") == 0 || vt_fence_is_name(name, &epoch);
}

static int in_order(const void *a, const void *b) { return strcmp(a, b); }

enum { NAME_CAP = 256 };

/* Names in a subfolder ("": of the folder itself) for which want() holds, sorted; vt_free. */
static vt_status names_in(const vt__checkup *k, const char *sub, int (*want)(const char *name),
                          char (**names)[NAME_CAP], int *n, vt_err *err)
{
  vt_status rc = VT_OK;
  char path[2 * VT_PATH];
  char(*list)[NAME_CAP] = NULL;
  int cap = 0;
  *names = NULL;
  *n = 0;
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->dir, sub);
  DIR *d = opendir(path);
  if (!d) return VT_OK;
  for (const struct dirent *e; (e = readdir(d)) != NULL;) {
    if (!want(e->d_name) || strlen(e->d_name) >= NAME_CAP) continue;
    if (*n == cap) {
      void *p;
      cap = cap ? 2 * cap : 64;
      VT_TRY_OUT(vt_calloc64(&p, (size_t)cap, NAME_CAP, err), err, "names in '%s'", path);
      if (*n) memcpy(p, list, (size_t)*n * NAME_CAP);
      vt_free(list);
      list = p;
    }
    memcpy(list[(*n)++], e->d_name, strlen(e->d_name) + 1);
  }
  if (*n) qsort(list, (size_t)*n, NAME_CAP, in_order);
  *names = list;
  list = NULL;
out:
  vt_free(list);
  (void)closedir(d);
  return rc;
}

static int is_leftover_of_structures(const char *name) { return vt_outdir_is_leftover("structures", name); }

static vt_status check_leftovers(vt__checkup *k, vt_err *err)
{
  static const char *const sub[] = {"", "journal/", "glass/", "failed/", "checkpoint/", "structures/"};
  enum { N_SUB = (int)(sizeof sub / sizeof *sub) };
  for (int s = 0; s < N_SUB; s++) {
    char(*name)[NAME_CAP], file[VT_PATH];
    int n;
    VT_PASS(names_in(k, sub[s], s == N_SUB - 1 ? is_leftover_of_structures : is_leftover, &name, &n, err));
    for (int i = 0; i < n; i++) {
      (void)snprintf(file, sizeof file, "%s%s", sub[s], name[i]);
      vt__found(k,
                (vt__place){.kind = VT_FOUND_INFO,
                            .repair = k->busy ? VT_REPAIR_NONE : VT_REPAIR_REMOVE,
                            .file = file,
                            .action = "repair removes it"},
                "left behind by a process that died while it wrote");
    }
    vt_free(name);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ checkpoints */

static int is_checkpoint(const char *name)
{
  size_t n = strlen(name);
  return (n > 4 && strcmp(name + n - 4, ".vck") == 0) || (n > 9 && strcmp(name + n - 9, ".vck.prev") == 0);
}

/* One checkpoint: every byte of it, and whose it is. */
static void check_checkpoint(vt__checkup *k, const char *name)
{
  char path[2 * VT_PATH], file[VT_PATH], hex[65];
  vt_err why = {0};
  vt_checkpoint_info info = {.step = 0};
  (void)snprintf(file, sizeof file, "checkpoint/%s", name);
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->dir, file);
  vt_status rc = vt_checkpoint_look(path, &info, &why);
  if (access(path, F_OK) != 0) return; /* a run has removed it meanwhile */
  vt__place at = {
      .kind = VT_FOUND_DAMAGE,
      .repair = k->busy ? VT_REPAIR_NONE : VT_REPAIR_CHECKPOINT,
      .file = file,
      .action = "the next run refuses it and begins the task, or an earlier part of it, again; repair moves it to "
                "checkpoint/damaged/"};
  k->v->checkpoints++;
  vt_uid_hex(&info.uid, hex);
  if (rc == VT_EUNSUP) {
    at.kind = VT_FOUND_STALE;
    at.repair = VT_REPAIR_NONE;
  }
  if (rc != VT_OK) {
    vt__found(k, at, "%s", vt__why(&why));
  } else if (strncmp(name, hex, strlen(hex)) != 0) {
    at.kind = VT_FOUND_MISMATCH;
    vt__found(k, at, "it is of task %.12s, not of the one that its name says", hex);
  } else if (k->c && vt_campaign_find(k->c, &info.uid) < 0) {
    vt__found(k, (vt__place){.kind = VT_FOUND_FOREIGN, .file = file, .action = "no run looks at it"},
              "of a task that is not of this campaign");
  } else if (k->j && !k->busy && vt_journal_result(k->j, &info.uid)) {
    vt__found(k, (vt__place){.kind = VT_FOUND_STALE, .file = file, .action = "no run looks at it"},
              "of a task that is done");
  }
}

static vt_status check_checkpoints(vt__checkup *k, vt_err *err)
{
  char(*name)[NAME_CAP];
  int n;
  VT_PASS(names_in(k, "checkpoint", is_checkpoint, &name, &n, err));
  for (int i = 0; i < n; i++) check_checkpoint(k, name[i]);
  vt_free(name);
  return VT_OK;
}

/* ------------------------------------------------------------------ all of it */

vt_status vt__checkup_run(vt__checkup *k, vt_err *err)
{
  k->v->sound = 1;
  VT_PASS(vt__check_shards(k, err));
  VT_PASS(vt__check_campaign(k, err));
  VT_PASS(vt__check_records(k, err));
  VT_PASS(vt__check_decisions(k, err));
  VT_PASS(vt__check_glasses(k, err));
  VT_PASS(vt__check_structures(k, err));
  VT_PASS(vt__check_trajectories(k, err));
  VT_PASS(check_checkpoints(k, err));
  VT_PASS(vt__check_store(k, err));
  check_json(k, "summary.json", VT_REPAIR_SUMMARY, "the end of the next run writes it anew, and so does repair");
  VT_TRY(vt__check_summary(k, err), err, "summary.csv");
  check_json(k, "status.json", VT_REPAIR_REMOVE, "the next run writes it anew; repair removes it");
  VT_PASS(check_leftovers(k, err));
  if (k->rc != VT_OK) VT_FAIL(err, k->rc, "no memory for %d findings", k->v->n);
  return VT_OK;
}

void vt__checkup_free(vt__checkup *k)
{
  vt_free(k->unfit);
  vt_free(k->first);
  vt_free(k->twice);
  vt_buf_free(&k->campaign_text);
  vt_journal_free(k->j);
  vt_campaign_free(k->c);
  k->unfit = NULL;
  k->first = NULL;
  k->twice = NULL;
  k->j = NULL;
  k->c = NULL;
}

vt_status vt_folder_verify(const vt_outdir *o, const vt_campaign_env *env, vt_checked *v, vt_err *err)
{
  *v = (vt_checked){0};
  vt__checkup k = {.dir = o, .env = env, .v = v, .busy = vt_outdir_busy(o)};
  if (k.busy)
    vt__found(&k, (vt__place){.kind = VT_FOUND_INFO, .file = "lease", .action = "verify again when it has ended"},
              "a run is at work in this folder; what it is just writing may look unfinished");
  vt_status rc = vt__checkup_run(&k, err);
  vt__checkup_free(&k);
  return rc;
}
