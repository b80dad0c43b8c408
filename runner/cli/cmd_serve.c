/* cmd_serve.c - our energies and forces for a program that moves the atoms: an i-PI client. */
#include <string.h>
#include <unistd.h>

#include "engine/ipi/ipi.h"
#include "engine/sys/sys.h"
#include "runner/cli/cli.h"

typedef struct served {
  const char *kind, *pot_path, *start, *socket, *host;
  int port;
  double patience_s;
  vt_numerics num;
  vt_structure s;
  vt_bound bound;
  vt_nlist nl;
} served;

/* Each answer is a function of its question alone: a new neighbour list every time. */
static vt_status serve_one(void *ctx, int n, const double h[3][3], const double (*x)[3], double *energy, double (*f)[3],
                           double virial[9], vt_err *err)
{
  served *d = ctx;
  vt_cell cell;
  vt_force_out out = {.f = f};
  if (n != d->s.n)
    VT_FAIL(err, VT_EINVAL, "the server has %d atoms, '%s' has %d: both must read the same structure", n, d->start,
            d->s.n);
  memcpy(cell.h, h, sizeof cell.h);
  VT_PASS(vt_nlist_update(&d->nl, &cell, x, 1, err));
  VT_PASS(vt_pot_compute(&d->bound.pot, &d->nl, &out, err));
  *energy = out.energy;
  memcpy(virial, out.virial, sizeof out.virial);
  return VT_OK;
}

/* The elements and their order, which the protocol does not tell. */
static vt_status read_start(served *d, vt_err *err)
{
  vt_xyz *xyz = NULL;
  int got = 0;
  VT_PASS(vt_xyz_open(&xyz, d->start, err));
  vt_status rc = vt_xyz_next(xyz, &d->s, &got, err);
  vt_xyz_close(xyz);
  if (rc == VT_OK && !got)
    return vt_err_user(err, VT_EPARSE, d->start, 1, 0, "no frame in this file, expected extended XYZ");
  return rc;
}

static vt_status serve_all(served *d, int64_t *n_answers, vt_err *err)
{
  vt_pot_info info;
  int fd = -1;
  VT_PASS(read_start(d, err));
  VT_PASS(vt_pot_bind(&d->bound, d->kind, d->pot_path, d->num, &d->s, err));
  vt_pot_describe(&d->bound.pot, &info);
  VT_PASS(vt_nlist_open(&d->nl, d->s.n, d->bound.type, info.cutoff, 0, err));
  vt_status rc = d->socket ? vt_ipi_connect_unix(d->socket, d->patience_s, &fd, err)
                           : vt_ipi_connect_tcp(d->host, d->port, d->patience_s, &fd, err);
  VT_PASS(rc);
  if (!vt_cli_quiet()) (void)fprintf(stderr, "vitrion serve: connected, %d atoms\n", d->s.n);
  rc = vt_ipi_serve(fd, serve_one, d, n_answers, err);
  (void)close(fd);
  return rc;
}

int cmd_serve(int argc, char **argv)
{
  int simd = VT_SIMD_AUTO, precision = VT_DOUBLE;
  int64_t n = 0;
  served d = {.kind = "nep", .port = 31415, .patience_s = 60};
  const vt_opt opt[] = {
      {"structure", VT_OPT_TEXT, "FILE.xyz",
       "extended XYZ; its first frame says which atoms the server has, in its order (required)", &d.start, 0, 0},
      {"socket", VT_OPT_TEXT, "NAME", "the UNIX socket /tmp/ipi_NAME; a name with a slash is the whole path", &d.socket,
       0, 0},
      {"host", VT_OPT_TEXT, "HOST", "instead of a socket: the machine of the server", &d.host, 0, 0},
      {"port", VT_OPT_INT, "PORT", "and its port (31415)", &d.port, 1, 65535},
      {"patience", VT_OPT_REAL, "S", "how long to wait for the server, s (60)", &d.patience_s, 0, 1e6},
      {"kind", VT_OPT_TEXT, "KIND", "kind of the potential (nep)", &d.kind, 0, 0},
      {"simd", VT_OPT_CHOICE, VT_CLI_SIMD, "vector level (auto)", &simd, 0, 0},
      {"precision", VT_OPT_CHOICE, VT_CLI_PRECISION, "arithmetic (double)", &precision, 0, 0}};
  vt_usage u = {.name = "serve",
                .args = "POTENTIAL",
                .doc = "Energies, forces and virials for another program that moves the atoms (i-PI, ASE, psiflow),\n"
                       "through the i-PI protocol, until that program ends.  The protocol names no elements: both\n"
                       "sides must have read the same structure.",
                .example = "vitrion serve campaigns/potentials/oxyhalide7-v0.nep.txt --structure glass.xyz --socket md",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  vt_err err = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  d.pot_path = u.arg[0];
  if (!d.start) return vt_cli_usage_error(&u, "--structure is needed: the protocol does not say which atoms there are");
  code = vt_cli_ignored(&u, !d.host, "port", "needs --host HOST");
  if (code >= 0) return code;
  if (!d.socket == !d.host) return vt_cli_usage_error(&u, "one of --socket NAME and --host HOST is expected");
  code = vt_cli_readable(&u, d.start);
  if (code < 0 && strcmp(d.pot_path, "-") != 0) code = vt_cli_readable(&u, d.pot_path);
  if (code >= 0) return code;
  d.num = vt_cli_numerics(simd, precision);
  code = serve_all(&d, &n, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
  if (code == VT_EXIT_OK && !vt_cli_quiet())
    (void)fprintf(stderr, "vitrion serve: the server has ended after %lld answers\n", (long long)n);
  vt_nlist_close(&d.nl);
  vt_pot_unbind(&d.bound);
  vt_structure_free(&d.s);
  return vt_cli_done(code);
}
