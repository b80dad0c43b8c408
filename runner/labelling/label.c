/* label.c - one labelling on all ranks, from its files to the exit code. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/labelling/labelling_impl.h"
#include "runner/stop/stop.h"

void vt__label_say(const vt__labeller *l, const char *fmt, ...)
{
  char text[2 * VT_PATH];
  va_list ap;
  if (vt_comm_rank(l->comm) != 0 || !l->o->say) return;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  l->o->say(l->o->ctx, text);
}

static void say_lines(const vt__labeller *l, const char *before, const char *text)
{
  while (text && *text) {
    const size_t n = strcspn(text, "\n");
    vt__label_say(l, "%s%.*s", before, (int)n, text);
    text += n + (text[n] == '\n');
  }
}

/* ------------------------------------------------------------------ what is asked */

/* The files that the command names decide about labels, too. */
static vt_status identify_command(vt_method *m, vt_err *err)
{
  vt_uid named, both[2];
  vt_driver command = m->driver;
  int n_files = 1;
  if (m->driver.command[0]) {
    VT_PASS(vt_ipi_command_check(&m->driver, "-", err));
    VT_PASS(vt_ipi_identity(&m->driver, "-", &named, err));
  } else {
    (void)snprintf(command.command, sizeof command.command, "%s", m->command);
    VT_PASS(vt_program_identity(&command, &n_files, &named, err));
  }
  if (!m->text) m->input_sha256 = named;
  both[0] = m->sha256, both[1] = named;
  if (n_files > 0) vt_sha256(both, sizeof both, &m->sha256);
  return VT_OK;
}

static vt_status load_method(vt__labeller *l, int *bad, vt_err *err)
{
  vt_diags diags;
  vt_buf text = {0};
  vt_status rc = vt_method_load(l->o->method, &l->m, &diags, err);
  vt_diags_format(&diags, &text);
  say_lines(l, "", text.s);
  *bad = diags.n_errors > 0;
  vt_buf_free(&text);
  vt_diags_free(&diags);
  if (*bad && rc == VT_EPARSE) {
    vt_err_clear(err);
    return VT_OK;
  }
  return rc == VT_OK ? identify_command(l->m, err) : rc;
}

/* All ranks have read the same. */
static vt_status check_same(vt__labeller *l, vt_err *err)
{
  vt_buf b = {0};
  vt_uid mine = {0}, first;
  vt_buf_add(&b, &l->m->sha256, sizeof l->m->sha256);
  for (int k = 0; k < l->n; k++) vt_buf_add(&b, &l->frame[k].id, sizeof l->frame[k].id);
  vt_status rc = vt_buf_check(&b, err);
  if (rc == VT_OK) vt_sha256(b.s, b.len, &mine);
  vt_buf_free(&b);
  VT_PASS(vt_comm_agree(l->comm, rc, err));
  first = mine;
  VT_PASS(vt_comm_bcast(l->comm, 0, &first, sizeof first, err));
  if (!vt_uid_equal(&mine, &first))
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "method or frames are not the same on all nodes");
  return vt_comm_agree(l->comm, rc, err);
}

static vt_status prepare(vt__labeller *l, int *bad, vt_err *err)
{
  vt_status rc = load_method(l, bad, err);
  if (rc == VT_OK && !*bad) rc = vt__label_frames_read(l, bad, err);
  VT_PASS(vt_comm_agree(l->comm, rc, err));
  int32_t any = *bad;
  VT_PASS(vt_comm_bcast(l->comm, 0, &any, sizeof any, err));
  if (*bad != any) rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "method or frames differ between nodes");
  VT_PASS(vt_comm_agree(l->comm, rc, err));
  return any ? VT_OK : check_same(l, err);
}

/* ------------------------------------------------------------------ the end */

/* Rank 0: labelled.xyz, warnings, what failed; how many did. */
static vt_status conclude(vt__labeller *l, int stopped, int *failed, vt_err *err)
{
  int done = 0;
  VT_PASS(vt__label_place_write(l, err));
  VT_PASS(vt__label_compare(l, err));
  say_lines(l, "warning: ", l->warnings.s);
  *failed = 0;
  for (int k = 0; k < l->n; k++) {
    const vt__label_frame *f = &l->frame[l->frame[k].same_as >= 0 ? l->frame[k].same_as : k];
    *failed += f->state == VT__LABEL_FAILED;
    done += f->state == VT__LABEL_DONE;
  }
  l->state = stopped ? "stopped" : *failed ? "failed" : "done";
  if (done > 0) vt__label_say(l, "%s/labelled.xyz: %d of %d frames", l->place.dir, done, l->n);
  const int others = vt__label_place_others(l);
  if (others > 0)
    vt__label_say(l, "%d more label%s in '%s/frames', of frames that were not given now: labelled.xyz lacks them",
                  others, others == 1 ? " is" : "s are", l->place.dir);
  if (*failed)
    vt__label_say(l, "%d frame%s failed, see status.json and failed/ there; --retry tries again", *failed,
                  *failed == 1 ? "" : "s");
  if (stopped) vt__label_say(l, "stopped; the same command goes on");
  if (stopped && access(l->place.halt, F_OK) == 0)
    vt__label_say(l, "'%s' is still there: remove it before the next start", l->place.halt);
  return VT_OK;
}

static vt_status open_place(vt__labeller *l, vt_err *err)
{
  VT_PASS(VT_NEW(l->left, vt_comm_size(l->comm), err));
  VT_PASS(vt__label_place_open(l, err));
  return vt__label_place_look(l, err);
}

static vt_status label_all(vt__labeller *l, int *code, vt_err *err)
{
  int stopped = 0, failed = 0;
  const int first = vt_comm_rank(l->comm) == 0;
  VT_PASS(vt_comm_agree(l->comm, first ? open_place(l, err) : VT_OK, err));
  vt_stop_limits(l->o->wall_s, l->o->grace_s, first ? l->place.halt : NULL);
  VT_PASS(vt__label_farm(l, &stopped, err));
  VT_PASS(vt_comm_agree(l->comm, first ? conclude(l, stopped, &failed, err) : VT_OK, err));
  *code = stopped ? VT_EXIT_AGAIN : failed ? VT_EXIT_TASKS : VT_EXIT_OK;
  return VT_OK;
}

vt_status vt_labelling_run(vt_comm *comm, const vt_labelling_options *o, int *code, vt_err *err)
{
  vt__labeller l = {.comm = comm, .o = o, .state = "running"};
  int bad = 0;
  *code = VT_EXIT_FAIL;
  vt_status rc = vt_outdir_name(&l.place, o->output, err);
  if (rc == VT_OK) rc = prepare(&l, &bad, err);
  if (rc == VT_OK && bad) *code = VT_EXIT_USAGE;
  if (rc == VT_OK && !bad) rc = label_all(&l, code, err);
  if (rc != VT_OK) l.state = "stopped";
  if (rc != VT_OK && l.place.alone && !l.lost)
    vt__label_say(&l, "the labels made so far are kept in '%s/frames'; the same command goes on", l.place.dir);
  if (l.m && !l.lost) vt__label_place_view(&l, 1);
  vt__label_place_close(&l);
  vt__label_frames_free(&l);
  vt_buf_free(&l.warnings);
  vt_free(l.left);
  vt_method_free(l.m);
  return rc;
}
