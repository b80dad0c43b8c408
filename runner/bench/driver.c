/* driver.c - `vitrion bench driver`: what a step costs whose forces another program computes.
 *
 * Wall time from the question to the checked answer: folding, messages, the driver, the way back.  Beside a driver that
 * computes nothing it is the cost of the socket.  The first answer, in which a driver loads what it needs, is told by
 * itself. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/ipi/ipi.h"
#include "runner/bench/bench_impl.h"

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct answers {
  int n;
  double first_s, *took_s; /* [n], sorted */
  vt_pot_info info;
} answers;

static vt_status time_answers(vt_pot *pot, const vt_nlist *nl, double (*f)[3], answers *a, vt_err *err)
{
  vt_force_out out = {.f = f};
  for (int k = -1; k < a->n; k++) {
    const double began_s = vt_now_s();
    VT_PASS(vt_pot_compute(pot, nl, &out, err));
    *(k < 0 ? &a->first_s : &a->took_s[k]) = vt_now_s() - began_s;
  }
  qsort(a->took_s, (size_t)a->n, sizeof *a->took_s, by_value);
  vt_pot_describe(pot, &a->info);
  return VT_OK;
}

static vt_status one_order(const vt_bench_driver_options *o, const vt_structure *s, int plain, answers *a, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_driver d = {.plain = plain};
  vt_bound b = {.driver = &d};
  vt_nlist nl = {0};
  double(*f)[3] = NULL;
  if (snprintf(d.command, sizeof d.command, "%s", o->command) >= (int)sizeof d.command)
    VT_FAIL(err, VT_EINVAL, "the command is longer than %d characters", VT_COMMAND - 1);
  if (!getcwd(d.dir, sizeof d.dir)) d.dir[0] = '\0';
  VT_TRY_OUT(VT_NEW(f, s->n, err), err, "forces of %d atoms", s->n);
  rc = vt_pot_bind(&b, "ipi", "-", (vt_numerics){.simd = (uint8_t)vt_simd_best()}, s, err);
  if (rc == VT_OK) vt_pot_describe(&b.pot, &a->info);
  if (rc == VT_OK) rc = vt_nlist_open(&nl, s->n, b.type, a->info.cutoff, 0, err);
  if (rc == VT_OK) rc = vt_nlist_update(&nl, &s->cell, (const double(*)[3])s->x, 1, err);
  if (rc == VT_OK) rc = time_answers(&b.pot, &nl, f, a, err);
out:
  vt_nlist_close(&nl);
  vt_pot_unbind(&b);
  vt_free(f);
  return rc;
}

static vt_json *line_of(const vt_bench_driver_options *o, const vt_structure *s, int plain, const answers *a)
{
  const double us = 1e6;
  char cpu[128];
  vt_json *j = vt_json_object();
  vt__bench_cpu(cpu);
  vt_json_put(j, "bench", vt_json_text("driver"));
  vt_json_put(j, "messages", vt_json_text(plain ? "plain" : "fused"));
  vt_json_put(j, "command", vt_json_text(o->command));
  vt_json_put(j, "driver", vt_json_text(a->info.kernel));
  vt_json_put(j, "structure", vt_json_text(o->structure ? o->structure : "packed LiAlCl2.5O0.75"));
  vt_json_put(j, "n_atoms", vt_json_int(s->n));
  vt_json_put(j, "answers", vt_json_int(a->n));
  vt_json_put(j, "us_best", vt_json_num(us * a->took_s[0]));
  vt_json_put(j, "us_median", vt_json_num(us * a->took_s[a->n / 2]));
  vt_json_put(j, "us_p99", vt_json_num(us * a->took_s[(int)(0.99 * a->n)]));
  vt_json_put(j, "first_s", vt_json_num(a->first_s));
  vt_json_put(j, "clock", vt_json_text("wall"));
  vt_json_put(j, "cpu", vt_json_text(cpu));
  vt_json_put(j, "build", vt_json_text(vt_build_info()->build_id));
  return j;
}

vt_status vt_bench_driver(const vt_bench_driver_options *o, FILE *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_structure s = {0};
  answers a = {.n = o->answers};
  VT_TRY_OUT(VT_NEW(a.took_s, a.n, err), err, "times of %d answers", a.n);
  rc = o->structure ? vt__bench_read(o->structure, &s, err) : vt__bench_packed(o->atoms, &s, err);
  for (int plain = 0; plain <= 1 && rc == VT_OK; plain++) {
    rc = one_order(o, &s, plain, &a, err);
    if (rc == VT_OK) rc = vt__bench_print(line_of(o, &s, plain, &a), out, err);
  }
out:
  vt_structure_free(&s);
  vt_free(a.took_s);
  return rc;
}

/* ------------------------------------------------------------------ the driver that computes nothing */

/* An ideal gas: no energy, no forces; a virial, since zeros would mean that there is none. */
static vt_status compute_nothing(void *ctx, int n, const double h[3][3], const double (*x)[3], double *energy,
                                 double (*f)[3], double virial[9], vt_err *err)
{
  (void)ctx, (void)h, (void)x, (void)err;
  *energy = 0;
  memset(f, 0, (size_t)n * sizeof *f);
  for (int k = 0; k < 9; k++) virial[k] = k % 4 == 0;
  return VT_OK;
}

vt_status vt_bench_driver_idle(const char *socket, FILE *out, vt_err *err)
{
  const double patience_s = 60;
  int64_t n;
  int fd;
  VT_PASS(vt_ipi_connect_unix(socket, patience_s, &fd, err));
  (void)fprintf(out, "driver: nothing\n");
  (void)fflush(out);
  vt_status rc = vt_ipi_serve(fd, compute_nothing, NULL, &n, err);
  (void)close(fd);
  return rc;
}
