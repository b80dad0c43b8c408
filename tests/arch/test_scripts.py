#!/usr/bin/python3
"""test_scripts.py SRC - setup, test and quickstart against programs that are not there, fail, or only write down how they
were called; lint on a tree of two files."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile

SRC = pathlib.Path(sys.argv[1])
BASIC = ("bash", "env", "sh", "dirname", "mkdir", "tail", "nproc")
failures = []


def claim(name, holds, output):
    print(("ok   " if holds else "FAIL ") + name)
    if not holds:
        failures.append(name)
        print(output)


class Machine:
    """a copy of the scripts, a PATH of fake programs, and the list of calls they got"""

    def __init__(self, top, **programs):
        self.root, self.bin, self.calls = top / "root", top / "bin", top / "calls"
        shutil.copytree(SRC / "scripts", self.root / "scripts")
        self.bin.mkdir()
        self.calls.touch()
        for name in BASIC:
            (self.bin / name).symlink_to(shutil.which(name))
        for name, body in programs.items():
            path = self.bin / name.replace("_", "-").replace("-mpich", ".mpich")
            path.write_text(f'#!/bin/bash\necho "{path.name} $*" >>{self.calls}\n{body}\n')
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, script, *args):
        done = subprocess.run([self.root / "scripts" / script, *args], capture_output=True, text=True,
                              env={**os.environ, "PATH": str(self.bin)})
        return done.returncode, done.stdout + done.stderr, self.calls.read_text()


ALL_THERE = "echo installed"
TWO_MISSING = 'case "${@: -1}" in libyaml-dev) echo not-installed;; ninja-build) exit 1;; *) echo installed;; esac'
AS_IT_IS = {"apt_get": "", "dpkg_query": ALL_THERE, "sudo": '"$@"'}


def setup(top):
    code, out, calls = Machine(top / "a", **AS_IT_IS).run("setup")
    claim("setup with nothing missing installs nothing", code == 0 and "nothing to install" in out and "apt" not in calls,
          out + calls)
    code, out, calls = Machine(top / "b", **{**AS_IT_IS, "dpkg_query": TWO_MISSING}).run("setup")
    claim("setup installs and names only what is missing",
          code == 0 and "installing ninja-build libyaml-dev\n" in out
          and "apt-get install -y -q --no-install-recommends ninja-build libyaml-dev\n" in calls, out + calls)
    claim("setup uses sudo only where it is not root", ("sudo" in calls) == (os.geteuid() != 0), calls)
    code, out, _ = Machine(top / "c").run("setup")
    claim("setup without apt says what to install", code == 1 and "no apt-get" in out and "libhdf5-mpich-dev" in out, out)
    code, out, calls = Machine(top / "d", **{**AS_IT_IS, "dpkg_query": TWO_MISSING, "apt_get": '[[ $1 != install ]]'}
                               ).run("setup")
    claim("setup fails when the installation fails", code != 0, out + calls)


def test(top):
    broken = {**AS_IT_IS, "cmake": 'echo "x.c:1: error: broken"; [[ $1 != --build ]]', "ctest": ""}
    code, out, calls = Machine(top / "e", **broken).run("test")
    claim("test stops at a build that fails and shows why",
          code != 0 and "ctest" not in calls and "FAILED" in out and "x.c:1: error: broken" in out, out + calls)
    code, out, calls = Machine(top / "f", **{**AS_IT_IS, "cmake": "", "ctest": "echo the end; exit 8"}).run("test", "-L", "unit")
    claim("test hands its options to ctest, ends with its output and its exit code",
          code == 8 and out.endswith("the end\n") and calls.rstrip().endswith("-L unit")
          and "--label-exclude slow" in calls and "--no-tests=error" in calls, out + calls)


def quickstart(top):
    code, out, calls = Machine(top / "g", **AS_IT_IS, cmake="", mpiexec_mpich="").run("quickstart", "--quiet")
    claim("quickstart runs its campaign on all cores", code == 0 and calls.rstrip().endswith("--quiet")
          and f"mpiexec.mpich -n {len(os.sched_getaffinity(0))} build/release/vitrion run campaigns/quickstart.yaml" in calls,
          out + calls)
    claim("quickstart ends with the store, the program and three commands",
          all(text in out for text in ("runs/quickstart/results.h5\n", "build/release/vitrion; next", "vitrion status runs/quickstart\n",
                                       "vitrion fit runs/quickstart\n", "vitrion check campaigns/quickstart.yaml")), out)
    code, out, calls = Machine(top / "h", **AS_IT_IS, cmake="", mpiexec_mpich="exit 75").run("quickstart")
    claim("quickstart that was stopped says how to go on", code == 75 and "call scripts/quickstart again" in out, out)
    code, out, calls = Machine(top / "i", **AS_IT_IS, cmake="", mpiexec_mpich="exit 1").run("quickstart")
    claim("quickstart that fails is no success", code == 1 and "failed with exit code 1" in out, out)


def lint(top):
    """good.c and bad.c: what is refused, and which of them is read"""
    def tool(*words, **env):
        done = subprocess.run([str(w) for w in words], cwd=top, capture_output=True, text=True, env={**os.environ, **env})
        return done.returncode, done.stdout + done.stderr

    def commit(text):
        (top / "engine/good.c").write_text(text)
        tool("git", "add", ".")
        status, out = tool("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x")
        assert status == 0, out

    for name in ("engine", "config", "runner", "tests", "build"):
        (top / name).mkdir()
    shutil.copytree(SRC / "scripts", top / "scripts")
    for name in (".clang-format", ".clang-tidy"):
        shutil.copy(SRC / name, top)
    files = [top / "engine" / name for name in ("good.c", "bad.c")]
    (top / "build/compile_commands.json").write_text(json.dumps(
        [{"directory": str(top), "file": str(f), "command": f"cc -c {f}"} for f in files]))
    bad = "int vt_f(const int *p);\nint vt_f(const int *p) { return p ? 0 : *p; }\n"
    files[0].write_text("int vt_g(void);\n")
    files[1].write_text(bad)
    code, out = tool("scripts/lint", "format")
    claim("lint accepts a formatted tree", code == 0, out)
    files[1].write_text(bad.replace("; }", ";}"))
    code, out = tool("scripts/lint", "format")
    claim("lint refuses another format", code != 0 and "engine/bad.c:2" in out, out)
    files[1].write_text(bad)
    code, out = tool("scripts/lint", "tidy", "build", VITRION_LINT="")
    claim("lint reads everything where there is no git", code != 0 and "bad.c:2" in out and "core.NullDereference" in out, out)
    tool("git", "init", "-q")
    commit("int vt_g(void);\n")
    commit("int vt_g(void);\nint vt_h(void);\n")
    code, out = tool("scripts/lint", "tidy", "build", VITRION_LINT="")
    claim("lint reads what differs from the last commit", code == 0 and "tidy: 1 files" in out, out)
    code, out = tool("scripts/lint", "tidy", "build", VITRION_LINT="all")
    claim("lint reads everything where it is told to", code != 0 and "bad.c:2" in out, out)
    tool("git", "tag", "v9.9.9", "HEAD~1")
    files[1].write_text(bad.replace("? 0", "? 1"))
    code, out = tool("scripts/lint", "tidy", "build", VITRION_LINT="")
    claim("lint reads what differs from the last release and what is not committed", code != 0 and "bad.c:2" in out, out)


def main():
    with tempfile.TemporaryDirectory(prefix="vt_scripts_") as name:
        top = pathlib.Path(name)
        for sub in "abcdefghij":
            (top / sub).mkdir()
        setup(top)
        test(top)
        quickstart(top)
        lint(top / "j")
    print(f"{len(failures)} failed")
    sys.exit(bool(failures))


main()
