/* program.c - a program that is run once in a folder of its own, to its end. */
#include <poll.h>
#include <string.h>

#include "engine/ipi/ipi_impl.h"

struct vt_program {
  vt__ipi_process process;
};

vt_status vt_program_open(vt_program **out, vt_err *err)
{
  vt_program *p = NULL;
  *out = NULL;
  VT_PASS(VT_NEW(p, 1, err));
  const vt_status rc = vt__ipi_scratch(&p->process, err);
  if (rc == VT_OK)
    *out = p;
  else
    vt_free(p);
  return rc;
}

const char *vt_program_folder(const vt_program *p) { return p->process.scratch; }

const char *vt_program_said(const vt_program *p) { return p->process.said; }

/* What it printed before it ended is still in the pipe. */
static void listen_to_the_end(vt__ipi_process *p)
{
  enum { PIECES = 64 };
  for (int k = 0; k < PIECES && p->out >= 0; k++) vt__ipi_listen(p);
}

static vt_status wait_for_end(vt__ipi_process *p, double timeout_s, const vt_ipi_host *host, char how[96], vt_err *err)
{
  const int nap_ms = 20;
  const double began_s = vt_now_s();
  while (!vt__ipi_ended(p, how)) {
    struct pollfd out = {.fd = p->out, .events = POLLIN};
    (void)poll(&out, 1, nap_ms);
    const int closed = p->out < 0; /* it goes on without: poll does not wait for that */
    if (out.revents) vt__ipi_listen(p);
    if (closed) vt_nap_s(1e-3 * nap_ms);
    if (timeout_s > 0 && vt_now_s() - began_s > timeout_s)
      VT_FAIL(err, VT_EDRIVER, "the program ran for %.4g s, its time limit is %.4g s", vt_now_s() - began_s, timeout_s);
    vt_alive();
    if (host && host->wait) VT_PASS(host->wait(host->ctx, err));
  }
  return VT_OK;
}

vt_status vt_program_run(vt_program *p, const char *command, double timeout_s, const vt_ipi_host *host, vt_err *err)
{
  char how[96] = "";
  VT_PASS(vt__ipi_spawn(&p->process, command, err));
  VT_PASS(wait_for_end(&p->process, timeout_s, host, how, err));
  listen_to_the_end(&p->process);
  if (strcmp(how, "exit code 0") == 0) return VT_OK;
  if (vt__ipi_no_such_program(how)) {
    const char *said = p->process.said;
    VT_FAIL(err, VT_EIO, "the shell cannot start the command (%s): %.*s", how, (int)strcspn(said, "\n"), said);
  }
  VT_FAIL(err, VT_EDRIVER, "the program ended with %s", how);
}

void vt_program_close(vt_program *p)
{
  if (!p) return;
  vt__ipi_kill(&p->process, 0);
  vt_free(p);
}
