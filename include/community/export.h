/* SPDX-License-Identifier: Apache-2.0
 *
 * Visibility of public symbols. Everything else in the library is hidden. */
#ifndef COMMUNITY_EXPORT_H
#define COMMUNITY_EXPORT_H

#if defined(__GNUC__)
#define COMMUNITY_EXPORT __attribute__((visibility("default")))
#define COMMUNITY_CHECKED __attribute__((warn_unused_result))
#else
#define COMMUNITY_EXPORT
#define COMMUNITY_CHECKED
#endif

#ifdef __cplusplus
#define COMMUNITY_BEGIN extern "C" {
#define COMMUNITY_END }
#else
#define COMMUNITY_BEGIN
#define COMMUNITY_END
#endif

#endif
