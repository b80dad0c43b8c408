/* groups.c - the members of the structs of structure and of groups of glasses. */

#include "runner/fields/fields_impl.h"

/* ------------------------------------------------------------------ structure of a task */

#define R(member) VT__REAL(vt_structure_summary, member)
#define S_O       "by the metal's oxygens 0..3"
#define CLASSES   .n = VT_RES_CLASSES, .step = sizeof(vt_residence)
#define TAU(kind, word)                                                                                            \
  {R(tau[kind][0].tau_ps),                                                                                         \
   "tau_" word,                                                                                                    \
   "ps",                                                                                                           \
   "residence time of alkalis at metals, " word ", " S_O,                                                          \
   "tau_" word "_ps",                                                                                              \
   CLASSES,                                                                                                        \
   .error = &tau_error[kind]},                                                                                     \
      {R(tau[kind][0].se), "tau_" word "_se", "ps", "its standard error, a lower bound", CLASSES},                 \
      {R(tau[kind][0].longer_than_ps), "tau_" word "_longer_than", "ps", "lower bound where it is not resolved",   \
       CLASSES},                                                                                                   \
  {                                                                                                                \
    VT__REASON(vt_structure_summary, tau[kind][0].reason, vt_res_reasons), "tau_" word "_reason", "1", "", CLASSES \
  }

#define TAU_ERROR(kind)                       \
  {                                           \
    R(tau[kind][0].se), .unit = "ps", CLASSES \
  }
static const vt_field tau_error[VT_SURVIVALS] = {TAU_ERROR(VT_CONTINUOUS), TAU_ERROR(VT_INTERMITTENT),
                                                 TAU_ERROR(VT_ENDPOINT)};
#undef TAU_ERROR

static const vt_field structure[] = {
    {R(density_g_cm3), "density", "g/cm^3", "density of the produce stage", "density_g_cm3"},
    {R(cn_metal), "cn_metal", "1", "anions around a metal", "cn_metal"},
    {R(cn4), "cn4", "1", "fraction of the metals with four anions", "cn4"},
    {R(o_count), "o_count", "1", "oxygens around a metal", "o_count"},
    {R(o_fraction), "o_fraction", "1", "fraction of the metals with 0, 1, 2, 3, >= 4 oxygens", "o_fraction",
     .n = VT_RES_CLASSES + 1, .step = sizeof(double)},
    {R(o_two_metals), "o_two_metals", "1", "share of the oxygens bound to two metals", "o_two_metals"},
    {R(x_bridging), "halogen_bridging", "1", "share of the halogens bound to two metals or more", "halogen_bridging"},
    {R(free_anions), "free_anions", "1", "share of the anions bound to no metal", "free_anions"},
    {R(o_variance), "o_variance", "1", "variance of the oxygens of a metal", "o_variance"},
    {R(o_variance_chain), "o_variance_chain", "1", "the same in linear chains of that mean", "o_variance_chain"},
    {R(o_variance_random), "o_variance_random", "1", "the same in a random network of that mean", "o_variance_random"},
    {R(metals_close), "metals_close", "1", "pairs of metals nearer than 2.6 A in a frame", "metals_close_per_frame"},
    {R(metals_close_share), "metals_close_share", "1", "share of the frames with two metals nearer than 2.6 A",
     "metals_close_share"},
    {R(chain_mean), "chain_mean", "1", "metals of a fragment, mean over fragments", "chain_mean", .mean = VT_MEAN_SIZE},
    {R(chain_weight), "chain_weight", "1", "metals of a fragment, mean over metals", "chain_weight",
     .mean = VT_MEAN_SIZE},
    {R(chain_largest), "chain_largest", "1", "metals of the largest fragment", "chain_largest", .mean = VT_MEAN_SIZE},
    {R(chain_largest_share), "chain_largest_share", "1", "the same as a share of all metals", "chain_largest_share",
     .mean = VT_MEAN_SIZE},
    {R(cycles_per_metal), "cycles_per_metal", "1", "cycles of the network, of one metal", "cycles_per_metal"},
    {R(mx_peak_a), "peak_metal_halogen", "A", "first maximum of g(r) of metals and halogens", "peak_metal_halogen_A"},
    {R(mo_peak_a), "peak_metal_oxygen", "A", "first maximum of g(r) of metals and oxygens", "peak_metal_oxygen_A"},
    {R(turn_mx.time_ps), "turn_metal_halogen", "ps", "reorientation of metal-halogen bonds: 1/e of <P2>",
     "turn_metal_halogen_ps"},
    {R(turn_mx.longer_than_ps), "turn_metal_halogen_longer_than", "ps", "lower bound where it is not resolved"},
    {R(turn_mo.time_ps), "turn_metal_oxygen", "ps", "reorientation of metal-oxygen bonds: 1/e of <P2>",
     "turn_metal_oxygen_ps"},
    {R(turn_mo.longer_than_ps), "turn_metal_oxygen_longer_than", "ps", "lower bound where it is not resolved"},
    {R(life_mx.time_ps), "life_metal_halogen", "ps", "metal-halogen bonds: 1/e of those that never broke",
     "life_metal_halogen_ps"},
    {R(life_mx.longer_than_ps), "life_metal_halogen_longer_than", "ps", "lower bound where it is not resolved"},
    {R(life_mo.time_ps), "life_metal_oxygen", "ps", "metal-oxygen bonds: 1/e of those that never broke",
     "life_metal_oxygen_ps"},
    {R(life_mo.longer_than_ps), "life_metal_oxygen_longer_than", "ps", "lower bound where it is not resolved"},
    {R(jump_rate), "jump_rate", "1/ps", "jumps of one alkali ion between sets of metals", "jump_rate_per_ps"},
    {R(jump_back), "jump_back", "1", "fraction of the jumps that return to the set before", "jump_back"},
    {R(jump_length_a), "jump_length", "A", "mean length of a jump", "jump_length_A"},
    TAU(VT_CONTINUOUS, "continuous"),
    TAU(VT_INTERMITTENT, "intermittent"),
    TAU(VT_ENDPOINT, "endpoint")};
const vt_fields vt_structure_fields = {structure, VT_COUNT(structure)};

#undef TAU
#undef CLASSES

static const vt_field stationarity[] = {
    {R(worst_z), "worst_z", "1", "largest |z| of all that is known"},
    {VT__REASON(vt_structure_summary, stationarity.flag, vt_stationary_flags), "flag", "1", "does anything drift"}};
const vt_fields vt_stationarity_fields = {stationarity, VT_COUNT(stationarity)};
#undef R

#define R(member) VT__REAL(vt_trend, member)
static const vt_field trend[] = {{R(first), "first", "", "first third of the run"},
                                 {R(first_se), "first_se", "", "its standard error"},
                                 {R(last), "last", "", "last third of the run"},
                                 {R(last_se), "last_se", "", "its standard error"},
                                 {R(z), "z", "1", "(last - first) / its standard error"},
                                 {VT__REASON(vt_trend, flag, vt_stationary_flags), "flag", "1", ""}};
const vt_fields vt_trend_fields = {trend, VT_COUNT(trend)};
#undef R

/* ------------------------------------------------------------------ groups of glasses */

#define R(member) VT__REAL(vt_pooled, member)
static const vt_field pooled[] = {
    {R(value), "value", "", "from sums over all glasses", "value"},
    {R(se), "se", "", "its standard error", "se"},
    {R(lo95), "lo95", "", "lower end of its 95 % interval, t(n_glasses + 3)", "lo95"},
    {R(hi95), "hi95", "", "upper end of it", "hi95"},
    {R(window_ps[0]), "window_start_ps", "ps", "start of its window of lags"},
    {R(window_ps[1]), "window_end_ps", "ps", "end of it"},
    {VT__INTERVAL(vt_pooled, window_ps), NULL, "ps", "its window", "window_ps"},
    {VT__COUNT(vt_pooled, n_glasses), "n_glasses", "1", "glasses that have it", "n_glasses"}};
const vt_fields vt_pooled_fields = {pooled, VT_COUNT(pooled)};
#undef R

#define R(member) VT__REAL(vt_over_glasses, member)
static const vt_field mean[] = {
    {R(value), "value", "", "mean over glasses", "value"},
    {R(se), "se", "", "its standard error", "se"},
    {R(lo95), "lo95", "", "lower end of its 95 % t interval; NaN: one glass, no other to compare with", "lo95"},
    {R(hi95), "hi95", "", "upper end of it; without a value: less than this (97.5 %)", "hi95"},
    {VT__COUNT(vt_over_glasses, n_glasses), "n_glasses", "1", "glasses that have it", "n_glasses"}};
const vt_fields vt_mean_fields = {mean, VT_COUNT(mean)};
#undef R

static const vt_field pool_state[] = {
    {VT__REASON(vt_pool, reason, vt_pool_reasons), "reason", "1", ""},
    {VT__COUNT(vt_pool, n_slow), "n_slow", "1",
     "glasses whose own run would not resolve D of the alkali; they count as the others do", "n_slow"},
    {VT__REASON(vt_pool, frame, vt_tr_frames), "frame", "1", "of D", "D_frame"},
    {VT__REAL(vt_pool, lo_ps), "window_start_ps", "ps", "start of the early window of haven_frame_free"},
    {VT__REAL(vt_pool, hi_ps), "window_end_ps", "ps", "end of it"}};
const vt_fields vt_pool_state_fields = {pool_state, VT_COUNT(pool_state)};

#define P(member) VT__PARTS(vt_pool, member, vt_pooled_fields)
static const vt_field pool[] = {
    {P(d_alkali), "D_alkali", "cm^2/s", "tracer diffusion coefficient of the alkali", "D_alkali_cm2_s"},
    {P(sigma_mS_cm), "sigma", "mS/cm", "conductivity: sigma_NE of the long window / haven_frame_free", "sigma_mS_cm"},
    {P(haven_fw), "haven_metal", "1", "Haven ratio of the alkali, frame of the metals", "haven.metal",
     .json_old = "framework"},
    {P(haven_bary), "haven_barycentric", "1", "Haven ratio of the alkali, barycentric", "haven.barycentric"},
    {P(haven_total), "haven_frame_free", "1", "sigma_NE(alkali) / sigma", "haven.frame_free", .json_old = "total"},
    {P(ionicity), "ionicity", "1", "sigma / sigma_NE(all)", "ionicity"},
    {P(t_bary), "t_alkali_barycentric", "1", "transference number of the alkali, barycentric",
     "transference.barycentric"},
    {P(t_fw), "t_alkali_metal", "1", "transference number of the alkali, frame of the metals",
     "transference.framework"},
    {P(t_self), "t_alkali_self", "1", "the same from tracer motion alone", "transference.self"},
    {P(gap_bary), "t_minus_self_barycentric", "1", "t - t_self, barycentric: what distinct ions do",
     "transference.barycentric_minus_self"},
    {P(gap_fw), "t_minus_self_metal", "1", "t - t_self, frame of the metals: what distinct ions do",
     "transference.framework_minus_self"}};
const vt_fields vt_pool_fields = {pool, VT_COUNT(pool)};
#undef P

#define R(member) VT__REAL(vt_res_trend, member)
static const vt_field res_trend[] = {
    {VT__PARTS(vt_res_trend, slope, vt_mean_fields), "slope", "1", "d ln tau / dk, k the metal's oxygens",
     "slope_ln_tau_per_oxygen"},
    {VT__PARTS(vt_res_trend, ratio, vt_mean_fields), "ratio", "1", "tau_k / tau_0, k = 0..3 (se of its ln)",
     .n = VT_RES_CLASSES, .step = sizeof(vt_over_glasses)},
    {R(page_l), "page_l", "1", "Page's statistic: tau rises with k", "page.L"},
    {R(page_z), "page_z", "1", "its deviation from no order, in standard deviations", "page.z"},
    {R(page_p), "page_p", "1", "one-sided p, normal approximation", "page.p"},
    {R(page_p_exact), "page_p_exact", "1", "one-sided p, exact; NaN: ties, or nothing to order", "page.p_exact"},
    {VT__COUNT(vt_res_trend, page_glasses), "page_glasses", "1", "glasses with two classes or more", "page.n_glasses"},
    {VT__COUNT(vt_res_trend, n_unresolved), "n_unresolved", "1", "residence times that are not resolved"},
    {VT__COUNT(vt_res_trend, resolved), "resolved", "1", "glasses that have tau_k, k = 0..3", .n = VT_RES_CLASSES,
     .step = sizeof(int32_t)}};
const vt_fields vt_res_trend_fields = {res_trend, VT_COUNT(res_trend)};
#undef R
