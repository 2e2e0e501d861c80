/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading: the scan, then cJSON, then one walk over both that builds the tree. */
#include "json.h"

#include "failure.h"
#include "json_number.h"
#include "json_scan.h"
#include "memory.h"
#include "sort.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { PAIRWISE_COUNT_MAX = 16, SHOWN_SIZE_MAX = 40 };

const struct cm_json_limits cm_json_command_limits = {
    .size_max = 64 * 1024,
    .depth_max = 32,
    .comments = false,
};

const struct cm_json_limits cm_json_rulebook_limits = {
    .size_max = 16 * 1024 * 1024,
    .depth_max = CM_VALUE_DEPTH_MAX,
    .comments = true,
};

/* cJSON writes where it failed into a global without any protection. */
static pthread_mutex_t cjson_lock = PTHREAD_MUTEX_INITIALIZER;

struct build {
    struct cm_json_scan *scan;
    struct cm_arena *arena;
    size_t next;    /* the token of the next value or name */
    char *text_end; /* where the next string goes */
    enum cm_code code;
    size_t offset;              /* of the fault */
    struct community_text name; /* that stands twice */
};

static bool refuse(struct build *build, enum cm_code code, size_t offset)
{
    build->code = code;
    build->offset = offset;
    return false;
}

static const struct cm_json_token *next_token(struct build *build)
{
    assert(build->next < build->scan->token_count);
    return &build->scan->tokens[build->next++];
}

/* All strings stand one behind the other in one piece of memory, whose size the scan found. */
static struct community_text take_string(struct build *build, const char *string, size_t size)
{
    assert(string[size] == '\0');
    char *copy = build->text_end;
    memcpy(copy, string, size + 1);
    build->text_end += size + 1;
    return (struct community_text){copy, size};
}

static bool build_number(struct build *build, struct cm_value *out, const cJSON *item,
                         const struct cm_json_token *token)
{
    if (token->extent == 0) {
        /* Exact: the scan saw to it that the integer is one that a double holds. */
        out->type = CM_INT;
        out->as.integer = (int64_t)item->valuedouble;
        return true;
    }
    double number = item->valuedouble;
    struct community_text text = {build->scan->text.data + token->offset, token->extent};
    if (text.size > CM_JSON_NUMBER_SIZE_MAX &&
        !cm_json_parse_double(text, &number, build->scan->allocator))
        return refuse(build, CM_CODE_NO_MEMORY, token->offset);
    if (!cm_json_double_is_safe(number))
        return refuse(build, CM_CODE_JSON_NUMBER_RANGE, token->offset);
    out->type = CM_DOUBLE;
    out->as.number = number;
    return true;
}

/* By name, then by place, so that of equal names the later one is the duplicate. */
static int compare_members(const void *a, const void *b, void *userdata)
{
    const struct cm_member *left = *(const struct cm_member *const *)a;
    const struct cm_member *right = *(const struct cm_member *const *)b;
    (void)userdata;
    int order = cm_text_compare(left->name, right->name);
    if (order != 0)
        return order;
    return (left->name_offset > right->name_offset) - (left->name_offset < right->name_offset);
}

static bool refuse_duplicate(struct build *build, const struct cm_member *member)
{
    build->name = member->name;
    return refuse(build, CM_CODE_JSON_DUPLICATE_NAME, member->name_offset);
}

static bool check_many_names(struct build *build, const struct cm_member *members, size_t count)
{
    const struct community_allocator *allocator = build->scan->allocator;
    const struct cm_member **sorted = cm_allocate_array(allocator, count, sizeof *sorted);
    if (sorted == NULL)
        return refuse(build, CM_CODE_NO_MEMORY, members[0].name_offset);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &members[i];
    cm_sort(sorted, count, sizeof *sorted, compare_members, NULL);
    const struct cm_member *duplicate = NULL;
    for (size_t i = 1; i < count; i++) {
        if (cm_text_equal(sorted[i - 1]->name, sorted[i]->name) &&
            (duplicate == NULL || sorted[i]->name_offset < duplicate->name_offset))
            duplicate = sorted[i];
    }
    cm_release(allocator, sorted);
    return duplicate == NULL || refuse_duplicate(build, duplicate);
}

static bool check_names(struct build *build, const struct cm_member *members, size_t count)
{
    if (count > PAIRWISE_COUNT_MAX)
        return check_many_names(build, members, count);
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (cm_text_equal(members[i].name, members[j].name))
                return refuse_duplicate(build, &members[i]);
        }
    }
    return true;
}

static bool build_value(struct build *build, struct cm_value *out, const cJSON *item);

/* The depth of this recursion is that of the text, which the scan bounded. */
static bool build_list(struct build *build, struct cm_value *out, const cJSON *item, size_t count)
{
    struct cm_value list = cm_value_new_list(build->arena, count);
    if (list.as.list.items == NULL)
        return refuse(build, CM_CODE_NO_MEMORY, out->offset);
    const cJSON *entry = item->child;
    for (size_t i = 0; i < count; i++, entry = entry->next) {
        if (!build_value(build, &list.as.list.items[i], entry))
            return false;
    }
    assert(entry == NULL);
    list.as.list.count = count;
    list.offset = out->offset;
    *out = list;
    return true;
}

static bool build_object(struct build *build, struct cm_value *out, const cJSON *item, size_t count)
{
    struct cm_value object = cm_value_new_object(build->arena, count);
    struct cm_member *members = object.as.object.members;
    if (members == NULL)
        return refuse(build, CM_CODE_NO_MEMORY, out->offset);
    const cJSON *entry = item->child;
    for (size_t i = 0; i < count; i++, entry = entry->next) {
        const struct cm_json_token *name = next_token(build);
        members[i].name = take_string(build, entry->string, name->extent);
        members[i].name_offset = name->offset;
        if (!build_value(build, &members[i].value, entry))
            return false;
    }
    assert(entry == NULL);
    if (!check_names(build, members, count))
        return false;
    object.as.object.count = count;
    object.offset = out->offset;
    *out = object;
    return true;
}

static bool build_value(struct build *build, struct cm_value *out, const cJSON *item)
{
    const struct cm_json_token *token = next_token(build);
    *out = (struct cm_value){.type = CM_NULL, .offset = token->offset};
    switch (item->type & 0xFF) {
    case cJSON_False:
    case cJSON_True:
        out->type = CM_BOOL;
        out->as.boolean = (item->type & 0xFF) == cJSON_True;
        return true;
    case cJSON_Number:
        return build_number(build, out, item, token);
    case cJSON_String:
        out->type = CM_TEXT_VALUE;
        out->as.text = take_string(build, item->valuestring, token->extent);
        return true;
    case cJSON_Array:
        return build_list(build, out, item, token->extent);
    case cJSON_Object:
        return build_object(build, out, item, token->extent);
    default:
        assert((item->type & 0xFF) == cJSON_NULL);
        return true;
    }
}

static void hold_cjson(void)
{
    (void)pthread_mutex_lock(&cjson_lock);
}

static void let_go_of_cjson(void)
{
    (void)pthread_mutex_unlock(&cjson_lock);
}

/* A process that forks while another thread reads would leave its child a lock that nobody opens.
 */
static void guard_forks(void)
{
    (void)pthread_atfork(hold_cjson, let_go_of_cjson, let_go_of_cjson);
}

static cJSON *parse(const struct cm_json_scan *scan)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, guard_forks);
    const char *data = scan->copy != NULL ? scan->copy : scan->text.data;
    hold_cjson();
    cJSON *root = cJSON_ParseWithLengthOpts(data, scan->text.size, NULL, 0);
    let_go_of_cjson();
    return root;
}

static bool build_tree(struct build *build, struct cm_value *out)
{
    build->text_end = cm_arena_allocate(build->arena, build->scan->text_size + 1);
    if (build->text_end == NULL)
        return refuse(build, CM_CODE_NO_MEMORY, 0);
    cJSON *root = parse(build->scan);
    /* The text is fine, so only memory can have been short. */
    if (root == NULL)
        return refuse(build, CM_CODE_NO_MEMORY, 0);
    bool is_built = build_value(build, out, root);
    cJSON_Delete(root);
    return is_built;
}

static struct community_text shorten(struct community_text text)
{
    if (text.size <= SHOWN_SIZE_MAX)
        return text;
    size_t size = SHOWN_SIZE_MAX;
    while (size > 0 && ((unsigned char)text.data[size] & 0xC0) == 0x80)
        size--;
    return (struct community_text){text.data, size};
}

/* The character at `offset` as a person may see it: "x" in quotes, or U+001F. */
static void show_character(struct cm_buffer *out, struct community_text text, size_t offset)
{
    struct community_text rest = cm_text_from(text, offset);
    unsigned char byte = (unsigned char)rest.data[0];
    if (byte < 0x20 || byte == 0x7F) {
        cm_buffer_string(out, "U+00");
        cm_buffer_hex(out, &byte, 1);
        return;
    }
    cm_buffer_byte(out, '"');
    cm_buffer_bytes(out, rest.data, cm_utf8_first(rest));
    cm_buffer_byte(out, '"');
}

static struct community_text number_at(struct community_text text, size_t offset)
{
    size_t end = offset;
    while (end < text.size && text.data[end] != '\0' &&
           strchr("0123456789+-.eE", text.data[end]) != NULL)
        end++;
    return shorten((struct community_text){text.data + offset, end - offset});
}

/* A few digits, a character: they go where the caller's arena is not touched. */
struct scratch {
    struct community_allocator allocator;
    char bytes[64];
};

static void *lend_bytes(void *userdata, size_t size)
{
    struct scratch *scratch = userdata;
    return size <= sizeof scratch->bytes ? scratch->bytes : NULL;
}

static void *refuse_more(void *userdata, void *pointer, size_t size)
{
    (void)userdata;
    (void)pointer;
    (void)size;
    return NULL;
}

static void take_back(void *userdata, void *pointer)
{
    (void)userdata;
    (void)pointer;
}

static bool names_a_character(enum cm_code code)
{
    return code == CM_CODE_JSON_SYNTAX || code == CM_CODE_JSON_NAME_EXPECTED ||
           code == CM_CODE_JSON_COLON_EXPECTED || code == CM_CODE_JSON_COMMA_EXPECTED ||
           code == CM_CODE_JSON_TRAILING || code == CM_CODE_JSON_CONTROL;
}

static void set_error(struct community_error *err, const struct build *build)
{
    struct community_text text = build->scan->text;
    struct scratch scratch = {
        .allocator = {sizeof scratch.allocator, &scratch, lend_bytes, refuse_more, take_back},
    };
    struct cm_buffer shown;
    cm_buffer_init(&shown, &scratch.allocator);
    struct community_text arguments[2] = {{NULL, 0}, {NULL, 0}};
    size_t split = 0;
    if (names_a_character(build->code)) {
        show_character(&shown, text, build->offset);
        split = shown.size;
    } else if (build->code == CM_CODE_JSON_DEPTH) {
        cm_buffer_integer(&shown, (int64_t)build->scan->limits->depth_max);
        split = shown.size;
    } else if (build->code == CM_CODE_JSON_SIZE) {
        cm_buffer_integer(&shown, (int64_t)text.size);
        split = shown.size;
        cm_buffer_integer(&shown, (int64_t)build->scan->limits->size_max);
    } else if (build->code == CM_CODE_JSON_NUMBER_RANGE) {
        arguments[0] = number_at(text, build->offset);
    } else if (build->code == CM_CODE_JSON_DUPLICATE_NAME) {
        arguments[0] = shorten(build->name);
    }
    if (shown.size > 0) {
        arguments[0] = (struct community_text){shown.data, split};
        arguments[1] = (struct community_text){shown.data + split, shown.size - split};
    }
    cm_fail_with(err, COMMUNITY_INVALID, build->code, arguments, 2);
}

static enum community_status fail(struct community_error *err, const struct build *build)
{
    if (build->code == CM_CODE_NO_MEMORY)
        return cm_fail_memory(err);
    if (err == NULL || err->status != COMMUNITY_OK)
        return COMMUNITY_INVALID;
    uint32_t line;
    uint32_t column;
    set_error(err, build);
    cm_json_place(build->scan->text, (uint32_t)build->offset, &line, &column);
    cm_fail_at(err, line, column);
    return COMMUNITY_INVALID;
}

enum community_status cm_json_read(struct cm_value *out, struct cm_arena *arena,
                                   struct community_text text, const struct cm_json_limits *limits,
                                   struct community_error *err)
{
    enum community_status status = COMMUNITY_OK;
    struct cm_json_scan scan;
    struct build build = {.scan = &scan, .arena = arena};
    *out = (struct cm_value){.type = CM_NULL};
    if (!cm_json_scan_text(&scan, text, limits, arena->allocator)) {
        refuse(&build, scan.code, scan.offset);
        status = fail(err, &build);
    } else if (!build_tree(&build, out)) {
        *out = (struct cm_value){.type = CM_NULL};
        status = fail(err, &build);
    }
    cm_json_scan_free(&scan);
    return status;
}

void cm_json_place(struct community_text text, uint32_t offset, uint32_t *line_out,
                   uint32_t *column_out)
{
    size_t end = offset < text.size ? offset : text.size;
    size_t line_start = 0;
    uint32_t line = 1;
    for (size_t i = 0; i < end; i++) {
        if (text.data[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    *line_out = line;
    *column_out = 1;
    if (end > line_start)
        *column_out += (uint32_t)cm_utf8_count(
            (struct community_text){text.data + line_start, end - line_start});
}
