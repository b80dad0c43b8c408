/* cmd_status.c - where does a campaign stand?  Reads the journal and the status file, never the store. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/cli/training/status_work.h"
#include "runner/cli/watch/watch.h"
#include "runner/folder/folder.h"
#include "runner/jobs/jobs.h"
#include "runner/target/target.h"
#include "runner/telemetry/telemetry.h"

static const double WATCH_EVERY_S = 2, QUIET_S = 10;

static vt_json *counts_json(const vt_sched_counts *n, int with_running)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "waiting", vt_json_int(n->waiting));
  vt_json_put(o, "ready", vt_json_int(n->ready));
  if (with_running) vt_json_put(o, "running", vt_json_int(n->leased));
  vt_json_put(o, "done", vt_json_int(n->done));
  vt_json_put(o, "failed", vt_json_int(n->failed));
  return o;
}

/* Who works in the folder. */
static vt_json *jobs_json(const vt_jobs_list *jobs)
{
  vt_json *list = vt_json_array();
  for (int i = 0; i < jobs->n; i++) {
    const vt_job *b = &jobs->job[i];
    vt_json *k = vt_json_object();
    vt_json_put(k, "label", vt_json_text(b->label));
    vt_json_put(k, "host", vt_json_text(b->host));
    vt_json_put(k, "pid", vt_json_int(b->pid));
    vt_json_put(k, "since", vt_json_text(b->since));
    vt_json_put(k, "leads", vt_json_bool(b->leads));
    vt_json_put(k, "dead", vt_json_bool(b->dead));
    vt_json_put(k, "gone", vt_json_bool(b->dead)); /* the same, as it was called before */
    vt_json_put(k, "claims", vt_json_int(b->claims));
    vt_json_add(list, k);
  }
  return list;
}

/* Tasks that failed for good, the first thousand. */
static vt_json *failures_json(const vt_folder_view *v)
{
  enum { MOST = 1000 };
  vt_json *list = vt_json_array();
  vt_failed_task f;
  for (int i = vt_folder_view_failed(v, 0, &f); i >= 0 && vt_json_size(list) < MOST;
       i = vt_folder_view_failed(v, i + 1, &f)) {
    vt_json *o = vt_json_object();
    vt_task_json(o, vt_folder_view_campaign(v), i);
    vt_json_put(o, "stage", vt_json_text(vt_stage_name(f.stage)));
    vt_json_put(o, "of_its_glass", vt_json_bool(f.by != i));
    vt_json_put(o, "tries", vt_json_int(f.tries));
    vt_json_put(o, "reason", vt_json_text(f.why));
    vt_json_put(o, "try", vt_json_text(f.what_to_try));
    vt_json_add(list, o);
  }
  return list;
}

static void print_json(const vt_folder_view *v, const vt_jobs_list *jobs, const vt_json *decision)
{
  const vt_campaign *c = vt_folder_view_campaign(v);
  const vt_folder_state *s = vt_folder_view_state(v);
  vt_failed_task f;
  vt_json *o = vt_json_object(), *list = vt_json_array();
  vt_json_put(o, "campaign", vt_json_text(c->name));
  vt_json_put(o, "state", vt_json_text(s->state));
  vt_json_put(o, "tasks", counts_json(&s->tasks, 1));
  for (int i = 0; i < c->n_comp; i++) {
    vt_json *k = counts_json(&s->comp[i], 0);
    vt_json_put(k, "name", vt_json_text(c->comp[i].name));
    vt_json_add(list, k);
  }
  vt_json_put(o, "compositions", list);
  vt_json_put(o, "ns_done", vt_json_num(s->ns_done));
  vt_json_put(o, "ns_total", vt_json_num(s->ns_total));
  vt_json_put(o, "ns_per_day", vt_json_num(s->ns_per_day));
  vt_json_put(o, "eta_s", vt_json_num(s->eta_s));
  if (c->target.asked) vt_json_put(o, "round", vt_json_int(vt_json_get_int(decision, "round", 0)));
  if (c->target.asked) vt_json_put(o, "target", vt_target_rows(decision));
  vt_json_put(o, "workers", vt_json_int(s->workers));
  vt_json_put(o, "jobs", jobs_json(jobs));
  vt_json *ranks = vt_json_share(vt_json_get(s->live, "ranks"));
  vt_json_put(o, "ranks", ranks ? ranks : vt_json_array());
  vt_json_put(o, "last_error", vt_json_text(s->last_error[0] ? s->last_error : NULL));
  const int known = s->last_error[0] && vt_folder_view_newest_failure(v, &f) >= 0;
  vt_json_put(o, "last_error_try", vt_json_text(known ? f.what_to_try : NULL));
  vt_json_put(o, "failures", failures_json(v));
  if (!vt_jobs_list_alive(jobs))
    vt_json_warn(o, "ns_per_day, eta_s: nobody works in the folder");
  else if (!isfinite(s->ns_per_day))
    vt_json_warn(o, "ns_per_day, eta_s: the run has just begun");
  vt_cli_print_json(o, 0);
}

static const char *text_of(const vt_json *o, const char *key) { return vt_json_get_text(o, key, ""); }

static void print_ranks(const vt_json *live)
{
  enum { MOST = 64 };
  const vt_json *ranks = vt_json_get(live, "ranks");
  for (size_t n = 0; n < vt_json_size(ranks); n++) {
    const vt_json *r = vt_json_at(ranks, n);
    if (n == MOST) {
      printf("  ... (%zu ranks; all of them: --json)\n", vt_json_size(ranks));
      break;
    }
    printf("  rank %-5zu %-5s", n, text_of(r, "state"));
    if (text_of(r, "task")[0]) {
      printf(" %.12s %s, glass %" PRId64, text_of(r, "task"), text_of(r, "composition"),
             vt_json_get_int(r, "glass", 0));
      if (vt_json_get(r, "temperature_K")) printf(", %.6g K", vt_json_get_num(r, "temperature_K", 0));
      if (vt_json_get(r, "piece")) printf(", piece %" PRId64, vt_json_get_int(r, "piece", 0));
      printf(": %s, %.0f %%", text_of(r, "stage")[0] ? text_of(r, "stage") : "beginning",
             100 * vt_json_get_num(r, "fraction", 0));
      if (text_of(r, "half_step_in")[0]) printf(", half the time step in %s", text_of(r, "half_step_in"));
    }
    double heard = vt_json_get_num(r, "heard_s", 0);
    if (heard > QUIET_S && strcmp(text_of(r, "state"), "left") != 0) printf(" (silent for %.0f s)", heard);
    printf("\n");
  }
}

static void print_failures(const vt_folder_view *v)
{
  enum { MOST = 40 };
  const vt_campaign *c = vt_folder_view_campaign(v);
  vt_failed_task f;
  int n = 0;
  for (int i = vt_folder_view_failed(v, 0, &f); i >= 0; i = vt_folder_view_failed(v, i + 1, &f)) {
    const vt_task *t = &c->task[i];
    char hex[65];
    if (++n > MOST) continue;
    vt_uid_hex(&t->uid, hex);
    printf("  failed %.12s %s, glass %d", hex, c->comp[t->comp].name, t->glass);
    if (t->temp >= 0) printf(", %.6g K", c->t_k[t->temp]);
    if (f.by != i)
      printf(": its glass failed\n");
    else
      printf(" in %s: %s\n    try: %s\n", vt_stage_name(f.stage), f.why, f.what_to_try);
  }
  if (n > MOST) printf("  ... %d failed tasks; all of them: --json\n", n);
}

static void print_work(const vt_folder_view *v, const vt_jobs_list *jobs)
{
  const vt_folder_state *s = vt_folder_view_state(v);
  vt_failed_task f;
  if (!vt_jobs_list_alive(jobs)) printf("  nobody works in the folder\n");
  for (int i = 0; i < jobs->n; i++) {
    const vt_job *b = &jobs->job[i];
    printf("  %s%s on %s (pid %" PRId64 ") since %s: %d tasks%s%s\n", b->label[0] ? b->label : "job",
           b->label[0] ? "" : " without a name", b->host, b->pid, b->since, b->claims, b->leads ? ", leads" : "",
           b->dead ? ", dead: its work will be inherited" : "");
  }
  print_ranks(s->live);
  print_failures(v);
  if (s->last_error[0]) printf("  last error: %s\n", s->last_error);
  if (s->last_error[0] && vt_folder_view_newest_failure(v, &f) >= 0) printf("    try: %s\n", f.what_to_try);
}

static void print_text(const vt_folder_view *v, const vt_jobs_list *jobs, const vt_json *decision)
{
  const vt_campaign *c = vt_folder_view_campaign(v);
  const vt_folder_state *s = vt_folder_view_state(v);
  printf("%s: %s\n", c->name, s->state);
  printf("  tasks: %" PRId64 " done, %" PRId64 " running, %" PRId64 " ready, %" PRId64 " waiting, %" PRId64 " failed\n",
         s->tasks.done, s->tasks.leased, s->tasks.ready, s->tasks.waiting, s->tasks.failed);
  printf("  %.4g of %.4g ns", s->ns_done, s->ns_total);
  if (isfinite(s->ns_per_day)) printf(", %.1f ns/day on %d ranks", s->ns_per_day, s->workers);
  if (isfinite(s->eta_s)) printf(", about %.0f min left", s->eta_s / 60);
  printf("\n");
  for (int i = 0; i < c->n_comp; i++)
    printf("  %-24s %4" PRId64 " done %4" PRId64 " open %4" PRId64 " failed\n", c->comp[i].name, s->comp[i].done,
           s->comp[i].ready + s->comp[i].waiting, s->comp[i].failed);
  if (c->target.asked) {
    vt_buf b = {0};
    vt_target_text(decision, &b);
    if (b.s) vt_cli_put(b.s, b.len);
    vt_buf_free(&b);
  }
  print_work(v, jobs);
}

/* The newest decision, and whether it was the last one; *o NULL: none yet. */
static vt_status look_at_target(const vt_outdir *dir, const vt_campaign *c, vt_json **o, int *over, vt_err *err)
{
  vt_journal *j = NULL;
  *o = NULL;
  *over = !c->target.asked;
  if (*over) return VT_OK;
  VT_PASS(vt_journal_open(&j, dir->journal, err));
  vt_status rc = vt_target_newest(j, o, err);
  if (rc == VT_OK) rc = vt_target_is_over(c, j, over, err);
  vt_journal_free(j);
  return rc;
}

static int explain(const vt_usage *u, const vt_folder_view *v, const char *uid)
{
  vt_err err = {0};
  vt_buf text = {0};
  int task = vt_cli_find_task(u, vt_folder_view_campaign(v), uid), code = VT_EXIT_OK;
  if (task < 0) return VT_EXIT_USAGE;
  if (vt_folder_view_explain(v, task, &text, &err) == VT_OK)
    printf("%s", text.s);
  else
    code = vt_cli_fail(&err);
  vt_buf_free(&text);
  return code;
}

static int status_show(const vt_outdir *dir, const vt_folder_view *v, int json)
{
  vt_err err = {0};
  vt_jobs_list jobs = {0};
  const vt_campaign *c = vt_folder_view_campaign(v);
  vt_json *decision = NULL;
  int over;
  if (vt_jobs_look(dir->lease, &jobs, &err) != VT_OK) return vt_cli_fail(&err);
  if (look_at_target(dir, c, &decision, &over, &err) != VT_OK) {
    vt_jobs_list_free(&jobs);
    return vt_cli_fail(&err);
  }
  if (json)
    print_json(v, &jobs, decision);
  else
    print_text(v, &jobs, decision);
  vt_json_free(decision);
  vt_jobs_list_free(&jobs);
  return VT_EXIT_OK;
}

/* All tasks have ended, and no more will be asked for. */
static int has_ended(const vt_outdir *dir, const vt_folder_view *v)
{
  const vt_sched_counts *n = &vt_folder_view_state(v)->tasks;
  const vt_campaign *c = vt_folder_view_campaign(v);
  vt_json *decision = NULL;
  int over = 0;
  if (n->done + n->failed != c->n_tasks) return 0;
  if (look_at_target(dir, c, &decision, &over, NULL) != VT_OK) over = 0;
  vt_json_free(decision);
  return over;
}

/* What `vitrion run` ends with in this state, for scripts whose launcher loses the exit code. */
static int code_of(const vt_outdir *dir, const vt_folder_view *v)
{
  if (!has_ended(dir, v)) return VT_EXIT_AGAIN;
  return vt_folder_view_state(v)->tasks.failed > 0 ? VT_EXIT_TASKS : VT_EXIT_OK;
}

typedef struct status_args {
  const char *task;
  int json, watch, exit_code;
} status_args;

static int status_look(const vt_usage *u, const vt_outdir *dir, const status_args *a)
{
  vt_err err = {0};
  vt_folder_view *v = NULL;
  if (vt_folder_view_open(&v, dir, vt_cli_env(1), &err) != VT_OK) return vt_cli_fail(&err);
  const int screen = a->watch && !a->json && !a->task && vt_screen_is_there();
  int code = screen ? vt_cli_watch(dir, v) : VT_EXIT_OK;
  if (code == VT_EXIT_OK) code = a->task ? explain(u, v, a->task) : status_show(dir, v, a->json);
  while (!screen && a->watch && !a->task && code == VT_EXIT_OK && !has_ended(dir, v)) {
    (void)fflush(stdout);
    vt_nap_s(WATCH_EVERY_S);
    code = vt_folder_view_refresh(v, &err) == VT_OK ? status_show(dir, v, a->json) : vt_cli_fail(&err);
  }
  if (a->exit_code && code == VT_EXIT_OK) code = code_of(dir, v);
  vt_folder_view_close(v);
  return code;
}

int cmd_status(int argc, char **argv)
{
  status_args a = {0};
  const vt_opt opt[] = {
      {"json", VT_OPT_FLAG, NULL, "print JSON", &a.json, 0, 0},
      {"watch", VT_OPT_FLAG, NULL,
       "on a terminal: the whole screen, until all tasks are finished or q; else once more every two seconds", &a.watch,
       0, 0},
      {"task", VT_OPT_TEXT, "UID", "what happens to this task, and why it waits or failed", &a.task, 0, 0},
      {"exit-code", VT_OPT_FLAG, NULL, "end as run would: 0 all done, 3 some tasks failed for good, 75 not done yet",
       &a.exit_code, 0, 0}};
  vt_usage u = {
      .name = "status",
      .args = "DIR",
      .doc = "Tasks, simulated time, rate, remaining time, jobs and ranks of a campaign, from its output folder;\n"
             "of a training its members, epochs, errors and who works there; of `vitrion label` how many frames are\n"
             "labelled, failed (with their reasons) and left.",
      .example = "vitrion status runs/quickstart --watch",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt,
      .least_args = 1,
      .most_args = 1};
  vt_outdir dir;
  vt_err err = {0};
  if (argc == 3 && strcmp(argv[1], "--estimates") == 0) return vt_estimates_print(argv[2]); /* estimates.c */
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  if (a.task && (a.json || a.watch))
    return vt_cli_usage_error(&u, "--task prints text, once: without --json and --watch");
  if (vt_outdir_name(&dir, u.arg[0], &err) != VT_OK) return vt_cli_fail(&err);
  const vt_cli_work *work = !a.task && access(dir.campaign, F_OK) != 0 ? vt_cli_work_in(&dir) : NULL;
  if (work) return vt_cli_done(vt_cli_work_status(work, &dir, a.json, a.watch, a.exit_code));
  code = vt_cli_readable(&u, dir.campaign);
  if (code >= 0) return code;
  return vt_cli_done(status_look(&u, &dir, &a));
}
