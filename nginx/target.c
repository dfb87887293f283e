/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

#include "record.h"

/*
 * An API key in a query would stand in every log, and in those of the upstream. It is kept for the judge
 * and taken out of all nginx goes on with: $request_uri, $args, $request, and what proxy_pass sends.
 */

/* -- A query without one parameter ------------------------------------------------------------------ */

static bool ends_query(u_char c)
{
    return c == ' ' || c == '#';
}

/* The query in a text that is one, or has one behind its question mark. */
static ngx_str_t find_query(const ngx_str_t *text, bool is_query)
{
    u_char *last = text->data + text->len;
    u_char *at = is_query ? text->data : ngx_strlchr(text->data, last, '?');
    ngx_str_t query = {0, at};

    if (at == NULL) {
        return query;
    }
    query.data = is_query ? at : at + 1;
    while (query.data + query.len < last && !ends_query(query.data[query.len])) {
        query.len++;
    }
    return query;
}

/* The next parameter of a query, with the & in front of it taken off. */
static bool next_parameter(ngx_str_t *query, ngx_str_t *parameter)
{
    u_char *last = query->data + query->len;
    u_char *end;

    if (query->data == NULL) {
        return false;
    }
    end = ngx_strlchr(query->data, last, '&');
    parameter->data = query->data;
    parameter->len = (size_t)((end == NULL ? last : end) - query->data);
    query->data = end == NULL ? NULL : end + 1;
    query->len = end == NULL ? 0 : (size_t)(last - query->data);
    return true;
}

static bool is_key(const ngx_str_t *parameter, struct dw_span name)
{
    return parameter->len >= name.len && ngx_memcmp(parameter->data, name.at, name.len) == 0 &&
           (parameter->len == name.len || parameter->data[name.len] == '=');
}

static bool has_key(ngx_str_t query, struct dw_span name)
{
    ngx_str_t parameter;

    while (next_parameter(&query, &parameter)) {
        if (is_key(&parameter, name)) {
            return true;
        }
    }
    return false;
}

/* Without the key, and without a question mark before nothing. */
static ngx_int_t strip(ngx_http_request_t *r, ngx_str_t *text, bool is_query, struct dw_span name)
{
    const ngx_str_t query = find_query(text, is_query);
    ngx_str_t rest = query, parameter;
    u_char *to, *start, *first;

    if (!has_key(query, name)) {
        return NGX_OK;
    }
    start = ngx_pnalloc(r->pool, text->len + 1);
    if (start == NULL) {
        return NGX_ERROR;
    }
    to = ngx_cpymem(start, text->data, (size_t)(query.data - text->data));
    first = to;
    while (next_parameter(&rest, &parameter)) {
        if (!is_key(&parameter, name)) {
            to = ngx_cpymem(to, parameter.data, parameter.len);
            *to++ = '&';
        }
    }
    if (to > first || !is_query) {
        to--;
    }
    to = ngx_cpymem(to, query.data + query.len,
                    (size_t)(text->data + text->len - query.data) - query.len);
    text->data = start;
    text->len = (size_t)(to - start);
    return NGX_OK;
}

static ngx_int_t strip_all(ngx_http_request_t *r, struct dw_span name)
{
    if (strip(r, &r->request_line, false, name) != NGX_OK ||
        strip(r, &r->unparsed_uri, false, name) != NGX_OK) {
        return NGX_ERROR;
    }
    return strip(r, &r->args, true, name);
}

/* -- The request ------------------------------------------------------------------------------------- */

static struct dw_span hidden_name(ngx_http_request_t *r)
{
    const struct config *config = settings_of(r)->config;

    return config == NULL ? (struct dw_span){NULL, 0}
                          : dw_span_of(config->policy.schemes.apikey.query);
}

struct dw_span target_of(ngx_http_request_t *r)
{
    const struct record *record = record_find(r);

    return record != NULL && record->target.at != NULL ? record->target
                                                       : span_of(&r->unparsed_uri);
}

ngx_int_t target_hide(ngx_http_request_t *r)
{
    const struct dw_span name = hidden_name(r);
    struct record *record;

    if (name.at == NULL || !has_key(find_query(&r->unparsed_uri, false), name)) {
        return NGX_OK;
    }
    record = record_make(r);
    if (record == NULL) {
        return NGX_ERROR;
    }
    record->target = span_of(&r->unparsed_uri);
    return strip_all(r, name);
}

/* What stands in the query where it is not looked for was sent all the same. */
static ngx_int_t hide_misplaced(ngx_http_request_t *r)
{
    static const struct dw_span NAMES[] = {
        {"access_token", 12}, {"api_key", 7}, {"apikey", 6}, {"key", 3}};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (strip_all(r, NAMES[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

/* $remote_user, whatever was sent as one; who was let in by a password has a name to be shown. */
static void hide_user(ngx_http_request_t *r, const struct record *record)
{
    ngx_str_t *user = &r->headers_in.user;

    if (record != NULL && record->decision.reason == DW_ALLOWED_PASSWORD) {
        return;
    }
    if (ngx_http_auth_basic_user(r) == NGX_OK &&
        record_account(span_of(user)).len < user->len) {
        ngx_str_set(user, "");
    }
}

static bool is_misplaced(const struct record *record)
{
    return record != NULL && (record->decision.reason == DW_HEADER_LOCATION ||
                              record->decision.reason == DW_HEADER_METHODS);
}

ngx_int_t target_hide_from_log(ngx_http_request_t *r)
{
    const struct dw_span name = hidden_name(r);
    const struct record *record = record_find(r);

    if (settings_of(r)->config == NULL) {
        return NGX_OK;
    }
    hide_user(r, record);
    if (is_misplaced(record) && hide_misplaced(r) != NGX_OK) {
        return NGX_ERROR;
    }
    return name.at == NULL ? NGX_OK : strip_all(r, name);
}

/* -- The question ------------------------------------------------------------------------------------ */

ngx_int_t target_prepare(ngx_conf_t *cf, struct settings *settings)
{
    ngx_str_t name = ngx_string("request_uri");

    settings->request_uri = ngx_http_get_variable_index(cf, &name);
    return settings->request_uri == NGX_ERROR ? NGX_ERROR : NGX_OK;
}

/* $request_uri is worked out once for a request and all its subrequests. */
ngx_int_t target_show(ngx_http_request_t *ask)
{
    const ngx_http_core_main_conf_t *core =
        ngx_http_get_module_main_conf(ask, ngx_http_core_module);
    const size_t size = core->variables.nelts * sizeof(ngx_http_variable_value_t);
    const struct record *whole = record_find(ask->main);
    ngx_http_variable_value_t *variables;

    if (whole == NULL || whole->target.at == NULL) {
        return NGX_OK;
    }
    variables = ngx_palloc(ask->pool, size);
    if (variables == NULL) {
        return NGX_ERROR;
    }
    ngx_memcpy(variables, ask->variables, size);
    ngx_memzero(&variables[settings_of(ask)->request_uri], sizeof(*variables));
    ask->variables = variables;
    ask->unparsed_uri.data = (u_char *)(uintptr_t)whole->target.at;
    ask->unparsed_uri.len = whole->target.len;
    return NGX_OK;
}

void target_unshow(ngx_http_request_t *ask)
{
    ask->variables = ask->main->variables;
    ask->unparsed_uri = ask->main->unparsed_uri;
}
