/* alive.c - signs of life from loops that take long outside of replicas; the name of this machine. */
#include <stdio.h>
#include <unistd.h>

#include "runner/telemetry/telemetry.h"

static void (*alive_call)(void *ctx);
static void *alive_ctx;

void vt_alive_install(void (*alive)(void *ctx), void *ctx)
{
  alive_call = alive;
  alive_ctx = ctx;
}

void vt_alive(void)
{
  if (alive_call) alive_call(alive_ctx);
}

void vt_host_name(char host[64])
{
  if (gethostname(host, 64) != 0) (void)snprintf(host, 64, "unknown");
  host[63] = '\0';
}
