#!/usr/bin/python3
"""check_layers.py [--table] SRC BUILD - fail when the architecture leaks; --table: print the modules instead.

The modules, their layers and dependencies are read from the vt_module() lines of the CMakeLists.txt files; there is no
second table.  The public header of a module in engine/md is engine/md/md.h; every other header, whatever its name, is
private to its module.  Checked are
  1. DEPS: of lower layers, complete and without surplus.  A module depends on what it includes, on what it uses by name
     (a word of another public header) and on what its library takes by symbol (nm, so that a declaration without a
     header is seen too).  What only a dependency depends on must be named as well;
  2. private headers and private functions (vt__...): for their own module alone;
  3. foreign headers and symbols: in the folders that FOREIGN names; functions that BANNED forbids: in those it names;
  4. sizes: C files of a folder, lines of a file, lines of a function, columns of a line;
  5. public headers: each compiles alone.
Tests are no modules: they may include any header, private ones too (white box), and link what they test."""
import collections
import os
import pathlib
import re
import subprocess
import sys

MOST_FILES, MOST_LINES, MOST_FUNCTION, MOST_COLUMNS = 25, 600, 60, 120
TOPS = ("engine", "config", "runner", "tests")

# library: (its headers, its symbols, the folders that may use it)
FOREIGN = {
    "MPI": (r"mpi\w*\.h", r"P?MPIX?_\w+", ("runner/comm", "runner/store", "tests/mpi")),
    "HDF5": (r"hdf5(_hl)?\.h|H5\w+\.h", r"H5[A-Z]\w*", ("runner/store", "runner/h5md_read", "runner/trajectory")),
    "libyaml": (r"yaml\.h", r"yaml_\w+", ("config",)),
    "BLAS": (r"(cblas|lapacke|f77blas)\.h", r"cblas_\w+|openblas_\w+|[sdcz][a-z0-9]{3,6}_", ("engine/num",)),
    "jansson": (r"jansson\w*\.h", r"json_\w+|jansson_\w+", ("runner/json",)),
    "zlib": (r"zlib\.h", r"crc32\w*|adler32\w*|(de|in)flate\w*|(un)?compress2?|gz[a-z]\w*", ("engine/base",)),
    "liblzma": (r"lzma\.h", r"lzma_\w+", ("engine/base",)),
    "libcsv": (r"csv\.h", r"csv_\w+", ("runner/csv",)),
    "libmd": (r"(sha\d*|md[45]|rmd160)\.h", r"(SHA|MD)\d\w*", ("engine/spec",)),
}
# functions that no library calls, except in the folders named
BANNED = {
    "prints or ends the process": (r"(__)?v?printf(_chk)?|puts|putchar|perror|_?exit|quick_exit|abort|__assert_fail", ("runner/run", "runner/farm", "runner/cli", "runner/watchdog")),
    "is unsafe or not reproducible": (r"strtok|ato[fil]|v?sprintf|gets|s?rand|random|drand48|dlsym", ()),
}
# (object file, function): the only other places of a banned function
BANNED_BUT = {("engine/base/assert.c", "abort"), ("runner/h5md_read/apart.c", "_exit")}  # where VT_ASSERT ends; a forked child


class Module:
    def __init__(self, name, folder, layer, deps):
        self.name, self.folder, self.layer, self.deps = name, folder, layer, deps
        self.header = f"{folder}/{folder.split('/')[-1]}.h"
        self.used = set()  # names of the modules that it was seen to use

    def may_use(self, other):
        """notes that `other` is used; False: without naming it"""
        self.used.add(other.name)
        return other is self or other.name in self.deps


class File:
    def __init__(self, src, path, modules):
        self.rel = path.relative_to(src).as_posix()
        self.text = path.read_text(errors="replace")
        self.lines = self.text.splitlines()
        self.module = owner(modules, self.rel)

    def words(self):
        """names of ours, outside comments and strings"""
        code = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', " ", self.text, flags=re.S)
        return set(re.findall(r"\b(?:vt|VT)_[A-Za-z0-9]\w*", code))

    def functions(self):
        """(name, first line from 0, lines) of each definition, as clang-format leaves it: { and } at column 0"""
        for brace, line in enumerate(self.lines):
            if line != "{":
                continue
            first = brace
            while first and self.lines[first - 1] and not re.search(r"(^#.*|^}|;|\*/)$", self.lines[first - 1]):
                first -= 1
            end = next((i for i in range(brace, len(self.lines)) if self.lines[i] == "}"), len(self.lines) - 1)
            yield re.search(r"(\w*)\s*\(", " ".join(self.lines[first:brace]) + "(")[1], first, end - first + 1


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


def read_files(src, modules):
    return [File(src, path, modules) for path in sorted(p for top in TOPS for p in (src / top).rglob("*.[ch]"))]


def inside(path, folders):
    return any(path == f or path.startswith(f + "/") for f in folders)


def owner(modules, path):
    """the module in whose folder a path from the root lies, or None"""
    return max((m for m in modules.values() if inside(path, [m.folder])), key=lambda m: len(m.folder), default=None)


def check_deps(modules):
    for m in modules.values():
        for dep in m.deps:
            if dep not in modules:
                yield f"vt_{m.name}: depends on vt_{dep}, which does not exist"
            elif modules[dep].layer >= m.layer:
                yield f"vt_{m.name} (layer {m.layer}) may not depend on vt_{dep} (layer {modules[dep].layer})"


def check_surplus(modules):
    for m in modules.values():
        for dep in m.deps:
            if dep in modules and dep not in m.used:
                yield f"vt_{m.name}: names vt_{dep} in its DEPS, but uses nothing of it"


def check_include(modules, file, quote, header):
    me = file.module
    for library, (headers, _, allowed) in FOREIGN.items():
        if re.fullmatch(headers, header.split("/")[-1]) and not inside(header, TOPS) and not inside(file.rel, allowed):
            yield f"<{header}> ({library}) is not allowed here"
    if quote != '"':
        if inside(header, TOPS):
            yield f'<{header}> is ours: it is written in quotes'
        return
    if not inside(header, TOPS):
        yield f'"{header}" is not written from the root of the repository'
        return
    other = owner(modules, header)
    if not me or me is other:
        return
    if not other:
        yield f"{header} is no module's header"
    elif other.layer >= me.layer:
        yield f"vt_{me.name} (layer {me.layer}) may not include {header} (vt_{other.name}, layer {other.layer})"
    elif header != other.header:
        yield f"{header} is private to vt_{other.name}"
    elif not me.may_use(other):
        yield f"vt_{me.name} includes {header}, but its DEPS do not name vt_{other.name}"


def check_includes(files, modules):
    for file in files:
        if not file.module and not file.rel.startswith("tests/"):
            yield f"{file.rel}: belongs to no vt_module()"
        for number, line in enumerate(file.lines, 1):
            if not re.match(r"\s*#(\s|/\*.*?\*/)*(include|\\$)", line):
                continue
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            texts = check_include(modules, file, found[1], found[2]) if found else ["an include of another form than <...> or \"...\""]
            for text in texts:
                yield f"{file.rel}:{number}: {text}"


def check_names(files, modules):
    """words of another module's public header; a word stands in the headers of who uses it, too: the lowest has it"""
    home, headers = {}, {m.header: m for m in modules.values()}
    for file in sorted((f for f in files if f.rel in headers), key=lambda f: f.module.layer):
        for word in file.words():
            home.setdefault(word, file.module)
    for file in files:
        missing = collections.defaultdict(list)
        for word in sorted(file.words()) if file.module else ():
            if word in home and not file.module.may_use(home[word]):
                missing[home[word].name].append(word)
        for name, words in missing.items():
            yield f"{file.rel}: uses {words[0]} of vt_{name}, which the DEPS of vt_{file.module.name} do not name"


def check_sizes(files):
    folders = collections.Counter(os.path.dirname(file.rel) for file in files)
    for folder, n in folders.items():
        if n > MOST_FILES:
            yield f"{folder}: {n} C files, at most {MOST_FILES} are allowed"
    for file in files:
        if len(file.lines) > MOST_LINES:
            yield f"{file.rel}: {len(file.lines)} lines, at most {MOST_LINES} are allowed"
        for name, first, n in file.functions():
            if n > MOST_FUNCTION:
                yield f"{file.rel}:{first + 1}: {name}() has {n} lines, at most {MOST_FUNCTION} are allowed"
        for number, line in enumerate(file.lines, 1):
            if len(line) > MOST_COLUMNS:
                yield f"{file.rel}:{number}: {len(line)} columns, at most {MOST_COLUMNS} are allowed"


def symbols(build, modules):
    """{module: (undefined, defined) names of its static library, without what BANNED_BUT lets one of its files use}"""
    libraries = {path.name[6:-2]: path for path in build.rglob("libvt_*.a")}
    names = {name: (set(), set()) for name in modules if name in libraries}
    if names:
        out = subprocess.run(["nm", "-A", *(libraries[name] for name in names)], capture_output=True, text=True, check=True)
        for module, file, kind, symbol in re.findall(r"libvt_(\w+)\.a:(.*)\.o:.* ([A-Zivw]) (\w+)$", out.stdout, re.M):
            defined = kind not in "Uvw"
            if defined or (f"{modules[module].folder}/{file}", symbol) not in BANNED_BUT:
                names[module][defined].add(symbol)
    return {name: (undefined - defined, defined) for name, (undefined, defined) in names.items()}


def check_symbols(build, modules):
    found = symbols(build, modules)
    for name in modules:
        if name not in found:
            yield f"libvt_{name}.a is not built in {build}: its symbols cannot be checked"
    home = {symbol: modules[name] for name, (_, defined) in found.items() for symbol in defined}
    for name, (undefined, _) in found.items():
        m = modules[name]
        for symbol in sorted(undefined):
            for library, (_, pattern, allowed) in FOREIGN.items():
                if re.fullmatch(pattern, symbol) and not inside(m.folder, allowed):
                    yield f"libvt_{name}.a: uses {symbol} ({library})"
            for why, (pattern, allowed) in BANNED.items():
                if re.fullmatch(pattern, symbol) and not inside(m.folder, allowed):
                    yield f"libvt_{name}.a: calls {symbol}(), which {why}"
            other = home.get(symbol)
            if other and not m.may_use(other):
                yield f"libvt_{name}.a: uses {symbol} of vt_{other.name}, which its DEPS do not name"
            if other and symbol.startswith("vt__"):
                yield f"libvt_{name}.a: uses {symbol}, which is private to vt_{other.name}"
            if not other and re.match(r"vt_", symbol):
                yield f"libvt_{name}.a: uses {symbol}, which no module defines"


def check_headers(src, modules):
    for m in modules.values():
        if not (src / m.header).exists():
            yield f"vt_{m.name}: has no public header {m.header}"
    public = [src / m.header for m in modules.values() if (src / m.header).exists()]
    command = [os.environ.get("CC", "cc"), "-std=c17", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic",
               "-Werror", "-fsyntax-only", f"-I{src}", "-x", "c", *public]
    run = subprocess.run(command, capture_output=True, text=True) if public else None
    for line in run.stderr.splitlines() if run else ():
        if "error:" in line:
            yield f"a header does not compile alone: {line.removeprefix(str(src) + '/')}"
    if run and run.returncode and "error:" not in run.stderr:
        yield f"headers could not be compiled: {run.stderr.strip()}"


def violations(src, build):
    """one line for each violation"""
    modules = read_modules(src)
    files = read_files(src, modules)
    bad = [] if modules else [f"no vt_module() below {src}"]
    bad += check_deps(modules)
    bad += check_includes(files, modules)
    bad += check_names(files, modules)
    bad += check_symbols(build, modules)
    bad += check_surplus(modules)  # after all that note a use
    bad += check_sizes(files)
    bad += check_headers(src, modules)
    return bad


def table(src):
    """a line for each module: what a reader of ARCHITECTURE.md wants to know of its size"""
    modules = read_modules(src)
    files = read_files(src, modules)
    form = "{:<18} {:>5} {:>6} {:>6}  {:<36} {:>7}  {}"
    yield form.format("module", "layer", "files", "lines", "largest function", "header", "depends on")
    for m in sorted(modules.values(), key=lambda m: (m.layer, m.folder)):
        own = [f for f in files if f.module is m]
        longest = max(((n, name) for f in own for name, _, n in f.functions()), default=(0, "none"))
        header = next((len(f.lines) for f in own if f.rel == m.header), 0)
        yield form.format(m.folder, m.layer, len(own), sum(len(f.lines) for f in own), f"{longest[0]:>3} {longest[1]}", header,
                          " ".join(m.deps))
    tests = [f for f in files if not f.module]
    yield form.format("tests", "", len(tests), sum(len(f.lines) for f in tests), "", "", "")


def main():
    words = [a for a in sys.argv[1:] if a != "--table"]
    if len(words) != 2:
        sys.exit(__doc__)
    src, build = (pathlib.Path(a).resolve() for a in words)
    if "--table" in sys.argv:
        print("\n".join(table(src)))
        return
    bad = violations(src, build)
    print("\n".join(bad) if bad else "layers ok")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
