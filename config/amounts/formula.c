/* Compositions as asked: exact amounts of the elements, and the formulas that people write. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/amounts/amounts.h"

/* ------------------------------------------------------------------ amounts */

static int rank_of_role(int z)
{
  static const char order[] = "AMXO";
  const char *at = strchr(order, vt_element_role(z));
  return at ? (int)(at - order) : (int)sizeof order;
}

static int comes_before(int z, int other)
{
  int a = rank_of_role(z), b = rank_of_role(other);
  return a != b ? a < b : z < other;
}

int vt_amounts_put(vt_amounts *a, int z, vt_q x)
{
  int i = 0;
  while (i < a->n && comes_before(a->z[i], z)) i++;
  if (i < a->n && a->z[i] == z) return vt_q_add(a->x[i], x, &a->x[i]);
  if (a->n == VT_MAX_SPECIES) return 0;
  for (int j = a->n; j > i; j--) {
    a->z[j] = a->z[j - 1];
    a->x[j] = a->x[j - 1];
  }
  a->z[i] = z;
  a->x[i] = x;
  a->n++;
  return 1;
}

static int sum_of_role(const vt_amounts *a, const vt_composition *ions, int role, vt_q *sum)
{
  vt_q s = {0, 1};
  for (int i = 0; i < a->n; i++)
    if (vt_comp_role(ions, i) == role && !vt_q_add(s, a->x[i], &s)) return 0;
  *sum = s;
  return 1;
}

int vt_amounts_per_metal(vt_amounts *a, const vt_composition *ions)
{
  vt_q per = {0, 1};
  if (!sum_of_role(a, ions, VT_ROLE_NETWORK, &per)) return 0;
  if (per.num == 0 && !sum_of_role(a, ions, VT_ROLE_MOBILE, &per)) return 0;
  if (per.num == 0) return 1; /* neither network nor mobile ions: left as written */
  for (int i = 0; i < a->n; i++)
    if (!vt_q_div(a->x[i], per, &a->x[i])) return 0;
  return 1;
}

int vt_amounts_primitive(const vt_amounts *a, int64_t p[VT_MAX_SPECIES], int64_t *sum)
{
  int64_t lcm = 1, g = 0;
  *sum = 0;
  for (int i = 0; i < a->n; i++)
    if (__builtin_mul_overflow(lcm / vt_gcd(lcm, a->x[i].den), a->x[i].den, &lcm)) return 0;
  for (int i = 0; i < a->n; i++) {
    if (__builtin_mul_overflow(a->x[i].num, lcm / a->x[i].den, &p[i])) return 0;
    g = vt_gcd(p[i], g);
  }
  for (int i = 0; i < a->n; i++) {
    p[i] /= g;
    if (__builtin_add_overflow(*sum, p[i], sum)) return 0;
  }
  return *sum > 0;
}

static int formula_compare(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* An order, not a size: amounts are compared as pairs of integers. */
int vt_amounts_cmp(const vt_amounts *a, const vt_amounts *b)
{
  int c = formula_compare(a->n, b->n);
  for (int i = 0; i < a->n && c == 0; i++) {
    c = formula_compare(a->z[i], b->z[i]);
    if (c == 0) c = formula_compare(a->x[i].num, b->x[i].num);
    if (c == 0) c = formula_compare(a->x[i].den, b->x[i].den);
  }
  return c;
}

int vt_amounts_charge(const vt_amounts *a, const int charge[VT_N_ELEMENTS], vt_q *sum)
{
  vt_q s = {0, 1}, q;
  for (int i = 0; i < a->n; i++)
    if (!vt_q_mul(a->x[i], (vt_q){charge[a->z[i]], 1}, &q) || !vt_q_add(s, q, &s)) return 0;
  *sum = s;
  return 1;
}

/* ------------------------------------------------------------------ reading a formula */

/* The element whose symbol begins `s`, and the length of the symbol (longest first: Na before N). */
static int leading_element(const char *s, size_t *len)
{
  for (size_t n = 2; n >= 1; n--) {
    char symbol[3] = {0};
    if (!isupper((unsigned char)s[0]) || (n == 2 && !islower((unsigned char)s[1]))) continue;
    memcpy(symbol, s, n);
    *len = n;
    int z = vt_element_z(symbol);
    if (z) return z;
  }
  return 0;
}

static int formula_refuse(int offset, int *at, char *why, size_t cap, const char *text)
{
  *at = offset;
  (void)snprintf(why, cap, "%s", text);
  return 0;
}

int vt_formula_parse(const char *s, vt_amounts *a, int offset_of_z[VT_N_ELEMENTS], int *at, char *why, size_t cap)
{
  *a = (vt_amounts){0};
  if (!*s) return formula_refuse(0, at, why, cap, "an empty formula");
  for (size_t i = 0; s[i];) {
    size_t symbol = 0;
    int z = leading_element(s + i, &symbol), offset = (int)i;
    if (!z) {
      *at = offset;
      (void)snprintf(why, cap, "no element symbol at '%.20s', expected a formula like LiAlCl2.5O0.75", s + i);
      return 0;
    }
    i += symbol;
    size_t n = strspn(s + i, "0123456789./");
    vt_q x = {1, 1};
    if (n && (!vt_q_parse(s + i, n, &x) || x.num == 0))
      return formula_refuse((int)i, at, why, cap, "a subscript is a positive number such as 2, 2.5 or 10/3");
    i += n;
    offset_of_z[z] = offset;
    if (!vt_amounts_put(a, z, x))
      return formula_refuse(offset, at, why, cap, "too many elements or digits in one formula");
  }
  return 1;
}

/* ------------------------------------------------------------------ writing */

static void put_amount(vt_buf *b, int z, vt_q x, int digits)
{
  char subscript[48] = "";
  if (x.num != x.den && digits)
    (void)snprintf(subscript, sizeof subscript, "%.*g", digits, vt_q_f64(x));
  else if (x.num != x.den)
    vt_q_text(x, subscript);
  vt_buf_printf(b, "%s%s", vt_element_symbol(z), subscript);
}

/* Hand the text over if it fits a name. */
static int formula_take(vt_buf *b, char out[VT_NAME])
{
  int fits = !b->failed && b->len < VT_NAME;
  if (fits) (void)snprintf(out, VT_NAME, "%s", b->s ? b->s : "");
  vt_buf_free(b);
  return fits;
}

int vt_formula_text(const vt_amounts *a, int digits, char out[VT_NAME])
{
  vt_buf b = {0};
  for (int i = 0; i < a->n; i++) put_amount(&b, a->z[i], a->x[i], digits);
  return formula_take(&b, out);
}

int vt_formula_name(const vt_amounts *a, char out[VT_NAME])
{
  for (int digits = 6; digits >= 3; digits--)
    if (vt_formula_text(a, digits, out)) return 1;
  return 0;
}

int vt_formula_label(const vt_amounts *a, const vt_composition *ions, int role, char out[VT_NAME])
{
  vt_amounts of_role = {0};
  vt_q sum;
  if (!sum_of_role(a, ions, role, &sum)) return 0;
  for (int i = 0; i < a->n; i++) {
    vt_q share;
    if (vt_comp_role(ions, i) != role) continue;
    if (!vt_q_div(a->x[i], sum, &share) || !vt_amounts_put(&of_role, a->z[i], share)) return 0;
  }
  return vt_formula_name(&of_role, out);
}
