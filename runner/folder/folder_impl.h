/* folder_impl.h - what a view holds; private to runner/folder. */
#ifndef VT_FOLDER_IMPL_H
#define VT_FOLDER_IMPL_H

#include <sys/types.h>
#include <time.h>

#include "runner/folder/folder.h"

/* Which file campaign.yaml was: it is always replaced whole. */
typedef struct vt__file_stamp {
  dev_t dev;
  ino_t ino;
  off_t n_bytes;
  struct timespec changed;
} vt__file_stamp;

struct vt_folder_view {
  const vt_outdir *dir;
  const vt_campaign_env *env;
  vt__file_stamp stamp;
  vt_campaign *c;
  vt_journal *j;
  int n_replayed; /* records of j that s knows */
  vt_sched_task *task;
  double *ns; /* [tasks] */
  vt_sched *s;
  vt_folder_state state;
  vt_json *live; /* owns state.live */
};

/* place.c: write .vitrion into a folder whose owner was checked. */
VT_MUST_CHECK vt_status vt__outdir_mark(const vt_outdir *o, vt_err *err);

/* last_place.c: the folder that vt_outdir_remember noted for this campaign file; 0: none. */
int vt__outdir_last_place(const char *campaign_file, char folder[VT_PATH]);

/* structure_file.c.  Copy the files of structures, where they are not there already. */
VT_MUST_CHECK vt_status vt__outdir_keep_structures(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env,
                                                   vt_err *err);

/* folder.c: is campaign.yaml wrong, or is another campaign given?  What the journal holds, and what to do. */
void vt__outdir_how_to_go_on(const vt_outdir *o, const vt_campaign *c, vt_buf *text);

#endif
