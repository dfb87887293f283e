/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_TRANSCRIPT_H
#define DW_DOCTOR_TRANSCRIPT_H

/* What the readers of transcripts share: lines, messages' first lines, fields. Spans are of the text. */

#include "capture.h"

/* -- Spans ------------------------------------------------------------------------------------------ */

bool is_blank_or_end(char c); /* SP, HT, CR, LF */
bool begins(struct dw_span span, const char *prefix);
bool begins_nocase(struct dw_span span, const char *prefix);
struct dw_span first(struct dw_span span, size_t n);
struct dw_span skip(struct dw_span span, size_t n);
struct dw_span trimmed(struct dw_span span);   /* without blanks and line ends at both ends */
size_t find_char(struct dw_span span, char c); /* its place; span.len: it is not there */
size_t find_text(struct dw_span span, const char *text);

/* The next word, up to a blank, taken off `rest`; empty: there is none. */
struct dw_span next_word(struct dw_span *rest);

/* A number of at most nine digits in front, taken off `rest`; -1: there is none. */
int next_number(struct dw_span *rest);

/* -- Lines ------------------------------------------------------------------------------------------ */

struct lines {
    struct dw_span rest;
    struct dw_span line; /* without its end: LF or CRLF */
    struct dw_span raw;  /* with it */
    unsigned number;     /* from 1 */
};

void lines_init(struct lines *lines, struct dw_span text);
bool lines_next(struct lines *lines);

/* -- Messages --------------------------------------------------------------------------------------- */

/* A request line, a status line, or one of the forms in which tools show both at once:
 * "GET https://api.example.com/v1 401 (Unauthorized)". */
struct start {
    bool is_request, is_response;
    struct dw_span method, target, version;
    int status;
    struct dw_span phrase;
};

bool start_read(struct dw_span line, struct start *start);
/* The arrow and the space with which OkHttp ("--> ", "<-- ") and Feign ("---> ") begin a message; 0: none. */
size_t arrow_len(struct dw_span line);
/* "HTTP/1.1 401 Unauthorized" only. */
bool status_line_read(struct dw_span line, struct start *start);

/* "Name: value". The name keeps the blanks before the colon, the value all but one space. */
bool field_read(struct dw_span line, struct dw_span *name, struct dw_span *value);

/* The last exchange; NULL: there is none yet. */
struct exchange *last_exchange(const struct capture *capture);

/* A new exchange with that request. NULL: there is no more room. */
struct exchange *add_request(struct capture *capture, const struct start *start,
                             struct place place);

/* The response to the last exchange where that has none, or only an interim one; else a new exchange. */
struct exchange *add_response(struct capture *capture, const struct start *start,
                              struct place place);

/* What no field goes on with: the first line of a body in JSON or markup, or dots for what was left out. */
bool is_no_field(struct dw_span line);

/* A field, or what goes on with the last one: a folded line (RFC 9112 s5.2), or a value that a terminal
 * or a mail broke. false: it is neither. */
bool add_field_line(struct capture *capture, struct capture_message *message, struct dw_span line,
                    struct place place);

/* Whether a whole message stands there in quotes, its line ends escaped. */
bool is_quoted_message(struct dw_span line);

/* -- Where it went ---------------------------------------------------------------------------------- */

enum security { SECURITY_UNKNOWN, SECURITY_NONE, SECURITY_TLS };

/* Makes the exchange's URL absolute: from the target, the Host field, else `host`. Where nothing is known
 * of TLS, a host that looks like one's own machine or has a port of its own is taken to have none. */
void make_absolute(struct capture *capture, struct exchange *exchange, enum security security,
                   struct dw_span host);

/* Gives responses without a request the URL that the response before sent their client to. */
void follow_locations(struct capture *capture);

/* What every reader ends with: 0 and the capture, or -1 and why where nothing was found in it. */
DW_MUST_USE int transcript_end(struct capture *made, const char *what, struct capture **capture,
                               struct complaint *why);

#endif
