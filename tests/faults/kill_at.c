/* Kills its own process at the n-th operation of a kind on files whose path contains a text.
 *
 *   LD_PRELOAD=kill_at.so KILL_AT=write:operations.db-wal:17 program ...
 *
 * Kinds: write (half of it is written first), sync (before), synced (after), unlink, rename. A text
 * that ends in $ must be the path's end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char kind[16], part[256];
static long wanted = -1;
static atomic_long seen;

__attribute__((constructor)) static void read_order(void) {
    const char *order = getenv("KILL_AT");
    if (order && sscanf(order, "%15[^:]:%255[^:]:%ld", kind, part, &wanted) != 3) wanted = -1;
}

static int fits(const char *path) {
    size_t length = strlen(part), whole = strlen(path);
    if (part[length - 1] != '$') return strstr(path, part) != NULL;
    return whole + 1 >= length && !strncmp(path + whole - (length - 1), part, length - 1);
}

static int is_due(const char *what, const char *path) {
    if (wanted < 0 || strcmp(what, kind) || !fits(path)) return 0;
    return atomic_fetch_add(&seen, 1) + 1 == wanted;
}

static int is_due_for(const char *what, int file) {
    char link[64], path[PATH_MAX];
    if (wanted < 0 || strcmp(what, kind)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_due(what, path);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

#define REAL(name, type) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*write_t)(int, const void *, size_t);
typedef ssize_t (*pwrite_t)(int, const void *, size_t, off_t);
typedef ssize_t (*writev_t)(int, const struct iovec *, int);
typedef ssize_t (*pwritev_t)(int, const struct iovec *, int, off_t);
typedef int (*sync_t)(int);
typedef int (*unlink_t)(const char *);
typedef int (*rename_t)(const char *, const char *);

ssize_t write(int file, const void *bytes, size_t size) {
    REAL("write", write_t);
    if (is_due_for("write", file)) { real(file, bytes, size / 2); die(); }
    return real(file, bytes, size);
}

static ssize_t write_at(pwrite_t real, int file, const void *bytes, size_t size, off_t at) {
    if (is_due_for("write", file)) { real(file, bytes, size / 2, at); die(); }
    return real(file, bytes, size, at);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) {
    REAL("pwrite", pwrite_t);
    return write_at(real, file, bytes, size, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off_t at) {
    REAL("pwrite64", pwrite_t);
    return write_at(real, file, bytes, size, at);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL("writev", writev_t);
    if (is_due_for("write", file)) { real(file, parts, count > 1 ? count / 2 : 1); die(); }
    return real(file, parts, count);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    REAL("pwritev", pwritev_t);
    if (is_due_for("write", file)) { real(file, parts, count > 1 ? count / 2 : 1, at); die(); }
    return real(file, parts, count, at);
}

static int sync_with(sync_t real, int file) {
    if (is_due_for("sync", file)) die();
    int result = real(file);
    if (is_due_for("synced", file)) die();
    return result;
}

int fsync(int file) { REAL("fsync", sync_t); return sync_with(real, file); }
int fdatasync(int file) { REAL("fdatasync", sync_t); return sync_with(real, file); }

int unlink(const char *path) {
    REAL("unlink", unlink_t);
    if (is_due("unlink", path)) die();
    return real(path);
}

int rename(const char *from, const char *to) {
    REAL("rename", rename_t);
    if (is_due("rename", to)) die();
    return real(from, to);
}
