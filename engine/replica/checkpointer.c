/* checkpointer.c - when a task is kept on disk, what of it, and how it goes on from there.
 *
 * A snapshot: the state of md, then the values of the result that are filled (all of a GLASS task, those of the
 * equilibration of an MD task).  The payload of a checkpoint of step 0 of a stage is its snapshot.  Of a later step it
 * is
 *
 *   f64     wall time spent on the task when the stage began
 *   snapshot  at the beginning of the stage: where a retry with half the time step would begin
 *   snapshot  now
 *   then    QUENCH: vt__recorder_state; EQUILIBRATE: the same and the state of vt_shells; PRODUCE: the states of all
 *           observables, then, where frames are kept, vt__frames_save
 *
 * A checkpoint is taken before the sample of its step, which therefore comes after it was read. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/replica/replica_impl.h"

/* ------------------------------------------------------------------ sizes */

static size_t snapshot_size(const vt_plan *p)
{
  return vt_md_state_size(p->comp.n_atoms) + vt__replica_own_values(p) * sizeof(double);
}

/* What follows the snapshots. */
static size_t rest_size(const vt_obs_set *obs, const vt_shells *shells, int stage)
{
  switch (stage) {
  case VT_STAGE_QUENCH:
    return sizeof(struct vt__recorder_state);
  case VT_STAGE_EQUILIBRATE:
    return sizeof(struct vt__recorder_state) + (shells ? vt_shells_state_size(shells) : 0);
  case VT_STAGE_PRODUCE:
    return obs ? vt_obs_set_state_size(obs) : 0;
  default:
    return 0;
  }
}

/* Of frames that are kept, at the end; a checkpoint may have it or not. */
static size_t frames_size(const vt__replica *r, int stage, int64_t step)
{
  return stage == VT_STAGE_PRODUCE && step > 0 ? vt__frames_state_size(r->plan->comp.n_atoms) : 0;
}

/* Without frames. */
static size_t payload_size(const vt__replica *r, int stage, int64_t step)
{
  const size_t snapshot = snapshot_size(r->plan);
  return step == 0 ? snapshot : sizeof(double) + 2 * snapshot + rest_size(r->obs, r->shells, stage);
}

/* Of the largest checkpoint. */
static size_t image_size(const vt_plan *p, const vt_obs_set *obs, const vt_shells *shells)
{
  size_t rest = 0;
  for (int stage = VT_STAGE_MELT; stage <= VT_STAGE_PRODUCE; stage++) {
    size_t n = rest_size(obs, shells, stage);
    if (n > rest) rest = n;
  }
  if (p->kind == VT_TASK_MD) rest += vt__frames_state_size(p->comp.n_atoms);
  return VT__CHECKPOINT_HEAD + sizeof(double) + 2 * snapshot_size(p) + rest;
}

size_t vt__checkpointer_memory(const vt_plan *p, const vt_obs_set *obs, const vt_shells *shells)
{
  return image_size(p, obs, shells) + snapshot_size(p);
}

vt_status vt__checkpointer_open(vt__replica *r, vt_err *err)
{
  vt__checkpointer *k = &r->checkpointer;
  if (!r->hooks || !r->hooks->checkpointing) return VT_OK;
  k->cap = image_size(r->plan, r->obs, r->shells);
  VT_TRY(VT_NEW(k->image, k->cap, err), err, "room for a checkpoint");
  VT_TRY(VT_NEW(k->begun, snapshot_size(r->plan), err), err, "room for the beginning of a stage");
  k->checkpointing = r->hooks->checkpointing;
  k->written_s = r->began_s;
  return VT_OK;
}

void vt__checkpointer_close(vt__replica *r)
{
  vt_free(r->checkpointer.image);
  vt_free(r->checkpointer.begun);
}

/* ------------------------------------------------------------------ writing */

static void save_snapshot(const vt__replica *r, unsigned char *at)
{
  const size_t n_md = vt_md_state_size(r->md.n);
  vt_md_save(&r->md, at);
  memcpy(at + n_md, r->values, vt__replica_own_values(r->plan) * sizeof *r->values);
}

static void save_rest(const vt__replica *r, unsigned char *at)
{
  if (r->stage == VT_STAGE_QUENCH || r->stage == VT_STAGE_EQUILIBRATE) memcpy(at, &r->rec.seen, sizeof r->rec.seen);
  if (r->stage == VT_STAGE_EQUILIBRATE) vt_shells_save(r->shells, at + sizeof r->rec.seen);
  if (r->stage == VT_STAGE_PRODUCE) vt_obs_set_save(r->obs, at);
  if (r->stage == VT_STAGE_PRODUCE && r->frames.recording) vt__frames_save(r, at + vt_obs_set_state_size(r->obs));
}

static uint32_t glass_crc(const vt__replica *r)
{
  return r->glass ? vt_crc32(0, r->glass, r->n_glass * sizeof *r->glass) : 0;
}

/* What this task writes into a header, and wants to find in one. */
static vt__checkpoint_head own_head(const vt__replica *r)
{
  const vt_plan *p = r->plan;
  vt__checkpoint_head h = {
      .info = {.uid = p->uid, .attempt = p->attempt, .half_stage = p->half_stage, .block_steps = p->block_steps},
      .format = p->numerics.format,
      .glass_crc = glass_crc(r)};
  (void)snprintf(h.info.build_id, sizeof h.info.build_id, "%s", vt_build_info()->build_id);
  return h;
}

static vt__file_mark mark_of(const char *path)
{
  struct stat st;
  if (stat(path, &st) != 0) return (vt__file_mark){0};
  return (vt__file_mark){(int64_t)st.st_dev, (int64_t)st.st_ino, (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
                         (int64_t)st.st_mtim.tv_nsec};
}

/* Somebody else does this task, and is at least as far: this process was suspended and is believed dead.  What it would
 * write is older, and must not push out what the other needs if it ends. */
static int another_is_ahead(const vt__checkpointer *k, const vt__checkpoint_head *h)
{
  vt_checkpoint_info info;
  const vt__file_mark now = mark_of(k->checkpointing->path);
  if (now.inode == 0 || memcmp(&now, &k->left, sizeof now) == 0) return 0;
  if (vt_checkpoint_look(k->checkpointing->path, &info, NULL) != VT_OK) return 0;
  if (!vt_uid_equal(&info.uid, &h->info.uid) || info.attempt != h->info.attempt ||
      info.half_stage != h->info.half_stage || strcmp(info.build_id, h->info.build_id) != 0)
    return 0;
  return info.stage > h->info.stage || (info.stage == h->info.stage && info.step >= h->info.step);
}

/* Seal the payload in the image and put it on disk.  A failure is told and stays without consequence. */
static void checkpointer_put(vt__replica *r, const vt__checkpoint_head *h)
{
  vt__checkpointer *k = &r->checkpointer;
  vt_err why = {0};
  const double began_s = vt_now_s();
  const size_t n = VT__CHECKPOINT_HEAD + (size_t)h->n_payload;
  VT_ASSERT(n <= k->cap);
  vt__checkpoint_seal(k->image, h);
  vt_checkpoint_written told = {
      .stage = vt_stage_name(h->info.stage), .step = h->info.step, .ns = h->info.ns, .bytes = n};
  if (another_is_ahead(k, h))
    told.status = vt_err_set(&why, VT_ESTOP, __FILE__, __LINE__,
                             "'%s' is of another process that does this task and is further", k->checkpointing->path);
  else
    told.status = vt__frames_put(r, &why); /* first: what a checkpoint counts on is there */
  if (told.status == VT_OK) told.status = vt_file_rotate(k->checkpointing->path, k->image, n, &why);
  if (told.status == VT_OK) k->left = mark_of(k->checkpointing->path);
  if (told.status != VT_OK) told.why = why.text;
  k->written_s = vt_now_s();
  told.took_s = k->written_s - began_s;
  if (k->checkpointing->kept) k->checkpointing->kept(k->checkpointing->ctx, &told);
}

static double wall_s(const vt__replica *r) { return r->wall_before_s + (vt_now_s() - r->began_s); }

static void checkpoint_now(vt__replica *r)
{
  vt__checkpointer *k = &r->checkpointer;
  const size_t snapshot = snapshot_size(r->plan);
  unsigned char *at = k->image + VT__CHECKPOINT_HEAD;
  vt__checkpoint_head h = own_head(r);
  h.info.stage = r->stage;
  h.info.step = r->md.step;
  h.info.ns = r->ns_before + (double)r->md.step * vt_unit_fs_from_time(r->md.stage.dt) * 1e-6;
  h.info.wall_s = wall_s(r);
  h.n_payload = payload_size(r, r->stage, r->md.step);
  VT_ASSERT(h.n_payload == sizeof k->begun_wall_s + 2 * snapshot + rest_size(r->obs, r->shells, r->stage));
  if (r->frames.recording) h.n_payload += frames_size(r, r->stage, r->md.step);
  memcpy(at, &k->begun_wall_s, sizeof k->begun_wall_s);
  at += sizeof k->begun_wall_s;
  memcpy(at, k->begun, snapshot);
  VT_ASSERT(r->md.step > 0 && k->begun_stage == r->stage);
  save_snapshot(r, at + snapshot);
  save_rest(r, at + 2 * snapshot);
  checkpointer_put(r, &h);
}

void vt__checkpointer_begin(vt__replica *r)
{
  vt__checkpointer *k = &r->checkpointer;
  if (!k->checkpointing) return;
  save_snapshot(r, k->begun);
  k->begun_stage = r->stage;
  k->begun_wall_s = wall_s(r);
}

/* Does the retry build the same neighbour lists?  Their skin follows from the longest time step of all stages. */
static int same_skin(const vt__replica *r, vt_stage half_stage)
{
  vt_plan half = *r->plan;
  vt_pot_info info;
  half.half_stage = (int32_t)half_stage;
  vt_pot_describe(&r->pot, &info);
  return vt__replica_skin_a(r->plan, info.cutoff) == vt__replica_skin_a(&half, info.cutoff);
}

void vt__checkpointer_failed(vt__replica *r)
{
  vt__checkpointer *k = &r->checkpointer;
  if (!k->checkpointing || r->stage == VT_STAGE_NONE || k->begun_stage != r->stage ||
      r->plan->half_stage != VT_STAGE_NONE)
    return;
  if (!same_skin(r, r->stage)) return;
  vt__checkpoint_head h = own_head(r);
  h.info.half_stage = r->stage;
  h.info.stage = r->stage;
  h.info.ns = r->ns_before;
  h.info.wall_s = k->begun_wall_s;
  h.n_payload = snapshot_size(r->plan);
  memcpy(k->image + VT__CHECKPOINT_HEAD, k->begun, (size_t)h.n_payload);
  checkpointer_put(r, &h);
}

/* ------------------------------------------------------------------ when */

int64_t vt__checkpointer_steps(const vt__replica *r, int64_t n)
{
  const int64_t left = r->plan->block_steps - r->md.step % r->plan->block_steps;
  return r->checkpointer.checkpointing && left < n ? left : n;
}

int vt__checkpointer_graceful_stop(vt__replica *r, const vt_err *stop)
{
  vt__checkpointer *k = &r->checkpointer;
  if (!k->checkpointing || r->stage == VT_STAGE_NONE) return 0;
  if (!k->stopping) {
    k->stopping = 1;
    k->stopping_since_s = vt_now_s();
    k->stop = *stop;
  }
  return 1;
}

vt_status vt__checkpointer_step(vt__replica *r, vt_err *err)
{
  vt__checkpointer *k = &r->checkpointer;
  if (!k->checkpointing) return VT_OK;
  const int boundary = r->md.step % r->plan->block_steps == 0;
  const double now_s = vt_now_s();
  if (boundary && (k->stopping || now_s - k->written_s >= k->checkpointing->every_s)) checkpoint_now(r);
  if (!k->stopping || (!boundary && now_s - k->stopping_since_s < k->checkpointing->graceful_stop_s)) return VT_OK;
  if (err) *err = k->stop;
  return VT_ESTOP;
}

vt_status vt__checkpointer_overdue(const vt__replica *r, vt_err *err)
{
  const vt__checkpointer *k = &r->checkpointer;
  if (!k->stopping || vt_now_s() - k->stopping_since_s < k->checkpointing->graceful_stop_s) return VT_OK;
  if (err) *err = k->stop;
  return VT_ESTOP;
}

/* ------------------------------------------------------------------ reading */

static vt_status checkpointer_match(const vt__replica *r, const char *path, const vt__checkpoint_head *h, vt_err *err)
{
  const vt__checkpoint_head own = own_head(r);
  const int glass = r->plan->kind == VT_TASK_GLASS;
  if (!vt_uid_equal(&h->info.uid, &own.info.uid)) VT_FAIL(err, VT_EINVAL, "'%s' is of another task", path);
  if (h->info.attempt != own.info.attempt || h->info.half_stage != own.info.half_stage)
    VT_FAIL(err, VT_EINVAL, "'%s' is of attempt %d, half_stage %d; this is attempt %d, half_stage %d", path,
            h->info.attempt, h->info.half_stage, own.info.attempt, own.info.half_stage);
  if (strcmp(h->info.build_id, own.info.build_id) != 0)
    VT_FAIL(err, VT_EINVAL, "'%s' is of build %s, this is %s", path, h->info.build_id, own.info.build_id);
  if (h->format != own.format)
    VT_FAIL(err, VT_EINVAL, "'%s' is of engine format %d, this is %d", path, h->format, own.format);
  if (h->info.block_steps != own.info.block_steps)
    VT_FAIL(err, VT_EINVAL, "'%s' has blocks of %d steps, this plan %d", path, h->info.block_steps,
            own.info.block_steps);
  if (h->glass_crc != own.glass_crc) VT_FAIL(err, VT_EINVAL, "'%s' began with another glass", path);
  if (glass != (h->info.stage <= VT_STAGE_QUENCH))
    VT_FAIL(err, VT_EINVAL, "'%s' is in stage %s, which this task does not have", path, vt_stage_name(h->info.stage));
  const size_t wanted = payload_size(r, h->info.stage, h->info.step);
  if (h->n_payload != wanted && h->n_payload != wanted + frames_size(r, h->info.stage, h->info.step))
    VT_FAIL(err, VT_EINVAL, "'%s' holds %llu bytes of state, expected %zu", path, (unsigned long long)h->n_payload,
            wanted);
  return VT_OK;
}

static vt_status load_rest(vt__replica *r, const unsigned char *at, vt_err *err)
{
  if (r->stage == VT_STAGE_QUENCH || r->stage == VT_STAGE_EQUILIBRATE) memcpy(&r->rec.seen, at, sizeof r->rec.seen);
  if (r->stage == VT_STAGE_EQUILIBRATE)
    return vt_shells_load(r->shells, at + sizeof r->rec.seen, vt_shells_state_size(r->shells), err);
  if (r->stage == VT_STAGE_PRODUCE) return vt_obs_set_load(r->obs, at, vt_obs_set_state_size(r->obs), err);
  return VT_OK;
}

/* Where frames are wanted: are all before this checkpoint there?  Without them the stage goes on at its beginning.  at:
 * behind the snapshots. */
static int has_frames(vt__replica *r, const vt__checkpoint_head *h, const unsigned char *at)
{
  vt__checkpointer *k = &r->checkpointer;
  vt_err why = {0};
  if (h->info.stage != VT_STAGE_PRODUCE || !r->frames.recording) return 1;
  const size_t n = (size_t)h->n_payload - payload_size(r, h->info.stage, h->info.step);
  if (vt__frames_resume(r, at + vt_obs_set_state_size(r->obs), n, &why)) return 1;
  vt__frames_reset(r);
  (void)snprintf(k->no_frames, sizeof k->no_frames, "trajectory: %.300s; the production begins again",
                 vt_err_line(why.text).s);
  return 0;
}

/* The task as it was; sizes were matched. */
static vt_status checkpointer_load(vt__replica *r, const vt__checkpoint_head *h, const unsigned char *at, vt_err *err)
{
  vt__checkpointer *k = &r->checkpointer;
  const size_t snapshot = snapshot_size(r->plan), n_md = vt_md_state_size(r->plan->comp.n_atoms);
  const vt_stage id = (vt_stage)h->info.stage; /* 1..4: vt__checkpoint_open */
  const int units = vt__replica_units_at(r->plan, id, h->info.step);
  vt_md_stage st = vt__replica_stage(r->plan, id);
  int later = h->info.step > 0;
  st.n_steps *= units;
  k->begun_wall_s = h->info.wall_s;
  if (later) memcpy(&k->begun_wall_s, at, sizeof k->begun_wall_s), at += sizeof k->begun_wall_s;
  memcpy(k->begun, at, snapshot);
  later = later && has_frames(r, h, at + 2 * snapshot);
  if (later) at += snapshot;
  VT_PASS(vt__replica_open_md(r, err));
  VT_PASS(vt_md_load(&r->md, &st, (uint32_t)id, at, n_md, err));
  if (r->md.step != (later ? h->info.step : 0))
    VT_FAIL(err, VT_ECORRUPT, "step %lld in the header, %lld in the state", (long long)h->info.step,
            (long long)r->md.step);
  memcpy(r->values, at + n_md, vt__replica_own_values(r->plan) * sizeof *r->values);
  r->stage = r->from = k->begun_stage = id;
  r->doing = st.name;
  if (id == VT_STAGE_QUENCH || id == VT_STAGE_EQUILIBRATE) vt__replica_record(r, id, units);
  if (id == VT_STAGE_PRODUCE) VT_PASS(vt__replica_bond(r, err));
  if (later) VT_PASS(load_rest(r, at + snapshot, err));
  r->wall_before_s = h->info.wall_s;
  return VT_OK;
}

static vt_status load_file(vt__replica *r, const char *path, vt_checkpoint_written *told, vt_err *err)
{
  char *bytes = NULL;
  size_t n = 0;
  vt__checkpoint_head h;
  vt_status rc = vt_file_read(path, r->checkpointer.cap, &bytes, &n, err);
  if (rc == VT_OK) rc = vt__checkpoint_open(path, bytes, n, &h, err);
  if (rc == VT_OK) rc = checkpointer_match(r, path, &h, err);
  if (rc == VT_OK) {
    rc = checkpointer_load(r, &h, (const unsigned char *)bytes + VT__CHECKPOINT_HEAD, err);
    if (rc != VT_OK) (void)vt_err_wrap(err, rc, __FILE__, __LINE__, "continuing '%s'", path);
    *told =
        (vt_checkpoint_written){.stage = vt_stage_name(h.info.stage), .step = r->md.step, .ns = h.info.ns, .bytes = n};
  }
  vt_free(bytes);
  return rc;
}

/* An error chain as one line of a list. */
static void add_reason(char *why, size_t cap, const vt_err *err)
{
  size_t used = strlen(why);
  (void)snprintf(why + used, cap - used, "%s%s", used ? "; " : "", vt_err_line(err->text).s);
}

/* One of the two files.  `*why` grows if there is one that cannot be continued. */
static vt_status try_file(vt__replica *r, const char *path, vt_checkpoint_written *told, char *why, size_t cap,
                          vt_err *err)
{
  vt_err refused = {0};
  if (r->from != VT_STAGE_NONE || access(path, F_OK) != 0) return VT_OK;
  if (load_file(r, path, told, &refused) == VT_OK) return VT_OK;
  add_reason(why, cap, &refused);
  return vt__replica_reset(r, err);
}

vt_status vt__checkpointer_resume(vt__replica *r, vt_err *err)
{
  const vt_checkpointing *checkpointing = r->checkpointer.checkpointing;
  char prev[4096], why[2 * sizeof(vt_err)] = "";
  if (!checkpointing || snprintf(prev, sizeof prev, "%s.prev", checkpointing->path) >= (int)sizeof prev) return VT_OK;
  const double began_s = vt_now_s();
  vt_checkpoint_written told = {0};
  VT_PASS(try_file(r, checkpointing->path, &told, why, sizeof why, err));
  const int newest = r->from != VT_STAGE_NONE;
  VT_PASS(try_file(r, prev, &told, why, sizeof why, err));
  const int any = r->from != VT_STAGE_NONE;
  if (any && !newest) { /* the next checkpoint must not move what was refused over the only good one */
    vt_status moved = vt_file_move(prev, checkpointing->path, NULL);
    (void)moved; /* a folder that cannot be changed: the next checkpoint will say so */
  }
  const char *no_frames = r->checkpointer.no_frames;
  if (any && no_frames[0])
    (void)snprintf(why + strlen(why), sizeof why - strlen(why), "%s%s", why[0] ? "; " : "", no_frames);
  r->checkpointer.left = mark_of(checkpointing->path);
  told.took_s = vt_now_s() - began_s;
  if (checkpointing->resumed && (any || why[0]))
    checkpointing->resumed(checkpointing->ctx, any ? &told : NULL, why[0] ? why : NULL);
  return VT_OK;
}
