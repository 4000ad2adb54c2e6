/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/interface_name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <portero/catalog.h>

#define CANDIDATES 4u

/* "1", "1.2" and nothing behind it. */
static bool version_parse(const char *text, struct portero_syntax *interface)
{
  unsigned major = 0, minor = 0;
  int end = 0;

  if (sscanf(text, "%5u%n", &major, &end) != 1 || text[0] < '0' || text[0] > '9')
    return false;
  if (text[end] == '.') {
    text += end + 1;
    if (sscanf(text, "%5u%n", &minor, &end) != 1 || text[0] < '0' || text[0] > '9')
      return false;
  }
  if (text[end] || major > UINT16_MAX || minor > UINT16_MAX)
    return false;
  interface->major = (uint16_t)major;
  interface->minor = (uint16_t)minor;
  return true;
}

static bool find_uuid(const char *text, size_t length, struct portero_syntax *interface,
                      bool *versioned)
{
  struct portero_catalog_entry known;
  char uuid[PORTERO_UUID_TEXT_SIZE];

  if (length >= sizeof uuid)
    return false;
  memcpy(uuid, text, length);
  uuid[length] = '\0';
  if (!portero_uuid_parse(uuid, &interface->uuid))
    return false;
  *versioned = portero_catalog_interface(interface, &known) && known.version_known;
  if (*versioned)
    *interface = known.syntax;
  return true;
}

static bool find_name(const char *text, size_t length, struct portero_syntax *interface,
                      bool *versioned, char *message, size_t size)
{
  struct portero_catalog_entry known[CANDIDATES];
  size_t n = portero_catalog_find(text, length, known, CANDIDATES);
  char uuid[2][PORTERO_UUID_TEXT_SIZE];

  if (n > 1)
    (void)snprintf(message, size, "%.*s is the name of %zu interfaces (%s, %s%s); give the UUID",
                   (int)length, text, n, portero_uuid_text(&known[0].syntax.uuid, uuid[0]),
                   portero_uuid_text(&known[1].syntax.uuid, uuid[1]), n > 2 ? ", ..." : "");
  if (n != 1)
    return false;
  interface->uuid = known[0].syntax.uuid;
  *versioned = known[0].version_known;
  if (*versioned)
    *interface = known[0].syntax;
  return true;
}

bool interface_find(const char *text, struct portero_syntax *out_interface, bool *out_versioned,
                    char *message, size_t size)
{
  struct portero_syntax interface = {.major = 1};
  size_t length;
  bool versioned = false;

  assert(text != NULL);
  length = strcspn(text, ":,");

  (void)snprintf(message, size,
                 "\"%s\" is neither UUID[:MAJOR[.MINOR]] nor the name of a known interface", text);
  if (!find_uuid(text, length, &interface, &versioned) &&
      !find_name(text, length, &interface, &versioned, message, size))
    return false;
  if (text[length]) {
    if (!version_parse(text + length + 1, &interface))
      return false;
    versioned = true;
  }
  *out_interface = interface;
  *out_versioned = versioned;
  return true;
}

bool interface_parse(const char *text, struct portero_syntax *out_interface)
{
  char message[256];
  bool versioned;

  return interface_find(text, out_interface, &versioned, message, sizeof message);
}
