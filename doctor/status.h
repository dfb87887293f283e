/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_STATUS_H
#define DW_DOCTOR_STATUS_H

/* The reference: 401 and the statuses around it. Each row of statuses.def once. */

#include <stddef.h>

struct status_text {
    int code;
    const char *name, *section, *means, *header, *cache, *retry, *mends, *beside;
    const char *request, *response; /* an example, in lines */
};

size_t status_count(void);
const struct status_text *status_at(size_t i);   /* by code, the smallest first */
const struct status_text *status_find(int code); /* NULL: it has no row */

#endif
