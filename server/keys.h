/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_KEYS_H
#define DW_SERVER_KEYS_H

/*
 * When to fetch the keys of one foreign issuer. Pure: the time is a parameter, in milliseconds of a
 * clock that never goes back, and somebody else fetches.
 *
 *   - at start, and again when 85 % of their lifetime is over; the lifetime is what Cache-Control says,
 *     within 1 to 60 minutes, or 10 minutes;
 *   - after a failure in 1, 2, 4 ... 30 s; what was had before stays;
 *   - on an unknown kid: the first miss is free, then once per 30 s at most; a kid that a fetch did not
 *     bring is remembered for a minute and costs nothing in that time;
 *   - never two fetches at once.
 */

#include "doorward.h"

#define KEYS_LIFETIME     600 /* seconds, where the issuer names none */
#define KEYS_LIFETIME_MIN 60
#define KEYS_LIFETIME_MAX 3600
#define KEYS_BACKOFF_MAX  30   /* seconds between two failures */
#define KEYS_MISS_PAUSE   30   /* seconds between two fetches for unknown kids */
#define KEYS_UNKNOWN_MAX  64   /* kids remembered */
#define KEYS_UNKNOWN_TIME 60   /* seconds they are remembered */
#define KEYS_PATIENCE     2500 /* milliseconds a request waits for a fetch, counted from its begin */

struct keys_unknown {
    int64_t until;
    size_t len;
    char kid[DW_KID_MAX];
};

/* All members are private. */
struct keys_schedule {
    bool had; /* keys were had at least once */
    bool fetching;
    bool missed;   /* the next fetch, or the one under way, is for an unknown kid */
    int64_t begun; /* the last fetch */
    int64_t ended;
    int64_t next; /* when to begin one */
    int64_t last_miss;
    unsigned failures; /* in a row */
    struct keys_unknown unknown[KEYS_UNKNOWN_MAX];
    size_t n_unknown; /* ever remembered: the table is a ring */
};

/* Due at once. `had`: keys of an earlier run are there. */
void keys_init(struct keys_schedule *keys, int64_t now, bool had);

bool keys_is_due(const struct keys_schedule *keys, int64_t now);
/* Milliseconds until it is due, at most `most`. */
int64_t keys_wait(const struct keys_schedule *keys, int64_t now, int64_t most);

/* Call when a fetch begins, and one of the other two when it ends. `max_age` is seconds, -1: none. */
void keys_begin(struct keys_schedule *keys, int64_t now);
void keys_succeed(struct keys_schedule *keys, int64_t now, int64_t max_age);
void keys_fail(struct keys_schedule *keys, int64_t now);

/* Whether the fetch that just ended was for an unknown kid: for KEYS_MISS_PAUSE no other will be. */
bool keys_was_miss(const struct keys_schedule *keys);

enum keys_advice {
    KEYS_GO_ON, /* there is nothing more to learn now */
    KEYS_WAIT   /* a fetch is under way, or due; ask again when it has ended */
};

/* A request that came at `since` needs this kid (absent: any key at all). */
DW_MUST_USE enum keys_advice keys_ask(struct keys_schedule *keys, int64_t now, int64_t since,
                                      struct dw_span kid);

/* The lifetime a Cache-Control value names, in seconds: max-age; 0 for no-store and no-cache; -1 for
 * neither (RFC 9111 s5.2.2). */
int64_t keys_max_age(struct dw_span cache_control);

#endif
