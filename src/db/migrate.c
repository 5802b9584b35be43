/*
 * Applying the plan. One session does all: it holds the advisory lock, so that a process that is
 * killed lets the next one in, and each transaction commits a script together with its row.
 */
#include "db/migrate.h"

#include "timebank/buf.h"
#include "timebank/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* "timebank" in ASCII. */
#define LOCK_KEY INT64_C(0x74696d6562616e6b)

/* The tables' own form never changes: they are older than any migration. */
static const char *const tables_sql =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now());"
    "CREATE TABLE IF NOT EXISTS schema_functions ("
    " name text PRIMARY KEY, sha256 text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now())";

/* ------------------------------------------------------------------ reading */

static enum tb_err read_migrations(struct tb_db_session *session, struct tb_db_plan *plan,
                                   struct tb_error_text *reterr_text)
{
    PGresult *applied;
    enum tb_err err = tb_db_session_query(
        session, "SELECT version, name, sha256 FROM schema_migrations ORDER BY version", 0, NULL,
        &applied, reterr_text);
    if (err != TB_OK)
        return err;
    err = tb_db_plan_compare_migrations(plan, applied, reterr_text);
    PQclear(applied);
    return err;
}

static enum tb_err read_applied(struct tb_db_session *session, struct tb_db_plan *plan,
                                struct tb_error_text *reterr_text)
{
    enum tb_err err = read_migrations(session, plan, reterr_text);
    if (err != TB_OK)
        return err;
    PGresult *applied;
    err = tb_db_session_query(session, "SELECT name, sha256 FROM schema_functions", 0, NULL,
                              &applied, reterr_text);
    if (err != TB_OK)
        return err;
    tb_db_plan_compare_functions(plan, applied);
    PQclear(applied);
    return TB_OK;
}

/* ------------------------------------------------------------------ applying */

static enum tb_err run_query(struct tb_db_session *session, const char *sql, int params_count,
                             const char *const *values, struct tb_error_text *reterr_text)
{
    PGresult *result;
    enum tb_err err = tb_db_session_query(session, sql, params_count, values, &result, reterr_text);
    if (err == TB_OK)
        PQclear(result);
    return err;
}

/* Runs within a transaction, which the script may not end. */
static enum tb_err run_script(struct tb_db_session *session, const struct tb_db_script *script,
                              struct tb_error_text *reterr_text)
{
    struct tb_str bytes = tb_asset_bytes(script->asset);
    char *sql = strndup(bytes.ptr, bytes.len);
    if (sql == NULL) {
        tb_error_set(reterr_text, "%s: no memory", script->asset->path);
        return TB_ERR_NO_MEMORY;
    }
    struct tb_error_text why;
    enum tb_err err = tb_db_session_command(session, sql, &why);
    free(sql);
    if (err != TB_OK) {
        tb_error_set(reterr_text, "%s: %s", script->asset->path, why.text);
        return err;
    }
    if (PQtransactionStatus(tb_db_session_connection(session)) != PQTRANS_INTRANS) {
        tb_error_set(reterr_text, "%s: it ends its transaction", script->asset->path);
        return TB_ERR_CONFIG;
    }
    return TB_OK;
}

/* COMMIT, or ROLLBACK after an error, whose text stays. */
static enum tb_err end_transaction(struct tb_db_session *session, enum tb_err err,
                                   struct tb_error_text *reterr_text)
{
    if (err == TB_OK)
        return tb_db_session_command(session, "COMMIT", reterr_text);
    (void)tb_db_session_command(session, "ROLLBACK", NULL);
    return err;
}

static enum tb_err record_migration(struct tb_db_session *session,
                                    const struct tb_db_script *script,
                                    struct tb_error_text *reterr_text)
{
    char version[16];
    (void)snprintf(version, sizeof(version), "%d", script->version);
    const char *values[] = {version, script->name, script->sha256};
    return run_query(session,
                     "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)", 3,
                     values, reterr_text);
}

static enum tb_err apply_migration(struct tb_db_session *session, const struct tb_db_script *script,
                                   struct tb_error_text *reterr_text)
{
    enum tb_err err = tb_db_session_command(session, "BEGIN", reterr_text);
    if (err != TB_OK)
        return err;
    err = run_script(session, script, reterr_text);
    if (err == TB_OK)
        err = record_migration(session, script, reterr_text);
    err = end_transaction(session, err, reterr_text);
    if (err == TB_OK)
        tb_log(TB_LOG_INFO, "migration_applied", "sfile", script->file, NULL);
    return err;
}

static enum tb_err apply_migrations(struct tb_db_session *session, const struct tb_db_plan *plan,
                                    unsigned *applied, struct tb_error_text *reterr_text)
{
    for (unsigned i = 0; i < plan->migrations.count; i++) {
        const struct tb_db_script *script = &plan->migrations.list[i];
        if (!script->pending)
            continue;
        enum tb_err err = apply_migration(session, script, reterr_text);
        if (err != TB_OK)
            return err;
        (*applied)++;
    }
    return TB_OK;
}

static enum tb_err apply_function(struct tb_db_session *session, const struct tb_db_script *script,
                                  struct tb_error_text *reterr_text)
{
    enum tb_err err = run_script(session, script, reterr_text);
    if (err != TB_OK)
        return err;
    const char *values[] = {script->name, script->sha256};
    return run_query(session,
                     "INSERT INTO schema_functions (name, sha256) VALUES ($1, $2)"
                     " ON CONFLICT (name) DO UPDATE"
                     " SET sha256 = excluded.sha256, applied_at = now()",
                     2, values, reterr_text);
}

/* "{a,b}"; names need no quotes. NULL without memory; free() it. */
static char *function_names(const struct tb_db_plan *plan)
{
    struct tb_buf buf;
    tb_buf_init(&buf, 1 << 20);
    for (unsigned i = 0; i < plan->functions.count; i++)
        tb_buf_printf(&buf, "%c%s", i == 0 ? '{' : ',', plan->functions.list[i].name);
    tb_buf_add_text(&buf, plan->functions.count == 0 ? "{}" : "}");
    tb_buf_add_char(&buf, '\0');
    if (buf.overflow) {
        tb_buf_fini(&buf);
        return NULL;
    }
    size_t len;
    return tb_buf_take(&buf, &len);
}

/* A file that comes back must count as new: a migration may have dropped its function. */
static enum tb_err forget_removed(struct tb_db_session *session, const struct tb_db_plan *plan,
                                  struct tb_error_text *reterr_text)
{
    char *names = function_names(plan);
    if (names == NULL) {
        tb_error_set(reterr_text, "no memory for the names of the functions");
        return TB_ERR_NO_MEMORY;
    }
    const char *values[] = {names};
    enum tb_err err =
        run_query(session, "DELETE FROM schema_functions WHERE name <> ALL ($1::text[])", 1, values,
                  reterr_text);
    free(names);
    return err;
}

/* Functions may name each other in any order, so their bodies are not checked yet. */
static enum tb_err apply_pending_functions(struct tb_db_session *session,
                                           const struct tb_db_plan *plan, unsigned *applied,
                                           struct tb_error_text *reterr_text)
{
    enum tb_err err =
        tb_db_session_command(session, "SET LOCAL check_function_bodies = off", reterr_text);
    for (unsigned i = 0; err == TB_OK && i < plan->functions.count; i++) {
        const struct tb_db_script *script = &plan->functions.list[i];
        if (!script->pending)
            continue;
        err = apply_function(session, script, reterr_text);
        (*applied)++;
    }
    if (err == TB_OK && plan->has_removed)
        err = forget_removed(session, plan, reterr_text);
    return err;
}

static enum tb_err apply_functions(struct tb_db_session *session, const struct tb_db_plan *plan,
                                   unsigned *applied, struct tb_error_text *reterr_text)
{
    unsigned functions = 0;
    enum tb_err err = tb_db_session_command(session, "BEGIN", reterr_text);
    if (err != TB_OK)
        return err;
    err = apply_pending_functions(session, plan, &functions, reterr_text);
    err = end_transaction(session, err, reterr_text);
    if (err != TB_OK)
        return err;
    *applied += functions;
    if (functions > 0)
        tb_log(TB_LOG_INFO, "functions_applied", "icount", (int64_t)functions, NULL);
    return TB_OK;
}

/* ------------------------------------------------------------------ the whole */

static enum tb_err take_lock(struct tb_db_session *session, struct tb_error_text *reterr_text)
{
    char key[24];
    (void)snprintf(key, sizeof(key), "%" PRId64, LOCK_KEY);
    const char *values[] = {key};
    enum tb_err err = tb_db_session_command(
        session, "SET statement_timeout = 0; SET lock_timeout = 0", reterr_text);
    if (err != TB_OK)
        return err;
    return run_query(session, "SELECT pg_advisory_lock($1::bigint)", 1, values, reterr_text);
}

static enum tb_err migrate(struct tb_db_session *session, struct tb_db_plan *plan,
                           unsigned *ret_applied, struct tb_error_text *reterr_text)
{
    unsigned applied = 0;
    enum tb_err err = take_lock(session, reterr_text);
    if (err == TB_OK)
        err = tb_db_session_command(session, tables_sql, reterr_text);
    if (err == TB_OK)
        err = read_applied(session, plan, reterr_text);
    if (err == TB_OK)
        err = apply_migrations(session, plan, &applied, reterr_text);
    if (err == TB_OK)
        err = apply_functions(session, plan, &applied, reterr_text);
    if (err == TB_OK)
        *ret_applied = applied;
    return err;
}

enum tb_err tb_db_migrate_assets(const struct tb_asset *assets, const char *conninfo,
                                 unsigned *ret_applied, struct tb_error_text *reterr_text)
{
    struct tb_db_plan plan;
    enum tb_err err = tb_db_plan_init(&plan, assets, reterr_text);
    if (err != TB_OK)
        return err;
    struct tb_db_session *session;
    err = tb_db_session_open(conninfo, "timebankd-migrate", &session, reterr_text);
    if (err == TB_OK) {
        err = migrate(session, &plan, ret_applied, reterr_text);
        tb_db_session_close(session);
    }
    tb_db_plan_fini(&plan);
    return err;
}

/* ------------------------------------------------------------------ the check */

static enum tb_err check_tables(struct tb_db_session *session, struct tb_error_text *reterr_text)
{
    PGresult *result;
    enum tb_err err = tb_db_session_query(session,
                                          "SELECT to_regclass('schema_migrations') IS NOT NULL"
                                          " AND to_regclass('schema_functions') IS NOT NULL",
                                          0, NULL, &result, reterr_text);
    if (err != TB_OK)
        return err;
    bool exist = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    PQclear(result);
    if (exist)
        return TB_OK;
    tb_error_set(reterr_text, "the database was never migrated");
    return TB_ERR_CONFLICT;
}

/* Within one snapshot, so that a migration that is just running is seen whole or not at all. */
static enum tb_err check(struct tb_db_session *session, struct tb_db_plan *plan,
                         struct tb_error_text *reterr_text)
{
    enum tb_err err = tb_db_session_command(
        session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", reterr_text);
    if (err == TB_OK)
        err = check_tables(session, reterr_text);
    if (err == TB_OK)
        err = read_applied(session, plan, reterr_text);
    if (err != TB_OK)
        return err;
    const struct tb_db_script *pending = tb_db_plan_first_pending(plan);
    if (pending == NULL)
        return TB_OK;
    tb_error_set(reterr_text, "the database lacks %s", pending->asset->path);
    return TB_ERR_CONFLICT;
}

enum tb_err tb_db_migrate_check_assets(const struct tb_asset *assets, const char *conninfo,
                                       struct tb_error_text *reterr_text)
{
    struct tb_db_plan plan;
    enum tb_err err = tb_db_plan_init(&plan, assets, reterr_text);
    if (err != TB_OK)
        return err;
    struct tb_db_session *session;
    err = tb_db_session_open(conninfo, "timebankd-check", &session, reterr_text);
    if (err == TB_OK) {
        err = check(session, &plan, reterr_text);
        tb_db_session_close(session);
    }
    tb_db_plan_fini(&plan);
    return err;
}

enum tb_err tb_db_migrate(const char *conninfo, unsigned *ret_applied,
                          struct tb_error_text *reterr_text)
{
    return tb_db_migrate_assets(tb_assets, conninfo, ret_applied, reterr_text);
}

enum tb_err tb_db_migrate_check(const char *conninfo, struct tb_error_text *reterr_text)
{
    return tb_db_migrate_check_assets(tb_assets, conninfo, reterr_text);
}
