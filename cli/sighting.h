/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SIGHTING_H
#define DW_SIGHTING_H

/* `doorward watch`: what an address answers, and what is wrong with that, from one look to the next. */

#include "capture.h"
#include "complaint.h"

#define WATCH_FINDINGS_MAX 16
#define WATCH_FIELDS_MAX   16
#define WATCH_TEXT_SIZE    160

struct watch_finding {
    const char *id; /* of the catalogue, or watch.* for what only looking again and again shows */
    char what[WATCH_TEXT_SIZE];
};

/* One look. */
struct sighting {
    int status;                                        /* of the last hop; 0: nobody answered */
    struct watch_finding findings[WATCH_FINDINGS_MAX]; /* in the order of their ids */
    size_t n_findings;
};

struct watch_request {
    const char *url;
    struct capture_field fields[WATCH_FIELDS_MAX]; /* as given with -H */
    size_t n_fields;
    unsigned seconds;   /* that one look may take */
    unsigned cert_days; /* how long a certificate has to last */
};

/* Asks, follows redirects, and judges. `now` is this machine's clock. */
void watch_look(const struct watch_request *request, int64_t now, struct sighting *sighting);

/* Whether one differs from the other: the status, or which findings there are. */
bool watch_differs(const struct sighting *a, const struct sighting *b);

#endif
