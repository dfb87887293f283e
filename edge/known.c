/* SPDX-License-Identifier: Apache-2.0 */
#include "known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "brief.h"
#include "folder.h"
#include "memo.h"
#include "view.h"

#define SUBFOLDER   "known"
#define FOLDER_MODE 0750
#define HALF_NAME   (DW_FACT_NAME / 2)
#define CLEAR_EVERY 256 /* puts */

enum table { FACTS, SECRET };

/*
 * Not lasting: one fact is put for each credential that is asked about, while its request waits, and
 * each can be asked about again. What a power failure tears boot.c throws away.
 */
static const struct environment_kind KIND = {
    .tables = {[FACTS] = "facts.1", [SECRET] = "secret.1"},
    .map_size = KNOWN_MAP_SIZE,
    .lasting = false,
};

struct known {
    struct view view;
    bool is_reading; /* `view` was begun */
    unsigned n_puts;
    bool has_secret;
    uint8_t secret[KNOWN_SECRET];
    char claims[DW_CLAIMS_MAX]; /* those found last, or being put */
    struct memo memo;
};

/* How a fact is stored, its claims behind it. */
struct stored {
    int64_t until; /* view_sweep() reads it */
    int64_t renew;
};

/* Half of a SHA-256 cannot be guessed either, and a million keys take a tenth less. */
struct fact_key {
    uint8_t bytes[1 + DW_FACT_NAME];
    size_t len;
};

static struct fact_key make_key(enum dw_fact fact, const uint8_t *name, size_t len)
{
    const size_t most = fact == DW_FACT_PASSWORD ? DW_FACT_NAME : HALF_NAME;
    struct fact_key key = {.bytes = {(uint8_t)fact}, .len = 1 + (len < most ? len : most)};

    if (len > 0) {
        memcpy(key.bytes + 1, name, key.len - 1);
    }
    return key;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static int put_secret(MDB_txn *txn, const MDB_dbi *tables, void *context)
{
    uint8_t number = 1;
    MDB_val key = {sizeof(number), &number};
    MDB_val value = {KNOWN_SECRET, context};
    const int error = mdb_put(txn, tables[SECRET], &key, &value, MDB_NOOVERWRITE);

    return error == MDB_KEYEXIST ? 0 : error;
}

static int draw_secret(struct known *made, struct complaint *why)
{
    uint8_t secret[KNOWN_SECRET];
    int error;

    if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret)) {
        return complain(why, "cannot draw random bytes: %s", strerror(errno));
    }
    error = view_change(&made->view, put_secret, secret);
    dw_secret_wipe(secret, sizeof(secret));
    return error == 0 ? 0 : view_complain(&made->view, error, why);
}

static int open_to_write(struct known *made, const char *folder, const char *inner,
                         struct complaint *why)
{
    int lock;
    int done;

    if (folder_make(folder, why) != 0 || folder_make(inner, why) != 0 ||
        folder_share(folder, SUBFOLDER, FOLDER_MODE, why) != 0) {
        return -1;
    }
    lock = boot_enter(inner, why);
    if (lock < 0) {
        return -1;
    }
    done = view_open(inner, &KIND, EDGE_WRITE, &made->view, why);
    if (done == 0) {
        done = draw_secret(made, why);
    }
    close(lock);
    return done;
}

static int open_known(struct known *made, const char *folder, enum edge_mode mode,
                      struct complaint *why)
{
    char inner[PATH_MAX];

    if (folder_path(folder, SUBFOLDER, inner, sizeof(inner), why) != 0) {
        return -1;
    }
    if (mode == EDGE_WRITE) {
        return open_to_write(made, folder, inner, why);
    }
    if (boot_check(inner, why) != 0) {
        return -1;
    }
    return view_open(inner, &KIND, mode, &made->view, why);
}

int known_open(const char *folder, enum edge_mode mode, struct known **known, struct complaint *why)
{
    struct known *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "%s: out of memory", folder);
    }
    if (open_known(made, folder, mode, why) != 0) {
        known_close(made);
        return -1;
    }
    *known = made;
    return 0;
}

void known_close(struct known *known)
{
    if (known == NULL) {
        return;
    }
    view_close(&known->view);
    dw_secret_wipe(known->secret, sizeof(known->secret));
    dw_secret_wipe(known->claims, sizeof(known->claims));
    dw_secret_wipe(&known->memo, sizeof(known->memo));
    free(known);
}

bool known_is_current(const struct known *known)
{
    return view_is_current(&known->view);
}

/* -- Reading ----------------------------------------------------------------------------------- */

static int look_up(struct known *known, enum table table, MDB_val *key, MDB_val *value)
{
    return mdb_get(known->view.txn, known->view.shared->tables[table], key, value);
}

const uint8_t *known_secret(struct known *known)
{
    uint8_t number = 1;
    MDB_val key = {sizeof(number), &number};
    MDB_val value;

    if (known->has_secret) {
        return known->secret;
    }
    if (view_begin(&known->view) != 0) {
        return NULL;
    }
    if (look_up(known, SECRET, &key, &value) == 0 && value.mv_size == KNOWN_SECRET) {
        memcpy(known->secret, value.mv_data, KNOWN_SECRET);
        known->has_secret = true;
    }
    view_end(&known->view);
    return known->has_secret ? known->secret : NULL;
}

void known_end(struct known *known)
{
    if (known->is_reading) {
        view_end(&known->view);
    }
    known->is_reading = false;
}

static bool find_stored(struct known *known, const struct fact_key *fact_key,
                        struct dw_known *found)
{
    MDB_val key = {fact_key->len, (void *)(uintptr_t)fact_key->bytes};
    struct stored stored;
    struct dw_span brief;
    MDB_val value;
    size_t len;

    if (!known->is_reading && view_begin(&known->view) != 0) {
        return false;
    }
    known->is_reading = true;
    if (look_up(known, FACTS, &key, &value) != 0 || value.mv_size < sizeof(stored)) {
        return false;
    }
    memcpy(&stored, value.mv_data, sizeof(stored));
    brief = (struct dw_span){(const char *)value.mv_data + sizeof(stored),
                             value.mv_size - sizeof(stored)};
    if (!brief_read(brief, known->claims, sizeof(known->claims), &len)) {
        return false;
    }
    *found = (struct dw_known){
        .claims = {known->claims, len},
        .until = stored.until,
        .renew = stored.renew,
    };
    memo_keep(&known->memo, mdb_txn_id(known->view.txn), fact_key->bytes, fact_key->len, found);
    return true;
}

/* As it stood when a look was begun, or as it stands now. */
static uint64_t version_of(const struct known *known)
{
    return known->is_reading ? mdb_txn_id(known->view.txn) : view_version(&known->view);
}

bool known_look(struct known *known, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                int64_t now, struct dw_known *found)
{
    const struct fact_key key = make_key(fact, name, DW_FACT_NAME);
    struct dw_known there;

    if (!memo_find(&known->memo, version_of(known), key.bytes, key.len, &there) &&
        !find_stored(known, &key, &there)) {
        return false;
    }
    if (there.until <= now) {
        return false;
    }
    *found = there;
    return true;
}

/* -- Writing ----------------------------------------------------------------------------------- */

static int empty(MDB_txn *txn, const MDB_dbi *tables, void *context)
{
    (void)context;
    return mdb_drop(txn, tables[FACTS], 0);
}

/* To empty a table takes pages too: it is done while there are some. */
static int make_room(MDB_txn *txn, const MDB_dbi *tables)
{
    MDB_stat stat;
    const int error = mdb_stat(txn, tables[FACTS], &stat);

    if (error != 0) {
        return error;
    }
    return (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize >
                   KNOWN_SIZE
               ? empty(txn, tables, NULL)
               : 0;
}

struct fact_change {
    struct fact_key key;
    const struct dw_known *what; /* NULL: drop all that begin with the key */
    struct dw_span claims;       /* its own, as they are stored */
};

static int put_fact(MDB_txn *txn, const MDB_dbi *tables, void *context)
{
    struct fact_change *change = context;
    const struct dw_known *what = change->what;
    const struct stored stored = {what->until, what->renew};
    MDB_val key = {change->key.len, change->key.bytes};
    MDB_val value = {sizeof(stored) + change->claims.len, NULL};
    int error = make_room(txn, tables);

    if (error != 0) {
        return error;
    }
    error = mdb_put(txn, tables[FACTS], &key, &value, MDB_RESERVE);
    if (error != 0) {
        return error;
    }
    memcpy(value.mv_data, &stored, sizeof(stored));
    if (change->claims.len > 0) {
        memcpy((char *)value.mv_data + sizeof(stored), change->claims.at, change->claims.len);
    }
    return view_sweep(txn, tables[FACTS], &key, time(NULL) - DW_LEEWAY_MAX);
}

static bool begins_with(const MDB_val *key, const struct fact_key *with)
{
    return key->mv_size >= with->len && memcmp(key->mv_data, with->bytes, with->len) == 0;
}

static int drop_facts(MDB_txn *txn, const MDB_dbi *tables, void *context)
{
    struct fact_change *change = context;
    MDB_val key = {change->key.len, change->key.bytes};
    MDB_cursor *cursor;
    MDB_val value;
    int error = mdb_cursor_open(txn, tables[FACTS], &cursor);

    if (error != 0) {
        return error;
    }
    error = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (error == 0 && begins_with(&key, &change->key)) {
        error = mdb_cursor_del(cursor, 0);
        if (error == 0) {
            error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        }
    }
    mdb_cursor_close(cursor);
    return error == MDB_NOTFOUND ? 0 : error;
}

/* Where readers that died hold old pages back, or too much is to be dropped at once, all goes. */
static int change_facts(struct known *known, struct fact_change *change, struct complaint *why)
{
    int (*const how)(MDB_txn *, const MDB_dbi *, void *) =
        change->what != NULL ? put_fact : drop_facts;
    int error = view_change(&known->view, how, change);

    if (error == MDB_MAP_FULL || error == MDB_TXN_FULL) {
        view_clear_readers(&known->view);
        error = view_change(&known->view, empty, NULL);
        if (error == 0) {
            error = view_change(&known->view, how, change);
        }
    }
    return error == 0 ? 0 : view_complain(&known->view, error, why);
}

int known_put(struct known *known, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
              const struct dw_known *what, struct complaint *why)
{
    struct fact_change change = {.key = make_key(fact, name, DW_FACT_NAME), .what = what};
    size_t len;

    if (what->claims.len > DW_CLAIMS_MAX) {
        return complain(why, "%s: claims of more than %d bytes", known->view.file, DW_CLAIMS_MAX);
    }
    if (!brief_write(what->claims, known->claims, &len)) {
        return complain(why, "%s: claims that are no JSON", known->view.file);
    }
    change.claims = (struct dw_span){known->claims, len};
    if (known->n_puts % CLEAR_EVERY == 0) {
        view_clear_readers(&known->view);
    }
    known->n_puts++;
    return change_facts(known, &change, why);
}

int known_drop(struct known *known, enum dw_fact fact, const uint8_t *name, size_t len,
               struct complaint *why)
{
    struct fact_change change = {.key = make_key(fact, name, len)};

    return change_facts(known, &change, why);
}
