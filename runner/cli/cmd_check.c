/* cmd_check.c - is this campaign file right, and what did rounding do to it? */
#include "runner/cli/cli.h"

static void print_text(const vt_campaign *c)
{
  printf("%s: campaign '%s' is valid\n", c->file, c->name);
  printf("  %d compositions x %d glasses x %d temperatures: %d tasks (%d glasses, %d MD), %.4g ns\n", c->n_comp,
         c->n_glasses, c->n_temp, c->n_tasks, c->n_glass_tasks, c->n_tasks - c->n_glass_tasks, vt_cli_campaign_ns(c));
  vt_cli_compositions_text(c);
}

int cmd_check(int argc, char **argv)
{
  int json = 0, huge = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "print JSON", &json, 0, 0},
                        {"allow-huge", VT_OPT_FLAG, NULL, "allow more than 10^6 tasks", &huge, 0, 0}};
  vt_usage u = {.name = "check",
                .args = "CAMPAIGN",
                .doc = "Check a campaign file.  All mistakes are reported together, as\n"
                       "`file:line:col: key: what is wrong, what was expected`; the exit code is 2 if there is any.",
                .example = "vitrion check campaigns/quickstart.yaml",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_readable(&u, u.arg[0]);
  if (code >= 0) return code;
  vt_campaign *c = NULL;
  vt_json *o = vt_json_object();
  vt_json_put(o, "warnings", vt_json_array());
  code = vt_cli_campaign(u.arg[0], huge, NULL, o, &c);
  if (c) vt_cli_campaign_json(c, o);
  if (json) {
    vt_cli_print_json(o, 0);
  } else {
    if (c) print_text(c);
    vt_json_free(o);
  }
  vt_campaign_free(c);
  return vt_cli_done(code);
}
