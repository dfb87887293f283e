/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_HAR_ENTRY_H
#define DW_DOCTOR_HAR_ENTRY_H

/* One entry of a HAR while it is read. For har*.c. */

#include "capture.h"

#define HAR_TEXT_MAX  (512 * 1024)                   /* bytes of one entry that are held */
#define HAR_BODY_MAX  (CAPTURE_BODY_MAX / 3 * 4 + 8) /* of a body, perhaps in base64 */
#define HAR_NOTE_MAX  1024
#define HAR_ITEMS_MAX 64

/* What a member's value is. */
enum har_value {
    HAR_NOTHING,
    HAR_CREATOR_NAME,
    HAR_CREATOR_VERSION,
    HAR_REQUEST,
    HAR_RESPONSE,
    HAR_STARTED,
    HAR_TIME,
    HAR_CACHED_AFTER, /* cache.afterRequest */
    HAR_METHOD,
    HAR_URL,
    HAR_REQUEST_VERSION,
    HAR_REQUEST_FIELDS,
    HAR_REQUEST_COOKIES,
    HAR_POST,
    HAR_POST_TEXT,
    HAR_POST_ENCODING,
    HAR_POST_PARAMS,
    HAR_STATUS,
    HAR_PHRASE,
    HAR_RESPONSE_VERSION,
    HAR_RESPONSE_FIELDS,
    HAR_RESPONSE_COOKIES,
    HAR_CONTENT,
    HAR_CONTENT_TEXT,
    HAR_CONTENT_ENCODING,
    HAR_CONTENT_TYPE,
    HAR_CONTENT_SIZE,
    HAR_REDIRECT_URL,
    HAR_ITEM_NAME, /* of a field, a cookie, a parameter: these are forgotten with it */
    HAR_ITEM_VALUE,
    HAR_ITEM_PATH,
    HAR_ITEM_DOMAIN,
    HAR_ITEM_EXPIRES,
    HAR_ITEM_SAME_SITE,
    HAR_ITEM_HTTP_ONLY,
    HAR_ITEM_SECURE,
    HAR_PSEUDO_METHOD, /* HTTP/2's pseudo-fields (RFC 9113 s8.3) */
    HAR_PSEUDO_SCHEME,
    HAR_PSEUDO_AUTHORITY,
    HAR_PSEUDO_PATH,
    HAR_PSEUDO_STATUS,
    HAR_VALUES
};

struct har_fields {
    struct capture_field at[CAPTURE_FIELDS_MAX];
    size_t n;
};

struct har_items {
    struct dw_span at[HAR_ITEMS_MAX];
    size_t n;
};

struct har_entry {
    struct place place, request_place, response_place, field_place;
    bool in_response;                  /* what comes belongs to it */
    struct dw_span values[HAR_VALUES]; /* the first of each; absent: there was none */
    struct har_fields request, response;
    struct har_items sent, set,
        params; /* cookies as they would stand in their fields; the form's pairs */
    struct dw_span notes[CAPTURE_NOTES_MAX];
    size_t n_notes;
    bool from_cache, from_worker;
    bool is_cut;         /* some of it is not held */
    bool is_content_cut; /* of the response's body */
    bool is_post_cut;
    size_t begun;
    size_t used;
    char text[HAR_TEXT_MAX]; /* what all spans are of */
};

void har_entry_begin(struct har_entry *entry, struct place place);

/* -- Text: one at a time ---------------------------------------------------------------------------- */

void har_text_begin(struct har_entry *entry);
/* No more than `most` bytes of one text; false: some were left out. */
bool har_text_add(struct har_entry *entry, struct dw_span bytes, size_t most);
void har_text_put(struct har_entry *entry, const char *text);
struct dw_span har_text_end(struct har_entry *entry);
void har_text_drop(struct har_entry *entry); /* as if it had not begun */

/* -- Parts ------------------------------------------------------------------------------------------ */

/* A field, a cookie, a parameter begins, or its values are all there. */
void har_item_begin(struct har_entry *entry, struct place place);
void har_field_end(struct har_entry *entry);
void har_cookie_end(struct har_entry *entry);
void har_param_end(struct har_entry *entry);

/* "name: what", and what that says of caches and workers. */
void har_note(struct har_entry *entry, struct dw_span note);

/* -- har_body.c ------------------------------------------------------------------------------------- */

/* Decodes base64 (RFC 4648 s4 or s5, line ends between) in place; as it stood if it is none. */
struct dw_span har_decode_base64(char *at, size_t len);

/* Bytes as they stand in a form (application/x-www-form-urlencoded). */
void har_put_form(struct har_entry *entry, struct dw_span bytes);

/* -- har_keep.c: all of it --------------------------------------------------------------------------- */

/* Adds what was read to the capture, as far as there is room. The entry is good for nothing after. */
void har_keep(struct capture *capture, struct har_entry *entry);

#endif
