#include "tests/support/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/vt_test.h"

static int folder_below(char folder[VT_TEST_PATH], const char *top, const char *name)
{
  assert_true(snprintf(folder, VT_TEST_PATH, "%s/vt_%s_XXXXXX", top, name) < VT_TEST_PATH);
  return mkdtemp(folder) != NULL;
}

void vt_test_folder(char folder[VT_TEST_PATH], const char *name)
{
  if (!folder_below(folder, "/tmp", name)) fail_msg("cannot create '%s'", folder);
}

void vt_test_folder_in_memory(char folder[VT_TEST_PATH], const char *name)
{
  if (!folder_below(folder, "/dev/shm", name)) vt_test_folder(folder, name);
}

void vt_test_folder_remove(const char *folder)
{
  char cmd[VT_TEST_PATH + 16];
  if (!folder[0]) return;
  assert_true(snprintf(cmd, sizeof cmd, "rm -rf '%s'", folder) < (int)sizeof cmd);
  assert_int_equal(system(cmd), 0); /* NOLINT(cert-env33-c): a name that this file made */
}

const char *vt_test_inside(const char *folder, const char *name)
{
  enum { TURNS = 8 };
  static char path[TURNS][512];
  static int turn;
  turn = (turn + 1) % TURNS;
  assert_true(snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name) < (int)sizeof path[turn]);
  return path[turn];
}

void vt_test_file(char path[VT_TEST_PATH], const char *text)
{
  (void)snprintf(path, VT_TEST_PATH, "/tmp/vt_file_XXXXXX");
  const int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(close(fd), 0);
  vt_test_write_text(path, text);
}

void vt_test_write(const char *path, const void *bytes, size_t n)
{
  FILE *f = fopen(path, "wb");
  if (!f) fail_msg("cannot write '%s'", path);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

void vt_test_write_text(const char *path, const char *text) { vt_test_write(path, text, strlen(text)); }

void vt_test_poke(const char *path, size_t at, const void *bytes, size_t n)
{
  const int fd = open(path, O_WRONLY);
  if (fd < 0) fail_msg("cannot open '%s'", path);
  assert_int_equal(pwrite(fd, bytes, n, (off_t)at), (ssize_t)n);
  assert_int_equal(close(fd), 0);
}

char *vt_test_read(const char *path, size_t *n)
{
  enum { MOST_BYTES = 1 << 28 };
  vt_err err = {0};
  char *text;
  size_t len;
  VT_TEST_OK(vt_file_read(path, MOST_BYTES, &text, &len, &err), &err);
  if (n) *n = len;
  return text;
}

void *vt_test_array(size_t n, size_t size)
{
  void *p = calloc(n ? n : 1, size);
  assert_non_null(p);
  return p;
}
