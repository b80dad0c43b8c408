#!/usr/bin/python3
"""check_layers.py SRC BUILD - fail when the architecture leaks.

The modules, their layers and dependencies are read from the vt_module() lines of the CMakeLists.txt files; there is no
second table.  Checked are
  1. foreign headers: only the modules named in FOREIGN may include them;
  2. symbols: nm on every static library, so that a declaration without a header is seen too; a library may use foreign
     symbols where FOREIGN says so, symbols of the modules it depends on, and nothing that BANNED forbids;
  3. includes: written from the root, of modules that the own one depends on, and of nobody's private headers (*_impl.h
     and those in a module's subfolders);
  4. length: no C file of more than 600 lines;
  5. public headers: each compiles alone."""
import os
import pathlib
import re
import subprocess
import sys

LONGEST = 600
TOPS = ("engine", "config", "runner", "tests")

# library: (its headers, its symbols, the folders that may use it)
FOREIGN = {
    "MPI": (r"mpi\.h", r"P?MPIX?_\w+", ("runner/comm", "runner/store", "runner/cli", "tests/mpi")),
    "HDF5": (r"hdf5(_hl)?\.h|H5\w+\.h", r"H5[A-Z]\w*", ("runner/store",)),
    "libyaml": (r"yaml\.h", r"yaml_\w+", ("config",)),
    "BLAS": (r"(cblas|lapacke|f77blas)\.h", r"cblas_\w+|openblas_\w+|[sdcz][a-z0-9]{3,6}_", ("engine/num",)),
    "jansson": (r"jansson\.h", r"json_\w+|jansson_\w+", ("runner/json", "runner/report", "runner/verify", "runner/cli", "config")),
    "zlib": (r"zlib\.h", r"crc32\w*|adler32\w*|(de|in)flate\w*|(un)?compress2?|gz[a-z]\w*", ("engine/base",)),
    "libmd": (r"(sha\d*|md[45]|rmd160)\.h", r"(SHA|MD)\d\w*", ("engine/spec",)),
}
# functions that no library calls, except in the folders named
BANNED = {
    "prints or ends the process": (r"v?printf|puts|putchar|perror|_?exit|abort|__assert_fail", ("runner/run", "runner/farm", "runner/cli", "runner/watchdog")),
    "is unsafe or not reproducible": (r"strtok|ato[fil]|v?sprintf|gets|s?rand|random|drand48", ()),
}
# who may read a private header of another module, and why
IMPL_READERS = {("runner/store", "runner/comm/comm_impl.h")}  # MPI-IO needs the raw communicator


class Module:
    def __init__(self, name, folder, layer, deps):
        self.name, self.folder, self.layer, self.deps = name, folder, layer, deps


def read_modules(src):
    """{name: Module} from every vt_module() line"""
    modules = {}
    for cmake in sorted(p for top in TOPS for p in (src / top).rglob("CMakeLists.txt")):
        text = re.sub(r"#.*", "", cmake.read_text())
        for call in re.findall(r"\bvt_module\(([^)]*)\)", text):
            name, *words = call.split()
            groups, key = {}, None
            for word in words:
                if word in ("LAYER", "SOURCES", "DEPS", "EXTERNAL"):
                    key = groups.setdefault(word, [])
                elif key is not None:
                    key.append(word)
            folder = cmake.parent.relative_to(src).as_posix()
            modules[name] = Module(name, folder, int(groups["LAYER"][0]), groups.get("DEPS", []))
    return modules


def closure(modules, name):
    """names of all modules that `name` may use: its dependencies and theirs"""
    seen, todo = set(), list(modules[name].deps)
    while todo:
        dep = todo.pop()
        if dep not in seen and dep in modules:
            seen.add(dep)
            todo += modules[dep].deps
    return seen


def inside(path, folders):
    return any(path == f or path.startswith(f + "/") for f in folders)


def owner(modules, path):
    """the module in whose folder a path from the root lies, or None"""
    return next((m for m in modules.values() if inside(path, [m.folder])), None)


def is_private(module, header):
    return header.endswith("_impl.h") or header.count("/") > module.folder.count("/") + 1


def check_table(modules):
    for m in modules.values():
        for dep in m.deps:
            if dep not in modules:
                yield f"vt_{m.name}: depends on vt_{dep}, which does not exist"
            elif modules[dep].layer >= m.layer:
                yield f"vt_{m.name} (layer {m.layer}) may not depend on vt_{dep} (layer {modules[dep].layer})"


def check_include(modules, rel, me, quote, header):
    for library, (headers, _, allowed) in FOREIGN.items():
        if re.fullmatch(headers, header.split("/")[-1]) and not inside(header, TOPS) and not inside(rel, allowed):
            yield f"<{header}> ({library}) is not allowed here"
    if quote != '"':
        return
    if not inside(header, TOPS):
        yield f'"{header}" is not written from the root of the repository'
        return
    other = owner(modules, header)
    if not me or not other or me is other:
        return
    if other.layer >= me.layer:
        yield f"vt_{me.name} (layer {me.layer}) may not include {header} (vt_{other.name}, layer {other.layer})"
    elif other.name not in closure(modules, me.name):
        yield f"vt_{me.name} includes {header}, but does not depend on vt_{other.name}"
    if is_private(other, header) and (me.folder, header) not in IMPL_READERS:
        yield f"{header} is private to vt_{other.name}"


def check_sources(src, modules):
    for path in sorted(p for top in TOPS for p in (src / top).rglob("*.[ch]")):
        rel = path.relative_to(src).as_posix()
        lines = path.read_text(errors="replace").splitlines()
        me = owner(modules, rel)
        if len(lines) > LONGEST:
            yield f"{rel}: {len(lines)} lines, at most {LONGEST} are allowed"
        if not me and not rel.startswith("tests/"):
            yield f"{rel}: belongs to no vt_module()"
        for number, line in enumerate(lines, 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            for text in check_include(modules, rel, me, found[1], found[2]) if found else ():
                yield f"{rel}:{number}: {text}"


def symbols(library):
    """(undefined, defined) names of a static library"""
    out = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
    undefined = set(re.findall(r"^\s+U (\w+)", out, re.M))
    defined = set(re.findall(r"^[0-9a-f]+ [A-TV-Z] (\w+)", out, re.M))
    return undefined - defined, defined


def check_symbols(build, modules):
    found = {}
    for m in modules.values():
        library = next(iter(build.rglob(f"libvt_{m.name}.a")), None)
        if library:
            found[m.name] = symbols(library)
        else:
            yield f"libvt_{m.name}.a is not built in {build}: its symbols cannot be checked"
    home = {symbol: name for name, (_, defined) in found.items() for symbol in defined}
    for name, (undefined, _) in found.items():
        m, allowed_modules = modules[name], closure(modules, name)
        for symbol in sorted(undefined):
            for library, (_, pattern, allowed) in FOREIGN.items():
                if re.fullmatch(pattern, symbol) and not inside(m.folder, allowed):
                    yield f"libvt_{name}.a: uses {symbol} ({library})"
            for why, (pattern, allowed) in BANNED.items():
                if re.fullmatch(pattern, symbol) and not inside(m.folder, allowed):
                    yield f"libvt_{name}.a: calls {symbol}(), which {why}"
            where = home.get(symbol)
            if where and where not in allowed_modules:
                yield f"libvt_{name}.a: uses {symbol} of vt_{where}, on which it does not depend"
            elif where and symbol.startswith("vt__"):
                yield f"libvt_{name}.a: uses {symbol}, which is private to vt_{where}"


def check_headers(src, modules):
    public = [p for m in modules.values() for p in sorted((src / m.folder).glob("*.h"))
              if not is_private(m, p.relative_to(src).as_posix())]
    if not public:
        return
    command = [os.environ.get("CC", "cc"), "-std=c17", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic",
               "-Werror", "-fsyntax-only", f"-I{src}", "-x", "c", *public]
    run = subprocess.run(command, capture_output=True, text=True)
    for line in run.stderr.splitlines():
        if "error:" in line:
            yield f"a header does not compile alone: {line.removeprefix(str(src) + '/')}"
    if run.returncode and "error:" not in run.stderr:
        yield f"headers could not be compiled: {run.stderr.strip()}"


def violations(src, build, parts="table sources symbols headers"):
    """one line for each violation"""
    modules = read_modules(src)
    bad = [] if modules else [f"no vt_module() below {src}"]
    if "table" in parts:
        bad += check_table(modules)
    if "sources" in parts:
        bad += check_sources(src, modules)
    if "symbols" in parts:
        bad += check_symbols(build, modules)
    if "headers" in parts:
        bad += check_headers(src, modules)
    return bad


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    bad = violations(*(pathlib.Path(a).resolve() for a in sys.argv[1:]))
    print("\n".join(bad) if bad else "layers ok")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
