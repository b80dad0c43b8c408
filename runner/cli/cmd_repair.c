/* cmd_repair.c - repair a campaign's folder: what is lost is done again by the next run, what follows is made again
 * now.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "runner/cli/findings.h"

static void print_json(const char *path, const vt_repair *r)
{
  json_t *o = vt_json_object(), *list = vt_json_array();
  vt_json_put(o, "dir", vt_json_text(path));
  for (const char *at = r->done.s; at && *at;) {
    char line[1024];
    size_t n = strcspn(at, "\n");
    (void)snprintf(line, sizeof line, "%.*s", (int)n, at);
    vt_json_add(list, vt_json_text(line));
    at += n + (at[n] == '\n');
  }
  vt_json_put(o, "done", list);
  vt_json_put(o, "tasks_open", r->tasks_open < 0 ? vt_json_num(NAN) : vt_json_int(r->tasks_open));
  vt_json_put(o, "sound", vt_json_bool(r->left.sound));
  vt_cli_findings_json(&r->left, o);
  vt_json_print(o, 0);
}

static void print_text(const char *path, const vt_repair *r)
{
  if (r->done.s) (void)fputs(r->done.s, stdout);
  if (!r->n_done) printf("%s: nothing to repair\n", path);
  if (r->tasks_open > 0)
    printf("%" PRId64 " tasks have no result: the next run does them (again, where a record was lost)\n",
           r->tasks_open);
  vt_cli_findings_text(&r->left);
  printf("%s\n", r->left.sound ? "all sound now" : "not everything could be repaired: see above");
}

int cmd_repair(int argc, char **argv)
{
  int json = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "the answer as JSON", &json, 0, 0}};
  vt_usage u = {
      .name = "repair",
      .args = "DIR",
      .doc =
          "Repair what `vitrion verify DIR` found.  Good records of a damaged journal shard go into a new one, the\n"
          "old file into journal/damaged/; a damaged store is made anew from the journal (the old file is kept as\n"
          "results-before-repair.h5), and so are summaries and structures of glasses.  What was lost is done again by\n"
          "the next run.  Refused while a run is at work.  Exit code 0: all is sound now, 1: something is not.",
      .example = "vitrion repair runs/quickstart",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt,
      .least_args = 1,
      .most_args = 1};
  vt_outdir dir;
  vt_err err = {0};
  vt_repair r = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_folder(&u, u.arg[0], &dir);
  if (code >= 0) return code;
  if (vt_folder_repair(&dir, vt_cli_env(1), &r, &err) != VT_OK) {
    if (r.done.s) (void)fputs(r.done.s, stderr);
    code = vt_cli_fail(&err);
  } else {
    code = r.left.sound ? VT_EXIT_OK : VT_EXIT_FAIL;
    if (json)
      print_json(dir.dir, &r);
    else
      print_text(dir.dir, &r);
  }
  vt_repair_free(&r);
  return vt_cli_done(code);
}
