#include "db/migrate.h"

#include <sodium.h>
#include <stdlib.h>

static void hash(struct tb_str bytes, char ret_text[TB_DB_SHA256_TEXT_BYTES])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)bytes.ptr, bytes.len);
    sodium_bin2hex(ret_text, TB_DB_SHA256_TEXT_BYTES, digest, sizeof(digest));
}

/* ------------------------------------------------------------------ names */

/* "people.sql" → "people": lower case, digits and underscores. */
static bool parse_name(const char *file, char ret_name[64])
{
    size_t len = strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (len == 0 || len >= 64 || strcmp(file + len, ".sql") != 0)
        return false;
    memcpy(ret_name, file, len);
    ret_name[len] = '\0';
    return true;
}

/* "0001_people.sql" → 1 and "people". */
static bool parse_migration(const char *file, int *ret_version, char ret_name[64])
{
    int64_t version;
    if (strspn(file, "0123456789") != 4 || file[4] != '_' ||
        !tb_str_to_int64((struct tb_str){file, 4}, &version) || !parse_name(file + 5, ret_name))
        return false;
    *ret_version = (int)version;
    return true;
}

/* ------------------------------------------------------------------ the list */

static unsigned count_assets(const struct tb_asset *assets)
{
    unsigned count = 0;
    while (assets[count].path != NULL)
        count++;
    return count;
}

static enum tb_err add_script(struct tb_db_scripts *scripts, const struct tb_asset *asset,
                              const char *file, bool numbered, struct tb_error_text *reterr_text)
{
    struct tb_db_script script = {.asset = asset, .file = file, .pending = true};
    struct tb_str bytes = tb_asset_bytes(asset);
    bool good = numbered ? parse_migration(file, &script.version, script.name)
                         : parse_name(file, script.name);
    if (!good || memchr(bytes.ptr, '\0', bytes.len) != NULL) {
        tb_error_set(reterr_text, "%s: the name or the content is not that of an SQL file",
                     asset->path);
        return TB_ERR_CONFIG;
    }
    if (numbered && script.version != (int)scripts->count + 1) {
        tb_error_set(reterr_text, "%s: migration %u is missing before it, or there are two",
                     asset->path, scripts->count + 1);
        return TB_ERR_CONFIG;
    }
    hash(bytes, script.sha256);
    scripts->list[scripts->count++] = script;
    return TB_OK;
}

static enum tb_err add_assets(struct tb_db_scripts *scripts, const struct tb_asset *assets,
                              struct tb_str folder, bool numbered,
                              struct tb_error_text *reterr_text)
{
    scripts->list = calloc(count_assets(assets) + 1, sizeof(*scripts->list));
    if (scripts->list == NULL) {
        tb_error_set(reterr_text, "no memory for the list of migrations");
        return TB_ERR_NO_MEMORY;
    }
    for (const struct tb_asset *asset = assets; asset->path != NULL; asset++) {
        if (!tb_str_starts_with(tb_str_of(asset->path), folder))
            continue;
        enum tb_err err =
            add_script(scripts, asset, asset->path + folder.len, numbered, reterr_text);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

enum tb_err tb_db_plan_init(struct tb_db_plan *ret_plan, const struct tb_asset *assets,
                            struct tb_error_text *reterr_text)
{
    struct tb_db_plan plan = {0};
    TB_BUG_IF(sodium_init() < 0); /* SHA-256 needs no randomness; it fails only without any */
    enum tb_err err =
        add_assets(&plan.migrations, assets, TB_STR("migrations/"), true, reterr_text);
    if (err == TB_OK)
        err = add_assets(&plan.functions, assets, TB_STR("sql/functions/"), false, reterr_text);
    if (err != TB_OK) {
        tb_db_plan_fini(&plan);
        return err;
    }
    *ret_plan = plan;
    return TB_OK;
}

void tb_db_plan_fini(struct tb_db_plan *plan)
{
    free(plan->migrations.list);
    free(plan->functions.list);
    *plan = (struct tb_db_plan){0};
}

/* ------------------------------------------------------------------ comparison */

static enum tb_err compare_row(struct tb_db_plan *plan, const PGresult *applied, int row,
                               struct tb_error_text *reterr_text)
{
    const char *version = PQgetvalue(applied, row, 0);
    const char *name = PQgetvalue(applied, row, 1);
    if ((unsigned)row >= plan->migrations.count) {
        tb_error_set(reterr_text,
                     "the database has migration %s (%s), which this program does "
                     "not know: the program is older than the database",
                     version, name);
        return TB_ERR_CONFIG;
    }
    struct tb_db_script *script = &plan->migrations.list[row];
    int64_t number;
    if (!tb_str_to_int64(tb_str_of(version), &number) || number != script->version) {
        tb_error_set(reterr_text, "the database's list of migrations lacks %s", script->file);
        return TB_ERR_CONFIG;
    }
    if (strcmp(PQgetvalue(applied, row, 2), script->sha256) != 0) {
        tb_error_set(reterr_text, "%s was changed after the database applied it as %s",
                     script->asset->path, name);
        return TB_ERR_CONFIG;
    }
    script->pending = false;
    return TB_OK;
}

enum tb_err tb_db_plan_compare_migrations(struct tb_db_plan *plan, const PGresult *applied,
                                          struct tb_error_text *reterr_text)
{
    for (int row = 0; row < PQntuples(applied); row++) {
        enum tb_err err = compare_row(plan, applied, row, reterr_text);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

static struct tb_db_script *find_function(struct tb_db_plan *plan, const char *name)
{
    for (unsigned i = 0; i < plan->functions.count; i++)
        if (strcmp(plan->functions.list[i].name, name) == 0)
            return &plan->functions.list[i];
    return NULL;
}

void tb_db_plan_compare_functions(struct tb_db_plan *plan, const PGresult *applied)
{
    for (int row = 0; row < PQntuples(applied); row++) {
        struct tb_db_script *script = find_function(plan, PQgetvalue(applied, row, 0));
        if (script == NULL)
            plan->has_removed = true;
        else if (strcmp(PQgetvalue(applied, row, 1), script->sha256) == 0)
            script->pending = false;
    }
}

static const struct tb_db_script *first_pending(const struct tb_db_scripts *scripts)
{
    for (unsigned i = 0; i < scripts->count; i++)
        if (scripts->list[i].pending)
            return &scripts->list[i];
    return NULL;
}

const struct tb_db_script *tb_db_plan_first_pending(const struct tb_db_plan *plan)
{
    const struct tb_db_script *migration = first_pending(&plan->migrations);
    return migration != NULL ? migration : first_pending(&plan->functions);
}
