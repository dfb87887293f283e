/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* -- Spelling --------------------------------------------------------------------------------------- */

static struct dw_span without_scheme(struct dw_span name)
{
    static const char *const SCHEMES[] = {"https://", "http://", "api://", "spn:"};

    for (size_t i = 0; i < COUNT_OF_ROWS(SCHEMES); i++) {
        if (span_begins(name, SCHEMES[i])) {
            return span_behind(name, strlen(SCHEMES[i]));
        }
    }
    return name;
}

static bool ends_with(struct dw_span name, const char *end)
{
    const size_t len = strlen(end);

    return name.len >= len && memcmp(name.at + name.len - len, end, len) == 0;
}

static struct dw_span normal(struct dw_span name)
{
    name = without_scheme(name);
    while (name.len > 0 && name.at[name.len - 1] == '/') {
        name.len--;
    }
    if (ends_with(name, ":443")) {
        name.len -= 4;
    } else if (ends_with(name, ":80")) {
        name.len -= 3;
    }
    return name;
}

enum likeness names_compare(struct dw_span a, struct dw_span b)
{
    if (dw_span_equal(a, b)) {
        return NAMES_SAME;
    }
    return normal(a).len > 0 && dw_span_equal_nocase(normal(a), normal(b)) ? NAMES_ALIKE
                                                                           : NAMES_DIFFER;
}

/* -- What was expected ------------------------------------------------------------------------------ */

/* Words between "expected" and the value. */
static bool is_filler(struct dw_span word)
{
    static const char FILLERS[] =
        "audience issuer claim to be one of value the a an is was equal match "
        "token aud iss : = or values any";

    return list_has(dw_span_of(FILLERS), word);
}

static struct dw_span skip_marks(struct dw_span text)
{
    static const char MARKS[] = " \\\"'`:=[(<";

    while (text.len > 0 && text.at[0] != '\0' && strchr(MARKS, text.at[0]) != NULL) {
        text = span_behind(text, 1);
    }
    return text;
}

static struct dw_span value_behind(struct dw_span text)
{
    for (int i = 0; i < 6; i++) {
        struct dw_span word;

        text = skip_marks(text);
        word = span_until(text, " \\\"'`,)]}><\n\r;");
        if (!is_filler(word)) {
            while (word.len > 0 && word.at[word.len - 1] == '.') {
                word.len--;
            }
            return word.len >= 3 ? word : NOTHING;
        }
        text = span_behind(text, word.len);
    }
    return NOTHING;
}

static struct dw_span expected_in(struct dw_span text, const char *topic)
{
    static const char *const LEADS[] = {"expected:", "expected",       "want",         "should be",
                                        "must be",   "ValidAudience:", "ValidIssuer:", "configured",
                                        "required",  "requires"};
    const size_t at = span_find(text, topic);

    if (at >= text.len) {
        return NOTHING;
    }
    text = span_behind(text, at > 40 ? at - 40 : 0);
    for (size_t i = 0; i < COUNT_OF_ROWS(LEADS); i++) {
        const size_t lead = span_find(text, LEADS[i]);
        struct dw_span value;

        /* "unexpected" says nothing of what would have been. */
        if (lead >= text.len || (lead > 1 && span_begins(span_behind(text, lead - 2), "un"))) {
            continue;
        }
        value = value_behind(span_behind(text, lead + strlen(LEADS[i])));
        const bool is_named = strchr(LEADS[i], ':') != NULL;
        if (value.at != NULL && (is_named || memchr(value.at, '.', value.len) != NULL ||
                                 memchr(value.at, ':', value.len) != NULL || value.at[-1] != ' ')) {
            return value;
        }
    }
    return NOTHING;
}

struct dw_span expected_value(const struct scene *scene, const char *topic)
{
    const struct dw_span value = expected_in(scene->error_description, topic);

    if (value.at != NULL || scene->body_is_html) {
        return value;
    }
    return expected_in(scene->body, topic);
}

/* -- Hosts ------------------------------------------------------------------------------------------ */

struct dw_span name_host(struct dw_span name)
{
    const struct dw_span host = span_until(without_scheme(name), "/:?# ");

    if (host.len == name.len && memchr(host.at != NULL ? host.at : "", '.', host.len) == NULL) {
        return NOTHING;
    }
    return host;
}

static bool is_private_address(struct dw_span host)
{
    static const char *const STARTS[] = {"127.",    "10.",     "192.168.", "172.16.",
                                         "172.17.", "172.18.", "172.19.",  "172.2",
                                         "172.30.", "172.31.", "0.0.0.0",  "[::1]"};

    for (size_t i = 0; i < COUNT_OF_ROWS(STARTS); i++) {
        if (span_begins(host, STARTS[i])) {
            return host.at[host.len - 1] == ']' ||
                   (host.at[host.len - 1] >= '0' && host.at[host.len - 1] <= '9');
        }
    }
    return false;
}

bool is_local_host(struct dw_span host)
{
    static const char *const ENDS[] = {".internal",    ".local",  ".localhost",
                                       ".svc",         ".lan",    ".test",
                                       ".localdomain", ".docker", ".home.arpa"};

    if (host.len == 0) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF_ROWS(ENDS); i++) {
        if (ends_with(host, ENDS[i])) {
            return true;
        }
    }
    return memchr(host.at, '.', host.len) == NULL || is_private_address(host) ||
           span_has(host, ".svc.cluster.local");
}

/* The last two labels, or three where the last but one is a kind (co.uk). */
static struct dw_span site_of(struct dw_span host)
{
    unsigned dots = 0;
    size_t at = host.len;
    size_t last = host.len;

    while (at > 0) {
        if (host.at[at - 1] == '.') {
            dots++;
            if (dots >= 2 && last - at > 3) {
                break;
            }
            if (dots >= 3) {
                break;
            }
            last = at - 1;
        }
        at--;
    }
    return span_behind(host, at);
}

bool is_same_site(struct dw_span host, struct dw_span other)
{
    return host.len > 0 && dw_span_equal_nocase(site_of(host), site_of(other));
}

/* -- Environments ----------------------------------------------------------------------------------- */

enum name_env name_env(struct dw_span name, struct dw_span *word)
{
    static const char TEST[] =
        "test tests testing dev develop development staging stage stg sandbox sbox "
        "sbx qa uat preprod preproduction demo nonprod ci";
    static const char LIVE[] = "live prod production prd";

    while (name.len > 0) {
        struct dw_span part = span_until(name, ".-_/:?&= ");
        char small[16];

        name = span_behind(name, part.len + 1);
        if (part.len >= sizeof(small)) {
            continue;
        }
        for (size_t i = 0; i < part.len; i++) {
            small[i] =
                (char)(part.at[i] >= 'A' && part.at[i] <= 'Z' ? part.at[i] | 0x20 : part.at[i]);
        }
        if (word != NULL) {
            *word = part;
        }
        if (list_has(dw_span_of(TEST), (struct dw_span){small, part.len})) {
            return ENV_TEST;
        }
        if (list_has(dw_span_of(LIVE), (struct dw_span){small, part.len})) {
            return ENV_LIVE;
        }
    }
    return ENV_NONE;
}
