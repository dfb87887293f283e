/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0750
#define PERMISSIONS 07777

int folder_make(const char *folder, struct complaint *why)
{
    if (mkdir(folder, FOLDER_MODE) != 0) {
        return errno == EEXIST
                   ? 0
                   : complain(why, "%s: cannot make the folder: %s", folder, strerror(errno));
    }
    if (chmod(folder, FOLDER_MODE) != 0) {
        return complain(why, "%s: cannot set the mode: %s", folder, strerror(errno));
    }
    return 0;
}

int folder_path(const char *folder, const char *name, char *buffer, size_t size,
                struct complaint *why)
{
    const int len = snprintf(buffer, size, "%s/%s", folder, name);

    if (len < 0 || (size_t)len >= size) {
        return complain(why, "%s: the path is too long", folder);
    }
    return 0;
}

int folder_share(const char *folder, const char *name, mode_t mode, struct complaint *why)
{
    char path[PATH_MAX];
    struct stat parent;
    struct stat file;

    if (folder_path(folder, name, path, sizeof(path), why) != 0) {
        return -1;
    }
    if (stat(folder, &parent) != 0 || lstat(path, &file) != 0) {
        return complain(why, "%s: %s", path, strerror(errno));
    }
    if (geteuid() == 0 && (file.st_uid != parent.st_uid || file.st_gid != parent.st_gid) &&
        lchown(path, parent.st_uid, parent.st_gid) != 0) {
        return complain(why, "%s: cannot set the owner: %s", path, strerror(errno));
    }
    if ((file.st_mode & PERMISSIONS) != mode && chmod(path, mode) != 0) {
        return complain(why, "%s: cannot set the mode: %s", path, strerror(errno));
    }
    return 0;
}
