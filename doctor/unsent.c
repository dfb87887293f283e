/* SPDX-License-Identifier: Apache-2.0 */
#include "alone.h"
#include "complaint.h"
#include "transcript.h"

#define SEARCHED_MAX ((size_t)64 * 1024)
#define NOTE_MAX     1024

/* What clients write where a request could not be made, or nothing answered it. */
static const char *const COMPLAINTS[] = {"invalid header field value",
                                         "in header value:",
                                         "Invalid header value",
                                         "bad header value",
                                         "header contains invalid characters",
                                         "Invalid character in header content",
                                         "in header content",
                                         "Illegal header value",
                                         "Header value contains",
                                         "URL that includes credentials",
                                         "net::ERR_",
                                         "NS_ERROR_",
                                         "getaddrinfo ",
                                         "ECONNREFUSED",
                                         "ECONNRESET",
                                         "ETIMEDOUT",
                                         "connection refused",
                                         "connect: connection timed out",
                                         "no such host",
                                         "Name or service not known",
                                         "Could not resolve host",
                                         "UnknownHostException",
                                         "x509: certificate",
                                         "certificate verify failed",
                                         "SSL certificate problem",
                                         "self-signed certificate",
                                         "PKIX path building failed"};

static bool holds(struct dw_span line, const char *text)
{
    for (size_t at = 0; at < line.len; at++) {
        if (begins_nocase(skip(line, at), text)) {
            return true;
        }
    }
    return false;
}

bool is_complaint(struct dw_span line)
{
    for (size_t i = 0; i < sizeof(COMPLAINTS) / sizeof(COMPLAINTS[0]); i++) {
        if (holds(first(line, NOTE_MAX), COMPLAINTS[i])) {
            return true;
        }
    }
    return false;
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
