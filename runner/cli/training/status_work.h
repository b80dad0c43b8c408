/* status_training.h - `vitrion status DIR` of the folder of a training. */
#ifndef VT_STATUS_TRAINING_H
#define VT_STATUS_TRAINING_H

#include "runner/folder/folder.h"

/* Its status.json is that of a training. */
int vt_cli_is_training(const vt_outdir *dir);
/* Prints it, again and again with `watch` until nobody trains any more; the exit code: VT_EXIT_OK, or with exit_code
 * that of the training: done, VT_EXIT_TASKS if it failed, VT_EXIT_AGAIN if it is not done. */
int vt_cli_training_status(const vt_outdir *dir, int json, int watch, int exit_code);

#endif
