/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VECTOR_FILE_H
#define TESTS_VECTOR_FILE_H

/*
 * Cases written down as text: lines of `key value`, an empty line between cases, # for comments.
 * In a value, \xHH stands for one byte. The tests run in the project's root.
 */

#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doorward.h"

#define VECTOR_LINES_MAX 16
#define VECTOR_LINE_SIZE 4096

struct vector_line {
    char key[16];
    char value[VECTOR_LINE_SIZE];
    size_t len;
};

struct vector {
    const char *path;
    int number; /* of its first line */
    struct vector_line lines[VECTOR_LINES_MAX];
    size_t n_lines;
};

static inline size_t vector_decode(const char *from, char *to)
{
    const char *start = to;

    while (*from != '\0') {
        if (from[0] == '\\' && from[1] == 'x' && isxdigit((unsigned char)from[2]) &&
            isxdigit((unsigned char)from[3])) {
            const char digits[] = {from[2], from[3], '\0'};

            *to++ = (char)strtoul(digits, NULL, 16);
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - start);
}

static inline void vector_add_line(struct vector *vector, char *text)
{
    struct vector_line *line = &vector->lines[vector->n_lines++];
    const size_t key_len = strcspn(text, " ");

    if (vector->n_lines == VECTOR_LINES_MAX || key_len >= sizeof(line->key)) {
        abort();
    }
    memcpy(line->key, text, key_len);
    line->key[key_len] = '\0';
    text += key_len;
    line->len = vector_decode(text + strspn(text, " "), line->value);
}

static inline void vector_run_file(const char *path, void (*run)(const struct vector *vector))
{
    static struct vector vector;
    static char text[VECTOR_LINE_SIZE];
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        abort();
    }
    vector = (struct vector){.path = path};
    for (int number = 1; fgets(text, sizeof(text), file) != NULL; number++) {
        text[strcspn(text, "\n")] = '\0';
        if (text[0] == '\0' && vector.n_lines > 0) {
            run(&vector);
            vector.n_lines = 0;
        } else if (text[0] != '\0' && text[0] != '#') {
            vector.number = vector.n_lines == 0 ? number : vector.number;
            vector_add_line(&vector, text);
        }
    }
    if (vector.n_lines > 0) {
        run(&vector);
    }
    fclose(file);
}

/* Runs every case of every file the pattern names; how many files there were. */
static inline size_t vector_run_all(const char *pattern, void (*run)(const struct vector *vector))
{
    glob_t found;
    size_t n_files;

    if (glob(pattern, 0, NULL, &found) != 0) {
        return 0;
    }
    n_files = found.gl_pathc;
    for (size_t i = 0; i < n_files; i++) {
        vector_run_file(found.gl_pathv[i], run);
    }
    globfree(&found);
    return n_files;
}

/* The n-th line of that key, or NULL. */
static inline const struct vector_line *vector_line(const struct vector *vector, const char *key,
                                                    size_t n)
{
    for (size_t i = 0; i < vector->n_lines; i++) {
        if (strcmp(vector->lines[i].key, key) == 0 && n-- == 0) {
            return &vector->lines[i];
        }
    }
    return NULL;
}

static inline struct dw_span vector_value(const struct vector *vector, const char *key)
{
    const struct vector_line *line = vector_line(vector, key, 0);

    return line != NULL ? (struct dw_span){line->value, line->len} : (struct dw_span){NULL, 0};
}

#endif
