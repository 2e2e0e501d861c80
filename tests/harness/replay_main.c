/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs every file of a corpus through a fuzz target, in one plain process. The empty input is
 * always among them. A fault ends the process by the sanitizer or the assertion that found it. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned passed;
static unsigned failed;

static int replay_stream(FILE *stream, size_t size)
{
    /* Exactly as large as the input, so that AddressSanitizer sees a read past its end. */
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (!data)
        return -1;
    int result = -1;
    if (fread(data, 1, size, stream) == size) {
        LLVMFuzzerTestOneInput(data, size);
        result = 0;
    }
    free(data);
    return result;
}

static void replay_file(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return;

    /* Before the run: when the process dies in it, this is the last line. */
    printf("replay %s\n", path);
    fflush(stdout);

    FILE *stream = fopen(path, "rb");
    if (stream && replay_stream(stream, (size_t)status.st_size) == 0) {
        passed++;
    } else {
        fprintf(stderr, "cannot read %s\n", path);
        failed++;
    }
    if (stream)
        fclose(stream);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_directory(const char *directory)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_visible, alphasort);

    for (int i = 0; i < count; i++) {
        char path[4096];
        int size = snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        if (size > 0 && (size_t)size < sizeof(path))
            replay_file(path);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    printf("replay the empty input\n");
    fflush(stdout);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    passed++;

    for (int i = 1; i < argc; i++)
        replay_directory(argv[i]);

    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed > 0;
}
