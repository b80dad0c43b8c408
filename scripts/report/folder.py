"""folder.py - what a report reads of a campaign's folder, beside what vitrion.py reads for everybody."""
import pathlib
import re
import warnings

import numpy as np
import vitrion
from vitrion import text  # noqa: F401 - for the other files of the report

Unusable = vitrion.Error  # the folder cannot be reported on; the text says why


def setting(campaign, *path):
    """One scalar of the recorded campaign file, as written there; "" if it has none.  The program writes that file:
    block mappings with two spaces a level, flow mappings within a line."""
    level, found = 0, ""
    for line in campaign.splitlines():
        indent = len(line) - len(line.lstrip())
        if indent < 2 * level:
            level = indent // 2
        if indent == 2 * level and level < len(path) and line.strip().startswith(path[level] + ":"):
            found = line.split(":", 1)[1].strip()
            level += 1
            if level == len(path):
                return found.strip('"')
            inner = re.search(rf"[{{,]\s*{re.escape(path[level])}:\s*([^,}}]+)", found)
            if inner:
                return inner[1].strip().strip('"')
    return ""


class Folder(vitrion.Run):
    """names of datasets are those of the store here: array("tasks/uid")"""

    def __init__(self, path):
        if not pathlib.Path(path).is_dir():
            raise Unusable(f"{path}: not a folder; expected the output folder of a campaign")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the page and report.py tell it in their way
            super().__init__(path)
        self.summary  # noqa: B018 - refused at once
        self.pairs = [tuple(p.split("-")) for p in self.pairs]
        self.counts = self.array("compositions/counts")[:, : len(self.symbols)]
        self.charges = self.array("species/charge")
        self.task = {
            k: self.texts(f"tasks/{k}") if k in ("kind", "status", "uid", "error") else self.array(f"tasks/{k}")
            for k in (
                "attempt",
                "composition",
                "error",
                "failures",
                "glass",
                "kind",
                "simulated_time",
                "status",
                "temperature",
                "uid",
            )
        }

        needs = self.array("tasks/needs")
        for i, state in enumerate(self.task["status"]):  # "lost": the glass that it starts from failed for good
            if state == "missing" and needs is not None and needs[i] >= 0 and self.task["status"][needs[i]] == "failed":
                self.task["status"][i] = "lost"

    @property
    def status(self):
        try:
            return super().status
        except Unusable:
            return {}

    def array(self, name):
        """the dataset, or None; vitrion.py's own names as well"""
        name = vitrion.NAMES.get(name, name)
        return self.store[name][()] if name in self.store else None

    def texts(self, name):
        values = self.array(name)
        return [] if values is None else [text(x) for x in values]

    def setting(self, *path):
        return setting(self.campaign, *path)

    def potential(self):
        """its kind, and the name of its file without the folder"""
        return self.setting("potential", "kind"), self.setting("potential", "file").rsplit("/", 1)[-1]

    def fit(self, name, quantity="D_alkali"):
        """index in summary.json's compositions, and the fit; (None, {}) if there is none"""
        for k, fit in enumerate(self.summary.get("compositions", [])):
            if fit["name"] == name and fit["quantity"] == quantity:
                return k, fit
        return None, {}

    def rows(self, part, name=None):
        """(index, row) of summary.json's list `part`, of one composition"""
        return [(k, r) for k, r in enumerate(self.summary.get(part, [])) if name in (None, r["name"])]

    def mobile(self, k):
        """symbols of the mobile ions of composition k: its factor alkali, else its single positive charges"""
        here = [s for s, n in zip(self.symbols, self.counts[k]) if n > 0]
        factor = self.texts("compositions/alkali")
        named = re.findall("[A-Z][a-z]?", factor[k]) if factor else []
        return [s for s in here if s in named] or [s for s in here if self.charges[self.symbols.index(s)] == 1]

    def role(self, k, factor):
        """symbols that the factor ("metal", "halogen") of composition k names"""
        values = self.texts(f"compositions/{factor}")
        return [s for s in re.findall("[A-Z][a-z]?", values[k]) if s in self.symbols] if values else []

    def runs(self, k=None, t=None):
        return [int(i) for i in super().runs(k, t)]

    def md_temperatures(self):
        return sorted(
            {float(self.task["temperature"][i]) for i, kind in enumerate(self.task["kind"]) if kind == "md"}
        )

    def failed_files(self):
        try:
            return sorted(p.name for p in (self.path / "failed").iterdir())
        except OSError:
            return []

    def mean_over(self, name, rows, *index):
        """mean of a dataset over runs, NaN where no run has a value"""
        if name not in self.store or not rows:
            return None
        values = np.stack([self.store[name][(i, *index)] for i in rows])
        known = np.isfinite(values)
        return np.where(
            known.any(axis=0),
            np.nansum(np.where(known, values, 0), axis=0) / np.maximum(known.sum(axis=0), 1),
            np.nan,
        )


def choose(order, most):
    """`most` items spread evenly over a ranking, both ends among them"""
    if len(order) <= most:
        return list(order)
    return [order[round(k * (len(order) - 1) / (most - 1))] for k in range(most)]
