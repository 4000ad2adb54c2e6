/* SPDX-License-Identifier: Apache-2.0 */
/* Becoming an ordinary account after the ports are bound. */
#ifndef PORTERO_CLI_PRIVILEGES_H
#define PORTERO_CLI_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct account {
  char name[64];
  uint32_t uid, gid;
};

/* false when there is no such account; a number is one too. */
bool account_find(const char *name, struct account *out_account);
bool group_find(const char *name, uint32_t *out_gid);
/*
 * Sets groups, gid and uid for good (account NULL: they are right already), drops every capability
 * and forbids to gain any again. false with message filled: the process must not go on.
 */
bool privileges_drop(const struct account *account, char *message, size_t size);
/*
 * Is account for a while, and root again with privileges_return(): for files that are opened as who
 * will read them later. false: errno; nothing has changed.
 */
struct privileges_lent {
  int n_groups; /* of root's */
  gid_t groups[64];
};
bool privileges_lend(const struct account *account, struct privileges_lent *out_lent);
bool privileges_return(const struct privileges_lent *lent);
/*
 * Makes the folder of a socket path, owned by account (NULL: the caller), when it is missing. One
 * that belongs to a stranger is refused: he could put a socket of his own in our place.
 */
bool runtime_folder(const char *socket_path, const struct account *account, char *message,
                    size_t size);

#endif
