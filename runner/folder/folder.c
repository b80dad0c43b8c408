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
  return (vt_outdir_kept){
      .simd = (vt_simd)c->numerics.simd, .protocol = c->protocol.version, .format = c->numerics.format, .recorded = c};
}

void vt_outdir_kept_free(vt_outdir_kept *kept)
{
  vt_campaign_free(kept->recorded);
  *kept = (vt_outdir_kept){.simd = VT_SIMD_AUTO};
}

vt_status vt_outdir_resolve(const vt_outdir_kept *kept, vt_campaign *c, vt_err *err)
{
  if (kept && c->protocol.version == 0) c->protocol.version = kept->protocol;
  if (kept && c->numerics.format == 0) c->numerics.format = kept->format;
  if (kept && kept->recorded && c->protocol.version == kept->protocol)
    VT_PASS(vt_campaign_follow(c, kept->recorded, err));
  return vt_campaign_resolve(c, kept && kept->simd != VT_SIMD_AUTO ? kept->simd : vt_simd_best(), err);
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
void vt__outdir_how_to_go_on(const vt_outdir *o, const vt_campaign *c, vt_buf *text)
{
  int all, mine;
  count_results(o, c, &all, &mine);
  if (all == 0)
    vt_buf_printf(text,
                  "The journal holds 0 results; `vitrion repair %s --campaign %s` writes campaign.yaml anew for the "
                  "campaign that is given now",
                  o->dir, c->file);
  else if (mine == all)
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
  vt__outdir_how_to_go_on(o, c, &how);
  rc = vt_err_user(err, rc, o->campaign, 0, 0, "%.*s\n%s", n, what, how.s ? how.s : "");
  vt_buf_free(&how);
  return rc;
}

/* What a person reads of an edit, as an error; what is longer than an error can be is cut at its end. */
static vt_status refuse_edit(const vt_outdir *o, const vt_campaign *c, const vt_edit *e, vt_err *err)
{
  vt_buf text = {0};
  if (e->refused)
    vt_edit_refusal(e, o, c, &text);
  else
    vt_edit_needs_extend(e, o, c, &text);
  while (text.len && text.s[text.len - 1] == '\n') text.s[--text.len] = '\0';
  vt_status rc = e->refused ? vt_err_user(err, VT_EINVAL, o->campaign, 0, 0, "%.800s", text.s ? text.s : "")
                            : vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "%.800s", text.s ? text.s : "");
  vt_buf_free(&text);
  return rc;
}

/* Files of frames lie in folders with the names of compositions: they go with the names.  Where that fails they are
 * found under the old name, by people. */
static void rename_frames(const vt_outdir *o, const vt_campaign *old, const vt_campaign *c)
{
  for (int i = 0; i < old->n_tasks; i++) {
    char was[VT_NAME], is[VT_NAME], from[2 * VT_PATH], to[2 * VT_PATH];
    const vt_task *t = &old->task[i];
    const int k = t->kind == VT_TASK_GLASS && t->glass == 0 && t->piece == 0 ? vt_campaign_find(c, &t->uid) : -1;
    if (k < 0) continue;
    vt_name_as_file(old->comp[t->comp].name, was);
    vt_name_as_file(c->comp[c->task[k].comp].name, is);
    (void)snprintf(from, sizeof from, "%s/trajectory/%s", o->dir, was);
    (void)snprintf(to, sizeof to, "%s/trajectory/%s", o->dir, is);
    if (strcmp(was, is) == 0 || access(from, F_OK) != 0) continue;
    if (access(to, F_OK) == 0 || rename(from, to) != 0)
      vt_log(VT_LOG_WARN, "folder", "ev=frames_keep_their_name from=\"%s\" to=\"%s\"", from, to);
  }
}

/* May `c` be recorded?  What the edit does is appended to said. */
static vt_status same_campaign(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, int extend,
                               vt_buf *said, vt_err *err)
{
  vt_campaign *old = NULL;
  vt_edit e = {0};
  if (access(o->campaign, F_OK) != 0) return VT_OK; /* nothing recorded yet */
  VT_PASS(recorded(o, c, env, &old, err));
  VT_ASSERT(old);
  vt_status rc = vt_edit_look(o, old, c, &e, err);
  if (rc == VT_OK && (e.refused || (e.n_added > 0 && !extend))) rc = refuse_edit(o, c, &e, err);
  if (rc == VT_OK && e.renames.len) rename_frames(o, old, c);
  if (rc == VT_OK && said) vt_edit_said(&e, said);
  vt_edit_free(&e);
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
                           vt_buf *said, vt_err *err)
{
  VT_TRY(same_campaign(o, c, env, extend, said, err), err, "output folder");
  vt_buf text = {0};
  VT_TRY(vt__outdir_keep_structures(o, c, env, err), err, "output folder");
  vt_campaign_canon(c, &text);
  vt_status rc = vt_buf_check(&text, err);
  if (rc == VT_OK) rc = vt_file_publish(o->campaign, text.s, text.len, err);
  vt_buf_free(&text);
  if (rc != VT_OK) return vt_err_wrap(err, rc, __FILE__, __LINE__, "recording the campaign in '%s'", o->dir);
  return VT_OK;
}

/* A joined job cannot edit: what differs, and what to do. */
static vt_status refuse_to_join(const vt_outdir *o, const vt_campaign *old, const vt_campaign *c, vt_err *err)
{
  vt_buf keys = {0};
  vt_campaign_differences(old, c, &keys);
  while (keys.len && keys.s[keys.len - 1] == '\n') keys.s[--keys.len] = '\0';
  const vt_status rc = vt_err_user(err, VT_EINVAL, o->campaign, 0, 0,
                                   "holds another campaign (%d tasks) than the one that wants to join (%d tasks, or "
                                   "productions of another length):\n%.500s\nto edit a campaign, end its jobs "
                                   "first and run the edited file without --join; to help, join with '%.200s'",
                                   old->n_tasks, c->n_tasks, keys.s ? keys.s : "", o->campaign);
  vt_buf_free(&keys);
  return rc;
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
  const vt_status rc = vt_campaign_equal(old, c) ? VT_OK : refuse_to_join(o, old, c, err);
  vt_campaign_free(old);
  return rc;
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
  if (vt_jobs_look(o->lease, &l, NULL) != VT_OK) return 0;
  const int busy = vt_jobs_list_alive(&l);
  vt_jobs_list_free(&l);
  return busy;
}

void vt_outdir_checkpoint(const vt_outdir *dir, const vt_uid *uid, char *path, size_t cap)
{
  char hex[65];
  vt_uid_hex(uid, hex);
  (void)snprintf(path, cap, "%s/%s.vck", dir->checkpoint, hex);
}
