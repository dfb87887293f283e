/* SPDX-License-Identifier: Apache-2.0 */
#include "har_reader.h"
#include "scene.h"

static enum scope scope_of(const struct har *har)
{
    return har->depth > 0 ? har->scopes[har->depth - 1] : SCOPE_NONE;
}

static struct dw_span last_name(const struct har *har)
{
    return (struct dw_span){har->json.name, har->json.n_name};
}

struct place har_place(const struct har *har)
{
    return (struct place){har->json.line, har->n_begun};
}

/* -- Values ------------------------------------------------------------------------------------------- */

static size_t most_of(const struct har *har)
{
    if (har->taking != TAKING_VALUE) {
        return HAR_NOTE_MAX;
    }
    return har->member->is == HAR_CONTENT_TEXT || har->member->is == HAR_POST_TEXT
               ? HAR_BODY_MAX
               : CAPTURE_VALUE_MAX;
}

static void begin_note(struct har *har)
{
    har_text_begin(&har->entry);
    (void)har_text_add(&har->entry, last_name(har), HAR_NOTE_MAX);
    (void)har_text_add(&har->entry, DW_SPAN(":"), HAR_NOTE_MAX);
}

/* Of who began a request: its type, and the first address; of blocked cookies: which, and why. */
static bool is_part(struct har *har)
{
    const struct dw_span name = last_name(har);

    if (scope_of(har) == SCOPE_INITIATOR) {
        return span_is(name, "type") ||
               (span_is(name, "url") && !span_has(har_text_end(&har->entry), "://"));
    }
    return scope_of(har) == SCOPE_BLOCKED && (span_is(name, "name") || span_has(name, "reason"));
}

static enum taking taking_of(struct har *har)
{
    if (har->n_skipped > 0) {
        return TAKING_NOTHING;
    }
    if (har->member != NULL) {
        return har->member->to == SCOPE_NONE && har->entry.values[har->member->is].at == NULL
                   ? TAKING_VALUE
                   : TAKING_NOTHING;
    }
    if (har->is_noting) {
        return TAKING_NOTE;
    }
    return is_part(har) ? TAKING_PART : TAKING_NOTHING;
}

static void begin_value(struct har *har)
{
    har->taking = taking_of(har);
    if (har->taking == TAKING_VALUE) {
        har_text_begin(&har->entry);
    } else if (har->taking == TAKING_NOTE) {
        begin_note(har);
    }
    if (har->taking == TAKING_NOTE || har->taking == TAKING_PART) {
        (void)har_text_add(&har->entry, DW_SPAN(" "), HAR_NOTE_MAX);
    }
}

static void add_value(struct har *har, struct dw_span bytes)
{
    struct har_entry *entry = &har->entry;

    if (har->taking == TAKING_NOTHING || har_text_add(entry, bytes, most_of(har)) ||
        har->taking != TAKING_VALUE) {
        return;
    }
    if (har->member->is == HAR_CONTENT_TEXT) {
        entry->is_content_cut = true;
    } else if (har->member->is == HAR_POST_TEXT) {
        entry->is_post_cut = true;
    } else {
        entry->is_cut = true;
    }
}

static void end_value(struct har *har)
{
    struct har_entry *entry = &har->entry;

    if (har->taking == TAKING_VALUE) {
        entry->values[har->member->is] = har_text_end(entry);
    } else if (har->taking == TAKING_NOTE && scope_of(har) == SCOPE_FRAME &&
               !is_closing_frame(har_text_end(entry))) {
        har_text_drop(entry);
    } else if (har->taking == TAKING_NOTE) {
        har_note(entry, har_text_end(entry));
    }
    if (har->taking == TAKING_VALUE && scope_of(har) == SCOPE_FIELDS) {
        har_field_end(entry);
    }
    har->taking = TAKING_NOTHING;
    har->member = NULL;
    har->is_noting = false;
}

/* -- Names -------------------------------------------------------------------------------------------- */

/* What programs add to the format's own members, most with an underscore in front. */
static bool is_note(enum scope in, struct dw_span name)
{
    if (in == SCOPE_FRAME) {
        return span_is(name, "data");
    }
    if (in != SCOPE_ENTRY && in != SCOPE_REQUEST && in != SCOPE_RESPONSE) {
        return false;
    }
    return (name.len > 0 && name.at[0] == '_') || span_has(name, "from") ||
           span_has(name, "blocked") || span_has(name, "error") || span_is(name, "comment") ||
           span_is(name, "serverIPAddress");
}

static void hear_name(struct har *har, struct dw_span name)
{
    const enum scope in = scope_of(har);

    if (har->n_skipped > 0) {
        return;
    }
    har->member = har_member(in, name);
    har->is_noting = har->member == NULL && is_note(in, name);
    if (in == SCOPE_FIELDS) {
        har_item_begin(&har->entry, har_place(har));
        har_text_begin(&har->entry);
        (void)har_text_add(&har->entry, name, CAPTURE_VALUE_MAX);
        har->entry.values[HAR_ITEM_NAME] = har_text_end(&har->entry);
        har->member = &HAR_FIELD_OF_OBJECT;
    }
}

/* -- Objects and arrays --------------------------------------------------------------------------------- */

static enum scope member_scope(struct har *har)
{
    struct dw_span *value = &har->entry.values[har->member->is];

    if (har->member->to == SCOPE_NONE || value->at != NULL) {
        return SCOPE_NONE;
    }
    if (har->member->is != HAR_NOTHING) {
        *value = DW_SPAN("");
    }
    return har->member->to;
}

static enum scope next_scope(struct har *har, bool is_object)
{
    if (har->n_skipped > 0 || har->depth == HAR_SCOPES_MAX) {
        return SCOPE_NONE;
    }
    if (har->depth == 0) {
        return is_object ? SCOPE_ROOT : SCOPE_NONE;
    }
    if (har_item(scope_of(har)) != SCOPE_NONE) {
        return is_object || scope_of(har) == har_item(scope_of(har)) ? har_item(scope_of(har))
                                                                     : SCOPE_NONE;
    }
    if (har->is_noting && span_has(last_name(har), "initiator")) {
        return SCOPE_INITIATOR;
    }
    if (har->is_noting && span_has(last_name(har), "blocked")) {
        return SCOPE_BLOCKED;
    }
    return har->member != NULL ? member_scope(har) : SCOPE_NONE;
}

static void enter(struct har *har, enum scope outer, enum scope scope)
{
    struct har_entry *entry = &har->entry;

    if (scope == SCOPE_ENTRY) {
        har->n_begun++;
        har_entry_begin(entry, har_place(har));
    } else if (scope == SCOPE_REQUEST || scope == SCOPE_RESPONSE) {
        entry->in_response = scope == SCOPE_RESPONSE;
        *(entry->in_response ? &entry->response_place : &entry->request_place) = har_place(har);
    } else if (scope == SCOPE_FIELD || scope == SCOPE_COOKIE || scope == SCOPE_PARAM) {
        har_item_begin(entry, har_place(har));
    } else if ((scope == SCOPE_INITIATOR || scope == SCOPE_BLOCKED) && outer != scope) {
        begin_note(har);
    }
}

static void open_scope(struct har *har, bool is_object)
{
    const enum scope outer = scope_of(har);
    const enum scope scope = next_scope(har, is_object);

    har->member = NULL;
    har->is_noting = false;
    if (scope == SCOPE_NONE) {
        har->n_skipped++;
        return;
    }
    har->scopes[har->depth++] = scope;
    enter(har, outer, scope);
}

static void keep_creator(struct har *har)
{
    const struct dw_span name = har->entry.values[HAR_CREATOR_NAME];
    const struct dw_span version = har->entry.values[HAR_CREATOR_VERSION];

    if (har->capture->creator.at == NULL) {
        har->capture->creator = dw_span_of(arena_print(
            har->capture->arena, "%.*s%s%.*s", (int)name.len, name.len > 0 ? name.at : "",
            version.len > 0 ? " " : "", (int)version.len, version.len > 0 ? version.at : ""));
    }
}

static void leave(struct har *har, enum scope scope)
{
    struct har_entry *entry = &har->entry;

    if (scope == SCOPE_CREATOR) {
        keep_creator(har);
    } else if (scope == SCOPE_ENTRY) {
        har->n_complete++;
        har_keep(har->capture, entry);
    } else if (scope == SCOPE_FIELD) {
        har_field_end(entry);
    } else if (scope == SCOPE_COOKIE) {
        har_cookie_end(entry);
    } else if (scope == SCOPE_PARAM) {
        har_param_end(entry);
    } else if ((scope == SCOPE_INITIATOR || scope == SCOPE_BLOCKED) && scope_of(har) != scope) {
        har_note(entry, har_text_end(entry));
    }
}

static void close_scope(struct har *har)
{
    har->member = NULL;
    har->is_noting = false;
    if (har->n_skipped > 0) {
        har->n_skipped--;
        return;
    }
    har->depth--;
    leave(har, har->scopes[har->depth]);
}

void har_hear(void *context, enum json_event event, struct dw_span bytes)
{
    struct har *har = context;

    switch (event) {
    case JSON_EVENT_OBJECT:
    case JSON_EVENT_ARRAY:
        open_scope(har, event == JSON_EVENT_OBJECT);
        break;
    case JSON_EVENT_END:
        close_scope(har);
        break;
    case JSON_EVENT_NAME:
        hear_name(har, bytes);
        break;
    case JSON_EVENT_STRING:
        begin_value(har);
        break;
    case JSON_EVENT_TEXT:
        add_value(har, bytes);
        break;
    case JSON_EVENT_TEXT_END:
        end_value(har);
        break;
    case JSON_EVENT_WORD:
        if (!span_is(bytes, "null")) {
            begin_value(har);
            add_value(har, bytes);
        }
        end_value(har);
        break;
    }
}
