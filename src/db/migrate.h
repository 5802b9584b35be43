/*
 * Migrations with the list of files as an argument: the program passes tb_assets, tests pass
 * their own. The list is sorted by path and ends with an entry whose path is NULL.
 */
#ifndef TIMEBANK_DB_MIGRATE_H
#define TIMEBANK_DB_MIGRATE_H

#include "timebank/assets.h"
#include "timebank/db.h"

enum tb_err tb_db_migrate_assets(const struct tb_asset *assets, const char *conninfo,
                                 unsigned *ret_applied, struct tb_error_text *reterr_text);

enum tb_err tb_db_migrate_check_assets(const struct tb_asset *assets, const char *conninfo,
                                       struct tb_error_text *reterr_text);

/* ------------------------------------------------------------------ inside (migrate_plan.c) */

#define TB_DB_SHA256_TEXT_BYTES 65 /* with its terminator */

struct tb_db_script {
    const struct tb_asset *asset;
    const char *file; /* within the asset's path: "0001_people.sql" */
    char name[64];    /* "people" */
    int version;      /* 1, 2 … without a gap; 0 of a function */
    bool pending;     /* not applied, or not in this form */
    char sha256[TB_DB_SHA256_TEXT_BYTES];
};

struct tb_db_scripts {
    struct tb_db_script *list;
    unsigned count;
};

struct tb_db_plan {
    struct tb_db_scripts migrations;
    struct tb_db_scripts functions;
    bool has_removed; /* functions are recorded that have no file any more */
};

/* What the program holds, all pending. TB_ERR_CONFIG when a name or the numbering is wrong. */
enum tb_err tb_db_plan_init(struct tb_db_plan *ret_plan, const struct tb_asset *assets,
                            struct tb_error_text *reterr_text);
void tb_db_plan_fini(struct tb_db_plan *plan);

/* Unmarks what `applied` (version, name, sha256 ordered by version) holds. TB_ERR_CONFIG when the
 * database knows another history. */
enum tb_err tb_db_plan_compare_migrations(struct tb_db_plan *plan, const PGresult *applied,
                                          struct tb_error_text *reterr_text);
/* The same for functions: `applied` is name, sha256 in any order. */
void tb_db_plan_compare_functions(struct tb_db_plan *plan, const PGresult *applied);

const struct tb_db_script *tb_db_plan_first_pending(const struct tb_db_plan *plan);

#endif
