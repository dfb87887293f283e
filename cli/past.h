/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_PAST_H
#define DW_PAST_H

/* Decisions that were made: the ring that is shared on this machine, and the decision log. Both are only
 * read, and both outlive the daemon. */

#include "config.h"
#include "place.h"
#include "recent.h"

struct past {
    struct config *config; /* of -c FILE; else of the daemon that keeps this DATA; else defaults */
    struct place place;
    struct recent *ring; /* NULL: there is none */
};

/* `config` and `data` are what -c and --data said, or NULL. CLI_FINE; or CLI_FAILED after one line on
 * stderr: nothing is kept there, neither ring nor log. */
DW_MUST_USE int past_open(const char *config, const char *data, struct past **past);
void past_close(struct past *past); /* NULL is fine */

/* The decision of that id: in the ring, else in the log, else in the one before it (.1). */
DW_MUST_USE bool past_find(const struct past *past, const char *id, struct recent_entry *entry);

/* -- The ring, which must be there: entries are numbered from 0 as they come -------------------------- */

uint64_t past_count(const struct past *past); /* how many there ever were */
uint64_t past_oldest(uint64_t total);         /* the number of the oldest that can still be there */

/* The entry of that number. false: it is there no more, or being written. `total`, which has to be what
 * past_count() said, is brought up to date. */
DW_MUST_USE bool past_look(const struct past *past, uint64_t number, struct recent_entry *entry,
                           uint64_t *total);

/* Opens the ring anew if a daemon has put another in its place; whether that was so. */
bool past_renew(struct past *past);

/* -- past_log.c ----------------------------------------------------------------------------------- */

#define PAST_LOG_MAX (INT64_C(256) << 20) /* bytes of the log that are searched, from its end */

/* The decision of that id in a log. false: it is not there, or there is no such file. */
DW_MUST_USE bool past_search(const char *path, const char *id, struct recent_entry *entry);

/* Reads a line of a log. false: it tells of no decision. */
DW_MUST_USE bool past_read_line(struct dw_span line, struct recent_entry *entry);

/* -- JSON on stdout ------------------------------------------------------------------------------- */

/* What is known of a decision, as members of an object: those of the log but wanted and seen. */
void past_put_members(const struct recent_entry *entry);

/* `,"name":"value"`; nothing if the value is empty or NULL. */
void past_put_known(const char *name, const char *value);

#endif
