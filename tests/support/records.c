#include <stdio.h>

#include "runner/records/records.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static void append(const char *journal, vt_rec_type type, const vt_uid *uid, int attempt, int half_stage,
                   const void *head, size_t n_head, const void *body, size_t n_body)
{
  vt_journal_writer *w;
  vt_err err = {0};
  VT_TEST_OK(vt_journal_create(&w, journal, 0, &err), &err);
  VT_TEST_OK(vt_journal_append(w, type, uid, attempt, half_stage, head, n_head, body, n_body, &err), &err);
  VT_TEST_OK(vt_journal_sync(w, &err), &err);
  vt_journal_close(w);
}

void vt_test_record_result(const char *journal, const vt_plan *p, const double *values, size_t n)
{
  vt_result_head h = {.version = VT_RESULT_VERSION,
                      .kind = p->kind,
                      .n_values = n,
                      .ns = 0.5,
                      .wall_s = 2,
                      .rank = 3,
                      .produce_steps = vt_record_steps(p),
                      .host = "a host",
                      .kernel = "a kernel",
                      .build_id = "a build"};
  append(journal, VT_REC_RESULT, &p->uid, 0, 0, &h, sizeof h, values, n * sizeof *values);
}

void vt_test_record_failure(const char *journal, const vt_uid *uid, int attempt, int half_stage, int crashed,
                            vt_status status, const char *text)
{
  vt_failure_head h = {.version = VT_FAILURE_VERSION,
                       .stage = VT_STAGE_MELT,
                       .step = 17,
                       .crashed = crashed,
                       .host = "a host",
                       .build_id = "a build"};
  h.err.code = status;
  (void)snprintf(h.err.text, sizeof h.err.text, "%s", text);
  append(journal, VT_REC_FAILURE, uid, attempt, half_stage, &h, sizeof h, NULL, 0);
}

double *vt_test_counting_values(const vt_plan *p, double first, size_t *n)
{
  vt_array_def def[VT_MAX_ARRAYS];
  int k;
  vt_err err = {0};
  VT_TEST_OK(vt_replica_layout(p, def, VT_MAX_ARRAYS, &k, &err), &err);
  *n = 0;
  for (int a = 0; a < k; a++) *n += vt_array_count(&def[a]);
  double *v = vt_test_array(*n, sizeof *v);
  for (size_t i = 0; i < *n; i++) v[i] = first + (double)i;
  return v;
}
