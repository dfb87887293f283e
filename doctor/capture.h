/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_CAPTURE_H
#define DW_DOCTOR_CAPTURE_H

/*
 * What somebody captured of HTTP, whatever wrote it down: a list of exchanges, each byte with the place
 * where it stood. Nothing is trimmed, joined or repaired here: how a field is misshapen is what is looked
 * for. Readers fill a capture through the functions below; everything lives in its arena and is wiped
 * with it.
 */

#include "complaint.h"
#include "doorward.h"

#define CAPTURE_EXCHANGES_MAX 512         /* kept; those that answer nothing are dropped first */
#define CAPTURE_FIELDS_MAX    256         /* of one message */
#define CAPTURE_NOTES_MAX     64          /* of one exchange */
#define CAPTURE_VALUE_MAX     (64 * 1024) /* bytes of a field, a URL, a note */
#define CAPTURE_BODY_MAX      (64 * 1024) /* bytes of a body that are kept */
#define CAPTURE_MEMORY_MAX    (24 << 20)  /* bytes of all */

/* -- arena.c: memory that is given back at once ----------------------------------------------------- */

struct arena;

struct arena *arena_new(size_t most); /* NULL: out of memory */
void arena_free(struct arena *arena); /* wipes; NULL is fine */

/* Zeroed, aligned for anything. NULL: more than `most`, or out of memory. */
void *arena_take(struct arena *arena, size_t size);

/* A copy, with a NUL behind it that does not count. SPAN {NULL, 0} where there is no room. */
struct dw_span arena_keep(struct arena *arena, struct dw_span bytes);

/* `more` behind `bytes`, which is moved only where it was not the last thing taken. {NULL, 0}: no room. */
struct dw_span arena_append(struct arena *arena, struct dw_span bytes, struct dw_span more);

/* A text as printf writes it, NUL-terminated; "" where there is no room. */
const char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

size_t arena_used(const struct arena *arena);

/* -- What was captured ------------------------------------------------------------------------------ */

enum capture_kind {
    CAPTURE_UNKNOWN,
    CAPTURE_HAR,
    CAPTURE_CURL_VERBOSE, /* curl -v: lines that begin with *, > and < */
    CAPTURE_CURL_TRACE,   /* curl --trace, --trace-ascii */
    CAPTURE_HTTP,    /* messages as they go over the wire; curl -i, httpie, Go's httputil dumps */
    CAPTURE_WGET,    /* wget -d, wget -S */
    CAPTURE_PYTHON,  /* http.client's debuglevel, as requests users switch it on */
    CAPTURE_CONSOLE, /* Postman's console, browsers' "copy as" lists: Name: value under headings */
    CAPTURE_COMMAND, /* a curl command that was not run */
    CAPTURE_TOKEN,   /* a bare token, or one with its scheme or its field's name before it */
    CAPTURE_TOKEN_ANSWER, /* a token endpoint's JSON */
    CAPTURE_LIVE          /* requests of our own */
};

/* Where something stands. */
struct place {
    unsigned line;  /* of the input, from 1; 0: not known */
    unsigned entry; /* of a HAR, from 1; 0: it is none */
};

struct capture_field {
    struct dw_span name;
    struct dw_span
        value; /* raw: all behind the colon and the one space writers put there, up to the
                           * line's end; trailing blanks stay */
    struct place place;
};

struct capture_message {
    bool is_there;
    struct dw_span version; /* "HTTP/1.1", "h2"; absent: not known */
    struct capture_field *fields;
    size_t n_fields;
    struct dw_span body;
    bool body_cut; /* it was longer */
    struct place place;
};

/* Whose idea a request was. */
enum exchange_role {
    ROLE_CAPTURED,
    ROLE_NONE,      /* without credentials */
    ROLE_GARBAGE,   /* with credentials of the same form that cannot be right */
    ROLE_YOURS,     /* as it was captured */
    ROLE_REPAIRED,  /* with what the first cause would mend */
    ROLE_NOWHERE,   /* at a path nobody has */
    ROLE_REPEATED,  /* once more */
    ROLE_PREFLIGHT, /* OPTIONS, as a browser asks */
    ROLE_HTTP1,     /* over HTTP/1.1 */
    ROLE_HTTP2,
    ROLE_JWKS,
    ROLE_METADATA /* an issuer's, or a resource's (RFC 8414, 9728) */
};

struct exchange {
    enum exchange_role role;
    struct place place;
    struct dw_span method; /* absent: not known */
    struct dw_span url;    /* absolute where that is known, else the target */
    struct capture_message request;
    struct capture_message response;
    int status;            /* of the response; 0: none came */
    struct dw_span phrase; /* its reason phrase */
    int64_t started;       /* by the client's clock, seconds since 1970; 0: not known */
    int64_t took_ms;       /* -1: not known */
    bool from_cache;       /* the browser's own answer */
    bool from_worker;      /* a service worker's */
    struct dw_span
        notes[CAPTURE_NOTES_MAX]; /* what the client said of it: curl's * lines, a HAR's _error */
    size_t n_notes;
};

struct capture {
    enum capture_kind kind;
    const char *name; /* "curl.txt", "-" */
    struct arena *arena;
    struct exchange *exchanges[CAPTURE_EXCHANGES_MAX];
    size_t n_exchanges;
    unsigned n_seen;        /* exchanges there were */
    struct dw_span creator; /* a HAR's: "WebInspector 537.36" */
    bool is_cut;            /* the input ended too soon; what is there is judged */
    struct place cut_at;
    struct dw_span token;   /* of CAPTURE_TOKEN and CAPTURE_TOKEN_ANSWER, as it stood */
    struct dw_span command; /* of CAPTURE_COMMAND */
};

/* -- capture.c: filling one ------------------------------------------------------------------------- */

struct capture *capture_new(enum capture_kind kind, const char *name); /* NULL: out of memory */
void capture_free(struct capture *capture);                            /* wipes; NULL is fine */

/* A new exchange, the last; NULL where there is no more room. Drops those that answer nothing (a status
 * below 400 without a challenge, not next to any other) if CAPTURE_EXCHANGES_MAX are there or memory
 * runs short. All that was added before, and its texts, may move: nothing but `capture` stays valid. */
struct exchange *capture_add(struct capture *capture);

/* Copies both. false: no room, and the field is left out. */
bool capture_add_field(struct capture *capture, struct capture_message *message,
                       struct dw_span name, struct dw_span value, struct place place);

/* The body, as much as is kept; more may be added to what is there. */
void capture_add_body(struct capture *capture, struct capture_message *message,
                      struct dw_span bytes);

void capture_add_note(struct capture *capture, struct exchange *exchange, struct dw_span note);

/* -- Looking into one -------------------------------------------------------------------------------- */

/* The first field of that name (case-insensitive), and how many there are; NULL: none. */
const struct capture_field *message_field(const struct capture_message *message, const char *name);
size_t message_count(const struct capture_message *message, const char *name);

/* Its value without blanks at both ends; {NULL, 0}: there is none. */
struct dw_span message_value(const struct capture_message *message, const char *name);

/* -- input.c: from bytes to a capture ---------------------------------------------------------------- */

#define INPUT_TEXT_MAX (8 << 20) /* bytes of any input but a HAR, which is read as it comes */

struct input;

/* `name` is borrowed. NULL: out of memory. */
struct input *input_new(const char *name);
void input_free(struct input *input); /* wipes; NULL is fine */

/* What comes next, in pieces of any size. 0; or -1 and why, with the place: it is none of the kinds, or
 * broken beyond reading, or too large. */
DW_MUST_USE int input_push(struct input *input, struct dw_span bytes, struct complaint *why);

/* That was all. 0 and the capture, which is the caller's; or -1 and why. */
DW_MUST_USE int input_end(struct input *input, struct capture **capture, struct complaint *why);

const char *capture_kind_name(enum capture_kind kind); /* "har", "curl", "http", "token", ... */

/* -- har.c: for input.c ------------------------------------------------------------------------------ */

/* A HAR as it comes in: bounded memory however long it is. The same contract as input_*. */
struct har;

struct har *har_new(const char *name);
void har_free(struct har *har);
DW_MUST_USE int har_push(struct har *har, struct dw_span bytes, struct complaint *why);
DW_MUST_USE int har_end(struct har *har, struct capture **capture, struct complaint *why);

/* -- transcript_*.c: for input.c --------------------------------------------------------------------- */

/* Each reads the whole text. 0 and the capture; or -1 and why. */
DW_MUST_USE int curl_read(struct dw_span text, const char *name, struct capture **capture,
                          struct complaint *why);
DW_MUST_USE int curl_trace_read(struct dw_span text, const char *name, struct capture **capture,
                                struct complaint *why);
DW_MUST_USE int http_read(struct dw_span text, const char *name, struct capture **capture,
                          struct complaint *why);
DW_MUST_USE int wget_read(struct dw_span text, const char *name, struct capture **capture,
                          struct complaint *why);
DW_MUST_USE int python_read(struct dw_span text, const char *name, struct capture **capture,
                            struct complaint *why);
DW_MUST_USE int console_read(struct dw_span text, const char *name, struct capture **capture,
                             struct complaint *why);

/* -- command.c: a curl command, read without a shell --------------------------------------------------- */

#define COMMAND_WORDS_MAX 256

/* What of curl's options matters here. Spans and texts live in the capture's arena. */
struct command {
    const char *url;
    const char *method; /* what would be sent: GET unless -X, -d, -I or -T say otherwise */
    const char *user;   /* -u, --user; NULL: none */
    const char *data; /* -d and its kin, joined; NULL: none. @file is not read, and left as it is */
    const char *cookie; /* -b as a value */
    const char *resolve, *connect_to, *proxy, *cacert, *cert, *key, *unix_socket;
    bool follow, insecure, netrc, digest, ntlm, negotiate, anyauth, location_trusted, http1, http2,
        head, get;        /* -L -k -n --digest ... --location-trusted --http1.1 --http2 -I -G */
    unsigned max_seconds; /* -m; 0: none */
};

/* Splits a pasted command into words as a POSIX shell would quote them ('...', "...", \, $'...', line
 * continuations, a leading $ or # prompt), expanding nothing: $TOKEN stays $TOKEN. Also the cmd and
 * PowerShell forms browsers copy (^, `). 0 and the words, of the arena; or -1 and why. */
DW_MUST_USE int command_split(struct arena *arena, struct dw_span text, char ***words, size_t *n,
                              struct complaint *why);

/* Whether a shell would have put a value in the place of `variable` ("$TOKEN") in this command: not between
 * single quotes, nor behind a backslash. */
bool command_expands(struct dw_span command, struct dw_span variable);

/* Reads curl's words ("curl" itself first, or not) into `command` and one exchange of `capture`, whose
 * request has the fields curl would send by its options (Authorization from -u and --oauth2-bearer
 * too). An option that is not known is noted, not refused. 0; or -1 and why. */
DW_MUST_USE int command_read(struct capture *capture, char **words, size_t n,
                             struct command *command, struct complaint *why);

#endif
