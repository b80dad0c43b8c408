/* campaign_file.c - which campaign is it?  campaign.yaml says, or the store's own copy of it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"
#include "runner/store/store.h"
#include "runner/verify/verify_impl.h"

/* 1 if the journal has results, and none is of a task of c. */
static int is_strange(const vt__checkup *k, const vt_campaign *c)
{
  int results = 0, mine = 0;
  if (!k->j) return 0;
  for (int i = 0; i < vt_journal_count(k->j) && !mine; i++) {
    const vt_rec *r = vt_journal_rec(k->j, i);
    if (r->type != VT_REC_RESULT) continue;
    results++;
    mine = vt_campaign_find(c, &r->uid) >= 0;
  }
  return results && !mine;
}

/* The campaign of a store whose checksum is right; text: as campaign.yaml should be. */
static vt_status from_store(const vt__checkup *k, vt_campaign **c, vt_buf *text, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_store *s = NULL;
  vt_buf id = {0};
  vt_diags diags = {0};
  char hex[65];
  vt_campaign_env reading = *k->env;
  reading.recorded = 1;
  reading.structures = NULL;
  *c = NULL;
  VT_PASS(vt_store_open(&s, k->dir->store, err));
  VT_TRY_OUT(vt_store_read_text(s, "/campaign", text, err), err, "campaign of the store");
  VT_TRY_OUT(vt_store_read_text(s, "campaign_id", &id, err), err, "campaign of the store");
  VT_TRY_OUT(vt_campaign_parse(text->s, text->len, k->dir->store, k->dir->dir, &reading, c, &diags, err), err,
             "campaign of the store");
  VT_TRY_OUT(vt_campaign_resolve(*c, vt_simd_best(), err), err, "campaign of the store");
  (void)snprintf((*c)->pot_recorded, sizeof(*c)->pot_recorded, "%s", (*c)->pot_file);
  vt_uid_hex(&(*c)->id, hex);
  if (strcmp(hex, id.s) != 0) VT_FAIL_OUT(err, VT_EINVAL, "the store's campaign has other tasks here");
out:
  if (rc != VT_OK) {
    vt_campaign_free(*c);
    *c = NULL;
    vt_buf_free(text);
  }
  vt_diags_free(&diags);
  vt_buf_free(&id);
  vt_store_close(s);
  return rc;
}

/* campaign.yaml cannot be believed, and `what` says why: does the store know better? */
static vt_status ask_store(vt__checkup *k, vt_finding_kind kind, const char *what, vt_err *err)
{
  vt_campaign *c = NULL;
  vt_err why = {0};
  vt_buf text = {0};
  int strange = 1;
  vt_status rc = k->sum == VT_OK ? from_store(k, &c, &text, &why) : VT_EIO;
  if (rc == VT_OK) strange = is_strange(k, c);
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "campaign of '%s'", k->dir->dir);
  vt__place at = {.kind = kind, .file = "campaign.yaml"};
  if (rc == VT_OK && !strange) {
    at.repair = VT_REPAIR_CAMPAIGN;
    at.action = "results.h5 holds a copy: repair restores it";
    vt_campaign_free(k->c);
    k->c = c;
    k->campaign_text = text;
  } else {
    at.action = k->c ? "a run does every task; is it the right folder, and the right potential file?"
                     : "`vitrion repair DIR --campaign FILE` writes it anew from the campaign file that was run";
    vt_campaign_free(c);
    vt_buf_free(&text);
  }
  vt__found(k, at, "%s", what);
  return VT_OK;
}

/* ------------------------------------------------------------------ the campaign that is given */

/* What campaign.yaml should be if it is that of the campaign given; *c: of that text, in this folder. */
static vt_status record_given(const vt__checkup *k, vt_campaign **c, vt_buf *text, vt_err *err)
{
  vt_diags diags = {0};
  vt_campaign_env reading = *k->env;
  reading.structures = NULL; /* the copies come later */
  vt_outdir_place_potential(k->dir, k->given);
  vt_outdir_place_structures(k->given);
  vt_campaign_canon(k->given, text);
  VT_PASS(vt_buf_check(text, err));
  vt_status rc = vt_campaign_parse(text->s, text->len, k->given->file, k->dir->dir, &reading, c, &diags, err);
  vt_diags_free(&diags);
  VT_PASS(rc);
  VT_PASS(vt_campaign_resolve(*c, vt_simd_best(), err));
  (void)snprintf((*c)->pot_recorded, sizeof(*c)->pot_recorded, "%s", (*c)->pot_file);
  return VT_OK;
}

/* The recorded campaign is there, and the campaign given is an edit of it that a run would accept. */
static vt_status is_accepted_edit(const vt__checkup *k, int *accepted, vt_err *err)
{
  vt_edit e;
  *accepted = 0;
  if (!k->c) return VT_OK;
  VT_PASS(vt_edit_look(k->dir, k->c, k->given, &e, err));
  *accepted = !e.refused;
  vt_edit_free(&e);
  return VT_OK;
}

/* It counts if every result in the journal is of one of its tasks, or if it only leaves some of the recorded ones out.
 */
static vt_status believe_given(vt__checkup *k, int *believed, vt_err *err)
{
  int results = 0, strange = 0, accepted = 0;
  *believed = 0;
  VT_PASS(is_accepted_edit(k, &accepted, err));
  for (int i = 0; k->j && i < vt_journal_count(k->j); i++) {
    const vt_rec *r = vt_journal_rec(k->j, i);
    if (r->type != VT_REC_RESULT) continue;
    results++;
    const int task = vt_campaign_find(k->given, &r->uid);
    vt_plan p;
    if (task >= 0) VT_PASS(vt_campaign_plan(k->given, task, &p, err));
    strange += task < 0 ? !accepted : !vt_record_has_length(k->j, r, &p);
  }
  vt__place at = {.kind = VT_FOUND_MISMATCH, .file = "campaign.yaml"};
  if (strange || !k->j) {
    at.action = "give the campaign file that was run";
    vt__found(k, at, "the campaign given describes %d of the %d results in the journal", results - strange, results);
    return VT_OK;
  }
  if (k->c && vt_campaign_equal(k->c, k->given)) return VT_OK; /* nothing to mend */
  at.repair = VT_REPAIR_CAMPAIGN;
  at.action = "repair writes it anew from the campaign given";
  vt__found(k, at, "the campaign given, of which all %d results in the journal are, is not the recorded one", results);
  vt_campaign_free(k->c);
  k->c = NULL;
  *believed = 1;
  vt_buf_free(&k->campaign_text);
  VT_TRY(record_given(k, &k->c, &k->campaign_text, err), err, "the campaign given");
  return VT_OK;
}

vt_status vt__check_campaign(vt__checkup *k, vt_err *err)
{
  char what[400];
  vt_err why = {0};
  int strange = 0;
  vt_finding_kind kind = VT_FOUND_DAMAGE;
  k->sum = access(k->dir->store, F_OK) == 0 ? vt_store_check_sum(k->dir->store, &k->why_sum) : VT_EIO;
  vt_status rc = vt_outdir_campaign(k->dir, k->env, &k->c, &why);
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "campaign of '%s'", k->dir->dir);
  if (rc == VT_OK) strange = is_strange(k, k->c);
  if (access(k->dir->campaign, F_OK) != 0) {
    kind = VT_FOUND_MISSING;
    (void)snprintf(what, sizeof what, "it is not there");
  } else if (rc != VT_OK) {
    const char *second = strchr(why.text, '\n');
    int user = second && strstr(why.text, "cannot be used:") && second[1];
    (void)snprintf(what, sizeof what, "it cannot be used: %.*s", user ? (int)strcspn(second + 1, "\n") : 300,
                   user ? second + 1 : vt__why(&why));
  } else if (strange) {
    kind = VT_FOUND_MISMATCH;
    (void)snprintf(what, sizeof what, "no result in the journal is of a task that it describes");
  } else
    what[0] = '\0';
  int believed = 0;
  if (k->given) VT_PASS(believe_given(k, &believed, err));
  if (what[0] && !believed) VT_PASS(ask_store(k, kind, what, err));
  if (k->c) (void)snprintf(k->v->campaign, sizeof k->v->campaign, "%s", k->c->name);
  return VT_OK;
}
