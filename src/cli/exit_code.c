/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "src/cli/commands.h"

static enum exit_code exit_of_local(uint32_t code)
{
  switch (code) {
  case PORTERO_LOCAL_NO_ENDPOINT:
  case PORTERO_LOCAL_NOT_FOUND:
    return EXIT_NEGATIVE;
  case PORTERO_LOCAL_USAGE:
  case PORTERO_LOCAL_UNSUPPORTED:
    return EXIT_USAGE;
  case PORTERO_LOCAL_DENIED:
  case PORTERO_LOCAL_SECURITY:
    return EXIT_REFUSED;
  case PORTERO_LOCAL_NO_MEMORY:
  case PORTERO_LOCAL_LIMIT:
  case PORTERO_LOCAL_STATE:
  case PORTERO_LOCAL_CANCELLED:
    return EXIT_LOCAL_FAILURE;
  }
  return EXIT_UNREACHABLE; /* silence, or what is no MS-RPC */
}

static enum exit_code exit_of_system(uint32_t code)
{
  static const int unreachable[] = {ECONNREFUSED, ECONNRESET, ETIMEDOUT,    EHOSTUNREACH,
                                    ENETUNREACH,  EPIPE,      ECONNABORTED, ENOENT,
                                    EHOSTDOWN,    ENETDOWN,   EADDRNOTAVAIL};

  for (size_t i = 0; i < sizeof unreachable / sizeof unreachable[0]; i++)
    if ((int)code == unreachable[i])
      return EXIT_UNREACHABLE;
  return code == EACCES || code == EPERM ? EXIT_REFUSED : EXIT_LOCAL_FAILURE;
}

enum exit_code exit_code_of(portero_status status)
{
  switch (status.klass) {
  case PORTERO_CLASS_OK:
    return EXIT_OK;
  case PORTERO_CLASS_LOCAL:
    return exit_of_local(status.code);
  case PORTERO_CLASS_SYSTEM:
    return exit_of_system(status.code);
  case PORTERO_CLASS_RESULT:
    return status.code == PORTERO_EPT_NOT_REGISTERED ? EXIT_NEGATIVE : EXIT_REFUSED;
  }
  return EXIT_REFUSED;
}
