/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JSON_ORACLE_H
#define TESTS_JSON_ORACLE_H

/*
 * A second opinion on JSON: jansson, told to refuse duplicates. It is opened at run time because some
 * of its names are also ours.
 */

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/* As jansson's ABI has them. */
enum oracle_type { ORACLE_OBJECT, ORACLE_ARRAY, ORACLE_STRING, ORACLE_INTEGER, ORACLE_REAL, ORACLE_TRUE,
                   ORACLE_FALSE, ORACLE_NULL };

struct oracle_value {
    enum oracle_type type;
    size_t references;
};

struct oracle_error {
    int line, column, position;
    char source[80];
    char text[160]; /* the last byte is the code */
};

#define ORACLE_FLAGS    0x5 /* JSON_REJECT_DUPLICATES, JSON_DECODE_ANY */
#define ORACLE_OVERFLOW 15  /* json_error_numeric_overflow */

struct oracle {
    struct oracle_value *(*load)(const char *text, size_t len, size_t flags, struct oracle_error *error);
    void (*delete)(struct oracle_value *value);
    size_t (*object_size)(const struct oracle_value *value);
    struct oracle_value *(*object_get)(const struct oracle_value *value, const char *name);
    size_t (*array_size)(const struct oracle_value *value);
    struct oracle_value *(*array_get)(const struct oracle_value *value, size_t index);
    const char *(*string_value)(const struct oracle_value *value);
    size_t (*string_length)(const struct oracle_value *value);
    long long (*integer_value)(const struct oracle_value *value);
    double (*real_value)(const struct oracle_value *value);
};

static inline void oracle_find(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    if (found == NULL) {
        abort();
    }
    memcpy(function, &found, sizeof(found));
}

static inline const struct oracle *oracle_open(void)
{
    static struct oracle oracle;
    void *library;

    if (oracle.load != NULL) {
        return &oracle;
    }
    library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    oracle_find(library, "json_delete", &oracle.delete);
    oracle_find(library, "json_object_size", &oracle.object_size);
    oracle_find(library, "json_object_get", &oracle.object_get);
    oracle_find(library, "json_array_size", &oracle.array_size);
    oracle_find(library, "json_array_get", &oracle.array_get);
    oracle_find(library, "json_string_value", &oracle.string_value);
    oracle_find(library, "json_string_length", &oracle.string_length);
    oracle_find(library, "json_integer_value", &oracle.integer_value);
    oracle_find(library, "json_real_value", &oracle.real_value);
    oracle_find(library, "json_loadb", &oracle.load);
    return &oracle;
}

static inline bool oracle_same(const struct json *json, const struct json_node *ours,
                               const struct oracle_value *theirs);

static inline bool oracle_same_object(const struct json *json, const struct json_node *ours,
                                      const struct oracle_value *theirs)
{
    static char name[64 * 1024];
    size_t n = 0;

    for (const struct json_node *node = json_first(ours); node != NULL; node = json_next(ours, node + 1)) {
        const struct dw_span bytes = json_string(json, node);

        if (bytes.len >= sizeof(name)) {
            return false;
        }
        memcpy(name, bytes.at, bytes.len);
        name[bytes.len] = '\0';
        if (json_member(json, ours, name) != node + 1 ||
            !oracle_same(json, node + 1, oracle_open()->object_get(theirs, name))) {
            return false;
        }
        n++;
    }
    return n == oracle_open()->object_size(theirs);
}

static inline bool oracle_same_array(const struct json *json, const struct json_node *ours,
                                     const struct oracle_value *theirs)
{
    size_t n = 0;

    for (const struct json_node *node = json_first(ours); node != NULL; node = json_next(ours, node)) {
        if (!oracle_same(json, node, oracle_open()->array_get(theirs, n++))) {
            return false;
        }
    }
    return n == oracle_open()->array_size(theirs);
}

/* A double is only near the number that was written. */
static inline bool oracle_same_number(const struct json *json, const struct json_node *ours,
                                      const struct oracle_value *theirs)
{
    int64_t whole = 0;
    const bool fits = json_whole(json, ours, &whole);

    if (theirs->type == ORACLE_INTEGER) {
        return fits && whole == oracle_open()->integer_value(theirs);
    }
    if (theirs->type != ORACLE_REAL) {
        return false;
    }
    const double real = oracle_open()->real_value(theirs);
    return fits ? fabs(real - (double)whole) <= 1 + fabs(real) / 1e15 : fabs(real) >= 9.2e18;
}

static inline bool oracle_same(const struct json *json, const struct json_node *ours,
                               const struct oracle_value *theirs)
{
    if (theirs == NULL) {
        return false;
    }
    switch (ours->type) {
    case JSON_OBJECT:
        return theirs->type == ORACLE_OBJECT && oracle_same_object(json, ours, theirs);
    case JSON_ARRAY:
        return theirs->type == ORACLE_ARRAY && oracle_same_array(json, ours, theirs);
    case JSON_STRING:
        return theirs->type == ORACLE_STRING &&
               dw_span_equal(json_string(json, ours),
                             (struct dw_span){oracle_open()->string_value(theirs),
                                              oracle_open()->string_length(theirs)});
    case JSON_NUMBER:
        return oracle_same_number(json, ours, theirs);
    case JSON_TRUE:
        return theirs->type == ORACLE_TRUE;
    case JSON_FALSE:
        return theirs->type == ORACLE_FALSE;
    case JSON_NULL:
    default:
        return theirs->type == ORACLE_NULL;
    }
}

/* Whether jansson, given the text as it was, agrees with what json_parse() made of it. Nesting and size
 * are limits of ours alone, numbers too large for jansson are left to whoever wants their value, and a
 * NUL, which no JSON text holds, jansson overlooks where it follows a number. */
static inline bool oracle_agrees(struct dw_span text, enum json_error error, const struct json *json)
{
    struct oracle_error why = {.line = 0};

    if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL) {
        return error != JSON_OK;
    }

    struct oracle_value *theirs = oracle_open()->load(text.at, text.len, ORACLE_FLAGS, &why);
    bool agrees = true;

    if (error == JSON_OK) {
        agrees = theirs != NULL ? oracle_same(json, json_root(json), theirs)
                                : why.text[sizeof(why.text) - 1] == ORACLE_OVERFLOW;
    } else if (error == JSON_SYNTAX || error == JSON_DUPLICATE) {
        agrees = theirs == NULL;
    }
    if (theirs != NULL && theirs->references != SIZE_MAX && --theirs->references == 0) {
        oracle_open()->delete(theirs);
    }
    return agrees;
}

#endif
