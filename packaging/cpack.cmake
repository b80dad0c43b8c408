# `cpack` in a build folder makes vitrion_<version>_<arch>.deb; configure with -DCMAKE_INSTALL_PREFIX=/usr (scripts/package deb).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME vitrion)
set(CPACK_PACKAGE_CONTACT "Vitrion developers <vitrion@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "ensembles of glassy ion conductors: molecular dynamics on all MPI ranks")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Vitrion builds glasses by melting and quenching, runs molecular dynamics with a machine-learned
potential for all replicas over all MPI ranks, measures ionic transport, fits Arrhenius lines and compares chemistries.
The results stand in one HDF5 file. It runs on any x86-64: code for AVX2 and AVX-512 is chosen when it starts.")
# The libraries are found by dpkg-shlibdeps (MPICH and the HDF5 that was built with it); the launcher must be theirs.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "mpich")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3-h5py, python3-numpy, python3-matplotlib")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-pandas, python3-periodictable")
include(CPack)
