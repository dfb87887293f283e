/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

#define FOLDER_MODE 0750
#define SHARED_MODE 02750 /* what is made inside belongs to the group */
#define SOCKET_MAX  96    /* bytes of a socket's path, with room for a name while it is made */

int place_join(const char *folder, const char *name, char path[PATH_MAX], struct complaint *why)
{
    const size_t folder_len = strlen(folder), name_len = strlen(name);

    if (folder_len + name_len + 2 > PATH_MAX) {
        return complain(why, "%s: the path is too long", folder);
    }
    memcpy(path, folder, folder_len);
    path[folder_len] = '/';
    memcpy(path + folder_len + 1, name, name_len + 1);
    return 0;
}

/* -- Folders ----------------------------------------------------------------------------------- */

/* Also the folders above it. */
static int make_folders(const char *path, struct complaint *why)
{
    char part[PATH_MAX];
    const size_t len = strlen(path);

    if (len == 0 || len >= sizeof part) {
        return complain(why, "%s: the path is empty or too long", path);
    }
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, i == len ? FOLDER_MODE : 0755) != 0 && errno != EEXIST) {
            return complain(why, "%s: cannot make the folder: %s", part, strerror(errno));
        }
        part[i] = path[i];
    }
    return 0;
}

int place_share(const struct place *place, const char *folder, struct complaint *why)
{
    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST) {
        return complain(why, "%s: cannot make the folder: %s", folder, strerror(errno));
    }
    if (!place->has_worker) {
        return 0;
    }
    if (chown(folder, (uid_t)-1, place->group) != 0 || chmod(folder, SHARED_MODE) != 0) {
        return complain(why, "%s: cannot open it to %s: %s", folder, PLACE_WORKER, strerror(errno));
    }
    return 0;
}

/* -- Who may get there ------------------------------------------------------------------------- */

static void find_worker(struct place *place)
{
    const struct passwd *worker = geteuid() == 0 ? getpwnam(PLACE_WORKER) : NULL;

    place->has_worker = worker != NULL;
    place->group = worker != NULL ? worker->pw_gid : 0;
}

static bool may_enter(const char *folder, gid_t group)
{
    struct stat found;

    if (stat(folder, &found) != 0) {
        return false;
    }
    const mode_t needed = found.st_gid == group ? S_IXGRP : S_IXOTH;
    return (found.st_mode & needed) != 0;
}

/* Whether the group may walk down to an absolute path's last folder, not counting that one. */
static bool may_reach(const char *path, gid_t group)
{
    char part[PATH_MAX];

    memcpy(part, path, strlen(path) + 1);
    for (size_t i = 1; part[i] != '\0'; i++) {
        if (part[i] != '/') {
            continue;
        }
        part[i] = '\0';
        const bool entered = may_enter(part, group);
        part[i] = '/';
        if (!entered) {
            return false;
        }
    }
    return may_enter("/", group);
}

/* Only a folder that holds our records, or is empty yet, is ours to open to another group. */
static bool is_ours(const struct place *place, bool new)
{
    char records[PATH_MAX];

    return new || (place_join(place->data, "doorward.db", records, NULL) == 0 &&
                   access(records, F_OK) == 0);
}

static bool open_data(const struct place *place, bool new)
{
    if (!place->has_worker) {
        return true;
    }
    if (!may_reach(place->data, place->group)) {
        return false;
    }
    if (is_ours(place, new)) {
        return place_share(place, place->data, NULL) == 0;
    }
    return may_enter(place->data, place->group);
}

/* -- Where everything is ----------------------------------------------------------------------- */

/* FNV-1a: only to tell one DATA from another. */
static unsigned hash_path(const char *path)
{
    uint32_t hash = 2166136261u;

    for (; *path != '\0'; path++) {
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    }
    return hash;
}

static bool is_empty(const char *folder)
{
    DIR *entries = opendir(folder);
    bool empty = true;

    if (entries == NULL) {
        return true;
    }
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    }
    closedir(entries);
    return empty;
}

static int find_data(const char *data, char path[PATH_MAX], bool *new, struct complaint *why)
{
    *new = is_empty(data);
    if (make_folders(data, why) != 0) {
        return -1;
    }
    if (realpath(data, path) == NULL) {
        return complain(why, "%s: %s", data, strerror(errno));
    }
    return 0;
}

/* nginx's configuration and socket addresses give these characters a meaning. */
static bool is_plain(const char *path)
{
    return strpbrk(path, "\"'\\$;:{}# \t\r\n") == NULL;
}

static void name_base_in_run(struct place *place)
{
    snprintf(place->base, sizeof place->base, "/run/doorward-%08x", hash_path(place->data));
}

static int choose_base(struct place *place, bool new, struct complaint *why)
{
    const bool fits =
        is_plain(place->data) && strlen(place->data) + strlen("/run/example.sock") <= SOCKET_MAX;

    if (fits && open_data(place, new)) {
        memcpy(place->base, place->data, sizeof place->data);
        return 0;
    }
    if (geteuid() != 0) {
        return complain(why,
                        "%s: the path is too long or holds a space or one of \"'\\$;:{}#: choose "
                        "another with --data",
                        place->data);
    }
    name_base_in_run(place);
    report("nginx's workers cannot get to %s, or its name is too long; what they share is in %s",
           place->data, place->base);
    return place_share(place, place->base, why);
}

static bool has_usual_edge(const struct config *config)
{
    const size_t len = strlen(config->data);

    return strncmp(config->edge, config->data, len) == 0 &&
           strcmp(config->edge + len, "/edge") == 0;
}

static int name_edge(const struct config *config, struct place *place, struct complaint *why)
{
    if (has_usual_edge(config)) {
        return place_join(place->base, "edge", place->edge, why);
    }
    snprintf(place->edge, sizeof place->edge, "%s", config->edge);
    return 0;
}

static int name_files(const struct config *config, struct place *place, struct complaint *why)
{
    if (name_edge(config, place, why) != 0 ||
        place_join(place->base, "run", place->run, why) != 0 ||
        place_join(place->data, "log", place->log, why) != 0 ||
        place_join(place->run, "daemon.sock", place->socket, why) != 0 ||
        place_join(place->run, "example.sock", place->example, why) != 0) {
        return -1;
    }
    return place_join(place->run, "doorward.yaml", place->policy, why);
}

static int share_folders(const struct place *place, struct complaint *why)
{
    if (place_share(place, place->run, why) != 0 || place_share(place, place->edge, why) != 0) {
        return -1;
    }
    return place_share(place, place->log, why);
}

static int take_lock(struct place *place, struct complaint *why)
{
    char path[PATH_MAX];

    if (place_join(place->run, "lock", path, why) != 0) {
        return -1;
    }
    place->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (place->lock < 0) {
        return complain(why, "%s: cannot open it: %s", path, strerror(errno));
    }
    if (flock(place->lock, LOCK_EX | LOCK_NB) != 0) {
        place_close(place);
        return complain(why, "another doorward runs on %s; stop it, or choose another with --data",
                        place->data);
    }
    return 0;
}

int place_open(const struct config *config, struct place *place, struct complaint *why)
{
    bool new;

    umask(0027);
    place->lock = -1;
    find_worker(place);
    if (find_data(config->data, place->data, &new, why) != 0 || choose_base(place, new, why) != 0 ||
        name_files(config, place, why) != 0 || share_folders(place, why) != 0) {
        return -1;
    }
    return take_lock(place, why);
}

/* -- From outside ------------------------------------------------------------------------------ */

/* When a daemon last wrote the policy there; 0: never. */
static struct timespec time_of(const char *policy)
{
    struct stat found;

    return stat(policy, &found) == 0 ? found.st_mtim : (struct timespec){0};
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* Which of the two it was depends on who started it; the policy is written at each start. */
int place_find(const struct config *config, struct place *place, struct complaint *why)
{
    struct timespec in_data;

    place->lock = -1;
    place->has_worker = false;
    place->group = 0;
    if (realpath(config->data, place->data) == NULL) {
        return complain(why, "%s: %s", config->data, strerror(errno));
    }
    memcpy(place->base, place->data, sizeof place->data);
    if (name_files(config, place, why) != 0) {
        return -1;
    }
    in_data = time_of(place->policy);
    name_base_in_run(place);
    if (name_files(config, place, why) != 0) {
        return -1;
    }
    if (is_later(time_of(place->policy), in_data)) {
        return 0;
    }
    memcpy(place->base, place->data, sizeof place->data);
    return name_files(config, place, why);
}

void place_close(struct place *place)
{
    if (place->lock >= 0) {
        close(place->lock);
    }
    place->lock = -1;
}
