"""What a user can type wrong: every mistake has its exit code and a message that helps; none is a crash."""
import glob
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_common import CAMPAIGN, expect, finish, folder, join, run, source, write  # noqa: E402

checks = 0
COMMANDS = ["check", "plan", "run", "status", "fit", "one", "analyze", "energy", "bench", "bench engine", "bench sched", "schema", "verify", "repair"]


def wrong(code, phrase, *args, cwd=None):
    """`vitrion args` ends with `code`, says `phrase` on stderr and nothing on stdout."""
    global checks
    checks += 1
    got, out, err = run(*args, cwd=cwd)
    line = "vitrion " + " ".join(map(str, args))
    expect(got == code, f"{line}: exit code {got}, expected {code}\n{err}")
    expect(re.search(phrase, err), f"{line}: stderr lacks '{phrase}':\n{err}")
    expect(out == "", f"{line}: stdout is not empty:\n{out}")


def right(phrase, *args):
    global checks
    checks += 1
    code, out, err = run(*args)
    line = "vitrion " + " ".join(map(str, args))
    expect(code == 0 and re.search(phrase, out), f"{line}: exit code {code}, stdout lacks '{phrase}':\n{out}{err}")


def the_program_itself():
    wrong(2, "usage: vitrion COMMAND")
    wrong(2, "unknown command 'enrgy', did you mean 'energy'", "enrgy")
    wrong(2, "unknown command 'xyzzy'\n", "xyzzy")
    wrong(2, "unknown command 'enrgy', did you mean 'energy'", "help", "enrgy")
    for command in ("run", "fit", "verify"):
        code, out, _ = run("help", command)
        expect(code == 0 and out == run(command, "--help")[1] and f"usage: vitrion {command}" in out, f"help {command}")
    wrong(2, "vitrion help: unexpected argument 'more'", "help", "run", "more")
    wrong(2, "vitrion --version: unexpected argument 'more'", "--version", "more")
    right("usage: vitrion COMMAND", "--help")
    listed = re.findall(r"^  ([a-z]+) ", run("--help")[1], re.M)
    expect(len(listed) > 5 and len(set(listed)) == len(listed), f"commands listed twice: {listed}")
    for word in ["git:", "compiler:", "MPI: .*MPICH", "HDF5: ", "BLAS: ", "SIMD: "]:
        right(word, "--version")
    for command in COMMANDS:
        right(r"example:\n  .*vitrion " + command.split()[0], *command.split(), "--help")


def options():
    with folder() as tmp:
        c = write(join(tmp, "c.yaml"), CAMPAIGN)
        for command in ["check", "plan", "one", "schema"]:
            args = [command] if command == "schema" else [command, c]
            wrong(2, "unknown option '--jsn', did you mean '--json'", *args, "--jsn")
            wrong(2, "--color: expected one of auto.always.never, found 'pink'", *args, "--color", "pink")
            wrong(2, "no schema of 'more'" if command == "schema" else "unexpected argument 'more'", *args, "more")
        wrong(2, "--ranks: expected a whole number from 1", "plan", c, "--ranks", "0")
        wrong(2, "--ranks needs a value", "plan", c, "--ranks")
        wrong(2, "--json takes no value", "check", c, "--json=1")
        wrong(2, "--calibrate is given twice", "plan", c, "--calibrate", "0", "--calibrate=1")
        wrong(2, "--color is given twice", "check", c, "--color", "always", "--color", "never")
        wrong(2, "--progress does nothing with --quiet", "check", c, "--quiet", "--progress", "line")
        wrong(2, "--shards needs --output", "bench", "sched", "--simulate", "--shards", "3")
        wrong(2, "hexadecimal digits of a uid, found 'xy'", "one", c, "--task", "xy", cwd=tmp)
        wrong(2, "no task of this campaign begins with '0{16}'", "one", c, "--task", "0" * 16, cwd=tmp)
        wrong(2, "--simd: expected one of", "energy", "p", "s", "--simd", "sse")
        wrong(2, "--atoms: expected up to 16 numbers", "bench", "engine", "--atoms", "336,")
        wrong(2, "--atoms gives sizes of packed cells", "bench", "engine", "--atoms", "336", "--structure", "x.xyz")
        wrong(2, "unknown benchmark 'engin', did you mean 'engine'", "bench", "engin")


def files():
    with folder() as tmp:
        for command in ["check", "plan", "run", "one", "status", "fit"]:
            wrong(2, "0 of 1 arguments given, expected: ", command)
            wrong(2, "cannot read '.*absent.*': No such file", command, join(tmp, "absent"))
        for command in ["check", "plan", "one"]:
            wrong(2, "is a folder, expected a file", command, tmp)
        empty = write(join(tmp, "empty"), "")
        potential = join(source, "campaigns", "potentials", "oxyhalide7-v0.nep.txt")
        xyz = write(join(tmp, "s.xyz"), '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nLi 0 0 0\nCl 0 0 x\n')
        alien = write(join(tmp, "a.xyz"), '1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nXx 0 0 0\n')
        fe = write(join(tmp, "f.xyz"), '1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nFe 0 0 0\n')
        wrong(2, "0 of 2 arguments", "energy")
        wrong(2, "cannot read '.*absent'", "energy", join(tmp, "absent"), xyz)
        wrong(2, "cannot read '.*absent'", "energy", potential, join(tmp, "absent"))
        wrong(2, "empty:1", "energy", empty, xyz)
        wrong(2, "empty:1: no frame", "energy", potential, empty)
        wrong(2, "s.xyz:4:", "energy", potential, xyz)
        wrong(2, "Xx", "energy", potential, alien)
        wrong(2, "Fe", "energy", potential, fe)
        wrong(2, "no potential of kind 'gap' in this build; there are: nep", "energy", potential, fe, "--kind", "gap")


def bad_campaigns():
    """Each says on its first line what the program must say: `# expect LINE:COLUMN phrase`.  They name the potential
    `seven.nep.txt`, one of seven elements: the shipped one."""
    paths = sorted(glob.glob(join(source, "tests", "golden", "bad-campaigns", "*.yaml")))
    expect(len(paths) > 0, "there are malformed campaigns in tests/golden/bad-campaigns")
    with folder() as tmp:
        shutil.copy(join(source, "campaigns", "potentials", "oxyhalide7-v0.nep.txt"), join(tmp, "seven.nep.txt"))
        for path in paths:
            name = os.path.basename(path)
            shutil.copy(path, tmp)
            first = open(path, encoding="utf-8", errors="replace").readline()
            m = re.match(r"# expect (\d+:\d+) (.*)$", first.rstrip("\n"))
            if m:
                wrong(2, re.escape(f"{name}:{m.group(1)}: ") + ".*" + re.escape(m.group(2)), "check", join(tmp, name))
            else:
                expect(False, f"{path}: no '# expect LINE:COLUMN phrase' on the first line")


def json_of_a_wrong_campaign():
    global checks
    checks += 1
    with folder() as tmp:
        c = write(join(tmp, "c.yaml"), CAMPAIGN.replace("glasses: 1", "glases: 1"))
        code, out, err = run("check", c, "--json")
        first = json.loads(out)["errors"][0]
        expect(code == 2 and first["line"] == 9 and "glasses" in first["text"], f"check --json of a typing mistake: {out}")


def the_disk_is_full():
    """What could not be written is not a success."""
    global checks
    checks += 1
    if os.path.exists("/dev/full"):
        from cli_common import vitrion
        code = os.WEXITSTATUS(os.system(f"'{vitrion}' schema > /dev/full 2> /dev/null"))
        expect(code == 1, f"schema into a full disk: exit code {code}")


def the_manual_is_fresh():
    global checks
    checks += 1
    code, out, _ = run("schema")
    expect(code == 0 and out == open(join(source, "config", "schema.md"), encoding="utf-8").read(),
           "config/schema.md is not what `vitrion schema` prints: write it anew")
    code, out, _ = run("schema", "store")
    expect(code == 0 and out == open(join(source, "config", "store.md"), encoding="utf-8").read(),
           "config/store.md is not what `vitrion schema store` prints: write it anew")
    wrong(2, "there is no schema of 'stoer', expected 'store', 'elements' or 'site'", "schema", "stoer")


the_program_itself()
options()
files()
bad_campaigns()
json_of_a_wrong_campaign()
the_disk_is_full()
the_manual_is_fresh()
finish(checks)
