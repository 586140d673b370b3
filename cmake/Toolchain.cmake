# Compiler, linker and warning choices, in one place.

find_program(ccache ccache)
if(ccache)
    set(CMAKE_C_COMPILER_LAUNCHER ${ccache})
    # Without this ccache refuses whatever uses a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${ccache})
endif()

find_program(mold mold)
if(mold)
    add_link_options(-fuse-ld=mold)
endif()

option(SLIPWAY_SANITIZE "AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(SLIPWAY_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer
        -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=address,undefined)
endif()

add_library(warnings INTERFACE)
target_compile_options(warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    # Designated initialisers name what matters and leave the rest to its default.
    -Wno-missing-field-initializers)
