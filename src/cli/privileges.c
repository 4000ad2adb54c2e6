/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool number_of(const char *text, uint32_t *out_number)
{
  char *end;
  unsigned long value = strtoul(text, &end, 10);

  if (*text < '0' || *text > '9' || *end || value > UINT32_MAX - 1)
    return false;
  *out_number = (uint32_t)value;
  return true;
}

bool account_find(const char *name, struct account *out_account)
{
  uint32_t uid;
  const struct passwd *entry = number_of(name, &uid) ? getpwuid(uid) : getpwnam(name);

  if (!entry)
    return false;
  (void)snprintf(out_account->name, sizeof out_account->name, "%s", entry->pw_name);
  out_account->uid = entry->pw_uid;
  out_account->gid = entry->pw_gid;
  return true;
}

bool group_find(const char *name, uint32_t *out_gid)
{
  const struct group *entry;

  if (number_of(name, out_gid))
    return true;
  entry = getgrnam(name);
  if (entry)
    *out_gid = entry->gr_gid;
  return entry != NULL;
}

bool privileges_drop(const struct account *account, char *message, size_t size)
{
  /* setresuid() from root to another account clears every capability set. capabilities(7) */
  if (initgroups(account->name, account->gid) == 0 &&
      setresgid(account->gid, account->gid, account->gid) == 0 &&
      setresuid(account->uid, account->uid, account->uid) == 0 &&
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && (account->uid == 0 || setuid(0) != 0))
    return true;
  (void)snprintf(message, size, "cannot become %s: %s", account->name, strerror(errno));
  return false;
}

bool runtime_folder(const char *socket_path, const struct account *account, char *message, size_t size)
{
  char folder[256], *slash;

  (void)snprintf(folder, sizeof folder, "%s", socket_path);
  slash = strrchr(folder, '/');
  if (!slash || slash == folder)
    return true;
  *slash = '\0';
  if (mkdir(folder, 0755) == 0)
    return !account || chown(folder, account->uid, account->gid) == 0;
  if (errno == EEXIST)
    return true;
  (void)snprintf(message, size, "%s: %s", folder, strerror(errno));
  return false;
}
