#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "message/file_type.h"

static void assert_type(const char *header, const char *name)
{
    const struct tb_file_type *type = tb_file_type_of(tb_str_of(header));
    if (name == NULL)
        assert_null(type);
    else
        assert_string_equal(type->name, name);
}

static void a_type_is_told_by_its_name_alone(void **state)
{
    (void)state;
    assert_type("image/png", "image/png");
    assert_type("IMAGE/Jpeg ; q=1", "image/jpeg");
    assert_type("application/pdf;", "application/pdf");
    assert_type("image/pn", NULL);
    assert_type("image/pngs", NULL);
    assert_type(";image/png", NULL);
    assert_type("", NULL);
    assert_type(NULL, NULL);
}

static void a_file_begins_as_its_type_does(void **state)
{
    const struct tb_file_type *png = tb_file_type_of(TB_STR("image/png"));
    const struct tb_file_type *pdf = tb_file_type_of(TB_STR("application/pdf"));
    (void)state;
    assert_true(tb_file_type_fits(png, TB_STR("\x89PNG\r\n\x1a\n")));
    assert_false(tb_file_type_fits(png, TB_STR("\x89PNG\r\n\x1a")));
    assert_false(tb_file_type_fits(png, TB_STR("\x89PNG\n\n\x1a\n")));
    assert_false(tb_file_type_fits(png, TB_STR("")));
    assert_true(tb_file_type_fits(pdf, TB_STR("%PDF-1.7")));
    assert_false(tb_file_type_fits(pdf, TB_STR(" %PDF-1.7")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_told_by_its_name_alone),
        cmocka_unit_test(a_file_begins_as_its_type_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
