#include "http/qr.h"

#include "timebank/limits.h"

#include <qrencode.h>

#define QUIET_MODULES 4 /* around the code: ISO/IEC 18004, 6.3.8 */

static void add_image(struct tb_buf *out, const QRcode *code)
{
    int side = code->width + 2 * QUIET_MODULES;
    tb_buf_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                  "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
                  "<path d=\"",
                  side, side, side, side);
    for (int i = 0; i < code->width * code->width; i++)
        if (code->data[i] & 1)
            tb_buf_printf(out, "M%d %dh1v1h-1z", i % code->width + QUIET_MODULES,
                          i / code->width + QUIET_MODULES);
    tb_buf_add_text(out, "\"/></svg>");
}

static const char *address_of(const struct tb_request *request)
{
    const struct tb_serve_settings *settings = &request->worker->app->settings;
    struct tb_str number = request->call.parameters[0];
    if (settings->public_url != NULL)
        return tb_arena_printf(request->arena, "%s/v1/public/notices/%.*s", settings->public_url,
                               TB_STR_ARG(number));
    return tb_arena_printf(request->arena, "%s://%.*s/v1/public/notices/%.*s",
                           settings->tls != NULL ? "https" : "http",
                           TB_STR_ARG(tb_request_header(request, MHD_HTTP_HEADER_HOST)),
                           TB_STR_ARG(number));
}

void tb_qr_respond(struct tb_request *request)
{
    const char *address = address_of(request);
    QRcode *code = address != NULL ? QRcode_encodeString8bit(address, 0, QR_ECLEVEL_M) : NULL;
    if (code == NULL) {
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
        return;
    }
    struct tb_buf body;
    tb_buf_init(&body, TB_LIMIT_ANSWER_BYTES);
    add_image(&body, code);
    QRcode_free(code);
    tb_respond_success(request, -1, "image/svg+xml", &body);
}
