/* SPDX-License-Identifier: Apache-2.0
 *
 * A piece of JSON that the caller owns. */
#include "community/document.h"

#include "desk_state.h"
#include "failure.h"
#include "memory.h"

struct community_document {
    struct community_allocator allocator;
    struct cm_buffer text;
};

enum community_status cm_document_make(struct community_document **out,
                                       const struct community_allocator *allocator,
                                       struct community_text json, struct community_error *err)
{
    *out = NULL;
    struct community_document *document = cm_allocate_zeroed(allocator, sizeof(*document));
    if (document == NULL)
        return cm_fail_memory(err);
    document->allocator = *allocator;
    cm_buffer_init(&document->text, &document->allocator);
    cm_buffer_text(&document->text, json);
    if (document->text.failed) {
        community_document_free(document);
        return cm_fail_memory(err);
    }
    *out = document;
    return COMMUNITY_OK;
}

struct community_text community_document_json(const struct community_document *document)
{
    return cm_buffer_view(&document->text);
}

void community_document_free(struct community_document *document)
{
    if (document == NULL)
        return;
    cm_buffer_free(&document->text);
    const struct community_allocator allocator = document->allocator;
    cm_release(&allocator, document);
}
