/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_MATERIAL_H
#define DW_MATERIAL_H

/* Keys and secrets, from a file or, keys only, from an issuer's URL. */

#include "doorward.h"

/* Reads a file, or what an http(s) URL answers with 200, of at most `most` bytes. CLI_FINE and a text to be
 * given back; or CLI_INPUT after one line on stderr. */
DW_MUST_USE int material_read(const char *where, size_t most, char **text, size_t *len);
void material_free(char *text, size_t len); /* wipes */

#endif
