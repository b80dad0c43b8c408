/* mock.c - the forces of lj with failures on order: how the layers above are tested against a potential that breaks.
 *
 * The path's last component is the script (a campaign resolves every path against its folder): actions separated by
 * commas, "-" for none.  N counts the computations since open, from 1;
 * N+ means that one and all later ones.
 *
 *   nan@N      the energy is not a number             (the wrapper answers VT_EDIVERGE)
 *   inf@N      one force component is infinite        (the wrapper answers VT_EDIVERGE)
 *   error@N    computing fails with VT_ETASK
 *   nomem@N    computing fails with VT_ENOMEM
 *   crash@N    the process dies of a segmentation fault
 *   hang@N     computing never ends
 *   slow:S     every computation takes S more seconds
 *   open       opening fails with VT_ETASK */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "engine/pot/pot_impl.h"

typedef enum deed { NAN_ENERGY, INF_FORCE, ERROR_TASK, ERROR_MEMORY, CRASH, HANG, DEEDS } deed;
static const char *const deed_name[DEEDS] = {"nan", "inf", "error", "nomem", "crash", "hang"};

typedef struct mock {
  void *lj;
  char script[VT_PATH];
  int64_t calls;
  int64_t when[DEEDS]; /* 0: never */
  int from_then_on[DEEDS];
  double slow_s;
} mock;

static void mock_close(void *self)
{
  mock *m = self;
  if (m && m->lj) vt__pot_lj.close(m->lj);
  vt_free(m);
}

/* `nan@12+` into the table; 0 if it is none of the deeds. */
static int parse_deed(mock *m, const char *s, size_t n)
{
  for (int d = 0; d < DEEDS; d++) {
    size_t l = strlen(deed_name[d]);
    if (n < l + 2 || memcmp(s, deed_name[d], l) != 0 || s[l] != '@') continue;
    int plus = s[n - 1] == '+';
    m->from_then_on[d] = plus;
    return vt_parse_i64(s + l + 1, n - l - 1 - (size_t)plus, &m->when[d]) && m->when[d] >= 1;
  }
  return 0;
}

static vt_status parse_script(mock *m, vt_err *err)
{
  if (strcmp(m->script, "-") == 0) return VT_OK;
  for (const char *s = m->script;;) {
    size_t n = strcspn(s, ",");
    if (n == 4 && memcmp(s, "open", 4) == 0) VT_FAIL(err, VT_ETASK, "scripted failure of open");
    int ok = n > 5 && memcmp(s, "slow:", 5) == 0
                 ? vt_parse_f64(s + 5, n - 5, &m->slow_s) && m->slow_s >= 0 && m->slow_s <= 3600
                 : parse_deed(m, s, n);
    if (!ok)
      VT_FAIL(err, VT_EINVAL,
              "unknown action '%.*s', expected nan@N, inf@N, error@N, nomem@N, crash@N, hang@N, slow:SECONDS, open "
              "(N+: from "
              "N on)",
              (int)n, s);
    if (!s[n]) return VT_OK;
    s += n + 1;
  }
}

static vt_status mock_open(const vt_pot_args *a, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  *self = NULL;
  mock *m;
  VT_TRY(VT_NEW(m, 1, err), err, "mock potential");
  const char *slash = strrchr(a->path, '/'), *script = slash ? slash + 1 : a->path;
  if (strlen(script) >= sizeof m->script) VT_FAIL_OUT(err, VT_EINVAL, "script '%.80s...' is too long", script);
  memcpy(m->script, script, strlen(script) + 1);
  VT_TRY_OUT(parse_script(m, err), err, "mock script '%.80s'", m->script);
  vt_pot_args plain = *a;
  plain.path = "-";
  VT_TRY_OUT(vt__pot_lj.open(&plain, &m->lj, err), err, "mock potential");
  *self = m, m = NULL;
out:
  mock_close(m);
  return rc;
}

static void mock_describe(const void *self, vt_pot_info *out)
{
  const mock *m = self;
  vt__pot_lj.describe(m->lj, out);
  memcpy(out->path, m->script, sizeof out->path);
}

static int due(const mock *m, deed d)
{
  return m->when[d] && (m->calls == m->when[d] || (m->from_then_on[d] && m->calls > m->when[d]));
}

static vt_status mock_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  mock *m = self;
  m->calls++;
  if (m->slow_s > 0) vt_nap_s(m->slow_s);
  if (due(m, CRASH)) (void)raise(SIGSEGV);
  while (due(m, HANG)) vt_nap_s(1);
  if (due(m, ERROR_TASK)) VT_FAIL(err, VT_ETASK, "scripted failure of computation %lld", (long long)m->calls);
  if (due(m, ERROR_MEMORY)) VT_FAIL(err, VT_ENOMEM, "scripted lack of memory in computation %lld", (long long)m->calls);
  VT_PASS(vt__pot_lj.compute(m->lj, nl, out, err));
  if (due(m, NAN_ENERGY)) out->energy = NAN;
  if (due(m, INF_FORCE)) out->f[nl->n - 1][0] = INFINITY;
  return VT_OK;
}

const vt_pot_ops vt__pot_mock = {
    .name = "mock", .open = mock_open, .describe = mock_describe, .compute = mock_compute, .close = mock_close};
