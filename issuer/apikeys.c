/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "accounts.h"
#include "parts.h"

/* Draws a key; of it the record takes the id and the name. */
static int make_key(const char *prefix, struct store_apikey *record, char key[DW_APIKEY_SIZE],
                    struct complaint *why)
{
    uint8_t random[DW_APIKEY_RANDOM];
    struct dw_span id;
    int error;

    if (!draw_random(random, sizeof(random))) {
        return complain(why, "no key could be made: the system gave no random bytes");
    }
    error = dw_apikey_write(prefix, random, key, DW_APIKEY_SIZE);
    dw_secret_wipe(random, sizeof(random));
    if (error != 0 || dw_apikey_parse(dw_span_of(key), prefix, &id) != DW_REASON_NONE) {
        return complain(why, "no key could be made: \"%s\" cannot be the prefix of one",
                        prefix != NULL ? prefix : "");
    }
    memcpy(record->id, id.at, DW_APIKEY_ID);
    record->id[DW_APIKEY_ID] = '\0';
    dw_fact_name(DW_FACT_APIKEY, dw_span_of(key), record->name);
    return 0;
}

/* With so many random bits in an id, a second key of one id is not to be expected: nothing is done about it. */
static int complain_taken(struct complaint *why)
{
    return complain(why, "the key drawn has the id of another: try again");
}

int apikey_add(struct store *store, const struct apikey_settings *settings, int64_t now,
               struct store_apikey *record, char key[DW_APIKEY_SIZE], struct complaint *why)
{
    struct store_apikey made = {.created = now, .expires = settings->expires};
    char drawn[DW_APIKEY_SIZE] = "";
    int result = -1;

    if (record_name("an owner's name", settings->owner, made.owner, why) != 0 ||
        record_scope(settings->scope, made.scope, why) != 0) {
        return -1;
    }
    if (make_key(settings->prefix, &made, drawn, why) == 0) {
        result = store_apikey_add(store, &made, why);
    }
    if (result == 0) {
        *record = made;
        memcpy(key, drawn, sizeof(drawn));
    }
    dw_secret_wipe(drawn, sizeof(drawn));
    return result == 1 ? complain_taken(why) : result;
}

/* -- Rotating ----------------------------------------------------------------------------------- */

/* The new key has as long to live as the old one had. */
static struct store_apikey make_successor(const struct store_apikey *old, int64_t now)
{
    struct store_apikey made = {.created = now};

    made.expires = old->expires == 0 ? 0 : now + (old->expires - old->created);
    memcpy(made.owner, old->owner, sizeof(made.owner));
    memcpy(made.scope, old->scope, sizeof(made.scope));
    return made;
}

int apikey_rotate(struct store *store, struct dw_span id, const char *prefix, int64_t overlap,
                  int64_t now, struct store_apikey *record, char key[DW_APIKEY_SIZE],
                  struct complaint *why)
{
    char drawn[DW_APIKEY_SIZE] = "";
    struct store_apikey old, made;
    int result = store_apikey_find(store, id, &old, why);

    if (result != 0) {
        return result;
    }
    if (old.successor[0] != '\0' || apikey_judge(&old, now) != DW_REASON_NONE) {
        return 1;
    }
    made = make_successor(&old, now);
    result = make_key(prefix, &made, drawn, why);
    if (result == 0) {
        result = store_apikey_rotate(store, id, now + overlap, &made, why);
    }
    if (result == 0) {
        *record = made;
        memcpy(key, drawn, sizeof(drawn));
    }
    dw_secret_wipe(drawn, sizeof(drawn));
    return result;
}

/* -- What one is worth -------------------------------------------------------------------------- */

enum dw_reason apikey_judge(const struct store_apikey *key, int64_t now)
{
    if (key->revoked != 0) {
        return DW_APIKEY_REVOKED;
    }
    if (key->expires == 0 || now < key->expires) {
        return DW_REASON_NONE;
    }
    return key->successor[0] != '\0' ? DW_APIKEY_ROTATED : DW_APIKEY_EXPIRED;
}

int apikey_claims(const struct store_apikey *key, char *buffer, size_t size)
{
    struct text text;

    claims_begin(&text, buffer, size);
    text_json_member(&text, "sub", dw_span_of(key->owner));
    text_json_member(&text, "scope", dw_span_of(key->scope));
    text_json_member(&text, "jti", dw_span_of(key->id));
    text_json_number(&text, "iat", key->created);
    if (key->expires != 0) {
        text_json_number(&text, "exp", key->expires);
    }
    return claims_end(&text);
}
