#!/usr/bin/python3
"""test_documents.py SOURCE BUILD - what the documents name exists: functions, types, constants, files, folders, tests.

Names are looked up in the code without its comments, so that a name which lives on in a comment alone does not count.  In
backticks a word with an underscore is taken for a name, and a word for a path if it begins with a folder of the tree or is
a file name of a source; `<name>` in a path stands for anything."""
import fnmatch, pathlib, re, subprocess, sys, tempfile, unittest

SOURCE, BUILD = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md", "PERFORMANCE.md", "README.md", "engine/THEORY.md",
             "campaigns/README.md", "tests/PROMISES.md")
CODE = {".c", ".h", ".in", ".py", ".sh", ".txt", ".cmake", ".sbatch", ".json", ".yaml", ""}
SOURCES = {".c", ".h", ".in", ".py", ".sh", ".md", ".sbatch"}
FOLDERS = ("engine", "config", "runner", "scripts", "tests", "campaigns", "cmake", "docs", "packaging", ".ci")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
FENCE = re.compile(r"^```.*?^```", re.S | re.M)
THIS = pathlib.Path(__file__).resolve()
# Of MPI, of SLURM, of HDF5.
NOT_OURS = {"MPI_Comm_spawn", "ARRAY_TASK", "H5DSattach_scale"}


class Tree:
    def __init__(self, root):
        self.root, self.words, self.files = root, set(), set()
        for top in FOLDERS:
            for path in sorted((root / top).rglob("*")):
                self.files.add(path.relative_to(root).as_posix())
                if path != THIS and path.is_file() and path.suffix in CODE and not path.name.endswith(".nep.txt"):
                    text = path.read_text(errors="replace")
                    self.words.update(re.findall(r"\w+", COMMENT.sub(" ", text) if path.suffix in (".c", ".h") else text))
        self.files.update(p.name for p in root.iterdir() if p.is_file())
        self.names = {f.rsplit("/", 1)[-1] for f in self.files}

    def has_name(self, name):
        return name in NOT_OURS or name in self.words or (name.endswith("_") and any(w.startswith(name) for w in self.words))

    def has_path(self, path, beside):
        path = re.sub(r"<[^>]*>", "*", path.rstrip("/"))
        for whole in (path, f"{beside}/{path}"):
            if whole in self.files or "*" in whole and fnmatch.filter(self.files, whole):
                return True
        return "/" not in path and path in self.names

    def missing(self, document):
        """What a document names that is not there: `line: name`."""
        text = (self.root / document).read_text()
        beside = document.rpartition("/")[0]
        for m in re.finditer(r"\bvt_\w+", text):
            if not self.has_name(m.group()):
                yield text.count("\n", 0, m.start()) + 1, m.group()
        text = FENCE.sub(lambda f: "\n" * f.group().count("\n"), text)
        for m in re.finditer(r"`([^`\n]+)`", text):
            line = text.count("\n", 0, m.start()) + 1
            for word in re.split(r"[\s,;()|]+", m.group(1)):
                word = word.rstrip(".:")
                if word.startswith(FOLDERS) and "/" in word and word.split("/")[0] in FOLDERS or self.is_source(word):
                    if not self.has_path(word.split(":")[0], beside):
                        yield line, word
                elif re.fullmatch(r"[A-Za-z]\w*_\w+", word) and not word.startswith("vt_") and not self.has_name(word):
                    yield line, word

    def layers(self):
        """{module: layer} of the vt_module() lines, and of the table in ARCHITECTURE.md."""
        declared = {}
        for f in self.files:
            if f.endswith("/CMakeLists.txt") and not f.startswith("tests/"):
                m = re.search(r"vt_module\(\w+\s+LAYER\s+(\d+)", (self.root / f).read_text())
                if m:
                    declared[f.rpartition("/")[0]] = int(m.group(1))
        rows = re.findall(r"^\| ([a-z0-9_/]+) \| (\d+) \|", (self.root / "ARCHITECTURE.md").read_text(), re.M)
        return declared, {name: int(layer) for name, layer in rows}

    def drawn(self):
        """{layer: words} of the picture above that table."""
        picture = (self.root / "ARCHITECTURE.md").read_text().partition("## Modules and layers")[2].split("```")[1]
        return {int(m[1]): re.sub(r"\[.*?\]", "", m[2]).split() for m in re.finditer(r"^ ?(\d+) (.*)$", picture, re.M)}

    @staticmethod
    def is_source(word):
        return re.fullmatch(r"[\w<>/.-]*\w\.\w+", word) and pathlib.PurePath(word).suffix in SOURCES and \
            not word.startswith(("runs/", "build/", "share/", "~"))


def promised(text):
    """The rows of the table of promises: (number, tests, claims)."""
    for row in re.findall(r"^\| (\d) \|[^|]*\|([^|]*)\|([^|]*)\|$", text, re.M):
        yield int(row[0]), re.findall(r"`([^`]+)`", row[1]), re.findall(r"`([^`]+)`", row[2])


class Documents(unittest.TestCase):
    def test_each_promise_has_tests_that_ctest_knows_and_claims_that_stand_in_them(self):
        rows = list(promised((SOURCE / "tests/PROMISES.md").read_text()))
        self.assertEqual({n for n, _, _ in rows}, {1, 2, 3, 4, 5})
        listed = subprocess.run(["ctest", "-N"], cwd=BUILD, capture_output=True, text=True, check=True).stdout
        known = set(re.findall(r"^ +Test +#\d+: (\S+)", listed, re.M))
        self.assertGreater(len(known), 50)
        for n, tests, claims in rows:
            self.assertTrue(tests and claims, n)
            self.assertEqual([t for t in tests if t not in known], [], f"promise {n}")
        sources = "".join(p.read_text() for p in (SOURCE / "tests").rglob("*.*") if p.suffix in (".c", ".py") and p != THIS)
        claims = {c for _, _, some in rows for c in some}
        self.assertEqual([c for c in sorted(claims) if not re.search(rf"\b{c}\(", sources)], [])

    def test_what_the_documents_name_exists(self):
        tree = Tree(SOURCE)
        self.assertGreater(len(tree.words), 10000)
        wrong = [f"{d}:{line}: {name}" for d in DOCUMENTS for line, name in tree.missing(d)]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_the_table_of_modules_is_that_of_the_build(self):
        tree = Tree(SOURCE)
        declared, written = tree.layers()
        self.assertGreater(len(declared), 20)
        self.assertEqual(sorted(declared.items() ^ written.items()), [])
        drawn = tree.drawn()
        for module, layer in declared.items():
            self.assertEqual([n for n, words in drawn.items() if module.split("/")[-1] in words], [layer], module)

    def test_a_name_that_does_not_exist_is_seen(self):
        with tempfile.TemporaryDirectory() as tmp:
            root = pathlib.Path(tmp)
            (root / "engine").mkdir()
            (root / "engine/base.c").write_text("/* vt_only_said() */\nint vt_here(void) { return some_name; }\n")
            (root / "README.md").write_text(
                "vt_here, `engine/base.c`, `base.c`, `engine/<name>.c`, `some_name`, `vt_here()`, `runs/x.c`\n"
                "vt_only_said\n`vt_gone()`\n`engine/gone.c`\n`gone.h`\n`engine/none/<name>.c`\n`no_name`\n`engine/gone/`\n")
            seen = list(Tree(root).missing("README.md"))
            self.assertEqual(sorted(seen), [(2, "vt_only_said"), (3, "vt_gone"), (4, "engine/gone.c"), (5, "gone.h"),
                                            (6, "engine/none/<name>.c"), (7, "no_name"), (8, "engine/gone/")])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
