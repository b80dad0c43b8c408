"""vitrion.py - the output folder of a Vitrion campaign, for Python: one file that needs h5py and numpy alone.

    import vitrion
    run = vitrion.open("runs/quickstart")            # or the path of a results.h5
    run.names, run.temperatures, run.tasks           # what there is
    one = run.compositions["LiAlCl2.5O0.75"]
    fit = one.arrhenius("D")                         # fit.Ea_eV, fit.Ea_se_eV, fit.Ea_lo95_eV, fit.Ea_hi95_eV
    fit.at(600)                                      # value, lo95, hi95 as `vitrion fit` has them; NaN: fit.why(600) says why
    one.points("D")                                  # a row a glass and temperature: temperature_K, glass, value, se
    one.by_temperature("D")                          # a row a temperature: value, se, lo95, hi95, as `vitrion fit` shows them
    one.pool("D")                                    # the same means, intervals of this composition's glasses alone
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
import warnings
import zlib

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
# Of a run in several pieces: values of all pieces together and their errors.
WHOLE = {"D_alkali": ("transport/D_alkali_point", "transport/D_alkali_point_se"),
         "sigma_T": ("transport/sigma_point_mS_cm", "transport/sigma_point_se_mS_cm")}
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


def results_of(journal):
    """uids of the tasks that have a result in a folder of shards, by the table in runner/journal/journal.h; what does not read
    as one is passed over (`vitrion verify` tells)"""
    found = set()
    for shard in sorted(journal.glob("*.vtj")) if journal.is_dir() else ():
        try:
            with io.open(shard, "rb") as f:
                f.seek(16)
                head = f.read(64)
                while len(head) == 64 and head[:4] == b"VTJR" and zlib.crc32(head[:56]) == int.from_bytes(head[56:60], "little"):
                    if int.from_bytes(head[4:8], "little") == 1:  # RESULT
                        found.add(head[16:48].hex())
                    f.seek((int.from_bytes(head[8:16], "little") + 7) // 8 * 8, 1)
                    head = f.read(64)
        except OSError:
            continue
    return found


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
             "T_ref_K": "t_ref_k", "log10_Tref": "log10_ref", "T_extra_K": "t_extra_k"}

    def __init__(self, values, what, seen=None):
        self.values, self.what, self.seen = values, what, seen

    def __getattr__(self, name):
        if name.startswith("_") or "values" not in self.__dict__:
            raise AttributeError(name)
        if self.SHORT.get(name, name) not in self.values:
            raise AttributeError(str(unknown(f"value of the fit of {self.what}", name, [*self.SHORT, *self.values])))
        return self.values[self.SHORT.get(name, name)]

    @property
    def resolved(self):
        return bool(np.isfinite(self.values["ea_ev"]))

    def log10(self, t):
        """log10 of the line at temperature t (K), wherever that is, and the half width of its 95 % band (NaN: it has none):
        what a plot of the line needs.  Beyond the temperatures of the fit the line is no answer: `at`.

        With the covariance c of its two parameters the variance at u is v_ref - 2 c u + v_Ea u^2, u = (1/T - 1/T_ref) /
        (k ln 10), and the band takes the t quantile that the interval of the prefactor or at T_ref has."""
        v = self.values
        log10_ref, se, quantile = v["log10_ref"], v["log10_ref_se"], np.nan
        u = (1 / np.asarray(t, float) - 1 / v["t_ref_k"]) / (K_EV * np.log(10))
        if np.isfinite(log10_ref) and se > 0:
            quantile = (v["log10_ref_hi95"] - v["log10_ref_lo95"]) / 2 / se
        elif not np.isfinite(log10_ref) and np.isfinite(v.get("ln_prefactor_se", np.nan)):  # no answer at T_ref: the same line
            inverse = 1 / (v["t_ref_k"] * K_EV * np.log(10))
            log10_ref = v["ln_prefactor"] / np.log(10) - v["ea_ev"] * inverse
            variance = (v["ln_prefactor_se"] / np.log(10)) ** 2 - 2 * inverse * v["cov_ref_ea"] - (inverse * v["ea_se_ev"]) ** 2
            se = np.sqrt(max(variance, 0))
            quantile = (v["ln_prefactor_hi95"] - v["ln_prefactor_lo95"]) / 2 / v["ln_prefactor_se"]
        y = log10_ref - v["ea_ev"] * u
        if not np.isfinite(quantile):
            return y, np.full_like(y, np.nan)
        return y, quantile * np.sqrt(np.maximum(se**2 - 2 * u * v["cov_ref_ea"] + (u * v["ea_se_ev"]) ** 2, 0))

    @property
    def range_K(self):
        """the lowest and the highest temperature of the fit"""
        if "t_min_k" in self.values:
            return self.values["t_min_k"], self.values["t_max_k"]
        return self.seen or (np.nan, np.nan)  # a store of an older build

    @property
    def curve_tested(self):
        """Can its points tell a line from a curve?  Two temperatures, or one glass of three, cannot."""
        return self.values.get("vtf_reason", 0) not in (2, 3)

    def answer(self, t):
        """(value, lo95, hi95, why): one temperature as `vitrion fit` has it; why: the reason where there is no value"""
        v, near = self.values, 1e-9 * t
        none, decades = (np.nan, np.nan, np.nan), 3
        if not self.resolved:
            return (*none, f"there is no fit of {self.what}: `vitrion fit` tells what became of its points")
        low, high = self.range_K
        if abs(t - v["t_extra_k"]) <= near:
            band = v["extra"], v["extra_lo95"], v["extra_hi95"]
            why = ("its interval is wider than three decades" if self.curve_tested
                   else "two temperatures, or one glass of three, cannot test a curve; a further temperature is needed")
            bound = f"; less than {band[2]:.2g} (97.5 %)" if np.isfinite(band[2]) else ""
            return (*band, "" if np.isfinite(band[0]) else f"{self.what} at {t:g} K is not resolved: {why}{bound}")
        is_ref = abs(t - v["t_ref_k"]) <= near and np.isfinite(v["log10_ref"])
        if not (is_ref or low - near <= t <= high + near):
            return (*none, f"{t:g} K is beyond the temperatures of the fit of {self.what} ({low:g} to {high:g} K), where the line "
                           f"alone says nothing: `vitrion fit DIR --extrapolate {t:g}` allows for a curve (.log10: the line)")
        y, half = (float(x) for x in self.log10(t))
        if 2 * half > decades:
            return (*none, f"{self.what} at {t:g} K is not resolved: its interval is wider than three decades")
        return 10**y, 10 ** (y - half), 10 ** (y + half), ""

    def at(self, t):
        """(value, lo95, hi95) at temperature t (K), or arrays of them, in the unit of the quantity, as `vitrion fit` has them: of
        the line within its temperatures and at T_ref; at the campaign's extrapolation temperature (T_extra_K) of line and
        curve together.  NaN elsewhere, or where it is not resolved: .why(t) says why.  Without a value hi95 may be an upper
        bound (97.5 %)."""
        found = np.array([self.answer(float(x))[:3] for x in np.ravel(np.asarray(t, float))]).reshape(-1, 3)
        return tuple(found[:, k].reshape(np.shape(t))[()] for k in range(3))

    def why(self, t):
        """why there is no value at temperature t; "" if there is one"""
        return self.answer(float(t))[3]

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
        known = self.by_temperature(name)
        known = known["temperature_K"][known["n_glasses"] > 0]
        return Arrhenius(values, f"{quantity} of {self.name}", (known.min(), known.max()) if len(known) else None)

    def points(self, quantity="D"):
        """What every run found, a row a glass and temperature: temperature_K, glass, value, se; NaN: not resolved.  Of a run
        in several pieces D and sigma are those of all its pieces, in the window of all glasses; others are NaN."""
        name, _, value, se = self.run.quantity(quantity)
        i = self.run.runs(self.index)
        i = i[self.run.tasks["piece"][i] <= 1]
        tasks = self.run.tasks[i]
        found = {"value": self.run.of_runs(value)[i], "se": self.run.of_runs(se)[i]}
        whole = dict(zip(found, WHOLE.get(name, (None, None))))
        for k in found:
            of_all = self.run.of_runs(whole[k])[i] if whole[k] else np.full(len(i), np.nan)
            found[k] = np.where(self.run.pieces()[i] > 1, of_all, found[k])
        return rows({"temperature_K": tasks["temperature_K"], "glass": tasks["glass"], **found})

    def by_temperature(self, quantity="D"):
        """Means over the glasses at each temperature as the table "By temperature" of `vitrion fit` has them: value, se, lo95,
        hi95, n_glasses.  The interval takes the scatter of glasses from all compositions; that of .pool() from the glasses
        of this one and theory alone.  "sigma" is sigma T here, as it is fitted (mS K/cm).  `quantity` may also be a group of
        the store with a row a composition and a column a temperature ("pool/haven_metal")."""
        store, place = self.run.store, str(quantity)
        if place not in store or not isinstance(store[place], h5py.Group) or "value" not in store[place]:
            place = f"fits/{self.run.quantity(place)[0]}/by_temperature"
        if place not in store or store[place]["value"].shape[:2] != (len(self.run.names), len(self.run.temperatures)):
            raise Error(f"{self.run.file}: /{place} has no row a composition and column a temperature")
        group = store[place]
        return rows({"temperature_K": self.run.temperatures,
                     **{k: group[k][self.index] for k in ("value", "se", "lo95", "hi95", "n_glasses") if k in group}})

    def pool(self, quantity="D"):
        """All glasses together at each temperature: value, se, lo95, hi95, n_glasses; of D the same mean as .by_temperature(),
        with an interval of these glasses and theory alone, mostly wider."""
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
        self.note = self.older()
        if self.note:
            warnings.warn(self.note, stacklevel=3)

    def older(self):
        """what to know where results.h5 is older than its folder; "" if it is not"""
        tasks = {t["uid"]: t["status"] for t in self.tasks}
        held = results_of(self.path / "journal") if self.file.name == "results.h5" else set()
        try:
            is_same = (self.path / "campaign.yaml").read_text(encoding="utf-8") == self.campaign
        except (OSError, UnicodeDecodeError):
            is_same = False
        if is_same:  # others are of tasks that an edit left out
            held &= tasks.keys()
        more = sum(tasks.get(uid) != "done" for uid in held)
        if not more:
            return ""
        return (f"note: {self.file} is older than its folder: the journal holds results of {more} task{'s' if more > 1 else ''} that it "
                "does not show; the end of `vitrion run` makes it anew")

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
            columns["piece"] = self.count_pieces(columns["kind"], group["needs"][()] if "needs" in group else [])
            self._tasks = rows(columns)
        return self._tasks

    @staticmethod
    def count_pieces(kind, needs):
        """of each MD task which piece of its run it is, from 1 on; 0: a quench"""
        piece = np.where(kind == "md", 1, 0)
        for i, before in enumerate(needs):  # a piece stands behind the one that it goes on from
            if piece[i] and 0 <= before < i and piece[before]:
                piece[i] = piece[before] + 1
        return piece

    def pieces(self):
        """of each first piece, how many pieces of its run are done, itself among them"""
        t = self.tasks
        done = np.where((t["kind"] == "md") & (t["status"] == "done"), 1, 0)
        first = 0
        for i in range(len(t)):
            if t["piece"][i] <= 1:
                first = i
            else:
                done[first] += done[i]
        return done

    def runs(self, composition=None, temperature=None):
        """rows of the MD tasks that are done (each piece of a run is one), of one composition (its row), of one temperature (K)"""
        t = self.tasks
        wanted = (t["kind"] == "md") & (t["status"] == "done")
        if composition is not None:
            wanted &= t["composition"] == composition
        if temperature is not None:
            wanted &= np.abs(t["temperature_K"] - temperature) < 0.5
        return np.flatnonzero(wanted)

    def table(self):
        """A row a run that is done: composition, glass, temperature, D, conductivity, Haven ratio, pressure, density.  A run in
        several pieces has a row a piece (column piece), each by itself."""
        i = self.runs()
        t = self.tasks[i]
        names = np.array(self.names)
        return frame(rows({"composition": names[t["composition"]], "glass": t["glass"], "temperature_K": t["temperature_K"],
                           "piece": t["piece"], "simulated_ns": t["simulated_ns"], "uid": t["uid"],
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
