/*
 * The commands of timebankd. Each reads its own options and the environment, prints for a person
 * (or with --json for a program) and gives the exit status: 0 done, 1 failed, 2 used wrongly.
 */
#ifndef TB_COMMAND_COMMAND_H
#define TB_COMMAND_COMMAND_H

#include "timebank/contract.h"
#include "timebank/db.h"
#include "timebank/seal.h"

int tb_command_serve(int argc, char **argv);
int tb_command_migrate(int argc, char **argv);
int tb_command_check(int argc, char **argv);
int tb_command_sql(int argc, char **argv);
int tb_command_district(int argc, char **argv);
int tb_command_token(int argc, char **argv);
int tb_command_demo(int argc, char **argv);
int tb_command_settle(int argc, char **argv);
int tb_command_reconcile(int argc, char **argv);
int tb_command_scans(int argc, char **argv);

/* ---- what several commands need (environment.c) ---- */

/* An environment variable, or fallback when unset or empty. */
const char *tb_environment(const char *name, const char *fallback);

/* DATABASE_URL; says what is missing and gives NULL otherwise. */
const char *tb_environment_conninfo(void);

/* TIMEBANK_SCANS_DIR, or where scans are kept otherwise. */
const char *tb_environment_scans(void);

/* The built-in contract with its programs; prints why when it cannot be loaded. */
TB_CHECK_RESULT enum tb_err tb_environment_contract(struct tb_contract **ret_contract);

/* The key of TIMEBANK_KEY_FILE; prints why when it cannot be read. */
TB_CHECK_RESULT enum tb_err tb_environment_seal(struct tb_seal **ret_seal);

/* A session with DATABASE_URL; prints why when there is none. */
TB_CHECK_RESULT enum tb_err tb_environment_session(struct tb_db_session **ret_session);

/* "--name value" or "--name=value" among argv; NULL when absent. */
const char *tb_option_value(int argc, char **argv, const char *name);
/* "--name" among argv. */
bool tb_option_flag(int argc, char **argv, const char *name);
/* False, after saying which, when argv has an option that is not in names (ended by NULL). */
bool tb_options_known(int argc, char **argv, const char *const *names);

#endif
