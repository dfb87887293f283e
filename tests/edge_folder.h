/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EDGE_FOLDER_H
#define TESTS_EDGE_FOLDER_H

/* A folder for one test of the edge, and what such tests do with their files. */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct edge_folder {
    char path[64];
};

static inline struct edge_folder edge_folder_make(void)
{
    struct edge_folder folder = {"/tmp/doorward-edge-XXXXXX"};

    if (mkdtemp(folder.path) == NULL) {
        abort();
    }
    return folder;
}

static inline int edge_folder_remove_one(const char *path, const struct stat *file, int kind,
                                         struct FTW *where)
{
    (void)file;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void edge_folder_remove(const struct edge_folder *folder)
{
    (void)nftw(folder->path, edge_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* "folder/name", good until the next call. */
static inline const char *edge_folder_file(const struct edge_folder *folder, const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    return path;
}

/* Overwrites bytes of a file in place. */
static inline void edge_folder_scribble(const struct edge_folder *folder, const char *name, long at,
                                        const void *bytes, size_t len)
{
    FILE *file = fopen(edge_folder_file(folder, name), "r+b");

    if (file == NULL || fseek(file, at, SEEK_SET) != 0 || fwrite(bytes, 1, len, file) != len ||
        fclose(file) != 0) {
        abort();
    }
}

#endif
