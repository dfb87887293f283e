/* SPDX-License-Identifier: Apache-2.0 */
#include "sender.h"

#include <string.h>

/* -- The page (Fetch Metadata, RFC 6454) ------------------------------------------------------- */

static bool is_listed(const struct dw_list *origins, struct dw_span origin)
{
    for (size_t i = 0; i < origins->n; i++) {
        if (dw_span_equal_nocase(dw_span_of(origins->items[i]), origin)) {
            return true;
        }
    }
    return false;
}

/* A browser leaves the usual ports out of both. Where nobody says whether it was http or https, both
 * will do: whoever writes Origin writes Host from the same address. */
static bool is_of_host(const struct http_request *request, struct dw_span origin)
{
    struct dw_span host;

    if (http_find_field(request, "Host", &host) != 1 || host.len == 0 || origin.len <= host.len) {
        return false;
    }
    const struct dw_span start = {origin.at, origin.len - host.len};
    return dw_span_equal_nocase((struct dw_span){origin.at + start.len, host.len}, host) &&
           (dw_span_equal(start, DW_SPAN("https://")) || dw_span_equal(start, DW_SPAN("http://")));
}

bool sender_is_own(const struct dw_policy *policy, const struct http_request *request,
                   struct dw_span origin)
{
    struct dw_span site = {NULL, 0}, said = {NULL, 0};
    const size_t n_sites = http_find_field(request, "Sec-Fetch-Site", &site);
    const size_t n_said = http_find_field(request, "Origin", &said);

    if (n_sites > 1 || n_said > 1) {
        return false;
    }
    if (said.len > 0 && is_listed(&policy->schemes.cookie.origins, said)) {
        return true;
    }
    if (n_sites == 1) {
        return dw_span_equal(site, DW_SPAN("same-origin")) ||
               (dw_span_equal(site, DW_SPAN("none")) && n_said == 0);
    }
    if (policy->origin != NULL) {
        return dw_span_equal_nocase(said, dw_span_of(policy->origin));
    }
    return origin.len > 0 ? dw_span_equal_nocase(said, origin) : is_of_host(request, said);
}

/* -- The session ------------------------------------------------------------------------------- */

struct dw_span sender_cookie(const struct dw_policy *policy)
{
    const char *name = policy->schemes.cookie.name;

    return name == NULL ? DW_SPAN("__Host-doorward") : dw_span_of(name);
}

static bool find_pair(struct dw_span field, struct dw_span name, struct dw_span *value)
{
    size_t at = 0;

    while (at < field.len) {
        while (at < field.len && (field.at[at] == ' ' || field.at[at] == ';')) {
            at++;
        }
        size_t end = at;
        while (end < field.len && field.at[end] != ';') {
            end++;
        }
        if (end - at > name.len && field.at[at + name.len] == '=' &&
            dw_span_equal((struct dw_span){field.at + at, name.len}, name)) {
            *value = (struct dw_span){field.at + at + name.len + 1, end - at - name.len - 1};
            return true;
        }
        at = end;
    }
    return false;
}

bool sender_find_cookie(const struct http_request *request, struct dw_span name,
                        struct dw_span *value)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        const struct dw_field *field = &request->fields[i];
        if (dw_span_equal_nocase(field->name, DW_SPAN("Cookie")) &&
            find_pair(field->value, name, value)) {
            return true;
        }
    }
    return false;
}
