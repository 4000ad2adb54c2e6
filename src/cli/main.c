/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "src/cli/commands.h"

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
    {"info", command_info, "what a server says of itself"},
    {"call", command_call, "one operation, with the bytes of its stub"},
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

int main(int argc, char **argv)
{
  if (argc < 2) {
    print_help();
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
    print_help();
    return EXIT_OK;
  }
  if (strcmp(argv[1], "--version") == 0) {
    (void)printf("portero %s\n", PORTERO_VERSION);
    return EXIT_OK;
  }
  for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
    if (strcmp(argv[1], subcommands[i].name) == 0)
      return subcommands[i].run(argc - 1, argv + 1);
  (void)fprintf(stderr, "portero: there is no command '%s'; see portero --help\n", argv[1]);
  return EXIT_USAGE;
}
