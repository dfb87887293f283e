/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static bool is_at(struct dw_span field, size_t at, char c)
{
    return at < field.len && field.at[at] == c;
}

/* Whether the list element before `at` ends there (RFC 9110 s5.6.1). */
static bool ends_element(struct dw_span field, size_t at)
{
    at = skip_blanks(field, at);
    return at == field.len || field.at[at] == ',';
}

static bool is_param(struct dw_span field, size_t at)
{
    return read_token(field, &at).len > 0 && is_at(field, skip_blanks(field, at), '=');
}

/* Notes the first fault; a lenient scan goes on. */
static int note_fault(struct auth_scan *scan, size_t at, const char *what)
{
    if (scan->fault.what == NULL) {
        scan->fault = (struct dw_fault){at, what};
    }
    return scan->lenient ? 0 : DW_ERR_SYNTAX;
}

/* Notes what stands at `at` instead of a comma. */
static int note_comma(struct auth_scan *scan, size_t at)
{
    return note_fault(scan, at,
                      is_at(scan->field, at, ';') ? "a comma is expected, not a semicolon"
                                                  : "a comma is expected");
}

int auth_skip_commas(struct auth_scan *scan, bool *skipped)
{
    *skipped = false;
    for (;;) {
        scan->at = skip_blanks(scan->field, scan->at);
        if (is_at(scan->field, scan->at, ';')) {
            if (note_comma(scan, scan->at) != 0) {
                return DW_ERR_SYNTAX;
            }
        } else if (!is_at(scan->field, scan->at, ',')) {
            return 0;
        }
        scan->at++;
        *skipped = true;
    }
}

/* Whether the quote at `at` closes its string, or was only left unescaped inside it: what closes is
 * followed by a parameter, or by a scheme and its parameter. Asked by lenient scans alone, and true
 * wherever the strict grammar goes on. */
static bool closes(struct dw_span field, size_t at)
{
    size_t next = skip_blanks(field, at + 1);

    if (next == field.len || field.at[next] == ',' || field.at[next] == ';') {
        return true;
    }
    if (next == at + 1) {
        return false;
    }
    return is_param(field, next) ||
           (read_token(field, &next).len > 0 && is_param(field, skip_blanks(field, next)));
}

/* One character of a quoted string, or two: a backslash and what it escapes. */
static int skip_text(struct auth_scan *scan)
{
    if (scan->field.at[scan->at] == '\\' && scan->at + 1 < scan->field.len) {
        scan->at++;
    }
    if (!is_text_char(scan->field.at[scan->at]) &&
        note_fault(scan, scan->at, "a control character cannot stand in a quoted string") != 0) {
        return DW_ERR_SYNTAX;
    }
    scan->at++;
    return 0;
}

/* RFC 9110 s5.6.4; scan->at is at the quote that opens. */
static int read_quoted(struct auth_scan *scan, char quote, struct dw_param *param)
{
    const size_t start = ++scan->at;

    for (;;) {
        if (scan->at == scan->field.len) {
            param->value = span_from(scan->field, start);
            return note_fault(scan, scan->at, "a closing quote is expected");
        }
        if (scan->field.at[scan->at] == quote) {
            if (!scan->lenient || closes(scan->field, scan->at)) {
                break;
            }
            (void)note_comma(scan, skip_blanks(scan->field, scan->at + 1));
            scan->at++;
        } else if (skip_text(scan) != 0) {
            return DW_ERR_SYNTAX;
        }
    }
    param->value = (struct dw_span){scan->field.at + start, scan->at - start};
    scan->at++;
    return 0;
}

static bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == ';';
}

/* Notes what stands behind a token, at `end`, and is no end of the value. */
static int note_value(struct auth_scan *scan, size_t end)
{
    if (end == scan->field.len || !is_separator(scan->field.at[end])) {
        return note_fault(scan, end, "a token or a quoted string is expected");
    }
    return note_comma(scan, skip_blanks(scan->field, end));
}

/* A value no grammar knows, such as a URL without quotes: as far as the next blank or separator. */
static struct dw_span read_bare(struct auth_scan *scan)
{
    const size_t start = scan->at;

    while (scan->at < scan->field.len && !is_separator(scan->field.at[scan->at])) {
        scan->at++;
    }
    return (struct dw_span){scan->field.at + start, scan->at - start};
}

static bool is_wrapped(struct dw_span token)
{
    return token.len > 1 && token.at[0] == '\'' && token.at[token.len - 1] == '\'';
}

/* A single quote is a tchar: what it wraps counts as quoted only where that takes nothing from what
 * the strict grammar reads. True if the value was read. */
static bool read_single_quoted(struct auth_scan *scan, struct dw_span token, size_t end,
                               struct dw_param *param)
{
    size_t close = end;

    if (!scan->lenient || token.len == 0 || token.at[0] != '\'') {
        return false;
    }
    if (ends_element(scan->field, end)) {
        if (!is_wrapped(token)) {
            return false;
        }
        param->value = (struct dw_span){token.at + 1, token.len - 2};
        scan->at = end;
        return true;
    }
    while (close < scan->field.len && scan->field.at[close] != '\'') {
        close++;
    }
    if (close == scan->field.len && !is_wrapped(token)) {
        return false;
    }
    (void)note_value(scan, end);
    (void)read_quoted(scan, '\'', param);
    return true;
}

static int read_value(struct auth_scan *scan, struct dw_param *param)
{
    size_t end = scan->at;
    struct dw_span token;

    if (is_at(scan->field, scan->at, '"')) {
        return read_quoted(scan, '"', param);
    }
    token = read_token(scan->field, &end);
    if (read_single_quoted(scan, token, end, param)) {
        return 0;
    }
    if (token.len > 0 && (end == scan->field.len || is_separator(scan->field.at[end]))) {
        param->quoted = false;
        param->value = token;
        scan->at = end;
        return 0;
    }
    if (note_fault(scan, end, "a token or a quoted string is expected") != 0) {
        return DW_ERR_SYNTAX;
    }
    param->value = read_bare(scan);
    return 0;
}

/* A name may occur once (RFC 9110 s11.2); a lenient scan keeps the first and drops this one. */
static int check_name(struct auth_scan *scan, const struct dw_challenge *auth, struct dw_span name,
                      bool *known)
{
    *known = false;
    for (size_t i = 0; i < auth->n_params; i++) {
        if (dw_span_equal_nocase(auth->params[i].name, name)) {
            *known = true;
            return note_fault(scan, (size_t)(name.at - scan->field.at), "a parameter occurs twice");
        }
    }
    return auth->n_params < DW_PARAMS_MAX ? 0 : DW_ERR_SIZE;
}

/* What looked like a token68 is followed by parameters: `realm=, ...` was meant as one, too. */
static void drop_token68(struct auth_scan *scan, struct dw_challenge *auth)
{
    size_t at = (size_t)(auth->token68.at - scan->field.at);
    const struct dw_span name = read_token(scan->field, &at);

    auth->token68 = SPAN_NONE;
    if (name.len > 0 && is_at(scan->field, at, '=')) {
        auth->params[auth->n_params++] = (struct dw_param){name, DW_SPAN(""), true};
    }
}

/* Reads one parameter. DW_END: what stands here is no parameter, so perhaps the next scheme. */
static int read_param(struct auth_scan *scan, struct dw_challenge *auth, bool allowed)
{
    size_t at = scan->at;
    struct dw_param param = {read_token(scan->field, &at), SPAN_NONE, true};
    bool known;
    int error;

    at = skip_blanks(scan->field, at);
    if (param.name.len == 0 || !is_at(scan->field, at, '=')) {
        return DW_END;
    }
    if (!allowed && note_fault(scan, at, "a parameter cannot stand here") != 0) {
        return DW_ERR_SYNTAX;
    }
    if (auth->token68.at != NULL) {
        drop_token68(scan, auth);
    }
    error = check_name(scan, auth, param.name, &known);
    if (error != 0) {
        return error;
    }
    scan->at = skip_blanks(scan->field, at + 1);
    error = read_value(scan, &param);
    if (error == 0 && !known) {
        auth->params[auth->n_params++] = param;
    }
    return error;
}

/* What is no parameter begins the next challenge, if a comma stands before it and it is a scheme. */
static int end_params(struct auth_scan *scan, bool comma)
{
    size_t at = scan->at;

    if (read_token(scan->field, &at).len == 0) {
        return note_fault(scan, at, "a scheme or a parameter is expected");
    }
    if (!comma) {
        return note_fault(scan, skip_blanks(scan->field, at), "an equals sign is expected");
    }
    return 0;
}

static int read_params(struct auth_scan *scan, struct dw_challenge *auth, bool spaced)
{
    bool first = auth->token68.at == NULL;

    for (;;) {
        const bool allowed = spaced && auth->token68.at == NULL;
        bool comma;
        int error = auth_skip_commas(scan, &comma);

        if (error != 0 || scan->at == scan->field.len) {
            return error;
        }
        if (!first && !comma && note_comma(scan, scan->at) != 0) {
            return DW_ERR_SYNTAX;
        }
        error = read_param(scan, auth, allowed);
        if (error == DW_END) {
            return end_params(scan, comma);
        }
        if (error != 0) {
            return error;
        }
        first = false;
    }
}

/* Text is taken for a token68 if the element ends behind it, or if no parameter could begin so. */
static struct dw_span find_token68(struct auth_scan *scan)
{
    size_t name_end = scan->at;
    size_t end = scan->at;
    const struct dw_span token68 = read_token68(scan->field, &end);

    (void)read_token(scan->field, &name_end);
    if (token68.at == NULL) {
        return SPAN_NONE;
    }
    if (!ends_element(scan->field, end) &&
        (name_end >= end || (name_end + 1 == end && scan->field.at[name_end] == '='))) {
        return SPAN_NONE;
    }
    scan->at = end;
    return token68;
}

int auth_read(struct auth_scan *scan, struct dw_challenge *auth)
{
    struct dw_challenge found = {0};
    size_t blanks;
    bool spaced;
    int error;

    found.scheme = read_token(scan->field, &scan->at);
    if (found.scheme.len == 0) {
        (void)note_fault(scan, scan->at, "a scheme is expected");
        return DW_ERR_SYNTAX;
    }
    spaced = is_at(scan->field, scan->at, ' ');
    scan->at = skip_spaces(scan->field, scan->at);
    blanks = skip_blanks(scan->field, scan->at);
    if (!ends_element(scan->field, blanks) && (!spaced || blanks > scan->at)) {
        error = note_fault(scan, scan->at, "only spaces can stand behind the scheme");
        if (error != 0) {
            return error;
        }
        spaced = true;
        scan->at = blanks;
    }
    if (spaced) {
        found.token68 = find_token68(scan);
    }
    error = read_params(scan, &found, spaced);
    if (error == 0) {
        *auth = found;
    }
    return error;
}
