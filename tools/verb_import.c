/* SPDX-License-Identifier: Apache-2.0
 *
 * import: records of old, from a CSV file and a map. In batches, each whole or absent; every
 * command has a key made from its row, so that a run that was cut off is simply started again. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "import_csv.h"
#include "import_map.h"
#include "import_rejects.h"
#include "import_row.h"
#include "json_output.h"
#include "verbs.h"

enum { BATCH_ROW_COUNT = 1000, MAP_SIZE_MAX = 16 * 1024 * 1024, HASH_TEXT_SIZE = 2 * 32 + 1 };

/* A row that has taken its batch with it: when the batch is done again, the row is left out. */
struct broken_row {
    int64_t line;
    struct tool_row_reason reason;
};

struct run {
    const struct tool *tool;
    const char *path;
    struct tool_bytes map_text;
    struct tool_import_map *map;
    struct tool_csv csv;
    size_t column_count;
    int64_t rows_offset; /* where the rows begin, behind the header */
    int64_t rows_line;
    struct stat file_facts;
    struct community_desk *desk;
    struct tool_rejects rejects;
    struct tool_row_reason reason;
    struct tool_novelty novelty;      /* as of the last commit */
    struct tool_import_counts counts; /* as of the last commit */
    size_t broken_count;
    struct broken_row *broken; /* of the batch at hand */
    time_t started;
    bool was_stopped;
    bool shows_progress;
    struct community_error err;
};

static bool file_is_usable(struct run *run)
{
    run->csv.file = fopen(run->path, "rb");
    if (!run->csv.file || fstat(fileno(run->csv.file), &run->file_facts) != 0) {
        tool_error_of_file(&run->err, run->path, errno);
        return false;
    }
    if (!S_ISREG(run->file_facts.st_mode)) {
        tool_error_set(&run->err, COMMUNITY_INVALID, "import-file",
                       "An import needs a plain file: it is read twice.",
                       "导入须使用普通文件，因为要读取两遍。");
        tool_error_place(&run->err, run->path, 0, 0);
        return false;
    }
    return true;
}

/* The file of rejects is begun anew by each run, so it must be no other that is in use here. */
static bool rejects_are_apart(struct run *run)
{
    struct stat facts;
    bool is_source = stat(run->rejects.path, &facts) == 0 &&
                     facts.st_dev == run->file_facts.st_dev &&
                     facts.st_ino == run->file_facts.st_ino;
    if (is_source) {
        tool_error_set(&run->err, COMMUNITY_INVALID, "bad-usage",
                       "Rejected rows cannot go into the file they come from.",
                       "未导入的行不能写入来源文件。");
    }
    return !is_source;
}

static bool finish_hash(struct community_digest *digest, char hex[HASH_TEXT_SIZE],
                        struct community_error *err)
{
    uint8_t hash[32];
    if (community_digest_finish(digest, hash, err) != COMMUNITY_OK) {
        return false;
    }
    for (size_t index = 0; index < sizeof hash; index++) {
        (void)snprintf(hex + 2 * index, 3, "%02x", (unsigned)hash[index]);
    }
    return true;
}

static bool hash_text(struct community_digest *digest, struct community_text text,
                      char hex[HASH_TEXT_SIZE], struct community_error *err)
{
    return community_digest_add(digest, text, err) == COMMUNITY_OK && finish_hash(digest, hex, err);
}

static bool hash_file(struct run *run, struct community_digest *digest, char hex[HASH_TEXT_SIZE])
{
    char block[64 * 1024];
    size_t size = 0;
    while ((size = fread(block, 1, sizeof block, run->csv.file)) > 0) {
        struct community_text text = {.data = block, .size = size};
        if (community_digest_add(digest, text, &run->err) != COMMUNITY_OK) {
            return false;
        }
    }
    if (ferror(run->csv.file) || fseeko(run->csv.file, 0, SEEK_SET) != 0) {
        tool_error_of_file(&run->err, run->path, errno);
        return false;
    }
    return finish_hash(digest, hex, &run->err);
}

struct import_hashes {
    char file[HASH_TEXT_SIZE];
    char map[HASH_TEXT_SIZE];
    char both[HASH_TEXT_SIZE]; /* and the file's name: what makes this run this run */
};

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool hash_all(struct run *run, struct import_hashes *hashes)
{
    struct community_digest *digest = NULL;
    struct tool_bytes both = {0};
    bool is_done = community_digest_new(&digest, NULL, &run->err) == COMMUNITY_OK &&
                   hash_file(run, digest, hashes->file) &&
                   hash_text(digest, tool_bytes_text(&run->map_text), hashes->map, &run->err);
    if (is_done) {
        tool_bytes_format(&both, "%s %s %s", hashes->file, hashes->map, name_of(run->path));
        is_done = hash_text(digest, tool_bytes_text(&both), hashes->both, &run->err);
    }
    tool_bytes_free(&both);
    community_digest_free(digest);
    return is_done;
}

static bool build_announcement(struct run *run, const struct import_hashes *hashes,
                               struct community_command **command_out)
{
    struct community_error *err = &run->err;
    char key[HASH_TEXT_SIZE + sizeof "import/"];
    (void)snprintf(key, sizeof key, "import/%s", hashes->both);
    return community_command_new(command_out, tool_text("import"), run->map->actor, NULL, err) ==
               COMMUNITY_OK &&
           community_command_set_key(*command_out, tool_text(key), err) == COMMUNITY_OK &&
           community_command_put_text(*command_out, tool_text("file"), tool_text(hashes->file),
                                      err) == COMMUNITY_OK &&
           community_command_put_text(*command_out, tool_text("map"), tool_text(hashes->map),
                                      err) == COMMUNITY_OK &&
           community_command_put_text(*command_out, tool_text("source"),
                                      tool_text(name_of(run->path)), err) == COMMUNITY_OK;
}

static void print_refusal(const struct tool *tool, const struct community_receipt *receipt)
{
    struct tool_bytes line = {0};
    size_t count = community_receipt_reason_count(receipt);
    for (size_t index = 0; index < count; index++) {
        tool_bytes_add_string(&line, "community: ");
        tool_bytes_add_shown(&line, community_receipt_reason_code(receipt, index));
        tool_bytes_add_string(&line, ": ");
        tool_bytes_add_shown(&line, tool->is_chinese
                                        ? community_receipt_reason_message_zh(receipt, index)
                                        : community_receipt_reason_message(receipt, index));
        tool_bytes_add_byte(&line, '\n');
    }
    tool_put(stderr, tool_bytes_text(&line));
    tool_bytes_free(&line);
}

/* The run itself stands in the journal before its rows do. TOOL_EXIT_NO: it was refused. */
static enum tool_exit announce(struct run *run)
{
    struct import_hashes hashes;
    struct community_command *command = NULL;
    struct community_receipt *receipt = NULL;
    enum tool_exit code = TOOL_EXIT_YES;
    if (!hash_all(run, &hashes) || !build_announcement(run, &hashes, &command) ||
        community_desk_submit(&receipt, run->desk, command, &run->err) != COMMUNITY_OK) {
        code = tool_fail(run->tool, &run->err);
    } else if (!community_receipt_is_accepted(receipt)) {
        print_refusal(run->tool, receipt);
        code = TOOL_EXIT_NO;
    }
    community_receipt_free(receipt);
    community_command_free(command);
    return code;
}

static void complain_unread(struct run *run)
{
    if (run->csv.text.failed || run->csv.raw.failed) {
        tool_error_no_memory(&run->err);
    } else {
        tool_error_of_file(&run->err, run->path, errno);
    }
}

static bool read_header(struct run *run)
{
    enum tool_csv_row result = tool_csv_next(&run->csv);
    if (result == TOOL_CSV_FAILED) {
        complain_unread(run);
        return false;
    }
    if (result != TOOL_CSV_ROW) {
        tool_error_set(&run->err, COMMUNITY_INVALID, "import-file",
                       "The file has no header that can be read.", "文件没有可读取的表头。");
        tool_error_place(&run->err, run->path, 1, 1);
        return false;
    }
    run->column_count = run->csv.field_count;
    tool_rejects_set_header(&run->rejects, &run->csv);
    return tool_import_map_bind(run->map, &run->csv, &run->err);
}

static void show_progress(const struct run *run)
{
    if (!run->shows_progress) {
        return;
    }
    enum { BAR_SIZE = 30 };
    double share = run->file_facts.st_size > 0
                       ? (double)run->csv.offset / (double)run->file_facts.st_size
                       : 1.0;
    double seconds = difftime(time(NULL), run->started);
    int filled = (int)(share * BAR_SIZE);
    char bar[BAR_SIZE + 1];
    for (int index = 0; index < BAR_SIZE; index++) {
        bar[index] = index < filled ? '#' : '.';
    }
    bar[BAR_SIZE] = '\0';
    (void)fprintf(stderr, "\r[%s] %3d %% %" PRId64 " %s", bar, (int)(share * 100), run->counts.rows,
                  tool_say(run->tool, "rows", "行"));
    if (seconds >= 1 && share > 0) {
        double left = seconds / share - seconds;
        (void)fprintf(stderr,
                      tool_say(run->tool, ", %.0f/s, %.0f s left ", "，%.0f 行/秒，约剩 %.0f 秒 "),
                      (double)run->counts.rows / seconds, left);
    }
    (void)fputs("\033[K", stderr);
    (void)fflush(stderr);
}

static const struct broken_row *find_broken(const struct run *run)
{
    for (size_t index = 0; index < run->broken_count; index++) {
        if (run->broken[index].line == run->csv.row_line) {
            return &run->broken[index];
        }
    }
    return NULL;
}

static bool remember_broken(struct run *run)
{
    struct broken_row *more = realloc(run->broken, (run->broken_count + 1) * sizeof *run->broken);
    if (!more) {
        tool_error_no_memory(&run->err);
        return false;
    }
    run->broken = more;
    run->broken[run->broken_count++] =
        (struct broken_row){.line = run->csv.row_line, .reason = run->reason};
    run->reason = (struct tool_row_reason){0};
    return true;
}

static void forget_broken(struct run *run)
{
    for (size_t index = 0; index < run->broken_count; index++) {
        tool_row_reason_free(&run->broken[index].reason);
    }
    run->broken_count = 0;
}

/* Why a row could not even be split; NULL: it could. */
static const char *unreadable(const struct tool *tool, enum tool_csv_row result,
                              const char **code_out)
{
    switch (result) {
    case TOOL_CSV_QUOTE:
        *code_out = "csv-quote";
        return tool_say(tool, "A quote has no end, or there is text behind it.",
                        "引号没有结束，或其后还有内容。");
    case TOOL_CSV_TOO_LARGE:
        *code_out = "csv-too-large";
        return tool_say(tool, "A field is larger than 64 KiB, or there are over 1,024 of them.",
                        "字段超过 64 KiB，或字段数超过 1024。");
    case TOOL_CSV_ENCODING:
        *code_out = "csv-encoding";
        return tool_say(tool, "This is not UTF-8.", "不是 UTF-8 编码。");
    case TOOL_CSV_ROW:
    case TOOL_CSV_END:
    case TOOL_CSV_FAILED:
        return NULL;
    }
    return NULL;
}

static void reject(struct run *run, struct tool_import_counts *counts, bool is_split,
                   const struct tool_row_reason *reason)
{
    counts->rejected++;
    tool_rejects_add(&run->rejects, &run->csv, is_split, reason);
}

/* The row just read. TOOL_ROW_BROKEN: the batch has to be done again without it. */
static enum tool_row_end take_row(struct run *run, enum tool_csv_row result,
                                  struct tool_row_context *context)
{
    struct tool_import_counts *counts = context->counts;
    const char *code = NULL;
    const char *message = unreadable(run->tool, result, &code);
    counts->rows++;
    if (!message && run->csv.field_count != run->column_count) {
        code = "csv-columns";
        message = tool_say(run->tool, "The row has another number of columns than the header.",
                           "该行列数与表头不同。");
    }
    if (message) {
        tool_row_reason_set(&run->reason, code, message);
        reject(run, counts, result == TOOL_CSV_ROW, &run->reason);
        return TOOL_ROW_DONE;
    }
    const struct broken_row *broken = find_broken(run);
    if (broken) {
        reject(run, counts, true, &broken->reason);
        return TOOL_ROW_DONE;
    }
    enum tool_row_end end = tool_import_row(context, &run->err);
    if (end == TOOL_ROW_REJECTED) {
        reject(run, counts, true, &run->reason);
        end = TOOL_ROW_DONE;
    }
    return end;
}

enum batch_end { BATCH_DONE, BATCH_LAST, BATCH_AGAIN, BATCH_FAILED };

static enum batch_end read_batch(struct run *run, struct tool_row_context *context)
{
    for (int count = 0; count < BATCH_ROW_COUNT; count++) {
        enum tool_csv_row result = tool_csv_next(&run->csv);
        if (result == TOOL_CSV_END) {
            return BATCH_LAST;
        }
        if (result == TOOL_CSV_FAILED) {
            complain_unread(run);
            return BATCH_FAILED;
        }
        switch (take_row(run, result, context)) {
        case TOOL_ROW_DONE:
        case TOOL_ROW_REJECTED:
            break;
        case TOOL_ROW_BROKEN:
            return BATCH_AGAIN;
        case TOOL_ROW_FAILED:
            return BATCH_FAILED;
        }
    }
    return BATCH_DONE;
}

static enum batch_end commit(struct run *run, const struct tool_row_context *context,
                             enum batch_end end)
{
    if (community_desk_commit(run->desk, &run->err) != COMMUNITY_OK) {
        return BATCH_FAILED;
    }
    run->counts = *context->counts;
    run->novelty = context->novelty;
    forget_broken(run);
    show_progress(run);
    return tool_rejects_flush(&run->rejects, &run->err) ? end : BATCH_FAILED;
}

static enum batch_end do_batch(struct run *run)
{
    int64_t offset = run->csv.offset;
    int64_t line = run->csv.line;
    struct tool_import_counts counts = run->counts;
    struct tool_row_context context = {
        .desk = run->desk,
        .map = run->map,
        .csv = &run->csv,
        .novelty = run->novelty,
        .counts = &counts,
        .reason = &run->reason,
        .is_chinese = run->tool->is_chinese,
    };
    if (community_desk_begin(run->desk, &run->err) != COMMUNITY_OK) {
        return BATCH_FAILED;
    }
    enum batch_end end = read_batch(run, &context);
    if (end == BATCH_DONE || end == BATCH_LAST) {
        return commit(run, &context, end);
    }
    community_desk_rollback(run->desk);
    tool_bytes_clear(&run->rejects.pending);
    if (end == BATCH_AGAIN && !remember_broken(run)) {
        return BATCH_FAILED;
    }
    if (end == BATCH_AGAIN && !tool_csv_seek(&run->csv, offset, line)) {
        tool_error_of_file(&run->err, run->path, errno);
        return BATCH_FAILED;
    }
    return end;
}

static bool do_rows(struct run *run)
{
    enum batch_end end = BATCH_DONE;
    run->started = time(NULL);
    run->shows_progress = isatty(STDERR_FILENO) != 0;
    while (end == BATCH_DONE || end == BATCH_AGAIN) {
        if (end == BATCH_DONE && tool_should_stop()) {
            run->was_stopped = true;
            break;
        }
        end = do_batch(run);
    }
    if (run->shows_progress) {
        (void)fputs("\r\033[K", stderr);
    }
    return end != BATCH_FAILED;
}

static bool prepare(struct run *run)
{
    const struct tool *tool = run->tool;
    const char *map_path = tool_option_value(tool, "map");
    if (!tool_read_file(&run->map_text, map_path, MAP_SIZE_MAX, &run->err) ||
        !tool_import_map_read(run->map, tool_bytes_text(&run->map_text), map_path, &run->err) ||
        !file_is_usable(run) || !rejects_are_apart(run) || !read_header(run) ||
        !tool_rejects_clear(run->rejects.path, &run->err)) {
        return false;
    }
    run->rows_offset = run->csv.offset;
    run->rows_line = run->csv.line;
    if (fseeko(run->csv.file, 0, SEEK_SET) != 0) {
        tool_error_of_file(&run->err, run->path, errno);
        return false;
    }
    return tool_open_desk(tool, &run->desk, 0, &run->err);
}

static void add_json_counts(struct tool_bytes *out, const struct run *run)
{
    tool_json_open_object(out, NULL);
    tool_json_put_integer(out, "rows", run->counts.rows);
    tool_json_put_integer(out, "opened", run->counts.opened);
    tool_json_put_integer(out, "moved", run->counts.moved);
    tool_json_put_integer(out, "there_already", run->counts.there_already);
    tool_json_put_integer(out, "rejected", run->counts.rejected);
    if (run->counts.rejected > 0) {
        tool_json_put_text(out, "rejects", tool_text(run->rejects.path));
    }
    tool_json_put_boolean(out, "complete", !run->was_stopped);
    tool_json_close_object(out);
    tool_bytes_add_byte(out, '\n');
}

static void add_text_counts(struct tool_bytes *out, const struct run *run)
{
    const struct tool_import_counts *counts = &run->counts;
    tool_bytes_format(out,
                      tool_say(run->tool,
                               "%" PRId64 " rows: %" PRId64 " opened, %" PRId64 " moved, %" PRId64
                               " already there, %" PRId64 " rejected\n",
                               "共 %" PRId64 " 行：新建 %" PRId64 "，办理 %" PRId64
                               "，已存在 %" PRId64 "，未导入 %" PRId64 "\n"),
                      counts->rows, counts->opened, counts->moved, counts->there_already,
                      counts->rejected);
    if (counts->rejected > 0) {
        tool_bytes_add_string(out, tool_say(run->tool, "rejected rows: ", "未导入的行："));
        tool_bytes_add_shown(out, tool_text(run->rejects.path));
        tool_bytes_add_byte(out, '\n');
    }
}

static enum tool_exit print_counts(const struct run *run)
{
    struct tool_bytes out = {0};
    if (run->tool->is_json) {
        add_json_counts(&out, run);
    } else {
        add_text_counts(&out, run);
    }
    enum tool_exit code =
        tool_print(run->tool, &out, run->counts.rejected ? TOOL_EXIT_NO : TOOL_EXIT_YES);
    if (!run->was_stopped) {
        return code;
    }
    (void)fputs(
        tool_say(run->tool,
                 "Stopped. Run the same command again to go on: what is there is passed over.\n",
                 "已停止。再次执行同一命令即可继续：已导入的内容会跳过。\n"),
        stderr);
    return TOOL_EXIT_WORLD;
}

static enum tool_exit go(struct run *run)
{
    enum tool_exit code = announce(run);
    if (code != TOOL_EXIT_YES) {
        return code;
    }
    if (!tool_csv_seek(&run->csv, run->rows_offset, run->rows_line)) {
        tool_error_of_file(&run->err, run->path, errno);
        return tool_fail(run->tool, &run->err);
    }
    if (do_rows(run)) {
        return print_counts(run);
    }
    tool_fail(run->tool, &run->err);
    (void)fprintf(stderr,
                  tool_say(run->tool,
                           "%" PRId64 " rows are done; run the same command again to go on.\n",
                           "已完成 %" PRId64 " 行；再次执行同一命令即可继续。\n"),
                  run->counts.rows);
    return TOOL_EXIT_WORLD;
}

static bool name_rejects(const struct run *run, struct tool_bytes *path,
                         struct community_error *err)
{
    const char *given = tool_option_value(run->tool, "rejects");
    tool_bytes_add_string(path, given ? given : run->path);
    tool_bytes_add_string(path, given ? "" : ".rejects.csv");
    tool_bytes_add_byte(path, '\0');
    if (path->failed) {
        tool_error_no_memory(err);
    }
    return !path->failed;
}

static enum tool_exit run_import(const struct tool *tool)
{
    struct tool_bytes rejects_path = {0};
    struct run run = {.tool = tool, .path = tool_position(tool, 1)};
    run.map = calloc(1, sizeof *run.map);
    if (!run.map) {
        tool_error_no_memory(&run.err);
    }
    bool is_ready = run.map && name_rejects(&run, &rejects_path, &run.err);
    run.rejects.path = rejects_path.data;
    is_ready = is_ready && prepare(&run);
    enum tool_exit code = is_ready ? go(&run) : tool_fail(tool, &run.err);
    struct community_error close_err = {0};
    if (!tool_rejects_close(&run.rejects, &close_err)) {
        code = tool_fail(tool, &close_err);
    }
    community_desk_close(run.desk);
    forget_broken(&run);
    free(run.broken);
    tool_row_reason_free(&run.reason);
    if (run.csv.file) {
        (void)fclose(run.csv.file);
    }
    tool_csv_free(&run.csv);
    if (run.map) {
        tool_import_map_close(run.map);
    }
    free(run.map);
    tool_bytes_free(&run.map_text);
    tool_bytes_free(&rejects_path);
    return code;
}

enum tool_exit tool_verb_import(struct tool *tool)
{
    const char *format = tool_option_value(tool, "format");
    if (!format || strcmp(format, "csv") != 0) {
        return tool_misused(tool, "--format csv is missing; there is no other format yet.",
                            "缺少 --format csv；目前仅支持此格式。");
    }
    if (!tool_is_given(tool, "map")) {
        return tool_misused(tool, "--map is missing.", "缺少 --map。");
    }
    tool_listen_for_stop();
    return run_import(tool);
}
