/* A disk that remembers and a disk that fails: loaded by LD_PRELOAD into a process under test.
 *
 * Of the files below DISK_WATCH (an absolute folder) every change goes into the file DISK_RECORD, in the order in which
 * the system saw it, with what was written to standard output ("acknowledged") between them. disk_fail() makes some of
 * the coming calls on those files fail. The format of a record: struct record, then `path` bytes, then `data` bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096
enum { NOT_WATCHED = 0, WATCHED = 1, MAPPED = 2 };
enum { NOTHING = 0, IO_ERROR = 1, NO_SPACE = 2, SHORT = 3, SHORT_THEN_NO_SPACE = 4 };

struct record {
    uint32_t pid;
    int32_t fd;
    int64_t number;
    uint32_t path;
    uint32_t data;
    char kind[8];
};

static char watch[PATH_MAX];
static size_t watch_length;
static int record_fd = -1;
static pid_t mine;
static unsigned char state[MOST_FILES];
static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static int how = NOTHING;
static long first_failing, failing, calls, hits;

static void in_child(void) {
    mine = getpid();
    pthread_mutex_t fresh = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    mutex = fresh;
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("DISK_WATCH"), *record = getenv("DISK_RECORD");
    mine = getpid();
    pthread_atfork(NULL, NULL, in_child);
    if (folder != NULL) {
        snprintf(watch, sizeof watch, "%s", folder);
        watch_length = strlen(watch);
    }
    if (record != NULL) {
        int fd = syscall(SYS_openat, AT_FDCWD, record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0) {
            record_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900); /* out of the way of who counts on small numbers */
            syscall(SYS_close, fd);
        }
    }
}

/* Which calls fail ------------------------------------------------------------------------------------------------ */

void disk_fail(int kind, long first, long count) {
    pthread_mutex_lock(&mutex);
    how = kind, first_failing = first, failing = count, calls = hits = 0;
    pthread_mutex_unlock(&mutex);
}
long disk_calls(void) { return calls; }
long disk_hits(void) { return hits; }

/* A vforked child shares our memory until it becomes another program: it is not to be counted or recorded. */
static int ours(void) { return watch_length != 0 && getpid() == mine; }

static int fails(void) {
    calls++;
    if (how == NOTHING || calls < first_failing || calls >= first_failing + failing) return 0;
    hits++;
    return 1;
}
static int refuses(void) { /* of a call that cannot be short */
    if (how == SHORT || !fails()) return 0;
    errno = how == IO_ERROR ? EIO : ENOSPC;
    return 1;
}

/* What is remembered ---------------------------------------------------------------------------------------------- */

static void put(const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        long done = syscall(SYS_write, record_fd, at, size);
        if (done <= 0) abort();
        at += done, size -= done;
    }
}

static void note(const char *kind, int fd, int64_t number, const char *path, const void *data, size_t size) {
    if (record_fd < 0) return;
    int before = errno;
    struct record head = {.pid = mine, .fd = fd, .number = number, .path = path ? strlen(path) : 0, .data = size};
    memcpy(head.kind, kind, strlen(kind));
    put(&head, sizeof head);
    if (path) put(path, head.path);
    if (size) put(data, size);
    errno = before;
}

static int below(const char *path) {
    return strncmp(path, watch, watch_length) == 0 && (path[watch_length] == '/' || path[watch_length] == 0);
}

static const char *whole(int folder, const char *path, char *room) {
    char link[64];
    ssize_t length = 0;
    if (path[0] == '/') {
        snprintf(room, PATH_MAX, "%s", path);
        return room;
    }
    if (folder == AT_FDCWD) {
        if (getcwd(room, PATH_MAX) == NULL) return path;
        length = strlen(room);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = readlink(link, room, PATH_MAX - 1);
        if (length < 0) return path;
    }
    snprintf(room + length, PATH_MAX - length, "/%s", path);
    return room;
}

static int watched(int fd) { return ours() && fd >= 0 && fd < MOST_FILES && state[fd] != NOT_WATCHED; }

static void note_content(int fd) { /* of a mapped file, whose changes make no call */
    char link[64], *bytes;
    struct stat status;
    if (record_fd < 0 || state[fd] != MAPPED || fstat(fd, &status) != 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int file = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    bytes = malloc(status.st_size + 1);
    ssize_t size = file < 0 ? 0 : syscall(SYS_pread64, file, bytes, status.st_size, 0);
    if (size > 0) note("write", fd, 0, NULL, bytes, size);
    if (file >= 0) syscall(SYS_close, file);
    free(bytes);
}

#define REAL(name, ...) \
    static __typeof__(&name) real; \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Opening and closing --------------------------------------------------------------------------------------------- */

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char room[PATH_MAX];
    int mutating = (flags & (O_CREAT | O_TRUNC)) != 0, fd;
    if (!ours() || !below(whole(folder, path, room))) return syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&mutex);
    if (mutating && refuses()) {
        pthread_mutex_unlock(&mutex);
        return -1;
    }
    fd = syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0 && fd < MOST_FILES) {
        state[fd] = WATCHED;
        note("open", fd, flags, room, NULL, 0);
    }
    pthread_mutex_unlock(&mutex);
    return fd;
}

#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }
int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags | O_LARGEFILE, mode); }

int close(int fd) {
    REAL(close);
    if (!watched(fd)) return real(fd);
    pthread_mutex_lock(&mutex);
    state[fd] = NOT_WATCHED;
    note("close", fd, 0, NULL, NULL, 0);
    int done = real(fd);
    pthread_mutex_unlock(&mutex);
    return done;
}

/* Writing --------------------------------------------------------------------------------------------------------- */

static ssize_t written(int fd, const void *data, size_t size, off_t at, int here) {
    ssize_t done;
    int shortened = 0;
    pthread_mutex_lock(&mutex);
    if (fails()) {
        if (how == IO_ERROR || how == NO_SPACE) {
            errno = how == IO_ERROR ? EIO : ENOSPC;
            pthread_mutex_unlock(&mutex);
            return -1;
        }
        shortened = 1;
        size = size / 2 + size % 2; /* never nothing, which would be an error, not a short write */
    }
    if (here) {
        done = syscall(SYS_write, fd, data, size);
        at = lseek(fd, 0, SEEK_CUR) - (done > 0 ? done : 0);
    } else {
        done = syscall(SYS_pwrite64, fd, data, size, at);
    }
    if (done > 0) note("write", fd, at, NULL, data, done);
    if (shortened && how == SHORT_THEN_NO_SPACE) how = NO_SPACE, failing++;
    pthread_mutex_unlock(&mutex);
    return done;
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    if (watched(fd)) return written(fd, data, size, 0, 1);
    if (fd != STDOUT_FILENO || !ours() || record_fd < 0) return real(fd, data, size);
    pthread_mutex_lock(&mutex);
    note("said", fd, 0, NULL, data, size);
    ssize_t done = real(fd, data, size);
    pthread_mutex_unlock(&mutex);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    return watched(fd) ? written(fd, data, size, at, 0) : real(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    return watched(fd) ? written(fd, data, size, at, 0) : real(fd, data, size, at);
}
static int unreadable(int fd) {
    if (!watched(fd) || how != IO_ERROR) return 0;
    pthread_mutex_lock(&mutex);
    int failing_now = refuses();
    pthread_mutex_unlock(&mutex);
    return failing_now;
}
ssize_t read(int fd, void *data, size_t size) {
    REAL(read);
    return unreadable(fd) ? -1 : real(fd, data, size);
}
ssize_t pread(int fd, void *data, size_t size, off_t at) {
    REAL(pread);
    return unreadable(fd) ? -1 : real(fd, data, size, at);
}
ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    REAL(pread64);
    return unreadable(fd) ? -1 : real(fd, data, size, at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (!watched(fd)) return real(fd, parts, count);
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = written(fd, parts[i].iov_base, parts[i].iov_len, 0, 1);
        if (done < 0) return total ? total : -1;
        total += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return total;
}
/* Copies within the kernel make no call that could be remembered: whoever tries one falls back to writing. */
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    REAL(sendfile64);
    if (!watched(to)) return real(to, from, at, size);
    errno = EINVAL;
    return -1;
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) { return sendfile(to, from, at, size); }
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t size, unsigned flags) {
    REAL(copy_file_range);
    if (!watched(to)) return real(from, at, to, there, size, flags);
    errno = EXDEV;
    return -1;
}

#define CHANGE(kind, number, call) \
    if (!watched(fd)) return call; \
    pthread_mutex_lock(&mutex); \
    int done = refuses() ? -1 : call; \
    if (done == 0) note(kind, fd, number, NULL, NULL, 0); \
    pthread_mutex_unlock(&mutex); \
    return done;

int ftruncate(int fd, off_t size) { REAL(ftruncate); CHANGE("cut", size, real(fd, size)) }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); CHANGE("cut", size, real(fd, size)) }

static int allocated(int fd, off_t at, off_t size, int (*real)(int, off_t, off_t)) { /* returns the error */
    if (!watched(fd)) return real(fd, at, size);
    pthread_mutex_lock(&mutex);
    int error = refuses() ? errno : real(fd, at, size);
    if (error == 0) note("grow", fd, at + size, NULL, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return error;
}
int posix_fallocate(int fd, off_t at, off_t size) { REAL(posix_fallocate); return allocated(fd, at, size, real); }
int posix_fallocate64(int fd, off64_t at, off64_t size) { REAL(posix_fallocate64); return allocated(fd, at, size, real); }

static void *mapped(int fd, int protection, int flags, void *memory) {
    if (memory != MAP_FAILED && watched(fd) && (protection & PROT_WRITE) && (flags & MAP_SHARED)) state[fd] = MAPPED;
    return memory;
}
void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t at) {
    REAL(mmap);
    return mapped(fd, protection, flags, real(where, size, protection, flags, fd, at));
}
void *mmap64(void *where, size_t size, int protection, int flags, int fd, off64_t at) {
    REAL(mmap64);
    return mapped(fd, protection, flags, real(where, size, protection, flags, fd, at));
}

/* Syncing --------------------------------------------------------------------------------------------------------- */

static int synced(int fd, int (*real)(int)) {
    if (!watched(fd)) return real(fd);
    pthread_mutex_lock(&mutex);
    int done = refuses() ? -1 : real(fd);
    if (done == 0) {
        note_content(fd);
        note("sync", fd, 0, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&mutex);
    return done;
}
int fsync(int fd) { REAL(fsync); return synced(fd, real); }
int fdatasync(int fd) { REAL(fdatasync); return synced(fd, real); }

/* Names ----------------------------------------------------------------------------------------------------------- */

/* A full disk has room for one name less. */
#define NAME_CHANGE(kind, folder, path, call) \
    char room[PATH_MAX]; \
    if (!ours() || !below(whole(folder, path, room))) return call; \
    pthread_mutex_lock(&mutex); \
    int spared = kind[0] == 'g' && how != IO_ERROR; \
    int done = !spared && refuses() ? -1 : call; \
    if (done == 0) note(kind, -1, 0, room, NULL, 0); \
    pthread_mutex_unlock(&mutex); \
    return done;

int mkdir(const char *path, mode_t mode) { REAL(mkdir); NAME_CHANGE("mkdir", AT_FDCWD, path, real(path, mode)) }
int mkdirat(int folder, const char *path, mode_t mode) { REAL(mkdirat); NAME_CHANGE("mkdir", folder, path, real(folder, path, mode)) }
int rmdir(const char *path) { REAL(rmdir); NAME_CHANGE("gone", AT_FDCWD, path, real(path)) }
int unlink(const char *path) { REAL(unlink); NAME_CHANGE("gone", AT_FDCWD, path, real(path)) }
int unlinkat(int folder, const char *path, int flags) { REAL(unlinkat); NAME_CHANGE("gone", folder, path, real(folder, path, flags)) }
int remove(const char *path) { REAL(remove); NAME_CHANGE("gone", AT_FDCWD, path, real(path)) }

static int renamed(int from, const char *old, int to, const char *new, int done) {
    char room[PATH_MAX], target[PATH_MAX];
    if (done == 0) {
        whole(from, old, room), whole(to, new, target);
        note("rename", -1, 0, room, target, strlen(target));
    }
    return done;
}
static int name_watched(int folder, const char *path) {
    char room[PATH_MAX];
    return ours() && below(whole(folder, path, room));
}
int renameat(int from, const char *old, int to, const char *new) {
    if (!name_watched(from, old) && !name_watched(to, new)) return syscall(SYS_renameat2, from, old, to, new, 0);
    pthread_mutex_lock(&mutex);
    int done = refuses() ? -1 : syscall(SYS_renameat2, from, old, to, new, 0);
    renamed(from, old, to, new, done);
    pthread_mutex_unlock(&mutex);
    return done;
}
int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }
