/* words.c - what no table of options says: exit codes, environment, files; and what kinds of values can be completed.
 */
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/cli/manual/manual.h"
#include "runner/ranking/ranking.h"

const vt_manual_row vt_cli_exits[] = {
    {"0", "done", NULL},
    {"1", "internal or I/O error", NULL},
    {"2", "wrong usage or campaign file", NULL},
    {"3", "some tasks failed for good", "run one train label status"},
    {"4", "MPI launched separate copies", "run train label"},
    {"75", "stopped early and nothing is lost (submit again)", "run train label status"},
    {NULL, NULL, NULL}};

const vt_manual_row vt_cli_environment[] = {
    {"VITRION_DEBUG", "1: errors with their positions in the sources, as --debug.", NULL},
    {"VITRION_GRACE", "Seconds that a soft stop may take (20), as --grace.", "run"},
    {"VITRION_START_PATIENCE", "Seconds without a sign of life after which a start is given up (300).", "run"},
    {"VITRION_LAUNCHER", "What starts the ranks in the batch script that plan --sbatch writes (srun --mpi=pmi2).",
     "plan"},
    {"VITRION_RESTARTS_MOST", "Starts after which that script gives up (100).", "plan"},
    {"VITRION_PYTHON", "The Python that draws: one that has h5py, numpy and matplotlib.", "report"},
    {"SLURM_JOB_ID, SLURM_JOB_END_TIME", "The batch job and its time limit, before which a run stops softly.",
     "run train label"},
    {"TMPDIR", "Where scratch folders of other programs are made (/tmp).", "run one energy label select"},
    {"XDG_STATE_HOME", "Below it is noted where each campaign ran last (~/.local/state).", "run"},
    {NULL, NULL, NULL}};

const vt_manual_row vt_cli_files[] = {
    {"DIR/results.h5", "The store: every number, opened by h5py and h5dump. `vitrion schema store` lists it.",
     "run fit rank report status verify repair export plan one"},
    {"DIR/summary.json, DIR/summary.csv", "Fits and comparison.", "run fit rank report"},
    {"DIR/campaign.yaml", "The campaign as it was recorded.", "run one verify repair"},
    {"DIR/journal/", "What is durable while a campaign runs; results.h5 can be made from it again.",
     "run one verify repair status"},
    {"DIR/checkpoint/, DIR/lease/, DIR/failed/, DIR/log/",
     "Tasks that are not done yet, who works on them, last frames "
     "of failed ones, what happened.",
     "run status verify repair"},
    {"DIR/HALT", "A line in it stops a run softly; `after-tasks`: when the tasks that run are done.",
     "run train label"},
    {"share/vitrion/potentials/",
     "Potentials that came with the program, beside its folder bin. A campaign finds them "
     "by name when its own folder has none of that name.",
     "run check plan one"},
    {"share/vitrion/campaigns/", "Campaigns that run where they lie: give --output.", "run check plan"},
    {"share/vitrion/slurm/vitrion.sbatch", "A batch script for any campaign.", "run plan"},
    {"share/vitrion/python/vitrion.py", "A module of Python that reads an output folder.", "run fit report export"},
    {NULL, NULL, NULL}};

int vt_cli_row_is_of(const vt_manual_row *r, const char *command)
{
  const size_t n = strlen(command);
  if (!r->commands) return 1;
  for (const char *s = r->commands; (s = strstr(s, command)) != NULL; s += n)
    if ((s == r->commands || s[-1] == ' ') && (s[n] == ' ' || !s[n])) return 1;
  return 0;
}

/* ------------------------------------------------------------------ completion */

typedef struct kind {
  const char *word;
  int any_file, folders;
  const char *endings; /* between blanks */
} kind;

static const kind kinds[] = {
    {"CAMPAIGN", 0, 0, "yaml yml"}, {"POTENTIAL", 0, 0, "txt"}, {"COMMITTEE", 0, 0, "txt"}, {"DIR", 0, 1, ""},
    {"FOLDER", 0, 1, ""},           {"FILE", 1, 0, ""},         {"TRAJECTORY", 1, 0, ""},   {"SOURCE", 1, 0, ""},
    {"SOCKET", 1, 0, ""},           {"PROGRAM", 1, 0, ""}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static void add_ending(vt_completes *c, const char *s, size_t n)
{
  if (c->n_endings < (int)(sizeof c->ending / sizeof *c->ending) && n < sizeof *c->ending)
    (void)snprintf(c->ending[c->n_endings++], sizeof *c->ending, "%.*s", (int)n, s);
}

static void add_word(vt_completes *c, const char *s, size_t n)
{
  if (c->n_words < (int)(sizeof c->word / sizeof *c->word) && n < sizeof *c->word)
    (void)snprintf(c->word[c->n_words++], sizeof *c->word, "%.*s", (int)n, s);
}

/* FRAMES.xyz: files that end so; of frames compressed ones, too. */
static void add_ending_of(vt_completes *c, const char *s, size_t n)
{
  add_ending(c, s, n);
  if (n == 4 && memcmp(s, "yaml", n) == 0) add_ending(c, "yml", 3);
  if (n == 3 && memcmp(s, "xyz", n) == 0) {
    add_ending(c, "xyz.xz", 6);
    add_ending(c, "xyz.gz", 6);
  }
}

static int is(vt_span t, const char *word) { return strlen(word) == t.n && memcmp(word, t.s, t.n) == 0; }

/* What stands for names of the program's own tables. */
static void add_names(vt_completes *c, vt_span t)
{
  int n = 0;
  const vt_command *command = vt_cli_commands(&n);
  if (is(t, "KIND"))
    for (const vt_pot_ops *const *o = vt_pot_builtin; *o; o++) add_word(c, (*o)->name, strlen((*o)->name));
  if (is(t, "QUANTITY"))
    for (int k = 0; k < VT_N_RANKED; k++) add_word(c, vt_ranked_name(k), strlen(vt_ranked_name(k)));
  for (int k = 0; is(t, "COMMAND") && k < n; k++) add_word(c, command[k].name, strlen(command[k].name));
}

static void add_token(vt_completes *c, vt_span t, int is_choice)
{
  const char *dot = memchr(t.s, '.', t.n);
  const size_t small = strspn(t.s, "abcdefghijklmnopqrstuvwxyz");
  if (is_choice || small >= t.n) {
    add_word(c, t.s, t.n);
    return;
  }
  if (dot) {
    add_ending_of(c, dot + 1, t.n - (size_t)(dot + 1 - t.s));
    return;
  }
  add_names(c, t);
  for (int k = 0; k < N_KINDS; k++) {
    if (!is(t, kinds[k].word)) continue;
    c->any_file |= kinds[k].any_file;
    c->folders |= kinds[k].folders;
    vt_span e, all = {kinds[k].endings, strlen(kinds[k].endings)};
    for (size_t at = 0; vt_span_token(all, " ", &at, &e);) add_ending(c, e.s, e.n);
  }
}

vt_completes vt_cli_completes(const char *arg, int is_choice)
{
  vt_completes c = {0};
  vt_span t, all = {arg, strlen(arg)};
  for (size_t at = 0; vt_span_token(all, is_choice ? "|" : "|[] ", &at, &t);) {
    while (!is_choice && t.n > 3 && memcmp(t.s + t.n - 3, "...", 3) == 0) t.n -= 3;
    add_token(&c, t, is_choice);
  }
  return c;
}

int vt_cli_completes_nothing(const vt_completes *c)
{
  return !c->any_file && !c->folders && c->n_endings == 0 && c->n_words == 0;
}
