/* pages.h - programs in Python that the commands hand over to, and files that are shipped beside the program. */
#ifndef VT_CLI_PAGES_H
#define VT_CLI_PAGES_H

#include <limits.h>

#include "runner/cli/cli.h"

/* A file that is shipped: `name` in a folder above the program (a build tree), or in share/vitrion beside its bin.
 * Returns `path`, or NULL if it can be read at neither place. */
const char *vt_cli_shipped(const char *name, char path[PATH_MAX]);

/* This program's own file; NULL if the system does not tell. */
const char *vt_cli_program(char path[PATH_MAX]);

/* Run a shipped script by a Python that has the modules h5py, matplotlib and numpy: $VITRION_PYTHON, python3 of the
 * PATH, /usr/bin/python3, the first of these that has them.  args[n] follow the script's name; all are borrowed.
 * Returns the script's exit code, or VT_EXIT_FAIL after a message that names what is missing. */
int vt_cli_python(const vt_usage *u, const char *script, const char *const *args, int n);

#endif
