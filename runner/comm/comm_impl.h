/* comm_impl.h - what comm.c asks of a transport.  Private to runner/comm. */
#ifndef VT_COMM_IMPL_H
#define VT_COMM_IMPL_H

#include "runner/comm/comm.h"

/* A transport: messages, and two split-phase collectives from which comm.c makes agree, bcast and barrier. */
typedef struct vt__comm_ops {
  vt_status (*send)(vt_comm *c, int dst, int tag, const void *data, size_t n, vt_err *err);
  vt_status (*poll)(vt_comm *c, vt_msg *m, int *got, vt_err *err);
  double (*now)(const vt_comm *c);
  void (*nap)(vt_comm *c, int busy);
  /* Replace *v by its maximum over all ranks; *v must stay until `test` says done. */
  vt_status (*max_start)(vt_comm *c, int64_t *v, vt_err *err);
  vt_status (*bcast_start)(vt_comm *c, int root, void *data, int n, vt_err *err);
  vt_status (*test)(vt_comm *c, int *done, vt_err *err);
  vt_status (*shrink)(vt_comm *c, const unsigned char *dead, vt_err *err); /* sets rank and size; may be NULL */
  vt_status (*part)(vt_comm *c, int first, int n, vt_comm **part, vt_err *err);
  void (*part_close)(vt_comm *part);
  int can_wait; /* 0: this transport moves only between calls, napping would never end */
} vt__comm_ops;

typedef enum vt__coll_phase {
  VT__COLL_NONE,
  VT__COLL_BARRIER,
  VT__COLL_BCAST,
  VT__COLL_WORST,
  VT__COLL_WHY
} vt__coll_phase;

/* First member of every transport's own struct. */
struct vt_comm {
  const vt__comm_ops *ops;
  int rank, size, shrunk;
  vt_status (*wait)(void *ctx, vt_err *err);
  void *wait_ctx;
  struct { /* the collective under way */
    vt__coll_phase phase;
    int root;
    char *data; /* rest of a broadcast */
    size_t n;
    int64_t key; /* of an agreement: severity, status, rank */
    vt_err why;
  } coll;
};

#endif
