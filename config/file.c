/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to `size` bytes; -1 and errno if the file cannot be read. */
static ssize_t read_up_to(int fd, char *buffer, size_t size)
{
    size_t len = 0;
    ssize_t got = 1;

    while (got != 0 && len < size) {
        got = read(fd, buffer + len, size - len);
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)len;
}

int file_read(const char *path, size_t max, char **bytes, size_t *len, struct complaint *why)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *buffer;
    ssize_t got;

    if (fd < 0) {
        return complain(why, "%s: %s", path, strerror(errno));
    }
    buffer = malloc(max + 1);
    got = buffer == NULL ? -1 : read_up_to(fd, buffer, max + 1);
    if (got < 0 || (size_t)got > max) {
        (void)complain(why, "%s: %s", path, got < 0 ? strerror(errno) : "the file is too large");
        (void)close(fd);
        free(buffer);
        return -1;
    }
    (void)close(fd);
    *bytes = buffer;
    *len = (size_t)got;
    return 0;
}

static int write_all(int fd, struct dw_span bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        const ssize_t n = write(fd, bytes.at + done, bytes.len - done);

        if (n < 0 && errno != EINTR) {
            return -1;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return fchmod(fd, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
}

int file_replace(const char *path, struct dw_span bytes, struct complaint *why)
{
    char draft[PATH_MAX];
    const int n = snprintf(draft, sizeof draft, "%s.XXXXXX", path);
    int fd, failed;

    if (n < 0 || (size_t)n >= sizeof draft) {
        return complain(why, "%s: %s", path, strerror(ENAMETOOLONG));
    }
    fd = mkostemp(draft, O_CLOEXEC);
    if (fd < 0) {
        return complain(why, "%s: %s", path, strerror(errno));
    }
    failed = write_all(fd, bytes);
    if (close(fd) != 0 || failed != 0 || rename(draft, path) != 0) {
        (void)complain(why, "%s: %s", path, strerror(errno));
        (void)unlink(draft);
        return -1;
    }
    return 0;
}
