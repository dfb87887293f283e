/* SPDX-License-Identifier: Apache-2.0 */
#include "recent.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "packing.h"
#include "shared_file.h"

#define RING_LAYOUT 3

#define CACHE_LINE 64

/* An entry that stays unfinished is given up after so many polls, or when so many others have come
 * after it: its writer is dead, or as good as dead. */
#define PATIENCE_POLLS   5
#define PATIENCE_ENTRIES (RECENT_SLOTS / 4)

/*
 * The writer of ticket t has slot t % RECENT_SLOTS. `sequence` is 2t + 1 while it writes and 2t + 2
 * once it has: a seqlock that names its writer. A writer that sleeps until the ring has come round
 * can write into a younger one's entry; `sum` tells.
 */
struct slot {
    _Alignas(CACHE_LINE) _Atomic uint64_t sequence;
    _Atomic uint64_t sum;
    _Atomic uint64_t words[PACKING_WORDS];
};

struct ring {
    struct shared_head file;
    _Atomic uint64_t taken; /* the next to take */
    _Atomic uint64_t head;  /* the next ticket */
    struct slot slots[RECENT_SLOTS];
};

struct recent {
    struct shared_file file;
    struct ring *ring; /* what it holds */
    /* The taker's patience: how often it has found an entry below `waiting_head` unfinished. All
     * unfinished ones below `given_up` are dropped at once. */
    unsigned polls;
    uint64_t waiting_head;
    uint64_t given_up;
};

enum slot_state { SLOT_FINISHED, SLOT_UNFINISHED, SLOT_LOST };

static const struct shared_kind KIND = {
    .name = "recent",
    .new_name = "recent.new",
    .layout = {.magic = "dwrecent",
               .version = RING_LAYOUT,
               .reasons = DW_REASONS_END,
               .slots = RECENT_SLOTS,
               .slot_size = sizeof(struct slot)},
    .size = sizeof(struct ring),
};

/* -- Opening ----------------------------------------------------------------------------------- */

int recent_open(const char *folder, bool create, struct recent **recent, struct complaint *why)
{
    struct recent *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "%s: out of memory", folder);
    }
    if (shared_file_open(folder, &KIND, create, &made->file, why) != 0) {
        free(made);
        return -1;
    }
    made->ring = made->file.map;
    *recent = made;
    return 0;
}

void recent_close(struct recent *recent)
{
    if (recent == NULL) {
        return;
    }
    shared_file_close(&recent->file);
    free(recent);
}

bool recent_is_current(const struct recent *recent)
{
    return shared_file_is_current(&recent->file);
}

/* -- Adding ------------------------------------------------------------------------------------ */

/* Two lanes, so that the multiplications overlap. */
static uint64_t sum_words(const uint64_t *words, size_t n, uint64_t ticket)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t a = ticket + odd;
    uint64_t b = ~ticket;

    for (size_t i = 0; i + 1 < n; i += 2) {
        a = (a ^ words[i]) * odd;
        b = (b ^ words[i + 1]) * odd;
        a ^= a >> 32;
        b ^= b >> 32;
    }
    return a ^ (b << 1) ^ (b >> 63);
}

void recent_add(struct recent *recent, const struct recent_entry *entry)
{
    const uint64_t ticket = atomic_fetch_add_explicit(&recent->ring->head, 1, memory_order_relaxed);
    struct slot *slot = &recent->ring->slots[ticket % RECENT_SLOTS];
    uint64_t writing = 2 * ticket + 1;
    uint64_t words[PACKING_WORDS];
    const size_t n = packing_write(entry, words);

    atomic_store_explicit(&slot->sequence, writing, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < n; i++) {
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    }
    atomic_store_explicit(&slot->sum, sum_words(words, n, ticket), memory_order_relaxed);
    /* Fails where a younger writer has taken the slot: this entry is lost, and counted as such. */
    (void)atomic_compare_exchange_strong_explicit(&slot->sequence, &writing, writing + 1,
                                                  memory_order_release, memory_order_relaxed);
}

/* -- Taking ------------------------------------------------------------------------------------ */

static enum slot_state read_slot(struct ring *ring, uint64_t ticket, struct recent_entry *entry)
{
    struct slot *slot = &ring->slots[ticket % RECENT_SLOTS];
    const uint64_t finished = 2 * ticket + 2;
    const uint64_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire);
    uint64_t words[PACKING_WORDS];
    uint64_t sum;
    size_t n;

    if (before != finished) {
        return before < finished ? SLOT_UNFINISHED : SLOT_LOST;
    }
    n = packing_count(atomic_load_explicit(&slot->words[PACKING_HEAD], memory_order_relaxed));
    for (size_t i = 0; i < n; i++) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    }
    sum = atomic_load_explicit(&slot->sum, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&slot->sequence, memory_order_relaxed) != before ||
        sum != sum_words(words, n, ticket)) {
        return SLOT_LOST;
    }
    packing_read(words, n, entry);
    return SLOT_FINISHED;
}

/* Whether to wait for an unfinished entry. Those claimed while one is waited for share its patience:
 * a crowd killed at once costs no more than one. */
static bool is_worth_waiting(struct recent *recent, uint64_t ticket, uint64_t head)
{
    if (ticket < recent->given_up || head - ticket > PATIENCE_ENTRIES) {
        return false;
    }
    if (ticket >= recent->waiting_head) {
        recent->waiting_head = head;
        recent->polls = 0;
    }
    recent->polls++;
    if (recent->polls >= PATIENCE_POLLS) {
        recent->given_up = recent->waiting_head;
        return false;
    }
    return true;
}

/* Where to go on, whatever stands in the ring. */
static uint64_t next_ticket(const struct ring *ring, uint64_t head, uint64_t *dropped)
{
    const uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);

    if (taken > head) {
        return head;
    }
    if (head - taken > RECENT_SLOTS) {
        *dropped += head - taken - RECENT_SLOTS;
        return head - RECENT_SLOTS;
    }
    return taken;
}

bool recent_take(struct recent *recent, struct recent_entry *entry, uint64_t *dropped)
{
    struct ring *ring = recent->ring;
    const uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t ticket = next_ticket(ring, head, dropped);
    bool found = false;

    while (!found && ticket < head) {
        const enum slot_state state = read_slot(ring, ticket, entry);

        if (state == SLOT_UNFINISHED && is_worth_waiting(recent, ticket, head)) {
            break;
        }
        found = state == SLOT_FINISHED;
        *dropped += found ? 0 : 1;
        ticket++;
    }
    atomic_store_explicit(&ring->taken, ticket, memory_order_relaxed);
    return found;
}

bool recent_look(struct recent *recent, uint64_t back, struct recent_entry *entry, uint64_t *total)
{
    const uint64_t head = atomic_load_explicit(&recent->ring->head, memory_order_acquire);

    *total = head;
    return back < head && back < RECENT_SLOTS &&
           read_slot(recent->ring, head - 1 - back, entry) == SLOT_FINISHED;
}

bool recent_find(struct recent *recent, const char *id, struct recent_entry *entry)
{
    const uint64_t head = atomic_load_explicit(&recent->ring->head, memory_order_acquire);
    const uint64_t last = head > RECENT_SLOTS ? head - RECENT_SLOTS : 0;
    struct recent_entry there;

    for (uint64_t ticket = head; ticket > last; ticket--) {
        if (read_slot(recent->ring, ticket - 1, &there) == SLOT_FINISHED &&
            strcmp(there.id, id) == 0) {
            *entry = there;
            return true;
        }
    }
    return false;
}
