/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schemes.h"

/* Unlike a challenge, credentials stand alone (RFC 9110 s11.4): an empty list element is allowed
 * among parameters, but not behind a lone scheme or a token68. Where in the field they end. */
static size_t find_end(const struct auth_scan *scan, const struct dw_challenge *credentials)
{
    const struct dw_span last =
        credentials->token68.at != NULL ? credentials->token68 : credentials->scheme;
    const size_t end = (size_t)(last.at - scan->field.at) + last.len;

    if (credentials->token68.at == NULL && end < scan->field.len && scan->field.at[end] == ' ') {
        return scan->at;
    }
    return skip_blanks(scan->field, end);
}

int dw_credentials_parse(struct dw_span field, struct dw_challenge *credentials,
                         struct dw_fault *fault)
{
    struct auth_scan scan = {field, skip_blanks(field, 0), false, {0, NULL}};
    struct dw_challenge found;
    int error;

    if (field.len > DW_FIELD_MAX) {
        return DW_ERR_SIZE;
    }
    error = auth_read(&scan, &found);
    if (error == 0) {
        const size_t end = find_end(&scan, &found);

        if (end < field.len) {
            scan.fault = (struct dw_fault){end, "the credentials end here"};
            error = DW_ERR_SYNTAX;
        }
    }
    if (error == 0) {
        *credentials = found;
    } else if (error == DW_ERR_SYNTAX && fault != NULL) {
        *fault = scan.fault;
    }
    return error;
}

/* ASCII quotes, and U+2018 to U+201F as UTF-8. */
static bool is_quoted(struct dw_span token)
{
    return token.at[0] == '"' || token.at[0] == '\'' ||
           (token.len > 2 && memcmp(token.at, "\xe2\x80", 2) == 0 &&
            (unsigned char)token.at[2] >= 0x98 && (unsigned char)token.at[2] <= 0x9f);
}

static bool has_whitespace(struct dw_span span)
{
    for (size_t i = 0; i < span.len; i++) {
        if (span.at[i] == ' ' || (span.at[i] >= '\t' && span.at[i] <= '\r')) {
            return true;
        }
    }
    return false;
}

static bool starts_with_scheme(struct dw_span token, const char *scheme)
{
    const size_t len = strlen(scheme);

    return span_starts_nocase(token, scheme) && token.len > len &&
           (token.at[len] == ' ' || token.at[len] == '\t' || token.at[len] == ':');
}

/* Names what is wrong with text that is no token68. */
static enum dw_reason blame_token(struct dw_span token, const char *scheme)
{
    if (starts_with_scheme(token, scheme)) {
        return DW_HEADER_DUPLICATE_SCHEME;
    }
    if (token.at[0] == ':') {
        return DW_HEADER_COLON;
    }
    if (is_quoted(token)) {
        return DW_HEADER_QUOTED;
    }
    return has_whitespace(token) ? DW_HEADER_WHITESPACE : DW_HEADER_ILLEGAL;
}

/* Names what is wrong where no space follows the scheme. */
static enum dw_reason blame_scheme(struct dw_span rest)
{
    if (rest.at[0] == ':') {
        return DW_HEADER_COLON;
    }
    if (is_tchar(rest.at[0]) || is_token68_char(rest.at[0]) || rest.at[0] == '=') {
        return DW_HEADER_MISSING_SPACE;
    }
    if (is_quoted(rest)) {
        return DW_HEADER_QUOTED;
    }
    return has_whitespace((struct dw_span){rest.at, 1}) ? DW_HEADER_WHITESPACE : DW_HEADER_ILLEGAL;
}

static enum dw_reason blame_other(struct dw_span field)
{
    if (is_tchar(field.at[0])) {
        return DW_SCHEME_UNSUPPORTED;
    }
    return has_whitespace((struct dw_span){field.at, 1}) ? DW_HEADER_WHITESPACE : DW_HEADER_ILLEGAL;
}

enum dw_reason auth_token68(struct dw_span field, const char *scheme, struct dw_span *token)
{
    struct dw_span rest, found;
    size_t end = 0;

    while (field.len > 0 && field.at[field.len - 1] == ' ') {
        field.len--;
    }
    field = span_from(field, skip_spaces(field, 0));
    if (field.len == 0) {
        return DW_HEADER_EMPTY;
    }
    if (!span_starts_nocase(field, scheme)) {
        return blame_other(field);
    }
    rest = span_from(field, strlen(scheme));
    if (rest.len == 0) {
        return DW_HEADER_EMPTY;
    }
    if (rest.at[0] != ' ') {
        return blame_scheme(rest);
    }
    rest = span_from(rest, skip_spaces(rest, 0));
    found = read_token68(rest, &end);
    if (found.at == NULL || end < rest.len) {
        return blame_token(rest, scheme);
    }
    *token = found;
    return DW_REASON_NONE;
}

enum dw_reason dw_bearer_parse(struct dw_span field, struct dw_span *token)
{
    return auth_token68(field, "Bearer", token);
}
