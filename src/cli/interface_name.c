/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/interface_name.h"

#include <stdio.h>

#define UUID_LENGTH (PORTERO_UUID_TEXT_SIZE - 1)

static bool version_parse(const char *text, struct portero_syntax *out_interface)
{
  unsigned major = 0, minor = 0;
  char rest;
  int n = sscanf(text, ":%5u.%5u%c", &major, &minor, &rest);

  if (n < 1 || n > 2 || major > UINT16_MAX || minor > UINT16_MAX ||
      (n == 1 && sscanf(text, ":%*5u%c", &rest) == 1))
    return false;
  out_interface->major = (uint16_t)major;
  out_interface->minor = (uint16_t)minor;
  return true;
}

bool interface_parse(const char *text, struct portero_syntax *out_interface)
{
  struct portero_syntax interface = {.major = 1};
  char uuid[PORTERO_UUID_TEXT_SIZE];

  (void)snprintf(uuid, sizeof uuid, "%s", text);
  if (!portero_uuid_parse(uuid, &interface.uuid))
    return false;
  if (text[UUID_LENGTH] && !version_parse(text + UUID_LENGTH, &interface))
    return false;
  *out_interface = interface;
  return true;
}
