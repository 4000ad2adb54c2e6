/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the accounts file: under a lock, a new file in the place of the old one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/auth/accounts.h"

#define PATH_SIZE 4096u

struct change {
  const struct account *account; /* NULL: taken away */
  struct account_key key;
  bool replace;
};

static portero_status system_status(void)
{
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
}

static bool is_key_of(const char *line, const struct account_key *key)
{
  struct account_key other;
  struct account a;
  bool same = portero_is_ok(account_parse(line, &a)) &&
              portero_is_ok(account_name_check(a.name, &other)) && other.size == key->size &&
              memcmp(other.data, key->data, key->size) == 0;

  explicit_bzero(&a, sizeof a);
  return same;
}

/* All lines but the account's, which is written where it was, or at the end. */
static portero_status rewrite(char *text, const struct change *c, struct portero_writer *w)
{
  char *rest = text, *line;
  bool found = false;

  while ((line = strsep(&rest, "\n"))) {
    bool its = is_key_of(line, &c->key);
    if (its && !found && c->account)
      account_write(w, c->account);
    found = found || its;
    if (its || (!rest && !*line))
      continue;
    portero_write_bytes(w, line, strlen(line));
    portero_write_u8(w, '\n');
  }
  if (found && c->account && !c->replace)
    return portero_local(PORTERO_LOCAL_EXISTS);
  if (!found && !c->account)
    return portero_local(PORTERO_LOCAL_NOT_FOUND);
  if (!found)
    account_write(w, c->account);
  return portero_writer_finish(w);
}

static bool write_all(int fd, struct portero_bytes bytes)
{
  while (bytes.size > 0) {
    ssize_t n = write(fd, bytes.data, bytes.size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes = portero_bytes_make(bytes.data + n, bytes.size - (size_t)n);
  }
  return true;
}

/* The directory too, or the rename may be lost with the power. */
static void sync_folder(const char *path)
{
  char folder[PATH_SIZE];
  const char *slash = strrchr(path, '/');
  int fd;

  (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                 slash ? path : ".");
  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  (void)fsync(fd);
  close(fd);
}

/* The owner of the old file keeps the new one: root may change a service's. */
static portero_status put_in_place(const char *path, const struct stat *old,
                                   struct portero_bytes bytes)
{
  char temporary[PATH_SIZE];
  portero_status status = portero_ok();
  int fd;

  (void)snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
  fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
  if (fd < 0)
    return system_status();
  if ((old && old->st_uid != geteuid() && fchown(fd, old->st_uid, old->st_gid) < 0) ||
      !write_all(fd, bytes) || fsync(fd) < 0 || rename(temporary, path) < 0)
    status = system_status();
  close(fd);
  if (portero_is_ok(status))
    sync_folder(path);
  else
    (void)unlink(temporary);
  return status;
}

/* old: NULL when there is no file. */
static portero_status change_text(const char *path, const struct stat *old, char *text,
                                  const struct change *c)
{
  struct portero_writer w;
  portero_status status;

  portero_writer_init(&w, &portero_mem_malloc, ACCOUNTS_FILE_SIZE);
  (void)portero_writer_grow(&w,
                            strlen(text) + ACCOUNTS_LINE_SIZE); /* growing leaves hashes behind */
  status = rewrite(text, c, &w);
  if (portero_is_ok(status))
    status = put_in_place(path, old, portero_writer_bytes(&w));
  if (w.base)
    explicit_bzero(w.base, w.capacity);
  portero_writer_deinit(&w);
  return status;
}

static portero_status change_file(const char *path, const struct change *c)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct accounts_text text;
  struct stat old;
  char empty[1] = "";
  portero_status status;

  if (fd < 0 && errno == ENOENT)
    return change_text(path, NULL, empty, c);
  if (fd < 0)
    return system_status();
  status = fstat(fd, &old) < 0 ? system_status() : accounts_text_load(fd, true, &text);
  close(fd);
  if (!portero_is_ok(status))
    return status;
  status = change_text(path, &old, text.data, c);
  accounts_text_free(&text);
  return status;
}

/* The lock is a file of its own, which stays: the accounts file itself is another one afterwards. */
static portero_status change(const char *path, const struct change *c)
{
  char lock[PATH_SIZE];
  portero_status status;
  int fd;

  if (strlen(path) + sizeof ".XXXXXX" > sizeof lock)
    return portero_local(PORTERO_LOCAL_LIMIT);
  (void)snprintf(lock, sizeof lock, "%s.lock", path);
  fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return system_status();
  status = flock(fd, LOCK_EX) < 0 ? system_status() : change_file(path, c);
  close(fd);
  return status;
}

portero_status accounts_add(const char *path, const struct account *account, bool replace)
{
  struct change c = {.account = account, .replace = replace};
  portero_status status = account_name_check(account->name, &c.key);

  return portero_is_ok(status) ? change(path, &c) : status;
}

portero_status accounts_remove(const char *path, const char *name)
{
  struct change c = {.account = NULL};
  portero_status status = account_name_check(name, &c.key);

  return portero_is_ok(status) ? change(path, &c) : status;
}
