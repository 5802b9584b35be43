#include "db_fixture.h"

#include "db/migrate.h"

#include <sys/wait.h>

static struct fixture fixture;

/* ------------------------------------------------------------------ files */

#define FILES_MAX 8

struct files {
    struct tb_asset list[FILES_MAX + 1];
    unsigned count;
};

/* Added in the order of their paths. */
static void add_file(struct files *files, const char *path, const char *text)
{
    assert_true(files->count < FILES_MAX);
    files->list[files->count++] = (struct tb_asset){path, text, text + strlen(text)};
}

static void add_two_migrations(struct files *files)
{
    add_file(files, "migrations/0001_people.sql",
             "CREATE TABLE people (id int); INSERT INTO people VALUES (1)");
    add_file(files, "migrations/0002_names.sql", "ALTER TABLE people ADD COLUMN name text;");
}

/* first_one() calls second_one(), which comes after it. */
static void add_two_functions(struct files *files)
{
    add_file(files, "sql/functions/first_one.sql",
             "CREATE OR REPLACE FUNCTION first_one() RETURNS int LANGUAGE sql"
             " AS 'SELECT second_one()'");
    add_file(files, "sql/functions/second_one.sql",
             "CREATE OR REPLACE FUNCTION second_one() RETURNS int LANGUAGE sql AS 'SELECT 2'");
    add_file(files, "sql/people/list.sql", "this is no function");
}

static enum tb_err migrate(const struct files *files, unsigned *ret_applied,
                           struct tb_error_text *reterr_text)
{
    return tb_db_migrate_assets(files->list, fixture.conninfo, ret_applied, reterr_text);
}

static void assert_migrates(const struct files *files, unsigned applied)
{
    struct tb_error_text why = {""};
    unsigned count = 0;
    if (migrate(files, &count, &why) != TB_OK)
        fail_msg("%s", why.text);
    assert_int_equal(count, applied);
}

static void assert_refused(const struct files *files, enum tb_err err, const char *named)
{
    struct tb_error_text why = {""};
    unsigned count = 99;
    assert_int_equal(migrate(files, &count, &why), err);
    assert_int_equal(count, 99);
    assert_non_null(strstr(why.text, named));
}

static enum tb_err check(const struct files *files)
{
    struct tb_error_text why = {""};
    return tb_db_migrate_check_assets(files->list, fixture.conninfo, &why);
}

static int set_up(void **state)
{
    (void)state;
    fixture_init(&fixture, "tb_migrate_test");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&fixture);
    return 0;
}

/* ------------------------------------------------------------------ tests */

static void second_run_applies_nothing(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_two_migrations(&files);
    add_two_functions(&files);
    assert_int_equal(check(&files), TB_ERR_CONFLICT);
    assert_migrates(&files, 4);
    assert_int_equal(check(&files), TB_OK);
    assert_migrates(&files, 0);
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM people"), 1);
    assert_int_equal(query_number(&fixture, "SELECT first_one()"), 2);
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM schema_migrations"), 2);
}

static void new_migration_is_applied_alone(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_two_migrations(&files);
    assert_migrates(&files, 2);
    add_file(&files, "migrations/0003_more.sql", "INSERT INTO people VALUES (3, 'three')");
    assert_int_equal(check(&files), TB_ERR_CONFLICT);
    assert_migrates(&files, 1);
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM people"), 2);
}

static void changed_migration_is_refused(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_two_migrations(&files);
    assert_migrates(&files, 2);
    struct files changed = {0};
    add_file(&changed, "migrations/0001_people.sql", "CREATE TABLE people (id bigint)");
    add_file(&changed, "migrations/0002_names.sql", "ALTER TABLE people ADD COLUMN name text;");
    add_file(&changed, "migrations/0003_more.sql", "CREATE TABLE more (id int)");
    assert_refused(&changed, TB_ERR_CONFIG, "0001_people.sql");
    assert_int_equal(check(&changed), TB_ERR_CONFIG);
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM schema_migrations"), 2);
}

static void older_program_is_refused(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_two_migrations(&files);
    assert_migrates(&files, 2);
    files.list[1] = (struct tb_asset){0};
    assert_refused(&files, TB_ERR_CONFIG, "names");
    assert_int_equal(check(&files), TB_ERR_CONFIG);
}

static void failing_migration_leaves_those_before_it(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_two_migrations(&files);
    add_file(&files, "migrations/0003_bad.sql", "CREATE TABLE half (id int);\nSELECT 1/0;");
    assert_refused(&files, TB_ERR_DB, "migrations/0003_bad.sql");
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM schema_migrations"), 2);
    assert_int_equal(query_number(&fixture, "SELECT (to_regclass('half') IS NULL)::int"), 1);
}

static void migration_may_not_end_its_transaction(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_file(&files, "migrations/0001_commit.sql", "CREATE TABLE half (id int); COMMIT");
    assert_refused(&files, TB_ERR_CONFIG, "0001_commit.sql");
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM schema_migrations"), 0);
}

static void only_changed_functions_are_applied(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_two_functions(&files);
    assert_migrates(&files, 2);
    struct files changed = files;
    changed.count = 1;
    add_file(&changed, "sql/functions/second_one.sql",
             "CREATE OR REPLACE FUNCTION second_one() RETURNS int LANGUAGE sql AS 'SELECT 22'");
    changed.list[2] = (struct tb_asset){0};
    assert_int_equal(check(&changed), TB_ERR_CONFLICT);
    assert_migrates(&changed, 1);
    assert_int_equal(query_number(&fixture, "SELECT first_one()"), 22);
    assert_migrates(&changed, 0);
}

static void failing_function_undoes_all_functions(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_file(&files, "sql/functions/first_one.sql",
             "CREATE FUNCTION first_one() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    add_file(&files, "sql/functions/second_one.sql", "CREATE FUNCTION nonsense");
    assert_refused(&files, TB_ERR_DB, "second_one.sql");
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM schema_functions"), 0);
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM pg_proc"
                                            " WHERE proname = 'first_one'"),
                     0);
}

static void function_that_comes_back_counts_as_new(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_two_functions(&files);
    assert_migrates(&files, 2);
    struct files fewer = files;
    fewer.list[1] = (struct tb_asset){0};
    assert_migrates(&fewer, 0);
    command(&fixture, "DROP FUNCTION second_one()");
    assert_migrates(&files, 1);
    assert_int_equal(query_number(&fixture, "SELECT second_one()"), 2);
}

/* Each child says how many it applied by its exit code. */
static int migrate_in_child(const struct files *files)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    unsigned applied = 0;
    struct tb_error_text why = {""};
    _exit(migrate(files, &applied, &why) == TB_OK ? (int)applied : 100);
}

static int exit_code(int pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void processes_at_once_apply_each_file_once(void **state)
{
    (void)state;
    require_server(&fixture);
    struct files files = {0};
    add_file(&files, "migrations/0001_slow.sql",
             "CREATE TABLE slow (id int); SELECT pg_sleep(0.3)");
    add_file(&files, "migrations/0002_next.sql", "INSERT INTO slow VALUES (1)");
    add_two_functions(&files);
    int pids[4];
    for (int i = 0; i < 4; i++)
        pids[i] = migrate_in_child(&files);
    int applied = 0;
    for (int i = 0; i < 4; i++)
        applied += exit_code(pids[i]);
    assert_int_equal(applied, 4);
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM slow"), 1);
}

/* ------------------------------------------------------------------ without a server */

static void assert_plan_refused(const char *first, const char *second)
{
    struct files files = {0};
    add_file(&files, first, "SELECT 1");
    if (second != NULL)
        add_file(&files, second, "SELECT 1");
    struct tb_db_plan plan;
    struct tb_error_text why = {""};
    assert_int_equal(tb_db_plan_init(&plan, files.list, &why), TB_ERR_CONFIG);
    assert_non_null(strstr(why.text, second != NULL ? second : first));
}

static void misnamed_files_are_refused(void **state)
{
    (void)state;
    assert_plan_refused("migrations/0002_two.sql", NULL);
    assert_plan_refused("migrations/0001_one.sql", "migrations/0003_three.sql");
    assert_plan_refused("migrations/0001_one.sql", "migrations/0001_other.sql");
    assert_plan_refused("migrations/1_one.sql", NULL);
    assert_plan_refused("migrations/00001_one.sql", NULL);
    assert_plan_refused("migrations/0001_.sql", NULL);
    assert_plan_refused("migrations/0001_one.txt", NULL);
    assert_plan_refused("migrations/0001", NULL);
    assert_plan_refused("migrations/", NULL);
    assert_plan_refused("sql/functions/Capital.sql", NULL);
    assert_plan_refused("sql/functions/below/one.sql", NULL);
}

static void plan_holds_versions_names_and_hashes(void **state)
{
    (void)state;
    struct files files = {0};
    add_file(&files, "migrations/0001_one.sql", "abc");
    add_file(&files, "openapi.json", "{}");
    add_file(&files, "sql/functions/two.sql", "");
    struct tb_db_plan plan;
    assert_int_equal(tb_db_plan_init(&plan, files.list, NULL), TB_OK);
    assert_int_equal(plan.migrations.count, 1);
    assert_int_equal(plan.functions.count, 1);
    assert_int_equal(plan.migrations.list[0].version, 1);
    assert_string_equal(plan.migrations.list[0].name, "one");
    assert_string_equal(plan.functions.list[0].name, "two");
    /* FIPS 180-2, appendix B.1 */
    assert_string_equal(plan.migrations.list[0].sha256,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_ptr_equal(tb_db_plan_first_pending(&plan), &plan.migrations.list[0]);
    tb_db_plan_fini(&plan);
}

#define WITH_DATABASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(second_run_applies_nothing),
        WITH_DATABASE(new_migration_is_applied_alone),
        WITH_DATABASE(changed_migration_is_refused),
        WITH_DATABASE(older_program_is_refused),
        WITH_DATABASE(failing_migration_leaves_those_before_it),
        WITH_DATABASE(migration_may_not_end_its_transaction),
        WITH_DATABASE(only_changed_functions_are_applied),
        WITH_DATABASE(failing_function_undoes_all_functions),
        WITH_DATABASE(function_that_comes_back_counts_as_new),
        WITH_DATABASE(processes_at_once_apply_each_file_once),
        cmocka_unit_test(misnamed_files_are_refused),
        cmocka_unit_test(plan_holds_versions_names_and_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
