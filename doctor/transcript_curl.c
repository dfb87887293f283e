/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "complaint.h"
#include "transcript_curl.h"

#define DAY_MS (24 * 60 * 60 * 1000)

/* -- One line ------------------------------------------------------------------------------------------ */

static bool is_clock(struct dw_span word)
{
    return word.len >= 8 && word.at[2] == ':' && word.at[5] == ':' && word.at[0] >= '0' &&
           word.at[0] <= '2';
}

/* "10:02:45.677034 ", as --trace-time writes it, and the transfer's number behind it, "[0-0] ". */
struct dw_span curl_untimed(struct dw_span line, int64_t *ms)
{
    struct dw_span rest = line, clock = next_word(&rest);
    int64_t at = 0;

    if (clock.at == line.at && is_clock(clock)) {
        at = next_number(&clock);
        clock = skip(clock, 1);
        at = 60 * at + next_number(&clock);
        clock = skip(clock, 1);
        at = 60 * at + next_number(&clock);
        clock = first(skip(clock, 1), 3);
        at = 1000 * at + (clock.len == 3 ? next_number(&clock) : 0);
        *ms = at;
        line = skip(rest, 1);
    }
    if (begins(line, "[") && find_text(line, "] ") < 12 &&
        find_char(line, '-') < find_char(line, ']')) {
        line = skip(line, find_text(line, "] ") + 2);
    }
    return line;
}

static bool is_meter_time(struct dw_span word)
{
    return begins(word, "--:--:--") || (word.len >= 7 && find_text(word, ":") < 4 &&
                                        find_char(skip(word, find_char(word, ':') + 1), ':') == 2);
}

/* Behind a row of the progress meter, of which the last column may touch what follows; the line itself
 * where there is none. */
static struct dw_span behind_meter_row(struct dw_span line)
{
    struct dw_span rest = line;
    size_t n_times = 0;

    for (size_t i = 0; i < 12 && n_times < 3; i++) {
        const struct dw_span word = next_word(&rest);

        if (word.len == 0 || word.at[0] == '*' || word.at[0] == '<' || word.at[0] == '>') {
            return line;
        }
        n_times += is_meter_time(word) ? 1 : 0;
    }
    if (n_times < 3) {
        return line;
    }
    while (rest.len > 0 && rest.at[0] == ' ') {
        rest = skip(rest, 1);
    }
    while (rest.len > 0 && rest.at[0] != '\0' && strchr("0123456789.kKMGTP", rest.at[0]) != NULL) {
        rest = skip(rest, 1);
    }
    return rest;
}

struct dw_span curl_unmetered(struct dw_span line)
{
    for (;;) {
        struct dw_span rest = line;

        while (rest.len > 0 && (rest.at[0] == '\r' || rest.at[0] == ' ')) {
            rest = skip(rest, 1);
        }
        if (rest.len == 0 || rest.at[0] < '0' || rest.at[0] > '9') {
            return rest.len < line.len && rest.at != line.at && line.at[0] == '\r' ? rest : line;
        }
        rest = behind_meter_row(rest);
        if (rest.len == line.len || rest.at == trimmed(line).at) {
            return line;
        }
        line = rest;
    }
}

bool is_curl_mark(struct dw_span line, char mark)
{
    return line.len > 0 && line.at[0] == mark && (line.len == 1 || line.at[1] == ' ');
}

static bool is_meter_heading(struct dw_span line)
{
    return begins(trimmed(line), "% Total ") || begins(trimmed(line), "Dload  Upload");
}

/* "{ [52 bytes data]" */
static bool is_amount(struct dw_span line)
{
    return (begins(line, "{ [") || begins(line, "} [")) &&
           find_text(line, " bytes data]") < line.len;
}

/* -- Fields and bodies ------------------------------------------------------------------------------------ */

static void begin_request(struct curl *curl, const struct start *start, struct place place)
{
    curl_end_request(curl);
    curl->exchange = add_request(curl->capture, start, place);
    curl->message = curl->exchange != NULL ? &curl->exchange->request : NULL;
    curl->is_full = curl->exchange == NULL;
    curl->in_body = false;
    curl->sent_ms = curl->now_ms;
    if (!curl->is_full) {
        curl_begin_exchange(curl);
    }
}

static void begin_response(struct curl *curl, const struct start *start, struct place place)
{
    const bool is_new = last_exchange(curl->capture) != curl->exchange || curl->exchange == NULL ||
                        curl->exchange->status >= 200;

    curl_end_request(curl);
    curl->in_body = false;
    curl->exchange = add_response(curl->capture, start, place);
    curl->message = curl->exchange != NULL ? &curl->exchange->response : NULL;
    curl->is_full = curl->exchange == NULL;
    if (curl->is_full) {
        return;
    }
    if (is_new) {
        curl_begin_exchange(curl);
    }
    if (curl->sent_ms >= 0 && curl->now_ms >= 0) {
        curl->exchange->took_ms = (curl->now_ms - curl->sent_ms + DAY_MS) % DAY_MS;
    }
}

/* True where it belongs to a message: what stands behind < or >, whichever of both it is, since
 * requests-toolbelt has them the other way round. */
bool curl_read_message_line(struct curl *curl, struct dw_span line, struct place place)
{
    struct start start;

    if (start_read(line, &start) && start.is_request != start.is_response) {
        if (start.is_request) {
            begin_request(curl, &start, place);
        } else {
            begin_response(curl, &start, place);
        }
        return true;
    }
    if (curl->message == NULL || curl->in_body) {
        return false;
    }
    if (trimmed(line).len == 0) {
        curl->in_body = true;
        curl_end_request(curl);
        return true;
    }
    if (!add_field_line(curl->capture, curl->message, line, place)) {
        curl->capture->is_cut = true;
        curl->capture->cut_at = place;
    }
    return true;
}

/* A body without a line end, and curl's next note behind it. */
static size_t find_glued_note(struct dw_span line)
{
    static const char *const NOTES[] = {"* Connection #",
                                        "* Closing connection",
                                        "* shutting down connection",
                                        "* Issue another request",
                                        "* Host ",
                                        "* Re-using existing",
                                        "* Found bundle"};
    size_t at = line.len;

    for (size_t i = 0; i < sizeof(NOTES) / sizeof(NOTES[0]); i++) {
        const size_t found = find_text(line, NOTES[i]);

        at = found < at ? found : at;
    }
    return at;
}

/* The lone "<" before a body is often left out when it is pasted. */
static bool begins_document(struct dw_span line)
{
    return begins(line, "{") || begins(line, "[") || begins(line, "<");
}

static void read_other(struct curl *curl, struct dw_span line, struct dw_span raw,
                       struct place place)
{
    const size_t glued = find_glued_note(line);
    struct start start;

    if (curl->message == NULL) {
        if (start_read(line, &start) && start.is_request && start.version.at != NULL) {
            begin_request(curl, &start, place); /* its mark was not copied */
        }
        return;
    }
    if (!curl->in_body && !begins_document(line)) {
        (void)add_field_line(curl->capture, curl->message, line, place);
        return;
    }
    curl->in_body = true;
    if (glued < line.len) {
        capture_add_body(curl->capture, curl->message, first(line, glued));
        curl_note(curl, skip(line, glued + 2), place);
    } else if (curl->exchange->status != 0 && (line.len > 0 || curl->message->body.len > 0)) {
        capture_add_body(curl->capture, curl->message, raw);
    }
}

static void read_line(struct curl *curl, const struct lines *lines)
{
    const struct place place = {lines->number, 0};
    const struct dw_span untimed = curl_untimed(lines->line, &curl->now_ms);
    const struct dw_span line = curl_unmetered(untimed);
    const size_t taken = (size_t)(line.at - lines->line.at);

    if (is_curl_mark(line, '*')) {
        curl_note(curl, skip(line, 2), place);
    } else if (begins(line, "curl: (")) {
        curl_note(curl, line, place);
    } else if (is_curl_mark(line, '>') || is_curl_mark(line, '<')) {
        if (!curl_read_message_line(curl, skip(line, 2), place)) {
            read_other(curl, line, skip(lines->raw, taken), place);
        }
    } else if (!is_amount(line) && !is_meter_heading(line) &&
               (line.len > 0 || line.at == untimed.at)) {
        read_other(curl, line, skip(lines->raw, taken), place);
    }
}

int curl_read(struct dw_span text, const char *name, struct capture **capture,
              struct complaint *why)
{
    struct curl curl;
    struct lines lines;

    if (!curl_init(&curl, CAPTURE_CURL_VERBOSE, name)) {
        return complain(why, "out of memory");
    }
    lines_init(&lines, text);
    while (!curl.is_full && lines_next(&lines)) {
        read_line(&curl, &lines);
    }
    return curl_end(&curl, "curl -v", capture, why);
}
