/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "clean.h"

/*
 * Messages in the dress of two loggers, each line of which has its own: Apache HttpClient's wire log
 *     http-outgoing-0 >> "GET /v1 HTTP/1.1[\r][\n]"
 * becomes what curl -v prints, and mitmdump's
 *     127.0.0.1:51234: GET https://api.example.com/v1 HTTP/2.0
 *         authorization: Bearer x
 *      << HTTP/2.0 401 Unauthorized 24b
 * what went over the wire. Lines keep their numbers.
 */

/* -- Apache HttpClient ---------------------------------------------------------------------------------- */

struct wire {
    bool is_quoted; /* the wire log is there: the log of headers says the same */
    bool in_body[2];
};

/* What stands behind the arrows; absent: it is no line of that log. */
static struct dw_span behind_wire(struct dw_span line, bool *is_answer)
{
    const struct dw_span rest = skip(line, find_text(line, "http-outgoing-"));
    const size_t out = find_text(rest, " >> "), in = find_text(rest, " << ");
    const size_t at = out < in ? out : in;

    *is_answer = in < out;
    return at < strlen("http-outgoing-123456") && at < rest.len ? skip(rest, at + strlen(" >> "))
                                                                : (struct dw_span){NULL, 0};
}

static bool is_in_quotes(struct dw_span said)
{
    return said.len > 1 && said.at[0] == '"' && said.at[said.len - 1] == '"';
}

static struct dw_span without_line_end(struct dw_span quoted)
{
    static const char *const ENDS[] = {"[\\n]", "[\\r]"};

    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        const size_t len = strlen(ENDS[i]);

        if (quoted.len >= len && memcmp(quoted.at + quoted.len - len, ENDS[i], len) == 0) {
            quoted.len -= len;
        }
    }
    return quoted;
}

/* As curl -v has it: the arrows are behind a name longer than they are, so the line gets no longer. */
static size_t put_wire_line(char *to, struct wire *wire, const struct lines *lines)
{
    const struct dw_span end = skip(lines->raw, lines->line.len);
    bool is_answer;
    struct dw_span said = behind_wire(lines->line, &is_answer);
    size_t len = 0;

    if (said.at == NULL) {
        memmove(to, lines->raw.at, lines->raw.len);
        return lines->raw.len;
    }
    if (is_in_quotes(said) == wire->is_quoted) {
        said = wire->is_quoted ? without_line_end(first(skip(said, 1), said.len - 2)) : said;
        if (begins(said, "HTTP/") || find_text(said, " HTTP/") < said.len) {
            wire->in_body[is_answer] = false;
        }
        if (!wire->in_body[is_answer]) {
            memcpy(to, is_answer ? "< " : "> ", 2);
            len = 2;
        }
        wire->in_body[is_answer] = wire->in_body[is_answer] || said.len == 0;
        memmove(to + len, said.at, said.len);
        len += said.len;
    }
    memmove(to + len, end.at, end.len);
    return len + end.len;
}

static struct wire find_wire(struct dw_span text)
{
    struct wire wire = {.is_quoted = false};
    struct lines lines;
    bool is_answer;

    lines_init(&lines, text);
    while (!wire.is_quoted && lines_next(&lines)) {
        wire.is_quoted = is_in_quotes(behind_wire(lines.line, &is_answer));
    }
    return wire;
}

/* -- mitmdump ------------------------------------------------------------------------------------------- */

/* What stands behind "127.0.0.1:51234: ", if that is a request; absent: it is none. */
static struct dw_span behind_peer(struct dw_span line)
{
    const size_t at = find_text(line, ": ");
    const struct dw_span rest = skip(line, at + 2);
    struct start start;

    if (at == 0 || at >= line.len || at > 50 || line.at[at - 1] < '0' || line.at[at - 1] > '9' ||
        !start_read(rest, &start) || !start.is_request || find_text(start.target, "://") > 5) {
        return (struct dw_span){NULL, 0};
    }
    return rest;
}

/* " << HTTP/2.0 401 Unauthorized 24b", and " << 401 Unauthorized 24b" of older ones. */
static struct dw_span behind_arrows(struct dw_span line)
{
    struct dw_span bare = trimmed(line);
    struct start start;

    if (!begins(bare, "<< HTTP/") || !status_line_read(skip(bare, 3), &start)) {
        return (struct dw_span){NULL, 0};
    }
    return skip(line, (size_t)(bare.at - line.at) + 3);
}

static bool is_mitmdump(struct dw_span text)
{
    bool has_request = false;
    struct lines lines;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        has_request = has_request || behind_peer(lines.line).at != NULL;
        if (has_request && behind_arrows(lines.line).at != NULL) {
            return true;
        }
    }
    return false;
}

static struct dw_span undressed(struct dw_span line)
{
    const struct dw_span request = behind_peer(line), response = behind_arrows(line);

    if (request.at != NULL || response.at != NULL) {
        return request.at != NULL ? request : response;
    }
    return begins(line, "    ") ? skip(line, 4) : line;
}

size_t take_loggers_out(char *text, size_t len)
{
    const bool is_mitm = is_mitmdump((struct dw_span){text, len});
    struct wire wire = find_wire((struct dw_span){text, len});
    struct lines lines;
    size_t to = 0;

    lines_init(&lines, (struct dw_span){text, len});
    while (lines_next(&lines)) {
        if (is_mitm) {
            const struct dw_span kept = undressed(lines.line);
            const size_t left_out = (size_t)(kept.at - lines.line.at);

            memmove(text + to, kept.at, lines.raw.len - left_out);
            to += lines.raw.len - left_out;
        } else {
            to += put_wire_line(text + to, &wire, &lines);
        }
    }
    return to;
}
