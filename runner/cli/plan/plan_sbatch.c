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
static void put_quoted(const char *s)
{
  putchar('\'');
  for (; *s; s++) {
    if (*s == '\'')
      fputs("'\\''", stdout);
    else
      putchar(*s);
  }
  putchar('\'');
}

/* A path that does not depend on where the job starts; `run --output` knows what ~ is. */
static void put_path(const char *path)
{
  char here[VT_PATH], full[2 * VT_PATH + 2];
  if (path[0] == '/' || path[0] == '~' || !getcwd(here, sizeof here))
    put_quoted(path);
  else {
    (void)snprintf(full, sizeof full, "%s/%s", here, path);
    put_quoted(full);
  }
}

static void put_time(double s)
{
  long long m = (long long)ceil(s / 60); /* below 1e15: a campaign has at most 2^31 tasks */
  printf("%02lld:%02lld:00", m / 60, m % 60);
}

/* Names of partitions and accounts stand in a line of #SBATCH. */
static int is_word(const char *s)
{
  for (; *s; s++)
    if (!isalnum((unsigned char)*s) && !strchr("._-+,:@", *s)) return 0;
  return 1;
}

int vt_plan_sbatch_check(const vt_usage *u, vt_sbatch *b)
{
  const double least_s = 300;
  if (b->partition && !is_word(b->partition))
    return vt_cli_usage_error(u, "--partition: '%s' cannot be the name of a partition", b->partition);
  if (b->account && !is_word(b->account))
    return vt_cli_usage_error(u, "--account: '%s' cannot be the name of an account", b->account);
  if (b->time && !vt_cli_wall(b->time, &b->limit_s))
    return vt_cli_usage_error(u, "--time: expected HH:MM:SS, D-HH:MM:SS, MM:SS or minutes, found '%s'", b->time);
  if (b->time && b->limit_s < least_s)
    return vt_cli_usage_error(u, "--time: at least 5 minutes, of which the stop at the end takes up to three");
  return -1;
}

/* ------------------------------------------------------------------ numbers */

/* Ranks of all jobs together that still have something to do at some moment: every MD task at once (a glass runs before
 * the one or more that start from it). */
static int most_ranks(const vt_campaign *c)
{
  int n_md = c->n_tasks - c->n_glass_tasks;
  return vt_plan_ranks_of(c, n_md > c->n_glass_tasks ? n_md : c->n_glass_tasks);
}

vt_status vt_plan_sbatch_fit(const vt_campaign *c, const vt_calibration *cal, int ranks, vt_sbatch *b,
                             vt_plan_cost *cost, vt_err *err)
{
  int jobs = b->array > 0 ? b->array : 1, most = most_ranks(c);
  int most_each = (most + jobs - 1) / jobs;
  b->asked = ranks;
  b->ranks = ranks > 0 && ranks < most_each ? ranks : most_each;
  for (;;) {
    VT_PASS(vt_plan_estimate(c, cal, b->ranks * jobs, NULL, cost, err)); /* both at most 10^6 */
    if (ranks > 0 || b->ranks == 1 || cost->core_s >= LEAST_BUSY * cost->wall_s * b->ranks * jobs) break;
    b->ranks = (b->ranks + 1) / 2;
  }
  const double step_s = 900, mib = 1048576, step_mib = 100, other_mib = 200;
  b->need_s = MARGIN * cost->wall_s + MARGIN_S;
  b->wall_s = ceil(b->need_s / step_s) * step_s;
  b->starts = 1;
  if (b->time && b->limit_s < b->wall_s) {
    b->wall_s = b->limit_s;
    b->starts = ceil(b->need_s / (b->limit_s - STOP_S));
  }
  /* twice the estimate, the arrays of all glasses at one temperature (fits), buffers of MPI and HDF5 */
  double bytes = 2 * ((double)cost->memory_bytes + cost->store_bytes / c->n_tasks * c->n_glasses);
  b->memory_mib = (int64_t)(ceil((bytes / mib + other_mib) / step_mib) * step_mib);
  return VT_OK;
}

/* ------------------------------------------------------------------ the script */

static void put_wall(const vt_sbatch *b, const vt_plan_cost *cost)
{
  printf("# Predicted: %.3g core-hours, ", cost->core_s / 3600);
  put_time(cost->wall_s);
  printf(" (with the speed of the machine where this was written); half as much again and ten minutes: ");
  put_time(b->need_s);
  if (b->starts > 1)
    printf(".\n# The limit is shorter: expect %.0f starts, that is %.0f requeues", b->starts, b->starts - 1);
  printf(".\n#SBATCH --time=");
  put_time(b->wall_s);
  putchar('\n');
}

static void put_fitted(const vt_campaign *c, const vt_sbatch *b, const vt_plan_cost *cost)
{
  printf("# Fitted to one campaign: submit this file with `sbatch FILE [options of vitrion run]`.\n"
         "#SBATCH --job-name=%s",
         c->name); /* letters, digits and ._- */
  if (b->array > 0) printf("\n#SBATCH --array=1-%d\n#SBATCH --output=%%x-%%A_%%a.out", b->array);
  printf("\n# %d tasks", c->n_tasks);
  if (b->asked > b->ranks) printf("; %d ranks were asked for, but more than these would have nothing to do", b->asked);
  if (b->asked == 0) printf("; with more ranks than these, half of them would wait most of the time");
  printf("\n#SBATCH --ntasks=%d\n#SBATCH --cpus-per-task=1\n", b->ranks);
  put_wall(b, cost);
  printf("#SBATCH --mem-per-cpu=%lldM\n", (long long)b->memory_mib);
  if (b->partition) printf("#SBATCH --partition=%s\n", b->partition);
  if (b->account) printf("#SBATCH --account=%s\n", b->account);
}

/* The program that wrote this script is the one to run; the user's arguments come last and win. */
static void put_words(const vt_campaign *c, const char *campaign, const vt_sbatch *b)
{
  char self[VT_PATH];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  self[n > 0 ? n : 0] = '\0';
  if (n > 0) {
    printf("[[ -n ${VITRION:-} ]] || VITRION=");
    put_quoted(self);
    putchar('\n');
  }
  printf("set -- ");
  put_path(campaign);
  printf(" --output ");
  put_path(c->output);
  printf("%s \"$@\"\n", b->array > 0 ? " --join" : "");
}

vt_status vt_plan_sbatch_print(const vt_campaign *c, const char *campaign, const vt_sbatch *b, const vt_plan_cost *cost,
                               vt_err *err)
{
  const char *marker = "# ---- `vitrion plan --sbatch`", *text = vt__sbatch_template, *cut = strstr(text, marker);
  const char *rest = cut ? strchr(cut, '\n') : NULL;
  if (!rest) VT_FAIL(err, VT_EBUG, "the batch template has lost its line '%s'", marker);
  printf("%.*s", (int)(cut - text), text); /* the template has some kB */
  put_fitted(c, b, cost);
  put_words(c, campaign, b);
  printf("%s", rest + 1);
  return VT_OK;
}
