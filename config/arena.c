/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)16 * 1024)

struct chunk {
    struct chunk *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct chunk *chunks; /* the newest first */
    size_t left;
};

struct arena *config_arena_new(size_t max)
{
    struct arena *arena = calloc(1, sizeof *arena);

    if (arena != NULL) {
        arena->left = max;
    }
    return arena;
}

void config_arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->chunks != NULL) {
        struct chunk *next = arena->chunks->next;

        free(arena->chunks);
        arena->chunks = next;
    }
    free(arena);
}

static struct chunk *add_chunk(struct arena *arena, size_t size)
{
    const size_t body = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct chunk *chunk = calloc(1, sizeof *chunk + body);

    if (chunk != NULL) {
        chunk->size = body;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    return chunk;
}

void *config_arena_take(struct arena *arena, size_t n, size_t size)
{
    const size_t unit = alignof(max_align_t);
    struct chunk *chunk = arena->chunks;
    size_t whole;
    void *taken;

    if (size != 0 && n > arena->left / size) {
        return NULL;
    }
    whole = (n * size + unit - 1) / unit * unit;
    if (whole > arena->left) {
        return NULL;
    }
    if (chunk == NULL || whole > chunk->size - chunk->used) {
        chunk = add_chunk(arena, whole);
    }
    if (chunk == NULL) {
        return NULL;
    }
    taken = chunk->bytes + chunk->used;
    chunk->used += whole;
    arena->left -= whole;
    return taken;
}

char *arena_text(struct arena *arena, struct dw_span text)
{
    char *copy = config_arena_take(arena, text.len + 1, 1);

    if (copy != NULL && text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    return copy;
}
