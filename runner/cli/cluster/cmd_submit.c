/* cmd_submit.c - the batch script of a campaign, handed to SLURM. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cluster/cluster.h"
#include "runner/cli/plan/plan.h"

static const double SBATCH_S = 120, SQUEUE_S = 20;

typedef struct submit_args {
  int ranks, dry_run, json, huge;
  double seconds;
} submit_args;

/* ------------------------------------------------------------------ what is there already */

/* -1 to go on; or the exit code: all is done, or a job works there. */
static int look_at_folder(const vt_usage *u, const vt_sbatch *b, const char *folder)
{
  vt_outdir dir;
  vt_err err = {0};
  vt_jobs_list jobs = {0};
  vt_folder_view *v = NULL;
  int code = -1;
  if (vt_outdir_name(&dir, folder, &err) != VT_OK) return vt_cli_fail(&err);
  if (access(dir.campaign, F_OK) != 0) return -1;
  if (vt_jobs_look(dir.lease, &jobs, &err) != VT_OK) return vt_cli_fail(&err);
  for (int i = 0; i < jobs.n && code < 0 && !b->join && b->array == 0; i++)
    if (!jobs.job[i].dead)
      code = vt_cli_usage_error(u, "%s on %s works in '%s' since %s: --join sends another one to help it",
                                jobs.job[i].label[0] ? jobs.job[i].label : "a job", jobs.job[i].host, dir.dir,
                                jobs.job[i].since);
  vt_jobs_list_free(&jobs);
  if (code >= 0 || vt_folder_view_open(&v, &dir, vt_cli_env(1), &err) != VT_OK)
    return code; /* run says what is wrong */
  if (strcmp(vt_folder_view_state(v)->state, "done") == 0)
    (void)fprintf(stderr, "note: all %d tasks recorded in '%s' are done: the job will have little to do\n",
                  vt_folder_view_campaign(v)->n_tasks, dir.dir);
  vt_folder_view_close(v);
  return -1;
}

/* ------------------------------------------------------------------ SLURM */

/* Reasons of a job that waits until somebody changes something. */
static int waits_for_ever(const char *reason)
{
  static const char *const word[] = {"PartitionTimeLimit", "PartitionNodeLimit", "PartitionConfig",
                                     "BadConstraints",     "AccountNotAllowed",  "QOSNotAllowed",
                                     "InvalidAccount",     "InvalidQOS",         "PerJobLimit",
                                     "WallDuration",       "InactiveLimit",      "PartitionInactive"};
  for (size_t k = 0; k < sizeof word / sizeof *word; k++)
    if (strstr(reason, word[k])) return 1;
  return 0;
}

static void look_at_queue(const char *job)
{
  enum { LOOKS = 6 };
  const char *const argv[] = {"squeue", "--noheader", "--jobs", job, "--format=%r", NULL};
  char line[400] = "None";
  for (int k = 0; k < LOOKS && strcmp(line, "None") == 0; k++) { /* SLURM looks at a new job a moment later */
    vt_child c;
    vt_nap_s(0.5);
    vt_child_run(argv, NULL, SQUEUE_S, &c);
    if (c.code != 0 || !vt_child_said(&c, line)[0]) k = LOOKS; /* it runs, or squeue does not answer */
    vt_child_free(&c);
  }
  if (waits_for_ever(line))
    (void)fprintf(stderr,
                  "warning: SLURM lets it wait for '%s', which does not end by itself: scancel %s, mend site.yaml "
                  "or the options, submit again\n",
                  line, job);
}

static int refuse(const vt_child *c)
{
  if (c->late)
    (void)fprintf(stderr, "vitrion submit: sbatch did not answer within %g s\n", SBATCH_S);
  else if (c->code < 0)
    (void)fprintf(stderr, "vitrion submit: sbatch could not be started: %s\n", strerror(-c->code));
  else if (c->unfed)
    (void)fprintf(stderr,
                  "vitrion submit: the script could not be written to sbatch, which was ended before it had all "
                  "of it: %s; nothing was submitted, the same command tries again\n",
                  strerror(c->unfed));
  else if (c->code == 0)
    (void)fprintf(stderr,
                  "vitrion submit: sbatch took the script, but %s%s: `squeue --me` shows whether the job is there\n",
                  c->unheard ? "its answer could not be read: " : "gave no number of a job",
                  c->unheard ? strerror(c->unheard) : "");
  else
    (void)fprintf(stderr, "vitrion submit: sbatch refused the job (exit code %d):\n%s", c->code,
                  c->err.s   ? c->err.s
                  : c->out.s ? c->out.s
                             : "it said nothing\n");
  return VT_EXIT_FAIL;
}

static void tell(const vt_sbatch *b, const char *job, const char *folder, int json)
{
  if (json) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "job", vt_json_text(job));
    vt_json_put(o, "jobs", vt_json_int(b->array > 0 ? b->array : 1));
    vt_json_put(o, "ranks", vt_json_int(b->ranks));
    vt_json_put(o, "time_s", vt_json_num(b->wall_s));
    vt_json_put(o, "starts", vt_json_num(b->starts));
    vt_json_put(o, "output", vt_json_text(folder));
    vt_cli_print_json(o, 0);
    return;
  }
  printf("submitted: SLURM job %s", job);
  if (b->array > 0) printf(", an array of %d that share the campaign", b->array);
  printf("; %d rank%s, %.3g h", b->ranks, b->ranks == 1 ? "" : "s", b->wall_s / 3600);
  if (b->starts > 1) printf(" a start, %.0f starts expected", b->starts);
  printf("\nwatch it:  vitrion status %s --watch\nstop it:   scancel %s\n", folder, job);
}

static int hand_over(const vt_sbatch *b, const char *script, const char *folder, int json)
{
  const char *const argv[] = {"sbatch", "--parsable", NULL};
  char job[64] = "";
  vt_child c;
  if (!vt_child_is_there("sbatch")) {
    (void)fputs("vitrion submit: there is no sbatch on the PATH: call it on a login node of the cluster, or take the\n"
                "script (--dry-run) there\n",
                stderr);
    return VT_EXIT_FAIL;
  }
  vt_child_run(argv, script, SBATCH_S, &c);
  if (c.code == 0 && c.out.s) (void)snprintf(job, sizeof job, "%.*s", (int)strspn(c.out.s, "0123456789"), c.out.s);
  if (c.late || c.code != 0 || !job[0]) {
    const int code = refuse(&c);
    vt_child_free(&c);
    return code;
  }
  if (c.err.s && *c.err.s) (void)fprintf(stderr, "sbatch: %s", c.err.s); /* what a site has to say */
  vt_child_free(&c);
  tell(b, job, folder, json);
  look_at_queue(job);
  return VT_EXIT_OK;
}

/* ------------------------------------------------------------------ the command */

static int submit(const vt_usage *u, const vt_campaign *c, const submit_args *a, vt_sbatch *b)
{
  vt_buf script = {0};
  const char *folder = b->output ? b->output : c->output;
  int code = a->dry_run ? -1 : look_at_folder(u, b, folder);
  if (code < 0) code = vt_plan_sbatch_make(c, u->arg[0], a->ranks, a->seconds, b, &script);
  if (code < 0 && a->dry_run && a->json) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "job", vt_json_null());
    vt_json_put(o, "script", vt_json_textn(script.s, script.len));
    vt_cli_print_json(o, 0);
  } else if (code < 0 && a->dry_run)
    vt_cli_put(script.s, script.len);
  else if (code < 0)
    code = hand_over(b, script.s, folder, a->json);
  vt_buf_free(&script);
  return code < 0 ? VT_EXIT_OK : code;
}

int cmd_submit(int argc, char **argv)
{
  enum { MOST_RANKS = 1000000, MOST_ARRAY = 1000 };
  submit_args a = {.seconds = 1};
  vt_sbatch b = {0};
  const vt_opt opt[] = {
      {"ranks", VT_OPT_INT, "N", "MPI ranks of a job (default: as many as can be kept busy)", &a.ranks, 1, MOST_RANKS},
      {"time", VT_OPT_TEXT, "HH:MM:SS", "longest time limit of a job (default: what the campaign needs)", &b.time, 0,
       0},
      {"array", VT_OPT_INT, "K", "K jobs of --ranks each that share the campaign", &b.array, 1, MOST_ARRAY},
      {"join", VT_OPT_FLAG, NULL, "help a job that already works on the campaign", &b.join, 0, 0},
      {"output", VT_OPT_TEXT, "DIR", "output folder (default: the one in the campaign)", &b.output, 0, 0},
      {"partition", VT_OPT_TEXT, "P", "the partition", &b.partition, 0, 0},
      {"account", VT_OPT_TEXT, "A", "the account to charge", &b.account, 0, 0},
      {"qos", VT_OPT_TEXT, "Q", "the quality of service", &b.qos, 0, 0},
      {"calibrate", VT_OPT_REAL, "S", "seconds of MD to measure the speed; 0: assume 4 us per atom and step (1)",
       &a.seconds, 0, 600},
      {"dry-run", VT_OPT_FLAG, NULL, "print the batch script, submit nothing", &a.dry_run, 0, 0},
      {"json", VT_OPT_FLAG, NULL, "print JSON", &a.json, 0, 0},
      {"allow-huge", VT_OPT_FLAG, NULL, "allow more than 10^6 tasks", &a.huge, 0, 0}};
  vt_usage u = {.name = "submit",
                .args = "CAMPAIGN",
                .doc = "Hand a campaign to SLURM: ranks, time limit and memory are those that it needs, within what\n"
                       "site.yaml says (`vitrion schema site`); what it cuts it says.  Before its limit the job\n"
                       "checkpoints, stops and requeues itself.",
                .example = "vitrion submit campaigns/quickstart.yaml --array 3 --dry-run",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  vt_campaign *c = NULL;
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_readable(&u, u.arg[0]);
  if (code < 0) code = vt_cli_site(u.arg[0], &b.site);
  if (code < 0) code = vt_plan_sbatch_check(&u, &b);
  if (code >= 0) return code;
  code = vt_cli_campaign(u.arg[0], a.huge, NULL, NULL, &c);
  if (c) code = submit(&u, c, &a, &b);
  vt_campaign_free(c);
  return vt_cli_done(code);
}
