#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/store/h5_impl.h"

static uint32_t crc_text(uint32_t crc, const char *s) { return vt_crc32(crc, s, strlen(s) + 1); }

/* What must be the same on every writer, because HDF5 would block for ever on a difference. */
static uint32_t shape_crc(const vt_store_spec *spec)
{
  uint32_t crc = vt_crc32(0, &spec->n_rows, sizeof spec->n_rows);
  for (int k = 0; k < spec->n_dset; k++) {
    const vt_store_dset *d = &spec->dset[k];
    if (!vt__store_is_row(d)) continue;
    int32_t head[] = {d->type, d->type == VT_STR ? d->width : 0, d->n_dim};
    crc = crc_text(crc, d->path);
    crc = vt_crc32(crc, head, sizeof head);
    crc = vt_crc32(crc, d->dim, (size_t)d->n_dim * sizeof d->dim[0]);
  }
  return crc;
}

static vt_status check_same(vt_comm *c, const vt_store_spec *spec, vt_err *err)
{
  const int writes = vt_comm_rank(c) < vt_store_writers(c);
  vt_status mine = writes ? vt__store_check(spec, err) : VT_OK;
  VT_PASS(vt_comm_agree(c, mine, err));
  uint32_t here = writes ? shape_crc(spec) : 0, there = here;
  VT_TRY(vt_comm_bcast(c, 0, &there, sizeof there, err), err, "shape of the store");
  if (writes && here != there)
    mine = vt_err_set(err, VT_EBUG, __FILE__, __LINE__, "the store has another shape here than on rank 0");
  return vt_comm_agree(c, mine, err);
}

/* ------------------------------------------------------------------ rank 0 */

/* HDF5 may have cut the file when it closed it, and with it what was reserved beyond its end.  Several writers need it
 * more than one: an error inside a collective write costs the whole assembly.  So file systems that cannot reserve
 * beyond a file's end lengthen the file for them; MPI-IO cuts it when it closes it, which one writer does not. */
static vt_status assemble_reserve(const char *tmp, uint64_t most, int n_writers, vt_err *err)
{
  int fd = open(tmp, O_WRONLY | O_CLOEXEC);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open '%s': %s", tmp, strerror(errno));
  vt_status rc = vt__store_reserve(fd, tmp, most, n_writers > 1, err);
  (void)close(fd);
  return rc;
}

static vt_status assemble_begin(const char *tmp, const vt_store_spec *spec, int n_writers, vt_uid *sum, vt_err *err)
{
  uint64_t most = vt__store_most_bytes(spec);
  VT_PASS(vt__store_check_room(tmp, most, err));
  (void)unlink(tmp); /* of this process, which failed to remove it */
  VT_PASS(vt__store_create(tmp, spec, sum, err));
  return assemble_reserve(tmp, most, n_writers, err);
}

/* The checksum is known before the rename, so that store and checksum disagree only for the moment between two renames.
 */
static vt_status publish(const char *tmp, const char *path, const vt_store_spec *spec, const vt_uid *digest,
                         vt_err *err)
{
  char sum[VT__STORE_PATH], sum_tmp[VT__STORE_PATH + 200];
  vt_buf line = {0};
  (void)snprintf(sum, sizeof sum, "%s.sha256", path); /* fits: vt_store_assemble has measured it */
  VT_PASS(vt_fence_name(sum, sum_tmp, sizeof sum_tmp, err));
  vt_status rc = vt__store_finish(tmp, spec, digest, err);
  if (rc == VT_OK) rc = vt__store_trim(tmp, err);
  if (rc == VT_OK) rc = vt__sum_line(tmp, path, &line, err);
  if (rc == VT_OK) rc = vt_fence_write(sum_tmp, line.s, line.len, err);
  if (rc == VT_OK) rc = vt_fence_move(tmp, path, err);
  if (rc == VT_OK)
    rc = vt_fence_move(sum_tmp, sum, err);
  else
    (void)unlink(sum_tmp);
  vt_buf_free(&line);
  return rc;
}

/* The blocks are given back even while an abandoned handle holds the file. */
static void discard(const char *tmp)
{
  if (truncate(tmp, 0) == 0) (void)unlink(tmp);
}

/* ------------------------------------------------------------------ all ranks */

static vt_status assemble_fill(const vt_comm *c, const char *tmp, const vt_store_spec *spec, vt_uid *sum, vt_err *err)
{
  vt__writers *w;
  if (!vt__writers_has(c)) return VT_OK;
  VT_PASS(vt__writers_open(&w, c, err));
  vt_status rc = vt__store_fill(tmp, spec, w, sum, err);
  vt__writers_close(w);
  return rc;
}

vt_status vt_store_assemble(vt_comm *c, const char *path, const vt_store_spec *spec, vt_err *err)
{
  char tmp[VT__STORE_PATH];
  int leads = vt_comm_rank(c) == 0;
  vt__h5_begin();
  vt_status rc = VT_OK;
  memset(tmp, 0, sizeof tmp);
  if (strlen(path) + sizeof ".sha256" + 80 > sizeof tmp)
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "path '%.80s...' is too long", path);
  if (rc == VT_OK && leads) rc = vt_fence_name(path, tmp, sizeof tmp, err);
  VT_PASS(vt_comm_agree(c, rc, err));
  VT_TRY(vt_comm_bcast(c, 0, tmp, sizeof tmp, err), err, "store '%s'", path);
  VT_TRY(check_same(c, spec, err), err, "store '%s'", path);

  void *sum = NULL;
  if (vt__writers_has(c)) rc = vt_calloc64(&sum, (size_t)spec->n_dset + 1, sizeof(vt_uid), err);
  if (rc == VT_OK && leads) rc = assemble_begin(tmp, spec, vt_comm_size(c), sum, err);
  rc = vt_comm_agree(c, rc, err);
  if (rc == VT_OK) rc = vt_comm_agree(c, assemble_fill(c, tmp, spec, sum, err), err);
  if (rc == VT_OK) rc = vt_comm_agree(c, leads ? publish(tmp, path, spec, sum, err) : VT_OK, err);
  vt_free(sum);
  if (rc == VT_OK || rc == VT_ESTOP) return rc; /* ESTOP: somebody died, nobody can be waited for; or fenced */
  vt_err why = {0}; /* the next leader may have removed the file, which looks like an error of the disk */
  vt_status still = vt_comm_agree(c, leads ? vt_fence_check(&why) : VT_OK, &why);
  if (still == VT_ESTOP) {
    if (leads) discard(tmp);
    *err = why;
    return still;
  }
  if (leads) discard(tmp);
  (void)vt_err_wrap(err, rc, __FILE__, __LINE__, "assembling the store '%s'", path);
  VT_PASS(vt_comm_barrier(c, err)); /* nobody leaves before the temporary file is gone */
  return rc;
}
