/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of the program, one file each, and the exit codes that all of them use. */
#ifndef PORTERO_CLI_COMMANDS_H
#define PORTERO_CLI_COMMANDS_H

#include <portero/status.h>

enum exit_code {
  EXIT_OK = 0,
  EXIT_NEGATIVE = 1,      /* the answer is no: not found, not listening */
  EXIT_USAGE = 2,         /* wrong options, arguments or configuration */
  EXIT_UNREACHABLE = 3,   /* nobody answers there, or not in time */
  EXIT_REFUSED = 4,       /* the server said no: a fault, a refused bind, access denied */
  EXIT_LOCAL_FAILURE = 5, /* something on this host: a port that is taken, no memory */
};

/* Of what a server, or the way to it, answered. */
enum exit_code exit_code_of(portero_status status);

/* argv[0] is the subcommand's name. */
typedef int command(int argc, char **argv);

command command_call;
command command_decode;
command command_idl;
command command_info;
command command_log;
command command_ls;
command command_map;
command command_ping;
command command_policy;
command command_register;
command command_serve;
command command_status;
command command_user;

#endif
