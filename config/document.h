/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCUMENT_H
#define DW_DOCUMENT_H

/*
 * A YAML document as a tree, where each value knows its line and column. Directives, anchors,
 * aliases, tags and a second document are refused: the tree never says more than the text.
 */

#include "arena.h"
#include "complaint.h"
#include "doorward.h"

#define DOCUMENT_MAX       ((size_t)256 * 1024) /* bytes */
#define DOCUMENT_DEPTH_MAX 8
#define DOCUMENT_NODES_MAX 65536

enum node_kind { NODE_PLAIN, NODE_QUOTED, NODE_LIST, NODE_MAPPING };

struct node {
    enum node_kind kind;
    unsigned line, column; /* from 1; columns count characters */
    struct dw_span text;   /* of a plain or quoted one; NUL-terminated */
    struct node *first;    /* a list's values; a mapping's key, value, key, value */
    struct node *next;     /* what follows in the same list or mapping */
    size_t n;              /* values of a list; keys and values of a mapping */
};

/* The tree lives in the arena. `root` is NULL for a document without a value. 0, or -1 and a
 * complaint, which calls the text `name`. */
DW_MUST_USE int document_read(struct arena *arena, const char *name, struct dw_span text,
                              struct node **root, struct complaint *why);

#endif
