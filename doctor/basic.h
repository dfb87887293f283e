/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_BASIC_H
#define DW_DOCTOR_BASIC_H

/* The parts rules_basic() is made of, and what they share. */

#include "rules_header.h"

/* What the credentials would have been: "Basic " and the base64 of these bytes. */
void repair_basic(struct diagnosis *diagnosis, struct finding *finding,
                  struct dw_span user_and_password);

bool is_basic(const struct scene *scene); /* Basic was sent, and it decodes */

/* All that was decoded: the user, the colon and the password, as far as they are there. */
struct dw_span basic_decoded(const struct sent *sent);

/* A finding about what was sent; `confidence` 0: the catalogue's. */
struct finding *basic_find(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause, int confidence, const char *says);

/* Points into the base64, from its start. */
void basic_point(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                 size_t at, size_t len, const char *says);

void basic_shape(const struct scene *scene, struct diagnosis *diagnosis); /* what cannot be right */
void basic_letters(const struct scene *scene,
                   struct diagnosis *diagnosis); /* letters beyond ASCII, and %XX */

#endif
