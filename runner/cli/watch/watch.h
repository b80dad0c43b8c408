/* watch.h - `vitrion status DIR --watch` on a terminal; private to runner/cli. */
#ifndef VT_CLI_WATCH_H
#define VT_CLI_WATCH_H

#include "runner/cli/cli.h"

/* ------------------------------------------------------------------ the terminal (screen.c)
 *
 * The whole screen, on the terminal's second page; what was there before is back after vt_screen_close and after any
 * signal that ends the process. */

enum { VT_KEY_NONE = 0, VT_KEY_UP = 256, VT_KEY_DOWN, VT_KEY_PAGE_UP, VT_KEY_PAGE_DOWN, VT_KEY_HOME, VT_KEY_END };

/* 1 if stdout is a terminal that can be drawn on. */
int vt_screen_is_there(void);
void vt_screen_open(void);
void vt_screen_close(void);
void vt_screen_size(int *columns, int *rows);
/* Lines of text (each with its '\n') in the place of what is there, cut at the right and at the bottom; a byte that is
 * no printing ASCII becomes '?', escape sequences for colours (ESC [ ... m) pass. */
void vt_screen_draw(const vt_buf *lines);
/* The next key, VT_KEY_NONE after s seconds or when the size has changed. */
int vt_screen_key(double s);

/* ------------------------------------------------------------------ estimates so far (estimates.c)
 *
 * D and Ea of what is done, by the code of `vitrion fit`, in a process of its own with the lowest priority, never more
 * than a twentieth of the time. */

typedef struct vt_estimates {
  vt_json *got; /* {"t_ref_K", "compositions": [{"name", "Ea_eV", "Ea_half_eV", "log10_D", "log10_D_half", "lacks"}]};
                 * NULL. lacks: in a word why a number is missing ("no MD yet", "1 point", "unresolved") */
  const char *lacks; /* in a word, why `got` does not have a composition: "no results", "soon", "failed", "too slow" */
  int pid;           /* of the process; 0: none runs */
  int fd;
  double began_s, next_s;
  int64_t done;  /* results that it knows, or will know */
  char why[160]; /* why there is no newer answer; "": nothing went wrong */
} vt_estimates;
/* Take what has come, begin anew where it is worth it; `done`: results that there are now. */
void vt_estimates_step(vt_estimates *e, const char *dir, int64_t done);
void vt_estimates_close(vt_estimates *e);
/* `status --estimates DIR`: that process; the exit code. */
int vt_estimates_print(const char *dir);

/* ------------------------------------------------------------------ jobs (job_rates.c): who did what since it began */

enum { VT_JOB_RATES = 64 };
typedef struct vt_job_rates {
  int64_t read; /* bytes of events.jsonl that were read */
  int n;
  struct vt_job_rate {
    char id[VT_JOB_ID];
    int ranks;    /* that were given a task */
    double ns;    /* of its results         */
    double began; /* s since 1970           */
  } job[VT_JOB_RATES];
} vt_job_rates;
/* Read what was appended to log/events.jsonl. */
void vt_job_rates_read(vt_job_rates *r, const char *events);
const struct vt_job_rate *vt_job_rate_of(const vt_job_rates *r, const char *id); /* NULL: nothing is known */

/* ------------------------------------------------------------------ the picture (view.c) */

typedef struct vt_watch {
  const vt_folder_view *v;
  const vt_jobs_list *jobs;
  const vt_job_rates *rates;
  const vt_json *estimates;   /* vt_estimates.got */
  const char *lacks;          /* vt_estimates.lacks */
  const char *estimates_lack; /* vt_estimates.why */
  int columns, rows, color;
  int first; /* of the list of compositions: the first one shown; kept in bounds */
} vt_watch;
/* At most rows lines of at most columns characters. */
vt_status vt_watch_lines(vt_watch *w, vt_buf *out, vt_err *err);

/* watch.c: until all tasks have ended, or q; the exit code. */
int vt_cli_watch(const vt_outdir *dir, vt_folder_view *v);

#endif
