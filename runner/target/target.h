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
 * (c->id, resolved): {"vitrion_decision":1,"campaign":"<id>","ends","spent_ns","asked_ns","looks":{"done","verdict",
 * "why"},"compositions":[{"name","state","glasses","production":[{"T_K","add_ps"}]}]}. */
VT_MUST_CHECK vt_status vt_target_record(const vt_campaign *c, const vt_target_round *r, vt_buf *out, vt_err *err);
/* What vt_target_apply needs, and the looks; half-widths are not in a record.  VT_EINVAL: of another campaign.
 * VT_ECORRUPT: not one.  VT_EPARSE: no JSON. */
VT_MUST_CHECK vt_status vt_target_recorded(const vt_campaign *c, const char *text, size_t n, vt_target_round *out,
                                           vt_err *err);

/* told.c: [{"composition","what","goal","reached","half_width","spent_ns","why"}], one row an aim of a composition, and
 * one of the verdict with composition null; half_width null where there is no interval. */
vt_json *vt_target_json(const vt_campaign *c, const vt_target_round *r);
/* The same as a table for people. */
void vt_target_text(const vt_campaign *c, const vt_target_round *r, vt_buf *out);

#endif
