/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

static bool account_become(const struct account *account)
{
  return initgroups(account->name, account->gid) == 0 &&
         setresgid(account->gid, account->gid, account->gid) == 0 &&
         setresuid(account->uid, account->uid, account->uid) == 0;
}

/* Looked at first, because a sandbox may forbid to set them. */
static bool capabilities_are_gone(void)
{
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3];

  memset(none, 0, sizeof none);
  return syscall(SYS_capget, &header, now) == 0 && memcmp(now, none, sizeof none) == 0;
}

/* An ordinary user may have some too: from a file's capabilities, or ambient ones. capabilities(7) */
static bool capabilities_drop(void)
{
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

  memset(none, 0, sizeof none);
  return (capabilities_are_gone() ||
          (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
           syscall(SYS_capset, &header, none) == 0)) &&
         prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool privileges_return(const struct privileges_lent *lent)
{
  return seteuid(0) == 0 && setegid(0) == 0 && setgroups((size_t)lent->n_groups, lent->groups) == 0;
}

bool privileges_lend(const struct account *account, struct privileges_lent *out_lent)
{
  out_lent->n_groups =
      getgroups((int)(sizeof out_lent->groups / sizeof out_lent->groups[0]), out_lent->groups);
  if (out_lent->n_groups < 0)
    return false;
  if (initgroups(account->name, account->gid) == 0 && setegid(account->gid) == 0 &&
      seteuid(account->uid) == 0)
    return true;
  int error = errno;
  (void)privileges_return(out_lent);
  errno = error;
  return false;
}

bool privileges_drop(const struct account *account, char *message, size_t size)
{
  if (account && !account_become(account)) {
    (void)snprintf(message, size, "cannot become %s: %s", account->name, strerror(errno));
    return false;
  }
  if (capabilities_drop() && (geteuid() == 0 || setuid(0) != 0))
    return true;
  (void)snprintf(message, size, "cannot give up privileges: %s", strerror(errno));
  return false;
}

static bool is_trusted(uid_t owner, const struct account *account)
{
  return owner == 0 || owner == geteuid() || (account && owner == account->uid);
}

bool runtime_folder(const char *socket_path, const struct account *account, char *message,
                    size_t size)
{
  char folder[256], *slash;
  struct stat found;

  (void)snprintf(folder, sizeof folder, "%s", socket_path);
  slash = strrchr(folder, '/');
  if (!slash || slash == folder)
    return true;
  *slash = '\0';
  if (mkdir(folder, 0755) == 0 && chmod(folder, 0755) == 0 && /* whatever the umask */
      (!account || chown(folder, account->uid, account->gid) == 0))
    return true;
  if (errno == EEXIST && stat(folder, &found) == 0 && is_trusted(found.st_uid, account))
    return true;
  if (errno == EEXIST)
    (void)snprintf(message, size, "%s belongs to another user (uid %u)", folder, found.st_uid);
  else
    (void)snprintf(message, size, "%s: %s", folder, strerror(errno));
  return false;
}
