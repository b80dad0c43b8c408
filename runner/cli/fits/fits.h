/* fits.h - what `vitrion fit` and `vitrion rank` share; private to the program. */
#ifndef VT_CLI_FITS_H
#define VT_CLI_FITS_H

#include "runner/cli/cli.h"
#include "runner/folder/folder.h"
#include "runner/ranking/ranking.h"

/* An output folder with a store (*dir is filled), or a readable table.  -1, or the exit code after a message. */
int vt_cli_fit_source(const vt_usage *u, const char *path, vt_outdir *dir, int *is_folder);

/* If the store of a folder, whose campaign and fits these are, is older than the folder, a note on stderr says so. */
void vt_cli_note_old_store(const vt_outdir *dir, const vt_campaign *c, const vt_fits *f);

/* Haven ratios: the temperatures that the first folder measured, and whether one has that of each r->by. */
typedef struct vt_rank_measured {
  char text[160];
  int is_there[3];
} vt_rank_measured;

/* rank_source.c: the compositions of one more folder or table into r->entry.  The first source settles the temperatures
 * of r->by that were not given (NaN).  -1, or the exit code after a message. */
int vt_cli_rank_source(const vt_usage *u, const char *path, vt_ranking *r, vt_rank_measured *m);

/* rank_needs.c: what would resolve a value that is not, x->needs and x->needs_ns, by the rule of `plan` (T 14). */
void vt_cli_rank_needs(const vt_campaign *c, const vt_fits *f, int comp, const vt_ranking_by *by, vt_ranking_value *x);
/* d: its Arrhenius line. */
void vt_cli_rank_needs_of_table(const vt_table *t, int comp, const vt_ranking_by *by, const vt_arrh *d,
                                vt_ranking_value *x);

#endif
