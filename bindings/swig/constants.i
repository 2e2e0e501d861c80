/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers that scripts need. */
%constant int64_t TIME_NOW = COMMUNITY_TIME_NOW;
%constant uint32_t DESK_CREATE = COMMUNITY_DESK_CREATE;
%constant uint32_t DESK_READ_ONLY = COMMUNITY_DESK_READ_ONLY;
%constant uint32_t DESK_SYNC_NORMAL = COMMUNITY_DESK_SYNC_NORMAL;
%constant uint32_t GET_HISTORY = COMMUNITY_GET_HISTORY;
%constant uint32_t GET_EXPLAIN = COMMUNITY_GET_EXPLAIN;
%constant char *VERSION = COMMUNITY_VERSION_STRING;
