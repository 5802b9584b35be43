#include "timebank/assets.h"

struct tb_str tb_asset_find(const char *path)
{
    for (const struct tb_asset *asset = tb_assets; asset->path != NULL; asset++)
        if (strcmp(asset->path, path) == 0)
            return tb_asset_bytes(asset);
    return TB_STR_NULL;
}
