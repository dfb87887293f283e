/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_page.h"

/* The assembler takes the files in as they are. */
#define TAKE_IN(name, file)                                                  \
    __asm__(".pushsection .rodata\n"                                         \
            ".global " #name "\n.hidden " #name "\n" #name ":\n"             \
            ".incbin \"cli/" file "\"\n"                                     \
            ".global " #name "_END\n.hidden " #name "_END\n" #name "_END:\n" \
            ".byte 0\n.popsection\n")

TAKE_IN(PAGE_CSS, "explain_page.css");
TAKE_IN(PAGE_BODY, "explain_page.html");
TAKE_IN(PAGE_JS, "explain_page.js");
