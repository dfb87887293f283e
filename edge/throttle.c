/* SPDX-License-Identifier: Apache-2.0 */
/* The plain SHA256_ functions, because EVP_DigestInit_ex2 allocates memory each time. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "throttle.h"

#include <arpa/inet.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"
#include "shared_file.h"

#define TABLE_LAYOUT 3
#define DIGEST_SIZE  SHA256_DIGEST_LENGTH
/* The owner, who happens to share the source, has to wait no longer than this once it is over. */
#define PAIR_MOST (((int64_t)THROTTLE_PAIR + 5) * THROTTLE_EVERY)

#define NETWORK_SIZE 8 /* bytes of an IPv6 /64: one customer's */

/* A mark's time says when all its guesses will be forgotten (the "theoretical arrival time" of the
 * generic cell rate algorithm). */
struct table {
    struct shared_head head;
    _Alignas(64) _Atomic uint64_t sources[THROTTLE_SLOTS];
    _Alignas(64) _Atomic uint64_t accounts[THROTTLE_SLOTS];
    _Alignas(64) _Atomic uint64_t pairs[THROTTLE_SLOTS];
};

static const struct dw_span NOTHING = {"", 0};

struct throttle {
    struct shared_file file;
    struct table *table;
};

static const struct shared_kind KIND = {
    .name = "throttle",
    .new_name = "throttle.new",
    .layout = {.magic = "dwthrot",
               .version = TABLE_LAYOUT,
               .slots = THROTTLE_SLOTS,
               .slot_size = sizeof(uint64_t)},
    .size = sizeof(struct table),
};

/* -- Opening ----------------------------------------------------------------------------------- */

int throttle_open(const char *folder, bool create, struct throttle **throttle,
                  struct complaint *why)
{
    struct throttle *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "%s: out of memory", folder);
    }
    if (shared_file_open(folder, &KIND, create, &made->file, why) != 0) {
        free(made);
        return -1;
    }
    made->table = made->file.map;
    *throttle = made;
    return 0;
}

void throttle_close(struct throttle *throttle)
{
    if (throttle == NULL) {
        return;
    }
    shared_file_close(&throttle->file);
    free(throttle);
}

bool throttle_is_current(const struct throttle *throttle)
{
    return shared_file_is_current(&throttle->file);
}

/* -- Names ------------------------------------------------------------------------------------- */

/* With the file's own seed, so that nobody can aim at somebody else's mark. The first part's length goes
 * before it: no other two parts look the same. */
static bool make_digest(const struct throttle *throttle, struct dw_span first, struct dw_span second,
                        uint8_t digest[DIGEST_SIZE])
{
    const uint8_t *seed = throttle->table->head.seed;
    const uint8_t len = (uint8_t)first.len;
    SHA256_CTX context;

    return SHA256_Init(&context) == 1 && SHA256_Update(&context, seed, SHARED_SEED) == 1 &&
           SHA256_Update(&context, &len, sizeof(len)) == 1 &&
           SHA256_Update(&context, first.at, first.len) == 1 &&
           SHA256_Update(&context, second.at, second.len) == 1 &&
           SHA256_Final(digest, &context) == 1;
}

/* An address as bytes: 4 of IPv4, also where it comes in IPv6's clothes; 8 of IPv6. 0: it is none. */
static size_t read_address(struct dw_span source, uint8_t bytes[NETWORK_SIZE])
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr six;

    if (source.len >= sizeof(text)) {
        return 0;
    }
    memcpy(text, source.at, source.len);
    text[source.len] = '\0';
    if (inet_pton(AF_INET, text, bytes) == 1) {
        return sizeof(struct in_addr);
    }
    if (inet_pton(AF_INET6, text, &six) != 1) {
        return 0;
    }
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(bytes, six.s6_addr + 12, sizeof(struct in_addr));
        return sizeof(struct in_addr);
    }
    memcpy(bytes, six.s6_addr, NETWORK_SIZE);
    return NETWORK_SIZE;
}

/* What a source is counted as; nothing: it is nobody's in particular. */
static struct dw_span read_source(struct dw_span source, uint8_t bytes[NETWORK_SIZE])
{
    const struct dw_span local = DW_SPAN("unix:");
    size_t len;

    if (source.len == 0 ||
        (source.len >= local.len && memcmp(source.at, local.at, local.len) == 0)) {
        return NOTHING;
    }
    len = read_address(source, bytes);
    return len > 0 ? (struct dw_span){(const char *)bytes, len} : source;
}

static bool name_source(const struct throttle *throttle, struct dw_span source,
                        uint8_t digest[DIGEST_SIZE])
{
    uint8_t bytes[NETWORK_SIZE];
    const struct dw_span counted = read_source(source, bytes);

    return counted.len > 0 && make_digest(throttle, counted, NOTHING, digest);
}

static bool name_account(const struct throttle *throttle, struct dw_span account,
                         uint8_t digest[DIGEST_SIZE])
{
    return account.len > 0 && make_digest(throttle, NOTHING, account, digest);
}

/* Of this source at this account. */
static bool name_pair(const struct throttle *throttle, struct dw_span source, struct dw_span account,
                      uint8_t digest[DIGEST_SIZE])
{
    uint8_t bytes[NETWORK_SIZE];
    const struct dw_span counted = read_source(source, bytes);

    return counted.len > 0 && account.len > 0 && make_digest(throttle, counted, account, digest);
}

/* -- Counting ---------------------------------------------------------------------------------- */

/* How long until all is forgotten. Nothing lies further ahead, unless the clock went back. */
static int64_t guilt_of(uint64_t word, int64_t now)
{
    const int64_t guilt = mark_time(word) - now;

    return guilt > 0 && guilt <= THROTTLE_MOST ? guilt : 0;
}

static int64_t find_guilt(_Atomic uint64_t *marks, const uint8_t digest[DIGEST_SIZE], int64_t now)
{
    struct marks_look look;

    marks_look(marks, THROTTLE_SLOTS, digest, &look);
    return guilt_of(look.marked, now);
}

static void add_guilt(_Atomic uint64_t *marks, const uint8_t digest[DIGEST_SIZE], int64_t most,
                      int64_t now)
{
    struct marks_look look;
    bool done;

    do {
        int64_t guilt;

        marks_look(marks, THROTTLE_SLOTS, digest, &look);
        guilt = guilt_of(look.marked, now) + THROTTLE_EVERY;
        if (guilt > most) {
            guilt = most;
        }
        done = atomic_compare_exchange_strong(look.mark != NULL ? look.mark : look.least,
                                              look.mark != NULL ? &look.marked : &look.lowest,
                                              mark_make(now + guilt, look.tag));
    } while (!done);
}

/* Seconds until one more guess is within `allowed` at once. */
static int64_t wait_for(int64_t guilt, int allowed)
{
    const int64_t wait = guilt - (int64_t)(allowed - 1) * THROTTLE_EVERY;

    return wait > 0 ? wait : 0;
}

static int wait_when_right(struct throttle *throttle, struct dw_span source,
                           struct dw_span account, int64_t now)
{
    uint8_t digest[DIGEST_SIZE];

    return name_pair(throttle, source, account, digest)
               ? (int)wait_for(find_guilt(throttle->table->pairs, digest, now), THROTTLE_PAIR)
               : 0;
}

int throttle_wait(struct throttle *throttle, struct dw_span source, struct dw_span account,
                  bool right, int64_t now)
{
    struct table *table = throttle->table;
    uint8_t digest[DIGEST_SIZE];
    int64_t guilt;
    int64_t wait;
    int64_t at_account;
    int64_t until_clean;

    if (right) {
        return wait_when_right(throttle, source, account, now);
    }
    if (!name_source(throttle, source, digest)) {
        return 0;
    }
    guilt = find_guilt(table->sources, digest, now);
    wait = wait_for(guilt, THROTTLE_BURST);
    until_clean = wait_for(guilt, THROTTLE_CLEAN);
    if (until_clean == 0 || !name_account(throttle, account, digest)) {
        return (int)wait;
    }
    at_account = wait_for(find_guilt(table->accounts, digest, now), THROTTLE_BURST);
    if (at_account > until_clean) {
        at_account = until_clean;
    }
    return (int)(at_account > wait ? at_account : wait);
}

void throttle_blame(struct throttle *throttle, struct dw_span source, struct dw_span account,
                    int64_t now)
{
    uint8_t digest[DIGEST_SIZE];

    if (name_source(throttle, source, digest)) {
        add_guilt(throttle->table->sources, digest, THROTTLE_MOST, now);
    }
    if (name_account(throttle, account, digest)) {
        add_guilt(throttle->table->accounts, digest, THROTTLE_MOST, now);
    }
    throttle_insist(throttle, source, account, now);
}

void throttle_insist(struct throttle *throttle, struct dw_span source, struct dw_span account,
                     int64_t now)
{
    uint8_t digest[DIGEST_SIZE];

    if (name_pair(throttle, source, account, digest)) {
        add_guilt(throttle->table->pairs, digest, PAIR_MOST, now);
    }
}
