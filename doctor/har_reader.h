/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_HAR_READER_H
#define DW_DOCTOR_HAR_READER_H

/* A HAR as it is read: where in it the reader is, and what comes there. For har*.c. */

#include "har_entry.h"
#include "json_push.h"

#define HAR_SCOPES_MAX 24 /* objects and arrays that are followed inside each other */

/* What an object or array is. */
enum scope {
    SCOPE_NONE, /* nothing that is looked for: all inside is skipped */
    SCOPE_ROOT,
    SCOPE_LOG,
    SCOPE_CREATOR,
    SCOPE_ENTRIES,
    SCOPE_ENTRY,
    SCOPE_CACHE,
    SCOPE_REQUEST,
    SCOPE_RESPONSE,
    SCOPE_FIELDS, /* the list; some write an object with a member for each */
    SCOPE_FIELD,
    SCOPE_COOKIES,
    SCOPE_COOKIE,
    SCOPE_POST,
    SCOPE_PARAMS,
    SCOPE_PARAM,
    SCOPE_CONTENT,
    SCOPE_FRAMES, /* of a WebSocket */
    SCOPE_FRAME,
    SCOPE_INITIATOR, /* and all inside */
    SCOPE_BLOCKED    /* cookies, and why; and all inside */
};

/* A member that is looked for. */
struct member {
    enum scope in;
    const char *name;
    enum har_value is;
    enum scope to; /* of an object or array */
};

/* What the text that comes is for. */
enum taking { TAKING_NOTHING, TAKING_VALUE, TAKING_NOTE, TAKING_PART };

struct har {
    struct arena *arena; /* this lives in it */
    struct capture *capture;
    struct json_push json;
    enum scope scopes[HAR_SCOPES_MAX];
    unsigned depth;
    unsigned n_skipped;          /* objects and arrays that are open and not looked into */
    const struct member *member; /* whose value comes; NULL: nobody's */
    bool is_noting;              /* the value that comes is a note */
    enum taking taking;
    bool is_over; /* broken, and what was there before is kept */
    unsigned n_begun, n_complete;
    struct har_entry entry;
};

/* -- har_members.c ----------------------------------------------------------------------------------- */

const struct member *har_member(enum scope in,
                                struct dw_span name); /* NULL: it is not looked for */

/* The value of a field where they are members of an object. */
extern const struct member HAR_FIELD_OF_OBJECT;

/* What each of a list is; SCOPE_NONE: it is no list. */
enum scope har_item(enum scope list);

/* -- har_hear.c -------------------------------------------------------------------------------------- */

/* Hears a struct har's JSON. */
void har_hear(void *context, enum json_event event, struct dw_span bytes);

struct place har_place(const struct har *har); /* of the next byte */

#endif
