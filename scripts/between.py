#!/usr/bin/python3
"""between.py BASE DIR... [--markdown | --json] - what moves between finished campaigns of the same compositions.

For another cell, quench, time step or potential: each DIR against BASE, by composition and temperature.

  moves         the difference is not zero, p < 0.05 after Holm's correction over all differences of the pair
  no move seen  else; the interval says how large a difference may still be
  not resolved  one of the two has no interval, with the reason

"errors": the difference over its standard error.  With two DIR or more also the spread between the campaigns beyond the
errors of their means, beside the scatter of glasses in BASE.

Reads summary.json.  --markdown: tables for a README; --json: for scripts.  Needs h5py, numpy, scipy."""
import json
import sys

sys.dont_write_bytecode = True

from claims.between import LEAST_OF_A_SPREAD, MOVES, NOT_SEEN, UNKNOWN, differences, spreads
from claims.campaign import from_command_line
from claims.grading import number


def interval(value, lo, hi, sign=True):
    fmt = "+.3g" if sign else ".3g"
    return f"{value:{fmt}} [{lo:{fmt}}, {hi:{fmt}}]"


def difference_cells(d):
    at = d.name + ("" if d.t_k is None else f", {d.t_k:g} K")
    shown = interval(d.value, d.lo, d.hi) + (f" {d.quantity.unit}" if d.quantity.unit else "") if d.lo is not None else "-"
    return (d.quantity.name, at, d.base.text()[2:], d.other.text()[2:], shown,
            "-" if d.errors is None else f"{d.errors:+.1f}", d.verdict + (f": {d.why}" if d.why else ""))


def spread_cells(s, base):
    tau = s.why or interval(s.tau, s.lo, s.hi, False)
    scatter = (base.summary.get("comparison") or {}).get("glass_sd_decades")
    glass = f"{scatter:.3g}" if number(scatter) and s.quantity.unit == "decades" else "-"
    return (f"{s.quantity.name}, {s.quantity.unit}", s.name, ", ".join(f"{v:.4g}" for v in s.values) or "-", tau, glass)


HEADS = ("quantity", "of", "base", "other", "other less base [95 %]", "errors", "verdict")
SPREAD_HEADS = ("quantity", "of", "values", "spread between campaigns [95 %]", "scatter of glasses in base")


def table(heads, rows, markdown):
    rows = [tuple(map(str, r)) for r in rows]
    if markdown:
        print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
        for r in rows:
            print("| " + " | ".join(c.replace("|", "\\|") for c in r) + " |")
        return
    width = [max(map(len, column)) for column in zip(heads, *rows)]
    for r in (heads, *rows):
        print("  ".join(c.ljust(w) for c, w in zip(r, width)).rstrip())


def count_text(found):
    return ", ".join(f"{sum(d.verdict == v for d in found)} {v}" for v in (MOVES, NOT_SEEN, UNKNOWN))


def as_text(campaigns, folders, pairs, between, markdown):
    base = campaigns[0]
    for folder, found in zip(folders[1:], pairs):
        print(f"{'**' if markdown else ''}{folder} against {folders[0]}{'**' if markdown else ''}: {count_text(found)}\n")
        if found:
            table(HEADS, map(difference_cells, found), markdown)
        else:
            print("no composition and quantity that both have")
        print()
    if between:
        table(SPREAD_HEADS, (spread_cells(s, base) for s in between), markdown)


def as_json(campaigns, folders, pairs, between):
    def item(i):
        return {"value": i.value, "lo95": i.lo, "hi95": i.hi}

    def one(d):
        return {"quantity": d.quantity.name, "unit": d.quantity.unit or "1", "composition": d.name, "T_K": d.t_k,
                "base": item(d.base), "other": item(d.other), "difference": d.value, "lo95": d.lo, "hi95": d.hi,
                "errors": d.errors, "p_holm": d.p if d.lo is not None else None, "verdict": d.verdict, "why": d.why}
    out = {"base": folders[0],
           "pairs": [{"other": f, "differences": list(map(one, p))} for f, p in zip(folders[1:], pairs)],
           "spreads": [{"quantity": s.quantity.name, "unit": s.quantity.unit, "composition": s.name, "values": s.values,
                        "spread": s.tau, "lo95": s.lo, "hi95": s.hi, "why": s.why} for s in between]}
    print(json.dumps(json.loads(json.dumps(out), parse_constant=lambda _: None), indent=1))


def main():
    folders, options, campaigns = from_command_line(__doc__, "between.py", 2)
    pairs = [differences(campaigns[0], c) for c in campaigns[1:]]
    between = spreads(campaigns) if len(campaigns) >= LEAST_OF_A_SPREAD else []
    if "--json" in options:
        as_json(campaigns, folders, pairs, between)
    else:
        as_text(campaigns, folders, pairs, between, "--markdown" in options)


if __name__ == "__main__":
    main()
