# Spack recipe; `spack repo add packaging/spack` makes it known, with libcsv, which Spack itself does not have.
from spack.package import *

try:  # since Spack 1.0 the build systems live in the repository of packages
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:
    pass


class Vitrion(CMakePackage):
    """Ensembles of glassy ion conductors: melts, quenches and molecular dynamics with a machine-learned potential on all
    MPI ranks, transport with errors, Arrhenius lines, comparison of chemistries, one HDF5 file."""

    homepage = "https://example.org/vitrion"
    git = "https://example.org/vitrion.git"

    license("BSD-3-Clause")
    version("main", branch="main")

    variant("python", default=True, description="what `vitrion report` and vitrion.py need")
    variant("tests", default=False, description="build the tests")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpich")  # the launcher's protocol and the tests are MPICH's
    depends_on("hdf5@1.10: +mpi")
    depends_on("openblas threads=none")
    depends_on("libyaml")
    depends_on("jansson")
    depends_on("libmd")
    depends_on("zlib-api")
    depends_on("xz")
    depends_on("libcsv")
    depends_on("cmocka", when="+tests")
    with when("+python"):
        depends_on("python@3.9:", type="run")
        depends_on("py-numpy", type="run")
        depends_on("py-h5py", type="run")
        depends_on("py-matplotlib", type="run")

    generator("ninja")

    def cmake_args(self):
        return [self.define_from_variant("VT_TESTS", "tests")]

    def setup_run_environment(self, env):
        env.prepend_path("PYTHONPATH", self.prefix.share.vitrion.python)
