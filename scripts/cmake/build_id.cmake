# cmake -DSOURCE=... -DIN=... -DOUT=... -DPROJECT_VERSION=... -DCOMPILER=... -DTYPE=... -P build_id.cmake
# At every build: which checkout is compiled.  The file is written anew only if that has changed.
execute_process(COMMAND git describe --always --dirty --abbrev=12 WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE VT_GIT
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT VT_GIT)
  set(VT_GIT "no-git")
endif()
configure_file(${IN} ${OUT} @ONLY)
