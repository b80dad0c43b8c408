"""words.py - numbers, formulas and reasons in HTML.  Every number of summary.json stands in a <data> element with its
full value and its place there, so that a script can read the page and a test can compare it."""
import html
import math
import re

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
esc = html.escape
FORMULA, FIGURE = r"(?:[A-Z][a-z]?\d*\.?\d*|[()]\d*\.?\d*)+", r"(?<=[A-Za-z)])(\d+\.?\d*)"


def formula(name):
    """a name with its stoichiometric numbers as subscripts: only where it looks like a formula"""
    if not re.fullmatch(FORMULA, name):
        return esc(name)
    return '<span class="formula">' + re.sub(FIGURE, r"<sub>\1</sub>", esc(name)) + "</span>"


def math_formula(name):
    """the same for matplotlib"""
    if not re.fullmatch(FORMULA, name):
        return name.replace("$", r"\$")
    return re.sub(FIGURE, r"$_{\1}$", name)


def is_number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x)


def number(x, half=None, places=None):
    """x to two digits of the half width of its interval, else to three significant digits; powers of ten beyond 10^4"""
    if isinstance(x, int) and half is None and places is None and abs(x) < 1e6:
        return str(x)
    if x == 0:
        return "0"
    ten = math.floor(math.log10(abs(x)))
    if places is None:
        places = (1 - math.floor(math.log10(half))) if half and half > 0 else 2 - ten
    if ten < -3 or ten > 4:
        digits = max(0, places + ten)
        mantissa = f"{x / 10.0**ten:.{min(digits, 6)}f}"
        return f"{mantissa} × 10{str(ten).translate(SUPERSCRIPT)}".replace("-", "−")
    return f"{round(x, min(places, 0) or None) if places < 0 else x:.{min(max(0, places), 8)}f}".replace("-", "−")


def reason(group, key=""):
    """why `key` of a group of summary.json is null: the warning that names it, else the group's own"""
    warnings = [w for w in group.get("warnings", []) if isinstance(w, str)]
    named = key.split("/")
    candidates = [".".join(named), named[0], key.split("/")[-1]]
    for w in warnings:
        head, _, tail = w.partition(": ")
        words = re.split(r",\s*", head)
        if tail and any(c and (c in words or any(x.startswith(c + " ") for x in words)) for c in candidates):
            return tail
    for w in warnings:
        if w.startswith("not resolved") or "no collective transport" in w:
            return w
    return "not resolved"


class Teller:
    """numbers of summary.json by their place: "compositions/0/Ea_eV\" """

    def __init__(self, summary):
        self.summary = summary

    def get(self, path):
        x = self.summary
        for step in path.split("/"):
            if isinstance(x, list):
                x = x[int(step)] if int(step) < len(x) else None
            elif isinstance(x, dict):
                x = x.get(step)
            else:
                return None
        return x

    def number(self, path, half=None, places=None):
        x = self.get(path)
        if not is_number(x):
            return None
        return f'<data value="{x!r}" data-path="{esc(path)}">{number(x, half, places)}</data>'

    def interval(self, lo, hi, places=None):
        """[lo, hi] or ''"""
        a, b = self.get(lo), self.get(hi)
        if not (is_number(a) and is_number(b)):
            return ""
        half = (b - a) / 2 or None
        return f'<span class="ci">[{self.number(lo, half, places)}, {self.number(hi, half, places)}]</span>'

    def estimate(self, value, lo, hi, group, key):
        """value [lo, hi]; without a value the reason; without an interval that is said"""
        x, a, b = self.get(value), self.get(lo), self.get(hi)
        if not is_number(x):
            if is_number(b) and not is_number(a):
                return f'&lt; {self.number(hi)} <span class="na">(an upper bound: {esc(reason(group, key))})</span>'
            return f'<span class="na">{esc(reason(group, key))}</span>'
        if not (is_number(a) and is_number(b)):
            return f'{self.number(value)} <span class="na">(one glass: no interval)</span>'
        return f"{self.number(value, (b - a) / 2 or None)} {self.interval(lo, hi)}"

    def pooled(self, path, group, key):
        return self.estimate(f"{path}/value", f"{path}/lo95", f"{path}/hi95", group, key)


def table(head, rows, caption="", most=None, rest="", kind=""):
    """rows of HTML cells (kind "pairs": a name and its value); on a narrow screen each row becomes a card whose lines
    carry the column's name"""
    if not rows:
        return ""
    shown = rows if most is None else rows[:most]
    labels = [re.sub("<[^>]+>", "", h) for h in head]
    body = "".join(
        "<tr>" + "".join(f'<td data-label="{esc(l)}"><div>{c}</div></td>' for l, c in zip(labels, row)) + "</tr>"
        for row in shown
    )
    note = (
        f'<p class="note">{len(rows) - len(shown)} more rows are left out here: {rest}.</p>'
        if len(rows) > len(shown)
        else ""
    )
    title = f"<caption>{caption}</caption>" if caption else ""
    named = f' class="{kind}"' if kind else ""
    return (
        f"<table{named}>{title}<thead><tr>{''.join(f'<th>{h}</th>' for h in head)}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
        + note
    )


def fold(title, inner):
    return f"<details><summary>{title}</summary>{inner}</details>" if inner else ""
