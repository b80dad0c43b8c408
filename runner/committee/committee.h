/* committee.h - several potentials that answer together, and their file (layer 3).
 *
 * The file is that of the back end `committee` (engine/pot/committee.c): `KIND PATH` a line, a path relative to the
 * file's folder, '#' begins a comment.  Here all members are of kind nep, with the same elements in the same order;
 * their forms may differ.  What is written has a comment behind each member, `# sha256 <64 hex digits>`; where it
 * stands, the member must be that file. */
#ifndef VT_COMMITTEE_H
#define VT_COMMITTEE_H

#include "engine/nep/nep.h"

enum { VT_COMMITTEE_MOST = 64 };

typedef struct vt_committee {
  int n;
  vt_nep_model **m;      /* [n] */
  char (*file)[VT_PATH]; /* [n] as found */
} vt_committee;

/* A committee file (its first word is `nep`), or a potential by itself: a committee of one.  VT_EPARSE: names file and
 * line; another kind; a member that is not the one of its checksum, or has other elements.  VT_EIO, VT_EUNSUP.
 * vt_committee_free. */
VT_MUST_CHECK vt_status vt_committee_read(const char *path, vt_committee *c, vt_err *err);
void vt_committee_free(vt_committee *c);
/* The text of a committee file: its first line; then a line for each file of these bytes. */
void vt_committee_begin(vt_buf *b);
void vt_committee_add(vt_buf *b, const char *name, const void *data, size_t n);

#endif
