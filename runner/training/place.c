/* place.c - the folder of a training: whose it is, who works in it, what all members together leave there. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/training/job_impl.h"

enum { ROOM = 64, FILE_MOST = 1 << 28 };
typedef char vt__path[VT_PATH + ROOM];

void vt__place_of(const vt__job *j, int k, char path[VT_PATH])
{
  if (j->y->seeds == 1)
    (void)snprintf(path, VT_PATH, "%s", j->output);
  else
    (void)snprintf(path, VT_PATH, "%.*s/seed%llu", VT_PATH - ROOM, j->output, (unsigned long long)vt__seed_of(j, k));
}

/* ------------------------------------------------------------------ whose */

static int is_there(const char *dir, const char *name)
{
  vt__path path;
  (void)snprintf(path, sizeof path, "%s/%s", dir, name);
  return access(path, F_OK) == 0;
}

/* Something that a training of this many seeds left. */
static int is_ours(const vt__job *j)
{
  int found = 0;
  for (int k = 0; k < j->y->seeds && !found; k++) {
    char dir[VT_PATH];
    vt__place_of(j, k, dir);
    found = is_there(dir, "train.ckpt") || is_there(dir, "train.ckpt.prev");
  }
  return found;
}

vt_status vt__place_check(const char *dir, vt_err *err)
{
  static const char *const ours[] = {"nep.txt",   "nep_average.txt", "nep_last.txt", "train.csv",
                                     "test.json", "committee.txt",   "campaign.yaml"};
  for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
    if (is_there(dir, ours[k]))
      VT_FAIL(err, VT_EINVAL, "'%s/%s' is there, but no state of a training: give another --output", dir, ours[k]);
  return VT_OK;
}

static vt_status check_owner(const vt__job *j, vt_err *err)
{
  if (j->y->seeds > 1 && is_there(j->output, "train.ckpt"))
    VT_FAIL(err, VT_EINVAL,
            "'%s' holds the training of one seed, and this file asks for %d: give another --output, or remove that "
            "folder",
            j->output, j->y->seeds);
  return is_ours(j) ? VT_OK : vt__place_check(j->output, err);
}

vt_status vt__place_open(vt__job *j, vt_err *err)
{
  VT_PASS(check_owner(j, err));
  VT_PASS(vt_outdir_name(&j->place, j->output, err));
  VT_PASS(vt_dir_make(j->output, err));
  j->view = (vt_pace){.what = "status.json", .every_s = 2, .most_s = 60};
  VT_TRY(vt_outdir_lock(&j->place, NULL, err), err, "training in '%s'", j->output);
  return VT_OK;
}

void vt__place_close(vt__job *j) { vt_outdir_release(&j->place); }

/* ------------------------------------------------------------------ status.json */

static vt_json *errors_json(const double e[3])
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "energy_rmse_meV_atom", vt_json_num(1e3 * e[0]));
  vt_json_put(o, "force_rmse_meV_A", vt_json_num(1e3 * e[1]));
  vt_json_put(o, "virial_rmse_meV_atom", vt_json_num(1e3 * e[2]));
  return o;
}

static vt_json *member_json(const vt__job *j, int k)
{
  static const char *const state[] = {[VT__WAITS] = "waiting",
                                      [VT__RUNS] = "running",
                                      [VT__STOPPED] = "stopped",
                                      [VT__ENDED] = "done",
                                      [VT__ENDED_EARLY] = "done"};
  const vt__member *at = &j->member[k];
  const int runs = at->state == VT__RUNS && strcmp(j->state, "running") == 0;
  vt_json *o = vt_json_object();
  vt_json_put(o, "seed", vt_json_int((int64_t)vt__seed_of(j, k)));
  vt_json_put(o, "state", vt_json_text(runs || at->state != VT__RUNS ? state[at->state] : state[VT__STOPPED]));
  vt_json_put(o, "epoch", vt_json_int(at->epoch));
  vt_json_put(o, "epochs", vt_json_int(at->epochs));
  vt_json_put(o, "step_of_all_data", vt_json_int(at->passes));
  vt_json_put(o, "steps_of_all_data", vt_json_int(at->finish));
  vt_json_put(o, "phase", vt_json_text(vt__phase_name(at->phase)));
  const int has_best = at->best_at.phase != VT__NEVER;
  vt_json_put(o, "best_phase", vt_json_text(has_best ? vt__phase_name(at->best_at.phase) : NULL));
  vt_json_put(o, "best_epoch", has_best ? vt_json_int(at->best_at.n) : vt_json_null());
  vt_json_put(o, "best_loss", vt_json_num(has_best ? at->best_loss : (double)NAN));
  vt_json_put(o, "failed_checks", at->state >= VT__ENDED ? vt_json_int(at->failed) : vt_json_null());
  vt_json_put(o, "early_stop", vt_json_bool(at->state == VT__ENDED_EARLY));
  vt_json_put(o, "training", errors_json(at->trained));
  vt_json_put(o, "validation", errors_json(at->held));
  vt_json_put(o, "frames_per_s", vt_json_num(runs ? at->frames_per_s : (double)NAN));
  vt_json_put(o, "eta_s", vt_json_num(runs ? at->left_s : (double)NAN));
  return o;
}

void vt__place_view(vt__job *j, int now)
{
  enum { INDENT = 2 };
  vt__path path;
  vt_err ignored = {0};
  vt_buf b = {0};
  if (!j->place.alone || j->lost || (!now && !vt_pace_due(&j->view, vt_now_s()))) return;
  vt_pace_begin(&j->view, vt_now_s());
  vt_json *o = vt_json_object(), *a = vt_json_array();
  vt_json_put(o, "training", vt_json_text(j->y->name));
  vt_json_put(o, "state", vt_json_text(j->state));
  vt_json_put(o, "failed_checks", strcmp(j->state, "done") == 0 ? vt_json_int(j->failed) : vt_json_null());
  vt_json_put(o, "error", vt_json_text(j->error ? vt_err_line(j->error).s : NULL));
  vt_json_put(o, "updated", vt_json_int((int64_t)time(NULL)));
  vt_json_put(o, "ranks", vt_json_int(vt_comm_size(j->world)));
  vt_json_put(o, "teams", vt_json_int(j->n_teams));
  for (int k = 0; k < j->y->seeds; k++) vt_json_add(a, member_json(j, k));
  vt_json_put(o, "members", a);
  (void)snprintf(path, sizeof path, "%s/status.json", j->output);
  if (vt_json_dump(o, INDENT, &b, &ignored) != VT_OK ||
      vt_file_publish_view(path, b.s, b.len, &ignored) != VT_OK) /* a view: training goes on without it */
    vt_log(VT_LOG_WARN, "training", "ev=status error=\"%s\"", vt_err_line(ignored.text).s);
  vt_json_free(o);
  vt_buf_free(&b);
  vt_pace_end(&j->view, vt_now_s());
}

/* ------------------------------------------------------------------ what members leave together */

static vt_status publish(const vt__job *j, const char *name, const void *data, size_t n, vt_err *err)
{
  vt__path path;
  (void)snprintf(path, sizeof path, "%s/%s", j->output, name);
  return vt_file_publish(path, data, n, err);
}

/* A file of member k, or *data = NULL. */
static vt_status file_of(const vt__job *j, int k, const char *name, char **data, size_t *n, vt_err *err)
{
  char dir[VT_PATH];
  vt__path path;
  *data = NULL;
  *n = 0;
  vt__place_of(j, k, dir);
  if (!is_there(dir, name)) return VT_OK;
  (void)snprintf(path, sizeof path, "%s/%s", dir, name);
  return vt_file_read(path, FILE_MOST, data, n, err);
}

static vt_status copy(const vt__job *j, int k, const char *name, const char *as, vt_err *err)
{
  char *data;
  size_t n;
  VT_PASS(file_of(j, k, name, &data, &n, err));
  const vt_status rc = data ? publish(j, as, data, n, err) : VT_OK;
  vt_free(data);
  return rc;
}

/* The tables of all members, one below the other, under one head. */
static vt_status gather_tables(const vt__job *j, vt_err *err)
{
  vt_buf b = {0};
  vt_status rc = VT_OK;
  for (int k = 0; k < j->y->seeds && rc == VT_OK; k++) {
    char *data;
    size_t n;
    rc = file_of(j, k, "train.csv", &data, &n, err);
    const char *end = rc == VT_OK && data ? memchr(data, '\n', n) : NULL;
    const size_t head = end ? (size_t)(end - data) + 1 : 0, skip = b.len > 0 ? head : 0;
    if (rc == VT_OK && data) vt_buf_add(&b, data + skip, n - skip);
    vt_free(data);
  }
  if (rc == VT_OK) rc = vt_buf_check(&b, err);
  if (rc == VT_OK && b.len > 0) rc = publish(j, "train.csv", b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}

/* nep_seed<k>.txt and committee.txt. */
static vt_status gather_models(const vt__job *j, vt_err *err)
{
  vt_buf b = {0};
  vt_status rc = VT_OK;
  vt_committee_begin(&b);
  for (int k = 0; k < j->y->seeds && rc == VT_OK; k++) {
    char name[ROOM], *data;
    size_t n;
    (void)snprintf(name, sizeof name, "nep_seed%llu.txt", (unsigned long long)vt__seed_of(j, k));
    rc = file_of(j, k, "nep.txt", &data, &n, err);
    if (rc == VT_OK && !data)
      rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "the nep.txt of seed %llu is not there",
                      (unsigned long long)vt__seed_of(j, k));
    if (rc == VT_OK) rc = publish(j, name, data, n, err);
    if (rc == VT_OK) vt_committee_add(&b, name, data, n);
    vt_free(data);
  }
  if (rc == VT_OK) rc = vt_buf_check(&b, err);
  if (rc == VT_OK) rc = publish(j, "committee.txt", b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}

/* What is said of the best; README.md is the committee's own. */
static vt_status gather_report(const vt__job *j, int best, vt_err *err)
{
  static const char *const name[] = {"parity/energy.csv", "parity/force.csv", "parity/virial.csv", "report.html",
                                     "pressure_groups.json"};
  char folder[VT_PATH + 32];
  (void)snprintf(folder, sizeof folder, "%s/parity", j->output);
  VT_PASS(vt_dir_make(folder, err));
  for (size_t k = 0; k < sizeof name / sizeof *name; k++) VT_PASS(copy(j, best, name[k], name[k], err));
  return VT_OK;
}

vt_status vt__place_gather(vt__job *j, int all, vt_err *err)
{
  int best = 0;
  if (j->y->seeds == 1) return VT_OK;
  VT_PASS(gather_tables(j, err));
  if (!all) return VT_OK;
  for (int k = 1; k < j->y->seeds; k++)
    if (j->member[k].best_loss < j->member[best].best_loss) best = k;
  VT_PASS(gather_models(j, err));
  VT_PASS(copy(j, best, "test.json", "test.json", err));
  VT_PASS(gather_report(j, best, err));
  VT_PASS(vt__committee_card(j, best, err));
  return copy(j, best, "nep.txt", "nep.txt", err); /* last: it says that all is there */
}
