#!/usr/bin/python3
"""test_planted.py SRC BUILD CMAKE - a check that cannot fail is no check.

In a copy of the tree one violation at a time is planted; scripts/check_layers.py or CMake's configure step must refuse it
with the message that a contributor needs, and must accept the copy without it."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SRC, BUILD, CMAKE = (pathlib.Path(a) for a in sys.argv[1:4])
sys.path.insert(0, str(SRC / "scripts"))
sys.dont_write_bytecode = True
import check_layers  # noqa: E402 (its folder is an argument)

COPIED = ("engine", "config", "runner", "scripts", "tests", "CMakeLists.txt")
failures = []


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    return done.returncode, done.stdout + done.stderr


def claim(name, holds, output):
    print(("ok   " if holds else "FAIL ") + name)
    if not holds:
        failures.append(name)
        print("     " + "\n     ".join(output.strip().splitlines()[-15:]))


@contextlib.contextmanager
def planted(path, old="", new=""):
    """replace old by new in a file of the copy, or append new to it; restored afterwards"""
    keep = path.read_bytes() if path.exists() else None
    text = keep.decode() if keep is not None else ""
    assert old in text, f"{path}: nothing to replace"
    path.write_text(text.replace(old, new, 1) if old else text + new)
    try:
        yield
    finally:
        path.write_bytes(keep) if keep is not None else path.unlink()


def copy_tree(top):
    """the sources and the libraries that were built from them"""
    src, build = top / "src", top / "build"
    src.mkdir()
    build.mkdir()
    for name in COPIED:
        (shutil.copytree if (SRC / name).is_dir() else shutil.copy)(SRC / name, src / name)
    for library in BUILD.rglob("libvt_*.a"):
        shutil.copy(library, build / library.name)
    return src, build


def check_refuses(name, src, build, parts, want):
    out = "\n".join(check_layers.violations(src, build, parts))
    claim(name, want in out, f"expected: {want}\n{out}")


def sources(src, build):
    """what is seen in the text of the sources"""
    header, source = src / "engine/spec/planted.h", src / "engine/spec/planted.c"
    plants = {
        "an include of a higher layer": (source, '#include "engine/md/md.h"\n',
            "engine/spec/planted.c:1: vt_spec (layer 1) may not include engine/md/md.h (vt_md, layer 4)"),
        "an include of an equal layer": (source, '#include "engine/num/num.h"\n',
            "vt_spec (layer 1) may not include engine/num/num.h (vt_num, layer 1)"),
        "a lower layer that is no dependency": (src / "config/planted.c", '#include "engine/num/num.h"\n',
            "config/planted.c:1: vt_config includes engine/num/num.h, but does not depend on vt_num"),
        "a private header of another module": (src / "engine/fits/planted.c", '#include "engine/num/num_impl.h"\n',
            "engine/num/num_impl.h is private to vt_num"),
        "a header in a subfolder of another module": (src / "engine/md/planted.c", '#include "engine/pot/nep/planted.h"\n',
            "engine/pot/nep/planted.h is private to vt_pot"),
        "MPI in the engine": (source, "# include  <mpi.h>\n", "engine/spec/planted.c:1: <mpi.h> (MPI) is not allowed here"),
        "HDF5 in a header": (header, "#include <hdf5.h>\n", "planted.h:1: <hdf5.h> (HDF5) is not allowed here"),
        "libyaml outside config": (source, "#include <yaml.h>\n", "<yaml.h> (libyaml) is not allowed here"),
        "BLAS outside num": (source, "#include <cblas.h>\n", "<cblas.h> (BLAS) is not allowed here"),
        "jansson in the engine": (source, "#include <jansson.h>\n", "<jansson.h> (jansson) is not allowed here"),
        "zlib outside base": (source, "#include <zlib.h>\n", "<zlib.h> (zlib) is not allowed here"),
        "libmd outside spec": (src / "engine/sys/planted.c", "#include <sha2.h>\n", "<sha2.h> (libmd) is not allowed here"),
        "MPI in a test of the engine": (src / "tests/unit/planted.c", "#include <mpi.h>\n",
            "tests/unit/planted.c:1: <mpi.h> (MPI) is not allowed here"),
        "an include from the folder": (source, '#include "spec.h"\n', '"spec.h" is not written from the root'),
        "a long file": (source, "\n" * 601, "engine/spec/planted.c: 601 lines, at most 600 are allowed"),
        "a header that needs another one": (header, "size_t vt_planted(void);\n",
            "a header does not compile alone: engine/spec/planted.h:1"),
        "a folder outside the modules": (src / "engine/planted.c", "\n", "engine/planted.c: belongs to no vt_module()"),
    }
    for name, (path, text, want) in plants.items():
        with planted(path, new=text):
            check_refuses(name, src, build, "headers" if "compile" in want else "sources", want)


def libraries(src, build):
    """what only nm sees: a declaration without a header"""
    plants = {
        "an MPI function": ("obs", "int MPI_Barrier(int);", "MPI_Barrier(0)", "libvt_obs.a: uses MPI_Barrier (MPI)"),
        "an HDF5 function": ("md", "int H5Fflush(int);", "H5Fflush(0)", "libvt_md.a: uses H5Fflush (HDF5)"),
        "a libyaml function": ("spec", "int yaml_parser_load(int);", "yaml_parser_load(0)", "uses yaml_parser_load (libyaml)"),
        "a BLAS function": ("sys", "int cblas_ddot(int);", "cblas_ddot(0)", "libvt_sys.a: uses cblas_ddot (BLAS)"),
        "a LAPACK function": ("sys", "int dgels_(int);", "dgels_(0)", "libvt_sys.a: uses dgels_ (BLAS)"),
        "a function of a higher layer": ("base", "int vt_mean(int);", "vt_mean(0)",
            "libvt_base.a: uses vt_mean of vt_num, on which it does not depend"),
        "a private function": ("fits", "int vt__whiten(int);", "vt__whiten(0)",
            "libvt_fits.a: uses vt__whiten, which is private to vt_num"),
        "printing": ("pot", "int puts(const char *);", 'puts("hello")', "libvt_pot.a: calls puts(), which prints"),
        "the end of the process": ("base", "void abort(void);", "(abort(), 0)", "libvt_base.a: calls abort(), which prints or ends"),
        "an unsafe function": ("store", "int atoi(const char *);", 'atoi("1")', "libvt_store.a: calls atoi(), which is unsafe"),
    }
    for name, (module, declaration, call, want) in plants.items():
        library = build / f"libvt_{module}.a"
        source, code = build / "planted.c", build / "planted.o"
        source.write_text(f"{declaration}\nint planted_call(void);\nint planted_call(void) {{ return {call}; }}\n")
        code_, out = run(os.environ.get("CC", "cc"), "-fno-builtin", "-c", source, "-o", code)
        assert code_ == 0, out
        keep = library.read_bytes()
        run("ar", "q", library, code)
        check_refuses(name + " without its header", src, build, "symbols", want)
        library.write_bytes(keep)
    library = build / "libvt_num.a"
    library.rename(build / "away")
    check_refuses("a library that was not built", src, build, "symbols", "libvt_num.a is not built")
    (build / "away").rename(library)


def configure_refuses(name, src, wants, *options, **more):
    with tempfile.TemporaryDirectory(dir=src.parent) as build:
        code, out = run(CMAKE, "-S", src, "-B", build, *options, **more)
        flat = " ".join(out.split())
        claim(name, code != 0 and all(w in flat for w in wants), f"expected: {wants}\n{out}")


def dependencies(src, build):
    with planted(src / "engine/sys/CMakeLists.txt", "DEPS spec", "DEPS spec md"):
        check_refuses("an upward dependency, by the check", src, build, "table", "vt_sys (layer 2) may not depend on vt_md (layer 4)")
    with planted(src / "engine/spec/CMakeLists.txt", "DEPS base", "DEPS base num"):
        configure_refuses("a dependency within a layer, by configure", src, ["vt_spec (layer 1) may not depend on vt_num (layer 1)"])
    with planted(src / "engine/sys/CMakeLists.txt", "DEPS spec", "DEPS spec no_such_module"):
        check_refuses("a dependency on nothing", src, build, "table", "vt_sys: depends on vt_no_such_module, which does not exist")


def without_mpich(top):
    """a PATH with everything in it but MPI"""
    path = top / "bin"
    path.mkdir()
    for folder in reversed(os.environ["PATH"].split(":")):
        for program in pathlib.Path(folder).glob("*") if folder else ():
            link = path / program.name
            if not program.name.startswith("mpi"):
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    return path


def another_mpi(top):
    """an MPI whose mpi.h is not MPICH's: a wrapper around the real one, so that everything but its name works"""
    include, wrapper = top / "other-mpi", top / "mpicc.other"
    include.mkdir()
    flags = run("mpicc.mpich", "-show")[1].split()
    real = next(f[2:] for f in flags if f.startswith("-I") and (pathlib.Path(f[2:]) / "mpi.h").exists())
    (include / "mpi.h").write_text(f'#include "{real}/mpi.h"\n#undef MPICH_VERSION\n')
    wrapper.write_text(f'#!/bin/sh\ncase $1 in -show*) echo "cc -I{include} {" ".join(flags[1:])}";; '
                       f'*) exec mpicc.mpich -I{include} "$@";; esac\n')
    wrapper.chmod(0o755)
    return wrapper


def mpi(top, src):
    """the MPI must be the one of the parallel HDF5"""
    path = without_mpich(top)
    configure_refuses("a machine without MPICH", src, ["MPICH not found", "apt-get install mpich libmpich-dev", "scripts/setup"],
                      "-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF", f"-DCMAKE_C_COMPILER={path}/cc",
                      env={**os.environ, "PATH": str(path)})
    configure_refuses("another MPI", src, ["is not the MPICH that HDF5", "do not set MPI_C_COMPILER to another MPI"],
                      f"-DMPI_C_COMPILER={another_mpi(top)}")


def main():
    with tempfile.TemporaryDirectory(prefix="vt_planted_") as name:
        top = pathlib.Path(name)
        src, build = copy_tree(top)
        code, out = run(src / "scripts/check_layers.py", src, build)
        claim("the tree as it is passes", code == 0 and "layers ok" in out, out)
        with planted(src / "engine/spec/planted.c", new="#include <mpi.h>\n"):
            code, out = run(src / "scripts/check_layers.py", src, build)
            claim("a violation is the program's exit code", code == 1 and "<mpi.h>" in out, out)
        sources(src, build)
        libraries(src, build)
        dependencies(src, build)
        mpi(top, src)
        code, out = run(src / "scripts/check_layers.py", src, build)
        claim("the tree passes again after all plants", code == 0, out)
    print(f"{len(failures)} failed")
    sys.exit(bool(failures))


main()
