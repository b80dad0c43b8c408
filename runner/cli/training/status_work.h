/* status_work.h - `vitrion status DIR` of the folders of a training and of a labelling. */
#ifndef VT_STATUS_WORK_H
#define VT_STATUS_WORK_H

#include "runner/folder/folder.h"

/* Work of one kind, as its status.json shows it. */
typedef struct vt_cli_work {
  const char *key; /* of the text in status.json that says so */
  /* One look, as text. */
  void (*print)(const vt_outdir *dir, const vt_json *v, const char *state);
  int (*failed)(const vt_json *v); /* 1: its exit code is VT_EXIT_TASKS, whatever its state; NULL: never */
} vt_cli_work;
extern const vt_cli_work vt_cli_work_training, vt_cli_work_label;

/* What the folder's status.json is of; NULL: of neither. */
const vt_cli_work *vt_cli_work_in(const vt_outdir *dir);
/* Prints it, again and again with `watch` until nobody works any more; the exit code: VT_EXIT_OK, or with exit_code
 * that of the work: done, VT_EXIT_TASKS if it failed, VT_EXIT_AGAIN if it is not done. */
int vt_cli_work_status(const vt_cli_work *w, const vt_outdir *dir, int json, int watch, int exit_code);

#endif
