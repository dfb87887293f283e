/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_STORE_H
#define DW_STORE_H

/*
 * The authority's records: clients and signing keys. What a function says it has done is on disk
 * (SQLite WAL, synchronous=FULL) before it returns. Several processes may open one store; one thread
 * at a time uses one struct store.
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

#endif
