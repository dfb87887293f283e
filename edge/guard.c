/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "record.h"
#include "revocation.h"
#include "watch.h"

#define ID_KEY_SIZE   16
#define ID_BLOCK_SIZE 16
#define ID_LETTERS    (RECENT_ID_SIZE - 1)
#define ID_BATCH      16  /* made at once, which takes little longer than one */
#define FIRST_DENIAL  400 /* of HTTP's statuses */

/* What the edge said last of an issuer. */
struct seen {
    bool fixed;          /* the operator's own keys: the edge is not asked */
    uint64_t generation; /* 0: nothing yet */
    int64_t fresh_until;
};

struct guard {
    const struct dw_policy *policy;
    char *folder; /* NULL: no edge */
    struct watch watch;
    bool has_looked;
    uint64_t version; /* of the edge, when last looked at */
    struct seen seen[DW_TRUST_MAX];
    struct dw_issuer_keys issuers[DW_TRUST_MAX];
    struct dw_cache *cache;
    EVP_CIPHER_CTX *id_cipher;
    uint64_t n_ids;
    uint8_t ids[ID_BATCH][ID_BLOCK_SIZE];
    struct dw_work work;
};

/* -- Making ------------------------------------------------------------------------------------ */

static int draw_random(void *at, size_t len, struct complaint *why)
{
    return getrandom(at, len, 0) == (ssize_t)len
               ? 0
               : complain(why, "cannot draw random bytes: %s", strerror(errno));
}

static int make_cache(struct guard *made, size_t slots, struct complaint *why)
{
    uint8_t seed[16];
    int error;

    if (slots == 0) {
        return 0;
    }
    if (draw_random(seed, sizeof(seed), why) != 0) {
        return -1;
    }
    error = dw_cache_new(slots, seed, &made->cache);
    dw_secret_wipe(seed, sizeof(seed));
    return error == 0 ? 0 : complain(why, "a cache of %zu tokens: %s", slots, dw_error_text(error));
}

static int make_id_cipher(struct guard *made, struct complaint *why)
{
    uint8_t key[ID_KEY_SIZE];
    int done;

    if (draw_random(key, sizeof(key), why) != 0) {
        return -1;
    }
    made->id_cipher = EVP_CIPHER_CTX_new();
    done = made->id_cipher != NULL &&
           EVP_EncryptInit_ex2(made->id_cipher, EVP_aes_128_ecb(), key, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(made->id_cipher, 0) == 1;
    dw_secret_wipe(key, sizeof(key));
    return done ? 0 : complain(why, "cannot make an AES-128 cipher");
}

static int parse_fixed_keys(struct guard *made, const struct dw_span *jwks, struct complaint *why)
{
    for (size_t i = 0; jwks != NULL && i < made->policy->n_trust; i++) {
        int error;

        if (jwks[i].at == NULL) {
            continue;
        }
        error = dw_keys_parse(jwks[i], true, &made->issuers[i].keys);
        if (error != 0) {
            return complain(why, "the JWKS of %s: %s", made->policy->trust[i].issuer,
                            dw_error_text(error));
        }
        made->issuers[i].fresh = true;
        made->seen[i].fixed = true;
    }
    return 0;
}

static int fill_guard(struct guard *made, const struct guard_settings *settings,
                      struct complaint *why)
{
    made->policy = settings->policy;
    if (settings->policy->n_trust > DW_TRUST_MAX) {
        return complain(why, "more than %d issuers", DW_TRUST_MAX);
    }
    if (settings->edge != NULL) {
        made->folder = strdup(settings->edge);
        if (made->folder == NULL) {
            return complain(why, "out of memory");
        }
    }
    if (make_cache(made, settings->cache_slots, why) != 0 || make_id_cipher(made, why) != 0) {
        return -1;
    }
    return parse_fixed_keys(made, settings->jwks, why);
}

int guard_new(const struct guard_settings *settings, struct guard **guard, struct complaint *why)
{
    struct guard *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    if (fill_guard(made, settings, why) != 0) {
        guard_free(made);
        return -1;
    }
    guard_watch(made);
    *guard = made;
    return 0;
}

void guard_free(struct guard *guard)
{
    if (guard == NULL) {
        return;
    }
    for (size_t i = 0; i < DW_TRUST_MAX; i++) {
        dw_keys_free(guard->issuers[i].keys);
    }
    watch_close(&guard->watch);
    dw_cache_free(guard->cache);
    EVP_CIPHER_CTX_free(guard->id_cipher);
    free(guard->folder);
    dw_secret_wipe(&guard->work, sizeof(guard->work));
    free(guard);
}

/* -- Watching ---------------------------------------------------------------------------------- */

/* Another edge counts its generations anew. The keys at hand stay until it has some. */
static void forget_seen(struct guard *guard)
{
    guard->has_looked = false;
    for (size_t i = 0; i < guard->policy->n_trust; i++) {
        guard->seen[i].generation = 0;
        guard->seen[i].fresh_until = 0;
        guard->issuers[i].failing = false;
    }
}

void guard_watch(struct guard *guard)
{
    if (guard->folder != NULL && watch_update(&guard->watch, guard->folder)) {
        forget_seen(guard);
    }
}

/* -- Deciding ---------------------------------------------------------------------------------- */

/* What cannot be read as a JWKS changes nothing: the last good keys are better. */
static void take_keys(struct dw_issuer_keys *issuer, struct dw_span jwks)
{
    struct dw_keys *keys;

    if (jwks.at == NULL || dw_keys_parse(jwks, false, &keys) != 0) {
        return;
    }
    dw_keys_free(issuer->keys);
    issuer->keys = keys;
}

static void look_at_issuer(struct guard *guard, size_t i)
{
    struct seen *seen = &guard->seen[i];
    struct edge_keys there;

    if (seen->fixed ||
        !edge_find_keys(guard->watch.edge, dw_span_of(guard->policy->trust[i].issuer), &there)) {
        return;
    }
    seen->fresh_until = there.fresh_until;
    guard->issuers[i].failing = there.failing;
    if (seen->generation != there.generation) {
        seen->generation = there.generation;
        take_keys(&guard->issuers[i], there.jwks);
    }
}

static void look_at_edge(struct guard *guard, uint64_t version)
{
    if (guard->has_looked && guard->version == version) {
        return;
    }
    for (size_t i = 0; i < guard->policy->n_trust; i++) {
        look_at_issuer(guard, i);
    }
    guard->version = version;
    guard->has_looked = true;
}

static void judge_freshness(struct guard *guard, int64_t now)
{
    for (size_t i = 0; i < guard->policy->n_trust; i++) {
        guard->issuers[i].fresh = guard->seen[i].fixed || now < guard->seen[i].fresh_until;
    }
}

/* What the answers look through: their context. */
struct sight {
    struct watch *watch;
    int64_t now;
    bool rehearsal;
    bool is_blind; /* whether something is revoked had to be known, and nobody could tell */
};

static bool is_revoked(void *context, enum dw_scheme scheme, const struct dw_jwt *token)
{
    const struct sight *sight = context;

    return revocation_holds(sight->watch->edge, scheme, token);
}

static bool is_anyhow_revoked(void *context, enum dw_scheme scheme, const struct dw_jwt *token)
{
    struct sight *sight = context;

    (void)scheme, (void)token;
    sight->is_blind = true;
    return true;
}

static bool find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                 struct dw_known *found)
{
    const struct sight *sight = context;
    struct known *known = sight->watch->known;

    return known != NULL && known_look(known, fact, name, sight->now, found);
}

static enum dw_reason use(void *context, const uint8_t name[DW_FACT_NAME], int64_t until)
{
    const struct sight *sight = context;
    enum once_answer answer;

    if (sight->rehearsal) {
        return DW_REASON_NONE;
    }
    answer = sight->watch->once != NULL ? once_use(sight->watch->once, name, until, sight->now)
                                        : ONCE_FULL;
    if (answer == ONCE_FULL) {
        return DW_GUARD_FAILED;
    }
    return answer == ONCE_FIRST ? DW_REASON_NONE : DW_PROOF_REPLAYED;
}

static int wait_for(void *context, struct dw_span source, struct dw_span account, bool right)
{
    const struct sight *sight = context;

    return throttle_wait(sight->watch->throttle, source, account, right, sight->now);
}

/* An edge that cannot be read any more is opened again by guard_watch(). */
static bool begin_edge(struct guard *guard, struct dw_answers *answers)
{
    uint64_t version;

    if (guard->watch.edge == NULL) {
        return false;
    }
    if (edge_begin(guard->watch.edge, &version) != 0) {
        answers->is_revoked = is_anyhow_revoked;
        return false;
    }
    look_at_edge(guard, version);
    answers->is_revoked = is_revoked;
    return true;
}

void guard_decide(struct guard *guard, const struct dw_request *request,
                  const struct guard_terms *terms, struct dw_decision *decision)
{
    const bool alone = guard->folder == NULL && terms->asking == DW_MAY_ASK;
    struct sight sight = {&guard->watch, request->now, terms->rehearsal, false};
    struct dw_answers answers = {
        .issuers = guard->issuers,
        .asking = alone ? DW_CANNOT_ASK : terms->asking,
        .heard = terms->heard,
        .cache = guard->cache,
        .secret = guard->watch.known != NULL ? known_secret(guard->watch.known) : NULL,
        .context = &sight,
        .find = find,
        .use = use,
        .wait = guard->watch.throttle != NULL ? wait_for : NULL,
    };
    const bool has_edge = begin_edge(guard, &answers);

    judge_freshness(guard, request->now);
    dw_decide(guard->policy, &answers, request, &guard->work, decision);
    if (sight.is_blind) {
        decision->verdict = DW_DENY;
        decision->reason = DW_GUARD_FAILED;
    }
    if (guard->watch.known != NULL) {
        known_end(guard->watch.known);
    }
    if (has_edge) {
        edge_end(guard->watch.edge);
    }
}

/* -- Recording --------------------------------------------------------------------------------- */

/* A counter, encrypted: 65 of its bits, from which nobody can tell the next. */
static void draw_ids(struct guard *guard)
{
    uint8_t counters[ID_BATCH][ID_BLOCK_SIZE] = {{0}};
    int len = 0;

    for (uint64_t i = 0; i < ID_BATCH; i++) {
        const uint64_t counter = guard->n_ids + i;
        memcpy(counters[i], &counter, sizeof(counter));
    }
    /* Whole blocks, no padding, nothing to allocate: it cannot fail. */
    (void)EVP_EncryptUpdate(guard->id_cipher, guard->ids[0], &len, counters[0], sizeof(counters));
}

void guard_id(struct guard *guard, char id[RECENT_ID_SIZE])
{
    static const char LETTERS[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's base32 */
    const uint8_t *block = guard->ids[guard->n_ids % ID_BATCH];

    if (guard->n_ids % ID_BATCH == 0) {
        draw_ids(guard);
    }
    guard->n_ids++;
    for (size_t i = 0; i < ID_LETTERS; i++) {
        id[i] = LETTERS[block[i] % 32];
    }
    id[ID_LETTERS] = '\0';
}

static void count_guess(struct guard *guard, const struct dw_request *request,
                        const struct dw_decision *decision, int status)
{
    struct throttle *throttle = guard->watch.throttle;

    if (throttle == NULL || status < FIRST_DENIAL) {
        return;
    }
    if (dw_reason_is_guess(decision->reason)) {
        throttle_blame(throttle, request->source, decision->account, request->now);
    } else if (decision->reason == DW_ATTEMPTS) {
        throttle_insist(throttle, request->source, decision->account, request->now);
    }
}

bool guard_record(struct guard *guard, const struct dw_request *request,
                  const struct dw_decision *decision, const struct guard_record *record)
{
    struct recent_entry entry;

    count_guess(guard, request, decision, record->status);
    if (guard->watch.recent == NULL) {
        return false;
    }
    record_fill(request, decision, record, &entry);
    recent_add(guard->watch.recent, &entry);
    return true;
}
