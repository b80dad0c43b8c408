/* formats.h - frames of atoms out of files of any program (layer 3).
 *
 * One reader: vt_frames_next gives frame after frame of one file, or of several files of one run, whatever their
 * format. Each format is a vt_format in a file of its own: extended XYZ, POSCAR/CONTCAR, XDATCAR, LAMMPS dump and data.
 * What needs a library that the engine does not have (HDF5) comes from above, in vt_frames_options.more.  A file is
 * known by its beginning, never by its name; what nobody knows is read as extended XYZ, whose messages then say what is
 * expected. Texts may be compressed (vt_input).  Mistakes carry path:line:col. */
#ifndef VT_FORMATS_H
#define VT_FORMATS_H

#include "engine/base/base.h"
#include "engine/sys/sys.h"

enum { VT_FRAMES_TYPES = 32 };

typedef struct vt_frames_options {
  int n_types;                         /* elements of atom types 1, 2, ... where the file itself names no elements */
  int type_z[VT_FRAMES_TYPES];         /* [n_types] atomic numbers                                                 */
  vt_mistakes *mistakes;               /* NULL: the first one ends reading; borrowed                               */
  const struct vt_format *const *more; /* formats from above, NULL-terminated; NULL: none                       */
} vt_frames_options;

/* ------------------------------------------------------------------ one format */

typedef struct vt_format {
  const char *name; /* "LAMMPS dump" */
  int is_binary;    /* its beginning is that of the file as it is, and it expands compressed files itself */
  int has_types;    /* its atoms may have types in the place of elements (vt_frames_options.n_types) */
  int counts_file;  /* its steps count the frames of one file: the next file of a run begins anew */
  /* Does a file that begins with these bytes (expanded; up to 4096, less only if it is shorter) have this format? */
  int (*fits)(const char *head, size_t n);
  /* *state is made by open and freed by close, which takes NULL. */
  vt_status (*open)(void **state, const char *path, const vt_frames_options *o, vt_err *err);
  /* VT_OK with *got = 0 at the end; s is zeroed before, and freed by the caller.  With o->mistakes: what is wrong with
   * an atom's line is noted, the frame is read on, and is not to be used. */
  vt_status (*next)(void *state, vt_structure *s, int *got, vt_err *err);
  void (*close)(void *state);
} vt_format;

/* The format of a file; VT_EIO: it cannot be opened. */
VT_MUST_CHECK vt_status vt_format_of(const char *path, const vt_frames_options *o, const vt_format **f, vt_err *err);

/* ------------------------------------------------------------------ frames */

/* Files of one run, in order.  Strings are borrowed until close. */
typedef struct vt_frames vt_frames;
VT_MUST_CHECK vt_status vt_frames_open(vt_frames **f, const char *const *path, int n_paths, const vt_frames_options *o,
                                       vt_err *err);
/* The next frame; *got = 0 at the end of the last file.  What a program writes twice when it goes on from a restart - a
 * first frame that is the last one of the file before: the same step or time, or, where neither is said, the same
 * numbers - is passed over.  Free s.  VT_EPARSE, VT_EIO. */
VT_MUST_CHECK vt_status vt_frames_next(vt_frames *f, vt_structure *s, int *got, vt_err *err);
const char *vt_frames_path(const vt_frames *f);        /* of the file that the last frame came from */
const vt_format *vt_frames_format(const vt_frames *f); /* of that file */
int vt_frames_repeated(const vt_frames *f);            /* how many frames were passed over */
void vt_frames_close(vt_frames *f);

#endif
