/* SPDX-License-Identifier: Apache-2.0
 *
 * Timing for the benchmarks. */
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec time;
    bench_require(clock_gettime(clock, &time) == 0, "the clock");
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double bench_cpu_seconds(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall_seconds(void)
{
    return seconds(CLOCK_MONOTONIC);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *figures, size_t count)
{
    qsort(figures, count, sizeof(*figures), compare);
    return figures[count / 2];
}

char *bench_read_file(const char *path, size_t *size_out)
{
    FILE *file = fopen(path, "rb");
    bench_require(file != NULL, path);
    bench_require(fseek(file, 0, SEEK_END) == 0, path);
    const long size = ftell(file);
    bench_require(size >= 0 && fseek(file, 0, SEEK_SET) == 0, path);
    char *text = malloc((size_t)size + 1);
    bench_require(text != NULL, "memory");
    *size_out = fread(text, 1, (size_t)size, file);
    bench_require(*size_out == (size_t)size, path);
    text[*size_out] = '\0';
    fclose(file);
    return text;
}

void bench_require(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: failed: %s\n", what);
    exit(3);
}
