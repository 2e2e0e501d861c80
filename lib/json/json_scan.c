/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass over the text, a state machine with a bounded stack. */
#include "json_scan.h"

#include "checked.h"
#include "json_run.h"
#include "memory.h"
#include "text.h"

#include <assert.h>
#include <string.h>

enum state {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* after '[' */
    WANT_NAME,
    WANT_NAME_OR_END, /* after '{' */
    AFTER_VALUE,
    DONE,
};

/* An open list or object. */
struct level {
    size_t token;
    uint32_t count;
    bool is_object;
};

struct machine {
    struct cm_json_scan *scan;
    const char *data;
    size_t size;
    size_t depth;
    enum state state;
    struct level levels[CM_VALUE_DEPTH_MAX];
};

static bool refuse(struct machine *machine, enum cm_code code, size_t offset)
{
    machine->scan->code = code;
    machine->scan->offset = offset;
    return false;
}

/* A byte that cannot stand here: what is wrong with it itself goes before what was expected. */
static bool refuse_byte(struct machine *machine, enum cm_code code, size_t offset)
{
    if (offset >= machine->size)
        return refuse(machine, CM_CODE_JSON_INCOMPLETE, machine->size);
    if (machine->data[offset] == '\0')
        return refuse(machine, CM_CODE_JSON_NUL, offset);
    if (cm_utf8_first(cm_text_from(machine->scan->text, offset)) == 0)
        return refuse(machine, CM_CODE_JSON_UTF8, offset);
    if (machine->data[offset] == '/' && !machine->scan->limits->comments &&
        offset + 1 < machine->size &&
        (machine->data[offset + 1] == '/' || machine->data[offset + 1] == '*'))
        return refuse(machine, CM_CODE_JSON_COMMENT, offset);
    return refuse(machine, code, offset);
}

static bool grow_tokens(struct cm_json_scan *scan)
{
    size_t capacity;
    if (!cm_size_multiply(&capacity, scan->token_capacity, 2))
        return false;
    bool is_first = scan->tokens == scan->first_tokens;
    struct cm_json_token *tokens = cm_reallocate_array(
        scan->allocator, is_first ? NULL : scan->tokens, capacity, sizeof *tokens);
    if (tokens == NULL)
        return false;
    if (is_first)
        memcpy(tokens, scan->first_tokens, sizeof scan->first_tokens);
    scan->tokens = tokens;
    scan->token_capacity = capacity;
    return true;
}

static bool add_token(struct machine *machine, size_t offset, size_t extent)
{
    struct cm_json_scan *scan = machine->scan;
    if (scan->token_count == scan->token_capacity && !grow_tokens(scan))
        return refuse(machine, CM_CODE_NO_MEMORY, offset);
    scan->tokens[scan->token_count++] =
        (struct cm_json_token){.offset = (uint32_t)offset, .extent = (uint32_t)extent};
    return true;
}

/* Puts white space over a part of the text, in a copy that cJSON is given instead. */
static bool blank(struct machine *machine, size_t start, size_t end)
{
    struct cm_json_scan *scan = machine->scan;
    if (scan->copy == NULL) {
        scan->copy = cm_allocate(scan->allocator, scan->text.size);
        if (scan->copy == NULL)
            return refuse(machine, CM_CODE_NO_MEMORY, start);
        memcpy(scan->copy, scan->text.data, scan->text.size);
    }
    memset(scan->copy + start, ' ', end - start);
    return true;
}

/* Moves to the end of the comment at `offset`; false leaves it to the caller to say that a slash
 * cannot stand there, unless a code is set. */
static bool find_comment_end(struct machine *machine, size_t offset, size_t *end_out)
{
    bool is_block = machine->data[offset + 1] == '*';
    size_t end = offset + 2;
    for (;;) {
        if (end >= machine->size) {
            *end_out = machine->size;
            return is_block ? refuse(machine, CM_CODE_JSON_COMMENT_OPEN, offset) : true;
        }
        if (!is_block && machine->data[end] == '\n')
            break;
        if (is_block && machine->data[end] == '*' && end + 1 < machine->size &&
            machine->data[end + 1] == '/') {
            end += 2;
            break;
        }
        if (machine->data[end] == '\0')
            return refuse(machine, CM_CODE_JSON_NUL, end);
        size_t size = cm_utf8_first(cm_text_from(machine->scan->text, end));
        if (size == 0)
            return refuse(machine, CM_CODE_JSON_UTF8, end);
        end += size;
    }
    *end_out = end;
    return true;
}

static bool is_comment(const struct machine *machine, size_t offset)
{
    return machine->scan->limits->comments && offset + 1 < machine->size &&
           machine->data[offset] == '/' &&
           (machine->data[offset + 1] == '/' || machine->data[offset + 1] == '*');
}

static bool skip_space(struct machine *machine)
{
    size_t offset = machine->scan->offset;
    while (offset < machine->size) {
        char byte = machine->data[offset];
        if (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t') {
            offset++;
            continue;
        }
        if (!is_comment(machine, offset))
            break;
        size_t end = offset;
        if (!find_comment_end(machine, offset, &end) || !blank(machine, offset, end))
            return false;
        offset = end;
    }
    machine->scan->offset = offset;
    return true;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* The code unit of "\u1234" at `offset`, or -1 when it is none. */
static int32_t escaped_unit(const struct machine *machine, size_t offset)
{
    if (machine->size - offset < 6 || machine->data[offset] != '\\' ||
        machine->data[offset + 1] != 'u')
        return -1;
    int32_t unit = 0;
    for (size_t i = 2; i < 6; i++) {
        int value = hex_value(machine->data[offset + i]);
        if (value < 0)
            return -1;
        unit = unit * 16 + value;
    }
    return unit;
}

/* One escape; *offset moves behind it, *size grows by what it means in UTF-8. */
static bool scan_escape(struct machine *machine, size_t *offset, size_t *size)
{
    static const char simple[] = "\"\\/bfnrt";
    if (machine->size - *offset < 2)
        return refuse(machine, CM_CODE_JSON_INCOMPLETE, machine->size);
    char kind = machine->data[*offset + 1];
    if (kind != 'u') {
        if (kind == '\0' || strchr(simple, kind) == NULL)
            return refuse_byte(machine, CM_CODE_JSON_ESCAPE, *offset);
        *offset += 2;
        *size += 1;
        return true;
    }
    int32_t unit = escaped_unit(machine, *offset);
    if (unit < 0)
        return refuse(machine, CM_CODE_JSON_ESCAPE, *offset);
    if (unit == 0)
        return refuse(machine, CM_CODE_JSON_NUL, *offset);
    if (unit < 0xD800 || unit > 0xDFFF) {
        *offset += 6;
        *size += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        return true;
    }
    int32_t second = unit < 0xDC00 ? escaped_unit(machine, *offset + 6) : -1;
    if (second < 0xDC00 || second > 0xDFFF)
        return refuse(machine, CM_CODE_JSON_SURROGATE, *offset);
    *offset += 12;
    *size += 4;
    return true;
}

/* The size of all characters beyond ASCII that stand together at `offset`. */
static bool scan_above_ascii(struct machine *machine, size_t offset, size_t *size_out)
{
    size_t start = offset;
    while (offset < machine->size && (unsigned char)machine->data[offset] >= 0x80) {
        size_t size =
            cm_utf8_first((struct community_text){machine->data + offset, machine->size - offset});
        if (size == 0)
            return refuse(machine, CM_CODE_JSON_UTF8, offset);
        offset += size;
    }
    *size_out = offset - start;
    return true;
}

/* A string or name from its quote on. */
static bool scan_string(struct machine *machine)
{
    size_t start = machine->scan->offset;
    size_t offset = start + 1;
    size_t size = 0;
    for (;;) {
        size_t run = cm_json_plain_run(machine->data + offset, machine->size - offset, true);
        offset += run;
        size += run;
        if (offset >= machine->size)
            return refuse(machine, CM_CODE_JSON_INCOMPLETE, machine->size);
        unsigned char byte = (unsigned char)machine->data[offset];
        if (byte == '"')
            break;
        if (byte == '\\') {
            if (!scan_escape(machine, &offset, &size))
                return false;
            continue;
        }
        if (byte < 0x20)
            return refuse_byte(machine, CM_CODE_JSON_CONTROL, offset);
        size_t above = 0;
        if (!scan_above_ascii(machine, offset, &above))
            return false;
        offset += above;
        size += above;
    }
    machine->scan->offset = offset + 1;
    machine->scan->text_size += size + 1;
    return add_token(machine, start, size);
}

static size_t skip_digits(const struct machine *machine, size_t offset)
{
    while (offset < machine->size && machine->data[offset] >= '0' && machine->data[offset] <= '9')
        offset++;
    return offset;
}

static char byte_at(const struct machine *machine, size_t offset)
{
    return offset < machine->size ? machine->data[offset] : '\0';
}

/* Digits without sign: within 2^53 - 1? */
static bool is_integer_in_range(const char *digits, size_t count)
{
    static const char greatest[] = "9007199254740991";
    if (count != sizeof greatest - 1)
        return count < sizeof greatest - 1;
    return memcmp(digits, greatest, count) <= 0;
}

/* The fraction and exponent from `offset` on; *end_out is behind them, or at the fault. */
static bool scan_fraction(const struct machine *machine, size_t offset, size_t *end_out)
{
    if (byte_at(machine, offset) == '.') {
        *end_out = skip_digits(machine, offset + 1);
        if (*end_out == offset + 1)
            return false;
        offset = *end_out;
    }
    if (byte_at(machine, offset) == 'e' || byte_at(machine, offset) == 'E') {
        offset++;
        if (byte_at(machine, offset) == '+' || byte_at(machine, offset) == '-')
            offset++;
        *end_out = skip_digits(machine, offset);
        return *end_out > offset;
    }
    *end_out = offset;
    return true;
}

/* cJSON would take the first 63 bytes for the whole: it is shown a 0, and we read the number. */
static bool hide_number(struct machine *machine, size_t start, size_t end)
{
    if (!blank(machine, start, end))
        return false;
    machine->scan->copy[start] = '0';
    return true;
}

static bool scan_number(struct machine *machine)
{
    size_t start = machine->scan->offset;
    size_t first = start + (machine->data[start] == '-');
    size_t integer_end = skip_digits(machine, first);
    if (integer_end == first)
        return refuse_byte(machine, CM_CODE_JSON_NUMBER, first);
    if (machine->data[first] == '0' && integer_end > first + 1)
        return refuse(machine, CM_CODE_JSON_NUMBER, start);
    size_t end = integer_end;
    if (!scan_fraction(machine, integer_end, &end))
        return refuse_byte(machine, CM_CODE_JSON_NUMBER, end);
    bool is_integer = end == integer_end;
    if (is_integer && !is_integer_in_range(machine->data + first, end - first))
        return refuse(machine, CM_CODE_JSON_NUMBER_RANGE, start);
    if (end - start > CM_JSON_NUMBER_SIZE_MAX && !hide_number(machine, start, end))
        return false;
    machine->scan->offset = end;
    return add_token(machine, start, is_integer ? 0 : end - start);
}

static bool scan_word(struct machine *machine, const char *word)
{
    size_t start = machine->scan->offset;
    for (size_t i = 0; word[i] != '\0'; i++) {
        if (byte_at(machine, start + i) != word[i])
            return refuse_byte(machine, CM_CODE_JSON_SYNTAX,
                               start + i < machine->size ? start : machine->size);
    }
    machine->scan->offset += strlen(word);
    return add_token(machine, start, 0);
}

static bool open_level(struct machine *machine, bool is_object)
{
    struct cm_json_scan *scan = machine->scan;
    if (machine->depth == scan->limits->depth_max)
        return refuse(machine, CM_CODE_JSON_DEPTH, scan->offset);
    if (!add_token(machine, scan->offset, 0))
        return false;
    machine->levels[machine->depth++] =
        (struct level){.token = scan->token_count - 1, .is_object = is_object};
    machine->state = is_object ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
    scan->offset++;
    return true;
}

static bool close_level(struct machine *machine)
{
    struct level *level = &machine->levels[--machine->depth];
    machine->scan->tokens[level->token].extent = level->count;
    machine->scan->offset++;
    machine->state = AFTER_VALUE;
    return true;
}

static bool scan_value(struct machine *machine)
{
    struct cm_json_scan *scan = machine->scan;
    char byte = byte_at(machine, scan->offset);
    if (byte == ']' && machine->state == WANT_VALUE_OR_END)
        return close_level(machine);
    if (machine->depth > 0)
        machine->levels[machine->depth - 1].count++;
    machine->state = AFTER_VALUE;
    switch (byte) {
    case '"':
        return scan_string(machine);
    case '{':
        return open_level(machine, true);
    case '[':
        return open_level(machine, false);
    case 't':
        return scan_word(machine, "true");
    case 'f':
        return scan_word(machine, "false");
    case 'n':
        return scan_word(machine, "null");
    default:
        if (byte == '-' || (byte >= '0' && byte <= '9'))
            return scan_number(machine);
        return refuse_byte(machine, CM_CODE_JSON_SYNTAX, scan->offset);
    }
}

static bool scan_name(struct machine *machine)
{
    struct cm_json_scan *scan = machine->scan;
    char byte = byte_at(machine, scan->offset);
    if (byte == '}' && machine->state == WANT_NAME_OR_END)
        return close_level(machine);
    if (byte != '"')
        return refuse_byte(machine, CM_CODE_JSON_NAME_EXPECTED, scan->offset);
    if (!scan_string(machine) || !skip_space(machine))
        return false;
    if (byte_at(machine, scan->offset) != ':')
        return refuse_byte(machine, CM_CODE_JSON_COLON_EXPECTED, scan->offset);
    scan->offset++;
    machine->state = WANT_VALUE;
    return true;
}

static bool scan_after_value(struct machine *machine)
{
    size_t offset = machine->scan->offset;
    if (machine->depth == 0) {
        machine->state = DONE;
        return offset == machine->size || refuse_byte(machine, CM_CODE_JSON_TRAILING, offset);
    }
    bool is_object = machine->levels[machine->depth - 1].is_object;
    char byte = byte_at(machine, offset);
    if (byte == (is_object ? '}' : ']'))
        return close_level(machine);
    if (byte != ',')
        return refuse_byte(machine, CM_CODE_JSON_COMMA_EXPECTED, offset);
    machine->scan->offset++;
    machine->state = is_object ? WANT_NAME : WANT_VALUE;
    return true;
}

static bool step(struct machine *machine)
{
    switch (machine->state) {
    case WANT_VALUE:
    case WANT_VALUE_OR_END:
        return scan_value(machine);
    case WANT_NAME:
    case WANT_NAME_OR_END:
        return scan_name(machine);
    case AFTER_VALUE:
        return scan_after_value(machine);
    case DONE:
        break;
    }
    return true;
}

bool cm_json_scan_text(struct cm_json_scan *scan, struct community_text text,
                       const struct cm_json_limits *limits,
                       const struct community_allocator *allocator)
{
    assert(limits->size_max <= UINT32_MAX);
    assert(limits->depth_max <= CM_VALUE_DEPTH_MAX);
    scan->text = text;
    scan->limits = limits;
    scan->allocator = allocator;
    scan->tokens = scan->first_tokens;
    scan->token_count = 0;
    scan->token_capacity = CM_JSON_TOKENS_AT_HAND;
    scan->text_size = 0;
    scan->copy = NULL;
    scan->code = CM_CODE_NONE;
    scan->offset = 0;

    struct machine machine;
    machine.scan = scan;
    machine.data = text.data;
    machine.size = text.size;
    machine.depth = 0;
    machine.state = WANT_VALUE;
    if (text.size > limits->size_max)
        return refuse(&machine, CM_CODE_JSON_SIZE, 0);
    if (cm_text_starts_with(text, "\xEF\xBB\xBF"))
        return refuse(&machine, CM_CODE_JSON_BOM, 0);
    while (machine.state != DONE) {
        if (!skip_space(&machine) || !step(&machine))
            return false;
    }
    return true;
}

void cm_json_scan_free(struct cm_json_scan *scan)
{
    if (scan->tokens != scan->first_tokens)
        cm_release(scan->allocator, scan->tokens);
    cm_release(scan->allocator, scan->copy);
    scan->tokens = scan->first_tokens;
    scan->copy = NULL;
}
