/* `vitrion schema`: the table of keys as a manual. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ------------------------------------------------------------------ JSON */

/* A number, or null where a row has no range or a default cannot be written. */
static json_t *number(int there, double x)
{
  json_t *j = there ? json_real(x) : NULL; /* NULL also when x is not finite */
  return j ? j : json_null();
}

static json_t *row_json(const vt__row *row, const vt_campaign_env *env, const char *type)
{
  char choices[200];
  int ranged = row->hi > row->lo;
  vt__row_choices(row, env, choices, sizeof choices);
  json_t *list = choices[0] ? json_array() : json_null();
  for (char *word = choices, *comma; choices[0] && word; word = comma ? comma + 2 : NULL) {
    comma = strstr(word, ", ");
    json_array_append_new(list, json_stringn(word, comma ? (size_t)(comma - word) : strlen(word)));
  }
  return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:s}", "path", row->path, "type", type, "unit", row->unit,
                   "min", number(ranged, row->lo), "max", number(ranged, row->hi), "choices", list, "required",
                   !row->def, "meaning", row->doc);
}

static void add_observable(json_t *keys, const vt_obs_doc *doc, const vt_campaign_env *env)
{
  char path[96];
  for (int k = 0; k <= doc->n_par; k++) {
    vt__row row = vt__row_of_observable(doc, k, path);
    row.def = "";
    json_t *j = row_json(&row, env, "quantity");
    json_object_set_new(j, "default", number(1, k ? doc->par[k - 1].def : doc->every_ps));
    json_array_append_new(keys, j);
  }
}

void vt_schema_json(const vt_campaign_env *env, vt_buf *out)
{
  json_t *keys = json_array();
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    json_t *j = row_json(row, env, vt__type_name(row->type));
    json_object_set_new(j, "default", row->def && row->def[0] ? json_string(row->def) : json_null());
    json_array_append_new(keys, j);
    if (row->type != VT__T_OBSERVE) continue;
    for (int k = 0; env && env->obs && env->obs[k]; k++) add_observable(keys, env->obs[k], env);
  }
  json_t *root = json_pack("{s:i, s:o}", "vitrion", 1, "keys", keys);
  char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
  if (text)
    vt_buf_printf(out, "%s\n", text);
  else
    out->failed = 1;
  free(text);
  json_decref(root);
}
