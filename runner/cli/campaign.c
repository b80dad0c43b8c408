/* campaign.c - campaign files as the commands see them: what the reader must know, loading, the shared JSON. */
#include <math.h>
#include <string.h>

#include "engine/obs/obs.h"
#include "engine/pot/pot.h"
#include "engine/replica/replica.h"
#include "runner/cli/cli.h"

/* ------------------------------------------------------------------ what config must be told */

static vt_status campaign_probe(void *ctx, const char *kind, const char *path, vt_pot_facts *out, vt_err *err)
{
  (void)ctx;
  vt_pot_info info;
  VT_PASS(vt_pot_probe(kind, path, &info, err));
  *out = (vt_pot_facts){.n_elements = info.n_elements, .cutoff = info.cutoff, .sha256 = info.sha256};
  memcpy(out->element, info.element, sizeof out->element);
  return VT_OK;
}

static vt_status campaign_probe_driver(void *ctx, const char *kind, const char *path, const vt_driver *driver,
                                       vt_pot_facts *out, vt_err *err)
{
  (void)ctx;
  vt_pot_info info;
  VT_PASS(vt_pot_probe_driver(kind, path, driver, &info, err));
  *out = (vt_pot_facts){.n_elements = info.n_elements, .cutoff = info.cutoff, .sha256 = info.sha256};
  memcpy(out->element, info.element, sizeof out->element);
  return VT_OK;
}

const vt_campaign_env *vt_cli_env(int allow_huge)
{
  enum { MOST = 64 };
  static const vt_obs_doc *obs[MOST + 1];
  static const char *kinds[MOST + 1];
  static vt_campaign_env env;
  int n_obs = 0, n_kinds = 0;
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o && n_obs < MOST; o++) obs[n_obs++] = &(*o)->doc;
  for (const vt_pot_ops *const *o = vt_pot_builtin; *o && n_kinds < MOST; o++) kinds[n_kinds++] = (*o)->name;
  obs[n_obs] = NULL;
  kinds[n_kinds] = NULL;
  env = (vt_campaign_env){.obs = obs,
                          .pot_kinds = kinds,
                          .probe = campaign_probe,
                          .probe_driver = campaign_probe_driver,
                          .structures = vt_cli_structures,
                          .allow_huge = allow_huge};
  return &env;
}

/* ------------------------------------------------------------------ loading */

static void print_diags(const vt_diags *d)
{
  vt_buf text = {0};
  vt_diags_format(d, &text);
  int color = vt_cli_color(stderr) && d->n > 0;
  if (color) (void)fputs(d->n_errors ? "\033[31m" : "\033[33m", stderr);
  if (text.s) (void)fputs(text.s, stderr);
  if (color) (void)fputs("\033[0m", stderr);
  vt_buf_free(&text);
}

static void report_diags(const vt_diags *d, vt_json *report)
{
  vt_json *errors = vt_json_array();
  for (int i = 0; i < d->n; i++) {
    const vt_diag *x = &d->d[i];
    if (!x->is_error) {
      vt_json_warn(report, "%s:%d:%d: %s: %s", d->file, x->line, x->col, x->path, x->text);
      continue;
    }
    vt_json *e = vt_json_object();
    vt_json_put(e, "line", vt_json_int(x->line));
    vt_json_put(e, "col", vt_json_int(x->col));
    vt_json_put(e, "path", vt_json_text(x->path));
    vt_json_put(e, "text", vt_json_text(x->text));
    vt_json_add(errors, e);
  }
  vt_json_put(report, "errors", errors);
}

int vt_cli_campaign(const char *path, int allow_huge, const vt_outdir_kept *kept, vt_json *report, vt_campaign **c)
{
  vt_err err = {0};
  vt_diags diags = {0};
  *c = NULL;
  vt_status rc = vt_campaign_load(path, vt_cli_env(allow_huge), c, &diags, &err);
  if (report || diags.n_errors) print_diags(&diags); /* warnings only where the campaign itself is asked about */
  if (report) report_diags(&diags, report);
  int told = rc == VT_EPARSE && diags.n_errors > 0;
  vt_diags_free(&diags);
  if (told) return VT_EXIT_USAGE;
  if (rc == VT_OK) rc = vt_outdir_resolve(kept, *c, &err);
  if (rc == VT_OK) return VT_EXIT_OK;
  vt_campaign_free(*c);
  *c = NULL;
  return vt_cli_fail(&err);
}

/* ------------------------------------------------------------------ text and JSON of check and plan */

double vt_cli_campaign_ns(const vt_campaign *c)
{
  double ns = 0;
  vt_plan p;
  for (int i = 0; i < c->n_tasks; i++) /* a plan of a resolved campaign's own task cannot fail */
    if (vt_campaign_plan(c, i, &p, NULL) == VT_OK) ns += vt_replica_ns(&p);
  return ns;
}

static vt_json *campaign_label(const char *s) { return *s ? vt_json_text(s) : vt_json_null(); }

/* What the glasses of a composition begin with, in the words of the campaign file. */
static const char *start_word(const vt_campaign_structure *s)
{
  return vt_stage_name(s->start == VT_START_MELT     ? VT_STAGE_MELT
                       : s->start == VT_START_QUENCH ? VT_STAGE_QUENCH
                                                     : VT_STAGE_EQUILIBRATE);
}

static void structure_text(const vt_campaign_structure *s)
{
  printf("; %d frame%s of %s", s->n_frames, s->n_frames == 1 ? "" : "s", s->file);
  if (s->supercell[0] * s->supercell[1] * s->supercell[2] > 1)
    printf(" x %d x %d x %d", (int)s->supercell[0], (int)s->supercell[1], (int)s->supercell[2]);
  printf(", start: %s", start_word(s));
}

static vt_json *structure_json(const vt_campaign_structure *s)
{
  char hex[65];
  vt_json *o = vt_json_object(), *cells = vt_json_array();
  vt_uid_hex(&s->sha256, hex);
  for (int k = 0; k < 3; k++) vt_json_add(cells, vt_json_int(s->supercell[k]));
  vt_json_put(o, "file", vt_json_text(s->file));
  vt_json_put(o, "format", campaign_label(s->format));
  vt_json_put(o, "frames", s->frame ? vt_json_int(s->n_frames) : vt_json_null());
  vt_json_put(o, "supercell", cells);
  vt_json_put(o, "start", vt_json_text(start_word(s)));
  vt_json_put(o, "sha256", vt_json_text(hex));
  return o;
}

void vt_cli_compositions_text(const vt_campaign *c)
{
  for (int i = 0; i < c->n_comp; i++) {
    const vt_composition *x = &c->comp[i];
    printf("  %-24s %5d atoms:", x->name, (int)x->n_atoms);
    for (int s = 0; s < x->n_species; s++) printf(" %s %d", vt_element_symbol(x->z[s]), (int)x->count[s]);
    if (c->asked[i].worst_ratio_error > 1e-9)
      printf("; rounded, ratios off by up to %.2g %%", 100 * c->asked[i].worst_ratio_error);
    const int k = i - (c->n_comp - c->n_structures);
    if (k >= 0) structure_text(&c->structure[k]);
    printf("\n");
  }
}

/* What the ions are taken for. */
static vt_json *ions_json(const vt_composition *c)
{
  vt_json *o = vt_json_object();
  for (int s = 0; s < c->n_species; s++) {
    const int role = vt_comp_role(c, s);
    vt_json *one = vt_json_object();
    vt_json_put(one, "charge", vt_json_int(c->charge[s]));
    vt_json_put(one, "role",
                vt_json_text(role == VT_ROLE_MOBILE    ? "mobile"
                             : role == VT_ROLE_NETWORK ? "network"
                                                       : "anion"));
    vt_json_put(o, vt_element_symbol(c->z[s]), one);
  }
  return o;
}

static vt_json *composition_json(const vt_campaign *of, const vt_composition *c, const vt_comp_asked *a)
{
  vt_json *o = vt_json_object(), *asked = vt_json_object(), *got = vt_json_object(), *counts = vt_json_object();
  vt_json_put(o, "name", vt_json_text(c->name));
  vt_json_put(o, "formula", vt_json_text(a->formula));
  vt_json_put(asked, "alkali", campaign_label(a->alkali));
  vt_json_put(asked, "metal", campaign_label(a->metal));
  vt_json_put(asked, "halogen", campaign_label(a->halogen));
  vt_json_put(asked, "halogen_only", vt_json_bool(isinf(a->halogen_to_oxygen)));
  vt_json_put(asked, "halogen_to_oxygen", vt_json_num(a->halogen_to_oxygen));
  vt_json_put(asked, "alkali_per_metal", vt_json_num(a->alkali_per_metal));
  if (of->n_factors > 0) {
    vt_json *factors = vt_json_object();
    for (int k = 0; k < of->n_factors; k++) vt_json_put(factors, of->factor[k], campaign_label(a->label[k]));
    vt_json_put(asked, "factors", factors);
  }
  vt_json_put(o, "asked", asked);
  vt_json_put(got, "halogen_to_oxygen", vt_json_num(a->got_halogen_to_oxygen));
  vt_json_put(got, "alkali_per_metal", vt_json_num(a->got_alkali_per_metal));
  vt_json_put(got, "worst_ratio_error", vt_json_num(a->worst_ratio_error));
  vt_json_put(o, "got", got);
  vt_json_put(o, "atoms", vt_json_int(c->n_atoms));
  for (int s = 0; s < c->n_species; s++) vt_json_put(counts, vt_element_symbol(c->z[s]), vt_json_int(c->count[s]));
  vt_json_put(o, "counts", counts);
  vt_json_put(o, "ions", ions_json(c));
  return o;
}

void vt_cli_campaign_json(const vt_campaign *c, vt_json *o)
{
  char id[65];
  vt_uid_hex(&c->id, id);
  int64_t atoms = 0;
  for (int i = 0; i < c->n_comp; i++) atoms += c->comp[i].n_atoms;
  vt_json *list = vt_json_array(), *t_k = vt_json_nums(c->t_k, (size_t)c->n_temp), *productions = vt_json_array();
  for (int t = 0; t < c->n_temp; t++) {
    const vt_lengths l = vt_campaign_pieces(c, 0, t);
    vt_json_add(productions, vt_json_num(vt_lengths_sum(&l)));
  }
  for (int i = 0; i < c->n_comp; i++) {
    vt_json *one = composition_json(c, &c->comp[i], &c->asked[i]);
    const int k = i - (c->n_comp - c->n_structures);
    if (k >= 0) vt_json_put(one, "structure", structure_json(&c->structure[k]));
    vt_json_add(list, one);
  }
  vt_json_put(o, "campaign", vt_json_text(c->name));
  vt_json_put(o, "id", vt_json_text(id));
  vt_json_put(o, "n_compositions", vt_json_int(c->n_comp));
  vt_json_put(o, "n_glasses", vt_json_int(c->n_glasses));
  vt_json_put(o, "temperatures_K", t_k);
  vt_json_put(o, "production_ps", productions);
  vt_json_put(o, "n_tasks", vt_json_int(c->n_tasks));
  vt_json_put(o, "n_glass_tasks", vt_json_int(c->n_glass_tasks));
  vt_json_put(o, "n_md_tasks", vt_json_int(c->n_tasks - c->n_glass_tasks));
  vt_json_put(o, "atoms_total", vt_json_int(atoms * c->n_glasses));
  vt_json_put(o, "ns_total", vt_json_num(vt_cli_campaign_ns(c)));
  vt_json_put(o, "compositions", list);
}

int vt_cli_find_task(const vt_usage *u, const vt_campaign *c, const char *uid)
{
  enum { LEAST = 4, MOST = 64 };
  size_t n = strlen(uid);
  if (n < LEAST || n > MOST || strspn(uid, "0123456789abcdef") != n) {
    (void)vt_cli_usage_error(u, "--task: expected %d to %d hexadecimal digits of a uid, found '%s'", LEAST, MOST, uid);
    return -1;
  }
  int found = -1, hits = 0;
  for (int i = 0; i < c->n_tasks; i++)
    if (vt_uid_has_prefix(&c->task[i].uid, uid)) found = i, hits++;
  if (hits == 1) return found;
  if (hits == 0)
    (void)vt_cli_usage_error(u, "no task of this campaign begins with '%s'; `vitrion one CAMPAIGN` lists them", uid);
  else
    (void)vt_cli_usage_error(u, "%d tasks begin with '%s', give more digits", hits, uid);
  return -1;
}
