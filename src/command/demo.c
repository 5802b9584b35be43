#include "command/command.h"

#include "timebank/clock.h"
#include "timebank/demo.h"

#include <stdio.h>
#include <unistd.h>

static bool read_options(int argc, char **argv, struct tb_demo_settings *settings)
{
    static const char *const names[] = {"--if-empty", "--tokens", "--seed", "--scale", NULL};
    int64_t seed = TB_DEMO_SEED;
    const char *seed_text = tb_option_value(argc, argv, "--seed");
    const char *scale = tb_option_value(argc, argv, "--scale");
    if (!tb_options_known(argc, argv, names))
        return false;
    if (seed_text != NULL && (!tb_str_to_int64(tb_str_of(seed_text), &seed) || seed < 0)) {
        fprintf(stderr, "timebankd demo: --seed is a whole number from 0\n");
        return false;
    }
    if (scale != NULL && strcmp(scale, "full") != 0 && strcmp(scale, "small") != 0) {
        fprintf(stderr, "timebankd demo: --scale is full or small\n");
        return false;
    }
    settings->seed = (uint64_t)seed;
    settings->weeks =
        scale == NULL || strcmp(scale, "full") == 0 ? TB_DEMO_WEEKS : TB_DEMO_WEEKS_SMALL;
    settings->tokens_path = tb_option_value(argc, argv, "--tokens");
    settings->if_empty = tb_option_flag(argc, argv, "--if-empty");
    settings->show_progress = isatty(STDERR_FILENO) == 1;
    return true;
}

static int run(const struct tb_demo_settings *settings)
{
    struct tb_error_text error = {""};
    struct tb_msec started = tb_clock_monotonic();
    bool loaded = false;
    enum tb_err err = tb_db_migrate_check(settings->conninfo, &error);
    if (err == TB_OK)
        err = tb_demo_load(settings, &loaded, &error);
    if (err != TB_OK) {
        fprintf(stderr, "timebankd: %s: %s\n", tb_err_name(err), error.text);
        return 1;
    }
    if (loaded)
        printf("demo loaded in %.1f s\n", (double)(tb_clock_monotonic().ms - started.ms) / 1000.0);
    else if (settings->tokens_path != NULL && access(settings->tokens_path, R_OK) != 0)
        fprintf(stderr,
                "timebankd: %s is not there, and tokens are shown once; a new one: "
                "timebankd token --district 371402 --name …\n",
                settings->tokens_path);
    return 0;
}

int tb_command_demo(int argc, char **argv)
{
    struct tb_contract *contract = NULL;
    struct tb_seal *seal = NULL;
    struct tb_demo_settings settings = {.conninfo = tb_environment_conninfo()};
    if (!read_options(argc, argv, &settings) || settings.conninfo == NULL)
        return 2;
    int status = 1;
    if (tb_environment_seal(&seal) == TB_OK && tb_environment_contract(&contract) == TB_OK) {
        settings.contract = contract;
        settings.seal = seal;
        status = run(&settings);
    }
    tb_contract_free(contract);
    tb_seal_free(seal);
    return status;
}
