#!/usr/bin/python3
"""test_packaging.py SOURCE - what can be told of the Spack recipes and the Apptainer file without Spack and Apptainer.

Claims: the recipes are Python; for each library that CMake asks for, the recipe of vitrion depends on the package that has it; the shell of
each section of the Apptainer file is shell, and its version, its packages and its campaign are those of the project."""
import ast
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1))
# what CMakeLists.txt looks for, and the Spack package that has it
SPACK = {"MPI": "mpich", "hdf5": "hdf5", "BLAS": "openblas", "yaml": "libyaml", "jansson": "jansson", "libmd": "libmd", "zlib": "zlib-api",
         "lzma": "xz", "csv": "libcsv"}


class Packaging(unittest.TestCase):
    def test_spack_recipes(self):
        recipes = sorted((SOURCE / "packaging/spack/packages").glob("*/package.py"))
        self.assertEqual([r.parent.name for r in recipes], ["libcsv", "vitrion"])
        for recipe in recipes:
            (cls,) = [n for n in ast.parse(recipe.read_text()).body if isinstance(n, ast.ClassDef)]
            self.assertEqual(cls.name.lower(), recipe.parent.name)  # Spack derives the one from the other
        text = recipes[1].read_text()
        depends = {re.split("[@ +~]", d)[0] for d in re.findall(r'depends_on\("([^"]+)"', text)}
        cmake = (SOURCE / "CMakeLists.txt").read_text() + "".join(p.read_text() for p in (SOURCE / "scripts/cmake").glob("*.cmake"))
        for asked, package in SPACK.items():
            self.assertRegex(cmake, re.compile(asked, re.I), "no longer looked for")
            self.assertIn(package, depends)
        oldest = re.search(r"cmake_minimum_required\(VERSION ([\d.]+)", cmake).group(1)
        self.assertIn(f'"cmake@{oldest}:"', text)

    def test_apptainer_file(self):
        text = (SOURCE / "packaging/vitrion.def").read_text()
        sections = dict(re.findall(r"^%(\w+)\n(.*?)(?=^%|\Z)", text, re.M | re.S))
        for name in ("post", "environment", "runscript", "test"):
            p = subprocess.run(["sh", "-n"], input=sections[name], capture_output=True, text=True)
            self.assertEqual(p.returncode, 0, f"%{name}: {p.stderr}")
        version = re.search(r"^project\(vitrion VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text(), re.M).group(1)
        self.assertIn(f"vitrion_{version}_amd64.deb /opt/vitrion.deb", sections["files"])
        tried = re.search(r"apt-get install .*?(python3-h5py.*?)\n", (SOURCE / "scripts/package").read_text()).group(1).split()
        for package in tried:
            self.assertIn(package, sections["post"].split())
        self.assertIn("bookworm", text.splitlines()[1])
        campaign = re.search(r"/usr/share/vitrion/(\S+yaml)", sections["test"]).group(1)
        self.assertTrue((SOURCE / campaign).is_file())


if __name__ == "__main__":
    unittest.main()
