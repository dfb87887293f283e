/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "har_entry.h"
#include "scene.h"

void har_entry_begin(struct har_entry *entry, struct place place)
{
    memset(entry->values, 0, sizeof(entry->values));
    entry->place = entry->request_place = entry->response_place = entry->field_place = place;
    entry->in_response = entry->from_cache = entry->from_worker = false;
    entry->is_cut = entry->is_content_cut = entry->is_post_cut = false;
    entry->request.n = entry->response.n = 0;
    entry->sent.n = entry->set.n = entry->params.n = 0;
    entry->n_notes = 0;
    entry->begun = entry->used = 0;
}

/* -- Text --------------------------------------------------------------------------------------------- */

void har_text_begin(struct har_entry *entry)
{
    entry->begun = entry->used;
}

bool har_text_add(struct har_entry *entry, struct dw_span bytes, size_t most)
{
    const size_t len = entry->used - entry->begun;
    size_t room = HAR_TEXT_MAX - entry->used;

    if (most - len < room) {
        room = most - len;
    }
    if (bytes.len < room) {
        room = bytes.len;
    }
    if (room > 0) {
        memcpy(entry->text + entry->used, bytes.at, room);
    }
    entry->used += room;
    return room == bytes.len;
}

void har_text_put(struct har_entry *entry, const char *text)
{
    entry->is_cut |= !har_text_add(entry, dw_span_of(text), HAR_TEXT_MAX);
}

struct dw_span har_text_end(struct har_entry *entry)
{
    return (struct dw_span){entry->text + entry->begun, entry->used - entry->begun};
}

void har_text_drop(struct har_entry *entry)
{
    entry->used = entry->begun;
}

static void put_span(struct har_entry *entry, struct dw_span span)
{
    entry->is_cut |= !har_text_add(entry, span, HAR_TEXT_MAX);
}

/* -- Fields ------------------------------------------------------------------------------------------- */

void har_item_begin(struct har_entry *entry, struct place place)
{
    entry->field_place = place;
    for (size_t i = HAR_ITEM_NAME; i <= HAR_ITEM_SECURE; i++) {
        entry->values[i] = (struct dw_span){NULL, 0};
    }
}

static void add_field(struct har_entry *entry, struct har_fields *fields, struct dw_span value)
{
    if (fields->n == CAPTURE_FIELDS_MAX) {
        entry->is_cut = true;
        return;
    }
    fields->at[fields->n++] =
        (struct capture_field){entry->values[HAR_ITEM_NAME], value, entry->field_place};
}

/* Browsers write fields of a response that came more than once as one, with line feeds between. */
static void add_response_field(struct har_entry *entry, struct dw_span value)
{
    const char *end = memchr(value.at, '\n', value.len);

    while (end != NULL) {
        const size_t len = (size_t)(end - value.at);

        add_field(entry, &entry->response, (struct dw_span){value.at, len});
        value = (struct dw_span){end + 1, value.len - len - 1};
        end = memchr(value.at, '\n', value.len);
    }
    add_field(entry, &entry->response, value);
}

static bool take_pseudo_field(struct har_entry *entry)
{
    static const struct {
        const char *name;
        enum har_value is;
    } PSEUDO[] = {
        {":method", HAR_PSEUDO_METHOD}, {":scheme", HAR_PSEUDO_SCHEME},
        {":path", HAR_PSEUDO_PATH},     {":authority", HAR_PSEUDO_AUTHORITY},
        {":status", HAR_PSEUDO_STATUS},
    };
    const struct dw_span name = entry->values[HAR_ITEM_NAME];

    for (size_t i = 0; i < sizeof(PSEUDO) / sizeof(PSEUDO[0]); i++) {
        struct dw_span *value = &entry->values[PSEUDO[i].is];

        if (dw_span_equal_nocase(name, dw_span_of(PSEUDO[i].name)) && value->at == NULL) {
            *value = entry->values[HAR_ITEM_VALUE];
        }
    }
    return name.at[0] == ':';
}

void har_field_end(struct har_entry *entry)
{
    struct dw_span *value = &entry->values[HAR_ITEM_VALUE];

    if (value->at == NULL) {
        *value = DW_SPAN("");
    }
    if (entry->values[HAR_ITEM_NAME].len == 0 || take_pseudo_field(entry)) {
        return;
    }
    if (entry->in_response) {
        add_response_field(entry, *value);
    } else {
        add_field(entry, &entry->request, *value);
    }
}

/* -- Cookies and parameters --------------------------------------------------------------------------- */

static void add_item(struct har_entry *entry, struct har_items *items)
{
    if (items->n < HAR_ITEMS_MAX) {
        items->at[items->n++] = har_text_end(entry);
    } else {
        entry->is_cut = true;
    }
}

static void put_attribute(struct har_entry *entry, const char *name, enum har_value value)
{
    if (entry->values[value].len > 0) {
        har_text_put(entry, name);
        put_span(entry, entry->values[value]);
    }
}

static void put_flag(struct har_entry *entry, const char *name, enum har_value value)
{
    if (span_is(entry->values[value], "true")) {
        har_text_put(entry, name);
    }
}

void har_cookie_end(struct har_entry *entry)
{
    har_text_begin(entry);
    put_span(entry, entry->values[HAR_ITEM_NAME]);
    har_text_put(entry, "=");
    put_span(entry, entry->values[HAR_ITEM_VALUE]);
    if (!entry->in_response) {
        add_item(entry, &entry->sent);
        return;
    }
    put_attribute(entry, "; Path=", HAR_ITEM_PATH);
    put_attribute(entry, "; Domain=", HAR_ITEM_DOMAIN);
    put_attribute(entry, "; Expires=", HAR_ITEM_EXPIRES);
    put_attribute(entry, "; SameSite=", HAR_ITEM_SAME_SITE);
    put_flag(entry, "; HttpOnly", HAR_ITEM_HTTP_ONLY);
    put_flag(entry, "; Secure", HAR_ITEM_SECURE);
    add_item(entry, &entry->set);
}

void har_param_end(struct har_entry *entry)
{
    har_text_begin(entry);
    har_put_form(entry, entry->values[HAR_ITEM_NAME]);
    har_text_put(entry, "=");
    har_put_form(entry, entry->values[HAR_ITEM_VALUE]);
    add_item(entry, &entry->params);
}

/* -- Notes -------------------------------------------------------------------------------------------- */

static bool is_no(struct dw_span what)
{
    return what.len == 0 || span_is(what, "false") || span_is(what, "0") || span_is(what, "none");
}

static void heed_note(struct har_entry *entry, struct dw_span name, struct dw_span what)
{
    if (span_is(name, "fetchType")) { /* Safari's */
        entry->from_cache |= span_has(what, "cache");
        entry->from_worker |= span_has(what, "worker");
    } else if (span_has(name, "serviceworker") && !is_no(what)) {
        entry->from_worker = true;
    } else if (span_has(name, "from") && span_has(name, "cache") && !is_no(what)) {
        entry->from_cache = true;
    }
}

void har_note(struct har_entry *entry, struct dw_span note)
{
    const char *colon = memchr(note.at, ':', note.len);
    const size_t from = note.len > 0 && note.at[0] == '_' ? 1 : 0;
    size_t len;

    if (colon == NULL || entry->n_notes == CAPTURE_NOTES_MAX) {
        return;
    }
    len = (size_t)(colon - note.at);
    if (len + 2 >= note.len) {
        return;
    }
    entry->notes[entry->n_notes++] = note;
    heed_note(entry, (struct dw_span){note.at + from, len - from},
              (struct dw_span){colon + 2, note.len - len - 2});
}
