/* SPDX-License-Identifier: Apache-2.0
 *
 * The version of these headers. libcommunity.so.0 promises nothing between releases; from 1.0 on, a
 * program built against 1.x runs with every later 1.y. */
#ifndef COMMUNITY_VERSION_H
#define COMMUNITY_VERSION_H

#define COMMUNITY_VERSION_MAJOR 0
#define COMMUNITY_VERSION_MINOR 1
#define COMMUNITY_VERSION_PATCH 0
#define COMMUNITY_VERSION_STRING "0.1.0"

/* For `#if COMMUNITY_VERSION >= COMMUNITY_VERSION_NUMBER(0, 2, 0)`. */
#define COMMUNITY_VERSION_NUMBER(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))
#define COMMUNITY_VERSION                                                                          \
    COMMUNITY_VERSION_NUMBER(COMMUNITY_VERSION_MAJOR, COMMUNITY_VERSION_MINOR,                     \
                             COMMUNITY_VERSION_PATCH)

#endif
