/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "complaint.h"
#include "transcript_log.h"

/*
 * A server's log of requests, a line each. The Common Log Format and what Apache, nginx and Traefik add:
 *     10.0.0.7 - ann [21/Nov/2026:10:00:00 +0000] "GET /v1 HTTP/1.1" 401 179 "-" "curl/8.5.0"
 * and IIS's, in the W3C's Extended Log Format, of which the status has three numbers:
 *     2026-11-21 10:00:00 10.0.0.1 GET /v1 - 443 - 10.0.0.7 curl/8.5.0 - 401 2 5 15
 */

#define WORDS_MAX 40

struct entry {
    struct start start;
    struct dw_span user;  /* absent or "-": nobody that the server knows */
    int substatus, win32; /* -1: not IIS */
};

static bool is_digits(struct dw_span word, size_t most)
{
    const int number = next_number(&word);

    return number >= 0 && word.len == 0 && (most == 0 || number < (int)most);
}

/* -- Common Log Format ------------------------------------------------------------------------------------- */

/* A time in brackets, or at least a dash, as uvicorn has it; clients' logs have URLs there. */
static bool stands_before(struct dw_span before)
{
    before = trimmed(before);
    return before.len > 0 && (before.at[before.len - 1] == ']' || before.at[before.len - 1] == '-');
}

static bool read_common(struct dw_span line, struct entry *entry)
{
    const size_t bracket = find_char(line, '['), behind = find_text(line, "] \"") + 2;
    const size_t quote = behind < line.len ? behind : find_char(line, '"');
    const struct dw_span quoted = skip(line, quote + 1);
    const size_t len = find_char(quoted, '"');
    struct dw_span rest = trimmed(skip(quoted, len + 1)), user = trimmed(first(line, bracket));
    struct start start;
    int status;

    if (quote >= line.len || !stands_before(first(line, quote)) ||
        !start_read(first(quoted, len), &start) || start.version.at == NULL) {
        return false;
    }
    status = next_number(&rest);
    if (status < 100 || status > 599) {
        return false;
    }
    if (bracket > quote) {
        user = DW_SPAN("");
    }
    while (find_char(user, ' ') < user.len) {
        user = skip(user, find_char(user, ' ') + 1);
    }
    *entry = (struct entry){.start = start, .substatus = -1, .win32 = -1};
    entry->start.status = status;
    entry->user = user;
    return true;
}

/* -- IIS ------------------------------------------------------------------------------------------------------ */

static bool is_date(struct dw_span word)
{
    return word.len == 10 && word.at[4] == '-' && word.at[7] == '-' && is_digits(first(word, 4), 0);
}

static size_t split(struct dw_span line, struct dw_span words[WORDS_MAX])
{
    size_t n = 0;

    while (n < WORDS_MAX && (words[n] = next_word(&line)).len > 0) {
        n++;
    }
    return n;
}

/* status, substatus, win32-status: the first three numbers in a row; n: there are none. */
static size_t find_statuses(const struct dw_span *words, size_t n, size_t from)
{
    for (size_t i = from; i + 2 < n; i++) {
        if (words[i].len == 3 && is_digits(words[i], 600) && is_digits(words[i + 1], 1000) &&
            words[i + 2].at[0] >= '0' && words[i + 2].at[0] <= '9') {
            return i;
        }
    }
    return n;
}

static bool read_iis(struct dw_span line, struct entry *entry)
{
    struct dw_span words[WORDS_MAX], number;
    const size_t n = split(line, words);
    size_t at = 2, status;

    if (n < 8 || !is_date(words[0]) || find_char(words[1], ':') != 2) {
        return false;
    }
    while (at + 1 < n && !begins(words[at + 1], "/")) {
        at++;
    }
    status = find_statuses(words, n, at + 3);
    if (status >= n || words[at].len < 3 || words[at].at[0] < 'A' || words[at].at[0] > 'Z') {
        return false;
    }
    *entry = (struct entry){.start = {.is_request = true}};
    entry->start.method = words[at];
    entry->start.target = words[at + 1];
    entry->start.status = next_number(&words[status]);
    entry->substatus = next_number(&words[status + 1]);
    number = first(words[status + 2], 10);
    entry->win32 = dw_span_equal(number, DW_SPAN("2148074254")) ? -1 : next_number(&number);
    entry->user = words[at + 4 < status ? at + 4 : status];
    return true;
}

/* -- Exchanges ------------------------------------------------------------------------------------------------- */

static bool read_entry(struct dw_span line, struct entry *entry)
{
    return read_common(line, entry) || read_iis(line, entry);
}

bool is_log_line(struct dw_span line)
{
    struct entry entry;

    return read_entry(line, &entry);
}

static void add_notes(struct capture *capture, struct exchange *exchange, const struct entry *entry)
{
    if (entry->user.len > 0 && !dw_span_equal(entry->user, DW_SPAN("-"))) {
        capture_add_note(capture, exchange,
                         dw_span_of(arena_print(capture->arena, LOG_USER "%.*s",
                                                (int)first(entry->user, 100).len, entry->user.at)));
    }
    if (entry->substatus >= 0) {
        exchange->phrase =
            dw_span_of(arena_print(capture->arena, "%d.%d%s", exchange->status, entry->substatus,
                                   entry->win32 < 0 ? ", SEC_E_NO_CREDENTIALS" : ""));
    }
}

int log_read(struct dw_span text, const char *name, struct capture **capture, struct complaint *why)
{
    struct capture *made = capture_new(CAPTURE_HTTP, name);
    struct exchange *exchange;
    struct lines lines;
    struct entry entry;

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    lines_init(&lines, text);
    while (lines_next(&lines)) {
        const struct place place = {lines.number, 0};

        if (!read_entry(lines.line, &entry)) {
            continue;
        }
        exchange = add_request(made, &entry.start, place);
        if (exchange == NULL) {
            break;
        }
        exchange->request.is_there = false; /* its fields are not logged */
        exchange->status = entry.start.status;
        exchange->response.is_there = true;
        exchange->response.place = place;
        add_notes(made, exchange, &entry);
    }
    return transcript_end(made, "a server's log", capture, why);
}
