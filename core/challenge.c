/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

void dw_challenge_reader_init(struct dw_challenge_reader *reader, struct dw_span field,
                              bool lenient)
{
    *reader = (struct dw_challenge_reader){field, 0, lenient};
}

static int read_next(struct auth_scan *scan, struct dw_challenge *challenge)
{
    bool skipped;
    int error;

    if (scan->field.len > DW_FIELD_MAX) {
        return DW_ERR_SIZE;
    }
    error = auth_skip_commas(scan, &skipped);
    if (error == 0) {
        error = scan->at < scan->field.len ? auth_read(scan, challenge) : DW_END;
    }
    return error;
}

int dw_challenge_next(struct dw_challenge_reader *reader, struct dw_challenge *challenge,
                      struct dw_fault *fault)
{
    struct auth_scan scan = {reader->field, reader->at, reader->lenient, {0, NULL}};
    const int error = reader->at < reader->field.len ? read_next(&scan, challenge) : DW_END;

    reader->at = error == 0 ? scan.at : reader->field.len;
    if (fault != NULL &&
        (error == DW_ERR_SYNTAX || (reader->lenient && (error == 0 || error == DW_END)))) {
        *fault = scan.fault;
    }
    return error;
}

const struct dw_param *dw_challenge_param(const struct dw_challenge *challenge, const char *name)
{
    for (size_t i = 0; i < challenge->n_params; i++) {
        if (dw_span_equal_nocase(challenge->params[i].name, dw_span_of(name))) {
            return &challenge->params[i];
        }
    }
    return NULL;
}

int dw_param_unescape(const struct dw_param *param, char *buffer, size_t size, size_t *len)
{
    const struct dw_span value = param->value;
    struct text text;

    text_init(&text, buffer, size);
    for (size_t i = 0; i < value.len; i++) {
        if (param->quoted && value.at[i] == '\\' && i + 1 < value.len) {
            i++;
        }
        text_char(&text, value.at[i]);
    }
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    *len = text.len;
    return 0;
}

static bool is_token(struct dw_span span)
{
    size_t end = 0;

    return read_token(span, &end).len > 0 && end == span.len;
}

static bool is_token68(struct dw_span span)
{
    size_t end = 0;

    return read_token68(span, &end).len > 0 && end == span.len;
}

static int write_quoted(struct dw_span value, struct text *text)
{
    text_char(text, '"');
    while (value.len > 0) {
        const size_t n = text_plain_run(value.at, value.len);
        text_add(text, (struct dw_span){value.at, n});
        value = span_from(value, n);
        if (value.len == 0) {
            break;
        }
        if (!is_text_char(value.at[0])) {
            return DW_ERR_SYNTAX;
        }
        if (value.at[0] == '"' || value.at[0] == '\\') {
            text_char(text, '\\');
        }
        text_char(text, value.at[0]);
        value = span_from(value, 1);
    }
    text_char(text, '"');
    return 0;
}

static int write_param(const struct dw_param *param, struct text *text)
{
    if (!is_token(param->name) || (!param->quoted && !is_token(param->value))) {
        return DW_ERR_SYNTAX;
    }
    text_add(text, param->name);
    text_char(text, '=');
    if (param->quoted) {
        return write_quoted(param->value, text);
    }
    text_add(text, param->value);
    return 0;
}

static int write_token68(const struct dw_challenge *challenge, struct text *text)
{
    if (!is_token68(challenge->token68) || challenge->n_params > 0) {
        return DW_ERR_SYNTAX;
    }
    text_char(text, ' ');
    text_add(text, challenge->token68);
    return 0;
}

int dw_challenge_write(const struct dw_challenge *challenge, char *buffer, size_t size, size_t *len)
{
    struct text text;

    if (!is_token(challenge->scheme)) {
        return DW_ERR_SYNTAX;
    }
    if (challenge->n_params > DW_PARAMS_MAX) {
        return DW_ERR_SIZE;
    }
    text_init(&text, buffer, size);
    text_add(&text, challenge->scheme);
    if (challenge->token68.at != NULL && write_token68(challenge, &text) != 0) {
        return DW_ERR_SYNTAX;
    }
    for (size_t i = 0; i < challenge->n_params; i++) {
        text_put(&text, i == 0 ? " " : ", ");
        if (write_param(&challenge->params[i], &text) != 0) {
            return DW_ERR_SYNTAX;
        }
    }
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    *len = text.len;
    return 0;
}
