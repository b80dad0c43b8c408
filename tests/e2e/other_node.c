/* other_node.c - a library for LD_PRELOAD: the MPI rank VT_NODE_RANK stands on a machine of another name
 * (VT_NODE_NAME) whose clock is VT_NODE_AHEAD seconds ahead.  Other ranks, and programs without a rank, see what is. */
/* NOLINTBEGIN(readability-identifier-naming,readability-inconsistent-declaration-parameter-name): names and parameters
 * are libc's */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int is_there(void)
{
  const char *rank = getenv("PMI_RANK"), *other = getenv("VT_NODE_RANK");
  return rank && other && strcmp(rank, other) == 0;
}

int gethostname(char *name, size_t n)
{
  const char *other = getenv("VT_NODE_NAME");
  static int (*call)(char *, size_t);
  void *p = dlsym(RTLD_NEXT, "gethostname");
  if (!p) abort();
  memcpy(&call, &p, sizeof call);
  if (!is_there() || !other) return call(name, n);
  (void)snprintf(name, n, "%s", other);
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
  const char *ahead = getenv("VT_NODE_AHEAD");
  static int (*call)(clockid_t, struct timespec *);
  if (!call) {
    void *p = dlsym(RTLD_NEXT, "clock_gettime");
    if (!p) abort();
    memcpy(&call, &p, sizeof call);
  }
  const int rc = call(clock, t);
  if (rc == 0 && clock == CLOCK_REALTIME && ahead && is_there()) t->tv_sec += strtol(ahead, NULL, 10);
  return rc;
}
/* NOLINTEND(readability-identifier-naming,readability-inconsistent-declaration-parameter-name) */
