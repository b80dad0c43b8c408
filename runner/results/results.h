/* results.h - results.h5: its rows and tables out of the journal, and back into arrays (layer 8). */
#ifndef VT_RESULTS_H
#define VT_RESULTS_H

#include "runner/comm/comm.h"
#include "runner/journal/journal.h"
#include "runner/records/records.h"
#include "runner/screening/screening.h"
#include "runner/store/store.h"

/* From the journal. */
VT_MUST_CHECK vt_status vt_fits_from_journal(const vt_campaign *c, const vt_journal *j, vt_fits **f, vt_err *err);
/* Collective: the same on rank 0 (elsewhere *f is NULL), with its compositions divided over the ranks; `journal` is the
 * folder of j, which is read on rank 0 alone.  The same bytes whatever the number of ranks. */
VT_MUST_CHECK vt_status vt_fits_shared(vt_comm *comm, const vt_campaign *c, const char *journal, const vt_journal *j,
                                       vt_fits **f, vt_err *err);
/* From a store (its own campaign text is parsed into *c, which the caller frees).  asked (NULL: nothing) is put into
 * (*c)->compare before anything is fitted. */
VT_MUST_CHECK vt_status vt_fits_from_store(const char *path, const vt_campaign_env *env, const vt_compare_asked *asked,
                                           vt_campaign **c, vt_fits **f, vt_err *err);

/* Collective: results.h5 out of the journal in the folder `journal`; j and f of rank 0 are read. */
VT_MUST_CHECK vt_status vt_results_assemble(vt_comm *comm, const vt_campaign *c, const char *journal,
                                            const vt_journal *j, const vt_fits *f, const char *path, vt_err *err);

/* Collective: fits of what the journal holds now (on rank 0; freed by the caller, also after a failure), and results.h5
 * unless it shows just that.  j: of rank 0, refreshed; elsewhere NULL. */
VT_MUST_CHECK vt_status vt_results_make(vt_comm *comm, const char *path, const vt_campaign *c, const char *journal,
                                        vt_journal *j, vt_fits **fits, vt_err *err);

/* One dataset of the campaign with a row a task: the task's array with species and pair axes widened to the campaign's
 * species table and other axes to the longest of any task. */
typedef struct vt_row_def {
  vt_array_def def; /* dims of the campaign */
  int kind;         /* vt_task_kind that fills it */
} vt_row_def;

/* All row datasets, in the order in which tasks declare them.  *defs: vt_free. */
VT_MUST_CHECK vt_status vt_row_defs(const vt_campaign *c, vt_row_def **defs, int *n, vt_err *err);
/* Dataset path, e.g. "/obs/msd/mean", "/glass/x". */
void vt_row_path(const vt_row_def *d, char path[96]);

/* One task's arrays out of the journal into row `row` (vt_store_spec.row): out[k] belongs to def[k]; a task without a
 * result leaves it as it is.  ctx: vt_row_source. */
typedef struct vt_row_source {
  const vt_campaign *c;
  const vt_journal *j;
  const vt_row_def *def;
  int n_def;
} vt_row_source;
VT_MUST_CHECK vt_status vt_row_fill(void *ctx, int64_t row, void *const *out, vt_err *err);

enum { VT_TABLES_MOST = 8192, VT_GROUPS_MOST = 2048 };

/* Axes of a dataset: "tasks", "compositions", ... (axes.c); none of a single value. */
typedef struct vt_axes {
  int n_dim;
  struct {
    const char *name;
    int64_t n;
  } axis[VT_MAX_DIM + 1];
} vt_axes;

/* Datasets and the memory of their contents.  After the first failure the others do nothing and `rc` says why. */
typedef struct vt_tables {
  vt_store_dset dset[VT_TABLES_MOST];
  void *memory[VT_TABLES_MOST];
  int n;
  vt_store_group group[VT_GROUPS_MOST]; /* what groups hold; some may be empty */
  int n_group;
  vt_status rc;
  vt_err *err;
} vt_tables;

void vt_tables_free(vt_tables *t);

/* /tasks, /compositions, /species, /timing; j NULL: as before the first result. */
void vt_tables_campaign(vt_tables *t, const vt_campaign *c, const vt_journal *j);

/* The tree of the store of a campaign (NULL: of an example that observes everything), from the tables that write it:
 * path, axes, type, unit and meaning of every dataset, as Markdown or as JSON. */
VT_MUST_CHECK vt_status vt_store_schema(const vt_campaign *c, const vt_campaign_env *env, int json, vt_buf *out,
                                        vt_err *err);

#endif
