/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_KNOWN_H
#define DW_KNOWN_H

/*
 * What was found out about credentials: an LMDB file of its own in the edge's folder (known/), which the
 * daemon writes and all processes of the machine read without a system call. It can be lost at any time,
 * and is thrown away after the machine was down: whoever needs to know asks again. Hence its writes do
 * not wait for the disk.
 *
 * The same rules as for struct edge: open after the last fork; one thread at a time.
 */

#include "complaint.h"
#include "doorward.h"
#include "edge.h"

#define KNOWN_SECRET   32
#define KNOWN_MAP_SIZE ((size_t)512 << 20) /* sparse; grows on disk as it is used */
#define KNOWN_SIZE     ((size_t)184 << 20) /* of all facts: then they are forgotten at once */

struct known;

/* EDGE_WRITE makes folder and files, and draws the secret, where missing; starts afresh where the file is
 * damaged or of before the machine's last start. 0 or -1 and a complaint. */
DW_MUST_USE int known_open(const char *folder, enum edge_mode mode, struct known **known,
                           struct complaint *why);
void known_close(struct known *known); /* NULL is fine */
bool known_is_current(const struct known *known);

/* The secret all processes of the machine share; NULL: it cannot be read. Outside begin and end. */
const uint8_t *known_secret(struct known *known);

/* false: nothing is known, or no longer at `now`. What is found stays good until the next look or
 * known_end(), which has to follow. Of a name only the first 16 bytes count, but for DW_FACT_PASSWORD, whose
 * second half is the password's. */
DW_MUST_USE bool known_look(struct known *known, enum dw_fact fact,
                            const uint8_t name[DW_FACT_NAME], int64_t now, struct dw_known *found);
void known_end(struct known *known);

/* Writers only. Each put drops a few that have ended, by this machine's clock. 0 or -1 and a complaint. */
DW_MUST_USE int known_put(struct known *known, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                          const struct dw_known *what, struct complaint *why);

/* Forgets every fact whose name begins so: `len` bytes, up to all. Perhaps some more. 0 or -1 and a
 * complaint. */
DW_MUST_USE int known_drop(struct known *known, enum dw_fact fact, const uint8_t *name, size_t len,
                           struct complaint *why);

#endif
