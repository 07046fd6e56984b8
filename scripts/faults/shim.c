/* Fails the n-th change of a file below a folder, for programs that are run with LD_PRELOAD.
 *
 *   WEIR_FAULT_UNDER   the folder
 *   WEIR_FAULT_NTH     which change fails, from 1 on; 0 only counts
 *   WEIR_FAULT_KIND    ENOSPC, EIO or SHORT (half of a write is done; only writes are counted)
 *   WEIR_FAULT_REPORT  a file outside the folder: "fired <n> <call> <seconds> <path>", once
 *   WEIR_FAULT_COUNT   a file outside the folder: how many changes there were, at the end
 *
 * Counted: write, pwrite, writev, pwritev, fsync, fdatasync, ftruncate, fallocate, posix_fallocate,
 * rename, unlink and their relatives. A sync that is made to fail also takes back what was written
 * to its file since the last one that succeeded, as a kernel may that drops dirty pages.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char under[PATH_MAX];
static size_t under_length;
static long nth = -1, count;
static int fault, is_short;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct undo {
  struct undo *next;
  dev_t device;
  ino_t inode;
  off_t at, size; /* where, and how long the file was before */
  size_t length;
  char old[];
};
static struct undo *undos;

static void report(const char *name, const char *text) {
  const char *file = getenv(name);
  int to = file ? (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
  if (to < 0) return;
  syscall(SYS_write, to, text, strlen(text));
  syscall(SYS_close, to);
}

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("WEIR_FAULT_UNDER"), *n = getenv("WEIR_FAULT_NTH");
  const char *kind = getenv("WEIR_FAULT_KIND");
  if (!folder || !n || !realpath(folder, under)) return;
  under_length = strlen(under);
  is_short = kind && !strcmp(kind, "SHORT");
  fault = kind && !strcmp(kind, "ENOSPC") ? ENOSPC : EIO;
  nth = atol(n);
}

__attribute__((destructor)) static void end(void) {
  char text[32];
  if (nth < 0) return;
  snprintf(text, sizeof text, "%ld\n", count);
  report("WEIR_FAULT_COUNT", text);
}

static int is_under(const char *path) {
  return !strncmp(path, under, under_length) &&
         (path[under_length] == '/' || !path[under_length]);
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_under(path);
}

static int path_at(int folder, const char *name, char *path) {
  char parent[PATH_MAX];
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
  } else {
    if (folder == AT_FDCWD ? !getcwd(parent, sizeof parent) : (path_of(folder, parent), 0)) return 0;
    snprintf(path, PATH_MAX, "%.2000s/%.2000s", parent, name);
  }
  return is_under(path);
}

/* Say whether this change is the one that fails. The lock is held. */
static int is_it(const char *call, const char *path) {
  char text[PATH_MAX + 128];
  struct timespec now;
  if (++count != nth) return 0;
  clock_gettime(CLOCK_MONOTONIC, &now);
  snprintf(text, sizeof text, "fired %ld %s %ld.%06ld %s\n", count, call, (long)now.tv_sec,
           now.tv_nsec / 1000, path);
  report("WEIR_FAULT_REPORT", text);
  return 1;
}

/* What was written since the last sync. */

static void remember(int fd, off_t at, size_t length) {
  struct stat found;
  if (fstat(fd, &found) || !S_ISREG(found.st_mode)) return;
  size_t kept = at < found.st_size ? (size_t)(found.st_size - at) : 0;
  if (kept > length) kept = length;
  struct undo *undo = malloc(sizeof *undo + kept);
  if (!undo) return;
  *undo = (struct undo){undos, found.st_dev, found.st_ino, at, found.st_size, 0};
  if (kept) {
    ssize_t got = syscall(SYS_pread64, fd, undo->old, kept, at);
    if (got < 0) { /* opened for writing only */
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
      int to = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY, 0);
      if (to >= 0) {
        got = syscall(SYS_pread64, to, undo->old, kept, at);
        syscall(SYS_close, to);
      }
    }
    undo->length = got > 0 ? (size_t)got : 0;
  }
  undos = undo;
}

static void synced(int fd, int take_back) {
  struct stat found;
  if (fstat(fd, &found)) return;
  for (struct undo **place = &undos; *place;) {
    struct undo *undo = *place;
    if (undo->device != found.st_dev || undo->inode != found.st_ino) {
      place = &undo->next;
      continue;
    }
    if (take_back) {
      syscall(SYS_pwrite64, fd, undo->old, undo->length, undo->at);
      if (found.st_size > undo->size) syscall(SYS_ftruncate, fd, found.st_size = undo->size);
    }
    *place = undo->next;
    free(undo);
  }
}

/* The calls. */

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static off_t place_of(int fd) {
  int flags = fcntl(fd, F_GETFL);
  struct stat found;
  if (flags >= 0 && flags & O_APPEND && !fstat(fd, &found)) return found.st_size;
  off_t at = lseek(fd, 0, SEEK_CUR);
  return at < 0 ? 0 : at;
}

#define WRITING(call, at, length, half, whole) \
  char path[PATH_MAX]; \
  if (nth < 0 || !path_of(fd, path)) return whole; \
  int before = errno; \
  pthread_mutex_lock(&lock); \
  remember(fd, at, length); \
  int fails = is_it(call, path); \
  errno = before; \
  ssize_t done = -1; \
  if (fails && !is_short) errno = fault; \
  else if (fails) done = half; \
  else done = whole; \
  before = errno; \
  pthread_mutex_unlock(&lock); \
  errno = before; \
  return done

static size_t all_of(const struct iovec *parts, int n) {
  size_t length = 0;
  for (int i = 0; i < n; i++) length += parts[i].iov_len;
  return length;
}

ssize_t write(int fd, const void *from, size_t length) {
  REAL(write);
  WRITING("write", place_of(fd), length, real(fd, from, length / 2), real(fd, from, length));
}
ssize_t pwrite(int fd, const void *from, size_t length, off_t at) {
  REAL(pwrite);
  WRITING("pwrite", at, length, real(fd, from, length / 2, at), real(fd, from, length, at));
}
ssize_t pwrite64(int fd, const void *from, size_t length, off64_t at) {
  REAL(pwrite64);
  WRITING("pwrite", at, length, real(fd, from, length / 2, at), real(fd, from, length, at));
}
ssize_t writev(int fd, const struct iovec *parts, int n) {
  REAL(writev);
  WRITING("writev", place_of(fd), all_of(parts, n), real(fd, parts, (n + 1) / 2), real(fd, parts, n));
}
ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at) {
  REAL(pwritev);
  WRITING("pwritev", at, all_of(parts, n), real(fd, parts, (n + 1) / 2, at), real(fd, parts, n, at));
}
ssize_t pwritev64(int fd, const struct iovec *parts, int n, off64_t at) {
  REAL(pwritev64);
  WRITING("pwritev", at, all_of(parts, n), real(fd, parts, (n + 1) / 2, at), real(fd, parts, n, at));
}
ssize_t pwritev2(int fd, const struct iovec *parts, int n, off_t at, int flags) {
  REAL(pwritev2);
  WRITING("pwritev", at, all_of(parts, n), real(fd, parts, (n + 1) / 2, at, flags),
          real(fd, parts, n, at, flags));
}
ssize_t pwritev64v2(int fd, const struct iovec *parts, int n, off64_t at, int flags) {
  REAL(pwritev64v2);
  WRITING("pwritev", at, all_of(parts, n), real(fd, parts, (n + 1) / 2, at, flags),
          real(fd, parts, n, at, flags));
}

/* Everything but writes: whole or not at all. */
#define CHANGING(call, known, whole, after) \
  char path[PATH_MAX]; \
  if (nth < 0 || is_short || !(known)) return whole; \
  int before = errno; \
  pthread_mutex_lock(&lock); \
  int fails = is_it(call, path), done = -1; \
  errno = before; \
  if (fails) errno = fault; \
  else done = whole; \
  before = errno; \
  after; \
  pthread_mutex_unlock(&lock); \
  errno = before; \
  return done

int fsync(int fd) {
  REAL(fsync);
  CHANGING("fsync", path_of(fd, path), real(fd), synced(fd, fails));
}
int fdatasync(int fd) {
  REAL(fdatasync);
  CHANGING("fdatasync", path_of(fd, path), real(fd), synced(fd, fails));
}
int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  CHANGING("ftruncate", path_of(fd, path), real(fd, length), (void)0);
}
int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  CHANGING("ftruncate", path_of(fd, path), real(fd, length), (void)0);
}
int fallocate(int fd, int mode, off_t at, off_t length) {
  REAL(fallocate);
  CHANGING("fallocate", path_of(fd, path), real(fd, mode, at, length), (void)0);
}
int fallocate64(int fd, int mode, off64_t at, off64_t length) {
  REAL(fallocate64);
  CHANGING("fallocate", path_of(fd, path), real(fd, mode, at, length), (void)0);
}
/* These two give the error instead of -1. */
int posix_fallocate(int fd, off_t at, off_t length) {
  REAL(posix_fallocate);
  char path[PATH_MAX];
  if (nth < 0 || is_short || !path_of(fd, path)) return real(fd, at, length);
  pthread_mutex_lock(&lock);
  int done = is_it("posix_fallocate", path) ? fault : real(fd, at, length);
  pthread_mutex_unlock(&lock);
  return done;
}
int posix_fallocate64(int fd, off64_t at, off64_t length) {
  return posix_fallocate(fd, at, length);
}
int rename(const char *from, const char *to) {
  REAL(rename);
  CHANGING("rename", path_at(AT_FDCWD, to, path), real(from, to), (void)0);
}
int renameat(int a, const char *from, int b, const char *to) {
  REAL(renameat);
  CHANGING("rename", path_at(b, to, path), real(a, from, b, to), (void)0);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  REAL(renameat2);
  CHANGING("rename", path_at(b, to, path), real(a, from, b, to, flags), (void)0);
}
int unlink(const char *name) {
  REAL(unlink);
  CHANGING("unlink", path_at(AT_FDCWD, name, path), real(name), (void)0);
}
int unlinkat(int folder, const char *name, int flags) {
  REAL(unlinkat);
  CHANGING("unlink", path_at(folder, name, path), real(folder, name, flags), (void)0);
}
