/* cmd_status.c - where does a campaign stand?  Reads the journal and the status file, never the store. */
#include <inttypes.h>
#include <math.h>

#include "runner/cli/cli.h"
#include "runner/drive/drive.h"

static const double WATCH_EVERY_S = 2;

static json_t *counts_json(const vt_sched_counts *n, int with_running)
{
  json_t *o = vt_json_object();
  vt_json_put(o, "waiting", vt_json_int(n->waiting));
  vt_json_put(o, "ready", vt_json_int(n->ready));
  if (with_running) vt_json_put(o, "running", vt_json_int(n->leased));
  vt_json_put(o, "done", vt_json_int(n->done));
  vt_json_put(o, "failed", vt_json_int(n->failed));
  return o;
}

static void print_json(const vt_campaign *c, const vt_folder_state *s)
{
  json_t *o = vt_json_object(), *list = vt_json_array();
  vt_json_put(o, "campaign", vt_json_text(c->name));
  vt_json_put(o, "state", vt_json_text(s->state));
  vt_json_put(o, "tasks", counts_json(&s->tasks, 1));
  for (int i = 0; i < c->n_comp; i++) {
    json_t *k = counts_json(&s->comp[i], 0);
    vt_json_put(k, "name", vt_json_text(c->comp[i].name));
    vt_json_add(list, k);
  }
  vt_json_put(o, "compositions", list);
  vt_json_put(o, "ns_done", vt_json_num(s->ns_done));
  vt_json_put(o, "ns_total", vt_json_num(s->ns_total));
  vt_json_put(o, "ns_per_day", vt_json_num(s->ns_per_day));
  vt_json_put(o, "eta_s", vt_json_num(s->eta_s));
  vt_json_put(o, "workers", vt_json_int(s->workers));
  if (!isfinite(s->ns_per_day)) vt_json_warn(o, "ns_per_day, eta_s: nothing runs now, or it has just begun");
  vt_json_print(o, 0);
}

static void print_text(const vt_campaign *c, const vt_folder_state *s)
{
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
}

static int look(const vt_outdir *dir, int json, int *ended)
{
  vt_err err = {0};
  vt_campaign *c = NULL;
  vt_folder_state s = {0};
  int code = VT_EXIT_OK;
  vt_status rc = vt_outdir_campaign(dir, vt_cli_env(1), &c, &err);
  if (rc == VT_OK) rc = vt_folder_look(dir, c, &s, &err);
  if (rc == VT_OK) {
    *ended = s.tasks.done + s.tasks.failed == c->n_tasks;
    if (json)
      print_json(c, &s);
    else
      print_text(c, &s);
  } else
    code = vt_cli_fail(&err);
  vt_folder_state_free(&s);
  vt_campaign_free(c);
  return code;
}

int cmd_status(int argc, char **argv)
{
  int json = 0, watch = 0, ended = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "the answer as JSON", &json, 0, 0},
                        {"watch", VT_OPT_FLAG, NULL, "again every two seconds until all is done", &watch, 0, 0}};
  vt_usage u = {.name = "status",
                .args = "DIR",
                .doc = "Counts of tasks, simulated time, rate and time left of a campaign's output folder.",
                .example = "vitrion status runs/quickstart --watch",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  vt_outdir dir;
  vt_err err = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  if (vt_outdir_name(&dir, u.arg[0], &err) != VT_OK) return vt_cli_fail(&err);
  code = vt_cli_readable(&u, dir.campaign);
  if (code >= 0) return code;
  code = look(&dir, json, &ended);
  while (watch && code == VT_EXIT_OK && !ended) {
    (void)fflush(stdout);
    vt_nap_s(WATCH_EVERY_S);
    code = look(&dir, json, &ended);
  }
  return vt_cli_done(code);
}
