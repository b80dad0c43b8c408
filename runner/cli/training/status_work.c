/* status_work.c - `vitrion status DIR` of a training or a labelling: its status.json, and who works there. */
#include <string.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/cli/training/status_work.h"

enum { STATUS_MOST = 1 << 28 }; /* reasons of very many failed frames */
static const double look_again_s = 2;

/* status.json with the text `key`; NULL: there is none. */
static vt_json *status_of(const vt_outdir *dir, const char *key)
{
  char *text = NULL;
  size_t n = 0;
  vt_json *v = NULL;
  if (access(dir->status, F_OK) != 0 || vt_file_read(dir->status, STATUS_MOST, &text, &n, NULL) != VT_OK) return NULL;
  if (vt_json_parse(text, n, &v, NULL) != VT_OK) v = NULL;
  vt_free(text);
  if (v && vt_json_get_text(v, key, NULL)) return v;
  vt_json_free(v);
  return NULL;
}

const vt_cli_work *vt_cli_work_in(const vt_outdir *dir)
{
  static const vt_cli_work *const all[] = {&vt_cli_work_training, &vt_cli_work_label};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    vt_json *v = status_of(dir, all[k]->key);
    vt_json_free(v);
    if (v) return all[k];
  }
  return NULL;
}

/* Nobody works: no time is left to tell, of the work and of its members. */
static void forget_eta(vt_json *v)
{
  const vt_json *members = vt_json_get(v, "members");
  if (vt_json_get(v, "eta_s")) vt_json_put(v, "eta_s", vt_json_null());
  for (size_t k = 0; k < vt_json_size(members); k++) {
    vt_json *m = vt_json_share(vt_json_at(members, k));
    if (vt_json_get(m, "eta_s")) vt_json_put(m, "eta_s", vt_json_null());
    vt_json_free(m);
  }
}

/* The state, "killed" where status.json says that it runs but nobody does. */
static const char *show(const vt_cli_work *w, const vt_outdir *dir, vt_json *v, const vt_jobs_list *jobs, int json)
{
  const char *state = vt_json_get_text(v, "state", "");
  if (strcmp(state, "running") == 0 && !vt_jobs_list_alive(jobs)) state = "killed";
  if (json) {
    vt_json_put(v, "state", vt_json_text(state));
    if (strcmp(state, "killed") == 0) {
      forget_eta(v);
      vt_json_warn(v, "eta_s: nobody works in the folder; what was running is of the last sign of life");
    }
    vt_cli_print_json(vt_json_share(v), 0);
    return state;
  }
  w->print(dir, v, state);
  for (int k = 0; k < jobs->n; k++) {
    char text[512];
    vt_job_text(&jobs->job[k], text, sizeof text);
    printf("  %s%s\n", text, jobs->job[k].dead ? ", dead" : "");
  }
  if (!vt_jobs_list_alive(jobs)) printf("  nobody works in the folder\n");
  const char *why = vt_json_get_text(v, "error", NULL);
  if (why) printf("  last error: %s\n", why);
  if (strcmp(state, "killed") == 0 || strcmp(state, "stopped") == 0)
    printf("  the same command goes on in %s\n", dir->dir);
  return state;
}

static int code_of(const char *state)
{
  return strcmp(state, "done") == 0 ? VT_EXIT_OK : strcmp(state, "failed") == 0 ? VT_EXIT_TASKS : VT_EXIT_AGAIN;
}

int vt_cli_work_status(const vt_cli_work *w, const vt_outdir *dir, int json, int watch, int exit_code)
{
  for (;;) {
    vt_err err = {0};
    vt_jobs_list jobs = {0};
    if (vt_jobs_look(dir->lease, &jobs, &err) != VT_OK) return vt_cli_fail(&err);
    vt_json *v = status_of(dir, w->key);
    const char *state = v ? show(w, dir, v, &jobs, json) : "";
    const int goes_on = strcmp(state, "running") == 0;
    const int code = v && w->failed && w->failed(v) ? VT_EXIT_TASKS : code_of(state);
    vt_json_free(v);
    vt_jobs_list_free(&jobs);
    if (!watch || !goes_on) return exit_code ? code : VT_EXIT_OK;
    (void)fflush(stdout);
    vt_nap_s(look_again_s);
    if (!json && isatty(STDOUT_FILENO)) printf("\033[H\033[2J"); /* the screen anew */
  }
}
