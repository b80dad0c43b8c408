"""H5MD 1.1 (nongnu.org/h5md, release 1.1.0) as rules, with h5py alone: broken(path) says which ones a file breaks."""
import h5py

AS_VECTOR = ("position", "image", "velocity", "force")
OF_PARTICLES = {"position": "fi", "image": "fi", "velocity": "fi", "force": "fi", "mass": "f", "species": "ei",
                "id": "i", "charge": "fi"}


def kind(dtype):
    """f float, i integer, e enumeration, s string, ? other."""
    if h5py.check_enum_dtype(dtype) is not None:
        return "e"
    return {"f": "f", "i": "i", "u": "i", "S": "s", "O": "s"}.get(dtype.kind, "?")


class Rules:
    def __init__(self, file):
        self.f, self.bad = file, []

    def ask(self, truth, rule):
        if not truth:
            self.bad.append(rule)
        return bool(truth)

    def fixed_text(self, obj, name, shape=(), optional=False):
        """A string of fixed length, of this shape."""
        where = f"{obj.name}@{name}"
        if name not in obj.attrs:
            return self.ask(optional, f"{where} is there")
        a = obj.attrs.get_id(name)
        t = a.get_type()
        is_fixed = isinstance(t, h5py.h5t.TypeStringID) and not t.is_variable_str()
        self.ask(is_fixed, f"{where} is a string of fixed length")
        return self.ask(a.shape == shape, f"{where} has shape {shape}")

    def integers(self, obj, name, shape, values=None):
        where = f"{obj.name}@{name}"
        if not self.ask(name in obj.attrs, f"{where} is there"):
            return
        a = obj.attrs.get_id(name)
        self.ask(a.dtype.kind in "iu" and a.shape == shape, f"{where} is integer {shape}")
        if values is not None:
            self.ask(obj.attrs[name].tolist() == values, f"{where} is {values}")

    # ------------------------------------------------------------------ elements

    def value(self, parent, name):
        """The data of an element, with [variable] in front if it depends on time; its clock is judged."""
        e = parent[name]
        if isinstance(e, h5py.Dataset):
            return e, False
        where = e.name
        if not self.ask("value" in e and isinstance(e["value"], h5py.Dataset), f"{where}/value is a dataset"):
            return None, True
        n = e["value"].shape[0] if e["value"].shape else -1
        for clock, kinds, needed in (("step", "i", True), ("time", "if", False)):
            if clock not in e:
                self.ask(not needed, f"{where}/{clock} is there")
                continue
            c = e[clock]
            self.ask(kind(c.dtype) in kinds, f"{where}/{clock} is of type {kinds}")
            if c.shape == ():  # fixed steps
                continue
            if self.ask(c.shape == (n,), f"{where}/{clock} has as many entries as value"):
                v = c[:]
                self.ask((v[1:] > v[:-1]).all(), f"{where}/{clock} grows")
        return e["value"], True

    def linked(self, a, b, what):
        """The same datasets, not equal ones."""
        for clock in ("step", "time"):
            if clock in b:
                self.ask(clock in a and a[clock] == b[clock], f"{what}: {clock} is a hard link to that of position")

    # ------------------------------------------------------------------ the tree

    def metadata(self):
        if not self.ask("h5md" in self.f and isinstance(self.f["h5md"], h5py.Group), "/h5md is a group"):
            return
        top = self.f["h5md"]
        self.integers(top, "version", (2,), [1, 1])
        for group, names in (("author", ("name",)), ("creator", ("name", "version"))):
            if self.ask(group in top, f"/h5md/{group} is there"):
                for name in names:
                    self.fixed_text(top[group], name)
        if "author" in top:
            self.fixed_text(top["author"], "email", optional=True)
        for module in top.get("modules", {}).values():
            self.integers(module, "version", (2,))

    def box(self, g):
        if not self.ask("box" in g and isinstance(g["box"], h5py.Group), f"{g.name}/box is a group"):
            return None
        box = g["box"]
        self.integers(box, "dimension", ())
        if "dimension" not in box.attrs:
            return None
        d = int(box.attrs["dimension"])
        self.fixed_text(box, "boundary", (d,))
        b = [x.decode() if isinstance(x, bytes) else x for x in box.attrs.get("boundary", [])]
        self.ask(set(b) <= {"periodic", "none"}, f"{box.name}@boundary is periodic or none")
        if not self.ask("edges" in box or set(b) == {"none"}, f"{box.name}/edges is there") or "edges" not in box:
            return d
        value, moves = self.value(box, "edges")
        if value is not None:
            is_cell = value.shape[moves:] in ((d,), (d, d)) and kind(value.dtype) in "fi"
            self.ask(is_cell, f"{box.name}/edges is [D] or [D][D]")
        if moves and isinstance(g.get("position"), h5py.Group):
            self.linked(box["edges"], g["position"], f"{box.name}/edges")
        return d

    def particles(self, g):
        d, n, frames = self.box(g), None, None
        for name, kinds in OF_PARTICLES.items():
            if name not in g:
                continue
            value, moves = self.value(g, name)
            if value is None:
                continue
            where = f"{g.name}/{name}"
            self.ask(kind(value.dtype) in kinds, f"{where} is of type {kinds}")
            shape = value.shape[moves:]
            n = n or (shape[0] if shape else None)
            self.ask(shape == ((n, d) if name in AS_VECTOR else (n,)), f"{where} is [N]" + "[D]" * (name in AS_VECTOR))
            if name == "position":
                frames = value.shape[0] if moves else None
            if name == "image":
                self.ask("position" in g, f"{where} has a position")
                self.linked(g[name], g["position"], where)
            if name == "id" and not moves:
                self.ask(len(set(value[:].tolist())) == n, f"{where} is unique")
            if name == "charge" and "type" in value.attrs:
                self.fixed_text(value, "type")
                t = value.attrs["type"]
                t = t.decode() if isinstance(t, bytes) else t
                self.ask(t in ("effective", "formal"), f"{where}@type is effective or formal")
                self.ask(t != "formal" or kind(value.dtype) == "i", f"{where} of type formal is integer")
        return frames

    def all(self):
        self.metadata()
        known = {"h5md", "particles", "observables", "connectivity", "parameters"}
        self.ask(set(self.f) <= known, "nothing else at the root")
        for g in self.f.get("particles", {}).values():
            self.particles(g)
        return self.bad


def broken(path):
    with h5py.File(path, "r") as f:
        return Rules(f).all()
