/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict reading of JSON. */
#include "json_input.h"

#include <string.h>

#include "tool_error.h"

enum { DEPTH_MAX = 64, MEMBER_COUNT_MAX = 20000 };

struct reader {
    struct tool_json_input *input;
    struct community_error *err;
    const char *at;
    const char *end;
    const char *line_start;
    uint32_t line;
};

static uint32_t column_of(const char *line_start, const char *at)
{
    uint32_t column = 1;
    for (const char *byte = line_start; byte < at; byte++) {
        column += ((unsigned char)*byte & 0xC0) != 0x80;
    }
    return column;
}

static bool complain(struct reader *reader, const char *en, const char *zh)
{
    tool_error_set(reader->err, COMMUNITY_INVALID, "json-syntax", en, zh);
    tool_error_place(reader->err, reader->input->file, reader->line,
                     column_of(reader->line_start, reader->at));
    return false;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end) {
        char byte = *reader->at;
        if (byte == '\n') {
            reader->line++;
            reader->line_start = reader->at + 1;
        } else if (byte != ' ' && byte != '\t' && byte != '\r') {
            return;
        }
        reader->at++;
    }
}

/* NUL at the end, where no value can begin. */
static char next_byte(const struct reader *reader)
{
    if (reader->at == reader->end) {
        return '\0';
    }
    return *reader->at;
}

static bool takes(struct reader *reader, char byte)
{
    if (reader->at < reader->end && *reader->at == byte) {
        reader->at++;
        return true;
    }
    return false;
}

static bool is_digit(const struct reader *reader)
{
    return reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
}

static bool take_digits(struct reader *reader)
{
    if (!is_digit(reader)) {
        return complain(reader, "A digit is missing.", "此处缺少数字。");
    }
    while (is_digit(reader)) {
        reader->at++;
    }
    return true;
}

static bool read_number(struct reader *reader, struct tool_json_node *node)
{
    const char *start = reader->at;
    takes(reader, '-');
    if (!takes(reader, '0') && !take_digits(reader)) {
        return false;
    }
    if (takes(reader, '.') && !take_digits(reader)) {
        return false;
    }
    if (takes(reader, 'e') || takes(reader, 'E')) {
        if (!takes(reader, '+')) {
            takes(reader, '-');
        }
        if (!take_digits(reader)) {
            return false;
        }
    }
    node->kind = TOOL_JSON_NUMBER;
    node->text = (struct community_text){.data = start, .size = (size_t)(reader->at - start)};
    return true;
}

static bool read_word(struct reader *reader, struct tool_json_node *node, const char *word,
                      enum tool_json_kind kind)
{
    size_t size = strlen(word);
    if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0) {
        return complain(reader, "A value is missing.", "此处缺少值。");
    }
    reader->at += size;
    node->kind = (uint8_t)kind;
    return true;
}

static bool read_hex(struct reader *reader, uint32_t *unit_out)
{
    uint32_t unit = 0;
    for (int index = 0; index < 4; index++) {
        char byte = next_byte(reader);
        uint32_t digit = 0;
        if (byte >= '0' && byte <= '9') {
            digit = (uint32_t)(byte - '0');
        } else if (byte >= 'a' && byte <= 'f') {
            digit = (uint32_t)(byte - 'a') + 10;
        } else if (byte >= 'A' && byte <= 'F') {
            digit = (uint32_t)(byte - 'A') + 10;
        } else {
            return complain(reader, "\\u needs four hexadecimal digits.",
                            "\\u 之后须有四位十六进制数字。");
        }
        unit = unit * 16 + digit;
        reader->at++;
    }
    *unit_out = unit;
    return true;
}

static char *write_character(char *to, uint32_t character)
{
    if (character < 0x80) {
        *to++ = (char)character;
    } else if (character < 0x800) {
        *to++ = (char)(0xC0 | (character >> 6));
        *to++ = (char)(0x80 | (character & 0x3F));
    } else if (character < 0x10000) {
        *to++ = (char)(0xE0 | (character >> 12));
        *to++ = (char)(0x80 | ((character >> 6) & 0x3F));
        *to++ = (char)(0x80 | (character & 0x3F));
    } else {
        *to++ = (char)(0xF0 | (character >> 18));
        *to++ = (char)(0x80 | ((character >> 12) & 0x3F));
        *to++ = (char)(0x80 | ((character >> 6) & 0x3F));
        *to++ = (char)(0x80 | (character & 0x3F));
    }
    return to;
}

static bool read_unicode_escape(struct reader *reader, char **to)
{
    uint32_t unit = 0;
    if (!read_hex(reader, &unit)) {
        return false;
    }
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        uint32_t low = 0;
        bool has_low = takes(reader, '\\') && takes(reader, 'u') && read_hex(reader, &low);
        if (!has_low || low < 0xDC00 || low > 0xDFFF) {
            return complain(reader, "Half of a surrogate pair is missing.", "缺少代理对的另一半。");
        }
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    } else if (unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) {
        return complain(reader, "No text may hold this character.", "文本中不得出现该字符。");
    }
    *to = write_character(*to, unit);
    return true;
}

static bool read_escape(struct reader *reader, char **to)
{
    static const char written[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    if (takes(reader, 'u')) {
        return read_unicode_escape(reader, to);
    }
    char byte = next_byte(reader);
    const char *found = byte != '\0' ? strchr(written, byte) : NULL;
    if (!found) {
        return complain(reader, "There is no such escape.", "没有这种转义写法。");
    }
    reader->at++;
    *(*to)++ = meant[found - written];
    return true;
}

static bool read_plain(struct reader *reader, char **to)
{
    struct community_text rest = {reader->at, (size_t)(reader->end - reader->at)};
    uint32_t character = 0;
    size_t size = tool_utf8_next(rest, &character);
    if (size == 0) {
        return complain(reader, "This is not UTF-8.", "此处不是 UTF-8 编码。");
    }
    if (character < 0x20) {
        return complain(reader, "A string may not hold a bare control character.",
                        "字符串中不得直接出现控制字符。");
    }
    memcpy(*to, reader->at, size);
    *to += size;
    reader->at += size;
    return true;
}

static const char *string_end(const struct reader *reader)
{
    for (const char *byte = reader->at; byte < reader->end; byte++) {
        if (*byte == '"') {
            return byte;
        }
        if (*byte == '\\' && byte + 1 < reader->end) {
            byte++;
        }
    }
    return NULL;
}

static bool read_string(struct reader *reader, struct community_text *text_out)
{
    if (!takes(reader, '"')) {
        return complain(reader, "A string is missing.", "此处缺少字符串。");
    }
    const char *end = string_end(reader);
    if (!end) {
        return complain(reader, "The string has no end.", "字符串没有结束。");
    }
    /* No escape is shorter than what it means. */
    char *start = tool_pool_take(&reader->input->pool, (size_t)(end - reader->at) + 1);
    if (!start) {
        tool_error_no_memory(reader->err);
        return false;
    }
    char *to = start;
    while (reader->at < end) {
        bool is_read = takes(reader, '\\') ? read_escape(reader, &to) : read_plain(reader, &to);
        if (!is_read) {
            return false;
        }
    }
    reader->at = end + 1;
    *text_out = (struct community_text){.data = start, .size = (size_t)(to - start)};
    return true;
}

static bool read_value(struct reader *reader, struct tool_json_node *node, int depth);

static struct tool_json_node *add_child(struct reader *reader, struct tool_json_node *parent,
                                        struct tool_json_node **last)
{
    struct tool_json_node *child = tool_pool_take(&reader->input->pool, sizeof *child);
    if (!child) {
        tool_error_no_memory(reader->err);
        return NULL;
    }
    *child = (struct tool_json_node){.parent = parent};
    if (*last) {
        (*last)->next = child;
    } else {
        parent->first = child;
    }
    *last = child;
    parent->count++;
    return child;
}

static bool read_items(struct reader *reader, struct tool_json_node *node, int depth)
{
    node->kind = TOOL_JSON_ARRAY;
    reader->at++;
    skip_space(reader);
    if (takes(reader, ']')) {
        return true;
    }
    struct tool_json_node *last = NULL;
    do {
        struct tool_json_node *item = add_child(reader, node, &last);
        if (!item || !read_value(reader, item, depth + 1)) {
            return false;
        }
        skip_space(reader);
    } while (takes(reader, ','));
    return takes(reader, ']') || complain(reader, "A comma or ] is missing.", "此处缺少逗号或 ]。");
}

static bool is_new_name(struct reader *reader, const struct tool_json_node *node,
                        const struct tool_json_node *member)
{
    if (node->count > MEMBER_COUNT_MAX) {
        return complain(reader, "The object has too many members.", "对象的成员过多。");
    }
    for (const struct tool_json_node *other = node->first; other != member; other = other->next) {
        if (tool_text_equals(other->name, member->name)) {
            return complain(reader, "The member is there twice.", "成员重复出现。");
        }
    }
    return true;
}

static bool read_members(struct reader *reader, struct tool_json_node *node, int depth)
{
    node->kind = TOOL_JSON_OBJECT;
    reader->at++;
    skip_space(reader);
    if (takes(reader, '}')) {
        return true;
    }
    struct tool_json_node *last = NULL;
    do {
        struct tool_json_node *member = add_child(reader, node, &last);
        skip_space(reader);
        if (!member || !read_string(reader, &member->name) || !is_new_name(reader, node, member)) {
            return false;
        }
        skip_space(reader);
        if (!takes(reader, ':')) {
            return complain(reader, "A colon is missing.", "此处缺少冒号。");
        }
        if (!read_value(reader, member, depth + 1)) {
            return false;
        }
        skip_space(reader);
    } while (takes(reader, ','));
    return takes(reader, '}') || complain(reader, "A comma or } is missing.", "此处缺少逗号或 }。");
}

static bool read_any(struct reader *reader, struct tool_json_node *node, int depth)
{
    switch (next_byte(reader)) {
    case '{':
        return read_members(reader, node, depth);
    case '[':
        return read_items(reader, node, depth);
    case '"':
        node->kind = TOOL_JSON_STRING;
        return read_string(reader, &node->text);
    case 't':
        return read_word(reader, node, "true", TOOL_JSON_TRUE);
    case 'f':
        return read_word(reader, node, "false", TOOL_JSON_FALSE);
    case 'n':
        return read_word(reader, node, "null", TOOL_JSON_NULL);
    default:
        if (is_digit(reader) || (reader->at < reader->end && *reader->at == '-')) {
            return read_number(reader, node);
        }
        return complain(reader, "A value is missing.", "此处缺少值。");
    }
}

static bool read_value(struct reader *reader, struct tool_json_node *node, int depth)
{
    skip_space(reader);
    if (depth > DEPTH_MAX) {
        return complain(reader, "This lies too deep.", "嵌套过深。");
    }
    node->line = reader->line;
    node->line_start = reader->line_start;
    const char *start = reader->at;
    if (!read_any(reader, node, depth)) {
        return false;
    }
    node->source = (struct community_text){.data = start, .size = (size_t)(reader->at - start)};
    return true;
}

bool tool_json_read(struct tool_json_input *input, struct community_text document, const char *file,
                    struct community_error *err)
{
    input->file = file;
    struct reader reader = {
        .input = input,
        .err = err,
        .at = document.data,
        .end = document.data + document.size,
        .line_start = document.data,
        .line = 1,
    };
    struct tool_json_node *root = tool_pool_take(&input->pool, sizeof *root);
    if (!root) {
        tool_error_no_memory(err);
        return false;
    }
    *root = (struct tool_json_node){0};
    if (!read_value(&reader, root, 0)) {
        return false;
    }
    skip_space(&reader);
    if (reader.at < reader.end) {
        return complain(&reader, "There is text after the value.", "值之后还有内容。");
    }
    input->root = root;
    return true;
}

void tool_json_close(struct tool_json_input *input)
{
    tool_pool_free(&input->pool);
    *input = (struct tool_json_input){0};
}

bool tool_json_is(const struct tool_json_node *node, enum tool_json_kind kind)
{
    return node && node->kind == kind;
}

uint32_t tool_json_column(const struct tool_json_node *node)
{
    return column_of(node->line_start, node->source.data);
}

const struct tool_json_node *tool_json_member(const struct tool_json_node *object, const char *name)
{
    if (!tool_json_is(object, TOOL_JSON_OBJECT)) {
        return NULL;
    }
    for (const struct tool_json_node *member = object->first; member; member = member->next) {
        if (tool_text_is(member->name, name)) {
            return member;
        }
    }
    return NULL;
}

struct community_text tool_json_text(const struct tool_json_node *object, const char *name)
{
    const struct tool_json_node *member = tool_json_member(object, name);
    if (tool_json_is(member, TOOL_JSON_STRING)) {
        return member->text;
    }
    return (struct community_text){0};
}

bool tool_json_whole_number(const struct tool_json_node *node, int64_t *number_out)
{
    if (!tool_json_is(node, TOOL_JSON_NUMBER)) {
        return false;
    }
    bool is_negative = node->text.data[0] == '-';
    int64_t number = 0;
    for (size_t index = is_negative; index < node->text.size; index++) {
        char byte = node->text.data[index];
        if (byte < '0' || byte > '9' || number > (((int64_t)1 << 53) - 1 - (byte - '0')) / 10) {
            return false;
        }
        number = number * 10 + (byte - '0');
    }
    *number_out = is_negative ? -number : number;
    return true;
}

int64_t tool_json_integer(const struct tool_json_node *object, const char *name)
{
    int64_t number = 0;
    return tool_json_whole_number(tool_json_member(object, name), &number) ? number : 0;
}

bool tool_json_is_true(const struct tool_json_node *object, const char *name)
{
    return tool_json_is(tool_json_member(object, name), TOOL_JSON_TRUE);
}

static size_t index_of(const struct tool_json_node *item)
{
    size_t index = 0;
    for (const struct tool_json_node *other = item->parent->first; other != item;
         other = other->next) {
        index++;
    }
    return index;
}

/* "steps[2].expect.due", outermost first. */
static void add_path(struct tool_bytes *path, const struct tool_json_node *node)
{
    const struct tool_json_node *chain[DEPTH_MAX + 2];
    size_t count = 0;
    for (; node->parent && count < DEPTH_MAX + 2; node = node->parent) {
        chain[count++] = node;
    }
    while (count > 0) {
        const struct tool_json_node *step = chain[--count];
        if (!step->name.data) {
            tool_bytes_format(path, "[%zu]", index_of(step));
            continue;
        }
        if (path->size > 0) {
            tool_bytes_add_byte(path, '.');
        }
        tool_bytes_add_shown(path, step->name);
    }
}

void tool_json_complain(const struct tool_json_input *input, const struct tool_json_node *node,
                        struct community_error *err, const char *code, const char *en,
                        const char *zh)
{
    struct tool_bytes path = {0};
    add_path(&path, node);
    if (path.size == 0) {
        tool_error_set(err, COMMUNITY_INVALID, code, en, zh);
    } else {
        int size = (int)(path.size < 200 ? path.size : 200);
        char en_out[COMMUNITY_ERROR_MESSAGE_SIZE];
        char zh_out[COMMUNITY_ERROR_MESSAGE_SIZE];
        (void)snprintf(en_out, sizeof en_out, "%.*s: %.250s", size, path.data, en);
        (void)snprintf(zh_out, sizeof zh_out, "%.*s：%.250s", size, path.data, zh);
        tool_error_set(err, COMMUNITY_INVALID, code, en_out, zh_out);
    }
    tool_error_place(err, input->file, node->line, tool_json_column(node));
    tool_bytes_free(&path);
}

bool tool_json_expect_object(const struct tool_json_input *input, const struct tool_json_node *node,
                             const char *const *known, struct community_error *err)
{
    if (node->kind != TOOL_JSON_OBJECT) {
        tool_json_complain(input, node, err, "wrong-type", "This must be an object.",
                           "此处须为对象。");
        return false;
    }
    for (const struct tool_json_node *member = node->first; member; member = member->next) {
        size_t index = 0;
        while (known[index] && !tool_text_is(member->name, known[index])) {
            index++;
        }
        if (!known[index]) {
            tool_json_complain(input, member, err, "unknown-key", "There is no such member here.",
                               "此处没有这个成员。");
            return false;
        }
    }
    return true;
}

bool tool_json_expect_text(const struct tool_json_input *input, const struct tool_json_node *object,
                           const char *name, bool required, struct community_text *text_out,
                           struct community_error *err)
{
    const struct tool_json_node *member = tool_json_member(object, name);
    if (!member && !required) {
        return true;
    }
    if (!member) {
        char en[120];
        char zh[120];
        (void)snprintf(en, sizeof en, "The member \"%.40s\" is missing.", name);
        (void)snprintf(zh, sizeof zh, "缺少成员“%.40s”。", name);
        tool_json_complain(input, object, err, "missing-key", en, zh);
        return false;
    }
    if (member->kind != TOOL_JSON_STRING || member->text.size == 0) {
        tool_json_complain(input, member, err, "wrong-type",
                           "This must be a text that is not empty.", "此处须为非空文本。");
        return false;
    }
    *text_out = member->text;
    return true;
}
