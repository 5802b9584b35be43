/* timebankd: the server of a volunteers' time bank. See README.md. */
#include "command/command.h"

#include <locale.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static int version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("timebankd %s\n", TB_VERSION);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    {"serve", tb_command_serve, "answer HTTP until SIGTERM"},
    {"migrate", tb_command_migrate, "bring the database to this program's schema"},
    {"check", tb_command_check, "prove contract and SQL against the database"},
    {"sql", tb_command_sql, "print the statements of operations as they are sent: OPERATION…"},
    {"district", tb_command_district,
     "found a district: --code --name --zone --founded [--kind --clock]"},
    {"token", tb_command_token, "an administrator's first token: --district --name"},
    {"demo", tb_command_demo, "load the founding document's district [--if-empty] [--tokens FILE]"},
    {"settle", tb_command_settle,
     "settle what is due [--grain week] [--dry-run] [--json] [--accept-jump]"},
    {"reconcile", tb_command_reconcile, "prove the ledger's invariants [--json]"},
    {"scans", tb_command_scans,
     "prove that the file of each scan is there and unchanged: --verify [--district CODE] "
     "[--json]"},
    {"version", version, "print the version"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(void)
{
    fprintf(stderr, "usage: timebankd COMMAND [options]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stderr, "  %-10s %s\n", commands[i].name, commands[i].what);
    return 2;
}

int main(int argc, char **argv)
{
    (void)setlocale(LC_ALL, "C.UTF-8");
    if (sodium_init() < 0)
        return 1;
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    return usage();
}
