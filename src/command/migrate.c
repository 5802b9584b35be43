#include "command/command.h"

#include <stdio.h>

int tb_command_migrate(int argc, char **argv)
{
    const char *conninfo = tb_environment_conninfo();
    struct tb_error_text error = {""};
    unsigned applied = 0;
    if (!tb_options_known(argc, argv, (const char *const[]){NULL}) || conninfo == NULL)
        return 2;
    enum tb_err err = tb_db_migrate(conninfo, &applied, &error);
    if (err != TB_OK) {
        fprintf(stderr, "timebankd: %s: %s\n", tb_err_name(err), error.text);
        return 1;
    }
    printf("%u applied\n", applied);
    return 0;
}
