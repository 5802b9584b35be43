#include "command/command.h"

#include "timebank/settlement.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH 30

struct report {
    bool json;
    bool bar;     /* on a terminal: one line that grows, instead of a line a step */
    bool is_open; /* that line: other text begins another */
    unsigned steps;
};

static const char *kind_word(enum tb_due_kind kind)
{
    return kind == TB_DUE_FREEZE ? "freeze" : "settle";
}

static void print_json(const struct tb_settlement_step *step, const char *label)
{
    printf("{\"district\":\"%s\",\"action\":\"%s\",\"grain\":\"%s\",\"period\":\"%s\","
           "\"result\":\"%s\"",
           step->district, kind_word(step->kind), tb_grain_name(step->period.grain), label,
           tb_settlement_result_name(step->result));
    if (step->has_figures && step->period.grain != TB_GRAIN_WEEK)
        printf(",\"statements\":%lld", (long long)step->statements);
    if (step->has_figures)
        printf(",\"records\":%lld,\"deposits\":%lld,\"captures\":%lld,\"minutes\":%lld,"
               "\"carried\":%lld,\"digest\":\"%s\"",
               (long long)step->records, (long long)step->deposits, (long long)step->captures,
               (long long)step->minutes, (long long)step->carried, step->digest);
    printf("}\n");
}

static void print_line(const struct tb_settlement_step *step, const char *label)
{
    printf("%s %s %s: %s", step->district, kind_word(step->kind), label,
           tb_settlement_result_name(step->result));
    if (step->has_figures)
        printf(", %lld records, %lld deposits, %lld captures, %lld minutes, %lld carried %.16s",
               (long long)step->records, (long long)step->deposits, (long long)step->captures,
               (long long)step->minutes, (long long)step->carried, step->digest);
    if (step->has_figures && step->statements > 0)
        printf(", %lld statements", (long long)step->statements);
    printf("\n");
}

static void draw_bar(struct report *report, const struct tb_settlement_step *step,
                     const char *label)
{
    static const char full[BAR_WIDTH + 1] = "##############################";
    int done = (int)(step->place * BAR_WIDTH / step->total);
    report->is_open = step->place < step->total;
    printf("\r\033[K%s [%.*s%*s] %zu/%zu %s %s: %s%s", step->district, done, full, BAR_WIDTH - done,
           "", step->place, step->total, kind_word(step->kind), label,
           tb_settlement_result_name(step->result), report->is_open ? "" : "\n");
}

static void on_step(const struct tb_settlement_step *step, void *context)
{
    struct report *report = context;
    char label[TB_PERIOD_LABEL_BYTES];
    tb_period_label(step->period, label);
    report->steps++;
    if (report->json)
        print_json(step, label);
    else if (report->bar)
        draw_bar(report, step, label);
    else
        print_line(step, label);
    (void)fflush(stdout);
}

int tb_command_settle(int argc, char **argv)
{
    static const char *const names[] = {"--district", "--grain",       "--as-of", "--dry-run",
                                        "--json",     "--accept-jump", NULL};
    struct report report = {.json = tb_option_flag(argc, argv, "--json"),
                            .bar = isatty(STDOUT_FILENO) != 0};
    struct tb_settlement_options options = {
        .district = tb_option_value(argc, argv, "--district"),
        .grain = tb_option_value(argc, argv, "--grain"),
        .as_of = tb_option_value(argc, argv, "--as-of"),
        .dry_run = tb_option_flag(argc, argv, "--dry-run"),
        .accept_jump = tb_option_flag(argc, argv, "--accept-jump"),
        .on_step = on_step,
        .context = &report,
    };
    struct tb_db_session *session = NULL;
    struct tb_error_text error = {""};
    unsigned steps = 0;
    if (!tb_options_known(argc, argv, names))
        return 2;
    if (tb_environment_session(&session) != TB_OK)
        return 1;
    enum tb_err err = tb_settlement_run_due(session, &options, &steps, &error);
    tb_db_session_close(session);
    if (report.is_open)
        printf("\n");
    if (err != TB_OK) {
        fprintf(stderr, "timebankd: %s: %s\n", tb_err_name(err), error.text);
        return 1;
    }
    if (!report.json)
        printf("%u %s\n", steps, options.dry_run ? "steps would be done" : "steps done");
    return 0;
}
