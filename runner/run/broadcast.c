/* broadcast.c - one campaign on all ranks: rank 0 reads the file, the others parse its canonical text and are sent what
 * its structures hold. */
#include <stdio.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/run/run_impl.h"

typedef struct header {
  int32_t exit_code, reserved;
  uint64_t n_text;
  vt_uid id;
  char folder[VT_PATH], output[VT_PATH], pot_recorded[VT_PATH];
} header;

static void print_diags(const vt_diags *d)
{
  vt_buf text = {0};
  vt_diags_format(d, &text);
  if (text.s) fputs(text.s, stderr);
  vt_buf_free(&text);
}

/* The user's own files are not touched, and what was begun is not begun again by mistake: 1, and why on stderr. */
static int must_not_start(const vt_run_options *o, const vt_campaign *c, const vt_outdir *dir)
{
  vt_err why = {0};
  char full[VT_PATH], found[VT_PATH];
  int done;
  if (c->target.asked && o->join) {
    (void)fprintf(
        stderr, "vitrion run: --join cannot help a campaign with a target: its rounds are decided by one job; start it "
                "alone, with more ranks\n");
    return 1;
  }
  vt_outdir_full(dir, full);
  if (vt_outdir_check_owner(dir, &why) != VT_OK || vt_outdir_check_structures(dir, c, &why) != VT_OK) {
    (void)fprintf(stderr, "vitrion run: %s\n", vt_err_line(why.text).s);
    return 1;
  }
  if (o->output || !vt_outdir_elsewhere(dir, c, o->campaign, o->env, found, &done)) return 0;
  (void)fprintf(stderr,
                "vitrion run: this campaign has begun in '%s' (%d of %d tasks are done there), and from here its "
                "output would be '%s', which begins anew; nothing was touched\n"
                "  to go on:       --output %s\n"
                "  to begin anew:  --output %s\n",
                found, done, c->n_tasks, full, found, full);
  return 1;
}

/* An edit of the recorded campaign that cannot be accepted, in full: 1, and why on stderr.  A job that joins waits for
 * what the job that leads records (vt_outdir_join). */
static vt_status must_not_edit(const vt_run_options *o, const vt_campaign *c, const vt_outdir *dir,
                               const vt_campaign *recorded, int *refused, vt_err *err)
{
  vt_edit e;
  vt_buf text = {0};
  *refused = 0;
  if (!recorded || o->join) return VT_OK;
  VT_TRY(vt_edit_look(dir, recorded, c, &e, err), err, "the campaign recorded in '%s'", dir->dir);
  if (e.refused)
    vt_edit_refusal(&e, dir, c, &text);
  else if (e.n_added > 0 && !o->extend)
    vt_edit_needs_extend(&e, dir, c, &text);
  *refused = text.len > 0;
  if (text.s) (void)fprintf(stderr, "vitrion run: %s", text.s);
  vt_buf_free(&text);
  vt_edit_free(&e);
  return VT_OK;
}

/* Core-hours become simulated time once: decisions keep to that, on whatever machine the campaign goes on. */
static vt_status fix_budget(const vt_run_options *o, int ranks, vt_campaign *c, vt_err *err)
{
  vt_target *t = &c->target;
  if (!t->asked || t->budget_fixed_ns > 0) return VT_OK;
  if (!o->budget_ns) VT_FAIL(err, VT_EINVAL, "target.budget: what core-hours are worth is not known here; give a time");
  VT_TRY(o->budget_ns(c, ranks, &t->budget_fixed_ns, err), err, "target.budget");
  if (!o->quiet)
    printf("target.budget: %.4g core-hours are %.4g ns at the speed of this machine, from now on\n", t->budget_core_h,
           t->budget_fixed_ns);
  return VT_OK;
}

/* Rank 0: load, decide where the output goes, fix the numerics. */
static vt_status broadcast_load(const vt_run_options *o, int ranks, vt_campaign **c, header *h, vt_err *err)
{
  vt_diags diags = {0};
  vt_outdir dir;
  vt_campaign_env reading = *o->env;
  reading.output = o->output;
  vt_status rc = vt_campaign_load(o->campaign, &reading, c, &diags, err);
  print_diags(&diags);
  int mistakes = rc == VT_EPARSE && diags.n_errors;
  vt_diags_free(&diags);
  if (mistakes) {
    h->exit_code = VT_EXIT_USAGE;
    return VT_OK;
  }
  VT_PASS(rc);
  const char *out = o->output ? o->output : (*c)->output;
  if (snprintf(h->output, sizeof h->output, "%s", out) >= (int)sizeof h->output)
    VT_FAIL(err, VT_EINVAL, "the output folder's name is too long");
  VT_PASS(vt_outdir_name(&dir, h->output, err));
  vt_campaign_env near = *o->env;
  near.pot_hint = (*c)->pot_path;
  vt_outdir_kept kept = vt_outdir_look_up(&dir, &near); /* the numerics and the protocol of its first start */
  int refused = 0;
  VT_TRY_OUT(vt_outdir_resolve(&kept, *c, err), err, "campaign '%s'", o->campaign);
  (void)snprintf(h->folder, sizeof h->folder, "%s", (*c)->folder);
  h->id = (*c)->id;
  refused = must_not_start(o, *c, &dir);
  if (!refused) VT_TRY_OUT(must_not_edit(o, *c, &dir, kept.recorded, &refused, err), err, "campaign '%s'", o->campaign);
  if (refused) h->exit_code = VT_EXIT_USAGE;
  if (!refused) VT_TRY_OUT(fix_budget(o, ranks, *c, err), err, "campaign '%s'", o->campaign);
out:
  vt_outdir_kept_free(&kept);
  return rc;
}

/* Other ranks: the same tasks out of the same text. */
static vt_status broadcast_parse(const header *h, const char *text, const vt_run_options *o, vt_campaign **c,
                                 vt_err *err)
{
  vt_diags diags = {0};
  vt_campaign_env reading = *o->env;
  reading.structures = NULL; /* broadcast_structures */
  vt_status rc = vt_campaign_parse(text, h->n_text, "campaign", h->folder, &reading, c, &diags, err);
  if (rc == VT_EPARSE && diags.n)
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "the canonical campaign cannot be read here: %s: %s",
                    diags.d[0].path, diags.d[0].text);
  vt_diags_free(&diags);
  VT_PASS(rc);
  VT_PASS(vt_campaign_resolve(*c, vt_simd_best(), err));
  if (!vt_uid_equal(&(*c)->id, &h->id))
    VT_FAIL(err, VT_EINVAL, "this rank sees other tasks than rank 0: does it read the same potential '%s'?",
            (*c)->pot_path);
  return VT_OK;
}

/* What glasses begin with: one rank alone reads files, so that all begin with the same, and a reader in a process of
 * its own (runner/h5md_read) is made once, before ranks talk much.  Frames that no glass takes stay behind. */
static vt_status broadcast_structures(vt_comm *comm, vt_campaign *c, vt_err *err)
{
  const int rank = vt_comm_rank(comm);
  for (int k = 0; k < c->n_structures; k++) {
    vt_campaign_structure *s = &c->structure[k];
    vt_status rc = VT_OK;
    void *p = NULL;
    int32_t n = s->n_frames < c->n_glasses || c->target.asked ? s->n_frames : c->n_glasses; /* glasses may be added */
    VT_PASS(vt_comm_bcast(comm, 0, &n, sizeof n, err));
    if (rank > 0) rc = vt_calloc64(&p, (size_t)n * (size_t)s->n_values, sizeof *s->frame, err);
    VT_PASS(vt_comm_agree(comm, rc, err));
    if (rank > 0) {
      s->frame = p;
      s->n_frames = n;
    }
    for (int i = 0; i < n; i++)
      VT_PASS(vt_comm_bcast(comm, 0, s->frame + (size_t)i * (size_t)s->n_values, (size_t)s->n_values * sizeof *s->frame,
                            err));
  }
  return VT_OK;
}

vt_status vt__run_broadcast_campaign(vt_comm *comm, const vt_run_options *o, vt_campaign **c, vt_outdir *dir,
                                     int *exit_code, vt_err *err)
{
  vt_status rc = VT_OK;
  header h = {0};
  vt_buf canon = {0};
  void *copy = NULL;
  int rank = vt_comm_rank(comm);
  *c = NULL;
  memset(dir, 0, sizeof *dir);
  if (rank == 0) {
    rc = broadcast_load(o, vt_comm_size(comm), c, &h, err);
    if (rc == VT_OK && !h.exit_code) {
      vt_campaign_canon(*c, &canon); /* with an absolute path, as this reader finds the potential */
      h.n_text = canon.len;
      rc = vt_buf_check(&canon, err);
      if (rc == VT_OK) rc = vt_outdir_name(dir, h.output, err);
      if (rc == VT_OK) {
        vt_outdir_place_potential(dir, *c);
        memcpy(h.pot_recorded, (*c)->pot_recorded, sizeof h.pot_recorded);
      }
    }
  }
  rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK) rc = vt_comm_bcast(comm, 0, &h, sizeof h, err);
  if (rc != VT_OK || h.exit_code) goto out;
  if (rank > 0) rc = vt_calloc64(&copy, h.n_text + 1, 1, err);
  rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK) rc = vt_comm_bcast(comm, 0, rank == 0 ? canon.s : copy, h.n_text, err);
  if (rc != VT_OK) goto out;
  if (rank > 0) rc = broadcast_parse(&h, copy, o, c, err);
  /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): all agreed on VT_OK, so *c is made */
  if (rc == VT_OK && !vt_simd_works((vt_simd)(*c)->numerics.simd))
    rc = vt_err_set(err, VT_EUNSUP, __FILE__, __LINE__,
                    "this campaign computes with %s, which this processor cannot do (the last digits depend on it, so "
                    "it belongs to a campaign's identity; "
                    "say engine.simd in the campaign file to choose what all ranks can do)",
                    vt_simd_name((vt_simd)(*c)->numerics.simd));
  if (rc == VT_OK) rc = vt_outdir_name(dir, h.output, err);
  if (rc == VT_OK) memcpy((*c)->pot_recorded, h.pot_recorded, sizeof h.pot_recorded);
  if (rc == VT_OK) vt_outdir_place_structures(*c);
  rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK) rc = broadcast_structures(comm, *c, err);
out:
  *exit_code = h.exit_code;
  vt_buf_free(&canon);
  vt_free(copy);
  return rc;
}
