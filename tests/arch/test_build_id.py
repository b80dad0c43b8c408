#!/usr/bin/python3
"""test_build_id.py SRC CMAKE - what a program says of its own version is that of the checkout that was built, not of the one that
was once configured: the step that every build runs is run here in a repository of its own."""
import pathlib
import subprocess
import sys
import tempfile
import time

SRC, CMAKE = pathlib.Path(sys.argv[1]), sys.argv[2]
failures = []


def claim(name, holds):
    print(("ok   " if holds else "FAIL ") + name)
    if not holds:
        failures.append(name)


def git(where, *words):
    return subprocess.run(["git", "-C", where, "-c", "user.name=t", "-c", "user.email=t@t", *words], check=True, capture_output=True,
                          text=True).stdout.strip()


def step(where, out):
    subprocess.run([CMAKE, f"-DSOURCE={where}", f"-DIN={SRC}/engine/base/build_id.c.in", f"-DOUT={out}", "-DPROJECT_VERSION=1.2.3",
                    "-DCOMPILER=GNU 1", "-DTYPE=Release", "-P", SRC / "scripts/cmake/build_id.cmake"], check=True)
    return out.read_text()


with tempfile.TemporaryDirectory(prefix="vitrion-build-id-") as name:
    top = pathlib.Path(name)
    claim("outside a checkout it says so", '.git = "no-git"' in step(top, top / "none.c"))
    repo, out = top / "repo", top / "id.c"
    repo.mkdir()
    git(repo, "init", "-q")
    (repo / "a").write_text("1")
    git(repo, "add", "a")
    git(repo, "commit", "-qm", "one")
    first = git(repo, "rev-parse", "--short=12", "HEAD")
    claim("it names the commit", f'.build_id = "1.2.3-{first}"' in step(repo, out))
    was = out.stat().st_mtime_ns
    time.sleep(0.01)
    step(repo, out)
    claim("an unchanged checkout changes no file, so nothing is built again", out.stat().st_mtime_ns == was)
    (repo / "a").write_text("2")
    claim("changes that are in no commit are said", f'.git = "{first}-dirty"' in step(repo, out))
    git(repo, "commit", "-qam", "two")
    second = git(repo, "rev-parse", "--short=12", "HEAD")
    claim("the next commit is named by the next build", first != second and f'.git = "{second}"' in step(repo, out))
    claim("every build runs it", "add_custom_target(build_id" in (SRC / "engine/base/CMakeLists.txt").read_text())
sys.exit(1 if failures else 0)
