/* store_rows.c - is results.h5 what was written, and does it show what the journal holds? */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/verify/verify_impl.h"

static const char rebuild[] =
    "the end of the next run makes it anew from the journal; repair does, and keeps the old file as "
    "results-before-repair.h5";

/* ------------------------------------------------------------------ the file */

static int store_rows_there(const vt__checkup *k, const char *name)
{
  char path[2 * VT_PATH];
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->dir, name);
  return access(path, F_OK) == 0;
}

/* Bytes only.  1 if it may be opened. */
static int check_sum(vt__checkup *k)
{
  static const char sum[] = "results.h5.sha256", store[] = "results.h5";
  vt__place at = {.kind = VT_FOUND_DAMAGE, .repair = VT_REPAIR_STORE, .file = store, .action = rebuild};
  if (!store_rows_there(k, store)) {
    int was_there = store_rows_there(k, sum) || store_rows_there(k, "summary.json");
    at.kind = was_there ? VT_FOUND_MISSING : VT_FOUND_INFO;
    at.repair = was_there ? VT_REPAIR_STORE : VT_REPAIR_NONE;
    at.action = "the end of the next run makes it from the journal, and so does repair";
    vt__found(k, at, was_there ? "it is not there" : "not assembled yet");
    return 0;
  }
  if (!store_rows_there(k, sum)) {
    at.kind = VT_FOUND_MISSING;
    at.file = sum;
    vt__found(k, at, "it is not there: nobody can tell whether the store is whole");
    return 0;
  }
  if (k->sum == VT_OK) return 1;
  if (k->sum == VT_EPARSE) at.file = sum;
  if (k->sum == VT_ECORRUPT)
    vt__found(k, at, "its SHA-256 is not the one in %s", sum);
  else
    vt__found(k, at, "%s", vt__why(&k->why_sum));
  return 0;
}

/* ------------------------------------------------------------------ rows against the journal */

typedef struct compared {
  vt__checkup *k;
  vt_store *s;
  unsigned char *row; /* [n_tasks] 1: journal and store are of the same state of the task */
} compared;

/* One finding a dataset. */
static void note_rows(const compared *m, const char *dset, int64_t bad, int64_t first)
{
  char where[96];
  (void)snprintf(where, sizeof where, "%.90s", dset);
  vt__found(m->k,
            (vt__place){.kind = VT_FOUND_MISMATCH,
                        .repair = VT_REPAIR_STORE,
                        .file = "results.h5",
                        .where = where,
                        .action = rebuild},
            "%" PRId64 " rows are not what follows from the journal, the first is row %" PRId64, bad, first);
}

static void note_unreadable(const compared *m, const char *dset, const char *why)
{
  vt__found(
      m->k,
      (vt__place){
          .kind = VT_FOUND_MISMATCH, .repair = VT_REPAIR_STORE, .file = "results.h5", .where = dset, .action = rebuild},
      "%s", why);
}

/* Tasks that only one of the two knows as done, or failures that only one has. */
static vt_status compare_states(compared *m, vt_err *err)
{
  vt__checkup *k = m->k;
  vt_status rc = VT_OK;
  int64_t *done = NULL, *failed = NULL;
  size_t n, q;
  int lost = 0, lost_tries = 0, newer = 0, first = -1;
  char hex[65], where[96] = "";
  VT_TRY_OUT(vt_store_read_i64(m->s, "/tasks/done", &done, &n, err), err, "store");
  VT_TRY_OUT(vt_store_read_i64(m->s, "/tasks/failures", &failed, &q, err), err, "store");
  if (n != (size_t)k->c->n_tasks || q != n) VT_FAIL_OUT(err, VT_ECORRUPT, "the store has %zu tasks", n);
  for (int i = 0; i < k->c->n_tasks; i++) {
    const vt_uid *uid = &k->c->task[i].uid;
    int has = vt_journal_result(k->j, uid) != NULL, tries = vt_record_n_failures(k->j, uid);
    m->row[i] = has == done[i] && tries == failed[i];
    if (done[i] && !has && first < 0) first = i;
    lost += done[i] && !has;
    lost_tries += tries < failed[i];
    newer += (has && !done[i]) || tries > failed[i];
  }
  if (first >= 0) {
    vt_uid_hex(&k->c->task[first].uid, hex);
    (void)snprintf(where, sizeof where, "task %.12s%s", hex, lost > 1 ? " and others" : "");
  }
  if (lost || lost_tries)
    vt__found(k,
              (vt__place){.kind = VT_FOUND_MISSING,
                          .repair = VT_REPAIR_STORE,
                          .file = "journal",
                          .where = where,
                          .action = "the next run does them again; repair makes the store anew and keeps this one as "
                                    "results-before-repair.h5"},
              "%d results and %d failures that results.h5 shows are not in the journal", lost, lost_tries);
  if (newer && !lost && !lost_tries)
    vt__found(
        k, (vt__place){.kind = VT_FOUND_INFO, .file = "results.h5", .action = "the end of the next run makes it anew"},
        "out of date: the journal holds more of %d tasks", newer);
out:
  vt_free(done);
  vt_free(failed);
  return rc;
}

static int same_number(const double *a, const double *b)
{
  return memcmp(a, b, sizeof *a) == 0 || (isnan(*a) && isnan(*b));
}

/* Row datasets: each row that a task of the journal gives, bit by bit. */
static vt_status compare_arrays(compared *m, vt_err *err)
{
  vt__checkup *k = m->k;
  vt_status rc = VT_OK;
  vt_row_def *def = NULL;
  int n_def = 0;
  double *want[2 * VT_MAX_ARRAYS] = {NULL}, *got = NULL;
  int64_t bad[2 * VT_MAX_ARRAYS] = {0}, first[2 * VT_MAX_ARRAYS];
  size_t most = 1;
  void *p;
  VT_TRY_OUT(vt_row_defs(k->c, &def, &n_def, err), err, "datasets");
  vt_row_source src = {.c = k->c, .j = k->j, .def = def, .n_def = n_def};
  for (int d = 0; d < n_def; d++) {
    size_t n = vt_array_count(&def[d].def);
    most = n > most ? n : most;
    VT_TRY_OUT(vt_calloc64(&p, n ? n : 1, sizeof(double), err), err, "a row");
    want[d] = p;
  }
  VT_TRY_OUT(vt_calloc64(&p, most, sizeof(double), err), err, "a row");
  got = p;
  for (int i = 0; i < k->c->n_tasks; i++) {
    if (!m->row[i]) continue;
    for (int d = 0; d < n_def; d++)
      for (size_t v = 0; v < vt_array_count(&def[d].def); v++) want[d][v] = NAN;
    VT_TRY_OUT(vt_row_fill(&src, i, (void *const *)want, err), err, "row %d", i);
    k->v->store_rows++;
    for (int d = 0; d < n_def; d++) {
      char path[96];
      size_t n = vt_array_count(&def[d].def), v = 0;
      vt_row_path(&def[d], path);
      VT_TRY_OUT(vt_store_read_row(m->s, path, i, got, n, err), err, "row %d", i);
      while (v < n && same_number(&want[d][v], &got[v])) v++;
      if (v < n && bad[d]++ == 0) first[d] = i;
    }
  }
  for (int d = 0; d < n_def; d++) {
    char path[96];
    vt_row_path(&def[d], path);
    if (bad[d]) note_rows(m, path, bad[d], first[d]);
  }
out:
  for (int d = 0; d < n_def; d++) vt_free(want[d]);
  vt_free(got);
  vt_free(def);
  return rc;
}

/* ------------------------------------------------------------------ tables */

static int same_item(const vt_store_dset *d, const void *got, size_t width, size_t i)
{
  if (d->type == VT_STR)
    return strcmp((const char *)d->table + i * (size_t)d->width, (const char *)got + i * width) == 0;
  if (d->type == VT_I64) return ((const int64_t *)d->table)[i] == ((const int64_t *)got)[i];
  return same_number((const double *)d->table + i, (const double *)got + i);
}

static int begins(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

/* 1 if row i follows from the journal as it is now.  Of a task with several results the store has the times of the one
 * that came first in the journal when it was made. */
static int is_compared(const compared *m, const char *path, int64_t i)
{
  const int times = begins(path, "/timing/");
  if (!times && !begins(path, "/tasks/")) return 1;
  return m->row[i] && !(times && m->k->twice[i]);
}

static vt_status compare_table(compared *m, const vt_store_dset *d, vt_err *err)
{
  void *got = NULL;
  char *text = NULL;
  double *f = NULL;
  int64_t *whole = NULL, bad = 0, first = 0;
  size_t n = 0, width = 0, expected = 1;
  vt_status rc = d->type == VT_STR   ? vt_store_read_str(m->s, d->path, &text, &width, &n, err)
                 : d->type == VT_I64 ? vt_store_read_i64(m->s, d->path, &whole, &n, err)
                                     : vt_store_read_f64(m->s, d->path, &f, &n, err);
  VT_PASS(rc);
  got = d->type == VT_STR ? (void *)text : d->type == VT_I64 ? (void *)whole : (void *)f;
  for (int a = 0; a < d->n_dim; a++) expected *= (size_t)d->dim[a];
  const int64_t rows = d->n_dim ? d->dim[0] : 1;
  size_t a_row = rows ? expected / (size_t)rows : 1;
  if (n != expected)
    rc = vt_err_set(err, VT_ECORRUPT, __FILE__, __LINE__, "%s has %zu values, not %zu", d->path, n, expected);
  for (int64_t i = 0; rc == VT_OK && i < rows; i++) {
    if (!is_compared(m, d->path, i)) continue;
    size_t v = 0;
    while (v < a_row && same_item(d, got, width, (size_t)i * a_row + v)) v++;
    if (v < a_row && bad++ == 0) first = i;
  }
  if (bad) note_rows(m, d->path, bad, first);
  vt_free(got);
  return rc;
}

static vt_status compare_tables(compared *m, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p;
  VT_PASS(vt_calloc64(&p, 1, sizeof(vt_tables), err));
  vt_tables *t = p;
  t->err = err;
  vt_tables_campaign(t, m->k->c, m->k->j);
  VT_TRY_OUT(t->rc, err, "tables of the campaign");
  for (int i = 0; i < t->n; i++) {
    const vt_store_dset *d = &t->dset[i];
    if (strcmp(d->path, "/timing/assembled") == 0) continue; /* when, not what */
    VT_TRY_OUT(compare_table(m, d, err), err, "table %s", d->path);
  }
out:
  vt_tables_free(t);
  vt_free(t);
  return rc;
}

/* ------------------------------------------------------------------ whose it is */

/* 1 if a task of the store is one of the campaign: it was edited since. */
static int is_of_edited(vt__checkup *k, vt_store *s)
{
  char *uid = NULL;
  size_t width, n = 0;
  if (vt_store_read_str(s, "/tasks/uid", &uid, &width, &n, NULL) != VT_OK) return 0;
  size_t found = 0;
  for (int i = 0; i < k->c->n_tasks; i++) { /* both are in the order of the campaign */
    char hex[65];
    vt_uid_hex(&k->c->task[i].uid, hex);
    for (size_t r = 0; r < n; r++)
      if (strcmp(uid + r * width, hex) == 0) {
        found++;
        break;
      }
  }
  vt_free(uid);
  return found > 0;
}

/* 1 if its rows are those of the campaign. */
static int check_owner(vt__checkup *k, vt_store *s)
{
  vt_buf id = {0}, text = {0}, canon = {0};
  char hex[65];
  vt_uid_hex(&k->c->id, hex);
  vt_campaign_canon(k->c, &canon);
  int mine = vt_store_read_text(s, "campaign_id", &id, NULL) == VT_OK && strcmp(id.s, hex) == 0;
  int words = vt_store_read_text(s, "/campaign", &text, NULL) == VT_OK && canon.s && strcmp(text.s, canon.s) == 0;
  vt__place at = {.kind = VT_FOUND_INFO, .file = "results.h5", .action = "the end of the next run makes it anew"};
  if (mine && !words)
    vt__found(k, at, "out of date: campaign.yaml has the same tasks in other words (what is compared, a name, a path)");
  if (!mine && is_of_edited(k, s))
    vt__found(k, at, "out of date: the campaign has been changed since it was assembled");
  else if (!mine) {
    at.kind = VT_FOUND_MISMATCH;
    at.repair = VT_REPAIR_STORE;
    at.action = rebuild;
    vt__found(k, at, "it is the store of another campaign");
  }
  vt_buf_free(&id);
  vt_buf_free(&text);
  vt_buf_free(&canon);
  return mine;
}

static void note_digest(void *ctx, const char *dset, const char *why) { note_unreadable(ctx, dset, why); }

/* Every dataset, also those that are not compared with the journal, against its digest. */
static vt_status check_digests(compared *m, vt_err *err)
{
  vt_status rc = vt_store_check_digests(m->s, note_digest, m, err);
  if (rc == VT_EUNSUP)
    vt__found(
        m->k,
        (vt__place){.kind = VT_FOUND_INFO, .file = "results.h5", .action = "the end of the next run makes it anew"},
        "it has no digests, being of an older build; it was compared with the journal");
  return rc == VT_ENOMEM || (rc != VT_OK && rc != VT_EUNSUP && rc != VT_ECORRUPT) ? rc : VT_OK;
}

static vt_status compare_all(compared *m, vt_err *err)
{
  VT_PASS(compare_states(m, err));
  VT_PASS(compare_tables(m, err));
  return compare_arrays(m, err);
}

vt_status vt__check_store(vt__checkup *k, vt_err *err)
{
  vt_err why = {0};
  compared m = {.k = k};
  void *p;
  if (!check_sum(k) || !k->c || !k->j) return VT_OK;
  if (k->n_unfit) {
    vt__found(k, (vt__place){.kind = VT_FOUND_INFO, .file = "results.h5"},
              "not compared with a journal that holds unfit records");
    return VT_OK;
  }
  VT_TRY(vt_calloc64(&p, (size_t)k->c->n_tasks, 1, err), err, "rows of the store");
  m.row = p;
  vt_status rc = vt_store_open(&m.s, k->dir->store, &why);
  if (rc == VT_OK && vt_store_format(m.s) != VT_STORE_FORMAT)
    vt__found(
        k, (vt__place){.kind = VT_FOUND_INFO, .file = "results.h5", .action = "the end of the next run makes it anew"},
        "of store format %d, written now is %d; it was compared with the journal", vt_store_format(m.s),
        VT_STORE_FORMAT);
  if (rc == VT_OK) rc = check_digests(&m, &why);
  if (rc == VT_OK && check_owner(k, m.s)) rc = compare_all(&m, &why);
  if (rc == VT_ENOMEM)
    rc = vt_err_wrap(err, rc, __FILE__, __LINE__, "comparing the store with the journal");
  else if (rc != VT_OK) {
    note_unreadable(&m, "", vt__why(&why));
    rc = VT_OK;
  }
  vt_store_close(m.s);
  vt_free(m.row);
  return rc;
}
