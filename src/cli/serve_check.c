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

static bool policy_is_good(struct serve_options *o)
{
  struct mapper_policy policy = {NULL, 0, 0, 0};
  char message[MAPPER_MESSAGE_SIZE];

  if (!o->config.policy_file)
    return true;
  if (!portero_is_ok(serve_policy_read(o->policy_file, &policy, message, sizeof message))) {
    (void)fprintf(stderr, "portero serve: policy.file: %s\n", message);
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

static bool book_is_good(const struct serve_options *o)
{
  const struct config *c = &o->config;
  bool good = true;

  for (uint32_t i = 0; i < c->n_sinks; i++) {
    const struct config_sink *s = &c->sinks[i];
    if (s->file)
      good = book_file_is_good(o, s) && good;
    if (s->ca_file)
      good = may(o, s->line, "ca-file", s->ca_file, R_OK) && good;
  }
  return good;
}

bool serve_check(struct serve_options *o)
{
  struct privileges_lent lent;
  bool good;

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
  return good;
}
