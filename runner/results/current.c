/* current.c - what follows from the journal and can be made again at any time: the store, the glasses' structures. */
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/store/store.h"
#include "runner/telemetry/telemetry.h"

/* ------------------------------------------------------------------ the store */

/* Of this campaign, in its present words (what is compared may have been changed without new tasks). */
static int shows_campaign(vt_store *s, const vt_campaign *c)
{
  vt_err ignored = {0};
  vt_buf id = {0}, text = {0}, canon = {0};
  char hex[65];
  vt_uid_hex(&c->id, hex);
  vt_campaign_canon(c, &canon);
  int yes = vt_store_read_text(s, "campaign_id", &id, &ignored) == VT_OK && id.s && strcmp(id.s, hex) == 0 &&
            vt_store_read_text(s, "/campaign", &text, &ignored) == VT_OK && text.s && canon.s && !canon.failed &&
            strcmp(text.s, canon.s) == 0;
  vt_buf_free(&id);
  vt_buf_free(&text);
  vt_buf_free(&canon);
  return yes;
}

/* Exactly the results and failures that the journal holds. */
static int shows_journal(vt_store *s, const vt_campaign *c, const vt_journal *j)
{
  vt_err ignored = {0};
  int64_t *done = NULL, *failures = NULL;
  size_t n, m;
  int yes = vt_store_read_i64(s, "/tasks/done", &done, &n, &ignored) == VT_OK &&
            vt_store_read_i64(s, "/tasks/failures", &failures, &m, &ignored) == VT_OK && n == (size_t)c->n_tasks &&
            m == n;
  for (int i = 0; yes && i < c->n_tasks; i++) {
    const vt_uid *uid = &c->task[i].uid;
    yes = done[i] == (vt_journal_result(j, uid) != NULL) && failures[i] == vt_record_n_failures(j, uid);
  }
  vt_free(done);
  vt_free(failures);
  return yes;
}

/* 1 if results.h5 shows exactly what the journal holds, dataset by dataset.  A file that is not what was written is not
 * opened; one without digests or of an older format is made anew. */
static int store_is_current(const char *path, const vt_campaign *c, const vt_journal *j, const vt_fits *f)
{
  vt_store *s = NULL;
  vt_err ignored = {0};
  int same = 0;
  int yes = vt_store_check_sum(path, &ignored) == VT_OK && vt_store_open(&s, path, &ignored) == VT_OK &&
            vt_store_format(s) == VT_STORE_FORMAT && shows_campaign(s, c) && shows_journal(s, c, j) &&
            vt__results_promised(s, c, j, f, &same, &ignored) == VT_OK && same &&
            vt_store_check_digests(s, NULL, NULL, &ignored) == VT_OK;
  vt_store_close(s);
  return yes;
}

vt_status vt_results_make(vt_comm *comm, const char *path, const vt_campaign *c, const char *journal, vt_journal *j,
                          vt_fits **fits, vt_err *err)
{
  int32_t current = 0;
  VT_PASS(vt_journal_share(comm, journal, &j, err));
  VT_PASS(vt_fits_shared(comm, c, journal, j, fits, err));
  if (vt_comm_rank(comm) == 0) current = store_is_current(path, c, j, *fits);
  VT_PASS(vt_comm_bcast(comm, 0, &current, sizeof current, err));
  return current ? VT_OK : vt_results_assemble(comm, c, journal, j, *fits, path, err);
}
