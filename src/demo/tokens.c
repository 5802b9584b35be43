/* The tokens' file: who may call the demo, for people and scripts; readable by its owner only. */
#include "demo/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX_BYTES (256u << 10)

static void add_token(const struct tb_demo_loader *loader, struct tb_buf *json,
                      const struct tb_demo_token *token)
{
    bool is_admin = token->person == TB_DEMO_PERSONS_MAX;
    const char *person =
        is_admin ? loader->admin.person_id : loader->plan->persons[token->person].id;
    tb_buf_printf(json,
                  "%s  {\"name\": \"%s\", \"person_id\": \"%s\", \"role\": \"%s\", "
                  "\"region_code\": \"%012lld\",\n   \"token\": \"%s\"}",
                  json->len > 2 ? ",\n" : "", token->name, person, tb_role_name(token->role),
                  (long long)token->region_code, token->token);
}

static bool write_all(int file, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(file, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

/* Complete or not there: it gets its name last. */
static bool put_file(const char *path, const char *new_path, struct tb_str text)
{
    int file = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    bool good = fchmod(file, 0600) == 0 && write_all(file, text.ptr, text.len) && fsync(file) == 0;
    good = close(file) == 0 && good;
    return good && rename(new_path, path) == 0;
}

enum tb_err tb_demo_write_tokens(struct tb_demo_loader *loader)
{
    const char *path = loader->settings->tokens_path;
    if (path == NULL)
        return TB_OK;
    struct tb_buf json;
    tb_buf_init(&json, FILE_MAX_BYTES);
    tb_buf_add_text(&json, "[\n");
    for (unsigned i = 0; i < loader->tokens_count; i++)
        add_token(loader, &json, &loader->tokens[i]);
    tb_buf_add_text(&json, "\n]\n");
    const char *new_path = tb_arena_printf(loader->arena, "%s.new", path);
    enum tb_err err = json.overflow || new_path == NULL ? TB_ERR_NO_MEMORY : TB_OK;
    if (err == TB_OK && !put_file(path, new_path, tb_buf_str(&json))) {
        tb_error_set(loader->reterr_text, "%s: %s", path, strerror(errno));
        err = TB_ERR_IO;
    }
    tb_buf_fini(&json);
    return err;
}
