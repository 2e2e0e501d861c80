# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` puts where: headers, both libraries, the command, libcommunity.pc, and the
# CMake package that gives community::community and community::community_static.
include_guard()
include(CMakePackageConfigHelpers)

install(TARGETS community community_static EXPORT communityTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET community_command)
    install(TARGETS community_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Both packages find themselves by their own place, so that the prefix can be chosen or moved after
# the build.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH PKGCONFIG_PREFIX /prefix/${pkgconfig_dir} /prefix)
configure_file(${PROJECT_SOURCE_DIR}/pkgconfig/libcommunity.pc.in
    ${PROJECT_BINARY_DIR}/pkgconfig/libcommunity.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/libcommunity.pc DESTINATION ${pkgconfig_dir})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/community)
configure_package_config_file(${PROJECT_SOURCE_DIR}/pkgconfig/communityConfig.cmake.in
    ${PROJECT_BINARY_DIR}/pkgconfig/communityConfig.cmake
    INSTALL_DESTINATION ${package_dir}
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pkgconfig/communityConfigVersion.cmake
    COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/communityConfig.cmake
    ${PROJECT_BINARY_DIR}/pkgconfig/communityConfigVersion.cmake DESTINATION ${package_dir})
install(EXPORT communityTargets NAMESPACE community:: DESTINATION ${package_dir})
