/* views.c - what follows from the journal and can be made again at any time: the store, the glasses' structures. */
#include <stdio.h>
#include <string.h>

#include "runner/drive/drive_impl.h"
#include "runner/store/store.h"

/* ------------------------------------------------------------------ the store */

/* Of this campaign, in its present words (what is compared may have been changed without new tasks). */
static int shows_campaign(vt_store *s, const vt_campaign *c)
{
  vt_err ignored = {0};
  vt_buf id = {0}, text = {0}, canon = {0};
  char hex[65];
  vt_uid_hex(&c->id, hex);
  vt_campaign_canon(c, &canon);
  int yes = vt_store_read_text(s, "campaign_id", &id, &ignored) == VT_OK && id.s && strcmp(id.s, hex) == 0 &&
            vt_store_read_text(s, "/campaign", &text, &ignored) == VT_OK && text.s && canon.s && !canon.failed &&
            strcmp(text.s, canon.s) == 0;
  vt_buf_free(&id);
  vt_buf_free(&text);
  vt_buf_free(&canon);
  return yes;
}

/* Exactly the results and failures that the journal holds. */
static int shows_journal(vt_store *s, const vt_campaign *c, const vt_journal *j)
{
  vt_err ignored = {0};
  int64_t *done = NULL, *failures = NULL;
  size_t n, m;
  int yes = vt_store_read_i64(s, "/tasks/done", &done, &n, &ignored) == VT_OK &&
            vt_store_read_i64(s, "/tasks/failures", &failures, &m, &ignored) == VT_OK && n == (size_t)c->n_tasks &&
            m == n;
  for (int i = 0; yes && i < c->n_tasks; i++) {
    const vt_uid *uid = &c->task[i].uid;
    yes = done[i] == (vt_journal_result(j, uid) != NULL) && failures[i] == vt__failures_of(j, uid);
  }
  vt_free(done);
  vt_free(failures);
  return yes;
}

/* 1 if results.h5 shows exactly what the journal holds.  A file that is not what was written is not opened. */
static int store_is_current(const vt_outdir *dir, const vt_campaign *c, const vt_journal *j)
{
  vt_store *s = NULL;
  vt_err ignored = {0};
  int yes = vt_store_check_sum(dir->store, &ignored) == VT_OK && vt_store_open(&s, dir->store, &ignored) == VT_OK &&
            shows_campaign(s, c) && shows_journal(s, c, j);
  vt_store_close(s);
  return yes;
}

int vt__failures_of(const vt_journal *j, const vt_uid *uid)
{
  vt__tries tries;
  return vt__tries_of(j, uid, &tries, NULL) == VT_OK ? tries.failures : -1;
}

vt_status vt__views_make(vt_comm *comm, const vt_outdir *dir, const vt_campaign *c, vt_journal *j, vt_fits **fits,
                         vt_err *err)
{
  int32_t current = 0;
  vt_status rc = vt_journal_refresh(j, err);
  if (rc == VT_OK) rc = vt_fits_from_journal(c, j, fits, err);
  if (rc == VT_OK && vt_comm_rank(comm) == 0) current = store_is_current(dir, c, j);
  VT_PASS(vt_comm_agree(comm, rc, err));
  VT_PASS(vt_comm_bcast(comm, 0, &current, sizeof current, err));
  return current ? VT_OK : vt_drive_assemble(comm, c, j, *fits, dir->store, err);
}

/* ------------------------------------------------------------------ glasses */

vt_status vt__glass_text(const vt_plan *p, const double *values, vt_buf *b, vt_err *err)
{
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  const double *cell = NULL, *x = NULL, *at = values;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  for (int a = 0; a < n; at += vt_array_count(&def[a]), a++) {
    if (strcmp(def[a].name, "glass/cell") == 0) cell = at;
    if (strcmp(def[a].name, "glass/x") == 0) x = at;
  }
  if (!cell || !x) VT_FAIL(err, VT_EBUG, "a glass without glass/cell and glass/x");
  vt_cell c;
  memcpy(c.h, cell, sizeof c.h);
  const char *symbol[VT_MAX_SPECIES];
  for (int s = 0; s < p->comp.n_species; s++) symbol[s] = vt_element_symbol(p->comp.z[s]);
  vt_status rc = VT_OK;
  void *types = NULL, *positions = NULL;
  size_t n_atoms = (size_t)p->comp.n_atoms;
  VT_TRY_OUT(vt_calloc64(&types, n_atoms, sizeof(int), err), err, "glass of %zu atoms", n_atoms);
  VT_TRY_OUT(vt_calloc64(&positions, n_atoms, 3 * sizeof(double), err), err, "glass of %zu atoms", n_atoms);
  memcpy(positions, x, n_atoms * 3 * sizeof(double));
  int *type = types;
  for (int s = 0, i = 0; s < p->comp.n_species; s++)
    for (int k = 0; k < p->comp.count[s]; k++) type[i++] = s;
  vt_xyz_format(b, p->comp.n_atoms, &c, type, symbol, positions, NULL, NULL);
  rc = vt_buf_check(b, err);
out:
  vt_free(types);
  vt_free(positions);
  return rc;
}

void vt__glass_name(const vt_uid *uid, char name[VT__GLASS_NAME])
{
  char hex[65];
  vt_uid_hex(uid, hex);
  (void)snprintf(name, VT__GLASS_NAME, "glass/%s.xyz", hex);
}

vt_status vt__glass_write(const vt_outdir *dir, const vt_plan *p, const double *values, vt_err *err)
{
  char path[2 * VT_PATH], name[VT__GLASS_NAME];
  vt_buf b = {0};
  vt__glass_name(&p->uid, name);
  (void)snprintf(path, sizeof path, "%s/%s", dir->dir, name);
  vt_status rc = vt__glass_text(p, values, &b, err);
  if (rc == VT_OK) rc = vt_file_replace(path, b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}
