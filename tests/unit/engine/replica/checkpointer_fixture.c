#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/support/compositions.h"
#include "tests/support/files.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ plans */

vt_plan task_glass_plan(const task_case *k)
{
  const int nep = strcmp(k->pot, "nep") == 0;
  vt_plan p = {.seed = 7, .kind = VT_TASK_GLASS, .block_steps = TASK_BLOCK, .t_k = 400};
  p.comp = vt_test_oxychloride(nep ? 2 : 1);
  p.protocol = vt_test_protocol();
  p.protocol.quench_npt_below_k = k->npt_below_k;
  p.protocol.melt_ensemble = k->melt;
  p.protocol.equil_ensemble = k->equil;
  p.protocol.produce_ensemble = k->produce;
  p.protocol.guard = (vt_guard_limits){.temperature = 4, .force_ev_a = 100, .volume = 2, .molecules = 1, .contacts = 1};
  if (strcmp(k->pot, "lj") == 0) p.protocol.guard.molecules = p.protocol.guard.contacts = 0; /* one kind of atom */
  p.numerics = (vt_numerics){.simd = vt_simd_best(), .precision = k->precision, .format = VT_ENGINE_FORMAT};
  (void)snprintf(p.pot_kind, sizeof p.pot_kind, "%s", k->pot);
  (void)snprintf(p.pot_path, sizeof p.pot_path, "%s",
                 nep ? VT_TEST_SOURCE "/campaigns/potentials/oxyhalide7-v0.nep.txt" : "-");
  vt_test_identify(&p);
  return p;
}

vt_plan task_md_plan(const task_case *c)
{
  vt_plan p = task_glass_plan(c);
  vt_err err = {0};
  p.kind = VT_TASK_MD;
  p.needs = p.uid;
  p.t_k = 500;
  for (int k = 0; vt_obs_builtin[k]; k++) {
    const vt_obs_doc *doc = &vt_obs_builtin[k]->doc;
    vt_obs_request *r = &p.obs[p.n_obs++];
    (void)snprintf(r->name, sizeof r->name, "%s", doc->name);
    r->every_ps = fmax(doc->every_lo_ps, strcmp(doc->name, "msd") == 0 ? 0.002 * TASK_BLOCK : 0.014 + 0.002 * k);
    for (int q = 0; q < doc->n_par; q++) r->par[q] = doc->par[q].def;
  }
  VT_TEST_OK(vt_plan_identify(&p, &err), &err);
  return p;
}

/* ------------------------------------------------------------------ hooks */

static vt_status poll(void *ctx, const vt_progress *p, vt_err *err)
{
  interrupted *k = ctx;
  const int packing = strcmp(p->stage, "pack") == 0;
  k->polls++;
  if (packing) vt_nap_s(0.003); /* so that the first poll of the melt is due at once */
  if (k->stops && !packing && p->fraction >= k->stop_after) VT_FAIL(err, VT_ESTOP, "enough");
  return VT_OK;
}

static void kept(void *ctx, const vt_checkpoint_written *what)
{
  interrupted *k = ctx;
  if (what->status == VT_OK)
    k->kept++;
  else
    k->failed++;
  k->last = *what;
  if (what->why) (void)snprintf(k->why, sizeof k->why, "%s", what->why);
}

static void resumed(void *ctx, const vt_checkpoint_written *what, const char *why_not)
{
  interrupted *k = ctx;
  if (what) k->resumed++, k->from = *what;
  if (why_not) k->refused++, (void)snprintf(k->why, sizeof k->why, "%s", why_not);
}

void interrupted_open(interrupted *k)
{
  *k = (interrupted){0};
  vt_test_folder(k->folder, "checkpoints");
  (void)snprintf(k->path, sizeof k->path, "%s/task.vtc", k->folder);
  (void)snprintf(k->prev, sizeof k->prev, "%s.prev", k->path);
  k->checkpointing = (vt_checkpointing){
      .path = k->path, .every_s = 0, .graceful_stop_s = 1000, .ctx = k, .kept = kept, .resumed = resumed};
  k->hooks = (vt_replica_hooks){.ctx = k, .poll = poll, .checkpointing = &k->checkpointing};
}

int interrupted_files(const interrupted *k)
{
  int n = 0;
  DIR *d = opendir(k->folder);
  assert_non_null(d);
  while (readdir(d)) n++;
  closedir(d);
  return n - 2;
}

void interrupted_close(interrupted *k)
{
  vt_checkpoint_remove(k->path);
  assert_int_equal(rmdir(k->folder), 0); /* nothing else was left there */
}

void interrupted_forget(interrupted *k)
{
  k->kept = k->failed = k->resumed = k->refused = k->polls = 0;
  k->why[0] = '\0';
}

/* ------------------------------------------------------------------ runs */

static vt_status run_replica(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks, vt_result *r,
                             vt_err *err)
{
  *r = (vt_result){0};
  return vt_replica_run(p, glass ? glass->values : NULL, glass ? glass->n_values : 0, hooks, NULL, r, err);
}

vt_result task_run(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks)
{
  vt_result r;
  vt_err err = {0};
  VT_TEST_OK(run_replica(p, glass, hooks, &r, &err), &err);
  return r;
}

vt_status task_try(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks, vt_err *err)
{
  vt_result r;
  vt_err_clear(err);
  vt_status rc = run_replica(p, glass, hooks, &r, err);
  vt_result_free(&r);
  return rc;
}

int task_same(const vt_result *a, const vt_result *b)
{
  return a->n_values == b->n_values && a->ns == b->ns &&
         memcmp(a->values, b->values, a->n_values * sizeof *a->values) == 0;
}

vt_result task_run_in_pieces(const vt_plan *p, const vt_result *glass, interrupted *k, int *starts)
{
  vt_result r;
  vt_err err;
  vt_status rc = VT_ESTOP;
  for (*starts = 0; rc == VT_ESTOP; ++*starts) {
    vt_err_clear(&err);
    interrupted_forget(k);
    rc = run_replica(p, glass, &k->hooks, &r, &err);
    if (rc != VT_OK && rc != VT_ESTOP) fail_msg("%s", err.text);
    if (k->refused) fail_msg("start %d: %s", *starts, k->why);
    assert_int_equal(k->resumed, *starts > 0);
    if (rc == VT_ESTOP) assert_non_null(strstr(err.text, "enough"));
  }
  return r;
}
