/* SPDX-License-Identifier: Apache-2.0 */
#include "alone.h"
#include "complaint.h"
#include "scene.h"
#include "transcript.h"

#define SEARCHED_MAX ((size_t)64 * 1024)
#define NOTE_MAX     1024

/* What clients write that refuse to send a field's value. */
static const char *const REFUSALS[] = {"invalid header field value",
                                       "return character",
                                       "in header value:",
                                       "in message header value",
                                       "Invalid header value",
                                       "bad header value",
                                       "contains newline",
                                       "New-line characters are not allowed",
                                       "header contains invalid characters",
                                       "Invalid character in header",
                                       "Illegal header value",
                                       "codec can't encode character",
                                       "failed to parse header value",
                                       "InvalidHeaderValue",
                                       "Unexpected char 0x"};

/* And where the address was refused, or nothing answered. */
static const char *const SILENCES[] = {"URL that includes credentials",
                                       "url with embedded credentials",
                                       "URL rejected: Port number",
                                       "InvalidURL: Failed to parse",
                                       "nonnumeric port",
                                       "net::ERR_",
                                       "NS_ERROR_",
                                       "getaddrinfo ",
                                       "ECONNREFUSED",
                                       "ECONNRESET",
                                       "ETIMEDOUT",
                                       "connection refused",
                                       "connection timed out",
                                       "no such host",
                                       "Name or service not known",
                                       "Could not resolve host",
                                       "UnknownHostException",
                                       "x509: certificate",
                                       "certificate verify failed",
                                       "SSL certificate problem",
                                       "self-signed certificate",
                                       "PKIX path building failed"};

static bool holds_one(struct dw_span line, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_has(first(line, NOTE_MAX), texts[i])) {
            return true;
        }
    }
    return false;
}

bool is_refusal(struct dw_span line)
{
    return holds_one(line, REFUSALS, sizeof(REFUSALS) / sizeof(REFUSALS[0]));
}

bool is_complaint(struct dw_span line)
{
    return is_refusal(line) || holds_one(line, SILENCES, sizeof(SILENCES) / sizeof(SILENCES[0]));
}

/* Where the address of the line begins; line.len: there is none. */
static size_t find_address(struct dw_span line)
{
    const size_t plain = find_text(line, "http://"), secure = find_text(line, "https://");

    return plain < secure ? plain : secure;
}

static struct dw_span address_in(struct dw_span line)
{
    struct dw_span address = skip(line, find_address(line));
    size_t len = 0;

    while (len < address.len && !is_blank_or_end(address.at[len]) && address.at[len] != '"' &&
           address.at[len] != '\'') {
        len++;
    }
    address = first(address, len);
    while (address.len > 0 &&
           (address.at[address.len - 1] == ':' || address.at[address.len - 1] == ',' ||
            address.at[address.len - 1] == '.')) {
        address.len--;
    }
    return address;
}

bool is_unsent(struct dw_span text)
{
    struct lines lines;

    lines_init(&lines, first(text, SEARCHED_MAX));
    while (lines_next(&lines)) {
        if (is_complaint(lines.line)) {
            return true;
        }
    }
    return false;
}

int unsent_read(struct dw_span text, const char *name, struct capture **capture,
                struct complaint *why)
{
    struct capture *made = capture_new(CAPTURE_HTTP, name);
    struct exchange *exchange = made != NULL ? capture_add(made) : NULL;
    struct lines lines;

    if (exchange == NULL) {
        capture_free(made);
        return complain(why, "out of memory");
    }
    lines_init(&lines, first(text, SEARCHED_MAX));
    while (lines_next(&lines)) {
        const struct dw_span address = address_in(lines.line);

        if (!is_complaint(lines.line)) {
            continue;
        }
        if (exchange->n_notes == 0) {
            exchange->place = (struct place){lines.number, 0};
        }
        if (exchange->url.len == 0 && address.len > 0) {
            exchange->url = arena_keep(made->arena, address);
        }
        capture_add_note(made, exchange, first(trimmed(lines.line), NOTE_MAX));
    }
    *capture = made;
    return 0;
}
