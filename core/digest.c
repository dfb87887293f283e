/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "digest.h"

#define NONCE_LIFE 300
#define INFO_SIZE  1024 /* of Authentication-Info: a cnonce may double when it is escaped */

/* -- Whether the answer is one to a challenge of ours ---------------------------------------------- */

/* Path and query of a target or uri, whichever form it has (RFC 9112 s3.2). */
static struct dw_span place_of(struct dw_span target)
{
    const char *scheme = target.len == 0 ? NULL : memmem(target.at, target.len, "://", 3);

    if (scheme == NULL || target.at[0] == '/') {
        return target;
    }
    const struct dw_span rest = span_from(target, (size_t)(scheme - target.at) + 3);
    const char *slash = rest.len == 0 ? NULL : memchr(rest.at, '/', rest.len);
    return slash == NULL ? DW_SPAN("/") : span_from(rest, (size_t)(slash - rest.at));
}

/* A query may hold a key: the operator is told the path. */
static struct dw_span path_of(struct dw_span target)
{
    const char *mark = target.len == 0 ? NULL : memchr(target.at, '?', target.len);

    return mark == NULL ? target : (struct dw_span){target.at, (size_t)(mark - target.at)};
}

static enum dw_reason check_place(struct trial *trial, const struct digest *digest)
{
    const struct dw_span target = trial->request->target;

    if (dw_span_equal(place_of(digest->uri), place_of(target))) {
        return DW_REASON_NONE;
    }
    trial_note(trial, path_of(target), path_of(digest->uri));
    return DW_DIGEST_URI;
}

static enum dw_reason check_offer(struct trial *trial, struct digest *digest)
{
    const struct dw_span realm = digest_realm(trial->policy);

    if (!dw_span_equal(digest->realm, realm)) {
        trial_note(trial, realm, digest->realm);
        return DW_DIGEST_REALM;
    }
    if (!digest_offers(trial->policy, digest->algorithm)) {
        trial_note(trial, SPAN_NONE, digest->named);
        return DW_DIGEST_ALGORITHM;
    }
    return digest->integrity && !digest_find_body(trial, &digest->body) ? DW_DIGEST_QOP
                                                                        : DW_REASON_NONE;
}

/* -- Whether it is the right one ------------------------------------------------------------------- */

static void name_user(struct trial *trial, const struct digest *digest)
{
    struct dw_decision *found = trial->found;

    found->fact = DW_FACT_DIGEST;
    found->account = digest->user;
    if (digest->hashed) {
        memcpy(found->name, digest->userhash, DW_FACT_NAME);
    } else {
        dw_fact_name(DW_FACT_DIGEST, digest->user, found->name);
    }
}

/* A wrong answer is asked about as nobody's is, though what is known says it all: or how soon it is refused
 * would tell who exists. */
static enum dw_reason refuse(struct trial *trial, enum dw_reason reason)
{
    if (trial_has_to_wait(trial, false)) {
        return DW_ATTEMPTS;
    }
    return trial->answers->asking == DW_MAY_ASK ? DW_ASK_USER : reason;
}

/* Guesses are counted by account: whoever hides the name guesses at the same one. */
static void name_hashed(struct trial *trial, struct dw_span sub)
{
    char *copy = sub.len == 0 ? NULL : trial_take(trial, sub.len);

    if (copy != NULL) {
        memcpy(copy, sub.at, sub.len);
        trial->found->account = (struct dw_span){copy, sub.len};
    }
}

/* Takes the user's hash out of what is known, and their name where they did not send it. */
static enum dw_reason read_known(struct trial *trial, const struct digest *digest,
                                 const struct dw_known *known, char ha1[DW_HA1_SIZE])
{
    unsigned char *room = trial->work->bytes + WORK_FACT;
    struct json json;

    if (object_copy(known->claims, room, WORK_ROOM, &json) != DW_REASON_NONE) {
        return DW_GUARD_FAILED;
    }
    const struct json_node *hashes = json_member(&json, json_root(&json), "ha1");
    const struct dw_span hash =
        json_string(&json, json_member(&json, hashes, dw_digest_name(digest->algorithm)));
    const bool has_hash = hash.len == 2 * digest_size(digest->algorithm);
    if (has_hash) {
        memcpy(ha1, hash.at, hash.len);
        ha1[hash.len] = '\0';
    }
    if (digest->hashed) {
        name_hashed(trial, json_string(&json, json_member(&json, json_root(&json), "sub")));
    }
    dw_secret_wipe(room + WORK_ROOM - known->claims.len, known->claims.len);
    return has_hash ? DW_REASON_NONE : refuse(trial, DW_DIGEST_USER);
}

static enum dw_reason check_response(struct trial *trial, const struct digest *digest,
                                     const char *ha1)
{
    uint8_t wanted[HASH_SIZE];

    const size_t n = digest_response(digest, dw_span_of(ha1), trial->request->method, wanted);
    const bool equal = dw_secret_equal((struct dw_span){(const char *)wanted, n},
                                       (struct dw_span){(const char *)digest->response, n});
    dw_secret_wipe(wanted, sizeof(wanted));
    if (!equal) {
        return refuse(trial, DW_DIGEST_RESPONSE);
    }
    return trial_has_to_wait(trial, true) ? DW_ATTEMPTS : DW_REASON_NONE;
}

/* -- Whether it is the first and in time ------------------------------------------------------------ */

static int64_t nonce_life(const struct trial *trial)
{
    const int life = trial->policy->schemes.digest.nonce_life;

    return life > 0 ? life : NONCE_LIFE;
}

/* Clients that were challenged in the same second share a nonce, and each counts from 1. Their cnonce
 * and the user tell them apart; a replay has the same ones, or the response would be wrong. */
static enum dw_reason use_count(struct trial *trial, const struct digest *digest, int64_t made)
{
    const struct dw_answers *answers = trial->answers;
    const struct dw_span parts[] = {DW_SPAN("digest"), digest->nonce, digest->nc, digest->cnonce,
                                    trial->found->account};
    uint8_t name[HASH_SIZE];

    if (answers->use == NULL) {
        return DW_REASON_NONE;
    }
    (void)hash_join(DW_DIGEST_SHA256, '\0', parts, 5, name);
    const enum dw_reason reason =
        answers->use(answers->context, name, made + nonce_life(trial) + 1);
    return reason == DW_PROOF_REPLAYED ? DW_DIGEST_REPLAYED : reason;
}

/* A machine's processes may see time a little differently: a nonce can be of the next second. */
static bool is_stale(struct trial *trial, int64_t made)
{
    const int64_t life = nonce_life(trial);
    const int64_t now = trial->request->now;

    if (made + life >= now && made - life <= now) {
        return false;
    }
    trial_note_times(trial, made + life, now);
    return true;
}

/* Used up is the last thing: a decision that asks will be made again. */
static enum dw_reason accept(struct trial *trial, const struct digest *digest, int64_t made,
                             const struct dw_known *known)
{
    if (is_stale(trial, made)) {
        return DW_DIGEST_STALE;
    }
    const enum dw_reason reason = lookup_accept(trial, known);
    return reason != DW_REASON_NONE ? reason : use_count(trial, digest, made);
}

/* -- Authentication-Info (RFC 7616 s3.5) ------------------------------------------------------------ */

static void put_quoted(struct text *text, struct dw_span value)
{
    text_char(text, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '"' || value.at[i] == '\\') {
            text_char(text, '\\');
        }
        text_char(text, value.at[i]);
    }
    text_char(text, '"');
}

/* Proves that we know the password too. Its qop is auth even where the request's is auth-int: what the
 * server behind will answer is not known here. */
static void write_info(struct trial *trial, const struct digest *digest, const char *ha1,
                       int64_t made)
{
    struct digest reply = *digest;
    uint8_t response[HASH_SIZE];
    char hex[2 * HASH_SIZE];
    struct text text;

    char *at = trial_take(trial, INFO_SIZE);
    if (at == NULL) {
        return;
    }
    reply.qop = DW_SPAN("auth");
    reply.integrity = false;
    const size_t n = digest_response(&reply, dw_span_of(ha1), DW_SPAN(""), response);
    digest_write_hex(response, n, hex);
    text_init(&text, at, INFO_SIZE);
    text_put(&text, "rspauth=");
    put_quoted(&text, (struct dw_span){hex, 2 * n});
    text_put(&text, ", qop=auth, nc=");
    text_add(&text, digest->nc);
    text_put(&text, ", cnonce=");
    put_quoted(&text, digest->cnonce);
    if (trial->request->now - made > nonce_life(trial) / 2) {
        digest_make_nonce(trial);
        text_put(&text, ", nextnonce=");
        put_quoted(&text, trial->found->digest_nonce);
    }
    trial->found->authentication_info = text_span(&text);
}

/* -- The whole ------------------------------------------------------------------------------------- */

static enum dw_reason check_user(struct trial *trial, const struct digest *digest, int64_t made)
{
    char ha1[DW_HA1_SIZE] = {0};
    struct dw_known known;

    enum dw_reason reason = lookup_find(trial, &known);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    reason = read_known(trial, digest, &known, ha1);
    if (reason == DW_REASON_NONE) {
        reason = check_response(trial, digest, ha1);
    }
    if (reason == DW_REASON_NONE) {
        reason = accept(trial, digest, made, &known);
    }
    if (reason == DW_REASON_NONE) {
        write_info(trial, digest, ha1, made);
    }
    dw_secret_wipe(ha1, sizeof(ha1));
    return reason;
}

enum dw_reason digest_authenticate(struct trial *trial, struct dw_span value)
{
    const struct dw_answers *answers = trial->answers;
    struct digest digest;
    int64_t made = 0;

    enum dw_reason reason = digest_read(trial, value, &digest);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    name_user(trial, &digest);
    reason = check_offer(trial, &digest);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (answers->secret == NULL) {
        return answers->asking == DW_MAY_ASK ? DW_ASK_USER : DW_GUARD_UNREACHABLE;
    }
    if (!nonce_read(answers->secret, DIGEST_NONCE, digest.nonce, &made)) {
        return DW_DIGEST_NONCE;
    }
    reason = check_place(trial, &digest);
    return reason != DW_REASON_NONE ? reason : check_user(trial, &digest, made);
}
