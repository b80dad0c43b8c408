/* labelling_impl.h - what the files of runner/labelling share. */
#ifndef VT_LABELLING_IMPL_H
#define VT_LABELLING_IMPL_H

#include "engine/ipi/ipi.h"
#include "engine/sys/sys.h"
#include "runner/folder/folder.h"
#include "runner/labelling/labelling.h"

enum { VT__LABEL_WHY = 400, VT__LABEL_PROGRAM = 200 };

typedef enum vt__label_state { VT__LABEL_WAITS, VT__LABEL_RUNS, VT__LABEL_DONE, VT__LABEL_FAILED } vt__label_state;

/* One frame of the input. */
typedef struct vt__label_frame {
  vt_structure s; /* with labels: its comment line */
  int file;       /* of vt_labelling_options.frame */
  vt_uid sha256;  /* of elements, cell, positions */
  vt_uid method;  /* of the method, for its elements */
  vt_uid id;      /* of both */
  int same_as;    /* an earlier frame with this id; -1: none */
  vt__label_state state;
  char name[16];
  char why[VT__LABEL_WHY]; /* it failed */
  double energy;           /* rank 0, of a labelled one: eV */
} vt__label_frame;

/* What was computed for one. */
typedef struct vt__label {
  int n;
  double energy;
  double (*f)[3]; /* [n] owned */
  int has_virial;
  double virial[9];
  char program[VT__LABEL_PROGRAM]; /* its version; "": not known */
} vt__label;

typedef struct vt__labeller {
  vt_comm *comm;
  const vt_labelling_options *o;
  vt_method *m;
  int n, cap;
  vt__label_frame *frame; /* [n] */
  vt_outdir place;        /* of all ranks; rank 0: locked */
  const char *state;      /* "running", "done", "stopped", "failed" */
  vt_ipi *driver;         /* of this rank, for frames with the atoms of `driver_for` */
  int driver_for;
  int asked, told; /* to stop; the others know */
  int next, busy;  /* rank 0: the first frame that may wait; frames under way on other ranks */
  int present;     /* rank 0: other ranks that were not told to leave */
  char *left;      /* rank 0: [ranks] 1: it was told to */
  int lost;        /* rank 0: another job took the folder over */
  int aborted;     /* rank 0: another rank cannot go on */
  vt_buf warnings; /* rank 0: lines */
  double began_s;
  int finished_before; /* labelled or failed, before this start */
  vt_pace view;
} vt__labeller;

/* How long the rest takes at the pace so far; NaN: no frame was finished yet. */
double vt__label_left_s(const vt__labeller *l);
void vt__label_say(const vt__labeller *l, const char *fmt, ...) VT_PRINTF(2, 3);

/* ------------------------------------------------------------------ frames.c */

/* Read all files; *bad: mistakes were told. */
VT_MUST_CHECK vt_status vt__label_frames_read(vt__labeller *l, int *bad, vt_err *err);
void vt__label_frames_free(vt__labeller *l);
/* "3 of frames.xyz (line 97)" */
void vt__label_frame_where(const vt__labeller *l, int k, char *out, size_t cap);
/* The keys of a comment line that a label keeps, each with a blank before it. */
void vt__label_kept_keys(const char *comment, vt_buf *out);
/* The frame as extended XYZ: species, positions. */
VT_MUST_CHECK vt_status vt__label_start_text(const vt_structure *s, vt_buf *out, vt_err *err);

/* ------------------------------------------------------------------ input.c */

/* The template with this frame in it. */
VT_MUST_CHECK vt_status vt__label_input(const vt_method *m, const vt_structure *s, const char *name, vt_buf *out,
                                        vt_err *err);

/* ------------------------------------------------------------------ output.c */

/* A file of a run, by the name that a row of METHOD.yaml gives it; NULL text: it is not there. */
typedef struct vt__label_texts {
  const char *(*text)(void *ctx, const char *file, size_t *n);
  void *ctx;
} vt__label_texts;
/* What the rows say; a->f has room for a->n atoms.  1; 0 with a reason. */
int vt__label_parse(const vt_method *m, double volume, const vt__label_texts *of, vt__label *a, char *why, size_t cap);

/* ------------------------------------------------------------------ judge.c */

double vt__label_net_force(const vt__label *a);
/* Is it a label: finite, small net force, symmetric stress?  1; 0 with a reason. */
int vt__label_is_good(const vt_method *m, double volume, const vt__label *a, char *why, size_t cap);
/* Lines about energies far from the others of their composition, into l->warnings. */
VT_MUST_CHECK vt_status vt__label_compare(vt__labeller *l, vt_err *err);

/* ------------------------------------------------------------------ calculate.c */

/* Label frame k: its record is written when this returns VT_OK, as labelled or (*state) as failed with a reason in
 * why.  VT_ESTOP: stopped, nothing is written; VT_EIO: no frame can be computed here. */
VT_MUST_CHECK vt_status vt__label_calculate(vt__labeller *l, int k, vt__label_state *state, char why[VT__LABEL_WHY],
                                            vt_err *err);
void vt__label_driver_end(vt__labeller *l);

/* ------------------------------------------------------------------ record.c */

VT_MUST_CHECK vt_status vt__label_record_write(const vt__labeller *l, int k, const vt__label *a, vt_err *err);
/* *a (free a->f) if the record is there and whole, else *got = 0. */
VT_MUST_CHECK vt_status vt__label_record_read(const vt__labeller *l, int k, vt__label *a, int *got, vt_err *err);
int vt__label_record_there(const vt__labeller *l, int k);
VT_MUST_CHECK vt_status vt__label_failure_write(const vt__labeller *l, int k, const char *why, const vt_span *log,
                                                const vt_span *input, vt_err *err);
/* 1 with the reason: it failed before. */
int vt__label_failure_read(const vt__labeller *l, int k, char why[VT__LABEL_WHY]);
/* Remove what is said of an earlier failure. */
void vt__label_failure_clear(const vt__labeller *l, int k);

/* ------------------------------------------------------------------ place.c: rank 0 */

VT_MUST_CHECK vt_status vt__label_place_open(vt__labeller *l, vt_err *err);
void vt__label_place_close(vt__labeller *l);
/* Which frames are done or failed already. */
VT_MUST_CHECK vt_status vt__label_place_look(vt__labeller *l, vt_err *err);
VT_MUST_CHECK vt_status vt__label_place_write(vt__labeller *l, vt_err *err); /* labelled.xyz */
int vt__label_place_others(const vt__labeller *l);   /* labels of frames that are not among those given */
void vt__label_place_view(vt__labeller *l, int now); /* status.json */

/* ------------------------------------------------------------------ farm.c */

/* All frames that wait, on all ranks; *stopped: not all. */
VT_MUST_CHECK vt_status vt__label_farm(vt__labeller *l, int *stopped, vt_err *err);
/* Asked while a program runs. */
vt_status vt__label_while_waiting(void *ctx, vt_err *err);

#endif
