/* export.h - structures of a campaign's folder as files of other programs (layer 9). */
#ifndef VT_EXPORT_H
#define VT_EXPORT_H

#include "runner/folder/folder.h"

typedef enum vt_export_what {
  VT_EXPORT_GLASS,     /* every glass, at the end of its quench                              */
  VT_EXPORT_LAST,      /* how every MD task ended, with velocities                           */
  VT_EXPORT_TRAJECTORY /* the frames of every production, where they were asked for          */
} vt_export_what;
#define VT_EXPORT_WHATS "glass|last|trajectory"

typedef enum vt_export_format { VT_EXTXYZ, VT_POSCAR, VT_LAMMPS_DATA, VT_H5MD } vt_export_format;
#define VT_EXPORT_FORMATS "extxyz|poscar|lammps-data|h5md"

/* Units: A; velocities A/fs in extended XYZ (`vel`; beside them `momenta` as ASE has them, sqrt(eV u)) and POSCAR, A/ps
 * in LAMMPS data (units metal) and H5MD.  Numbers are %.17g, so that what was double comes back.  LAMMPS data are
 * `Atoms # charge` with image flags; the cell is turned so that its first vector is x and the second lies in the xy
 * plane, and atoms turn with it. */
typedef struct vt_export {
  vt_export_what what;
  vt_export_format format;
  const char *composition; /* a name; NULL: all                              */
  int task;                /* row; -1: all.  With GLASS: an MD task stands for its glass */
  const char *folder;      /* is made if it is not there                     */
  /* After each file; NULL: nobody asks. */
  void (*wrote)(void *ctx, const char *path);
  /* A task whose result does not have what is asked for, with the reason; the others go on. */
  void (*lacks)(void *ctx, const vt_plan *p, const char *why);
  void *ctx;
  int n_files, n_lacking, n_damaged; /* filled in; damaged trajectories are lacking, too */
} vt_export;

/* Structures of the results in the journal.  VT_EINVAL: no such composition.  VT_EIO: a file could not be written. */
VT_MUST_CHECK vt_status vt_export_structures(vt_export *e, const vt_outdir *dir, const vt_campaign *c,
                                             const vt_journal *j, vt_err *err);

#endif
