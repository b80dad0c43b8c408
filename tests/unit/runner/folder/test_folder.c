/* The output folder: names, which campaign it holds, who may work there, its state, and the file of a glass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/sys/sys.h"
#include "runner/folder/folder.h"
#include "runner/telemetry/telemetry.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static char top[VT_TEST_PATH];

static int open_top(void **state)
{
  (void)state;
  vt_test_folder_in_memory(top, "folder");
  return 0;
}

static int close_top(void **state)
{
  (void)state;
  vt_test_folder_remove(top);
  return 0;
}

/* A new output folder. */
static vt_outdir made_folder(const char *name)
{
  vt_outdir o;
  vt_err err = {0};
  VT_TEST_OK(vt_outdir_name(&o, vt_test_inside(top, name), &err), &err);
  VT_TEST_OK(vt_outdir_make(&o, &err), &err);
  return o;
}

static vt_campaign *folder_campaign(const char *formulas, const char *temperatures)
{
  return vt_test_small_campaign(formulas, temperatures, 1, "");
}

/* ------------------------------------------------------------------ names */

static void names_lie_in_the_folder_and_slashes_at_its_end_do_not_count(void **state)
{
  (void)state;
  vt_outdir o;
  vt_err err = {0};
  VT_TEST_OK(vt_outdir_name(&o, "/data/run///", &err), &err);
  assert_string_equal(o.dir, "/data/run");
  assert_string_equal(o.journal, "/data/run/journal");
  assert_string_equal(o.store, "/data/run/results.h5");
  assert_string_equal(o.campaign, "/data/run/campaign.yaml");
  assert_string_equal(o.status, "/data/run/status.json");
  assert_string_equal(o.halt, "/data/run/HALT");
  assert_string_equal(o.events, "/data/run/log/events.jsonl");
  VT_TEST_OK(vt_outdir_name(&o, "/", &err), &err);
  assert_string_equal(o.dir, "/");
  VT_TEST_REFUSED(vt_outdir_name(&o, "", &err), VT_EINVAL, &err, "cannot be an output folder");
  char *longest = vt_test_array(VT_PATH + 1, 1);
  memset(longest, 'd', VT_PATH);
  VT_TEST_REFUSED(vt_outdir_name(&o, longest, &err), VT_EINVAL, &err, "cannot be an output folder");
  longest[VT_PATH - 1] = '\0';
  VT_TEST_OK(vt_outdir_name(&o, longest, &err), &err);
  assert_int_equal(strlen(o.journal), VT_PATH - 1 + strlen("/journal")); /* nothing is cut */
  free(longest);
}

static void every_subfolder_is_made_and_may_be_there_already(void **state)
{
  (void)state;
  static const char *const sub[] = {"journal", "glass", "failed", "log", "checkpoint", "lease"};
  vt_outdir o = made_folder("made");
  vt_err err = {0};
  struct stat st;
  for (size_t k = 0; k < sizeof sub / sizeof *sub; k++) {
    assert_int_equal(stat(vt_test_inside(o.dir, sub[k]), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
  }
  VT_TEST_OK(vt_outdir_make(&o, &err), &err);
}

/* ------------------------------------------------------------------ which campaign */

static void a_campaign_that_was_recorded_is_read_back_with_the_same_identity(void **state)
{
  (void)state;
  vt_outdir o = made_folder("equal");
  vt_err err = {0};
  vt_campaign *c = folder_campaign("LiAlCl4, NaTaCl6", "[500 K, 600 K]"), *back;
  vt_outdir_kept kept = vt_outdir_look_up(&o, vt_test_env());
  assert_true(kept.simd == VT_SIMD_AUTO && !kept.recorded); /* none is recorded */
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 0, NULL, &err), &err);
  VT_TEST_OK(vt_outdir_campaign(&o, vt_test_env(), &back, &err), &err);
  assert_true(vt_uid_equal(&back->id, &c->id) && back->n_tasks == c->n_tasks);
  kept = vt_outdir_look_up(&o, vt_test_env());
  assert_int_equal(kept.simd, c->numerics.simd);
  vt_outdir_kept_free(&kept);
  char *before = vt_test_read(o.campaign, NULL);
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 0, NULL, &err), &err); /* equal is fine, with --extend as well */
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 1, NULL, &err), &err);
  char *after = vt_test_read(o.campaign, NULL);
  assert_string_equal(before, after);
  VT_TEST_OK(vt_outdir_join(&o, c, vt_test_env(), &err), &err);
  vt_free(before);
  vt_free(after);
  vt_campaign_free(back);
  vt_campaign_free(c);
}

static void a_campaign_grows_with_extend_shrinks_without_and_is_never_replaced(void **state)
{
  (void)state;
  vt_outdir o = made_folder("extended");
  vt_err err = {0};
  vt_campaign *small = folder_campaign("LiAlCl4", "[500 K]"), *more = folder_campaign("LiAlCl4, NaTaCl6", "[500 K]"),
              *other = folder_campaign("NaTaCl6", "[500 K]"), *back;
  VT_TEST_OK(vt_outdir_record(&o, small, vt_test_env(), 0, NULL, &err), &err);
  char *before = vt_test_read(o.campaign, NULL);
  VT_TEST_REFUSED(vt_outdir_record(&o, more, vt_test_env(), 0, NULL, &err), VT_EINVAL, &err, "(2 of these 4 tasks)");
  assert_non_null(strstr(err.text, "--extend"));
  for (int extend = 0; extend < 2; extend++)
    VT_TEST_REFUSED(vt_outdir_record(&o, other, vt_test_env(), extend, NULL, &err), VT_EINVAL, &err,
                    "holds another campaign");
  VT_TEST_REFUSED(vt_outdir_join(&o, more, vt_test_env(), &err), VT_EINVAL, &err, "holds another campaign (2 tasks)");
  char *after = vt_test_read(o.campaign, NULL);
  assert_string_equal(before, after); /* what was refused changed nothing */
  VT_TEST_OK(vt_outdir_record(&o, more, vt_test_env(), 1, NULL, &err), &err);
  VT_TEST_OK(vt_outdir_campaign(&o, vt_test_env(), &back, &err), &err);
  assert_true(vt_uid_equal(&back->id, &more->id));
  vt_buf said = {0};
  VT_TEST_OK(vt_outdir_record(&o, small, vt_test_env(), 0, &said, &err), &err);
  assert_non_null(strstr(said.s, "2 tasks are left out, 0 of them done; their results stay in the journal"));
  assert_non_null(strstr(said.s, "compositions: NaTaCl6"));
  vt_buf_free(&said);
  vt_free(before);
  vt_free(after);
  vt_campaign_free(back);
  vt_campaign_free(small);
  vt_campaign_free(more);
  vt_campaign_free(other);
}

static void a_record_that_cannot_be_read_is_refused_with_its_reason(void **state)
{
  (void)state;
  vt_outdir o = made_folder("broken");
  vt_err err = {0};
  vt_campaign *c = folder_campaign("LiAlCl4", "[500 K]"), *back;
  vt_test_write_text(o.campaign, "vitrion: 1\ncampaign: x\nglases: 3\n");
  VT_TEST_REFUSED(vt_outdir_campaign(&o, vt_test_env(), &back, &err), VT_EPARSE, &err, "glases");
  assert_non_null(strstr(err.text, o.dir));
  assert_null(back);
  assert_int_equal(vt_outdir_record(&o, c, vt_test_env(), 1, NULL, &err), VT_EPARSE); /* nor overwritten */
  assert_int_equal(vt_outdir_look_up(&o, vt_test_env()).simd, VT_SIMD_AUTO);
  vt_campaign_free(c);
}

static void another_campaign_is_refused_with_its_keys_and_what_the_journal_says(void **state)
{
  (void)state;
  vt_outdir o = made_folder("keys");
  vt_err err = {0};
  vt_campaign *c = folder_campaign("LiAlCl4", "[500 K]"), *hot = folder_campaign("LiAlCl4", "[700 K]");
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 0, NULL, &err), &err);
  VT_TEST_REFUSED(vt_outdir_record(&o, hot, vt_test_env(), 0, NULL, &err), VT_EINVAL, &err,
                  "temperatures: [500 K], here [700 K]");
  assert_non_null(strstr(err.text, "journal holds 0 results"));
  assert_null(strstr(err.text, "seed")); /* which is equal */
  vt_campaign_free(c);
  vt_campaign_free(hot);
}

/* ------------------------------------------------------------------ whose it is */

static void a_folder_with_a_file_of_the_user_is_not_ours_and_one_with_our_mark_is(void **state)
{
  (void)state;
  vt_outdir o;
  vt_err err = {0};
  VT_TEST_OK(vt_dir_make(vt_test_inside(top, "users"), &err), &err);
  VT_TEST_OK(vt_outdir_name(&o, vt_test_inside(top, "users"), &err), &err);
  vt_test_write_text(vt_test_inside(o.dir, "job.sh"), "mine");
  VT_TEST_OK(vt_outdir_check_owner(&o, &err), &err);
  assert_int_equal(vt_outdir_is_ours(&o), 0);
  vt_test_write_text(vt_test_inside(o.dir, "summary.csv"), "mine");
  VT_TEST_REFUSED(vt_outdir_make(&o, &err), VT_EINVAL, &err, "summary.csv");
  assert_int_not_equal(access(o.journal, F_OK), 0); /* nothing was made */
  assert_int_equal(unlink(vt_test_inside(o.dir, "summary.csv")), 0);
  VT_TEST_OK(vt_outdir_make(&o, &err), &err);
  vt_test_write_text(vt_test_inside(o.dir, "summary.csv"), "ours");
  VT_TEST_OK(vt_outdir_check_owner(&o, &err), &err);
  assert_int_equal(unlink(vt_test_inside(o.dir, ".vitrion")), 0);
  assert_int_equal(vt_outdir_is_ours(&o), 0); /* an empty journal says nothing */
}

static void the_potential_is_named_relative_to_the_folder(void **state)
{
  (void)state;
  vt_err err = {0};
  static const struct {
    const char *dir, *potential, *want;
  } row[] = {{"/no-such/p/runs/x", "/no-such/p/pot/a.txt", "../../pot/a.txt"},
             {"/no-such/p", "/no-such/p/a.txt", "a.txt"},
             {"/no-such/p/runs", "/no-such/p/runs2/a.txt", "../runs2/a.txt"},
             {"/no-such/p", "/no-such/p/x/../pot/./a.txt", "pot/a.txt"},
             {"/no-such", "/a.txt", "../a.txt"}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    vt_outdir o;
    vt_campaign *c = folder_campaign("LiAlCl4", "[500 K]");
    VT_TEST_OK(vt_outdir_name(&o, row[k].dir, &err), &err);
    (void)snprintf(c->pot_path, sizeof c->pot_path, "%s", row[k].potential);
    vt_outdir_place_potential(&o, c);
    assert_string_equal(c->pot_recorded, row[k].want);
    vt_campaign_free(c);
  }
}

/* ------------------------------------------------------------------ who is there */

static void a_locked_folder_keeps_others_out_until_it_is_released(void **state)
{
  (void)state;
  vt_outdir o = made_folder("locked"), same = o;
  vt_err err = {0};
  assert_int_equal(vt_outdir_busy(&o), 0);
  VT_TEST_OK(vt_outdir_lock(&o, "repair", &err), &err);
  assert_int_equal(vt_outdir_busy(&same), 1);
  VT_TEST_REFUSED(vt_outdir_lock(&same, "repair", &err), VT_EINVAL, &err, "is working in");
  assert_non_null(strstr(err.text, o.dir));
  assert_null(same.alone);
  vt_outdir_release(&o);
  assert_int_equal(vt_outdir_busy(&o), 0);
  VT_TEST_OK(vt_outdir_lock(&same, "repair", &err), &err);
  vt_outdir_release(&same);
  vt_outdir_release(&same); /* nothing is held: fine */
}

static void a_job_is_named_by_its_number_in_the_batch_system(void **state)
{
  (void)state;
  char text[VT_JOB_LABEL], want[256];
  const char *build = vt_build_info()->build_id;
  (void)unsetenv("SLURM_JOB_ID"), (void)unsetenv("SLURM_ARRAY_JOB_ID"), (void)unsetenv("SLURM_ARRAY_TASK_ID");
  vt_job_label_here(text);
  (void)snprintf(want, sizeof want, "job, build %s", build);
  assert_string_equal(text, want);
  assert_int_equal(setenv("SLURM_JOB_ID", "4711", 1), 0);
  vt_job_label_here(text);
  (void)snprintf(want, sizeof want, "SLURM job 4711, build %s", build);
  assert_string_equal(text, want);
  assert_int_equal(setenv("SLURM_ARRAY_JOB_ID", "4700", 1), 0);
  assert_int_equal(setenv("SLURM_ARRAY_TASK_ID", "11", 1), 0);
  vt_job_label_here(text);
  (void)snprintf(want, sizeof want, "SLURM job 4700_11, build %s", build);
  assert_string_equal(text, want);
  (void)unsetenv("SLURM_JOB_ID"), (void)unsetenv("SLURM_ARRAY_JOB_ID"), (void)unsetenv("SLURM_ARRAY_TASK_ID");
}

/* ------------------------------------------------------------------ state */

static void folder_is(const vt_folder_view *v, const char *state, int waiting, int ready, int done, int failed)
{
  const vt_campaign *c = vt_folder_view_campaign(v);
  const vt_folder_state *s = vt_folder_view_state(v);
  assert_string_equal(s->state, state);
  assert_true(s->tasks.waiting == waiting && s->tasks.ready == ready && s->tasks.done == done &&
              s->tasks.failed == failed && s->tasks.leased == 0);
  int64_t tasks = 0;
  for (int k = 0; k < c->n_comp; k++)
    tasks += s->comp[k].waiting + s->comp[k].ready + s->comp[k].done + s->comp[k].failed;
  assert_int_equal(tasks, c->n_tasks);
  double ns_total = 0;
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_plan p = vt_test_plan(c, i);
    ns_total += vt_replica_ns(&p);
  }
  near(s->ns_total, ns_total, 1e-12); /* the same few numbers added */
  if (done == 0) near(s->ns_done, 0, 0);
  if (done == c->n_tasks) near(s->ns_done, ns_total, 1e-12);
  assert_true(isnan(s->eta_s) && !s->live); /* nobody runs */
}

static vt_folder_view *viewed(const vt_outdir *o, const vt_campaign *c)
{
  vt_folder_view *v;
  vt_err err = {0};
  VT_TEST_OK(vt_outdir_record(o, c, vt_test_env(), 0, NULL, &err), &err);
  VT_TEST_OK(vt_folder_view_open(&v, o, vt_test_env(), &err), &err);
  assert_true(vt_uid_equal(&vt_folder_view_campaign(v)->id, &c->id));
  return v;
}

static void refresh(vt_folder_view *v)
{
  vt_err err = {0};
  VT_TEST_OK(vt_folder_view_refresh(v, &err), &err);
}

/* The explanation of task i contains the phrase. */
static int explains(const vt_folder_view *v, int i, const char *phrase)
{
  vt_buf b = {0};
  vt_err err = {0};
  VT_TEST_OK(vt_folder_view_explain(v, i, &b, &err), &err);
  const int found = strstr(b.s, phrase) != NULL;
  vt_buf_free(&b);
  return found;
}

static void record(const vt_outdir *o, const vt_campaign *c, int task)
{
  const vt_plan p = vt_test_plan(c, task);
  size_t n;
  double *values = vt_test_counting_values(&p, 0, &n);
  vt_test_record_result(o->journal, &p, values, n);
  free(values);
}

static void a_folder_is_new_stopped_failed_or_done_as_its_records_say(void **state)
{
  (void)state;
  vt_outdir o = made_folder("state");
  vt_campaign *c = folder_campaign("LiAlCl4, NaTaCl6", "[500 K]"); /* glass, MD, glass, MD */
  vt_folder_view *v = viewed(&o, c);
  folder_is(v, "new", 2, 2, 0, 0);
  record(&o, c, 0);
  refresh(v);
  folder_is(v, "stopped", 1, 2, 1, 0);
  record(&o, c, 1);
  for (int rung = 0; rung < 2 * c->max_tries; rung++)
    vt_test_record_failure(o.journal, &c->task[2].uid, rung / 2, rung % 2 ? VT_STAGE_MELT : 0, 0, VT_EDIVERGE,
                           "too hot\nsecond line");
  refresh(v);
  folder_is(v, "failed", 0, 0, 2, 2);
  assert_true(explains(v, 0, "LiAlCl4, glass 0 (melt and quench)"));
  assert_true(explains(v, 0, "done: 0.5 ns in 2.0 s, build a build"));
  assert_true(explains(v, 3, "its glass failed for good"));
  assert_true(explains(v, 3, "in stage 'melt', step 17: too hot\n") && !explains(v, 3, "second line"));
  vt_folder_view_close(v);
  vt_campaign_free(c);
  vt_folder_view_close(NULL);
}

static void a_view_follows_the_folder_to_a_larger_campaign(void **state)
{
  (void)state;
  vt_outdir o = made_folder("all");
  vt_err err = {0};
  vt_campaign *c = folder_campaign("LiAlCl4", "[500 K]"), *more = folder_campaign("LiAlCl4, NaTaCl6", "[500 K]");
  vt_folder_view *v = viewed(&o, c);
  for (int i = 0; i < c->n_tasks; i++) record(&o, c, i);
  refresh(v);
  folder_is(v, "done", 0, 0, 2, 0);
  VT_TEST_OK(vt_outdir_record(&o, more, vt_test_env(), 1, NULL, &err), &err);
  refresh(v);
  assert_true(vt_uid_equal(&vt_folder_view_campaign(v)->id, &more->id));
  folder_is(v, "stopped", 1, 1, 2, 0);
  vt_folder_view_close(v);
  vt_campaign_free(c);
  vt_campaign_free(more);
}

/* A run that was killed leaves a status.json that says "running", written just now. */
static void what_a_killed_run_wrote_last_is_not_the_present(void **state)
{
  (void)state;
  vt_outdir o = made_folder("killed"), worker = o;
  vt_err err = {0};
  vt_campaign *c = folder_campaign("LiAlCl4", "[500 K]");
  vt_folder_view *v = viewed(&o, c);
  const vt_rank_state rank = {.doing = VT_RANK_BUSY, .task = 1, .stage = VT_STAGE_PRODUCE, .fraction = 0.5};
  const vt_run_snapshot w = {
      .tasks = {.leased = 1}, .ns_per_day = 3, .eta_s = 99, .workers = 1, .rank = &rank, .n_ranks = 1};
  vt_status_file_write(o.status, c, &w, "", "running", 2);
  record(&o, c, 0);
  VT_TEST_OK(vt_outdir_lock(&worker, NULL, &err), &err);
  refresh(v);
  const vt_folder_state *s = vt_folder_view_state(v);
  assert_string_equal(s->state, "running");
  assert_true(s->live && s->eta_s == 99 && s->tasks.leased == 1);
  vt_outdir_release(&worker);
  refresh(v);
  folder_is(v, "stopped", 0, 1, 1, 0); /* neither ranks nor a time left */
  vt_folder_view_close(v);
  vt_campaign_free(c);
}

/* ------------------------------------------------------------------ the file of a glass */

/* What is written in 17 digits is read back as the same number. */
static void the_file_of_a_glass_is_its_record_to_the_bit(void **state)
{
  (void)state;
  vt_outdir o = made_folder("glass");
  vt_campaign *c = folder_campaign("LiTaOCl4", "[500 K]");
  const vt_plan p = vt_test_plan(c, 0);
  char name[VT_GLASS_FILE_NAME], hex[65], want[VT_GLASS_FILE_NAME];
  vt_array_def def[VT_MAX_ARRAYS];
  int n_def, got;
  size_t n;
  vt_err err = {0};
  vt_xyz *file;
  vt_structure s;
  double *values = vt_test_counting_values(&p, 1.0 / 3, &n), *cell = NULL, *x = NULL, *at = values;
  VT_TEST_OK(vt_replica_layout(&p, def, VT_MAX_ARRAYS, &n_def, &err), &err);
  for (int a = 0; a < n_def; at += vt_array_count(&def[a]), a++) {
    if (strcmp(def[a].name, "glass/cell") == 0) cell = at;
    if (strcmp(def[a].name, "glass/x") == 0) x = at;
  }
  assert_true(cell && x);
  for (int k = 0; k < 9; k++) cell[k] = k % 4 ? 0.1 / (k + 1) : 20.0 / 3;
  VT_TEST_OK(vt_glass_file_write(&o, &p, values, &err), &err);
  vt_uid_hex(&p.uid, hex);
  vt_glass_file_name(&p.uid, name);
  (void)snprintf(want, sizeof want, "glass/%s.xyz", hex);
  assert_string_equal(name, want);
  VT_TEST_OK(vt_xyz_open(&file, vt_test_inside(o.dir, name), &err), &err);
  VT_TEST_OK(vt_xyz_next(file, &s, &got, &err), &err);
  assert_true(got && s.n == p.comp.n_atoms);
  assert_memory_equal(s.cell.h, cell, sizeof s.cell.h);
  assert_memory_equal(s.x, x, (size_t)s.n * sizeof *s.x);
  for (int sp = 0, i = 0; sp < p.comp.n_species; sp++)
    for (int k = 0; k < p.comp.count[sp]; k++, i++) assert_string_equal(s.symbol[i], vt_element_symbol(p.comp.z[sp]));
  vt_structure_free(&s);
  vt_xyz_close(file);
  free(values);
  vt_campaign_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_lie_in_the_folder_and_slashes_at_its_end_do_not_count),
      cmocka_unit_test(every_subfolder_is_made_and_may_be_there_already),
      cmocka_unit_test(a_campaign_that_was_recorded_is_read_back_with_the_same_identity),
      cmocka_unit_test(a_campaign_grows_with_extend_shrinks_without_and_is_never_replaced),
      cmocka_unit_test(a_record_that_cannot_be_read_is_refused_with_its_reason),
      cmocka_unit_test(another_campaign_is_refused_with_its_keys_and_what_the_journal_says),
      cmocka_unit_test(a_folder_with_a_file_of_the_user_is_not_ours_and_one_with_our_mark_is),
      cmocka_unit_test(the_potential_is_named_relative_to_the_folder),
      cmocka_unit_test(a_locked_folder_keeps_others_out_until_it_is_released),
      cmocka_unit_test(a_job_is_named_by_its_number_in_the_batch_system),
      cmocka_unit_test(a_folder_is_new_stopped_failed_or_done_as_its_records_say),
      cmocka_unit_test(a_view_follows_the_folder_to_a_larger_campaign),
      cmocka_unit_test(what_a_killed_run_wrote_last_is_not_the_present),
      cmocka_unit_test(the_file_of_a_glass_is_its_record_to_the_bit),
  };
  return cmocka_run_group_tests_name("folder", tests, open_top, close_top);
}
