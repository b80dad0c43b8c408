"""drawing.py - the style of every figure: one column of a journal (8.6 cm), 8 pt, Okabe and Ito's colours, which the
colour-blind can tell apart, with a mark of its own for each; lines and text in INK become the page's text colour."""
import io
import math
import os
import re

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import matplotlib.ticker  # noqa: E402

from report import whole  # noqa: E402
from report.words import math_formula  # noqa: E402

COLUMN_IN = 8.6 / 2.54
INK = "#000001"
# Okabe, Ito, Color Universal Design (2008), in an order that keeps yellow and black out
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
MARKS = ["o", "s", "^", "D", "v", "P"]
STYLE = {
    "figure.figsize": (COLUMN_IN, 0.75 * COLUMN_IN),
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "mathtext.default": "regular",
    "svg.fonttype": "path",
    "svg.hashsalt": "vitrion",
    "pdf.fonttype": 42,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.1,
    "lines.markersize": 4,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "figure.constrained_layout.use": True,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.labelcolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.titleweight": "normal",
    "axes.unicode_minus": True,
}


def colour(k):
    return COLOURS[k % len(COLOURS)]


def mark(k):
    return MARKS[k % len(MARKS)]


def new(rows=1, columns=1, height=0.75, **more):
    """figure and axes in the style; height in columns of width"""
    plt.rcdefaults()
    plt.rcParams.update(STYLE)
    return plt.subplots(rows, columns, figsize=(COLUMN_IN, height * COLUMN_IN), **more)


def handle(k, label, **more):
    return plt.Line2D(
        [], [], color=colour(k), marker=mark(k), linestyle=more.pop("linestyle", "-"), label=label, **more
    )


def names_key(axes, names, columns=2, extra=()):
    """what the colours and marks stand for, above the uppermost axes"""
    handles = [handle(k, math_formula(n), linestyle="none") for k, n in enumerate(names)] + list(extra)
    axes.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncol=columns,
        handletextpad=0.4,
        columnspacing=1.0,
        borderaxespad=0.2,
    )


def grey(label, **more):
    return plt.Line2D([], [], color=INK, label=label, **{"linestyle": "none", "alpha": 0.75, **more})


class Figure:
    """A drawn figure: its name, its caption (HTML) and its alternative text."""

    def __init__(self, figure, name, caption, alt):
        self.name, self.caption, self.alt = name, caption, alt
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
        self.svg, self.drawn = out.getvalue(), figure
        plt.close(figure)  # forgotten by pyplot; a PDF can still be made of it

    def inline(self):
        """SVG within HTML: names of its own, no size, colours by the page's variables"""
        svg = self.svg[self.svg.index("<svg") :]
        svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
        svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
        svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
        svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
        svg = re.sub(r'\bid="', f'id="{self.name}-', svg)
        svg = svg.replace('href="#', f'href="#{self.name}-').replace("url(#", f"url(#{self.name}-")
        svg = svg.replace(INK, "currentColor")
        for k, c in enumerate(COLOURS):
            svg = svg.replace(c, f"var(--c{k})")
        svg = re.sub(
            r' d="[^"]*"', lambda d: re.sub(r"(\d\.\d{2})\d+", r"\1", d[0]), svg
        )  # of paths: 1/100 pt is enough
        return svg.replace("<svg", f'<svg role="img" aria-label="{self.alt}"', 1)

    def html(self):
        return f'<figure id="{self.name}">{self.inline()}<figcaption>{self.caption}</figcaption></figure>'

    def save(self, folder):
        os.makedirs(folder, exist_ok=True)
        whole.replace(os.path.join(folder, f"{self.name}.svg"), self.svg.replace(INK, "#000000").encode("utf-8"))
        pdf = io.BytesIO()
        with plt.rc_context(STYLE):
            self.drawn.savefig(pdf, format="pdf", metadata={"CreationDate": None})
        whole.replace(os.path.join(folder, f"{self.name}.pdf"), pdf.getvalue())


def jitter(k, n, width):
    """places of n things around zero"""
    return 0.0 if n < 2 else width * (k / (n - 1) - 0.5)


def log_limits(values, room=1.25):
    known = [v for v in values if v > 0 and math.isfinite(v)]
    return (min(known) / room, max(known) * room) if known else (0.1, 10)


def log_y(axes):
    """a logarithmic y axis whose labels tell a factor of two where it spans less than two decades"""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if not 0 < low < high < 100 * low:
        return

    def label(x, _):
        if 0.001 <= x < 1e5:
            return f"{x:g}"
        power = math.floor(math.log10(x) + 1e-9)
        return f"${x / 10**power:g}\\times10^{{{power}}}$"

    steps = (1, 1.5, 2, 3, 4, 5, 6, 8) if high < 4 * low else (1, 2, 5)
    axes.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=steps, numticks=20))
    axes.yaxis.set_major_formatter(label)
    axes.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
