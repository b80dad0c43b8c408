"""vitrion.py - the output folder of a Vitrion campaign, for Python: one file that needs h5py and numpy alone.

    import vitrion
    run = vitrion.open("runs/quickstart")            # or the path of a results.h5
    run.names, run.temperatures, run.tasks           # what there is
    one = run.compositions["LiAlCl2.5O0.75"]
    fit = one.arrhenius("D")                         # fit.Ea_eV, fit.Ea_se_eV, fit.Ea_lo95_eV, fit.Ea_hi95_eV, fit.at(300)
    one.points("D")                                  # a row a glass and temperature: temperature_K, glass, value, se
    one.pool("D")                                    # a row a temperature: value, se, lo95, hi95 over all glasses
    lag_ps, msd = one.msd("Li", 800)                 # mean over glasses
    r, g = one.rdf("Al", "Cl", 800)
    one.haven("metal"), one.residence()              # tables by temperature, with intervals
    run.table()                                      # a row a run: a pandas frame if pandas is there, else a numpy table
    run.summary                                      # summary.json, as it is
    run.store                                        # the h5py file, for all the rest (`vitrion schema store` lists it)

Numbers that are not resolved are NaN. Every value that an interval belongs to has it: se, lo95, hi95 (95 %)."""
import difflib
import io
import json
import pathlib

import h5py
import numpy as np

K_EV = 8.617333262e-5  # Boltzmann's constant, eV/K (CODATA 2018)
FORMATS = (1, 2)  # of the store, that this module reads

# Every name that the module takes from the store, by what it is called here; {q} is a quantity.
NAMES = {
    "campaign": "campaign",
    "names": "compositions/name",
    "formula": "compositions/formula",
    "counts": "compositions/counts",
    "symbols": "species/symbol",
    "charges": "species/charge",
    "pairs": "species/pair",
    "tasks": "tasks",
    "temperatures": "pool/temperature",
    "fits": "fits",
    "fit": "fits/{q}",
    "pool": "pool/{q}",
    "msd_lag": "obs/msd/lag_ps",
    "msd": "obs/msd/mean",
    "rdf_r": "obs/rdf/r",
    "rdf": "obs/rdf/g",
    "haven": "pool/haven_{q}",
    "residence": "structure_mean/tau_{q}",
    "compare": "compare/{q}",
}
# Words of people for quantities: (the group of its fit, the group of its values over all glasses, those of a run).
QUANTITIES = {
    "D": ("D_alkali", "D_alkali", "transport/D_alkali", "transport/D_alkali_se"),
    "sigma": ("sigma_T", "sigma", "transport/sigma_mS_cm", "transport/sigma_se_mS_cm"),
}
TASK = {  # columns of Run.tasks: (name in /tasks, type)
    "uid": ("uid", "U64"), "kind": ("kind", "U8"), "status": ("status", "U8"), "composition": ("composition", "i8"),
    "glass": ("glass", "i8"), "temperature_K": ("temperature", "f8"), "simulated_ns": ("simulated_time", "f8"),
    "failures": ("failures", "i8"),
}
RUN = {  # columns of Run.table(), beside those of the task
    "D_cm2_s": "transport/D_alkali", "D_se_cm2_s": "transport/D_alkali_se",
    "sigma_mS_cm": "transport/sigma_mS_cm", "sigma_se_mS_cm": "transport/sigma_se_mS_cm",
    "sigma_lo95_mS_cm": "transport/sigma_lo95_mS_cm", "sigma_hi95_mS_cm": "transport/sigma_hi95_mS_cm",
    "haven_metal": "transport/haven_metal", "haven_metal_se": "transport/haven_metal_se",
    "pressure_GPa": "transport/pressure_gpa", "density_g_cm3": "transport/density_g_cm3",
}


class Error(Exception):
    """what is wrong with a folder or a name, in a sentence; never a stack of h5py's"""


class UnknownName(Error, KeyError):
    """a name that is not there; the text has the nearest ones"""

    def __str__(self):
        return self.args[0]


def text(x):
    return x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x)


def unknown(what, name, known):
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {', '.join(map(repr, list(known)[:12]))}"
    return UnknownName(f"no {what} '{name}': {hint}")


def rows(columns):
    """a structured array of the columns {name: values}"""
    arrays = {k: np.asarray(v) for k, v in columns.items()}
    n = len(next(iter(arrays.values()))) if arrays else 0
    out = np.empty(n, dtype=[(k, a.dtype) for k, a in arrays.items()])
    for k, a in arrays.items():
        out[k] = a
    return out


def frame(table):
    """a pandas frame of a structured array, or the array where pandas is not installed"""
    try:
        import pandas
    except ImportError:
        return table
    return pandas.DataFrame({k: table[k] for k in table.dtype.names})


def open(path):  # noqa: A001 - vitrion.open is what one would type
    """The output folder of a campaign, or its results.h5."""
    return Run(path)


class Arrhenius:
    """log10 y = log10_ref - Ea (1/T - 1/T_ref) / (k ln 10), of the points of one composition.

    Every value of the fit is an attribute under its name in summary.json (Ea_eV, Ea_se_eV, Ea_lo95_eV, ...) and in
    the store (log10_ref, ...); NaN if there is no fit."""

    SHORT = {"Ea_eV": "ea_ev", "Ea_se_eV": "ea_se_ev", "Ea_lo95_eV": "ea_lo95_ev", "Ea_hi95_eV": "ea_hi95_ev",
             "T_ref_K": "t_ref_k", "log10_Tref": "log10_ref"}

    def __init__(self, values, what):
        self.values, self.what = values, what

    def __getattr__(self, name):
        if name.startswith("_") or "values" not in self.__dict__:
            raise AttributeError(name)
        if self.SHORT.get(name, name) not in self.values:
            raise AttributeError(str(unknown(f"value of the fit of {self.what}", name, [*self.SHORT, *self.values])))
        return self.values[self.SHORT.get(name, name)]

    @property
    def resolved(self):
        return bool(np.isfinite(self.values["ea_ev"]) and np.isfinite(self.values["log10_ref"]))

    def log10(self, t):
        """log10 of the line at temperature t (K), and the half width of its 95 % band (NaN: it has none).

        With the covariance c of its two parameters the variance at u is v_ref - 2 c u + v_Ea u^2, u = (1/T - 1/T_ref) /
        (k ln 10), and the band takes the t quantile that the interval at T_ref has."""
        v = self.values
        u = (1 / np.asarray(t, float) - 1 / v["t_ref_k"]) / (K_EV * np.log(10))
        y = v["log10_ref"] - v["ea_ev"] * u
        if not v["log10_ref_se"] > 0:
            return y, np.full_like(y, np.nan)
        variance = v["log10_ref_se"] ** 2 - 2 * u * v["cov_ref_ea"] + (u * v["ea_se_ev"]) ** 2
        quantile = (v["log10_ref_hi95"] - v["log10_ref_lo95"]) / 2 / v["log10_ref_se"]
        return y, quantile * np.sqrt(np.maximum(variance, 0))

    def at(self, t):
        """(value, lo95, hi95) of the line at temperature t, in the unit of the quantity"""
        y, half = self.log10(t)
        return 10**y, 10 ** (y - half), 10 ** (y + half)

    def __repr__(self):
        if not self.resolved:
            return f"<{self.what}: not resolved>"
        return f"<{self.what}: Ea = {self.Ea_eV:.3f} [{self.Ea_lo95_eV:.3f}, {self.Ea_hi95_eV:.3f}] eV>"


class Composition:
    """one composition of a run"""

    def __init__(self, run, k):
        self.run, self.index, self.name = run, k, run.names[k]
        self.formula = run.texts("formula")[k] if run.has("formula") else self.name
        self.counts = {s: int(n) for s, n in zip(run.symbols, run.array("counts")[k]) if n > 0}

    def __repr__(self):
        return f"<{self.name}: {' '.join(f'{s} {n}' for s, n in self.counts.items())}>"

    def arrhenius(self, quantity="D"):
        """the fit of "D" (of the alkali), "sigma" (its conductivity times temperature, mS K/cm), "D_Cl", "rate_o0", ..."""
        name = self.run.quantity(quantity)[0]
        group = self.run.store[self.run.place("fit", name)]
        values = {k: d[self.index].item() for k, d in group.items() if isinstance(d, h5py.Dataset) and d.ndim == 1
                  and len(d) == len(self.run.names) and d.dtype.kind in "if"}
        return Arrhenius(values, f"{quantity} of {self.name}")

    def points(self, quantity="D"):
        """what every run found: temperature_K, glass, value, se; NaN: not resolved"""
        _, _, value, se = self.run.quantity(quantity)
        i = self.run.runs(self.index)
        tasks = self.run.tasks[i]
        return rows({"temperature_K": tasks["temperature_K"], "glass": tasks["glass"],
                     "value": self.run.of_runs(value)[i], "se": self.run.of_runs(se)[i]})

    def by_temperature(self, place):
        """value, se, lo95, hi95 of a group of the store that has a row a composition and a column a temperature"""
        group = self.run.store[place]
        return rows({"temperature_K": self.run.temperatures,
                     **{k: group[k][self.index] for k in ("value", "se", "lo95", "hi95", "n_glasses") if k in group}})

    def pool(self, quantity="D"):
        """all glasses together at each temperature: value, se, lo95, hi95, n_glasses"""
        name = self.run.quantity(quantity)[1]
        if name is None:
            raise Error(f"'{quantity}' has no values over all glasses; .points has those of the runs")
        return self.by_temperature(self.run.place("pool", name))

    def haven(self, frame_of_reference="metal"):
        """Haven ratio by temperature, seen from the metals, the centre of mass ("barycentric") or "frame_free\""""
        frames = ("metal", "barycentric", "frame_free")
        if frame_of_reference not in frames:
            raise unknown("frame", frame_of_reference, frames)
        return self.by_temperature(self.run.place("haven", frame_of_reference))

    def residence(self, kind="intermittent"):
        """Residence times (ps) of the alkali at metals with 0, 1, 2, 3 of the counted anion: a row a temperature, with
        columns value, se, lo95, hi95 of four each."""
        kinds = ("intermittent", "continuous", "endpoint")
        if kind not in kinds:
            raise unknown("residence time", kind, kinds)
        group = self.run.store[self.run.place("residence", kind)]
        columns = {k: group[k][self.index] for k in ("value", "se", "lo95", "hi95", "n_glasses") if k in group}
        kinds = [("temperature_K", "f8"), *((k, a.dtype, a.shape[1:]) for k, a in columns.items())]
        out = np.empty(len(self.run.temperatures), dtype=kinds)
        out["temperature_K"] = self.run.temperatures
        for k, a in columns.items():
            out[k] = a
        return out

    def mean_of_runs(self, x, y, temperature, *index):
        """the mean over the runs at a temperature, weighed alike, NaN where none has a value"""
        i = self.run.runs(self.index, temperature)
        if len(i) == 0:
            known = sorted({float(t) for t in self.run.tasks["temperature_K"][self.run.runs(self.index)]})
            raise Error(f"{self.name} has no run at {temperature} K that is done; there are {known or 'none'}")
        values = np.stack([self.run.dataset(y)[(k, *index)] for k in i])
        found = np.isfinite(values)
        mean = np.where(found.any(axis=0), np.where(found, values, 0).sum(axis=0) / np.maximum(found.sum(axis=0), 1), np.nan)
        return self.run.dataset(x)[i[0]], mean

    def species(self, symbol):
        if symbol not in self.counts:
            raise unknown(f"element of {self.name}", symbol, list(self.counts))
        return self.run.symbols.index(symbol)

    def msd(self, symbol, temperature):
        """lag times (ps) and mean squared displacement (A^2, frame of the simulation), mean over the glasses"""
        return self.mean_of_runs("msd_lag", "msd", temperature, self.species(symbol))

    def rdf(self, first, second, temperature):
        """distances (A) and g(r) of a pair of elements, mean over the glasses"""
        self.species(first), self.species(second)
        pair = f"{first}-{second}" if f"{first}-{second}" in self.run.pairs else f"{second}-{first}"
        return self.mean_of_runs("rdf_r", "rdf", temperature, self.run.pairs.index(pair))


class Compositions:
    """compositions by name, or by number in their order"""

    def __init__(self, run):
        self.run = run

    def __getitem__(self, name):
        if isinstance(name, (int, np.integer)) and -len(self) <= name < len(self):
            return Composition(self.run, int(name) % len(self))
        if name not in self.run.names:
            raise unknown("composition", name, self.run.names)
        return Composition(self.run, self.run.names.index(name))

    def __iter__(self):
        return iter(self.run.names)

    def __len__(self):
        return len(self.run.names)

    def __contains__(self, name):
        return name in self.run.names

    def keys(self):
        return list(self.run.names)

    def values(self):
        return [self[k] for k in range(len(self))]

    def items(self):
        return [(c.name, c) for c in self.values()]

    def __repr__(self):
        return f"<compositions: {', '.join(self.run.names)}>"


class Run:
    """an output folder; `path` and `file` say which"""

    def __init__(self, path):
        path = pathlib.Path(path)
        self.path, self.file = (path, path / "results.h5") if path.is_dir() else (path.parent, path)
        if not path.exists():
            raise Error(f"{path}: there is no such folder or file; expected the output folder of a campaign")
        if not self.file.exists():
            begun = (self.path / "journal").is_dir() or (self.path / "campaign.yaml").exists()
            raise Error(f"{self.path}: no results.h5: " + (
                "nothing has been written yet; `vitrion status` tells how far the run is" if begun
                else "expected the output folder of a campaign"))
        try:
            self.store = h5py.File(self.file, "r")
        except OSError as error:
            raise Error(f"{self.file}: {error}; not an HDF5 file, or a damaged one (`vitrion verify` and `vitrion repair` "
                        "help)") from None
        self.check()
        self.attributes = {k: v.item() if isinstance(v, np.generic) and v.dtype.kind in "if" else text(v)
                           for k, v in self.store.attrs.items()}
        self.campaign = text(self.store[NAMES["campaign"]][()])
        self.names, self.symbols, self.pairs = self.texts("names"), self.texts("symbols"), self.texts("pairs")
        self.temperatures = self.array("temperatures") if self.has("temperatures") else np.array([])
        self.compositions = Compositions(self)

    def check(self):
        for name in ("campaign", "names", "symbols", "tasks"):
            if NAMES[name] not in self.store:
                raise Error(f"{self.file}: not the store of a campaign: it has no /{NAMES[name]}")
        version = self.store.attrs.get("format", 0)
        if version not in FORMATS:
            raise Error(f"{self.file}: store format {version}, and this module reads {' and '.join(map(str, FORMATS))}: take "
                        "the vitrion.py of the program that wrote it (share/vitrion/python)")

    def __repr__(self):
        done = int(np.sum(self.tasks["status"] == "done"))
        return f"<{self.file}: {len(self.names)} compositions, {done} of {len(self.tasks)} tasks done>"

    def close(self):
        self.store.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---------------------------------------------------------------- from the store

    def place(self, name, quantity=""):
        place = NAMES[name].format(q=quantity)
        if place not in self.store:
            raise Error(f"{self.file}: no /{place}: this campaign did not observe it, or an older build wrote the file")
        return place

    def has(self, name):
        return NAMES[name] in self.store

    def dataset(self, name):
        return self.store[self.place(name)]

    def array(self, name):
        return self.dataset(name)[()]

    def texts(self, name):
        return [text(x) for x in self.array(name)] if self.has(name) else []

    def of_runs(self, place):
        """a dataset with a row a task; NaN if it is not there"""
        return self.store[place][()] if place in self.store else np.full(len(self.tasks), np.nan)

    def quantity(self, name):
        """(fit, pool or None, values of runs, their errors) of a quantity as people or the store call it"""
        if name in QUANTITIES:
            return QUANTITIES[name]
        known = [k for k, g in self.store[NAMES["fits"]].items() if "ea_ev" in g]
        if name not in known:
            raise unknown("quantity", name, [*QUANTITIES, *known])
        return name, name if f"pool/{name}/value" in self.store else None, f"transport/{name}", f"transport/{name}_se"

    @property
    def tasks(self):
        """a row a task: uid, kind (glass, md), status (done, failed, missing), composition (its row), glass, ..."""
        if "_tasks" not in self.__dict__:
            group = self.store[NAMES["tasks"]]
            columns = {}
            for k, (name, kind) in TASK.items():
                values = group[name][()]
                columns[k] = np.array([text(x) for x in values] if kind[0] == "U" else values, dtype=kind)
            self._tasks = rows(columns)
        return self._tasks

    def runs(self, composition=None, temperature=None):
        """rows of the MD tasks that are done, of one composition (its row), of one temperature (K)"""
        t = self.tasks
        wanted = (t["kind"] == "md") & (t["status"] == "done")
        if composition is not None:
            wanted &= t["composition"] == composition
        if temperature is not None:
            wanted &= np.abs(t["temperature_K"] - temperature) < 0.5
        return np.flatnonzero(wanted)

    def table(self):
        """A row a run that is done: composition, glass, temperature, D, conductivity, Haven ratio, pressure, density."""
        i = self.runs()
        t = self.tasks[i]
        names = np.array(self.names)
        return frame(rows({"composition": names[t["composition"]], "glass": t["glass"], "temperature_K": t["temperature_K"],
                           "simulated_ns": t["simulated_ns"], "uid": t["uid"],
                           **{k: self.of_runs(place)[i] for k, place in RUN.items()}}))

    def verdict(self, quantity="D"):
        """(insensitive, sensitive or undecided; why)"""
        group = self.store[self.place("compare", self.quantity(quantity)[0])]
        return tuple(text(np.ravel(group[k][()])[0]) for k in ("verdict", "why"))

    # ---------------------------------------------------------------- beside the store

    def read_json(self, name):
        try:
            with io.open(self.path / name, encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError) as error:
            raise Error(f"{self.path / name}: {error}; is this the output folder of a campaign that has results? "
                        "(`vitrion fit` and `vitrion status` tell more)") from None

    @property
    def summary(self):
        if "_summary" not in self.__dict__:
            self._summary = self.read_json("summary.json")
        return self._summary

    @property
    def status(self):
        return self.read_json("status.json")
