/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "authority.h"

/* -- Reaching it -------------------------------------------------------------------------------- */

static int fail(const struct complaint *why)
{
    return cli_fail("%s; what was changed is on record, and in force once the daemon has been "
                    "started anew",
                    why->text);
}

/* Where no daemon has made an edge yet there is nothing to tell, and it is not made here: it would not
 * belong to whoever the daemon is to run as. */
static int reach(struct authority *authority)
{
    const char *folder = authority->place.edge;
    struct complaint why;
    struct stat found;

    if (authority->known != NULL || (stat(folder, &found) != 0 && errno == ENOENT)) {
        return CLI_FINE;
    }
    if (authority->edge == NULL && edge_open(folder, EDGE_WRITE, &authority->edge, &why) != 0) {
        return fail(&why);
    }
    if (known_open(folder, EDGE_WRITE, &authority->known, &why) != 0) {
        return fail(&why);
    }
    return CLI_FINE;
}

/* -- Telling it --------------------------------------------------------------------------------- */

static struct dw_span absent_if_empty(const char *text)
{
    return dw_span_of(text[0] != '\0' ? text : NULL);
}

int authority_revoke(struct authority *authority, const struct store_revocation *revocation)
{
    const struct edge_revocation told = {.kind = (enum edge_revoked)revocation->kind,
                                         .issuer = absent_if_empty(revocation->issuer),
                                         .value = absent_if_empty(revocation->value),
                                         .before = revocation->before,
                                         .until = revocation->until};
    struct complaint why;
    int status;

    if (store_revoke(authority->store, revocation, authority->now, &why) != 0) {
        return cli_fail("%s", why.text);
    }
    status = reach(authority);
    if (status != CLI_FINE || authority->edge == NULL) {
        return status;
    }
    return edge_put_revoked(authority->edge, &told, &why) == 0 ? CLI_FINE : fail(&why);
}

int authority_forget(struct authority *authority, enum dw_fact fact, const uint8_t *name,
                     size_t len)
{
    struct complaint why;
    const int status = reach(authority);

    if (status != CLI_FINE || authority->known == NULL) {
        return status;
    }
    return known_drop(authority->known, fact, name, len, &why) == 0 ? CLI_FINE : fail(&why);
}

/* -- Users -------------------------------------------------------------------------------------- */

static bool is_ascii(const char *text)
{
    while (*text > 0) {
        text++;
    }
    return *text == '\0';
}

/* A name beyond ASCII can be written in several ways, each with a fact of its own. */
static int forget_by_name(struct authority *authority, enum dw_fact fact, size_t len,
                          const char *user)
{
    uint8_t name[DW_FACT_NAME];

    dw_fact_name(fact, dw_span_of(user), name);
    return authority_forget(authority, fact, name, is_ascii(user) ? len : 0);
}

static int forget_by_hash(struct authority *authority, enum dw_digest algorithm, const char *user,
                          const char *realm)
{
    uint8_t name[DW_FACT_NAME];

    if (dw_digest_userhash(algorithm, dw_span_of(user), dw_span_of(realm), name) != 0) {
        return cli_fail("the hash of a user's name could not be made");
    }
    return authority_forget(authority, DW_FACT_DIGEST, name, sizeof(name));
}

int authority_forget_user(struct authority *authority, const char *name, const char *realm)
{
    int status = forget_by_name(authority, DW_FACT_PASSWORD, DW_FACT_NAME / 2, name);

    if (status == CLI_FINE) {
        status = forget_by_name(authority, DW_FACT_DIGEST, DW_FACT_NAME, name);
    }
    if (status == CLI_FINE && realm[0] != '\0') {
        status = forget_by_hash(authority, DW_DIGEST_SHA256, name, realm);
    }
    if (status == CLI_FINE && realm[0] != '\0') {
        status = forget_by_hash(authority, DW_DIGEST_SHA512_256, name, realm);
    }
    return status;
}

/* -- Sessions ----------------------------------------------------------------------------------- */

#define ENDED_AT_ONCE 64

struct ending {
    struct authority *authority;
    const char *id; /* NULL: whichever is listed */
    size_t n;
    int64_t until; /* the end of the last of them */
    struct {
        char id[STORE_SESSION_ID + 1];
        int64_t expires;
    } listed[ENDED_AT_ONCE];
    size_t n_listed;
};

/* The fact stays: by it, workers say that the session is revoked, even where there is nobody to ask. */
static int end_one(struct authority *authority, const char *id, int64_t expires)
{
    struct store_revocation revocation = {
        .kind = EDGE_SESSION, .before = authority->now, .until = expires};
    struct complaint why;

    if (store_session_end(authority->store, id, authority->now, &why) < 0) {
        return cli_fail("%s", why.text);
    }
    memcpy(revocation.value, id, STORE_SESSION_ID + 1);
    return authority_revoke(authority, &revocation);
}

static void note_listed(void *context, const struct store_session *session)
{
    struct ending *ending = context;

    if (ending->n_listed < ENDED_AT_ONCE &&
        (ending->id == NULL || strcmp(ending->id, session->id) == 0)) {
        memcpy(ending->listed[ending->n_listed].id, session->id, sizeof(session->id));
        ending->listed[ending->n_listed].expires = session->expires;
        ending->n_listed++;
    }
}

static int end_listed(struct ending *ending)
{
    int status = CLI_FINE;

    for (size_t i = 0; i < ending->n_listed && status == CLI_FINE; i++) {
        ending->until = ending->listed[i].expires;
        ending->n++;
        status = end_one(ending->authority, ending->listed[i].id, ending->until);
    }
    return status;
}

/* Who is still reading may not write once anybody else has (SQLITE_BUSY_SNAPSHOT), and people sign in all
 * the time: so it is read and written in turns. Those that have ended are not listed again. */
static int end_sessions(struct ending *ending, const char *user)
{
    struct authority *authority = ending->authority;
    struct complaint why;
    int status;

    do {
        ending->n_listed = 0;
        if (store_session_list(authority->store, user, authority->now, note_listed, ending, &why) !=
            0) {
            return cli_fail("%s", why.text);
        }
        status = end_listed(ending);
    } while (status == CLI_FINE && ending->n_listed > 0);
    return status;
}

int authority_end_sessions(struct authority *authority, const char *user, size_t *n)
{
    struct ending ending = {.authority = authority};
    const int status = end_sessions(&ending, user);

    *n = ending.n;
    return status;
}

int authority_end_session(struct authority *authority, const char *id, int64_t *until)
{
    struct ending ending = {.authority = authority, .id = id};
    const int status = end_sessions(&ending, NULL);

    *until = ending.until;
    return status;
}

/* -- API keys ----------------------------------------------------------------------------------- */

/* The fact stays, as a session's does: so what is revoked has to be remembered for longer than that. */
int authority_revoke_key(struct authority *authority, const char *id, int64_t until)
{
    const int64_t least = authority->now + APIKEY_KNOWN;
    struct store_revocation revocation = {
        .kind = EDGE_KEY, .before = authority->now, .until = until > least ? until : least};
    struct store_apikey key;
    struct complaint why;
    int result = store_apikey_find(authority->store, dw_span_of(id), &key, &why);

    if (result == 0) {
        result = store_apikey_revoke(authority->store, dw_span_of(id), authority->now, &why);
    }
    if (result != 0) {
        return result < 0 ? cli_fail("%s", why.text)
                          : cli_fail("there is no API key %s; see doorward apikey list", id);
    }
    memcpy(revocation.value, key.id, sizeof(key.id));
    return authority_revoke(authority, &revocation);
}
