/*
 * Records what a process writes, syncs, renames and deletes under one folder, in the order in which it happens.
 *
 * Preloaded (LD_PRELOAD) into a child of a test. LONGHAND_RECORD_FOLDER names the folder, LONGHAND_RECORD_LOG the file that takes
 * the records. Each call is done and recorded under one lock, so that the order of the records is that of the effects. Memory
 * mappings are not seen: what is written through them does not count as written.
 *
 * What the process writes to the file "fail" of the folder is an order: "n errno sticky" lets the n-th write, resize, creation or
 * sync from then on (0 is the next) fail with that number, and where sticky is 1 all after it; "-1 0 0" ends that. What can be read from
 * the file afterwards is 1 if a call has failed since the order before, else 0.
 *
 * A record: int32 kind, int32 length of the path, int64 offset, int64 length of the payload, path, payload; little-endian. Of a rename
 * the payload is the new path.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE = 2, RESIZE = 3, SYNC = 4, DELETE = 5, RENAME = 6, SYNC_FAILED = 7 };
enum { FDS = 65536 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *folder;
static size_t folder_length;
static char *paths[FDS]; /* of open descriptors under the folder */
static long calls_left = -1; /* until a call fails; negative: none does */
static int fail_errno;
static int fail_sticky;
static int has_failed;

__attribute__((constructor)) static void start(void) {
    const char *log = getenv("LONGHAND_RECORD_LOG");
    folder = getenv("LONGHAND_RECORD_FOLDER");
    if (log == NULL || folder == NULL) {
        return;
    }
    folder_length = strlen(folder);
    log_fd = (int) syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) {
        abort();
    }
}

static int is_inside(const char *path) {
    return log_fd >= 0 && path != NULL && strncmp(path, folder, folder_length) == 0
        && (path[folder_length] == '/' || path[folder_length] == 0);
}

static const char *path_of(int fd) {
    return fd >= 0 && fd < FDS ? paths[fd] : NULL;
}

/* A record that cannot be written would make the test believe in a better disk than there is. */
static void record(int32_t kind, const char *path, int64_t offset, const void *payload, int64_t length) {
    int32_t head[6];
    int saved = errno;
    head[0] = kind;
    head[1] = (int32_t) strlen(path);
    memcpy(head + 2, &offset, 8);
    memcpy(head + 4, &length, 8);
    struct iovec parts[3] = {{head, sizeof head}, {(void *) path, strlen(path)}, {(void *) payload, (size_t) length}};
    ssize_t total = (ssize_t) (sizeof head + strlen(path) + (size_t) length);
    if (syscall(SYS_writev, log_fd, parts, 3) != total) {
        abort();
    }
    errno = saved;
}

static int is_named(const char *path, const char *name) {
    const char *last = strrchr(path, '/');
    return last != NULL && strcmp(last + 1, name) == 0;
}

/* Whether this call is to fail; errno says why. */
static int fails(const char *path) {
    if (calls_left < 0 || is_named(path, "acks")) {
        return 0;
    }
    if (calls_left > 0) {
        calls_left--;
        return 0;
    }
    if (!fail_sticky) {
        calls_left = -1;
    }
    has_failed = 1;
    errno = fail_errno;
    return 1;
}

static void order(int fd, const void *bytes, size_t count) {
    char text[64] = {0};
    memcpy(text, bytes, count < sizeof text ? count : sizeof text - 1);
    if (sscanf(text, "%ld %d %d", &calls_left, &fail_errno, &fail_sticky) != 3) {
        abort();
    }
    if (syscall(SYS_write, fd, has_failed ? "1" : "0", 1) != 1) {
        abort();
    }
    has_failed = 0;
}

static void forget(int fd) {
    if (fd >= 0 && fd < FDS && paths[fd] != NULL) {
        free(paths[fd]);
        paths[fd] = NULL;
    }
}

static int open_recorded(int at, const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    int inside = is_inside(path);
    int is_new = inside && (flags & O_CREAT) && syscall(SYS_faccessat, at, path, F_OK) != 0;
    int fd = is_new && fails(path) ? -1 : (int) syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0) {
        forget(fd);
        if (inside && fd < FDS) {
            paths[fd] = strdup(path);
            if (is_new) {
                record(CREATE, path, 0, NULL, 0);
            } else if (flags & O_TRUNC) {
                record(RESIZE, path, 0, NULL, 0);
            }
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(NAME) \
    int NAME(const char *path, int flags, ...) { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments); \
        return open_recorded(AT_FDCWD, path, flags, mode); \
    }
#define OPENAT(NAME) \
    int NAME(int at, const char *path, int flags, ...) { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments); \
        return open_recorded(at, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    pthread_mutex_lock(&lock);
    forget(fd);
    int result = (int) syscall(SYS_close, fd);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (path_of(fd) == NULL) {
        return syscall(SYS_write, fd, bytes, count);
    }
    pthread_mutex_lock(&lock);
    ssize_t done = -1;
    if (is_named(path_of(fd), "fail")) {
        order(fd, bytes, count);
        pthread_mutex_unlock(&lock);
        return (ssize_t) count;
    }
    if (!fails(path_of(fd))) {
        done = syscall(SYS_write, fd, bytes, count);
    }
    if (done > 0) {
        record(WRITE, path_of(fd), syscall(SYS_lseek, fd, 0, SEEK_CUR) - done, bytes, done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

static ssize_t pwrite_recorded(int fd, const void *bytes, size_t count, off_t offset) {
    if (path_of(fd) == NULL) {
        return syscall(SYS_pwrite64, fd, bytes, count, offset);
    }
    pthread_mutex_lock(&lock);
    ssize_t done = -1;
    if (!fails(path_of(fd))) {
        done = syscall(SYS_pwrite64, fd, bytes, count, offset);
    }
    if (done > 0) {
        record(WRITE, path_of(fd), offset, bytes, done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return pwrite_recorded(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
    return pwrite_recorded(fd, bytes, count, offset);
}

static int resize_recorded(int fd, off_t size) {
    pthread_mutex_lock(&lock);
    const char *path = path_of(fd);
    int result = path != NULL && fails(path) ? -1 : (int) syscall(SYS_ftruncate, fd, size);
    if (result == 0 && path != NULL) {
        record(RESIZE, path_of(fd), size, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t size) {
    return resize_recorded(fd, size);
}

int ftruncate64(int fd, off_t size) {
    return resize_recorded(fd, size);
}

static int sync_recorded(long call, int fd) {
    if (path_of(fd) == NULL) {
        return (int) syscall(call, fd);
    }
    pthread_mutex_lock(&lock);
    int result = fails(path_of(fd)) ? -1 : (int) syscall(call, fd);
    record(result == 0 ? SYNC : SYNC_FAILED, path_of(fd), 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) {
    return sync_recorded(SYS_fsync, fd);
}

int fdatasync(int fd) {
    return sync_recorded(SYS_fdatasync, fd);
}

static int unlink_recorded(int at, const char *path, int flags) {
    pthread_mutex_lock(&lock);
    int result = (int) syscall(SYS_unlinkat, at, path, flags);
    if (result == 0 && is_inside(path)) {
        record(DELETE, path, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) {
    return unlink_recorded(AT_FDCWD, path, 0);
}

int unlinkat(int at, const char *path, int flags) {
    return unlink_recorded(at, path, flags);
}

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    int result = (int) syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0 && is_inside(from) && is_inside(to)) {
        record(RENAME, from, 0, to, (int64_t) strlen(to));
    }
    pthread_mutex_unlock(&lock);
    return result;
}
