/* target.h - a campaign that asks for errors: what its fits know, what follows, and how it is told (layer 8).
 *
 * A round: all tasks of the campaign as it is are done, its fits are made, and vt_target_decide says what is asked for
 * next; vt_target_apply brings it into the campaign, whose tasks are then more.  Both are pure: the same results, the
 * same decision, on every rank.  Formulas: THEORY.md, T 20.  Nothing here is collective. */
#ifndef VT_TARGET_H
#define VT_TARGET_H

#include "config/config.h"
#include "engine/allocation/allocation.h"
#include "engine/replica/replica.h"
#include "runner/journal/journal.h"
#include "runner/json/json.h"
#include "runner/screening/screening.h"

/* What is remembered of looks at the verdict, from round to round. */
typedef struct vt_target_looks {
  int32_t done;    /* looks that were spent, or passed over                                 */
  int32_t verdict; /* vt_verdict of the last one                                            */
  char why[384];   /* its sentence                                                          */
} vt_target_looks;

/* One round. */
typedef struct vt_target_round {
  int n_comp, n_temp, n_aims;
  vt_aim aim[VT_MAX_AIMS];
  vt_alloc_move *move; /* [n_comp]                                            */
  double *more_ps;     /* [n_comp * n_temp] production to add to every glass  */
  double *spent_ps;    /* [n_comp] as planned                                 */
  vt_alloc_sum sum;
  double budget_ps;
  vt_target_looks looks; /* after this round                                    */
  int number;            /* of the round, from 1 */
} vt_target_round;
void vt_target_round_free(vt_target_round *r);

/* What is asked: from c->target; n aims. */
int vt_target_aims(const vt_campaign *c, vt_aim aim[VT_MAX_AIMS]);
/* ps that a glass of a composition takes, melt and quench, and what an MD task takes beside its production: as
 * vt_replica_ns foresees them.  c is resolved. */
double vt_target_glass_ps(const vt_campaign *c, int comp);
double vt_target_equilibrate_ps(const vt_campaign *c, int comp);

/* before: looks so far ({0}: none).  f: the fits of all tasks of `c`; failed ones are absent.  VT_EINVAL: no target, or
 * a budget in core-hours that nobody has turned into ns.  Allocates. */
VT_MUST_CHECK vt_status vt_target_decide(const vt_campaign *c, const vt_fits *f, const vt_target_looks *before,
                                         vt_target_round *out, vt_err *err);
/* Add what was decided to `c`; vt_campaign_resolve is the caller's.  VT_EINVAL: another campaign. */
VT_MUST_CHECK vt_status vt_target_apply(vt_campaign *c, const vt_target_round *r, vt_err *err);

/* record.c.  A round in one line of JSON, for a journal, under the identity of the campaign as it was before it
 * (c->id, resolved): {"vitrion_decision":1,"campaign":"<id>","round","ends","spent_ns","asked_ns","budget_ns",
 * "looks":{"done","verdict","why"},"compositions":[{"name","state","glasses","production":[{"T_K","add_ps"}]}],
 * "target": vt_target_json}.  before: the decision before it (NULL: none), for the reasons of what that had dropped. */
VT_MUST_CHECK vt_status vt_target_record(const vt_campaign *c, const vt_target_round *r, const vt_json *before,
                                         vt_buf *out, vt_err *err);
/* What vt_target_apply needs, and the looks; half-widths are for readers alone.  VT_EINVAL: of another campaign.
 * VT_ECORRUPT: not one.  VT_EPARSE: no JSON. */
VT_MUST_CHECK vt_status vt_target_recorded(const vt_campaign *c, const char *text, size_t n, vt_target_round *out,
                                           vt_err *err);

/* keep.c: decisions in the journal.  The key of the decision on a campaign as it is now: what it asks, its budget, its
 * compositions and tasks; so each is made once, and anew only after an edit that may change it.  c is resolved. */
VT_MUST_CHECK vt_status vt_target_key(const vt_campaign *c, vt_uid *key, vt_err *err);
/* The text of that decision, appended; *there = 0: it has not been made. */
VT_MUST_CHECK vt_status vt_target_find(const vt_campaign *c, const vt_journal *j, vt_buf *text, int *there,
                                       vt_err *err);
/* The newest decision of a journal, whatever its campaign; *o NULL: there is none. */
VT_MUST_CHECK vt_status vt_target_newest(const vt_journal *j, vt_json **o, vt_err *err);
/* What that one leaves for the next: its looks at the verdict (none were spent: zeros), and its round (0: none). */
VT_MUST_CHECK vt_status vt_target_before(const vt_journal *j, vt_target_looks *looks, int *round, vt_err *err);
/* 1: the decision on the campaign as it is now asks for nothing more; also if there is no target. */
VT_MUST_CHECK vt_status vt_target_is_over(const vt_campaign *c, const vt_journal *j, int *over, vt_err *err);

/* told.c: [{"composition","what","goal","reached","half_width","spent_ns","why"}], one row an aim of a composition, and
 * one of the verdict with composition null; half_width null where there is no interval. */
vt_json *vt_target_json(const vt_campaign *c, const vt_target_round *r);
/* The rows of a recorded decision as a table for people; NULL: says that there is none yet. */
void vt_target_text(const vt_json *decision, vt_buf *out);
/* The `target` array of a recorded decision; NULL: an empty one. */
vt_json *vt_target_rows(const vt_json *decision);

#endif
