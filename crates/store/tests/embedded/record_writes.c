/*
 * Records what a process does to the files of a folder, in the order in which it does it, so that a test can say what a
 * disk might have kept of it after a power cut. Loaded with LD_PRELOAD; RECORD_FOLDER is the folder, RECORD_TO the record.
 *
 * An entry is a line of text, and behind it as many bytes as its last number says:
 *
 *     open PATH 0              the file was made
 *     write PATH OFFSET LENGTH
 *     cut PATH LENGTH 0        the file has this length now
 *     sync PATH 0              a file or a folder
 *     rename FROM TO 0
 *     unlink PATH 0
 *     said LENGTH              standard output: what the process has acknowledged
 *
 * Paths are relative to the folder and have no blanks. Memory maps are not recorded: of the files that are written through them (SQLite's
 * -shm) nothing needs to last.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int record = -1;
static char folder[PATH_MAX];
static size_t folder_length;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((constructor)) static void begin(void) {
    const char *wanted = getenv("RECORD_FOLDER"), *to = getenv("RECORD_TO");
    if (!wanted || !to || !realpath(wanted, folder)) return;
    folder_length = strlen(folder);
    record = REAL(open)(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = REAL(write)(record, at, length);
        if (written <= 0) abort();
        at += written;
        length -= (size_t)written;
    }
}

static void note(const void *bytes, size_t length, const char *format, ...) {
    char line[2 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    int end = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    put(line, (size_t)end);
    put(bytes, length);
}

/* The part of a path behind the folder, "." for the folder itself; NULL: it is somewhere else. */
static const char *inside(const char *path) {
    if (record < 0 || strncmp(path, folder, folder_length) != 0) return NULL;
    if (path[folder_length] == 0) return ".";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *path_of(int fd, char *room) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, room, PATH_MAX - 1);
    if (length <= 0) return NULL;
    room[length] = 0;
    return inside(room);
}

static int opened(const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    int was_there = access(path, F_OK) == 0;
    int fd = REAL(open)(path, flags, mode);
    char room[PATH_MAX];
    const char *name = fd < 0 ? NULL : path_of(fd, room);
    if (name && !was_there) note("", 0, "open %s 0\n", name);
    if (name && was_there && (flags & O_TRUNC)) note("", 0, "cut %s 0 0\n", name);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN(name)                              \
    int name(const char *path, int flags, ...) { \
        va_list arguments;                      \
        va_start(arguments, flags);             \
        mode_t mode = va_arg(arguments, mode_t); \
        va_end(arguments);                      \
        return opened(path, flags, mode);       \
    }
OPEN(open)
OPEN(open64)

static void note_write(int fd, const void *bytes, ssize_t length, off_t offset) {
    char room[PATH_MAX];
    const char *name = path_of(fd, room);
    if (name) note(bytes, (size_t)length, "write %s %lld %zd\n", name, (long long)offset, length);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (record < 0) return REAL(write)(fd, bytes, length);
    pthread_mutex_lock(&lock);
    /* Said before it is heard: the test must not know of more than the record has. */
    if (fd == 1) note(bytes, length, "said %zu\n", length);
    ssize_t written = REAL(write)(fd, bytes, length);
    if (fd > 2 && fd != record && written > 0) note_write(fd, bytes, written, lseek(fd, 0, SEEK_CUR) - written);
    pthread_mutex_unlock(&lock);
    return written;
}

static ssize_t written_at(ssize_t written, int fd, const void *bytes, off_t offset) {
    if (record >= 0 && written > 0) note_write(fd, bytes, written, offset);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    pthread_mutex_lock(&lock);
    return written_at(REAL(pwrite)(fd, bytes, length, offset), fd, bytes, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    pthread_mutex_lock(&lock);
    return written_at(REAL(pwrite64)(fd, bytes, length, offset), fd, bytes, offset);
}

/* Rust writes headers and bodies so; one part at a time is as good. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0) return write(fd, parts[i].iov_base, parts[i].iov_len);
    return 0;
}

static int noted(int result, int fd, const char *format, long long number) {
    char room[PATH_MAX];
    const char *name = result == 0 && record >= 0 ? path_of(fd, room) : NULL;
    if (name) note("", 0, format, name, number);
    pthread_mutex_unlock(&lock);
    return result;
}

#define ON_FILE(call, name, format, number) \
    pthread_mutex_lock(&lock);              \
    return noted(REAL(name) call, fd, format, number)

int ftruncate(int fd, off_t length) { ON_FILE((fd, length), ftruncate, "cut %s %lld 0\n", length); }
int ftruncate64(int fd, off64_t length) { ON_FILE((fd, length), ftruncate64, "cut %s %lld 0\n", length); }
int fsync(int fd) { ON_FILE((fd), fsync, "sync %s %lld\n", 0); }
int fdatasync(int fd) { ON_FILE((fd), fdatasync, "sync %s %lld\n", 0); }

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    int result = REAL(rename)(from, to);
    if (result == 0 && record >= 0 && inside(from) && inside(to)) note("", 0, "rename %s %s 0\n", inside(from), inside(to));
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) {
    pthread_mutex_lock(&lock);
    int result = REAL(unlink)(path);
    if (result == 0 && record >= 0 && inside(path)) note("", 0, "unlink %s 0\n", inside(path));
    pthread_mutex_unlock(&lock);
    return result;
}
