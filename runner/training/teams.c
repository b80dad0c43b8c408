/* teams.c - the ranks of a job in teams, and what roots of teams tell each other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/stop/stop.h"
#include "runner/training/training_impl.h"

enum { TAG_STOP = 81, TAG_MEMBER = 82 };

static int first_rank(const vt__job *j, int team) { return (int)((int64_t)team * vt_comm_size(j->world) / j->n_teams); }

uint64_t vt__seed_of(const vt__job *j, int k) { return j->y->seed + (uint64_t)k; }

int vt__is_root(const vt__job *j) { return vt_comm_rank(j->team) == 0; }

static int is_first(const vt__job *j) { return vt_comm_rank(j->world) == 0; }

static void job_alive(void *ctx)
{
  vt__job *j = ctx;
  vt_err ignored = {0};
  if (j->place.alone && !j->lost && vt_jobs_beat(j->place.alone, vt_now_s(), &ignored) == VT_ESTOP) j->lost = 1;
}

static void take_word(vt__job *j, const vt_msg *m)
{
  vt__member at;
  if (m->tag == TAG_STOP) j->asked = 1;
  if (m->tag != TAG_MEMBER || m->n != sizeof at) return;
  memcpy(&at, m->data, sizeof at);
  if (at.member >= 0 && at.member < j->y->seeds) j->member[at.member] = at;
}

vt_status vt__teams_look(vt__job *j, vt_err *err)
{
  int got = j->n_teams > 1;
  while (got) {
    vt_msg m;
    VT_PASS(vt_comm_poll(j->world, &m, &got, err));
    if (got) take_word(j, &m);
  }
  job_alive(j);
  if (j->lost) VT_FAIL(err, VT_ESTOP, "another training took the folder '%s' over", j->output);
  return VT_OK;
}

/* Of energy, forces, virial; "-": not known, as energies on another scale. */
static void put_errors(vt_buf *b, const char *what, const double error[3], const char *energy, const char *force)
{
  const char *const unit[3] = {energy, force, energy};
  vt_buf_printf(b, "%s ", what);
  for (int k = 0; k < 3; k++) {
    if (isfinite(error[k]))
      vt_buf_printf(b, "%.*f%s, ", k != 1, 1e3 * error[k], unit[k]);
    else
      vt_buf_printf(b, "-, ");
  }
}

/* One line: of the one that is trained, or of all that are. */
static void show(vt__job *j)
{
  vt_buf b = {0};
  for (int k = 0; k < j->y->seeds; k++) {
    const vt__member *at = &j->member[k];
    if (at->state != VT__RUNS) continue;
    if (j->y->seeds > 1) vt_buf_printf(&b, "%sseed %llu: ", b.len ? "; " : "", (unsigned long long)vt__seed_of(j, k));
    if (at->phase == VT__FINISH)
      vt_buf_printf(&b, "step %lld/%lld of all data, ", (long long)at->passes + 1, (long long)at->finish);
    else
      vt_buf_printf(&b, "epoch %lld/%lld, ", (long long)at->epoch + 1, (long long)at->epochs);
    if (j->n_teams == 1) vt_buf_printf(&b, "batch %lld/%lld: ", (long long)at->batch, (long long)at->n_batches);
    put_errors(&b, "training", at->trained, " meV/atom", " meV/A");
    put_errors(&b, "validation", at->held, "", "");
    vt_buf_printf(&b, "%.0f frames/s, %.1f min left", at->frames_per_s, at->team_left_s / 60);
  }
  if (j->o->progress && b.s) j->o->progress(j->o->ctx, b.s);
  vt_buf_free(&b);
}

/* Between two naps of a collective call, also of those who wait for the others to come to an end. */
static vt_status while_waiting(void *ctx, vt_err *err)
{
  vt__job *j = ctx;
  if (vt_stop_reason()) VT_PASS(vt__teams_stop(j, err));
  if (!vt__is_root(j)) return VT_OK;
  VT_PASS(vt__teams_look(j, err));
  if (is_first(j)) {
    show(j);
    vt__place_view(j, 0);
  }
  return VT_OK;
}

vt_status vt__teams_open(vt__job *j, vt_err *err)
{
  const int ranks = vt_comm_size(j->world), me = vt_comm_rank(j->world);
  j->n_teams = ranks < j->y->seeds ? ranks : j->y->seeds;
  while (first_rank(j, j->team_no + 1) <= me) j->team_no++;
  j->team = j->world;
  const int first = first_rank(j, j->team_no);
  if (j->n_teams > 1) VT_PASS(vt_comm_part(j->world, first, first_rank(j, j->team_no + 1) - first, &j->team, err));
  vt_comm_on_wait(j->world, while_waiting, j);
  vt_comm_on_wait(j->team, while_waiting, j);
  vt_alive_install(job_alive, j);
  const vt_status rc = VT_NEW(j->member, j->y->seeds, err);
  for (int k = 0; rc == VT_OK && k < j->y->seeds; k++) {
    const double no = (double)NAN;
    j->member[k] = (vt__member){.member = k,
                                .phase = VT__EPOCHS,
                                .epochs = j->y->epochs,
                                .finish = j->y->finish,
                                .trained = {no, no, no},
                                .held = {no, no, no},
                                .left_s = no};
  }
  return vt_comm_agree(j->world, rc, err);
}

void vt__teams_close(vt__job *j)
{
  vt_comm_on_wait(j->world, NULL, NULL);
  vt_alive_install(NULL, NULL);
  if (j->team && j->team != j->world) vt_comm_part_close(j->team);
  vt_free(j->member);
}

vt_status vt__teams_tell(vt__job *j, const vt__member *at, int now, vt_err *err)
{
  const double every_s = 1, now_s = vt_now_s();
  j->member[at->member] = *at;
  if (is_first(j)) {
    show(j);
    vt__place_view(j, now);
    return VT_OK;
  }
  if (!now && now_s - j->said_s < every_s) return VT_OK;
  j->said_s = now_s;
  return vt_comm_send(j->world, 0, TAG_MEMBER, at, sizeof *at, err);
}

vt_status vt__teams_stop(vt__job *j, vt_err *err)
{
  for (int k = 0; k < j->n_teams && !j->told; k++)
    if (first_rank(j, k) != vt_comm_rank(j->world))
      VT_PASS(vt_comm_send(j->world, first_rank(j, k), TAG_STOP, "", 0, err));
  j->told = 1;
  return VT_OK;
}

vt_status vt__teams_share(vt__job *j, vt_err *err)
{
  for (int k = 0; k < j->y->seeds; k++)
    VT_PASS(vt_comm_bcast(j->world, first_rank(j, k % j->n_teams), &j->member[k], sizeof j->member[k], err));
  return VT_OK;
}
