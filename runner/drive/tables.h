/* tables.h - the small tables of the store, built whole in memory; private to runner/drive. */
#ifndef VT_DRIVE_TABLES_H
#define VT_DRIVE_TABLES_H

#include "runner/drive/drive.h"
#include "runner/store/store.h"

enum { VT_TABLES_MOST = 512 };

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
char *vt__table_str(vt_tables *t, const char *path, const char *doc, int64_t n, int width);
/* Copy text into row i of a string table (cut to fit). */
void vt__table_put(char *table, int64_t i, int width, const char *text);
void vt__tables_free(vt_tables *t);

/* /tasks, /compositions, /species, /timing */
void vt__tables_campaign(vt_tables *t, const vt_campaign *c, const vt_journal *j);
/* /transport, /fits, /compare */
void vt__tables_fits(vt_tables *t, const vt_campaign *c, const vt_fits *f);

#endif
