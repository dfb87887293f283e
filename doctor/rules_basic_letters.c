/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "basic.h"
#include "look.h"
#include "text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum letters { LETTERS_ASCII, LETTERS_UTF8, LETTERS_DECOMPOSED, LETTERS_OTHER };

/* U+0300 to U+036F: accents that NFC would have joined to their letters. */
static bool is_combining(const unsigned char *at, size_t len)
{
    return len == 2 && (at[0] == 0xcc || (at[0] == 0xcd && at[1] < 0xb0));
}

static enum letters letters_of(struct dw_span text)
{
    enum letters letters = LETTERS_ASCII;
    size_t i = 0;

    while (i < text.len) {
        const unsigned char *at = (const unsigned char *)text.at + i;
        const size_t len = utf8_len(at, text.len - i);

        if (len == 0) {
            return LETTERS_OTHER;
        }
        if (is_combining(at, len)) {
            letters = LETTERS_DECOMPOSED;
        } else if (len > 1 && letters == LETTERS_ASCII) {
            letters = LETTERS_UTF8;
        }
        i += len;
    }
    return letters;
}

static struct dw_span to_utf8(struct arena *arena, struct dw_span latin1)
{
    char *bytes = arena_take(arena, 2 * latin1.len + 1);
    size_t len = 0;

    for (size_t i = 0; bytes != NULL && i < latin1.len; i++) {
        const unsigned char c = (unsigned char)latin1.at[i];

        if (c >= 0x80) {
            bytes[len++] = (char)(unsigned char)(0xc0 | c >> 6);
        }
        bytes[len++] = (char)(unsigned char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    return (struct dw_span){bytes, len};
}

static void look_charset(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char *const SAYS[] = {"", "decoded it has letters beyond ASCII, in UTF-8",
                                       "decoded it has letters with their accents apart (not NFC)",
                                       "decoded it has letters beyond ASCII that are not UTF-8"};
    const struct dw_span all = basic_decoded(&scene->sent);
    const enum letters letters =
        is_basic(scene) && scene->sent.password.at != NULL ? letters_of(all) : LETTERS_ASCII;
    const struct dw_span charset = scene_param(scene_challenge(scene, "Basic"), "charset");
    const bool wants_utf8 = span_is(charset, "UTF-8");
    struct finding *finding;

    if (letters == LETTERS_ASCII || scene->it == NULL || scene->it->status < 400 ||
        (letters == LETTERS_UTF8 && wants_utf8)) {
        return;
    }
    finding = basic_find(scene, diagnosis, cause,
                         letters == LETTERS_UTF8 ? 62
                         : wants_utf8            ? 95
                                                 : 78,
                         SAYS[letters]);
    if (wants_utf8) {
        finding_say(diagnosis, finding, "server", scene_challenge(scene, "Basic")->field->place,
                    "charset=\"UTF-8\"");
    }
    basic_point(scene, diagnosis, finding, 0, scene->sent.payload.len,
                "letters beyond ASCII are encoded here");
    if (letters == LETTERS_OTHER) {
        repair_basic(diagnosis, finding, to_utf8(diagnosis->arena, all));
    }
}

static size_t percents(struct dw_span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += is_percent(text, i) ? 1 : 0;
    }
    return n;
}

/* An unencoded # ? or / ends the host: what was to follow it stands behind, with its @. */
static bool is_cut_off(const struct scene *scene)
{
    const struct dw_span url = scene->it->url;
    const char *at = url.len > 3 ? memmem(url.at, url.len, "://", 3) : NULL;
    size_t from = at != NULL ? (size_t)(at - url.at) + 3 : url.len;

    while (from < url.len && strchr("/?#", url.at[from]) == NULL) {
        from++;
    }
    return from < url.len && memchr(url.at + from, '@', url.len - from) != NULL &&
           scene->host.len > 0 && !span_has(scene->host, ".") && !span_is(scene->host, "localhost");
}

/* What is left of a password is no host's name. */
static bool is_unresolved(const struct scene *scene)
{
    static const char *const TEXTS[] = {
        "Could not resolve", "ENOTFOUND",   "Name or service not known", "getaddrinfo",
        "URL rejected",      "Port number", "nonnumeric port",           "Failed to parse"};
    bool is_said = false;

    for (size_t i = 0; i < COUNT(TEXTS) && !is_said; i++) {
        is_said = notes_have(scene->it, TEXTS[i]);
    }
    return is_said;
}

/* RFC 3986 s3.2.1: what is encoded in a URL is decoded before it is sent as Basic. */
static void look_url_userinfo(const struct scene *scene, struct diagnosis *diagnosis,
                              const char *cause)
{
    const struct sent *sent = &scene->sent;
    const struct dw_span user =
        scene->it != NULL ? url_user(scene->it->url) : (struct dw_span){NULL, 0};
    const bool is_encoded = is_basic(scene) && percents(sent->password) + percents(sent->user) > 0;
    const bool is_cut =
        scene->it != NULL && (is_basic(scene) || is_unresolved(scene)) && is_cut_off(scene);
    const bool is_split = is_cut || (user.len > 0 && memchr(user.at, '@', user.len) != NULL);
    struct finding *finding;

    if (!is_encoded && !is_split) {
        return;
    }
    finding = basic_find(scene, diagnosis, cause,
                         is_encoded             ? 0
                         : is_unresolved(scene) ? 96
                                                : LIKELY,
                         is_encoded ? "decoded it still holds a %XX, as addresses write it"
                         : is_cut   ? "the host ends before an @: a # ? or / stands in the password"
                                    : "the address has more than one @ before its host");
    if (is_encoded) {
        basic_point(scene, diagnosis, finding, 0, sent->payload.len,
                    "still encoded as in an address");
        repair_basic(diagnosis, finding, percent_open(diagnosis->arena, basic_decoded(sent)));
    }
}

void basic_letters(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"basic.charset", look_charset},
        {"basic.url_userinfo", look_url_userinfo},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
