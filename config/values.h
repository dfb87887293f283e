/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_VALUES_H
#define DW_VALUES_H

/*
 * How the values of a document become the members of a struct, as a table of keys says. The tables
 * themselves are in schema.c, schemes.c, trust.c and routes.c.
 */

#include "arena.h"
#include "complaint.h"
#include "config.h"
#include "document.h"
#include "doorward.h"

#define FILE_PATH_MAX 1024 /* bytes of a file's path */

/* What is being read, for whoever has to complain about it. Who fails without a complaint is out of
 * memory: that is what `why` says from the start. */
struct reading {
    const char *name;   /* of the document */
    const char *folder; /* what its paths are relative to */
    struct arena *arena;
    struct complaint *why;
    const struct config_file **files; /* what it names, the last first */
};

struct key;

/* Reads a value into the member. 0, or -1 and a complaint. */
typedef int read_value(const struct reading *reading, const struct key *key,
                       const struct node *node, void *member);

/* One key of a mapping. */
struct key {
    const char *name; /* NULL ends a table */
    read_value *read;
    size_t member;                     /* its offset */
    const char *expected;              /* for people: completes "expected ..." */
    bool (*fits)(struct dw_span text); /* the form of a text */
    int least, most;                   /* of a number or a duration */
    bool required;
    const struct key *keys; /* of the mapping, or of each mapping in the list */
};

/* "NAME:LINE:COLUMN: " and the rest. Returns -1. */
int refuse(const struct reading *reading, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "NAME:LINE:COLUMN: KEY: expected WHAT". Returns -1. */
int refuse_value(const struct reading *reading, const struct key *key, const struct node *node);

/* The value of that key, or the mapping itself if it has none: the place to complain about. */
const struct node *value_of(const struct node *mapping, const char *name);

/* `path` if it is absolute, else below `folder`; lives in the arena. NULL: out of memory. */
const char *path_in(struct arena *arena, const char *folder, const char *path);

bool is_scalar(const struct node *node);                  /* no list, no mapping */
bool is_word(const struct node *node, const char *word); /* that word, without quotes */

/* Behind each stands what its member is. */
read_value read_text;     /* const char *, DW_TEXT_MAX bytes, in the form key->fits */
read_value read_texts;    /* struct dw_list: one such text, or a list of them */
read_value read_path;     /* const char *, made absolute */
read_value read_number;   /* int */
read_value read_duration; /* int, seconds: 90, 90s, 15m or 1h */
read_value read_size;     /* int, bytes: 4096 or 64k */
read_value read_switch;   /* bool */
read_value read_mapping;  /* a struct: each key of key->keys at most once, and no other */

/* For each value of a list, or the one value itself, in order. */
struct values {
    const struct node *next;
    size_t left;
};
struct values values_of(const struct node *node);
const struct node *values_take(struct values *values); /* NULL: none is left */

#endif
