/* calculate.c - one frame: a program is asked, its answer is judged, and recorded. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runner/labelling/labelling_impl.h"

enum { OUTPUT_MOST = 1 << 28, TEXTS = 8, LOG_MOST = 1 << 16 };

/* A run of a batch command: its folder, and the files of it that were read. */
typedef struct run {
  vt_program *p;
  const char *name;
  int n;
  char file[TEXTS][VT_METHOD_TEXT];
  char *text[TEXTS];
  size_t size[TEXTS];
  char trouble[VT__LABEL_WHY]; /* a file that is there, but cannot be read */
} run;

/* ------------------------------------------------------------------ files of a run */

static void fill_name(const char *file, const char *name, char out[VT_PATH])
{
  size_t at = 0, from = 0, done = 0, used = 0;
  vt_span word;
  out[0] = '\0';
  for (; vt_method_place(file, &at, &from, &word) && used < VT_PATH; done = at)
    used += (size_t)snprintf(out + used, VT_PATH - used, "%.*s%s", (int)(from - done), file + done, name);
  if (used < VT_PATH) (void)snprintf(out + used, VT_PATH - used, "%s", file + done);
}

static int read_whole(run *r, const char *name, const char *path, int k)
{
  struct stat st;
  vt_err why = {0};
  if (stat(path, &st) == 0 && st.st_size > OUTPUT_MOST) {
    (void)snprintf(r->trouble, sizeof r->trouble, "'%.200s' has %.0f MiB, expected at most %d", name,
                   (double)st.st_size / (1 << 20), OUTPUT_MOST >> 20);
    return 0;
  }
  if (vt_file_read(path, OUTPUT_MOST, &r->text[k], &r->size[k], &why) == VT_OK) return 1;
  (void)snprintf(r->trouble, sizeof r->trouble, "%.300s", vt_err_line(why.text).s);
  return 0;
}

static const char *text_of(void *ctx, const char *file, size_t *n)
{
  run *r = ctx;
  char name[VT_PATH], path[2 * VT_PATH];
  int k = 0;
  while (k < r->n && strcmp(r->file[k], file) != 0) k++;
  if (k == r->n) {
    if (k == TEXTS) return NULL;
    fill_name(file[0] ? file : "{name}.out", r->name, name);
    (void)snprintf(path, sizeof path, "%s/%s", vt_program_folder(r->p), name);
    if (access(path, F_OK) != 0 || !read_whole(r, name, path, k)) return NULL;
    for (size_t i = 0; i < r->size[k]; i++)
      if (r->text[k][i] == '\0') r->text[k][i] = '?';
    (void)snprintf(r->file[r->n++], VT_METHOD_TEXT, "%s", file);
  }
  *n = r->size[k];
  return r->text[k];
}

static void run_close(run *r)
{
  for (int k = 0; k < r->n; k++) vt_free(r->text[k]);
  vt_program_close(r->p);
}

static vt_status write_beside(const run *r, const char *end, const vt_buf *b, vt_err *err)
{
  char path[2 * VT_PATH];
  (void)snprintf(path, sizeof path, "%s/%s%s", vt_program_folder(r->p), r->name, end);
  FILE *f = fopen(path, "w");
  int bad = !f || fwrite(b->s, 1, b->len, f) != b->len;
  if (f && fclose(f) != 0) bad = 1;
  if (bad) VT_FAIL(err, VT_EIO, "'%s' cannot be written: %s", path, strerror(errno));
  return VT_OK;
}

/* What failed may have failed because nothing can be written any more: then it is not the frame's fault. */
static vt_status check_room(const char *folder, vt_err *err)
{
  const double least = 1 << 20;
  struct statvfs fs;
  if (statvfs(folder, &fs) == 0 && (double)fs.f_bavail * (double)fs.f_frsize < least)
    VT_FAIL(err, VT_EIO, "no space is left in '%s', where the programs run (TMPDIR)", folder);
  return VT_OK;
}

/* ------------------------------------------------------------------ the command */

static void put_command(const vt_method *m, const char *name, vt_buf *b)
{
  size_t at = 0, from = 0, done = 0;
  vt_span word;
  int threads = 0;
  for (int k = 0; k < m->n_env; k++) threads = threads || strcmp(m->env[k][0], "OMP_NUM_THREADS") == 0;
  if (!threads) vt_buf_printf(b, "export OMP_NUM_THREADS=1\n");
  for (int k = 0; k < m->n_env; k++) {
    vt_buf_printf(b, "export %s=", m->env[k][0]);
    vt_shell_quoted(b, m->env[k][1]);
    vt_buf_add(b, "\n", 1);
  }
  for (; vt_method_place(m->command, &at, &from, &word); done = at) {
    vt_buf_add(b, m->command + done, from - done);
    if (strncmp(word.s, "dir", word.n) == 0)
      vt_shell_quoted(b, m->dir);
    else
      vt_buf_printf(b, "%s%s", name,
                    strncmp(word.s, "input", word.n) == 0    ? ".inp"
                    : strncmp(word.s, "output", word.n) == 0 ? ".out"
                    : strncmp(word.s, "start", word.n) == 0  ? ".xyz"
                                                             : "");
  }
  vt_buf_printf(b, "%s", m->command + done);
}

/* The end of the output, else of what was printed. */
static vt_span log_of(run *r)
{
  size_t n = 0;
  const char *text = text_of(r, "", &n);
  if (!text || n == 0) {
    text = vt_program_said(r->p);
    n = strlen(text);
  }
  return n > LOG_MOST ? (vt_span){text + n - LOG_MOST, LOG_MOST} : (vt_span){text, n};
}

static void one_line(char *s)
{
  for (; *s; s++)
    if ((unsigned char)*s < ' ') *s = ' ';
}

static vt_status prepare(const vt__labeller *l, const vt_structure *s, run *r, vt_buf *input, vt_err *err)
{
  vt_buf start = {0};
  VT_PASS(vt_program_open(&r->p, err));
  vt_status rc = l->m->text ? vt__label_input(l->m, s, r->name, input, err) : VT_OK;
  if (rc == VT_OK && l->m->text) rc = write_beside(r, ".inp", input, err);
  if (rc == VT_OK) rc = vt__label_start_text(s, &start, err);
  if (rc == VT_OK) rc = write_beside(r, ".xyz", &start, err);
  vt_buf_free(&start);
  return rc;
}

/* VT_EDRIVER with the reason in err: the frame failed. */
static vt_status ask_batch(vt__labeller *l, const vt_structure *s, run *r, vt__label *a, vt_buf *input, vt_err *err)
{
  const vt_ipi_host host = {.wait = vt__label_while_waiting, .ctx = l};
  const vt__label_texts texts = {.text = text_of, .ctx = r};
  char why[VT__LABEL_WHY];
  vt_buf command = {0};
  VT_PASS(prepare(l, s, r, input, err));
  put_command(l->m, r->name, &command);
  vt_status rc = vt_buf_check(&command, err);
  if (rc == VT_OK) rc = vt_program_run(r->p, command.s, l->m->timeout_s, &host, err);
  vt_buf_free(&command);
  VT_PASS(rc);
  if (vt__label_parse(l->m, vt_cell_volume(&s->cell), &texts, a, why, sizeof why)) return VT_OK;
  VT_FAIL(err, VT_EDRIVER, "%s", r->trouble[0] ? r->trouble : why);
}

/* ------------------------------------------------------------------ a driver */

void vt__label_driver_end(vt__labeller *l)
{
  vt_ipi_end(l->driver);
  l->driver = NULL;
}

static int same_atoms(const vt_structure *a, const vt_structure *b)
{
  return a->n == b->n && memcmp(a->symbol, b->symbol, (size_t)a->n * sizeof *a->symbol) == 0;
}

static vt_status get_driver(vt__labeller *l, int k, vt_err *err)
{
  vt_buf start = {0};
  if (l->driver && same_atoms(&l->frame[l->driver_for].s, &l->frame[k].s)) return VT_OK;
  vt__label_driver_end(l);
  vt_status rc = vt__label_start_text(&l->frame[k].s, &start, err);
  if (rc == VT_OK) rc = vt_ipi_start(&l->driver, &l->m->driver, "-", &start, err);
  vt_buf_free(&start);
  l->driver_for = k;
  return rc;
}

static vt_status ask_driver(vt__labeller *l, int k, vt__label *a, vt_err *err)
{
  const vt_structure *s = &l->frame[k].s;
  const vt_ipi_host host = {.wait = vt__label_while_waiting, .ctx = l};
  vt_ipi_answer answer = {.f = a->f};
  double hi[3][3], (*x)[3] = NULL;
  if (!vt_cell_inverse(&s->cell, hi)) VT_FAIL(err, VT_EDRIVER, "the cell cannot be inverted");
  VT_PASS(get_driver(l, k, err));
  VT_PASS(VT_NEW(x, s->n, err));
  for (int i = 0; i < s->n; i++) {
    memcpy(x[i], s->x[i], sizeof x[i]);
    vt_cell_wrap(&s->cell, (const double(*)[3])hi, x[i]);
  }
  const vt_status rc = vt_ipi_ask(l->driver, s->n, s->cell.h, (const double(*)[3])x, &host, &answer, err);
  vt_free(x);
  if (rc == VT_EDRIVER && vt_ipi_not_started(l->driver)) {
    const char *said = vt_ipi_said(l->driver);
    VT_FAIL(err, VT_EIO, "the shell cannot start the driver: %.*s", (int)strcspn(said, "\n"), said);
  }
  VT_PASS(rc);
  a->energy = answer.energy;
  memcpy(a->virial, answer.virial, sizeof a->virial);
  for (int i = 0; i < 9; i++) a->has_virial = a->has_virial || a->virial[i] != 0;
  (void)snprintf(a->program, sizeof a->program, "%.*s", (int)sizeof a->program - 1, vt_ipi_name(l->driver));
  for (char *c = a->program; *c; c++)
    if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\') *c = '?';
  if (!a->has_virial && l->m->driver_virial)
    VT_FAIL(err, VT_EDRIVER, "the driver gives no virial (driver.virial: no, if there is none)");
  return VT_OK;
}

/* ------------------------------------------------------------------ one frame */

/* The frame failed: why, and what the program said. */
static vt_status record_failure(vt__labeller *l, int k, run *r, const vt_buf *input, char why[VT__LABEL_WHY],
                                vt_err *err)
{
  const char *said = l->driver ? vt_ipi_said(l->driver) : "";
  static const char nothing[] = "(it printed nothing)\n";
  vt_span log = r->p ? log_of(r) : (vt_span){said, strlen(said)};
  const vt_span asked = {input->s, input->len};
  if (log.n == 0) log = (vt_span){nothing, sizeof nothing - 1};
  if (r->p) VT_PASS(check_room(vt_program_folder(r->p), err));
  one_line(why);
  return vt__label_failure_write(l, k, why, &log, &asked, err);
}

vt_status vt__label_calculate(vt__labeller *l, int k, vt__label_state *state, char why[VT__LABEL_WHY], vt_err *err)
{
  const vt_structure *s = &l->frame[k].s;
  run r = {.name = l->frame[k].name};
  vt__label a = {.n = s->n};
  vt_buf input = {0};
  vt_err said = {0};
  why[0] = '\0';
  vt_status rc = VT_NEW(a.f, s->n, err);
  vt_status asked = rc;
  if (rc == VT_OK) asked = l->m->command[0] ? ask_batch(l, s, &r, &a, &input, &said) : ask_driver(l, k, &a, &said);
  if (asked == VT_EDRIVER) (void)snprintf(why, VT__LABEL_WHY, "%.399s", vt_err_line(said.text).s);
  if (asked == VT_OK && !vt__label_is_good(l->m, vt_cell_volume(&s->cell), &a, why, VT__LABEL_WHY)) asked = VT_EDRIVER;
  *state = asked == VT_OK ? VT__LABEL_DONE : VT__LABEL_FAILED;
  if (rc == VT_OK && asked == VT_OK) rc = vt__label_record_write(l, k, &a, err);
  if (rc == VT_OK && asked == VT_EDRIVER) rc = record_failure(l, k, &r, &input, why, err);
  if (rc == VT_OK && asked != VT_OK && asked != VT_EDRIVER) {
    rc = asked;
    if (err) *err = said;
  }
  if (asked != VT_OK) vt__label_driver_end(l);
  run_close(&r);
  vt_buf_free(&input);
  vt_free(a.f);
  return rc;
}
