add_library(vt_flags INTERFACE)
target_include_directories(vt_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(vt_flags INTERFACE _POSIX_C_SOURCE=200809L $<$<BOOL:${VT_CHECKED}>:VT_CHECKED>)
# -ffp-contract=off: bits are a function of the source; a fused multiply-add happens where it is written.
target_compile_options(vt_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wpointer-arith -Wcast-qual -Wwrite-strings -fno-math-errno -fno-trapping-math
  -ffp-contract=off -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= $<$<BOOL:${VT_WERROR}>:-Werror>)
if(VT_SANITIZE)
  target_compile_options(vt_flags INTERFACE -fsanitize=${VT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(vt_flags INTERFACE -fsanitize=${VT_SANITIZE})
endif()

# vt_module(name LAYER n SOURCES ... [DEPS ...] [EXTERNAL ...]): a static library that may only depend on modules of a
# lower layer.  DEPS names every module that it uses itself, and no other one: scripts/check_layers.py refuses what is
# missing and what is surplus.  EXTERNAL libraries are private: their headers reach no other module.
function(vt_module name)
  cmake_parse_arguments(M "" "LAYER" "SOURCES;DEPS;EXTERNAL" ${ARGN})
  add_library(vt_${name} STATIC ${M_SOURCES})
  set_property(TARGET vt_${name} PROPERTY VT_LAYER ${M_LAYER})
  foreach(d IN LISTS M_DEPS)
    if(NOT TARGET vt_${d})
      message(FATAL_ERROR "vt_${name} depends on vt_${d}, which does not exist or is added after it")
    endif()
    get_property(dl TARGET vt_${d} PROPERTY VT_LAYER)
    if(NOT dl LESS M_LAYER)
      message(FATAL_ERROR "vt_${name} (layer ${M_LAYER}) may not depend on vt_${d} (layer ${dl})")
    endif()
    target_link_libraries(vt_${name} PUBLIC vt_${d})
  endforeach()
  target_link_libraries(vt_${name} PUBLIC vt_flags m PRIVATE ${M_EXTERNAL})
endfunction()

# vt_test(name SOURCES ... LIBS ... LABELS l [NP n] [TIMEOUT s]): one cmocka program; with NP it runs on n MPI ranks.
function(vt_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;LABELS;NP" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${T_SOURCES})
  target_link_libraries(test_${name} PRIVATE vt_flags ${T_LIBS} cmocka m)
  target_compile_options(test_${name} PRIVATE -Wno-missing-prototypes)
  target_compile_definitions(test_${name} PRIVATE VT_TEST_SOURCE="${CMAKE_SOURCE_DIR}")
  if(T_NP)
    target_link_libraries(test_${name} PRIVATE MPI::MPI_C)
    foreach(np IN LISTS T_NP)
      add_test(NAME ${name}.np${np} COMMAND ${MPIEXEC_EXECUTABLE} -n ${np} $<TARGET_FILE:test_${name}>)
      set_tests_properties(${name}.np${np} PROPERTIES PROCESSORS 2 TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}"
                           ENVIRONMENT ASAN_OPTIONS=detect_leaks=0) # MPICH's transports leak at exit
    endforeach()
  else()
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}")
  endif()
endfunction()
