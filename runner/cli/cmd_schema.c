/* cmd_schema.c - every campaign key, from the table that also parses them; the tree of results.h5, from the tables that
 * write it; the table of elements. */
#include <math.h>
#include <string.h>

#include "runner/cli/cli.h"
#include "runner/results/results.h"

/* Of a campaign file, or of an example (path NULL). */
static int schema_of_store(const vt_usage *u, const char *path, int json, vt_buf *text)
{
  vt_err err = {0};
  vt_campaign *c = NULL;
  int code = path ? vt_cli_readable(u, path) : -1;
  if (code >= 0) return code;
  code = path ? vt_cli_campaign(path, 1, NULL, NULL, &c) : VT_EXIT_OK;
  if (code != VT_EXIT_OK) return code;
  const vt_status rc = vt_store_schema(c, vt_cli_env(1), json, text, &err);
  vt_campaign_free(c);
  return rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
}

static vt_json *choices_json(const char *choices)
{
  if (!*choices) return vt_json_null();
  vt_json *list = vt_json_array();
  for (const char *word = choices, *comma; word; word = comma ? comma + 2 : NULL) {
    comma = strstr(word, ", ");
    vt_json_add(list, vt_json_textn(word, comma ? (size_t)(comma - word) : strlen(word)));
  }
  return list;
}

static void add_key(void *ctx, const vt_schema_key *k)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "path", vt_json_text(k->path));
  vt_json_put(o, "type", vt_json_text(k->type));
  vt_json_put(o, "unit", vt_json_text(k->unit));
  vt_json_put(o, "min", k->ranged ? vt_json_num(k->least) : vt_json_null());
  vt_json_put(o, "max", k->ranged ? vt_json_num(k->most) : vt_json_null());
  vt_json_put(o, "choices", choices_json(k->choices));
  vt_json_put(o, "required", vt_json_bool(k->required));
  vt_json_put(o, "meaning", vt_json_text(k->meaning));
  vt_json_put(o, "default", k->default_text ? vt_json_text(k->default_text) : vt_json_num(k->default_number));
  vt_json_add(ctx, o);
}

/* ------------------------------------------------------------------ elements */

enum { MOST_RADII = 32, LAST_Z = 94 };

static const char *role_name(int z)
{
  const int role = vt_ion_role(z, 0);
  return role == VT_ROLE_MOBILE ? "mobile" : role == VT_ROLE_NETWORK ? "network" : role ? "anion" : "";
}

static void put_element(vt_buf *b, int z)
{
  int charge[VT_MAX_CHARGES];
  vt_ion_size r[MOST_RADII];
  const int n = vt_element_charges(z, charge), n_radii = vt_ion_radii(z, MOST_RADII, r);
  vt_buf_printf(b, "| %s | %d | %.10g | %s |", vt_element_symbol(z), z, vt_element_mass(z), role_name(z));
  for (int k = 0; k < n; k++) vt_buf_printf(b, " %+d", charge[k]);
  vt_buf_printf(b, " |");
  for (int k = 0; k < n_radii && k < MOST_RADII; k++) {
    if (k == 0 || r[k].charge != r[k - 1].charge) vt_buf_printf(b, "%s %+d:", k ? ";" : "", r[k].charge);
    vt_buf_printf(b, " %.4g (%d)", r[k].radius, r[k].coordination);
  }
  if (vt_element_volume(z) > 0)
    vt_buf_printf(b, " | %.3g | #%06X |\n", vt_element_volume(z), (unsigned)vt_element_colour(z));
  else
    vt_buf_printf(b, " | | #%06X |\n", (unsigned)vt_element_colour(z));
}

static void elements_text(vt_buf *out)
{
  vt_buf_printf(
      out, "# Elements\n\n"
           "Mass in u (IUPAC 2021); charges in solids, the most common first; effective ionic radii in A by charge and "
           "(coordination)\nof R. D. Shannon, Acta Cryst. A 32, 751 (1976); volume of the common ion in a glass in A^3 "
           "(estimate for packing).\nA campaign states what differs under `elements`.\n\n"
           "| element | Z | mass | role | charges | radii | volume | colour |\n|---|---|---|---|---|---|---|---|\n");
  for (int z = 1; z <= LAST_Z; z++) put_element(out, z);
}

static vt_json *elements_json(void)
{
  vt_json *list = vt_json_array();
  for (int z = 1; z <= LAST_Z; z++) {
    int charge[VT_MAX_CHARGES];
    vt_ion_size r[MOST_RADII];
    char colour[8];
    const int n = vt_element_charges(z, charge), n_radii = vt_ion_radii(z, MOST_RADII, r);
    vt_json *o = vt_json_object(), *charges = vt_json_array(), *radii = vt_json_array();
    (void)snprintf(colour, sizeof colour, "#%06X", (unsigned)vt_element_colour(z) & 0xFFFFFF);
    for (int k = 0; k < n; k++) vt_json_add(charges, vt_json_int(charge[k]));
    for (int k = 0; k < n_radii && k < MOST_RADII; k++) {
      vt_json *one = vt_json_object();
      vt_json_put(one, "charge", vt_json_int(r[k].charge));
      vt_json_put(one, "coordination", vt_json_int(r[k].coordination));
      vt_json_put(one, "radius_A", vt_json_num(r[k].radius));
      vt_json_add(radii, one);
    }
    vt_json_put(o, "symbol", vt_json_text(vt_element_symbol(z)));
    vt_json_put(o, "z", vt_json_int(z));
    vt_json_put(o, "mass_u", vt_json_num(vt_element_mass(z)));
    vt_json_put(o, "role", *role_name(z) ? vt_json_text(role_name(z)) : vt_json_null());
    vt_json_put(o, "charges", charges);
    vt_json_put(o, "radii", radii);
    vt_json_put(o, "volume_A3", vt_json_num(vt_element_volume(z) > 0 ? vt_element_volume(z) : (double)NAN));
    vt_json_put(o, "colour", vt_json_text(colour));
    vt_json_add(list, o);
  }
  return list;
}

/* ------------------------------------------------------------------ site.yaml */

static void site_row(void *ctx, const char *key, const char *takes, const char *meaning)
{
  vt_buf_printf(ctx, "| `%s` | %s | %s |\n", key, takes, meaning);
}

static void site_text(vt_buf *out)
{
  vt_buf_printf(
      out, "# Keys of site.yaml\n\n"
           "What a cluster wants in batch jobs: `vitrion plan --sbatch`, `vitrion submit` and `vitrion doctor` obey "
           "it.\nRead in this order, key by key the later wins, an empty value takes back what an earlier file "
           "said:\n`/etc/vitrion/site.yaml`, `~/.config/vitrion/site.yaml` ($XDG_CONFIG_HOME), `site.yaml` beside "
           "the campaign.\nNone of them is needed; unknown keys are errors.\n\n"
           "| key | value | meaning |\n|---|---|---|\n");
  vt_site_each(site_row, out);
  vt_buf_printf(out, "\n```yaml\npartition: long\naccount: p-4711\nmodules: [mpich/4.0, hdf5]\ncores_per_node: 64\n"
                     "most_ranks: 512\nmost_hours: 24\nlauncher: srun --mpi=pmi2\n```\n");
}

static void site_key(void *ctx, const char *key, const char *takes, const char *meaning)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "path", vt_json_text(key));
  vt_json_put(o, "type", vt_json_text(takes));
  vt_json_put(o, "meaning", vt_json_text(meaning));
  vt_json_add(ctx, o);
}

/* ------------------------------------------------------------------ the command */

typedef enum schema_of { OF_CAMPAIGN, OF_STORE, OF_ELEMENTS, OF_SITE, OF_NOTHING } schema_of;

/* Of the keys of a campaign or of site.yaml, or of the elements. */
static vt_status put_json(schema_of of, vt_buf *text, vt_err *err)
{
  vt_json *root = vt_json_object(), *keys = of == OF_ELEMENTS ? elements_json() : vt_json_array();
  vt_json_put(root, "vitrion", vt_json_int(1));
  vt_json_put(root, of == OF_ELEMENTS ? "elements" : "keys", keys);
  if (of == OF_SITE) vt_site_each(site_key, keys);
  if (of == OF_CAMPAIGN) vt_schema_each(vt_cli_env(0), add_key, keys);
  vt_status rc = vt_json_dump(root, 1, text, err);
  vt_json_free(root);
  vt_buf_printf(text, "\n");
  return rc;
}

static schema_of schema_named(const vt_usage *u)
{
  static const char *const word[] = {"store", "elements", "site"};
  if (u->n_args == 0) return OF_CAMPAIGN;
  for (int k = 0; k < 3; k++)
    if (strcmp(u->arg[0], word[k]) == 0 && (u->n_args == 1 || k == 0)) return (schema_of)(k + OF_STORE);
  return OF_NOTHING;
}

int cmd_schema(int argc, char **argv)
{
  int json = 0;
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "print JSON instead of Markdown", &json, 0, 0}};
  vt_usage u = {.name = "schema",
                .args = "[store [CAMPAIGN] | elements | site]",
                .doc =
                    "Every key of a campaign file: type, unit, range, default, meaning.\n"
                    "`schema store`: every dataset of results.h5 instead: path, axes, type, unit, meaning; with the\n"
                    "lengths of a campaign's store where one is named.\n"
                    "`schema elements`: the table of elements: masses, charges, roles, radii.\n"
                    "`schema site`: the keys of site.yaml, which says what a cluster wants in batch jobs.",
                .example = "vitrion schema | less\n         vitrion schema store campaigns/quickstart.yaml",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .most_args = 2};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  const schema_of of = schema_named(&u);
  if (of == OF_NOTHING)
    return vt_cli_usage_error(&u, "there is no schema of '%s%s', expected 'store', 'elements' or 'site'", u.arg[0],
                              u.n_args > 1 ? " ..." : "");
  vt_err err = {0};
  vt_buf text = {0};
  vt_status rc = VT_OK;
  code = VT_EXIT_OK;
  if (of == OF_STORE)
    code = schema_of_store(&u, u.n_args > 1 ? u.arg[1] : NULL, json, &text);
  else if (json)
    rc = put_json(of, &text, &err);
  else if (of == OF_ELEMENTS)
    elements_text(&text);
  else if (of == OF_SITE)
    site_text(&text);
  else
    vt_schema_markdown(vt_cli_env(0), &text);
  if (rc == VT_OK && code == VT_EXIT_OK) rc = vt_buf_check(&text, &err);
  if (rc != VT_OK)
    code = vt_cli_fail(&err);
  else if (code == VT_EXIT_OK && text.len && fwrite(text.s, 1, text.len, stdout) != text.len)
    code = VT_EXIT_FAIL;
  vt_buf_free(&text);
  return vt_cli_done(code);
}
