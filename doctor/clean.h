/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_CLEAN_H
#define DW_DOCTOR_CLEAN_H

/* What terminals, mails and issue trackers put around a transcript, and what it then is. */

#include "transcript.h"

/* Takes out colours, quoting marks, code fences and common indentation, in place; the new length. Lines
 * keep their numbers: one that goes is left empty. */
size_t text_clean(char *text, size_t len);

/* Takes the quotes of Apache HttpClient's wire log out, and the dress of mitmdump's flows. */
size_t take_loggers_out(char *text, size_t len);

/* Takes what a logger wrote before each line of a transcript out, in place; the new length. */
size_t take_log_marks_out(char *text, size_t len);

/* A pasted curl command, its prompt left out, to the end of its last line; absent: there is none. */
struct dw_span command_find(struct dw_span text);

/* Whether the word is HTTPie's name, or xh's, which is asked in the same way. */
bool is_httpie(struct dw_span word);

/* Such a command's words in curl's, if they are one's that names a URL. */
bool httpie_translate(struct arena *arena, char ***words, size_t *n);

/* Which of the kinds a clean text is; CAPTURE_UNKNOWN: of none. CAPTURE_HAR only where all of it is there. */
enum capture_kind text_kind(struct dw_span text);

/* Whether JSON that begins like this is a HAR: `is_all` says that nothing comes behind it. */
bool begins_har(struct dw_span text, bool is_all);

/* The fields that hold credentials and nothing else: "Authorization", "X-Api-Key". */
bool is_credential_field(struct dw_span name);

/* The members of a token endpoint's answer (RFC 6749 s5.1), the first that is there; absent: none is. */
struct dw_span token_of_answer(struct dw_span json);

#endif
