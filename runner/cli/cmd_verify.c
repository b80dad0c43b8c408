/* cmd_verify.c - is every byte of a campaign's folder what it should be?  Reads only. */
#include <inttypes.h>

#include "runner/cli/findings.h"

static void print_json(const char *path, const vt_checked *v)
{
  vt_json *o = vt_json_object(), *n = vt_json_object();
  vt_json_put(o, "campaign", v->campaign[0] ? vt_json_text(v->campaign) : vt_json_null());
  vt_json_put(o, "dir", vt_json_text(path));
  vt_json_put(o, "sound", vt_json_bool(v->sound));
  vt_json_put(n, "shards", vt_json_int(v->shards));
  vt_json_put(n, "records", vt_json_int(v->records));
  vt_json_put(n, "results", vt_json_int(v->results));
  vt_json_put(n, "failures", vt_json_int(v->failures));
  vt_json_put(n, "checkpoints", vt_json_int(v->checkpoints));
  vt_json_put(n, "glasses", vt_json_int(v->glasses));
  vt_json_put(n, "structures", vt_json_int(v->structures));
  vt_json_put(n, "trajectories", vt_json_int(v->trajectories));
  vt_json_put(n, "store_rows", vt_json_int(v->store_rows));
  vt_json_put(o, "checked", n);
  vt_cli_findings_json(v, o);
  vt_cli_print_json(o, 0);
}

static void print_text(const char *path, const vt_checked *v)
{
  int notes = 0;
  for (int i = 0; i < v->n; i++) notes += v->found[i].kind >= VT_FOUND_STALE;
  vt_cli_findings_text(v);
  vt_cli_say("%s%s%s: %" PRId64 " shards, %" PRId64 " records (%" PRId64 " results, %" PRId64 " failures), %" PRId64
             " glasses, %" PRId64 " checkpoints, %" PRId64 " rows of the store\n",
             path, v->campaign[0] ? ", " : "", v->campaign, v->shards, v->records, v->results, v->failures, v->glasses,
             v->checkpoints, v->store_rows);
  if (v->sound)
    printf("all sound\n");
  else
    vt_cli_say("%d finding%s; `vitrion repair %s` repairs what can be repaired\n", v->n - notes,
               v->n - notes == 1 ? "" : "s", path);
}

int cmd_verify(int argc, char **argv)
{
  int json = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "print JSON", &json, 0, 0}};
  vt_usage u = {
      .name = "verify",
      .args = "DIR",
      .doc = "Check every record, checksum and row in the output folder of a campaign, and whether journal,\n"
             "glasses and store agree.  Changes nothing.  One line a finding: what, where, and what will be done.\n"
             "Exit code 0: all sound (lines that begin with stale, foreign or info are notes), 1: not all.",
      .example = "vitrion verify runs/quickstart",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt,
      .least_args = 1,
      .most_args = 1};
  vt_outdir dir;
  vt_err err = {0};
  vt_checked v = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_folder(&u, u.arg[0], &dir);
  if (code >= 0) return code;
  if (vt_folder_verify(&dir, vt_cli_env(1), &v, &err) != VT_OK)
    code = vt_cli_fail(&err);
  else {
    code = v.sound ? VT_EXIT_OK : VT_EXIT_FAIL;
    if (json)
      print_json(dir.dir, &v);
    else
      print_text(dir.dir, &v);
  }
  vt_checked_free(&v);
  return vt_cli_done(code);
}
