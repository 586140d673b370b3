# A room is one folder built as one library. USES is the whole list of rooms it may include;
# tests/architecture reads it back from layers.txt. A room that is not built with LINKS of a
# third party has no business including its headers.
function(add_room)
    cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LINKS" ${ARGN})
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    string(REPLACE "/" "_" name ${folder})
    add_library(${name} STATIC ${ROOM_SOURCES})
    target_compile_features(${name} PUBLIC cxx_std_20)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    list(TRANSFORM ROOM_USES REPLACE "/" "_" OUTPUT_VARIABLE rooms)
    target_link_libraries(${name} PUBLIC ${rooms} PRIVATE ${ROOM_LINKS} warnings)
    file(APPEND ${PROJECT_BINARY_DIR}/layers.txt "${folder}: ${ROOM_USES}\n")
endfunction()
