/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"
#include "text.h"

static const struct {
    uint32_t code;
    const char *name;
    bool is_quote;
} STRANGERS[] = {
    {0x00a0, "NO-BREAK SPACE", false},
    {0x00ab, "LEFT-POINTING DOUBLE ANGLE QUOTATION MARK", true},
    {0x00ad, "SOFT HYPHEN", false},
    {0x00bb, "RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK", true},
    {0x034f, "COMBINING GRAPHEME JOINER", false},
    {0x061c, "ARABIC LETTER MARK", false},
    {0x180e, "MONGOLIAN VOWEL SEPARATOR", false},
    {0x2002, "EN SPACE", false},
    {0x2003, "EM SPACE", false},
    {0x2007, "FIGURE SPACE", false},
    {0x2009, "THIN SPACE", false},
    {0x200a, "HAIR SPACE", false},
    {0x200b, "ZERO WIDTH SPACE", false},
    {0x200c, "ZERO WIDTH NON-JOINER", false},
    {0x200d, "ZERO WIDTH JOINER", false},
    {0x200e, "LEFT-TO-RIGHT MARK", false},
    {0x200f, "RIGHT-TO-LEFT MARK", false},
    {0x2010, "HYPHEN", true},
    {0x2011, "NON-BREAKING HYPHEN", true},
    {0x2012, "FIGURE DASH", true},
    {0x2013, "EN DASH", true},
    {0x2014, "EM DASH", true},
    {0x2018, "LEFT SINGLE QUOTATION MARK", true},
    {0x2019, "RIGHT SINGLE QUOTATION MARK", true},
    {0x201a, "SINGLE LOW-9 QUOTATION MARK", true},
    {0x201c, "LEFT DOUBLE QUOTATION MARK", true},
    {0x201d, "RIGHT DOUBLE QUOTATION MARK", true},
    {0x201e, "DOUBLE LOW-9 QUOTATION MARK", true},
    {0x2026, "HORIZONTAL ELLIPSIS", false},
    {0x2028, "LINE SEPARATOR", false},
    {0x2029, "PARAGRAPH SEPARATOR", false},
    {0x202a, "LEFT-TO-RIGHT EMBEDDING", false},
    {0x202c, "POP DIRECTIONAL FORMATTING", false},
    {0x202e, "RIGHT-TO-LEFT OVERRIDE", false},
    {0x202f, "NARROW NO-BREAK SPACE", false},
    {0x2060, "WORD JOINER", false},
    {0x2066, "LEFT-TO-RIGHT ISOLATE", false},
    {0x2068, "FIRST STRONG ISOLATE", false},
    {0x2069, "POP DIRECTIONAL ISOLATE", false},
    {0x2212, "MINUS SIGN", true},
    {0x3000, "IDEOGRAPHIC SPACE", false},
    {0xfe0f, "VARIATION SELECTOR-16", false},
    {0xfeff, "ZERO WIDTH NO-BREAK SPACE (BOM)", false},
    {0xfffd, "REPLACEMENT CHARACTER", false},
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
