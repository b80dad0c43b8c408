/* trajectory_impl.h - a trajectory that someone else made, frame by frame; private to engine/replica. */
#ifndef VT_TRAJECTORY_IMPL_H
#define VT_TRAJECTORY_IMPL_H

#include "engine/formats/formats.h"
#include "engine/replica/replica.h"

/* What the comment lines say of time, against --dt (trajectory_time.c). */
typedef struct vt__clock {
  double dt_ps;        /* what was asked for */
  vt_stamp time, step; /* of the frame before */
  double first_time;   /* of the first frame */
  double least_digit;  /* of all times so far: 0.1 after 0, 0.5, 1 */
  double unit_per_ps;  /* 1 (ps) or 1000 (fs); NaN: the file has no times */
  double step_apart;   /* between two frames; NaN: not known yet, or no steps */
  int no_steps;        /* the key is no counter: it says the same in the first two frames */
  char replica[24];
  uint64_t *seen; /* [n_slots] prints of all frames, open addressing, 0: free; owned */
  size_t n_slots, n_seen;
  int again_frame, again_line; /* the first frame that is equal to an earlier one; 0: there is none */
} vt__clock;

/* The files of a run being read: what all frames share, and the frame at hand. */
typedef struct vt__reader {
  const char *path; /* of the frame at hand */
  vt_frames *frames;
  const vt_mistakes *mistakes; /* of the options, or NULL */
  vt_structure now;
  int n, n_frames;         /* read */
  int n_taken;             /* frames that the observables got */
  int was_unfolded;        /* the frame before */
  char (*symbol)[4];       /* [n] of the first frame, in the order of ids if there are any */
  int64_t *id;             /* [n] of the first frame, or NULL                              */
  int *type;               /* [n]                                                          */
  vt_cell cell;            /* of the last frame, reduced                                   */
  double (*before)[3];     /* [n] positions of the last frame */
  double (*dx)[3];         /* [n] displacement so far         */
  double largest_move;     /* between two frames, over the shortest lattice vector */
  double least_height;     /* of any frame's cell */
  double volume;           /* sum over the frames that were taken */
  double n_still, n_moved; /* atoms that were where they had been one frame before, or not; of frames that differ */
  vt_unknown_moves unknown;
  double sum2[VT_MAX_SPECIES], doubt2[VT_MAX_SPECIES]; /* of squared steps; of L^2 for those that are not known, A^2 */
  vt__clock clock;
  char ignored[64]; /* the first thing of a comment line that was passed over */
  int ignored_line;
} vt__reader;

VT_MUST_CHECK vt_status vt__reader_open(vt__reader *r, const char *const *path, int n_paths, double dt_ps,
                                        const vt_frames_options *o, vt_err *err);
/* The next frame, its atoms in the order of the first one, in a reduced cell; *got = 0 at the end of the last file.
 * After a mistake that was noted (r->mistakes) frames are only read on, for more of them. */
VT_MUST_CHECK vt_status vt__reader_next(vt__reader *r, int *got, vt_err *err);
/* From the frame at hand on moves are counted. */
void vt__reader_begin(vt__reader *r);
/* ps between two frames, from the times of the first two, whose key says ps or fs.  VT_EINVAL: it does not. */
VT_MUST_CHECK vt_status vt__reader_dt(const char *const *path, int n_paths, const vt_frames_options *o, double *dt_ps,
                                      vt_err *err);
void vt__reader_close(vt__reader *r);

/* A new frame: is its time one step behind the one before, and is it a new one?  VT_EPARSE with file and line. */
VT_MUST_CHECK vt_status vt__clock_tick(vt__clock *c, const char *path, const vt_structure *s, int frame, vt_err *err);
/* At the end of the file. */
VT_MUST_CHECK vt_status vt__clock_end(const vt__reader *r, vt_err *err);

#endif
