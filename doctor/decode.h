/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_DECODE_H
#define DW_DOCTOR_DECODE_H

/* Bytes as editors and shells save them, made UTF-8: a byte order mark is taken off, UTF-16 decoded. */

#include "doorward.h"

enum encoding { ENCODING_UNKNOWN, ENCODING_UTF8, ENCODING_UTF16LE, ENCODING_UTF16BE };

struct decoder {
    enum encoding encoding;
    unsigned char held[4]; /* bytes of a character that is not complete */
    size_t n_held;
    uint32_t high; /* a first surrogate; 0: none */
};

#define DECODED_MAX(len) (3 * (len) + 16) /* bytes that so many become, at most */

/* What the bytes mean, into a buffer of DECODED_MAX(bytes.len); how long it is. */
size_t decode(struct decoder *decoder, struct dw_span bytes, char *buffer);

/* What is left at the end: at most 16 bytes. */
size_t decode_end(struct decoder *decoder, char *buffer);

#endif
