/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scene.h"
#include "text.h"

#define PARTS_MAX       8
#define TIME_DIGITS_MAX 18

/* Between its dots; `n` counts all of them, even where only PARTS_MAX are kept. */
struct parts {
    struct dw_span at[PARTS_MAX];
    size_t n;
};

static void split(struct dw_span text, struct parts *parts)
{
    size_t start = 0;

    parts->n = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.at[i] != '.') {
            continue;
        }
        if (parts->n < PARTS_MAX) {
            parts->at[parts->n] = (struct dw_span){text.at + start, i - start};
        }
        parts->n++;
        start = i + 1;
    }
}

static void blame(struct token_view *view, size_t at, const char *what)
{
    if (view->fault.what == NULL) {
        view->fault = (struct dw_fault){at, what};
    }
}

/* -- A part: base64url of a JSON object -------------------------------------------------------- */

/* '{' and what writers of JSON put behind it, in base64url: {", {}, {\n, {\r, { and a space, {\t. */
static bool begins_like_json(struct dw_span part)
{
    static const char *const STARTS[] = {"eyJ", "e30", "ewo", "ew0", "eyA", "ewk"};

    for (size_t i = 0; i < sizeof(STARTS) / sizeof(STARTS[0]); i++) {
        if (part.len >= 3 && memcmp(part.at, STARTS[i], 3) == 0) {
            return true;
        }
    }
    return false;
}

static size_t place_of(const struct token_view *view, struct dw_span part)
{
    return (size_t)(part.at - view->text.at);
}

/* The characters base64 has and base64url has not (RFC 7515 s2). */
static void look_for_base64(struct token_view *view, struct dw_span part)
{
    for (size_t i = 0; i < part.len; i++) {
        const char c = part.at[i];

        if (c == '+' || c == '/' || c == '=') {
            view->is_standard_base64 = true;
            blame(view, place_of(view, part) + i,
                  c == '=' ? "base64url in a token has no padding"
                           : "this is base64; base64url writes - for + and _ for /");
            return;
        }
    }
}

static struct dw_span open_part(struct arena *arena, struct token_view *view, struct dw_span part)
{
    struct dw_fault fault;
    const struct dw_span bytes = base64_open(arena, part, &fault);

    if (fault.what != NULL) {
        blame(view, place_of(view, part) + fault.at, fault.what);
    }
    look_for_base64(view, part);
    return bytes;
}

static const char *json_fault(enum json_error error)
{
    switch (error) {
    case JSON_OK:
        return "a JSON object was expected here";
    case JSON_DUPLICATE:
        return "a member stands here twice";
    case JSON_NESTING:
        return "this is nested too deeply";
    case JSON_SIZE:
        return "this has too many members";
    case JSON_SYNTAX:
    default:
        return "what this decodes to is no JSON";
    }
}

/* Its bytes are changed: they are a copy that nobody else reads. */
static bool read_object(struct arena *arena, struct token_view *view, struct dw_span part,
                        struct json *json)
{
    const struct dw_span bytes = open_part(arena, view, part);
    const size_t most = bytes.len / 2 + 2 < SCENE_JSON_NODES ? bytes.len / 2 + 2 : SCENE_JSON_NODES;
    struct json_node *nodes = arena_take(arena, most * sizeof(*nodes));
    struct dw_span text = arena_keep(arena, bytes);
    enum json_error error;
    size_t at = 0;

    if (nodes == NULL || text.at == NULL) {
        return false;
    }
    error = json_parse((char *)(uintptr_t)text.at, text.len, nodes, most, json, &at);
    if (error == JSON_OK && json_root(json)->type == JSON_OBJECT) {
        return true;
    }
    blame(view, place_of(view, part) + at / 3 * 4, json_fault(error));
    return false;
}

/* -- What they say ----------------------------------------------------------------------------- */

static struct dw_span header_text(const struct token_view *view, const char *name)
{
    return json_string(&view->header, json_member(&view->header, json_root(&view->header), name));
}

static const struct json_node *claim(const struct token_view *view, const char *name)
{
    return view->has_claims ? json_member(&view->claims, json_root(&view->claims), name) : NULL;
}

struct dw_span token_claim(const struct token_view *token, const char *name)
{
    return json_string(&token->claims, claim(token, name));
}

bool token_has_claim(const struct token_view *token, const char *name)
{
    const struct json_node *node = claim(token, name);

    return node != NULL && node->type != JSON_NULL; /* "aud": null names nobody */
}

static bool read_digits(struct dw_span text, int64_t *number)
{
    if (text.len == 0 || text.len > TIME_DIGITS_MAX) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        *number = *number * 10 + (text.at[i] - '0');
    }
    return true;
}

static bool is_fraction(const struct json *json, const struct json_node *node)
{
    const struct dw_span number = {json->text + node->at, node->len};

    for (size_t i = 0; i < number.len; i++) {
        if (number.at[i] == '.' || number.at[i] == 'e' || number.at[i] == 'E') {
            return true;
        }
    }
    return false;
}

static struct token_time read_time(const struct token_view *view, const char *name)
{
    const struct json_node *node = claim(view, name);
    const struct dw_span text = json_string(&view->claims, node);
    struct token_time time = {TIME_OTHER, 0};

    if (node == NULL) {
        return (struct token_time){TIME_ABSENT, 0};
    }
    if (text.at != NULL) {
        time.type = TIME_TEXT;
        time.at = read_digits(text, &time.at) ? time.at : date_read(text);
    } else if (node->type == JSON_NUMBER && json_whole(&view->claims, node, &time.at)) {
        time.type = is_fraction(&view->claims, node) ? TIME_FRACTION : TIME_NUMBER;
    }
    return time;
}

static struct dw_span first_claim(const struct token_view *view, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct dw_span text = token_claim(view, names[i]);

        if (text.at != NULL) {
            return text;
        }
    }
    return (struct dw_span){NULL, 0};
}

static void read_aud(struct token_view *view)
{
    const struct json_node *aud = claim(view, "aud");
    const struct json_node *item;

    if (aud == NULL || aud->type != JSON_ARRAY) {
        view->aud[0] = json_string(&view->claims, aud);
        view->n_aud = view->aud[0].at != NULL ? 1 : 0;
        return;
    }
    for (item = json_first(aud);
         item != NULL && view->n_aud < sizeof(view->aud) / sizeof(view->aud[0]);
         item = json_next(aud, item)) {
        if (item->type == JSON_STRING) {
            view->aud[view->n_aud++] = json_string(&view->claims, item);
        }
    }
}

/* A list of scopes becomes one text, as RFC 8693 s4.2 writes it. It is no longer than the list. */
static struct dw_span join(struct arena *arena, const struct token_view *view,
                           const struct json_node *list)
{
    char *buffer = arena_take(arena, view->text.len);
    struct text joined;

    if (buffer == NULL) {
        return (struct dw_span){NULL, 0};
    }
    text_init(&joined, buffer, view->text.len);
    for (const struct json_node *item = json_first(list); item != NULL;
         item = json_next(list, item)) {
        const struct dw_span word = json_string(&view->claims, item);

        if (word.at != NULL && joined.len > 0) {
            text_char(&joined, ' ');
        }
        text_add(&joined, word);
    }
    return text_span(&joined);
}

static struct dw_span read_scope(struct arena *arena, const struct token_view *view)
{
    static const char *const NAMES[] = {"scope", "scp"};

    for (size_t i = 0; i < 2; i++) {
        const struct json_node *node = claim(view, NAMES[i]);

        if (node != NULL && node->type == JSON_ARRAY) {
            return join(arena, view, node);
        }
        if (node != NULL && node->type == JSON_STRING) {
            return json_string(&view->claims, node);
        }
    }
    return (struct dw_span){NULL, 0};
}

static void read_header(struct token_view *view)
{
    view->alg = header_text(view, "alg");
    view->typ = header_text(view, "typ");
    view->kid = header_text(view, "kid");
}

static void read_claims(struct arena *arena, struct token_view *view)
{
    static const char *const CLIENTS[] = {"client_id", "azp", "appid", "cid"};
    const struct json_node *cnf = claim(view, "cnf");

    view->iss = token_claim(view, "iss");
    view->sub = token_claim(view, "sub");
    view->jti = token_claim(view, "jti");
    view->client = first_claim(view, CLIENTS, sizeof(CLIENTS) / sizeof(CLIENTS[0]));
    view->scope = read_scope(arena, view);
    view->exp = read_time(view, "exp");
    view->nbf = read_time(view, "nbf");
    view->iat = read_time(view, "iat");
    read_aud(view);
    if (cnf != NULL && cnf->type == JSON_OBJECT) {
        view->jkt = json_string(&view->claims, json_member(&view->claims, cnf, "jkt"));
        view->x5t = json_string(&view->claims, json_member(&view->claims, cnf, "x5t#S256"));
    }
}

/* -- Which kind -------------------------------------------------------------------------------- */

static void look_jwt(struct arena *arena, const struct parts *parts, struct token_view *view)
{
    view->has_header = read_object(arena, view, parts->at[0], &view->header);
    if (view->has_header) {
        read_header(view);
    }
    if (parts->n == 5) {
        view->shape = TOKEN_JWE;
        return;
    }
    if (view->has_header && header_text(view, "enc").at != NULL) {
        view->shape = TOKEN_BROKEN;
        blame(view, view->text.len,
              "an encrypted token has five parts, with four dots between them");
        return;
    }
    view->has_claims = parts->n > 1 && read_object(arena, view, parts->at[1], &view->claims);
    if (view->has_claims) {
        read_claims(arena, view);
    }
    view->shape = parts->n == 3 ? TOKEN_JWS : TOKEN_BROKEN;
    if (parts->n == 3) {
        view->signature_len = parts->at[2].len;
        (void)open_part(arena, view, parts->at[2]);
    } else {
        blame(view, view->text.len, "a JWT has three parts, with two dots between them");
    }
}

/* Its beginning was lost: what follows the first dot is a JWT's claims. */
static bool is_headless(const struct parts *parts)
{
    return parts->n >= 2 && parts->n <= 3 && begins_like_json(parts->at[1]) &&
           parts->at[1].len > 16;
}

/* v1 to v4, local or public, as PASETO's specification writes them. */
static bool is_paseto(struct dw_span text, const struct parts *parts)
{
    return (parts->n == 3 || parts->n == 4) && parts->at[0].len == 2 && text.at[0] == 'v' &&
           text.at[1] >= '1' && text.at[1] <= '4' &&
           (span_is(parts->at[1], "local") || span_is(parts->at[1], "public"));
}

static void look_other(struct token_view *view, const struct parts *parts)
{
    const struct token_vendor *vendor = token_vendor_of(view->text);

    view->shape = TOKEN_OPAQUE;
    if (is_paseto(view->text, parts)) {
        view->shape = TOKEN_PASETO;
    } else if (vendor != NULL) {
        view->shape = TOKEN_VENDOR;
        view->vendor = vendor->name;
    } else if (is_headless(parts)) {
        view->shape = TOKEN_BROKEN;
        blame(view, 0, "the beginning of the token is missing");
    }
}

void token_look(struct arena *arena, struct dw_span text, struct token_view *view)
{
    struct parts parts;

    *view = (struct token_view){.shape = TOKEN_NONE, .text = text};
    if (text.len == 0) {
        return;
    }
    split(text, &parts);
    view->n_dots = parts.n - 1;
    if (begins_like_json(parts.at[0])) {
        look_jwt(arena, &parts, view);
    } else {
        look_other(view, &parts);
    }
}
