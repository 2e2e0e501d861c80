/* SPDX-License-Identifier: Apache-2.0
 *
 * A file system for SQLite that fails where it is told, and an allocator for SQLite that does. */
#ifndef FAULTY_VFS_H
#define FAULTY_VFS_H

#include <stdbool.h>
#include <stddef.h>

/* What failed last, for a person to read. */
extern const char *faulty_last_call;

struct fault_plan {
    size_t calls;   /* so far */
    size_t fail_at; /* the call that fails, from 1; 0: none */
    bool fail_on;   /* and all after it */
    bool is_full;   /* a failing write answers "full" and not "I/O error" */
    size_t failed;  /* calls that did fail */
    size_t syncs_failed;
};
extern struct fault_plan faulty_files;
extern struct fault_plan faulty_memory;

/* Before anything else of SQLite. */
bool faulty_install(void);

#endif
