/* ipi.h - the i-PI driver protocol, both ends of it, and the program at the other one (layer 2).
 *
 * Who moves atoms is the server, who computes forces the client ("driver").  Source of the wire format: i-PI,
 * ipi/interfaces/sockets.py and docs/src/distributed.rst (v3), checked against ASE's SocketClient.
 *
 * WIRE, native byte order: a header of 12 ASCII bytes, padded with blanks, then
 *
 *   to the client:   STATUS | GETFORCE | EXIT                   nothing
 *                    INIT       i32 bead, i32 n, u8[n] text
 *                    POSDATA    f64[9] cell, f64[9] its inverse, i32 N, f64[3N] positions
 *   to the server:   READY | NEEDINIT | HAVEDATA                nothing
 *                    FORCEREADY f64 energy, i32 N, f64[3N] forces, f64[9] virial, i32 m, u8[m] text
 *
 * bohr, hartree, hartree/bohr; the virial is W = -dE/d(strain), not divided by the volume.  Matrices of the wire have
 * lattice vectors as columns: they are the transposes of ours.  A virial with one triangle of zeros (so LAMMPS sends
 * it) is made symmetric.  Everything below is in our units (A, eV), rows. */
#ifndef VT_IPI_H
#define VT_IPI_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

/* ------------------------------------------------------------------ the command (command.c)
 *
 * {socket}  the socket's name: the path is /tmp/ipi_{socket}, which all clients know (required)
 * {start}   an extended XYZ file with the atoms in the order of the wire
 * {dir}     the folder of the campaign file
 * {file}    the model's file (potential.file)
 *
 * The values are quoted for the shell where they need it.  ${name} is the shell's. */

/* VT_EINVAL: a placeholder that does not exist (says which there are), {socket} missing, {file} without a file. */
VT_MUST_CHECK vt_status vt_ipi_command_check(const vt_driver *d, const char *file, vt_err *err);
/* What decides about forces as far as it can be known: SHA-256 of the command as written, of the model's file ("-":
 * none) and of every {dir}/... file that the command names.  VT_EIO: one is not there.  VT_EINVAL: a file of that
 * folder is named without {dir}. */
VT_MUST_CHECK vt_status vt_ipi_identity(const vt_driver *d, const char *file, vt_uid *sha256, vt_err *err);
/* The same of a command that is no driver's, of which only command and dir of `d` are read: SHA-256 of the command as
 * written and of every {dir}/... file that it names; *n_files: how many there are.  VT_EIO: one is not there. */
VT_MUST_CHECK vt_status vt_program_identity(const vt_driver *d, int *n_files, vt_uid *sha256, vt_err *err);

/* ------------------------------------------------------------------ the server (server.c)
 *
 * vt_ipi_start makes a scratch folder in $TMPDIR (or /tmp), the socket (mode 0600, only processes of this user are
 * taken), the start file, and starts `command` there by /bin/sh in a process group of its own, without this process's
 * descriptors and without the variables by which MPI finds its launcher; OMP_NUM_THREADS is 1 unless it is set.  The
 * group is killed and the folder removed when this process ends, however it ends: a second shell waits for that.
 *
 * Each way in which a driver can fail is VT_EDRIVER, one sentence with what it printed last; then it must be ended. */

typedef struct vt_ipi vt_ipi;

/* Asked for every few milliseconds of waiting; anything but VT_OK ends the wait with that.  NULL: nobody. */
typedef struct vt_ipi_host {
  vt_status (*wait)(void *ctx, vt_err *err);
  void *ctx;
} vt_ipi_host;

typedef struct vt_ipi_answer {
  double energy;    /* eV */
  double virial[9]; /* eV */
  double (*f)[3];   /* [n] eV/A, the caller's */
  int first;        /* of this driver */
  double took_s;
} vt_ipi_answer;

/* `start`: the text of the start file.  VT_EIO: folder, socket or process cannot be made. */
VT_MUST_CHECK vt_status vt_ipi_start(vt_ipi **s, const vt_driver *d, const char *file, const vt_buf *start,
                                     vt_err *err);
/* h: rows are lattice vectors; x[n][3]: should lie in the cell, since some clients lose other atoms.  Not checked:
 * whether the numbers are finite. */
VT_MUST_CHECK vt_status vt_ipi_ask(vt_ipi *s, int n, const double h[3][3], const double (*x)[3],
                                   const vt_ipi_host *host, vt_ipi_answer *a, vt_err *err);
/* VT_EDRIVER, "the driver ..." and what it printed last: for errors that the caller finds. */
vt_status vt_ipi_blame(vt_ipi *s, vt_err *err, const char *fmt, ...) VT_PRINTF(3, 4);
/* EXIT and some patience if it is idle, then SIGKILL to its group; all its files are removed.  NULL is allowed. */
void vt_ipi_end(vt_ipi *s);
/* The last VT_IPI_SAID bytes of its output, NUL-terminated; what it calls itself: the extras of its first answer, or
 * its line "driver: NAME VERSION"; "" if it does not. */
enum { VT_IPI_SAID = 16384 };
const char *vt_ipi_said(const vt_ipi *s);
const char *vt_ipi_name(const vt_ipi *s);
/* 1 after a failure of vt_ipi_ask: the shell found no such program (exit code 126, 127), which blames no frame. */
int vt_ipi_not_started(const vt_ipi *s);

/* How long one answer may take, s.  asked > 0: that.  Else by the times of this driver's answers before, took[n] (the
 * first one is not among them: models are loaded and compiled in it): twenty times their median, at least a minute;
 * an hour as long as there are fewer than three. */
double vt_ipi_patience(const double *took_s, int n, double asked_s);

/* ------------------------------------------------------------------ a program that is run once (program.c)
 *
 * Its folder is a new one in $TMPDIR (or /tmp), and it is started there as a driver is: by /bin/sh in a process group
 * of its own, which is killed, and whose folder is removed, when this process ends, however it ends. */

typedef struct vt_program vt_program;
/* VT_EIO: no folder can be made. */
VT_MUST_CHECK vt_status vt_program_open(vt_program **p, vt_err *err);
const char *vt_program_folder(const vt_program *p);
/* Run `command` to its end.  VT_EDRIVER: it ended with another exit code than 0, or was killed after timeout_s; VT_EIO:
 * it cannot be started, or (exit code 126, 127) the shell finds no such program; else what host->wait says. */
VT_MUST_CHECK vt_status vt_program_run(vt_program *p, const char *command, double timeout_s, const vt_ipi_host *host,
                                       vt_err *err);
const char *vt_program_said(const vt_program *p); /* the last VT_IPI_SAID bytes of what it printed */
/* Kills its group, removes its folder.  NULL is allowed. */
void vt_program_close(vt_program *p);
/* `s` as one word of a shell's command. */
void vt_shell_quoted(vt_buf *b, const char *s);

/* ------------------------------------------------------------------ the client (client.c) */

/* Forces for a server: energy eV, f[n][3] eV/A, virial eV. */
typedef vt_status vt_ipi_compute(void *ctx, int n, const double h[3][3], const double (*x)[3], double *energy,
                                 double (*f)[3], double virial[9], vt_err *err);

/* Connect to /tmp/ipi_NAME (a name with a slash: that path), or to a port; tried again for `patience_s`, since servers
 * may come later.  VT_EIO. */
VT_MUST_CHECK vt_status vt_ipi_connect_unix(const char *name, double patience_s, int *fd, vt_err *err);
VT_MUST_CHECK vt_status vt_ipi_connect_tcp(const char *host, int port, double patience_s, int *fd, vt_err *err);
/* Answer until EXIT or the end of the connection; *n_answers counts.  VT_EPARSE: the other side does not speak the
 * protocol; else what `compute` says.  The descriptor stays open. */
VT_MUST_CHECK vt_status vt_ipi_serve(int fd, vt_ipi_compute *compute, void *ctx, int64_t *n_answers, vt_err *err);

#endif
