/* SPDX-License-Identifier: Apache-2.0 */
#include "src/mapper/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, size_t size, const char *end)
{
  size_t n = strlen(end);

  return size > n && memcmp(text + size - n, end, n) == 0;
}

/* The path in the hierarchy that systemd keeps: "0::/path", or "1:name=systemd:/path". NULL: another. */
static const char *path_of(const char *line)
{
  const char *controllers = strchr(line, ':'), *path;

  path = controllers ? strchr(controllers + 1, ':') : NULL;
  if (!path || path[1] != '/')
    return NULL;
  return strncmp(controllers, "::", 2) == 0 || strncmp(controllers, ":name=systemd:", 14) == 0
             ? path + 1
             : NULL;
}

bool unit_of_line(const char *line, char *out_unit, size_t size)
{
  const char *at = path_of(line);
  size_t n = 0;

  while (at && *at == '/') {
    at++;
    n = strcspn(at, "/\n");
    if (!ends_with(at, n, ".slice"))
      break;
    at += n;
  }
  if (!at || !(ends_with(at, n, ".service") || ends_with(at, n, ".scope")))
    return false;
  if (*at == '_') { /* in front of names that the kernel could take for its own files */
    at++;
    n--;
  }
  if (n >= size)
    return false;
  memcpy(out_unit, at, n);
  out_unit[n] = '\0';
  return true;
}

void unit_of_process(int32_t pid, char *out_unit, size_t size)
{
  char path[64], *line = NULL;
  size_t room = 0;
  FILE *f;

  out_unit[0] = '\0';
  (void)snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
  f = fopen(path, "re");
  if (!f)
    return;
  while (getline(&line, &room, f) > 0 && !unit_of_line(line, out_unit, size))
    continue;
  free(line);
  (void)fclose(f);
}
