/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ACCOUNTS_H
#define DW_ACCOUNTS_H

/*
 * People and programs that sign in without a token of ours: users with passwords, API keys, sessions.
 * Made, changed and checked over a store; the time is a parameter.
 */

#include "complaint.h"
#include "doorward.h"
#include "store.h"

/* -- password.c: argon2id for our own; bcrypt, SHA-crypt and apr1 for imported ones ---------------- */

#define PASSWORD_MAX 1024 /* bytes */
#define PASSWORD_MIN 8    /* characters of one that is set here */

/* The text as it is hashed: Unicode NFC (RFC 7617 s2.1, RFC 8265 s4.2), into `buffer`, which is to be
 * wiped. 0; DW_ERR_SYNTAX: no UTF-8, or a control character in it; DW_ERR_SIZE. */
DW_MUST_USE int password_normalize(struct dw_span text, char *buffer, size_t size,
                                   struct dw_span *normal);

/* argon2id, 19 MiB, two passes: some 80 ms. 0 or -1 and a complaint. */
DW_MUST_USE int password_hash(struct dw_span password, char hash[256], struct complaint *why);

/* Whether it is a hash we can check; a plain text is none. */
bool password_is_hash(struct dw_span text);

/* Unchecked: there was no memory, or no thread, for it. */
enum password_answer { PASSWORD_WRONG = 0, PASSWORD_RIGHT, PASSWORD_UNCHECKED };

/* Whether the password, as it came, is that of the hash. `hash` NULL or "": wrong, after as long as a
 * user's check takes. For any thread; touches no store. */
DW_MUST_USE enum password_answer password_check(const char *hash, struct dw_span password);

/* Makes our own hash of a password that was checked against another's. false: it was ours already, looks at
 * a part of the password only (bcrypt), or cannot be made. For any thread. */
DW_MUST_USE bool password_renew(const char *hash, struct dw_span password, char renewed[256]);

/* -- users.c --------------------------------------------------------------------------------------- */

struct user_settings {
    const char *name, *scope;
    struct dw_span password;
    const char *realm; /* Digest hashes are made for it; NULL: none */
    unsigned digests;  /* of these algorithms, a set of 1u << enum dw_digest; 0: all but MD5 */
};

/* A user's name as it is kept: in NFC, plain, without a colon. 0 or -1 and a complaint. */
DW_MUST_USE int user_name(struct dw_span text, char name[STORE_NAME_MAX + 1],
                          struct complaint *why);

/* Adds a user, or gives the one of that name this password and, unless NULL, this scope. 0 or -1 and a
 * complaint. */
DW_MUST_USE int user_set(struct store *store, const struct user_settings *settings, int64_t now,
                         struct complaint *why);

/* Takes a line of an htpasswd file, NAME:HASH. 0; 1: a comment or empty; -1 and a complaint, which holds
 * nothing of the hash. */
DW_MUST_USE int user_import(struct store *store, struct dw_span line, const char *scope, int64_t now,
                            struct complaint *why);

/* The claims by which the edge knows a user, NUL-terminated: sub, scope, iat (now). `with_digest`: and
 * ha1. 0 or DW_ERR_SIZE. */
DW_MUST_USE int user_claims(const struct store_user *user, bool with_digest, int64_t now,
                            char *buffer, size_t size);

/* -- apikeys.c ------------------------------------------------------------------------------------- */

#define APIKEY_KNOWN 86400 /* seconds for which one is known on the edge at most */

struct apikey_settings {
    const char *prefix; /* NULL: "dw" */
    const char *owner, *scope;
    int64_t expires; /* 0: never */
};

/* Makes a key, shown once: wipe it. 0 or -1 and a complaint. */
DW_MUST_USE int apikey_add(struct store *store, const struct apikey_settings *settings, int64_t now,
                           struct store_apikey *record, char key[DW_APIKEY_SIZE],
                           struct complaint *why);

/* Makes a key in its place; the old one goes on being good until `now` + `overlap`. 0; 1: there is none
 * of that id, or it is revoked, ended or rotated already; -1 and a complaint. */
DW_MUST_USE int apikey_rotate(struct store *store, struct dw_span id, const char *prefix,
                              int64_t overlap, int64_t now, struct store_apikey *record,
                              char key[DW_APIKEY_SIZE], struct complaint *why);

/* What a key is worth at `now`: DW_REASON_NONE, DW_APIKEY_REVOKED, _ROTATED or _EXPIRED. */
enum dw_reason apikey_judge(const struct store_apikey *key, int64_t now);

/* sub (the owner), scope, jti (the id), exp if it ends, iat. 0 or DW_ERR_SIZE. */
DW_MUST_USE int apikey_claims(const struct store_apikey *key, char *buffer, size_t size);

/* -- sessions.c ------------------------------------------------------------------------------------ */

#define SESSION_COOKIE_SIZE 44 /* 43 characters and a NUL */

/* Makes a session and its cookie's value: wipe it. 0; 1: the user is not as in the store any more; or -1
 * and a complaint. */
DW_MUST_USE int session_add(struct store *store, const struct store_user *user, int lifetime,
                            int64_t now, struct store_session *record,
                            char cookie[SESSION_COOKIE_SIZE], struct complaint *why);

/* DW_REASON_NONE, DW_COOKIE_EXPIRED (idle for so many seconds, or at its end) or DW_COOKIE_REVOKED. */
enum dw_reason session_judge(const struct store_session *session, int idle, int64_t now);

/* sub, scope, jti and sid (the id), iat and auth_time (its begin), exp (the earlier of its end and
 * used + idle). 0 or DW_ERR_SIZE. */
DW_MUST_USE int session_claims(const struct store_session *session, int idle, char *buffer,
                               size_t size);

#endif
