# A program is a main.cpp that composes rooms; nothing else belongs in an executable target.
# add_program(slip USES app/cli emulator/rpc)
function(add_program name)
    cmake_parse_arguments(PROGRAM "" "" "SOURCES;USES;LINKS" ${ARGN})
    if(NOT PROGRAM_SOURCES)
        set(PROGRAM_SOURCES main.cpp)
    endif()
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    add_executable(${name} ${PROGRAM_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    list(TRANSFORM PROGRAM_USES REPLACE "/" "_" OUTPUT_VARIABLE rooms)
    target_link_libraries(${name} PRIVATE ${rooms} ${PROGRAM_LINKS} warnings)
    # A cluster gets our programs with the libraries that they need (remote/tunnel/Bundle.h), and
    # finds them from where it lies. DT_RPATH, because DT_RUNPATH does not count for what a library
    # needs in its turn.
    set_target_properties(${name} PROPERTIES
        BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN/../lib/slipway-deps")
    target_link_options(${name} PRIVATE -Wl,--disable-new-dtags)
    install(TARGETS ${name} RUNTIME DESTINATION bin)
    file(APPEND ${PROJECT_BINARY_DIR}/layers.txt "${folder}: ${PROGRAM_USES}\n")
endfunction()
