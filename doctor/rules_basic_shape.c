/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "basic.h"
#include "credential.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

bool is_basic(const struct scene *scene)
{
    return scene_is_scheme(scene, "Basic") && scene->sent.is_basic_decoded;
}

struct dw_span basic_decoded(const struct sent *sent)
{
    const size_t behind = sent->password.at != NULL ? sent->password.len + 1 : 0;

    return (struct dw_span){sent->user.at, sent->user.len + behind};
}

/* -- Mending ----------------------------------------------------------------------------------- */

void repair_basic(struct diagnosis *diagnosis, struct finding *finding,
                  struct dw_span user_and_password)
{
    const size_t size = DW_BASE64URL_SIZE(user_and_password.len);
    char *text = arena_take(diagnosis->arena, size + 1);
    size_t len = 0;

    if (text == NULL ||
        dw_base64url_write(user_and_password.at, user_and_password.len, text, size, &len) != 0) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)(text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
    }
    finding_repair(diagnosis, finding, "Basic %.*s%s", (int)len, text,
                   len % 4 == 2   ? "=="
                   : len % 4 == 3 ? "="
                                  : "");
}

/* Where the base64 begins in the raw value, and how long it is there. */
static struct dw_span raw_payload(const struct sent *sent)
{
    const size_t behind =
        sent->scheme.at >= sent->value.at && sent->scheme.at < sent->value.at + sent->value.len
            ? (size_t)(sent->scheme.at - sent->value.at) + sent->scheme.len
            : 0;

    return span_bare(span_behind(sent->value, behind));
}

void basic_point(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                 size_t at, size_t len, const char *says)
{
    const struct dw_span raw = raw_payload(&scene->sent);
    const size_t start = (size_t)(raw.at - scene->sent.value.at);

    at = at < raw.len ? at : raw.len;
    point_sent(scene, diagnosis, finding, &scene->sent, start + at,
               len < raw.len - at ? len : raw.len - at, says);
}

struct finding *basic_find(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause, int confidence, const char *says)
{
    struct finding *finding = confidence > 0 ? diagnosis_suspect(diagnosis, cause, confidence)
                                             : diagnosis_add(diagnosis, cause);

    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent), "%s", says);
    return finding;
}

/* -- No base64 --------------------------------------------------------------------------------- */

static bool is_base64_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

static size_t base64_end(struct dw_span text)
{
    size_t i = 0;

    while (i < text.len && is_base64_char(text.at[i])) {
        i++;
    }
    while (i < text.len && text.at[i] == '=' && text.len - i <= 2) {
        i++;
    }
    return i;
}

struct base64_flaw {
    int confidence; /* 0: the catalogue's */
    size_t at;
    const char *says; /* NULL: it is sound */
};

static struct base64_flaw flaw_of(struct dw_span raw)
{
    const size_t end = base64_end(raw);
    const char c = end < raw.len ? raw.at[end] : '\0';

    if (end == raw.len) {
        return (struct base64_flaw){
            raw.len % 4 == 1 ? 0 : 75, raw.len - 1,
            raw.len % 4 == 0 ? NULL : "its length is no multiple of four: = or more is missing"};
    }
    if (c == ':') {
        return (struct base64_flaw){0, end, "user and password in clear: they were not encoded"};
    }
    if (c == '-' || c == '_') {
        return (struct base64_flaw){VERY_LIKELY, end,
                                    "this is base64url; Basic wants + for - and / for _"};
    }
    if (c == '.' && span_begins(raw, "eyJ")) {
        return (struct base64_flaw){VERY_LIKELY, end, "a JWT, which Bearer carries, not Basic"};
    }
    return (struct base64_flaw){0, end, "this is no character of base64"};
}

static bool is_shown_as_it_was(const struct scene *scene)
{
    return scene_is_scheme(scene, "Basic") && scene->sent.payload.len > 0 &&
           !is_masked(scene->sent.payload) && placeholder_in(scene->sent.payload) == NULL;
}

/* A defect that another rule names: quotes, strangers, percents, line ends within. */
static bool is_named_elsewhere(const struct scene *scene)
{
    struct credential credential;

    credential_open(scene->arena, scene->sent.value, CREDENTIAL_FIELD, &credential);
    for (size_t i = 0; i < credential.n_defects; i++) {
        const char *cause = credential.defects[i].cause;

        if (strcmp(cause, "header.extra_whitespace") != 0 &&
            strcmp(cause, "header.missing_space") != 0 &&
            strcmp(cause, "header.duplicate_scheme") != 0) {
            return true;
        }
    }
    return false;
}

static void look_bad_base64(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const struct sent *sent = &scene->sent;
    struct base64_flaw flaw;
    struct finding *finding;

    if (!is_shown_as_it_was(scene) || is_named_elsewhere(scene)) {
        return;
    }
    flaw = flaw_of(sent->payload);
    if (flaw.says == NULL) {
        return;
    }
    finding = basic_find(scene, diagnosis, cause, flaw.confidence, flaw.says);
    basic_point(scene, diagnosis, finding, flaw.at, 1, flaw.says);
    if (memchr(sent->payload.at, ':', sent->payload.len) != NULL) {
        repair_basic(diagnosis, finding, sent->payload);
    } else if (sent->is_basic_decoded && sent->password.at != NULL) {
        repair_basic(diagnosis, finding, basic_decoded(sent));
    }
}

/* -- What it decodes to ------------------------------------------------------------------------ */

static bool is_text(struct dw_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        const unsigned char c = (unsigned char)bytes.at[i];

        if (c < ' ' && c != '\n' && c != '\r' && c != '\t') {
            return false;
        }
    }
    return bytes.len > 0;
}

/* user:password, after a second decoding. */
static struct dw_span decoded_twice(const struct scene *scene)
{
    const struct sent *sent = &scene->sent;
    struct dw_span inner = span_bare(sent->user);
    struct dw_fault fault;

    if (sent->password.at != NULL || inner.len < 4 || base64_end(inner) != inner.len) {
        return (struct dw_span){NULL, 0};
    }
    inner = base64_open(scene->arena, inner, &fault);
    if (fault.what != NULL || inner.len == 0 || memchr(inner.at, ':', inner.len) == NULL ||
        !is_text(inner)) {
        return (struct dw_span){NULL, 0};
    }
    return inner;
}

static void look_double_encoded(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    const struct dw_span inner = is_basic(scene) ? decoded_twice(scene) : (struct dw_span){NULL, 0};
    struct finding *finding;

    if (inner.at == NULL) {
        return;
    }
    finding = basic_find(scene, diagnosis, cause, CERTAIN,
                         "decoded it is base64 again, and that holds the colon");
    basic_point(scene, diagnosis, finding, 0, scene->sent.payload.len, "base64 of base64");
    repair_basic(diagnosis, finding, inner);
}

static void look_no_colon(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct sent *sent = &scene->sent;
    struct finding *finding;

    if (!is_basic(scene) || sent->password.at != NULL || decoded_twice(scene).at != NULL ||
        !is_shown_as_it_was(scene) || is_masked(sent->user)) {
        return;
    }
    finding = basic_find(scene, diagnosis, cause, 0,
                         is_text(sent->user) ? "decoded it is one text without a colon"
                                             : "what it decodes to is no text");
    basic_point(scene, diagnosis, finding, 0, sent->payload.len,
                "no colon in what this decodes to");
    if (is_text(sent->user)) {
        const struct dw_span user = span_bare(sent->user);
        const char *both = arena_print(diagnosis->arena, "%.*s:", (int)user.len, user.at);

        repair_basic(diagnosis, finding, dw_span_of(both));
    }
}

static size_t newlines_at_end(struct dw_span bytes)
{
    size_t n = 0;

    while (n < bytes.len &&
           (bytes.at[bytes.len - 1 - n] == '\n' || bytes.at[bytes.len - 1 - n] == '\r')) {
        n++;
    }
    return n;
}

static void look_trailing_newline(const struct scene *scene, struct diagnosis *diagnosis,
                                  const char *cause)
{
    const struct sent *sent = &scene->sent;
    struct dw_span all = basic_decoded(sent);
    const size_t n = is_basic(scene) ? newlines_at_end(all) : 0;
    struct finding *finding;

    if (n == 0) {
        return;
    }
    finding = basic_find(scene, diagnosis, cause, decoded_twice(scene).at != NULL ? LIKELY : 0,
                         all.at[all.len - n] == '\r' ? "decoded, the password ends with CR LF"
                                                     : "decoded, the password ends with a newline");
    basic_point(scene, diagnosis, finding, sent->payload.len > 4 ? sent->payload.len - 4 : 0, 4,
                "a newline is encoded here");
    all.len -= n;
    if (sent->password.at != NULL) {
        repair_basic(diagnosis, finding, all);
    }
}

/* A user's name ends where the first colon is (RFC 7617 s2). */
static void look_colon_in_user(const struct scene *scene, struct diagnosis *diagnosis,
                               const char *cause)
{
    const struct sent *sent = &scene->sent;
    const bool is_name_of_names = span_is(sent->user, "urn") || span_is(sent->user, "arn") ||
                                  span_is(sent->user, "http") || span_is(sent->user, "https") ||
                                  span_is(sent->user, "oauth2") || span_is(sent->user, "did");
    struct finding *finding;

    if (!is_basic(scene) || scene->it == NULL || scene->it->status != 401 ||
        sent->password.len == 0 || memchr(sent->password.at, ':', sent->password.len) == NULL) {
        return;
    }
    finding = basic_find(scene, diagnosis, cause, is_name_of_names ? 78 : 50,
                         "decoded it holds more than one colon");
    basic_point(scene, diagnosis, finding, 0, sent->payload.len,
                "the user's name ends at the first colon");
}

void basic_shape(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"basic.bad_base64", look_bad_base64},
        {"basic.double_encoded", look_double_encoded},
        {"basic.no_colon", look_no_colon},
        {"basic.trailing_newline", look_trailing_newline},
        {"basic.colon_in_user", look_colon_in_user},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
