/* The i-PI protocol: bytes as its text gives them, patience, the command, and both ends against each other.
 *
 * References: the wire format of i-PI (header of ipi.h) written out by hand; CODATA 2018.  Numbers that cross the wire
 * are multiplied and divided by one constant, positions and the forces that follow them twice: 4e-16 and 1e-15 of their
 * size. */
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/ipi/ipi.h"

static const double BOHR = 0.529177210903, HARTREE = 27.211386245988;
static char self[512]; /* this program, which is its own driver */

/* ------------------------------------------------------------------ what a driver computes here */

/* No potential: numbers that show where each entry went. */
static vt_status odd_numbers(void *ctx, int n, const double h[3][3], const double (*x)[3], double *energy,
                             double (*f)[3], double virial[9], vt_err *err)
{
  (void)ctx, (void)err;
  *energy = h[0][1] + 10 * h[1][0];
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) f[i][k] = (i % 2 ? -1 : 1) * (x[i - i % 2][k] + k);
  for (int k = 0; k < 9; k++) virial[k] = k + 1;
  return VT_OK;
}

/* `test_ipi --drive SOCKET HOW`: after the third answer it does what HOW says. */
static int drive(const char *name, const char *how)
{
  int fd;
  int64_t n = 0;
  vt_err err = {0};
  printf("driver: odd 1.0\n");
  (void)fflush(stdout);
  if (strcmp(how, "never") == 0) return 3;
  if (vt_ipi_connect_unix(name, 5, &fd, &err) != VT_OK) return 4;
  vt_status rc = vt_ipi_serve(fd, odd_numbers, NULL, &n, &err);
  return rc == VT_OK ? 0 : 5;
}

static vt_driver driver_of(const char *how)
{
  vt_driver d = {.timeout_s = 60};
  (void)snprintf(d.command, sizeof d.command, "%s --drive {socket} %s", self, how);
  return d;
}

/* ------------------------------------------------------------------ bytes */

static void put(vt_buf *b, const char *header, const void *more, size_t n)
{
  char h[13];
  (void)snprintf(h, sizeof h, "%-12s", header);
  vt_buf_add(b, h, 12);
  vt_buf_add(b, more, n);
}

static void a_client_reads_and_writes_the_bytes_of_the_protocol(void **state)
{
  (void)state;
  enum { N = 2 };
  static const double rows[3][3] = {{5, 1, 2}, {3, 6, 4}, {7, 8, 9}}, x[N][3] = {{1, 2, 3}, {4, 5, 6}};
  struct {
    double cell[9], inverse[9];
  } cells = {{0}, {0}};
  int pair[2];
  int32_t n = N, m = 0;
  int64_t answers = 0;
  vt_buf b = {0};
  vt_err err = {0};
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) cells.cell[3 * j + i] = rows[i][j] / BOHR; /* ax bx cx ay by cy az bz cz */
  put(&b, "STATUS", "", 0);
  put(&b, "INIT", "\0\0\0\0\1\0\0\0x", 9);
  put(&b, "POSDATA", &cells, sizeof cells);
  vt_buf_add(&b, &n, sizeof n);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 3; k++) vt_buf_add(&b, &(double){x[i][k] / BOHR}, sizeof(double));
  put(&b, "STATUS", "", 0);
  put(&b, "GETFORCE", "", 0);
  put(&b, "EXIT", "", 0);
  assert_int_equal(write(pair[0], b.s, b.len), (ssize_t)b.len);
  VT_TEST_OK(vt_ipi_serve(pair[1], odd_numbers, NULL, &answers, &err), &err);
  assert_int_equal(answers, 1);
  char got[36];
  double energy, f[N][3], w[9];
  assert_int_equal(read(pair[0], got, sizeof got), (ssize_t)sizeof got);
  assert_memory_equal(got, "READY       HAVEDATA    FORCEREADY  ", sizeof got);
  assert_int_equal(read(pair[0], &energy, sizeof energy), (ssize_t)sizeof energy);
  assert_int_equal(read(pair[0], &m, sizeof m), (ssize_t)sizeof m);
  assert_int_equal(m, N);
  assert_int_equal(read(pair[0], f, sizeof f), (ssize_t)sizeof f);
  assert_int_equal(read(pair[0], w, sizeof w), (ssize_t)sizeof w);
  near_relative(energy, (1 + 10 * 3) / HARTREE, 1e-15);
  for (int k = 0; k < 3; k++) near_relative(f[0][k], (x[0][k] + k) * BOHR / HARTREE, 1e-15);
  static const double transposed[9] = {1, 4, 7, 2, 5, 8, 3, 6, 9};
  for (int k = 0; k < 9; k++) near_relative(w[k], transposed[k] / HARTREE, 1e-15);
  (void)close(pair[0]);
  (void)close(pair[1]);
  vt_buf_free(&b);
}

static void a_client_refuses_what_is_not_the_protocol(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    size_t n;
    const char *why;
  } bad[] = {{"HELLO       ", 12, "'HELLO' is no message of the i-PI protocol"},
             {"GETFORCE    ", 12, "GETFORCE came before POSDATA"},
             {"STAT", 4, "4 of 12 bytes of a header"},
             {"INIT        \0\0\0\0\377\377\377\377", 20, "-1 bytes of INIT are announced"}};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    int pair[2];
    int64_t answers;
    vt_err err = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[0], bad[k].bytes, bad[k].n), (ssize_t)bad[k].n);
    (void)close(pair[0]);
    VT_TEST_REFUSED(vt_ipi_serve(pair[1], odd_numbers, NULL, &answers, &err), VT_EPARSE, &err, bad[k].why);
    (void)close(pair[1]);
  }
}

/* ------------------------------------------------------------------ both ends */

static int by_size(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Ask `n_asks` times: the numbers come as they were computed.  The median of what an answer took, s. */
static double ask(const char *how, int plain, int n, int n_asks)
{
  vt_driver d = driver_of(how);
  vt_ipi *s;
  vt_buf start = {0};
  vt_err err = {0};
  double(*x)[3] = vt_test_array((size_t)n, sizeof *x), (*f)[3] = vt_test_array((size_t)n, sizeof *f),
  *took_s = vt_test_array((size_t)n_asks, sizeof *took_s);
  double h[3][3] = {{20, 0.5, 0}, {0.25, 21, 0}, {0, 1, 22}};
  d.plain = plain;
  vt_buf_printf(&start, "a start file\n");
  VT_TEST_OK(vt_ipi_start(&s, &d, "-", &start, &err), &err);
  for (int k = 0; k < n_asks; k++) {
    vt_ipi_answer a = {.f = f};
    for (int i = 0; i < n; i++)
      for (int c = 0; c < 3; c++) x[i][c] = 0.01 * i + c + 0.1 * k;
    h[0][1] = 0.5 + k;
    VT_TEST_OK(vt_ipi_ask(s, n, (const double(*)[3])h, (const double(*)[3])x, NULL, &a, &err), &err);
    assert_int_equal(a.first, k == 0);
    near_relative(a.energy, h[0][1] + 2.5, 4e-16);
    for (int c = 0; c < 9; c++) near_relative(a.virial[c], c + 1, 4e-16);
    for (int c = 0; c < 3; c++) near_relative(f[n - 2][c], x[n - 2][c] + c, 1e-15);
    took_s[k] = a.took_s;
  }
  assert_string_equal(vt_ipi_name(s), "odd 1.0");
  vt_ipi_end(s);
  vt_buf_free(&start);
  free(x);
  free(f);
  qsort(took_s, (size_t)n_asks, sizeof *took_s, by_size);
  const double median_s = took_s[n_asks / 2];
  free(took_s);
  return median_s;
}

static void numbers_cross_the_wire_in_both_orders_of_messages(void **state)
{
  (void)state;
  for (int plain = 0; plain < 2; plain++) {
    (void)ask("well", plain, 2, 5);
    (void)ask("well", plain, 5000, 3); /* more than a socket holds at once */
  }
}

static void a_step_through_the_socket_costs(void **state)
{
  (void)state;
  enum { N = 336, ASKS = 2000 };
  for (int plain = 0; plain < 2; plain++)
    printf("{\"bench\": \"ipi\", \"order\": \"%s\", \"n_atoms\": %d, \"us_per_step_median\": %.1f}\n",
           plain ? "plain" : "fused", N, 1e6 * ask("well", plain, N, ASKS));
}

static void a_driver_that_ends_is_told_with_its_words(void **state)
{
  (void)state;
  vt_driver d = driver_of("never");
  vt_ipi *s;
  vt_buf start = {0};
  vt_err err = {0};
  double h[3][3] = {{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, x[1][3] = {{1, 1, 1}}, f[1][3];
  vt_ipi_answer a = {.f = f};
  vt_buf_printf(&start, "a start file\n");
  VT_TEST_OK(vt_ipi_start(&s, &d, "-", &start, &err), &err);
  VT_TEST_REFUSED(vt_ipi_ask(s, 1, (const double(*)[3])h, (const double(*)[3])x, NULL, &a, &err), VT_EDRIVER, &err,
                  "the driver ended (exit code 3) while it was to connect");
  assert_non_null(strstr(err.text, "it printed last: driver: odd 1.0"));
  vt_ipi_end(s);
  vt_buf_free(&start);
}

static vt_status stop_now(void *ctx, vt_err *err)
{
  (*(int *)ctx)++;
  VT_FAIL(err, VT_ESTOP, "asked to stop");
}

static void who_hosts_a_driver_can_stop_waiting_for_it(void **state)
{
  (void)state;
  vt_driver d = {.command = "sleep 1000 # {socket}"};
  vt_ipi *s;
  vt_buf start = {0};
  vt_err err = {0};
  int asked = 0;
  const vt_ipi_host host = {.wait = stop_now, .ctx = &asked};
  double h[3][3] = {{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, x[1][3] = {{1, 1, 1}}, f[1][3];
  vt_ipi_answer a = {.f = f};
  vt_buf_printf(&start, "a start file\n");
  VT_TEST_OK(vt_ipi_start(&s, &d, "-", &start, &err), &err);
  VT_TEST_REFUSED(vt_ipi_ask(s, 1, (const double(*)[3])h, (const double(*)[3])x, &host, &a, &err), VT_ESTOP, &err,
                  "asked to stop");
  assert_int_equal(asked, 1);
  vt_ipi_end(s);
  vt_buf_free(&start);
}

/* ------------------------------------------------------------------ rules */

static void patience_follows_the_median_of_a_drivers_own_times(void **state)
{
  (void)state;
  static const double slow[5] = {10, 12, 11, 400, 9}, quick[4] = {0.1, 0.2, 0.1, 0.1};
  near(vt_ipi_patience(slow, 5, 0), 20 * 11, 1e-9);
  near(vt_ipi_patience(quick, 4, 0), 60, 0);
  near(vt_ipi_patience(slow, 2, 0), 3600, 0);
  near(vt_ipi_patience(NULL, 0, 0), 3600, 0);
  near(vt_ipi_patience(slow, 5, 7), 7, 0);
}

static void mistakes_in_a_command_are_named(void **state)
{
  (void)state;
  static const struct {
    const char *command, *file, *why;
  } bad[] = {{"lmp -in x", "-", "the command has no {socket}"},
             {"a {sockt} {start}", "-", "{sockt} stands for nothing, did you mean {socket}?"},
             {"a {socket} {file}", "-", "the command has {file}, but potential.file names none"}};
  vt_err err = {0};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    vt_driver d = {0};
    (void)snprintf(d.command, sizeof d.command, "%s", bad[k].command);
    VT_TEST_REFUSED(vt_ipi_command_check(&d, bad[k].file, &err), VT_EINVAL, &err, bad[k].why);
  }
  vt_driver good = {.command = "X=${HOME} awk '{print $1}' {socket} {file}"};
  VT_TEST_OK(vt_ipi_command_check(&good, "m", &err), &err);
}

static void the_identity_is_that_of_command_and_files(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH], other[VT_TEST_PATH];
  vt_driver d = {.command = "python3 {dir}/d.py {socket} {file}"}, e;
  vt_uid a, b;
  vt_err err = {0};
  vt_test_folder(folder, "ipi");
  vt_test_folder(other, "ipi");
  vt_test_write_text(vt_test_inside(folder, "d.py"), "one");
  vt_test_write_text(vt_test_inside(folder, "m"), "model");
  vt_test_write_text(vt_test_inside(other, "d.py"), "one");
  (void)snprintf(d.dir, sizeof d.dir, "%s", folder);
  e = d;
  (void)snprintf(e.dir, sizeof e.dir, "%s", other);
  VT_TEST_OK(vt_ipi_identity(&d, vt_test_inside(folder, "m"), &a, &err), &err);
  e.timeout_s = 5, e.plain = 1, e.n_elements = 1;
  VT_TEST_OK(vt_ipi_identity(&e, vt_test_inside(folder, "m"), &b, &err), &err);
  assert_true(vt_uid_equal(&a, &b)); /* another folder, and what changes no force */
  vt_test_write_text(vt_test_inside(other, "d.py"), "two");
  VT_TEST_OK(vt_ipi_identity(&e, vt_test_inside(folder, "m"), &b, &err), &err);
  assert_false(vt_uid_equal(&a, &b));
  VT_TEST_OK(vt_ipi_identity(&d, vt_test_inside(folder, "d.py"), &b, &err), &err);
  assert_false(vt_uid_equal(&a, &b));
  (void)snprintf(d.command, sizeof d.command, "python3 {dir}/d.py {socket} {file} -v");
  VT_TEST_OK(vt_ipi_identity(&d, vt_test_inside(folder, "m"), &b, &err), &err);
  assert_false(vt_uid_equal(&a, &b));
  (void)snprintf(d.command, sizeof d.command, "python3 '{dir}/gone.py' {socket}");
  VT_TEST_REFUSED(vt_ipi_identity(&d, "-", &b, &err), VT_EIO, &err, "gone.py', which is not there");
  (void)snprintf(d.command, sizeof d.command, "python3 {dir}/dd.py {socket}");
  VT_TEST_REFUSED(vt_ipi_identity(&d, "-", &b, &err), VT_EIO, &err, "did you mean 'd.py'?");
  (void)snprintf(d.command, sizeof d.command, "python3 d.py {socket}");
  VT_TEST_REFUSED(vt_ipi_identity(&d, "-", &b, &err), VT_EINVAL, &err, "write {dir}/d.py");
  (void)snprintf(d.command, sizeof d.command, "python3 ./other.py ~/d.py m {socket}"); /* m: a word, too */
  VT_TEST_OK(vt_ipi_identity(&d, "-", &b, &err), &err);
  vt_test_folder_remove(folder);
  vt_test_folder_remove(other);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_client_reads_and_writes_the_bytes_of_the_protocol),
      cmocka_unit_test(a_client_refuses_what_is_not_the_protocol),
      cmocka_unit_test(numbers_cross_the_wire_in_both_orders_of_messages),
      cmocka_unit_test(a_step_through_the_socket_costs),
      cmocka_unit_test(a_driver_that_ends_is_told_with_its_words),
      cmocka_unit_test(who_hosts_a_driver_can_stop_waiting_for_it),
      cmocka_unit_test(patience_follows_the_median_of_a_drivers_own_times),
      cmocka_unit_test(mistakes_in_a_command_are_named),
      cmocka_unit_test(the_identity_is_that_of_command_and_files),
  };
  const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n < 1) return 1;
  if (argc == 4 && strcmp(argv[1], "--drive") == 0) return drive(argv[2], argv[3]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
