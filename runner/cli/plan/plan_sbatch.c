/* plan_sbatch.c - the batch script of a campaign: the template that is shipped, with what fits this campaign put in. */
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/plan/plan.h"

/* The speed was measured on another machine, retries and the store come on top. */
static const double MARGIN = 1.5, MARGIN_S = 600;
/* SLURM sends the signal 120 s before the limit (the template asks for that), up to 60 s early. */
static const double STOP_S = 180;
/* More ranks without --ranks only while at least this share of them works. */
static const double LEAST_BUSY = 0.5;

/* ------------------------------------------------------------------ shell */

/* A word of the shell, whatever is in it. */
static void put_quoted(vt_buf *o, const char *s)
{
  vt_buf_printf(o, "'");
  for (; *s; s++)
    if (*s == '\'')
      vt_buf_printf(o, "'\\''");
    else
      vt_buf_add(o, s, 1);
  vt_buf_printf(o, "'");
}

/* A path that does not depend on where the job starts; `run --output` knows what ~ is. */
static void put_path(vt_buf *o, const char *path)
{
  char here[VT_PATH], full[2 * VT_PATH + 2];
  if (path[0] == '/' || path[0] == '~' || !getcwd(here, sizeof here))
    put_quoted(o, path);
  else {
    (void)snprintf(full, sizeof full, "%s/%s", here, path);
    put_quoted(o, full);
  }
}

static void put_time(vt_buf *o, double s)
{
  long long m = (long long)ceil(s / 60); /* below 1e15: a campaign has at most 2^31 tasks */
  vt_buf_printf(o, "%02lld:%02lld:00", m / 60, m % 60);
}

/* Names of partitions and accounts stand in a line of #SBATCH. */
static int is_word(const char *s)
{
  for (; *s; s++)
    if (!isalnum((unsigned char)*s) && !strchr("._-+,:@", *s)) return 0;
  return 1;
}

/* What the command line says stands in the place of what the site says.  -1, or the exit code. */
static int take_word(const vt_usage *u, const char *option, const char *word, const char *of_a, char out[VT_NAME])
{
  if (!word) return -1;
  if (!is_word(word) || strlen(word) >= VT_NAME)
    return vt_cli_usage_error(u, "--%s: '%s' cannot be the name of %s", option, word, of_a);
  memcpy(out, word, strlen(word) + 1);
  return -1;
}

int vt_plan_sbatch_check(const vt_usage *u, vt_sbatch *b)
{
  const double least_s = 300;
  int code = take_word(u, "partition", b->partition, "a partition", b->site.partition);
  if (code < 0) code = take_word(u, "account", b->account, "an account", b->site.account);
  if (code < 0) code = take_word(u, "qos", b->qos, "a quality of service", b->site.qos);
  if (code >= 0) return code;
  if (b->time && !vt_cli_wall(b->time, &b->limit_s))
    return vt_cli_usage_error(u, "--time: expected HH:MM:SS, D-HH:MM:SS, MM:SS or minutes, found '%s'", b->time);
  if (b->time && b->limit_s < least_s)
    return vt_cli_usage_error(u, "--time: at least 5 minutes, of which the stop at the end takes up to three");
  return -1;
}

int vt_cli_site(const char *campaign, vt_site *s)
{
  char place[VT_SITE_FILES][VT_PATH];
  const char *path[VT_SITE_FILES];
  vt_diags d[VT_SITE_FILES];
  vt_err err = {0};
  vt_buf said = {0};
  const int n = vt_site_places(campaign, place);
  for (int k = 0; k < n; k++) path[k] = place[k];
  const vt_status rc = vt_site_read(path, n, s, d, &err);
  for (int k = 0; k < VT_SITE_FILES; k++) {
    vt_diags_format(&d[k], &said);
    vt_diags_free(&d[k]);
  }
  if (said.s) (void)fputs(said.s, stderr);
  vt_buf_free(&said);
  if (rc == VT_OK) return -1;
  return rc == VT_EPARSE ? VT_EXIT_USAGE : vt_cli_fail(&err);
}

/* ------------------------------------------------------------------ numbers */

/* Ranks of all jobs together that still have something to do at some moment: every MD task at once (a glass runs before
 * the one or more that start from it). */
static int most_ranks(const vt_campaign *c)
{
  int n_md = c->n_tasks - c->n_glass_tasks;
  return vt_plan_ranks_of(c, n_md > c->n_glass_tasks ? n_md : c->n_glass_tasks);
}

static int cores_a_rank(const vt_campaign *c) { return c->threads > 1 ? c->threads : 1; }

static vt_status fit_ranks(const vt_campaign *c, const vt_calibration *cal, int ranks, vt_sbatch *b, vt_plan_cost *cost,
                           vt_err *err)
{
  const int jobs = b->array > 0 ? b->array : 1, a_node = b->site.cores_per_node / cores_a_rank(c);
  int most_each = (most_ranks(c) + jobs - 1) / jobs;
  b->asked = ranks;
  b->useful = most_each;
  if (b->site.most_ranks > 0 && most_each > b->site.most_ranks) most_each = b->site.most_ranks;
  b->ranks = ranks > 0 && ranks < most_each ? ranks : most_each;
  for (;;) {
    VT_PASS(vt_plan_estimate(c, cal, b->ranks * jobs, NULL, cost, err)); /* both at most 10^6 */
    if (ranks > 0 || b->ranks == 1 || cost->core_s >= LEAST_BUSY * cost->wall_s * b->ranks * jobs) break;
    b->ranks = (b->ranks + 1) / 2;
  }
  if (ranks > 0 || a_node == 0 || b->ranks <= a_node || b->ranks % a_node == 0) return VT_OK;
  b->ranks -= b->ranks % a_node; /* whole nodes */
  return vt_plan_estimate(c, cal, b->ranks * jobs, NULL, cost, err);
}

vt_status vt_plan_sbatch_fit(const vt_campaign *c, const vt_calibration *cal, int ranks, vt_sbatch *b,
                             vt_plan_cost *cost, vt_err *err)
{
  VT_PASS(fit_ranks(c, cal, ranks, b, cost, err));
  const double step_s = 900, mib = 1048576, step_mib = 100, other_mib = 200;
  double limit_s = b->time ? b->limit_s : INFINITY;
  if (b->site.most_s > 0) limit_s = fmin(limit_s, b->site.most_s);
  b->need_s = MARGIN * cost->wall_s + MARGIN_S;
  b->wall_s = ceil(b->need_s / step_s) * step_s;
  b->starts = 1;
  if (limit_s < b->wall_s) {
    b->wall_s = floor(limit_s / 60) * 60; /* a script says minutes */
    b->starts = ceil(b->need_s / (b->wall_s - STOP_S));
  }
  /* twice the estimate, the arrays of all glasses at one temperature (fits), buffers of MPI and HDF5 */
  double bytes = 2 * ((double)cost->memory_bytes + cost->store_bytes / c->n_tasks * c->n_glasses);
  b->memory_mib = (int64_t)(ceil((bytes / mib + other_mib) / step_mib) * step_mib);
  return VT_OK;
}

void vt_plan_sbatch_notes(const vt_sbatch *b, vt_buf *o)
{
  if (b->asked > b->useful && b->ranks == b->useful)
    vt_buf_printf(o, "%d ranks were asked for, but more than %d would have nothing to do\n", b->asked, b->ranks);
  if (b->site.most_ranks > 0 && b->ranks == b->site.most_ranks && b->asked > b->ranks)
    vt_buf_printf(o, "%d ranks were asked for, most_ranks of site.yaml is %d: more would wait for ever\n", b->asked,
                  b->ranks);
  if (b->site.most_s > 0 && b->time && b->limit_s > b->site.most_s)
    vt_buf_printf(o, "--time %s is cut to the %g hours of most_hours in site.yaml: more would wait for ever\n", b->time,
                  b->site.most_s / 3600);
}

/* ------------------------------------------------------------------ the script */

static void put_wall(vt_buf *o, const vt_sbatch *b, const vt_plan_cost *cost)
{
  vt_buf_printf(o, "# Predicted: %.3g core-hours, ", cost->core_s / 3600);
  put_time(o, cost->wall_s);
  vt_buf_printf(o, " (with the speed of the machine where this was written); half as much again and ten minutes: ");
  put_time(o, b->need_s);
  if (b->starts > 1)
    vt_buf_printf(o, ".\n# The limit is shorter: expect %.0f starts, that is %.0f requeues", b->starts, b->starts - 1);
  vt_buf_printf(o, ".\n#SBATCH --time=");
  put_time(o, b->wall_s);
  vt_buf_printf(o, "\n");
}

static void put_notes(vt_buf *o, const vt_sbatch *b)
{
  vt_buf notes = {0};
  vt_plan_sbatch_notes(b, &notes);
  for (const char *at = notes.s; at && *at;) {
    const int n = (int)strcspn(at, "\n");
    vt_buf_printf(o, "; %.*s", n, at);
    at += n + 1;
  }
  vt_buf_free(&notes);
}

static void put_fitted(vt_buf *o, const vt_campaign *c, const vt_sbatch *b, const vt_plan_cost *cost)
{
  const int a_node = b->site.cores_per_node / cores_a_rank(c);
  vt_buf_printf(o,
                "# Fitted to one campaign: submit this file with `sbatch FILE [options of vitrion run]`.\n"
                "#SBATCH --job-name=%s",
                c->name); /* letters, digits and ._- */
  if (b->array > 0) vt_buf_printf(o, "\n#SBATCH --array=1-%d\n#SBATCH --output=%%x-%%A_%%a.out", b->array);
  for (int k = 0; k < b->site.n_files; k++) vt_buf_printf(o, "\n# Site: %.300s", b->site.file[k]);
  vt_buf_printf(o, "\n# %d tasks", c->n_tasks);
  put_notes(o, b);
  if (b->asked == 0) vt_buf_printf(o, "; with more ranks than these, half of them would wait most of the time");
  vt_buf_printf(o, "\n#SBATCH --ntasks=%d\n#SBATCH --cpus-per-task=%d\n", b->ranks, cores_a_rank(c));
  if (a_node > 0)
    vt_buf_printf(o, "#SBATCH --nodes=%d\n#SBATCH --ntasks-per-node=%d\n", (b->ranks + a_node - 1) / a_node,
                  b->ranks < a_node ? b->ranks : a_node);
  put_wall(o, b, cost);
  vt_buf_printf(o, "#SBATCH --mem-per-cpu=%lldM\n", (long long)b->memory_mib);
  if (b->site.partition[0]) vt_buf_printf(o, "#SBATCH --partition=%s\n", b->site.partition);
  if (b->site.account[0]) vt_buf_printf(o, "#SBATCH --account=%s\n", b->site.account);
  if (b->site.qos[0]) vt_buf_printf(o, "#SBATCH --qos=%s\n", b->site.qos);
}

/* A batch script is no login shell: `module` may not be there yet. */
static void put_modules(vt_buf *o, const vt_site *s)
{
  if (s->n_modules == 0) return;
  vt_buf_printf(o, "for f in \"${MODULESHOME:-/nowhere}\"/init/bash /etc/profile.d/{lmod,modules}.sh "
                   "/usr/share/{lmod/lmod,modules}/init/bash; do\n"
                   "  type module >/dev/null 2>&1 && break\n  [[ ! -r $f ]] || . \"$f\"\ndone\n"
                   "module load");
  for (int k = 0; k < s->n_modules; k++) vt_buf_printf(o, " %s", s->module[k]);
  vt_buf_printf(o, " || { echo \"vitrion.sbatch: the modules of site.yaml cannot be loaded\" >&2; exit 2; }\n");
}

/* The program that wrote this script is the one to run; the user's arguments come last and win. */
static void put_words(vt_buf *o, const vt_campaign *c, const char *campaign, const vt_sbatch *b)
{
  char self[VT_PATH];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  self[n > 0 ? n : 0] = '\0';
  put_modules(o, &b->site);
  if (n > 0) {
    vt_buf_printf(o, "[[ -n ${VITRION:-} ]] || VITRION=");
    put_quoted(o, self);
    vt_buf_printf(o, "\n");
  }
  if (b->site.launcher[0]) {
    vt_buf_printf(o, "[[ -n ${VITRION_LAUNCHER:-} ]] || VITRION_LAUNCHER=");
    put_quoted(o, b->site.launcher);
    vt_buf_printf(o, "\n");
  }
  vt_buf_printf(o, "set -- ");
  put_path(o, campaign);
  vt_buf_printf(o, " --output ");
  put_path(o, b->output ? b->output : c->output);
  vt_buf_printf(o, "%s \"$@\"\n", b->array > 0 || b->join ? " --join" : "");
}

vt_status vt_plan_sbatch_text(const vt_campaign *c, const char *campaign, const vt_sbatch *b, const vt_plan_cost *cost,
                              vt_buf *o, vt_err *err)
{
  const char *marker = "# ---- `vitrion plan --sbatch`", *text = vt__sbatch_template, *cut = strstr(text, marker);
  const char *rest = cut ? strchr(cut, '\n') : NULL;
  if (!rest) VT_FAIL(err, VT_EBUG, "the batch template has lost its line '%s'", marker);
  vt_buf_add(o, text, (size_t)(cut - text));
  put_fitted(o, c, b, cost);
  put_words(o, c, campaign, b);
  vt_buf_printf(o, "%s", rest + 1);
  return vt_buf_check(o, err);
}
