/* SPDX-License-Identifier: Apache-2.0
 *
 * A file system for SQLite that fails where it is told, and an allocator for SQLite that does. A
 * sync is counted and can fail, but the disk is not asked: that would only take time. */
#include "faulty_vfs.h"

#include <sqlite3.h>
#include <string.h>

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind us in the same memory */
};

const char *faulty_last_call = "";
struct fault_plan faulty_files;
struct fault_plan faulty_memory;
static sqlite3_vfs *real_vfs;
static sqlite3_mem_methods real_memory;

static bool fails(struct fault_plan *plan, const char *call)
{
    plan->calls++;
    bool is_due = plan->fail_at != 0 &&
                  (plan->calls == plan->fail_at || (plan->fail_on && plan->calls > plan->fail_at));
    if (is_due) {
        faulty_last_call = call;
        plan->failed++;
    }
    return is_due;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct faulty_file *)(void *)file)->real;
}

static int faulty_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xClose(real);
}

static int faulty_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    sqlite3_file *real = real_of(file);
    if (fails(&faulty_files, "xRead"))
        return SQLITE_IOERR_READ;
    return real->pMethods->xRead(real, data, size, offset);
}

static int faulty_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    sqlite3_file *real = real_of(file);
    if (fails(&faulty_files, "xWrite")) {
        /* Half of it arrives, as it can on a disk. */
        (void)real->pMethods->xWrite(real, data, size / 2, offset);
        return faulty_files.is_full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    return real->pMethods->xWrite(real, data, size, offset);
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *real = real_of(file);
    if (fails(&faulty_files, "xTruncate"))
        return SQLITE_IOERR_TRUNCATE;
    return real->pMethods->xTruncate(real, size);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    if (fails(&faulty_files, "xSync")) {
        faulty_files.syncs_failed++;
        return SQLITE_IOERR_FSYNC;
    }
    return SQLITE_OK;
}

static int faulty_file_size(sqlite3_file *file, sqlite3_int64 *size_out)
{
    sqlite3_file *real = real_of(file);
    if (fails(&faulty_files, "xFileSize"))
        return SQLITE_IOERR_FSTAT;
    return real->pMethods->xFileSize(real, size_out);
}

static int faulty_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = real_of(file);
    if (fails(&faulty_files, "xLock"))
        return SQLITE_IOERR_LOCK;
    return real->pMethods->xLock(real, level);
}

static int faulty_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xUnlock(real, level);
}

static int faulty_check_reserved(sqlite3_file *file, int *out)
{
    sqlite3_file *real = real_of(file);
    if (fails(&faulty_files, "xCheckReservedLock"))
        return SQLITE_IOERR_CHECKRESERVEDLOCK;
    return real->pMethods->xCheckReservedLock(real, out);
}

static int faulty_control(sqlite3_file *file, int operation, void *argument)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xFileControl(real, operation, argument);
}

static int faulty_sector_size(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xSectorSize(real);
}

static int faulty_characteristics(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xDeviceCharacteristics(real);
}

static int faulty_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    sqlite3_file *real = real_of(file);
    if (fails(&faulty_files, "xShmMap"))
        return SQLITE_IOERR_SHMMAP;
    return real->pMethods->xShmMap(real, page, size, extend, out);
}

static int faulty_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = real_of(file);
    if ((flags & SQLITE_SHM_LOCK) != 0 && fails(&faulty_files, "xShmLock"))
        return SQLITE_IOERR_SHMLOCK;
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void faulty_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    real->pMethods->xShmBarrier(real);
}

static int faulty_shm_unmap(sqlite3_file *file, int delete_it)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xShmUnmap(real, delete_it);
}

/* Version 2: with shared memory, without mapping of the file itself. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_file_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_check_reserved,
    .xFileControl = faulty_control,
    .xSectorSize = faulty_sector_size,
    .xDeviceCharacteristics = faulty_characteristics,
    .xShmMap = faulty_shm_map,
    .xShmLock = faulty_shm_lock,
    .xShmBarrier = faulty_shm_barrier,
    .xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *flags_out)
{
    struct faulty_file *faulty = (struct faulty_file *)(void *)file;
    (void)vfs;
    faulty->base.pMethods = NULL;
    if (fails(&faulty_files, "xOpen"))
        return SQLITE_CANTOPEN;
    faulty->real = (sqlite3_file *)(void *)(faulty + 1);
    int code = real_vfs->xOpen(real_vfs, name, faulty->real, flags, flags_out);
    if (code == SQLITE_OK)
        faulty->base.pMethods = &methods;
    return code;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs;
    if (fails(&faulty_files, "xDelete"))
        return SQLITE_IOERR_DELETE;
    return real_vfs->xDelete(real_vfs, name, sync_directory);
}

static int faulty_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    if (fails(&faulty_files, "xAccess"))
        return SQLITE_IOERR_ACCESS;
    return real_vfs->xAccess(real_vfs, name, flags, out);
}

static void *faulty_allocate(int size)
{
    return fails(&faulty_memory, "malloc") ? NULL : real_memory.xMalloc(size);
}

static void *faulty_reallocate(void *pointer, int size)
{
    return fails(&faulty_memory, "realloc") ? NULL : real_memory.xRealloc(pointer, size);
}

static bool install_memory(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
        return false;
    static sqlite3_mem_methods memory;
    memory = real_memory;
    memory.xMalloc = faulty_allocate;
    memory.xRealloc = faulty_reallocate;
    /* Without the lookaside every small piece comes by us. */
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) == SQLITE_OK &&
           sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK;
}

bool faulty_install(void)
{
    static sqlite3_vfs vfs;
    if (!install_memory() || sqlite3_initialize() != SQLITE_OK)
        return false;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.pNext = NULL;
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(struct faulty_file) + real_vfs->szOsFile;
    vfs.xOpen = faulty_open;
    vfs.xDelete = faulty_delete;
    vfs.xAccess = faulty_access;
    return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
}
