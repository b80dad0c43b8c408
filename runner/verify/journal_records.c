/* journal_records.c - shards, the records in them, and the glasses' structures that follow from records. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/verify/verify_impl.h"

enum { FILE_CAP = 300, WHERE_CAP = 96 };

static void shard_file(const char *name, char file[FILE_CAP]) { (void)snprintf(file, FILE_CAP, "journal/%s", name); }

/* ------------------------------------------------------------------ shards */

static void note_flaw(vt__checkup *k, const vt_shard *s, const vt_flaw *f)
{
  char file[FILE_CAP], where[WHERE_CAP];
  unsigned long long from = f->offset, n = f->n;
  shard_file(s->name, file);
  (void)snprintf(where, sizeof where, "bytes %llu to %llu", from, from + n - 1);
  vt__place at = {
      .kind = VT_FOUND_DAMAGE, .repair = VT_REPAIR_SHARD, .number = s->number, .file = file, .where = where};
  switch ((vt_flaw_kind)f->kind) {
  case VT_FLAW_HEAD:
    at.action = "a run reads it all the same; repair writes the shard anew";
    vt__found(k, at, "the file header does not check; the records behind it are good unless named here");
    break;
  case VT_FLAW_RECORDS:
    at.action = "a run steps over it and does again what was lost; repair writes the shard anew";
    vt__found(k, at, "%llu bytes are no record: what stood there is lost", n);
    break;
  case VT_FLAW_PADDING:
    at.action = "a run reads it all the same; repair writes the shard anew";
    vt__found(k, at, "the padding behind a record is not zero; the record is good");
    break;
  case VT_FLAW_TAIL:
    at.kind = k->busy ? VT_FOUND_INFO : VT_FOUND_TORN;
    at.repair = k->busy ? VT_REPAIR_NONE : VT_REPAIR_SHARD;
    at.action = k->busy ? "verify again when the run has ended"
                        : "the next run cuts it off and does again what was lost; repair writes the shard anew";
    vt__found(k, at, "the last %llu bytes are no whole record", n);
    break;
  }
}

vt_status vt__check_shards(vt__checkup *k, vt_err *err)
{
  vt_err why = {0};
  vt_status rc = vt_journal_open(&k->j, k->dir->journal, &why);
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "journal of '%s'", k->dir->dir);
  if (rc != VT_OK) {
    vt__found(
        k,
        (vt__place){.kind = rc == VT_EUNSUP ? VT_FOUND_MISMATCH : VT_FOUND_DAMAGE,
                    .file = "journal",
                    .action = "no run and no repair goes on with it: move the file that is named out of the journal"},
        "%s", vt__why(&why));
    return VT_OK;
  }
  k->v->shards = vt_journal_shards(k->j);
  k->v->records = vt_journal_count(k->j);
  for (int i = 0; i < vt_journal_shards(k->j); i++) {
    vt_shard s;
    vt_flaw f;
    char file[FILE_CAP];
    vt_journal_shard(k->j, i, &s);
    shard_file(s.name, file);
    if (s.n_bytes == 0)
      vt__found(k, (vt__place){.kind = VT_FOUND_INFO, .file = file}, "empty: begun, and never written");
    for (int n = 0; vt_journal_flaw(k->j, s.number, n, &f); n++) note_flaw(k, &s, &f);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ records */

static const char *name_of_shard(const vt__checkup *k, int number)
{
  vt_shard s = {.name = ""};
  for (int i = 0; i < vt_journal_shards(k->j); i++) {
    vt_journal_shard(k->j, i, &s);
    if (s.number == number) break;
  }
  return s.name;
}

static void record_place(const vt__checkup *k, const vt_rec *r, char file[FILE_CAP], char where[WHERE_CAP])
{
  char hex[65];
  vt_uid_hex(&r->uid, hex);
  shard_file(name_of_shard(k, r->shard), file);
  (void)snprintf(where, WHERE_CAP, "record of task %.12s at byte %llu", hex, (unsigned long long)r->offset);
}

/* A record with good checksums that its task cannot use. */
static void note_unfit(vt__checkup *k, int i, vt_status rc, const char *why)
{
  const vt_rec *r = vt_journal_rec(k->j, i);
  char file[FILE_CAP], where[WHERE_CAP];
  record_place(k, r, file, where);
  vt__place at = {.kind = VT_FOUND_MISMATCH,
                  .repair = VT_REPAIR_SHARD,
                  .number = r->shard,
                  .file = file,
                  .where = where,
                  .action = "a run stops at it; repair leaves it out, and the next run does the task again"};
  if (rc == VT_EINVAL) {
    at.repair = VT_REPAIR_NONE;
    at.action = "change protocol.produce.duration back to what these results have";
  }
  if (rc == VT_EUNSUP) {
    at.repair = VT_REPAIR_NONE;
    at.action = "use the version of vitrion that wrote it";
  }
  k->unfit[i] = 1;
  k->n_unfit++;
  vt__found(k, at, "%s", why);
}

/* Whether both records tell the same last frame (or none). */
static vt_status ends_alike(const vt__checkup *k, const vt_rec *a, const vt_rec *b, const vt_plan *p, int *alike,
                            vt_err *err)
{
  vt_status rc = VT_OK;
  vt_last one = {0}, two = {0};
  int has_one, has_two;
  VT_TRY_OUT(vt_record_last(k->j, a, p, &one, &has_one, err), err, "the last frame of a task");
  VT_TRY_OUT(vt_record_last(k->j, b, p, &two, &has_two, err), err, "the last frame of a task");
  *alike = has_one == has_two;
  if (has_one && has_two) {
    const size_t n = (size_t)p->comp.n_atoms * sizeof *one.x;
    *alike = one.head.step == two.head.step && memcmp(one.cell, two.cell, sizeof one.cell) == 0 &&
             memcmp(one.x, two.x, n) == 0 && memcmp(one.v, two.v, n) == 0;
  }
out:
  vt_last_free(&one);
  vt_last_free(&two);
  return rc;
}

/* Two results of one task: a task's bits are a function of its plan and its try. */
static vt_status compare_twice(vt__checkup *k, const vt_rec *r, const vt_plan *p, const vt_result_head *h,
                               const double *values, size_t n, vt_err *err)
{
  const int task = vt_campaign_find(k->c, &r->uid);
  const vt_rec *a = k->first[task];
  vt_result_head first;
  double *other;
  size_t m;
  char file[FILE_CAP], where[WHERE_CAP];
  VT_PASS(vt_record_result(k->j, a, p, &first, &other, &m, err));
  int same = n == m && memcmp(values, other, n * sizeof *values) == 0;
  vt_free(other);
  if (same && p->kind == VT_TASK_MD) VT_PASS(ends_alike(k, a, r, p, &same, err));
  k->twice[task] = 1;
  record_place(k, r, file, where);
  if (same)
    vt__found(k, (vt__place){.kind = VT_FOUND_INFO, .file = file, .where = where, .action = "harmless"},
              "a second result of the same task, with the same values");
  else if (a->attempt != r->attempt || a->half_stage != r->half_stage)
    vt__found(k, (vt__place){.kind = VT_FOUND_INFO, .file = file, .where = where, .action = "the first one counts"},
              "a second result of the same task, of another try (%d, not %d)", r->attempt, a->attempt);
  else
    vt__found(
        k,
        (vt__place){.kind = VT_FOUND_MISMATCH,
                    .file = file,
                    .where = where,
                    .action = "serious: the first one counts; `vitrion one CAMPAIGN --task UID` tells which is true"},
        "a second result of the same task and try has other values or another last frame (hosts %.63s and %.63s, "
        "builds %.47s and %.47s)",
        first.host, h->host, first.build_id, h->build_id);
  return VT_OK;
}

static vt_status check_result(vt__checkup *k, int i, int task, vt_err *err)
{
  const vt_rec *r = vt_journal_rec(k->j, i);
  vt_plan p;
  vt_result_head h;
  vt_err why = {0};
  double *values;
  size_t n;
  VT_PASS(vt_campaign_plan(k->c, task, &p, err));
  vt_status rc = vt_record_result(k->j, r, &p, &h, &values, &n, &why);
  if (rc == VT_ENOMEM || rc == VT_EIO) VT_FAIL(err, rc, "%s", vt__why(&why));
  if (rc != VT_OK) {
    note_unfit(k, i, rc, vt__why(&why));
    return VT_OK;
  }
  h.host[sizeof h.host - 1] = h.build_id[sizeof h.build_id - 1] = '\0';
  if (!vt_uid_equal(&h.potential, &p.pot_hash))
    note_unfit(k, i, VT_ECORRUPT, "it was computed with another potential file than the campaign's");
  else if (h.kind != p.kind)
    note_unfit(k, i, VT_ECORRUPT, "it is of another kind than its task");
  else if (!k->first[task])
    k->first[task] = r;
  else
    rc = compare_twice(k, r, &p, &h, values, n, err);
  vt_free(values);
  return rc;
}

static vt_status check_failure(vt__checkup *k, int i, vt_err *err)
{
  vt_failure_head h;
  vt_err why = {0};
  vt_status rc = vt_failure_load(k->j, vt_journal_rec(k->j, i), &h, &why);
  if (rc == VT_ENOMEM || rc == VT_EIO) VT_FAIL(err, rc, "%s", vt__why(&why));
  if (rc != VT_OK) note_unfit(k, i, rc, vt__why(&why));
  return VT_OK;
}

static vt_status note_foreign(vt__checkup *k, const int32_t *foreign)
{
  for (int i = 0; i < vt_journal_shards(k->j); i++) {
    vt_shard s;
    char file[FILE_CAP];
    vt_journal_shard(k->j, i, &s);
    if (!foreign[s.number]) continue;
    shard_file(s.name, file);
    vt__found(k, (vt__place){.kind = VT_FOUND_FOREIGN, .file = file, .action = "no run looks at them"},
              "%d records of tasks that are not of this campaign (left out of it, or of another)", foreign[s.number]);
  }
  return VT_OK;
}

vt_status vt__check_records(vt__checkup *k, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p, *foreign = NULL;
  if (!k->j || !k->c) return VT_OK;
  int n = vt_journal_count(k->j);
  VT_TRY(vt_calloc64(&p, (size_t)n + 1, 1, err), err, "%d records", n);
  k->unfit = p;
  VT_TRY(vt_calloc64(&p, (size_t)k->c->n_tasks, sizeof *k->first, err), err, "results of %d tasks", k->c->n_tasks);
  k->first = p;
  VT_TRY(vt_calloc64(&p, (size_t)k->c->n_tasks, 1, err), err, "results of %d tasks", k->c->n_tasks);
  k->twice = p;
  VT_TRY(vt_calloc64(&foreign, (size_t)vt_journal_shards(k->j) + 1, sizeof(int32_t), err), err, "journal shards");
  for (int i = 0; i < n; i++) {
    const vt_rec *r = vt_journal_rec(k->j, i);
    vt_alive();
    if (r->type == VT_REC_DECISION) continue; /* decisions.c */
    int task = vt_campaign_find(k->c, &r->uid), result = r->type == VT_REC_RESULT;
    k->v->results += result;
    k->v->failures += !result;
    if (task < 0) {
      ((int32_t *)foreign)[r->shard]++;
      continue;
    }
    VT_TRY_OUT(result ? check_result(k, i, task, err) : check_failure(k, i, err), err, "record %d of the journal", i);
  }
  rc = note_foreign(k, foreign);
out:
  vt_free(foreign);
  return rc;
}

/* ------------------------------------------------------------------ glasses */

/* -1: not there, 0: other bytes, 1: just these */
static int file_is(const char *path, const vt_buf *b)
{
  char *data;
  size_t n;
  if (access(path, F_OK) != 0 && errno == ENOENT) return -1;
  if (vt_file_read(path, b->len, &data, &n, NULL) != VT_OK) return 0;
  int same = n == b->len && memcmp(data, b->s, n) == 0;
  vt_free(data);
  return same;
}

static vt_status check_glass(vt__checkup *k, int task, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_plan p;
  double *values = NULL;
  size_t n;
  vt_buf b = {0};
  char path[2 * VT_PATH], name[VT_GLASS_FILE_NAME];
  vt_alive();
  VT_PASS(vt_campaign_plan(k->c, task, &p, err));
  VT_PASS(vt_record_result(k->j, k->first[task], &p, NULL, &values, &n, err));
  VT_TRY_OUT(vt_glass_file_text(&p, values, &b, err), err, "structure of row %d", task);
  vt_glass_file_name(&p.uid, name);
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->dir, name);
  int is = file_is(path, &b);
  k->v->glasses++;
  vt__place at = {.kind = is < 0 ? VT_FOUND_MISSING : VT_FOUND_DAMAGE,
                  .repair = VT_REPAIR_GLASS,
                  .number = task,
                  .file = name,
                  .action = is < 0 ? "no run reads it; the next run, or repair, writes it from the journal"
                                   : "no run reads it or writes it again; repair writes it from the journal"};
  if (is < 0) vt__found(k, at, "the structure of a finished glass is not there");
  if (is == 0) vt__found(k, at, "it is not the structure that the journal holds");
out:
  vt_buf_free(&b);
  vt_free(values);
  return rc;
}

vt_status vt__check_glasses(vt__checkup *k, vt_err *err)
{
  if (!k->first) return VT_OK;
  for (int i = 0; i < k->c->n_tasks; i++)
    if (k->c->task[i].kind == VT_TASK_GLASS && k->first[i]) VT_PASS(check_glass(k, i, err));
  return VT_OK;
}
