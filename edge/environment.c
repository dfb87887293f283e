/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define TABLES_MAX  8
#define READERS_MAX 1024

/* Readers need not write the answers, but must write the table of readers. */
#define DATA_MODE 0640
#define LOCK_MODE 0660

/*
 * Lasting: one fdatasync(2) per write is dear only where writes are many, and lets an issuer's keys
 * outlast a power failure while the issuer is down. MDB_NOMETASYNC spares the second one; at worst the
 * last write is undone. Else MDB_NOSYNC: after a power failure the file may be torn. Never
 * MDB_WRITEMAP: no stray pointer can reach the file, and it is as large as what it holds. A killed
 * process leaves its last commit either whole or unseen, whatever the flags: the pages are written
 * before the meta page that names them.
 */
#define LASTING_FLAGS (MDB_NOTLS | MDB_NOMETASYNC)
#define WRITE_FLAGS   (MDB_NOTLS | MDB_NOSYNC)
#define READ_FLAGS    (MDB_NOTLS | MDB_RDONLY)

static pthread_mutex_t environments_lock = PTHREAD_MUTEX_INITIALIZER;
static struct environment *environments;

/* -- Opening ----------------------------------------------------------------------------------- */

static bool is_damage(int error)
{
    return error == MDB_INVALID || error == MDB_VERSION_MISMATCH || error == MDB_CORRUPTED ||
           error == MDB_PAGE_NOTFOUND || error == MDB_PANIC || error == MDB_INCOMPATIBLE;
}

static int walk(MDB_txn *txn, MDB_dbi table)
{
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    int error = mdb_cursor_open(txn, table, &cursor);

    if (error != 0) {
        return error;
    }
    do {
        error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    } while (error == 0);
    mdb_cursor_close(cursor);
    return error == MDB_NOTFOUND ? 0 : error;
}

/* LMDB believes the file's length; where pages are missing at its end, reading would be a SIGBUS.
 * Filled with zeros they are found to be no pages. posix_fallocate never shortens a file. */
static int fill_up(MDB_env *env)
{
    MDB_envinfo info;
    MDB_stat stat;
    int fd = -1;
    int error = mdb_env_info(env, &info);

    if (error == 0) {
        error = mdb_env_stat(env, &stat);
    }
    if (error == 0) {
        error = mdb_env_get_fd(env, &fd);
    }
    if (error != 0) {
        return error;
    }
    return posix_fallocate(fd, 0, (off_t)((info.me_last_pgno + 1) * stat.ms_psize));
}

static int check_all(struct environment *made)
{
    const MDB_dbi free_pages = 0;
    MDB_txn *txn;
    int error = mdb_txn_begin(made->env, NULL, MDB_RDONLY, &txn);

    if (error != 0) {
        return error;
    }
    error = walk(txn, free_pages);
    for (size_t i = 0; error == 0 && i < ENVIRONMENT_TABLES; i++) {
        error = walk(txn, made->tables[i]);
    }
    mdb_txn_abort(txn);
    return error;
}

static int open_tables(struct environment *made)
{
    const bool writes = made->mode == EDGE_WRITE;
    const unsigned flags = writes ? MDB_CREATE : 0;
    MDB_txn *txn;
    int error = mdb_txn_begin(made->env, NULL, writes ? 0 : MDB_RDONLY, &txn);

    if (error != 0) {
        return error;
    }
    for (size_t i = 0; error == 0 && i < ENVIRONMENT_TABLES; i++) {
        error = mdb_dbi_open(txn, made->kind->tables[i], flags, &made->tables[i]);
    }
    if (error != 0) {
        mdb_txn_abort(txn);
        return error;
    }
    return mdb_txn_commit(txn);
}

static unsigned choose_flags(const struct environment *made)
{
    if (made->mode != EDGE_WRITE) {
        return READ_FLAGS;
    }
    return made->kind->lasting ? LASTING_FLAGS : WRITE_FLAGS;
}

static int open_file(struct environment *made, const char *folder)
{
    int error = mdb_env_set_mapsize(made->env, made->kind->map_size);

    if (error == 0) {
        error = mdb_env_set_maxdbs(made->env, TABLES_MAX);
    }
    if (error == 0) {
        error = mdb_env_set_maxreaders(made->env, READERS_MAX);
    }
    if (error == 0) {
        error = mdb_env_open(made->env, folder, choose_flags(made), LOCK_MODE);
    }
    return error;
}

static bool find_lock(const char *folder, struct stat *lock)
{
    char path[PATH_MAX];

    return folder_path(folder, LOCK_FILE, path, sizeof(path), NULL) == 0 && stat(path, lock) == 0;
}

static int identify(struct environment *made, const char *folder)
{
    struct stat file;
    struct stat lock;
    int fd = -1;
    const int error = mdb_env_get_fd(made->env, &fd);

    if (error != 0) {
        return error;
    }
    if (fstat(fd, &file) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return errno;
    }
    if (!find_lock(folder, &lock)) {
        return ENOENT;
    }
    made->device = file.st_dev;
    made->inode = file.st_ino;
    made->lock_inode = lock.st_ino;
    return 0;
}

static int open_whole(struct environment *made, const char *folder)
{
    int error = open_file(made, folder);
    int dead = 0;

    if (error == 0) {
        error = identify(made, folder);
    }
    if (error == 0 && made->mode == EDGE_WRITE) {
        error = fill_up(made->env);
    }
    if (error == 0) {
        error = mdb_reader_check(made->env, &dead);
    }
    if (error == 0) {
        error = open_tables(made);
    }
    if (error == 0 && made->mode == EDGE_WRITE) {
        error = check_all(made);
    }
    return error;
}

static int new_environment(const char *folder, const struct environment_kind *kind,
                           enum edge_mode mode, struct environment **environment)
{
    struct environment *made = calloc(1, sizeof(*made));
    int error;

    if (made == NULL) {
        return ENOMEM;
    }
    error = mdb_env_create(&made->env);
    if (error != 0) {
        free(made);
        return error;
    }
    made->kind = kind;
    made->mode = mode;
    error = open_whole(made, folder);
    if (error != 0) {
        mdb_env_close(made->env);
        free(made);
        return error;
    }
    *environment = made;
    return 0;
}

int environment_remove(const char *folder, struct complaint *why)
{
    static const char *const names[] = {DATA_FILE, LOCK_FILE};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (folder_path(folder, names[i], path, sizeof(path), why) != 0) {
            return -1;
        }
        if (unlink(path) != 0 && errno != ENOENT) {
            return complain(why, "%s: cannot be removed: %s", path, strerror(errno));
        }
    }
    return 0;
}

static bool is_file(const struct environment *one, ino_t inode, const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 && there.st_dev == one->device && there.st_ino == inode;
}

static bool has_lock(const struct environment *one, const char *file)
{
    const int len = (int)(strlen(file) - strlen(DATA_FILE));
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%.*s" LOCK_FILE, len, file);
    return is_file(one, one->lock_inode, path);
}

bool environment_is_at(const struct environment *environment, const char *file)
{
    return is_file(environment, environment->inode, file) && has_lock(environment, file);
}

/*
 * Of what this process has open, one file may have been taken away. To open the same lock file again, and
 * then close either, would lose the locks of both; and with two lock files writers do not see what the
 * other readers read. So who writes makes both anew, and its readers wait for that. Who only reads may
 * join another lock file.
 */
static int leave_half(const char *folder, const char *file, enum edge_mode mode,
                      struct complaint *why)
{
    bool any = false;
    bool waits = false;

    for (const struct environment *one = environments; one != NULL; one = one->next) {
        const bool lock = has_lock(one, file);
        const bool half = lock || is_file(one, one->inode, file);

        any = any || half;
        waits = waits || lock || (half && one->mode == EDGE_WRITE);
    }
    if (mode == EDGE_WRITE) {
        return any ? environment_remove(folder, why) : 0;
    }
    return waits ? complain(why, "%s: the daemon has to make it again", folder) : 0;
}

/* NULL and a complaint on failure. */
static struct environment *open_environment(const char *folder, const char *file,
                                            const struct environment_kind *kind,
                                            enum edge_mode mode, struct complaint *why)
{
    const bool writes = mode == EDGE_WRITE;
    struct environment *made = NULL;
    int error;

    if ((writes && folder_make(folder, why) != 0) || leave_half(folder, file, mode, why) != 0) {
        return NULL;
    }
    error = new_environment(folder, kind, mode, &made);
    if (writes && is_damage(error)) {
        if (environment_remove(folder, why) != 0) {
            return NULL;
        }
        error = new_environment(folder, kind, mode, &made);
    }
    if (error == ENOENT || error == MDB_NOTFOUND) {
        complain(why, "%s: there is no edge here yet: start the daemon", folder);
    } else if (error != 0) {
        complain(why, "%s: cannot open the edge: %s", folder, mdb_strerror(error));
    }
    return made;
}

/* -- Sharing what is open ---------------------------------------------------------------------- */

static struct environment *find_environment(const char *file)
{
    struct environment *found = environments;

    while (found != NULL && !environment_is_at(found, file)) {
        found = found->next;
    }
    return found;
}

static int share_files(const char *folder, struct complaint *why)
{
    if (folder_share(folder, DATA_FILE, DATA_MODE, why) != 0) {
        return -1;
    }
    return folder_share(folder, LOCK_FILE, LOCK_MODE, why);
}

static struct environment *use_locked(const char *folder, const char *file,
                                      const struct environment_kind *kind, enum edge_mode mode,
                                      struct complaint *why)
{
    struct environment *found = find_environment(file);

    if (found == NULL) {
        found = open_environment(folder, file, kind, mode, why);
        if (found == NULL) {
            return NULL;
        }
        found->next = environments;
        environments = found;
    }
    if (mode == EDGE_WRITE && found->mode != EDGE_WRITE) {
        complain(why, "%s: this process has opened the edge for reading already", folder);
        return NULL;
    }
    found->users++;
    return found;
}

int environment_use(const char *folder, const char *file, const struct environment_kind *kind,
                    enum edge_mode mode, struct environment **environment, struct complaint *why)
{
    struct environment *used;

    pthread_mutex_lock(&environments_lock);
    used = use_locked(folder, file, kind, mode, why);
    pthread_mutex_unlock(&environments_lock);
    if (used == NULL) {
        return -1;
    }
    if (mode == EDGE_WRITE && share_files(folder, why) != 0) {
        environment_leave(used);
        return -1;
    }
    *environment = used;
    return 0;
}

void environment_leave(struct environment *left)
{
    struct environment **link = &environments;

    pthread_mutex_lock(&environments_lock);
    left->users--;
    if (left->users == 0) {
        while (*link != left) {
            link = &(*link)->next;
        }
        *link = left->next;
        mdb_env_close(left->env);
        free(left);
    }
    pthread_mutex_unlock(&environments_lock);
}

/* Nobody else in this process may be reading from the old map. */
bool environment_grow(struct environment *environment)
{
    bool grown;

    pthread_mutex_lock(&environments_lock);
    grown = environment->users == 1 && mdb_env_set_mapsize(environment->env, 0) == 0;
    pthread_mutex_unlock(&environments_lock);
    return grown;
}
