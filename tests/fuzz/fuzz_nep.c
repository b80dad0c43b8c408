/* Any bytes as nep.txt: never a crash; what is accepted has finite numbers in the places its header announces; what is
 * refused says where. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/nep/nep.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touch the first and the last number of every part: a sanitizer sees a place outside of the block. */
static void check_model(const vt_nep_model *m)
{
  const size_t nt = (size_t)m->n_types, last = (nt - 1) * m->stride;
  const size_t n_radial = (size_t)m->n_radial * (size_t)m->k_radial * nt * nt;
  const size_t n_angular = (size_t)m->n_angular * (size_t)m->k_angular * nt * nt;
  must(m->dim == m->n_radial + m->n_angular * m->n_blocks && m->neurons > 0, "sizes");
  must(isfinite(m->w0[0]) && isfinite(m->w0[last]) && isfinite(m->b0[last + (size_t)m->neurons - 1]), "network");
  must(isfinite(m->w1[last + (size_t)m->neurons - 1]) && (!m->type_bias || isfinite(m->type_bias[last])), "network");
  must(isfinite(m->c_radial[n_radial - 1]) && isfinite(m->c_angular[n_angular - 1]), "coefficients");
  for (int d = 0; d < m->dim; d++) must(m->scale[d] > 0, "scale");
  for (int a = 0; a < m->n_types; a++) {
    must(m->z[a] >= 1 && m->z[a] <= VT_NEP_MOST_TYPES && m->rc_radial[a] > 0 && m->rc_angular[a] > 0, "types");
    for (int b = 0; m->zbl != VT_ZBL_NONE && b < m->n_types; b++) {
      vt_zbl_pair p = vt_zbl_pair_of(m, a, b);
      must(p.inner < p.outer || p.outer <= 0 || m->zbl == VT_ZBL_TYPEWISE, "zbl radii");
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vt_err err = {0};
  vt_nep_model *m;
  vt_status s = vt_nep_read("fuzz.txt", (const char *)data, size, &m, &err);
  if (s == VT_OK) {
    check_model(m);
  } else {
    must(!m && (s == VT_EPARSE || s == VT_EUNSUP), err.text);
    must(strncmp(err.text, "fuzz.txt:", 9) == 0, err.text);
  }
  vt_nep_free(m);
  return 0;
}
