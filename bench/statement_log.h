/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements that the desk gives SQLite, written down while it works and carried out again
 * bare. The linker's --wrap puts this between the library and SQLite. */
#ifndef BENCH_STATEMENT_LOG_H
#define BENCH_STATEMENT_LOG_H

#include <sqlite3.h>
#include <stddef.h>

void statement_log_start(void); /* forgets what was written down */
void statement_log_stop(void);
/* Carries everything out on the connection that was opened last. */
void statement_log_replay(void);
size_t statement_log_step_count(void);

#endif
