/* config: values and their units, defaults, tasks, identities, canonical text, YAML's dark corners. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

static const char plain[] = "vitrion: 1\n"
                            "campaign: screen\n"
                            "potential: {kind: nep, file: pot/seven.nep.txt}\n"
                            "compositions:\n"
                            "  grid:\n"
                            "    alkali: [Li, Na]\n"
                            "    metal: [Al, Ta]\n"
                            "    halogen: [Cl]\n"
                            "    halogen_to_oxygen: [10/3, 4]\n"
                            "  atoms: 84\n"
                            "temperatures: 500..700 K by 100 K\n"
                            "glasses: 2\n";

static vt_campaign *parsed_in(const char *text, const char *folder)
{
  vt_err err;
  vt_diags d;
  vt_campaign *c;
  vt_err_clear(&err);
  if (vt_campaign_parse(text, strlen(text), "t.yaml", folder, &env_fixed, &c, &d, &err) != VT_OK) {
    vt_buf b = {0};
    vt_diags_format(&d, &b);
    fail_msg("%s\n%s\n%s", err.text, b.len ? b.s : "", text);
  }
  vt_diags_free(&d);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_AVX2, &err), &err);
  return c;
}

static vt_campaign *parsed(const char *text) { return parsed_in(text, "/somewhere"); }

/* `plain` and more. */
static vt_campaign *with(const char *more)
{
  char text[4000];
  (void)snprintf(text, sizeof text, "%s%s", plain, more);
  return parsed(text);
}

static vt_uid id_of(const char *text)
{
  vt_campaign *c = parsed(text);
  vt_uid id = c->id;
  vt_campaign_free(c);
  return id;
}

static vt_uid id_with(const char *more)
{
  vt_campaign *c = with(more);
  vt_uid id = c->id;
  vt_campaign_free(c);
  return id;
}

/* Diagnostics of a text, formatted; the caller frees. */
static char *complaints(const char *text, size_t n, vt_status want)
{
  vt_err err;
  vt_diags d;
  vt_campaign *c;
  vt_buf b = {0};
  assert_int_equal(vt_campaign_parse(text, n, "t.yaml", "/t", &env_fixed, &c, &d, &err), want);
  vt_diags_format(&d, &b);
  vt_buf_add(&b, "", 0);
  vt_diags_free(&d);
  vt_campaign_free(c);
  return b.s;
}

static void assert_refused(const char *text, const char *phrase)
{
  char *s = complaints(text, strlen(text), VT_EPARSE);
  if (!s || !strstr(s, phrase)) fail_msg("'%s' expected in:\n%s", phrase, s ? s : "");
  free(s);
}

/* ------------------------------------------------------------------ values */

static void quantities_may_be_written_in_any_unit_of_their_kind(void **state)
{
  (void)state;
  vt_campaign *c = with("protocol:\n"
                        "  pack: {density: 0.85}\n"
                        "  melt: {temperature: 1.1e3 K, duration: 0.02 ns, timestep: 0.001 ps}\n"
                        "  quench: {rate: 0.5 K/ps, pressure: 1 bar, npt_below: 0 K}\n"
                        "  produce: {duration: 0.6 ns, ensemble: nve}\n"
                        "checkpoint: {every: 2 min}\n"
                        "runner: {master_timeout: 0.5 h, master: inline, max_tries: 4}\n"
                        "engine: {simd: portable, precision: mixed}\n"
                        "observe: {thermo: {every: 200 fs}, rdf: {r_max: 0.5 nm, bin: 0.1 A}, residence: }\n");
  const vt_protocol *p = &c->protocol;
  assert_true(p->pack_density == 0.85 && p->melt_t_k == 1100 && p->melt_ps == 20 && p->melt_dt_fs == 1);
  assert_true(p->quench_rate_k_s == 5e11 && p->pressure_gpa == 1e-4 && p->quench_npt_below_k == 0);
  assert_true(p->produce_ps == 600 && p->produce_ensemble == VT_NVE);
  assert_true(c->checkpoint_every_s == 120 && c->master_timeout_s == 1800);
  assert_int_equal(c->master_inline, 1);
  assert_int_equal(c->max_tries, 4);
  assert_int_equal(c->numerics.simd, VT_SIMD_PORTABLE);
  assert_int_equal(c->numerics.precision, VT_MIXED);
  assert_int_equal(c->n_obs, 3); /* in the order of the table: rdf, residence, thermo */
  assert_string_equal(c->obs[0].name, "rdf");
  assert_true(c->obs[0].par[0] == 0.1 && c->obs[0].par[1] == 5 && c->obs[0].every_ps == 0.5);
  assert_string_equal(c->obs[1].name, "residence");
  assert_string_equal(c->obs[2].name, "thermo");
  assert_true(c->obs[2].every_ps == 0.2);
  vt_campaign_free(c);
}

static void defaults_are_those_of_the_contract(void **state)
{
  (void)state;
  vt_campaign *c = parsed("vitrion: 1\ncampaign: d\npotential: {kind: lj}\n"
                          "compositions: {include: [LiAlCl4]}\ntemperatures: [600 K, 500 K]\n");
  const vt_protocol *p = &c->protocol;
  assert_true(c->seed == 1 && c->n_glasses == 5 && c->atoms == 340);
  assert_true(p->pack_density == 0.9 && p->melt_t_k == 1200 && p->melt_ps == 20);
  assert_true(p->quench_rate_k_s == 1e12 && p->quench_npt_below_k == 800 && p->pressure_gpa == 0);
  assert_true(p->equil_ps == 50 && p->produce_ps == 600);
  assert_true(p->melt_dt_fs == 2 && p->quench_dt_fs == 2 && p->equil_dt_fs == 2 && p->produce_dt_fs == 2);
  assert_true(p->melt_ensemble == VT_NVT && p->equil_ensemble == VT_NPT && p->produce_ensemble == VT_NVT);
  assert_true(p->thermostat_ps == 0.1 && p->barostat_ps == 1);
  assert_true(p->guard.temperature == 3 && p->guard.force_ev_a == 50 && p->guard.volume == 1.6);
  assert_true(p->guard.distance == 0.6 && p->guard.spread_ev_a == 0);
  assert_true(p->guard.molecules == 1 && p->guard.contacts == 1);
  assert_true(c->compare.t_ref_k == 500 && c->compare.t_extra_k == 300 && c->compare.margin == 0.3);
  assert_true(c->compare.tau_margin == 0.2 && c->compare.range_margin == 0.8);
  assert_true(c->compare.by_alkali && c->compare.by_metal && c->compare.by_halogen && c->compare.by_ratio);
  assert_true(c->master_inline == 2 && c->max_tries == 3 && c->master_timeout_s == 120);
  assert_true(c->checkpoint_every_s == 300 && c->numerics.precision == VT_DOUBLE);
  assert_int_equal(c->n_obs, 3);            /* those that are on by default */
  assert_string_equal(c->output, "runs/d"); /* of the campaign's name */
  assert_string_equal(c->pot_path, "-");
  assert_true(c->n_temp == 2 && c->t_k[0] == 500 && c->t_k[1] == 600); /* ascending */
  vt_campaign_free(c);
}

static void a_range_and_the_list_of_its_temperatures_are_the_same_bits(void **state)
{
  (void)state;
  static const char head[] = "vitrion: 1\ncampaign: r\npotential: {kind: lj}\ncompositions: {include: [LiAlCl4]}\n";
  static const char *const ways[] = {"450..451 K by 0.1 K", "450 K..451 K by 0.1", "450 .. 451 K by  0.1 K",
                                     ("[451 K, 450 K, 450.1 K, 450.2 K, 450.3 K, 450.4 K, 450.5 K, 450.6 K, 450.7 K, "
                                      "450.8 K, 450.9 K]")};
  vt_uid first = {0};
  for (int i = 0; i < 4; i++) {
    char text[400];
    (void)snprintf(text, sizeof text, "%stemperatures: %s\n", head, ways[i]);
    vt_campaign *c = parsed(text);
    assert_int_equal(c->n_temp, 11);
    if (i == 0) first = c->id;
    assert_true(vt_uid_equal(&first, &c->id));
    vt_campaign_free(c);
  }
}

static void a_range_that_misses_its_end_is_warned_about(void **state)
{
  (void)state;
  static const char text[] = "vitrion: 1\ncampaign: r\npotential: {kind: lj}\ncompositions: {include: [LiAlCl4]}\n"
                             "temperatures: 450..720 K by 50 K\n";
  char *s = complaints(text, strlen(text), VT_OK);
  assert_non_null(strstr(s, "t.yaml:5:15: warning: temperatures: the steps end at 700 K, not at 720 K"));
  free(s);
}

/* ------------------------------------------------------------------ tasks */

/* 2 alkalis x 2 metals x 2 ratios = 8 compositions, 2 glasses, 3 temperatures: 16 glasses and 48 MD tasks. */
static void tasks_are_sorted_by_composition_then_glasses_then_runs(void **state)
{
  (void)state;
  vt_campaign *c = with("");
  assert_int_equal(c->n_comp, 8);
  assert_int_equal(c->n_tasks, 64);
  assert_int_equal(c->n_glass_tasks, 16);
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    int k = i % 8; /* within a composition: 2 glasses, then 2 x 3 runs */
    assert_int_equal(t->comp, i / 8);
    assert_int_equal(t->kind, k < 2 ? VT_TASK_GLASS : VT_TASK_MD);
    assert_int_equal(t->glass, k < 2 ? k : (k - 2) / 3);
    assert_int_equal(t->temp, k < 2 ? -1 : (k - 2) % 3);
    assert_int_equal(t->needs, k < 2 ? -1 : i / 8 * 8 + (k - 2) / 3);
    for (int j = 0; j < i; j++) assert_false(vt_uid_equal(&t->uid, &c->task[j].uid));
  }
  vt_campaign_free(c);
}

static void plans_carry_the_task_and_a_glass_ends_at_the_lowest_temperature(void **state)
{
  (void)state;
  vt_err err;
  vt_plan p, again;
  vt_campaign *c = with("seed: 77\n");
  VT_TEST_OK(vt_campaign_plan(c, 0, &p, &err), &err);
  assert_true(p.kind == VT_TASK_GLASS && p.t_k == 500 && p.seed == 77 && p.n_obs == 0 && p.attempt == 0);
  assert_true(vt_uid_equal(&p.uid, &c->task[0].uid));
  assert_int_equal(p.block_steps, vt_plan_block_steps(84));
  assert_string_equal(p.pot_path, "/somewhere/pot/seven.nep.txt");
  VT_TEST_OK(vt_campaign_plan(c, 4, &p, &err), &err);
  assert_true(p.kind == VT_TASK_MD && p.t_k == 700 && p.n_obs == 3);
  assert_true(vt_uid_equal(&p.needs, &c->task[0].uid));
  again = p; /* the plan identifies to the uid of the task */
  VT_TEST_OK(vt_plan_identify(&again, &err), &err);
  assert_true(vt_uid_equal(&again.uid, &c->task[4].uid));
  assert_int_equal(vt_campaign_plan(c, 64, &p, &err), VT_EINVAL);
  assert_int_equal(vt_campaign_plan(c, -1, &p, &err), VT_EINVAL);
  vt_campaign_free(c);
}

/* ------------------------------------------------------------------ identity */

static void what_changes_no_physics_changes_no_identity(void **state)
{
  (void)state;
  vt_uid id = id_of(plain);
  static const char shuffled[] = "# a comment\n"
                                 "glasses:   2   # as before\n"
                                 "temperatures: [700 K, 600 K, 500 K]\n"
                                 "campaign: another-name\n"
                                 "output: elsewhere\n"
                                 "compositions: {atoms: 84, include: [LiTaOCl4], grid: {halogen: Cl,\n"
                                 "  halogen_to_oxygen: [4.0, 2.5/0.75], metal: [Ta, Al], alkali: [Na, Li]}}\n"
                                 "potential: {file: /other/place/seven.nep.txt, kind: \"nep\"}\n"
                                 "runner: {max_tries: 9, master: dedicated}\n"
                                 "checkpoint: {every: 10 s}\n"
                                 "compare: {by: [metal], margin: 0.5 decades}\n"
                                 "protocol: {melt: {duration: 20000 fs}}\n"
                                 "engine: {simd: avx2}\n"
                                 "vitrion: 1\n";
  vt_uid other = id_of(shuffled);
  assert_true(vt_uid_equal(&id, &other));
  vt_campaign *c = parsed_in(plain, "/another/folder");
  assert_true(vt_uid_equal(&id, &c->id));
  vt_campaign_free(c);
}

static void every_change_of_the_physics_changes_the_identity(void **state)
{
  (void)state;
  static const char *const change[] = {"",
                                       "seed: 2\n",
                                       "protocol: {pack: {density: 0.91}}\n",
                                       "protocol: {melt: {temperature: 1201 K}}\n",
                                       "protocol: {melt: {duration: 21 ps}}\n",
                                       "protocol: {melt: {ensemble: npt}}\n",
                                       "protocol: {melt: {ensemble: langevin}}\n",
                                       "protocol: {melt: {timestep: 1 fs}}\n",
                                       "protocol: {quench: {rate: 2e12 K/s}}\n",
                                       "protocol: {quench: {npt_below: 0 K}}\n",
                                       "protocol: {quench: {pressure: 1 bar}}\n",
                                       "protocol: {quench: {timestep: 1 fs}}\n",
                                       "protocol: {equilibrate: {duration: 51 ps}}\n",
                                       "protocol: {equilibrate: {ensemble: nvt}}\n",
                                       "protocol: {equilibrate: {timestep: 1 fs}}\n",
                                       "protocol: {version: 1}\n",
                                       "protocol: {version: 1, produce: {duration: 601 ps}}\n",
                                       "protocol: {produce: {ensemble: nve}}\n",
                                       "protocol: {produce: {timestep: 1 fs}}\n",
                                       "protocol: {thermostat: {time: 0.2 ps}}\n",
                                       "protocol: {barostat: {time: 2 ps}}\n",
                                       "guard: {temperature: 2}\n",
                                       "guard: {force: 40 eV/A}\n",
                                       "guard: {volume: 0}\n",
                                       "guard: {distance: 0.5}\n",
                                       "guard: {molecules: off}\n",
                                       "guard: {contacts: off}\n",
                                       "guard: {spread: 0.3 eV/A}\n",
                                       "observe: {msd: {}, rdf: {}}\n",
                                       "observe: {msd: {}, rdf: {}, thermo: {every: 0.2 ps}}\n",
                                       "observe: {msd: {points: 32}, rdf: {}, thermo: {}}\n",
                                       "engine: {precision: mixed}\n",
                                       "engine: {simd: avx512}\n"};
  enum { N = (int)(sizeof change / sizeof change[0]) };
  vt_uid id[N];
  for (int i = 0; i < N; i++) {
    id[i] = id_with(change[i]);
    for (int j = 0; j < i; j++)
      if (vt_uid_equal(&id[i], &id[j])) fail_msg("'%s' and '%s' have one identity", change[i], change[j]);
  }
}

static void another_potential_another_cell_another_glass_is_another_campaign(void **state)
{
  (void)state;
  char text[1000];
  static const char *const swap[][2] = {
      {"seven", "twelve"}, {"atoms: 84", "atoms: 168"}, {"glasses: 2", "glasses: 3"}, {"by 100 K", "by 50 K"},
      {"10/3", "3"},       {"[Li, Na]", "[Li]"}};
  vt_uid id = id_of(plain);
  for (int i = 0; i < 6; i++) {
    const char *at = strstr(plain, swap[i][0]);
    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - plain), plain, swap[i][1], at + strlen(swap[i][0]));
    vt_uid other = id_of(text);
    assert_false(vt_uid_equal(&id, &other));
  }
}

/* ------------------------------------------------------------------ canonical text */

static void assert_canon_is_faithful(const vt_campaign *c)
{
  vt_err err;
  vt_diags d;
  vt_campaign *back;
  vt_buf text = {0}, again = {0};
  vt_campaign_canon(c, &text);
  vt_err_clear(&err);
  if (vt_campaign_parse(text.s, text.len, "canon", "/nowhere", &env_fixed, &back, &d, &err) != VT_OK) {
    vt_buf b = {0};
    vt_diags_format(&d, &b);
    fail_msg("%s\n%s", b.len ? b.s : err.text, text.s);
  }
  vt_diags_free(&d);
  VT_TEST_OK(vt_campaign_resolve(back, VT_SIMD_PORTABLE, &err), &err); /* must not matter: the level is in the text */
  assert_int_equal(back->n_tasks, c->n_tasks);
  for (int i = 0; i < c->n_tasks; i++) assert_true(vt_uid_equal(&back->task[i].uid, &c->task[i].uid));
  assert_true(vt_uid_equal(&back->id, &c->id));
  assert_string_equal(back->pot_path, c->pot_path);
  assert_string_equal(back->output, c->output);
  for (int i = 0; i < c->n_comp; i++) {
    assert_string_equal(back->comp[i].name, c->comp[i].name);
    assert_memory_equal(&back->asked[i], &c->asked[i], sizeof c->asked[i]);
  }
  assert_memory_equal(&back->compare, &c->compare, sizeof c->compare);
  vt_campaign_canon(back, &again);
  assert_string_equal(text.s, again.s);
  vt_campaign_free(back);
  vt_buf_free(&text);
  vt_buf_free(&again);
}

static void canonical_text_parses_to_the_same_tasks_and_to_itself(void **state)
{
  (void)state;
  vt_campaign *c = with("");
  assert_canon_is_faithful(c);
  vt_campaign_free(c);
  c = with(
      "output: \"a \\\"quoted\\\" \\\\ path\"\nobserve: {rdf: {r_max: 5.25 A}, residence: {every: 0.3 ps}}\n"
      "protocol: {quench: {pressure: 0.1 GPa, rate: 3.3e11 K/s}}\ncompare: {by: [halogen]}\nseed: 123456789012345\n"
      "runner: {master: dedicated}\n");
  assert_canon_is_faithful(c);
  vt_campaign_free(c);
  c = parsed("vitrion: 1\ncampaign: m\npotential: {kind: nep, file: twelve.nep.txt}\n"
             "compositions:\n"
             "  grid: {alkali: [{Li: 1/3, K: 2/3}], metal: [Ta, {Al: 0.7, In: 0.3}], halogen: [{Cl: 0.5, I: 0.5}],\n"
             "    halogen_to_oxygen: [3.7, halogen_only], alkali_per_metal: [1, 1.5]}\n"
             "  oxidation_states: {Ta: 4}\n  atoms: 127\ntemperatures: 450.25..700 K by 33.3 K\nobserve: {}\n");
  assert_int_equal(c->n_comp, 8);
  assert_canon_is_faithful(c);
  vt_campaign_free(c);
}

/* ------------------------------------------------------------------ YAML */

static void anchors_and_merge_keys_work(void **state)
{
  (void)state;
  vt_campaign *c = with("protocol:\n"
                        "  melt: &stage {duration: 30 ps, timestep: 1 fs}\n"
                        "  equilibrate: {<<: *stage, duration: 40 ps}\n"
                        "  produce:\n"
                        "    <<: [{ensemble: nve}, *stage]\n");
  const vt_protocol *p = &c->protocol;
  assert_true(p->melt_ps == 30 && p->melt_dt_fs == 1);
  assert_true(p->equil_ps == 40 && p->equil_dt_fs == 1); /* what stands there wins over what is merged */
  assert_true(p->produce_ps == 30 && p->produce_dt_fs == 1 && p->produce_ensemble == VT_NVE);
  vt_campaign_free(c);
}

static void merged_keys_are_checked_like_written_ones(void **state)
{
  (void)state;
  char text[2000];
  (void)snprintf(text, sizeof text, "%sprotocol: {melt: &m {duration: 30 ps, ensemble: npt}, quench: {<<: *m}}\n",
                 plain);
  assert_refused(text, "t.yaml:13:22: protocol.quench: unknown key 'duration'");
  assert_refused(text, "t.yaml:13:39: protocol.quench: unknown key 'ensemble'");
}

/* 10^9 values behind nine lines, 200 kB of brackets, many keys, huge files: refused quickly, with the limit named. */
static void bombs_are_refused(void **state)
{
  (void)state;
  assert_refused(
      "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
      "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
      "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
      "anchors expanded");
  enum { N = 200000 };
  vt_buf b = {0};
  for (int i = 0; i < N; i++) vt_buf_add(&b, "[", 1);
  assert_refused(b.s, "1:65: nested more than 64 deep");
  b.len = 0;
  for (int i = 0; i < 300; i++) vt_buf_printf(&b, "k%d: 1\n", i);
  assert_refused(b.s, "more than 256 keys");
  b.len = 0;
  for (int i = 0; i < 110000; i++) vt_buf_printf(&b, "- 1\n");
  assert_refused(b.s, "more than 100000");
  b.len = 0;
  for (int i = 0; i < 150000; i++) vt_buf_printf(&b, "# filler\n");
  assert_refused(b.s, "more than the 1048576 of a campaign file");
  vt_buf_free(&b);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
  (void)state;
  assert_refused("", "empty");
  assert_refused("# nothing\n", "empty");
  assert_refused("campaign: \"a\\0b\"\n", "control characters");
  assert_refused("vitrion: 1\ncampaign: \xff\xfe\n", "t.yaml:2:11:");
  char *s = complaints("a\0b", 3, VT_EPARSE);
  assert_non_null(strstr(s, "control characters are not allowed"));
  free(s);
}

/* ------------------------------------------------------------------ limits */

static void a_huge_campaign_needs_to_be_allowed(void **state)
{
  (void)state;
  static const char text[] = "vitrion: 1\ncampaign: h\npotential: {kind: lj}\ncompositions: {include: [LiAlCl4]}\n"
                             "temperatures: 501..700 K by 1 K\nglasses: 5000\n"; /* 5000 x 201 = 1 005 000 tasks */
  vt_campaign_env env = env_fixed;
  vt_err err;
  vt_diags d;
  vt_campaign *c;
  assert_refused(text, "t.yaml:6:10: glasses: 1005000 tasks");
  env.allow_huge = 1;
  vt_err_clear(&err);
  VT_TEST_OK(vt_campaign_parse(text, strlen(text), "t.yaml", "/t", &env, &c, &d, &err), &err);
  vt_diags_free(&d);
  vt_campaign_free(c);
}

/* LiAlCl4 has no oxygen, and 84 atoms of LiAlCl2.5O0.75 are 16 x 112 A^3, an edge of 12.15 A: r_max up to 6 A. */
static void r_max_may_reach_half_the_cell_and_not_beyond(void **state)
{
  (void)state;
  static const char head[] = "vitrion: 1\ncampaign: r\npotential: {kind: lj}\ntemperatures: [500 K, 600 K]\n"
                             "compositions: {include: [LiAlCl2.5O0.75], atoms: 84}\n";
  char text[600];
  (void)snprintf(text, sizeof text, "%sobserve: {rdf: {r_max: 6 A}}\n", head);
  vt_campaign_free(parsed(text));
  (void)snprintf(text, sizeof text, "%sobserve: {rdf: {r_max: 6.2 A}}\n", head);
  assert_refused(text, "beyond half the cell: LiAlCl2.5O0.75 with 84 atoms has an edge of about 12.1 A");
}

static void what_cannot_be_wrong_but_is_unwise_is_a_warning(void **state)
{
  (void)state;
  static const char text[] = "vitrion: 1\ncampaign: w\npotential: {kind: lj}\ntemperatures: 900 K\nglasses: 1\n"
                             "compositions: {include: [LiAlCl2.5O0.75], atoms: 30}\nobserve: {}\n"
                             "protocol: {melt: {temperature: 950 K}}\n";
  char *s = complaints(text, strlen(text), VT_OK);
  assert_non_null(strstr(s, "one temperature gives no activation energy"));
  assert_non_null(strstr(s, "one glass per composition"));
  assert_non_null(strstr(s, "does not fit 30 atoms"));
  assert_non_null(strstr(s, "nothing is measured"));
  assert_non_null(strstr(s, "outside the simulated range"));
  free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quantities_may_be_written_in_any_unit_of_their_kind),
      cmocka_unit_test(defaults_are_those_of_the_contract),
      cmocka_unit_test(a_range_and_the_list_of_its_temperatures_are_the_same_bits),
      cmocka_unit_test(a_range_that_misses_its_end_is_warned_about),
      cmocka_unit_test(tasks_are_sorted_by_composition_then_glasses_then_runs),
      cmocka_unit_test(plans_carry_the_task_and_a_glass_ends_at_the_lowest_temperature),
      cmocka_unit_test(what_changes_no_physics_changes_no_identity),
      cmocka_unit_test(every_change_of_the_physics_changes_the_identity),
      cmocka_unit_test(another_potential_another_cell_another_glass_is_another_campaign),
      cmocka_unit_test(canonical_text_parses_to_the_same_tasks_and_to_itself),
      cmocka_unit_test(anchors_and_merge_keys_work),
      cmocka_unit_test(merged_keys_are_checked_like_written_ones),
      cmocka_unit_test(bombs_are_refused),
      cmocka_unit_test(bytes_that_are_no_text_are_refused),
      cmocka_unit_test(a_huge_campaign_needs_to_be_allowed),
      cmocka_unit_test(r_max_may_reach_half_the_cell_and_not_beyond),
      cmocka_unit_test(what_cannot_be_wrong_but_is_unwise_is_a_warning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
