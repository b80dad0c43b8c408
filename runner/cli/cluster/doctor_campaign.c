/* doctor_campaign.c - site.yaml, the campaign, its potential; what it will write. */
#include <string.h>

#include "runner/cli/cluster/doctor.h"
#include "runner/cli/plan/plan.h"

/* ------------------------------------------------------------------ site.yaml */

static void say_site(vt__doctor *d, const vt_site *s, const char *first)
{
  char text[400] = "";
  size_t n = 0;
  for (int k = 0; k < s->n_files && n < sizeof text; k++)
    n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", k ? ", " : "", s->file[k]);
  if (s->n_files == 0)
    vt__doctor_say(d, "site", VT__FINE, "", "no site.yaml (looked for %s%s)", first,
                   ", in ~/.config/vitrion, beside the campaign");
  else
    vt__doctor_say(d, "site", VT__FINE, "", "read %s", text);
}

void vt__doctor_site(vt__doctor *d, vt__patient *p)
{
  char place[VT_SITE_FILES][VT_PATH];
  const char *path[VT_SITE_FILES];
  vt_diags diags[VT_SITE_FILES];
  vt_err err = {0};
  const int n = vt_site_places(p->campaign, place);
  for (int k = 0; k < n; k++) path[k] = place[k];
  const vt_status rc = vt_site_read(path, n, &p->site, diags, &err);
  for (int k = 0; k < VT_SITE_FILES; k++) {
    for (int i = 0; i < diags[k].n; i++) {
      const vt_diag *x = &diags[k].d[i];
      vt__doctor_say(d, "site", VT__BAD, "all keys: vitrion schema site", "%s:%d:%d: %s%s%s", diags[k].file, x->line,
                     x->col, x->path, x->path[0] ? ": " : "", x->text);
    }
    vt_diags_free(&diags[k]);
  }
  if (rc == VT_OK)
    say_site(d, &p->site, place[0]);
  else if (rc != VT_EPARSE)
    vt__doctor_say(d, "site", VT__BAD, "", "%s", vt_err_line(err.text).s);
}

/* ------------------------------------------------------------------ potential */

static void say_mistakes(vt__doctor *d, const vt_diags *m, const vt__patient *p)
{
  enum { TOLD = 10 };
  char again[VT_PATH + 32];
  int n[2] = {0, 0};
  (void)snprintf(again, sizeof again, "vitrion check %s", p->campaign);
  for (int i = 0; i < m->n; i++) {
    const vt_diag *x = &m->d[i];
    const int pot = strncmp(x->path, "potential", 9) == 0;
    if (!x->is_error || n[pot]++ >= TOLD) continue;
    vt__doctor_say(d, pot ? "potential" : "campaign", VT__BAD, again, "%s:%d:%d: %s: %s", m->file, x->line, x->col,
                   x->path, x->text);
  }
  if (n[0] == 0 && n[1] == 0) vt__doctor_say(d, "campaign", VT__BAD, again, "it cannot be read");
}

static void say_driver(vt__doctor *d, const vt_campaign *c)
{
  vt_err err = {0};
  double s = 0;
  char kernel[32];
  vt__doctor_doing(d, "potential");
  if (vt_plan_time_driver(c, 0, &s, kernel, &err) == VT_OK)
    vt__doctor_say(d, "potential", VT__FINE, "", "the driver answers: %.3g s for a step of %d atoms (%s)",
                   s * c->comp[c->task[0].comp].n_atoms, c->comp[c->task[0].comp].n_atoms, kernel);
  else
    vt__doctor_say(d, "potential", VT__BAD, "run potential.command by hand; vitrion bench driver measures it", "%s",
                   vt_err_line(err.text).s);
}

/* That the elements are there, and the hash is the one stated, the reader of the campaign has found. */
static void say_potential(vt__doctor *d, const vt_campaign *c)
{
  char hex[65];
  if (c->driver.command[0]) {
    say_driver(d, c);
    return;
  }
  vt_uid_hex(&c->pot.sha256, hex);
  const int is_file = strspn(hex, "0") != 64;
  if (is_file) {
    vt__doctor_fact(d, "potential", c->pot_path);
    vt__doctor_fact(d, "sha256", hex);
    vt__doctor_say(d, "potential", VT__FINE, "", "%s: %s, %d elements, all that the campaign needs; sha256 %.12s%s",
                   c->pot_path, c->pot_kind, c->pot.n_elements, hex,
                   c->pot_sha256[0] ? ", as the campaign states" : " (the campaign states none)");
  } else
    vt__doctor_say(d, "potential", VT__FINE, "", "%s is built in", c->pot_kind);
}

/* ------------------------------------------------------------------ what will be written */

/* Journal, store and the store before it while a new one is made; trajectories; checkpoints. */
static double bytes_of(const vt_campaign *c)
{
  const double copies = 3;
  vt_calibration cal = {0};
  vt_plan_cost cost;
  if (vt_plan_estimate(c, &cal, 1, NULL, &cost, NULL) != VT_OK) return 0;
  return copies * cost.store_bytes + cost.trajectory_bytes;
}

void vt__doctor_campaign(vt__doctor *d, vt__patient *p)
{
  vt_campaign *c = NULL;
  vt_diags m = {0};
  vt_err err = {0};
  double need = 0;
  int64_t files = 0;
  vt__doctor_doing(d, "campaign");
  vt_status rc = p->campaign ? vt_campaign_load(p->campaign, vt_cli_env(1), &c, &m, &err) : VT_OK;
  if (rc == VT_OK && c) rc = vt_outdir_resolve(NULL, c, &err);
  if (rc == VT_EPARSE)
    say_mistakes(d, &m, p);
  else if (rc != VT_OK)
    vt__doctor_say(d, "campaign", VT__BAD, "", "%s", vt_err_line(err.text).s);
  else if (c) {
    vt__doctor_say(d, "campaign", VT__FINE, "", "%s: %d compositions, %d tasks", c->name, c->n_comp, c->n_tasks);
    say_potential(d, c);
    need = bytes_of(c);
    files = 2 * (int64_t)c->n_tasks + 1000; /* glasses, trajectories, leases; logs and shards of ranks */
  }
  vt_diags_free(&m);
  if (rc == VT_OK) vt__doctor_folder(d, p->output ? p->output : c ? c->output : ".", need, files);
  vt_campaign_free(c);
}
