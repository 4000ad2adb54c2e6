/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTERO_AUTH_CREDENTIALS_H
#define PORTERO_AUTH_CREDENTIALS_H

#include <portero/credentials.h>

/* As told, but taken apart: user and domain from "DOMAIN\user"; "user@REALM" stays whole in user. */
struct portero_credentials {
  uint32_t holders;                    /* atomic */
  char *user;                          /* NULL: whom the ticket cache names; or anonymous */
  char *domain;                        /* NULL: none named */
  char *password;                      /* NULL: none */
  char *ccache, *keytab, *workstation; /* NULL: the defaults */
  uint8_t nt_hash[16];
  bool has_nt_hash;
  bool anonymous;
  unsigned allow;
};

#endif
