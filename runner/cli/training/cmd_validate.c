/* cmd_validate.c - errors of a potential on labelled frames. */
#include "runner/cli/cli.h"
#include "runner/committee/committee.h"
#include "runner/training/training.h"

static vt_status read_and_validate(const vt_usage *u, vt_train_data *d, vt_json **v, vt_err *err)
{
  vt_committee c;
  VT_PASS(vt_committee_read(u->arg[0], &c, err));
  vt_status rc = VT_OK;
  for (int k = 1; k < u->n_args && rc == VT_OK; k++) rc = vt_train_data_read(d, c.m[0], u->arg[k], 1, err);
  if (rc == VT_OK) rc = vt_train_data_check(d, c.m[0], err);
  if (rc == VT_OK && d->n_mistakes == 0) rc = vt_train_data_check_model(d, c.m[0], vt_simd_best(), err);
  if (rc == VT_OK && d->n_mistakes == 0) rc = vt_validate_committee(&c, d, v, err);
  vt_committee_free(&c);
  return rc;
}

int cmd_validate(int argc, char **argv)
{
  int json = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "print everything, as JSON", &json, 0, 0}};
  vt_usage u = {.name = "validate",
                .args = "POTENTIAL DATA.xyz...",
                .doc =
                    "Errors of a NEP on labelled frames (extended XYZ, also gzip or xz): energy, forces, virial; by\n"
                    "element, composition and config_type; the mean virial error of each composition, on which its\n"
                    "density hangs; the slope of predicted against labelled forces.  Of a committee (committee.txt\n"
                    "of a training with schedule.seeds) the mean of the members is judged, and their spread is told.\n"
                    "Bad data are listed with file and line, exit code 2: also labels in another unit or of the wrong\n"
                    "sign, by comparing frames with each other and with the model. Warnings: what is only odd, and\n"
                    "labels that look like those of another cell (taken before a step of the barostat).",
                .example = "vitrion validate runs/train/mine/nep.txt heldout.xyz.xz --json",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 2,
                .most_args = VT_CLI_MAX_ARGS};
  int code = vt_cli_parse(&u, argc, argv);
  for (int k = 0; k < u.n_args && code < 0; k++) code = vt_cli_readable(&u, u.arg[k]);
  if (code >= 0) return code;
  vt_err err = {0};
  vt_train_data d = {0};
  vt_json *v = NULL;
  code = VT_EXIT_OK;
  if (read_and_validate(&u, &d, &v, &err) != VT_OK) code = vt_cli_fail(&err);
  (void)fputs(d.warns.s ? d.warns.s : "", stderr);
  if (d.n_mistakes > 0) {
    (void)fputs(d.mistakes.s ? d.mistakes.s : "", stderr);
    code = VT_EXIT_USAGE;
  }
  if (v && json)
    vt_cli_print_json(v, 0);
  else if (v) {
    vt_buf text = {0};
    vt_validate_text(v, &text);
    printf("%s\n", text.s ? text.s : "");
    vt_buf_free(&text);
    vt_json_free(v);
  }
  vt_train_data_free(&d);
  return vt_cli_done(code);
}
