"""sections.py - the words of the page: what was asked, the answer by rule, tables of numbers."""
from report import compare, structure
from report.folder import choose
from report.runs import runs_with_shut_gates
from report.words import esc, formula, is_number, number, table

MOST_NUMBERS = 60


def asked(folder):
    temperatures = folder.temperatures()
    glasses = len({int(g) for g in folder.task["glass"]})
    names = ", ".join(formula(n) for n in folder.names[:12]) + (f" and {len(folder.names) - 12} more" if len(folder.names) > 12 else "")
    atoms = sorted({int(c.sum()) for c in folder.counts})
    atoms = f"{atoms[0]}" if len(atoms) == 1 else f"{atoms[0]} to {atoms[-1]}"
    compare_by = folder.setting("compare", "by").strip("[]")
    rows = [["compositions", f"{len(folder.names)}: {names}"],
            ["temperatures", ", ".join(number(t) for t in temperatures) + " K"],
            ["cells", f"{glasses} independent glass{'es' if glasses != 1 else ''} of each composition, {atoms} atoms"],
            ["protocol", "; ".join(f"{stage} {folder.setting('protocol', stage, key)}" for stage, key in
                                   (("melt", "temperature"), ("quench", "rate"), ("equilibrate", "duration"), ("produce", "duration"))
                                   if folder.setting("protocol", stage, key))],
            ["potential", f"{esc(folder.setting('potential', 'kind'))} <code>{esc(folder.setting('potential', 'file').rsplit('/', 1)[-1])}</code>"]]
    if len(folder.names) > 1:
        rows.append(["question", f"How much does the chemistry matter{f' (by {esc(compare_by)})' if compare_by else ''} at "
                     f"{esc(folder.setting('compare', 'reference_temperature') or 'the reference temperature')}? Equivalent means within "
                     f"{esc(folder.setting('compare', 'margin'))} of the mean, and a range below {esc(folder.setting('compare', 'range_margin'))}."])
    return table(["what", "value"], rows, kind="pairs")


def listed(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def sentence_level(folder, teller):
    """how fast: at the reference temperature, each composition or the two ends of the ranking"""
    order, unknown = compare.ranking(folder)
    if not order:
        return "How fast the ions move is not resolved: no composition has a fit of its diffusion coefficient."
    k, fit = folder.fit(order[0])
    outside = any("outside the measured temperatures" in w for n in order for w in folder.fit(n)[1].get("warnings", []))

    def one(name):
        place, _ = folder.fit(name)
        base = f"compositions/{place}/D_Tref"
        return f"{teller.estimate(base, base + '_lo95', base + '_hi95', {}, '')} cm² s⁻¹ in {formula(name)}"
    shown = order if len(order) <= 3 else [order[0], order[-1]]
    between = "" if len(order) <= 3 else f", from the fastest to the slowest of {len(order)} by the lower end of the interval"
    at = f"At {teller.number(f'compositions/{k}/T_ref_K')} K{' (the line is extended: this lies outside what was measured)' if outside else ''}"
    left = f" {len(unknown)} of {len(folder.names)} compositions are not resolved." if unknown else ""
    return f"{at} the mobile ions diffuse with {listed([one(n) for n in shown])} (95 % intervals){between}.{left}"


def sentence_energy(folder, teller):
    order, _ = compare.ranking(folder)
    found = [n for n in order if is_number(folder.fit(n)[1].get("Ea_lo95_eV"))]
    if not found:
        return "No activation energy is resolved."
    found.sort(key=lambda n: folder.fit(n)[1]["Ea_eV"])

    def one(name):
        base = f"compositions/{folder.fit(name)[0]}/Ea"
        return f"{teller.estimate(base + '_eV', base + '_lo95_eV', base + '_hi95_eV', {}, '')} eV ({formula(name)})"
    ends = found if len(found) <= 3 else [found[0], found[-1]]
    p = teller.get("comparison/p_common_slope")
    common = ""
    if len(found) > 1 and is_number(p):
        told = teller.number("comparison/p_common_slope")
        common = (f"; that all share one is refuted (p = {told})" if p < 0.05 else f"; that all share one is not refuted (p = {told}), which is no proof of it")
    bent = [n for n in found if folder.fit(n)[1].get("model") != "arrhenius"]
    curve = f"; whether the line is straight is open for {len(bent)} of {len(found)}, and no value far below the measured temperatures rests on it" if bent else ""
    word = "The activation energy is " if len(ends) == len(found) else "The activation energies run from "
    return word + (listed([one(n) for n in ends]) if len(ends) == len(found) else " to ".join(one(n) for n in ends)) + common + curve + "."


def sentence_chemistry(folder, teller):
    if len(folder.names) < 2:
        return "With one composition there is nothing to compare."
    found, path = compare.comparison(folder, "D_alkali")
    verdict, why = found.get("verdict", "undecided"), esc(found.get("why", ""))
    span = ""
    if is_number(found.get("range_decades")):
        span = (f" Between the extremes lie {teller.estimate(path + '/range_decades', path + '/range_lo95_decades', path + '/range_hi95_decades', found, 'range_decades')} decades.")
    first = {"insensitive": "Diffusion is insensitive to the chemistry within the margins of this campaign",
             "sensitive": "Diffusion is sensitive to the chemistry by the margins of this campaign"}.get(verdict, "Whether the chemistry matters is undecided")
    return f"{first}: {why}.{span}"


def caution(folder, n_failed, n_missing):
    """what weakens the answer, from the counts"""
    shut, n = runs_with_shut_gates(folder)
    parts = []
    if n_missing:
        parts.append(f"the campaign is not finished ({n_missing} of {len(folder.task['status'])} tasks have no result)")
    if n_failed:
        parts.append(f"{n_failed} task{'s' if n_failed > 1 else ''} failed for good")
    if shut:
        parts.append(f"{shut} of {n} runs fail at least one gate (see below which)")
    if not n:
        parts.append("no run is done")
    return f'<p class="caution"><strong>Read with care:</strong> {"; ".join(parts)}.</p>' if parts else ""


def answer(folder, teller):
    return "".join(f"<li>{s}</li>" for s in (sentence_level(folder, teller), sentence_energy(folder, teller), sentence_chemistry(folder, teller)))


def extrapolated(teller, fit, k):
    base = f"compositions/{k}/extrapolated"
    return teller.estimate(f"{base}/median", f"{base}/lo95", f"{base}/hi95", fit, f"extrapolated to {fit['extrapolated']['T_K']:g} K not resolved")


def extrapolated_why(fit):
    """the warnings about an extrapolation carry the reason in front of the semicolon"""
    return {"warnings": ["extrapolated: " + w.split(": ", 1)[1].split(";")[0] for w in fit.get("warnings", []) if w.startswith("extrapolated to") and ": " in w]
            + [w for w in fit.get("warnings", []) if w.startswith("not resolved")]}


def numbers(folder, teller, quantity):
    order, unknown = compare.ranking(folder, quantity)
    found, path = compare.comparison(folder, quantity)
    tost = {t["name"]: (j, t) for j, t in enumerate(found.get("tost", []))}
    rows, t_ref, t_far = [], None, None
    for name in (order + unknown):
        k, fit = folder.fit(name, quantity)
        if not fit:
            continue
        t_ref, t_far, base = fit.get("T_ref_K") or t_ref, fit["extrapolated"]["T_K"] or t_far, f"compositions/{k}"
        verdict = "—"
        if name in tost and is_number(found.get("mean_decades")):
            j, t = tost[name]
            verdict = (f"{teller.number(f'{path}/tost/{j}/delta_decades', places=3)} [{teller.number(f'{path}/tost/{j}/delta_lo90_decades', places=3)}, "
                       f"{teller.number(f'{path}/tost/{j}/delta_hi90_decades', places=3)}], {'equivalent' if t['equivalent'] else 'not shown to be'}")
        far = teller.estimate(f"{base}/extrapolated/median", f"{base}/extrapolated/lo95", f"{base}/extrapolated/hi95", extrapolated_why(fit), "extrapolated")
        rows.append([formula(name), teller.estimate(f"{base}/D_Tref", f"{base}/D_Tref_lo95", f"{base}/D_Tref_hi95", fit, "D_Tref"),
                     teller.estimate(f"{base}/Ea_eV", f"{base}/Ea_lo95_eV", f"{base}/Ea_hi95_eV", fit, "Ea_eV"), far,
                     f"{teller.number(f'{base}/n_points')} from {teller.number(f'{base}/n_glasses')} glasses", verdict])
    symbol, unit = {"D_alkali": ("D", "cm² s⁻¹"), "sigma_T": ("σT", "mS K cm⁻¹")}[quantity]
    at, far = (f" at {t_ref:g} K" if t_ref else ""), (f" at {t_far:g} K" if t_far else " extrapolated")
    head = ["composition", f"{symbol}{at} / {unit}", "E<sub>a</sub> / eV", f"{symbol}{far} / {unit}", "points", "from the mean / decades [90 %]"]
    return table(head, rows, f"{'Diffusion of the mobile ions' if symbol == 'D' else 'Conductivity times temperature, all ions (Einstein)'}: "
                 "values with 95 % intervals, by the lower end", MOST_NUMBERS, "summary.csv has all")


def frames_table(folder, teller):
    rows = []
    for k, row in folder.rows("transport"):
        if not any(is_number(row["haven"][f]["value"]) for f in ("metal", "barycentric", "frame_free")):
            continue
        base = f"transport/{k}"
        rows.append([formula(row["name"]), number(row["T_K"])]
                    + [teller.pooled(f"{base}/haven/{f}", row, f"haven/{f}") for f in ("metal", "barycentric", "frame_free")]
                    + [teller.pooled(f"{base}/transference/{f}", row, f"transference/{f}") for f in ("barycentric", "framework", "self")])
    return table(["composition", "T / K", "H, metals' frame", "H, barycentric", "H, all ions", "t, barycentric", "t, metals' frame", "t, self only"], rows, "", 80,
                 "summary.json, transport")


STRUCTURE = [("density_g_cm3", "density / g cm⁻³"), ("cn_metal", "anions around a metal"), ("cn4", "share of metals with four"), ("o_count", "O around a metal"),
             ("chain_mean", "metals in a chain"), ("free_anions", "share of free anions"), ("peak_metal_halogen_A", "first M–X peak (bins) / Å"), ("peak_metal_oxygen_A", "first M–O peak (bins) / Å")]


def structure_table(folder, teller):
    t, rows = structure.common_temperature(folder), []
    for k, row in folder.rows("structure"):
        if t is not None and abs(row["T_K"] - t) < 0.5:
            rows.append([formula(row["name"])] + [teller.pooled(f"structure/{k}/{key}", row, key) for key, _ in STRUCTURE])
    return table(["composition"] + [title for _, title in STRUCTURE], rows, f"Structure at {t:g} K, mean over the glasses" if t else "", MOST_NUMBERS, "summary.json, structure")


def residence_table(folder, teller):
    rows = []
    temperatures = sorted({r["T_K"] for _, r in folder.rows("residence")})
    for k, row in folder.rows("residence"):
        if row["T_K"] not in choose(temperatures, 4):
            continue
        cells = [formula(row["name"]), number(row["T_K"])]
        for j in range(4):
            why = [w.split(": ", 1)[1] for w in row["warnings"] if w.startswith(f"tau_intermittent_ps with {j} ") and ": " in w]
            reason = {"warnings": [f"tau: {why[0]}"]} if why else {}
            cells.append(teller.pooled(f"residence/{k}/classes/{j}/tau_intermittent_ps", reason, "tau") if j < len(row["classes"]) else "—")
        rows.append(cells)
    return table(["composition", "T / K"] + [f"τ with {x} / ps" for x in ("0", "1", "2", "3 and more")], rows, "Residence time by the number of oxygen atoms around the metal", 80,
                 "summary.json, residence")
