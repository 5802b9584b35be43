#include "command/command.h"

#include "timebank/buf.h"
#include "timebank/reconcile.h"

#include <stdio.h>

#define LINE_MAX_BYTES (64 * 1024)

static void add_violation(struct tb_buf *out, const struct tb_reconcile_violation *violation)
{
    tb_buf_add_text(out, "{\"what\":");
    tb_buf_add_json_string(out, tb_str_of(violation->what));
    tb_buf_add_text(out, ",\"where\":");
    tb_buf_add_json_string(out, tb_str_of(violation->where));
    tb_buf_add_char(out, '}');
}

static void print_json(const struct tb_reconcile_finding *finding, void *context)
{
    struct tb_buf line;
    (void)context;
    tb_buf_init(&line, LINE_MAX_BYTES);
    tb_buf_printf(&line, "{\"invariant\":\"%s\",\"title\":", finding->invariant);
    tb_buf_add_json_string(&line, tb_str_of(finding->title));
    tb_buf_printf(&line, ",\"violations\":%lld,\"shown\":[", (long long)finding->violations);
    for (size_t i = 0; i < finding->shown_count; i++) {
        if (i > 0)
            tb_buf_add_char(&line, ',');
        add_violation(&line, &finding->shown[i]);
    }
    tb_buf_add_text(&line, "]}\n");
    (void)fwrite(line.data, 1, line.len, stdout);
    tb_buf_fini(&line);
}

static void print_line(const struct tb_reconcile_finding *finding, void *context)
{
    (void)context;
    printf("%-4s %-8s %s\n", finding->invariant, finding->violations == 0 ? "holds" : "BROKEN",
           finding->title);
    for (size_t i = 0; i < finding->shown_count; i++)
        printf("       %s (%s)\n", finding->shown[i].what, finding->shown[i].where);
    if (finding->violations > (int64_t)finding->shown_count)
        printf("       … %lld in all\n", (long long)finding->violations);
}

int tb_command_reconcile(int argc, char **argv)
{
    static const char *const names[] = {"--district", "--json", NULL};
    bool json = tb_option_flag(argc, argv, "--json");
    struct tb_db_session *session = NULL;
    struct tb_error_text error = {""};
    int64_t violations = 0;
    if (!tb_options_known(argc, argv, names))
        return 2;
    if (tb_environment_session(&session) != TB_OK)
        return 1;
    enum tb_err err = tb_reconcile(session, tb_option_value(argc, argv, "--district"),
                                   json ? print_json : print_line, NULL, &violations, &error);
    tb_db_session_close(session);
    if (err != TB_OK) {
        fprintf(stderr, "timebankd: %s: %s\n", tb_err_name(err), error.text);
        return 1;
    }
    if (!json)
        printf("%lld violations\n", (long long)violations);
    return violations == 0 ? 0 : 1;
}
