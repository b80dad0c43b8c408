/* campaigns.h - campaigns with the observables and potentials of this build, and records of their tasks in a journal.
 */
#ifndef VT_TEST_CAMPAIGNS_H
#define VT_TEST_CAMPAIGNS_H

#include "config/config.h"

/* (campaigns.c: needs config, engine/obs, engine/pot) */
const vt_campaign_env *vt_test_env(void);
/* A campaign from its text, resolved; relative paths refer to /somewhere.  Fails the running test on error. */
vt_campaign *vt_test_campaign(const char *text);
/* Plain formulas ("LiAlCl4, NaTaCl6") of about 24 Lennard-Jones atoms at these temperatures ("[500 K, 600 K]"); a melt
 * and an equilibration of 0.1 ps, a production of 1 ps, all observables that are on by default; `more`: further lines.
 */
vt_campaign *vt_test_small_campaign(const char *formulas, const char *temperatures, int glasses, const char *more);
/* Fails the running test on error. */
vt_plan vt_test_plan(const vt_campaign *c, int task);

/* (records.c: needs also runner/records) One record in a shard of its own in the folder. */
void vt_test_record_result(const char *journal, const vt_plan *p, const double *values, size_t n);
void vt_test_record_failure(const char *journal, const vt_uid *uid, int attempt, int half_stage, int crashed,
                            vt_status status, const char *text);
/* Values of a task's layout: value k is first + k. *n values, to be freed with free. */
double *vt_test_counting_values(const vt_plan *p, double first, size_t *n);

#endif
