/* cmd_schema.c - every campaign key, from the table that also parses them; the tree of results.h5, from the tables that
 * write it. */
#include <string.h>

#include "runner/cli/cli.h"
#include "runner/results/results.h"

/* Of a campaign file, or of an example (path NULL). */
static int schema_of_store(const vt_usage *u, const char *path, int json, vt_buf *text)
{
  vt_err err = {0};
  vt_campaign *c = NULL;
  int code = path ? vt_cli_readable(u, path) : -1;
  if (code >= 0) return code;
  code = path ? vt_cli_campaign(path, 1, NULL, NULL, &c) : VT_EXIT_OK;
  if (code != VT_EXIT_OK) return code;
  const vt_status rc = vt_store_schema(c, vt_cli_env(1), json, text, &err);
  vt_campaign_free(c);
  return rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
}

static vt_json *choices_json(const char *choices)
{
  if (!*choices) return vt_json_null();
  vt_json *list = vt_json_array();
  for (const char *word = choices, *comma; word; word = comma ? comma + 2 : NULL) {
    comma = strstr(word, ", ");
    vt_json_add(list, vt_json_textn(word, comma ? (size_t)(comma - word) : strlen(word)));
  }
  return list;
}

static void add_key(void *ctx, const vt_schema_key *k)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "path", vt_json_text(k->path));
  vt_json_put(o, "type", vt_json_text(k->type));
  vt_json_put(o, "unit", vt_json_text(k->unit));
  vt_json_put(o, "min", k->ranged ? vt_json_num(k->least) : vt_json_null());
  vt_json_put(o, "max", k->ranged ? vt_json_num(k->most) : vt_json_null());
  vt_json_put(o, "choices", choices_json(k->choices));
  vt_json_put(o, "required", vt_json_bool(k->required));
  vt_json_put(o, "meaning", vt_json_text(k->meaning));
  vt_json_put(o, "default", k->default_text ? vt_json_text(k->default_text) : vt_json_num(k->default_number));
  vt_json_add(ctx, o);
}

static vt_status put_json(vt_buf *text, vt_err *err)
{
  vt_json *root = vt_json_object(), *keys = vt_json_array();
  vt_json_put(root, "vitrion", vt_json_int(1));
  vt_json_put(root, "keys", keys);
  vt_schema_each(vt_cli_env(0), add_key, keys);
  vt_status rc = vt_json_dump(root, 1, text, err);
  vt_json_free(root);
  vt_buf_printf(text, "\n");
  return rc;
}

int cmd_schema(int argc, char **argv)
{
  int json = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "print JSON instead of Markdown", &json, 0, 0}};
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
  vt_status rc = VT_OK;
  code = VT_EXIT_OK;
  if (u.n_args > 0)
    code = schema_of_store(&u, u.n_args > 1 ? u.arg[1] : NULL, json, &text);
  else if (json)
    rc = put_json(&text, &err);
  else
    vt_schema_markdown(vt_cli_env(0), &text);
  if (rc == VT_OK && code == VT_EXIT_OK) rc = vt_buf_check(&text, &err);
  if (rc != VT_OK)
    code = vt_cli_fail(&err);
  else if (code == VT_EXIT_OK && text.len && fwrite(text.s, 1, text.len, stdout) != text.len)
    code = VT_EXIT_FAIL;
  vt_buf_free(&text);
  return vt_cli_done(code);
}
