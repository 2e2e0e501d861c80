# SPDX-License-Identifier: Apache-2.0
#
# Every test is found by its name:
#   tests/<folder>/*_test.c           one Criterion binary <folder>_test
#   tests/<folder>/*_check.c          one plain program each; prints "N passed, N failed, N skipped"
#   tests/<folder>/*_check.sh, .py    run as they are; print the same line
#   tests/<folder>/*.c                any other file is linked into all binaries of its folder
#   tests/fuzz/<x>_fuzz.c             <x>_replay runs tests/fuzz/corpus/<x>/ through it
#   tests/python/*.py                 pytest, against the module in build/python
# A tests/<folder>/CMakeLists.txt, where there is one, is read too.
include_guard()

set(COMMUNITY_TEST_ENVIRONMENT
    "ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=1")

# Criterion runs each test in a process of its own and loses what a sanitizer thinks of it: a leak
# "passes" with exit status 0, and so does a suite without any test. What they print does not lie.
# (Not PASS_REGULAR_EXPRESSION: it makes CTest ignore the exit status.)
set(COMMUNITY_TEST_FAILS
    "ERROR: (Address|Leak)Sanitizer" "WARNING: ThreadSanitizer" "runtime error:" "definitely lost")
set(COMMUNITY_CRITERION_FAILS ${COMMUNITY_TEST_FAILS} "Tested: 0 ")

# community_add_criterion_test(name source...): links the sources themselves, never an archive of
# them, because the linker would leave out what nobody calls.
function(community_add_criterion_test name)
    if(NOT TARGET PkgConfig::CRITERION)
        pkg_check_modules(CRITERION REQUIRED IMPORTED_TARGET GLOBAL criterion)
    endif()
    add_executable(${name} ${ARGN})
    target_compile_options(${name} PRIVATE ${COMMUNITY_TEST_WARNINGS})
    target_link_libraries(${name} PRIVATE PkgConfig::CRITERION)
    set_target_properties(${name} PROPERTIES
        C_STANDARD 11 RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES
        LABELS unit TIMEOUT 300
        ENVIRONMENT "${COMMUNITY_TEST_ENVIRONMENT}"
        FAIL_REGULAR_EXPRESSION "${COMMUNITY_CRITERION_FAILS}")
endfunction()

# What every test binary of ours may use: all of the library, from the inside. Linked as an archive,
# so that a test needs only the part that it calls.
function(community_use_library target)
    target_link_libraries(${target} PRIVATE community_static Threads::Threads)
    file(GLOB folders LIST_DIRECTORIES true ${PROJECT_SOURCE_DIR}/lib/*)
    list(FILTER folders EXCLUDE REGEX "/[^/]*\\.[^/]*$")
    target_include_directories(${target} PRIVATE ${folders})
    target_compile_definitions(${target} PRIVATE
        COMMUNITY_DATA_DEFAULT="${PROJECT_SOURCE_DIR}/../shared/data"
        COMMUNITY_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
        COMMUNITY_BUILD_DIR="${PROJECT_BINARY_DIR}")
endfunction()

# The name of a test's target: the file's own, unless another folder was first.
function(community_test_target target_out folder name)
    if(TARGET ${name})
        set(name ${folder}_${name})
    endif()
    set(${target_out} ${name} PARENT_SCOPE)
endfunction()

function(community_add_check_program target source)
    add_executable(${target} ${source} ${ARGN})
    community_use_library(${target})
    target_compile_options(${target} PRIVATE ${COMMUNITY_TEST_WARNINGS})
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    add_test(NAME ${target} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set(labels check)
    if(source MATCHES "_thread_check\\.c$")
        list(APPEND labels thread)
        set_property(GLOBAL APPEND PROPERTY COMMUNITY_THREAD_CHECKS ${target})
    endif()
    set_tests_properties(${target} PROPERTIES
        LABELS "${labels}" TIMEOUT 600
        ENVIRONMENT "${COMMUNITY_TEST_ENVIRONMENT}"
        FAIL_REGULAR_EXPRESSION "${COMMUNITY_TEST_FAILS}")
endfunction()

# community_add_script(name command...): the environment that scripts are promised.
function(community_add_script name)
    add_test(NAME ${name}
        COMMAND ${PROJECT_SOURCE_DIR}/tests/harness/with_environment
            ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${ARGN}
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES
        LABELS script TIMEOUT 600
        ENVIRONMENT "${COMMUNITY_TEST_ENVIRONMENT};PYTHON=${PYTHON};CC=${CMAKE_C_COMPILER}"
        FAIL_REGULAR_EXPRESSION "${COMMUNITY_TEST_FAILS}")
endfunction()

function(community_add_folder_tests folder)
    set(directory ${PROJECT_SOURCE_DIR}/tests/${folder})
    file(GLOB sources CONFIGURE_DEPENDS ${directory}/*.c)
    file(GLOB scripts CONFIGURE_DEPENDS ${directory}/*_check.sh ${directory}/*_check.py)

    set(unit_sources ${sources})
    list(FILTER unit_sources INCLUDE REGEX "_test\\.c$")
    set(check_sources ${sources})
    list(FILTER check_sources INCLUDE REGEX "_check\\.c$")
    set(helper_sources ${sources})
    list(FILTER helper_sources EXCLUDE REGEX "_(test|check)\\.c$")

    if(TARGET community_static)
        if(unit_sources)
            community_test_target(target ${folder} ${folder}_test)
            community_add_criterion_test(${target} ${unit_sources} ${helper_sources})
            community_use_library(${target})
        endif()
        foreach(source IN LISTS check_sources)
            get_filename_component(name ${source} NAME_WE)
            community_test_target(target ${folder} ${name})
            community_add_check_program(${target} ${source} ${helper_sources})
        endforeach()
    endif()

    foreach(script IN LISTS scripts)
        get_filename_component(name ${script} NAME_WE)
        if(script MATCHES "\\.py$")
            community_add_script(${folder}/${name} ${PYTHON} ${script})
        else()
            community_add_script(${folder}/${name} bash ${script})
        endif()
    endforeach()

    if(EXISTS ${directory}/CMakeLists.txt)
        add_subdirectory(${directory})
    endif()
endfunction()

function(community_add_fuzz_tests)
    set(directory ${PROJECT_SOURCE_DIR}/tests/fuzz)
    file(GLOB sources CONFIGURE_DEPENDS ${directory}/*_fuzz.c)
    if(NOT TARGET community_static)
        return()
    endif()
    foreach(source IN LISTS sources)
        get_filename_component(name ${source} NAME_WE)
        string(REGEX REPLACE "_fuzz$" "" name ${name})

        add_executable(${name}_replay ${source}
            ${PROJECT_SOURCE_DIR}/tests/harness/replay_main.c)
        set(targets ${name}_replay)
        add_test(NAME ${name}_replay COMMAND ${name}_replay ${directory}/corpus/${name})
        set_tests_properties(${name}_replay PROPERTIES
            LABELS fuzz TIMEOUT 300
            ENVIRONMENT "${COMMUNITY_TEST_ENVIRONMENT}"
            FAIL_REGULAR_EXPRESSION "${COMMUNITY_TEST_FAILS}")

        if(COMMUNITY_FUZZ)
            add_executable(${name}_fuzz ${source})
            target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
            list(APPEND targets ${name}_fuzz)
        endif()
        foreach(target IN LISTS targets)
            community_use_library(${target})
            target_compile_options(${target} PRIVATE ${COMMUNITY_TEST_WARNINGS})
            set_target_properties(${target} PROPERTIES
                C_STANDARD 11 RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
        endforeach()
    endforeach()
endfunction()

function(community_add_python_tests)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/python/*.py)
    if(NOT sources OR NOT COMMUNITY_BINDINGS OR COMMUNITY_SANITIZE
       OR NOT EXISTS ${PROJECT_SOURCE_DIR}/bindings/python/CMakeLists.txt)
        return()
    endif()
    community_add_script(python_test
        env PYTHONPATH=${PROJECT_BINARY_DIR}/python PYTHONDONTWRITEBYTECODE=1
        ${PYTHON} -m pytest -q -p no:cacheprovider ${PROJECT_SOURCE_DIR}/tests/python)
    set_tests_properties(python_test PROPERTIES LABELS python)
endfunction()

function(community_add_all_tests)
    # These look at the house and not at a build, or cannot work with a sanitizer in the library.
    set(plain_build_only abi tidy consumer)
    set(special fuzz python harness)

    file(GLOB entries CONFIGURE_DEPENDS LIST_DIRECTORIES true ${PROJECT_SOURCE_DIR}/tests/*)
    foreach(entry IN LISTS entries)
        get_filename_component(folder ${entry} NAME)
        if(NOT IS_DIRECTORY ${entry} OR folder IN_LIST special)
            continue()
        endif()
        if(folder IN_LIST plain_build_only
           AND (COMMUNITY_SANITIZE OR COMMUNITY_COVERAGE OR COMMUNITY_FUZZ))
            continue()
        endif()
        community_add_folder_tests(${folder})
    endforeach()

    community_add_fuzz_tests()
    community_add_python_tests()

    # Proves that the rules above catch what they are there for.
    community_add_script(harness/summarise_check
        ${PYTHON} ${PROJECT_SOURCE_DIR}/tests/harness/summarise_check.py)
    if(COMMUNITY_SANITIZE STREQUAL "address")
        community_add_script(harness/harness_check
            bash ${PROJECT_SOURCE_DIR}/tests/harness/harness_check.sh)
    endif()

    # Builds what the ThreadSanitizer run needs, and no more.
    get_property(thread_checks GLOBAL PROPERTY COMMUNITY_THREAD_CHECKS)
    add_custom_target(thread_checks DEPENDS ${thread_checks})
endfunction()
