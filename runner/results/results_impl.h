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

/* A zeroed table that the caller fills; NULL after a failure. */
double *vt__table_f64(vt_tables *t, const char *path, const char *unit, const char *doc, vt_axes axes);
int64_t *vt__table_i64(vt_tables *t, const char *path, const char *doc, vt_axes axes);
/* `width` bytes a text, its NUL included. */
char *vt__table_str(vt_tables *t, const char *path, const char *doc, vt_axes axes, int width);
/* Copy text into row i of a string table (cut to fit). */
void vt__table_put(char *table, int64_t i, int width, const char *text);

/* Axes that several tables have. */
vt_axes vt__axis(const char *name, int64_t n);
vt_axes vt__axis_more(vt_axes axes, const char *name, int64_t n);
vt_axes vt__axes_tasks(const vt_campaign *c);
vt_axes vt__axes_comps(const vt_campaign *c);
vt_axes vt__axes_groups(const vt_campaign *c); /* compositions, temperatures */

/* The axis `label` of n indices with its scale; texts of table axes by number, NULL behind the last (axes.c). */
vt_store_axis vt__axis_named(const char *label, int64_t n);
const char *vt__axis_doc(int k, const char **label, const char **scale);
/* Dimensions and axes of a row dataset: without an axis that holds a single value. */
VT_MUST_CHECK vt_status vt__axes_of_row(const vt_row_def *r, int64_t n_tasks, vt_store_dset *d, vt_err *err);
/* /axes: the scales that the rows and the tables so far need.  Positions come from results; j NULL: NaN. */
void vt__tables_axes(vt_tables *t, const vt_campaign *c, const vt_journal *j, const vt_row_def *rows, int n_rows);

/* Say what the group at `path` holds; of one that has a doc already nothing changes. */
void vt__table_group(vt_tables *t, const char *path, const char *doc);
/* Docs of all groups of the datasets [n]; VT_EBUG in t->rc names one that has none (docs.c). */
void vt__tables_docs(vt_tables *t, const vt_fits *f, const vt_store_dset *dset, int n);
/* Attribute README of the root group, appended. */
void vt__readme(const vt_campaign *c, vt_buf *out);

/* /transport, /fits, /compare */
void vt__tables_fits(vt_tables *t, const vt_campaign *c, const vt_fits *f);
/* /failures and /timing/crash; j NULL: as before the first failure. */
void vt__tables_failures(vt_tables *t, const vt_campaign *c, const vt_journal *j);
/* /structure, /stationarity, /gates by task; /pool, /residence, /structure_mean by composition and temperature */
void vt__tables_groups(vt_tables *t, const vt_campaign *c, const vt_fits *f);

/* Structs of `size` bytes, as many as the axes say. */
typedef struct vt__rows {
  const void *base;
  size_t size;
  vt_axes axes;
} vt__rows;

/* Field `f` as the dataset group/name; a field of parts as the group group/name. */
void vt__table_field(vt_tables *t, const char *group, const vt_field *f, const vt__rows *rows);
void vt__table_fields(vt_tables *t, const char *group, const vt_fields *all, const vt__rows *rows);
/* The same of an array over species in each struct, `step` bytes apart, with an axis over the campaign's species; NaN
 * (-1) where the species is absent or the struct's int32_t at n_species is 0.  The first axis of the rows is tasks or
 * compositions. */
void vt__table_species(vt_tables *t, const vt_campaign *c, const char *group, const vt_field *f, const vt__rows *rows,
                       size_t step, size_t n_species);

/* Everything that the store of a campaign holds. */
typedef struct vt__contents {
  vt_row_def *row;
  int n_rows;
  vt_tables *tables;
  vt_store_dset *dset; /* [n] those of the rows, then the tables */
  int n;
} vt__contents;
/* j NULL: without results.  vt__contents_free also after a failure. */
VT_MUST_CHECK vt_status vt__contents_of(const vt_campaign *c, const vt_journal *j, const vt_fits *f, vt__contents *out,
                                        vt_err *err);
void vt__contents_free(vt__contents *s);
/* *same: the digests in the store are those that results, failures and fits of the journal have now. */
VT_MUST_CHECK vt_status vt__results_promised(vt_store *s, const vt_campaign *c, const vt_journal *j, const vt_fits *f,
                                             int *same, vt_err *err);
/* Attributes of the root group; their number. */
enum { VT__ATTRIBUTES = 5 };
int vt__attributes_of(const vt_campaign *c, vt_store_attr attr[VT__ATTRIBUTES]);

/* For a campaign that is only read: any element, no hash (its uids are not used). */
VT_MUST_CHECK vt_status vt__any_potential(void *ctx, const char *kind, const char *path, vt_pot_facts *out,
                                          vt_err *err);

#endif
