/* SPDX-License-Identifier: Apache-2.0
 *
 * How the files of this folder share the reading of one rulebook. All loaders return false once
 * reader->status is set. */
#ifndef CM_RULEBOOK_READER_H
#define CM_RULEBOOK_READER_H

#include "definition.h"
#include "name_index.h"
#include "rulebook.h"
#include "shape.h"

/* One lifecycle under construction: what its parts need to know of each other. */
struct cm_lifecycle_draft {
    struct cm_reader *reader;
    struct cm_lifecycle *made;
    struct cm_name_index fields; /* of the document, then the implicit ones */
    struct cm_name_index states;
    struct cm_name_index deadlines;
    struct cm_state *state_list;
    const struct cm_value *state_tree;
    struct cm_transition *transition_list;
    const struct cm_value *transition_tree; /* NULL: none */
    struct cm_deadline *deadline_list;
    const struct cm_value *deadline_tree; /* NULL: none */
    int32_t first_unit_field;             /* of a "… of" role; or CM_NONE */
};

/* "calendars". Fills the rulebook's calendars and zones. */
bool cm_load_calendars(struct cm_reader *reader, struct community_rulebook *rulebook,
                       const struct cm_zone_source *source, const struct cm_value *tree);
/* "hours" of one calendar: weekday_hours and make_up_hours. */
bool cm_load_hours(struct cm_reader *reader, struct cm_calendar_definition *definition,
                   const struct cm_value *tree);
/* "years" of one calendar: years, off_days and work_days. */
bool cm_load_years(struct cm_reader *reader, struct cm_calendar_definition *definition,
                   const struct cm_value *tree);

/* "lifecycles". */
bool cm_load_lifecycles(struct cm_reader *reader, struct community_rulebook *rulebook,
                        const struct cm_value *tree);
bool cm_load_fields(struct cm_lifecycle_draft *draft, const struct cm_value *tree);
bool cm_load_states(struct cm_lifecycle_draft *draft, const struct cm_value *tree);
bool cm_load_transitions(struct cm_lifecycle_draft *draft);
bool cm_load_deadlines(struct cm_lifecycle_draft *draft);
bool cm_load_reads(struct cm_lifecycle_draft *draft, const struct cm_value *tree);
/* What can only be seen with all parts in place. */
bool cm_check_lifecycle(struct cm_lifecycle_draft *draft);
/* Puts transitions of one name together, and refuses twins. */
bool cm_group_transitions(struct cm_lifecycle_draft *draft);

/* Pieces that stand in several places. */
bool cm_load_title(struct cm_reader *reader, const struct cm_value *value, struct cm_title *out);
/* A length of time; refused when it needs a calendar and there is none. */
bool cm_load_duration(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                      struct cm_duration *out);
bool cm_load_duration_words(struct cm_lifecycle_draft *draft, struct community_text words,
                            uint32_t offset, struct cm_duration *out);
/* A name among `names`, or a refusal with `code`. */
bool cm_load_reference(struct cm_reader *reader, const struct cm_name_index *names,
                       struct community_text name, uint32_t offset, enum cm_code code,
                       int32_t *out);
/* A name or a list of them, each once. Their indexes ascend. */
bool cm_load_references(struct cm_reader *reader, const struct cm_name_index *names,
                        const struct cm_value *value, enum cm_code code, bool is_filled,
                        const int32_t **out, size_t *count_out);
/* A field of type unit. */
bool cm_load_unit_field(struct cm_lifecycle_draft *draft, struct community_text name,
                        uint32_t offset, int32_t *out);
/* "operator", "handler of lead_unit", "requester", "system". */
bool cm_load_role(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                  struct cm_role *out);
/* A role or a list of them. `allows_system` where a timer may act. */
bool cm_load_roles(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                   bool allows_system, const struct cm_role **out, size_t *count_out);

#endif
