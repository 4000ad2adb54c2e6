/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler as a program of its own: what the libraries are built with. */
#include "src/cli/commands.h"

int main(int argc, char **argv)
{
  return command_idl(argc, argv);
}
