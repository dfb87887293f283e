/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_RULES_DIGEST_H
#define DW_DOCTOR_RULES_DIGEST_H

/* The parts rules_digest() is made of. */

#include "rules_header.h"

void windows_look(const struct scene *scene,
                  struct diagnosis *diagnosis); /* ntlm.*, negotiate.*, iis.* */

#endif
