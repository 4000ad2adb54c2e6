/* SPDX-License-Identifier: Apache-2.0 */
/* portero user in a build without nettle: there is nothing to make an NT hash with. */
#include <stdio.h>
#include <string.h>

#include "src/cli/commands.h"
#include "src/cli/complaint.h"

static const char help[] = "usage: portero user add|del|list\n"
                           "\n"
                           "This build has no NTLM, which accounts would be for.\n";

int command_user(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    (void)fputs(help, stdout);
    return EXIT_OK;
  }
  complain("user", "this build has no NTLM");
  return EXIT_USAGE;
}
