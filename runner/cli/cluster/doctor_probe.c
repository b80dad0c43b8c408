/* doctor_probe.c - one rank of the launch that the doctor tries: who it is, what it sees, what time it is there. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <math.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/pot/pot.h"
#include "runner/cli/cluster/doctor.h"
#include "runner/comm/comm.h"
#include "runner/telemetry/telemetry.h"

enum { TAG_FACTS = 1, TAG_PING, TAG_PONG, PINGS = 7, PATIENCE_S = 60 };

typedef struct facts {
  char host[64], build[64], simd[32], potential[200];
  int64_t pid;
  int32_t cores, token;
  double clock_s, within_s; /* filled by rank 0 */
} facts;

static double wall_clock(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void look_around(const char *token, const char *potential, facts *f)
{
  cpu_set_t mine;
  vt_uid sha;
  vt_err err = {0};
  *f = (facts){.pid = getpid()};
  vt_host_name(f->host);
  (void)snprintf(f->build, sizeof f->build, "%s", vt_build_info()->build_id);
  (void)snprintf(f->simd, sizeof f->simd, "%s", vt_simd_name(vt_simd_best()));
  f->cores = sched_getaffinity(0, sizeof mine, &mine) == 0 ? CPU_COUNT(&mine) : 0;
  f->token = strcmp(token, "-") == 0 || access(token, R_OK) == 0;
  if (strcmp(potential, "-") == 0) return;
  if (vt_sha256_file(potential, &sha, &err) == VT_OK) {
    char hex[65];
    vt_uid_hex(&sha, hex);
    (void)snprintf(f->potential, sizeof f->potential, "%s", hex);
  } else
    (void)snprintf(f->potential, sizeof f->potential, "%.199s", vt_err_line(err.text).s);
}

/* The next message, or a status after PATIENCE_S: the other rank is not there. */
static vt_status await(vt_comm *c, vt_msg *m, int hurry, vt_err *err)
{
  const double end = vt_now_s() + PATIENCE_S;
  for (int got = 0;;) {
    VT_PASS(vt_comm_poll(c, m, &got, err));
    if (got) return VT_OK;
    if (vt_now_s() > end) VT_FAIL(err, VT_EIO, "rank %d heard nothing for %d s", vt_comm_rank(c), PATIENCE_S);
    if (!hurry) vt_comm_nap(c, 0);
  }
}

/* How far the clock of rank r is ahead of ours: of some questions the one that was answered most quickly. */
static vt_status compare_clocks(vt_comm *c, int r, facts *f, vt_err *err)
{
  vt_msg m;
  f->within_s = INFINITY;
  for (int k = 0; k < PINGS; k++) {
    double there;
    const double asked = wall_clock();
    VT_PASS(vt_comm_send(c, r, TAG_PING, &k, sizeof k, err));
    VT_PASS(await(c, &m, 1, err));
    const double answered = wall_clock();
    if (m.src != r || m.tag != TAG_PONG || m.n != sizeof there) VT_FAIL(err, VT_EBUG, "no answer of rank %d", r);
    memcpy(&there, m.data, sizeof there);
    if ((answered - asked) / 2 >= f->within_s) continue;
    f->within_s = (answered - asked) / 2;
    f->clock_s = there - (asked + answered) / 2;
  }
  return VT_OK;
}

static vt_status answer(vt_comm *c, const facts *f, vt_err *err)
{
  vt_msg m;
  VT_PASS(vt_comm_send(c, 0, TAG_FACTS, f, sizeof *f, err));
  for (int k = 0; k < PINGS; k++) {
    VT_PASS(await(c, &m, k > 0, err));
    const double now = wall_clock();
    VT_PASS(vt_comm_send(c, 0, TAG_PONG, &now, sizeof now, err));
  }
  return VT_OK;
}

static vt_json *facts_json(int rank, const facts *f)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "rank", vt_json_int(rank));
  vt_json_put(o, "host", vt_json_text(f->host));
  vt_json_put(o, "pid", vt_json_int(f->pid));
  vt_json_put(o, "simd", vt_json_text(f->simd));
  vt_json_put(o, "build", vt_json_text(f->build));
  vt_json_put(o, "cores", vt_json_int(f->cores));
  vt_json_put(o, "token", vt_json_int(f->token));
  vt_json_put(o, "potential", vt_json_text(f->potential));
  vt_json_put(o, "clock_s", vt_json_num(f->clock_s));
  vt_json_put(o, "clock_within_s", vt_json_num(f->within_s));
  return o;
}

/* Rank 0: everybody's facts, in the order of ranks; then one clock after the other. */
static vt_status ask_all(vt_comm *c, const facts *mine, vt_json *ranks, vt_err *err)
{
  facts *f = NULL;
  vt_msg m;
  const int n = vt_comm_size(c);
  VT_PASS(VT_NEW(f, n, err));
  f[0] = *mine;
  vt_status rc = VT_OK;
  for (int k = 1; k < n && rc == VT_OK; k++) {
    rc = await(c, &m, 0, err);
    if (rc == VT_OK && m.tag == TAG_FACTS && m.n == sizeof *f && m.src > 0 && m.src < n)
      memcpy(&f[m.src], m.data, sizeof *f);
  }
  for (int r = 1; r < n && rc == VT_OK; r++) rc = compare_clocks(c, r, &f[r], err);
  for (int r = 0; r < n && rc == VT_OK; r++) vt_json_add(ranks, facts_json(r, &f[r]));
  vt_free(f);
  return rc;
}

static vt_status probe(vt_comm *c, const char *token, const char *potential, vt_err *err)
{
  facts f;
  vt_buf line = {0};
  look_around(token, potential, &f);
  VT_PASS(vt_comm_barrier(c, err));
  if (vt_comm_rank(c) > 0) return answer(c, &f, err);
  vt_json *o = vt_json_object(), *ranks = vt_json_array();
  vt_status rc = ask_all(c, &f, ranks, err);
  vt_json_put(o, "ranks", ranks);
  if (rc == VT_OK) rc = vt_json_dump(o, 0, &line, err);
  if (rc == VT_OK) printf("\n" VT__PROBE_MARK "%s\n", line.s);
  (void)fflush(stdout);
  vt_buf_free(&line);
  vt_json_free(o);
  return rc;
}

int vt__doctor_probe(int argc, char **argv)
{
  vt_comm *c = NULL;
  vt_err err = {0};
  if (argc != 4) return VT_EXIT_USAGE;
  const int refused = vt_cli_launch_check();
  if (refused >= 0) return refused;
  const char *token = argv[2], *potential = argv[3];
  vt_cli_launch_begin();
  vt_status rc = vt_comm_mpi_open(&argc, &argv, &c, &err);
  vt_cli_launch_end();
  if (rc != VT_OK) return vt_cli_fail(&err);
  const char *mismatch = vt_comm_mpi_mismatch(c);
  if (mismatch) {
    (void)fprintf(stderr, "vitrion doctor: %s\n", mismatch);
    return VT_EXIT_LAUNCH;
  }
  rc = probe(c, token, potential, &err);
  if (rc != VT_OK) return vt_cli_fail(&err);
  vt_comm_mpi_close(c);
  return VT_EXIT_OK;
}
