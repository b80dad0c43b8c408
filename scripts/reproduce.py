#!/usr/bin/python3
"""reproduce.py DIR... [--markdown | --json] - grade finished campaigns against arXiv:2601.06384, rows R1 to R15.

No number of that paper is public but its abstract, so each band comes from the abstract's wording, from experiments or
from counting (claims/declared.py); a band changes before a run, never after one.  Any campaign will do, and several
folders are graded together.  Every row is a family of its own: the compositions and temperatures, or runs, it names.

  met           the 95 % interval of every item lies inside the band (all have to hold, so nothing is corrected)
  not met       an item lies outside with p < 0.05 after Holm's correction over the items of the row
  not resolved  an interval covers an edge of the band, or there is none; with what would resolve it
  not asked     a composition, a temperature or an observable is missing; with which
  reported      no verdict was declared for it

Reads summary.json, and results.h5 and campaign.yaml where they are there.  --markdown: tables for a README; --json:
rows for scripts.  Needs h5py, numpy, scipy."""
import json
import sys

sys.dont_write_bytecode = True

from claims import gate_rows, set_rows, structure_rows, transport_rows
from claims.campaign import dig, from_command_line, gates, item_of
from claims.grading import MET, NOT_ASKED, NOT_MET, NOT_RESOLVED, REPORTED, number

GATES = ("R12", "R13", "R14")
ROWS = (structure_rows.r1, structure_rows.r2, structure_rows.r3, structure_rows.r4, set_rows.r5, transport_rows.r6,
        transport_rows.r6b, transport_rows.r7, transport_rows.r8, transport_rows.r9, set_rows.r10, transport_rows.r11,
        gate_rows.r12, gate_rows.r13, gate_rows.r14, set_rows.r15)


def grade(campaigns):
    return [row for rows in ROWS for row in rows(campaigns)]


def gate_text(rows):
    verdicts = {gate: {r.verdict for r in rows if r.row == gate} for gate in GATES}
    shut = [g for g in GATES if NOT_MET in verdicts[g]]
    unknown = [g for g in GATES if g not in shut and verdicts[g] & {NOT_RESOLVED, NOT_ASKED}]
    if shut:
        return (f"{', '.join(shut)} not met: by the declared order of evidence (integrity, bookkeeping, realism first) "
                "the "
                "other rows speak of this potential, not of the glass.")
    if unknown:
        return f"{', '.join(unknown)} not decided in part: the other rows stand under that reserve."
    return "R12, R13, R14 met: the other rows may be read."


def count_text(rows):
    kinds = (MET, NOT_MET, NOT_RESOLVED, NOT_ASKED, REPORTED)
    return ", ".join(f"{sum(r.verdict == v for r in rows)} {v}" for v in kinds)


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def outcome(row):
    return "; ".join(x for x in (row.why, f"would resolve it: {row.remedy}" if row.remedy else "") if x)


def campaign_text(c):
    glasses = sorted({e["n_glasses"] for e in c.summary["transport"]})
    return (f"{c.label}: {len(c.names)} compositions, {'-'.join(map(str, glasses[:1] + glasses[1:][-1:]))} glasses, "
            + ", ".join(f"{t:g}" for t in c.temperatures) + f" K, build {c.summary.get('build', 'unknown')}"
            + ("" if c.store else ", without results.h5")
            + (f"; runs that fail a gate: {gates(c)}" if gates(c) else ""))


def numbers(campaigns):
    """rows of the table of numbers: composition, T, D, sigma, H in three frames"""
    for c in campaigns:
        for name in c.names:
            for t in c.temperatures:
                e, alkali = c.entry("transport", name, t), c.compositions[name].alkali
                if not e or len(alkali) != 1:
                    continue
                d = e.get("D_alkali_cm2_s") or e["D_cm2_s"].get(alkali[0])
                h = [dig(e, ["haven", k]) for k in ("framework", "barycentric", "total")]
                yield c.tag(name), t, [item_of("", p, log=True).text()[2:] if p else "not observed" for p in
                                       (d, e["sigma_mS_cm"], *h)]


def markdown(campaigns, rows):
    for c in campaigns:
        print(f"- {campaign_text(c)}")
    print("\n| | asked | measured: value [95 % interval] | band | rests on | verdict |\n|---|---|---|---|---|---|")
    for r in rows:
        verdict = f"**{r.verdict}**" + (f": {outcome(r)}" if outcome(r) else "")
        cells = (r.row, r.asked, r.measured() or "-", r.band_text, r.source, verdict)
        print("| " + " | ".join(map(cell, cells)) + " |")
    print(f"\n{count_text(rows)}. {gate_text(rows)}")
    heads = ("composition", "T, K", "D of the alkali, cm2/s", "sigma, mS/cm", "H, metal frame", "H, barycentric",
             "H, frame-free")
    print("\n| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for name, t, cells in numbers(campaigns):
        print(f"| {name} | {t:g} | " + " | ".join(cells) + " |")
    print("\n| composition | activation energy of D, eV | log10 D at T_ref | T_ref, K | model |\n|---|---|---|---|---|")
    for c in campaigns:
        for f in (f for f in map(c.fit, c.names) if f):
            two = [c.fit_item("", f, *key).text(".4g")[2:] for key in (("Ea", "_eV"), ("log10_D_Tref",))]
            t_ref = f"{f['T_ref_K']:g}" if number(f["T_ref_K"]) else "-"
            print(f"| {c.tag(f['name'])} | {two[0]} | {two[1]} | {t_ref} | {f['model']} |")


def plain(campaigns, rows):
    for c in campaigns:
        print(campaign_text(c))
    for r in rows:
        print(f"\n{r.row:4} {r.verdict.upper():13} {r.asked}")
        parts = {"band": r.band_text, "rests on": r.source, "measured": r.measured(), "because": r.why,
                 "resolves": r.remedy}
        for head, text in parts.items():
            if text:
                print(f"     {head:9} {text}")
    print(f"\n{count_text(rows)}\n{gate_text(rows)}")


def as_json(campaigns, rows):
    def one(r):
        keys = (("label", "label"), ("value", "value"), ("lo95", "lo"), ("hi95", "hi"), ("n_glasses", "glasses"))
        return {"row": r.row, "asked": r.asked, "band": r.band_text, "source": r.source, "verdict": r.verdict,
                "why": r.why,
                "resolves": r.remedy, "note": r.note, "items": [{k: getattr(i, a) for k, a in keys} for i in r.items]}
    text = json.dumps({"campaigns": [c.label for c in campaigns], "rows": [one(r) for r in rows],
                       "gates": gate_text(rows)})
    print(json.dumps(json.loads(text, parse_constant=lambda _: None), indent=1))


def main():
    _, options, campaigns = from_command_line(__doc__, "reproduce.py", 1)
    {"--markdown": markdown, "--json": as_json}.get(next(iter(options), ""), plain)(campaigns, grade(campaigns))


if __name__ == "__main__":
    main()
