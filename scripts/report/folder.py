"""folder.py - what a report reads of a campaign's folder: summary.json, results.h5, status.json, names in failed/."""
import json
import pathlib
import re

import h5py
import numpy as np

K_EV = 8.617333262e-5  # Boltzmann's constant, eV/K (CODATA 2018)


class Unusable(Exception):
    """the folder cannot be reported on; the text says why"""


def text(x):
    return x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x)


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


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        if not self.path.is_dir():
            raise Unusable(f"{path}: not a folder; expected the output folder of a campaign")
        self.summary = self.read_json("summary.json")
        try:
            self.status = self.read_json("status.json")
        except Unusable:
            self.status = {}
        try:
            self.store = h5py.File(self.path / "results.h5", "r")
        except OSError as error:
            raise Unusable(f"{self.path}/results.h5: {error}; `vitrion verify` and `vitrion repair` help") from error
        for group in ("compositions/name", "species/symbol", "tasks/uid"):
            if group not in self.store:
                raise Unusable(f"{self.path}/results.h5: no /{group}: not the store of a campaign")
        self.campaign = text(self.store["campaign"][()])
        self.attributes = {k: text(v) for k, v in self.store.attrs.items()}
        self.names = self.texts("compositions/name")
        self.symbols = self.texts("species/symbol")
        self.pairs = [tuple(p.split("-")) for p in self.texts("species/pair")]
        self.counts = self.store["compositions/counts"][:, : len(self.symbols)]
        self.charges = self.store["species/charge"][:]
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

    def read_json(self, name):
        try:
            with open(self.path / name, encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError) as error:
            raise Unusable(
                f"{self.path / name}: {error}; is this the output folder of a campaign that has results? "
                "(`vitrion fit` and `vitrion status` tell more)"
            ) from error

    def array(self, name):
        """the dataset, or None"""
        return self.store[name][()] if name in self.store else None

    def texts(self, name):
        return [text(x) for x in self.store[name][()]] if name in self.store else []

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
        """rows of the MD tasks that are done, of one composition, of one temperature"""
        return [
            i
            for i, kind in enumerate(self.task["kind"])
            if kind == "md"
            and self.task["status"][i] == "done"
            and (k is None or self.task["composition"][i] == k)
            and (t is None or abs(self.task["temperature"][i] - t) < 0.5)
        ]

    def temperatures(self):
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
