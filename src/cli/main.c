/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "src/cli/commands.h"
#include "src/cli/complaint.h"

static const struct subcommand {
  const char *name;
  command *run;
  const char *summary;
} subcommands[] = {
    {"serve", command_serve, "run the endpoint mapper on TCP port 135"},
    {"register", command_register, "announce a server that does not announce itself"},
    {"status", command_status, "this machine's registrations: owner, age, look-ups"},
    {"ls", command_ls, "the endpoints of a host, grouped by interface"},
    {"map", command_map, "where a host offers an interface"},
    {"ping", command_ping, "resolve, bind, measure round trips"},
    {"log", command_log, "the visitors' book: follow, filter, sum up"},
    {"policy", command_policy, "check, explain and compare policies; firewalls"},
    {"info", command_info, "what a server says of itself"},
    {"call", command_call, "one operation of a server, in JSON or in bytes"},
    {"decode", command_decode, "the bytes of a captured call, as JSON"},
    {"user", command_user, "the accounts of this host, for callers with NTLM"},
    {"idl", command_idl, "compile interface definitions to C"},
};

static void print_help(void)
{
  (void)printf("portero: MS-RPC for this host: find, offer and call services through port 135\n"
               "\n"
               "usage: portero COMMAND [OPTION]...\n"
               "\n");
  for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
    (void)printf("  %-10s%s\n", subcommands[i].name, subcommands[i].summary);
  (void)printf("\n"
               "portero COMMAND --help tells the options, man portero-COMMAND tells more.\n"
               "Exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 nobody answers,\n"
               "4 the server refuses, 5 failure on this host.\n");
}

static int run_subcommand(int argc, char **argv)
{
  for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
    if (strcmp(argv[0], subcommands[i].name) == 0)
      return subcommands[i].run(argc, argv);
  (void)fprintf(stderr, "portero: there is no command '%s'; see portero --help\n", argv[0]);
  complaint_answered(); /* what is no command promises no JSON */
  return EXIT_USAGE;
}

static int run_help(int argc, char **argv)
{
  char option[] = "--help";
  char *of_command[] = {argc > 0 ? argv[0] : NULL, option, NULL};

  if (argc > 0)
    return run_subcommand(2, of_command);
  print_help();
  return EXIT_OK;
}

static int run(int argc, char **argv)
{
  if (argc < 2) {
    print_help();
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "help") == 0)
    return run_help(argc - 2, argv + 2);
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
    return run_help(0, NULL);
  if (strcmp(argv[1], "--version") == 0) {
    (void)printf("portero %s\n", PORTERO_VERSION);
    return EXIT_OK;
  }
  return run_subcommand(argc - 1, argv + 1);
}

static bool asks_for_json(int argc, char **argv)
{
  for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--json") == 0)
      return true;
  return false;
}

/* A full disk must not look like success to who reads the exit status. */
int main(int argc, char **argv)
{
  bool json = asks_for_json(argc, argv); /* getopt() moves the arguments about */
  int exit_code = run(argc, argv), before;

  if (json)
    complaint_end_json(exit_code);
  before = ferror(stdout);
  if (fflush(stdout) == 0 && !before)
    return exit_code;
  (void)fprintf(stderr, "portero: cannot write the output: %s\n",
                before ? "an earlier write failed" : strerror(errno));
  return exit_code == EXIT_OK ? EXIT_LOCAL_FAILURE : exit_code;
}
