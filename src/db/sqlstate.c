/* Source: PostgreSQL 15, Appendix A "PostgreSQL Error Codes". */
#include "timebank/db.h"

static const char *const retryable[] = {
    "40001", /* serialization_failure */
    "40P01", /* deadlock_detected */
    "55P03", /* lock_not_available: lock_timeout */
    "25006", /* read_only_sql_transaction: a standby, until it is promoted */
    "57P01", /* admin_shutdown */
    "57P02", /* crash_shutdown */
    "57P03", /* cannot_connect_now */
    "57P05", /* idle_session_timeout */
};

bool tb_db_sqlstate_is_retryable(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof(retryable) / sizeof(retryable[0]); i++)
        if (strcmp(sqlstate, retryable[i]) == 0)
            return true;
    bool connection = strncmp(sqlstate, "08", 2) == 0 && strcmp(sqlstate, "08P01") != 0;
    bool resources = strncmp(sqlstate, "53", 2) == 0; /* disk, memory, connections */
    return connection || resources;
}

bool tb_db_sqlstate_is_canceled(const char *sqlstate)
{
    return strcmp(sqlstate, "57014") == 0;
}
