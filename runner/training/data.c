/* data.c - the training file, its frames, the model it begins with. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"
#include "runner/training/training_impl.h"

enum { FIT_FRAMES = 500, SHOWN = 40 };

/* ------------------------------------------------------------------ frames */

static vt_status read_files(vt__trainer *t, const vt_training_files *f, vt_train_data *to, vt_err *err)
{
  for (int k = 0, first = to->n; k < f->n; k++) {
    const int item = f->f[k].item;
    VT_TRY(vt_train_data_read(to, t->m, f->f[k].path, f->f[k].weight, err), err, "%s:%d: '%s'", t->o->file,
           f->f[k].line, f->f[k].path);
    if (item < 0 || (k + 1 < f->n && f->f[k + 1].item == item)) continue; /* not the last file of an item */
    VT_PASS(vt__start_item(t, item, first, err));
    first = to->n;
  }
  return VT_OK;
}

/* The frames with in[] = 1 move from the data to the held ones. */
static vt_status hold_back(vt__trainer *t, const int *in, vt_err *err)
{
  vt_train_data *d = &t->data, *h = &t->held;
  int n = 0, kept = 0;
  for (int k = 0; k < d->n; k++) n += in[k];
  if (n == 0) return VT_OK;
  VT_PASS(VT_NEW(h->s, n, err));
  h->cap = n;
  VT_PASS(VT_NEW(h->file, d->n_files, err));
  VT_PASS(VT_NEW(h->comp, d->n_comp, err));
  memcpy(h->file, d->file, (size_t)d->n_files * sizeof *h->file);
  memcpy(h->comp, d->comp, (size_t)d->n_comp * sizeof *h->comp);
  h->n_files = d->n_files;
  h->n_comp = d->n_comp;
  for (int k = 0; k < d->n; k++) {
    if (in[k])
      h->s[h->n++] = d->s[k];
    else
      d->s[kept++] = d->s[k];
  }
  d->n = kept;
  return VT_OK;
}

static vt_status split(vt__trainer *t, vt_err *err)
{
  int *in = NULL;
  VT_PASS(VT_NEW(in, t->data.n, err));
  vt_status rc =
      vt_train_split(&t->data, t->m->n_types, t->y->by == VT_BY_COMPOSITION, t->y->fraction, t->y->seed, in, err);
  if (rc == VT_OK) rc = hold_back(t, in, err);
  vt_free(in);
  return rc;
}

static void say_lines(const vt__trainer *t, const vt_buf *b, const char *what)
{
  const char *at = b->s;
  for (int k = 0; at && *at; k++) {
    const char *end = strchr(at, '\n');
    const int n = end ? (int)(end - at) : (int)strlen(at);
    if (k == SHOWN) {
      vt__say(t, "more %s are not shown", what);
      return;
    }
    vt__say(t, "%.*s", n, at);
    at += n + (end != NULL);
  }
}

/* What no frame that is trained on says, and what is therefore not trained. */
static void warn_of_missing(vt__trainer *t)
{
  int energies = 0, virials = 0, forces = 0, atoms[VT_NEP_MOST_TYPES] = {0};
  vt_buf *warns = &t->data.warns;
  for (int k = 0; k < t->data.n; k++) {
    const vt_train_sample *s = &t->data.s[k];
    energies += s->has_energy, virials += s->has_virial, forces += s->f != NULL;
    for (int i = 0; i < s->n; i++) atoms[s->type[i]]++;
  }
  const struct {
    int n;
    const char *what, *then;
  } label[] = {{energies, "an energy", "energies"},
               {forces, "forces", "forces"},
               {virials, "a virial", "pressures and densities"}};
  for (int k = 0; k < 3 && t->data.n > 0; k++)
    if (label[k].n == 0)
      vt_buf_printf(warns, "%s: warning: no frame to train on has %s: %s of the model mean nothing\n", t->o->file,
                    label[k].what, label[k].then);
  for (int k = 0; k < t->m->n_types; k++)
    if (atoms[k] == 0 && !t->y->start[0])
      vt_buf_printf(warns,
                    "%s: warning: elements: no frame to train on has %s: what the model says of it means nothing\n",
                    t->o->file, t->m->symbol[k]);
}

static vt_status read_frames(vt__trainer *t, int *bad, vt_err *err)
{
  vt_train_data *const set[] = {&t->data, &t->held, &t->test};
  VT_PASS(vt__start_weights(t, err));
  VT_PASS(read_files(t, &t->y->data, &t->data, err));
  if (t->y->validation.n > 0) VT_PASS(read_files(t, &t->y->validation, &t->held, err));
  if (vt_comm_rank(t->comm) == 0) VT_PASS(read_files(t, &t->y->test, &t->test, err));
  VT_PASS(vt_train_data_rescale(&(vt_train_rescaling){.set = set,
                                                      .n_sets = 3,
                                                      .by_model = t->y->start[0] != 0,
                                                      .model_moves = 1,
                                                      .m = t->m,
                                                      .is_new = t->is_new,
                                                      .simd = t->simd},
                                err));
  for (int k = 0; k < 3; k++) say_lines(t, &set[k]->shifts, "shifts");
  for (int k = 0; k < 3; k++) VT_PASS(vt_train_data_check(set[k], t->m, err));
  *bad = t->data.n_mistakes + t->held.n_mistakes;
  for (int k = 0; k < 3 && t->y->start[0] && *bad == 0 && vt_comm_rank(t->comm) == 0; k++)
    if (set[k]->n_mistakes == 0) VT_PASS(vt_train_data_check_model(set[k], t->m, t->simd, err));
  if (*bad == 0 && t->y->validation.n == 0) VT_PASS(split(t, err));
  if (*bad == 0 && vt_comm_rank(t->comm) == 0) warn_of_missing(t);
  if (*bad == 0 && vt_comm_rank(t->comm) == 0) {
    VT_PASS(vt_train_data_compare(&t->data, &t->data, "trained on", err));
    VT_PASS(vt_train_data_compare(&t->data, &t->held, "trained on", err));
    VT_PASS(vt_train_data_compare(&t->data, &t->test, "trained on", err));
    VT_PASS(vt_train_data_compare(&t->held, &t->test, "used for validation", err));
  }
  int mistakes = 0;
  for (int k = 0; k < 3; k++) {
    say_lines(t, &set[k]->warns, "warnings");
    say_lines(t, &set[k]->mistakes, "mistakes");
    mistakes += set[k]->n_mistakes;
  }
  *bad = mistakes;
  if (*bad == 0 && (t->data.n == 0 || t->held.n == 0)) {
    *bad = 1;
    vt__say(t,
            "%s: %d frames to train on and %d for validation: expected some of both (more trajectories or "
            "compositions, or validation.files)",
            t->o->file, t->data.n, t->held.n);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ the model */

vt_status vt_training_model(const char *path, vt_nep_model **m, vt_err *err)
{
  char *text = NULL;
  size_t n = 0;
  VT_PASS(vt_text_read(path, VT_NEP_MOST_BYTES, &text, &n, err));
  const vt_status rc = vt_nep_read(path, text, n, m, err);
  vt_free(text);
  return rc;
}

static vt_status new_model(vt__trainer *t, vt_err *err)
{
  const vt_training *y = t->y;
  vt_nep_model f = {.version = 4,
                    .n_types = y->n_elements,
                    .zbl = y->zbl > 0 ? VT_ZBL_UNIVERSAL : VT_ZBL_NONE,
                    .zbl_inner = 0.5 * y->zbl,
                    .zbl_outer = y->zbl,
                    .n_radial = y->n_max[0] + 1,
                    .n_angular = y->n_max[1] + 1,
                    .k_radial = y->basis[0] + 1,
                    .k_angular = y->basis[1] + 1,
                    .l_max = y->l_max[0],
                    .neurons = y->neurons};
  f.flag[VT_NEP_222] = y->l_max[1] != 0;
  f.flag[VT_NEP_1111] = y->l_max[2] != 0;
  for (int k = 0; k < y->n_elements; k++) {
    memcpy(f.symbol[k], y->element[k], sizeof f.symbol[k]);
    f.z[k] = vt_element_z(y->element[k]);
    f.rc_radial[k] = y->cutoff[0];
    f.rc_angular[k] = y->cutoff[1];
  }
  VT_PASS(vt_nep_new(&f, &t->m, err));
  vt_train_draw(t->m, t->seed);
  return VT_OK;
}

static vt_status first_model(vt__trainer *t, vt_err *err)
{
  vt_nep_model *from = NULL;
  char start[VT_PATH];
  if (!t->y->start[0]) return new_model(t, err);
  vt_training_start(t->y, t->seed, start);
  VT_PASS(vt_training_model(start, &from, err));
  const vt_status rc = vt__start_model(t, from, err);
  vt_nep_free(from);
  return rc;
}

/* The neighbour counts of the cutoff line, by which other programs size their buffers. */
static vt_status count_neighbours(vt__trainer *t, vt_err *err)
{
  vt_train_data *const set[] = {&t->data, &t->held};
  for (int k = 0; k < 2; k++)
    for (int i = 0; i < set[k]->n; i++) {
      vt_train_sample *s = &set[k]->s[i];
      VT_TRY(vt_train_sample_frame(t->m, s, err), err, "%s:%d", set[k]->file[s->file], s->line);
      vt_train_frame_most(s->frame, &t->m->most_radial, &t->m->most_angular);
      vt_train_sample_drop(s);
      vt_alive();
    }
  return VT_OK;
}

static void say_elements(const vt__trainer *t, const char *what, const double *e)
{
  vt_buf b = {0};
  for (int k = 0; k < t->m->n_types; k++) vt_buf_printf(&b, " %s %.4f", t->m->symbol[k], e[k]);
  vt__say(t, "%s, eV:%s", what, b.s ? b.s : "");
  vt_buf_free(&b);
}

/* Rank 0.  shift: see vt__start_fit. */
static vt_status fit_first(vt__trainer *t, double *shift, vt_err *err)
{
  double e[VT_NEP_MOST_TYPES] = {0};
  VT_PASS(count_neighbours(t, err));
  if (t->y->start[0]) return vt__start_fit(t, shift, err);
  VT_PASS(vt_train_fit_scales(t->m, t->simd, &t->data, NULL, FIT_FRAMES, t->seed, err));
  VT_PASS(vt_train_fit_elements(t->m, t->simd, &t->data, NULL, t->data.n, e, err));
  vt_train_put_elements(t->m, e);
  say_elements(t, "energies of the elements (least squares)", e);
  return VT_OK;
}

/* ------------------------------------------------------------------ what the result depends on */

/* Groups by number: their names decide nothing. */
static int group_number(const vt_training *y, int item)
{
  int n = 0;
  for (int k = 0; k <= item && y->item[item].group[0]; k++) {
    int is_first = y->item[k].group[0] != 0;
    for (int j = 0; j < k && is_first; j++) is_first = strcmp(y->item[j].group, y->item[k].group) != 0;
    n += is_first;
    if (strcmp(y->item[k].group, y->item[item].group) == 0) break;
  }
  return n;
}

static void put_item(const vt_training *y, int item, vt_buf *b)
{
  const vt_training_item *i = &y->item[item];
  const int group = group_number(y, item);
  if (group) vt_buf_printf(b, " group %d %.17g %.17g", group, i->pressure, i->temperature);
  for (int z = 1; z < VT_TRAINING_ELEMENTS; z++)
    if (i->element[z] != 1) vt_buf_printf(b, " element %d %.17g", z, i->element[z]);
  for (int c = 0; c < i->n_config; c++)
    if (i->config[c].weight != 1) vt_buf_printf(b, " config '%s' %.17g", i->config[c].name, i->config[c].weight);
}

static vt_status hash_files(const vt_training *y, const vt_training_files *f, const char *what, vt_buf *b, vt_err *err)
{
  for (int k = 0; k < f->n; k++) {
    vt_uid id;
    char hex[65];
    VT_PASS(vt_sha256_file(f->f[k].path, &id, err));
    vt_uid_hex(&id, hex);
    vt_buf_printf(b, "%s %s %.17g", what, hex, f->f[k].weight);
    if (f->f[k].item >= 0) put_item(y, f->f[k].item, b);
    vt_buf_printf(b, "\n");
  }
  return VT_OK;
}

static vt_status find_identity(vt__trainer *t, vt_err *err)
{
  vt_buf b = {0};
  const vt_training *y = t->y;
  vt_buf_printf(&b, "train 2\nsimd %s\nloss %.17g %.17g %.17g %.17g %.17g\n", vt_simd_name(t->simd), y->energy,
                y->force, y->virial, y->mean_virial, y->force_relative);
  vt_buf_printf(&b, "epochs %d finish %d batch %d rate %.17g seed %llu fraction %.17g\n", y->epochs, y->finish,
                y->batch, y->rate, (unsigned long long)t->seed, y->fraction);
  if (t->seed != y->seed) vt_buf_printf(&b, "split %llu\n", (unsigned long long)y->seed); /* of a committee */
  if (y->early_stop > 0) vt_buf_printf(&b, "early_stop %d\n", y->early_stop);
  vt_buf_printf(&b, "by %d freeze %d pull %.17g new", y->by, y->freeze, y->pull);
  for (int k = 0; k < t->m->n_types; k++) vt_buf_printf(&b, " %d", t->is_new[k]);
  vt_buf_printf(&b, "\n");
  vt_nep_write(t->m, &b);
  vt_status rc = hash_files(y, &y->data, "data", &b, err);
  if (rc == VT_OK) rc = hash_files(y, &y->validation, "validation", &b, err);
  if (rc == VT_OK) rc = vt_buf_check(&b, err);
  if (rc == VT_OK) vt_sha256(b.s, b.len, &t->identity);
  vt_buf_free(&b);
  return rc;
}

/* ------------------------------------------------------------------ all of it */

static int tell_missing_start(const vt__trainer *says, const vt_training *y)
{
  char path[VT_PATH], last[VT_PATH] = "";
  int missing = 0;
  for (int k = 0; k < y->seeds && y->start[0]; k++) {
    vt_training_start(y, y->seed + (uint64_t)k, path);
    if (strcmp(path, last) != 0 && access(path, R_OK) != 0) {
      missing++;
      vt__say(says, "%s: start: cannot open '%s': %s", says->o->file, path, strerror(errno));
    }
    memcpy(last, path, sizeof last);
  }
  return missing;
}

/* Files that are named and cannot be opened, all of them. */
static int tell_missing(const vt__trainer *says, const vt_training *y)
{
  const vt_training_files *const set[] = {&y->data, &y->validation, &y->test};
  int missing = 0;
  for (int k = 0; k < 3; k++)
    for (int i = 0; i < set[k]->n; i++) {
      const vt_training_file *f = &set[k]->f[i];
      if (access(f->path, R_OK) == 0) continue;
      missing++;
      vt__say(says, "%s:%d: cannot open '%s': %s", says->o->file, f->line, f->path, strerror(errno));
    }
  return missing + tell_missing_start(says, y);
}

vt_status vt__load_file(vt__job *j, int *bad, vt_err *err)
{
  const vt__trainer says = {.job = j, .comm = j->world, .o = j->o};
  vt_diags d;
  vt_buf text = {0};
  *bad = 0;
  vt_status rc = vt_training_load(j->o->file, &j->y, &d, err);
  vt_diags_format(&d, &text);
  say_lines(&says, &text, "mistakes");
  vt_buf_free(&text);
  *bad = d.n_errors > 0;
  vt_diags_free(&d);
  if (rc == VT_OK && !*bad) *bad = tell_missing(&says, j->y) > 0;
  if (!*bad) return rc;
  vt_err_clear(err);
  return VT_OK;
}

vt_status vt__trainer_prepare(vt__trainer *t, int *bad, vt_err *err)
{
  const int is_root = vt_comm_rank(t->comm) == 0;
  t->scales = (vt_train_scales){t->y->energy, t->y->force, t->y->virial, t->y->mean_virial, t->y->force_relative};
  VT_PASS(vt_comm_agree(t->comm, first_model(t, err), err));
  VT_PASS(vt_comm_agree(t->comm, find_identity(t, err), err));
  VT_PASS(vt_comm_agree(t->comm, is_root ? vt__record_make(t, &t->record, err) : VT_OK, err));
  VT_PASS(vt_comm_agree(t->comm, read_frames(t, bad, err), err));
  int32_t any = *bad;
  VT_PASS(vt_comm_bcast(t->comm, 0, &any, sizeof any, err)); /* rank 0 compares, and reads the test set */
  *bad = any;
  if (*bad) return VT_OK;
  double shift[VT_NEP_MOST_TYPES] = {0};
  VT_PASS(vt_comm_agree(t->comm, is_root ? fit_first(t, shift, err) : VT_OK, err));
  VT_PASS(vt__start_shift(t, shift, err));
  VT_PASS(vt_comm_bcast(t->comm, 0, t->m->numbers, t->m->n_numbers * sizeof *t->m->numbers, err));
  VT_PASS(vt_comm_agree(t->comm, vt__hold_open(t, err), err));
  return vt__pressure_open(t, err);
}
