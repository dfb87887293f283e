/* SPDX-License-Identifier: Apache-2.0 */
#include "har_entry.h"
#include "scene.h"

#define BODY_OF_SUCCESS (16 * 1024) /* as much as shows a sign-in page or an error in JSON */
#define BODIES_UP_TO    (10 << 20)  /* bytes in use from which on only a refusal's body is kept */
#define SHARE_OF_ROOM   32          /* a body takes at most this part of what is left till there */
#define USED_MAX        (18 << 20)  /* bytes in use from which on only refusals are kept */
#define REFUSALS_UP_TO  (20 << 20)  /* and from which on nothing is */
#define FAILURES_MAX    128         /* of other failures: each may bring two neighbours along */

/* What an entry is worth. */
enum worth { WORTH_LITTLE, WORTH_SOME, WORTH_MUCH };

static struct dw_span value_of(const struct har_entry *entry, enum har_value value)
{
    return entry->values[value];
}

/* A whole number in front; `otherwise`: there is none, or it is negative. */
static int64_t read_whole(struct dw_span text, int64_t otherwise)
{
    int64_t whole = 0;
    size_t n = 0;

    while (n < text.len && n < 15 && text.at[n] >= '0' && text.at[n] <= '9') {
        whole = whole * 10 + (text.at[n++] - '0');
    }
    return n > 0 ? whole : otherwise;
}

static int status_of(const struct har_entry *entry)
{
    const int64_t status = read_whole(value_of(entry, HAR_STATUS), 0);
    const int64_t pseudo = read_whole(value_of(entry, HAR_PSEUDO_STATUS), 0);
    const int64_t found = status != 0 ? status : pseudo;

    return found >= 100 && found <= 999 ? (int)found : 0;
}

/* A copy in the capture; absent for what is absent or empty. */
static struct dw_span keep(struct capture *capture, struct dw_span span)
{
    span.len = span.len > CAPTURE_VALUE_MAX ? CAPTURE_VALUE_MAX : span.len;
    return span.len > 0 ? arena_keep(capture->arena, span) : (struct dw_span){NULL, 0};
}

static struct dw_span keep_version(struct capture *capture, struct dw_span version)
{
    return span_is(version, "unknown") ? (struct dw_span){NULL, 0} : keep(capture, version);
}

/* -- Requests ----------------------------------------------------------------------------------------- */

/* What HTTP/2's pseudo-fields say, where the entry has no absolute URL (RFC 9113 s8.3.1). */
static struct dw_span url_of(struct har_entry *entry)
{
    const struct dw_span url = value_of(entry, HAR_URL);
    const struct dw_span scheme = value_of(entry, HAR_PSEUDO_SCHEME);
    const struct dw_span path = value_of(entry, HAR_PSEUDO_PATH);

    if (value_of(entry, HAR_PSEUDO_AUTHORITY).len == 0 || span_has(url, "://")) {
        return url;
    }
    har_text_begin(entry);
    (void)har_text_add(entry, scheme.len > 0 ? scheme : DW_SPAN("https"), HAR_TEXT_MAX);
    har_text_put(entry, "://");
    (void)har_text_add(entry, value_of(entry, HAR_PSEUDO_AUTHORITY), HAR_TEXT_MAX);
    (void)har_text_add(entry, path.len > 0 ? path : url, HAR_TEXT_MAX);
    return har_text_end(entry);
}

static struct dw_span join(struct har_entry *entry, const struct har_items *items,
                           const char *between)
{
    har_text_begin(entry);
    for (size_t i = 0; i < items->n; i++) {
        har_text_put(entry, i > 0 ? between : "");
        (void)har_text_add(entry, items->at[i], HAR_TEXT_MAX);
    }
    return har_text_end(entry);
}

static void keep_fields(struct capture *capture, struct capture_message *message,
                        const struct har_fields *fields)
{
    for (size_t i = 0; i < fields->n; i++) {
        const struct capture_field *field = &fields->at[i];

        (void)capture_add_field(capture, message, field->name, field->value, field->place);
    }
}

/* Absent: there is none. */
static struct dw_span body_of(struct har_entry *entry, enum har_value text, enum har_value encoding)
{
    const struct dw_span body = value_of(entry, text);

    if (body.at == NULL || !span_is(value_of(entry, encoding), "base64")) {
        return body;
    }
    return har_decode_base64(entry->text + (body.at - entry->text), body.len);
}

static void keep_body(struct capture *capture, struct capture_message *message, struct dw_span body,
                      size_t most)
{
    if (body.len > most) {
        body.len = most;
        message->body_cut = true;
    }
    if (body.len > 0) {
        capture_add_body(capture, message, body);
    }
}

static void keep_request(struct capture *capture, struct exchange *exchange,
                         struct har_entry *entry, size_t most)
{
    struct capture_message *request = &exchange->request;
    const struct dw_span text = body_of(entry, HAR_POST_TEXT, HAR_POST_ENCODING);

    request->is_there = value_of(entry, HAR_REQUEST).at != NULL;
    request->place = entry->request_place;
    request->version = keep_version(capture, value_of(entry, HAR_REQUEST_VERSION));
    keep_fields(capture, request, &entry->request);
    if (entry->sent.n > 0 && message_field(request, "Cookie") == NULL) {
        (void)capture_add_field(capture, request, DW_SPAN("Cookie"),
                                join(entry, &entry->sent, "; "), request->place);
        capture_add_note(capture, exchange, DW_SPAN("Cookie is made of the list of cookies"));
    }
    request->body_cut = entry->is_post_cut;
    keep_body(capture, request, text.len > 0 ? text : join(entry, &entry->params, "&"), most);
}

/* -- Responses ---------------------------------------------------------------------------------------- */

static void make_fields(struct capture *capture, struct exchange *exchange,
                        const struct har_entry *entry)
{
    struct capture_message *response = &exchange->response;
    const struct dw_span location = value_of(entry, HAR_REDIRECT_URL);

    if (entry->set.n > 0 && message_field(response, "Set-Cookie") == NULL) {
        for (size_t i = 0; i < entry->set.n; i++) {
            (void)capture_add_field(capture, response, DW_SPAN("Set-Cookie"), entry->set.at[i],
                                    response->place);
        }
        capture_add_note(capture, exchange, DW_SPAN("Set-Cookie is made of the list of cookies"));
    }
    if (location.len > 0 && exchange->status / 100 == 3 &&
        message_field(response, "Location") == NULL) {
        (void)capture_add_field(capture, response, DW_SPAN("Location"), location, response->place);
        capture_add_note(capture, exchange, DW_SPAN("Location is made of redirectURL"));
    }
}

static void keep_response(struct capture *capture, struct exchange *exchange,
                          struct har_entry *entry, size_t most)
{
    struct capture_message *response = &exchange->response;
    const struct dw_span body = most > 0 ? body_of(entry, HAR_CONTENT_TEXT, HAR_CONTENT_ENCODING)
                                         : value_of(entry, HAR_CONTENT_TEXT);

    response->place = entry->response_place;
    response->version = keep_version(capture, value_of(entry, HAR_RESPONSE_VERSION));
    keep_fields(capture, response, &entry->response);
    make_fields(capture, exchange, entry);
    response->body_cut = entry->is_content_cut;
    keep_body(capture, response, body, most);
    response->is_there = exchange->status != 0;
}

/* -- All of it ------------------------------------------------------------------------------------------ */

static bool is_challenge(struct dw_span name)
{
    return span_is(name, "WWW-Authenticate") || span_is(name, "Proxy-Authenticate");
}

static enum worth worth_of(const struct har_entry *entry)
{
    const int status = status_of(entry);

    for (size_t i = 0; i < entry->response.n; i++) {
        if (is_challenge(entry->response.at[i].name)) {
            return WORTH_MUCH;
        }
    }
    if (status == 401 || status == 407) {
        return WORTH_MUCH;
    }
    return status == 0 || status >= 400 ? WORTH_SOME : WORTH_LITTLE;
}

static bool is_wanted(const struct capture *capture, enum worth worth)
{
    const size_t used = arena_used(capture->arena);
    size_t n = 0;

    if (worth == WORTH_MUCH) {
        return used < REFUSALS_UP_TO;
    }
    if (used >= USED_MAX) {
        return false;
    }
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        const int status = capture->exchanges[i]->status;

        n += status == 0 || status >= 400 ? 1 : 0;
    }
    return worth == WORTH_LITTLE || n < FAILURES_MAX;
}

/* Images, scripts and the like say nothing, unless they fail. */
static bool is_telling(struct dw_span type)
{
    static const char *const TELLING[] = {"json", "html", "xml", "text/plain", "form"};

    for (size_t i = 0; i < sizeof(TELLING) / sizeof(TELLING[0]); i++) {
        if (span_has(type, TELLING[i])) {
            return true;
        }
    }
    return type.len == 0;
}

/* As much of a body as may be kept now. */
static size_t body_room(const struct capture *capture, enum worth worth)
{
    const size_t used = arena_used(capture->arena);
    const size_t up_to = worth == WORTH_MUCH ? CAPTURE_MEMORY_MAX : BODIES_UP_TO;
    const size_t most = worth == WORTH_LITTLE ? BODY_OF_SUCCESS : CAPTURE_BODY_MAX;
    const size_t room = used < up_to ? (up_to - used) / SHARE_OF_ROOM : 0;

    return room < most ? room : most;
}

static void keep_notes(struct capture *capture, struct exchange *exchange,
                       const struct har_entry *entry)
{
    const int64_t size = read_whole(value_of(entry, HAR_CONTENT_SIZE), 0);

    for (size_t i = 0; i < entry->n_notes; i++) {
        capture_add_note(capture, exchange, entry->notes[i]);
    }
    if (size > 0 && value_of(entry, HAR_CONTENT_TEXT).at == NULL) {
        capture_add_note(capture, exchange, DW_SPAN("the response's body was not recorded"));
    }
    if (entry->is_cut) {
        capture_add_note(capture, exchange, DW_SPAN("the entry is longer than is kept"));
    }
}

/* Firefox lists what a request found in its cache, and only then. */
static bool is_firefox_cached(const struct capture *capture, const struct har_entry *entry)
{
    return span_has(capture->creator, "Firefox") && value_of(entry, HAR_CACHED_AFTER).at != NULL;
}

static void keep_line(struct capture *capture, struct exchange *exchange, struct har_entry *entry)
{
    const struct dw_span method = value_of(entry, HAR_METHOD);

    exchange->role = ROLE_CAPTURED;
    exchange->place = entry->place;
    exchange->method = keep(capture, method.len > 0 ? method : value_of(entry, HAR_PSEUDO_METHOD));
    exchange->url = keep(capture, url_of(entry));
    exchange->status = status_of(entry);
    exchange->phrase = keep(capture, value_of(entry, HAR_PHRASE));
    exchange->started = date_read(value_of(entry, HAR_STARTED));
    exchange->took_ms = read_whole(value_of(entry, HAR_TIME), -1);
    exchange->from_cache = entry->from_cache || is_firefox_cached(capture, entry);
    exchange->from_worker = entry->from_worker;
}

void har_keep(struct capture *capture, struct har_entry *entry)
{
    const enum worth worth = worth_of(entry);
    struct exchange *exchange = is_wanted(capture, worth) ? capture_add(capture) : NULL;
    size_t most;

    if (exchange == NULL) {
        return;
    }
    most = body_room(capture, worth);
    keep_line(capture, exchange, entry);
    keep_notes(capture, exchange, entry);
    keep_request(capture, exchange, entry, most);
    if (worth == WORTH_LITTLE && !is_telling(value_of(entry, HAR_CONTENT_TYPE))) {
        most = 0;
    }
    keep_response(capture, exchange, entry, most);
}
