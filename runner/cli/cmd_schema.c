/* cmd_schema.c - every campaign key, from the table that also parses them; the tree of results.h5, from the tables that
 * write it. */
#include <string.h>

#include "runner/cli/cli.h"
#include "runner/results/results.h"

/* Of a campaign file, or of an example (path NULL). */
static int schema_of_store(const char *path, int json, vt_buf *text)
{
  vt_err err = {0};
  vt_campaign *c = NULL;
  const int code = path ? vt_cli_campaign(path, 1, VT_SIMD_AUTO, NULL, &c) : VT_EXIT_OK;
  if (code != VT_EXIT_OK) return code;
  const vt_status rc = vt_store_schema(c, vt_cli_env(1), json, text, &err);
  vt_campaign_free(c);
  return rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
}

int cmd_schema(int argc, char **argv)
{
  int json = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "as JSON instead of Markdown", &json, 0, 0}};
  vt_usage u = {.name = "schema",
                .args = "[store [CAMPAIGN]]",
                .doc =
                    "Every key of a campaign file: type, unit, range, default, meaning.\n"
                    "`schema store`: every dataset of results.h5 instead: path, axes, type, unit, meaning; with the\n"
                    "lengths of a campaign's store where one is named.",
                .example = "vitrion schema | less\n         vitrion schema store campaigns/quickstart.yaml",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .most_args = 2};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  if (u.n_args > 0 && strcmp(u.arg[0], "store") != 0)
    return vt_cli_usage_error(&u, "there is no schema of '%s', expected 'store'", u.arg[0]);
  vt_err err = {0};
  vt_buf text = {0};
  code = VT_EXIT_OK;
  if (u.n_args > 0)
    code = schema_of_store(u.n_args > 1 ? u.arg[1] : NULL, json, &text);
  else if (json)
    vt_schema_json(vt_cli_env(0), &text);
  else
    vt_schema_markdown(vt_cli_env(0), &text);
  if (code == VT_EXIT_OK && vt_buf_check(&text, &err) != VT_OK)
    code = vt_cli_fail(&err);
  else if (code == VT_EXIT_OK && text.len && fwrite(text.s, 1, text.len, stdout) != text.len)
    code = VT_EXIT_FAIL;
  vt_buf_free(&text);
  return vt_cli_done(code);
}
