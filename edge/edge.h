/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_EDGE_H
#define DW_EDGE_H

/*
 * The edge: the answers all processes of one machine share, in an LMDB file. The daemon writes, nginx
 * workers and the daemon read. Reading makes no system call and takes no lock. The edge can be lost
 * at any time: it is made again from the store and the issuers.
 *
 * A process opens its edges after its last fork. Several edges of one folder are fine (the writer
 * first, if there is one); one thread at a time uses one struct edge.
 */

#include "complaint.h"
#include "doorward.h"

#define EDGE_MAP_SIZE ((size_t)1 << 30) /* sparse; grows on disk as it is used */

enum edge_mode { EDGE_READ, EDGE_WRITE };

struct edge;

/* EDGE_WRITE makes the folder (mode 0750) and the files where missing, in the folder's group, which may
 * read the answers (0640) and write the table of readers (0660); clears readers of dead processes; and
 * starts afresh where the file is damaged. EDGE_READ fails where there is none yet. 0 or -1 and a
 * complaint. */
DW_MUST_USE int edge_open(const char *folder, enum edge_mode mode, struct edge **edge,
                          struct complaint *why);
void edge_close(struct edge *edge); /* NULL is fine */

/* Whether the folder still holds the files that were opened; two stat(2). */
bool edge_is_current(const struct edge *edge);

/* Frees the slots of readers that died. For the writer, now and then. */
void edge_clear_readers(struct edge *edge);

/* Begins to look; what is found stays good until edge_end(). `version` changes with every write. */
DW_MUST_USE int edge_begin(struct edge *edge, uint64_t *version);
void edge_end(struct edge *edge);

/* What the daemon knows of an issuer. */
struct edge_keys {
    uint64_t generation; /* changes when the keys do, and only then */
    int64_t fetched;     /* when they were had */
    int64_t fresh_until; /* until then an unknown kid need not be asked about */
    bool failing;        /* the last attempt to have them failed: these are the last good ones */
    struct dw_span jwks; /* absent: never had */
};

/* Between edge_begin() and edge_end(). false: nothing is known of the issuer. */
DW_MUST_USE bool edge_find_keys(struct edge *edge, struct dw_span issuer, struct edge_keys *keys);

/* Writers only, outside begin/end. The generation moves on by itself if the keys differ from those
 * there. 0 or -1 and a complaint. */
DW_MUST_USE int edge_put_keys(struct edge *edge, struct dw_span issuer,
                              const struct edge_keys *keys, struct complaint *why);

/* What can be revoked. */
enum edge_revoked {
    EDGE_JTI = 1, /* a token, of an issuer */
    EDGE_SUBJECT, /* whatever was issued to it before some time; issuer absent: by anybody */
    EDGE_CLIENT,  /* likewise */
    EDGE_SESSION,
    EDGE_KEY,
    EDGE_ALL /* whatever was issued before some time */
};

struct edge_revocation {
    enum edge_revoked kind;
    struct dw_span issuer; /* of a jti; else mostly absent */
    struct dw_span value;  /* absent for EDGE_ALL */
    int64_t before;        /* what was issued up to then; of a jti, session or key: not looked at */
    int64_t until;         /* then everything it means has ended anyway */
};

/* Whether something is revoked: 0, or the latest `before`. Between begin and end. Cheap while nothing is
 * revoked. INT64_MAX where nobody can tell. */
DW_MUST_USE int64_t edge_find_revoked(struct edge *edge, enum edge_revoked kind,
                                      struct dw_span issuer, struct dw_span value);

/* Writers only: also of other processes than the daemon. Each put drops a few that have ended, by this
 * machine's clock. A later `before` and `until` replace earlier ones, never the other way. */
DW_MUST_USE int edge_put_revoked(struct edge *edge, const struct edge_revocation *revocation,
                                 struct complaint *why);

struct edge_filling;

/* Puts all that `fill` adds in one write, and marks the edge as whole. `fill` returns 0, or -1 and a
 * complaint: then nothing is put, nor if anything could not be added. */
DW_MUST_USE int edge_fill(struct edge *edge,
                          int (*fill)(void *context, struct edge_filling *filling,
                                      struct complaint *why),
                          void *context, struct complaint *why);
void edge_fill_add(struct edge_filling *filling, const struct edge_revocation *revocation);

/* Whether all that is revoked is on it, and not only what was revoked since it was made. */
DW_MUST_USE bool edge_is_whole(struct edge *edge);

#endif
