/* alive.c - the name of this machine. */
#include <stdio.h>
#include <unistd.h>

#include "runner/telemetry/telemetry.h"

void vt_host_name(char host[64])
{
  if (gethostname(host, 64) != 0) (void)snprintf(host, 64, "unknown");
  host[63] = '\0';
}
