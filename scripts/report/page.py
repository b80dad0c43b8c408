"""page.py - the page: sections in order, one style sheet, nothing from elsewhere."""
import pathlib

from report import compare, ranked, runs, scattering, sections, structure, tables, transport
from report.words import Teller, esc, fold, table

CSS = (pathlib.Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def gallery(figures):
    shown = [f for f in figures if f]
    return f'<div class="figures">{"".join(f.html() for f in shown)}</div>' if shown else ""


def section(name, title, *parts):
    inner = "".join(p for p in parts if p)
    return (name, title, inner) if inner else None


def stored_sum(folder):
    try:
        return (folder.path / "results.h5.sha256").read_text(encoding="ascii").split()[0]
    except (OSError, ValueError, IndexError):
        return ""


def build(folder, program=None):
    """[(id, title, HTML)], figures"""
    tell = Teller(folder.summary)
    failed, n_failed, n_missing = runs.failures(folder)
    figures = {
        "arrhenius": transport.arrhenius_figures(folder),
        "forest": [compare.forest(folder, q) for q in ("D_alkali", "sigma_T")],
        "factors": [compare.factors(folder), compare.variance(folder)],
        "frames": [transport.haven(folder), transport.transference(folder)],
        "residence": [structure.residence(folder)],
        "rdf": [structure.rdf(folder)],
        "msd": [transport.msd(folder)],
        "stationarity": [runs.stationarity(folder)],
    }
    scattered, weights = scattering.figures(folder)
    nothing = '<p class="na">Not resolved: see “What is not resolved” for the reasons.</p>'
    front, places = ranked.parts(folder, program) if len(folder.names) > 1 else ([], "")
    parts = [
        section(
            "asked",
            "What was asked",
            sections.asked(folder),
            fold("The campaign as recorded", f"<pre>{esc(folder.campaign)}</pre>"),
        ),
        section(
            "answer",
            "The answer",
            f'<ol class="answer">{sections.answer(folder, tell)}</ol>',
            sections.caution(folder, n_failed, n_missing),
        ),
        section(
            "arrhenius-plots",
            "Diffusion and temperature",
            gallery(figures["arrhenius"]),
            tables.numbers(folder, tell, "D_alkali"),
            tables.numbers(folder, tell, "sigma_T"),
        ),
        section("ranking", "Ranking", gallery(front), places),
        section("compositions", "Compositions compared", gallery(figures["forest"]), tables.ratios(folder, tell)),
        section(
            "factors-section",
            "Factors",
            gallery(figures["factors"]),
            (
                table(["source", "standard deviation / decades"], compare.variance_rows(folder, tell))
                if len(folder.names) > 1
                else ""
            ),
        ),
        section("unresolved", "What is not resolved", runs.unresolved(folder)),
        section(
            "frames",
            "Haven ratio and transference",
            gallery(figures["frames"]) or nothing,
            fold("All values", tables.frames_table(folder, tell)),
        ),
        section(
            "residence-section",
            "Residence at the polyhedra",
            gallery(figures["residence"]),
            fold("All values, with reasons", tables.residence_table(folder, tell)),
        ),
        section("structure", "Structure", gallery(figures["rdf"]), tables.structure_table(folder, tell)),
        section("scattering", "Scattering", gallery(scattered), weights),
        section("msd-section", "Mean squared displacement", gallery(figures["msd"])),
        section(
            "gates",
            "Were the runs sound?",
            gallery(figures["stationarity"]),
            runs.gates_table(folder, tell),
            fold("By composition and temperature", runs.gates_by_point(folder, tell)),
        ),
        section("failures", "Failures", failed),
        section("cost", "Cost", runs.cost(folder)),
        section("provenance", "Provenance", runs.provenance(folder, stored_sum(folder))),
        section("cite", "How to cite", runs.cite(folder)),
    ]
    drawn = [f for group in figures.values() for f in group if f] + front + scattered
    return [p for p in parts if p], drawn


def make(folder, program=None):
    """the page as text, and its figures; `program`: vitrion, which ranks"""
    parts, drawn = build(folder, program)
    name = esc(folder.summary.get("campaign", ""))
    links = "".join(f'<li><a href="#{i}">{t}</a></li>' for i, t, _ in parts)
    body = "".join(f'<section id="{i}"><h2>{t}</h2>{inner}</section>' for i, t, inner in parts)
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport"'
        ' content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><link'
        f' rel="icon" href="data:,"><title>{name}: Vitrion'
        f' report</title><style>{CSS}</style></head><body><header><h1>{name}</h1><p class="note">Report of a Vitrion'
        " campaign. Intervals are 95 % unless another level is named; a number that cannot be trusted is not shown,"
        f" its reason is.</p><nav><ul>{links}</ul></nav></header><main>{body}</main></body></html>\n"
    )
    return page, drawn
