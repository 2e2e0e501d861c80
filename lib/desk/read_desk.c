/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at a desk: one record, many records, a record's history, what may be done, what waits. */
#include <string.h>

#include "failure.h"
#include "json.h"
#include "plan.h"
#include "receipt.h"
#include "text.h"
#include "view.h"

enum { ARENA_BLOCK = 8 * 1024 };

/* Writes a value as a document of the caller's. */
static enum community_status make_document(struct community_document **out,
                                           struct community_desk *desk,
                                           const struct cm_value *value,
                                           struct community_error *err)
{
    cm_buffer_clear(&desk->buffer);
    cm_json_write(&desk->buffer, value);
    if (desk->buffer.failed)
        return cm_fail_memory(err);
    return cm_document_make(out, &desk->allocator, cm_buffer_view(&desk->buffer), err);
}

/* ---- readings on record ---- */

static enum community_status journal_reading(struct community_desk *desk,
                                             struct community_text record,
                                             struct community_text actor,
                                             struct community_error *err)
{
    struct cm_plan plan;
    struct cm_plan_record *planned;
    struct cm_decision decision;
    const struct cm_plan_step step = {.command = CM_TEXT("read"), .actor = actor};
    enum community_status status = cm_plan_init(&plan, desk, err);
    if (status == COMMUNITY_OK)
        status = cm_plan_find(&planned, &plan, record, err);
    if (status != COMMUNITY_OK)
        return status;
    cm_decision_init(&decision, plan.arena);
    cm_ticket_note_reading(&decision, plan.now);
    status = cm_plan_entry(&plan, planned, &decision, &step, err);
    return status == COMMUNITY_OK ? cm_plan_append(&plan, NULL, err) : status;
}

/* What is seen only on record is written down before it is shown; where nothing can be written it
 * is masked. */
static enum community_status note_reading(struct cm_view *view, struct community_text record,
                                          struct community_text actor, struct community_error *err)
{
    struct community_desk *desk = view->desk;
    if (!cm_view_is_logged(view))
        return COMMUNITY_OK;
    if (desk->is_read_only) {
        cm_view_leave_out_logged(view);
        return COMMUNITY_OK;
    }
    const bool was_in_batch = desk->in_batch;
    enum community_status status = cm_desk_begin(desk, err);
    if (status == COMMUNITY_OK)
        status = journal_reading(desk, record, actor, err);
    if (status != COMMUNITY_OK)
        cm_desk_rollback(desk);
    else if (!was_in_batch)
        status = cm_desk_commit(desk, err);
    return status;
}

/* The record as the actor may see it, with the reading on record where that is asked for. */
static enum community_status look_at(struct cm_view *view, struct cm_record *loaded,
                                     struct community_desk *desk, struct community_text record,
                                     struct community_text actor, struct community_error *err)
{
    enum community_status status = cm_desk_look(desk, err);
    if (status == COMMUNITY_OK)
        status = cm_desk_load(loaded, &desk->arena, desk, record, err);
    if (status == COMMUNITY_OK)
        status = cm_view_init(view, desk, &desk->arena, loaded, actor, err);
    if (status == COMMUNITY_OK)
        status = note_reading(view, record, actor, err);
    /* The reading is part of what is shown. */
    if (status == COMMUNITY_OK && cm_view_is_logged(view))
        status = cm_desk_load(loaded, &desk->arena, desk, record, err);
    return status;
}

/* ---- history ---- */

/* Entries on their way to a callback, or into a list. Each is made in an arena of its own. */
struct history {
    const struct cm_view *view;
    struct cm_arena arena;
    struct cm_buffer text;
    community_json_fn *callback;
    void *userdata;
    struct cm_buffer *list; /* instead of a callback: the texts, separated by commas */
    enum community_status status;
};

static int take_entry(void *userdata, const struct community_store_stored *stored)
{
    struct history *history = userdata;
    struct cm_view view = *history->view;
    struct cm_value value;
    cm_arena_reset(&history->arena);
    cm_buffer_clear(&history->text);
    view.arena = &history->arena;
    history->status = cm_view_entry(&value, &view, stored);
    if (history->status != COMMUNITY_OK)
        return 1;
    cm_json_write(&history->text, &value);
    if (history->text.failed) {
        history->status = COMMUNITY_NO_MEMORY;
        return 1;
    }
    if (history->list == NULL)
        return history->callback(history->userdata, cm_buffer_view(&history->text));
    if (history->list->size > 0)
        cm_buffer_byte(history->list, ',');
    cm_buffer_text(history->list, cm_buffer_view(&history->text));
    return 0;
}

static enum community_status read_history(struct history *history, struct community_error *err)
{
    struct community_desk *desk = history->view->desk;
    cm_arena_init(&history->arena, &desk->allocator, ARENA_BLOCK);
    cm_buffer_init(&history->text, &desk->allocator);
    struct community_error own = {0};
    enum community_status status = desk->store.history(desk->store.self, &history->view->record->id,
                                                       take_entry, history, &own);
    if (history->status == COMMUNITY_NO_MEMORY)
        status = cm_fail_memory(err);
    else if (history->status != COMMUNITY_OK)
        status = cm_fail(err, history->status, CM_CODE_STORE_CONTENT, CM_TEXT("entry"));
    else if (status == COMMUNITY_CANCELLED)
        status = cm_fail_plain(err, status, CM_CODE_CANCELLED);
    else if (status != COMMUNITY_OK)
        cm_fail_copy(err, &own);
    cm_buffer_free(&history->text);
    cm_arena_free(&history->arena);
    return status;
}

enum community_status community_desk_history(struct community_desk *desk,
                                             struct community_text record,
                                             struct community_text actor,
                                             community_json_fn *callback, void *userdata,
                                             struct community_error *err)
{
    struct cm_record loaded;
    struct cm_view view;
    enum community_status status = look_at(&view, &loaded, desk, record, actor, err);
    if (status != COMMUNITY_OK)
        return status;
    struct history history = {.view = &view, .callback = callback, .userdata = userdata};
    return read_history(&history, err);
}

/* ---- one record ---- */

/* The record's text with its history put in as the last member. */
static enum community_status add_history(struct cm_buffer *text, const struct cm_view *view,
                                         struct community_error *err)
{
    struct cm_buffer list;
    cm_buffer_init(&list, &view->desk->allocator);
    struct history history = {.view = view, .list = &list};
    const enum community_status status = read_history(&history, err);
    text->size--; /* the closing brace */
    cm_buffer_string(text, ",\"history\":[");
    cm_buffer_text(text, cm_buffer_view(&list));
    cm_buffer_string(text, "]}");
    const bool failed = list.failed || text->failed;
    cm_buffer_free(&list);
    return status == COMMUNITY_OK && failed ? cm_fail_memory(err) : status;
}

enum community_status community_desk_get(struct community_document **document_out,
                                         struct community_desk *desk, struct community_text record,
                                         struct community_text actor, uint32_t flags,
                                         struct community_error *err)
{
    struct cm_record loaded;
    struct cm_view view;
    bool ok;
    *document_out = NULL;
    enum community_status status = look_at(&view, &loaded, desk, record, actor, err);
    if (status != COMMUNITY_OK)
        return status;
    const struct cm_value value = cm_view_record(&view, (flags & COMMUNITY_GET_EXPLAIN) != 0, &ok);
    if (!ok)
        return cm_fail_memory(err);
    struct cm_buffer text;
    cm_buffer_init(&text, &desk->allocator);
    cm_json_write(&text, &value);
    if (text.failed)
        status = cm_fail_memory(err);
    else if ((flags & COMMUNITY_GET_HISTORY) != 0)
        status = add_history(&text, &view, err);
    if (status == COMMUNITY_OK)
        status = cm_document_make(document_out, &desk->allocator, cm_buffer_view(&text), err);
    cm_buffer_free(&text);
    return status;
}

/* ---- options ---- */

static struct cm_value asks_value(struct cm_arena *arena, const struct cm_transition *transition,
                                  bool *ok_out)
{
    struct cm_value list = cm_value_new_list(arena, transition->ask_count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; i < transition->ask_count; i++)
        cm_value_append(&list, cm_value_text(transition->asks[i].name));
    return list;
}

/* Reasons that lie in what the command would bring are left out: nothing was brought yet. */
static void drop_missing_fields(struct cm_decision *decision,
                                const struct cm_transition *transition)
{
    size_t kept = 0;
    for (size_t i = 0; i < decision->reason_count; i++) {
        const struct cm_reason *reason = &decision->reasons[i];
        bool is_asked = false;
        for (size_t ask = 0; ask < transition->ask_count; ask++)
            is_asked |= reason->code == CM_CODE_MISSING_FIELD &&
                        cm_text_equal(reason->arguments[0], transition->asks[ask].name);
        if (!is_asked)
            decision->reasons[kept++] = *reason;
    }
    decision->reason_count = kept;
    decision->accepted = kept == 0 && !decision->no_memory;
}

static struct cm_value option_value(struct community_desk *desk, const struct cm_record *record,
                                    const struct cm_transition *transition,
                                    struct community_text actor,
                                    const struct cm_directory *directory, bool *ok_out)
{
    struct cm_decision decision;
    struct cm_value object = cm_value_new_object(&desk->arena, 5);
    *ok_out &= !cm_value_is_broken(&object);
    cm_decision_init(&decision, &desk->arena);
    cm_decide_option(&decision, record, transition, actor, cm_desk_now(desk), directory);
    drop_missing_fields(&decision, transition);
    *ok_out &= !decision.no_memory;
    if (!*ok_out)
        return object;
    const int32_t to = transition->to != CM_NONE ? transition->to : record->state;
    cm_value_put(&object, "command", cm_value_text(transition->name));
    cm_value_put(&object, "to", cm_value_text(record->lifecycle->states[to].name));
    cm_value_put(&object, "allowed", cm_value_bool(decision.accepted));
    cm_value_put(&object, "asks", asks_value(&desk->arena, transition, ok_out));
    if (!decision.accepted)
        cm_value_put(&object, "reasons", cm_reasons_to_value(&desk->arena, &decision, ok_out));
    return object;
}

static bool is_for_people(const struct cm_transition *transition)
{
    for (size_t i = 0; i < transition->role_count; i++) {
        if (transition->roles[i].kind != CM_ROLE_SYSTEM)
            return true;
    }
    return transition->role_count == 0;
}

/* Rating is an option of every ticket that does not say its own. */
static void append_rating(struct cm_value *list, struct community_desk *desk,
                          const struct cm_record *record, struct community_text actor,
                          const struct cm_directory *directory, bool *ok_out)
{
    if (record->lifecycle->rating_field == CM_NONE ||
        cm_lifecycle_group(record->lifecycle, CM_TEXT(CM_COMMAND_RATE)) != NULL)
        return;
    struct cm_decision decision;
    struct cm_value object = cm_value_new_object(&desk->arena, 5);
    struct cm_value asks = cm_value_new_list(&desk->arena, 1);
    *ok_out &= !cm_value_is_broken(&object) && !cm_value_is_broken(&asks);
    if (!*ok_out)
        return;
    cm_decision_init(&decision, &desk->arena);
    cm_ticket_rate_option(&decision, record, actor, cm_desk_now(desk), directory);
    cm_value_append(&asks, cm_value_string("rating"));
    cm_value_put(&object, "command", cm_value_string(CM_COMMAND_RATE));
    cm_value_put(&object, "to", cm_value_text(record->lifecycle->states[record->state].name));
    cm_value_put(&object, "allowed", cm_value_bool(decision.accepted));
    cm_value_put(&object, "asks", asks);
    if (!decision.accepted)
        cm_value_put(&object, "reasons", cm_reasons_to_value(&desk->arena, &decision, ok_out));
    cm_value_append(list, object);
}

enum community_status community_desk_options(struct community_document **document_out,
                                             struct community_desk *desk,
                                             struct community_text record,
                                             struct community_text actor,
                                             struct community_error *err)
{
    struct cm_record loaded;
    const struct cm_directory *directory;
    bool ok = true;
    *document_out = NULL;
    enum community_status status = cm_desk_look(desk, err);
    if (status == COMMUNITY_OK)
        status = cm_desk_load(&loaded, &desk->arena, desk, record, err);
    if (status == COMMUNITY_OK)
        status = cm_desk_directory(&directory, desk, err);
    if (status != COMMUNITY_OK)
        return status;
    const struct cm_lifecycle *lifecycle = loaded.lifecycle;
    struct cm_value value = cm_value_new_object(&desk->arena, 4);
    struct cm_value list = cm_value_new_list(&desk->arena, lifecycle->transition_count + 1);
    if (cm_value_is_broken(&value) || cm_value_is_broken(&list))
        return cm_fail_memory(err);
    for (size_t i = 0; ok && i < lifecycle->transition_count; i++) {
        if (is_for_people(&lifecycle->transitions[i]))
            cm_value_append(&list, option_value(desk, &loaded, &lifecycle->transitions[i], actor,
                                                directory, &ok));
    }
    append_rating(&list, desk, &loaded, actor, directory, &ok);
    cm_value_put(&value, "record", cm_id_to_value(&desk->arena, &loaded.id, &ok));
    cm_value_put(&value, "state", cm_value_text(lifecycle->states[loaded.state].name));
    cm_value_put(&value, "actor", cm_value_text(actor));
    cm_value_put(&value, "options", list);
    return ok ? make_document(document_out, desk, &value, err) : cm_fail_memory(err);
}

/* ---- many records ---- */

struct finding {
    struct community_desk *desk;
    struct cm_arena arena;
    struct cm_buffer text;
    struct community_text actor;
    community_json_fn *callback;
    void *userdata;
    int64_t left; /* how many more are wanted; negative: no limit */
    bool is_enough;
    enum community_status status;
    struct community_error *err;
};

static int take_record(void *userdata, const struct community_store_record *row)
{
    struct finding *finding = userdata;
    struct cm_record record;
    struct cm_view view;
    bool ok;
    if (finding->left == 0) {
        finding->is_enough = true;
        return 1;
    }
    cm_arena_reset(&finding->arena);
    cm_buffer_clear(&finding->text);
    finding->status =
        cm_desk_read_record(&record, &finding->arena, finding->desk, row, finding->err);
    if (finding->status == COMMUNITY_OK)
        finding->status = cm_view_init(&view, finding->desk, &finding->arena, &record,
                                       finding->actor, finding->err);
    if (finding->status != COMMUNITY_OK)
        return 1;
    cm_view_leave_out_logged(&view); /* a list is no place to read what leaves a trace */
    const struct cm_value value = cm_view_record(&view, false, &ok);
    if (ok)
        cm_json_write(&finding->text, &value);
    if (!ok || finding->text.failed) {
        finding->status = cm_fail_memory(finding->err);
        return 1;
    }
    if (finding->left > 0)
        finding->left--;
    return finding->callback(finding->userdata, cm_buffer_view(&finding->text));
}

enum community_status community_desk_find(struct community_desk *desk,
                                          const struct community_find *find,
                                          struct community_text actor, community_json_fn *callback,
                                          void *userdata, struct community_error *err)
{
    struct community_find full = {0};
    const struct cm_directory *directory;
    memcpy(&full, find, find->size < sizeof(full) ? find->size : sizeof(full));
    enum community_status status = cm_desk_look(desk, err);
    if (status == COMMUNITY_OK)
        status = cm_desk_directory(&directory, desk, err); /* before rows are borrowed */
    if (status != COMMUNITY_OK)
        return status;
    const struct community_store_filter filter = {
        .space = CM_TEXT(CM_SPACE_TICKET),
        .lifecycle = full.lifecycle,
        .state = full.state,
        .unit = full.unit,
        .due_before = full.has_due_before ? full.due_before : COMMUNITY_TIME_NONE,
        .open_only = full.open_only,
    };
    struct finding finding = {.desk = desk,
                              .actor = actor,
                              .callback = callback,
                              .userdata = userdata,
                              .left = full.limit > 0 ? full.limit : -1,
                              .err = err};
    cm_arena_init(&finding.arena, &desk->allocator, ARENA_BLOCK);
    cm_buffer_init(&finding.text, &desk->allocator);
    struct community_error own = {0};
    status = desk->store.find(desk->store.self, &filter, take_record, &finding, &own);
    if (finding.status != COMMUNITY_OK)
        status = finding.status;
    else if (status == COMMUNITY_CANCELLED)
        status = finding.is_enough ? COMMUNITY_OK : cm_fail_plain(err, status, CM_CODE_CANCELLED);
    else if (status != COMMUNITY_OK)
        cm_fail_copy(err, &own);
    cm_buffer_free(&finding.text);
    cm_arena_free(&finding.arena);
    return status;
}

/* ---- the outbox ---- */

struct waiting {
    struct cm_buffer text;
    community_json_fn *callback;
    void *userdata;
    bool no_memory;
};

/* The event gets its id where it is read: the position is known only after the append. */
static int take_effect(void *userdata, const struct community_store_effect *effect)
{
    struct waiting *waiting = userdata;
    cm_buffer_clear(&waiting->text);
    cm_buffer_string(&waiting->text, "{\"id\":");
    cm_json_write_text(&waiting->text, effect->id);
    cm_buffer_byte(&waiting->text, ',');
    cm_buffer_text(&waiting->text, cm_text_from(effect->body, 1));
    waiting->no_memory = waiting->text.failed;
    if (waiting->no_memory)
        return 1;
    return waiting->callback(waiting->userdata, cm_buffer_view(&waiting->text));
}

enum community_status community_desk_outbox(struct community_desk *desk,
                                            community_json_fn *callback, void *userdata,
                                            struct community_error *err)
{
    enum community_status status = cm_desk_look(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    struct waiting waiting = {.callback = callback, .userdata = userdata};
    struct community_error own = {0};
    cm_buffer_init(&waiting.text, &desk->allocator);
    status = desk->store.outbox(desk->store.self, take_effect, &waiting, &own);
    cm_buffer_free(&waiting.text);
    if (waiting.no_memory)
        return cm_fail_memory(err);
    if (status == COMMUNITY_CANCELLED)
        return cm_fail_plain(err, status, CM_CODE_CANCELLED);
    if (status != COMMUNITY_OK)
        cm_fail_copy(err, &own);
    return status;
}

enum community_status community_desk_acknowledge(struct community_desk *desk,
                                                 struct community_text id,
                                                 struct community_error *err)
{
    enum community_status status = cm_desk_look(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    if (desk->in_batch)
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_BATCH_OPEN);
    status = desk->store.acknowledge(desk->store.self, id, err);
    if (status == COMMUNITY_NOT_FOUND)
        return cm_fail(err, status, CM_CODE_EFFECT_NOT_FOUND, id);
    return status;
}

/* ---- backup ---- */

enum community_status community_desk_backup(struct community_desk *desk, struct community_text path,
                                            int (*progress)(void *userdata, int64_t done,
                                                            int64_t total),
                                            void *userdata, struct community_error *err)
{
    const enum community_status status = cm_desk_look(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    if (desk->in_batch)
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_BATCH_OPEN);
    const struct community_text kept = cm_arena_text(&desk->arena, path);
    if (kept.data == NULL)
        return cm_fail_memory(err);
    return desk->store.backup(desk->store.self, kept.data, progress, userdata, err);
}
