/* SPDX-License-Identifier: Apache-2.0
 *
 * A program of somebody else's, as C and as C++: includes every public header by its installed name
 * and calls the library once. */
#include <stdio.h>
#include <string.h>

#include <community.h>
#include <community/version.h>

int main(void)
{
    const char *word = community_status_name(COMMUNITY_OK);
    printf("libcommunity %s says %s\n", COMMUNITY_VERSION_STRING, word);

    struct community_error err;
    memset(&err, 0, sizeof(err));
    struct community_rulebook *rulebook = NULL;
    static const char source[] = "{";
    struct community_text text = {source, sizeof(source) - 1};
    struct community_text name = {"consumer.json", 13};
    int32_t status = community_rulebook_load(&rulebook, text, name, NULL, &err);
    printf("a rulebook cut short: %s\n", community_status_name(status));

    return strcmp(word, "ok") == 0 && status == COMMUNITY_INVALID && err.line == 1 ? 0 : 1;
}
