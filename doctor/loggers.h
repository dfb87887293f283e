/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_LOGGERS_H
#define DW_DOCTOR_LOGGERS_H

/* What programs' own logs write of messages, written anew as messages go over the wire. */

#include "transcript.h"

enum part { PART_NONE, PART_REQUEST, PART_FIELDS, PART_RESPONSE };

struct rewrite {
    struct dw_span text; /* all of it, as it was */
    char *at;
    size_t len, size;
    unsigned
        owed; /* lines that were left out, where an empty one would have ended a message's fields */
    enum part part;
    size_t prefix; /* bytes a logger wrote before each line */
    struct dw_span method, target;
};

void put_text(struct rewrite *to, const char *text);
void put_span(struct rewrite *to, struct dw_span span);
void put_line(struct rewrite *to, struct dw_span line);
void put_request(struct rewrite *to, struct dw_span version); /* its method and target */
void put_status(struct rewrite *to, struct dw_span status);   /* "401 Unauthorized" */
void put_gap(struct rewrite *to); /* an empty line, and what is owed: a message's fields end */
void leave_out(struct rewrite *to);

struct dw_span behind(struct dw_span line,
                      const char *text); /* trimmed; absent: it is not in there */

/* loggers_lists.c: those that name the request's parts one by one. */
bool is_ktor(struct dw_span text);
void ktor_line(struct rewrite *to, struct dw_span line);
bool is_aspnet(struct dw_span text);
void aspnet_line(struct rewrite *to, struct dw_span line);
bool is_restassured(struct dw_span text);
void restassured_line(struct rewrite *to, struct dw_span line);
bool is_dio(struct dw_span text);
void dio_line(struct rewrite *to, struct dw_span line);

bool is_jmeter(struct dw_span text);
void jmeter_line(struct rewrite *to, struct dw_span line);

/* loggers_fields.c: those with several fields on a line. */
bool is_message_header(struct dw_span text);
void message_header_line(struct rewrite *to, struct dw_span line);
bool is_powershell(struct dw_span text);
void powershell_line(struct rewrite *to, struct dw_span line);

/* The text in one of these forms; NULL: it is in none, or there is no memory. Freed by the caller, of
 * `size` bytes. Lines keep their numbers but where a line holds several fields. */
char *rewrite_log(struct dw_span text, size_t *len, size_t *size);

#endif
