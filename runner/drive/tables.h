/* tables.h - the small tables of the store, built whole in memory; private to runner/drive. */
#ifndef VT_DRIVE_TABLES_H
#define VT_DRIVE_TABLES_H

#include "runner/drive/drive.h"
#include "runner/store/store.h"

enum { VT_TABLES_MOST = 4096 };

/* Datasets and the memory of their contents.  After the first failure the others do nothing and `rc` says why. */
typedef struct vt_tables {
  vt_store_dset dset[VT_TABLES_MOST];
  void *memory[VT_TABLES_MOST];
  int n;
  vt_status rc;
  vt_err *err;
} vt_tables;

/* A zeroed table of dims (n1 0: one axis) that the caller fills; NULL after a failure. */
double *vt__table_f64(vt_tables *t, const char *path, const char *unit, const char *doc, int64_t n0, int64_t n1);
int64_t *vt__table_i64(vt_tables *t, const char *path, const char *doc, int64_t n0, int64_t n1);
/* The same with n_dim axes. */
double *vt__table_nd(vt_tables *t, const char *path, const char *unit, const char *doc, int n_dim, const int64_t *dim);
int64_t *vt__table_nd_i64(vt_tables *t, const char *path, const char *doc, int n_dim, const int64_t *dim);
char *vt__table_str(vt_tables *t, const char *path, const char *doc, int64_t n, int width);
/* Copy text into row i of a string table (cut to fit). */
void vt__table_put(char *table, int64_t i, int width, const char *text);
void vt__tables_free(vt_tables *t);

/* /tasks, /compositions, /species, /timing */
void vt__tables_campaign(vt_tables *t, const vt_campaign *c, const vt_journal *j);
/* /transport, /fits, /compare */
void vt__tables_fits(vt_tables *t, const vt_campaign *c, const vt_fits *f);
/* /structure, /stationarity by task; /pool, /residence, /structure_mean by composition and temperature */
/* /failures and /timing/crash. */
void vt__tables_failures(vt_tables *t, const vt_campaign *c, const vt_journal *j);
void vt__tables_groups(vt_tables *t, const vt_campaign *c, const vt_fits *f);

/* ------------------------------------------------------------------ columns of structs (fields.c) */

/* A member of a struct, or one of an array of structs in it. */
typedef struct vt__field {
  const char *name, *unit, *doc;
  size_t offset;
  int is_int;  /* int32_t, else double                         */
  int n;       /* values of a further axis; 0, 1: there is none */
  size_t step; /* bytes between these                          */
} vt__field;

#define VT_FIELD(type, member, name, unit, doc) {name, unit, doc, offsetof(type, member), 0, 0, 0}
#define VT_FIELD_INT(type, member, name, doc) {name, "1", doc, offsetof(type, member), 1, 0, 0}
#define VT_FIELDS(type, member, name, unit, doc, n, step) {name, unit, doc, offsetof(type, member), 0, n, step}
#define VT_FIELDS_INT(type, member, name, doc, n, step) {name, "1", doc, offsetof(type, member), 1, n, step}
#define VT_COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

/* n0 (by n1, unless that is 0) structs of `size` bytes. */
typedef struct vt__rows {
  const void *base;
  size_t size;
  int64_t n0, n1;
} vt__rows;

/* Column `f` as the table group/name. */
void vt__table_column(vt_tables *t, const char *group, const vt__field *f, const vt__rows *rows);
/* The same of an array over species in each struct, `step` bytes apart, with an axis over the campaign's species; NaN (-1)
 * where the species is absent or the struct's int32_t at n_species is 0.  Rows are tasks (n1 0), else compositions by
 * temperatures. */
void vt__table_species(vt_tables *t, const vt_campaign *c, const char *group, const vt__field *f, const vt__rows *rows,
                       size_t step, size_t n_species);
/* The number itself. */
double vt__field_at(const vt__field *f, const void *base, int k);

/* Of vt_structure_summary, of a pool, of a mean over glasses. */
extern const vt__field vt__structure_fields[], vt__pooled_fields[], vt__mean_fields[];
extern const int vt__n_structure_fields, vt__n_pooled_fields, vt__n_mean_fields;
/* Mean over the glasses of a group of value k of a structure field; geometric for times (T 13.5). */
vt_over_glasses vt__structure_mean(const vt_fits *f, int comp, int temp, const vt__field *field, int k);
/* The vt_pooled members of a vt_pool: name, unit, doc, offset. */
extern const vt__field vt__pool_members[];
extern const int vt__n_pool_members;

#endif
