/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"
#include "text.h"

static const struct {
    const char *name;
    uint32_t code;
    bool is_quote;
} STRANGERS[] = {
    {"NO-BREAK SPACE", 0x00a0, false},
    {"LEFT-POINTING DOUBLE ANGLE QUOTATION MARK", 0x00ab, true},
    {"SOFT HYPHEN", 0x00ad, false},
    {"RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK", 0x00bb, true},
    {"COMBINING GRAPHEME JOINER", 0x034f, false},
    {"ARABIC LETTER MARK", 0x061c, false},
    {"MONGOLIAN VOWEL SEPARATOR", 0x180e, false},
    {"EN SPACE", 0x2002, false},
    {"EM SPACE", 0x2003, false},
    {"FIGURE SPACE", 0x2007, false},
    {"THIN SPACE", 0x2009, false},
    {"HAIR SPACE", 0x200a, false},
    {"ZERO WIDTH SPACE", 0x200b, false},
    {"ZERO WIDTH NON-JOINER", 0x200c, false},
    {"ZERO WIDTH JOINER", 0x200d, false},
    {"LEFT-TO-RIGHT MARK", 0x200e, false},
    {"RIGHT-TO-LEFT MARK", 0x200f, false},
    {"HYPHEN", 0x2010, true},
    {"NON-BREAKING HYPHEN", 0x2011, true},
    {"FIGURE DASH", 0x2012, true},
    {"EN DASH", 0x2013, true},
    {"EM DASH", 0x2014, true},
    {"LEFT SINGLE QUOTATION MARK", 0x2018, true},
    {"RIGHT SINGLE QUOTATION MARK", 0x2019, true},
    {"SINGLE LOW-9 QUOTATION MARK", 0x201a, true},
    {"LEFT DOUBLE QUOTATION MARK", 0x201c, true},
    {"RIGHT DOUBLE QUOTATION MARK", 0x201d, true},
    {"DOUBLE LOW-9 QUOTATION MARK", 0x201e, true},
    {"HORIZONTAL ELLIPSIS", 0x2026, false},
    {"LINE SEPARATOR", 0x2028, false},
    {"PARAGRAPH SEPARATOR", 0x2029, false},
    {"LEFT-TO-RIGHT EMBEDDING", 0x202a, false},
    {"POP DIRECTIONAL FORMATTING", 0x202c, false},
    {"RIGHT-TO-LEFT OVERRIDE", 0x202e, false},
    {"NARROW NO-BREAK SPACE", 0x202f, false},
    {"WORD JOINER", 0x2060, false},
    {"LEFT-TO-RIGHT ISOLATE", 0x2066, false},
    {"FIRST STRONG ISOLATE", 0x2068, false},
    {"POP DIRECTIONAL ISOLATE", 0x2069, false},
    {"MINUS SIGN", 0x2212, true},
    {"IDEOGRAPHIC SPACE", 0x3000, false},
    {"VARIATION SELECTOR-16", 0xfe0f, false},
    {"ZERO WIDTH NO-BREAK SPACE (BOM)", 0xfeff, false},
    {"REPLACEMENT CHARACTER", 0xfffd, false},
};

/* utf8_len() has said that it is one of `len` bytes. */
static uint32_t decode(const unsigned char *at, size_t len)
{
    static const unsigned char FIRST[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = at[0] & FIRST[len];

    for (size_t i = 1; i < len; i++) {
        code = code << 6 | (at[i] & 0x3f);
    }
    return code;
}

/* Browsers write a field's bytes down as if each were a character (Latin-1): the bytes that were sent. */
static size_t undo_latin1(struct dw_span text, size_t at, unsigned char bytes[4], size_t *taken)
{
    size_t n = 0;

    *taken = 0;
    while (n < 4 && at + *taken + 1 < text.len) {
        const unsigned char *pair = (const unsigned char *)text.at + at + *taken;

        if ((pair[0] != 0xc2 && pair[0] != 0xc3) || pair[1] < 0x80 || pair[1] > 0xbf) {
            break;
        }
        bytes[n++] = (unsigned char)((pair[0] & 3) << 6 | (pair[1] & 0x3f));
        *taken += 2;
        if (utf8_len(bytes, n) == n) {
            return n;
        }
    }
    return 0;
}

static void name_stranger(struct stranger *stranger)
{
    for (size_t i = 0; i < sizeof(STRANGERS) / sizeof(STRANGERS[0]); i++) {
        if (STRANGERS[i].code == stranger->code) {
            stranger->name = STRANGERS[i].name;
            stranger->is_quote = STRANGERS[i].is_quote;
        }
    }
}

bool stranger_find(struct dw_span text, size_t at, struct stranger *stranger)
{
    unsigned char sent[4];
    size_t taken, n;

    while (at < text.len && (unsigned char)text.at[at] < 0x80) {
        at++;
    }
    if (at >= text.len) {
        return false;
    }
    *stranger = (struct stranger){.at = at, .len = 1};
    n = undo_latin1(text, at, sent, &taken);
    if (n > 1) {
        stranger->len = taken;
        stranger->code = decode(sent, n);
    } else {
        n = utf8_len((const unsigned char *)text.at + at, text.len - at);
        stranger->len = n > 0 ? n : 1;
        stranger->code = n > 0 ? decode((const unsigned char *)text.at + at, n) : 0;
    }
    name_stranger(stranger);
    return true;
}
