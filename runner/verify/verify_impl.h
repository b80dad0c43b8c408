/* verify_impl.h - one look at a campaign folder, and what it leaves for repair; private to runner/verify. */
#ifndef VT_VERIFY_IMPL_H
#define VT_VERIFY_IMPL_H

#include "runner/folder/folder.h"
#include "runner/records/records.h"
#include "runner/results/results.h"
#include "runner/target/target.h"
#include "runner/telemetry/telemetry.h"
#include "runner/verify/verify.h"

typedef struct vt__checkup {
  const vt_outdir *dir;
  const vt_campaign_env *env;
  vt_campaign *c; /* NULL: neither campaign.yaml nor the store tells          */
  vt_journal *j;  /* NULL: it cannot be read                                  */
  vt_checked *v;  /* the caller's                                             */
  vt_status sum;  /* of the store: vt_store_check_sum                         */
  vt_err why_sum;
  vt_status rc; /* the first failure to note a finding                      */
  int busy;     /* a run is at work: ends may be torn because it writes     */
  int n_unfit;
  unsigned char *unfit; /* [records of j] whole, but not what its task needs: to be left out */
  const vt_rec **first; /* [tasks] the result that counts; NULL: none                        */
  unsigned char *twice; /* [tasks] more than one result: its times may be those of any         */
  vt_campaign *given;   /* the caller's: what campaign.yaml should be if the journal agrees; NULL */
  vt_buf campaign_text; /* set where campaign.yaml is to be restored: its text                  */
} vt__checkup;

/* Everything that is to be looked at; k->dir, env, v, busy are set by the caller. */
VT_MUST_CHECK vt_status vt__checkup_run(vt__checkup *k, vt_err *err);
void vt__checkup_free(vt__checkup *k);

typedef struct vt__place {
  vt_finding_kind kind;
  vt_repair_step repair;
  int number;
  const char *file, *where, *action; /* NULL: "" */
} vt__place;
/* One more finding; out of memory is remembered in k->rc. */
void vt__found(vt__checkup *k, vt__place at, const char *what, ...) VT_PRINTF(3, 4);
/* The innermost message of an error, without our own source position; valid until the next call. */
const char *vt__why(const vt_err *err);

/* campaign_file.c: k->c, and the store's sum. */
VT_MUST_CHECK vt_status vt__check_campaign(vt__checkup *k, vt_err *err);
/* journal_records.c */
VT_MUST_CHECK vt_status vt__check_shards(vt__checkup *k, vt_err *err);
VT_MUST_CHECK vt_status vt__check_records(vt__checkup *k, vt_err *err);
VT_MUST_CHECK vt_status vt__check_glasses(vt__checkup *k, vt_err *err);
/* decisions.c: they can be read, and campaign.yaml holds what they say. */
VT_MUST_CHECK vt_status vt__check_decisions(vt__checkup *k, vt_err *err);
/* structure_copies.c */
VT_MUST_CHECK vt_status vt__check_structures(vt__checkup *k, vt_err *err);
/* The row in the campaign given of structure `row` of k->c, the same atoms; -1: there is none, or it was not found. */
int vt__given_structure(const vt__checkup *k, int row);
/* trajectories.c */
VT_MUST_CHECK vt_status vt__check_trajectories(vt__checkup *k, vt_err *err);
/* store_rows.c */
VT_MUST_CHECK vt_status vt__check_store(vt__checkup *k, vt_err *err);
/* summary.c: after the store, and only against one that is sound. */
VT_MUST_CHECK vt_status vt__check_summary(vt__checkup *k, vt_err *err);

#endif
