/* model.c - a model in memory: its numbers, a copy of it, its file. */
#include <string.h>

#include "engine/nep/nep_impl.h"

void vt__nep_parts(vt_nep_model *m, vt__nep_part p[VT__NEP_PARTS])
{
  m->n_blocks = m->l_max;
  for (int i = 0; i < VT_NEP_FLAGS; i++) m->n_blocks += m->flag[i];
  m->dim = m->n_radial + m->n_angular * m->n_blocks;
  const size_t nt = (size_t)m->n_types, networks = m->version == 3 ? 1 : nt;
  const size_t network = (size_t)m->neurons * ((size_t)m->dim + 2) + (m->version == 5);
  p[VT__NEP_NETWORKS] = (vt__nep_part){"a network parameter", networks * network};
  p[VT__NEP_BIAS] = (vt__nep_part){"the common bias", 1};
  p[VT__NEP_RADIAL] = (vt__nep_part){"a radial coefficient", nt * nt * (size_t)m->n_radial * (size_t)m->k_radial};
  p[VT__NEP_ANGULAR] = (vt__nep_part){"an angular coefficient", nt * nt * (size_t)m->n_angular * (size_t)m->k_angular};
  p[VT__NEP_SCALE] = (vt__nep_part){"a positive scale of the descriptor", (size_t)m->dim};
  p[VT__NEP_FLEXIBLE] =
      (vt__nep_part){"a flexible ZBL parameter", m->zbl == VT_ZBL_FLEXIBLE ? nt * (nt + 1) / 2 * 10 : 0};
}

vt_status vt__nep_room(vt_nep_model *m, vt_err *err)
{
  vt__nep_part p[VT__NEP_PARTS];
  size_t total = 0;
  vt__nep_parts(m, p);
  for (int k = 0; k < VT__NEP_PARTS; k++) total += p[k].n;
  VT_PASS(VT_NEW(m->numbers, total, err));
  const size_t w0 = (size_t)m->neurons * (size_t)m->dim, h = (size_t)m->neurons;
  m->n_numbers = total;
  m->n_trained = total - p[VT__NEP_SCALE].n - p[VT__NEP_FLEXIBLE].n;
  m->stride = m->version == 3 ? 0 : w0 + 2 * h + (m->version == 5);
  m->w0 = m->numbers;
  m->b0 = m->w0 + w0;
  m->w1 = m->b0 + h;
  m->type_bias = m->version == 5 ? m->w1 + h : NULL;
  m->bias = m->numbers + p[VT__NEP_NETWORKS].n;
  m->c_radial = m->bias + 1;
  m->c_angular = m->c_radial + p[VT__NEP_RADIAL].n;
  m->scale = m->c_angular + p[VT__NEP_ANGULAR].n;
  m->zbl_pair = m->zbl == VT_ZBL_FLEXIBLE ? m->scale + p[VT__NEP_SCALE].n : NULL;
  return VT_OK;
}

vt_status vt_nep_new(const vt_nep_model *form, vt_nep_model **out, vt_err *err)
{
  vt_nep_model *m = NULL;
  *out = NULL;
  VT_PASS(VT_NEW(m, 1, err));
  *m = *form;
  m->numbers = NULL;
  const vt_status rc = vt__nep_room(m, err);
  if (rc == VT_OK)
    *out = m;
  else
    vt_nep_free(m);
  return rc;
}

vt_status vt_nep_copy(const vt_nep_model *from, vt_nep_model **out, vt_err *err)
{
  VT_PASS(vt_nep_new(from, out, err));
  memcpy((*out)->numbers, from->numbers, from->n_numbers * sizeof *from->numbers);
  return VT_OK;
}

void vt_nep_free(vt_nep_model *m)
{
  if (!m) return;
  vt_free(m->numbers);
  vt_free(m);
}

void vt_nep_write(const vt_nep_model *m, vt_buf *out)
{
  vt_buf_printf(out, "nep%d%s %d", m->version, m->zbl == VT_ZBL_NONE ? "" : "_zbl", m->n_types);
  for (int t = 0; t < m->n_types; t++) vt_buf_printf(out, " %s", m->symbol[t]);
  if (m->zbl == VT_ZBL_TYPEWISE)
    vt_buf_printf(out, "\nzbl %.10g %.10g %.10g", m->zbl_inner, m->zbl_outer, m->zbl_factor);
  else if (m->zbl != VT_ZBL_NONE)
    vt_buf_printf(out, "\nzbl %.10g %.10g", m->zbl_inner, m->zbl_outer);
  int same = 1;
  for (int t = 1; t < m->n_types; t++)
    same = same && m->rc_radial[t] == m->rc_radial[0] && m->rc_angular[t] == m->rc_angular[0];
  vt_buf_printf(out, "\ncutoff");
  for (int t = 0; t < (same ? 1 : m->n_types); t++)
    vt_buf_printf(out, " %.10g %.10g", m->rc_radial[t], m->rc_angular[t]);
  vt_buf_printf(out, " %d %d\n", m->most_radial, m->most_angular);
  vt_buf_printf(out, "n_max %d %d\nbasis_size %d %d\nl_max %d", m->n_radial - 1, m->n_angular - 1, m->k_radial - 1,
                m->k_angular - 1, m->l_max);
  int flags = VT_NEP_FLAGS;
  while (flags > 2 && !m->flag[flags - 1]) flags--; /* the first two always, as other programs do */
  for (int k = 0; k < flags; k++) vt_buf_printf(out, " %d", m->flag[k] ? (k == VT_NEP_222 ? 2 : 1) : 0);
  vt_buf_printf(out, "\nANN %d 0\n", m->neurons);
  for (size_t k = 0; k < m->n_numbers; k++) vt_buf_printf(out, "%15.9e\n", m->numbers[k]);
}
