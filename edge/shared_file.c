/* SPDX-License-Identifier: Apache-2.0 */
#include "shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define FILE_MODE 0660

/* All of it is taken from the disk now: a page that cannot be had later would be a SIGBUS. */
static int fill(int fd, const struct shared_kind *kind)
{
    struct shared_head head = {.layout = kind->layout};
    const int error = posix_fallocate(fd, 0, (off_t)kind->size);

    if (error != 0) {
        return error;
    }
    if (getrandom(head.seed, sizeof(head.seed), 0) != (ssize_t)sizeof(head.seed)) {
        return errno;
    }
    return pwrite(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) ? 0 : EIO;
}

/* Made under another name and renamed, so that nobody sees half a file. */
static int create_file(const char *folder, const struct shared_kind *kind, const char *path,
                       struct complaint *why)
{
    char new_path[PATH_MAX];
    int error;
    int fd;

    if (folder_make(folder, why) != 0 ||
        folder_path(folder, kind->new_name, new_path, sizeof(new_path), why) != 0) {
        return -1;
    }
    (void)unlink(new_path);
    fd = open(new_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return complain(why, "%s: %s", new_path, strerror(errno));
    }
    error = fill(fd, kind);
    close(fd);
    if (error != 0) {
        return complain(why, "%s: cannot make it %zu bytes long: %s", new_path, kind->size,
                        strerror(error));
    }
    if (folder_share(folder, kind->new_name, FILE_MODE, why) != 0) {
        return -1;
    }
    return rename(new_path, path) == 0 ? 0 : complain(why, "%s: %s", path, strerror(errno));
}

static int map_file(struct shared_file *made, const struct shared_kind *kind, int fd)
{
    struct shared_layout layout;
    struct stat file;
    void *map;

    if (fstat(fd, &file) != 0) {
        return errno;
    }
    if (file.st_size != (off_t)kind->size ||
        pread(fd, &layout, sizeof(layout), 0) != (ssize_t)sizeof(layout) ||
        memcmp(&layout, &kind->layout, sizeof(layout)) != 0) {
        return EINVAL;
    }
    map = mmap(NULL, kind->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return errno;
    }
    made->map = map;
    made->size = kind->size;
    made->device = file.st_dev;
    made->inode = file.st_ino;
    return 0;
}

/* 0, EINVAL for what is no file of this layout, or another errno. */
static int attach(struct shared_file *made, const struct shared_kind *kind)
{
    const int fd = open(made->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    int error;

    if (fd < 0) {
        return errno;
    }
    error = map_file(made, kind, fd);
    close(fd);
    return error;
}

int shared_file_open(const char *folder, const struct shared_kind *kind, bool create,
                     struct shared_file *file, struct complaint *why)
{
    int error;

    if (folder_path(folder, kind->name, file->path, sizeof(file->path), why) != 0) {
        return -1;
    }
    error = attach(file, kind);
    if (create && (error == EINVAL || error == ENOENT)) {
        if (create_file(folder, kind, file->path, why) != 0) {
            return -1;
        }
        error = attach(file, kind);
    }
    if (error == EINVAL) {
        return complain(why, "%s: was made by another version: restart the daemon", file->path);
    }
    if (error != 0) {
        return complain(why, "%s: %s", file->path, strerror(error));
    }
    if (create && folder_share(folder, kind->name, FILE_MODE, why) != 0) {
        shared_file_close(file);
        return -1;
    }
    return 0;
}

void shared_file_close(struct shared_file *file)
{
    if (file->map != NULL) {
        munmap(file->map, file->size);
        file->map = NULL;
    }
}

bool shared_file_is_current(const struct shared_file *file)
{
    struct stat now;

    return stat(file->path, &now) == 0 && now.st_dev == file->device && now.st_ino == file->inode;
}
