/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SCHEMA_H
#define DW_SCHEMA_H

/* All the keys of doorward.yaml, and what a file says before defaults fill its gaps. */

#include "config.h"
#include "document.h"
#include "values.h"

/* What the command line is also told. */
#define LISTEN_EXPECTED "HOST:PORT, such as 127.0.0.1:8401 or [::1]:8401"
#define UPSTREAM_EXPECTED "http://HOST[:PORT], https://HOST[:PORT] or unix:/PATH"
#define PATH_EXPECTED "the path of a file or folder"

/* What several keys are told. */
#define SECURE_URL_EXPECTED "an https URL (http for this machine alone)"
#define WEB_ORIGIN_EXPECTED "an origin such as https://app.example.com"

/* One of `trust`. */
struct trusted {
    struct dw_trust trust;
    struct config_keys keys;
    const struct node *node; /* where it stands */
};

struct draft {
    struct config config;
    const struct node *issuer; /* where `issuer` stands; NULL: nowhere */
    struct trusted *trusted;
    size_t n_trusted;
};

/* Reads a document, NULL for an empty one. 0, or -1 and a complaint. */
DW_MUST_USE int schema_read(const struct reading *reading, const struct node *root,
                            struct draft *draft);

#endif
