/* status_training.c - `vitrion status DIR` of the folder of a training: its status.json, and who works there. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/cli/training/status_training.h"

enum { STATUS_MOST = 1 << 22 };
static const double look_again_s = 2;

/* status.json of a training; NULL: there is none. */
static vt_json *status_of(const vt_outdir *dir)
{
  char *text = NULL;
  size_t n = 0;
  vt_json *v = NULL;
  if (access(dir->status, F_OK) != 0 || vt_file_read(dir->status, STATUS_MOST, &text, &n, NULL) != VT_OK) return NULL;
  if (vt_json_parse(text, n, &v, NULL) != VT_OK) v = NULL;
  vt_free(text);
  if (v && vt_json_get_text(v, "training", NULL)) return v;
  vt_json_free(v);
  return NULL;
}

int vt_cli_is_training(const vt_outdir *dir)
{
  vt_json *v = status_of(dir);
  vt_json_free(v);
  return v != NULL;
}

static int someone_works(const vt_jobs_list *jobs)
{
  int alive = 0;
  for (int k = 0; k < jobs->n; k++) alive = alive || !jobs->job[k].dead;
  return alive;
}

static void print_number(const char *what, double x, const char *unit)
{
  if (isfinite(x))
    printf(" %s %.1f %s", what, x, unit);
  else
    printf(" %s not known", what);
}

static void print_errors(const vt_json *m, const char *of)
{
  const double no = (double)NAN;
  const vt_json *e = vt_json_get(m, of);
  printf("    %s:", of);
  print_number("energy", vt_json_get_num(e, "energy_rmse_meV_atom", no), "meV/atom,");
  print_number("force", vt_json_get_num(e, "force_rmse_meV_A", no), "meV/A,");
  print_number("virial", vt_json_get_num(e, "virial_rmse_meV_atom", no), "meV/atom\n");
  if (!isfinite(vt_json_get_num(e, "virial_rmse_meV_atom", no))) printf("\n");
}

static void print_member(const vt_json *m, const char *state)
{
  const char *mine = vt_json_get_text(m, "state", "");
  const char *best = vt_json_get_text(m, "best_phase", NULL);
  const int64_t best_n = vt_json_get_int(m, "best_epoch", 0), steps = vt_json_get_int(m, "steps_of_all_data", 0);
  const double eta_s = vt_json_get_num(m, "eta_s", (double)NAN);
  printf("  seed %" PRId64 ": %s, %" PRId64 " of %" PRId64 " epochs", vt_json_get_int(m, "seed", 0),
         strcmp(mine, "running") == 0 ? state : mine, vt_json_get_int(m, "epoch", 0), vt_json_get_int(m, "epochs", 0));
  if (strcmp(vt_json_get_text(m, "phase", ""), "finish") == 0 &&
      vt_json_get_int(m, "epoch", 0) < vt_json_get_int(m, "epochs", 0))
    printf(" (early_stop)");
  if (steps > 0)
    printf(", %" PRId64 " of %" PRId64 " steps of all data", vt_json_get_int(m, "step_of_all_data", 0), steps);
  if (best && strcmp(best, "start") == 0)
    printf(", best on validation the start");
  else if (best)
    printf(", best on validation %s %" PRId64, strcmp(best, "finish") == 0 ? "step" : "epoch", best_n);
  const int64_t failed = vt_json_get_int(m, "failed_checks", 0);
  if (failed > 0) printf(", failed %" PRId64 " of its own checks", failed);
  if (isfinite(eta_s) && strcmp(state, "running") == 0) printf(", about %.0f min left", eta_s / 60);
  printf("\n");
  if (strcmp(mine, "waiting") == 0) return;
  print_errors(m, "training");
  print_errors(m, "validation");
}

static const char *show_training(const vt_outdir *dir, vt_json *v, const vt_jobs_list *jobs, int json)
{
  const char *state = vt_json_get_text(v, "state", "");
  if (strcmp(state, "running") == 0 && !someone_works(jobs)) state = "killed";
  if (json) {
    vt_json_put(v, "state", vt_json_text(state));
    vt_cli_print_json(vt_json_share(v), 0);
    return state;
  }
  const int64_t failed = vt_json_get_int(v, "failed_checks", 0);
  printf("%s: training, %s", vt_json_get_text(v, "training", ""), state);
  if (failed > 0) printf(", failed %" PRId64 " of its own checks: see README.md there", failed);
  printf("\n");
  const vt_json *members = vt_json_get(v, "members");
  for (size_t k = 0; k < vt_json_size(members); k++) print_member(vt_json_at(members, k), state);
  for (int k = 0; k < jobs->n; k++) {
    char text[512];
    vt_job_text(&jobs->job[k], text, sizeof text);
    printf("  %s%s\n", text, jobs->job[k].dead ? ", dead" : "");
  }
  const char *why = vt_json_get_text(v, "error", NULL);
  if (why) printf("  last error: %s\n", why);
  if (strcmp(state, "killed") == 0) printf("  the same command goes on in %s\n", dir->dir);
  return state;
}

static int code_of(const char *state)
{
  return strcmp(state, "done") == 0 ? VT_EXIT_OK : strcmp(state, "failed") == 0 ? VT_EXIT_TASKS : VT_EXIT_AGAIN;
}

int vt_cli_training_status(const vt_outdir *dir, int json, int watch, int exit_code)
{
  for (;;) {
    vt_err err = {0};
    vt_jobs_list jobs = {0};
    if (vt_jobs_look(dir->lease, &jobs, &err) != VT_OK) return vt_cli_fail(&err);
    vt_json *v = status_of(dir);
    const char *state = v ? show_training(dir, v, &jobs, json) : "";
    const int goes_on = strcmp(state, "running") == 0;
    const int code = v && vt_json_get_int(v, "failed_checks", 0) > 0 ? VT_EXIT_TASKS : code_of(state);
    vt_json_free(v);
    vt_jobs_list_free(&jobs);
    if (!watch || !goes_on) return exit_code ? code : VT_EXIT_OK;
    (void)fflush(stdout);
    vt_nap_s(look_again_s);
    if (!json && isatty(STDOUT_FILENO)) printf("\033[H\033[2J"); /* the screen anew */
  }
}
