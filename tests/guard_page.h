/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GUARD_PAGE_H
#define TESTS_GUARD_PAGE_H

/* Bytes that end where the memory ends: reading one byte too many is a crash, sanitizer or not. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "doorward.h"

struct guarded {
    void *map;
    size_t map_size;
    struct dw_span span;
};

static inline struct guarded guard_bytes(const char *bytes, size_t len)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t body = (len / page + 1) * page;
    char *map = mmap(NULL, body + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + body, page, PROT_NONE) != 0) {
        abort();
    }
    if (len > 0) {
        memcpy(map + body - len, bytes, len);
    }
    return (struct guarded){map, body + page, {map + body - len, len}};
}

static inline struct guarded guard_text(const char *text)
{
    return guard_bytes(text, strlen(text));
}

static inline void guard_release(struct guarded *guarded)
{
    munmap(guarded->map, guarded->map_size);
}

#endif
