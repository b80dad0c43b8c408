"""tables.py - tables of numbers: fits, frames, structure, residence."""

from report import compare, structure
from report.folder import choose
from report.words import formula, is_number, number, table

MOST_NUMBERS = 60


def extrapolated_why(fit):
    """the warnings about an extrapolation carry the reason in front of the semicolon"""
    return {
        "warnings": [
            "extrapolated: " + w.split(": ", 1)[1].split(";")[0]
            for w in fit.get("warnings", [])
            if w.startswith("extrapolated to") and ": " in w
        ] + [w for w in fit.get("warnings", []) if w.startswith("not resolved")]
    }


def energy(fit, teller, base):
    """the number and what kind it is: of a curve the local one at the reference temperature, as `vitrion fit` says"""
    if fit.get("model") == "vtf" and is_number((fit.get("vtf") or {}).get("Ea_local_eV")):
        keys = (f"{base}/vtf/Ea_local{end}_eV" for end in ("", "_lo95", "_hi95"))
        return teller.estimate(*keys, {}, ""), ", local, of a curve"
    return teller.estimate(f"{base}/Ea_eV", f"{base}/Ea_lo95_eV", f"{base}/Ea_hi95_eV", fit, "Ea_eV"), ""


def numbers(folder, teller, quantity):
    order, unknown = compare.ranking(folder, quantity)
    found, path = compare.comparison(folder, quantity)
    tost = {t["name"]: (j, t) for j, t in enumerate(found.get("tost", []))}
    rows, t_ref, t_far = [], None, None
    for name in order + unknown:
        k, fit = folder.fit(name, quantity)
        if not fit:
            continue
        t_ref, t_far, base = fit.get("T_ref_K") or t_ref, fit["extrapolated"]["T_K"] or t_far, f"compositions/{k}"
        verdict = "—"
        if name in tost and is_number(found.get("mean_decades")):
            j, t = tost[name]
            keys = ("delta_decades", "delta_lo90_decades", "delta_hi90_decades")
            far_off = [teller.number(f"{path}/tost/{j}/{key}", places=3) for key in keys]
            verdict = (
                f"{far_off[0]} [{far_off[1]},"
                f" {far_off[2]}],"
                f" {'equivalent' if t['equivalent'] else 'not shown to be'}"
            )
        far = teller.estimate(
            f"{base}/extrapolated/median",
            f"{base}/extrapolated/lo95",
            f"{base}/extrapolated/hi95",
            extrapolated_why(fit),
            "extrapolated",
        )
        rows.append(
            [
                formula(name),
                teller.estimate(f"{base}/D_Tref", f"{base}/D_Tref_lo95", f"{base}/D_Tref_hi95", fit, "D_Tref"),
                "".join(energy(fit, teller, base)),
                far,
                f"{teller.number(f'{base}/n_points')} from {teller.number(f'{base}/n_glasses')} glasses",
                verdict,
            ]
        )
    symbol, unit = {"D_alkali": ("D", "cm² s⁻¹"), "sigma_T": ("σT", "mS K cm⁻¹")}[quantity]
    at, far = (f" at {t_ref:g} K" if t_ref else ""), (f" at {t_far:g} K" if t_far else " extrapolated")
    head = [
        "composition",
        f"{symbol}{at} / {unit}",
        "E<sub>a</sub> / eV",
        f"{symbol}{far} / {unit}",
        "points",
        "from the mean / decades [90 %]",
    ]
    return table(
        head,
        rows,
        (
            f"{'Diffusion of the mobile ions' if symbol == 'D' else 'Conductivity × temperature, all ions'}:"
            " values with 95 % intervals, by the lower end"
        ),
        MOST_NUMBERS,
        "summary.csv has all",
    )


def ratios(folder, teller):
    """how many times as fast: a row a pair, D and sigma T"""
    found = {q: compare.comparison(folder, q) for q in ("D_alkali", "sigma_T")}
    places = {q: {(r["name"], r["over"]): k for k, r in enumerate(f.get("ratios", []))} for q, (f, _) in found.items()}
    rows = []
    for pair in dict.fromkeys([*places["D_alkali"], *places["sigma_T"]]):
        cells = []
        for q, (group, path) in found.items():
            k = places[q].get(pair)
            cells.append("—" if k is None else teller.pooled(f"{path}/ratios/{k}", group, "ratios"))
        rows.append([f"{formula(pair[0])} / {formula(pair[1])}", *cells])
    temperatures = {r["T_K"] for f, _ in found.values() for r in f.get("ratios", [])}
    at = f" at {min(temperatures):g} K" if len(temperatures) == 1 else ""
    return table(
        ["pair", f"D / D{at}", f"σ / σ{at}"],
        rows,
        "How many times as large, with 95 % intervals, each of one ratio (of more than four compositions: the largest over"
        " each other)",
        MOST_NUMBERS,
        "summary.json, comparison",
    )


def frames_table(folder, teller):
    rows = []
    for k, row in folder.rows("transport"):
        if not any(is_number(row["haven"][f]["value"]) for f in ("metal", "barycentric", "frame_free")):
            continue
        base = f"transport/{k}"
        rows.append(
            [formula(row["name"]), number(row["T_K"])]
            + [teller.pooled(f"{base}/haven/{f}", row, f"haven/{f}") for f in ("metal", "barycentric", "frame_free")]
            + [
                teller.pooled(f"{base}/transference/{f}", row, f"transference/{f}")
                for f in ("barycentric", "framework", "self")
            ]
        )
    return table(
        [
            "composition",
            "T / K",
            "H, metals' frame",
            "H, barycentric",
            "H, all ions",
            "t, barycentric",
            "t, metals' frame",
            "t, self only",
        ],
        rows,
        "",
        80,
        "summary.json, transport",
    )


STRUCTURE = [
    ("density_g_cm3", "density / g cm⁻³"),
    ("cn_metal", "anions around a metal"),
    ("cn4", "share of metals with four"),
    ("o_count", "O around a metal"),
    ("chain_mean", "metals in a chain"),
    ("free_anions", "share of free anions"),
    ("peak_metal_halogen_A", "first M–X peak (bins) / Å"),
    ("peak_metal_oxygen_A", "first M–O peak (bins) / Å"),
]


def structure_table(folder, teller):
    t, rows = structure.common_temperature(folder), []
    for k, row in folder.rows("structure"):
        if t is not None and abs(row["T_K"] - t) < 0.5:
            rows.append(
                [formula(row["name"])] + [teller.pooled(f"structure/{k}/{key}", row, key) for key, _ in STRUCTURE]
            )
    return table(
        ["composition"] + [title for _, title in STRUCTURE],
        rows,
        f"Structure at {t:g} K, mean over the glasses" if t else "",
        MOST_NUMBERS,
        "summary.json, structure",
    )


def residence_table(folder, teller):
    rows = []
    temperatures = sorted({r["T_K"] for _, r in folder.rows("residence")})
    for k, row in folder.rows("residence"):
        if row["T_K"] not in choose(temperatures, 4):
            continue
        cells = [formula(row["name"]), number(row["T_K"])]
        for j in range(4):
            why = [
                w.split(": ", 1)[1]
                for w in row["warnings"]
                if w.startswith(f"tau_intermittent_ps with {j} ") and ": " in w
            ]
            reason = {"warnings": [f"tau: {why[0]}"]} if why else {}
            cells.append(
                teller.pooled(f"residence/{k}/classes/{j}/tau_intermittent_ps", reason, "tau")
                if j < len(row["classes"])
                else "—"
            )
        rows.append(cells)
    return table(
        ["composition", "T / K"] + [f"τ with {x} / ps" for x in ("0", "1", "2", "3 and more")],
        rows,
        "Residence time by the number of oxygen atoms around the metal",
        80,
        "summary.json, residence",
    )
