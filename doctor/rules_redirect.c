/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <string.h>

#define GUESS 40 /* both hops had credentials, or neither */

/* Two hops of one request, and what became of the credentials on the way. */
struct hop {
    const struct exchange *from, *to;
    struct dw_span from_origin, to_origin;
    char buffers[2][512];
    const char *field; /* what was there before and is not there now; NULL: nothing was lost */
};

/* What clients do with Authorization when they are redirected. */
static const struct {
    const char *agent, *does;
} CLIENTS[] = {
    {"curl/",
     "curl keeps Authorization for the same scheme, host and port (--location-trusted: always)"},
    {"python-requests",
     "requests keeps Authorization for the same host, and from http: to https: of it"},
    {"python-httpx",
     "httpx keeps Authorization for the same origin, and from http: to https: of it"},
    {"aiohttp", "aiohttp drops Authorization where the origin changes"},
    {"Go-http-client", "Go keeps Authorization for the same host and hosts below it"},
    {".NET", ".NET's HttpClient drops Authorization on every redirect"},
    {"okhttp", "OkHttp drops Authorization where the host, port or scheme changes"},
    {"Java", "Java's clients drop Authorization where the host changes"},
    {"node", "fetch drops Authorization where the origin changes"},
    {"axios", "axios (follow-redirects) drops Authorization where the host changes or TLS is lost"},
    {"Wget", "wget drops Authorization where the host changes"},
    {"Mozilla", "browsers drop Authorization where the origin changes (Fetch standard)"},
};

static void say_client(const struct hop *hop, struct diagnosis *diagnosis, struct finding *finding)
{
    const struct dw_span agent = message_value(&hop->from->request, "User-Agent");

    for (size_t i = 0; i < sizeof(CLIENTS) / sizeof(CLIENTS[0]); i++) {
        if (span_has(agent, CLIENTS[i].agent)) {
            finding_say(diagnosis, finding, "client", hop->from->request.place, "%s",
                        CLIENTS[i].does);
            return;
        }
    }
}

static const char *lost_field(const struct exchange *from, const struct exchange *to)
{
    static const char *const FIELDS[] = {"Authorization", "X-API-Key", "Api-Key", "X-Auth-Token",
                                         "Cookie"};

    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        if (message_field(&from->request, FIELDS[i]) != NULL &&
            message_field(&to->request, FIELDS[i]) == NULL) {
            return FIELDS[i];
        }
    }
    return NULL;
}

static void say_hops(const struct hop *hop, struct diagnosis *diagnosis, struct finding *finding)
{
    finding_say(diagnosis, finding, "hops", hop->from->place, "1: %.*s%s%s, answered %d",
                SHOWN(hop->from_origin), hop->field != NULL ? " with " : "",
                hop->field != NULL ? hop->field : "", hop->from->status);
    finding_say(diagnosis, finding, "hops", hop->to->place, "2: %.*s%s%s, answered %d",
                SHOWN(hop->to_origin), hop->field != NULL ? " without " : "",
                hop->field != NULL ? hop->field : "", hop->to->status);
}

static void find_drop(const struct hop *hop, struct diagnosis *diagnosis, const char *cause,
                      int confidence)
{
    const struct capture_field *location = message_field(&hop->from->response, "Location");
    struct finding *finding = diagnosis_suspect(diagnosis, cause, confidence);

    say_hops(hop, diagnosis, finding);
    say_client(hop, diagnosis, finding);
    if (location != NULL) {
        finding_point(diagnosis, finding, location, 0, location->value.len,
                      hop->field != NULL ? "%s was not sent there" : "the client was sent here",
                      hop->field);
    }
}

/* -- Where they went ---------------------------------------------------------------------------------- */

static bool is_secure(struct dw_span origin)
{
    return span_begins(origin, "https:");
}

static bool is_same_host(const struct hop *hop)
{
    return dw_span_equal_nocase(url_host(hop->from->url), url_host(hop->to->url));
}

static struct dw_span without_slash(struct dw_span path)
{
    if (path.len > 0 && path.at[path.len - 1] == '/') {
        path.len--;
    }
    return path;
}

static bool is_slash_apart(struct dw_span a, struct dw_span b)
{
    return a.len != b.len && dw_span_equal(without_slash(a), without_slash(b));
}

/* The path of a Location, which may be one without a host. */
static struct dw_span path_of(struct dw_span location)
{
    const char *end = location.len > 0 ? memchr(location.at, '?', location.len) : NULL;

    if (span_has(location, "://")) {
        return url_path(location);
    }
    return (struct dw_span){location.at, end != NULL ? (size_t)(end - location.at) : location.len};
}

bool loses_on_redirect(const struct exchange *exchange)
{
    const struct dw_span location = message_value(&exchange->response, "Location");
    const struct dw_span host = url_host(location);
    const bool is_here =
        !span_has(location, "://") || dw_span_equal_nocase(host, url_host(exchange->url));

    if (!is_redirect(exchange) || is_login(location) || !is_here ||
        message_field(&exchange->request, "Authorization") == NULL) {
        return false;
    }
    return is_slash_apart(url_path(exchange->url), path_of(location)) ||
           (host.len > 0 &&
            span_begins(location, "https:") != span_begins(exchange->url, "https:"));
}

static void look_other_origin(const struct hop *hop, struct diagnosis *diagnosis)
{
    const bool is_lost = hop->field != NULL;
    const bool was_secure = is_secure(hop->from_origin);
    const bool now_secure = is_secure(hop->to_origin);

    if (was_secure && !now_secure) {
        find_drop(hop, diagnosis, "redirect.scheme_downgrade",
                  is_lost || is_same_host(hop) ? 97 : LIKELY);
    } else if (!was_secure && now_secure && is_same_host(hop)) {
        find_drop(hop, diagnosis, "redirect.http_to_https", is_lost ? 97 : GUESS);
        return;
    }
    if (!is_lost || is_login(hop->to->url)) {
        return;
    }
    find_drop(hop, diagnosis, "redirect.cross_origin_drop",
              was_secure && !now_secure && is_same_host(hop) ? VERY_LIKELY : 99);
}

static void look_same_origin(const struct hop *hop, struct diagnosis *diagnosis)
{
    const bool is_slash = is_slash_apart(url_path(hop->from->url), url_path(hop->to->url));

    if (hop->field == NULL || strcmp(hop->field, "Cookie") == 0) {
        return;
    }
    find_drop(hop, diagnosis, "redirect.same_origin_drop", is_slash ? 96 : 97);
}

/* The slash is worth mending even where the redirect leaves the origin too. */
static void look_slash(const struct hop *hop, struct diagnosis *diagnosis)
{
    const bool is_same = dw_span_equal_nocase(hop->from_origin, hop->to_origin);

    if (is_slash_apart(url_path(hop->from->url), url_path(hop->to->url)) && is_same_host(hop) &&
        hop->field != NULL) {
        find_drop(hop, diagnosis, "redirect.trailing_slash", is_same ? 99 : VERY_LIKELY);
    }
}

/* -- To a page for people --------------------------------------------------------------------------- */

static void look_login_ahead(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *location = message_field(&scene->it->response, "Location");
    struct finding *finding;

    if (!is_redirect(scene->it) || !is_login(message_value(&scene->it->response, "Location"))) {
        return;
    }
    finding = diagnosis_add(diagnosis, "redirect.to_login");
    finding_say(diagnosis, finding, "server", location->place,
                "%d to a page to sign in at, and no 401", scene->it->status);
    finding_point(diagnosis, finding, location, 0, location->value.len, "a page to sign in at");
}

static void look_login_behind(const struct hop *hop, const struct scene *scene,
                              struct diagnosis *diagnosis)
{
    const bool is_page = is_success(hop->to) && scene->body_is_html;

    if ((is_page || hop->to->status >= 400) && is_login(hop->to->url) &&
        !is_login(hop->from->url)) {
        find_drop(hop, diagnosis, "redirect.to_login", is_page ? 97 : VERY_LIKELY);
    }
}

/* The credentials went to an address that only sends on, and nothing shows who was asked next. */
static void look_ahead(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *location = message_field(&scene->it->response, "Location");
    struct finding *finding;
    const char *cause;

    if (!loses_on_redirect(scene->it)) {
        return;
    }
    cause = span_begins(location->value, "http:") && !span_begins(scene->it->url, "http:")
                ? "redirect.scheme_downgrade"
            : is_slash_apart(url_path(scene->it->url), path_of(location->value))
                ? "redirect.trailing_slash"
                : "redirect.http_to_https";
    finding = diagnosis_suspect(diagnosis, cause, VERY_LIKELY);
    finding_say(diagnosis, finding, "server", location->place,
                "%d sends on to %.*s; what was asked is not answered", scene->it->status,
                SHOWN(location->value));
    finding_point(diagnosis, finding, location, 0, location->value.len, "ask here at once");
}

/* No answer, or one that the browser kept from the script. */
static bool is_dead_end(const struct exchange *to)
{
    return to->status == 0 || notes_have(to, "ERR_FAILED") || notes_have(to, "CORS");
}

/* fetch follows the redirect to a page that answers without CORS, and says nothing of it. */
static void look_idp(const struct hop *hop, struct diagnosis *diagnosis)
{
    if (is_dead_end(hop->to) && !dw_span_equal_nocase(hop->from_origin, hop->to_origin)) {
        find_drop(hop, diagnosis, "redirect.idp_cors",
                  is_login(hop->to->url) || is_script(hop->from) || is_script(hop->to) ? 97
                                                                                       : LIKELY);
    }
}

/* Where the redirect led, if that came to nothing; NULL: it did not. */
static const struct exchange *dead_end(const struct scene *scene)
{
    const struct dw_span location = message_value(&scene->it->response, "Location");

    for (size_t i = scene->index + 1; is_redirect(scene->it) && i < scene->capture->n_exchanges;
         i++) {
        const struct exchange *later = scene->capture->exchanges[i];

        if (is_dead_end(later) && dw_span_equal_nocase(url_host(later->url), url_host(location))) {
            return later;
        }
    }
    return NULL;
}

/* -- All -------------------------------------------------------------------------------------------------- */

/* The hop before, also where nothing but its place in the capture says so. */
static const struct exchange *hop_before(const struct scene *scene)
{
    const struct exchange *previous;

    if (scene->before != NULL || scene->index == 0) {
        return scene->before;
    }
    previous = scene->capture->exchanges[scene->index - 1];
    return is_redirect(previous) &&
                   span_has(message_value(&previous->response, "Location"), "://") &&
                   scene->it->status == 0
               ? previous
               : NULL;
}

/* The last of several hops need not be the one that lost them. */
static const struct exchange *hop_that_lost(const struct scene *scene,
                                            const struct exchange *before)
{
    for (size_t i = 0; i < scene->index; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        if (one->role == scene->it->role && is_redirect(one) && lost_field(one, before) != NULL) {
            return one;
        }
    }
    return NULL;
}

static void look_hop(const struct exchange *from, const struct exchange *to,
                     const struct scene *scene, struct diagnosis *diagnosis)
{
    struct hop hop = {.from = from, .to = to, .field = lost_field(from, to)};

    hop.from_origin = url_origin(from->url, hop.buffers[0], sizeof(hop.buffers[0]));
    hop.to_origin = url_origin(to->url, hop.buffers[1], sizeof(hop.buffers[1]));
    if (hop.from_origin.len == 0 || hop.to_origin.len == 0) {
        return;
    }
    look_login_behind(&hop, scene, diagnosis);
    look_idp(&hop, diagnosis);
    if (to->status == 0) {
        return;
    }
    look_slash(&hop, diagnosis);
    if (dw_span_equal_nocase(hop.from_origin, hop.to_origin)) {
        look_same_origin(&hop, diagnosis);
    } else {
        look_other_origin(&hop, diagnosis);
    }
}

void rules_redirect(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct exchange *before;
    const struct exchange *first;
    const struct exchange *after;

    if (scene->it == NULL) {
        return;
    }
    look_login_ahead(scene, diagnosis);
    look_ahead(scene, diagnosis);
    after = dead_end(scene);
    if (after != NULL) {
        look_hop(scene->it, after, scene, diagnosis);
    }
    before = hop_before(scene);
    if (before == NULL) {
        return;
    }
    look_hop(before, scene->it, scene, diagnosis);
    first = hop_that_lost(scene, before);
    if (first != NULL && lost_field(before, scene->it) == NULL) {
        look_hop(first, before, scene, diagnosis);
    }
}
