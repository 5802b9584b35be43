/*
 * What is built into the program: the bundled contract (path "openapi.json"), the SQL files
 * ("sql/<area>/<operationId>.sql", "sql/functions/<name>.sql"), the migrations
 * ("migrations/0001_….sql") and the badges ("assets/badges/<star>.svg"), sorted by path. Read-only,
 * lives for ever.
 */
#ifndef TIMEBANK_ASSETS_H
#define TIMEBANK_ASSETS_H

#include "timebank/str.h"

struct tb_asset {
    const char *path;
    const char *data;
    const char *end;
};

/* Made by tools/embed.py; ends with an entry whose path is NULL. */
extern const struct tb_asset tb_assets[];

/* The bytes of one asset; ptr is NULL when there is none. */
struct tb_str tb_asset_find(const char *path);

static inline struct tb_str tb_asset_bytes(const struct tb_asset *asset)
{
    return (struct tb_str){asset->data, (size_t)(asset->end - asset->data)};
}

#endif
