/* SPDX-License-Identifier: Apache-2.0 */
#include "har_reader.h"

static const struct member MEMBERS[] = {
    {SCOPE_ROOT, "log", HAR_NOTHING, SCOPE_LOG},
    {SCOPE_ROOT, "entries", HAR_NOTHING, SCOPE_ENTRIES},
    {SCOPE_LOG, "creator", HAR_NOTHING, SCOPE_CREATOR},
    {SCOPE_LOG, "entries", HAR_NOTHING, SCOPE_ENTRIES},
    {SCOPE_CREATOR, "name", HAR_CREATOR_NAME, SCOPE_NONE},
    {SCOPE_CREATOR, "version", HAR_CREATOR_VERSION, SCOPE_NONE},
    {SCOPE_ENTRY, "request", HAR_REQUEST, SCOPE_REQUEST},
    {SCOPE_ENTRY, "response", HAR_RESPONSE, SCOPE_RESPONSE},
    {SCOPE_ENTRY, "startedDateTime", HAR_STARTED, SCOPE_NONE},
    {SCOPE_ENTRY, "_webSocketMessages", HAR_NOTHING, SCOPE_FRAMES},
    {SCOPE_ENTRY, "time", HAR_TIME, SCOPE_NONE},
    {SCOPE_ENTRY, "cache", HAR_NOTHING, SCOPE_CACHE},
    {SCOPE_CACHE, "afterRequest", HAR_CACHED_AFTER, SCOPE_CACHE},
    {SCOPE_REQUEST, "method", HAR_METHOD, SCOPE_NONE},
    {SCOPE_REQUEST, "url", HAR_URL, SCOPE_NONE},
    {SCOPE_REQUEST, "httpVersion", HAR_REQUEST_VERSION, SCOPE_NONE},
    {SCOPE_REQUEST, "headers", HAR_REQUEST_FIELDS, SCOPE_FIELDS},
    {SCOPE_REQUEST, "cookies", HAR_REQUEST_COOKIES, SCOPE_COOKIES},
    {SCOPE_REQUEST, "postData", HAR_POST, SCOPE_POST},
    {SCOPE_POST, "text", HAR_POST_TEXT, SCOPE_NONE},
    {SCOPE_POST, "encoding", HAR_POST_ENCODING, SCOPE_NONE},
    {SCOPE_POST, "params", HAR_POST_PARAMS, SCOPE_PARAMS},
    {SCOPE_RESPONSE, "status", HAR_STATUS, SCOPE_NONE},
    {SCOPE_RESPONSE, "statusText", HAR_PHRASE, SCOPE_NONE},
    {SCOPE_RESPONSE, "httpVersion", HAR_RESPONSE_VERSION, SCOPE_NONE},
    {SCOPE_RESPONSE, "headers", HAR_RESPONSE_FIELDS, SCOPE_FIELDS},
    {SCOPE_RESPONSE, "cookies", HAR_RESPONSE_COOKIES, SCOPE_COOKIES},
    {SCOPE_RESPONSE, "content", HAR_CONTENT, SCOPE_CONTENT},
    {SCOPE_RESPONSE, "redirectURL", HAR_REDIRECT_URL, SCOPE_NONE},
    {SCOPE_CONTENT, "text", HAR_CONTENT_TEXT, SCOPE_NONE},
    {SCOPE_CONTENT, "encoding", HAR_CONTENT_ENCODING, SCOPE_NONE},
    {SCOPE_CONTENT, "mimeType", HAR_CONTENT_TYPE, SCOPE_NONE},
    {SCOPE_CONTENT, "size", HAR_CONTENT_SIZE, SCOPE_NONE},
    {SCOPE_FIELD, "name", HAR_ITEM_NAME, SCOPE_NONE},
    {SCOPE_FIELD, "value", HAR_ITEM_VALUE, SCOPE_NONE},
    {SCOPE_PARAM, "name", HAR_ITEM_NAME, SCOPE_NONE},
    {SCOPE_PARAM, "value", HAR_ITEM_VALUE, SCOPE_NONE},
    {SCOPE_COOKIE, "name", HAR_ITEM_NAME, SCOPE_NONE},
    {SCOPE_COOKIE, "value", HAR_ITEM_VALUE, SCOPE_NONE},
    {SCOPE_COOKIE, "path", HAR_ITEM_PATH, SCOPE_NONE},
    {SCOPE_COOKIE, "domain", HAR_ITEM_DOMAIN, SCOPE_NONE},
    {SCOPE_COOKIE, "expires", HAR_ITEM_EXPIRES, SCOPE_NONE},
    {SCOPE_COOKIE, "sameSite", HAR_ITEM_SAME_SITE, SCOPE_NONE},
    {SCOPE_COOKIE, "httpOnly", HAR_ITEM_HTTP_ONLY, SCOPE_NONE},
    {SCOPE_COOKIE, "secure", HAR_ITEM_SECURE, SCOPE_NONE},
};

const struct member HAR_FIELD_OF_OBJECT = {SCOPE_FIELDS, "", HAR_ITEM_VALUE, SCOPE_NONE};

const struct member *har_member(enum scope in, struct dw_span name)
{
    for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
        if (MEMBERS[i].in == in && dw_span_equal(name, dw_span_of(MEMBERS[i].name))) {
            return &MEMBERS[i];
        }
    }
    return NULL;
}

enum scope har_item(enum scope list)
{
    static const enum scope ITEMS[][2] = {
        {SCOPE_ENTRIES, SCOPE_ENTRY},       {SCOPE_FIELDS, SCOPE_FIELD},
        {SCOPE_COOKIES, SCOPE_COOKIE},      {SCOPE_PARAMS, SCOPE_PARAM},
        {SCOPE_INITIATOR, SCOPE_INITIATOR}, {SCOPE_BLOCKED, SCOPE_BLOCKED},
        {SCOPE_FRAMES, SCOPE_FRAME},
    };

    for (size_t i = 0; i < sizeof(ITEMS) / sizeof(ITEMS[0]); i++) {
        if (ITEMS[i][0] == list) {
            return ITEMS[i][1];
        }
    }
    return SCOPE_NONE;
}
