/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/serve_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/serve_auth.h"
#include "src/cli/serve_reload.h"
#include "src/config/schema.h"

/* Comes and goes with the log of the system, and is waited for. */
#define SYSTEM_LOG "/dev/log"

static bool policy_is_good(struct serve_options *o)
{
  struct mapper_policy policy = {NULL, 0, 0, 0};
  const struct schema_key *key = schema_find("policy.file");
  uint32_t line = key ? o->config.lines[key - schema_keys] : 0;
  char message[MAPPER_MESSAGE_SIZE];

  if (!o->config.policy_file)
    return true;
  if (!portero_is_ok(serve_policy_read(o->policy_file, &policy, message, sizeof message))) {
    (void)fprintf(stderr, "portero serve: ");
    if (line)
      (void)fprintf(stderr, "%s:%u: ", o->file, line);
    (void)fprintf(stderr, "policy.file: %s\n", message);
    return false;
  }
  portero_policy_free(policy.policy);
  return true;
}

static bool auth_is_good(const struct serve_options *o)
{
  struct serve_auth auth;
  bool good = serve_auth_init(&auth, &o->config);

  serve_auth_deinit(&auth);
  return good;
}

static bool may(const struct serve_options *o, uint32_t line, const char *what, const char *path,
                int mode)
{
  if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0)
    return true;
  (void)fprintf(stderr, "portero serve: ");
  if (line)
    (void)fprintf(stderr, "%s:%u: ", o->file, line);
  (void)fprintf(stderr, "book.%s: %s: %s\n", what, path, strerror(errno));
  return false;
}

/* A new file is made in the folder, and so is the one after a full one. */
static bool book_file_is_good(const struct serve_options *o, const struct config_sink *s)
{
  char folder[PATH_MAX], *slash;
  struct stat found;
  bool is_there = stat(s->file, &found) == 0, good = true;

  if (is_there && S_ISDIR(found.st_mode)) {
    errno = EISDIR;
    (void)fprintf(stderr, "portero serve: book.file: %s: %s\n", s->file, strerror(errno));
    return false;
  }
  if (is_there)
    good = may(o, s->line, "file", s->file, W_OK);
  if (is_there && !s->rotate_size && !s->rotate_age)
    return good;
  (void)snprintf(folder, sizeof folder, "%s", s->file);
  slash = strrchr(folder, '/');
  if (slash)
    slash[slash == folder] = '\0';
  return may(o, s->line, "file", slash ? folder : ".", W_OK | X_OK) && good;
}

static bool book_file_is_other(const struct serve_options *o, uint32_t which)
{
  const struct config_sink *s = &o->config.sinks[which];

  for (uint32_t i = 0; i < which; i++) {
    if (!o->config.sinks[i].file || strcmp(o->config.sinks[i].file, s->file) != 0)
      continue;
    (void)fprintf(stderr, "portero serve: ");
    if (s->line)
      (void)fprintf(stderr, "%s:%u: ", o->file, s->line);
    (void)fprintf(stderr, "book.file: %s: stands here twice\n", s->file);
    return false;
  }
  return true;
}

/* The folder of the local socket is made where it is missing, but not what is above it. */
static bool socket_is_good(const struct serve_options *o)
{
  char folder[sizeof o->socket];
  char *slash;

  (void)snprintf(folder, sizeof folder, "%s", o->socket);
  for (unsigned level = 0; level < 2; level++) {
    slash = strrchr(folder, '/');
    if (!slash || slash == folder)
      return true;
    *slash = '\0';
    if (faccessat(AT_FDCWD, folder, F_OK, AT_EACCESS) == 0)
      return true;
  }
  (void)fprintf(stderr, "portero serve: mapper.socket: %s: %s: %s\n", o->socket, folder,
                strerror(errno));
  return false;
}

static bool book_is_good(const struct serve_options *o)
{
  const struct config *c = &o->config;
  bool good = true;

  for (uint32_t i = 0; i < c->n_sinks; i++) {
    const struct config_sink *s = &c->sinks[i];
    if (s->file)
      good = book_file_is_good(o, s) && book_file_is_other(o, i) && good;
    if (s->syslog == CONFIG_SYSLOG_LOCAL && s->path && strcmp(s->path, SYSTEM_LOG) != 0)
      good = may(o, s->line, "path", s->path, W_OK) && good;
    if (s->journal && strcmp(s->journal, "default") != 0)
      good = may(o, s->line, "journal", s->journal, W_OK) && good;
    if (s->ca_file)
      good = may(o, s->line, "ca-file", s->ca_file, R_OK) && good;
  }
  return good;
}

bool serve_check(struct serve_options *o)
{
  bool good, socket_good = socket_is_good(o); /* that is made before */
  struct privileges_lent lent;

  if (o->drop && !privileges_lend(&o->account, &lent)) {
    (void)fprintf(stderr, "portero serve: cannot become %s: %s\n", o->account.name,
                  strerror(errno));
    return false;
  }
  good = policy_is_good(o);
  good = auth_is_good(o) && good;
  good = book_is_good(o) && good;
  if (o->drop && !privileges_return(&lent)) {
    (void)fprintf(stderr, "portero serve: cannot become root again: %s\n", strerror(errno));
    return false;
  }
  if (!good && o->drop)
    (void)fprintf(stderr, "  they are used as %s, the account that the mapper becomes\n",
                  o->account.name);
  return good && socket_good;
}
