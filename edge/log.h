/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_LOG_H
#define DW_LOG_H

/*
 * The decision log: the ring's entries as JSON, one object in each line, appended to a file.
 *
 *   time        RFC 3339, UTC, microseconds
 *   id reason status                   always there
 *   scheme route method path source    what was asked, by whom; the path is without its query
 *   issuer kid subject client token    whose credentials; the token is a fingerprint
 *   credential account                 the id of a token, key or session; the user or key that was
 *                                      named, proven or not
 *   wanted seen                        the values a failed check has compared
 *   cached latency_us
 *
 * What is unknown is left out. {"time":..,"dropped":N} says that N decisions came faster than they
 * were taken, or died with their process.
 */

#include "complaint.h"
#include "recent.h"

struct log_writer;

/* Makes the file (0640) and its folder (0750) where missing. `allowed`: write down also what was let
 * in. 0 or -1 and a complaint. */
DW_MUST_USE int log_open(const char *path, bool allowed, struct log_writer **writer,
                         struct complaint *why);
void log_close(struct log_writer *writer); /* NULL is fine */

/* Takes what is in the ring and appends it, many lines with each write(2). -1 and a complaint when
 * the file cannot be written: nothing is lost then until the ring runs over. */
DW_MUST_USE int log_drain(struct log_writer *writer, struct recent *recent, struct complaint *why);

/* Opens the file anew after it was renamed (logrotate). On -1 and a complaint the old one stays. */
DW_MUST_USE int log_reopen(struct log_writer *writer, struct complaint *why);

#endif
