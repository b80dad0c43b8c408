#!/usr/bin/python3
"""manual.py VITRION SOURCE - man pages and completion, which `vitrion manual` makes, against what --help says.

Claims: every page is free of warnings; it has exactly the options that --help has, and of every variable VITRION_... that
the sources read there is a word; real shells complete commands, options, choices and files by type.  Needs mandoc; a shell
that is not here is left out, loudly."""
import os, pathlib, pty, re, select, shutil, subprocess, sys, tempfile, time, unittest

VITRION, SOURCE = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])
OPTION = re.compile(r"^ +--([a-z0-9-]+)\b", re.M)
MPI = {"sched": 1}  # benchmarks whose --help starts MPI as a single process


def run(*args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=100, **more)


def skip(what):
    print("=" * 100 + f"\nSKIPPED: no {what} here (scripts/setup tests installs it)\n" + "=" * 100)
    raise unittest.SkipTest(what)


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.TemporaryDirectory(prefix="vitrion-manual-")
        cls.addClassCleanup(cls.top.cleanup)
        cls.dir = pathlib.Path(cls.top.name)
        made = run(VITRION, "manual", "--output", cls.dir)
        assert made.returncode == 0, made.stderr
        cls.pages = sorted((cls.dir / "man/man1").iterdir())
        listed = run(VITRION, "--help").stdout.split("commands:\n")[1].split("\n\n")[0]
        cls.commands = dict(re.findall(r"^  (\S+) +(.*)$", listed, re.M))
        cls.work = cls.dir / "work"
        (cls.work / "runs").mkdir(parents=True)
        for name in ("screen.yaml", "screen.xyz", "table.csv", "notes", "run.xyz.xz"):
            (cls.work / name).write_text("")

    def render(self, page):
        return re.sub(r".\x08", "", run("mandoc", "-T", "utf8", "-O", "width=200", page).stdout)

    # ---------------------------------------------------------------- pages

    def test_01_a_page_for_the_program_and_for_every_command(self):
        self.assertGreater(len(self.commands), 15)
        self.assertEqual([p.name for p in self.pages], sorted(["vitrion.1", *(f"vitrion-{c}.1" for c in self.commands)]))

    def test_02_mandoc_and_groff_find_nothing_to_say(self):
        if not shutil.which("mandoc"):
            skip("mandoc")
        lint = run("mandoc", "-T", "lint", *self.pages)
        self.assertEqual((lint.returncode, lint.stdout), (0, ""))
        for page in self.pages if shutil.which("man") else []:
            told = run("man", "--warnings", "-l", page, env={**os.environ, "MANPAGER": "cat", "LC_ALL": "C.UTF-8"})
            self.assertEqual((told.returncode, told.stderr), (0, ""), page)

    def usage(self, command):
        """the help of a command; of bench that of its benchmarks"""
        if command != "bench":
            return run(VITRION, "help", command).stdout
        names = re.findall(r"^  (\S+) ", run(VITRION, "bench", "--help").stdout.split("benchmarks:\n")[1].split("\n\n")[0], re.M)
        texts = [run(VITRION, "bench", name, "--help").stdout for name in names]
        return "\n".join([*texts, run(VITRION, "bench", "sched", "--simulate", "--help").stdout])

    def test_03_a_page_has_the_options_of_help_and_no_others(self):
        if not shutil.which("mandoc"):
            skip("mandoc")
        for command, brief in self.commands.items():
            page, usage = self.render(self.dir / f"man/man1/vitrion-{command}.1"), self.usage(command)
            asked = set(OPTION.findall(usage.split("options:", 1)[1]))
            body = page.split("EXIT STATUS")[0]
            self.assertGreaterEqual(len(asked), 4)
            self.assertEqual(set(OPTION.findall(body)), asked, command)
            self.assertIn(brief, " ".join(page.split()))
            for line in re.findall(r"^  (\S.*)$", usage.split("example:")[-1], re.M):
                self.assertIn(" ".join(line.split()), " ".join(page.split()), command)
            words = " ".join(re.findall(r"(?s)\n\n(.*?)\n\noptions:", usage)[0].split()) if command != "bench" else ""
            self.assertIn(words[:200], " ".join(page.split()), command)

    def test_04_exit_codes_and_environment_are_those_of_the_sources(self):
        if not shutil.which("mandoc"):
            skip("mandoc")
        page = self.render(self.dir / "man/man1/vitrion.1")
        codes = re.search(r"typedef enum vt_exit \{(.*?)\}", (SOURCE / "engine/base/base.h").read_text(), re.S)[1]
        status = page.split("EXIT STATUS")[1].split("ENVIRONMENT")[0]
        self.assertEqual(re.findall(r"^ {5,9}(\d+) ", status, re.M), re.findall(r"= (\d+)", codes))
        read = set()
        for top in ("engine", "config", "runner"):
            for path in (SOURCE / top).rglob("*.c"):
                read.update(re.findall(r'getenv\("(VITRION_\w+)"\)', path.read_text()))
        read.update(re.findall(r"\$\{(VITRION_\w+)", (SOURCE / "scripts/slurm/vitrion.sbatch").read_text()))
        told = set(re.findall(r"VITRION_\w+", page.split("ENVIRONMENT")[1].split("FILES")[0]))
        self.assertEqual(told - read, set())
        self.assertEqual(read - told - {"VITRION_PROGRAM"}, set())

    def test_05_a_wrong_command_is_refused_by_name(self):
        wrong = run(VITRION, "manual", "statsu")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("did you mean 'status'", wrong.stderr)
        self.assertEqual(run(VITRION, "manual", "run").stdout, (self.dir / "man/man1/vitrion-run.1").read_text())

    # ---------------------------------------------------------------- shells

    # (line, what must be offered, what must not)
    LINES = (
        ("vitrion pl", {"plan"}, {"run"}),
        ("vitrion run --ou", {"--output"}, {"--wall"}),
        ("vitrion run --color ", {"auto", "always", "never"}, {"notes"}),
        ("vitrion bench en", {"engine"}, {"energy"}),
        ("vitrion bench sched --ra", {"--ranks"}, {"--tasks"}),
        ("vitrion check scr", {"screen.yaml"}, {"screen.xyz"}),
        ("vitrion run --output r", {"runs/"}, {"run.xyz.xz"}),
        ("vitrion analyze --points ta", {"table.csv"}, set()),
        ("vitrion validate --kind ne", {"nep"}, {"notes"}),
        ("vitrion help ra", {"rank"}, {"run"}),
        ("vitrion manual ra", {"rank"}, {"run"}),
        ("vitrion rank --by s", {"sigma"}, {"haven", "screen.yaml"}),
        ("vitrion repair --campaign scr", {"screen.yaml"}, {"screen.xyz"}),
        ("vitrion energy --command no", {"notes"}, set()),
    )

    def check(self, complete, others=False):
        """others: files of other types may be offered behind those that are asked for, as fish does"""
        for line, wanted, unwanted in self.LINES:
            if "--kind" in line:
                line = "vitrion energy --kind ne"
            offered = {w if w in wanted else w.rstrip("/ ") + ("/" if w.rstrip("/ ") + "/" in wanted else "")
                       for w in complete(line)}
            self.assertLessEqual(wanted, offered, f"{line!r} gave {sorted(offered)}")
            unwanted = unwanted - ({"screen.xyz"} if others else set())
            self.assertFalse(unwanted & offered, f"{line!r} gave {sorted(offered)}")

    def test_11_bash_completes(self):
        if not shutil.which("bash"):
            skip("bash")
        script = self.dir / "bash-completion/completions/vitrion"

        def complete(line):
            words = line.split(" ")
            told = run("bash", "--norc", "-c", f"""source {script}; compopt() {{ :; }}
                COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}
                function=$(complete -p vitrion | sed -E 's/.*-F ([^ ]+).*/\\1/'); $function vitrion
                printf '%s\\n' "${{COMPREPLY[@]}}" """, cwd=self.work)
            return told.stdout.split("\n")

        self.check(complete)
        self.assertIn("always", complete("vitrion run --color = al"))

    def test_12_fish_completes(self):
        if not shutil.which("fish"):
            skip("fish")
        script = self.dir / "fish/vendor_completions.d/vitrion.fish"

        def complete(line):
            told = run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'", cwd=self.work,
                       env={**os.environ, "HOME": self.top.name})
            self.assertEqual(told.stderr, "", line)
            return [x.split("\t")[0] for x in told.stdout.split("\n")]

        self.check(complete, others=True)

    def test_13_zsh_completes(self):
        if not shutil.which("zsh"):
            skip("zsh")
        shell = Zsh(self.dir / "zsh/site-functions", self.work)
        self.addCleanup(shell.close)
        self.check(shell.complete)


class Zsh:
    """a zsh at a terminal: Tab is pressed, and what it lists is read from the screen"""

    def __init__(self, functions, work):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(work)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(work), "COLUMNS": "400",
                                                    "LINES": "1000", "LC_ALL": "C.UTF-8"})
        self.send(f"stty cols 400 rows 1000; fpath=({functions} $fpath); autoload -Uz compinit; "
                  "compinit -u -D; setopt no_auto_menu no_list_ambiguous no_list_packed; LISTMAX=10000; "
                  "zstyle ':completion:*' list-grouped false; bindkey '^I' list-choices; bindkey '^U' kill-whole-line; "
                  "PS1='rea''dy '\n")
        seen, end = "", time.monotonic() + 60
        while "ready " not in seen and time.monotonic() < end:
            seen += self.read(1)
        self.started = seen

    def send(self, text):
        os.write(self.fd, text.encode())

    def read(self, most, quiet=0.7):
        out, end = "", time.monotonic() + most
        while time.monotonic() < end and select.select([self.fd], [], [], quiet if out else most)[0]:
            out += os.read(self.fd, 65536).decode(errors="replace")
        return out

    def complete(self, line):
        self.send("\x15" + line)
        self.read(2)
        self.send("\t")
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", self.read(15, 1.5))
        words = []
        for row in re.split(r"[\r\n]+", shown):
            if line not in row:
                words += row.split(" -- ")[0].split()
        self.send("\x15")
        self.read(1, 0.2)
        return words

    def close(self):
        self.send("\x15exit\n")
        os.close(self.fd)
        os.waitpid(self.pid, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
