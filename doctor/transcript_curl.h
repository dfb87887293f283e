/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_TRANSCRIPT_CURL_H
#define DW_DOCTOR_TRANSCRIPT_CURL_H

/* What curl -v and curl --trace have in common. */

#include "transcript.h"

#define CURL_CONNECTIONS_MAX 16
#define CURL_HOST_MAX        320

/* A connection that curl told of. */
struct curl_connection {
    struct dw_span name;
    char host[CURL_HOST_MAX]; /* with its port, if that is known */
    bool is_tls;
};

struct curl {
    struct capture *capture;
    struct exchange *exchange;       /* NULL: none yet */
    struct capture_message *message; /* the one being read; NULL: none */
    bool in_body;
    bool is_placed; /* it is known where the exchange's request went */
    bool is_full;   /* the capture takes no more */

    struct dw_span pending[CAPTURE_NOTES_MAX]; /* notes that belong to the exchange to come */
    size_t n_pending;
    struct place pending_at;
    bool is_pending;    /* notes belong there now */
    bool tried;         /* one of them tells of a connection, or of another request */
    struct dw_span url; /* of the exchange to come, where curl named it; of the text */

    struct curl_connection connections[CURL_CONNECTIONS_MAX];
    size_t n_connections;
    size_t connection; /* the one in use */

    int64_t now_ms, sent_ms; /* of the day; -1: not known */
};

bool curl_init(struct curl *curl, enum capture_kind kind, const char *name);

/* A line of curl's own, without its mark. */
void curl_note(struct curl *curl, struct dw_span note, struct place place);

/* A line of a message, without its mark: a first line, a field, the empty one. false: it is none. */
bool curl_read_message_line(struct curl *curl, struct dw_span line, struct place place);

/* The exchange was just added: it gets the notes that wait for it. */
void curl_begin_exchange(struct curl *curl);

/* The exchange's request is complete: where did it go? The second call changes nothing. */
void curl_end_request(struct curl *curl);

DW_MUST_USE int curl_end(struct curl *curl, const char *what, struct capture **capture,
                         struct complaint *why);

/* -- Lines ------------------------------------------------------------------------------------------- */

struct dw_span curl_untimed(struct dw_span line,
                            int64_t *ms); /* *ms is left where there is no time */
struct dw_span
curl_unmetered(struct dw_span line); /* without the progress meter that it goes on from */
bool is_curl_mark(struct dw_span line, char mark);

#endif
