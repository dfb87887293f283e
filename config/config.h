/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_CONFIG_H
#define DW_CONFIG_H

/*
 * doorward.yaml: one file for the daemon and the nginx module. Every key is in doorward.yaml(5).
 * Every mistake is reported as file:line:column, what was expected, and the nearest valid key.
 */

#include "complaint.h"
#include "doorward.h"

/* Where the keys of policy.trust[i] come from. */
struct config_keys {
    const char *jwks_url;  /* NULL: discovered from the issuer */
    const char *jwks_file; /* NULL: fetched. Absolute */
    bool ours;             /* our own issuer */
    /* Where its opaque tokens are asked about (RFC 7662); NULL: nowhere. */
    const char *introspection;
    const char *client_id;
    const char *client_secret_file; /* absolute */
    int introspection_ttl;          /* seconds an answer is kept at most: 60 */
};

/* What the daemon needs to know of the schemes beside policy.schemes. */
struct config_schemes {
    int password_ttl; /* seconds a right password is known on the edge: 300 */
    int idle;         /* seconds a session may go unused: 30 min */
    int lifetime;     /* seconds it may last at all: 12 h */
    bool keeps_digests; /* passwords are kept as Digest hashes too: some route accepts that */
};

#define CONFIG_ACCESS_TOKEN_TTL_MAX 86400

struct config_issuer {
    bool enabled;
    const char *url;      /* default: http:// and `listen` */
    const char *audience; /* default: url */
    enum dw_alg alg;      /* ES256 */
    int access_token_ttl; /* seconds: 900 */
};

/* A file or folder that doorward.yaml names, and where it does. */
struct config_file {
    const char *path; /* absolute */
    const char *key;  /* "jwks_file" */
    unsigned line, column;
    const struct config_file *next;
};

struct config {
    const char *name;   /* of the file; NULL: made of defaults */
    const char *listen; /* "127.0.0.1:8401" */
    const char *upstream; /* NULL: verify and issue only */
    const char *data;     /* folder; default "var" */
    const char *edge;     /* folder; default: data/edge */
    const char *prefix;   /* "/doorward/": begins and ends with a slash */
    const char *log;      /* file; default: data/log/decisions.jsonl */
    bool log_allowed;     /* also log requests let in; default: no */
    const char *verify_secret_file; /* absolute; NULL: whoever reaches verify may ask */
    struct config_schemes schemes;
    struct config_issuer issuer;
    struct dw_policy policy;        /* trust[0] is our own issuer, if enabled */
    const struct config_keys *keys; /* one for each of policy.trust */
    const struct config_file *files;
    struct arena *arena;            /* owns all of the above */
};

/* What the command line says instead of the file; NULL: nothing. */
struct config_flags {
    const char *listen, *upstream, *data;
};

/* Whether their values are such as the keys of the file may have: config_read() wants that, too. 0, or -1
 * and a complaint. */
DW_MUST_USE int config_check_flags(const struct config_flags *flags, struct complaint *why);

/* From a file; `path` NULL: defaults alone, with our issuer enabled. Paths in the file are relative to
 * the file's folder; those in flags to the working folder. 0, or -1 and a complaint. */
DW_MUST_USE int config_read(const char *path, const struct config_flags *flags,
                            struct config **config, struct complaint *why);

/* The same from memory; `name` is what complaints call it, and whose folder paths are relative to. */
DW_MUST_USE int config_parse(const char *name, struct dw_span text, const struct config_flags *flags,
                             struct config **config, struct complaint *why);
void config_free(struct config *config); /* NULL is fine */

/* Puts "NAME:LINE:COLUMN: KEY: " before a complaint about a file the configuration names. Returns -1. */
int config_blame(const struct config *config, const char *path, struct complaint *why);

/* Writes the whole effective configuration as a file config_read() takes: what the daemon hands to
 * nginx. Atomic (a new file, renamed). 0 or -1 and a complaint. */
DW_MUST_USE int config_write(const struct config *config, const char *path, struct complaint *why);

#endif
