/* folder.c - the output folder: who may write there, and which campaign it belongs to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"
#include "runner/folder/folder_impl.h"
#include "runner/telemetry/telemetry.h"

vt_status vt_outdir_name(vt_outdir *o, const char *dir, vt_err *err)
{
  const char *home = dir[0] == '~' && (dir[1] == '/' || !dir[1]) ? getenv("HOME") : NULL;
  size_t n = strlen(dir), n_home = home ? strlen(home) : 0;
  memset(o, 0, sizeof *o);
  while (n > 1 && dir[n - 1] == '/') n--;
  if (n == 0 || n + n_home >= sizeof o->dir) VT_FAIL(err, VT_EINVAL, "'%.80s' cannot be an output folder", dir);
  if (home) memcpy(o->dir, home, n_home);
  memcpy(o->dir + n_home, home ? dir + 1 : dir, home ? n - 1 : n);
  const struct {
    char *to;
    const char *name;
  } part[] = {{o->journal, "journal"},      {o->store, "results.h5"}, {o->campaign, "campaign.yaml"},
              {o->status, "status.json"},   {o->halt, "HALT"},        {o->lease, "lease"},
              {o->checkpoint, "checkpoint"}};
  for (size_t k = 0; k < sizeof part / sizeof *part; k++)
    (void)snprintf(part[k].to, VT_PATH + 16, "%s/%s", o->dir, part[k].name);
  (void)snprintf(o->events, sizeof o->events, "%s/log/events.jsonl", o->dir);
  return VT_OK;
}

vt_status vt_outdir_campaign(const vt_outdir *o, const vt_campaign_env *env, vt_campaign **c, vt_err *err)
{
  vt_diags diags = {0};
  *c = NULL;
  vt_campaign_env reading = *env;
  reading.recorded = 1;
  reading.structures = NULL; /* what they hold is in the text; a copy that is damaged is no matter here */
  vt_status rc = vt_campaign_load(o->campaign, &reading, c, &diags, err);
  if (rc == VT_EPARSE && diags.n) {
    vt_buf text = {0};
    vt_diags_format(&diags, &text);
    rc = vt_err_set(err, rc, __FILE__, __LINE__, "the campaign recorded in '%s' cannot be used:\n%.700s", o->dir,
                    text.s ? text.s : "");
    vt_buf_free(&text);
  }
  vt_diags_free(&diags);
  if (rc == VT_OK) rc = vt_campaign_resolve(*c, vt_simd_best(), err);
  if (rc == VT_OK) vt_outdir_place_structures(*c);
  if (rc == VT_OK) (void)snprintf((*c)->pot_recorded, sizeof(*c)->pot_recorded, "%s", (*c)->pot_file);
  if (rc != VT_OK) {
    vt_campaign_free(*c);
    *c = NULL;
  }
  VT_TRY(rc, err, "campaign of output folder '%s'", o->dir);
  return VT_OK;
}

vt_outdir_kept vt_outdir_look_up(const vt_outdir *o, const vt_campaign_env *env)
{
  vt_campaign *c;
  vt_err ignored = {0};
  if (access(o->campaign, R_OK) != 0 || vt_outdir_campaign(o, env, &c, &ignored) != VT_OK)
    return (vt_outdir_kept){.simd = VT_SIMD_AUTO};
  vt_outdir_kept kept = {
      .simd = (vt_simd)c->numerics.simd, .protocol = c->protocol.version, .format = c->numerics.format};
  vt_campaign_free(c);
  return kept;
}

vt_status vt_outdir_resolve(const vt_outdir_kept *kept, vt_campaign *c, vt_err *err)
{
  if (kept && c->protocol.version == 0) c->protocol.version = kept->protocol;
  if (kept && c->numerics.format == 0) c->numerics.format = kept->format;
  return vt_campaign_resolve(c, kept && kept->simd != VT_SIMD_AUTO ? kept->simd : vt_simd_best(), err);
}

/* 1 if every task of `old` is a task of `c`. */
static int contains(const vt_campaign *c, const vt_campaign *old)
{
  /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): `recorded` has set it */
  for (int i = 0; i < old->n_tasks; i++)
    if (vt_campaign_find(c, &old->task[i].uid) < 0) return 0;
  return 1;
}

/* How many results the journal has, and how many of them are of c. */
static void count_results(const vt_outdir *o, const vt_campaign *c, int *all, int *mine)
{
  vt_journal *j = NULL;
  *all = *mine = 0;
  if (vt_journal_open(&j, o->journal, NULL) != VT_OK) return;
  for (int i = 0; i < vt_journal_count(j); i++) {
    const vt_rec *r = vt_journal_rec(j, i);
    if (r->type != VT_REC_RESULT || vt_journal_result(j, &r->uid) != r) continue;
    (*all)++;
    *mine += vt_campaign_find(c, &r->uid) >= 0;
  }
  vt_journal_free(j);
}

/* Was campaign.yaml changed, or is it another campaign that is given?  The journal knows. */
static void say_how_to_go_on(const vt_outdir *o, const vt_campaign *c, vt_buf *text)
{
  int all, mine;
  count_results(o, c, &all, &mine);
  if (mine == all)
    vt_buf_printf(text,
                  "The journal is whole: all its %d results are of the campaign that is given now; to go on with it, "
                  "`vitrion repair %s --campaign %s` writes campaign.yaml anew",
                  all, o->dir, c->file);
  else
    vt_buf_printf(text,
                  "The journal holds %d results, %d of them of the campaign that is given now: change that back to "
                  "go on, or give another --output",
                  all, mine);
}

static vt_status refuse_other(const vt_outdir *o, const vt_campaign *c, const vt_campaign *old, vt_err *err)
{
  vt_buf keys = {0}, how = {0};
  vt_campaign_differences(old, c, &keys);
  say_how_to_go_on(o, c, &how);
  vt_status rc = vt_err_user(err, VT_EINVAL, o->campaign, 0, 0,
                             "'%s' holds another campaign ('%s', %d tasks), and this one does not contain all of its "
                             "tasks; recorded there, and what is given here:\n%.500s%s",
                             o->dir, old->name, old->n_tasks, keys.s ? keys.s : "", how.s ? how.s : "");
  vt_buf_free(&keys);
  vt_buf_free(&how);
  return rc;
}

/* The same tasks, but their results, of was_ps, are longer or shorter than what is asked. */
static vt_status refuse_length(const vt_outdir *o, const vt_campaign *c, double was_ps, vt_err *err)
{
  return vt_err_user(
      err, VT_EINVAL, o->campaign, 0, 0,
      "protocol.produce.duration: '%s' has productions of %.10g ps, here %.10g ps are asked for; those of a "
      "folder cannot be lengthened or cut: change it back to %.10g ps to go on, or give another --output",
      o->dir, was_ps, c->protocol.produce_ps, was_ps);
}

/* The campaign recorded in the folder, whose potential may have moved with that of `c`. */
static vt_status recorded(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, vt_campaign **old,
                          vt_err *err)
{
  vt_campaign_env near = *env;
  near.pot_hint = c->pot_path;
  vt_err why = {0};
  vt_status rc = vt_outdir_campaign(o, &near, old, &why);
  if (rc == VT_OK) return VT_OK;
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "campaign of output folder '%s'", o->dir);
  vt_buf how = {0};
  int n;
  const char *what = vt_err_sentence(why.text, &n);
  say_how_to_go_on(o, c, &how);
  rc = vt_err_user(err, rc, o->campaign, 0, 0, "%.*s\n%s", n, what, how.s ? how.s : "");
  vt_buf_free(&how);
  return rc;
}

static vt_status same_campaign(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, int extend,
                               vt_err *err)
{
  vt_campaign *old = NULL;
  vt_status rc = VT_OK;
  if (access(o->campaign, F_OK) != 0) return VT_OK; /* nothing recorded yet */
  VT_PASS(recorded(o, c, env, &old, err));
  VT_ASSERT(old);
  int same = vt_uid_equal(&old->id, &c->id);
  if (!same && !contains(c, old))
    rc = refuse_other(o, c, old, err);
  else if (vt_campaign_other_length(old, c))
    rc = refuse_length(o, c, old->protocol.produce_ps, err);
  else if (!same && !extend)
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__,
                    "'%s' holds a smaller campaign (%d of these %d tasks); say --extend to add to it", o->dir,
                    old->n_tasks, c->n_tasks);
  vt_campaign_free(old);
  return rc;
}

vt_status vt_outdir_make(const vt_outdir *o, vt_err *err)
{
  static const char *const folders[] = {"",     "/journal",    "/glass", "/failed",
                                        "/log", "/checkpoint", "/lease", "/lease/fallen"};
  char path[VT_PATH + 32];
  VT_PASS(vt_outdir_check_owner(o, err));
  for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
    (void)snprintf(path, sizeof path, "%s%s", o->dir, folders[k]);
    VT_TRY(vt_dir_make(path, err), err, "output folder");
    if (k == 0) VT_TRY(vt__outdir_mark(o, err), err, "output folder '%s'", o->dir);
  }
  return VT_OK;
}

vt_status vt_outdir_record(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, int extend,
                           vt_err *err)
{
  VT_TRY(same_campaign(o, c, env, extend, err), err, "output folder");
  vt_buf text = {0};
  VT_TRY(vt__outdir_keep_structures(o, c, env, err), err, "output folder");
  vt_campaign_canon(c, &text);
  vt_status rc = vt_buf_check(&text, err);
  if (rc == VT_OK) rc = vt_file_publish(o->campaign, text.s, text.len, err);
  vt_buf_free(&text);
  if (rc != VT_OK) return vt_err_wrap(err, rc, __FILE__, __LINE__, "recording the campaign in '%s'", o->dir);
  return VT_OK;
}

vt_status vt_outdir_join(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, vt_err *err)
{
  static const double most_s = 60, nap_s = 0.2;
  double give_up = vt_now_s() + most_s;
  while (access(o->campaign, F_OK) != 0) {
    if (vt_now_s() > give_up)
      VT_FAIL(err, VT_EIO, "'%s' has no campaign to join: the job that leads recorded none within %g s", o->dir,
              most_s);
    vt_alive();
    vt_nap_s(nap_s);
  }
  vt_campaign *old = NULL;
  VT_PASS(recorded(o, c, env, &old, err));
  VT_ASSERT(old);
  int same = vt_uid_equal(&old->id, &c->id);
  int tasks = old->n_tasks;
  vt_status rc = vt_campaign_other_length(old, c) ? refuse_length(o, c, old->protocol.produce_ps, err) : VT_OK;
  vt_campaign_free(old);
  VT_PASS(rc);
  if (!same)
    VT_FAIL(err, VT_EINVAL, "'%s' holds another campaign (%d tasks) than the one that wants to join (%d tasks)", o->dir,
            tasks, c->n_tasks);
  return VT_OK;
}

/* ------------------------------------------------------------------ nobody else */

vt_status vt_outdir_lock(vt_outdir *o, const char *label, vt_err *err)
{
  char here[VT_JOB_LABEL];
  vt_job_label_here(here);
  int leads = 0;
  vt_jobs_options jo = {.dir = o->lease,
                        .label = label ? label : here,
                        .build = vt_build_info()->build_id,
                        .beat_s = VT_JOB_BEAT_S,
                        .silence_s = VT_JOB_SILENCE_S};
  VT_TRY(vt_jobs_open(&o->alone, &jo, vt_now_s(), err), err, "output folder '%s'", o->dir);
  vt_status rc = vt_outdir_lead(o->alone, o->lease, &leads, err);
  if (rc == VT_OK) rc = vt_jobs_beat(o->alone, vt_now_s(), err);
  if (rc == VT_OK && (!leads || vt_jobs_others(o->alone) > 0))
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "another job is working in '%s': %s", o->dir,
                    leads ? "a job that joined" : vt_jobs_leader(o->alone));
  if (rc == VT_OK) rc = VT_NEW(o->alone_fence, 1, err);
  if (rc == VT_OK)
    vt_outdir_fence(o, o->alone, o->alone_fence);
  else
    vt_outdir_release(o);
  return rc;
}

void vt_outdir_release(vt_outdir *o)
{
  if (o->alone_fence) vt_fence_install(NULL);
  vt_free(o->alone_fence);
  o->alone_fence = NULL;
  vt_jobs_close(o->alone);
  o->alone = NULL;
}

int vt_outdir_busy(const vt_outdir *o)
{
  vt_jobs_list l = {0};
  int busy = 0;
  if (vt_jobs_look(o->lease, &l, NULL) != VT_OK) return 0;
  for (int i = 0; i < l.n; i++) busy |= !l.job[i].dead;
  vt_jobs_list_free(&l);
  return busy;
}

void vt_outdir_checkpoint(const vt_outdir *dir, const vt_uid *uid, char *path, size_t cap)
{
  char hex[65];
  vt_uid_hex(uid, hex);
  (void)snprintf(path, cap, "%s/%s.vck", dir->checkpoint, hex);
}
