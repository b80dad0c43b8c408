# What `cmake --install` brings beside the program: in the folders where man, the shells and people look.
option(VT_MANUAL "man pages and completion, made by the program itself" ON)
set(VT_PYTHON_SITE "" CACHE STRING "a folder where Python looks, e.g. lib/python3/dist-packages: the module is linked from there")

if(VT_MANUAL AND NOT CMAKE_CROSSCOMPILING)
  set(manual ${CMAKE_BINARY_DIR}/manual)
  # Under sanitizers nothing but the program's own mistakes may end it; the library of MPI is loaded, not started.
  add_custom_command(OUTPUT ${manual}/made COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
                     COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 $<TARGET_FILE:vitrion> manual --output ${manual}
                     COMMAND ${CMAKE_COMMAND} -E touch ${manual}/made DEPENDS vitrion COMMENT "man pages and completion" VERBATIM)
  add_custom_target(manual ALL DEPENDS ${manual}/made)
  install(DIRECTORY ${manual}/ DESTINATION share PATTERN made EXCLUDE)
endif()

# Potentials, without the frames that they were trained on (20 MB, in the source); campaigns, without results.
set(campaigns ${CMAKE_SOURCE_DIR}/campaigns)
install(DIRECTORY ${campaigns}/potentials DESTINATION share/vitrion FILES_MATCHING PATTERN "*.txt" PATTERN "*.md"
        PATTERN data EXCLUDE PATTERN subset.py EXCLUDE)
install(DIRECTORY ${campaigns} DESTINATION share/vitrion FILES_MATCHING PATTERN "*.yaml" PATTERN "*.md" PATTERN "*.xyz"
        PATTERN "*.poscar" PATTERN "*.data" PATTERN "*.inp" PATTERN "*.py" PATTERN "*.lammps" PATTERN "pbe.*"
        PATTERN potentials EXCLUDE PATTERN laco-naco EXCLUDE)
# A campaign in share/vitrion/campaigns says potentials/..., as in the source.
set(root "\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}")
install(CODE "file(CREATE_LINK ../potentials \"${root}/share/vitrion/campaigns/potentials\" SYMBOLIC)")

install(FILES ${CMAKE_SOURCE_DIR}/scripts/slurm/vitrion.sbatch DESTINATION share/vitrion/slurm)
# What `vitrion report` runs, and the module that it reads with.
install(PROGRAMS ${CMAKE_SOURCE_DIR}/scripts/report.py ${CMAKE_SOURCE_DIR}/scripts/plot_arrhenius.py DESTINATION share/vitrion/scripts)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/scripts/report DESTINATION share/vitrion/scripts FILES_MATCHING PATTERN "*.py" PATTERN "*.css"
        PATTERN "__pycache__" EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/scripts/vitrion.py DESTINATION share/vitrion/python)
if(VT_PYTHON_SITE)
  install(CODE "
    file(MAKE_DIRECTORY \"${root}/${VT_PYTHON_SITE}\")
    file(RELATIVE_PATH way \"${root}/${VT_PYTHON_SITE}\" \"${root}/share/vitrion/python/vitrion.py\")
    file(CREATE_LINK \"\${way}\" \"${root}/${VT_PYTHON_SITE}/vitrion.py\" SYMBOLIC)")
endif()
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION share/doc/vitrion)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION share/doc/vitrion)
