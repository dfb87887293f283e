/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * A hash only says where to look: a token is found when all its bytes are equal, so that a collision
 * lets nobody in. What is remembered is that a signature verified under a key, nothing more: time,
 * audience, scope and revocation are judged again on every hit.
 */

#define WAYS       4
#define SLOT_BYTES 4160 /* not 4096: their beginnings would share a few lines of a CPU's cache */
#define SLOTS_MAX  (1u << 20)
#define MARK_BYTES 64

struct slot_head {
    const struct dw_policy *policy; /* NULL: empty */
    size_t issuer;
    uint8_t thumbprint[THUMBPRINT_SIZE];
    struct dw_jwt jwt; /* its spans point into `text` */
};

struct slot {
    struct slot_head head;
    char text[SLOT_BYTES - sizeof(struct slot_head)];
};

struct dw_cache {
    uint8_t seed[16];
    size_t n_slots;   /* a power of two, at least WAYS */
    uint64_t *hashes; /* beside the slots, so that a miss touches one cache line */
    uint64_t *met;    /* hashes of tokens that came once, each in the place its bits choose */
    struct slot *slots;
};

static size_t round_up(size_t slots)
{
    size_t rounded = WAYS;

    while (rounded < slots) {
        rounded *= 2;
    }
    return rounded;
}

int dw_cache_new(size_t slots, const uint8_t seed[16], struct dw_cache **cache)
{
    if (slots == 0 || slots > SLOTS_MAX) {
        return DW_ERR_SIZE;
    }
    struct dw_cache *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return DW_ERR_MEMORY;
    }
    memcpy(made->seed, seed, sizeof(made->seed));
    made->n_slots = round_up(slots);
    made->hashes = calloc(made->n_slots, sizeof(*made->hashes));
    made->met = calloc(made->n_slots, sizeof(*made->met));
    made->slots = calloc(made->n_slots, sizeof(*made->slots));
    if (made->hashes == NULL || made->met == NULL || made->slots == NULL) {
        dw_cache_free(made);
        return DW_ERR_MEMORY;
    }
    *cache = made;
    return 0;
}

void dw_cache_free(struct dw_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; cache->slots != NULL && cache->hashes != NULL && i < cache->n_slots; i++) {
        if (cache->hashes[i] != 0) {
            dw_secret_wipe(&cache->slots[i], sizeof(cache->slots[i]));
        }
    }
    free(cache->hashes);
    free(cache->met);
    free(cache->slots);
    dw_secret_wipe(cache->seed, sizeof(cache->seed));
    free(cache);
}

/* The end of a signature tells tokens apart as well as the whole would. */
struct cache_key cache_key_of(const struct dw_policy *policy, struct dw_span token)
{
    const size_t skipped = token.len > MARK_BYTES ? token.len - MARK_BYTES : 0;

    return (struct cache_key){policy, token, span_from(token, skipped)};
}

/* Never 0, which marks an empty slot. */
static uint64_t hash_of(const struct dw_cache *cache, const struct cache_key *key)
{
    return siphash(cache->seed, key->mark.at, key->mark.len) | 1;
}

static size_t bucket_of(const struct dw_cache *cache, uint64_t hash)
{
    return (size_t)(hash >> 1) & (cache->n_slots - 1) & ~(size_t)(WAYS - 1);
}

static bool is_same(const struct slot_head *head, const struct cache_key *key)
{
    return head->policy == key->policy && dw_span_equal(head->jwt.token, key->token);
}

static const struct slot_head *find_slot(const struct dw_cache *cache, const struct cache_key *key)
{
    const uint64_t hash = hash_of(cache, key);
    const size_t bucket = bucket_of(cache, hash);

    for (size_t i = bucket; i < bucket + WAYS; i++) {
        if (cache->hashes[i] == hash && is_same(&cache->slots[i].head, key)) {
            return &cache->slots[i].head;
        }
    }
    return NULL;
}

const struct dw_jwt *cache_find(const struct dw_cache *cache, const struct cache_key *key,
                                const struct dw_issuer_keys *issuers, size_t *issuer)
{
    const struct slot_head *head = find_slot(cache, key);
    const struct dw_keys *keys = head == NULL ? NULL : issuers[head->issuer].keys;

    if (keys == NULL || keys_find(keys, head->thumbprint) == NULL) {
        return NULL;
    }
    *issuer = head->issuer;
    return &head->jwt;
}

const struct dw_jwt *cache_find_claims(const struct dw_cache *cache, const struct cache_key *key)
{
    const struct slot_head *head = find_slot(cache, key);

    return head != NULL ? &head->jwt : NULL;
}

/* A token that comes but once shall take nobody's place, nor the time to copy it. */
static bool is_met_again(const struct dw_cache *cache, uint64_t hash)
{
    uint64_t *met = &cache->met[(size_t)(hash >> 1) & (cache->n_slots - 1)];
    const bool again = *met == hash;

    *met = hash;
    return again;
}

/* The same token's slot, else an empty one, else one that has expired, else any. */
static size_t choose_slot(const struct dw_cache *cache, uint64_t hash, int64_t now)
{
    const size_t bucket = bucket_of(cache, hash);
    size_t chosen = bucket + (size_t)(hash >> 62);

    for (size_t i = bucket; i < bucket + WAYS; i++) {
        if (cache->hashes[i] == hash) {
            return i;
        }
        if (cache->hashes[i] == 0 || cache->slots[i].head.jwt.exp <= now) {
            chosen = i;
        }
    }
    return chosen;
}

/* Copies what a span holds behind what was copied before, and lets it point there. */
static bool keep(struct slot *slot, size_t *used, struct dw_span *span)
{
    if (span->at == NULL) {
        return true;
    }
    if (sizeof(slot->text) - *used < span->len) {
        return false;
    }
    memcpy(slot->text + *used, span->at, span->len);
    span->at = slot->text + *used;
    *used += span->len;
    return true;
}

static bool keep_all(struct slot *slot, struct dw_jwt *jwt)
{
    struct dw_span *spans[] = {&jwt->token,     &jwt->kid,   &jwt->typ, &jwt->iss,
                               &jwt->sub,       &jwt->jti,   &jwt->sid, &jwt->acr,
                               &jwt->client_id, &jwt->scope, &jwt->jkt, &jwt->x5t};
    size_t used = 0;

    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        if (!keep(slot, &used, spans[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < jwt->n_aud; i++) {
        if (!keep(slot, &used, &jwt->aud[i])) {
            return false;
        }
    }
    return true;
}

/* The slot it has from now on, without any key's thumbprint; NULL: none. */
static struct slot *take_slot(struct dw_cache *cache, const struct cache_key *key,
                              const struct dw_jwt *jwt, int64_t now)
{
    const uint64_t hash = hash_of(cache, key);

    if (!is_met_again(cache, hash)) {
        return NULL;
    }
    const size_t at = choose_slot(cache, hash, now);
    struct slot *slot = &cache->slots[at];

    cache->hashes[at] = 0;
    jwt_copy(jwt, &slot->head.jwt);
    slot->head.jwt.token = key->token;
    slot->head.jwt.signed_part = SPAN_NONE;
    slot->head.jwt.signature = SPAN_NONE;
    if (!keep_all(slot, &slot->head.jwt)) {
        dw_secret_wipe(slot, sizeof(*slot));
        return NULL;
    }
    slot->head.policy = key->policy;
    cache->hashes[at] = hash;
    return slot;
}

void cache_add(struct dw_cache *cache, const struct cache_key *key, const struct dw_jwt *jwt,
               size_t issuer, const uint8_t thumbprint[THUMBPRINT_SIZE], int64_t now)
{
    struct slot *slot = take_slot(cache, key, jwt, now);

    if (slot != NULL) {
        slot->head.issuer = issuer;
        memcpy(slot->head.thumbprint, thumbprint, THUMBPRINT_SIZE);
    }
}

void cache_add_claims(struct dw_cache *cache, const struct cache_key *key, const struct dw_jwt *who,
                      int64_t now)
{
    (void)take_slot(cache, key, who, now);
}
