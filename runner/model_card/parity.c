/* parity.c - label and prediction of every frame and atom, as tables. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/csv/csv.h"
#include "runner/model_card/model_card_impl.h"

enum { TABLES = 3 };

struct vt__parity_files {
  char folder[VT_PATH], tmp[TABLES][2 * VT_PATH];
  FILE *f[TABLES];
  vt_buf row;
  int64_t frame; /* from 1 */
};

static const char *const name[TABLES] = {"energy", "force", "virial"};
static const char *const header[TABLES] = {
    "frame,file,line,composition,config_type,atoms,label_eV_atom,predicted_eV_atom\n",
    "frame,atom,composition,config_type,element,label_x_eV_A,label_y_eV_A,label_z_eV_A,predicted_x_eV_A,"
    "predicted_y_eV_A,predicted_z_eV_A\n",
    "frame,composition,config_type,component,label_eV_atom,predicted_eV_atom\n"};

static vt_status write_row(vt__parity_files *p, int table, vt_err *err)
{
  VT_PASS(vt_buf_check(&p->row, err));
  if (fwrite(p->row.s, 1, p->row.len, p->f[table]) != p->row.len)
    VT_FAIL(err, VT_EIO, "'%s' cannot be written", p->tmp[table]);
  p->row.len = 0;
  return VT_OK;
}

vt_status vt__parity_open(const char *folder, vt__parity_files **out, vt_err *err)
{
  vt__parity_files *p = NULL;
  vt_status rc = VT_NEW(p, 1, err);
  *out = p;
  if (rc != VT_OK) return rc;
  (void)snprintf(p->folder, sizeof p->folder, "%.500s/parity", folder);
  VT_PASS(vt_dir_make(p->folder, err));
  for (int k = 0; k < TABLES; k++) {
    char path[VT_PATH + 32];
    int fd;
    (void)snprintf(path, sizeof path, "%s/%s.csv", p->folder, name[k]);
    VT_PASS(vt_file_beside(path, p->tmp[k], sizeof p->tmp[k], &fd, err));
    p->f[k] = fdopen(fd, "w");
    if (!p->f[k]) {
      (void)close(fd);
      VT_FAIL(err, VT_EIO, "'%s' cannot be written", p->tmp[k]);
    }
    vt_buf_printf(&p->row, "%s", header[k]);
    VT_PASS(write_row(p, k, err));
  }
  return VT_OK;
}

static void put_labels(vt_buf *b, const vt_train_data *d, const vt_train_sample *s)
{
  vt_csv_cell(b, d->comp[s->comp]);
  vt_buf_printf(b, ",");
  vt_csv_cell(b, s->config_type);
}

static vt_status add_virial(vt__parity_files *p, const vt_train_data *d, const vt_train_sample *s,
                            const vt_train_values *v, vt_err *err)
{
  static const char axis[] = "xyz";
  for (int k = 0; k < 9; k++) {
    vt_buf_printf(&p->row, "%lld,", (long long)p->frame);
    put_labels(&p->row, d, s);
    vt_buf_printf(&p->row, ",%c%c,%.10g,%.10g\n", axis[k / 3], axis[k % 3], s->virial[k] / s->n, v->virial[k] / s->n);
  }
  return write_row(p, 2, err);
}

vt_status vt__parity_add(vt__parity_files *p, const vt_nep_model *m, const vt_train_data *d, const vt_train_sample *s,
                         const vt_train_values *v, vt_err *err)
{
  p->frame++;
  if (s->has_energy) {
    vt_buf_printf(&p->row, "%lld,", (long long)p->frame);
    vt_csv_cell(&p->row, d->file[s->file]);
    vt_buf_printf(&p->row, ",%d,", s->line);
    put_labels(&p->row, d, s);
    vt_buf_printf(&p->row, ",%d,%.12g,%.12g\n", s->n, s->energy / s->n, v->energy / s->n);
    VT_PASS(write_row(p, 0, err));
  }
  for (int i = 0; s->f && i < s->n; i++) {
    const double *want = s->f[i], *got = v->f[i];
    vt_buf_printf(&p->row, "%lld,%d,", (long long)p->frame, i + 1);
    put_labels(&p->row, d, s);
    vt_buf_printf(&p->row, ",%s,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", m->symbol[s->type[i]], want[0], want[1], want[2],
                  got[0], got[1], got[2]);
  }
  if (s->f) VT_PASS(write_row(p, 1, err));
  return s->has_virial ? add_virial(p, d, s, v, err) : VT_OK;
}

static vt_status end_table(vt__parity_files *p, int k, vt_err *err)
{
  char path[VT_PATH + 32];
  FILE *f = p->f[k];
  p->f[k] = NULL;
  (void)snprintf(path, sizeof path, "%s/%s.csv", p->folder, name[k]);
  const int flushed = fflush(f) == 0 && fsync(fileno(f)) == 0;
  if (fclose(f) != 0 || !flushed) VT_FAIL(err, VT_EIO, "'%s' cannot be written", p->tmp[k]);
  VT_PASS(vt_file_move(p->tmp[k], path, err));
  p->tmp[k][0] = '\0';
  return VT_OK;
}

vt_status vt__parity_end(vt__parity_files *p, int ok, vt_err *err)
{
  vt_status rc = VT_OK;
  if (!p) return VT_OK;
  for (int k = 0; k < TABLES && ok && rc == VT_OK; k++) rc = end_table(p, k, err);
  for (int k = 0; k < TABLES; k++) {
    if (p->f[k]) (void)fclose(p->f[k]);
    if (p->tmp[k][0]) (void)unlink(p->tmp[k]);
  }
  vt_buf_free(&p->row);
  vt_free(p);
  return rc;
}
