/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_SENT_H
#define DW_DOCTOR_SENT_H

/* Where credentials stand in a request. */

#include "scene.h"

/* Fills scene->sent and scene->others, from the exchange or the token alone. */
void sent_find(struct scene *scene);

/* Whether a field's name is Authorization, misspelt or under another name people give it. */
bool is_nearly_authorization(struct dw_span name);

/* Whether a field's name is one that keys or tokens have to themselves. */
bool is_key_field(struct dw_span name);

/* How many letters must be added, dropped or changed to make one of the other; case does not matter, nor
 * do - and _. A large number where one is too long to be a name. */
size_t names_distance(struct dw_span a, const char *b);

/* The scheme whose name a field bears by mistake: "Bearer"; NULL: none. */
const char *scheme_as_name(struct dw_span name);

#endif
