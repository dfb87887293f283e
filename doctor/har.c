/* SPDX-License-Identifier: Apache-2.0 */
#include "har_reader.h"

struct har *har_new(const char *name)
{
    struct arena *arena = arena_new(sizeof(struct har));
    struct har *har = arena != NULL ? arena_take(arena, sizeof(*har)) : NULL;
    struct capture *capture = har != NULL ? capture_new(CAPTURE_HAR, name) : NULL;

    if (capture == NULL) {
        arena_free(arena);
        return NULL;
    }
    har->arena = arena;
    har->capture = capture;
    json_push_init(&har->json, har_hear, har);
    return har;
}

void har_free(struct har *har)
{
    if (har != NULL) {
        capture_free(har->capture);
        arena_free(har->arena);
    }
}

/* The last entry may be one of which the response's fields are there, and only its body is cut. */
static void keep_the_cut(struct har *har)
{
    struct har_entry *entry = &har->entry;
    const bool is_open = har->n_begun > har->n_complete;

    if (is_open && entry->values[HAR_STATUS].at != NULL && entry->response.n > 0) {
        entry->is_content_cut = true;
        har_keep(har->capture, entry);
    }
}

/* 0: what is there is judged. */
static int stop(struct har *har, struct complaint *why)
{
    const struct json_push *json = &har->json;

    har->is_over = true;
    if (har->n_complete == 0) {
        return complain(why, "%s:%u:%llu: %s, and no entry is complete before that",
                        har->capture->name, json->line, (unsigned long long)json->column,
                        json->fault);
    }
    keep_the_cut(har);
    har->capture->is_cut = true;
    har->capture->cut_at = har_place(har);
    return 0;
}

int har_push(struct har *har, struct dw_span bytes, struct complaint *why)
{
    if (har->is_over) {
        return har->n_complete > 0 ? 0 : complain(why, "%s: it is broken", har->capture->name);
    }
    return json_push(&har->json, bytes) == 0 ? 0 : stop(har, why);
}

int har_end(struct har *har, struct capture **capture, struct complaint *why)
{
    if (!har->is_over && json_push_end(&har->json) != 0 && stop(har, why) != 0) {
        return -1;
    }
    if (har->n_complete == 0) {
        return complain(why, "%s: there are no entries in it: a HAR has them in log.entries",
                        har->capture->name);
    }
    har->capture->n_seen = har->n_begun;
    *capture = har->capture;
    har->capture = NULL;
    return 0;
}
