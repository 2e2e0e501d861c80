/* SPDX-License-Identifier: Apache-2.0
 *
 * Timing for the benchmarks: best of several rounds, two sides in turn, so that a machine that
 * drifts drifts for both. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stddef.h>

/* CPU seconds used by this process; for jobs that wait for nothing. */
double bench_cpu_seconds(void);
/* Wall seconds; for jobs that wait for a disk. */
double bench_wall_seconds(void);
/* The middle of `count` figures, which are sorted in place. */
double bench_median(double *figures, size_t count);
/* A whole file, NUL-terminated, malloc'ed; exits with a message when it cannot be read. */
char *bench_read_file(const char *path, size_t *size_out);
/* Ends the program with a message unless `ok`. */
void bench_require(int ok, const char *what);

#endif
