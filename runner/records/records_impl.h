/* records_impl.h - private to runner/records. */
#ifndef VT_RECORDS_IMPL_H
#define VT_RECORDS_IMPL_H

#include "runner/records/records.h"

/* last.c: bytes of vt_last_head and what follows it. */
size_t vt__last_bytes(int n_atoms);

#endif
