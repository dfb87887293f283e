/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "forms.h"
#include "nearest.h"

#define QUOTE_MAX 64 /* bytes of a stranger's word in a complaint */

int refuse(const struct reading *reading, const struct node *node, const char *format, ...)
{
    char text[COMPLAINT_SIZE] = "";
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return complain(reading->why, "%s:%u:%u: %s", reading->name, node->line, node->column, text);
}

int refuse_value(const struct reading *reading, const struct key *key, const struct node *node)
{
    return refuse(reading, node, "%s: expected %s", key->name, key->expected);
}

bool is_scalar(const struct node *node)
{
    return node->kind == NODE_PLAIN || node->kind == NODE_QUOTED;
}

bool is_word(const struct node *node, const char *word)
{
    return node->kind == NODE_PLAIN && dw_span_equal(node->text, dw_span_of(word));
}

/* YAML's words for nothing, yes and no: without quotes they are not meant as texts. */
static bool is_reserved(const struct node *node)
{
    static const char *const WORDS[] = {"", "~", "null", "true", "false"};

    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (node->kind == NODE_PLAIN && dw_span_equal_nocase(node->text, dw_span_of(WORDS[i]))) {
            return true;
        }
    }
    return false;
}

static int check_text(const struct reading *reading, const struct key *key, const struct node *node,
                      size_t max)
{
    if (!is_scalar(node) || is_reserved(node) || !key->fits(node->text)) {
        return refuse_value(reading, key, node);
    }
    if (node->text.len > max) {
        return refuse(reading, node, "%s: expected at most %zu bytes", key->name, max);
    }
    return 0;
}

int read_text(const struct reading *reading, const struct key *key, const struct node *node,
              void *member)
{
    if (check_text(reading, key, node, DW_TEXT_MAX) != 0) {
        return -1;
    }
    *(const char **)member = node->text.at;
    return 0;
}

struct values values_of(const struct node *node)
{
    return node->kind == NODE_LIST ? (struct values){node->first, node->n}
                                   : (struct values){node, 1};
}

const struct node *values_take(struct values *values)
{
    const struct node *node = values->next;

    if (values->left == 0) {
        return NULL;
    }
    values->left--;
    values->next = node->next;
    return node;
}

static bool is_listed(const char *const *items, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

int read_texts(const struct reading *reading, const struct key *key, const struct node *node,
               void *member)
{
    struct values values = values_of(node);
    const struct node *value;
    const char **items;
    size_t n = 0;

    if (values.left == 0) {
        return refuse_value(reading, key, node);
    }
    if (values.left > DW_LIST_MAX) {
        return refuse(reading, node, "%s: expected at most %d values", key->name, DW_LIST_MAX);
    }
    items = config_arena_take(reading->arena, values.left, sizeof *items);
    if (items == NULL) {
        return -1;
    }
    for (value = values_take(&values); value != NULL; value = values_take(&values)) {
        if (check_text(reading, key, value, DW_TEXT_MAX) != 0) {
            return -1;
        }
        if (is_listed(items, n, value->text.at)) {
            return refuse(reading, value, "%s: expected each value once", key->name);
        }
        items[n++] = value->text.at;
    }
    *(struct dw_list *)member = (struct dw_list){items, n};
    return 0;
}

const char *path_in(struct arena *arena, const char *folder, const char *path)
{
    const size_t size = strlen(folder) + strlen(path) + 2;
    char *whole;

    if (path[0] == '/') {
        return arena_text(arena, dw_span_of(path));
    }
    whole = config_arena_take(arena, size, 1);
    if (whole != NULL) {
        (void)snprintf(whole, size, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path);
    }
    return whole;
}

static int note_file(const struct reading *reading, const struct key *key, const struct node *node,
                     const char *path)
{
    struct config_file *file = config_arena_take(reading->arena, 1, sizeof *file);

    if (file == NULL) {
        return -1;
    }
    *file = (struct config_file){.path = path,
                                 .key = key->name,
                                 .line = node->line,
                                 .column = node->column,
                                 .next = *reading->files};
    *reading->files = file;
    return 0;
}

int read_path(const struct reading *reading, const struct key *key, const struct node *node,
              void *member)
{
    const char *path;

    if (check_text(reading, key, node, FILE_PATH_MAX) != 0) {
        return -1;
    }
    path = path_in(reading->arena, reading->folder, node->text.at);
    if (path == NULL) {
        return -1;
    }
    if (strlen(path) > FILE_PATH_MAX) {
        return refuse(reading, node, "%s: expected a shorter path", key->name);
    }
    *(const char **)member = path;
    return note_file(reading, key, node, path);
}

int read_switch(const struct reading *reading, const struct key *key, const struct node *node,
                void *member)
{
    if (!is_word(node, "true") && !is_word(node, "false")) {
        return refuse_value(reading, key, node);
    }
    *(bool *)member = is_word(node, "true");
    return 0;
}

static const char *name_of(const void *from, size_t i)
{
    const struct key *keys = from;

    return keys[i].name;
}

static const struct key *find_key(const struct key *keys, const struct node *node)
{
    for (; keys->name != NULL; keys++) {
        if (is_scalar(node) && dw_span_equal(node->text, dw_span_of(keys->name))) {
            return keys;
        }
    }
    return NULL;
}

static int refuse_key(const struct reading *reading, const struct key *keys,
                      const struct node *node)
{
    const char *meant = nearest(node->text, name_of, keys);
    const int len = (int)(node->text.len < QUOTE_MAX ? node->text.len : QUOTE_MAX);
    char known[COMPLAINT_SIZE / 2] = "";

    if (meant != NULL) {
        return refuse(reading, node, "unknown key \"%.*s\": did you mean \"%s\"?", len,
                      node->text.at, meant);
    }
    for (size_t i = 0, at = 0; keys[i].name != NULL && at < sizeof known; i++) {
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i > 0 ? ", " : "",
                               keys[i].name);
    }
    return refuse(reading, node, "unknown key \"%.*s\": expected one of %s", len, node->text.at,
                  known);
}

const struct node *value_of(const struct node *mapping, const char *name)
{
    const struct node *key = mapping->kind == NODE_MAPPING ? mapping->first : NULL;

    while (key != NULL && !dw_span_equal(key->text, dw_span_of(name))) {
        key = key->next->next;
    }
    return key == NULL ? mapping : key->next;
}

static int check_required(const struct reading *reading, const struct key *keys,
                          const struct node *node)
{
    for (; keys->name != NULL; keys++) {
        if (keys->required && value_of(node, keys->name) == node) {
            return refuse(reading, node, "%s is missing: expected %s", keys->name, keys->expected);
        }
    }
    return 0;
}

int read_mapping(const struct reading *reading, const struct key *key, const struct node *node,
                 void *member)
{
    if (node->kind != NODE_MAPPING) {
        return refuse_value(reading, key, node);
    }
    for (const struct node *at = node->first; at != NULL; at = at->next->next) {
        const struct key *found = find_key(key->keys, at);

        if (found == NULL) {
            return refuse_key(reading, key->keys, at);
        }
        if (value_of(node, found->name) != at->next) {
            return refuse(reading, at, "%s: expected once, not again", found->name);
        }
        if (found->read(reading, found, at->next, (char *)member + found->member) != 0) {
            return -1;
        }
    }
    return check_required(reading, key->keys, node);
}
