#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timebank/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* SHA-256 of "abc" (FIPS 180-4, the example of its authors). */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char folder[] = "/tmp/tb-store-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return sodium_init() < 0 || mkdtemp(folder) == NULL ? -1 : 0;
}

static const char *within(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int count_incoming(void)
{
    DIR *files = opendir(within("incoming"));
    int count = 0;
    assert_non_null(files);
    for (struct dirent *each = readdir(files); each != NULL; each = readdir(files))
        count += each->d_name[0] != '.';
    closedir(files);
    return count;
}

static void write_over(const char *name, const char *text)
{
    FILE *file = fopen(within(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void bytes_come_back_by_their_name(void **state)
{
    char name[TB_STORE_NAME_BYTES];
    char read_back[4] = "";
    int fd = -1;
    (void)state;
    assert_int_equal(tb_store_write(folder, TB_STR("abc"), name), TB_OK);
    assert_string_equal(name, ABC);
    assert_int_equal(tb_store_open(folder, name, 3, &fd), TB_OK);
    assert_int_equal(read(fd, read_back, 4), 3);
    assert_string_equal(read_back, "abc");
    close(fd);
    assert_int_equal(tb_store_write(folder, TB_STR("abc"), name), TB_OK);
    assert_int_equal(count_incoming(), 0);
}

static void what_is_not_the_same_is_not_opened(void **state)
{
    char name[TB_STORE_NAME_BYTES];
    int fd = -1;
    (void)state;
    assert_int_equal(tb_store_open(folder, ABC, 4, &fd), TB_ERR_INVALID);
    write_over("ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abd");
    assert_int_equal(tb_store_open(folder, ABC, 3, &fd), TB_ERR_INVALID);
    assert_int_equal(tb_store_write(folder, TB_STR("abc"), name), TB_OK);
    assert_int_equal(tb_store_open(folder, ABC, 3, &fd), TB_OK);
    close(fd);
    assert_int_equal(
        unlink(within("ba/"
                      "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        0);
    assert_int_equal(tb_store_open(folder, ABC, 3, &fd), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_store_open("/proc/none", ABC, 3, &fd), TB_ERR_IO);
}

/* As a crash leaves it: written, or half, and not named. */
static void what_a_crash_left_is_removed_when_it_is_old(void **state)
{
    struct tb_error_text error = {""};
    struct timespec old[2] = {{.tv_sec = time(NULL) - 3700}, {.tv_sec = time(NULL) - 3700}};
    (void)state;
    write_over("incoming/half", "ab");
    write_over("incoming/young", "ab");
    assert_int_equal(utimensat(AT_FDCWD, within("incoming/half"), old, 0), 0);
    assert_int_equal(tb_store_prepare(folder, &error), TB_OK);
    assert_int_equal(count_incoming(), 1);
    assert_int_equal(unlink(within("incoming/young")), 0);
}

static void a_folder_that_cannot_be_used_says_why(void **state)
{
    struct tb_error_text error = {""};
    char name[TB_STORE_NAME_BYTES];
    (void)state;
    write_over("file", "");
    assert_int_equal(tb_store_prepare(within("file"), &error), TB_ERR_IO);
    assert_non_null(strstr(error.text, "Not a directory"));
    assert_int_equal(tb_store_write(within("file"), TB_STR("abc"), name), TB_ERR_IO);
    assert_int_equal(tb_store_prepare(within("new"), &error), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back_by_their_name),
        cmocka_unit_test(what_is_not_the_same_is_not_opened),
        cmocka_unit_test(what_a_crash_left_is_removed_when_it_is_old),
        cmocka_unit_test(a_folder_that_cannot_be_used_says_why),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
