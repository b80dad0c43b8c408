/* watch.c - the screen of a campaign, drawn anew every two seconds. */
#include <string.h>

#include "runner/cli/watch/watch.h"

static const double EVERY_S = 2;

static int ended(const vt_folder_view *v)
{
  const vt_sched_counts *n = &vt_folder_view_state(v)->tasks;
  return n->done + n->failed == vt_folder_view_campaign(v)->n_tasks;
}

/* 1: leave. */
static int obey(int key, vt_watch *w)
{
  const int page = w->rows > 12 ? w->rows / 2 : 4;
  switch (key) {
  case 'q':
  case 'Q':
    return 1;
  case VT_KEY_UP:
  case 'k':
    w->first--;
    break;
  case VT_KEY_DOWN:
  case 'j':
    w->first++;
    break;
  case VT_KEY_PAGE_UP:
    w->first -= page;
    break;
  case VT_KEY_PAGE_DOWN:
  case ' ':
    w->first += page;
    break;
  case VT_KEY_HOME:
    w->first = 0;
    break;
  case VT_KEY_END:
    w->first = vt_folder_view_campaign(w->v)->n_comp;
    break;
  default:
    break;
  }
  return 0;
}

static vt_status show(vt_watch *w, vt_err *err)
{
  vt_buf lines = {0};
  vt_screen_size(&w->columns, &w->rows);
  const vt_status rc = vt_watch_lines(w, &lines, err);
  if (rc == VT_OK) vt_screen_draw(&lines);
  vt_buf_free(&lines);
  return rc;
}

/* Show, and obey keys, until it is time to look again.  1: leave. */
static vt_status linger(vt_watch *w, int *leave, vt_err *err)
{
  const double until = vt_now_s() + EVERY_S;
  do {
    VT_PASS(show(w, err));
    const double left = until - vt_now_s();
    *leave = left > 0 && obey(vt_screen_key(left), w);
  } while (!*leave && vt_now_s() < until);
  return VT_OK;
}

int vt_cli_watch(const vt_outdir *dir, vt_folder_view *v)
{
  vt_err err = {0};
  vt_estimates estimates = {0};
  vt_job_rates rates = {0};
  vt_watch w = {.v = v, .rates = &rates, .color = vt_cli_color(stdout)};
  vt_status rc = VT_OK;
  int leave = 0;
  vt_screen_open();
  while (rc == VT_OK && !leave && !ended(v)) {
    vt_jobs_list jobs = {0};
    vt_job_rates_read(&rates, dir->events);
    vt_estimates_step(&estimates, dir->dir, vt_folder_view_state(v)->tasks.done);
    rc = vt_jobs_look(dir->lease, &jobs, &err);
    w.jobs = &jobs;
    w.estimates = estimates.got;
    w.lacks = estimates.lacks;
    w.estimates_lack = estimates.why;
    if (rc == VT_OK) rc = linger(&w, &leave, &err);
    vt_jobs_list_free(&jobs);
    if (rc == VT_OK && !leave) rc = vt_folder_view_refresh(v, &err);
  }
  vt_screen_close();
  vt_estimates_close(&estimates);
  return rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
}
