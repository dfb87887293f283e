/* SPDX-License-Identifier: Apache-2.0 */
#include "once.h"

#include <stdlib.h>

#include "marks.h"
#include "shared_file.h"

#define TABLE_LAYOUT 1

struct table {
    struct shared_head head;
    _Alignas(64) _Atomic uint64_t marks[ONCE_SLOTS]; /* of until when they are remembered */
};

struct once {
    struct shared_file file;
    struct table *table;
};

static const struct shared_kind KIND = {
    .name = "once",
    .new_name = "once.new",
    .layout = {.magic = "dwonce",
               .version = TABLE_LAYOUT,
               .slots = ONCE_SLOTS,
               .slot_size = sizeof(uint64_t)},
    .size = sizeof(struct table),
};

int once_open(const char *folder, bool create, struct once **once, struct complaint *why)
{
    struct once *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "%s: out of memory", folder);
    }
    if (shared_file_open(folder, &KIND, create, &made->file, why) != 0) {
        free(made);
        return -1;
    }
    made->table = made->file.map;
    *once = made;
    return 0;
}

void once_close(struct once *once)
{
    if (once == NULL) {
        return;
    }
    shared_file_close(&once->file);
    free(once);
}

bool once_is_current(const struct once *once)
{
    return shared_file_is_current(&once->file);
}

/*
 * A mark takes the place of the earliest in its set, and only where that has ended: so a slot's word can
 * only grow, and a slot found unchanged has not changed. Had two put the same name into two slots,
 * each would have seen its own as the lesser of both when it chose, and neither grows smaller: not both
 * can be right.
 */
enum once_answer once_use(struct once *once, const uint8_t name[DW_FACT_NAME], int64_t until,
                          int64_t now)
{
    const int64_t end = until > now ? until : now + 1;
    struct marks_look look;

    do {
        marks_look(once->table->marks, ONCE_SLOTS, name, &look);
        if (look.mark != NULL && mark_time(look.marked) >= now) {
            return ONCE_AGAIN;
        }
        if (mark_time(look.lowest) >= now) {
            return ONCE_FULL;
        }
    } while (!atomic_compare_exchange_strong(look.least, &look.lowest, mark_make(end, look.tag)));
    return ONCE_FIRST;
}
