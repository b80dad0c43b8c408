#include <mpi.h>
#include <sched.h>

#include "runner/store/h5_impl.h"

/* Two share the compression; more mostly wait for each other in MPI-IO (measured uncompressed on one node: 427 MB/s
 * with 2 writers, 142 MB/s with 8). */
enum { MOST_WRITERS = 2, TAG = 17, SPINS = 64 };
static const double nap_s = 2e-4;

struct vt__writers {
  MPI_Comm comm; /* MPI_COMM_NULL: one writer, without MPI */
  int rank, size;
};

int vt_store_writers(const vt_comm *c) { return vt_comm_size(c) < MOST_WRITERS ? vt_comm_size(c) : MOST_WRITERS; }
int vt__writers_has(const vt_comm *c) { return vt_comm_rank(c) < MOST_WRITERS; }
int vt__writers_rank(const vt__writers *w) { return w->rank; }
int vt__writers_size(const vt__writers *w) { return w->size; }

static vt_status mpi_fail(int code, const char *what, vt_err *err)
{
  char why[MPI_MAX_ERROR_STRING] = "";
  int n;
  (void)MPI_Error_string(code, why, &n);
  VT_FAIL(err, VT_EIO, "%s: %s", what, why);
}

/* Only the writers take part, so that the other ranks may rest elsewhere. */
static vt_status group_of_writers(MPI_Comm all, int n, MPI_Comm *out, vt_err *err)
{
  vt_status rc = VT_OK;
  MPI_Group world = MPI_GROUP_NULL, few = MPI_GROUP_NULL;
  int range[1][3] = {{0, n - 1, 1}};
  int bad = MPI_Comm_group(all, &world);
  if (bad == MPI_SUCCESS) bad = MPI_Group_range_incl(world, 1, range, &few);
  if (bad == MPI_SUCCESS) bad = MPI_Comm_create_group(all, few, TAG, out);
  if (bad == MPI_SUCCESS) bad = MPI_Comm_set_errhandler(*out, MPI_ERRORS_RETURN);
  if (bad != MPI_SUCCESS) rc = mpi_fail(bad, "no communicator of the writers", err);
  if (few != MPI_GROUP_NULL) (void)MPI_Group_free(&few);
  if (world != MPI_GROUP_NULL) (void)MPI_Group_free(&world);
  return rc;
}

vt_status vt__writers_open(vt__writers **made, const vt_comm *c, vt_err *err)
{
  vt_status rc = VT_OK;
  *made = NULL;
  vt__writers *w;
  VT_PASS(VT_NEW(w, 1, err));
  *w = (vt__writers){.comm = MPI_COMM_NULL, .rank = vt_comm_rank(c), .size = vt_comm_size(c)};
  if (w->size > MOST_WRITERS) w->size = MOST_WRITERS;
  if (w->size > 1) {
    VT_TRY_OUT(group_of_writers(MPI_Comm_f2c(vt_comm_mpi_handle(c)), w->size, &w->comm, err), err,
               "writers of the store");
  }
  *made = w, w = NULL;
out:
  vt__writers_close(w);
  return rc;
}

vt_status vt__writers_agree(const vt__writers *w, int mine, int *worst, vt_err *err)
{
  if (w->comm == MPI_COMM_NULL) {
    *worst = mine;
    return VT_OK;
  }
  MPI_Request req;
  int done = 0, all = mine;
  int bad = MPI_Iallreduce(&mine, &all, 1, MPI_INT, MPI_MAX, w->comm, &req);
  for (int k = 0; bad == MPI_SUCCESS && !done; k++) {
    bad = MPI_Test(&req, &done, MPI_STATUS_IGNORE);
    if (done) break;
    if (k < SPINS)
      (void)sched_yield();
    else
      vt_nap_s(nap_s); /* the other one may compute its rows for minutes */
  }
  /* NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker): it knows MPI_Wait only; here is tested until done */
  if (bad != MPI_SUCCESS) return mpi_fail(bad, "agreement of the writers", err);
  *worst = all;
  return VT_OK;
}

vt_status vt__writers_access(const vt__writers *w, hid_t access, hid_t xfer, vt_err *err)
{
  vt_status rc = VT_OK;
  if (w->comm == MPI_COMM_NULL) return VT_OK;
  MPI_Info hints = MPI_INFO_NULL;
  int bad = MPI_Info_create(&hints);
  if (bad == MPI_SUCCESS) bad = MPI_Info_set(hints, "romio_cb_write", "enable"); /* errors are agreed: h5_impl.h */
  if (bad == MPI_SUCCESS) bad = MPI_Info_set(hints, "romio_ds_write", "disable");
  if (bad != MPI_SUCCESS) {
    rc = mpi_fail(bad, "hints for MPI-IO", err);
    goto out;
  }
  VT_H5_OUT(H5Pset_fapl_mpio(access, w->comm, hints), err, VT_EIO, "parallel file access");
  VT_H5_OUT(H5Pset_all_coll_metadata_ops(access, 1), err, VT_EIO, "parallel file access");
  VT_H5_OUT(H5Pset_coll_metadata_write(access, 1), err, VT_EIO, "parallel file access");
  VT_H5_OUT(H5Pset_dxpl_mpio(xfer, H5FD_MPIO_COLLECTIVE), err, VT_EIO, "parallel file access");
out:
  if (hints != MPI_INFO_NULL) (void)MPI_Info_free(&hints);
  return rc;
}

vt_status vt__writers_xor(const vt__writers *w, void *bytes, int n, vt_err *err)
{
  if (w->comm == MPI_COMM_NULL) return VT_OK;
  int bad = MPI_Allreduce(MPI_IN_PLACE, bytes, n, MPI_BYTE, MPI_BXOR, w->comm);
  return bad == MPI_SUCCESS ? VT_OK : mpi_fail(bad, "digests of the rows", err);
}

void vt__writers_close(vt__writers *w)
{
  if (!w) return;
  if (w->comm != MPI_COMM_NULL) (void)MPI_Comm_free(&w->comm);
  vt_free(w);
}
