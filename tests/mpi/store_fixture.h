/* store_fixture.h - a store with everything that a campaign's store has, its values pure functions of their place. */
#ifndef VT_STORE_FIXTURE_H
#define VT_STORE_FIXTURE_H

#include "runner/store/store.h"

enum {
  FX_ROWS = 37,
  FX_COMP = 2,
  FX_SPECIES = 4,
  FX_LAGS = 120,
  FX_BINS = 300,
  FX_DSETS = 32,
  FX_TAGS = 40,
  FX_WIDTH = 32,
  FX_ATTRS = 3
};

typedef struct fixture {
  vt_store_spec spec;
  vt_store_dset dset[FX_DSETS];
  vt_store_attr attr[FX_ATTRS];
  int64_t fail_row;                            /* the callback refuses this row; -1: none */
  int64_t asked[FX_ROWS], n_asked, last_asked; /* what this rank's callback was asked for */
  int out_of_order;
  void (*before_row)(int64_t row); /* called by the callback, if set */
} fixture;

extern const char fx_campaign[];
extern double fx_wall_s; /* what /timing/wall holds */

/* *fx must stay where it is: fx->spec points into it.  fx->dset may be changed before use. */
void fx_make(fixture *fx);
void fx_drop(fixture *fx, const char *path); /* leave a dataset out */
vt_store_dset *fx_find(fixture *fx, const char *path);
/* The value of item i of a row of a row dataset; rows with fx_absent(row) stay blank. */
double fx_f64(const char *path, int64_t row, size_t i);
int64_t fx_i64(const char *path, int64_t row, size_t i);
void fx_str(const char *path, int64_t row, size_t i, char *out, size_t width);
int fx_absent(int64_t row);
size_t fx_items(const vt_store_dset *d); /* of one row */

#endif
