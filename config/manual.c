/* `vitrion schema`: the table of keys as a manual. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

/* ------------------------------------------------------------------ Markdown */

static void put_range(vt_buf *b, const vt__row *row, const vt_campaign_env *env)
{
  char choices[200];
  vt__row_choices(row, env, choices, sizeof choices);
  if (choices[0])
    vt_buf_printf(b, "%s", choices);
  else if (row->hi > row->lo) {
    vt__put_f64(b, row->lo);
    vt_buf_printf(b, " to ");
    vt__put_f64(b, row->hi);
  }
}

static void put_default(vt_buf *b, const vt__row *row)
{
  if (!row->def)
    vt_buf_printf(b, "required");
  else if (row->def[0])
    vt_buf_printf(b, "`%s`", row->def);
}

static void put_observable(vt_buf *b, const vt_obs_doc *doc)
{
  char path[96];
  vt_buf_printf(b, "| `observe.%s` | section | | | %s | %s |\n", doc->name, doc->on_by_default ? "on" : "off",
                doc->doc);
  for (int k = 0; k <= doc->n_par; k++) {
    vt__row row = vt__row_of_observable(doc, k, path);
    if (strcmp(row.unit, VT_UNIT_ELEMENT) == 0) {
      vt_buf_printf(b, "| `%s` | element | | | `O` | %s |\n", path, row.doc);
      continue;
    }
    vt_buf_printf(b, "| `%s` | quantity | %s | ", path, row.unit);
    put_range(b, &row, NULL);
    vt_buf_printf(b, " | `");
    vt__put_f64(b, k ? doc->par[k - 1].def : doc->every_ps);
    vt_buf_printf(b, "%s%s` | %s |\n", row.unit[0] ? " " : "", row.unit, row.doc);
  }
}

void vt_schema_markdown(const vt_campaign_env *env, vt_buf *out)
{
  vt_buf_printf(out,
                "# Keys of a campaign file\n\n"
                "Generated from `config/schema.c` by `vitrion schema`; do not edit.\n\n"
                "Quantities carry a unit (`600 ps`, `0.6 ns`); unknown keys are errors; anchors and `<<` work, tags do "
                "not.\nThe range is in the unit of the third column. \"required\" holds when the section is there.\n\n"
                "| key | type | unit | range | default | meaning |\n|---|---|---|---|---|---|\n");
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    vt_buf_printf(out, "| `%s` | %s | %s | ", row->path, vt__type_name(row->type), row->unit);
    put_range(out, row, env);
    vt_buf_printf(out, " | ");
    put_default(out, row);
    vt_buf_printf(out, " | %s |\n", row->doc);
    if (row->type != VT__T_OBSERVE) continue;
    for (int k = 0; env && env->obs && env->obs[k]; k++) put_observable(out, env->obs[k]);
  }
}

/* ------------------------------------------------------------------ key by key */

static vt_schema_key key_of(const vt__row *row, const vt_campaign_env *env, const char *type)
{
  vt_schema_key k = {.path = row->path,
                     .type = type,
                     .unit = row->unit,
                     .meaning = row->doc,
                     .default_text = row->def && row->def[0] ? row->def : NULL,
                     .default_number = (double)NAN,
                     .required = !row->def,
                     .ranged = row->hi > row->lo,
                     .least = row->lo,
                     .most = row->hi};
  vt__row_choices(row, env, k.choices, sizeof k.choices);
  return k;
}

static void each_of_observable(const vt_obs_doc *doc, const vt_campaign_env *env, vt_schema_visit *visit, void *ctx)
{
  char path[96];
  for (int p = 0; p <= doc->n_par; p++) {
    vt__row row = vt__row_of_observable(doc, p, path);
    const int is_element = strcmp(row.unit, VT_UNIT_ELEMENT) == 0;
    if (is_element) row.unit = "", row.hi = row.lo;
    vt_schema_key k = key_of(&row, env, is_element ? "element" : "quantity");
    k.required = 0;
    k.default_text = is_element ? "O" : NULL;
    k.default_number = is_element ? (double)NAN : p ? doc->par[p - 1].def : doc->every_ps;
    visit(ctx, &k);
  }
}

void vt_schema_each(const vt_campaign_env *env, vt_schema_visit *visit, void *ctx)
{
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    const vt_schema_key k = key_of(row, env, vt__type_name(row->type));
    visit(ctx, &k);
    if (row->type != VT__T_OBSERVE) continue;
    for (int q = 0; env && env->obs && env->obs[q]; q++) each_of_observable(env->obs[q], env, visit, ctx);
  }
}
