#!/usr/bin/python3
"""test_planted.py SRC BUILD CMAKE - a check that cannot fail is no check.

Violations are planted in a copy of the tree, all at once and each in a place of its own: scripts/check_layers.py must
name every one of them with the message that a contributor needs, and nothing else; the copy without them must pass.
Then CMake's configure step must refuse what it is there to refuse."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SRC, BUILD, CMAKE = (pathlib.Path(a) for a in sys.argv[1:4])
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


def copy_tree(top):
    """the sources, and links to the libraries that were built from them"""
    src, build = top / "src", top / "build"
    src.mkdir()
    build.mkdir()
    for name in COPIED:
        (shutil.copytree if (SRC / name).is_dir() else shutil.copy)(SRC / name, src / name)
    for library in BUILD.rglob("libvt_*.a"):
        (build / library.name).symlink_to(library.resolve())
    return src, build


def replace(path, old, new):
    text = path.read_text()
    assert old in text, f"{path}: nothing to replace"
    path.write_text(text.replace(old, new, 1))


def body(n):
    """a definition of n lines"""
    return "static int planted(void)\n{\n" + "  planted();\n" * (n - 4) + "  return 0;\n}\n"


# what is planted: (file, text, message; "": this must not be refused)
SOURCES = {
    "an include of a higher layer": ("engine/spec/planted_up.c", '#include "engine/md/md.h"\n',
        "engine/spec/planted_up.c:1: vt_spec (layer 1) may not include engine/md/md.h (vt_md, layer 4)"),
    "an include of an equal layer": ("engine/spec/planted_equal.c", '#include "engine/num/num.h"\n',
        "planted_equal.c:1: vt_spec (layer 1) may not include engine/num/num.h (vt_num, layer 1)"),
    "an include of a lower layer that is no dependency": ("config/planted.c", '#include "engine/num/num.h"\n',
        "config/planted.c:1: vt_config includes engine/num/num.h, but its DEPS do not name vt_num"),
    "an include of a dependency's dependency": ("runner/screening/planted_include.c", '\n#include "engine/num/num.h"\n',
        "runner/screening/planted_include.c:2: vt_screening includes engine/num/num.h, but its DEPS do not name vt_num"),
    "a name of a dependency's dependency": ("runner/screening/planted_name.c", "/* vt_se */ int x = sizeof vt_mean;\n",
        "runner/screening/planted_name.c: uses vt_mean of vt_num, which the DEPS of vt_screening do not name"),
    "a name in a comment or a string": ("engine/replica/planted_text.c", '/* vt_mean */\nchar *x = "vt_mean"; // vt_mean\n', ""),
    "a neighbour's *_impl.h": ("engine/fits/planted.c", '#include "engine/num/num_impl.h"\n',
        "engine/fits/planted.c:1: engine/num/num_impl.h is private to vt_num"),
    "a neighbour's private header of another name": ("engine/replica/planted_private.c", '#include "engine/obs/track.h"\n',
        "engine/replica/planted_private.c:1: engine/obs/track.h is private to vt_obs"),
    "our header in angle brackets": ("engine/replica/planted_angle.c", "#include <engine/md/md.h>\n",
        "engine/replica/planted_angle.c:1: <engine/md/md.h> is ours: it is written in quotes"),
    "an include with a comment in it": ("engine/replica/planted_comment.c", '#/**/include "engine/md/md.h"\n',
        "engine/replica/planted_comment.c:1: an include of another form"),
    "an include of a macro": ("engine/replica/planted_macro.c", "#include HEADER\n",
        "engine/replica/planted_macro.c:1: an include of another form"),
    "a header in a neighbour's subfolder": ("engine/md/planted.c", '#include "engine/pot/nep/nep.h"\n',
        "engine/md/planted.c:1: engine/pot/nep/nep.h is private to vt_pot"),
    "a module's own private header": ("engine/num/planted.c", '#include "engine/num/num_impl.h"\n', ""),
    "a private header in a test": ("tests/unit/planted/planted_white.c", '#include "engine/num/num_impl.h"\n', ""),
    "a test's header in a module": ("engine/sys/planted_test.c", '#include "tests/vt_test.h"\n',
        "engine/sys/planted_test.c:1: tests/vt_test.h is no module's header"),
    "MPI in the engine": ("engine/spec/planted_mpi.c", "# include  <mpi.h>\n",
        "engine/spec/planted_mpi.c:1: <mpi.h> (MPI) is not allowed here"),
    "HDF5 in a header": ("engine/spec/planted.h", "#include <hdf5.h>\n", "planted.h:1: <hdf5.h> (HDF5) is not allowed here"),
    "libyaml outside config": ("engine/spec/planted_yaml.c", "#include <yaml.h>\n", "<yaml.h> (libyaml) is not allowed here"),
    "BLAS outside num": ("engine/spec/planted_blas.c", "#include <cblas.h>\n", "<cblas.h> (BLAS) is not allowed here"),
    "jansson in the engine": ("engine/spec/planted_json.c", "#include <jansson.h>\n", "<jansson.h> (jansson) is not allowed here"),
    "zlib outside base": ("engine/spec/planted_zlib.c", "#include <zlib.h>\n", "<zlib.h> (zlib) is not allowed here"),
    "libmd outside spec": ("engine/sys/planted_md.c", "#include <sha2.h>\n", "<sha2.h> (libmd) is not allowed here"),
    "MPI in a test of the engine": ("tests/unit/planted/planted_mpi.c", "#include <mpi.h>\n",
        "tests/unit/planted/planted_mpi.c:1: <mpi.h> (MPI) is not allowed here"),
    "an include from the folder": ("engine/spec/planted_folder.c", '#include "spec.h"\n',
        '"spec.h" is not written from the root of the repository'),
    "a long file": ("engine/spec/planted_long.c", "\n" * 601, "engine/spec/planted_long.c: 601 lines, at most 600 are allowed"),
    "a file just short enough": ("engine/spec/planted_short.c", "\n" * 600, ""),
    "a long function": ("engine/num/planted_long.c", "int x;\n/* why */\n" + body(61),
        "engine/num/planted_long.c:3: planted() has 61 lines, at most 60 are allowed"),
    "a function just short enough": ("engine/num/planted_short.c", body(60) + body(60), ""),
    "a long line": ("engine/sys/planted_wide.c", "/" * 121 + "\n" + "/" * 120 + "\n",
        "engine/sys/planted_wide.c:1: 121 columns, at most 120 are allowed"),
    "a folder of too many files": ([f"tests/planted_26/{i}.{i % 2 and 'c' or 'h'}" for i in range(26)], "\n",
        "tests/planted_26: 26 C files, at most 25 are allowed"),
    "a folder just small enough": ([f"tests/planted_25/{i}.c" for i in range(25)], "\n", ""),
    "a folder outside the modules": ("engine/planted.c", "\n", "engine/planted.c: belongs to no vt_module()"),
    "a module whose header needs another one": ("engine/alone/alone.h", "size_t vt_planted(void);\n",
        "a header does not compile alone: engine/alone/alone.h:1"),
    "a library that was not built": ("engine/alone/CMakeLists.txt", "vt_module(alone LAYER 0 SOURCES alone.c)\n",
        "libvt_alone.a is not built"),
    "a module without a public header": ("engine/bare/CMakeLists.txt", "vt_module(bare LAYER 0 SOURCES bare.c)\n",
        "vt_bare: has no public header engine/bare/bare.h"),
    "the library of that module": ("engine/bare/bare.c", "\n", "libvt_bare.a is not built"),
}

# what only nm sees, a declaration without a header: (module, declaration, call, message)
LIBRARIES = {
    "an MPI function": ("obs", "int MPI_Barrier(int);", "MPI_Barrier(0)", "libvt_obs.a: uses MPI_Barrier (MPI)"),
    "an HDF5 function": ("md", "int H5Fflush(int);", "H5Fflush(0)", "libvt_md.a: uses H5Fflush (HDF5)"),
    "a libyaml function": ("spec", "int yaml_parser_load(int);", "yaml_parser_load(0)", "uses yaml_parser_load (libyaml)"),
    "a BLAS function": ("sys", "int cblas_ddot(int);", "cblas_ddot(0)", "libvt_sys.a: uses cblas_ddot (BLAS)"),
    "a LAPACK function": ("sys", "int dgels_(int);", "dgels_(0)", "libvt_sys.a: uses dgels_ (BLAS)"),
    "a function of a higher layer": ("base", "int vt_mean(int);", "vt_mean(0)",
        "libvt_base.a: uses vt_mean of vt_num, which its DEPS do not name"),
    "a function of a dependency's dependency": ("screening", "int vt_mean(int);", "vt_mean(0)",
        "libvt_screening.a: uses vt_mean of vt_num, which its DEPS do not name"),
    "a private function": ("fits", "int vt__whiten(int);", "vt__whiten(0)",
        "libvt_fits.a: uses vt__whiten, which is private to vt_num"),
    "a function of nobody": ("pot", "int vt_nowhere(int);", "vt_nowhere(0)",
        "libvt_pot.a: uses vt_nowhere, which no module defines"),
    "a weak name of a higher layer": ("sys", "int vt_mean(int) __attribute__((weak));", "vt_mean(0)",
        "libvt_sys.a: uses vt_mean of vt_num, which its DEPS do not name"),
    "printing": ("pot", "int puts(const char *);", 'puts("hello")', "libvt_pot.a: calls puts(), which prints"),
    "an unsafe function": ("store", "int atoi(const char *);", 'atoi("1")', "libvt_store.a: calls atoi(), which is unsafe"),
}

# wrong DEPS: (module, its folder, the surplus word, message)
DEPS = {
    "an upward dependency": ("sys", "engine/sys", "md", "vt_sys (layer 2) may not depend on vt_md (layer 4)"),
    "that dependency is not used either": ("sys", "engine/sys", "", "vt_sys: names vt_md in its DEPS, but uses nothing of it"),
    "a dependency on nothing": ("md", "engine/md", "no_such", "vt_md: depends on vt_no_such, which does not exist"),
    "an unused dependency": ("store", "runner/store", "sched", "vt_store: names vt_sched in its DEPS, but uses nothing of it"),
}


def plant(top, src, build):
    for paths, text, _ in SOURCES.values():
        for path in [paths] if isinstance(paths, str) else paths:
            (src / path).parent.mkdir(parents=True, exist_ok=True)
            (src / path).write_text(text)
    for number, (module, declaration, call, _) in enumerate(LIBRARIES.values()):
        source, code = top / f"planted{number}.c", top / f"planted{number}.o"
        source.write_text(f"{declaration}\nint planted(void);\nint planted(void) {{ return {call}; }}\n")
        status, out = run(os.environ.get("CC", "cc"), "-fno-builtin", "-c", source, "-o", code)
        assert status == 0, out
        library = build / f"libvt_{module}.a"
        if library.is_symlink():
            shutil.copy(library.resolve(), top / "copy.a")
            (top / "copy.a").replace(library)
        status, out = run("ar", "q", library, code)
        assert status == 0, out
    for _, folder, word, _ in DEPS.values():
        replace(src / folder / "CMakeLists.txt", "DEPS ", f"DEPS {word} ")


def refused(top, src, build):
    check = src / "scripts/check_layers.py"
    code, before = run(check, src, build)
    claim("the tree as it is passes", code == 0 and before == "layers ok\n", before)
    plant(top, src, build)
    code, out = run(check, src, build)
    lines = [line for line in out.splitlines() if line not in before.splitlines()]
    claim("a violation is the program's exit code", code == 1, out)
    wants = {name: row[-1] for name, row in [*SOURCES.items(), *LIBRARIES.items(), *DEPS.items()]}
    for name, want in wants.items():
        if want:
            claim(name, sum(want in line for line in lines) == 1, f"expected once: {want}\n{out}")
    more = [line for line in lines if not any(want and want in line for want in wants.values())]
    claim("nothing else is refused: " + ", ".join(name for name, want in wants.items() if not want), not more, "\n".join(more))


def configure_refuses(name, src, wants, *options, **more):
    with tempfile.TemporaryDirectory(dir=src.parent) as build:
        code, out = run(CMAKE, "-S", src, "-B", build, *options, **more)
        flat = " ".join(out.split())
        claim(name, code != 0 and all(w in flat for w in wants), f"expected: {wants}\n{out}")


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
        mpi(top, src)
        replace(src / "engine/spec/CMakeLists.txt", "DEPS base", "DEPS base num")
        configure_refuses("a dependency within a layer, by configure", src,
                          ["vt_spec (layer 1) may not depend on vt_num (layer 1)"])
        replace(src / "engine/spec/CMakeLists.txt", "DEPS base num", "DEPS base")
        refused(top, src, build)
    print(f"{len(failures)} failed")
    sys.exit(bool(failures))


main()
