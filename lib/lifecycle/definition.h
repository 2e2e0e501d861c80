/* SPDX-License-Identifier: Apache-2.0
 *
 * A lifecycle, compiled: names are indexes, durations are numbers. lib/rulebook makes it from JSON;
 * decide and evolve only read it. Everything lives in the rulebook's arena and never changes. */
#ifndef CM_DEFINITION_H
#define CM_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/types.h"
#include "duration.h"
#include "value.h"
#include "working_calendar.h"

enum { CM_NONE = -1 }; /* "no index" */

enum cm_field_type {
    CM_FIELD_TEXT,
    CM_FIELD_INT,
    CM_FIELD_AMOUNT,  /* an integer of the smallest unit of money */
    CM_FIELD_DECIMAL, /* a string such as "0.5" */
    CM_FIELD_BOOL,
    CM_FIELD_TIME,     /* RFC 3339 with offset */
    CM_FIELD_DATE,     /* "2026-06-01" */
    CM_FIELD_DURATION, /* the words of duration.h */
    CM_FIELD_CHOICE,
    CM_FIELD_CODE,   /* a short word of a code list kept elsewhere: no white space */
    CM_FIELD_UNIT,   /* a unit's id */
    CM_FIELD_PERSON, /* a person's id */
    CM_FIELD_RECORD, /* a record's id, or @external-id */
    CM_FIELD_LIST,
    CM_FIELD_OBJECT,
    CM_FIELD_FILE,   /* {"sha256", "size", "media_type"}: the file itself stays with the host */
    CM_FIELD_RATING, /* 1 (worst) to 5 (best) */
};

/* Who may see a value, and whether it stands in the journal as itself or as a commitment. */
enum cm_data_class { CM_PUBLIC, CM_PERSONAL, CM_SENSITIVE };

struct cm_title {
    struct community_text zh; /* {NULL, 0}: not given; a plain string fills both */
    struct community_text en;
};

struct cm_field {
    struct community_text name;
    struct cm_title title;
    uint8_t type;       /* enum cm_field_type */
    uint8_t data_class; /* enum cm_data_class */
    bool required;      /* at opening */
    bool has_min;
    bool has_max;
    int64_t min; /* of a number; least count of characters or items */
    int64_t max; /* of a number; greatest count of characters or items */
    size_t choice_count;
    const struct community_text *choices;
    bool has_element;           /* of a list: every item is of type `element` (choices as above) */
    uint8_t element;            /* enum cm_field_type, never CM_FIELD_LIST */
    struct cm_value initial;    /* "default"; null: none */
    struct community_text keep; /* retention in words, shown and not yet acted on; may be none */
};

struct cm_state {
    struct community_text name;
    struct cm_title title;
    bool is_final;
    bool is_waiting;   /* somebody else has to act: shown apart */
    bool is_unbounded; /* says itself that it may last for ever */
};

enum cm_role_kind {
    CM_ROLE_GRANT,     /* a grant of this name whose unit covers the record */
    CM_ROLE_GRANT_OF,  /* "handler of lead_unit": a grant of this name at the unit in the field */
    CM_ROLE_REQUESTER, /* who opened the record */
    CM_ROLE_SYSTEM,    /* timers only */
};

struct cm_role {
    uint8_t kind;                /* enum cm_role_kind */
    int32_t field;               /* for CM_ROLE_GRANT_OF */
    struct community_text grant; /* the grant's role name */
    struct community_text words; /* as the rulebook writes it: "handler of lead_unit" */
};

/* One thing a command must bring. A name that is a field of the record is written to it; any other
 * is input for this entry alone ("reason", "for", "into"). */
struct cm_ask {
    struct community_text name;
    int32_t field; /* CM_NONE: input alone, text unless it is one of the words below */
    uint8_t input; /* enum cm_input, when field is CM_NONE */
};
enum cm_input { CM_INPUT_TEXT, CM_INPUT_FOR, CM_INPUT_INTO };

/* {"notify": "requester", "message": "closed"} */
struct cm_notification {
    struct community_text to;      /* a role's words, as written */
    struct community_text message; /* a word the host turns into a text; the English one, else the
                                    * Chinese, where the rulebook gives the text itself */
    struct cm_title words;         /* {"zh", "en"} as given; a plain string fills both */
};

struct cm_transition {
    struct community_text name;
    struct cm_title title;
    bool from_any; /* "*": any state that is not final */
    size_t from_count;
    const int32_t *from;
    int32_t to; /* CM_NONE: the state stays */
    size_t role_count;
    const struct cm_role *roles; /* any one of them suffices; none given: everybody */
    size_t ask_count;
    const struct cm_ask *asks;
    size_t require_count;
    const int32_t *requires; /* fields that must not be empty */
    bool has_within;
    bool has_after;
    struct cm_duration within; /* both counted from entering the from-state */
    struct cm_duration after;
    int64_t at_most;     /* 0: no limit */
    int32_t at_most_per; /* a field, or CM_NONE: per record */
    int32_t extends;     /* a deadline, or CM_NONE */
    size_t pause_count;
    const int32_t *pauses; /* deadlines */
    size_t resume_count;
    const int32_t *resumes;
    bool reopens;            /* may leave a final state */
    bool merges;             /* asks "into": this record is a duplicate of that one */
    bool unmerges;           /* takes a merge back */
    bool waits_for_children; /* refused while a child record is open */
    size_t notification_count;
    const struct cm_notification *notifications;
};

struct cm_warning {
    int32_t percent;           /* of the whole period; 0: use `before` */
    struct cm_duration before; /* this long before the due time */
    struct community_text words;
};

struct cm_breach_step {
    struct community_text action; /* "remind", "criticise": a word for the host */
    bool has_after;
    struct cm_duration after; /* from the due time; without it: at the breach itself */
    struct community_text to; /* "lead_unit", "parent of lead_unit", a role's words; may be none */
    int32_t to_field;         /* the unit field in `to`, or CM_NONE */
    int32_t to_parents;       /* how many "parent of" stand before it */
};

enum { CM_WARNING_COUNT_MAX = 16, CM_BREACH_STEP_COUNT_MAX = 16 };

struct cm_deadline {
    struct community_text name;
    struct cm_title title;
    size_t from_count;
    const int32_t *from; /* states */
    size_t until_count;
    const int32_t *until; /* states */
    bool allows_at;       /* {"at": "ticket.field"}: due at the time in that field */
    int32_t at_field;
    struct cm_duration allow;
    size_t pause_in_count;
    const int32_t *pause_in; /* states */
    bool restarts;
    bool has_cap;
    struct cm_duration extend_at_most;
    size_t warning_count;
    const struct cm_warning *warnings;
    size_t step_count;
    const struct cm_breach_step *steps; /* the ladder, each step at or after the one before */
};

/* {"by": "operator", "classes": ["personal"]}: who sees more than what is public. */
struct cm_read_rule {
    size_t role_count;
    const struct cm_role *roles;
    bool personal;
    bool sensitive;
    bool logged; /* each such reading leaves a trace */
};

/* Transitions that share a name, as a range of `by_name`. */
struct cm_transition_group {
    struct community_text name;
    uint32_t first;
    uint32_t count;
};

struct cm_lifecycle {
    struct community_text name;
    struct cm_title title;
    struct community_text kind;         /* "ticket", … */
    struct community_text parent;       /* the lifecycle of its parent records; {NULL, 0}: none */
    const struct cm_calendar *calendar; /* NULL: no duration of it needs one */
    int32_t start;
    size_t field_count;
    const struct cm_field *fields;
    size_t state_count;
    const struct cm_state *states;
    size_t transition_count;
    const struct cm_transition *transitions;
    size_t group_count;
    const struct cm_transition_group *groups; /* ascending by name */
    const uint16_t *by_name;                  /* transition indexes, grouped, in their own order */
    size_t deadline_count;
    const struct cm_deadline *deadlines;
    size_t read_rule_count;
    const struct cm_read_rule *read_rules;
    int32_t place_field;  /* "place" of type unit: what operators must cover; or CM_NONE */
    int32_t unit_field;   /* who answers: lead_unit, else the first field of a "… of" role */
    int32_t rating_field; /* the field of type rating, or CM_NONE */
    struct cm_duration backdate_at_most; /* default: 0 milliseconds elapsed */
};

/* CM_NONE when there is none of that name. */
int32_t cm_lifecycle_field(const struct cm_lifecycle *lifecycle, struct community_text name);
int32_t cm_lifecycle_state(const struct cm_lifecycle *lifecycle, struct community_text name);
int32_t cm_lifecycle_deadline(const struct cm_lifecycle *lifecycle, struct community_text name);
const struct cm_transition_group *cm_lifecycle_group(const struct cm_lifecycle *lifecycle,
                                                     struct community_text name);
bool cm_transition_leaves(const struct cm_lifecycle *lifecycle,
                          const struct cm_transition *transition, int32_t state);
bool cm_index_is_in(int32_t index, const int32_t *indexes, size_t count);

#endif
