/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_ALONE_H
#define DW_DOCTOR_ALONE_H

/* What stands alone, without the exchange it belongs to: a token, a body, a command. */

#include "capture.h"

DW_MUST_USE int token_read(struct dw_span text, enum capture_kind kind, const char *name,
                           struct capture **capture, struct complaint *why);

/* The JSON a server refused with. Its status is the one that it names, else it is taken to be a 401's. */
DW_MUST_USE int body_read(struct dw_span text, const char *name, struct capture **capture,
                          struct complaint *why);

/* Words of a server in somebody's log: at least one of the texts that texts.def knows. */
bool is_said(struct dw_span text);

/* The first line that holds one of them; 0: none does. */
unsigned said_line(struct dw_span text);

/* A challenge without its field's name: `Bearer error="invalid_token"`. */
bool is_challenge_alone(struct dw_span text);

/* Both of them. The status is one that stands there, else it is taken to be a 401's. */
DW_MUST_USE int said_read(struct dw_span text, const char *name, struct capture **capture,
                          struct complaint *why);

/* Gives a refusal that was read without its body the line elsewhere in the log that says why. */
void said_join(struct capture *capture, struct dw_span text);

/* What a client says of a request it could not send, or to which nothing came: "getaddrinfo ENOTFOUND". */
bool is_complaint(struct dw_span line);
bool is_refusal(struct dw_span line); /* of a field's value */

/* Some line is one, and there is nothing else: an exchange without an answer, with that as its notes. */
bool is_unsent(struct dw_span text);
DW_MUST_USE int unsent_read(struct dw_span text, const char *name, struct capture **capture,
                            struct complaint *why);

/* A curl command, or a URL alone. */
DW_MUST_USE int command_text_read(struct dw_span text, const char *name, struct capture **capture,
                                  struct complaint *why);

/* Keeps the command with what it printed; a first response without a request gets the command's. A
 * command that cannot be read is kept all the same: always 0. */
int command_join(struct capture *capture, struct dw_span command);

/* The same for the commands behind the first, each with what was printed below it. `text` is all there was. */
void commands_join(struct capture *capture, struct dw_span text);

#endif
