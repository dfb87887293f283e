/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "environment.h"
#include "folder.h"

#define BOOT_ID   "/proc/sys/kernel/random/boot_id"
#define BOOT_FILE "boot"
#define FILE_MODE 0640
#define ID_SIZE   36

static bool read_id(int fd, char id[ID_SIZE])
{
    return pread(fd, id, ID_SIZE, 0) == ID_SIZE;
}

static int find_id(char id[ID_SIZE], struct complaint *why)
{
    const int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    bool done;

    if (fd < 0) {
        return complain(why, "%s: %s", BOOT_ID, strerror(errno));
    }
    done = read_id(fd, id);
    close(fd);
    return done ? 0 : complain(why, "%s: cannot be read", BOOT_ID);
}

static bool is_marked(int fd, const char id[ID_SIZE])
{
    char there[ID_SIZE];

    return read_id(fd, there) && memcmp(there, id, ID_SIZE) == 0;
}

static int open_mark(const char *folder, int flags, struct complaint *why)
{
    char path[PATH_MAX];
    int fd;

    if (folder_path(folder, BOOT_FILE, path, sizeof(path), why) != 0) {
        return -1;
    }
    fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    return fd >= 0 ? fd : complain(why, "%s: %s", path, strerror(errno));
}

/* The mark comes last: whoever sees it finds nothing of before. */
static int clean_up(const char *folder, int fd, struct complaint *why)
{
    char id[ID_SIZE];

    if (flock(fd, LOCK_EX) != 0) {
        return complain(why, "%s: cannot be locked: %s", folder, strerror(errno));
    }
    if (folder_share(folder, BOOT_FILE, FILE_MODE, why) != 0 || find_id(id, why) != 0) {
        return -1;
    }
    if (is_marked(fd, id)) {
        return 0;
    }
    if (environment_remove(folder, why) != 0) {
        return -1;
    }
    return pwrite(fd, id, ID_SIZE, 0) == ID_SIZE
               ? 0
               : complain(why, "%s: cannot write: %s", folder, strerror(errno));
}

int boot_enter(const char *folder, struct complaint *why)
{
    const int fd = open_mark(folder, O_RDWR | O_CREAT, why);

    if (fd >= 0 && clean_up(folder, fd, why) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int boot_check(const char *folder, struct complaint *why)
{
    const int fd = open_mark(folder, O_RDONLY, NULL);
    char id[ID_SIZE];
    bool marked;

    if (fd < 0) {
        return complain(why, "%s: nothing is known yet: start the daemon", folder);
    }
    marked = find_id(id, why) == 0 && is_marked(fd, id);
    close(fd);
    return marked ? 0 : complain(why, "%s: is of an earlier start: start the daemon", folder);
}
