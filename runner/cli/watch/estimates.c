/* estimates.c - D and Ea so far: the fits of `vitrion fit` out of the journal, in a process that does not disturb. */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/cli/watch/watch.h"
#include "runner/report/report.h"
#include "runner/results/results.h"

extern char **environ;

enum { ANSWER_MOST = 1 << 24 };
static const double LIMIT_S = 600, REST_S = 5, SHARE = 20;

/* ------------------------------------------------------------------ the process */

/* Half of the width of the 95 % interval around x; NaN where there is none. */
static double half(const vt_json *o, const char *lo, const char *hi)
{
  return (vt_json_get_num(o, hi, (double)NAN) - vt_json_get_num(o, lo, (double)NAN)) / 2;
}

/* Why a number of a composition may be missing. */
static const char *lack_of(const vt_json *c)
{
  const int64_t points = vt_json_get_int(c, "n_points", 0), rejected = vt_json_get_int(c, "n_rejected", 0);
  if (points == 0 && rejected == 0) return "no MD yet";
  return points == 1 ? "1 point" : "unresolved";
}

/* Of everything that a report says, what the screen shows. */
static vt_json *shorten(const vt_json *report, double t_ref_k)
{
  vt_json *o = vt_json_object(), *list = vt_json_array();
  const vt_json *all = vt_json_get(report, "compositions");
  const char *first = vt_json_get_text(vt_json_at(all, 0), "quantity", ""); /* D of the mobile ions */
  for (size_t k = 0; k < vt_json_size(all); k++) {
    const vt_json *c = vt_json_at(all, k);
    if (strcmp(vt_json_get_text(c, "quantity", ""), first) != 0) continue;
    vt_json *s = vt_json_object();
    vt_json_put(s, "name", vt_json_text(vt_json_get_text(c, "name", "")));
    vt_json_put(s, "Ea_eV", vt_json_num(vt_json_get_num(c, "Ea_eV", (double)NAN)));
    vt_json_put(s, "Ea_half_eV", vt_json_num(half(c, "Ea_lo95_eV", "Ea_hi95_eV")));
    vt_json_put(s, "log10_D", vt_json_num(vt_json_get_num(c, "log10_D_Tref", (double)NAN)));
    vt_json_put(s, "log10_D_half", vt_json_num(half(c, "log10_D_Tref_lo95", "log10_D_Tref_hi95")));
    vt_json_put(s, "lacks", vt_json_text(lack_of(c)));
    vt_json_add(list, s);
  }
  vt_json_put(o, "t_ref_K", vt_json_num(t_ref_k));
  vt_json_put(o, "compositions", list);
  return o;
}

static vt_status answer(const char *folder, vt_err *err)
{
  vt_outdir dir;
  vt_campaign *c = NULL;
  vt_journal *j = NULL;
  vt_fits *f = NULL;
  vt_buf b = {0};
  vt_json *report = NULL;
  vt_status rc = vt_outdir_name(&dir, folder, err);
  if (rc == VT_OK) rc = vt_outdir_campaign(&dir, vt_cli_env(1), &c, err);
  if (rc == VT_OK) rc = vt_journal_open(&j, dir.journal, err);
  if (rc == VT_OK) rc = vt_fits_from_journal(c, j, &f, err);
  if (rc == VT_OK) rc = vt_report_campaign_json(&b, c, f, NULL, err);
  if (rc == VT_OK) rc = vt_json_parse(b.s, b.len, &report, err);
  if (rc == VT_OK) vt_cli_print_json(shorten(report, c->compare.t_ref_k), 1);
  vt_json_free(report);
  vt_buf_free(&b);
  vt_fits_free(f);
  vt_journal_free(j);
  vt_campaign_free(c);
  return rc;
}

int vt_estimates_print(const char *dir)
{
  vt_err err = {0};
  const vt_status rc = answer(dir, &err);
  return vt_cli_done(rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}

/* ------------------------------------------------------------------ who asks it */

/* Why there is no newer answer: a sentence for the screen. */
static void tell_why(vt_estimates *e, const char *what, int code)
{
  (void)snprintf(e->why, sizeof e->why, "not known: %s", what);
  if (code) (void)snprintf(e->why, sizeof e->why, "not known: %s %d; `vitrion fit DIR` says more", what, code);
}

static void begin(vt_estimates *e, const char *dir)
{
  static char status[] = "status", estimates[] = "--estimates", n[] = "-n", nineteen[] = "19", lowered[] = "nice";
  char self[VT_PATH], folder[VT_PATH];
  posix_spawn_file_actions_t files;
  pid_t pid = 0;
  int bad = ENOENT;
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  self[length > 0 ? length : 0] = '\0';
  (void)snprintf(folder, sizeof folder, "%s", dir);
  /* a file in memory: a pipe would have to be read all the time, and a disk may be full */
  e->fd = memfd_create("vitrion-estimates", MFD_CLOEXEC);
  if (e->fd < 0) {
    tell_why(e, strerror(errno), 0);
    return;
  }
  char *argv[] = {lowered, n, nineteen, self, status, estimates, folder, NULL};
  if (posix_spawn_file_actions_init(&files) == 0) {
    bad = posix_spawn_file_actions_adddup2(&files, e->fd, STDOUT_FILENO);
    if (!bad) bad = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!bad) bad = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!bad) bad = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
    if (!bad) e->pid = (int)pid;
    (void)posix_spawn_file_actions_destroy(&files);
  }
  if (e->pid > 0) return;
  (void)close(e->fd);
  tell_why(e, strerror(bad), 0);
}

/* 1 if it is an answer. */
static int take(vt_estimates *e)
{
  vt_json *got = NULL;
  vt_buf b = {0};
  char bytes[8192];
  int ok = 0;
  ssize_t n = lseek(e->fd, 0, SEEK_SET);
  while (n >= 0 && (n = read(e->fd, bytes, sizeof bytes)) > 0 && b.len < ANSWER_MOST) vt_buf_add(&b, bytes, (size_t)n);
  if (n < 0)
    tell_why(e, strerror(errno), 0);
  else if (b.len && vt_json_parse(b.s, b.len, &got, NULL) == VT_OK) {
    ok = 1;
    vt_json_free(e->got);
    e->got = got;
    e->why[0] = '\0';
  } else
    tell_why(e, "the answer of the process that makes them is cut off", 0);
  vt_buf_free(&b);
  return ok;
}

void vt_estimates_step(vt_estimates *e, const char *dir, int64_t done)
{
  const double now = vt_now_s();
  int status = 0;
  if (e->pid > 0) {
    const int is_late = now - e->began_s > LIMIT_S;
    if (is_late) (void)kill(e->pid, SIGKILL);
    if (waitpid(e->pid, &status, WNOHANG) != e->pid) return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
      e->lacks = take(e) ? "soon" : "failed";
    else if (WIFEXITED(status))
      e->lacks = "failed", tell_why(e, "the process that makes them ended with", WEXITSTATUS(status));
    else
      e->lacks = is_late ? "too slow" : "failed",
      tell_why(e, "the process that makes them was ended by signal", WTERMSIG(status));
    (void)close(e->fd);
    e->pid = 0;
    e->next_s = now + fmax(REST_S, SHARE * (now - e->began_s));
  }
  if (!e->lacks || e->done == 0) e->lacks = done == 0 ? "no results" : "soon";
  if (done == 0 || done == e->done || now < e->next_s) return;
  e->began_s = now;
  e->done = done;
  begin(e, dir);
  if (e->pid == 0) e->lacks = "failed";
}

void vt_estimates_close(vt_estimates *e)
{
  if (e->pid > 0) {
    (void)kill(e->pid, SIGKILL);
    while (waitpid(e->pid, NULL, 0) < 0 && errno == EINTR) {}
    (void)close(e->fd);
  }
  vt_json_free(e->got);
  *e = (vt_estimates){0};
}
