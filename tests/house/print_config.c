/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what the schema says of the configuration. usage: print-config reference|example|policy */
#include <stdio.h>
#include <string.h>

#include "src/config/config.h"
#include "src/config/policy_file.h"

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "reference") == 0)
    config_print_reference(stdout);
  else if (argc == 2 && strcmp(argv[1], "example") == 0)
    config_print_example(stdout);
  else if (argc == 2 && strcmp(argv[1], "policy") == 0)
    policy_print_reference(stdout);
  else
    return 2;
  return 0;
}
