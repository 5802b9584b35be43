#include "command/command.h"

#include "timebank/limits.h"
#include "timebank/log.h"
#include "timebank/serve.h"

#include <stdio.h>
#include <stdlib.h>

#define TB_TEXT_OF(value) #value
#define TB_TEXT(value) TB_TEXT_OF(value)
#define DEFAULT_RATE TB_TEXT(TB_LIMIT_RATE_REQUESTS) "/" TB_TEXT(TB_LIMIT_RATE_REQUESTS_S)

static bool read_number(const char *name, const char *fallback, unsigned low, unsigned high,
                        unsigned *ret_value)
{
    int64_t value;
    const char *text = tb_environment(name, fallback);
    if (!tb_str_to_int64(tb_str_of(text), &value) || value < low || value > high) {
        fprintf(stderr, "timebankd: %s must be a number from %u to %u\n", name, low, high);
        return false;
    }
    *ret_value = (unsigned)value;
    return true;
}

/* A scheme, a host and perhaps a port, as browsers send it: no path, no slash at the end. */
static bool is_origin(const char *text)
{
    const char *host = strstr(text, "://");
    return strcmp(text, "*") == 0 ||
           (host != NULL && host > text && host[3] != '\0' && strpbrk(host + 3, "/?# ") == NULL);
}

/* "1200/60": requests of one token in so many seconds; "off". */
static bool read_rate(struct tb_serve_settings *settings)
{
    const char *text = tb_environment("TIMEBANK_RATE_LIMIT", DEFAULT_RATE);
    const char *slash = strchr(text, '/');
    int64_t requests;
    int64_t seconds;
    if (strcmp(text, "off") == 0)
        return true;
    if (slash == NULL ||
        !tb_str_to_int64((struct tb_str){text, (size_t)(slash - text)}, &requests) ||
        !tb_str_to_int64(tb_str_of(slash + 1), &seconds) || requests < 1 || requests > 1000000 ||
        seconds < 1 || seconds > 3600) {
        fprintf(stderr,
                "timebankd: TIMEBANK_RATE_LIMIT is requests/seconds, for example " DEFAULT_RATE
                ", or off\n");
        return false;
    }
    settings->rate_requests = (unsigned)requests;
    settings->rate_window_s = (unsigned)seconds;
    return true;
}

/* https://timebank.example: as an origin, for links that are printed. */
static bool read_public_url(struct tb_serve_settings *settings)
{
    const char *url = tb_environment("TIMEBANK_PUBLIC_URL", NULL);
    bool good = url == NULL || (strncmp(url, "http", 4) == 0 && strlen(url) <= TB_LIMIT_URL_BYTES &&
                                strcmp(url, "*") != 0 && is_origin(url));
    if (!good)
        fprintf(stderr, "timebankd: TIMEBANK_PUBLIC_URL is https:// and a host, without a path\n");
    settings->public_url = url;
    return good;
}

/* Cuts the copied text at its commas; the texts live as long as the process. */
static bool read_origins(struct tb_serve_settings *settings)
{
    static const char *origins[TB_LIMIT_CORS_ORIGINS];
    static char text[TB_LIMIT_CORS_ORIGINS * 256];
    const char *given = tb_environment("TIMEBANK_CORS_ORIGINS", "");
    bool good = snprintf(text, sizeof(text), "%s", given) < (int)sizeof(text);
    char *rest = text;
    while (good && *rest != '\0') {
        char *origin = strsep(&rest, ", ");
        if (rest == NULL)
            rest = origin + strlen(origin);
        if (origin[0] == '\0')
            continue;
        good = settings->cors_origins_count < TB_LIMIT_CORS_ORIGINS && is_origin(origin);
        if (good)
            origins[settings->cors_origins_count++] = origin;
    }
    settings->cors_origins = origins;
    if (!good)
        fprintf(stderr,
                "timebankd: TIMEBANK_CORS_ORIGINS lists up to %d origins like "
                "https://app.example, by commas, or is *\n",
                TB_LIMIT_CORS_ORIGINS);
    return good;
}

static bool set_log_level(void)
{
    enum tb_log_level level;
    if (!tb_log_level_parse(tb_environment("TIMEBANK_LOG_LEVEL", "info"), &level)) {
        fprintf(stderr, "timebankd: TIMEBANK_LOG_LEVEL is debug, info, warn or error\n");
        return false;
    }
    tb_log_set_level(level);
    return true;
}

/* A time zone goes into a SET command: letters, digits and / _ + - only. */
static bool is_zone_name(const char *zone)
{
    return zone[0] != '\0' && strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789/_+-") == strlen(zone);
}

static enum tb_err read_kind(struct tb_serve_settings *settings, struct tb_error_text *reterr_text)
{
    struct tb_db_session *session = NULL;
    PGresult *result = NULL;
    enum tb_err err = tb_db_session_open(settings->conninfo, "timebankd", &session, reterr_text);
    if (err != TB_OK)
        return err;
    err = tb_db_session_query(session, "SELECT kind FROM installation", 0, NULL, &result,
                              reterr_text);
    if (err == TB_OK)
        settings->is_production = strcmp(PQgetvalue(result, 0, 0), "production") == 0;
    PQclear(result);
    tb_db_session_close(session);
    return err;
}

static int serve(struct tb_serve_settings *settings)
{
    struct tb_error_text error = {""};
    enum tb_err err = tb_db_migrate_check(settings->conninfo, &error);
    if (err == TB_OK)
        err = read_kind(settings, &error);
    if (err == TB_OK)
        err = tb_serve(settings, &error);
    if (err == TB_OK)
        return 0;
    fprintf(stderr, "timebankd: %s: %s\n", tb_err_name(err), error.text);
    return 1;
}

/* With TLS when its two files are named. */
static enum tb_err read_tls(struct tb_serve_settings *settings)
{
    struct tb_error_text error = {""};
    const char *certificate = tb_environment("TIMEBANK_TLS_CERT_FILE", NULL);
    const char *key = tb_environment("TIMEBANK_TLS_KEY_FILE", NULL);
    if (certificate == NULL && key == NULL)
        return TB_OK;
    if (certificate == NULL || key == NULL) {
        fprintf(stderr,
                "timebankd: TIMEBANK_TLS_CERT_FILE and TIMEBANK_TLS_KEY_FILE: both or none\n");
        return TB_ERR_CONFIG;
    }
    enum tb_err err = tb_tls_open(certificate, key, &settings->tls, &error);
    if (err != TB_OK)
        fprintf(stderr, "timebankd: %s\n", error.text);
    return err;
}

int tb_command_serve(int argc, char **argv)
{
    struct tb_contract *contract = NULL;
    struct tb_seal *seal = NULL;
    struct tb_serve_settings settings = {
        .address = tb_environment("TIMEBANK_ADDRESS", "127.0.0.1"),
        .conninfo = tb_environment_conninfo(),
        .time_zone = tb_environment("TIMEBANK_TIME_ZONE", "Asia/Shanghai"),
        .scans_folder = tb_environment_scans(),
    };
    if (!tb_options_known(argc, argv, (const char *const[]){NULL}) || settings.conninfo == NULL ||
        !set_log_level() || !read_rate(&settings) || !read_origins(&settings) ||
        !read_public_url(&settings) ||
        !read_number("TIMEBANK_PORT", "8080", 1, 65535, &settings.port) ||
        !read_number("TIMEBANK_WORKERS", "2", 1, 8, &settings.workers))
        return 2;
    if (!is_zone_name(settings.time_zone)) {
        fprintf(stderr, "timebankd: TIMEBANK_TIME_ZONE is not a zone's name\n");
        return 2;
    }
    if (tb_environment_seal(&seal) != TB_OK || tb_environment_contract(&contract) != TB_OK ||
        read_tls(&settings) != TB_OK) {
        tb_seal_free(seal);
        tb_contract_free(contract);
        return 1;
    }
    settings.contract = contract;
    settings.seal = seal;
    int status = serve(&settings);
    tb_tls_free(settings.tls);
    tb_contract_free(contract);
    tb_seal_free(seal);
    return status;
}
