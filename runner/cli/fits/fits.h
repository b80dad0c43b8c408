/* fits.h - what `vitrion fit` and `vitrion rank` share; private to the program. */
#ifndef VT_CLI_FITS_H
#define VT_CLI_FITS_H

#include "runner/cli/cli.h"
#include "runner/folder/folder.h"

/* An output folder with a store (*dir is filled), or a readable table.  -1, or the exit code after a message. */
int vt_cli_fit_source(const vt_usage *u, const char *path, vt_outdir *dir, int *is_folder);

#endif
