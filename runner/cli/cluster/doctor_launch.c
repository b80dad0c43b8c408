/* doctor_launch.c - does the launcher start ranks that find each other, and are the nodes alike? */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cluster/doctor.h"

enum { WORDS = 40 };
static const double LAUNCH_S = 120, CLOCK_S = 5;
static const char PMI2[] = "srun speaks MPICH's language with --mpi=pmi2: launcher in site.yaml, or VITRION_LAUNCHER";

typedef struct launcher {
  char text[VT_COMMAND]; /* with zeros between the words */
  char shown[VT_COMMAND];
  const char *word[WORDS];
  int n, is_srun;
} launcher;

/* ------------------------------------------------------------------ which launcher */

static void split(launcher *l, const char *command)
{
  (void)snprintf(l->text, sizeof l->text, "%s", command);
  (void)snprintf(l->shown, sizeof l->shown, "%s", command);
  l->n = 0;
  for (char *at = l->text; *at && l->n < WORDS / 2;) {
    at += strspn(at, " \t");
    const size_t n = strcspn(at, " \t");
    if (n) l->word[l->n++] = at;
    at += n;
    if (*at) *at++ = '\0';
  }
  const char *slash = l->n ? strrchr(l->word[0], '/') : NULL;
  l->is_srun = l->n && strcmp(slash ? slash + 1 : l->word[0], "srun") == 0;
}

/* What the batch script would use; outside of an allocation not srun, which would wait for one.  0: none, said. */
static int choose(vt__doctor *d, const vt__patient *p, launcher *l)
{
  static const char *const mpiexec[] = {"mpiexec.mpich", "mpiexec.hydra", "mpiexec"};
  const char *asked = getenv("VITRION_LAUNCHER");
  const int inside = getenv("SLURM_JOB_ID") != NULL;
  if (!asked || !*asked) asked = p->site.launcher;
  if (!*asked && inside && vt_child_is_there("srun")) asked = "srun --mpi=pmi2 --kill-on-bad-exit=0 --wait=0";
  split(l, asked);
  if (l->n && (inside || !l->is_srun)) {
    if (vt_child_is_there(l->word[0])) return 1;
    vt__doctor_say(d, "launch", VT__BAD, "load the module that has it, or name another: launcher in site.yaml",
                   "there is no '%s' on the PATH", l->word[0]);
    return 0;
  }
  for (int k = 0; k < 3; k++)
    if (vt_child_is_there(mpiexec[k])) {
      split(l, mpiexec[k]);
      return 1;
    }
  if (*asked)
    vt__doctor_say(d, "launch", VT__SKIP, "", "srun is tried inside an allocation: salloc -n 2 vitrion doctor ...");
  else
    vt__doctor_say(d, "launch", VT__BAD, "Debian, Ubuntu: apt-get install mpich; elsewhere load the module of MPICH",
                   "there is neither mpiexec.mpich nor mpiexec nor an allocation with srun");
  return 0;
}

/* ------------------------------------------------------------------ one launch */

static void add(launcher *l, const char *word)
{
  if (l->n < WORDS - 1) l->word[l->n++] = word;
}

/* The ranks' answer, or NULL after a line; n ranks, one a node if `spread`. */
static vt_json *launch(vt__doctor *d, launcher *l, const char *check, int n, int spread, const char *token,
                       const char *potential)
{
  char self[VT_PATH], count[16], line[400];
  const int words = l->n;
  vt_child c;
  vt_json *o = NULL;
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  self[length > 0 ? length : 0] = '\0';
  (void)snprintf(count, sizeof count, "%d", n);
  if (l->is_srun) add(l, "--overlap"), add(l, "--overcommit");
  if (l->is_srun && spread) add(l, "-N"), add(l, count), add(l, "--ntasks-per-node=1");
  if (!l->is_srun && spread) add(l, "-ppn"), add(l, "1");
  add(l, "-n"), add(l, count), add(l, self), add(l, "doctor"), add(l, "--probe"), add(l, token), add(l, potential);
  l->word[l->n] = NULL;
  vt_child_run(l->word, NULL, LAUNCH_S, &c);
  l->n = words;
  vt_child_said(&c, line);
  const char *mark = c.out.s ? strstr(c.out.s, VT__PROBE_MARK) : NULL;
  if (mark) mark += sizeof VT__PROBE_MARK - 1;
  if (c.late)
    vt__doctor_say(d, check, VT__BAD, "try it by hand: does the launcher start anything (hostname)?",
                   "`%s -n %d` did not come to an end within %.0f s: %s", l->shown, n, LAUNCH_S, line);
  else if (c.code == VT_EXIT_LAUNCH)
    vt__doctor_say(d, check, VT__BAD, PMI2, "`%s -n %d` starts copies that do not find each other: %s", l->shown, n,
                   line);
  else if (c.code != 0 || !mark || vt_json_parse(mark, strcspn(mark, "\n"), &o, NULL) != VT_OK)
    vt__doctor_say(d, check, VT__BAD,
                   "try it by hand; MPI, the program and its libraries must be the same on all nodes",
                   "`%s -n %d` failed (%s %d): %s", l->shown, n, c.code < 0 ? "errno" : "exit code", abs(c.code), line);
  vt_child_free(&c);
  return o;
}

/* ------------------------------------------------------------------ what the ranks say */

static const char *of(const vt_json *ranks, size_t k, const char *key)
{
  return vt_json_get_text(vt_json_at(ranks, k), key, "");
}

/* The first rank whose `key` is another than that of rank 0; 0: none. */
static size_t differs(const vt_json *ranks, const char *key)
{
  for (size_t k = 1; k < vt_json_size(ranks); k++)
    if (strcmp(of(ranks, k, key), of(ranks, 0, key)) != 0) return k;
  return 0;
}

static void say_same(vt__doctor *d, const vt_json *ranks, const char *check, const char *key, const char *what,
                     const char *what_to_do)
{
  const size_t k = differs(ranks, key);
  if (k)
    vt__doctor_say(d, check, VT__BAD, what_to_do, "%s is %s on %s, but %s on %s", what, of(ranks, 0, key),
                   of(ranks, 0, "host"), of(ranks, k, key), of(ranks, k, "host"));
  else
    vt__doctor_say(d, check, VT__FINE, "", "%s is %s on all %zu nodes", what, of(ranks, 0, key), vt_json_size(ranks));
}

static void say_shared(vt__doctor *d, const vt_json *ranks, const vt__patient *p)
{
  for (size_t k = 0; k < vt_json_size(ranks); k++)
    if (!vt_json_get_int(vt_json_at(ranks, k), "token", 0)) {
      vt__doctor_say(d, "shared", VT__BAD, "put the output where all nodes see the same files",
                     "%s does not see what this machine writes in %s", of(ranks, k, "host"), p->folder);
      return;
    }
  vt__doctor_say(d, "shared", VT__FINE, "", "all %zu nodes see %s", vt_json_size(ranks), p->folder);
}

static void say_potential(vt__doctor *d, const vt_json *ranks, const vt__patient *p)
{
  for (size_t k = 0; k < vt_json_size(ranks) && p->potential[0]; k++)
    if (strcmp(of(ranks, k, "potential"), p->potential_sha256) != 0) {
      vt__doctor_say(d, "potential", VT__BAD, "put it where all nodes see the same file", "on %s: %s",
                     of(ranks, k, "host"), of(ranks, k, "potential"));
      return;
    }
  if (p->potential[0])
    vt__doctor_say(d, "potential", VT__FINE, "", "the same bytes on all %zu nodes", vt_json_size(ranks));
}

static void say_clocks(vt__doctor *d, const vt_json *ranks)
{
  double most = 0, within = 0;
  size_t at = 0;
  for (size_t k = 1; k < vt_json_size(ranks); k++) {
    const double s = fabs(vt_json_get_num(vt_json_at(ranks, k), "clock_s", 0));
    within = fmax(within, vt_json_get_num(vt_json_at(ranks, k), "clock_within_s", 0));
    if (s > most) most = s, at = k;
  }
  if (most > CLOCK_S + within)
    vt__doctor_say(
        d, "clocks", VT__WARN,
        "harmless for the campaign (who is alive is judged by the clock of who looks); dates in logs are off",
        "that of %s differs by %.3g s", of(ranks, at, "host"), most);
  else
    vt__doctor_say(d, "clocks", VT__FINE, "", "those of all nodes agree within %.2g s", most + within);
}

/* A file that only who shares our folder sees; "-": there is no folder. */
static void make_token(const vt__patient *p, char token[VT_PATH + 64])
{
  (void)snprintf(token, VT_PATH + 64, "-");
  if (!p->folder[0]) return;
  (void)snprintf(token, VT_PATH + 64, "%s/.vitrion-doctor-%ld", p->folder, (long)getpid());
  FILE *f = fopen(token, "w");
  if (!f || fclose(f) != 0) (void)snprintf(token, VT_PATH + 64, "-");
}

static void look_at_nodes(vt__doctor *d, const vt__patient *p, launcher *l, int n)
{
  char token[VT_PATH + 64];
  make_token(p, token);
  vt_json *o = launch(d, l, "nodes", n, 1, token, p->potential[0] ? p->potential : "-");
  const vt_json *ranks = vt_json_get(o, "ranks");
  if (strcmp(token, "-") != 0) (void)unlink(token);
  if (o && (int)vt_json_size(ranks) == n) {
    say_same(d, ranks, "simd", "simd", "SIMD level",
             "results differ in their last bits: ask for nodes of one kind (--constraint), or set numerics.simd");
    say_same(d, ranks, "build", "build", "the program", "install one build where all nodes see it");
    if (strcmp(token, "-") != 0) say_shared(d, ranks, p);
    say_potential(d, ranks, p);
    say_clocks(d, ranks);
  } else if (o)
    vt__doctor_say(d, "nodes", VT__BAD, PMI2, "%zu of %d nodes answered", vt_json_size(ranks), n);
  vt_json_free(o);
}

void vt__doctor_launch(vt__doctor *d, const vt__patient *p)
{
  static const char *const inherited[] = {"PMI_FD", "PMI_RANK", "PMI_SIZE", "PMI_PORT", "PMI_ID"};
  launcher l = {0};
  const char *nodes = getenv("SLURM_JOB_NUM_NODES");
  int64_t n = 1;
  for (size_t k = 0; k < sizeof inherited / sizeof *inherited; k++) (void)unsetenv(inherited[k]);
  if (!choose(d, p, &l)) return;
  vt_json *o = launch(d, &l, "launch", 2, 0, "-", "-");
  if (!o) return;
  const vt_json *ranks = vt_json_get(o, "ranks");
  if (vt_json_size(ranks) == 2)
    vt__doctor_say(d, "launch", VT__FINE, "", "`%s -n 2`: two ranks found each other on %s%s%s", l.shown,
                   of(ranks, 0, "host"), differs(ranks, "host") ? " and " : "",
                   differs(ranks, "host") ? of(ranks, 1, "host") : "");
  else
    vt__doctor_say(d, "launch", VT__BAD, PMI2, "`%s -n 2` made %zu rank", l.shown, vt_json_size(ranks));
  vt_json_free(o);
  if (nodes && !vt_parse_i64(nodes, strlen(nodes), &n)) n = 1;
  if (n > 1 && n < 100000)
    look_at_nodes(d, p, &l, (int)n);
  else if (getenv("SLURM_JOB_ID"))
    vt__doctor_say(d, "nodes", VT__SKIP, "", "the allocation has one node: nothing to compare");
  else
    vt__doctor_say(d, "nodes", VT__SKIP, "",
                   "nodes are compared inside an allocation: salloc -N 2 vitrion doctor ...%s",
                   vt_child_is_there("sbatch") ? "" : " (no SLURM here)");
}
