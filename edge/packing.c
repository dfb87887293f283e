/* SPDX-License-Identifier: Apache-2.0 */
#include "packing.h"

#include <stddef.h>
#include <string.h>

#define NUMBERS_SIZE  offsetof(struct recent_entry, id)
#define PACKING_LEAST (PACKING_HEAD + 2)
#define TEXTS_AT      (NUMBERS_SIZE + sizeof(uint16_t))

static const struct {
    uint16_t at;
    uint16_t size;
} TEXTS[] = {
#define TEXT(name)                                                                       \
    {                                                                                    \
        offsetof(struct recent_entry, name), sizeof(((struct recent_entry *)NULL)->name) \
    }
    TEXT(id),         TEXT(method),  TEXT(path),    TEXT(route),  TEXT(source),
    TEXT(issuer),     TEXT(kid),     TEXT(subject), TEXT(client), TEXT(token),
    TEXT(credential), TEXT(account), TEXT(wanted),  TEXT(seen),
#undef TEXT
};

#define N_TEXTS (sizeof(TEXTS) / sizeof(TEXTS[0]))

_Static_assert(NUMBERS_SIZE == PACKING_HEAD * sizeof(uint64_t) + 2, "the count stands in its word");
_Static_assert(TEXTS_AT + offsetof(struct recent_entry, seen) +
                       sizeof(((struct recent_entry *)NULL)->seen) - NUMBERS_SIZE <=
                   PACKING_WORDS * sizeof(uint64_t),
               "the longest texts fit");
_Static_assert(PACKING_WORDS % 2 == 0, "a packed entry is padded to two words");

static size_t copy_text(const char *text, size_t size, char *to)
{
    const size_t len = text[0] == '\0' ? 0 : strnlen(text, size - 1);

    memcpy(to, text, len);
    to[len] = '\0';
    return len + 1;
}

size_t packing_write(const struct recent_entry *entry, uint64_t words[PACKING_WORDS])
{
    char *to = (char *)words;
    size_t at = TEXTS_AT;
    uint16_t n;

    memcpy(to, entry, NUMBERS_SIZE);
    for (size_t i = 0; i < N_TEXTS; i++) {
        at += copy_text((const char *)entry + TEXTS[i].at, TEXTS[i].size, to + at);
    }
    while (at % (2 * sizeof(uint64_t)) != 0) {
        to[at++] = '\0';
    }
    n = (uint16_t)(at / sizeof(uint64_t));
    memcpy(to + NUMBERS_SIZE, &n, sizeof(n));
    return n;
}

size_t packing_count(uint64_t head)
{
    uint16_t n;

    memcpy(&n, (const char *)&head + NUMBERS_SIZE % sizeof(head), sizeof(n));
    if (n < PACKING_LEAST) {
        return PACKING_LEAST;
    }
    return n < PACKING_WORDS ? n : PACKING_WORDS;
}

void packing_read(const uint64_t words[PACKING_WORDS], size_t n, struct recent_entry *entry)
{
    const char *from = (const char *)words;
    const size_t end = n * sizeof(uint64_t);
    size_t at = TEXTS_AT;

    memset(entry, 0, sizeof(*entry));
    memcpy(entry, from, NUMBERS_SIZE);
    for (size_t i = 0; i < N_TEXTS && at < end; i++) {
        const size_t len = strnlen(from + at, end - at);

        memcpy((char *)entry + TEXTS[i].at, from + at,
               len < TEXTS[i].size ? len : TEXTS[i].size - 1u);
        at += len + 1;
    }
}
