/* record.c - what a training depends on, in the words of its file: kept in the checkpoint, so that a folder can say in
 * what another training differs. */
#include <stdio.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/training/training_impl.h"

/* ------------------------------------------------------------------ made: lines "key: value", each key once */

static void put_hash(vt_buf *b, const vt_uid *id)
{
  char hex[65];
  vt_uid_hex(id, hex);
  vt_buf_printf(b, "sha256 %.12s", hex);
}

static void put_item(const vt_training_item *i, vt_buf *b)
{
  for (int c = 0; c < i->n_config; c++)
    vt_buf_printf(b, ", config_type %s %.10g", i->config[c].name, i->config[c].weight);
  for (int z = 1; z < VT_TRAINING_ELEMENTS; z++)
    if (i->element[z] != 1) vt_buf_printf(b, ", element %s %.10g", vt_element_symbol(z), i->element[z]);
  if (!i->group[0]) return;
  vt_buf_printf(b, ", group %s: %.10g GPa", i->group, i->pressure);
  if (i->temperature > 0) vt_buf_printf(b, ", %.10g K", i->temperature);
}

static vt_status put_files(const vt_training *y, const vt_training_files *f, const char *key, vt_buf *b, vt_err *err)
{
  for (int k = 0; k < f->n; k++) {
    vt_uid id;
    VT_PASS(vt_sha256_file(f->f[k].path, &id, err));
    vt_buf_printf(b, "%s, file %d: '%s', ", key, k + 1, f->f[k].path);
    put_hash(b, &id);
    vt_buf_printf(b, ", weight %.10g", f->f[k].weight);
    if (f->f[k].item >= 0) put_item(&y->item[f->f[k].item], b);
    vt_buf_printf(b, "\n");
  }
  return VT_OK;
}

static void put_model(const vt_training *y, vt_buf *b)
{
  vt_buf_printf(b, "model.cutoff: [%.10g A, %.10g A]\nmodel.n_max: [%d, %d]\nmodel.basis: [%d, %d]\n", y->cutoff[0],
                y->cutoff[1], y->n_max[0], y->n_max[1], y->basis[0], y->basis[1]);
  vt_buf_printf(b, "model.l_max: [%d, %d, %d]\nmodel.neurons: %d\nmodel.zbl: %.10g A\n", y->l_max[0], y->l_max[1],
                y->l_max[2], y->neurons, y->zbl);
}

static vt_status put_start(const vt__trainer *t, vt_buf *b, vt_err *err)
{
  static const char *const frozen[] = {"descriptor", "network", "all_but_last"};
  const vt_training *y = t->y;
  char path[VT_PATH];
  vt_uid id;
  if (!y->start[0]) {
    vt_buf_printf(b, "start: none\n");
    put_model(y, b);
    return VT_OK;
  }
  vt_training_start(y, t->seed, path);
  VT_PASS(vt_sha256_file(path, &id, err));
  vt_buf_printf(b, "start: '%s', ", path);
  put_hash(b, &id);
  vt_buf_printf(b, "\ngraft: {");
  for (int g = 0; g < y->n_graft; g++)
    vt_buf_printf(b, "%s%s: %s", g ? ", " : "", y->graft[g].element, y->graft[g].donor);
  vt_buf_printf(b, "}\nfreeze: [");
  for (int k = 0, n = 0; k < 3; k++)
    if (y->freeze & (1 << k)) vt_buf_printf(b, "%s%s", n++ ? ", " : "", frozen[k]);
  vt_buf_printf(b, "]\npull: %.10g\n", y->pull);
  return VT_OK;
}

static void put_schedule(const vt__trainer *t, vt_buf *b)
{
  const vt_training *y = t->y;
  vt_buf_printf(b,
                "loss.energy: %.10g eV/atom\nloss.force: %.10g eV/A\nloss.force_relative: %.10g\n"
                "loss.virial: %.10g eV/atom\nloss.mean_virial: %.10g eV/atom\n",
                y->energy, y->force, y->force_relative, y->virial, y->mean_virial);
  vt_buf_printf(b, "schedule.epochs: %d\nschedule.batch: %d\nschedule.learning_rate: ", y->epochs, y->batch);
  if (y->rate > 0)
    vt_buf_printf(b, "%.10g\n", y->rate);
  else
    vt_buf_printf(b, "by default\n");
  vt_buf_printf(b, "schedule.seed: %llu\n", (unsigned long long)t->seed);
  if (t->seed != y->seed) vt_buf_printf(b, "schedule.seed of what is held back: %llu\n", (unsigned long long)y->seed);
  vt_buf_printf(b, "schedule.finish: %d\nschedule.early_stop: %d\n", y->finish, y->early_stop);
}

vt_status vt__record_make(const vt__trainer *t, vt_buf *b, vt_err *err)
{
  const vt_training *y = t->y;
  vt_buf_printf(b, "elements: [");
  for (int k = 0; k < y->n_elements; k++) vt_buf_printf(b, "%s%s", k ? ", " : "", y->element[k]);
  vt_buf_printf(b, "]\n");
  VT_PASS(put_start(t, b, err));
  VT_PASS(put_files(y, &y->data, "data", b, err));
  vt_buf_printf(b, "validation.fraction: %.10g\nvalidation.by: %s\n", y->fraction,
                y->by == VT_BY_COMPOSITION ? "composition" : "trajectory");
  VT_PASS(put_files(y, &y->validation, "validation", b, err));
  put_schedule(t, b);
  vt_buf_printf(b, "vector level of the processor: %s\n", vt_simd_name(t->simd));
  return vt_buf_check(b, err);
}

/* ------------------------------------------------------------------ compared */

typedef struct field {
  const char *key, *value;
  int n_key, n_value; /* characters; n_key 0: there is none */
} field;

/* The line at `*at`, which moves to the next. */
static field next_field(const char **at, const char *end)
{
  const char *const line = *at, *stop = memchr(line, '\n', (size_t)(end - line));
  if (!stop) stop = end;
  *at = stop < end ? stop + 1 : end;
  for (const char *c = line; c + 1 < stop; c++)
    if (c[0] == ':' && c[1] == ' ') return (field){line, c + 2, (int)(c - line), (int)(stop - c - 2)};
  return (field){line, line, 0, 0};
}

static field find(const char *text, size_t n, const field *of)
{
  for (const char *at = text; at < text + n;) {
    const field f = next_field(&at, text + n);
    if (f.n_key == of->n_key && memcmp(f.key, of->key, (size_t)f.n_key) == 0) return f;
  }
  return (field){0};
}

int vt__record_differences(const char *old, size_t n_old, const char *now, size_t n_now, vt_buf *out)
{
  int n = 0;
  for (const char *at = old; at < old + n_old;) {
    const field was = next_field(&at, old + n_old), is = find(now, n_now, &was);
    if (was.n_key == 0) continue;
    if (is.n_key == 0)
      vt_buf_printf(out, "  %.*s: %.*s, here none\n", was.n_key, was.key, was.n_value, was.value);
    else if (is.n_value != was.n_value || memcmp(is.value, was.value, (size_t)is.n_value) != 0)
      vt_buf_printf(out, "  %.*s: %.*s, here %.*s\n", was.n_key, was.key, was.n_value, was.value, is.n_value, is.value);
    else
      continue;
    n++;
  }
  for (const char *at = now; at < now + n_now;) {
    const field is = next_field(&at, now + n_now);
    if (is.n_key == 0 || find(old, n_old, &is).n_key > 0) continue;
    vt_buf_printf(out, "  %.*s: none, here %.*s\n", is.n_key, is.key, is.n_value, is.value);
    n++;
  }
  return n;
}
