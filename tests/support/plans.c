#include "engine/pot/pot.h"
#include "tests/support/compositions.h"
#include "tests/vt_test.h"

void vt_test_identify(vt_plan *p)
{
  vt_pot_info info;
  vt_err err = {0};
  VT_TEST_OK(vt_pot_probe(p->pot_kind, p->pot_path, &info, &err), &err);
  p->pot_hash = info.sha256;
  VT_TEST_OK(vt_plan_identify(p, &err), &err);
}
