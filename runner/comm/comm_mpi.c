/* comm_mpi.c - the transport over MPI (written for MPICH 4).
 *
 * MPICH spins in every blocking call, so nothing here blocks: sends are MPI_Isend from buffers of our own, receives are
 * MPI_Improbe and MPI_Imrecv, collectives are nonblocking and tested.  Who waits naps (vt_comm_nap). */
#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/comm/comm_impl.h"

/* Waiting, measured with MPICH 4.0.2: sched_yield answers in microseconds but takes the core, a nap of 1 ms costs
 * 1-2 % of one, of 5 ms 0.7 %. */
static const double yield_least_s = 50e-6, nap_least_s = 1e-3, nap_most_s = 5e-3, nap_growth = 1.0625;

typedef struct send_slot {
  char *buf;
  size_t cap;
} send_slot;

typedef struct mpi_comm {
  vt_comm base;
  MPI_Comm raw;
  struct mpi_comm *whole, *closed; /* of a part: the comm that vt_comm_mpi_open made.  Closed parts that still send */
  /* Sends under way.  Slots [0, n_slots); free ones on a stack. */
  send_slot *slot;
  MPI_Request *sending; /* [n_slots], MPI_REQUEST_NULL: free */
  int *free_slot;       /* [n_slots]                         */
  int n_slots, n_free;
  double idle_since, nap_s, yield_s;
  /* The collective step under way. */
  int64_t max_mine;
  MPI_Request collective;
  /* The message being received. */
  MPI_Request receiving;
  vt_msg msg;
  _Alignas(64) char in[VT_COMM_MOST];
} mpi_comm;

static mpi_comm *comm_mpi_self(vt_comm *c) { return (mpi_comm *)c; } /* base is the first member */

static vt_status comm_mpi_check(int rc, const char *what, vt_err *err)
{
  if (rc == MPI_SUCCESS) return VT_OK;
  char text[MPI_MAX_ERROR_STRING] = "";
  int n = 0;
  (void)MPI_Error_string(rc, text, &n);
  VT_FAIL(err, VT_EIO, "%s: %s", what, text);
}

/* ------------------------------------------------------------------ sending */

static vt_status more_slots(mpi_comm *c, vt_err *err)
{
  size_t old = (size_t)c->n_slots, new = old ? 2 * old : 16;
  /* if one of these fails, some arrays are larger than they need be: n_slots still holds */
  VT_TRY(VT_GROW(c->slot, old, new, err), err, "send buffers: %zu messages under way", new);
  VT_TRY(VT_GROW(c->sending, old, new, err), err, "send requests: %zu messages under way", new);
  VT_TRY(VT_GROW(c->free_slot, old, new, err), err, "send requests: %zu messages under way", new);
  for (int i = (int)new - 1; i >= (int)old; i--) {
    c->sending[i] = MPI_REQUEST_NULL;
    c->free_slot[c->n_free++] = i;
  }
  c->n_slots = (int)new;
  return VT_OK;
}

/* A message that cannot be sent is lost like one to a rank that died: silence, not this call, tells which ranks are
 * dead. */
static void say_lost(const vt_err *why)
{
  vt_log(VT_LOG_WARN, "comm", "ev=message_lost error=\"%s\"", vt_err_line(why->text).s);
}

/* Slots whose messages have left are free again. */
static void reap(mpi_comm *c)
{
  vt_err lost = {0};
  for (int i = 0; i < c->n_slots; i++) {
    int left = 0;
    if (c->sending[i] == MPI_REQUEST_NULL) continue;
    if (comm_mpi_check(MPI_Test(&c->sending[i], &left, MPI_STATUS_IGNORE), "MPI_Test", &lost) != VT_OK) {
      say_lost(&lost);
      c->sending[i] = MPI_REQUEST_NULL;
      left = 1;
    }
    if (!left) continue;
    VT_ASSERT(c->n_free < c->n_slots);
    c->free_slot[c->n_free++] = i;
  }
}

static vt_status room_in(send_slot *s, size_t n, vt_err *err)
{
  if (s->cap >= n) return VT_OK;
  size_t cap = n <= 1024 ? 1024 : n <= 8192 ? 8192 : VT_COMM_MOST;
  VT_TRY(VT_GROW(s->buf, 0, cap, err), err, "send buffer");
  s->cap = cap;
  return VT_OK;
}

static vt_status mpi_send(vt_comm *base, int dst, int tag, const void *data, size_t n, vt_err *err)
{
  mpi_comm *c = comm_mpi_self(base);
  if (c->n_free == 0) reap(c);
  if (c->n_free == 0) VT_PASS(more_slots(c, err));
  int i = c->free_slot[c->n_free - 1];
  send_slot *s = &c->slot[i];
  VT_ASSERT(i >= 0 && i < c->n_slots && c->sending[i] == MPI_REQUEST_NULL); /* its last message has left */
  VT_PASS(room_in(s, n, err));
  if (n) memcpy(s->buf, data, n);
  vt_err lost = {0};
  if (comm_mpi_check(MPI_Isend(s->buf, (int)n, MPI_BYTE, dst, tag, c->raw, &c->sending[i]), "MPI_Isend", &lost) ==
      VT_OK)
    c->n_free--;
  else
    say_lost(&lost);
  return VT_OK;
}

/* ------------------------------------------------------------------ receiving */

/* Match the next message, if there is one, and begin to receive it: a large one may need its sender's help, and the
 * sender may be computing. */
static vt_status comm_mpi_match(mpi_comm *c, vt_err *err)
{
  int flag = 0, n = 0;
  MPI_Message found;
  MPI_Status st;
  VT_PASS(comm_mpi_check(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, c->raw, &flag, &found, &st), "MPI_Improbe", err));
  if (!flag) return VT_OK;
  VT_PASS(comm_mpi_check(MPI_Get_count(&st, MPI_BYTE, &n), "MPI_Get_count", err));
  if (n < 0 || n > VT_COMM_MOST)
    VT_FAIL(err, VT_EBUG, "message %d of rank %d has %d bytes, at most %d are allowed", st.MPI_TAG, st.MPI_SOURCE, n,
            VT_COMM_MOST);
  c->msg = (vt_msg){.src = st.MPI_SOURCE, .tag = st.MPI_TAG, .n = (size_t)n, .data = c->in};
  return comm_mpi_check(MPI_Imrecv(c->in, n, MPI_BYTE, &found, &c->receiving), "MPI_Imrecv", err);
}

static vt_status mpi_poll(vt_comm *base, vt_msg *m, int *got, vt_err *err)
{
  mpi_comm *c = comm_mpi_self(base);
  if (c->receiving == MPI_REQUEST_NULL) VT_PASS(comm_mpi_match(c, err));
  if (c->receiving == MPI_REQUEST_NULL) return VT_OK;
  VT_PASS(comm_mpi_check(MPI_Test(&c->receiving, got, MPI_STATUS_IGNORE), "MPI_Test", err));
  if (*got) *m = c->msg;
  return VT_OK;
}

/* ------------------------------------------------------------------ time */

static double mpi_now(const vt_comm *base)
{
  (void)base;
  return vt_now_s();
}

static void mpi_nap(vt_comm *base, int busy)
{
  mpi_comm *c = comm_mpi_self(base);
  double now = vt_now_s();
  if (busy) {
    c->idle_since = now;
    c->nap_s = nap_least_s;
  }
  if (now - c->idle_since < c->yield_s) {
    sched_yield();
    return;
  }
  vt_nap_s(c->nap_s);
  c->nap_s = c->nap_s * nap_growth > nap_most_s ? nap_most_s : c->nap_s * nap_growth;
}

void vt_comm_mpi_eager(vt_comm *base, double s) { comm_mpi_self(base)->yield_s = s; }

/* ------------------------------------------------------------------ collectives: begun here, completed in mpi_test */

static vt_status mpi_max_start(vt_comm *base, int64_t *v, vt_err *err)
{
  mpi_comm *c = comm_mpi_self(base);
  VT_ASSERT(c->collective == MPI_REQUEST_NULL);
  c->max_mine = *v;
  /* NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker): it knows MPI_Wait only; mpi_test completes it */
  return comm_mpi_check(MPI_Iallreduce(&c->max_mine, v, 1, MPI_INT64_T, MPI_MAX, c->raw, &c->collective),
                        "MPI_Iallreduce", err);
}

static vt_status mpi_bcast_start(vt_comm *base, int root, void *data, int n, vt_err *err)
{
  mpi_comm *c = comm_mpi_self(base);
  VT_ASSERT(c->collective == MPI_REQUEST_NULL && root < base->size);
  /* NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker): it knows MPI_Wait only; mpi_test completes it */
  return comm_mpi_check(MPI_Ibcast(data, n, MPI_BYTE, root, c->raw, &c->collective), "MPI_Ibcast", err);
}

static vt_status mpi_test(vt_comm *base, int *done, vt_err *err)
{
  return comm_mpi_check(MPI_Test(&comm_mpi_self(base)->collective, done, MPI_STATUS_IGNORE), "MPI_Test", err);
}

/* Creating the communicator waits inside MPI for the other survivors, who are on their way. */
static vt_status mpi_shrink(vt_comm *base, const unsigned char *dead, vt_err *err)
{
  enum { TAG = 21 };
  mpi_comm *c = comm_mpi_self(base);
  vt_status rc = VT_OK;
  int n_dead = 0;
  MPI_Group all = MPI_GROUP_NULL, living = MPI_GROUP_NULL;
  MPI_Comm made;
  int *list = NULL;
  VT_TRY(VT_NEW(list, base->size, err), err, "%d ranks", base->size);
  for (int r = 0; r < base->size; r++)
    if (dead[r / 8] >> r % 8 & 1) list[n_dead++] = r;
  VT_TRY_OUT(comm_mpi_check(MPI_Comm_group(c->raw, &all), "MPI_Comm_group", err), err, "survivors");
  VT_TRY_OUT(comm_mpi_check(MPI_Group_excl(all, n_dead, list, &living), "MPI_Group_excl", err), err, "survivors");
  VT_TRY_OUT(comm_mpi_check(MPI_Comm_create_group(c->raw, living, TAG, &made), "MPI_Comm_create_group", err), err,
             "survivors");
  VT_TRY_OUT(comm_mpi_check(MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", err), err,
             "survivors");
  c->raw = made; /* the old one stays: freeing it would ask the dead */
  VT_TRY_OUT(comm_mpi_check(MPI_Comm_rank(made, &base->rank), "MPI_Comm_rank", err), err, "survivors");
  VT_TRY_OUT(comm_mpi_check(MPI_Comm_size(made, &base->size), "MPI_Comm_size", err), err, "survivors");
out:
  if (living != MPI_GROUP_NULL) (void)MPI_Group_free(&living);
  if (all != MPI_GROUP_NULL) (void)MPI_Group_free(&all);
  vt_free(list);
  return rc;
}

/* ------------------------------------------------------------------ parts */

static void free_comm(mpi_comm *c)
{
  for (int i = 0; i < c->n_slots; i++) vt_free(c->slot[i].buf);
  vt_free(c->slot);
  vt_free(c->sending);
  vt_free(c->free_slot);
  vt_free(c);
}

static const vt__comm_ops mpi_ops;

static vt_status make_part(mpi_comm *c, int first, int n, mpi_comm *part, vt_err *err)
{
  enum { TAG = 22 };
  int range[1][3] = {{first, first + n - 1, 1}};
  MPI_Group all = MPI_GROUP_NULL, some = MPI_GROUP_NULL;
  vt_status rc = comm_mpi_check(MPI_Comm_group(c->raw, &all), "MPI_Comm_group", err);
  if (rc == VT_OK) rc = comm_mpi_check(MPI_Group_range_incl(all, 1, range, &some), "MPI_Group_range_incl", err);
  if (rc == VT_OK)
    rc = comm_mpi_check(MPI_Comm_create_group(c->raw, some, TAG, &part->raw), "MPI_Comm_create_group", err);
  if (rc == VT_OK)
    rc = comm_mpi_check(MPI_Comm_set_errhandler(part->raw, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", err);
  if (some != MPI_GROUP_NULL) (void)MPI_Group_free(&some);
  if (all != MPI_GROUP_NULL) (void)MPI_Group_free(&all);
  return rc;
}

static vt_status mpi_part(vt_comm *base, int first, int n, vt_comm **out, vt_err *err)
{
  mpi_comm *c = comm_mpi_self(base), *part;
  VT_PASS(VT_NEW(part, 1, err));
  part->base.ops = &mpi_ops;
  part->base.rank = base->rank - first;
  part->base.size = n;
  part->whole = c->whole ? c->whole : c;
  part->receiving = part->collective = MPI_REQUEST_NULL;
  part->raw = MPI_COMM_NULL;
  const vt_status rc = make_part(c, first, n, part, err);
  if (rc != VT_OK) {
    free_comm(part);
    return rc;
  }
  part->yield_s = c->yield_s;
  mpi_nap(&part->base, 1);
  *out = &part->base;
  return VT_OK;
}

/* All meet, so every receiver is past its last poll.  1: nothing is on its way any more, else MPI reads the buffers
 * until MPI_Finalize. */
static int has_ended(mpi_comm *c)
{
  if (vt_comm_barrier(&c->base, NULL) != VT_OK) return 0;
  reap(c);
  for (int i = 0; i < c->n_slots; i++)
    if (c->sending[i] != MPI_REQUEST_NULL) (void)MPI_Request_free(&c->sending[i]);
  return c->n_free == c->n_slots;
}

static void mpi_part_close(vt_comm *base)
{
  mpi_comm *part = comm_mpi_self(base), *whole = part->whole;
  const int over = has_ended(part);
  (void)MPI_Comm_free(&part->raw);
  if (over) {
    free_comm(part);
    return;
  }
  part->closed = whole->closed;
  whole->closed = part;
}

static const vt__comm_ops mpi_ops = {.send = mpi_send,
                                     .poll = mpi_poll,
                                     .now = mpi_now,
                                     .nap = mpi_nap,
                                     .max_start = mpi_max_start,
                                     .bcast_start = mpi_bcast_start,
                                     .test = mpi_test,
                                     .shrink = mpi_shrink,
                                     .part = mpi_part,
                                     .part_close = mpi_part_close,
                                     .can_wait = 1};

/* ------------------------------------------------------------------ open, close */

static vt_status start_mpi(mpi_comm *c, int *argc, char ***argv, vt_err *err)
{
  int up = 0, provided;
  VT_PASS(comm_mpi_check(MPI_Initialized(&up), "MPI_Initialized", err));
  if (up) VT_FAIL(err, VT_EBUG, "MPI was started before");
  VT_PASS(comm_mpi_check(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread", err));
  VT_PASS(comm_mpi_check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", err));
  if (provided < MPI_THREAD_FUNNELED)
    VT_FAIL(err, VT_EUNSUP, "MPI offers thread level %d, MPI_THREAD_FUNNELED (%d) is needed", provided,
            MPI_THREAD_FUNNELED);
  VT_PASS(comm_mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &c->raw), "MPI_Comm_dup", err));
  VT_PASS(comm_mpi_check(MPI_Comm_set_errhandler(c->raw, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", err));
  VT_PASS(comm_mpi_check(MPI_Comm_rank(c->raw, &c->base.rank), "MPI_Comm_rank", err));
  return comm_mpi_check(MPI_Comm_size(c->raw, &c->base.size), "MPI_Comm_size", err);
}

vt_status vt_comm_mpi_open(int *argc, char ***argv, vt_comm **c, vt_err *err)
{
  *c = NULL;
  mpi_comm *m;
  VT_TRY(VT_NEW(m, 1, err), err, "communicator");
  m->base.ops = &mpi_ops;
  m->receiving = m->collective = MPI_REQUEST_NULL;
  m->raw = MPI_COMM_NULL;
  vt_status rc = start_mpi(m, argc, argv, err);
  if (rc != VT_OK) {
    free_comm(m);
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "starting MPI");
  }
  m->yield_s = yield_least_s;
  mpi_nap(&m->base, 1);
  *c = &m->base;
  return VT_OK;
}

void vt_comm_mpi_close(vt_comm *c)
{
  if (!c) return;
  mpi_comm *m = comm_mpi_self(c);
  (void)has_ended(m); /* without spinning, as MPI_Finalize would; what was sent and never asked for may go unheard */
  (void)MPI_Comm_free(&m->raw);
  (void)MPI_Finalize();
  while (m) { /* after MPI_Finalize: nothing reads the send buffers any more */
    mpi_comm *next = m->closed;
    free_comm(m);
    m = next;
  }
}

int vt_comm_mpi_handle(const vt_comm *c) { return MPI_Comm_c2f(((const mpi_comm *)c)->raw); }

/* ------------------------------------------------------------------ who we are */

static int64_t env_number(const char *name)
{
  const char *s = getenv(name);
  int64_t v = 0;
  return s && vt_parse_i64(s, strlen(s), &v) ? v : -1;
}

/* PMI_SIZE is the word of the launcher that started this very process, so it decides where it is set (under hydra
 * inside a SLURM step the SLURM variables describe hydra's proxies).  SLURM_NTASKS alone proves nothing: it is also set
 * in a batch script and in a shell under salloc, where this process is no one's copy; SLURM_PROCID and
 * SLURM_STEP_NUM_TASKS belong to a task that srun started. */
static const char *claimed_by(int64_t *n)
{
  if ((*n = env_number("PMI_SIZE")) >= 0) return *n > 1 ? "PMI_SIZE" : NULL;
  if ((*n = env_number("OMPI_COMM_WORLD_SIZE")) > 1) return "OMPI_COMM_WORLD_SIZE";
  *n = env_number("SLURM_STEP_NUM_TASKS");
  return *n > 1 && env_number("SLURM_PROCID") >= 0 ? "SLURM_STEP_NUM_TASKS" : NULL;
}

const char *vt_comm_mpi_mismatch(const vt_comm *c)
{
  static char text[512];
  int64_t n;
  if (c->size != 1) return NULL;
  const char *name = claimed_by(&n);
  if (!name) return NULL;
  (void)snprintf(
      text, sizeof text,
      "%s=%lld says that this is one of %lld processes, but MPI (%s) sees only this one: each of them would do "
      "the whole campaign. The launcher does not speak this MPI's start-up protocol: use `srun --mpi=pmi2 "
      "vitrion ...` or MPICH's own mpiexec (mpiexec.mpich)",
      name, (long long)n, (long long)n, vt_comm_mpi_version());
  return text;
}

const char *vt_comm_mpi_version(void)
{
  static char word[64];
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int n = 0;
  char number[32] = "";
  (void)MPI_Get_library_version(text, &n);
  if (sscanf(text, "MPICH Version: %31s", number) == 1)
    (void)snprintf(word, sizeof word, "MPICH %s", number);
  else
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(text, "\n"), text);
  return word;
}
