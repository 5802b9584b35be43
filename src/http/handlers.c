/* The operations that C answers: the daemon about itself, and the badges. Marked `x-handler: c` in
 * the contract. */
#include "http/request.h"

#include "http/qr.h"
#include "timebank/assets.h"

#include "timebank/limits.h"
#include "timebank/settlement.h"

/* What is the same for all and changes with the program only. */
static void respond_constant(struct tb_request *request, struct tb_buf *body)
{
    tb_respond_success(request, -1, "application/json", body);
}

static void respond_text(struct tb_request *request, int status, const char *type,
                         struct tb_str text)
{
    struct tb_buf body;
    tb_buf_init(&body, TB_LIMIT_ANSWER_BYTES);
    tb_buf_add_str(&body, text);
    tb_respond_json(request, status, type, &body);
}

/* The process answers; whether it can work is /readyz. */
static void get_health(struct tb_request *request)
{
    respond_text(request, 200, "application/health+json", TB_STR("{\"status\":\"pass\"}"));
}

static void add_connections(struct tb_buf *out, const char *name, unsigned count)
{
    tb_buf_printf(out,
                  "\"%s\":[{\"observedValue\":%u,\"observedUnit\":\"connections\","
                  "\"status\":\"%s\"}]",
                  name, count, count > 0 ? "pass" : "fail");
}

/* warn: it works, but a jump of the clock was seen and nothing settles until somebody accepts it,
 * or scans cannot be kept. */
static void get_readiness(struct tb_request *request)
{
    const struct tb_app *app = request->worker->app;
    unsigned writes = tb_write_lane_connected(app->writes);
    unsigned reads = tb_db_lane_connected(request->worker->lanes.read);
    bool halted = tb_settlement_scheduler_is_halted(app->scheduler);
    bool keeps_scans = tb_store_is_writable(app->store);
    bool ready = writes > 0 && reads > 0 && !request->worker->draining;
    struct tb_buf body;
    tb_buf_init(&body, 1024);
    tb_buf_printf(&body, "{\"status\":\"%s\",\"checks\":{",
                  !ready                   ? "fail"
                  : halted || !keeps_scans ? "warn"
                                           : "pass");
    add_connections(&body, "database:read", reads);
    tb_buf_add_char(&body, ',');
    add_connections(&body, "database:write", writes);
    tb_buf_printf(&body, ",\"settlement\":[{\"status\":\"%s\"}],\"scans\":[{\"status\":\"%s\"}]}}",
                  halted ? "warn" : "pass", keeps_scans ? "pass" : "fail");
    tb_respond_json(request, ready ? 200 : 503, "application/health+json", &body);
}

static void get_contract(struct tb_request *request)
{
    struct tb_buf body;
    tb_buf_init(&body, TB_LIMIT_ANSWER_BYTES);
    tb_buf_add_str(&body, request->worker->app->settings.contract->json);
    respond_constant(request, &body);
}

static void get_index(struct tb_request *request)
{
    const struct tb_contract *contract = request->worker->app->settings.contract;
    struct tb_buf body;
    tb_buf_init(&body, 1024);
    tb_buf_printf(&body,
                  "{\"name\":\"timebankd\",\"version\":\"%s\",\"links\":{\"contract\":"
                  "\"/openapi.json\",\"problems\":\"/problems\",\"me\":\"/v1/me\",\"health\":\"/"
                  "healthz\",\"readiness\":\"/readyz\"}}",
                  contract->version);
    tb_respond_json(request, 200, "application/json", &body);
}

static void add_kind(struct tb_buf *out, const struct tb_problem_kind *kind)
{
    const struct tb_str texts[4] = {kind->title[TB_LANGUAGE_ZH], kind->title[TB_LANGUAGE_EN],
                                    kind->detail[TB_LANGUAGE_ZH], kind->detail[TB_LANGUAGE_EN]};
    static const char *const names[4] = {"title_zh", "title_en", "detail_zh", "detail_en"};
    tb_buf_add_text(out, "{\"code\":");
    tb_buf_add_json_string(out, kind->code);
    tb_buf_printf(out, ",\"status\":%d", kind->status);
    for (size_t i = 0; i < 4; i++) {
        tb_buf_printf(out, ",\"%s\":", names[i]);
        tb_buf_add_json_string(out, texts[i]);
    }
    tb_buf_add_char(out, '}');
}

static void get_problem(struct tb_request *request)
{
    const struct tb_problem_kind *kind =
        tb_contract_problem(request->worker->app->settings.contract, request->call.parameters[0]);
    if (kind == NULL) {
        tb_respond_problem(request, TB_STR("not_found"), NULL);
        return;
    }
    struct tb_buf body;
    tb_buf_init(&body, 16 * 1024);
    add_kind(&body, kind);
    respond_constant(request, &body);
}

static void list_problems(struct tb_request *request)
{
    const struct tb_contract *contract = request->worker->app->settings.contract;
    struct tb_buf body;
    tb_buf_init(&body, TB_LIMIT_ANSWER_BYTES);
    tb_buf_add_text(&body, "{\"data\":[");
    for (size_t i = 0; i < contract->problems_count; i++) {
        tb_buf_add_text(&body, i > 0 ? "," : "");
        add_kind(&body, &contract->problems[i]);
    }
    tb_buf_add_text(&body, "],\"next_cursor\":null}");
    respond_constant(request, &body);
}

/* The path names a file of assets/badges/; only a known name reaches the look-up. */
static void get_badge(struct tb_request *request)
{
    struct tb_str name = request->call.parameters[0];
    bool is_star = name.len == sizeof("1.svg") - 1 && name.ptr[0] >= '1' && name.ptr[0] <= '5' &&
                   memcmp(name.ptr + 1, ".svg", sizeof(".svg") - 1) == 0;
    if (!is_star) {
        tb_respond_problem(request, TB_STR("not_found"), NULL);
        return;
    }
    char path[] = "assets/badges/0.svg";
    path[sizeof("assets/badges/") - 1] = name.ptr[0];
    struct tb_str image = tb_asset_find(path);
    TB_BUG_IF(image.ptr == NULL);
    struct tb_buf body;
    tb_buf_init(&body, TB_LIMIT_ANSWER_BYTES);
    tb_buf_add_str(&body, image);
    tb_respond_success(request, -1, "image/svg+xml", &body);
}

static const struct {
    const char *name;
    tb_handler *handler;
} handlers[] = {
    {"getHealth", get_health}, {"getReadiness", get_readiness}, {"getContract", get_contract},
    {"getIndex", get_index},   {"getProblem", get_problem},     {"listProblems", list_problems},
    {"getBadge", get_badge},   {"getNoticeQr", tb_qr_respond},
};

tb_handler *tb_handler_find(const char *name)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
        if (strcmp(handlers[i].name, name) == 0)
            return handlers[i].handler;
    return NULL;
}
