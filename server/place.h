/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_PLACE_H
#define DW_SERVER_PLACE_H

/*
 * The daemon's folders: DATA/ with the records and log/, and edge/ and run/, which nginx's workers
 * reach too. As root these run as www-data: its group may look into what it needs. Where that user
 * could not even get to DATA (below /root, say), edge and run go to /run/doorward-HASH/ instead.
 */

#include <limits.h>
#include <sys/types.h>

#include "config.h"

#define PLACE_WORKER "www-data"

struct place {
    char data[PATH_MAX]; /* absolute */
    char base[PATH_MAX]; /* what edge and run are in: DATA, or /run/doorward-HASH */
    char run[PATH_MAX];
    char log[PATH_MAX]; /* always in DATA */
    char edge[PATH_MAX];
    char socket[PATH_MAX];  /* the daemon's */
    char example[PATH_MAX]; /* the example API's socket */
    char policy[PATH_MAX];  /* the effective configuration, for nginx modules */
    bool has_worker;        /* nginx's workers run as PLACE_WORKER */
    gid_t group;            /* then: its group */
    int lock;               /* -1: not taken */
};

/* Makes what is missing and takes the lock: one daemon for one DATA. 0 or -1 and a complaint. */
DW_MUST_USE int place_open(const struct config *config, struct place *place, struct complaint *why);
void place_close(struct place *place);

/* Names the folders of the daemon of this DATA, which is there, running or not, as it left them: for those
 * who come from outside. Nothing is made, and no lock taken. 0 or -1 and a complaint. */
DW_MUST_USE int place_find(const struct config *config, struct place *place, struct complaint *why);

/* Makes a folder nginx's workers may enter. 0 or -1 and a complaint. */
DW_MUST_USE int place_share(const struct place *place, const char *folder, struct complaint *why);

/* Joins a folder and a name. 0, or -1 and a complaint when it is too long. */
DW_MUST_USE int place_join(const char *folder, const char *name, char path[PATH_MAX],
                           struct complaint *why);

#endif
