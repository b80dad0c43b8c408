#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/unit/runner/jobs/jobs_fixture.h"
#include "tests/vt_test.h"

static char top[VT_TEST_PATH], dir[80];

int jx_setup(void **state)
{
  (void)state;
  vt_test_folder(top, "jobs");
  (void)snprintf(dir, sizeof dir, "%s/lease", top);
  return 0;
}

int jx_teardown(void **state)
{
  (void)state;
  vt_test_folder_remove(top);
  return 0;
}

const char *jx_dir(void) { return dir; }

void jx_path(const char *name, char *path, size_t cap) { (void)snprintf(path, cap, "%s/%s", dir, name); }

vt_jobs *jx_open(const char *host, const char *label, double now)
{
  vt_jobs *j;
  vt_err err;
  vt_jobs_options o = {.dir = dir, .label = label, .beat_s = JX_BEAT, .silence_s = JX_STALE, .host = host};
  VT_TEST_OK(vt_jobs_open(&j, &o, now, &err), &err);
  return j;
}

vt_uid jx_uid(int k)
{
  vt_uid u;
  vt_sha256(&k, sizeof k, &u);
  return u;
}

int jx_claim(vt_jobs *j, int k, double now)
{
  int got;
  vt_err err;
  vt_uid u = jx_uid(k);
  VT_TEST_OK(vt_jobs_claim(j, &u, now, &got, &err), &err);
  return got;
}

int jx_held(vt_jobs *j, int k, double now)
{
  int held;
  vt_err err;
  vt_uid u = jx_uid(k);
  VT_TEST_OK(vt_jobs_held(j, &u, now, &held, &err), &err);
  return held;
}

void jx_release(vt_jobs *j, int k, double now)
{
  vt_err err;
  vt_uid u = jx_uid(k);
  VT_TEST_OK(vt_jobs_release(j, &u, now, &err), &err);
}

int jx_lead(vt_jobs *j, double now)
{
  int leads;
  vt_err err;
  VT_TEST_OK(vt_jobs_lead(j, now, &leads, &err), &err);
  return leads;
}

void jx_beat(vt_jobs *j, double now)
{
  vt_err err;
  VT_TEST_OK(vt_jobs_beat(j, now, &err), &err);
}

void jx_sweep(vt_jobs *j, double now)
{
  vt_err err;
  VT_TEST_OK(vt_jobs_sweep(j, now, &err), &err);
}

void jx_beats(vt_jobs *j, double *now, double for_s)
{
  for (double end = *now + for_s; *now < end;) jx_beat(j, *now += JX_BEAT);
}

void jx_write(const char *name, const void *bytes, size_t n)
{
  char path[512];
  jx_path(name, path, sizeof path);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

size_t jx_read(const char *name, char *bytes, size_t cap)
{
  char path[512];
  jx_path(name, path, sizeof path);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t n = fread(bytes, 1, cap - 1, f);
  bytes[n] = '\0';
  assert_int_equal(fclose(f), 0);
  return n;
}

static void write_sealed(const char *name, vt_buf *b)
{
  vt_buf_printf(b, "crc %08" PRIx32 "\n", vt_crc32(0, b->s, b->len));
  jx_write(name, b->s, b->len);
  vt_buf_free(b);
}

void jx_write_job(const vt_job *x)
{
  vt_buf b = {0};
  char name[256];
  (void)snprintf(name, sizeof name, "job-%s", x->id);
  vt_buf_printf(&b, "vitrion-job 1\nid %s\nhost %s\nboot %s\nns %s\npid %" PRId64 "\nstart %" PRId64, x->id, x->host,
                x->boot, x->ns, x->pid, x->start);
  vt_buf_printf(&b, "\nsince %s\nlabel %s\nbuild %s\nbeat %020" PRId64 "\n", x->since, x->label, x->build, x->beat);
  write_sealed(name, &b);
}

void jx_write_lease(const char *name, const char *id)
{
  vt_buf b = {0};
  vt_buf_printf(&b, "vitrion-lease 1\njob %s\n", id);
  write_sealed(name, &b);
}

void jx_claim_name(int k, char name[65])
{
  vt_uid u = jx_uid(k);
  vt_uid_hex(&u, name);
}

void jx_write_claim(int k, const char *id)
{
  char name[65];
  jx_claim_name(k, name);
  jx_write_lease(name, id);
}

void jx_remove(const char *name)
{
  char path[512];
  jx_path(name, path, sizeof path);
  assert_int_equal(remove(path), 0);
}

int jx_exists(const char *name)
{
  char path[512];
  jx_path(name, path, sizeof path);
  return access(path, F_OK) == 0;
}

int jx_files(void)
{
  int n = 0;
  DIR *d = opendir(dir);
  if (!d) return 0;
  for (const struct dirent *e; (e = readdir(d)) != NULL;)
    n += e->d_name[0] != '.' && strncmp(e->d_name, "epoch-", 6) != 0;
  closedir(d);
  return n;
}

vt_job jx_this(vt_jobs *j)
{
  vt_jobs_list l;
  vt_err err;
  VT_TEST_OK(vt_jobs_look(dir, &l, &err), &err);
  vt_job me = {.pid = 0};
  for (int i = 0; i < l.n; i++)
    if (strcmp(l.job[i].id, vt_jobs_id(j)) == 0) me = l.job[i];
  vt_jobs_list_free(&l);
  assert_string_equal(me.id, vt_jobs_id(j));
  return me;
}
