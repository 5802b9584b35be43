/*
 * A scratch database for the tests of src/db. They run only where TB_TEST_ADMIN_URL names a
 * throw-away PostgreSQL server (a libpq URI of a superuser) and are skipped elsewhere.
 */
#ifndef TIMEBANK_TESTS_DB_FIXTURE_H
#define TIMEBANK_TESTS_DB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "timebank/db.h"
#include "timebank/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    char *conninfo; /* of the scratch database; NULL: there is no server */
    char name[64];
    struct tb_db_session *session;
};

static inline void append_option(char **text, const char *keyword, const char *value)
{
    char *escaped = calloc(1, 2 * strlen(value) + 1);
    char *to = escaped;
    for (const char *from = value; *from != '\0'; from++) {
        if (*from == '\'' || *from == '\\')
            *to++ = '\\';
        *to++ = *from;
    }
    char *longer = NULL;
    assert_true(asprintf(&longer, "%s %s='%s'", *text, keyword, escaped) > 0);
    free(escaped);
    free(*text);
    *text = longer;
}

/* The administrator's connection string with another database. */
static inline char *conninfo_for(const char *admin_url, const char *database)
{
    PQconninfoOption *options = PQconninfoParse(admin_url, NULL);
    assert_non_null(options);
    char *text = strdup("");
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (option->val != NULL && strcmp(option->keyword, "dbname") != 0)
            append_option(&text, option->keyword, option->val);
    PQconninfoFree(options);
    append_option(&text, "dbname", database);
    return text;
}

static inline void admin_command(const char *verb, const char *database, const char *rest)
{
    char sql[160];
    (void)snprintf(sql, sizeof(sql), "%s %s %s", verb, database, rest);
    struct tb_db_session *admin;
    struct tb_error_text why = {""};
    if (tb_db_session_open(getenv("TB_TEST_ADMIN_URL"), "db-test", &admin, &why) != TB_OK ||
        tb_db_session_command(admin, sql, &why) != TB_OK)
        fail_msg("%s: %s", sql, why.text);
    tb_db_session_close(admin);
}

static inline void fixture_init(struct fixture *fixture, const char *prefix)
{
    const char *admin_url = getenv("TB_TEST_ADMIN_URL");
    *fixture = (struct fixture){0};
    if (admin_url == NULL)
        return;
    tb_log_set_level(TB_LOG_ERROR);
    (void)snprintf(fixture->name, sizeof(fixture->name), "%s_%d", prefix, (int)getpid());
    admin_command("CREATE DATABASE", fixture->name, "");
    fixture->conninfo = conninfo_for(admin_url, fixture->name);
    struct tb_error_text why = {""};
    if (tb_db_session_open(fixture->conninfo, "db-test", &fixture->session, &why) != TB_OK)
        fail_msg("%s", why.text);
}

static inline void fixture_fini(struct fixture *fixture)
{
    if (fixture->conninfo == NULL)
        return;
    tb_db_session_close(fixture->session);
    admin_command("DROP DATABASE", fixture->name, "WITH (FORCE)");
    free(fixture->conninfo);
}

static inline void require_server(const struct fixture *fixture)
{
    if (fixture->conninfo == NULL) {
        print_message("TB_TEST_ADMIN_URL is not set: no server to test with\n");
        skip();
    }
}

static inline void command(struct fixture *fixture, const char *sql)
{
    struct tb_error_text why = {""};
    if (tb_db_session_command(fixture->session, sql, &why) != TB_OK)
        fail_msg("%s: %s", sql, why.text);
}

/* The first column of the first row as a number. */
static inline long query_number(struct fixture *fixture, const char *sql)
{
    PGresult *result = NULL;
    struct tb_error_text why = {""};
    if (tb_db_session_query(fixture->session, sql, 0, NULL, &result, &why) != TB_OK)
        fail_msg("%s: %s", sql, why.text);
    long number = PQntuples(result) > 0 ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : -1;
    PQclear(result);
    return number;
}

#endif
