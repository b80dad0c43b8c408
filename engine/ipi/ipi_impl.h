/* ipi_impl.h - what the files of engine/ipi share. */
#ifndef VT_IPI_IMPL_H
#define VT_IPI_IMPL_H

#include "engine/ipi/ipi.h"

#define VT__IPI_PREFIX "/tmp/ipi_"
enum {
  VT__IPI_HEADER = 12,
  VT__IPI_SOCKET = 96, /* of the path: below the 108 of sockaddr_un */
  VT__IPI_MOST_ATOMS = 10000000,
  VT__IPI_MOST_TEXT = 1 << 20 /* of INIT and of extras */
};

/* ------------------------------------------------------------------ command.c */

/* The command with its values, quoted. */
vt_status vt__ipi_command(const vt_driver *d, const char *file, const char *socket, const char *start, vt_buf *out,
                          vt_err *err);

/* ------------------------------------------------------------------ stream.c: bytes through a non-blocking socket */

/* Called when a descriptor is not ready; anything but VT_OK ends the call. */
typedef struct vt__ipi_stream {
  int fd;
  vt_status broken; /* status of a connection that ended */
  vt_status (*wait)(void *ctx, int fd, short events, vt_err *err);
  void *ctx;
} vt__ipi_stream;
vt_status vt__ipi_put(const vt__ipi_stream *s, const void *bytes, size_t n, vt_err *err);
/* Exactly n bytes.  `what` for errors.  eof not NULL: 1, with VT_OK, if the stream ended before the first one. */
vt_status vt__ipi_take(const vt__ipi_stream *s, void *bytes, size_t n, const char *what, int *eof, vt_err *err);
vt_status vt__ipi_unblock(int fd, vt_err *err);

/* ------------------------------------------------------------------ message.c: units and the shape of messages */

typedef struct vt__ipi_header {
  char text[VT__IPI_HEADER + 1]; /* without the blanks; what cannot be printed is '?' */
} vt__ipi_header;
void vt__ipi_put_header(vt_buf *b, const char *name);
void vt__ipi_put_init(vt_buf *b);
void vt__ipi_put_posdata(vt_buf *b, int n, const double h[3][3], const double (*x)[3]);
void vt__ipi_put_forces(vt_buf *b, int n, double energy, const double (*f)[3], const double virial[9]);
vt_status vt__ipi_take_header(const vt__ipi_stream *s, vt__ipi_header *h, int *eof, vt_err *err);
int vt__ipi_is(const vt__ipi_header *h, const char *name);
/* What follows FORCEREADY: VT_EDRIVER if it has not n atoms.  name: the extras' first line, if it is text. */
vt_status vt__ipi_take_forces(const vt__ipi_stream *s, int n, vt_ipi_answer *a, char *name, size_t cap, vt_err *err);
/* What follows POSDATA: *n atoms, positions into *x, which grows with VT_GROW from *cap. */
vt_status vt__ipi_take_posdata(const vt__ipi_stream *s, double h[3][3], int *n, double (**x)[3], int *cap, vt_err *err);
/* i32 n (0 <= n <= most) and n bytes, of which the first are kept in `out`, NUL-terminated. */
vt_status vt__ipi_take_text(const vt__ipi_stream *s, const char *what, char *out, size_t cap, vt_err *err);

/* ------------------------------------------------------------------ process.c: the driver's process */

typedef struct vt__ipi_process {
  int pid;  /* also of its group; 0: none */
  int life; /* write end of a pipe: its end is that of this process */
  int out;  /* read end of what the driver prints, -1: closed */
  int lock; /* its folder, locked while this process lives, -1: none */
  char said[VT_IPI_SAID + 1];
  size_t n_said;
  char name[200];
  char scratch[VT_PATH], start[VT_PATH + 16], socket[64], socket_path[VT__IPI_SOCKET];
} vt__ipi_process;
vt_status vt__ipi_spawn(vt__ipi_process *p, const char *command, vt_err *err);
void vt__ipi_listen(vt__ipi_process *p); /* takes what it printed */
/* 1: the process has ended, and how in words. */
int vt__ipi_ended(const vt__ipi_process *p, char how[96]);
/* 1: these words say that the shell could not start it. */
int vt__ipi_no_such_program(const char *how);
void vt__ipi_kill(vt__ipi_process *p, double patience_s); /* and remove its files */

/* ------------------------------------------------------------------ scratch.c: its folder */

/* Makes the folder, and removes those that killed processes of this user and host have left. */
vt_status vt__ipi_scratch(vt__ipi_process *p, vt_err *err);
void vt__ipi_remove_files(const vt__ipi_process *p);

#endif
