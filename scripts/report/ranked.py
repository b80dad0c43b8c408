"""ranked.py - which composition is best: `vitrion rank` by conductivity and by activation energy, and their front.

The order is the program's own: by the cautious end of each 95 % interval.  Nothing is ranked here again."""
import json
import subprocess

from report import drawing
from report.words import esc, formula, is_number, math_formula, number, table

MOST_ROWS, MOST_NAMES, MOST_FRONT = 40, 12, 8
TITLE = {"sigma": "σ", "D": "D", "ea": "E<sub>a</sub>"}
AXIS = {"sigma": r"$\sigma$", "D": "$D$", "ea": r"$E_\mathrm{a}$"}
UNIT = {"mS/cm": ("mS cm⁻¹", "mS cm$^{-1}$"), "cm^2/s": ("cm² s⁻¹", "cm$^2$ s$^{-1}$"), "eV": ("eV", "eV")}


class Ranking:
    """`value`: by sigma, or by D where no sigma is resolved; `energy`: by Ea; `why`: why there is none"""

    def __init__(self, folder, program):
        self.value = self.energy = None
        self.why = "" if program else "the program was not found: `vitrion report DIR` makes this section"
        for by in ("sigma", "D"):
            if not self.why:
                self.value = self.ask(folder, program, by, f"{by},ea")
            if self.why or self.value["rows"]:
                break
        if not self.why:
            self.energy = self.ask(folder, program, "ea", f"ea,{self.value['quantity']}")

    def ask(self, folder, program, by, front):
        asked = [program, "rank", folder.path, "--by", by, "--pareto", front, "--json"]
        try:
            p = subprocess.run(asked, capture_output=True, text=True, check=False)
            if p.returncode == 0:
                return json.loads(p.stdout)
            self.why = (p.stderr.strip().splitlines() or ["it said nothing"])[0].replace(str(folder.path) + "/", "")
        except (OSError, ValueError) as error:
            self.why = str(error)
        return {"rows": [], "unresolved": []}


def title(asked, plain=True):
    """what is ranked, with its temperature and unit"""
    at = "" if asked["quantity"] == "ea" else f" at {asked['T_K']:g} K"
    name = (TITLE if plain else AXIS)[asked["quantity"]]
    return f"{name}{at} / {UNIT[asked['unit']][0 if plain else 1]}"


def interval(row):
    half = (row["hi95"] - row["lo95"]) / 2 or None
    ends = f"[{number(row['lo95'], half)}, {number(row['hi95'], half)}]"
    beyond = ", extrapolated" if row["extrapolated"] else ""
    return f'{number(row["value"], half)} <span class="ci">{ends}{beyond}</span>'


def remark(row):
    if row["pareto"]:
        place = "on the front"
    elif row["pareto"] is None:
        place = "no place in the front: one of the two is not resolved"
    else:
        place = f"beaten in both by {formula(row['beaten_by'])}"
    return place + ("; not told apart from the first" if row["tied_with_first"] else "")


def ranks(asked, order):
    rows = [[f"{r['rank']}. {formula(r['name'])}", interval(r), remark(r)] for r in asked["rows"]]
    return table(
        ["composition", title(asked), "Pareto front"],
        rows,
        f"By {order}",
        MOST_ROWS,
        "<code>vitrion rank</code> has all",
    )


def unresolved(ranking):
    """name, of what, why, what it needs"""
    rows = []
    for asked in (ranking.value, ranking.energy):
        for r in asked["unresolved"]:
            bound = f" (below {number(r['hi95'])})" if is_number(r["hi95"]) else ""
            needs = r["needs"] or "not known"
            rows.append([formula(r["name"]), title(asked), esc(r["why"]) + bound, esc(needs)])
    return table(
        ["composition", "of", "why it has no place", "what would resolve it"],
        rows,
        "Without a place",
        MOST_ROWS,
        "<code>vitrion rank</code> has all",
    )


def front(ranking):
    """both quantities of every composition that has both; the front filled"""
    energy = {r["name"]: r for r in ranking.energy["rows"]}
    both = [(r, energy[r["name"]]) for r in ranking.value["rows"] if r["name"] in energy]
    if len(both) < 2:
        return None
    f, axes = drawing.new(height=0.8)
    logs = ranking.value["quantity"] in ("sigma", "D")
    on = [pair for pair in both if pair[0]["pareto"]]
    for pair in both:
        value, ea = pair
        chosen = pair in on
        axes.errorbar(
            ea["value"],
            value["value"],
            xerr=[[ea["value"] - ea["lo95"]], [ea["hi95"] - ea["value"]]],
            yerr=[[value["value"] - value["lo95"]], [value["hi95"] - value["value"]]],
            fmt="o" if chosen else "s",
            color=drawing.COLOURS[0 if chosen else 1],
            mfc=drawing.COLOURS[0] if chosen else "none",
            ms=4,
            elinewidth=0.6,
            capsize=1.5,
        )
    for value, ea in on[:MOST_FRONT] if len(both) > MOST_NAMES else both:
        axes.annotate(
            math_formula(value["name"]),
            (ea["value"], value["value"]),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=6,
        )
    axes.margins(x=0.12, y=0.08)
    if logs:
        drawing.log_y(axes)
    axes.set_xlabel(title(ranking.energy, False))
    axes.set_ylabel(title(ranking.value, False))
    caption = (
        f"{title(ranking.value)} against {title(ranking.energy)}, 95 % intervals. Circles: on the Pareto front (no"
        " other composition is at least as good in the cautious ends of both, and better in one); squares: beaten."
        + (f" Names: the first {MOST_FRONT} of the front." if len(both) > MOST_NAMES and len(on) > MOST_FRONT else "")
        + (
            f" {len(ranking.value['rows']) + len(ranking.value['unresolved']) - len(both)} compositions lack one of"
            " the two and are not drawn."
            if len(both) < len(ranking.value["rows"]) + len(ranking.value["unresolved"])
            else ""
        )
    )
    return drawing.Figure(f, "pareto", caption, "Conductivity against activation energy, with the Pareto front")


def parts(folder, program):
    """figures, HTML"""
    ranking = Ranking(folder, program)
    if ranking.why:
        return [], f'<p class="na">Not ranked: {esc(ranking.why)}</p>'
    if not ranking.value["rows"] and not ranking.energy["rows"]:
        return [], '<p class="na">No composition has a place.</p>' + unresolved(ranking)
    ends = {"sigma": "conductivity", "D": "diffusion coefficient of the mobile ions"}
    text = ranks(ranking.value, f"{ends[ranking.value['quantity']]}: the lower end of the interval, highest first")
    text += ranks(ranking.energy, "activation energy of D: the upper end of the interval, lowest first")
    return [f for f in [front(ranking)] if f], text + unresolved(ranking)
