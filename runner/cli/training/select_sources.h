/* select_sources.h - where `vitrion select` finds frames: files, folders of files, output folders of campaigns. */
#ifndef VT_SELECT_SOURCES_H
#define VT_SELECT_SOURCES_H

#include "runner/cli/cli.h"
#include "runner/selection/selection.h"

typedef struct vt_select_sources {
  int n, cap;
  vt_selection_source *source; /* [n] */
  const char *out;             /* what will be written: no source, even if it lies in a folder that is one */
  char scratch[VT_PATH];       /* last frames of campaigns were written here; "": there are none */
} vt_select_sources;

/* The files of one argument: itself; of an output folder trajectory/, glass/, failed/ and how each MD task ended (one
 * run a task); of another folder the files that look like frames.  -1, or the exit code after a message. */
int vt_select_source_add(vt_select_sources *s, const vt_usage *u, const char *path);
/* Removes the scratch folder, too. */
void vt_select_sources_free(vt_select_sources *s);

#endif
