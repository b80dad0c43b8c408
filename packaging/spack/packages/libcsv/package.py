from spack.package import *

try:
    from spack_repo.builtin.build_systems.autotools import AutotoolsPackage
except ImportError:
    pass


class Libcsv(AutotoolsPackage):
    """A small C library that reads and writes CSV."""

    homepage = "https://sourceforge.net/projects/libcsv/"
    url = "http://deb.debian.org/debian/pool/main/libc/libcsv/libcsv_3.0.3+dfsg.orig.tar.gz"

    license("LGPL-2.1-or-later")
    version("3.0.3", sha256="06fddfaca720a4be7603bad63eb1833bca5b6c5a69b42b1c518a02cda2a73aef")

    depends_on("c", type="build")
