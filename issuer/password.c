/* SPDX-License-Identifier: Apache-2.0 */
#include <argon2.h>
#include <crypt.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "accounts.h"
#include "parts.h"

/* OWASP's parameters for argon2id where memory is scarce. */
#define MEMORY_KIB 19456
#define PASSES     2
#define LANES      1
#define SALT_BYTES 16
#define HASH_BYTES 32

/* What an imported hash may ask for, so that checking one takes seconds at most. */
#define MEMORY_KIB_MAX  (1024 * 1024)
#define PASSES_MAX      16
#define LANES_MAX       16
#define BCRYPT_COST_MAX 16
#define SHA_ROUNDS_MAX  5000000

#define BCRYPT_BYTES 72 /* of a password that bcrypt looks at */

/* The hash of nobody: drawn, not computed, so no password has it. */
#define NOBODY                                               \
    "$argon2id$v=19$m=19456,t=2,p=1$vF1tYjHkq0sWmJc8uG4nAQ$" \
    "p3sR0uKzXn5bE7wVfQ1yLd9CgHaTj2MoI6NxO4kUe8Y"

/* -- Normal form -------------------------------------------------------------------------------- */

/* `letters` has room for what the text decomposes into: `max`, and one more for the NUL. */
static int compose(struct dw_span text, utf8proc_int32_t *letters, utf8proc_ssize_t max,
                   char *buffer, size_t size, struct dw_span *normal)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    const utf8proc_ssize_t n = utf8proc_decompose(
        (const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, letters, max, options);
    const utf8proc_ssize_t len = n < 0 || n > max ? -1 : utf8proc_reencode(letters, n, options);

    if (len < 0) {
        return DW_ERR_SYNTAX;
    }
    if ((size_t)len > size) {
        return DW_ERR_SIZE;
    }
    memcpy(buffer, letters, (size_t)len);
    *normal = (struct dw_span){buffer, (size_t)len};
    return 0;
}

int password_normalize(struct dw_span text, char *buffer, size_t size, struct dw_span *normal)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_int32_t *letters;
    utf8proc_ssize_t max;
    int result;

    if (text.len > PASSWORD_MAX) {
        return DW_ERR_SIZE;
    }
    if (!record_is_plain(text)) {
        return DW_ERR_SYNTAX;
    }
    max = utf8proc_decompose((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, NULL, 0,
                             options);
    letters = max < 0 ? NULL : calloc((size_t)max + 1, sizeof(*letters));
    if (letters == NULL) {
        return DW_ERR_SYNTAX;
    }
    result = compose(text, letters, max, buffer, size, normal);
    dw_secret_wipe(letters, ((size_t)max + 1) * sizeof(*letters));
    free(letters);
    return result;
}

/* -- What is a hash ----------------------------------------------------------------------------- */

static bool take(struct dw_span *rest, const char *text)
{
    const size_t len = strlen(text);

    if (rest->len < len || memcmp(rest->at, text, len) != 0) {
        return false;
    }
    *rest = (struct dw_span){rest->at + len, rest->len - len};
    return true;
}

static bool take_number(struct dw_span *rest, long least, long most)
{
    long number = 0;
    size_t n = 0;

    while (n < rest->len && n < 9 && rest->at[n] >= '0' && rest->at[n] <= '9') {
        number = number * 10 + (rest->at[n++] - '0');
    }
    *rest = (struct dw_span){rest->at + n, rest->len - n};
    return n > 0 && number >= least && number <= most;
}

static bool is_digit64(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '/' || c == '+';
}

static bool take_digits(struct dw_span *rest, size_t least, size_t most, struct dw_span *digits)
{
    size_t n = 0;

    while (n < rest->len && is_digit64(rest->at[n])) {
        n++;
    }
    *digits = (struct dw_span){rest->at, n};
    *rest = (struct dw_span){rest->at + n, rest->len - n};
    return n >= least && n <= most;
}

/* SALT$HASH, and then the end. */
static bool is_salted(struct dw_span rest, size_t salt_max, size_t least, size_t most,
                      struct dw_span *salt)
{
    struct dw_span hash;

    return take_digits(&rest, 1, salt_max, salt) && take(&rest, "$") &&
           take_digits(&rest, least, most, &hash) && rest.len == 0;
}

static bool is_argon2id(struct dw_span text)
{
    struct dw_span salt;

    return take(&text, "$argon2id$v=19$m=") && take_number(&text, 8, MEMORY_KIB_MAX) &&
           take(&text, ",t=") && take_number(&text, 1, PASSES_MAX) && take(&text, ",p=") &&
           take_number(&text, 1, LANES_MAX) && take(&text, "$") &&
           is_salted(text, 86, 16, 86, &salt);
}

static bool is_bcrypt(struct dw_span text)
{
    struct dw_span hash;

    return text.len == 60 && (take(&text, "$2y$") || take(&text, "$2b$") || take(&text, "$2a$")) &&
           take_number(&text, 4, BCRYPT_COST_MAX) && take(&text, "$") &&
           take_digits(&text, 53, 53, &hash);
}

static bool is_sha_crypt(struct dw_span text, const char *kind, size_t len)
{
    struct dw_span salt;

    if (!take(&text, kind)) {
        return false;
    }
    if (take(&text, "rounds=") && !(take_number(&text, 1000, SHA_ROUNDS_MAX) && take(&text, "$"))) {
        return false;
    }
    return is_salted(text, 16, len, len, &salt);
}

static bool is_crypt(struct dw_span text)
{
    return is_bcrypt(text) || is_sha_crypt(text, "$5$", 43) || is_sha_crypt(text, "$6$", 86);
}

static bool is_apr1(struct dw_span text, struct dw_span *salt)
{
    return take(&text, "$apr1$") && is_salted(text, 8, APR1_SIZE - 1, APR1_SIZE - 1, salt);
}

bool password_is_hash(struct dw_span text)
{
    struct dw_span salt;

    return is_argon2id(text) || is_crypt(text) || is_apr1(text, &salt);
}

/* -- Making and checking one -------------------------------------------------------------------- */

int password_hash(struct dw_span password, char hash[256], struct complaint *why)
{
    unsigned char salt[SALT_BYTES];
    char made[256];
    int error;

    if (!draw_random(salt, sizeof(salt))) {
        return complain(why, "the password could not be hashed: the system gave no random bytes");
    }
    error = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.at, password.len, salt,
                                  sizeof(salt), HASH_BYTES, made, sizeof(made));
    if (error != ARGON2_OK) {
        return complain(why, "the password could not be hashed: %s", argon2_error_message(error));
    }
    memcpy(hash, made, sizeof(made));
    return 0;
}

static enum password_answer check_argon2id(const char *hash, struct dw_span password)
{
    switch (argon2id_verify(hash, password.at, password.len)) {
    case ARGON2_OK:
        return PASSWORD_RIGHT;
    case ARGON2_MEMORY_ALLOCATION_ERROR:
    case ARGON2_THREAD_FAIL:
        return PASSWORD_UNCHECKED;
    default:
        return PASSWORD_WRONG;
    }
}

/* bcrypt looks at BCRYPT_BYTES of a password and no more. That is what the hash is of, and whoever made it
 * was told so: to refuse a longer password here would lock out who chose one. */
static bool check_crypt(const char *hash, struct dw_span password)
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    char text[PASSWORD_MAX + 1];
    const char *made;
    bool equal;

    if (data == NULL) {
        return false;
    }
    memcpy(text, password.at, password.len);
    text[password.len] = '\0';
    made = crypt_r(text, hash, data);
    equal = made != NULL && dw_secret_equal(dw_span_of(made), dw_span_of(hash));
    dw_secret_wipe(text, sizeof(text));
    dw_secret_wipe(data, sizeof(*data));
    free(data);
    return equal;
}

static bool check_apr1(struct dw_span salt, struct dw_span password)
{
    char made[APR1_SIZE];
    const bool equal = apr1_hash(password, salt, made) &&
                       dw_secret_equal(dw_span_of(made), dw_span_of(salt.at + salt.len + 1));

    dw_secret_wipe(made, sizeof(made));
    return equal;
}

static bool check_foreign(const char *hash, struct dw_span password)
{
    struct dw_span salt;

    if (is_apr1(dw_span_of(hash), &salt)) {
        return check_apr1(salt, password);
    }
    return is_crypt(dw_span_of(hash)) && check_crypt(hash, password);
}

/* A wrong password for another's hash, which may be quick to check, takes as long as nobody's at least. */
static enum password_answer check(const char *hash, struct dw_span password)
{
    if (hash != NULL && is_argon2id(dw_span_of(hash))) {
        return check_argon2id(hash, password);
    }
    if (hash != NULL && check_foreign(hash, password)) {
        return PASSWORD_RIGHT;
    }
    return check_argon2id(NOBODY, password) == PASSWORD_UNCHECKED ? PASSWORD_UNCHECKED
                                                                  : PASSWORD_WRONG;
}

enum password_answer password_check(const char *hash, struct dw_span password)
{
    char buffer[PASSWORD_MAX];
    enum password_answer answer;
    struct dw_span normal;

    if (password.len == 0 || password.len > PASSWORD_MAX ||
        memchr(password.at, '\0', password.len) != NULL) {
        return PASSWORD_WRONG;
    }
    answer = check(hash, password);
    if (answer == PASSWORD_WRONG &&
        password_normalize(password, buffer, sizeof(buffer), &normal) == 0 &&
        !dw_span_equal(normal, password)) {
        answer = check(hash, normal);
    }
    dw_secret_wipe(buffer, sizeof(buffer));
    return answer;
}

/* What follows may be mistyped, or missing where a program has cut it off: a hash of that would lock out
 * who knows the password as it is. */
static bool is_looked_at_in_part(const char *hash, struct dw_span password)
{
    return password.len >= BCRYPT_BYTES && is_bcrypt(dw_span_of(hash));
}

bool password_renew(const char *hash, struct dw_span password, char renewed[256])
{
    char buffer[PASSWORD_MAX];
    struct dw_span normal;
    bool done;

    if (is_argon2id(dw_span_of(hash)) ||
        password_normalize(password, buffer, sizeof(buffer), &normal) != 0) {
        return false;
    }
    done = !is_looked_at_in_part(hash, password) && !is_looked_at_in_part(hash, normal) &&
           password_hash(normal, renewed, NULL) == 0;
    dw_secret_wipe(buffer, sizeof(buffer));
    return done;
}
