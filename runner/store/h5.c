#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runner/store/h5_impl.h"

/* Runs before main, hence before MPI_Init: h5_impl.h says why.  H5dont_atexit keeps HDF5 from closing abandoned files
 * at exit for the same reason; every other file is closed by its owner. */
__attribute__((constructor)) static void initialise_before_mpi(void)
{
  (void)H5dont_atexit();
  (void)H5open();
}

#define TEXT_OF_(x) #x
#define TEXT_OF(x)  TEXT_OF_(x)

const char *vt_store_hdf5_version(void)
{
  return "HDF5 " TEXT_OF(H5_VERS_MAJOR) "." TEXT_OF(H5_VERS_MINOR) "." TEXT_OF(H5_VERS_RELEASE);
}

hid_t vt__h5_keep(vt__h5_scope *s, hid_t id)
{
  if (id < 0) return id;
  if (s->n == VT_H5_SCOPE) { /* a function that opens more is wrong: it fails in its first test */
    (void)H5Idec_ref(id);
    return -1;
  }
  return s->id[s->n++] = id;
}

void vt__h5_close(vt__h5_scope *s)
{
  while (s->n) (void)H5Idec_ref(s->id[--s->n]);
}

vt_status vt__h5_finish(vt__h5_scope *s, vt_status rc, vt_err *err, const char *what)
{
  while (s->n) /* the next call of HDF5 forgets the reason of this one */
    if (H5Idec_ref(s->id[--s->n]) < 0 && rc == VT_OK)
      rc = vt__h5_fail(err, VT_EIO, __FILE__, __LINE__, "closing %s", what);
  return rc;
}

void vt__h5_abandon(vt__h5_scope *s) { s->n = 0; }

void vt__h5_begin(void) { (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

/* HDF5 packs what the system said into a long list of names and numbers: "errno = 28, error message = '...', buf = ".
 */
static herr_t innermost(unsigned n, const H5E_error2_t *e, void *text)
{
  static const char mark[] = "error message = '";
  (void)n;
  const char *desc = e->desc ? e->desc : "", *said = strstr(desc, mark);
  if (said)
    (void)snprintf(text, 256, "%.*s", (int)strcspn(said + strlen(mark), "'"), said + strlen(mark));
  else
    (void)snprintf(text, 256, "%s", desc);
  return 1; /* enough */
}

vt_status vt__h5_fail(vt_err *err, vt_status s, const char *file, int line, const char *fmt, ...)
{
  char what[512], why[256] = "";
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(what, sizeof what, fmt, ap);
  va_end(ap);
  (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, why);
  (void)H5Eclear2(H5E_DEFAULT);
  for (char *p = why; *p; p++)
    if (*p == '\n') *p = ' ';
  return vt_err_set(err, s, file, line, "%s: %s", what, why[0] ? why : "HDF5 gives no reason");
}

hid_t vt__h5_access(vt__h5_scope *s)
{
  hid_t p = vt__h5_keep(s, H5Pcreate(H5P_FILE_ACCESS));
  if (p < 0) return p;
  if (H5Pset_libver_bounds(p, H5F_LIBVER_V110, H5F_LIBVER_V110) < 0) return -1;
  if (H5Pset_file_locking(p, 0, 1) < 0) return -1;
  if (H5Pset_fclose_degree(p, H5F_CLOSE_SEMI) < 0) return -1; /* a forgotten handle is an error, not a delay */
  return p;
}

hid_t vt__h5_string(vt__h5_scope *s, size_t width)
{
  hid_t t = vt__h5_keep(s, H5Tcopy(H5T_C_S1));
  if (t < 0) return t;
  if (H5Tset_size(t, width) < 0 || H5Tset_cset(t, H5T_CSET_UTF8) < 0) return -1;
  return t;
}

hid_t vt__h5_type(vt__h5_scope *s, const vt_store_dset *d, int in_file)
{
  if (d->type == VT_STR) return vt__h5_string(s, (size_t)d->width);
  if (d->type == VT_F64) return in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE;
  return in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64;
}
