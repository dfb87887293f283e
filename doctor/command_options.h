/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_COMMAND_OPTIONS_H
#define DW_DOCTOR_COMMAND_OPTIONS_H

/* curl's options, as far as they matter here: the others are known by whether they take a value. */

#include "capture.h"

#define COMMAND_FIELDS_MAX 64

enum option {
    OPTION_UNKNOWN,
    OPTION_IDLE,       /* without a value */
    OPTION_IDLE_VALUE, /* with one */
    OPTION_NEXT,
    OPTION_FLAGS, /* those below take no value */
    OPTION_FOLLOW,
    OPTION_TRUSTED,
    OPTION_INSECURE,
    OPTION_NETRC,
    OPTION_DIGEST,
    OPTION_NTLM,
    OPTION_NEGOTIATE,
    OPTION_ANYAUTH,
    OPTION_HTTP1,
    OPTION_HTTP2,
    OPTION_HEAD,
    OPTION_GET,
    OPTION_COMPRESSED,
    OPTION_VALUES, /* those below take one */
    OPTION_URL,
    OPTION_METHOD,
    OPTION_FIELD,
    OPTION_USER,
    OPTION_BEARER,
    OPTION_DATA,
    OPTION_JSON,
    OPTION_FORM,
    OPTION_UPLOAD,
    OPTION_COOKIE,
    OPTION_AGENT,
    OPTION_REFERER,
    OPTION_RESOLVE,
    OPTION_CONNECT_TO,
    OPTION_PROXY,
    OPTION_CACERT,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_UNIX_SOCKET,
    OPTION_MAX_TIME
};

enum option option_long(const char *name); /* without its dashes; any clear beginning of it */
enum option option_short(char letter);
bool option_takes_value(enum option option);

/* What the options came to, before it is made a request. */
struct asked {
    struct capture *capture;
    struct command *command;
    const char *fields[COMMAND_FIELDS_MAX];
    size_t n_fields;
    const char *bearer, *agent, *referer, *method, *unknown;
    bool has_json, has_form, has_upload, is_compressed;
};

/* One exchange that would come of it. 0; or -1 and why. */
DW_MUST_USE int asked_request(struct asked *asked, struct complaint *why);

#endif
