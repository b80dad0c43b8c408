# The libraries, and the one rule that must not be broken: MPI is the MPI that the parallel HDF5 was built with.
find_program(VT_MPICC NAMES mpicc.mpich mpicc) # without the ending elsewhere than in Debian; what it is, is checked below
find_program(VT_MPIEXEC NAMES mpiexec.mpich mpiexec)
if(NOT VT_MPICC OR NOT VT_MPIEXEC)
  message(FATAL_ERROR "MPICH not found (mpicc.mpich, mpiexec.mpich).\n  Debian, Ubuntu: apt-get install mpich libmpich-dev"
                      "\n  or run scripts/setup")
endif()
set(MPI_C_COMPILER ${VT_MPICC} CACHE FILEPATH "MPICH's compiler wrapper: HDF5 is the MPICH build")
set(MPIEXEC_EXECUTABLE ${VT_MPIEXEC} CACHE FILEPATH "MPICH's launcher")
find_package(MPI REQUIRED COMPONENTS C)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(vt_need target package apt)
  pkg_search_module(${target} IMPORTED_TARGET ${package} ${ARGN})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "${package} not found.\n  Debian, Ubuntu: apt-get install ${apt}\n  or run scripts/setup")
  endif()
endfunction()
vt_need(HDF5 hdf5-mpich libhdf5-mpich-dev hdf5) # hdf5: where there is one build alone, as in Spack
vt_need(YAML yaml-0.1 libyaml-dev)
vt_need(BLAS openblas libopenblas-dev)
vt_need(JANSSON jansson libjansson-dev)
vt_need(MD libmd libmd-dev)
vt_need(ZLIB zlib zlib1g-dev)
vt_need(LZMA liblzma liblzma-dev)
find_path(VT_CSV_INCLUDE csv.h) # libcsv has no pkg-config file
find_library(VT_CSV_LIBRARY csv)
if(NOT VT_CSV_INCLUDE OR NOT VT_CSV_LIBRARY)
  message(FATAL_ERROR "libcsv not found.\n  Debian, Ubuntu: apt-get install libcsv-dev\n  or run scripts/setup")
endif()
add_library(vt_libcsv INTERFACE)
target_include_directories(vt_libcsv SYSTEM INTERFACE ${VT_CSV_INCLUDE})
target_link_libraries(vt_libcsv INTERFACE ${VT_CSV_LIBRARY})

include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES MPI::MPI_C PkgConfig::HDF5)
check_c_source_compiles("
#include <hdf5.h>
#include <mpi.h>
#ifndef MPICH_VERSION
#error not MPICH
#endif
#ifndef H5_HAVE_PARALLEL
#error not parallel
#endif
int main(void) { return H5Pset_fapl_mpio(0, MPI_COMM_WORLD, MPI_INFO_NULL); }" VT_MPI_MATCHES_HDF5)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT VT_MPI_MATCHES_HDF5)
  message(FATAL_ERROR "The MPI found (${MPI_C_COMPILER}) is not the MPICH that HDF5 (${HDF5_LIBRARIES}) was built with, or "
                      "HDF5 is not parallel.\n  Debian, Ubuntu: apt-get install mpich libmpich-dev libhdf5-mpich-dev, then configure "
                      "in an empty folder; do not set MPI_C_COMPILER to another MPI.")
endif()
