/* current.c - does results.h5 show what the journal holds? */
#include <string.h>

#include "runner/drive/drive_impl.h"
#include "runner/store/store.h"

int vt__store_is_current(const vt_campaign *c, const vt_journal *j, const vt_outdir *dir)
{
  vt_store *s = NULL;
  vt_err ignored = {0};
  vt_buf id = {0};
  int64_t *done = NULL, *failures = NULL;
  size_t n, m;
  int yes;
  char hex[65];
  vt_uid_hex(&c->id, hex);
  /* HDF5 may hang or crash on a damaged file: the checksum comes first. */
  if (vt_store_check_sum(dir->store, &ignored) != VT_OK) return 0;
  yes = vt_store_open(&s, dir->store, &ignored) == VT_OK && vt_store_read_text(s, "campaign_id", &id, &ignored) == VT_OK &&
        id.s && strcmp(id.s, hex) == 0 && vt_store_read_i64(s, "/tasks/done", &done, &n, &ignored) == VT_OK &&
        vt_store_read_i64(s, "/tasks/failures", &failures, &m, &ignored) == VT_OK && n == (size_t)c->n_tasks && m == n;
  for (int i = 0; yes && i < c->n_tasks; i++) {
    const vt_uid *uid = &c->task[i].uid;
    vt__tries tries;
    yes = done[i] == (vt_journal_result(j, uid) != NULL) && vt__tries_of(j, uid, &tries, &ignored) == VT_OK &&
          failures[i] == tries.failures;
  }
  vt_buf_free(&id);
  vt_free(done);
  vt_free(failures);
  vt_store_close(s);
  return yes;
}
