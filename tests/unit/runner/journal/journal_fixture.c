#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/runner/journal/journal_fixture.h"
#include "tests/vt_test.h"

static char top[64], dir[80];

int jf_setup(void **state)
{
  (void)state;
  /* In memory where that exists: the tests sync hundreds of times, and none asks what a power failure leaves. */
  (void)snprintf(top, sizeof top, "/dev/shm/vt_test_journal_XXXXXX");
  if (!mkdtemp(top)) {
    (void)snprintf(top, sizeof top, "/tmp/vt_test_journal_XXXXXX");
    if (!mkdtemp(top)) return -1;
  }
  (void)snprintf(dir, sizeof dir, "%s/journal", top);
  return 0;
}

int jf_teardown(void **state)
{
  (void)state;
  char cmd[96];
  (void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", top);
  return system(cmd);
}

const char *jf_dir(void) { return dir; }

void jf_shard_path(char *path, size_t cap)
{
  int n = 0;
  DIR *d = opendir(dir);
  assert_non_null(d);
  for (const struct dirent *e; (e = readdir(d)) != NULL;)
    if (strstr(e->d_name, ".vtj")) n++, (void)snprintf(path, cap, "%s/%s", dir, e->d_name);
  closedir(d);
  assert_int_equal(n, 1);
}

void jf_write_file(const char *path, const void *data, size_t n)
{
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(data, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

vt_uid jf_uid(int k)
{
  vt_uid u;
  vt_sha256(&k, sizeof k, &u);
  return u;
}

vt_rec_type jf_type(int k) { return k % 3 == 2 ? VT_REC_FAILURE : VT_REC_RESULT; }
int jf_attempt(int k) { return k % 4; }
int jf_half(int k) { return k % 2; }

size_t jf_size(int k)
{
  static const size_t n[] = {0, 1, 7, 8, 9, 24, 63, 64, 65, 200};
  return n[k % 10];
}

void jf_fill(char *b, int k)
{
  for (size_t i = 0; i < jf_size(k); i++) b[i] = (char)(31 * (size_t)k + 7 * i + i * i);
}

void jf_append(vt_journal_writer *w, int k)
{
  char b[256];
  vt_err err;
  vt_uid u = jf_uid(k);
  size_t n = jf_size(k), head = n / 3;
  jf_fill(b, k);
  VT_TEST_OK(vt_journal_append(w, jf_type(k), &u, jf_attempt(k), jf_half(k), b, head, b + head, n - head, &err), &err);
}

void jf_expect(const vt_journal *j, const vt_rec *r, int k)
{
  char want[256], *got;
  vt_err err;
  vt_uid u = jf_uid(k);
  assert_non_null(r);
  assert_true(vt_uid_equal(&r->uid, &u));
  assert_int_equal(r->type, jf_type(k));
  assert_int_equal(r->attempt, jf_attempt(k));
  assert_int_equal(r->half_stage, jf_half(k));
  assert_int_equal(r->n, jf_size(k));
  VT_TEST_OK(vt_journal_read(j, r, &got, &err), &err);
  jf_fill(want, k);
  assert_memory_equal(got, want, jf_size(k));
  vt_free(got);
}
