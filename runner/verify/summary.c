/* summary.c - summary.csv against the store: each of its numbers follows from results.h5. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/json/json.h"
#include "runner/report/report.h"
#include "runner/verify/verify_impl.h"

enum { SUMMARY_MOST = 1 << 28 };

static int store_is_sound(const vt__checkup *k)
{
  if (!k->c || !k->j || k->sum != VT_OK || access(k->dir->store, F_OK) != 0) return 0;
  for (int i = 0; i < k->v->n; i++)
    if (k->v->found[i].kind < VT_FOUND_STALE && strncmp(k->v->found[i].file, "results.h5", 10) == 0) return 0;
  return 1;
}

/* Numbers of another build may differ in their last digits, its columns may be others. */
static int is_of_this_build(const vt__checkup *k)
{
  char path[2 * VT_PATH], *text = NULL;
  size_t n;
  vt_json *root = NULL;
  (void)snprintf(path, sizeof path, "%s/summary.json", k->dir->dir);
  if (vt_file_read(path, SUMMARY_MOST, &text, &n, NULL) != VT_OK) return 0;
  int yes = vt_json_parse(text, n, &root, NULL) == VT_OK &&
            strcmp(vt_json_get_text(root, "build", ""), vt_build_info()->build_id) == 0;
  vt_json_free(root);
  vt_free(text);
  return yes;
}

static void compare_text(vt__checkup *k, const char *there, size_t n, const vt_buf *want)
{
  size_t at = 0, line = 1;
  vt__place place = {.kind = VT_FOUND_MISMATCH,
                     .repair = VT_REPAIR_SUMMARY,
                     .file = "summary.csv",
                     .action = "the end of the next run writes it anew, and so does repair"};
  char where[32];
  if (n == want->len && memcmp(there, want->s, n) == 0) return;
  if (!is_of_this_build(k)) {
    place.kind = VT_FOUND_STALE;
    place.repair = VT_REPAIR_NONE;
    vt__found(k, place, "it was written by another build than this, which would write other digits or columns");
    return;
  }
  for (; at < n && at < want->len && there[at] == want->s[at]; at++) line += there[at] == '\n';
  (void)snprintf(where, sizeof where, "line %zu", line);
  place.where = where;
  vt__found(k, place, "it is not what follows from results.h5");
}

vt_status vt__check_summary(vt__checkup *k, vt_err *err)
{
  vt_status rc = VT_OK;
  char path[2 * VT_PATH], *text = NULL;
  size_t n;
  vt_campaign *c = NULL;
  vt_fits *fits = NULL;
  vt_buf want = {0};
  vt_err why = {0};
  (void)snprintf(path, sizeof path, "%s/summary.csv", k->dir->dir);
  if (access(path, F_OK) != 0 || k->busy || !store_is_sound(k)) return VT_OK;
  const vt__place damaged = {.kind = VT_FOUND_DAMAGE,
                             .repair = VT_REPAIR_SUMMARY,
                             .file = "summary.csv",
                             .action = "the end of the next run writes it anew, and so does repair"};
  vt_campaign_env near = *k->env;
  near.pot_hint = k->c->pot_path;
  if (vt_file_read(path, SUMMARY_MOST, &text, &n, &why) != VT_OK)
    vt__found(k, damaged, "%s", vt__why(&why));
  else {
    rc = vt_fits_from_store(k->dir->store, &near, NULL, &c, &fits, err);
    if (rc == VT_OK) rc = vt_report_csv(&want, c, fits, err);
    if (rc == VT_OK) compare_text(k, text, n, &want);
  }
  vt_buf_free(&want);
  vt_fits_free(fits);
  vt_campaign_free(c);
  vt_free(text);
  return rc;
}
