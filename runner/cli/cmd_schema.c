/* cmd_schema.c - every campaign key, from the table that also parses them. */
#include "runner/cli/cli.h"

int cmd_schema(int argc, char **argv)
{
  int json = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "as JSON instead of Markdown", &json, 0, 0}};
  vt_usage u = {.name = "schema",
                .args = "",
                .doc = "Every key of a campaign file: type, unit, range, default, meaning.",
                .example = "vitrion schema | less",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  vt_err err = {0};
  vt_buf text = {0};
  if (json)
    vt_schema_json(vt_cli_env(0), &text);
  else
    vt_schema_markdown(vt_cli_env(0), &text);
  if (vt_buf_check(&text, &err) != VT_OK)
    code = vt_cli_fail(&err);
  else
    code = text.len && fwrite(text.s, 1, text.len, stdout) != text.len ? VT_EXIT_FAIL : VT_EXIT_OK;
  vt_buf_free(&text);
  return vt_cli_done(code);
}
