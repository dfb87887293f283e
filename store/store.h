/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_STORE_H
#define DW_STORE_H

/*
 * The authority's records: clients, signing keys, users, API keys, sessions, revocations. What a
 * function says it has done is on disk (SQLite WAL, synchronous=FULL) before it returns. Several
 * processes may open one store; one thread at a time uses one struct store.
 */

#include "complaint.h"
#include "doorward.h"

#define STORE_NAME_MAX 128
#define STORE_SCOPE_MAX 1024

struct store;

/* Makes the folder (0700) and the file (0600) where missing. 0, or -1 and a complaint. */
DW_MUST_USE int store_open(const char *folder, struct store **store, struct complaint *why);
void store_close(struct store *store); /* NULL is fine */

struct store_client {
    char id[64];
    char name[STORE_NAME_MAX + 1];
    char scope[STORE_SCOPE_MAX + 1]; /* separated by single spaces */
    uint8_t secret_hash[32];         /* SHA-256: the secret has 256 random bits */
    int64_t created;
};

/* 0; 1: that name, id or key is there already / is not there; -1 and a complaint. */
DW_MUST_USE int store_client_add(struct store *store, const struct store_client *client,
                                 struct complaint *why);
DW_MUST_USE int store_client_find(struct store *store, struct dw_span id,
                                  struct store_client *client, struct complaint *why);
DW_MUST_USE int store_client_remove(struct store *store, const char *id_or_name,
                                    struct complaint *why);

/* Calls `each` for every client, by name. */
DW_MUST_USE int store_client_list(struct store *store,
                                  void (*each)(void *context, const struct store_client *client),
                                  void *context, struct complaint *why);

struct store_key {
    char kid[DW_KID_MAX + 1];
    enum dw_alg alg;
    char jwk[4096]; /* with its secret: wipe after use */
    int64_t created;
};

DW_MUST_USE int store_key_add(struct store *store, const struct store_key *key,
                              struct complaint *why);
/* Calls `each` for every key, oldest first. */
DW_MUST_USE int store_key_list(struct store *store,
                               void (*each)(void *context, const struct store_key *key),
                               void *context, struct complaint *why);

/* -- Users ---------------------------------------------------------------------------------------- */

struct store_user {
    char name[STORE_NAME_MAX + 1];   /* UTF-8, NFC; no colon, no control character */
    char scope[STORE_SCOPE_MAX + 1];
    char password[256];              /* as crypt(5) or argon2 write it */
    char realm[STORE_NAME_MAX + 1];  /* of the Digest hashes; "": there are none */
    char ha1[DW_DIGESTS_END][DW_HA1_SIZE]; /* "" each: not made. As good as the password: wipe after use */
    int64_t created, changed;
};

/* Replaces a user of that name. 0 or -1. */
DW_MUST_USE int store_user_put(struct store *store, const struct store_user *user,
                               struct complaint *why);
/* Puts another hash of the same password in the place of `old`. 0; 1: `old` is not that user's any more; -1
 * and a complaint. */
DW_MUST_USE int store_user_rehash(struct store *store, const char *name, const char *old,
                                  const char *hash, struct complaint *why);
DW_MUST_USE int store_user_find(struct store *store, struct dw_span name, struct store_user *user,
                                struct complaint *why);
/* The user of whom that is dw_digest_userhash(), by either algorithm. */
DW_MUST_USE int store_user_find_hashed(struct store *store, const uint8_t hash[DW_FACT_NAME],
                                       struct store_user *user, struct complaint *why);
DW_MUST_USE int store_user_remove(struct store *store, const char *name, struct complaint *why);
DW_MUST_USE int store_user_list(struct store *store,
                                void (*each)(void *context, const struct store_user *user),
                                void *context, struct complaint *why);

/* -- API keys ------------------------------------------------------------------------------------- */

struct store_apikey {
    char id[DW_APIKEY_ID + 1];
    uint8_t name[DW_FACT_NAME]; /* dw_fact_name() of the whole key: all that is kept of it */
    char owner[STORE_NAME_MAX + 1];
    char scope[STORE_SCOPE_MAX + 1];
    int64_t created;
    int64_t expires; /* 0: never */
    int64_t revoked; /* 0: not */
    int64_t used;    /* about when; 0: never */
    char successor[DW_APIKEY_ID + 1]; /* the key it was rotated to; "": it was not */
};

DW_MUST_USE int store_apikey_add(struct store *store, const struct store_apikey *key,
                                 struct complaint *why);
DW_MUST_USE int store_apikey_find(struct store *store, struct dw_span id, struct store_apikey *key,
                                  struct complaint *why);
/* Adds `successor` and lets the old one end at `expires`: both or neither. */
DW_MUST_USE int store_apikey_rotate(struct store *store, struct dw_span id, int64_t expires,
                                    const struct store_apikey *successor, struct complaint *why);
DW_MUST_USE int store_apikey_revoke(struct store *store, struct dw_span id, int64_t at,
                                    struct complaint *why);
DW_MUST_USE int store_apikey_use(struct store *store, struct dw_span id, int64_t at,
                                 struct complaint *why);
/* By owner (NULL: all), then age. */
DW_MUST_USE int store_apikey_list(struct store *store, const char *owner,
                                  void (*each)(void *context, const struct store_apikey *key),
                                  void *context, struct complaint *why);

/* -- Sessions ------------------------------------------------------------------------------------- */

#define STORE_SESSION_ID 12

struct store_session {
    char id[STORE_SESSION_ID + 1]; /* for people and logs */
    uint8_t name[DW_FACT_NAME];    /* dw_fact_name() of the cookie's value */
    char user[STORE_NAME_MAX + 1];
    char scope[STORE_SCOPE_MAX + 1];
    int64_t created, used;
    int64_t expires; /* however it is used */
    int64_t ended;   /* signed out or revoked; 0: not */
};

/* Adding one drops some that have expired. */
DW_MUST_USE int store_session_add(struct store *store, const struct store_session *session,
                                  struct complaint *why);
DW_MUST_USE int store_session_find(struct store *store, const uint8_t name[DW_FACT_NAME],
                                   struct store_session *session, struct complaint *why);
DW_MUST_USE int store_session_use(struct store *store, const char *id, int64_t at,
                                  struct complaint *why);
DW_MUST_USE int store_session_end(struct store *store, const char *id, int64_t at,
                                  struct complaint *why);
/* Those not ended and not expired at `now`, of a user (NULL: all). */
DW_MUST_USE int store_session_list(struct store *store, const char *user, int64_t now,
                                   void (*each)(void *context, const struct store_session *session),
                                   void *context, struct complaint *why);

/* -- Revocations ---------------------------------------------------------------------------------- */

/* The numbers are those of enum edge_revoked, which the store does not know. */
struct store_revocation {
    int kind;
    char issuer[DW_TEXT_MAX + 1];
    char value[DW_TEXT_MAX + 1];
    int64_t before, until;
};

/* Replaces an earlier one of the same kind, issuer and value, but never by less; drops those that
 * mean nothing any more at `now`. 0 or -1. */
DW_MUST_USE int store_revoke(struct store *store, const struct store_revocation *revocation,
                             int64_t now, struct complaint *why);
/* Those that still mean something at `now`; drops the others. */
DW_MUST_USE int store_revocation_list(struct store *store, int64_t now,
                                      void (*each)(void *context,
                                                   const struct store_revocation *revocation),
                                      void *context, struct complaint *why);

#endif
