/* cmd_validate.c - errors of a potential on labelled frames. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/committee/committee.h"
#include "runner/model_card/model_card.h"
#include "runner/training/training.h"

typedef struct validate_args {
  const char *output, *command;
  int json, smoke, densities, plain;
  vt_driver driver; /* of `command` */
  /* what came of it */
  vt_train_data data;
  vt_json *errors;
  int failed;
} validate_args;

static void say_line(void *ctx, const char *line)
{
  (void)ctx;
  (void)fprintf(stderr, "%s\n", line);
}

/* The card of one model. */
static vt_status write_one(validate_args *a, const char *folder, const char *potential, const vt_nep_model *m,
                           vt_card_result *said, vt_err *err)
{
  const double smoke_k = 1100, smoke_ps = 20; /* as `vitrion train` */
  const vt_card c = {.folder = folder,
                     .potential = potential,
                     .m = m,
                     .test = &a->data,
                     .smoke = {a->smoke, a->densities, smoke_k, smoke_ps},
                     .say = say_line};
  VT_PASS(vt_dir_make(folder, err));
  VT_PASS(vt_card_write(NULL, &c, said, err));
  a->failed += said->failed;
  return VT_OK;
}

typedef struct member_text {
  char name[32];
  vt_card_result said;
} member_text;

/* A card for each member in member<k>, and that of the committee. */
static vt_status write_members(validate_args *a, const char *file, const vt_committee *c, vt_committee_member *row,
                               member_text *text, vt_err *err)
{
  const vt_committee_card card = {.folder = a->output,
                                  .title = file,
                                  .file = file,
                                  .folders = "member<k>",
                                  .set = "test",
                                  .c = c,
                                  .data = &a->data,
                                  .member = row,
                                  .best = -1,
                                  .smoke = a->smoke};
  VT_PASS(vt_dir_make(a->output, err));
  for (int k = 0; k < c->n; k++) {
    char folder[VT_PATH];
    (void)snprintf(folder, sizeof folder, "%.*s/member%d", VT_PATH - 32, a->output, k + 1);
    (void)snprintf(text[k].name, sizeof text[k].name, "member %d", k + 1);
    VT_TRY(write_one(a, folder, c->file[k], c->m[k], &text[k].said, err), err, "member %d", k + 1);
    row[k] = (vt_committee_member){
        .name = text[k].name, .failed = text[k].said.failed, .why = text[k].said.why, .loss = (double)NAN};
  }
  return vt_committee_card_write(&card, err);
}

static vt_status write_cards(validate_args *a, const vt_usage *u, const vt_committee *c, vt_err *err)
{
  vt_committee_member *row = NULL;
  member_text *text = NULL;
  vt_card_result said;
  if (c->n == 1) return write_one(a, a->output, u->arg[0], c->m[0], &said, err);
  vt_status rc = VT_NEW(row, c->n, err);
  if (rc == VT_OK) rc = VT_NEW(text, c->n, err);
  if (rc == VT_OK) rc = write_members(a, u->arg[0], c, row, text, err);
  vt_free(row);
  vt_free(text);
  return rc;
}

static vt_status read_and_validate(validate_args *a, const vt_usage *u, vt_err *err)
{
  vt_committee c;
  VT_PASS(vt_committee_read(u->arg[0], &c, err));
  vt_status rc = VT_OK;
  for (int k = 1; k < u->n_args && rc == VT_OK; k++) rc = vt_train_data_read(&a->data, c.m[0], u->arg[k], 1, err);
  vt_train_data *const set[] = {&a->data};
  const vt_train_rescaling scales = {.set = set, .n_sets = 1, .by_model = 1, .m = c.m[0], .simd = vt_simd_best()};
  if (rc == VT_OK) rc = vt_train_data_rescale(&scales, err);
  if (rc == VT_OK) rc = vt_train_data_check(&a->data, c.m[0], err);
  if (rc == VT_OK && a->data.n_mistakes == 0) rc = vt_train_data_check_model(&a->data, c.m[0], vt_simd_best(), err);
  if (rc == VT_OK && a->data.n_mistakes == 0) rc = vt_validate_committee(&c, &a->data, &a->errors, err);
  if (rc == VT_OK && a->data.n_mistakes == 0 && a->output) rc = write_cards(a, u, &c, err);
  vt_committee_free(&c);
  return rc;
}

/* A model that another program computes: its labels cannot be checked against it, which would take thrice as long. */
static vt_status read_and_drive(validate_args *a, const vt_usage *u, vt_err *err)
{
  vt_nep_model *elements = NULL;
  vt_pot_info info;
  VT_PASS(vt_pot_probe_driver("ipi", u->arg[0], &a->driver, &info, err));
  VT_PASS(VT_NEW(elements, 1, err));
  vt_validate_elements(elements);
  vt_status rc = VT_OK;
  for (int k = 1; k < u->n_args && rc == VT_OK; k++) rc = vt_train_data_read(&a->data, elements, u->arg[k], 1, err);
  if (rc == VT_OK) rc = vt_train_data_check(&a->data, elements, err);
  vt_free(elements);
  if (rc == VT_OK && a->data.n_mistakes == 0) rc = vt_validate_driven(&a->driver, u->arg[0], &a->data, &a->errors, err);
  return rc;
}

/* What --command goes with.  -1: all is well. */
static int look_at_command(validate_args *a, const vt_usage *u)
{
  if (!a->command) return vt_cli_ignored(u, 1, "plain|timeout", "needs --command");
  if (a->output) return vt_cli_usage_error(u, "--output writes the card of a NEP: it cannot be used with --command");
  a->driver.plain = a->plain;
  return vt_cli_driver(u, a->command, &a->driver);
}

static void show(const validate_args *a)
{
  vt_buf text = {0};
  vt_validate_text(a->errors, &text);
  printf("%s\n", text.s ? text.s : "");
  vt_buf_free(&text);
  vt_json_free(a->errors);
}

/* Frames that are given twice would count twice. */
static int refuse_twice(const vt_usage *u)
{
  for (int k = 2; k < u->n_args; k++)
    for (int i = 1; i < k; i++) {
      struct stat a, b;
      if (stat(u->arg[i], &a) == 0 && stat(u->arg[k], &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return vt_cli_usage_error(u, "'%s' and '%s' are the same file", u->arg[i], u->arg[k]);
    }
  return -1;
}

/* The card there is that of a training, or the folder that of a campaign. */
static int refuse_folder(const validate_args *a, const vt_usage *u)
{
  static const char *const theirs[] = {"train.ckpt", "train.ckpt.prev", "committee.txt", "campaign.yaml"};
  for (size_t k = 0; k < sizeof theirs / sizeof *theirs; k++) {
    char path[VT_PATH + 32];
    (void)snprintf(path, sizeof path, "%.*s/%s", VT_PATH, a->output, theirs[k]);
    if (access(path, F_OK) == 0)
      return vt_cli_usage_error(u,
                                "--output: '%s' is the folder of a %s, whose files would be replaced: give another one",
                                a->output, k < 3 ? "training" : "campaign");
  }
  return -1;
}

static int do_validate(validate_args *a, const vt_usage *u)
{
  vt_err err = {0};
  int code = VT_EXIT_OK;
  if ((a->command ? read_and_drive(a, u, &err) : read_and_validate(a, u, &err)) != VT_OK) code = vt_cli_fail(&err);
  (void)fputs(a->data.shifts.s ? a->data.shifts.s : "", stderr);
  (void)fputs(a->data.warns.s ? a->data.warns.s : "", stderr);
  if (a->data.n_mistakes > 0) {
    (void)fputs(a->data.mistakes.s ? a->data.mistakes.s : "", stderr);
    code = VT_EXIT_USAGE;
  }
  if (a->errors && a->json)
    vt_cli_print_json(a->errors, 0);
  else if (a->errors)
    show(a);
  if (code == VT_EXIT_OK && a->failed > 0) code = VT_EXIT_TASKS;
  vt_train_data_free(&a->data);
  return vt_cli_done(code);
}

int cmd_validate(int argc, char **argv)
{
  validate_args a = {0};
  const vt_opt opt[] = {
      {"json", VT_OPT_FLAG, NULL, "print everything, as JSON", &a.json, 0, 0},
      {"output", VT_OPT_TEXT, "DIR",
       "write parity/*.csv, report.html and README.md (a model card) there; of a committee in member<k>", &a.output, 0,
       0},
      {"smoke", VT_OPT_FLAG, NULL, "with --output: melts at 1100 K that must hold, a minute; exit code 3", &a.smoke, 0,
       0},
      {"densities", VT_OPT_FLAG, NULL, "with --output: densities of melts that were measured, minutes each",
       &a.densities, 0, 0},
      {"command", VT_OPT_TEXT, "PROGRAM",
       "another program computes, as potential.command of a campaign; POTENTIAL is its {file}, or -", &a.command, 0, 0},
      {"plain", VT_OPT_FLAG, NULL, "every message to it waits for the answer to the one before", &a.plain, 0, 0},
      {"timeout", VT_OPT_REAL, "S", "how long one of its answers may take, s (0: by its own times)",
       &a.driver.timeout_s, 0, 1e6}};
  vt_usage u = {.name = "validate",
                .args = "POTENTIAL DATA.xyz...",
                .doc =
                    "Errors of a NEP, or with --command of any potential, on labelled frames (extended XYZ, also gzip\n"
                    "or xz): energy, forces, virial; by element, composition and config_type; the mean virial error\n"
                    "of each composition, on which its density hangs; the slope of predicted against labelled forces.\n"
                    "Of a committee (committee.txt of a training with schedule.seeds) the mean of the members is\n"
                    "judged, and their spread is told.\n"
                    "Bad data are listed with file and line, exit code 2: also labels in another unit or of the wrong\n"
                    "sign, by comparing frames with each other and with the model. Warnings: what is only odd, and\n"
                    "labels that look like those of another cell (taken before a step of the barostat).\n"
                    "A potential that fails the checks of its card: exit code 3.",
                .example = "vitrion validate runs/train/mine/nep.txt heldout.xyz.xz --output mine --smoke",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 2,
                .most_args = VT_CLI_MAX_ARGS};
  int code = vt_cli_parse(&u, argc, argv);
  for (int k = 0; k < u.n_args && code < 0; k++)
    if (k > 0 || !a.command || strcmp(u.arg[0], "-") != 0) code = vt_cli_readable(&u, u.arg[k]);
  if (code < 0) code = look_at_command(&a, &u);
  if (code < 0 && !a.output && (a.smoke || a.densities))
    code = vt_cli_usage_error(&u, "--%s needs --output DIR", a.smoke ? "smoke" : "densities");
  if (code < 0) code = refuse_twice(&u);
  if (code < 0 && a.output) code = refuse_folder(&a, &u);
  if (code >= 0) return code;
  return do_validate(&a, &u);
}
