/* rows.h - from one task's arrays to a row of the campaign's datasets and back; private to runner/drive. */
#ifndef VT_DRIVE_ROWS_H
#define VT_DRIVE_ROWS_H

#include "config/config.h"
#include "engine/spec/spec.h"
#include "runner/journal/journal.h"

/* One dataset of the campaign with a row a task: the task's array with species and pair axes widened to the campaign's
 * species table and other axes to the longest of any task. */
typedef struct vt_row_def {
  vt_array_def def; /* dims of the campaign */
  int kind;         /* vt_task_kind that fills it */
} vt_row_def;

/* All row datasets, in the order in which tasks declare them.  *defs: vt_free. */
VT_MUST_CHECK vt_status vt__row_defs(const vt_campaign *c, vt_row_def **defs, int *n, vt_err *err);
/* Dataset path, e.g. "/obs/msd/mean", "/glass/x". */
void vt__row_path(const vt_row_def *d, char path[96]);

typedef enum vt_row_way { VT_ROW_SCATTER, VT_ROW_GATHER } vt_row_way;
/* Between a task's array (dims of `task`) and a row (dims of `row`): scatter writes only the row's elements that the
 * task has; gather fills the whole task array. */
VT_MUST_CHECK vt_status vt__row_copy(vt_row_way way, const vt_campaign *c, const vt_composition *comp,
                                     const vt_array_def *task, const vt_array_def *row, double *task_values,
                                     double *row_values, vt_err *err);

/* One task's arrays out of the journal into row `row` (vt_store_spec.row): out[k] belongs to def[k]; a task without a
 * result leaves it as it is.  ctx: vt__row_source. */
typedef struct vt__row_source {
  const vt_campaign *c;
  const vt_journal *j;
  const vt_row_def *def;
  int n_def;
} vt__row_source;
VT_MUST_CHECK vt_status vt__row_fill(void *ctx, int64_t row, void *const *out, vt_err *err);

#endif
