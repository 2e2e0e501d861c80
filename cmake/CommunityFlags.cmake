# SPDX-License-Identifier: Apache-2.0
#
# Warnings, sanitizers and coverage. tests/harness builds its planted faults with this same file.
include_guard()

set(COMMUNITY_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
    -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wvla)
# Criterion's macros are not clean under the full set.
set(COMMUNITY_TEST_WARNINGS -Wall -Wextra -Wshadow -Wpointer-arith -Wvla)

if(COMMUNITY_WERROR)
    list(APPEND COMMUNITY_WARNINGS -Werror)
    list(APPEND COMMUNITY_TEST_WARNINGS -Werror)
endif()

# Assertions guard the library's own contracts and stay on in the build that people run and test.
if(CMAKE_C_FLAGS_RELWITHDEBINFO STREQUAL "-O2 -g -DNDEBUG")
    set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
endif()

if(COMMUNITY_SANITIZE STREQUAL "address")
    # Without -fno-sanitize-recover a report of UBSan does not fail a test.
    set(sanitizer_flags -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
elseif(COMMUNITY_SANITIZE STREQUAL "thread")
    set(sanitizer_flags -fsanitize=thread -fno-omit-frame-pointer)
elseif(COMMUNITY_SANITIZE)
    message(FATAL_ERROR "COMMUNITY_SANITIZE is \"${COMMUNITY_SANITIZE}\": use address or thread")
endif()
if(sanitizer_flags)
    add_compile_options(${sanitizer_flags})
    add_link_options(${sanitizer_flags})
endif()

if(COMMUNITY_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "COMMUNITY_FUZZ needs clang: set CMAKE_C_COMPILER=clang")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(COMMUNITY_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
