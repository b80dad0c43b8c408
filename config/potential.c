/* potential.c - the potential behind a campaign: its file, found as written or by its SHA-256, and its elements. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_impl.h"

/* ------------------------------------------------------------------ potential */

/* A name beside the campaign file, absolute, so that it stays valid in canonical text. */
static int resolve(const vt_campaign *c, const char *name, char out[VT_PATH])
{
  char here[VT_PATH] = "";
  int n = 0;
  if (name[0] == '/')
    n = snprintf(out, VT_PATH, "%s", name);
  else if (c->folder[0] == '/')
    n = snprintf(out, VT_PATH, "%s/%s", c->folder, name);
  else if (getcwd(here, sizeof here))
    n = snprintf(out, VT_PATH, "%s/%s/%s", here, c->folder[0] ? c->folder : ".", name);
  return n > 0 && n < VT_PATH;
}

/* The potential's file as this process can open it. */
static int resolve_path(vt_campaign *c)
{
  if (strcmp(c->pot_file, "-") != 0) return resolve(c, c->pot_file, c->pot_path);
  memcpy(c->pot_path, "-", 2);
  return 1;
}

/* What {dir} stands for, without a last "/" or "/.". */
static int resolve_folder(vt_campaign *c)
{
  char name[VT_PATH];
  memcpy(name, c->driver.dir, sizeof name);
  if (!resolve(c, name[0] ? name : ".", c->driver.dir)) return 0;
  for (size_t n = strlen(c->driver.dir); n > 2; n = strlen(c->driver.dir)) {
    const char last = c->driver.dir[n - 1];
    if (last != '/' && (last != '.' || c->driver.dir[n - 2] != '/')) break;
    c->driver.dir[n - 1] = '\0';
  }
  return 1;
}

/* The innermost frame of a chain without our own source position, which means nothing to a user. */
static void first_frame(const vt_err *e, char *out, size_t cap)
{
  int n;
  const char *s = vt_err_sentence(e->text, &n);
  (void)snprintf(out, cap, "%.*s", n, s);
}

/* Which elements were already looked up, so that each is refused once. */
typedef struct lookup {
  vt__draft *dr;
  int seen[VT_N_ELEMENTS];
} lookup;

int vt__potential_knows(const vt_campaign *c, int z)
{
  if (c->pot.n_elements == 0) return 1; /* a back end without a list takes any element */
  for (int i = 0; i < c->pot.n_elements; i++)
    if (strcmp(c->pot.element[i], vt_element_symbol(z)) == 0) return 1;
  return 0;
}

static void look_up(lookup *l, int z, vt__mark at, const char *path)
{
  const vt_pot_facts *pot = &l->dr->c->pot;
  if (l->seen[z]++ || pot->n_elements == 0) return; /* a back end without a list takes any element */
  char list[300] = "";
  size_t used = 0;
  for (int i = 0; i < pot->n_elements; i++) {
    if (strcmp(pot->element[i], vt_element_symbol(z)) == 0) return;
    if (used < sizeof list)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? " " : "", pot->element[i]);
  }
  vt__diag_error(l->dr->d, at, path, "the potential does not know %s (it knows %s)", vt_element_symbol(z), list);
}

static void check_elements(vt__draft *dr)
{
  lookup l = {.dr = dr};
  for (int k = VT__ALKALI; k <= VT__HALOGEN; k++)
    for (int i = 0; i < dr->grid[k].n; i++)
      for (int j = 0; j < dr->grid[k].v[i].n; j++)
        look_up(&l, dr->grid[k].v[i].z[j], dr->grid[k].v[i].z_at[j], "compositions.grid");
  for (int i = 0; i < dr->grid[VT__RATIO].n; i++)
    if (!dr->grid[VT__RATIO].v[i].halogen_only)
      look_up(&l, vt_element_z("O"), dr->grid[VT__RATIO].v[i].at, "compositions.grid.halogen_to_oxygen");
  const vt__template *t = &dr->form;
  for (int k = 0; k < t->n_keys; k++)
    for (int i = 0; i < t->value[k].n; i++)
      for (int j = 0; j < t->value[k].v[i].n; j++)
        look_up(&l, t->value[k].v[i].z[j], t->value[k].v[i].z_at[j], "compositions.template");
  for (int k = 0; k < t->n_parts; k++)
    for (int j = 0; t->part[k].key < 0 && j < t->part[k].a.n; j++)
      look_up(&l, t->part[k].a.z[j], t->at, "compositions.template");
  for (int i = 0; i < dr->n_include; i++)
    for (int j = 0; j < dr->include[i].a.n; j++)
      look_up(&l, dr->include[i].a.z[j], dr->include[i].z_at[j], "compositions.include");
}

/* ------------------------------------------------------------------ by its SHA-256 */

enum { FILES_MOST = 200, BYTES_MOST = 1 << 26 };

static vt_status probe(vt__draft *dr, const char *path, vt_err *why)
{
  vt_campaign *c = dr->c;
  const vt_campaign_env *env = dr->env;
  if (!c->driver.command[0]) return env->probe(env->ctx, c->pot_kind, path, &c->pot, why);
  if (!env->probe_driver) VT_FAIL(why, VT_EUNSUP, "no potential can be computed by another program here");
  return env->probe_driver(env->ctx, c->pot_kind, path, &c->driver, &c->pot, why);
}

/* potential.sha256 as bytes; it is well formed. */
static vt_uid written_sha256(const vt_campaign *c)
{
  vt_uid u = {0};
  for (size_t k = 0; k < sizeof u.b; k++) {
    const char two[3] = {c->pot_sha256[2 * k], c->pot_sha256[2 * k + 1], '\0'};
    u.b[k] = (uint8_t)strtoul(two, NULL, 16);
  }
  return u;
}

/* A recorded campaign says which driver made its results, whatever has become of its files since: only a task that is
 * run needs them, and sees then whether they are the same. */
static int recorded_driver(vt__draft *dr, int *fits)
{
  vt_campaign *c = dr->c;
  if (!dr->env->recorded || !c->driver.command[0] || !c->pot_sha256[0]) return 0;
  c->pot = (vt_pot_facts){.sha256 = written_sha256(c)};
  *fits = 1;
  return 1;
}

/* 1 if the file at `path` can be used and is the one that is wanted: then it is the campaign's. */
static vt_status try_file(vt__draft *dr, const char *path, int *fits, vt_err *why)
{
  static const vt_uid unknown;
  vt_campaign *c = dr->c;
  char hex[65];
  *fits = 0;
  vt_err_clear(why);
  vt_status rc = probe(dr, path, why);
  if (rc != VT_OK && recorded_driver(dr, fits)) return VT_OK;
  if (rc != VT_OK) return rc;
  vt_uid_hex(&c->pot.sha256, hex);
  int known = c->pot_sha256[0] && !vt_uid_equal(&c->pot.sha256, &unknown);
  *fits = !known || strcmp(hex, c->pot_sha256) == 0;
  /* Who reads a store does not look at the file: the tasks are those of the potential that the record names. */
  if (!known && dr->env->recorded && c->pot_sha256[0]) c->pot.sha256 = written_sha256(c);
  if (!*fits && recorded_driver(dr, fits)) return VT_OK;
  if (!*fits) return vt_err_user(why, VT_EINVAL, path, 0, 0, "it has the SHA-256 %.12s...", hex);
  if (path != c->pot_path) (void)snprintf(c->pot_path, sizeof c->pot_path, "%s", path);
  return VT_OK;
}

/* Another place, which must hold a plain file of a size that a potential has. */
static vt_status try_place(vt__draft *dr, const char *path, int *fits)
{
  struct stat st;
  vt_err why;
  *fits = 0;
  if (strlen(path) >= VT_PATH || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > BYTES_MOST) return VT_OK;
  return try_file(dr, path, fits, &why) == VT_ENOMEM ? VT_ENOMEM : VT_OK;
}

/* Any file of a folder, in the order that the folder lists them: the SHA-256 decides. */
static vt_status try_folder(vt__draft *dr, const char *folder, int *fits)
{
  char path[2 * VT_PATH];
  vt_status rc = VT_OK;
  DIR *d = opendir(folder);
  *fits = 0;
  if (!d) return VT_OK;
  const struct dirent *e;
  for (int n = 0; rc == VT_OK && !*fits && n < FILES_MOST && (e = readdir(d)) != NULL; n++) {
    if (snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < (int)sizeof path) rc = try_place(dr, path, fits);
  }
  (void)closedir(d);
  return rc;
}

static void folder_of(const char *path, char out[VT_PATH])
{
  const char *slash = strrchr(path, '/');
  (void)snprintf(out, VT_PATH, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

/* The order is that of vt_campaign_canon in config.h. */
static vt_status search(vt__draft *dr, int *fits)
{
  static const char *const near[] = {"", "/potentials", "/..", "/../potentials", "/../..", "/../../potentials"};
  const vt_campaign *c = dr->c;
  const char *hint = dr->env->pot_hint, *slash = strrchr(c->pot_file, '/'), *name = slash ? slash + 1 : c->pot_file;
  char top[2 * VT_PATH], path[4 * VT_PATH], folder[VT_PATH], here[VT_PATH] = "";
  *fits = 0;
  if (hint) VT_PASS(try_place(dr, hint, fits));
  if (*fits || !c->pot_sha256[0]) return VT_OK; /* without it, what a file holds is not known */
  if (c->folder[0] != '/' && !getcwd(here, sizeof here)) return VT_OK;
  (void)snprintf(top, sizeof top, "%s%s%s", here, here[0] ? "/" : "", c->folder[0] ? c->folder : ".");
  for (size_t k = 0; !*fits && k < sizeof near / sizeof *near; k++) {
    (void)snprintf(path, sizeof path, "%s%s/%s", top, near[k], name);
    VT_PASS(try_place(dr, path, fits));
  }
  folder_of(c->pot_path, folder);
  if (!*fits) VT_PASS(try_folder(dr, folder, fits));
  if (!*fits && hint) {
    folder_of(hint, folder);
    VT_PASS(try_folder(dr, folder, fits));
  }
  for (size_t k = 1; !*fits && k < sizeof near / sizeof *near; k += 2) {
    (void)snprintf(path, sizeof path, "%s%s", top, near[k]);
    VT_PASS(try_folder(dr, path, fits));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ what came with the program */

/* Where the file would be among the potentials that came with the program: under what follows the last `potentials/` of
 * its name, or under a name without a folder.  0: it cannot be one of them: another program's, or a place that was
 * meant (without a SHA-256 nothing says that it is the same file). */
static int shipped_path(const vt__draft *dr, char out[2 * VT_PATH])
{
  static const char top[] = "potentials/";
  const vt_campaign *c = dr->c;
  const char *name = c->pot_file, *rest = NULL;
  if (!dr->env->shipped || c->driver.command[0] || (name[0] == '/' && !c->pot_sha256[0])) return 0;
  for (const char *s = name; (s = strstr(s, top)) != NULL; s += sizeof top - 1)
    if (s == name || s[-1] == '/') rest = s + sizeof top - 1;
  if (!rest && !strchr(name, '/')) rest = name;
  return rest && *rest && snprintf(out, 2 * VT_PATH, "%s/%s", dr->env->shipped, rest) < VT_PATH;
}

/* The last place, for a file that is not there at all: a damaged one is refused. */
static vt_status try_shipped(vt__draft *dr, int *fits)
{
  char path[2 * VT_PATH];
  *fits = 0;
  if (access(dr->c->pot_path, F_OK) == 0 || !shipped_path(dr, path)) return VT_OK;
  return try_place(dr, path, fits);
}

/* ------------------------------------------------------------------ the check */

static void refuse_potential(vt__draft *dr, const char *why)
{
  const vt_campaign *c = dr->c;
  char shipped[2 * VT_PATH];
  if (c->driver.command[0] && (!c->pot_sha256[0] || strcmp(c->pot_file, "-") == 0)) {
    vt__diag_error(dr->d, vt__mark_of(dr, "potential.command"), "potential.command", "%s%s%s", why,
                   c->pot_sha256[0] ? "; wanted: " : "", c->pot_sha256);
    return;
  }
  const char *slash = strrchr(c->pot_file, '/');
  vt__mark at = vt__mark_of(dr, "potential.file");
  if (!c->driver.command[0] && strcmp(c->pot_kind, "ipi") == 0)
    vt__diag_error(dr->d, vt__mark_of(dr, "potential.kind"), "potential.command", "%s", why);
  else if (!c->pot_sha256[0] && access(c->pot_path, F_OK) != 0 && shipped_path(dr, shipped))
    vt__diag_error(dr->d, at, "potential.file", "%s; nor is there '%s' among those that came with the program", why,
                   shipped);
  else if (!c->pot_sha256[0])
    vt__diag_error(dr->d, at, "potential.file", "%s", why);
  else
    vt__diag_error(dr->d, at, "potential.file",
                   "%s; wanted: '%s' with the SHA-256 %s, which is neither there nor beside this file, nor in "
                   "potentials/ here or above: copy it to one of these places",
                   why, slash ? slash + 1 : c->pot_file, c->pot_sha256);
}

vt_status vt__check_potential(vt__draft *dr, vt_err *err)
{
  vt_campaign *c = dr->c;
  vt_err why;
  char text[300];
  int fits;
  vt__mark at = vt__mark_of(dr, "potential.file");
  if (!c->pot_kind[0]) return VT_OK; /* refused before */
  if (c->driver.command[0] && !resolve_folder(c)) {
    vt__diag_error(dr->d, vt__mark_of(dr, "potential.folder"), "potential.folder",
                   "the path is longer than %d characters", VT_PATH - 1);
    return VT_OK;
  }
  if (!resolve_path(c)) {
    vt__diag_error(dr->d, at, "potential.file", "the path is longer than %d characters", VT_PATH - 1);
    return VT_OK;
  }
  vt_status rc = try_file(dr, c->pot_path, &fits, &why);
  if (rc != VT_OK && rc != VT_ENOMEM && strcmp(c->pot_file, "-") != 0) {
    first_frame(&why, text, sizeof text);
    rc = search(dr, &fits) == VT_ENOMEM ? VT_ENOMEM : rc;
    const int by_hash = fits;
    if (!fits && rc != VT_ENOMEM) rc = try_shipped(dr, &fits) == VT_ENOMEM ? VT_ENOMEM : rc;
    if (fits) {
      if (by_hash) /* one that came with the program is named in the usual way */
        vt__diag_warn(dr->d, at, "potential.file", "found by its SHA-256 as '%s'", c->pot_path);
      rc = VT_OK;
    }
  } else if (rc != VT_OK)
    first_frame(&why, text, sizeof text);
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "out of memory while reading the potential '%s'", c->pot_path);
  if (rc != VT_OK)
    refuse_potential(dr, text);
  else
    check_elements(dr);
  return VT_OK;
}
