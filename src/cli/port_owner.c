/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/port_owner.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_LISTEN 0x0au /* of /proc/net/tcp, proc(5) */

/* Does a listener on these bytes stand in the way of address? All addresses do, and so does the same. */
static bool stands_in_the_way(const char *hex, const char *address)
{
  struct in_addr wanted;
  char text[16];

  if (!address || strspn(hex, "0") == strlen(hex) || inet_pton(AF_INET, address, &wanted) != 1)
    return true;
  (void)snprintf(text, sizeof text, "%08X", wanted.s_addr); /* as the kernel prints it */
  return strcmp(hex, text) == 0;
}

/* The inode of the socket that listens there; 0: none. */
static uint64_t listening_inode(const char *table, const char *address, uint16_t port)
{
  char line[512], hex[33];
  unsigned local, state;
  uint64_t inode, found = 0;
  FILE *f = fopen(table, "re");

  if (!f)
    return 0;
  while (!found && fgets(line, sizeof line, f))
    if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %" SCNu64,
               hex, &local, &state, &inode) == 4 &&
        local == port && state == STATE_LISTEN && stands_in_the_way(hex, address))
      found = inode;
  (void)fclose(f);
  return found;
}

static bool process_has(const char *pid, const char *socket)
{
  char path[300], target[64];
  struct dirent *entry;
  bool has = false;
  DIR *fds;

  (void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
  fds = opendir(path);
  if (!fds)
    return false;
  while (!has && (entry = readdir(fds))) {
    ssize_t n = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);
    if (n <= 0)
      continue;
    target[n] = '\0';
    has = strcmp(target, socket) == 0;
  }
  (void)closedir(fds);
  return has;
}

static void process_describe(const char *pid, char *text, size_t size)
{
  char path[300], name[64] = "a process";
  FILE *f;

  (void)snprintf(path, sizeof path, "/proc/%s/comm", pid);
  f = fopen(path, "re");
  if (f && fgets(name, sizeof name, f))
    name[strcspn(name, "\n")] = '\0';
  if (f)
    (void)fclose(f);
  (void)snprintf(text, size, "%s (pid %s)", name, pid);
}

bool port_owner(const char *address, uint16_t port, char *text, size_t size)
{
  uint64_t inode = listening_inode("/proc/net/tcp", address, port);
  char socket[64];
  struct dirent *entry;
  bool found = false;
  DIR *processes;

  if (!inode)
    inode = listening_inode("/proc/net/tcp6", address, port);
  processes = inode ? opendir("/proc") : NULL;
  if (!processes)
    return false;
  (void)snprintf(socket, sizeof socket, "socket:[%" PRIu64 "]", inode);
  while (!found && (entry = readdir(processes))) {
    found = isdigit((unsigned char)entry->d_name[0]) && process_has(entry->d_name, socket);
    if (found)
      process_describe(entry->d_name, text, size);
  }
  (void)closedir(processes);
  return found;
}
