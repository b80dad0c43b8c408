"""sections.py - the words of the page: what was asked, the answer by rule, what weakens it."""
from report import compare
from report.runs import runs_with_shut_gates
from report.tables import energy
from report.words import esc, formula, is_number, number, table

def asked(folder):
    temperatures = folder.md_temperatures()
    glasses = len({int(g) for g in folder.task["glass"]})
    names = ", ".join(formula(n) for n in folder.names[:12]) + (
        f" and {len(folder.names) - 12} more" if len(folder.names) > 12 else ""
    )
    atoms = sorted({int(c.sum()) for c in folder.counts})
    atoms = f"{atoms[0]}" if len(atoms) == 1 else f"{atoms[0]} to {atoms[-1]}"
    compare_by = folder.setting("compare", "by").strip("[]")
    rows = [
        ["compositions", f"{len(folder.names)}: {names}"],
        ["temperatures", ", ".join(number(t) for t in temperatures) + " K"],
        ["cells", f"{glasses} independent glass{'es' if glasses != 1 else ''} of each composition, {atoms} atoms"],
        [
            "protocol",
            "; ".join(
                f"{stage} {folder.setting('protocol', stage, key)}"
                for stage, key in (
                    ("melt", "temperature"),
                    ("quench", "rate"),
                    ("equilibrate", "duration"),
                    ("produce", "duration"),
                )
                if folder.setting("protocol", stage, key)
            ),
        ],
        [
            "potential",
            (
                " ".join(f"<code>{esc(x)}</code>" for x in folder.potential())
            ),
        ],
    ]
    if len(folder.names) > 1:
        rows.append(
            [
                "question",
                (
                    f"How much does the chemistry matter{f' (by {esc(compare_by)})' if compare_by else ''} at"
                    f" {esc(folder.setting('compare', 'reference_temperature') or 'the reference temperature')}?"
                    f" Equivalent means within {esc(folder.setting('compare', 'margin'))} of the mean, and a range"
                    f" below {esc(folder.setting('compare', 'range_margin'))}."
                ),
            ]
        )
    return table(["what", "value"], rows, kind="pairs")


def listed(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def sentence_level(folder, teller):
    """how fast: at the reference temperature, each composition or the two ends of the ranking"""
    order, unknown = compare.ranking(folder)
    if not order:
        return "How fast the ions move is not resolved: no composition has a fit of its diffusion coefficient."
    k, fit = folder.fit(order[0])
    outside = any(
        "lies outside the temperatures that are resolved" in w for n in order for w in folder.fit(n)[1].get("warnings", [])
    )

    def one(name):
        place, _ = folder.fit(name)
        base = f"compositions/{place}/D_Tref"
        return f"{teller.estimate(base, base + '_lo95', base + '_hi95', {}, '')} cm² s⁻¹ in {formula(name)}"

    shown = order if len(order) <= 3 else [order[0], order[-1]]
    between = (
        ""
        if len(order) <= 3
        else f", from the fastest to the slowest of {len(order)} by the lower end of the interval"
    )
    beyond = " (the line is extended: this lies outside what was measured)" if outside else ""
    at = (
        f"At {teller.number(f'compositions/{k}/T_ref_K')} K{beyond}"
    )
    left = f" {len(unknown)} of {len(folder.names)} compositions are not resolved." if unknown else ""
    return f"{at} the mobile ions diffuse with {listed([one(n) for n in shown])} (95 % intervals){between}.{left}"


def sentence_energy(folder, teller):
    order, _ = compare.ranking(folder)
    found = [n for n in order if is_number(folder.fit(n)[1].get("Ea_lo95_eV"))]
    if not found:
        return "No activation energy is resolved."
    found.sort(key=lambda n: folder.fit(n)[1]["Ea_eV"])

    def one(name):
        k, fit = folder.fit(name)
        text, kind = energy(fit, teller, f"compositions/{k}")
        return f"{text} eV ({formula(name)}{kind})"

    ends = found if len(found) <= 3 else [found[0], found[-1]]
    p = teller.get("comparison/p_common_slope")
    common = ""
    if len(found) > 1 and is_number(p):
        told = teller.number("comparison/p_common_slope")
        common = (
            f"; that all share one is refuted (p = {told})"
            if p < 0.05
            else f"; that all share one is not refuted (p = {told}), which is no proof of it"
        )
    bent = [n for n in found if folder.fit(n)[1].get("model") not in ("arrhenius", "vtf")]
    curve = (
        f"; for {len(bent)} of {len(found)} the points do not decide between a straight line and a curve"
        if bent
        else ""
    )
    word = "The activation energy is " if len(ends) == len(found) else "The activation energies run from "
    return (
        word
        + (listed([one(n) for n in ends]) if len(ends) == len(found) else " to ".join(one(n) for n in ends))
        + common
        + curve
        + "."
    )


def sentence_chemistry(folder, teller):
    if len(folder.names) < 2:
        return "With one composition there is nothing to compare."
    found, path = compare.comparison(folder, "D_alkali")
    verdict, why = found.get("verdict", "undecided"), esc(found.get("why", ""))
    span = ""
    if is_number(found.get("range_decades")):
        ends = [f"{path}/range{end}_decades" for end in ("", "_lo95", "_hi95")]
        wide = teller.estimate(*ends, found, "range_decades")
        span = (
            " Between the extremes, noise removed, lie"
            f" {wide} decades."
        )
    first = {
        "insensitive": "Diffusion is insensitive to the chemistry within the margins of this campaign",
        "sensitive": "Diffusion is sensitive to the chemistry by the margins of this campaign",
    }.get(verdict, "Whether the chemistry matters is undecided")
    ratios = found.get("ratios", [])
    faster = ""
    if ratios and is_number(ratios[0].get("value")):
        r, told = ratios[0], teller.pooled(f"{path}/ratios/0", found, "ratios")
        faster = (
            f" At {teller.number(f'{path}/ratios/0/T_K')} K the ions of {formula(r['name'])} diffuse {told} times as fast"
            f" as those of {formula(r['over'])}."
        )
    return f"{first}: {why}.{span}{faster}"


def caution(folder, n_failed, n_missing):
    """what weakens the answer, from the counts"""
    shut, n = runs_with_shut_gates(folder)
    parts = []
    if folder.note:
        parts.append(esc(folder.note.removeprefix("note: ").replace(str(folder.path) + "/", "")))
    if n_missing:
        parts.append(
            f"the campaign is not finished ({n_missing} of {len(folder.task['status'])} tasks have no result)"
        )
    if n_failed:
        parts.append(f"{n_failed} task{'s' if n_failed > 1 else ''} failed for good or had no glass")
    if shut:
        gates = {g["name"]: g["failed"] for g in folder.summary.get("gates", []) if g.get("failed")}
        which = ", ".join(f"{esc(name)} {k}" for name, k in gates.items())
        parts.append(f"{shut} of {n} runs fail at least one gate ({which}; what each asks stands below)")
    if not n:
        parts.append("no run is done")
    return f'<p class="caution"><strong>Read with care:</strong> {"; ".join(parts)}.</p>' if parts else ""


def answer(folder, teller):
    return "".join(
        f"<li>{s}</li>"
        for s in (sentence_level(folder, teller), sentence_energy(folder, teller), sentence_chemistry(folder, teller))
    )
