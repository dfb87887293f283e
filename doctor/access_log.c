/* SPDX-License-Identifier: Apache-2.0 */
#include "alone.h"
#include "complaint.h"
#include "transcript.h"

#define SEARCHED_MAX ((size_t)64 * 1024)

/* A line of an access log as Apache and nginx write it by default:
 * 192.0.2.7 - ada [21/Nov/2026:10:00:00 +0000] "GET /private/ HTTP/1.1" 401 459 "-" "curl/8.5.0" */
struct access {
    struct start start;
    struct dw_span user; /* "-": none */
    int status;
};

static bool access_read(struct dw_span line, struct access *access)
{
    const size_t quote = find_char(line, '"');
    const struct dw_span asked = skip(line, quote + 1);
    const size_t end = find_char(asked, '"');
    struct dw_span who = first(line, quote), rest = skip(asked, end + 1), word;

    (void)next_word(&who);
    (void)next_word(&who);
    access->user = next_word(&who);
    word = next_word(&rest);
    access->status = next_number(&word);
    return end < asked.len && begins(trimmed(who), "[") && access->user.len > 0 &&
           start_read(first(asked, end), &access->start) && access->start.is_request &&
           access->start.version.at != NULL && word.len == 0 && access->status >= 100 &&
           access->status < 600;
}

bool is_access_log(struct dw_span text)
{
    struct access access;
    struct lines lines;

    lines_init(&lines, first(text, SEARCHED_MAX));
    while (lines_next(&lines)) {
        if (access_read(lines.line, &access)) {
            return true;
        }
    }
    return false;
}

/* What fields there were, no access log tells. */
static bool add_access(struct capture *capture, const struct access *access, struct place place)
{
    struct exchange *exchange = add_request(capture, &access->start, place);

    if (exchange == NULL) {
        return false;
    }
    exchange->request.is_there = false;
    exchange->status = access->status;
    exchange->response.is_there = true;
    exchange->response.place = place;
    if (!dw_span_equal(access->user, DW_SPAN("-"))) {
        capture_add_note(
            capture, exchange,
            dw_span_of(arena_print(capture->arena, "%s: %.*s", ACCESS_LOG_USER,
                                   (int)first(access->user, 60).len, access->user.at)));
    }
    return true;
}

int access_log_read(struct dw_span text, const char *name, struct capture **capture,
                    struct complaint *why)
{
    struct capture *made = capture_new(CAPTURE_HTTP, name);
    struct access access;
    struct lines lines;
    bool has_room = made != NULL;

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    lines_init(&lines, text);
    while (has_room && lines_next(&lines)) {
        if (access_read(lines.line, &access)) {
            has_room = add_access(made, &access, (struct place){lines.number, 0});
        }
    }
    return transcript_end(made, "an access log", capture, why);
}
