/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_AUTHORITY_H
#define DW_AUTHORITY_H

/*
 * A DATA folder as the verbs see it that change who may pass: its records, the configuration in force,
 * and the edge, which is told what it must not go on believing. The store comes first, then the edge,
 * and only then is it said that something was done: whoever is killed in between has said nothing, and
 * the daemon puts onto the edge what the store has, at its next start.
 */

#include "accounts.h"
#include "cli.h"
#include "config.h"
#include "known.h"
#include "place.h"

struct authority {
    int64_t now;
    struct store *store;
    struct config *config; /* of -c FILE; else of the daemon that keeps this DATA; else defaults */
    struct place place;
    struct edge *edge; /* NULL: not reached yet, or there is none */
    struct known *known;
};

/* Opens the records, which are made where missing. `config` and `data` are what -c and --data said, or
 * NULL. CLI_FINE, or CLI_FAILED after one line on stderr. */
DW_MUST_USE int authority_open(const char *config, const char *data, struct authority **authority);
/* The same, but makes none in a working folder where nobody said they are: they would be no daemon's, and
 * what is listed there, or revoked, would go on being what it is elsewhere. */
DW_MUST_USE int authority_find(const char *config, const char *data, struct authority **authority);
void authority_close(struct authority *authority); /* NULL is fine */

/* The realm users are to have Digest hashes for; NULL: none. */
const char *authority_digest_realm(const struct authority *authority);

/* What a key is worth, in one word: good, ending (there is one in its place), rotated, expired, revoked. */
const char *apikey_state(const struct store_apikey *key, int64_t now);

/* -- edge.c: what follows from a change. CLI_FINE, or CLI_FAILED after one line on stderr. -------- */

/* The longest that a token can be good, as core has it, and a day; and one of ours, and the leeway. */
#define AUTHORITY_LONGEST     ((INT64_C(3653) + 1) * 86400)
#define AUTHORITY_OWN_LONGEST (CONFIG_ACCESS_TOKEN_TTL_MAX + DW_LEEWAY_MAX)

/* Revokes, in the store and on the edge. */
DW_MUST_USE int authority_revoke(struct authority *authority,
                                 const struct store_revocation *revocation);

/* Has the edge forget the facts whose names begin so. */
DW_MUST_USE int authority_forget(struct authority *authority, enum dw_fact fact,
                                 const uint8_t *name, size_t len);

/* Has the edge forget what it knows by a user's password. `realm` is that of the Digest hashes, or "". */
DW_MUST_USE int authority_forget_user(struct authority *authority, const char *name,
                                      const char *realm);

/* Ends a user's sessions. */
DW_MUST_USE int authority_end_sessions(struct authority *authority, const char *user, size_t *n);

/* Ends the session of that id, which is remembered until its end; 0: there is none of ours. */
DW_MUST_USE int authority_end_session(struct authority *authority, const char *id, int64_t *until);

/* Revokes an API key, which must be there, for good. `until`: how long that is remembered on the edge, at
 * least for as long as a fact of it may be there. */
DW_MUST_USE int authority_revoke_key(struct authority *authority, const char *id, int64_t until);

#endif
