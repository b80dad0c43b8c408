/* Any bytes as a campaign: never a crash; what is refused says why; what is accepted has a canonical text that means
 * the same tasks and is its own canonical text. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/config/test_config_env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds, const char *what)
{
  if (holds) return;
  (void)fprintf(stderr, "fuzz_campaign: %s\n", what);
  abort();
}

static void round_trip(vt_campaign *c)
{
  enum { MANY_TASKS = 500 }; /* identities of more would only cost time */
  vt_campaign *back = NULL;
  vt_diags d;
  vt_buf text = {0}, again = {0};
  int few = (int64_t)c->n_comp * c->n_glasses * (1 + c->n_temp) <= MANY_TASKS;
  if (few) must(vt_campaign_resolve(c, VT_SIMD_AVX2, NULL) == VT_OK, "an accepted campaign has no tasks");
  vt_campaign_canon(c, &text);
  must(vt_buf_check(&text, NULL) == VT_OK, "memory");
  must(vt_campaign_parse(text.s, text.len, "canon", "/t", &env_fixed, &back, &d, NULL) == VT_OK,
       "the canonical text is refused");
  if (few) {
    must(vt_campaign_resolve(back, VT_SIMD_PORTABLE, NULL) == VT_OK, "the canonical text has no tasks");
    must(vt_uid_equal(&c->id, &back->id), "the canonical text is another campaign");
  }
  vt_campaign_canon(back, &again);
  must(text.len == again.len && memcmp(text.s, again.s, text.len) == 0, "the canonical text is not its own");
  vt_buf_free(&text);
  vt_buf_free(&again);
  vt_diags_free(&d);
  vt_campaign_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vt_campaign *c = NULL;
  vt_diags d;
  vt_buf text = {0};
  vt_status rc = vt_campaign_parse((const char *)data, size, "fuzz", "/t", &env_fixed, &c, &d, NULL);
  must(rc == VT_OK || rc == VT_EPARSE, "a status that no text can cause");
  must((rc == VT_OK) == (c != NULL) && (rc == VT_OK) == (d.n_errors == 0), "refused without a mistake, or the reverse");
  for (int i = 0; i < d.n; i++) must(d.d[i].text[0] && d.d[i].line >= 0 && d.d[i].col >= 0, "a message without words");
  vt_diags_format(&d, &text);
  if (c) round_trip(c);
  vt_buf_free(&text);
  vt_diags_free(&d);
  vt_campaign_free(c);
  return 0;
}
