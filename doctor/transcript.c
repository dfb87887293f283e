/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "complaint.h"
#include "transcript.h"

#define WRAPPED_LINE_MIN 60 /* no terminal breaks lines shorter than that */

static const struct dw_span NOTHING = {NULL, 0};

/* -- First lines ------------------------------------------------------------------------------------------ */

static bool is_version(struct dw_span word)
{
    return begins_nocase(word, "HTTP/") && word.len > 5 && word.len <= 8 && word.at[5] >= '0' &&
           word.at[5] <= '9' && (word.len == 6 || word.at[6] == '.');
}

static bool is_method(struct dw_span word)
{
    if (word.len < 3 || word.len > 20) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        if ((word.at[i] < 'A' || word.at[i] > 'Z') && word.at[i] != '-' && word.at[i] != '_') {
            return false;
        }
    }
    return true;
}

bool status_line_read(struct dw_span line, struct start *start)
{
    struct dw_span rest = line;
    const struct dw_span version = next_word(&rest);
    struct dw_span word = next_word(&rest);
    const int status = next_number(&word);

    if (version.at != line.at || !is_version(version) || word.len > 0 || status < 100 ||
        status > 999) {
        return false;
    }
    *start = (struct start){.is_response = true, .version = version, .status = status};
    start->phrase = trimmed(rest);
    return true;
}

/* "401 (Unauthorized)", "401", "[HTTP/2 401 Unauthorized 52ms]" behind a URL. */
static bool read_outcome(struct dw_span rest, struct start *start)
{
    struct dw_span outcome = trimmed(rest), word;
    struct start status_line;

    if (outcome.len == 0) {
        return true;
    }
    if (outcome.at[0] == '[' && status_line_read(skip(outcome, 1), &status_line)) {
        start->is_response = true;
        start->status = status_line.status;
        return true;
    }
    word = next_word(&outcome);
    start->status = next_number(&word);
    start->is_response = word.len == 0 && start->status >= 100 && start->status < 600;
    start->phrase = trimmed(outcome);
    if (start->phrase.len > 0 && start->phrase.at[0] >= '0' && start->phrase.at[0] <= '9') {
        start->phrase = NOTHING; /* a duration */
    }
    if (start->phrase.len >= 2 && start->phrase.at[0] == '(') {
        start->phrase = first(skip(start->phrase, 1), start->phrase.len - 2);
    }
    return start->is_response;
}

bool start_read(struct dw_span line, struct start *start)
{
    struct start made = {.is_request = true};
    struct dw_span rest = line, last = trimmed(line);

    if (status_line_read(line, start)) {
        return true;
    }
    made.method = next_word(&rest);
    if (made.method.at != line.at || !is_method(made.method)) {
        return false;
    }
    while (last.len > 0 && !is_blank_or_end(last.at[last.len - 1])) {
        last.len--;
    }
    made.version = trimmed(skip(line, last.len));
    if (is_version(made.version) && last.len > made.method.len) {
        made.target = trimmed(skip(last, made.method.len));
        *start = made;
        return made.target.len > 0 && made.target.at[0] != ':';
    }
    made.version = NOTHING;
    made.target = next_word(&rest);
    if ((!begins(made.target, "http://") && !begins(made.target, "https://")) ||
        !read_outcome(rest, &made)) {
        return false;
    }
    *start = made;
    return true;
}

/* RFC 9110 s5.6.2; and whatever is not ASCII, which somebody may have pasted into a name unseen. */
static bool is_name(struct dw_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.at[i];
        const bool is_alnum =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!is_alnum && (unsigned char)c < 0x80 &&
            (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return name.len > 0;
}

bool field_read(struct dw_span line, struct dw_span *name, struct dw_span *value)
{
    const size_t pseudo = line.len > 0 && line.at[0] == ':' ? 1 : 0;
    const size_t colon = find_char(skip(line, pseudo), ':') + pseudo;
    const struct dw_span left = first(line, colon);

    if (colon >= line.len || is_blank_or_end(line.at[0]) || !is_name(trimmed(skip(left, pseudo)))) {
        return false;
    }
    *name = left;
    *value = skip(line, colon + 1);
    *value = begins(*value, " ") ? skip(*value, 1) : *value;
    return true;
}

/* -- Exchanges -------------------------------------------------------------------------------------------- */

struct exchange *last_exchange(const struct capture *capture)
{
    return capture->n_exchanges > 0 ? capture->exchanges[capture->n_exchanges - 1] : NULL;
}

struct exchange *add_request(struct capture *capture, const struct start *start, struct place place)
{
    struct exchange *exchange = capture_add(capture);

    if (exchange == NULL) {
        return NULL;
    }
    exchange->place = place;
    exchange->method = arena_keep(capture->arena, start->method);
    exchange->url = arena_keep(capture->arena, start->target);
    exchange->request.is_there = true;
    exchange->request.place = place;
    if (start->version.at != NULL) {
        exchange->request.version = arena_keep(capture->arena, start->version);
    }
    return exchange;
}

static bool awaits_response(const struct exchange *exchange)
{
    return exchange != NULL && exchange->status < 200 && exchange->status != 101;
}

struct exchange *add_response(struct capture *capture, const struct start *start,
                              struct place place)
{
    struct exchange *exchange = last_exchange(capture);

    if (!awaits_response(exchange)) {
        exchange = capture_add(capture);
    }
    if (exchange == NULL) {
        return NULL;
    }
    if (exchange->place.line == 0) {
        exchange->place = place;
    }
    exchange->response = (struct capture_message){.is_there = true, .place = place};
    if (start->version.at != NULL) {
        exchange->response.version = arena_keep(capture->arena, start->version);
    }
    exchange->status = start->status;
    exchange->phrase = arena_keep(capture->arena, start->phrase);
    return exchange;
}

bool is_no_field(struct dw_span line)
{
    size_t dots = 0;

    line = trimmed(line);
    while (dots < line.len && line.at[dots] == '.') {
        dots++;
    }
    return begins(line, "{") || begins(line, "[{") || begins(line, "<") ||
           (dots > 0 && dots == line.len);
}

/* How the line goes on with the value before it; NULL: not at all. */
static const char *joint(const struct capture_field *last, struct dw_span line)
{
    if (is_no_field(line)) {
        return NULL;
    }
    if (is_blank_or_end(line.at[0])) {
        return "\n";
    }
    if (last->value.len == 0 || last->name.len + last->value.len < WRAPPED_LINE_MIN) {
        return NULL;
    }
    return find_char(line, ' ') < line.len && last->value.at[last->value.len - 1] != ' ' ? " " : "";
}

bool add_field_line(struct capture *capture, struct capture_message *message, struct dw_span line,
                    struct place place)
{
    struct capture_field *last =
        message->n_fields > 0 ? &message->fields[message->n_fields - 1] : NULL;
    struct dw_span name, value;
    const char *between;

    if (field_read(line, &name, &value)) {
        (void)capture_add_field(capture, message, name, value, place);
        return true;
    }
    if (last == NULL || last->value.len + line.len > CAPTURE_VALUE_MAX || trimmed(line).len == 0) {
        return false;
    }
    between = joint(last, line);
    if (between == NULL) {
        return false;
    }
    value = arena_append(capture->arena, last->value, dw_span_of(between));
    value = arena_append(capture->arena, value, line);
    last->value = value.at != NULL ? value : last->value;
    return true;
}

int transcript_end(struct capture *made, const char *what, struct capture **capture,
                   struct complaint *why)
{
    if (made->n_exchanges == 0) {
        (void)complain(why, "%.100s: looks like %s, but holds no request and no response",
                       made->name, what);
        capture_free(made);
        return -1;
    }
    *capture = made;
    return 0;
}
