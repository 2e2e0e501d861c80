/* SPDX-License-Identifier: Apache-2.0
 *
 * What a story expects of a record, against what is there. */
#include "story.h"

#include "tool_error.h"

/* Compared as they stand in the record. */
static const char *const plain_members[] = {"state",       "version",       "unit",   "is_final",
                                            "merged_into", "duplicates",    "parent", "requester",
                                            "external_id", "children_open", NULL};
static const char *const all_members[] = {"state",       "version",       "unit",   "is_final",
                                          "merged_into", "duplicates",    "parent", "requester",
                                          "external_id", "children_open", "due",    "status",
                                          "breached",    "flags",         "fields", "as",
                                          NULL};

static bool is_object(const struct tool_json_input *input, const struct tool_json_node *node,
                      struct community_error *err)
{
    if (node && node->kind != TOOL_JSON_OBJECT) {
        tool_json_complain(input, node, err, "wrong-type", "This must be an object.",
                           "此处须为对象。");
        return false;
    }
    return true;
}

static bool is_list(const struct tool_json_input *input, const struct tool_json_node *node,
                    struct community_error *err)
{
    bool is_good = !node || node->kind == TOOL_JSON_ARRAY;
    for (const struct tool_json_node *item = is_good && node ? node->first : NULL; item;
         item = item->next) {
        is_good = is_good && item->kind == TOOL_JSON_STRING;
    }
    if (!is_good) {
        tool_json_complain(input, node, err, "wrong-type", "This must be a list of texts.",
                           "此处须为文本列表。");
    }
    return is_good;
}

static bool are_times(const struct tool_json_input *input, const struct tool_json_node *due,
                      struct community_error *err)
{
    if (!due || !is_object(input, due, err)) {
        return !due;
    }
    for (const struct tool_json_node *time = due->first; time; time = time->next) {
        community_time_ms parsed = 0;
        bool is_time = time->kind == TOOL_JSON_STRING &&
                       community_time_parse(&parsed, time->text, NULL) == COMMUNITY_OK;
        if (!is_time && time->kind != TOOL_JSON_NULL) {
            tool_json_complain(input, time, err, "wrong-type",
                               "This must be a time (RFC 3339), or null for no deadline.",
                               "此处须为 RFC 3339 时间；没有期限时写 null。");
            return false;
        }
    }
    return true;
}

bool tool_expect_is_good(const struct tool_json_input *input, const struct tool_json_node *expect,
                         struct community_error *err)
{
    struct community_text viewer = {0};
    return tool_json_expect_object(input, expect, all_members, err) &&
           tool_json_expect_text(input, expect, "as", false, &viewer, err) &&
           are_times(input, tool_json_member(expect, "due"), err) &&
           is_object(input, tool_json_member(expect, "status"), err) &&
           is_object(input, tool_json_member(expect, "fields"), err) &&
           is_list(input, tool_json_member(expect, "breached"), err) &&
           is_list(input, tool_json_member(expect, "flags"), err);
}

/* Equal as values. The reader has bounded the depth. */
static bool are_equal(const struct tool_json_node *left, const struct tool_json_node *right)
{
    if (left->kind != right->kind || left->count != right->count) {
        return false;
    }
    if (left->kind == TOOL_JSON_NUMBER || left->kind == TOOL_JSON_STRING) {
        return tool_text_equals(left->text, right->text);
    }
    const struct tool_json_node *other = right->first;
    for (const struct tool_json_node *child = left->first; child; child = child->next) {
        if (left->kind == TOOL_JSON_OBJECT) {
            other = right->first;
            while (other && !tool_text_equals(other->name, child->name)) {
                other = other->next;
            }
        }
        if (!other || !are_equal(child, other)) {
            return false;
        }
        other = other->next;
    }
    return true;
}

static void add_said(struct tool_bytes *out, const char *where, struct community_text name,
                     struct community_text value)
{
    tool_bytes_add_string(out, where);
    tool_bytes_add_shown(out, name);
    tool_bytes_add_byte(out, ' ');
    tool_bytes_add_shown(out, value);
}

static bool differ(struct tool_difference *difference, const char *where,
                   struct community_text name, const struct tool_json_node *expected,
                   const struct tool_json_node *found)
{
    add_said(&difference->expected, where, name, expected->source);
    add_said(&difference->found, where, name, found ? found->source : tool_text("nothing"));
    return false;
}

/* A member that is null and one that is not there are the same. */
static bool member_is(const struct tool_json_node *expected, const struct tool_json_node *found)
{
    if (!found || found->kind == TOOL_JSON_NULL) {
        return expected->kind == TOOL_JSON_NULL;
    }
    return are_equal(expected, found);
}

static bool compare_members(const struct tool_json_node *expect,
                            const struct tool_json_node *record, struct tool_difference *difference)
{
    for (size_t index = 0; plain_members[index]; index++) {
        const struct tool_json_node *expected = tool_json_member(expect, plain_members[index]);
        const struct tool_json_node *found = tool_json_member(record, plain_members[index]);
        if (expected && !member_is(expected, found)) {
            return differ(difference, "", expected->name, expected, found);
        }
    }
    return true;
}

static const struct tool_json_node *member_named(const struct tool_json_node *object,
                                                 struct community_text name)
{
    for (const struct tool_json_node *member = object ? object->first : NULL; member;
         member = member->next) {
        if (tool_text_equals(member->name, name)) {
            return member;
        }
    }
    return NULL;
}

static bool compare_fields(const struct tool_json_node *expect, const struct tool_json_node *record,
                           struct tool_difference *difference)
{
    const struct tool_json_node *fields = tool_json_member(expect, "fields");
    for (const struct tool_json_node *expected = fields ? fields->first : NULL; expected;
         expected = expected->next) {
        const struct tool_json_node *found =
            member_named(tool_json_member(record, "fields"), expected->name);
        if (!member_is(expected, found)) {
            return differ(difference, "field ", expected->name, expected, found);
        }
    }
    return true;
}

static const struct tool_json_node *deadline_named(const struct tool_json_node *record,
                                                   struct community_text name)
{
    const struct tool_json_node *list = tool_json_member(record, "deadlines");
    for (const struct tool_json_node *deadline = list ? list->first : NULL; deadline;
         deadline = deadline->next) {
        if (tool_text_equals(tool_json_text(deadline, "name"), name)) {
            return deadline;
        }
    }
    return NULL;
}

static bool is_same_time(const struct tool_json_node *left, const struct tool_json_node *right)
{
    community_time_ms left_time = 0;
    community_time_ms right_time = 0;
    return tool_json_is(left, TOOL_JSON_STRING) && tool_json_is(right, TOOL_JSON_STRING) &&
           community_time_parse(&left_time, left->text, NULL) == COMMUNITY_OK &&
           community_time_parse(&right_time, right->text, NULL) == COMMUNITY_OK &&
           left_time == right_time;
}

static bool compare_due(const struct tool_json_node *expect, const struct tool_json_node *record,
                        struct tool_difference *difference)
{
    const struct tool_json_node *list = tool_json_member(expect, "due");
    for (const struct tool_json_node *expected = list ? list->first : NULL; expected;
         expected = expected->next) {
        const struct tool_json_node *found =
            tool_json_member(deadline_named(record, expected->name), "due");
        if (!is_same_time(expected, found) && !member_is(expected, found)) {
            return differ(difference, "due ", expected->name, expected, found);
        }
    }
    return true;
}

static bool compare_status(const struct tool_json_node *expect, const struct tool_json_node *record,
                           struct tool_difference *difference)
{
    const struct tool_json_node *list = tool_json_member(expect, "status");
    for (const struct tool_json_node *expected = list ? list->first : NULL; expected;
         expected = expected->next) {
        const struct tool_json_node *found =
            tool_json_member(deadline_named(record, expected->name), "status");
        if (!member_is(expected, found)) {
            return differ(difference, "status of ", expected->name, expected, found);
        }
    }
    return true;
}

static bool has_text(const struct tool_json_node *list, struct community_text text)
{
    for (const struct tool_json_node *item = list ? list->first : NULL; item; item = item->next) {
        if (tool_text_equals(item->text, text)) {
            return true;
        }
    }
    return false;
}

static bool compare_flags(const struct tool_json_node *expect, const struct tool_json_node *record,
                          struct tool_difference *difference)
{
    const struct tool_json_node *expected = tool_json_member(expect, "flags");
    const struct tool_json_node *found = tool_json_member(record, "flags");
    if (!expected) {
        return true;
    }
    bool is_same = expected->count == (found ? found->count : 0);
    for (const struct tool_json_node *flag = expected->first; flag; flag = flag->next) {
        is_same = is_same && has_text(found, flag->text);
    }
    return is_same || differ(difference, "", expected->name, expected, found);
}

static bool compare_breached(const struct tool_json_node *expect,
                             const struct tool_json_node *record,
                             struct tool_difference *difference)
{
    const struct tool_json_node *expected = tool_json_member(expect, "breached");
    const struct tool_json_node *list = tool_json_member(record, "deadlines");
    if (!expected) {
        return true;
    }
    size_t count = 0;
    bool is_same = true;
    struct tool_bytes found = {0};
    for (const struct tool_json_node *deadline = list ? list->first : NULL; deadline;
         deadline = deadline->next) {
        if (tool_json_is_true(deadline, "breached")) {
            count++;
            is_same = is_same && has_text(expected, tool_json_text(deadline, "name"));
            tool_bytes_add_string(&found, found.size ? "," : "");
            tool_bytes_format(&found, "\"%.*s\"", (int)tool_json_text(deadline, "name").size,
                              tool_json_text(deadline, "name").data);
        }
    }
    is_same = is_same && count == expected->count;
    if (!is_same) {
        add_said(&difference->expected, "", expected->name, expected->source);
        tool_bytes_add_string(&difference->found, "breached [");
        tool_bytes_add_shown(&difference->found, tool_bytes_text(&found));
        tool_bytes_add_byte(&difference->found, ']');
    }
    tool_bytes_free(&found);
    return is_same;
}

static bool compare_all(const struct tool_json_node *expect, const struct tool_json_node *record,
                        struct tool_difference *difference)
{
    return compare_members(expect, record, difference) && compare_due(expect, record, difference) &&
           compare_status(expect, record, difference) &&
           compare_breached(expect, record, difference) &&
           compare_flags(expect, record, difference) && compare_fields(expect, record, difference);
}

bool tool_story_compare(struct community_desk *desk, struct community_text record,
                        struct community_text actor, const struct tool_json_node *expect,
                        struct tool_difference *difference, struct community_error *err)
{
    struct community_text viewer = tool_json_text(expect, "as");
    struct community_document *document = NULL;
    struct tool_json_input input = {0};
    struct community_error found = {0};
    bool is_same = false;
    enum community_status status =
        community_desk_get(&document, desk, record, viewer.size ? viewer : actor, 0, &found);
    if (status == COMMUNITY_NOT_FOUND) {
        add_said(&difference->expected, "record ", record, tool_text(""));
        tool_bytes_add_string(&difference->found, "no such record");
    } else if (status != COMMUNITY_OK) {
        *err = found;
    } else if (tool_json_read(&input, community_document_json(document), NULL, err)) {
        is_same = compare_all(expect, input.root, difference);
    }
    tool_json_close(&input);
    community_document_free(document);
    return is_same;
}
