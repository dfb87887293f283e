/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "accounts.h"
#include "parts.h"

#define DIGESTS_USUAL (1u << DW_DIGEST_SHA256 | 1u << DW_DIGEST_SHA512_256)

/* -- What a user is made of --------------------------------------------------------------------- */

/* RFC 7617 s2: a colon ends the name. Digest could do with one; nobody is to be known by a name that works
 * for one scheme and not for the other. */
int user_name(struct dw_span text, char name[STORE_NAME_MAX + 1], struct complaint *why)
{
    char buffer[STORE_NAME_MAX + 2] = "";
    struct dw_span normal;

    if (memchr(text.at, ':', text.len) != NULL) {
        return complain(why, "a user's name has no colon in it");
    }
    if (password_normalize(text, buffer, sizeof(buffer) - 1, &normal) == 0) {
        buffer[normal.len] = '\0';
        return record_name("a user's name", buffer, name, why);
    }
    return complain(why, "a user's name is UTF-8 without control characters, of 1 to %d bytes",
                    STORE_NAME_MAX);
}

static size_t count_characters(struct dw_span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += ((unsigned char)text.at[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return n;
}

/* `buffer` has PASSWORD_MAX bytes. */
static int take_password(struct dw_span password, char *buffer, struct dw_span *normal,
                         struct complaint *why)
{
    if (password.len == 0) {
        return complain(why, "the password is empty");
    }
    switch (password_normalize(password, buffer, PASSWORD_MAX, normal)) {
    case 0:
        break;
    case DW_ERR_SIZE:
        return complain(why, "a password has at most %d bytes", PASSWORD_MAX);
    default:
        return complain(why, "a password is UTF-8 without control characters");
    }
    if (count_characters(*normal) < PASSWORD_MIN) {
        return complain(why, "a password has at least %d characters", PASSWORD_MIN);
    }
    return 0;
}

/* RFC 7616 s4: name and password in NFC here too. */
static int make_digests(const struct user_settings *settings, struct dw_span password,
                        struct store_user *user, struct complaint *why)
{
    const unsigned chosen = settings->digests != 0 ? settings->digests : DIGESTS_USUAL;

    if (strlen(settings->realm) > STORE_NAME_MAX) {
        return complain(why, "the realm has at most %d bytes where Digest is accepted",
                        STORE_NAME_MAX);
    }
    memcpy(user->realm, settings->realm, strlen(settings->realm) + 1);
    for (unsigned i = 0; i < DW_DIGESTS_END; i++) {
        if ((chosen & 1u << i) != 0 &&
            dw_digest_ha1((enum dw_digest)i, dw_span_of(user->name), dw_span_of(user->realm),
                          password, user->ha1[i]) != 0) {
            return complain(why, "the password could not be hashed for Digest");
        }
    }
    return 0;
}

/* -- Setting one -------------------------------------------------------------------------------- */

/* What stays of a user who is there already: the scope, unless another is given, and since when. */
static int take_old(struct store *store, const char *scope, int64_t now, struct store_user *user,
                    struct complaint *why)
{
    struct store_user old;
    const int unknown = store_user_find(store, dw_span_of(user->name), &old, why);

    if (unknown < 0) {
        return -1;
    }
    user->created = unknown == 0 ? old.created : now;
    user->changed = now;
    if (scope == NULL && unknown == 0) {
        memcpy(user->scope, old.scope, sizeof(old.scope));
    }
    dw_secret_wipe(&old, sizeof(old));
    return scope == NULL ? 0 : record_scope(scope, user->scope, why);
}

static int make_user(struct store *store, const struct user_settings *settings, int64_t now,
                     struct store_user *user, struct complaint *why)
{
    char buffer[PASSWORD_MAX];
    struct dw_span password = {NULL, 0};
    int result = -1;

    if (user_name(dw_span_of(settings->name), user->name, why) != 0 ||
        take_old(store, settings->scope, now, user, why) != 0) {
        return -1;
    }
    if (take_password(settings->password, buffer, &password, why) == 0 &&
        password_hash(password, user->password, why) == 0) {
        result = settings->realm == NULL ? 0 : make_digests(settings, password, user, why);
    }
    dw_secret_wipe(buffer, sizeof(buffer));
    return result;
}

int user_set(struct store *store, const struct user_settings *settings, int64_t now,
             struct complaint *why)
{
    struct store_user user = {.created = now};
    int result = make_user(store, settings, now, &user, why);

    if (result == 0) {
        result = store_user_put(store, &user, why);
    }
    dw_secret_wipe(&user, sizeof(user));
    return result;
}

/* -- Taking one over ---------------------------------------------------------------------------- */

static struct dw_span cut_at(struct dw_span *rest, char separator)
{
    const char *found = memchr(rest->at, separator, rest->len);
    const size_t len = found != NULL ? (size_t)(found - rest->at) : rest->len;
    const struct dw_span cut = {rest->at, len};
    const size_t taken = len + (found != NULL ? 1 : 0);

    *rest = (struct dw_span){rest->at + taken, rest->len - taken};
    return cut;
}

static bool starts(struct dw_span text, const char *with)
{
    return text.len >= strlen(with) && memcmp(text.at, with, strlen(with)) == 0;
}

/* What stands in the place of a hash, as far as it can be told; never what it is. */
static const char *name_fault(struct dw_span hash)
{
    if (hash.len == 0) {
        return "missing";
    }
    if (starts(hash, "{SHA}")) {
        return "a SHA-1 without a salt";
    }
    if (starts(hash, "$") || starts(hash, "{")) {
        return "hashed in a way that is not taken: bcrypt, SHA-crypt, apr1 and argon2id are, "
               "unless "
               "they were made too costly to check";
    }
    return "there as it is, or as a DES crypt that anybody can undo";
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct dw_span trim_end(struct dw_span line)
{
    while (line.len > 0 && is_blank(line.at[line.len - 1])) {
        line.len--;
    }
    return line;
}

int user_import(struct store *store, struct dw_span line, const char *scope, int64_t now,
                struct complaint *why)
{
    struct dw_span rest = trim_end(line);
    struct store_user user = {.created = now};
    struct dw_span name, hash;
    int result;

    if (rest.len == 0 || rest.at[0] == '#') {
        return 1;
    }
    if (memchr(rest.at, ':', rest.len) == NULL) {
        return complain(why, "expected NAME:HASH, as htpasswd writes it");
    }
    name = cut_at(&rest, ':');
    hash = cut_at(&rest, ':');
    if (user_name(name, user.name, why) != 0) {
        return -1;
    }
    if (!password_is_hash(hash) || hash.len >= sizeof(user.password)) {
        return complain(why,
                        "the password of %s is %s; make it anew with htpasswd -B, or leave the "
                        "line out and add the user with doorward user add",
                        user.name, name_fault(hash));
    }
    memcpy(user.password, hash.at, hash.len);
    result = take_old(store, scope, now, &user, why);
    if (result == 0) {
        result = store_user_put(store, &user, why);
    }
    dw_secret_wipe(&user, sizeof(user));
    return result;
}

/* -- What the edge is told ---------------------------------------------------------------------- */

static void put_digests(const struct store_user *user, struct text *text)
{
    text_put(text, ",\"ha1\":{");
    for (unsigned i = 0; i < DW_DIGESTS_END; i++) {
        if (user->ha1[i][0] != '\0') {
            text_json_member(text, dw_digest_name((enum dw_digest)i), dw_span_of(user->ha1[i]));
        }
    }
    text_char(text, '}');
}

int user_claims(const struct store_user *user, bool with_digest, int64_t now, char *buffer,
                size_t size)
{
    struct text text;

    claims_begin(&text, buffer, size);
    text_json_member(&text, "sub", dw_span_of(user->name));
    text_json_member(&text, "scope", dw_span_of(user->scope));
    text_json_number(&text, "iat", now);
    if (with_digest) {
        put_digests(user, &text);
    }
    return claims_end(&text);
}
