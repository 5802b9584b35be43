#include "command/command.h"

#include "timebank/assets.h"
#include "timebank/program.h"

#include <stdio.h>
#include <stdlib.h>

const char *tb_environment(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : fallback;
}

const char *tb_environment_conninfo(void)
{
    const char *conninfo = tb_environment("DATABASE_URL", NULL);
    if (conninfo == NULL)
        fprintf(stderr, "timebankd: DATABASE_URL is not set (postgresql://…)\n");
    return conninfo;
}

const char *tb_environment_scans(void)
{
    return tb_environment("TIMEBANK_SCANS_DIR", "/var/lib/timebankd/scans");
}

enum tb_err tb_environment_contract(struct tb_contract **ret_contract)
{
    struct tb_error_text error = {""};
    enum tb_err err = tb_contract_load(tb_asset_find("openapi.json"), ret_contract, &error);
    if (err == TB_OK)
        err = tb_programs_load(*ret_contract, &error);
    if (err != TB_OK)
        fprintf(stderr, "timebankd: %s: %s\n", tb_err_name(err), error.text);
    return err;
}

enum tb_err tb_environment_seal(struct tb_seal **ret_seal)
{
    struct tb_error_text error = {""};
    const char *path = tb_environment("TIMEBANK_KEY_FILE", NULL);
    if (path == NULL) {
        fprintf(stderr,
                "timebankd: TIMEBANK_KEY_FILE is not set (a file of 64 hexadecimal digits)\n");
        return TB_ERR_CONFIG;
    }
    enum tb_err err = tb_seal_open(path, ret_seal, &error);
    if (err != TB_OK)
        fprintf(stderr, "timebankd: %s\n", error.text);
    return err;
}

enum tb_err tb_environment_session(struct tb_db_session **ret_session)
{
    struct tb_error_text error = {""};
    const char *conninfo = tb_environment_conninfo();
    if (conninfo == NULL)
        return TB_ERR_CONFIG;
    enum tb_err err = tb_db_session_open(conninfo, "timebankd", ret_session, &error);
    if (err != TB_OK)
        fprintf(stderr, "timebankd: %s\n", error.text);
    return err;
}

static bool is_option(const char *arg, const char *name, const char **ret_inline)
{
    size_t len = strlen(name);
    if (strncmp(arg, name, len) != 0 || (arg[len] != '\0' && arg[len] != '='))
        return false;
    *ret_inline = arg[len] == '=' ? arg + len + 1 : NULL;
    return true;
}

const char *tb_option_value(int argc, char **argv, const char *name)
{
    const char *value;
    for (int i = 0; i < argc; i++)
        if (is_option(argv[i], name, &value))
            return value != NULL ? value : i + 1 < argc ? argv[i + 1] : NULL;
    return NULL;
}

bool tb_option_flag(int argc, char **argv, const char *name)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return false;
}

bool tb_options_known(int argc, char **argv, const char *const *names)
{
    for (int i = 0; i < argc; i++) {
        const char *value;
        bool known = strncmp(argv[i], "--", 2) != 0;
        for (size_t n = 0; !known && names[n] != NULL; n++)
            known = is_option(argv[i], names[n], &value);
        if (!known) {
            fprintf(stderr, "timebankd: unknown option %s\n", argv[i]);
            return false;
        }
    }
    return true;
}
