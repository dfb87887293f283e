/* SPDX-License-Identifier: Apache-2.0 */
#include "memo.h"

#include <string.h>

static uint32_t part_of(const uint8_t *name, size_t len)
{
    uint32_t part;

    memcpy(&part, name + len - sizeof(part), sizeof(part));
    return part;
}

static bool is_short(size_t len)
{
    return len >= sizeof(uint32_t) && len <= MEMO_NAME;
}

bool memo_find(const struct memo *memo, uint64_t version, const uint8_t *name, size_t len,
               struct dw_known *found)
{
    const struct memo_place *place;
    const struct memo_entry *entry;
    uint32_t part;

    if (version == 0 || !is_short(len)) {
        return false;
    }
    part = part_of(name, len);
    place = &memo->places[part % MEMO_SLOTS];
    if (place->version != version || place->part != part) {
        return false;
    }
    entry = &memo->entries[part % MEMO_SLOTS];
    if (entry->name_len != len || memcmp(entry->name, name, len) != 0) {
        return false;
    }
    *found = (struct dw_known){
        .claims = {entry->claims, entry->claims_len},
        .until = entry->until,
        .renew = entry->renew,
        .again = true,
    };
    return true;
}

void memo_keep(struct memo *memo, uint64_t version, const uint8_t *name, size_t len,
               const struct dw_known *found)
{
    struct memo_place *place;
    struct memo_entry *entry;
    uint32_t part;

    if (version == 0 || !is_short(len) || found->claims.len > MEMO_CLAIMS) {
        return;
    }
    part = part_of(name, len);
    place = &memo->places[part % MEMO_SLOTS];
    if (place->version == version && place->waits != part) {
        place->waits = part;
        return;
    }
    place->version = version;
    place->part = part;
    entry = &memo->entries[part % MEMO_SLOTS];
    entry->until = found->until;
    entry->renew = found->renew;
    entry->name_len = (uint16_t)len;
    entry->claims_len = (uint16_t)found->claims.len;
    memcpy(entry->name, name, len);
    if (found->claims.len > 0) {
        memcpy(entry->claims, found->claims.at, found->claims.len);
    }
}
