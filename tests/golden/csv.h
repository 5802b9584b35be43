/*
 * Reads the golden vectors: plain CSV with a header, no quoting. Included by the unit tests after
 * cmocka.h; whatever is wrong with a file fails the test.
 */
#ifndef TIMEBANK_TESTS_GOLDEN_CSV_H
#define TIMEBANK_TESTS_GOLDEN_CSV_H

#include "timebank/calendar.h"

#include <stdio.h>

#define CSV_FIELDS_MAX 16

struct csv {
    FILE *file;
    size_t columns;
    size_t rows; /* read so far, without the header */
    char line[512];
    char *fields[CSV_FIELDS_MAX];
};

/* Splits the next line; false at the end of the file. */
static inline bool csv_read_line(struct csv *csv)
{
    if (fgets(csv->line, sizeof(csv->line), csv->file) == NULL)
        return false;
    char *rest = csv->line;
    rest[strcspn(rest, "\n")] = '\0';
    for (csv->columns = 0; rest != NULL; csv->columns++) {
        assert_true(csv->columns < CSV_FIELDS_MAX);
        csv->fields[csv->columns] = strsep(&rest, ",");
    }
    return true;
}

static inline void csv_open(struct csv *csv, const char *name)
{
    char path[512];
    int len = snprintf(path, sizeof(path), "%s/tests/golden/%s", TB_SOURCE_DIR, name);
    assert_in_range(len, 1, sizeof(path) - 1);
    *csv = (struct csv){.file = fopen(path, "r")};
    assert_non_null(csv->file);
    assert_true(csv_read_line(csv));
}

static inline bool csv_next(struct csv *csv)
{
    size_t columns = csv->columns;
    if (!csv_read_line(csv))
        return false;
    assert_int_equal(csv->columns, columns);
    csv->rows++;
    return true;
}

/* An emptied file would pass every row of it, so the number of rows is part of the test. */
static inline void csv_close(struct csv *csv, size_t rows_at_least)
{
    assert_true(csv->rows >= rows_at_least);
    fclose(csv->file);
}

static inline struct tb_date csv_date(const struct csv *csv, size_t column)
{
    struct tb_date date = {0};
    assert_true(column < csv->columns);
    assert_int_equal(tb_date_parse(tb_str_of(csv->fields[column]), &date), TB_OK);
    return date;
}

static inline int64_t csv_int64(const struct csv *csv, size_t column)
{
    int64_t value = 0;
    assert_true(column < csv->columns);
    assert_true(tb_str_to_int64(tb_str_of(csv->fields[column]), &value));
    return value;
}

#endif
