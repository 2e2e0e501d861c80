/* SPDX-License-Identifier: Apache-2.0
 *
 * The opaque handles that a script may hold, each with what ends it. Languages add their own type
 * for a desk, because its clock and its randomness may be theirs. */
%nodefaultctor;

%define COMMUNITY_HANDLE(NAME)
struct community_##NAME {
    %extend {
        ~community_##NAME()
        {
            community_##NAME##_free($self);
        }
    }
};
%enddef

COMMUNITY_HANDLE(rulebook)
COMMUNITY_HANDLE(command)
COMMUNITY_HANDLE(receipt)
COMMUNITY_HANDLE(document)
COMMUNITY_HANDLE(digest)
COMMUNITY_HANDLE(zone)
