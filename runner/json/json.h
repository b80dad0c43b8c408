/* json.h - JSON values: built, written, read (layer 1).  The only module that knows the JSON library.
 *
 * Building never fails: what does not fit into memory is left out, and vt_json_dump and vt_json_print of any value then
 * return VT_ENOMEM, until all values are freed.  So callers test the writing alone, and half a document is never
 * written.  Reading takes NULL for "not there", so that lookups can be nested.  Keys keep the order in which they were
 * put.  Numbers are written with 17 significant digits and read back as the same double.
 *
 * A value has one owner: what makes it, until it is put into an object or an array; it may be filled further there.
 * Not collective; for one thread. */
#ifndef VT_JSON_H
#define VT_JSON_H

#include <stdio.h>

#include "engine/base/base.h"

typedef struct vt_json vt_json;

/* ------------------------------------------------------------------ building */

vt_json *vt_json_object(void);
vt_json *vt_json_array(void);
vt_json *vt_json_null(void);
vt_json *vt_json_bool(int x);
vt_json *vt_json_int(int64_t x);
vt_json *vt_json_num(double x); /* null where x is not finite */
/* NULL becomes null; of bytes that are not UTF-8 together, each that is not ASCII becomes '?'. */
vt_json *vt_json_text(const char *s);
vt_json *vt_json_textn(const char *s, size_t n);
vt_json *vt_json_nums(const double *x, size_t n);          /* [x[0], ...] */
vt_json *vt_json_interval(double lo, double hi);           /* [lo, hi] */
vt_json *vt_json_lines(const char *text);                  /* the lines of a text, the last one with or without '\n' */
vt_json *vt_json_share(const vt_json *v);                  /* one more owner of v; NULL stays NULL */
void vt_json_put(vt_json *o, const char *key, vt_json *v); /* takes v over; replaces what had this key */
void vt_json_add(vt_json *a, vt_json *v);                  /* takes v over */
/* The pair `key`, `key`_se, both null where x is not finite. */
void vt_json_est(vt_json *o, const char *key, double x, double se);
/* One more sentence (of at most 511 bytes) in the array `at`, or in the array "warnings" of the object `at`, which is
 * made when it is not there. */
void vt_json_warn(vt_json *at, const char *fmt, ...) VT_PRINTF(2, 3);
void vt_json_free(vt_json *v);

/* ------------------------------------------------------------------ writing */

/* indent: spaces a level, 1..8; VT_JSON_LINE: all in one line without blanks.  VT_ENOMEM: nothing, or the beginning of
 * the document, was written. */
enum { VT_JSON_LINE = 0 };
/* Added to `out`, without a newline at its end. */
VT_MUST_CHECK vt_status vt_json_dump(const vt_json *v, int indent, vt_buf *out, vt_err *err);
/* To a stream, with a newline at its end.  VT_EIO: it cannot be written. */
VT_MUST_CHECK vt_status vt_json_print(const vt_json *v, int indent, FILE *f, vt_err *err);

/* ------------------------------------------------------------------ reading */

/* One document of n bytes, in which no object has a key twice.  VT_EPARSE "line L, column C: what"; *v is NULL then.
 * vt_json_free it. */
VT_MUST_CHECK vt_status vt_json_parse(const char *text, size_t n, vt_json **v, vt_err *err);

int vt_json_is_object(const vt_json *v);
/* Borrowed; NULL where there is none. */
const vt_json *vt_json_get(const vt_json *o, const char *key);
const vt_json *vt_json_at(const vt_json *a, size_t i);
size_t vt_json_size(const vt_json *a); /* elements of an array; 0 of anything else */
/* The member `key` of o, or `otherwise` where it is not there or of another type; a text is borrowed from o.  An
 * integer is a number too. */
const char *vt_json_get_text(const vt_json *o, const char *key, const char *otherwise);
double vt_json_get_num(const vt_json *o, const char *key, double otherwise);
int64_t vt_json_get_int(const vt_json *o, const char *key, int64_t otherwise);

#endif
