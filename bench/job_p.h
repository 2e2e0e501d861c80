/* SPDX-License-Identifier: Apache-2.0
 *
 * Job P, the fixed yardstick: an accepted step is an update of the ticket's row where its revision
 * matches and an insert of an event, in SQLite at FULL, with a SHA-256 chain. */
#ifndef BENCH_JOB_P_H
#define BENCH_JOB_P_H

/* Wall seconds for `steps` steps on `tickets` tickets, `batch` steps in a transaction. */
double job_p_seconds(const char *path, int tickets, int steps, int batch);

#endif
