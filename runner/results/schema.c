/* schema.c - the tree of results.h5 in words, from the tables that write it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/json/json.h"
#include "runner/results/results_impl.h"

/* ------------------------------------------------------------------ a campaign without results */

/* Two compositions, so that species and compositions differ; every length differs from the others and from what does
 * not depend on a campaign. */
static const char example[] = "vitrion: 1\n"
                              "campaign: example\n"
                              "potential: {kind: nep, file: any}\n"
                              "compositions:\n"
                              "  grid: {alkali: [Li, Na], metal: [Ta], halogen: [Cl], halogen_to_oxygen: [4]}\n"
                              "  atoms: 56\n"
                              "temperatures: 500..700 K by 100 K\n"
                              "glasses: 2\n"
                              "protocol: {produce: {duration: 600 ps}}\n";

static vt_status parse_example(const vt_campaign_env *env, vt_campaign **c, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_diags diags = {0};
  vt_campaign_env reading = *env;
  reading.probe = vt__any_potential;
  VT_TRY_OUT(vt_campaign_parse(example, sizeof example - 1, "example", ".", &reading, c, &diags, err), err,
             "the example (%s)", diags.n ? diags.d[0].text : "unreadable");
  if (diags.n) VT_FAIL_OUT(err, VT_EBUG, "the example: %s", diags.d[0].text);
  VT_TRY_OUT(vt_campaign_resolve(*c, VT_SIMD_PORTABLE, err), err, "the example");
out:
  vt_diags_free(&diags);
  return rc;
}

static vt_status no_result(void *ctx, int i, const vt_plan *p, double **values, vt_err *err)
{
  (void)ctx, (void)i, (void)p, (void)err;
  *values = NULL;
  return VT_OK;
}

/* ------------------------------------------------------------------ axes */

/* "tasks, species, lag_ps"; "-" of a single value. */
static void put_axes(vt_buf *b, const vt_store_dset *d)
{
  for (int a = 0; a < d->n_dim; a++) vt_buf_printf(b, "%s%s", a ? ", " : "", d->axis[a].label);
  if (d->n_dim == 0) vt_buf_printf(b, "-");
}

static const char *type_of(const vt_store_dset *d)
{
  return d->type == VT_F64 ? "float64" : d->type == VT_I64 ? "int64" : "string";
}

/* ------------------------------------------------------------------ JSON */

static vt_status as_json(const vt__contents *s, const vt_campaign *c, vt_buf *out, vt_err *err)
{
  vt_json *root = vt_json_object(), *attributes = vt_json_array(), *list = vt_json_array();
  vt_store_attr attr[VT__ATTRIBUTES];
  const int n_attr = vt__attributes_of(c, attr);
  for (int k = 0; k < n_attr; k++) vt_json_add(attributes, vt_json_text(attr[k].name));
  vt_json_add(attributes, vt_json_text("format"));
  vt_json_add(attributes, vt_json_text("README"));
  for (int k = 0; k < s->n; k++) {
    const vt_store_dset *d = &s->dset[k];
    vt_json *o = vt_json_object(), *names = vt_json_array(), *shape = vt_json_array(), *scales = vt_json_array();
    for (int a = 0; a < d->n_dim; a++) {
      vt_json_add(names, vt_json_text(d->axis[a].label));
      vt_json_add(scales, vt_json_text(d->axis[a].scale));
      vt_json_add(shape, vt_json_int(d->dim[a]));
    }
    vt_json_put(o, "path", vt_json_text(d->path));
    vt_json_put(o, "axes", names);
    vt_json_put(o, "scales", scales);
    vt_json_put(o, "shape", shape);
    vt_json_put(o, "type", vt_json_text(type_of(d)));
    vt_json_put(o, "unit", vt_json_text(d->unit));
    vt_json_put(o, "doc", vt_json_text(d->doc));
    vt_json_put(o, "older_name", vt_json_bool(0)); /* of stores of format 1 */
    vt_json_add(list, o);
  }
  vt_json_put(root, "format", vt_json_int(VT_STORE_FORMAT));
  vt_json_put(root, "attributes", attributes);
  vt_json_put(root, "datasets", list);
  const vt_status rc = vt_json_dump(root, 1, out, err);
  vt_json_free(root);
  vt_buf_printf(out, "\n");
  return rc;
}

/* ------------------------------------------------------------------ Markdown */

/* The rest of `path` behind `before` and then `name`, or NULL. */
static const char *behind(const char *path, const char *before, const char *name)
{
  const size_t n = strlen(before), m = strlen(name);
  return strncmp(path, before, n) == 0 && strncmp(path + n, name, m) == 0 ? path + n + m : NULL;
}

enum { HIDDEN, SHOWN, SHOWN_FOR_ALL };

/* All quantities have the same datasets: those of the first stand for all, as "/fits/<quantity>/ea_ev". */
static int shown_path(const vt_fits *f, const char *path, char shown[128])
{
  static const char *const before[] = {"/fits/", "/compare/", "/transport/"};
  (void)snprintf(shown, 128, "%s", path);
  for (int q = 0; q < f->n_quantities; q++)
    for (int k = 0; k < VT_COUNT(before); k++) {
      const char *rest = behind(path, before[k], f->fitted[q].what.name);
      if (!rest || (*rest != '/' && strcmp(rest, "_status") != 0)) continue;
      if (q > 0) return HIDDEN;
      (void)snprintf(shown, 128, "%s<quantity>%s", before[k], rest);
      return SHOWN_FOR_ALL;
    }
  return SHOWN;
}

static void put_cell(vt_buf *b, const char *text)
{
  for (; *text; text++) {
    if (*text == '|') vt_buf_add(b, "\\", 1);
    vt_buf_add(b, text, 1);
  }
}

static const char head[] =
    "# Tree of results.h5\n\n"
    "Generated by `vitrion schema store` from the tables that write it; do not edit.\n\n"
    "Names follow one rule, here, in JSON and in `summary.csv`: `x`, `x_se` (its standard error), `x_lo95` and\n"
    "`x_hi95` (ends of its 95 % interval), the unit last where a name has one: `ea_ev`, `ea_se_ev`, `ea_lo95_ev`.\n"
    "Where the estimate has a group or an object of its own: `value`, `se`, `lo95`, `hi95`.  Frames: `metal`,\n"
    "`barycentric`, `frame_free` (in JSON the frame of the metals of transference numbers and Onsager coefficients is\n"
    "called `framework`).\n\n"
    "The attribute `README` of the root says what is where, each group has a `doc`.  Every dataset has the attributes\n"
    "`unit` (`1`: none), `doc` (the column \"meaning\"), `digest` (of its values, defined in `runner/store/store.h`;\n"
    "`vitrion verify` compares) and, where it follows from a formula, `source`.  Every axis has a label and a "
    "dimension\n"
    "scale: `ds.dims[0].label` and `ds.dims[0][0]` in h5py.  NaN, and -1 in whole numbers where their meaning says "
    "so:\n"
    "not there or not resolved.\n\n"
    "This is format 2.  Files of format 1 are read by `fit`, `rank`, `report`, `export` and `verify`; the next `run`, "
    "or\n"
    "`repair`, writes them anew.  They have no scales, no docs of groups, single values as tables of one row, and "
    "some\n"
    "numbers under two names; `lo_ps` and `hi_ps` of a window are `window_start_ps` and `window_end_ps` now, and\n"
    "`t_alkali_framework` is `t_alkali_metal`.\n\n";

static void put_lists(vt_buf *b, const vt_campaign *c, const vt_fits *f, int lengths)
{
  vt_buf_printf(b, "Attributes of the root group: `README`, ");
  vt_store_attr attr[VT__ATTRIBUTES];
  const int n_attr = vt__attributes_of(c, attr);
  for (int k = 0; k < n_attr; k++) vt_buf_printf(b, "`%s`, ", attr[k].name);
  vt_buf_printf(b, "`format` (%d).  `/campaign` is the text of the campaign.\n\nAxes:\n\n", VT_STORE_FORMAT);
  const char *doc, *label, *scale;
  for (int k = 0; (doc = vt__axis_doc(k, &label, &scale)); k++)
    vt_buf_printf(b, "- %s: %s; scale `%s`\n", label, doc, scale);
  vt_buf_printf(b,
                "- xyz, lag_ps, ...: scales in `/axes`, below\n\n"
                "`<quantity>`, what is fitted and compared%s:\n\n",
                lengths ? "" : ", here of the elements Li, Na, Ta, O, Cl");
  for (int q = 0; q < f->n_quantities; q++)
    vt_buf_printf(b, "- %s (%s): %s\n", f->fitted[q].what.name, f->fitted[q].what.unit, f->fitted[q].what.doc);
}

/* Length of "/group" at the beginning of a path. */
static size_t group_length(const char *path) { return strcspn(path + 1, "/") + 1; }

static int is_of_group(const char *path, const char *group, size_t n)
{
  return group_length(path) == n && strncmp(path, group, n) == 0;
}

static const char *doc_of(const vt_tables *t, const char *group, size_t n)
{
  for (int k = 0; k < t->n_group; k++)
    if (strncmp(t->group[k].path, group, n) == 0 && t->group[k].path[n] == '\0') return t->group[k].doc;
  return "";
}

static void put_row(const vt__contents *s, const vt_fits *f, int k, vt_buf *b)
{
  const vt_store_dset *d = &s->dset[k];
  char path[128];
  const int shown = shown_path(f, d->path, path);
  if (shown == HIDDEN) return;
  const int own = shown == SHOWN_FOR_ALL && strcmp(d->unit, f->fitted[0].what.unit) == 0;
  vt_buf_printf(b, "| `%s` | ", path);
  put_axes(b, d);
  vt_buf_printf(b, " | %s | %s | ", type_of(d), own ? "the quantity's" : d->unit);
  put_cell(b, d->doc);
  vt_buf_printf(b, " |\n");
}

static void as_markdown(const vt__contents *s, const vt_campaign *c, const vt_fits *f, int lengths, vt_buf *b)
{
  vt_buf_printf(b, "%s", head);
  put_lists(b, c, f, lengths);
  for (int first = 0; first < s->n; first++) {
    const char *group = s->dset[first].path;
    const size_t n = group_length(group);
    int k = 0;
    while (!is_of_group(s->dset[k].path, group, n)) k++;
    if (k < first) continue; /* its group has been shown */
    vt_buf_printf(b, "\n## %.*s\n\n%s\n\n| dataset | axes | type | unit | meaning |\n|---|---|---|---|---|\n", (int)n,
                  group, doc_of(s->tables, group, n));
    for (k = first; k < s->n; k++)
      if (is_of_group(s->dset[k].path, group, n)) put_row(s, f, k, b);
  }
}

vt_status vt_store_schema(const vt_campaign *given, const vt_campaign_env *env, int json, vt_buf *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_campaign *own = NULL;
  vt_fits *f = NULL;
  vt__contents all = {0};
  const vt_arrays_from nowhere = {.ctx = NULL, .load = no_result};
  if (!given) VT_TRY_OUT(parse_example(env, &own, err), err, "schema of the store");
  const vt_campaign *c = given ? given : own;
  VT_TRY_OUT(vt_fits_make(c, &nowhere, &f, err), err, "schema of the store");
  VT_TRY_OUT(vt__contents_of(c, NULL, f, &all, err), err, "schema of the store");
  if (json)
    VT_TRY_OUT(as_json(&all, c, out, err), err, "schema of the store");
  else
    as_markdown(&all, c, f, given != NULL, out);
  VT_TRY_OUT(vt_buf_check(out, err), err, "schema of the store");
out:
  vt__contents_free(&all);
  vt_fits_free(f);
  vt_campaign_free(own);
  return rc;
}
