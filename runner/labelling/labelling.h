/* labelling.h - `vitrion label`: energies, forces and virials of frames by another program, on all ranks (layer 8).
 *
 * What is written into the output folder:
 *   label.id            "vitrion-label 1\nmethod <name> <sha256>\n": whose the folder is; written before anything else
 *   frames/<id>.label   what was computed for one frame: record.c
 *   failed/<name>.txt   why a frame failed: record.c; <name>.log what the program wrote last, <name>.inp its input
 *   labelled.xyz        the labelled frames in the order of the input; made anew at each end, so it has those frames
 *                       alone that were given last
 *   status.json         a view: how many frames are where, which failed and why (`vitrion status`)
 *   lease/              who works there: runner/jobs
 *   HALT                made by a person: stops it
 *
 * <id>: SHA-256 of the method (of batch.elements: the frame's own), elements, cell and positions; <name>: f and its
 * first 12 digits.
 *
 * A frame of labelled.xyz has Properties=species:S:1:pos:R:3:forces:R:3, energy (eV), virial (eV, -dE/dstrain, nine
 * numbers by rows; not where the method has none), method, method_sha256, program (its version, as far as it is
 * known), input_sha256 (of the template, else of the command and the {dir}/... files that it names), frame_sha256 (of
 * elements, cell and positions), net_force (length of the sum of the forces, eV/A), and all keys that the frame had in
 * the input but for those that a label replaces.  Its bytes depend on the labels alone: not on ranks, stops or kills.
 */
#ifndef VT_LABELLING_H
#define VT_LABELLING_H

#include "config/config.h"
#include "runner/comm/comm.h"

typedef struct vt_labelling_options {
  const char *method;       /* METHOD.yaml */
  const char *output;       /* folder */
  const char *const *frame; /* [n_files] extended XYZ */
  int n_files;
  int retry; /* 1: frames that failed before are tried again */
  double wall_s, grace_s;
  /* rank 0: a line of progress; lines that stay. */
  void (*progress)(void *ctx, const char *line);
  void (*say)(void *ctx, const char *line);
  void *ctx;
} vt_labelling_options;

/* Collective.  *code: VT_EXIT_OK, VT_EXIT_USAGE (mistakes in method or frames, told by say), VT_EXIT_AGAIN after a soft
 * stop, VT_EXIT_TASKS: all is done, but some frames failed.  A status: it cannot go on; all ranks leave with it. */
VT_MUST_CHECK vt_status vt_labelling_run(vt_comm *comm, const vt_labelling_options *o, int *code, vt_err *err);

#endif
