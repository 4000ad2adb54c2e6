/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from a file in the form that smbclient -A reads: key = value, a line each. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/auth/credentials.h"

#define FILE_SIZE 4096u /* nothing that belongs into it is longer */
#define SPACE     " \t\r"

struct fields {
  char *username, *domain, *password;
};

static portero_status system_status(void)
{
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
}

/* The whole file, terminated, in text[FILE_SIZE]. */
static portero_status load(int fd, char *text)
{
  struct stat st;
  size_t size = 0;
  ssize_t n;

  if (fstat(fd, &st) < 0)
    return system_status();
  if (st.st_mode & 077)
    return portero_local(PORTERO_LOCAL_DENIED);
  while ((n = read(fd, text + size, FILE_SIZE - size)) > 0)
    size += (size_t)n;
  if (n < 0)
    return system_status();
  if (size == FILE_SIZE || memchr(text, 0, size))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  text[size] = 0;
  return portero_ok();
}

/* Blanks around keys and values do not count, but a password may end in them: only '\r' goes there. */
static bool take_line(char *line, struct fields *f)
{
  char *key = line + strspn(line, SPACE), *equals = strchr(key, '='), *value, **field;
  size_t key_size;

  if (*key == 0 || *key == '#' || *key == ';')
    return true;
  if (!equals)
    return false;
  key_size = (size_t)(equals - key);
  while (key_size > 0 && strchr(SPACE, key[key_size - 1]))
    key_size--;
  key[key_size] = 0;
  value = equals + 1 + strspn(equals + 1, " \t");
  field = strcmp(key, "username") == 0   ? &f->username
          : strcmp(key, "domain") == 0   ? &f->domain
          : strcmp(key, "password") == 0 ? &f->password
                                         : NULL;
  if (!field)
    return false;
  value[strcspn(value, "\r")] = 0;
  *field = value;
  return true;
}

static portero_status parse(char *text, struct portero_credentials **out_credentials)
{
  struct portero_credentials_options options;
  struct fields f = {NULL, NULL, NULL};

  for (char *line = text, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next)
      *next++ = 0;
    if (!take_line(line, &f))
      return portero_local(PORTERO_LOCAL_MALFORMED);
  }
  if (!f.username)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  memset(&options, 0, sizeof options);
  options.user = f.username;
  options.domain = f.domain;
  options.password = f.password;
  return portero_credentials_new(&options, out_credentials);
}

portero_status portero_credentials_from_file(const char *path,
                                             struct portero_credentials **out_credentials)
{
  char text[FILE_SIZE];
  portero_status status;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  if (fd < 0)
    return system_status();
  status = load(fd, text);
  close(fd);
  if (portero_is_ok(status))
    status = parse(text, out_credentials);
  explicit_bzero(text, sizeof text);
  return status;
}
