/* invariant.c - rotation invariants of the angular sums of one channel, and their derivatives.
 *
 * Three-body: q_l = C_l0 S_l0^2 + 2 sum_m C_lm (Re^2 + Im^2), which is (2l+1)/(4 pi) sum_jk g_j g_k P_l(cos theta_jk).
 * Four-body: cubic forms with the symmetry of a Wigner 3j symbol.  Five-body 1111 is 7/15 of the square of q_1. */
#include <string.h>

#include "engine/nep/nep.h"

/* To the 15 decimals that the training code uses, so that a model gives its own numbers. */
const double vt_nep_c3[VT_NEP_MOST_L + 1][VT_NEP_MOST_L + 1] = {
    {0},
    {0.238732414637843, 0.119366207318922},
    {0.099471839432435, 0.596831036594608, 0.149207759148652},
    {0.139260575205408, 0.104445431404056, 1.044454314040563, 0.174075719006761},
    {0.011190581936149, 0.223811638722978, 0.111905819361489, 1.566681471060845, 0.195835183882606},
    {0.013677377921960, 0.102580334414698, 2.872249363611549, 0.119677056817148, 2.154187022708661, 0.215418702270866},
    {0.004041043476943, 0.169723826031592, 0.106077391269745, 0.424309565078979, 0.127292869523694, 2.800443129521260,
     0.233370260793438},
    {0.004662742473395, 0.004079899664221, 0.024479397985326, 0.012239698992663, 0.538546755677165, 0.134636688919291,
     3.500553911901575, 0.250039565135827},
    {0.000082569397966, 0.005944996653579, 0.104037441437634, 0.762941237209318, 0.114441185581398, 5.950941650232678,
     0.141689086910302, 4.250672607309055, 0.265667037956816},
};

/* One monomial of a cubic invariant: c * s[f0] * s[f1] * s[f2]. */
typedef struct term {
  double c;
  int f[3];
} term;

/* Places of the sums of l = 1, 2, 3, 4. */
#define A(k) (0 + (k))
#define B(k) (3 + (k))
#define C(k) (8 + (k))
#define D(k) (15 + (k))

static const term terms_222[] = {
    {-0.007499480826664, {B(0), B(0), B(0)}}, {-0.134990654879954, {B(0), B(1), B(1)}},
    {-0.134990654879954, {B(0), B(2), B(2)}}, {0.067495327439977, {B(0), B(3), B(3)}},
    {0.067495327439977, {B(0), B(4), B(4)}},  {-0.404971964639861, {B(1), B(1), B(3)}},
    {0.404971964639861, {B(2), B(2), B(3)}},  {-0.809943929279723, {B(1), B(2), B(4)}},
};
static const term terms_112[] = {
    {0.027493550848847, {A(0), A(0), B(0)}},  {0.164961305093080, {A(0), A(1), B(1)}},
    {0.164961305093080, {A(0), A(2), B(2)}},  {-0.013746775424423, {A(1), A(1), B(0)}},
    {-0.013746775424423, {A(2), A(2), B(0)}}, {0.041240326273270, {A(1), A(1), B(3)}},
    {-0.041240326273270, {A(2), A(2), B(3)}}, {0.082480652546540, {A(1), A(2), B(4)}},
};
static const term terms_123[] = {
    {0.008418146349617, {A(1), B(3), C(1)}},  {0.008418146349617, {A(1), B(4), C(2)}},
    {-0.008418146349617, {A(2), B(3), C(2)}}, {0.008418146349617, {A(2), B(4), C(1)}},
    {-0.016836292699234, {A(0), B(0), C(0)}}, {-0.016836292699234, {A(1), B(0), C(1)}},
    {-0.016836292699234, {A(2), B(0), C(2)}}, {0.033672585398469, {A(1), B(1), C(0)}},
    {0.033672585398469, {A(2), B(2), C(0)}},  {-0.042090731748086, {A(1), B(3), C(5)}},
    {-0.042090731748086, {A(1), B(4), C(6)}}, {-0.042090731748086, {A(2), B(3), C(6)}},
    {0.042090731748086, {A(2), B(4), C(5)}},  {-0.067345170796937, {A(0), B(1), C(1)}},
    {-0.067345170796937, {A(0), B(2), C(2)}}, {-0.084181463496172, {A(0), B(3), C(3)}},
    {-0.084181463496172, {A(0), B(4), C(4)}}, {-0.168362926992344, {A(1), B(1), C(3)}},
    {-0.168362926992344, {A(1), B(2), C(4)}}, {-0.168362926992344, {A(2), B(1), C(4)}},
    {0.168362926992344, {A(2), B(2), C(3)}},
};
static const term terms_233[] = {
    {0.008572620635186, {B(0), C(0), C(0)}},  {0.009644198214584, {B(0), C(1), C(1)}},
    {0.009644198214584, {B(0), C(2), C(2)}},  {0.019288396429168, {B(3), C(1), C(1)}},
    {-0.019288396429168, {B(3), C(2), C(2)}}, {0.025717861905558, {B(1), C(0), C(1)}},
    {0.025717861905558, {B(2), C(0), C(2)}},  {-0.026789439484956, {B(0), C(5), C(5)}},
    {-0.026789439484956, {B(0), C(6), C(6)}}, {-0.032147327381947, {B(3), C(1), C(5)}},
    {-0.032147327381947, {B(3), C(2), C(6)}}, {-0.032147327381947, {B(4), C(1), C(6)}},
    {0.032147327381947, {B(4), C(2), C(5)}},  {0.038576792858337, {B(4), C(1), C(2)}},
    {-0.128589309527790, {B(3), C(0), C(3)}}, {-0.128589309527790, {B(4), C(0), C(4)}},
    {0.192883964291685, {B(1), C(1), C(3)}},  {0.192883964291685, {B(1), C(2), C(4)}},
    {0.192883964291685, {B(2), C(1), C(4)}},  {-0.192883964291685, {B(2), C(2), C(3)}},
    {0.321473273819474, {B(1), C(3), C(5)}},  {0.321473273819474, {B(1), C(4), C(6)}},
    {0.321473273819474, {B(2), C(3), C(6)}},  {-0.321473273819474, {B(2), C(4), C(5)}},
};
static const term terms_134[] = {
    {-0.003645164295772, {A(1), C(1), D(0)}}, {-0.003645164295772, {A(2), C(2), D(0)}},
    {0.004860219061029, {A(0), C(0), D(0)}},  {-0.006075273826286, {A(1), C(5), D(3)}},
    {-0.006075273826286, {A(1), C(6), D(4)}}, {0.006075273826286, {A(2), C(5), D(4)}},
    {-0.006075273826286, {A(2), C(6), D(3)}}, {0.018225821478859, {A(1), C(1), D(3)}},
    {0.018225821478859, {A(1), C(2), D(4)}},  {0.018225821478859, {A(2), C(1), D(4)}},
    {-0.018225821478859, {A(2), C(2), D(3)}}, {0.024301095305146, {A(1), C(0), D(1)}},
    {0.024301095305146, {A(2), C(0), D(2)}},  {0.036451642957719, {A(0), C(1), D(1)}},
    {0.036451642957719, {A(0), C(2), D(2)}},  {-0.036451642957719, {A(1), C(3), D(1)}},
    {-0.036451642957719, {A(1), C(4), D(2)}}, {0.036451642957719, {A(2), C(3), D(2)}},
    {-0.036451642957719, {A(2), C(4), D(1)}}, {0.042526916784005, {A(1), C(5), D(7)}},
    {0.042526916784005, {A(1), C(6), D(8)}},  {0.042526916784005, {A(2), C(5), D(8)}},
    {-0.042526916784005, {A(2), C(6), D(7)}}, {0.072903285915437, {A(0), C(3), D(3)}},
    {0.072903285915437, {A(0), C(4), D(4)}},  {0.085053833568010, {A(0), C(5), D(5)}},
    {0.085053833568010, {A(0), C(6), D(6)}},  {0.255161500704030, {A(1), C(3), D(5)}},
    {0.255161500704030, {A(1), C(4), D(6)}},  {0.255161500704030, {A(2), C(3), D(6)}},
    {-0.255161500704030, {A(2), C(4), D(5)}},
};

#undef A
#undef B
#undef C
#undef D

#define COUNT(t) (int)(sizeof(t) / sizeof(t)[0])
static const struct {
  const term *terms; /* NULL: 1111, from q_1 */
  int n;
} cubic[VT_NEP_FLAGS] = {[VT_NEP_222] = {terms_222, COUNT(terms_222)}, [VT_NEP_1111] = {NULL, 0},
                         [VT_NEP_112] = {terms_112, COUNT(terms_112)}, [VT_NEP_123] = {terms_123, COUNT(terms_123)},
                         [VT_NEP_233] = {terms_233, COUNT(terms_233)}, [VT_NEP_134] = {terms_134, COUNT(terms_134)}};

/* ------------------------------------------------------------------ four- and five-body */

static double q_1(const double *s)
{
  return vt_nep_c3[1][0] * s[0] * s[0] + 2 * vt_nep_c3[1][1] * (s[1] * s[1] + s[2] * s[2]);
}

static double q_1_change(const double *s, const double *s1)
{
  return 2 * vt_nep_c3[1][0] * s[0] * s1[0] + 4 * vt_nep_c3[1][1] * (s[1] * s1[1] + s[2] * s1[2]);
}

void vt_nep_cubic(const int *flag, int l_max, const double *s, double *q)
{
  for (int i = 0, block = l_max; i < VT_NEP_FLAGS; i++) {
    if (!flag[i]) continue;
    double sum = i == VT_NEP_1111 ? 7.0 / 15 * q[0] * q[0] : 0;
    for (int k = 0; k < cubic[i].n; k++) {
      const term *t = &cubic[i].terms[k];
      sum += t->c * s[t->f[0]] * s[t->f[1]] * s[t->f[2]];
    }
    q[block++] = sum;
  }
}

void vt_nep_cubic_change(const int *flag, int l_max, const double *s, const double *s1, double *q1)
{
  for (int i = 0, block = l_max; i < VT_NEP_FLAGS; i++) {
    if (!flag[i]) continue;
    double sum = i == VT_NEP_1111 ? 14.0 / 15 * q_1(s) * q1[0] : 0;
    for (int k = 0; k < cubic[i].n; k++) {
      const term *t = &cubic[i].terms[k];
      const int a = t->f[0], b = t->f[1], c = t->f[2];
      sum += t->c * (s1[a] * s[b] * s[c] + s[a] * s1[b] * s[c] + s[a] * s[b] * s1[c]);
    }
    q1[block++] = sum;
  }
}

/* The block of 1111, or -1. */
static int block_1111(const int *flag, int l_max) { return flag[VT_NEP_1111] ? l_max + flag[VT_NEP_222] : -1; }

void vt_nep_fold_1111(const int *flag, int l_max, const double *s, double *d)
{
  const int block = block_1111(flag, l_max);
  if (block >= 0) d[0] += d[block] * 14.0 / 15 * q_1(s);
}

void vt_nep_fold_1111_change(const int *flag, int l_max, const double *s, const double *s1, double *d, double *d1)
{
  const int block = block_1111(flag, l_max);
  if (block < 0) return;
  d[0] += 14.0 / 15 * (d[block] * q_1(s) + d1[block] * q_1_change(s, s1));
  d1[0] += 14.0 / 15 * d1[block] * q_1(s);
}

void vt_nep_cubic_back(const int *flag, int l_max, const double *s, const double *d, double *z)
{
  for (int i = 0, block = l_max; i < VT_NEP_FLAGS; i++) {
    if (!flag[i]) continue;
    const double w = d[block++];
    for (int k = 0; k < cubic[i].n; k++) {
      const term *t = &cubic[i].terms[k];
      z[t->f[0]] += w * t->c * s[t->f[1]] * s[t->f[2]];
      z[t->f[1]] += w * t->c * s[t->f[0]] * s[t->f[2]];
      z[t->f[2]] += w * t->c * s[t->f[0]] * s[t->f[1]];
    }
  }
}

void vt_nep_cubic_back_change(const int *flag, int l_max, const double *s, const double *s1, const double *d,
                              const double *d1, double *z, double *z1)
{
  vt_nep_cubic_back(flag, l_max, s, d, z);
  vt_nep_cubic_back(flag, l_max, s, d1, z1);
  for (int i = 0, block = l_max; i < VT_NEP_FLAGS; i++) {
    if (!flag[i]) continue;
    const double w = d1[block++];
    for (int k = 0; k < cubic[i].n; k++) {
      const term *t = &cubic[i].terms[k];
      const int a = t->f[0], b = t->f[1], c = t->f[2];
      z[a] += w * t->c * (s1[b] * s[c] + s[b] * s1[c]);
      z[b] += w * t->c * (s1[a] * s[c] + s[a] * s1[c]);
      z[c] += w * t->c * (s1[a] * s[b] + s[a] * s1[b]);
    }
  }
}

/* ------------------------------------------------------------------ all */

void vt_nep_invariants(const vt_nep_model *m, const double *s, double *q)
{
  for (ptrdiff_t l = 1; l <= m->l_max; l++) {
    const double *sl = s + l * l - 1, *c = vt_nep_c3[l];
    double sum = 0;
    for (ptrdiff_t k = 1; k <= l; k++) sum += c[k] * (sl[2 * k - 1] * sl[2 * k - 1] + sl[2 * k] * sl[2 * k]);
    q[l - 1] = c[0] * sl[0] * sl[0] + 2 * sum;
  }
  vt_nep_cubic(m->flag, m->l_max, s, q);
}

void vt_nep_invariants_back(const vt_nep_model *m, const double *s, const double *d, double *z)
{
  double all[VT_NEP_MOST_L + VT_NEP_FLAGS];
  memset(z, 0, VT_NEP_HARMONICS * sizeof *z);
  memcpy(all, d, (size_t)m->n_blocks * sizeof *all);
  vt_nep_fold_1111(m->flag, m->l_max, s, all);
  vt_nep_cubic_back(m->flag, m->l_max, s, all, z);
  for (ptrdiff_t l = 1; l <= m->l_max; l++) {
    const double *sl = s + l * l - 1, *c = vt_nep_c3[l], dl = all[l - 1];
    double *zl = z + l * l - 1;
    zl[0] += 2 * c[0] * dl * sl[0];
    for (ptrdiff_t k = 1; k <= l; k++) {
      zl[2 * k - 1] += 4 * c[k] * dl * sl[2 * k - 1];
      zl[2 * k] += 4 * c[k] * dl * sl[2 * k];
    }
  }
}
