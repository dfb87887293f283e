/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/random.h>

#include "parts.h"

#define DRAWN_AT_ONCE 32
#define SECRET_BYTES  32

/* -- Texts -------------------------------------------------------------------------------------- */

bool record_is_plain(struct dw_span text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t n;

    for (size_t i = 0; i < text.len; i += n) {
        n = utf8_len(at + i, text.len - i);
        if (n == 0 || at[i] < ' ' || at[i] == 0x7f || (at[i] == 0xc2 && at[i + 1] < 0xa0)) {
            return false;
        }
    }
    return true;
}

int record_name(const char *what, const char *text, char name[STORE_NAME_MAX + 1],
                struct complaint *why)
{
    const size_t len = strlen(text);

    if (len == 0 || len > STORE_NAME_MAX) {
        return complain(why, "%s has 1 to %d bytes", what, STORE_NAME_MAX);
    }
    if (text[0] == ' ' || text[len - 1] == ' ' || !record_is_plain(dw_span_of(text))) {
        return complain(why,
                        "%s is UTF-8 without control characters, and neither begins nor ends "
                        "with a space",
                        what);
    }
    memcpy(name, text, len + 1);
    return 0;
}

int record_scope(const char *text, char scope[STORE_SCOPE_MAX + 1], struct complaint *why)
{
    struct dw_span rest = dw_span_of(text);
    struct dw_span word;
    struct text words;

    text_init(&words, scope, STORE_SCOPE_MAX);
    while (scope_word(&rest, &word)) {
        if (word.len == 0 || scope_has(text_span(&words), word)) {
            continue;
        }
        if (!scope_is_word(word)) {
            return complain(why,
                            "\"%.*s\" is no scope: RFC 6749 s3.3 allows printable ASCII "
                            "without \" and \\",
                            (int)word.len, word.at);
        }
        if (words.len > 0) {
            text_char(&words, ' ');
        }
        text_add(&words, word);
    }
    if (words.overflow) {
        return complain(why, "a scope has at most %d bytes", STORE_SCOPE_MAX);
    }
    scope[words.len] = '\0';
    return 0;
}

/* -- Chance ------------------------------------------------------------------------------------- */

bool draw_random(void *at, size_t len)
{
    return getrandom(at, len, 0) == (ssize_t)len;
}

bool draw_id(char *id, size_t n)
{
    static const char BASE32[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char bytes[DRAWN_AT_ONCE];

    if (n > sizeof(bytes) || !draw_random(bytes, n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        id[i] = BASE32[bytes[i] & 31];
    }
    id[n] = '\0';
    return true;
}

bool draw_secret(char secret[ISSUER_SECRET_SIZE])
{
    unsigned char bytes[SECRET_BYTES];
    size_t len = 0;
    const bool drawn =
        draw_random(bytes, sizeof(bytes)) &&
        dw_base64url_write(bytes, sizeof(bytes), secret, ISSUER_SECRET_SIZE - 1, &len) == 0;

    secret[len] = '\0';
    dw_secret_wipe(bytes, sizeof(bytes));
    return drawn;
}

/* -- Claims ------------------------------------------------------------------------------------- */

void claims_begin(struct text *text, char *buffer, size_t size)
{
    text_init(text, buffer, size);
    text_char(text, '{');
}

int claims_end(struct text *text)
{
    text_char(text, '}');
    text_char(text, '\0');
    return text->overflow ? DW_ERR_SIZE : 0;
}
