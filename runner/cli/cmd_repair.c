/* cmd_repair.c - repair a campaign's folder: what is lost is done again by the next run, what follows is made again
 * now.
 */
#include <inttypes.h>

#include "runner/cli/findings.h"

static void print_json(const char *path, const vt_repair *r)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "dir", vt_json_text(path));
  vt_json_put(o, "done", vt_json_lines(r->done.s));
  vt_json_put(o, "tasks_open", r->tasks_open < 0 ? vt_json_null() : vt_json_int(r->tasks_open));
  vt_json_put(o, "sound", vt_json_bool(r->left.sound));
  vt_cli_findings_json(&r->left, o);
  vt_cli_print_json(o, 0);
}

static void print_text(const char *path, const vt_repair *r)
{
  if (r->done.s) (void)fputs(r->done.s, stdout);
  if (!r->n_done) printf("%s: nothing to repair\n", path);
  if (r->tasks_open > 0)
    printf("%" PRId64 " tasks have no result; the next run does them (again, if their record was lost)\n",
           r->tasks_open);
  vt_cli_findings_text(&r->left);
  printf("%s\n", r->left.sound ? "all sound now" : "not everything could be repaired, see above");
}

int cmd_repair(int argc, char **argv)
{
  int json = 0;
  const char *campaign = NULL;
  const vt_opt opt[] = {{"campaign", VT_OPT_TEXT, "CAMPAIGN",
                         "write campaign.yaml anew from this campaign if all results are its", &campaign, 0, 0},
                        {"json", VT_OPT_FLAG, NULL, "print JSON", &json, 0, 0}};
  vt_usage u = {
      .name = "repair",
      .args = "DIR",
      .doc =
          "Repair what `vitrion verify DIR` found.  The good records of a damaged journal shard go into a new\n"
          "one, the old file into journal/damaged/.  A damaged store is rebuilt from the journal (the old file is\n"
          "kept as results-before-repair.h5), and so are summaries and structures of glasses.  A campaign.yaml that\n"
          "was damaged or edited comes from results.h5 or from --campaign FILE.  Lost tasks are done again by the\n"
          "next run.  Refused while a run is at work.  Exit code 0: all sound now, 1: not all.",
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
  vt_campaign *given = NULL;
  if (campaign) {
    code = vt_cli_readable(&u, campaign);
    vt_outdir_kept kept = vt_outdir_look_up(&dir, vt_cli_env(1));
    if (code < 0) code = vt_cli_campaign(campaign, 1, &kept, NULL, &given);
    vt_outdir_kept_free(&kept);
    if (code > 0) return code;
  }
  if (vt_folder_repair(&dir, vt_cli_env(1), given, &r, &err) != VT_OK) {
    if (r.done.s) (void)fputs(r.done.s, stderr);
    code = vt_cli_fail(&err);
  } else {
    code = r.left.sound ? VT_EXIT_OK : VT_EXIT_FAIL;
    if (json)
      print_json(dir.dir, &r);
    else
      print_text(dir.dir, &r);
  }
  vt_campaign_free(given);
  vt_repair_free(&r);
  return vt_cli_done(code);
}
