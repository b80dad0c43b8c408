/* results_impl.h - private to runner/results. */
#ifndef VT_RESULTS_IMPL_H
#define VT_RESULTS_IMPL_H

#include "runner/results/results.h"

typedef enum vt_row_way { VT_ROW_SCATTER, VT_ROW_GATHER } vt_row_way;
/* Between a task's array (dims of `task`) and a row (dims of `row`): scatter writes only the row's elements that the
 * task has; gather fills the whole task array. */
VT_MUST_CHECK vt_status vt__row_copy(vt_row_way way, const vt_campaign *c, const vt_composition *comp,
                                     const vt_array_def *task, const vt_array_def *row, double *task_values,
                                     double *row_values, vt_err *err);

/* A zeroed table of dims (n1 0: one axis) that the caller fills; NULL after a failure. */
double *vt__table_f64(vt_tables *t, const char *path, const char *unit, const char *doc, int64_t n0, int64_t n1);
int64_t *vt__table_i64(vt_tables *t, const char *path, const char *doc, int64_t n0, int64_t n1);
/* The same with n_dim axes. */
double *vt__table_nd(vt_tables *t, const char *path, const char *unit, const char *doc, int n_dim, const int64_t *dim);
int64_t *vt__table_nd_i64(vt_tables *t, const char *path, const char *doc, int n_dim, const int64_t *dim);
char *vt__table_str(vt_tables *t, const char *path, const char *doc, int64_t n, int width);
/* Copy text into row i of a string table (cut to fit). */
void vt__table_put(char *table, int64_t i, int width, const char *text);

/* /transport, /fits, /compare */
void vt__tables_fits(vt_tables *t, const vt_campaign *c, const vt_fits *f);
/* /failures and /timing/crash. */
void vt__tables_failures(vt_tables *t, const vt_campaign *c, const vt_journal *j);
/* /structure, /stationarity by task; /pool, /residence, /structure_mean by composition and temperature */
void vt__tables_groups(vt_tables *t, const vt_campaign *c, const vt_fits *f);

/* n0 (by n1, unless that is 0) structs of `size` bytes. */
typedef struct vt__rows {
  const void *base;
  size_t size;
  int64_t n0, n1;
} vt__rows;

/* Column `f` as the table group/name. */
void vt__table_column(vt_tables *t, const char *group, const vt_field *f, const vt__rows *rows);
/* The same of an array over species in each struct, `step` bytes apart, with an axis over the campaign's species; NaN
 * (-1) where the species is absent or the struct's int32_t at n_species is 0.  Rows are tasks (n1 0), else compositions
 * by temperatures. */
void vt__table_species(vt_tables *t, const vt_campaign *c, const char *group, const vt_field *f, const vt__rows *rows,
                       size_t step, size_t n_species);

#endif
