/* store_writer FILE: the fixture as a store, for scripts that compare files or read them with other programs. */
#include <stdio.h>

#include "tests/mpi/store_fixture.h"

int main(int argc, char **argv)
{
  static fixture fx;
  vt_comm *comm;
  vt_err err;
  vt_status rc = vt_comm_mpi_open(&argc, &argv, &comm, &err);
  if (rc == VT_OK) {
    fx_wall_s = vt_now_s(); /* another value in every run */
    fx_make(&fx);
    rc = argc == 2 ? vt_store_assemble(comm, argv[1], &fx.spec, &err)
                   : vt_err_set(&err, VT_EINVAL, __FILE__, __LINE__, "usage: store_writer FILE");
    vt_comm_mpi_close(comm);
  }
  if (rc != VT_OK) (void)fputs(err.text, stderr);
  return rc == VT_OK ? 0 : 1;
}
