/* cmd_doctor.c - is everything there that a campaign needs, before hours are burnt? */
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/cli/cluster/doctor.h"

static const double APART_S = 180;

static int examine(vt__doctor *d, vt__patient *p, int no_launch)
{
  const vt_build *b = vt_build_info();
  vt__doctor_say(d, "program", VT__FINE, "", "vitrion %s (%s), SIMD level %s", b->version, b->build_id,
                 vt_simd_name(vt_simd_best()));
  vt__doctor_site(d, p);
  vt__doctor_apart(d, p, APART_S, vt__doctor_campaign);
  if (no_launch)
    vt__doctor_say(d, "launch", VT__SKIP, "", "--no-launch");
  else
    vt__doctor_launch(d, p);
  return d->n[VT__BAD] > 0 ? VT_EXIT_FAIL : VT_EXIT_OK;
}

static void conclude(const vt__doctor *d)
{
  if (d->json) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "checks", vt_json_share(d->lines));
    vt_json_put(o, "ok", vt_json_int(d->n[VT__FINE]));
    vt_json_put(o, "skip", vt_json_int(d->n[VT__SKIP]));
    vt_json_put(o, "warn", vt_json_int(d->n[VT__WARN]));
    vt_json_put(o, "fail", vt_json_int(d->n[VT__BAD]));
    vt_cli_print_json(o, 0);
  } else
    printf("%d ok, %d warn, %d FAIL, %d not checked\n", d->n[VT__FINE], d->n[VT__WARN], d->n[VT__BAD], d->n[VT__SKIP]);
}

int cmd_doctor(int argc, char **argv)
{
  int no_launch = 0;
  vt__doctor d = {.pipe = -1};
  vt__patient p = {0};
  const vt_opt opt[] = {
      {"output", VT_OPT_TEXT, "DIR", "output folder (default: the one in the campaign)", &p.output, 0, 0},
      {"no-launch", VT_OPT_FLAG, NULL, "start no MPI", &no_launch, 0, 0},
      {"json", VT_OPT_FLAG, NULL, "print JSON", &d.json, 0, 0}};
  vt_usage u = {
      .name = "doctor",
      .args = "[CAMPAIGN]",
      .doc =
          "Look for what would stop a campaign, before it burns hours: site.yaml, the potential (readable, its hash,\n"
          "its elements), the file system of the output (hard links, sync, space, quota), the launch of MPI.  In an\n"
          "allocation of several nodes also: SIMD level, build, files and clocks of all nodes.  A line a check: ok,\n"
          "warn, FAIL with what to do, or skip.  Exit code 1 if one is FAIL.",
      .example = "salloc -N 2 vitrion doctor campaigns/quickstart.yaml",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt,
      .most_args = 1};
  if (argc > 1 && strcmp(argv[1], "--probe") == 0) return vt__doctor_probe(argc, argv);
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  const char *size = getenv("PMI_SIZE");
  if (size && strcmp(size, "1") != 0)
    return vt_cli_usage_error(&u, "starts MPI by itself: call it once, without mpiexec or srun");
  if (u.n_args) p.campaign = u.arg[0];
  if (p.campaign && (code = vt_cli_readable(&u, p.campaign)) >= 0) return code;
  d.lines = vt_json_array();
  code = examine(&d, &p, no_launch);
  conclude(&d);
  vt_json_free(d.lines);
  return vt_cli_done(code);
}
