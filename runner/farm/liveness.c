/* liveness.c - which ranks are alive: heartbeats, deaths, and the end in which the ranks that are alive take part. */
#include "runner/farm/farm_impl.h"
#include "runner/farm/master_impl.h"

static const double PING_S = 2, SUSPENDED_S = 5;
/* The watchdog of a silent rank comes first; this is for where there is none, or its host is down. */
static const double AFTER_THE_WATCHDOG = 1.25;
/* How long a rank that is alive may take to say IN: it is idle, or flushes its journal. */
static const double IN_LEAST_S = 30;

vt_status vt__liveness_open(vt_master *m, vt_err *err)
{
  void *p;
  size_t n = (size_t)m->n_ranks;
  VT_PASS(vt_calloc64(&p, n, sizeof *m->rank, err));
  m->rank = p;
  VT_PASS(vt_calloc64(&p, n, 1, err));
  m->in = p;
  VT_PASS(vt_calloc64(&p, n, 1, err));
  m->to_declare = p;
  VT_PASS(vt_calloc64(&p, n / 8 + 1, 1, err));
  m->dead = p;
  m->notes = (vt_death_notes){.prefix = m->o->death_notes, .ignore = m->dead, .n_ignore = m->n_ranks};
  for (int r = 0; r < m->n_ranks; r++)
    m->rank[r] = (vt_rank_state){.task = -1, .heard = m->t_start, .since = m->t_start};
  if (!m->o->master_inline) m->rank[0].doing = VT_RANK_LEFT;
  return VT_OK;
}

void vt__liveness_free(vt_master *m)
{
  vt_free(m->rank);
  vt_free(m->in);
  vt_free(m->to_declare);
  vt_free(m->dead);
}

void vt__liveness_suspended(vt_master *m, double s)
{
  if (s < SUSPENDED_S || m->looked <= 0) return;
  for (int r = 0; r < m->n_ranks; r++) m->rank[r].heard += s;
  m->round_began += s;
}

void vt__liveness_doing(vt_master *m, int rank, vt_rank_doing doing)
{
  vt_rank_state *r = &m->rank[rank];
  r->doing = doing;
  r->since = vt_comm_now(m->comm);
  if (doing != VT_RANK_BUSY) r->task = -1, r->ns = r->fraction = r->from_ns = 0, r->stage = VT_STAGE_NONE;
}

/* ------------------------------------------------------------------ deaths */

/* What its watchdog wrote down about the task is read before: the task is still leased to the dead rank then. */
static vt_status declare_dead(vt_master *m, int rank, const char *why, vt_err *err)
{
  vt_rank_state *r = &m->rank[rank];
  vt_lease l = {.task = r->task, .attempt = r->attempt, .half_stage = r->half_stage};
  vt_log(VT_LOG_WARN, "farm", "ev=rank_dead rank=%d row=%d why=\"%s\"", rank, r->task, why);
  vt__master_say(m, VT_RUN_RANK_DEAD, rank, l.task >= 0 ? &l : NULL, why);
  m->dead[rank / 8] |= (unsigned char)(1u << rank % 8);
  m->n_dead++;
  vt__liveness_doing(m, rank, VT_RANK_DEAD);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_WORKER_DEAD, .worker = rank, .task = -1}, err);
}

/* All for whom `why` holds at once: one look at the journal may read the sizes of ten thousand files. */
static vt_status declare_all(vt_master *m, const char *why, vt_err *err)
{
  int any = 0;
  for (int r = 1; r < m->n_ranks && !any; r++) any = m->to_declare[r];
  if (any) VT_PASS(vt__peer_jobs_read(m, err));
  for (int r = 1; r < m->n_ranks && any; r++) {
    if (m->to_declare[r] && m->rank[r].doing != VT_RANK_DEAD) VT_PASS(declare_dead(m, r, why, err));
    m->to_declare[r] = 0;
  }
  return VT_OK;
}

static vt_status declare_dead_ranks(vt_master *m, double now, vt_err *err)
{
  double most = AFTER_THE_WATCHDOG * m->o->rank_timeout_s;
  for (int r; (r = vt_death_notes_look(&m->notes, now, 1)) >= 0;)
    if (r > 0 && r < m->n_ranks) m->to_declare[r] = 1;
  VT_PASS(declare_all(m, "its watchdog says so", err));
  for (int r = 1; r < m->n_ranks && most > 0; r++)
    m->to_declare[r] = m->rank[r].doing != VT_RANK_DEAD && now - m->rank[r].heard > most;
  return declare_all(m, "silent for too long", err);
}

/* ------------------------------------------------------------------ the end */

static int all_left(const vt_master *m)
{
  for (int r = 0; r < m->n_ranks; r++)
    if (m->rank[r].doing == VT_RANK_IDLE || m->rank[r].doing == VT_RANK_BUSY) return 0;
  return 1;
}

static vt_status new_round(vt_master *m, double now, vt_err *err)
{
  m->ending = VT__GATHERING;
  m->round++;
  m->round_began = now;
  for (int r = 1; r < m->n_ranks; r++) {
    m->in[r] = 0;
    if (m->rank[r].doing != VT_RANK_DEAD)
      VT_TRY(vt_comm_send(m->comm, r, VT_MSG_END, &m->round, sizeof m->round, err), err, "end to rank %d", r);
  }
  return VT_OK;
}

vt_status vt__liveness_joined_end(vt_master *m, int rank, int32_t round, vt_err *err)
{
  (void)err;
  if (round == m->round) m->in[rank] = 1;
  return VT_OK;
}

/* Everybody is in: from now on the launcher ends the job when somebody dies, so nobody waits for ever. */
static vt_status liveness_go(vt_master *m, vt_err *err)
{
  vt_crash_note_in_collective(1, m->o->rank_timeout_s); /* the others wait for rank 0, too */
  for (int r = 1; r < m->n_ranks; r++)
    if (m->rank[r].doing == VT_RANK_DEAD)
      VT_PASS(vt__master_send(m, r, VT_MSG_DECLARED_DEAD, err)); /* it may live, and wait */
    else
      VT_TRY(vt_comm_send(m->comm, r, VT_MSG_GO, m->dead, (size_t)m->n_ranks / 8 + 1, err), err, "go to rank %d", r);
  m->ending = VT__ENDED;
  return VT_OK;
}

/* Seconds that a rank may take to come to the end; a soft stop has less time than a timeout. */
static double liveness_patience(const vt_master *m)
{
  double most = m->o->rank_timeout_s > IN_LEAST_S ? m->o->rank_timeout_s : IN_LEAST_S;
  return m->stopping && m->o->grace_s > 0 ? 0.25 * m->o->grace_s : most;
}

/* After a stop a rank leaves when it has reached its next block boundary; one that has not by half of the grace does
 * not live any more, or will not in time. */
static vt_status leave_behind(vt_master *m, double now, vt_err *err)
{
  if (!m->stopping || m->o->grace_s <= 0 || now - m->stopped_at < 0.5 * m->o->grace_s) return VT_OK;
  for (int r = 1; r < m->n_ranks; r++)
    m->to_declare[r] = m->rank[r].doing == VT_RANK_BUSY || m->rank[r].doing == VT_RANK_IDLE;
  return declare_all(m, "did not stop in time", err);
}

static vt_status liveness_gather(vt_master *m, double now, vt_err *err)
{
  int missing = 0, dead = m->n_dead;
  double most = liveness_patience(m);
  VT_PASS(declare_dead_ranks(m, now, err));
  for (int r = 1; r < m->n_ranks; r++) {
    if (m->rank[r].doing == VT_RANK_DEAD || m->in[r]) continue;
    m->to_declare[r] = m->o->rank_timeout_s > 0 && now - m->round_began > most;
    missing += !m->to_declare[r];
  }
  VT_PASS(declare_all(m, "did not come to the end", err));
  if (m->n_dead > dead) return new_round(m, now, err);
  return missing ? VT_OK : liveness_go(m, err);
}

vt_status vt__liveness_check(vt_master *m, double now, vt_err *err)
{
  if (now - m->pinged > PING_S && m->o->master_timeout_s > 0) {
    m->pinged = now;
    for (int r = 1; r < m->n_ranks; r++)
      if (m->rank[r].doing != VT_RANK_DEAD) VT_PASS(vt__master_send(m, r, VT_MSG_PING, err));
  }
  if (m->ending == VT__GATHERING) return liveness_gather(m, now, err);
  if (m->ending == VT__ENDED) return VT_OK;
  VT_PASS(declare_dead_ranks(m, now, err));
  VT_PASS(leave_behind(m, now, err));
  return all_left(m) ? new_round(m, now, err) : VT_OK;
}
