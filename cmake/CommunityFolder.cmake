# SPDX-License-Identifier: Apache-2.0
#
# One OBJECT library per folder of lib/, and the two libraries made from all of them.
include_guard()

# community_folder(name [USES folder...] [SYSTEM target...])
#
# The folder sees itself, the folders it USES and include/, and nothing else, so that a forbidden
# include does not compile. A folder without sources yet is passed over.
function(community_folder name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;SYSTEM")

    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.c)
    if(NOT sources)
        return()
    endif()

    set(include_paths ${PROJECT_SOURCE_DIR}/lib/${name})
    foreach(used IN LISTS arg_USES)
        if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/lib/${used})
            list(APPEND include_paths ${PROJECT_SOURCE_DIR}/lib/${used})
        endif()
    endforeach()
    list(APPEND include_paths ${PROJECT_SOURCE_DIR}/include)

    set(target folder_${name})
    add_library(${target} OBJECT ${sources})
    target_include_directories(${target} PRIVATE ${include_paths})
    target_link_libraries(${target} PRIVATE ${arg_SYSTEM})
    target_compile_options(${target} PRIVATE ${COMMUNITY_WARNINGS})
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
        C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
    if(NOT name IN_LIST COMMUNITY_PURE_FOLDERS)
        target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
    endif()

    set_property(GLOBAL APPEND PROPERTY COMMUNITY_FOLDERS ${name})
    set_property(GLOBAL APPEND PROPERTY COMMUNITY_SYSTEM ${arg_SYSTEM})
endfunction()

# Lists the objects of the pure folders for the test that looks at what they call.
function(community_write_pure_objects)
    set(objects "")
    foreach(name IN LISTS ARGN)
        if(TARGET folder_${name})
            list(APPEND objects $<TARGET_OBJECTS:folder_${name}>)
        endif()
    endforeach()
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/pure-objects.txt
         CONTENT "$<JOIN:${objects},\n>\n")
endfunction()

# libcommunity.so (target community) and libcommunity.a (target community_static).
function(community_library)
    get_property(folders GLOBAL PROPERTY COMMUNITY_FOLDERS)
    get_property(system GLOBAL PROPERTY COMMUNITY_SYSTEM)
    if(NOT folders)
        message(STATUS "lib/ has no sources yet: no library")
        return()
    endif()
    list(REMOVE_DUPLICATES system)

    set(objects "")
    foreach(name IN LISTS folders)
        list(APPEND objects $<TARGET_OBJECTS:folder_${name}>)
    endforeach()

    set(map ${PROJECT_SOURCE_DIR}/lib/libcommunity.map)
    add_library(community SHARED ${objects})
    add_library(community::community ALIAS community)
    target_link_libraries(community PRIVATE ${system})
    target_link_options(community PRIVATE
        -Wl,--version-script=${map} -Wl,--no-undefined-version)
    # clang leaves its sanitizer runtime to the executable.
    if(NOT (COMMUNITY_SANITIZE OR COMMUNITY_FUZZ) OR CMAKE_C_COMPILER_ID STREQUAL "GNU")
        target_link_options(community PRIVATE -Wl,-z,defs)
    endif()
    set_target_properties(community PROPERTIES
        LINKER_LANGUAGE C LINK_DEPENDS ${map}
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

    add_library(community_static STATIC ${objects})
    add_library(community::community_static ALIAS community_static)
    # The names as a linker knows them, for the installed package; our own build uses the targets.
    target_link_libraries(community_static PRIVATE
        "$<BUILD_INTERFACE:${system}>" $<INSTALL_INTERFACE:cjson>
        $<INSTALL_INTERFACE:crypto> $<INSTALL_INTERFACE:sqlite3>
        $<INSTALL_INTERFACE:Threads::Threads>)
    set_target_properties(community_static PROPERTIES
        LINKER_LANGUAGE C OUTPUT_NAME community)

    foreach(target IN ITEMS community community_static)
        target_include_directories(${target} INTERFACE
            $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    endforeach()
endfunction()
