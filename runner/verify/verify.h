/* verify.h - is every byte of a campaign's folder what it should be, and mending it (layer 9). */
#ifndef VT_VERIFY_H
#define VT_VERIFY_H

#include "runner/folder/folder.h"

typedef enum vt_finding_kind {
  VT_FOUND_DAMAGE,   /* bytes that changed                                          */
  VT_FOUND_TORN,     /* an end is missing                                           */
  VT_FOUND_MISSING,  /* something that was there is gone                            */
  VT_FOUND_MISMATCH, /* whole, but it contradicts something else                    */
  VT_FOUND_STALE,    /* of an earlier state; harmless. This and the rest are notes: */
  VT_FOUND_FOREIGN,  /* of another campaign; harmless                               */
  VT_FOUND_INFO,
  VT_FOUND_KINDS
} vt_finding_kind;
const char *vt_finding_name(int kind); /* "damage" ... */

/* What repair does about it, in this order. */
typedef enum vt_repair_step {
  VT_REPAIR_NONE, /* nothing to do, or nothing that a program can do */
  VT_REPAIR_CAMPAIGN,
  VT_REPAIR_SHARD,
  VT_REPAIR_CHECKPOINT,
  VT_REPAIR_GLASS,
  VT_REPAIR_STRUCTURE,
  VT_REPAIR_STORE,
  VT_REPAIR_SUMMARY,
  VT_REPAIR_REMOVE
} vt_repair_step;

typedef struct vt_finding {
  int32_t kind, repair;
  int32_t number; /* of the shard, the task or the structure that is repaired */
  int32_t reserved;
  char file[VT_PATH]; /* in the output folder */
  char where[96];     /* "" where it is the whole file */
  char what[480];
  char action[240]; /* what the next run or repair does, what to do */
} vt_finding;

typedef struct vt_checked {
  char campaign[VT_NAME]; /* "" if nobody can tell */
  int sound;              /* notes only            */
  int64_t shards, records, results, failures, checkpoints, glasses, structures, trajectories,
      store_rows;    /* how many were looked at */
  vt_finding *found; /* [n] */
  int n, cap;
} vt_checked;

/* Look at every byte of a campaign folder that has a checksum or follows from one that has; changes nothing. */
VT_MUST_CHECK vt_status vt_folder_verify(const vt_outdir *o, const vt_campaign_env *env, vt_checked *v, vt_err *err);
void vt_checked_free(vt_checked *v);

typedef struct vt_repair {
  int n_done;         /* things that were repaired                                                      */
  int64_t tasks_open; /* what the next run will do (records that were lost among them); -1: not known */
  vt_buf done;        /* a line each                                                                  */
  vt_checked left;    /* of a look afterwards                                                         */
} vt_repair;
/* Repair what can be repaired.  `given` (resolved; NULL: none): what campaign.yaml becomes if that is another and every
 * result in the journal is of a task of `given`.  VT_EINVAL while a run is at work in the folder, and where the folder
 * is not ours (vt_outdir_check_owner). */
VT_MUST_CHECK vt_status vt_folder_repair(vt_outdir *o, const vt_campaign_env *env, vt_campaign *given, vt_repair *r,
                                         vt_err *err);
void vt_repair_free(vt_repair *r);

#endif
