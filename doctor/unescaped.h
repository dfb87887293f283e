/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_UNESCAPED_H
#define DW_DOCTOR_UNESCAPED_H

/* How a server's sentence reads, whatever it is wrapped in: escapes of JSON, of a quoted-string, of HTML
 * and of a URL are undone, curly quotes are straight, and white space is one space. */

#include "doorward.h"

struct plain {
    char *at; /* the caller's, with room for all that is put there: nothing grows */
    size_t len;
    bool is_json; /* its white space outside strings is left out */
    char quote; /* of the string that goes on; 0: none does. JavaScript's objects have both kinds */
};

void plain_put(struct plain *plain, struct dw_span in);

#endif
