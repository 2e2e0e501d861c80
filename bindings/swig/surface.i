/* SPDX-License-Identifier: Apache-2.0
 *
 * Every function that scripts are given, by name: what is not here is not in the bindings. Only
 * community_desk_open and community_desk_close are missing, which each language writes itself.
 *
 * Parameters called `optional` or listed by the language may be nothing; the others may not.
 * `community_progress_fn` and `community_json_fn` are what the headers write out. */

/* community/status.h */
const char *community_status_name(int32_t status);

/* community/time.h */
enum community_status community_time_parse(community_time_ms *time_out, struct community_text text,
                                           struct community_error *err);
void community_time_format(char text_out[COMMUNITY_TIME_TEXT_SIZE], community_time_ms time,
                           int32_t offset_minutes);
enum community_status community_zone_open(struct community_zone **zone_out,
                                          struct community_text name,
                                          const struct community_allocator *allocator,
                                          struct community_error *err);
community_time_ms community_zone_instant(const struct community_zone *zone,
                                         community_time_ms local);
int32_t community_zone_offset_minutes(const struct community_zone *zone, community_time_ms time);

/* community/digest.h */
enum community_status community_digest_new(struct community_digest **digest_out,
                                           const struct community_allocator *allocator,
                                           struct community_error *err);
enum community_status community_digest_add(struct community_digest *digest,
                                           struct community_text bytes,
                                           struct community_error *err);
enum community_status community_digest_finish(struct community_digest *digest, uint8_t hash_out[32],
                                              struct community_error *err);

/* community/document.h */
struct community_text community_document_json(const struct community_document *document);

/* community/rulebook.h */
enum community_status community_rulebook_load(struct community_rulebook **rulebook_out,
                                              struct community_text text,
                                              struct community_text source,
                                              const struct community_allocator *allocator,
                                              struct community_error *err);
struct community_text community_rulebook_hash(const struct community_rulebook *rulebook);
struct community_text community_rulebook_name(const struct community_rulebook *rulebook);
struct community_text community_rulebook_version(const struct community_rulebook *rulebook);
struct community_text community_rulebook_lifecycle(const struct community_rulebook *rulebook,
                                                   size_t index);
struct community_text community_rulebook_calendar(const struct community_rulebook *rulebook,
                                                  size_t index);

/* community/calendar.h */
enum community_status community_calendar_due(community_time_ms *due_out,
                                             int32_t *offset_minutes_out,
                                             const struct community_rulebook *rulebook,
                                             struct community_text calendar,
                                             community_time_ms start,
                                             struct community_text duration,
                                             struct community_error *err);
enum community_status community_calendar_explain(struct community_document **document_out,
                                                 const struct community_rulebook *rulebook,
                                                 struct community_text calendar,
                                                 community_time_ms start,
                                                 struct community_text duration,
                                                 struct community_error *err);

/* community/command.h */
enum community_status community_command_from_json(struct community_command **command_out,
                                                  struct community_text json,
                                                  const struct community_allocator *allocator,
                                                  struct community_error *err);
enum community_status community_command_new(struct community_command **command_out,
                                            struct community_text name, struct community_text actor,
                                            const struct community_allocator *allocator,
                                            struct community_error *err);
enum community_status community_command_set_record(struct community_command *command,
                                                   struct community_text record,
                                                   struct community_error *err);
enum community_status community_command_set_lifecycle(struct community_command *command,
                                                      struct community_text lifecycle,
                                                      struct community_error *err);
enum community_status community_command_set_external_id(struct community_command *command,
                                                        struct community_text external_id,
                                                        struct community_error *err);
enum community_status community_command_set_parent(struct community_command *command,
                                                   struct community_text parent,
                                                   struct community_error *err);
enum community_status community_command_set_key(struct community_command *command,
                                                struct community_text key,
                                                struct community_error *err);
void community_command_set_at(struct community_command *command, community_time_ms at);
void community_command_set_recorded_at(struct community_command *command,
                                       community_time_ms recorded_at);
enum community_status community_command_put_text(struct community_command *command,
                                                 struct community_text name,
                                                 struct community_text value,
                                                 struct community_error *err);
enum community_status community_command_put_integer(struct community_command *command,
                                                    struct community_text name, int64_t value,
                                                    struct community_error *err);
enum community_status community_command_put_boolean(struct community_command *command,
                                                    struct community_text name, bool value,
                                                    struct community_error *err);
enum community_status community_command_put_json(struct community_command *command,
                                                 struct community_text name,
                                                 struct community_text json,
                                                 struct community_error *err);

/* community/receipt.h */
bool community_receipt_is_accepted(const struct community_receipt *receipt);
struct community_text community_receipt_json(const struct community_receipt *receipt);
struct community_id community_receipt_record(const struct community_receipt *receipt);
int64_t community_receipt_version(const struct community_receipt *receipt);
struct community_text community_receipt_state(const struct community_receipt *receipt);
int64_t community_receipt_position(const struct community_receipt *receipt);

/* community/desk.h */
enum community_status community_desk_install(struct community_desk *desk,
                                             const struct community_rulebook *rulebook,
                                             struct community_text actor,
                                             struct community_error *err);
struct community_text community_desk_rulebook_hash(struct community_desk *desk);
community_time_ms community_desk_now(struct community_desk *desk);
enum community_status community_desk_submit(struct community_receipt **receipt_out,
                                            struct community_desk *desk,
                                            const struct community_command *command,
                                            struct community_error *err);
enum community_status community_desk_preview(struct community_receipt **receipt_out,
                                             struct community_desk *desk,
                                             const struct community_command *command,
                                             struct community_error *err);
enum community_status community_desk_begin(struct community_desk *desk,
                                           struct community_error *err);
enum community_status community_desk_commit(struct community_desk *desk,
                                            struct community_error *err);
void community_desk_rollback(struct community_desk *desk);
enum community_status community_desk_tick(struct community_desk *desk, community_time_ms now,
                                          int64_t *fired_out, community_progress_fn *progress,
                                          void *userdata, struct community_error *err);
enum community_status community_desk_get(struct community_document **document_out,
                                         struct community_desk *desk, struct community_text record,
                                         struct community_text actor, uint32_t flags,
                                         struct community_error *err);
enum community_status community_desk_options(struct community_document **document_out,
                                             struct community_desk *desk,
                                             struct community_text record,
                                             struct community_text actor,
                                             struct community_error *err);
enum community_status community_desk_find(struct community_desk *desk,
                                          const struct community_find *find,
                                          struct community_text actor, community_json_fn *callback,
                                          void *userdata, struct community_error *err);
enum community_status community_desk_history(struct community_desk *desk,
                                             struct community_text record,
                                             struct community_text actor,
                                             community_json_fn *callback, void *userdata,
                                             struct community_error *err);
enum community_status community_desk_summary(struct community_document **document_out,
                                             struct community_desk *desk, community_time_ms at,
                                             struct community_error *err);
enum community_status community_desk_outbox(struct community_desk *desk,
                                            community_json_fn *callback, void *userdata,
                                            struct community_error *err);
enum community_status community_desk_acknowledge(struct community_desk *desk,
                                                 struct community_text id,
                                                 struct community_error *err);
enum community_status community_desk_verify(struct community_verification *verification_out,
                                            struct community_desk *desk,
                                            community_progress_fn *progress, void *userdata,
                                            struct community_error *err);
enum community_status community_desk_backup(struct community_desk *desk, struct community_text path,
                                            community_progress_fn *progress, void *userdata,
                                            struct community_error *err);
