/* SPDX-License-Identifier: Apache-2.0 */
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

#define CHUNK_SIZE ((size_t)32 * 1024)

struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *last;
    size_t most;
    size_t used; /* by what was taken; chunks may be larger */
};

struct arena *arena_new(size_t most)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (arena != NULL) {
        arena->most = most;
    }
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->last != NULL) {
        struct chunk *chunk = arena->last;

        arena->last = chunk->next;
        dw_secret_wipe(chunk->bytes, chunk->used);
        free(chunk);
    }
    free(arena);
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

static size_t align(size_t at)
{
    return (at + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static struct chunk *add_chunk(struct arena *arena, size_t size)
{
    const size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct chunk *chunk = calloc(1, sizeof(*chunk) + room);

    if (chunk != NULL) {
        chunk->next = arena->last;
        chunk->size = room;
        arena->last = chunk;
    }
    return chunk;
}

/* `room` bytes are put aside where that needs a new chunk, of which `size` are taken. */
static char *take(struct arena *arena, size_t size, size_t room)
{
    struct chunk *chunk = arena->last;
    char *at;

    if (size > arena->most - arena->used) {
        return NULL;
    }
    if (chunk == NULL || chunk->size < align(chunk->used) ||
        chunk->size - align(chunk->used) < size) {
        chunk = add_chunk(arena, room);
    }
    if (chunk == NULL) {
        return NULL;
    }
    at = chunk->bytes + align(chunk->used);
    chunk->used = align(chunk->used) + size;
    arena->used += size;
    return at;
}

void *arena_take(struct arena *arena, size_t size)
{
    return take(arena, size, size);
}

struct dw_span arena_keep(struct arena *arena, struct dw_span bytes)
{
    char *at = bytes.len < SIZE_MAX ? take(arena, bytes.len + 1, bytes.len + 1) : NULL;

    if (at == NULL) {
        return (struct dw_span){NULL, 0};
    }
    if (bytes.len > 0) {
        memcpy(at, bytes.at, bytes.len);
    }
    return (struct dw_span){at, bytes.len};
}

/* What was taken last ends with the NUL that arena_keep() put behind it. */
static bool is_last(const struct arena *arena, struct dw_span bytes)
{
    const struct chunk *chunk = arena->last;

    return chunk != NULL && bytes.at != NULL && chunk->used > 0 &&
           bytes.at + bytes.len + 1 == chunk->bytes + chunk->used;
}

struct dw_span arena_append(struct arena *arena, struct dw_span bytes, struct dw_span more)
{
    struct chunk *chunk = arena->last;
    char *at;

    if (more.len > arena->most || bytes.len > arena->most) {
        return (struct dw_span){NULL, 0};
    }
    if (is_last(arena, bytes) && more.len <= chunk->size - chunk->used &&
        more.len <= arena->most - arena->used) {
        at = chunk->bytes + chunk->used - bytes.len - 1;
        chunk->used += more.len;
        arena->used += more.len;
    } else {
        at = take(arena, bytes.len + more.len + 1, 2 * (bytes.len + more.len) + 1);
        if (at != NULL && bytes.len > 0) {
            memcpy(at, bytes.at, bytes.len);
        }
    }
    if (at == NULL) {
        return (struct dw_span){NULL, 0};
    }
    if (more.len > 0) {
        memcpy(at + bytes.len, more.at, more.len);
    }
    at[bytes.len + more.len] = '\0';
    return (struct dw_span){at, bytes.len + more.len};
}

const char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list args;
    int len;
    char *at;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = len >= 0 ? take(arena, (size_t)len + 1, (size_t)len + 1) : NULL;
    if (at == NULL) {
        return "";
    }
    va_start(args, format);
    (void)vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    return at;
}
