/* SPDX-License-Identifier: Apache-2.0
 *
 * Making receipts. */
#ifndef CM_RECEIPT_H
#define CM_RECEIPT_H

#include "arena.h"
#include "buffer.h"
#include "community/receipt.h"
#include "decide.h"

struct community_receipt {
    struct community_allocator allocator;
    struct cm_arena arena;
    bool is_accepted;
    struct cm_value value;      /* the receipt as data */
    struct community_text json; /* and as text */
};

/* Empty, for one of the functions below. NULL: no memory. */
struct community_receipt *cm_receipt_new(const struct community_allocator *allocator);
/* The record as it stands after the entry, with the entry's effects; the position is put last. */
bool cm_receipt_accept(struct community_receipt *receipt, const struct cm_record *record,
                       const struct cm_outcome *outcome);
/* For records without a lifecycle. */
bool cm_receipt_accept_plain(struct community_receipt *receipt, const struct community_id *record,
                             int64_t version);
bool cm_receipt_refuse(struct community_receipt *receipt, const struct cm_decision *decision);
/* Puts the position (0: null) and writes the text, by way of `scratch`. False: no memory. */
bool cm_receipt_finish(struct community_receipt *receipt, int64_t position,
                       struct cm_buffer *scratch);
/* From the text of a finished one. COMMUNITY_CORRUPT: it is none. */
enum community_status cm_receipt_restore(struct community_receipt *receipt,
                                         struct community_text json);

/* The reasons of a refusal as a list for receipts and options. */
struct cm_value cm_reasons_to_value(struct cm_arena *arena, const struct cm_decision *decision,
                                    bool *ok_out);
/* Running deadlines as [{"name", "due"}]. */
struct cm_value cm_running_to_value(struct cm_arena *arena, const struct cm_record *record,
                                    bool *ok_out);
/* The offset in which times of this record are shown. */
int32_t cm_record_offset_minutes(const struct cm_record *record, community_time_ms time);

#endif
