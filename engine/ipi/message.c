/* message.c - messages as bytes, and the units of the wire: the only place where they are converted. */
#include <string.h>

#include "engine/ipi/ipi_impl.h"

/* ------------------------------------------------------------------ writing */

static void put_i32(vt_buf *b, int32_t x) { vt_buf_add(b, &x, sizeof x); }

static void put_f64(vt_buf *b, double x) { vt_buf_add(b, &x, sizeof x); }

void vt__ipi_put_header(vt_buf *b, const char *name) { vt_buf_printf(b, "%-*s", (int)VT__IPI_HEADER, name); }

/* One byte of text: some clients wait for ever for none. */
void vt__ipi_put_init(vt_buf *b)
{
  vt__ipi_put_header(b, "INIT");
  put_i32(b, 0);
  put_i32(b, 1);
  vt_buf_add(b, "", 1);
}

/* The inverse of h by cofactors; clients ignore it. */
static void inverse(const double h[3][3], double hi[3][3])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
      hi[i][j] = h[a][c] * h[b][d] - h[a][d] * h[b][c];
    }
  const double det = h[0][0] * hi[0][0] + h[0][1] * hi[1][0] + h[0][2] * hi[2][0];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) hi[i][j] /= det;
}

void vt__ipi_put_posdata(vt_buf *b, int n, const double h[3][3], const double (*x)[3])
{
  double hi[3][3];
  inverse(h, hi);
  vt__ipi_put_header(b, "POSDATA");
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) put_f64(b, vt_unit_bohr_from_a(h[j][i]));
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) put_f64(b, vt_unit_a_from_bohr(hi[j][i])); /* 1/A to 1/bohr */
  put_i32(b, n);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) put_f64(b, vt_unit_bohr_from_a(x[i][k]));
}

void vt__ipi_put_forces(vt_buf *b, int n, double energy, const double (*f)[3], const double virial[9])
{
  vt__ipi_put_header(b, "FORCEREADY");
  put_f64(b, vt_unit_hartree_from_ev(energy));
  put_i32(b, n);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) put_f64(b, vt_unit_hartree_bohr_from_ev_a(f[i][k]));
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) put_f64(b, vt_unit_hartree_from_ev(virial[3 * j + i]));
  put_i32(b, 1);
  vt_buf_add(b, "", 1);
}

/* ------------------------------------------------------------------ reading */

vt_status vt__ipi_take_header(const vt__ipi_stream *s, vt__ipi_header *h, int *eof, vt_err *err)
{
  memset(h, 0, sizeof *h);
  VT_PASS(vt__ipi_take(s, h->text, VT__IPI_HEADER, "a header", eof, err));
  for (int k = 0; k < VT__IPI_HEADER; k++)
    if (h->text[k] < ' ' || h->text[k] > '~') h->text[k] = h->text[k] ? '?' : ' ';
  for (int k = VT__IPI_HEADER; k > 0 && h->text[k - 1] == ' '; k--) h->text[k - 1] = '\0';
  return VT_OK;
}

int vt__ipi_is(const vt__ipi_header *h, const char *name) { return strcmp(h->text, name) == 0; }

vt_status vt__ipi_take_text(const vt__ipi_stream *s, const char *what, char *out, size_t cap, vt_err *err)
{
  int32_t n = 0;
  char piece[4096];
  size_t kept = 0;
  VT_PASS(vt__ipi_take(s, &n, sizeof n, what, NULL, err));
  if (n < 0 || n > VT__IPI_MOST_TEXT)
    VT_FAIL(err, s->broken, "%d bytes of %s are announced, expected 0 to %d", (int)n, what, (int)VT__IPI_MOST_TEXT);
  for (size_t left = (size_t)n; left > 0;) {
    size_t k = left < sizeof piece ? left : sizeof piece, keep = cap - 1 - kept;
    VT_PASS(vt__ipi_take(s, piece, k, what, NULL, err));
    if (keep > k) keep = k;
    memcpy(out + kept, piece, keep);
    kept += keep;
    left -= k;
  }
  out[kept] = '\0';
  return VT_OK;
}

/* What a client says of itself in one line of printable text; i-PI's own says nothing, ASE sends a zero byte. */
static void first_line(const char *text, char *out, size_t cap)
{
  size_t n = strcspn(text, "\r\n");
  if (n < 3 || n >= cap) return;
  for (size_t k = 0; k < n; k++)
    if (text[k] < ' ' || text[k] > '~') return;
  (void)snprintf(out, cap, "%.*s", (int)n, text);
}

/* A virial of which one triangle is zero is half of a symmetric one: so LAMMPS sends it. */
static void complete(double w[9])
{
  const int lower = w[3] != 0 || w[6] != 0 || w[7] != 0, upper = w[1] != 0 || w[2] != 0 || w[5] != 0;
  if (lower == upper) return;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < i; j++) w[3 * i + j] = w[3 * j + i] = lower ? w[3 * i + j] : w[3 * j + i];
}

vt_status vt__ipi_take_forces(const vt__ipi_stream *s, int n, vt_ipi_answer *a, char *name, size_t cap, vt_err *err)
{
  int32_t theirs = 0;
  double w[9];
  char text[256] = "";
  VT_PASS(vt__ipi_take(s, &a->energy, sizeof a->energy, "FORCEREADY", NULL, err));
  VT_PASS(vt__ipi_take(s, &theirs, sizeof theirs, "FORCEREADY", NULL, err));
  if (theirs != n) VT_FAIL(err, s->broken, "forces of %d atoms came, expected %d", (int)theirs, n);
  VT_PASS(vt__ipi_take(s, a->f, (size_t)n * sizeof *a->f, "the forces", NULL, err));
  VT_PASS(vt__ipi_take(s, w, sizeof w, "the virial", NULL, err));
  VT_PASS(vt__ipi_take_text(s, "extras", text, sizeof text, err));
  if (!name[0]) first_line(text, name, cap);
  a->energy = vt_unit_ev_from_hartree(a->energy);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) a->f[i][k] = vt_unit_ev_a_from_hartree_bohr(a->f[i][k]);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) a->virial[3 * i + j] = vt_unit_ev_from_hartree(w[3 * j + i]);
  complete(a->virial);
  return VT_OK;
}

vt_status vt__ipi_take_posdata(const vt__ipi_stream *s, double h[3][3], int *n, double (**x)[3], int *cap, vt_err *err)
{
  double cell[9], ignored[9];
  int32_t theirs = 0;
  VT_PASS(vt__ipi_take(s, cell, sizeof cell, "the cell", NULL, err));
  VT_PASS(vt__ipi_take(s, ignored, sizeof ignored, "the inverse cell", NULL, err));
  VT_PASS(vt__ipi_take(s, &theirs, sizeof theirs, "the number of atoms", NULL, err));
  if (theirs < 1 || theirs > VT__IPI_MOST_ATOMS)
    VT_FAIL(err, s->broken, "positions of %d atoms, expected 1 to %d", (int)theirs, (int)VT__IPI_MOST_ATOMS);
  if (theirs > *cap) {
    VT_TRY(VT_GROW(*x, 0, theirs, err), err, "positions of %d atoms", (int)theirs);
    *cap = theirs;
  }
  VT_PASS(vt__ipi_take(s, *x, (size_t)theirs * sizeof **x, "the positions", NULL, err));
  *n = theirs;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) h[i][j] = vt_unit_a_from_bohr(cell[3 * j + i]);
  for (int i = 0; i < *n; i++)
    for (int k = 0; k < 3; k++) (*x)[i][k] = vt_unit_a_from_bohr((*x)[i][k]);
  return VT_OK;
}
