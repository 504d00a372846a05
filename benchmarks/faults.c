/* Lets the n-th write to a file below a folder fail, and every one after it; an errno of 0: lets
   that one write only half. Opening a file to write counts, too. Preloaded by benchmarks.faults. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int due(const char *path) { /* 1: fail, 2: write half */
    static int count;
    const char *below = getenv("FAULT_BELOW");
    if (!below || strncmp(path, below, strlen(below)) || strstr(path, "__pycache__")) return 0;
    int at = atoi(getenv("FAULT_AT")), now = __sync_add_and_fetch(&count, 1);
    errno = atoi(getenv("FAULT_ERRNO"));
    return errno ? now >= at : 2 * (now == at);
}

static int due_file(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = 0;
    return due(path);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define WRITE(name, ...) REAL(name); int saved = errno, fault = due_file(file); \
    if (fault == 1) \
        return -1; \
    errno = saved; \
    return real(file, data, fault == 2 && size > 1 ? size / 2 : size, ##__VA_ARGS__)

ssize_t write(int file, const void *data, size_t size) { WRITE(write); }
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) { WRITE(pwrite64, at); }
ssize_t writev(int file, const struct iovec *data, int size) { WRITE(writev); }

#define OPEN(name) { REAL(name); va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); \
    va_end(rest); int saved = errno; \
    if ((flags & (O_WRONLY | O_RDWR)) && due(path) == 1) return -1; \
    errno = saved; return real(path, flags, mode); }
int open(const char *path, int flags, ...) OPEN(open)
int open64(const char *path, int flags, ...) OPEN(open64)
